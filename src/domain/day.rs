//! A UTC day, as the scopes of signatures have it.

use std::fmt;
use std::time::Duration;
use std::time::SystemTime;

use time::Date;
use time::Month;
use time::OffsetDateTime;

use crate::domain::lifetime::unix_seconds;

/// A UTC day of the years 1970 to 9999. It prints as `20261129`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(u64);

impl Day {
    /// The day on which an instant is; SigV4's days have no leap seconds either.
    pub fn of(at: SystemTime) -> Self {
        Self(unix_seconds(at) / SECONDS)
    }

    /// Reads a date such as `20261129`; `None` if there is no such day.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let month = Month::try_from(text.get(4..6)?.parse::<u8>().ok()?).ok()?;
        let date = Date::from_calendar_date(text.get(..4)?.parse().ok()?, month, text.get(6..)?.parse().ok()?);
        let seconds = date.ok()?.midnight().assume_utc().unix_timestamp();
        Some(Self(u64::try_from(seconds).ok()? / SECONDS))
    }

    /// Its first instant.
    pub fn start(self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.0 * SECONDS)
    }

    /// The first instant after it.
    pub fn end(self) -> SystemTime {
        self.next().start()
    }

    /// The day after it.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The day before it.
    pub fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// How many days lie between the two.
    pub fn distance(self, other: Self) -> u64 {
        self.0.abs_diff(other.0)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = OffsetDateTime::from(self.start()).date();
        write!(f, "{:04}{:02}{:02}", date.year(), u8::from(date.month()), date.day())
    }
}

const SECONDS: u64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_day_is_eight_digits_of_a_date_that_there_is() {
        let rows = [
            ("20261129", true),
            ("20240229", true),
            ("20260229", false),
            ("20261301", false),
            ("20261100", false),
            ("00000101", false),
            ("19691231", false),
            ("19700101", true),
            ("99991231", true),
            ("2026-11-29", false),
            ("2026112", false),
            ("202611290", false),
            ("+2026112", false),
            ("2026112９", false),
            ("", false),
        ];
        for (text, there) in rows {
            assert_eq!(Day::parse(text).is_some(), there, "{text:?}");
        }
    }

    #[test]
    fn a_day_begins_at_midnight_and_ends_at_the_next() {
        let day = Day::parse("20261129").unwrap();
        let midnight = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_910_400);
        assert_eq!((day.start(), day.end()), (midnight, midnight + Duration::from_secs(86_400)));
        let rows = [(midnight, day), (day.end() - Duration::from_nanos(1), day), (day.end(), day.next())];
        for (at, expected) in rows {
            assert_eq!(Day::of(at), expected, "{at:?}");
        }
        assert_eq!((day.next().previous(), day.distance(day.previous())), (day, 1));
    }

    proptest! {
        #[test]
        fn a_day_prints_what_it_was_read_from(seconds in 0u64..253_402_300_800) {
            let day = Day::of(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
            prop_assert_eq!(Day::parse(&day.to_string()), Some(day));
        }

        #[test]
        fn reading_never_panics(text in ".{0,10}") {
            if let Some(day) = Day::parse(&text) {
                prop_assert_eq!(day.to_string(), text);
            }
        }
    }
}
