//! What can be wrong with a token: told to the log and the metric, never to the caller.

use super::TokenError;

/// Why a token makes no caller, in the order in which it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the token is longer than 8 KiB")]
    TooLarge,
    #[error(
        "the token is not three parts of base64url without padding, the first two JSON objects without duplicate members"
    )]
    Malformed,
    #[error("its iss is not one of the configuration's issuers")]
    UnknownIssuer,
    #[error("its header has crit or b64")]
    Extension,
    #[error("its typ is not the issuer's token_type")]
    TokenType,
    /// `none` and unknown ones too.
    #[error("its alg is not among the issuer's algorithms")]
    Algorithm,
    #[error("there is no key set of its issuer")]
    NoKeys,
    #[error("its issuer has no key of its kid")]
    UnknownKey,
    /// Another family, curve or `alg`; or none of that family for a token without `kid`.
    #[error("its issuer's key is not for its alg")]
    UnfitKey,
    #[error("it has no kid, and more than one of its issuer's keys fits")]
    AmbiguousKey,
    #[error("its signature is not by its issuer's key")]
    Signature,
    #[error("it is for another audience")]
    Audience,
    /// `cnf`: the token is of use only together with a proof that presignd does not ask for.
    #[error("it is bound to a proof (cnf) that presignd does not ask for")]
    Bound,
    #[error("it lacks exp, or one of the issuer's required_claims")]
    MissingClaim,
    #[error("one of its claims has the wrong type, or is a time beyond all measure")]
    MalformedClaim,
    #[error("its nbf or iat is still to come")]
    NotYetValid,
    #[error("it has expired")]
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
