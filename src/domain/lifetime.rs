//! How long a URL lives, and what set that.

use std::time::Duration;
use std::time::SystemTime;

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
    /// The most of what is meant to be used at once.
    pub const MINUTE: Self = Self(60);
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

/// What a request says of its URL's lifetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Nothing,
    /// This, in seconds, at least 1; or the request is refused.
    Seconds(u64),
    /// As long as may be, up to this.
    AtMost(Lifetime),
}

/// What set a URL's end, in the order that decides a tie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LimitedBy {
    Request,
    Default,
    Grant,
    Token,
    Credentials,
    Mfa,
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
            Self::Mfa => "mfa",
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

/// What was asked lies beyond what may be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong {
    pub max: Lifetime,
}

/// What a URL's lifetime is shortened by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutShort {
    /// The token has ended.
    Token,
    /// The credentials end too soon.
    Credentials,
}

impl ExpiryRules {
    /// The lifetime that a grant with this maximum gives: what is asked beyond it is refused, the default is cut.
    pub fn ask(&self, asked: Asked, grant_max: Lifetime) -> Result<(Lifetime, LimitedBy), TooLong> {
        let max = grant_max.min(self.max);
        let default = (self.default, LimitedBy::Default).min((max, LimitedBy::Grant));
        match asked {
            Asked::Nothing => Ok(default),
            Asked::AtMost(most) => Ok(default.min((most, LimitedBy::Request))),
            Asked::Seconds(seconds) => match Lifetime::of_seconds(seconds) {
                Ok(lifetime) if lifetime <= max => Ok((lifetime, LimitedBy::Request)),
                _ => Err(TooLong { max }),
            },
        }
    }

    /// Cuts a lifetime that begins now at the end of the caller's token, where the rules say so.
    pub fn within_token(
        &self,
        lifetime: (Lifetime, LimitedBy),
        token_ends: SystemTime,
        now: SystemTime,
    ) -> Result<(Lifetime, LimitedBy), CutShort> {
        if !self.within_token {
            return Ok(lifetime);
        }
        match whole_seconds(now, token_ends) {
            0 => Err(CutShort::Token),
            left => Ok(lifetime.min((Lifetime(left), LimitedBy::Token))),
        }
    }

    /// Cuts a lifetime that begins now at the end of the credentials, or refuses it.
    pub fn within_credentials(
        &self,
        lifetime: (Lifetime, LimitedBy),
        credentials_end: SystemTime,
        now: SystemTime,
    ) -> Result<(Lifetime, LimitedBy), CutShort> {
        let left = whole_seconds(now, credentials_end);
        match self.short_credentials {
            _ if left >= lifetime.0.0 => Ok(lifetime.min((Lifetime(left), LimitedBy::Credentials))),
            ShortCredentials::Shorten if left >= SHORTEST_CUT => Ok((Lifetime(left), LimitedBy::Credentials)),
            ShortCredentials::Shorten | ShortCredentials::Refuse => Err(CutShort::Credentials),
        }
    }
}

/// Cuts the lifetime of what carries an MFA device's code: the code itself lives about half a minute, and the holder of
/// the URL has it.
pub fn within_mfa_code(lifetime: (Lifetime, LimitedBy)) -> (Lifetime, LimitedBy) {
    lifetime.min((LONGEST_WITH_MFA_CODE, LimitedBy::Mfa))
}

const LONGEST_WITH_MFA_CODE: Lifetime = Lifetime::MINUTE;

/// What credentials would shorten to less than this is refused, in seconds.
pub const SHORTEST_CUT: u32 = 30;

/// From one instant to another in whole seconds as a signature counts them, at most 7 days, 0 if it lies behind.
fn whole_seconds(from: SystemTime, to: SystemTime) -> u32 {
    let left = unix_seconds(to).saturating_sub(unix_seconds(from));
    u32::try_from(left).unwrap_or(u32::MAX)
}

