//! `object_lock`.

use std::time::Duration;

use super::*;
use crate::domain::retention::LegalHold;
use crate::domain::retention::LockLimits;
use crate::domain::retention::LockMode;

#[test]
fn locks_are_checked_whole() {
    check_rows(&RETENTION);
}

pub(super) const RETENTION: [Row; 1] = [(
    "every key of a lock is checked",
    "grant",
    r#"[[grants]]
name = "a"
bucket = "media"
prefix = ""
actions = ["write"]
upload = { object_lock = { mode = "GOVERNENCE", min_retention = "0d", max_retention = 7, legal_hold = "yes" } }
[[grants]]
name = "b"
bucket = "media"
prefix = "b/"
actions = ["write"]
upload = { object_lock = { min_retention = "366d", max_retention = "1y", legal_hold = 1, until = "7y" } }
[[grants]]
name = "c"
bucket = "media"
prefix = "c/"
actions = ["write"]
upload = { object_lock = true }
"#,
    &[
        r#"6:35: there is no lock mode "GOVERNENCE"; write "GOVERNANCE" if that is meant"#,
        "6:65: a duration of nothing leaves no time; write one second or more",
        "6:87: a string is expected, not an integer; write it in quotes",
        r#"6:103: legal_hold is true, false or "required"; write true to let callers say, "required" to sign it in"#,
        "12:68: max_retention is shorter than min_retention; raise it",
        r#"12:87: legal_hold is true, false or "required"; write true to let callers say, "required" to sign it in"#,
        r#"12:90: unknown key "until" in object_lock; remove it; the keys of object_lock are mode, min_retention, max_retention, legal_hold"#,
        "18:26: object_lock is a table, not a boolean; write its keys below a header or in { }",
    ],
)];

#[test]
fn locks_are_read_as_they_stand() {
    let lock_of = |table: &str| {
        let grant = GRANT.to_owned() + &format!("upload = {{ {table} }}\n");
        let policy = read(&whole("grant", &grant), &[]).expect(table).settings.policy;
        policy.grants()[0].upload.object_lock.clone()
    };
    let none = LockLimits { mode: None, min_retention: None, max_retention: None, legal_hold: LegalHold::None };
    let days = |days: u64| Some(Duration::from_secs(days * 86_400));
    assert_eq!(lock_of(""), None);
    assert_eq!(lock_of("object_lock = {}"), Some(none.clone()));
    assert_eq!(lock_of("object_lock = { legal_hold = false }"), Some(none.clone()));
    let required = LockLimits { legal_hold: LegalHold::Required, ..none };
    assert_eq!(lock_of(r#"object_lock = { legal_hold = "required" }"#), Some(required));
    assert_eq!(
        lock_of(
            r#"object_lock = { mode = "COMPLIANCE", min_retention = "30d", max_retention = "7y", legal_hold = true }"#
        ),
        Some(LockLimits {
            mode: Some(LockMode::Compliance),
            min_retention: days(30),
            max_retention: days(7 * 365),
            legal_hold: LegalHold::Open,
        })
    );
    assert!(
        lock_of(r#"object_lock = { min_retention = "1y", max_retention = "365d" }"#).is_some(),
        "one length is both"
    );
}
