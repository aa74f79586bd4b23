//! Why a well-formed request of an authenticated caller gets no URL.

use crate::domain::name::Name;
use crate::domain::step_up::StepUp;

/// A refusal: a code of the interface, and what the caller can change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub code: RefusalCode,
    /// What to change, in one sentence, where the code alone does not say it.
    pub detail: Option<String>,
    /// The grant that decided.
    pub grant: Option<Name>,
    pub errors: Vec<MemberError>,
    /// With `expires_in_too_long`: the most that may be asked, in seconds.
    pub max_expires_in: Option<u32>,
    /// With `insufficient_authentication`: how the caller has to authenticate.
    pub step_up: Option<Box<StepUp>>,
}

/// What is wrong with one member of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberError {
    /// RFC 6901, from the request's root: `/key`; empty where no member could mend it.
    pub pointer: String,
    pub detail: String,
}

/// The codes that the decision gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefusalCode {
    CredentialsUnavailable,
    Denied,
    ExpiredToken,
    ExpiresInTooLong,
    GrantDisabled,
    GrantNotSatisfied,
    InsufficientAuthentication,
    InvalidKey,
    InvalidRequest,
    NoGrant,
    NotSupportedByStore,
}

impl RefusalCode {
    /// The code's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CredentialsUnavailable => "credentials_unavailable",
            Self::Denied => "denied",
            Self::ExpiredToken => "expired_token",
            Self::ExpiresInTooLong => "expires_in_too_long",
            Self::GrantDisabled => "grant_disabled",
            Self::GrantNotSatisfied => "grant_not_satisfied",
            Self::InsufficientAuthentication => "insufficient_authentication",
            Self::InvalidKey => "invalid_key",
            Self::InvalidRequest => "invalid_request",
            Self::NoGrant => "no_grant",
            Self::NotSupportedByStore => "not_supported_by_store",
        }
    }
}

impl Refusal {
    /// A refusal that its code says all of.
    pub fn of(code: RefusalCode) -> Self {
        Self { code, detail: None, grant: None, errors: Vec::new(), max_expires_in: None, step_up: None }
    }
}

impl MemberError {
    /// An error of the member at `pointer`.
    pub fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}