/// Seconds since 1970, rounded down; 0 before.
pub fn unix_seconds(at: SystemTime) -> u64 {
    at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(seconds * 1000 + 700)
    }

    fn lifetime(seconds: u64) -> Lifetime {
        Lifetime::of_seconds(seconds).unwrap()
    }

    #[test]
    fn what_is_asked_beyond_a_maximum_is_refused_and_the_default_is_cut() {
        let rules = ExpiryRules::default();
        let cases = [
            (Asked::Nothing, 3600, Ok((900, LimitedBy::Default))),
            (Asked::Nothing, 900, Ok((900, LimitedBy::Default))),
            (Asked::Nothing, 300, Ok((300, LimitedBy::Grant))),
            (Asked::Seconds(300), 300, Ok((300, LimitedBy::Request))),
            (Asked::Seconds(301), 300, Err(300)),
            (Asked::Seconds(43_200), 604_800, Ok((43_200, LimitedBy::Request))),
            (Asked::Seconds(43_201), 604_800, Err(43_200)),
            (Asked::Seconds(u64::MAX), 300, Err(300)),
            (Asked::AtMost(Lifetime::MINUTE), 3600, Ok((60, LimitedBy::Request))),
            (Asked::AtMost(Lifetime::MINUTE), 60, Ok((60, LimitedBy::Request))),
            (Asked::AtMost(Lifetime::MINUTE), 30, Ok((30, LimitedBy::Grant))),
            (Asked::AtMost(Lifetime::HOUR), 3600, Ok((900, LimitedBy::Default))),
        ];
        for (asked, max, expected) in cases {
            let got = rules.ask(asked, lifetime(max));
            let got = got.map(|(got, by)| (got.seconds(), by)).map_err(|too_long| too_long.max.seconds());
            assert_eq!(got, expected, "asked {asked:?} of {max}");
        }
    }

    #[test]
    fn credentials_shorten_to_no_less_than_30_seconds() {
        let cases = [
            (60, 60, Ok((60, LimitedBy::Request))),
            (60, 59, Ok((59, LimitedBy::Credentials))),
            (60, 30, Ok((30, LimitedBy::Credentials))),
            (60, 29, Err(CutShort::Credentials)),
            (20, 20, Ok((20, LimitedBy::Request))),
            (20, 19, Err(CutShort::Credentials)),
        ];
        let shorten = ExpiryRules::default();
        let refuse = ExpiryRules { short_credentials: ShortCredentials::Refuse, ..shorten };
        for (asked, left, expected) in cases {
            let lifetime = (lifetime(asked), LimitedBy::Request);
            let got = shorten.within_credentials(lifetime, at(100 + left), at(100));
            assert_eq!(got.map(|(got, by)| (u64::from(got.seconds()), by)), expected, "{asked} s with {left} s left");
            let got = refuse.within_credentials(lifetime, at(100 + left), at(100));
            assert_eq!(got.is_ok(), left >= asked, "refuse: {asked} s with {left} s left");
        }
    }

    #[test]
    fn an_mfa_code_shortens_to_a_minute_and_comes_last_on_a_tie() {
        let rules = ExpiryRules { within_token: true, ..ExpiryRules::default() };
        let cases = [
            (900, 900, 900, (60, LimitedBy::Mfa)),
            (61, 900, 900, (60, LimitedBy::Mfa)),
            (60, 900, 900, (60, LimitedBy::Request)),
            (30, 900, 900, (30, LimitedBy::Request)),
            (900, 60, 900, (60, LimitedBy::Token)),
            (900, 900, 60, (60, LimitedBy::Credentials)),
            (900, 60, 60, (60, LimitedBy::Token)),
            (60, 60, 60, (60, LimitedBy::Request)),
            (900, 59, 60, (59, LimitedBy::Token)),
            (900, 900, 59, (59, LimitedBy::Credentials)),
        ];
        for (asked, token, credentials, expected) in cases {
            let cut = within_mfa_code((lifetime(asked), LimitedBy::Request));
            let cut = rules.within_token(cut, at(100 + token), at(100)).unwrap();
            let (got, by) = rules.within_credentials(cut, at(100 + credentials), at(100)).unwrap();
            assert_eq!((got.seconds(), by), expected, "asked {asked}, token {token}, credentials {credentials}");
        }
    }

    #[test]
    fn a_token_shortens_only_where_the_rules_say_so() {
        let off = ExpiryRules::default();
        let on = ExpiryRules { within_token: true, ..off };
        let asked = (lifetime(60), LimitedBy::Request);
        assert_eq!(off.within_token(asked, at(100), at(200)), Ok(asked));
        assert_eq!(on.within_token(asked, at(260), at(200)), Ok(asked));
        assert_eq!(on.within_token(asked, at(205), at(200)), Ok((lifetime(5), LimitedBy::Token)));
        assert_eq!(on.within_token(asked, at(200), at(200)), Err(CutShort::Token));
    }
}
