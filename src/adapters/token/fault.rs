//! What can be wrong with a token: told to the log and the metric, never to the caller.

use super::TokenError;

/// Why a token makes no caller, in the order in which it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Above 8 KiB.
    TooLarge,
    /// Not three parts of base64url without padding, the first two JSON objects without duplicate members.
    Malformed,
    /// `iss` is missing or not one of the configuration's.
    UnknownIssuer,
    /// `crit` or `b64`.
    Extension,
    /// `typ` is not the issuer's `token_type`.
    TokenType,
    /// `none`, unknown, or not among the issuer's `algorithms`.
    Algorithm,
    /// There is no key set of that issuer.
    NoKeys,
    /// No key of that `kid`.
    UnknownKey,
    /// A key of another family, curve or `alg`; or none of that family for a token without `kid`.
    UnfitKey,
    /// More than one key fits.
    AmbiguousKey,
    Signature,
    Audience,
    /// `cnf`: the token is of use only together with a proof that presignd does not ask for.
    Bound,
    /// One of `required_claims`, or `exp`.
    MissingClaim,
    /// A claim of the wrong type, or a time beyond all measure.
    MalformedClaim,
    /// Before `nbf` or `iat`.
    NotYetValid,
    Expired,
}

impl Fault {
    /// The metric's `outcome`, and the log's `reason`.
    pub fn label(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::UnknownIssuer => "unknown_issuer",
            Self::Extension => "extension",
            Self::TokenType => "token_type",
            Self::Algorithm => "algorithm",
            Self::NoKeys => "keys_unavailable",
            Self::UnknownKey => "unknown_key",
            Self::UnfitKey => "unfit_key",
            Self::AmbiguousKey => "ambiguous_key",
            Self::Signature => "signature",
            Self::Audience => "audience",
            Self::Bound => "bound",
            Self::MissingClaim => "missing_claim",
            Self::MalformedClaim => "malformed_claim",
            Self::NotYetValid => "not_yet_valid",
            Self::Expired => "expired",
        }
    }

    /// What the caller is told.
    pub fn error(self) -> TokenError {
        match self {
            Self::Expired => TokenError::Expired,
            Self::NoKeys => TokenError::KeysUnavailable,
            Self::TooLarge
            | Self::Malformed
            | Self::UnknownIssuer
            | Self::Extension
            | Self::TokenType
            | Self::Algorithm
            | Self::UnknownKey
            | Self::UnfitKey
            | Self::AmbiguousKey
            | Self::Signature
            | Self::Audience
            | Self::Bound
            | Self::MissingClaim
            | Self::MalformedClaim
            | Self::NotYetValid => TokenError::Invalid,
        }
    }
}
