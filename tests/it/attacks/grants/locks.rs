//! Versions, locks and archives: what was to be kept, and who would not keep it.

use serde_json::Value;
use serde_json::json;

use super::Attack;
use super::asked::Asked;
use super::asked::asks;
use super::run;
use crate::support::now;
use crate::support::rfc3339;
use crate::support::setting::DENIED;
use crate::support::setting::ISSUER;
use crate::support::setting::NO_GRANT;
use crate::support::setting::ask;
use crate::support::setting::buckets;
use crate::support::setting::grant_of;
use crate::support::setting::invalid;
use crate::support::setting::setting;
use crate::support::setting::unmet;
use crate::support::setting::with;

const GRANTS: &str = r#"
    [[grants]]
    name = "latest"
    bucket = "media"
    prefix = "latest/"
    actions = ["read", "delete"]
    [[grants]]
    name = "versions"
    bucket = "media"
    prefix = "versions/"
    actions = ["read_version", "delete_version"]
    require = { mfa = "never" }
    [[grants]]
    name = "lifts"
    bucket = "media"
    prefix = "lifts/"
    actions = ["delete_version", "bypass_governance"]
    require = { mfa = "never" }
    [[grants]]
    name = "half"
    bucket = "media"
    prefix = "half/"
    actions = ["delete_version"]
    require = { mfa = "never" }
    [[grants]]
    name = "other-half"
    bucket = "media"
    prefix = "half/"
    actions = ["bypass_governance"]
    [[grants]]
    name = "all"
    bucket = "media"
    prefix = "all/"
    actions = ["read", "read_version", "delete", "delete_version", "bypass_governance", "restore"]
    require = { mfa = "never" }
    [[grants]]
    name = "no-reading"
    effect = "deny"
    bucket = "media"
    prefix = "all/unread/"
    actions = ["read"]
    [[grants]]
    name = "no-deleting"
    effect = "deny"
    bucket = "media"
    prefix = "all/kept/"
    actions = ["delete"]
    [[grants]]
    name = "no-lifting"
    effect = "deny"
    bucket = "media"
    prefix = "all/locked/"
    actions = ["bypass_governance"]
"#;

