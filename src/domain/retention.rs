//! Object Lock: what nobody may overwrite or delete, and how long.

use std::fmt;
use std::time::Duration;
use std::time::SystemTime;

use time::OffsetDateTime;
use time::UtcOffset;
use time::format_description::well_known::Rfc3339;

use crate::domain::lifetime;

/// An `object_lock` as an upload asks for it.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html>
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ObjectLock {
    pub mode: Option<LockMode>,
    /// Never without a mode.
    pub retain_until: Option<RetainUntil>,
    pub legal_hold: Option<bool>,
}

/// Whether anybody can lift a lock before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockMode {
    /// Who has the right to bypass it.
    Governance,
    /// Nobody.
    Compliance,
}

impl LockMode {
    /// Every mode.
    pub const ALL: [Self; 2] = [Self::Governance, Self::Compliance];

    /// Its name, in a request and at S3.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Governance => "GOVERNANCE",
            Self::Compliance => "COMPLIANCE",
        }
    }

    /// The mode of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }
}

impl ObjectLock {
    /// Whether nothing is locked by it, nor held.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// S3's headers, names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, String)> {
        let word = |is_on| if is_on { "ON" } else { "OFF" };
        let headers = [
            ("x-amz-object-lock-legal-hold", self.legal_hold.map(|is_on| word(is_on).to_owned())),
            ("x-amz-object-lock-mode", self.mode.map(|mode| mode.as_str().to_owned())),
            ("x-amz-object-lock-retain-until-date", self.retain_until.map(|until| until.to_string())),
        ];
        headers.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }
}

/// The end of a lock: a whole second of the years 0 to 9999, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RetainUntil(OffsetDateTime);

/// Why a text is no [`RetainUntil`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("give a time by RFC 3339, such as 2033-11-24T12:00:00Z")]
pub struct InvalidRetainUntil;

impl RetainUntil {
    /// Reads RFC 3339; a fraction of a second is left out.
    pub fn parse(text: &str) -> Result<Self, InvalidRetainUntil> {
        let read = OffsetDateTime::parse(text, &Rfc3339).ok().and_then(|at| at.checked_to_offset(UtcOffset::UTC));
        read.and_then(Self::of).ok_or(InvalidRetainUntil)
    }

    /// So long after an instant's whole second; nothing beyond the year 9999.
    pub fn after(instant: SystemTime, retention: Duration) -> Option<Self> {
        let seconds = i64::try_from(lifetime::unix_seconds(instant)).ok()?;
        let start = OffsetDateTime::from_unix_timestamp(seconds).ok()?;
        start.checked_add(time::Duration::try_from(retention).ok()?).and_then(Self::of)
    }

    fn of(at: OffsetDateTime) -> Option<Self> {
        let at = at.replace_nanosecond(0).ok()?;
        (0..=9999).contains(&at.year()).then_some(Self(at))
    }
}

/// RFC 3339 in UTC, as S3 wants it.
impl fmt::Display for RetainUntil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, time) = (self.0.date(), self.0.time());
        let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
        write!(f, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", time.hour(), time.minute(), time.second())
    }
}

/// A grant's `object_lock`: what each upload must be locked by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockLimits {
    /// None: the caller names one.
    pub mode: Option<LockMode>,
    /// None: the caller says until when.
    pub min_retention: Option<Duration>,
    pub max_retention: Option<Duration>,
    pub legal_hold: LegalHold,
}

/// A grant's word on legal holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegalHold {
    None,
    /// The caller may say.
    Open,
    /// Signed in.
    Required,
}

impl LockLimits {
    /// Whether an upload must have a retention: always, unless the grant speaks of legal holds alone.
    pub fn asks_for_retention(&self) -> bool {
        let says_none = self.mode.is_none() && self.min_retention.is_none() && self.max_retention.is_none();
        !says_none || self.legal_hold == LegalHold::None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_end_of_a_lock_is_a_whole_second_in_utc() {
        let rows = [
            ("2030-01-01T00:00:00Z", Some("2030-01-01T00:00:00Z")),
            ("2030-01-01t01:00:00.999+01:00", Some("2030-01-01T00:00:00Z")),
            ("2029-12-31T23:59:59-00:01", Some("2030-01-01T00:00:59Z")),
            ("9999-12-31T23:59:59Z", Some("9999-12-31T23:59:59Z")),
            ("9999-12-31T23:59:59-01:00", None),
            ("0000-01-01T00:00:00+01:00", None),
            ("2030-01-01T00:00:00", None),
            ("2030-01-01", None),
            ("2030-02-30T00:00:00Z", None),
            ("tomorrow", None),
            ("", None),
        ];
        for (text, expected) in rows {
            assert_eq!(RetainUntil::parse(text).ok().map(|until| until.to_string()).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_retention_is_counted_from_the_signing_times_whole_second() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_769_860_800_900);
        let after = |seconds| RetainUntil::after(at, Duration::from_secs(seconds)).map(|until| until.to_string());
        assert_eq!(after(0).as_deref(), Some("2026-01-31T12:00:00Z"));
        assert_eq!(after(30 * 86_400).as_deref(), Some("2026-03-02T12:00:00Z"));
        assert_eq!(after(u64::MAX), None);
        assert_eq!(after(8000 * 365 * 86_400), None, "beyond the year 9999");
    }

    #[test]
    fn only_a_grant_that_speaks_of_legal_holds_alone_asks_for_no_retention() {
        let bare = LockLimits { mode: None, min_retention: None, max_retention: None, legal_hold: LegalHold::None };
        let day = Some(Duration::from_secs(86_400));
        assert!(bare.asks_for_retention());
        for legal_hold in [LegalHold::Open, LegalHold::Required] {
            let holds = LockLimits { legal_hold, ..bare.clone() };
            assert!(!holds.asks_for_retention());
            assert!(LockLimits { mode: Some(LockMode::Governance), ..holds.clone() }.asks_for_retention());
            assert!(LockLimits { min_retention: day, ..holds.clone() }.asks_for_retention());
            assert!(LockLimits { max_retention: day, ..holds }.asks_for_retention());
        }
    }

    proptest! {
        #[test]
        fn what_is_read_prints_as_what_reads_the_same(text in "\\PC{0,30}|[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-][0-2][0-9]:[0-5][0-9])") {
            if let Ok(until) = RetainUntil::parse(&text) {
                prop_assert_eq!(RetainUntil::parse(&until.to_string()), Ok(until));
            }
        }
    }
}
