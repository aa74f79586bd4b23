//! Requests for a prefix, which stand for every key below it, around what a caller may not have.

use serde_json::Value;
use serde_json::json;

use super::Attack;
use super::STEP_UP;
use super::asked::Asked;
use super::asked::asks;
use super::asked::lists;
use super::run;
use crate::support::setting::DENIED;
use crate::support::setting::DISABLED;
use crate::support::setting::Expected;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::NO_GRANT;
use crate::support::setting::TOO_LONG;
use crate::support::setting::ask;
use crate::support::setting::invalid;
use crate::support::setting::setting;
use crate::support::setting::unmet;
use crate::support::setting::with;

const GRANTS: &str = r#"
    [[grants]]
    name = "team"
    bucket = "media"
    prefix = "team/"
    actions = ["list", "PostObject"]
    upload = { post_key_prefix = true }
    [[grants]]
    name = "own"
    bucket = "media"
    prefix = "users/{sub}/"
    actions = ["list"]
    [[grants]]
    name = "sealed"
    effect = "deny"
    bucket = "media"
    prefix = "team/sealed/"
    [[grants]]
    name = "one"
    effect = "deny"
    bucket = "media"
    key = "team/plans/one.pdf"
    [[grants]]
    name = "hidden"
    effect = "deny"
    bucket = "media"
    prefix = "team/site/-g"
    raw_prefix = true
    [[grants]]
    name = "not-for-guests"
    effect = "deny"
    bucket = "media"
    prefix = "team/staff/"
    when = { role = "guest" }
    [[grants]]
    name = "brief"
    bucket = "media"
    prefix = "team/brief/"
    actions = ["list"]
    max_expires = "1m"
    [[grants]]
    name = "office"
    bucket = "media"
    prefix = "team/office/"
    actions = ["list"]
    require = { source_ips = ["192.0.2.0/24"] }
    [[grants]]
    name = "guarded"
    bucket = "media"
    prefix = "team/guarded/"
    actions = ["list"]
    require = { mfa = "15m" }
    [[grants]]
    name = "off"
    bucket = "media"
    prefix = "team/out/"
    actions = ["list"]
    enabled = false
    [[grants]]
    name = "small"
    bucket = "media"
    prefix = "team/in/small/"
    actions = ["PostObject"]
    upload = { post_key_prefix = true, max_size = "1KB" }
    [[grants]]
    name = "closed"
    bucket = "media"
    prefix = "team/in/closed/"
    actions = ["PostObject"]
    [[grants]]
    name = "of-claim"
    bucket = "media"
    prefix = "team/of/{team}/"
    actions = ["list"]
    max_expires = "1m"
    [[grants]]
    name = "card"
    bucket = "media"
    key = "cards/one"
    actions = ["list", "read"]
"#;

fn list(prefix: &str, more: Value) -> Asked {
    asks(&with(ask("ListObjectsV2", "media", prefix), &more))
}

fn form(prefix: &str) -> Asked {
    asks(&json!({"operation": "PostObject", "bucket": "media", "key_prefix": prefix}))
}

/// 400 `invalid_key`, of the prefix.
const BAD_PREFIX: Expected = Err((400, "invalid_key", &["#/prefix"]));

pub fn attacks() -> Vec<Attack> {
    [of_lists(), of_forms()].concat()
}

