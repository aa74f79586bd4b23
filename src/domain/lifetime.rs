//! How long a URL lives, and what set that.

use std::time::Duration;

/// How long a URL stays valid: 1 second to 7 days, the most that SigV4 query signing allows.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lifetime(u32);

/// A number of seconds that is no [`Lifetime`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a URL lives 1 second to 7 days (604800 seconds)")]
pub struct InvalidLifetime;

impl Lifetime {
    /// The most that S3 accepts: 7 days.
    pub const MAX: Self = Self(604_800);
    /// The default of `expiry.default`: 15 minutes.
    pub const QUARTER_HOUR: Self = Self(900);
    /// The default of a grant's `max_expires`: one hour.
    pub const HOUR: Self = Self(3_600);
    /// The default of `expiry.max`: 12 hours.
    pub const HALF_DAY: Self = Self(43_200);

    /// Takes whole seconds.
    pub fn of_seconds(seconds: u64) -> Result<Self, InvalidLifetime> {
        match u32::try_from(seconds) {
            Ok(whole @ 1..=604_800) => Ok(Self(whole)),
            _ => Err(InvalidLifetime),
        }
    }

    /// In seconds.
    pub fn seconds(self) -> u32 {
        self.0
    }

    /// As a duration.
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.0.into())
    }
}

/// What set a URL's end, in the order that decides a tie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitedBy {
    Request,
    Default,
    Grant,
    Token,
    Credentials,
}

impl LimitedBy {
    /// The word in `expiry_limited_by`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Default => "default",
            Self::Grant => "grant",
            Self::Token => "token",
            Self::Credentials => "credentials",
        }
    }
}

/// The service's rules for lifetimes, `[expiry]`.
#[derive(Debug, Clone, Copy)]
pub struct ExpiryRules {
    /// Used where the request says nothing.
    pub default: Lifetime,
    /// No grant allows more.
    pub max: Lifetime,
    /// A URL also ends when the caller's token does.
    pub within_token: bool,
    /// What happens where the credentials end before the URL would.
    pub short_credentials: ShortCredentials,
}

/// `expiry.short_credentials`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShortCredentials {
    Shorten,
    Refuse,
}

impl Default for ExpiryRules {
    fn default() -> Self {
        Self {
            default: Lifetime::QUARTER_HOUR,
            max: Lifetime::HALF_DAY,
            within_token: false,
            short_credentials: ShortCredentials::Shorten,
        }
    }
}