/// Buckets whose grants lock what is written, called as they do it.
const LOCKED: [(&str, &str); 4] = [
    ("none", ""),
    ("month", r#"object_lock = { mode = "COMPLIANCE", min_retention = "30d", max_retention = "1y" }"#),
    ("any", "object_lock = { legal_hold = true }"),
    ("held", r#"object_lock = { mode = "GOVERNANCE", legal_hold = "required" }"#),
];

const SHA256: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
const DAY: i64 = 86_400;

pub fn attacks() -> Vec<Attack> {
    [versions(), locks()].concat()
}

fn of(operation: &str, key: &str, more: Value) -> Asked {
    asks(&with(ask(operation, "media", key), &more))
}

fn versions() -> Vec<Attack> {
    let get = |key: &str, more: Value| of("GetObject", key, more);
    let delete = |key: &str, more: Value| of("DeleteObject", key, more);
    let restore = |key: &str, more: Value| of("RestoreObject", key, more);
    let version = || json!({"version_id": "v1"});
    let lifting = || json!({"version_id": "v1", "bypass_governance_retention": true});
    let numbered = |id: Value| get("versions/a", json!({ "version_id": id }));
    let bad_id = invalid(&["#/version_id"]);
    let right = || numbered(json!("v1"));
    vec![
        ("a version where one may have the latest", get("latest/a", version()), NO_GRANT, get("latest/a", json!({}))),
        (
            "the version called null",
            get("latest/a", json!({"version_id": "null"})),
            NO_GRANT,
            get("versions/a", json!({"version_id": "null"})),
        ),
        (
            "a version's head where one may have the latest",
            of("HeadObject", "latest/a", version()),
            NO_GRANT,
            of("HeadObject", "latest/a", json!({})),
        ),
        ("the latest where one may have versions", get("versions/a", json!({})), NO_GRANT, right()),
        (
            "deleting a version where one may delete the latest",
            delete("latest/a", version()),
            NO_GRANT,
            delete("latest/a", json!({})),
        ),
        (
            "deleting the latest where one may delete versions",
            delete("versions/a", json!({})),
            NO_GRANT,
            delete("versions/a", version()),
        ),
        ("an empty version, which is the latest", numbered(json!("")), bad_id, right()),
        ("a version that is null", numbered(json!(null)), bad_id, numbered(json!("null"))),
        ("a version that is a number", numbered(json!(1)), bad_id, numbered(json!("1"))),
        ("versions in a list", numbered(json!(["v1", "v2"])), bad_id, right()),
        ("a version with another parameter", numbered(json!("v1\n&acl")), bad_id, numbered(json!("v1&acl"))),
        ("a version beyond ASCII", numbered(json!("v\u{e9}")), bad_id, right()),
        (
            "lifting a lock without the right",
            delete("versions/a", lifting()),
            NO_GRANT,
            delete("versions/a", version()),
        ),
        ("lifting a lock by two grants together", delete("half/a", lifting()), NO_GRANT, delete("half/a", version())),
        (
            "lifting a lock from the latest",
            delete("lifts/a", json!({"bypass_governance_retention": true})),
            NO_GRANT,
            delete("lifts/a", lifting()),
        ),
        (
            "lifting a lock by text",
            delete("lifts/a", json!({"version_id": "v", "bypass_governance_retention": "true"})),
            invalid(&["#/bypass_governance_retention"]),
            delete("lifts/a", lifting()),
        ),
        (
            "lifting a lock while reading",
            get("all/a", json!({"bypass_governance_retention": true})),
            invalid(&["#/bypass_governance_retention"]),
            get("all/a", json!({})),
        ),
        ("a version where a deny shuts reading", get("all/unread/a", version()), DENIED, get("all/read/a", version())),
        ("a version where a deny shuts deleting", delete("all/kept/a", version()), DENIED, delete("all/a", version())),
        ("lifting where a deny shuts deleting", delete("all/kept/a", lifting()), DENIED, delete("all/a", lifting())),
        ("lifting where a deny shuts it", delete("all/locked/a", lifting()), DENIED, delete("all/locked/a", version())),
        (
            "a device's code without a version",
            delete("latest/a", json!({"mfa": "s 123456"})),
            invalid(&["#/mfa"]),
            delete("versions/a", json!({"version_id": "v", "mfa": "s 123456"})),
        ),
        (
            "a device's code that ends its line",
            delete("versions/a", json!({"version_id": "v", "mfa": "s 123456\r\nx: y"})),
            invalid(&["#/mfa"]),
            delete("versions/a", json!({"version_id": "v", "mfa": "s 12345678"})),
        ),
        (
            "a restore without the right",
            restore("latest/a", json!({"days": 1})),
            NO_GRANT,
            restore("all/a", json!({"days": 1})),
        ),
        (
            "a restore for no day",
            restore("all/a", json!({"days": 0})),
            invalid(&["#/days"]),
            restore("all/a", json!({"days": 1})),
        ),
        (
            "a restore whose tier is XML",
            restore("all/a", json!({"days": 1, "tier": "Bulk</Tier><Days>9"})),
            invalid(&["#/tier"]),
            restore("all/a", json!({"days": 1, "tier": "Bulk"})),
        ),
        (
            "a restore to elsewhere",
            restore("all/a", json!({"days": 1, "output_location": {}})),
            invalid(&["#/output_location"]),
            restore("all/a", json!({"days": 1})),
        ),
    ]
}

fn locks() -> Vec<Attack> {
    let put = |bucket: &str, lock: Value| {
        let sum = json!({"checksum": {"algorithm": "SHA256", "value": SHA256}, "object_lock": lock});
        asks(&with(ask("PutObject", bucket, "a"), &sum))
    };
    let lock = |mode: &str, days: i64| json!({"mode": mode, "retain_until": rfc3339(now() + days * DAY)});
    let until = |text: &str| json!({"mode": "COMPLIANCE", "retain_until": text});
    let month = |days: i64| put("month", lock("COMPLIANCE", days));
    let (at_end, bad_end) = (unmet(&["#/object_lock/retain_until"]), invalid(&["#/object_lock/retain_until"]));
    let free = || put("none", json!({}));
    vec![
        ("a lock where none is allowed", put("none", lock("GOVERNANCE", 1)), unmet(&["#/object_lock"]), free()),
        ("a hold where none is allowed", put("none", json!({"legal_hold": true})), unmet(&["#/object_lock"]), free()),
        ("a shorter lock", month(29), at_end, month(31)),
        ("a longer lock", month(366), at_end, month(364)),
        ("a lock that ended yesterday", month(-1), at_end, month(40)),
        ("a lock of another mode", put("month", lock("GOVERNANCE", 31)), unmet(&["#/object_lock/mode"]), month(31)),
        ("a mode in small letters", put("month", lock("compliance", 31)), invalid(&["#/object_lock/mode"]), month(31)),
        ("a mode without its end", put("month", json!({"mode": "COMPLIANCE"})), bad_end, put("month", json!({}))),
        (
            "an end without its mode",
            put("month", json!({"retain_until": rfc3339(now() + 31 * DAY)})),
            invalid(&["#/object_lock/mode"]),
            put("month", json!({})),
        ),
        (
            "an end that is a number",
            put("month", json!({"mode": "COMPLIANCE", "retain_until": now() + 31 * DAY})),
            bad_end,
            month(31),
        ),
        ("an end without its zone", put("month", until("2099-01-01T00:00:00")), bad_end, month(31)),
        ("an end of no day", put("month", until("2099-02-30T00:00:00Z")), bad_end, month(31)),
        ("an end that ends its line", put("month", until("2099-01-01T00:00:00Z\r\nx: y")), bad_end, month(31)),
        ("an end before all time in UTC", put("month", until("0000-01-01T00:00:00+01:00")), bad_end, month(31)),
        (
            "no hold where it is demanded",
            put("held", with(lock("GOVERNANCE", 1), &json!({"legal_hold": false}))),
            unmet(&["#/object_lock/legal_hold"]),
            put("held", lock("GOVERNANCE", 1)),
        ),
        (
            "a hold as text",
            put("held", with(lock("GOVERNANCE", 1), &json!({"legal_hold": "OFF"}))),
            invalid(&["#/object_lock/legal_hold"]),
            put("held", with(lock("GOVERNANCE", 1), &json!({"legal_hold": true}))),
        ),
        (
            "a lock without a checksum",
            asks(&with(ask("PutObject", "any", "a"), &json!({"object_lock": {"legal_hold": true}}))),
            invalid(&["#/checksum"]),
            put("any", json!({"legal_hold": true})),
        ),
        (
            "the grant's lock without a checksum",
            asks(&ask("PutObject", "month", "a")),
            unmet(&["#/checksum"]),
            month(31),
        ),
        (
            "a part of a locked upload without a checksum",
            asks(&ask("UploadPart", "month", "a")),
            unmet(&["#/checksum"]),
            asks(&with(ask("UploadPart", "month", "a"), &json!({"content_md5": "1B2M2Y8AsgTpgAmY7PhCfg=="}))),
        ),
        (
            "a form of a locked upload without a checksum",
            asks(&ask("PostObject", "month", "a")),
            unmet(&["#/checksum"]),
            asks(&with(
                ask("PostObject", "month", "a"),
                &json!({"checksum": {"algorithm": "SHA256", "value": SHA256}}),
            )),
        ),
        ("a member that no lock has", put("month", json!({"days": 1})), invalid(&["#/object_lock/days"]), month(31)),
    ]
}

#[test]
fn what_is_to_be_kept_is_kept() {
    let locks = LOCKED.map(|(name, lock)| grant_of(name, &format!("actions = [\"write\"]\nupload = {{ {lock} }}")));
    let aliases: Vec<&str> = ["media"].into_iter().chain(LOCKED.map(|(name, _)| name)).collect();
    run(setting(&[ISSUER, &buckets(&aliases), GRANTS, &locks.concat()]), &attacks());
}