fn of_lists() -> Vec<Attack> {
    let guest = |prefix: &str| lists(prefix).claiming(&json!({"role": "guest"}));
    let blue = |prefix: &str| lists(prefix).claiming(&json!({"team": ["red", "blue"]}));
    let free = || lists("team/free/");
    vec![
        ("what a deny shuts", lists("team/sealed/"), DENIED, lists("team/sealer/")),
        ("below what a deny shuts", lists("team/sealed/x/"), DENIED, lists("team/seal-x/")),
        ("above what a deny shuts", list("team/", json!({"expires_in": 60})), DENIED, free()),
        ("half of what a deny shuts", lists("team/sea"), DENIED, lists("team/seb")),
        ("what a deny shuts, without its slash", lists("team/sealed"), DENIED, lists("team/sealed-")),
        (
            "above a deny, by a delimiter",
            list("team/", json!({"delimiter": "/"})),
            DENIED,
            list("team/free/", json!({"delimiter": "/"})),
        ),
        (
            "above a deny, beginning behind it",
            list("team/", json!({"start_after": "team/sealed0"})),
            DENIED,
            list("team/free/", json!({"start_after": "team/sealed/"})),
        ),
        (
            "above a deny, going on behind it",
            list("team/", json!({"continuation_token": "team/sealed0"})),
            DENIED,
            list("team/free/", json!({"continuation_token": "x"})),
        ),
        (
            "above a deny, one key",
            list("team/", json!({"max_keys": 1})),
            DENIED,
            list("team/free/", json!({"max_keys": 1})),
        ),
        ("above a key that a deny names", lists("team/plans/"), DENIED, lists("team/plans2/")),
        ("a key that a deny names, as a prefix", lists("team/plans/one.pdf"), DENIED, lists("team/plans/one.pdx")),
        ("half of a key that a deny names", lists("team/plans/on"), DENIED, lists("team/plans/oo")),
        ("above a raw deny", lists("team/site/"), DENIED, lists("team/sites/")),
        ("half of a raw deny", lists("team/site/-"), DENIED, lists("team/site/_")),
        ("below a raw deny", lists("team/site/-git/hooks/"), DENIED, lists("team/site/-hg/")),
        ("above a deny for such a caller", guest("team/sta"), DENIED, lists("team/sta")),
        ("the whole bucket", lists(""), NO_GRANT, free()),
        ("the folder without its slash", lists("team"), NO_GRANT, free()),
        ("a letter of the folder", lists("t"), NO_GRANT, free()),
        ("another's folder", lists("users/43/"), NO_GRANT, lists("users/42/")),
        ("a folder that begins as one's own", lists("users/42"), NO_GRANT, lists("users/42/")),
        ("all users' folders", lists("users/"), NO_GRANT, lists("users/42/")),
        ("a key's grant as a prefix", lists("cards/one"), NO_GRANT, asks(&ask("GetObject", "media", "cards/one"))),
        ("a climb out of the folder", lists("users/42/../43/"), BAD_PREFIX, lists("users/42/..43/")),
        ("a slash before a prefix", lists("/users/42/"), BAD_PREFIX, lists("users/42/")),
        ("two slashes", lists("users/42//"), BAD_PREFIX, lists("users/42/")),
        ("a backslash", lists("users\\42\\"), BAD_PREFIX, lists("users/42/")),
        (
            "a prefix of 1,025 bytes",
            lists(&format!("users/42/{}", "x".repeat(1016))),
            BAD_PREFIX,
            lists(&format!("users/42/{}", "x".repeat(1015))),
        ),
        ("no prefix", asks(&json!({"operation": "ListObjectsV2", "bucket": "media"})), invalid(&["#/prefix"]), free()),
        (
            "a prefix that is null",
            asks(&json!({"operation": "ListObjectsV2", "bucket": "media", "prefix": null})),
            invalid(&["#/prefix"]),
            free(),
        ),
        (
            "a key in place of the prefix",
            list("team/free/", json!({"key": "team/sealed/"})),
            invalid(&["#/key"]),
            free(),
        ),
        ("two delimiters", list("team/free/", json!({"delimiter": ["/", "-"]})), invalid(&["#/delimiter"]), free()),
        (
            "a delimiter with a line break",
            list("team/free/", json!({"delimiter": "/\n"})),
            invalid(&["#/delimiter"]),
            free(),
        ),
        ("more keys than S3 lists", list("team/free/", json!({"max_keys": 1001})), invalid(&["#/max_keys"]), free()),
        ("versions of all", list("team/free/", json!({"versions": true})), invalid(&["#/versions"]), free()),
        ("owners of all", list("team/free/", json!({"fetch_owner": true})), invalid(&["#/fetch_owner"]), free()),
        ("longer than a narrower grant below", lists("team/b"), TOO_LONG, list("team/b", json!({"expires_in": 60}))),
        (
            "longer than a narrower grant",
            list("team/brief/", json!({"expires_in": 61})),
            TOO_LONG,
            list("team/brief/", json!({"expires_in": 60})),
        ),
        ("above a grant for other addresses", lists("team/of"), unmet(&["#"]), lists("team/ofx")),
        ("above a grant that asks for MFA", lists("team/gua"), STEP_UP, lists("team/gux")),
        ("above a grant that is switched off", lists("team/ou"), DISABLED, lists("team/oux")),
        ("above a narrower grant that a claim fills in", blue("team/of/"), TOO_LONG, lists("team/of/")),
        ("half of a narrower grant that a claim fills in", blue("team/of/bl"), TOO_LONG, blue("team/of/green/")),
    ]
}

fn of_forms() -> Vec<Attack> {
    let bad: Expected = Err((400, "invalid_key", &["#/key_prefix"]));
    let free = || form("team/free/");
    vec![
        ("a form above a deny", form("team/"), DENIED, free()),
        ("a form below a deny", form("team/sealed/x"), DENIED, form("team/sealx")),
        ("a form whose tail could be what a deny shuts", form("team/s"), DENIED, form("team/sa")),
        ("a form whose tail could be a key that a deny names", form("team/plans/one"), DENIED, form("team/plans/two")),
        ("a form above a smaller one", form("team/in/s"), unmet(&[]), form("team/in/x")),
        ("a form above one that leaves nothing open", form("team/in/c"), unmet(&["#/key_prefix"]), form("team/in/d")),
        (
            "a form where nothing is left open",
            form("team/in/closed/"),
            unmet(&["#/key_prefix"]),
            form("team/in/closet/"),
        ),
        ("a form for the whole bucket", form(""), NO_GRANT, free()),
        ("a form for the folder without its slash", form("team"), NO_GRANT, free()),
        ("a form that climbs", form("team/free/../sealed/"), bad, form("team/free/..sealed/")),
        ("a form with S3's variable in the middle", form("team/${filename}/"), bad, form("team/$filename/")),
        ("a form with half of S3's variable", form("team/free/${"), bad, form("team/free/$")),
    ]
}

#[test]
fn a_prefix_is_every_key_below_it() {
    run(setting(&[ISSUER, MEDIA, GRANTS]), &attacks());
}
