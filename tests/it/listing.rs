//! Requests for a prefix, which stand for every key below it.

use serde_json::Value;
use serde_json::json;

use crate::support::setting::DENIED;
use crate::support::setting::DISABLED;
use crate::support::setting::Expected;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::NO_GRANT;
use crate::support::setting::TOO_LONG;
use crate::support::setting::ask;
use crate::support::setting::expect_reply;
use crate::support::setting::invalid;
use crate::support::setting::setting;
use crate::support::setting::token_with;
use crate::support::setting::unmet;
use crate::support::setting::with;
use crate::support::setting::works_only_as_told;

const CONFIG: &str = r#"
    [[grants]]
    name = "below-a"
    bucket = "media"
    prefix = "a/"
    actions = ["list", "read"]
    max_expires = "2h"
    [[grants]]
    name = "own"
    bucket = "media"
    prefix = "users/{sub}/"
    actions = ["list"]
    [[grants]]
    name = "brief"
    bucket = "media"
    prefix = "a/brief/"
    actions = ["list"]
    max_expires = "1m"
    [[grants]]
    name = "elsewhere"
    bucket = "media"
    prefix = "a/office/"
    actions = ["list"]
    require = { source_ips = ["192.0.2.0/24"] }
    [[grants]]
    name = "off"
    bucket = "media"
    prefix = "a/off/deep/"
    actions = ["list"]
    enabled = false
    [[grants]]
    name = "only-reads"
    bucket = "media"
    prefix = "a/reads/"
    actions = ["read"]
    max_expires = "1m"
    [[grants]]
    name = "for-editors"
    bucket = "media"
    prefix = "a/editors/"
    actions = ["list"]
    max_expires = "1m"
    when = { role = "editor" }
    [[grants]]
    name = "one-key"
    bucket = "media"
    key = "keys/one"
    actions = ["list", "read"]
    [[grants]]
    name = "sealed"
    effect = "deny"
    bucket = "media"
    prefix = "a/sealed/"
    actions = ["list"]
    [[grants]]
    name = "whole"
    bucket = "open"
    prefix = ""
    actions = ["list"]
    [buckets.open]
    bucket = "acme-open"
    region = "eu-west-1"
"#;

#[test]
fn every_key_below_a_prefix_must_be_the_callers_to_list() {
    let service = setting(&[ISSUER, MEDIA, CONFIG]).serve();
    let list = |prefix: &str, more: Value| with(ask("ListObjectsV2", "media", prefix), &more);
    let minute = json!({"expires_in": 60});
    let open = |prefix: &str| ask("ListObjectsV2", "open", prefix);
    let usual = json!({});
    let editor = json!({"role": "editor"});
    let cases: Vec<(&str, &Value, Value, Expected)> = vec![
        ("the whole bucket", &usual, open(""), Ok("whole")),
        ("half a segment", &usual, open("a/b"), Ok("whole")),
        ("a folder", &usual, open("a/b/"), Ok("whole")),
        ("a prefix that the grant's begins", &usual, list("a/x/", json!({})), Ok("below-a")),
        ("half a segment below it", &usual, list("a/x", json!({})), Ok("below-a")),
        ("the caller's own", &usual, list("users/42/", json!({})), Ok("own")),
        ("another's", &usual, list("users/43/", json!({})), NO_GRANT),
        ("what holds the caller's own", &usual, list("users/", json!({})), NO_GRANT),
        ("wider than the grant", &usual, list("", json!({})), NO_GRANT),
        ("the grant's without its slash", &usual, list("a", json!({})), NO_GRANT),
        ("a key's grant never covers", &usual, list("keys/one", json!({})), NO_GRANT),
        ("nor what begins its key", &usual, list("keys/", json!({})), NO_GRANT),
        ("a deny below", &usual, list("a/", minute.clone()), DENIED),
        ("a deny above", &usual, list("a/sealed/x/", json!({})), DENIED),
        ("a deny that begins alike", &usual, list("a/s", json!({})), DENIED),
        ("beside the deny", &usual, list("a/sealer/", json!({})), Ok("below-a")),
        ("a narrower one decides there", &usual, list("a/brief/", json!({})), Ok("brief")),
        ("and its bound holds", &usual, list("a/brief/", json!({"expires_in": 61})), TOO_LONG),
        ("a narrower one below, unmet", &usual, list("a/b", json!({"expires_in": 61})), TOO_LONG),
        ("a narrower one below, met", &usual, list("a/b", minute.clone()), Ok("below-a")),
        ("one for other addresses below", &usual, list("a/office", json!({})), unmet(&["#"])),
        ("one that is off below", &usual, list("a/off/", json!({})), DISABLED),
        ("one of another action below", &usual, list("a/reads/", json!({})), Ok("below-a")),
        ("one for other callers below", &usual, list("a/edit", json!({})), Ok("below-a")),
        ("the same for such a caller", &editor, list("a/edit", json!({})), TOO_LONG),
    ];
    for (case, claims, request, expected) in &cases {
        let answer = expect_reply(case, &service.post(&token_with(claims), "/v1/presign", request), *expected);
        if expected.is_ok() {
            works_only_as_told(case, &answer, request);
            assert_eq!(answer["prefix"], request["prefix"], "{case}");
            assert_eq!(answer.get("key"), None, "{case}: prefix stands in place of key");
        }
    }
}

#[test]
fn a_prefix_must_be_given_and_follows_the_rules_for_keys() {
    let service = setting(&[ISSUER, MEDIA, CONFIG]).serve();
    let token = token_with(&json!({}));
    let missing = service.post(&token, "/v1/presign", &json!({"operation": "ListObjectsV2", "bucket": "open"}));
    expect_reply("no prefix", &missing, invalid(&["#/prefix"]));
    let keyed = json!({"operation": "ListObjectsV2", "bucket": "open", "prefix": "", "key": "a"});
    expect_reply("a key", &service.post(&token, "/v1/presign", &keyed), invalid(&["#/key"]));
    let long = "x".repeat(1025);
    for prefix in ["/", "/a", "a//b", "a//", "./", "a/../b/", "a/./", "..", "a\\b", "a\u{1}", long.as_str()] {
        let reply = service.post(&token, "/v1/presign", &ask("ListObjectsV2", "open", prefix));
        expect_reply(prefix, &reply, Err((400, "invalid_key", &["#/prefix"])));
    }
}

#[test]
fn the_members_of_a_listing_stand_in_its_query() {
    let service = setting(&[ISSUER, MEDIA, CONFIG]).serve();
    let token = token_with(&json!({}));
    let members =
        json!({"delimiter": "/", "max_keys": 1000, "continuation_token": "1ue+G/c==", "start_after": "a/ö b"});
    let request = with(ask("ListObjectsV2", "open", "a/ä&b"), &members);
    let answer = expect_reply("all members", &service.post(&token, "/v1/presign", &request), Ok("whole"));
    let used = works_only_as_told("all members", &answer, &request);
    assert_eq!((used.method.as_str(), used.place()), ("GET", "https://acme-open.s3.eu-west-1.amazonaws.com/"));
    for (name, value) in [
        ("list-type", "2"),
        ("prefix", "a/ä&b"),
        ("delimiter", "/"),
        ("max-keys", "1000"),
        ("continuation-token", "1ue+G/c=="),
        ("start-after", "a/ö b"),
    ] {
        assert_eq!(used.parameter(name).as_deref(), Some(value), "{name}: {}", used.url);
    }
    assert!(answer["headers"].as_object().unwrap().is_empty(), "{answer:#}");
}
