//! When credentials can sign, and until when what they signed is valid.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use crate::domain::day::Day;
use crate::domain::name::Name;

/// When the credentials of each name can sign.
#[derive(Debug, Clone, Default)]
pub struct CredentialWindows(pub HashMap<Name, Window>);

/// When credentials can sign. A name that is absent cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Window {
    Endless,
    /// What they sign ends with them.
    Until(SystemTime),
    Days(Days),
}

/// When keys can sign that were derived for certain days.
///
/// What is signed on such a day lives on after it: S3 asks for the day on which it was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Days {
    pub days: Arc<BTreeSet<Day>>,
    /// The end of the credentials that the keys were derived from, and of all that they sign.
    pub valid_until: Option<SystemTime>,
}

impl Window {
    /// Whether there is something to sign with as of that instant, be it for how short a time.
    pub fn opens_at(&self, at: SystemTime) -> bool {
        match self {
            Self::Endless | Self::Until(_) => true,
            Self::Days(days) => days.days.contains(&Day::of(at)),
        }
    }

    /// Until when they can sign, from now on without a gap; `None`: for ever. It does not lie ahead where they cannot.
    pub fn signs_until(&self, now: SystemTime) -> Option<SystemTime> {
        match self {
            Self::Endless => None,
            Self::Until(end) => Some(*end),
            Self::Days(days) => Some(days.valid_until.map_or(days.last(now), |end| end.min(days.last(now)))),
        }
    }

    /// When all that they sign ends, however long it would live.
    pub fn valid_until(&self) -> Option<SystemTime> {
        match self {
            Self::Endless => None,
            Self::Until(end) => Some(*end),
            Self::Days(days) => days.valid_until,
        }
    }

    /// The first instant as of which they can sign, from now back without a gap.
    pub fn since(&self, now: SystemTime) -> SystemTime {
        match self {
            Self::Endless | Self::Until(_) => SystemTime::UNIX_EPOCH,
            Self::Days(days) => days.first(now).map_or(now, Day::start),
        }
    }
}

impl Days {
    /// The first of the days that follow each other up to now; `None` if there is none today.
    fn first(&self, now: SystemTime) -> Option<Day> {
        let today = Day::of(now);
        furthest(today, Day::previous, self.days.range(..=today).rev())
    }

    /// The end of the last of the days that follow each other from now on; where there is none today, of the last one
    /// gone by.
    fn last(&self, now: SystemTime) -> SystemTime {
        let today = Day::of(now);
        let last = furthest(today, Day::next, self.days.range(today..));
        let last = last.or_else(|| self.days.range(..today).next_back().copied());
        last.map_or(SystemTime::UNIX_EPOCH, Day::end)
    }
}

/// The last of these days that is reached from one of them step by step.
fn furthest<'d>(from: Day, step: fn(Day) -> Day, there: impl Iterator<Item = &'d Day>) -> Option<Day> {
    let steps = std::iter::successors(Some(from), |day| Some(step(*day)));
    steps.zip(there).take_while(|(day, there)| day == *there).map(|(day, _)| day).last()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(text: &str) -> SystemTime {
        Day::parse(text).unwrap().start() + Duration::from_secs(43_200)
    }

    fn start(text: &str) -> SystemTime {
        Day::parse(text).unwrap().start()
    }

    fn of(days: &[&str], valid_until: Option<SystemTime>) -> Window {
        let days = Arc::new(days.iter().map(|day| Day::parse(day).unwrap()).collect());
        Window::Days(Days { days, valid_until })
    }

    #[test]
    fn days_sign_from_the_first_to_the_last_that_follow_each_other() {
        let week = ["20261128", "20261129", "20261130", "20261201", "20261203"];
        let rows = [
            ("within", "20261129", &week[..], Some("20261128"), "20261202"),
            ("on the first", "20261128", &week, Some("20261128"), "20261202"),
            ("on the last before a gap", "20261201", &week, Some("20261128"), "20261202"),
            ("in the gap", "20261202", &week, None, "20261202"),
            ("after the gap", "20261203", &week, Some("20261203"), "20261204"),
            ("after all", "20261210", &week, None, "20261204"),
            ("before all", "20261127", &week, None, "19700101"),
            ("alone", "20261129", &["20261129"], Some("20261129"), "20261130"),
            ("at the very beginning", "19700101", &["19700101"], Some("19700101"), "19700102"),
            ("never", "20261129", &[], None, "19700101"),
        ];
        for (row, now, days, since, until) in rows {
            let window = of(days, None);
            assert_eq!(window.opens_at(at(now)), since.is_some(), "{row}");
            assert_eq!(window.since(at(now)), since.map_or(at(now), start), "{row}");
            assert_eq!(window.signs_until(at(now)), Some(start(until)), "{row}");
            assert_eq!(window.valid_until(), None, "{row}");
        }
    }

    #[test]
    fn days_of_temporary_credentials_end_with_these() {
        let (noon, early) = (at("20261129"), start("20261129"));
        let window = of(&["20261129", "20261130"], Some(noon));
        assert_eq!(window.signs_until(early), Some(noon));
        assert_eq!(window.valid_until(), Some(noon));
        assert_eq!(of(&["20261129"], Some(at("20261205"))).signs_until(early), Some(start("20261130")));
    }

    #[test]
    fn others_sign_as_of_any_instant() {
        for (window, end) in [(Window::Endless, None), (Window::Until(at("20261129")), Some(at("20261129")))] {
            assert!(window.opens_at(at("20261201")));
            assert_eq!(window.since(at("20261129")), SystemTime::UNIX_EPOCH);
            assert_eq!((window.signs_until(at("20261129")), window.valid_until()), (end, end));
        }
    }
}
