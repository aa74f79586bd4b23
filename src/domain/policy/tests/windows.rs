//! When the credentials can sign: what the decision makes of it.

use super::*;
use crate::domain::day::Day;
use crate::domain::lifetime::LimitedBy;
use crate::domain::policy::Days;
use std::collections::BTreeSet;
use std::sync::Arc;

fn at(day: &str, hour: u64) -> SystemTime {
    Day::parse(day).unwrap().start() + Duration::from_secs(hour * 3600)
}

fn days(days: &[&str], valid_until: Option<SystemTime>) -> Window {
    let days: BTreeSet<Day> = days.iter().map(|day| Day::parse(day).unwrap()).collect();
    Window::Days(Days { days: Arc::new(days), valid_until })
}

/// When it is signed as of, how long it lives and what set that; or the refusal.
fn signed(window: Window, now: SystemTime, more: &str) -> Result<(SystemTime, u32, LimitedBy), String> {
    let max_expires = Lifetime::MAX;
    let expiry = ExpiryRules { max: max_expires, ..ExpiryRules::default() };
    let grant = Grant { max_expires, ..allow("g", "", &["read"]) };
    let grant = Grant { download: DownloadLimits { stable: true, ..DownloadLimits::default() }, ..grant };
    let policy = Policy::new(expiry, vec![bucket("media", "acme-media", None)], vec![grant]);
    let windows = CredentialWindows([(name("reader"), window)].into());
    let around = Circumstances { id: "0197", address: None, windows: &windows, now };
    let body = format!(r#"{{"operation":"GetObject","bucket":"media","key":"a"{more}}}"#);
    let permit = policy.authorize(&caller("corp", "{}"), &Request::parse(&value(&body)).unwrap(), around);
    match &permit {
        Ok(permit) => Ok((permit.signed_at(), permit.lifetime().seconds(), permit.limited_by())),
        Err(_) => Err(outcome(&permit)),
    }
}

#[test]
fn keys_of_days_sign_on_these_days_and_what_they_signed_lives_on() {
    let week = r#","expires_in":604800"#;
    let unavailable = || Err("credentials_unavailable by g".to_owned());
    let today = days(&["20261129"], None);
    let last = at("20261130", 0) - Duration::from_secs(1);
    let rows = [
        ("on the day", at("20261129", 9), week, Ok((at("20261129", 9), 604_800, LimitedBy::Request))),
        ("in its last second", last, week, Ok((last, 604_800, LimitedBy::Request))),
        ("after it", at("20261130", 0), week, unavailable()),
        ("before it", at("20261129", 0) - Duration::from_nanos(1), "", unavailable()),
    ];
    for (row, now, more, expected) in rows {
        assert_eq!(signed(today.clone(), now, more), expected, "{row}");
    }
}

#[test]
fn keys_of_days_end_with_the_credentials_that_they_were_derived_from() {
    let two = |hour| days(&["20261129", "20261130"], Some(at("20261129", hour)));
    let noon = at("20261129", 12);
    let day = r#","expires_in":86400"#;
    assert_eq!(signed(two(14), noon, day), Ok((noon, 7200, LimitedBy::Credentials)));
    assert_eq!(signed(two(12), noon, day), Err("credentials_unavailable by g".to_owned()));
}

#[test]
fn a_stable_url_is_signed_as_of_no_day_without_a_key() {
    let stable = r#","stable":true,"expires_in":604800"#;
    let now = at("20261130", 9);
    // A window of 42 hours, counted from 1970.
    let rounded = signed(Window::Endless, now, stable).unwrap().0;
    assert_eq!(rounded, at("20261129", 12));
    let rows = [
        ("all of them", &["20261128", "20261129", "20261130"][..], rounded),
        ("the one needed", &["20261129", "20261130"], rounded),
        ("today's alone", &["20261130"], at("20261130", 0)),
        ("a gap before today", &["20261128", "20261130"], at("20261130", 0)),
    ];
    for (row, keys, expected) in rows {
        assert_eq!(signed(days(keys, None), now, stable).unwrap().0, expected, "{row}");
        assert_eq!(
            signed(days(keys, None), now + Duration::from_secs(60), stable).unwrap().0,
            expected,
            "{row}, again"
        );
    }
}
