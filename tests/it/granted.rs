//! How a grant is found among the candidates: denies, the longest prefix, alternatives, and what is told of them.

use serde_json::Value;
use serde_json::json;

use crate::support::setting::DENIED;
use crate::support::setting::DISABLED;
use crate::support::setting::ISSUER;
use crate::support::setting::NO_GRANT;
use crate::support::setting::TOO_LONG;
use crate::support::setting::ask;
use crate::support::setting::buckets;
use crate::support::setting::run;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::unmet;
use crate::support::setting::with;

#[test]
fn a_candidate_that_denies_refuses_where_another_allows() {
    let config = r#"
        [[grants]]
        name = "wide"
        bucket = "media"
        prefix = ""
        actions = ["read", "write", "delete"]
        [[grants]]
        name = "narrow"
        bucket = "media"
        prefix = "sealed/open/"
        actions = ["read"]
        [[grants]]
        name = "twin"
        bucket = "same"
        prefix = ""
        actions = ["read"]
        [[grants]]
        name = "sealed"
        effect = "deny"
        bucket = "media"
        prefix = "sealed/"
        [[grants]]
        name = "one-object"
        effect = "deny"
        bucket = "media"
        key = "a/secret.txt"
        actions = ["read"]
        [[grants]]
        name = "not-for-guests"
        effect = "deny"
        bucket = "media"
        prefix = "staff/"
        actions = ["write"]
        when = { role = "guest" }
        [[grants]]
        name = "hidden-names"
        effect = "deny"
        bucket = "media"
        prefix = "b/."
        raw_prefix = true
        [[grants]]
        name = "on-empty"
        effect = "deny"
        bucket = "empty"
        prefix = ""
        [buckets.same]
        bucket = "acme-media"
        region = "eu-west-1"
        dual_stack = true
    "#;
    let service = setting(&[ISSUER, config, &buckets(&["media", "empty"])]).serve();
    let is = |case, request, expected| (case, json!({}), request, expected);
    let guest = |case, request, expected| (case, json!({"role": "guest"}), request, expected);
    run(
        &service,
        &[
            is("outside the deny", ask("GetObject", "media", "a/b"), Ok("wide")),
            is("a deny without actions denies reading", ask("GetObject", "media", "sealed/b"), DENIED),
            is("and writing", ask("PutObject", "media", "sealed/b"), DENIED),
            is("and deleting", ask("DeleteObject", "media", "sealed/b"), DENIED),
            is("a longer allow does not lift it", ask("GetObject", "media", "sealed/open/b"), DENIED),
            is("a deny of one key", ask("GetObject", "media", "a/secret.txt"), DENIED),
            is("in its own actions alone", ask("DeleteObject", "media", "a/secret.txt"), Ok("wide")),
            is("and of no other key", ask("GetObject", "media", "a/secret.txt.old"), Ok("wide")),
            is("a deny whose claims do not hold", ask("PutObject", "media", "staff/b"), Ok("wide")),
            guest("a deny whose claims hold", ask("PutObject", "media", "staff/b"), DENIED),
            guest("in its actions alone", ask("GetObject", "media", "staff/b"), Ok("wide")),
            is("a raw prefix", ask("GetObject", "media", "b/.env"), DENIED),
            is("a key beside it", ask("GetObject", "media", "b/env"), Ok("wide")),
            is("another alias of the same bucket", ask("GetObject", "same", "sealed/b"), DENIED),
            is("another alias, outside", ask("GetObject", "same", "a/b"), Ok("twin")),
            is("an alias of its own has no allow", ask("PutObject", "same", "sealed/b"), NO_GRANT),
            is("a deny without an allow tells nothing", ask("GetObject", "empty", "a"), NO_GRANT),
        ],
    );
}

#[test]
fn the_longest_prefix_decides_satisfied_or_not() {
    let config = r#"
        [[grants]]
        name = "wide"
        bucket = "media"
        prefix = ""
        actions = ["read", "write"]
        max_expires = "2h"
        [[grants]]
        name = "small"
        bucket = "media"
        prefix = "small/"
        actions = ["write"]
        upload = { max_size = "1KB", content_types = ["image/png", "image/jpeg"] }
        [[grants]]
        name = "off"
        bucket = "media"
        prefix = "off/"
        actions = ["read"]
        enabled = false
        [[grants]]
        name = "one-key"
        bucket = "media"
        key = "small/one.txt"
        actions = ["write"]
        max_expires = "5m"
        [[grants]]
        name = "first-off"
        bucket = "media"
        prefix = "alternatives/"
        actions = ["read", "write"]
        enabled = false
        [[grants]]
        name = "second-png"
        bucket = "media"
        prefix = "alternatives/"
        actions = ["write"]
        upload = { content_types = ["image/png"], set_metadata = { by = "second" } }
        [[grants]]
        name = "third-any"
        bucket = "media"
        prefix = "alternatives/"
        actions = ["write"]
        upload = { max_size = "1KB", set_metadata = { by = "third" } }
        [[grants]]
        name = "brief"
        bucket = "media"
        prefix = "brief/"
        actions = ["read", "write"]
        max_expires = "10m"
        upload = { require_checksum = true }
    "#;
    let service = setting(&[ISSUER, config, &buckets(&["media"])]).serve();
    let put = |key: &str, more: Value| with(ask("PutObject", "media", key), &more);
    let get = |key: &str, more: Value| with(ask("GetObject", "media", key), &more);
    let is = |case, request, expected| (case, json!({}), request, expected);
    run(
        &service,
        &[
            is("the wide one alone", put("a", json!({"expires_in": 7200})), Ok("wide")),
            is(
                "the narrower one, met",
                put("small/a", json!({"content_length": 1000, "content_type": "image/png"})),
                Ok("small"),
            ),
            is(
                "the wide one does not excuse",
                put("small/a", json!({})),
                unmet(&["#/content_length", "#/content_type"]),
            ),
            is(
                "every unmet limit, the lifetime too",
                put("small/a", json!({"content_length": 1001, "expires_in": 7200})),
                unmet(&["#/content_length", "#/content_type", "#/expires_in"]),
            ),
            is("the narrower one has no such action", get("small/a", json!({})), Ok("wide")),
            is("switched off, it still decides", get("off/a", json!({})), DISABLED),
            is("a key is longer than any prefix", put("small/one.txt", json!({})), Ok("one-key")),
            is("and it decides alone", put("small/one.txt", json!({"expires_in": 301})), TOO_LONG),
            is("only the lifetime unmet", get("brief/a", json!({"expires_in": 601})), TOO_LONG),
            is("at its bound", get("brief/a", json!({"expires_in": 600})), Ok("brief")),
            is(
                "the lifetime and a limit",
                put("brief/a", json!({"expires_in": 601})),
                unmet(&["#/checksum", "#/expires_in"]),
            ),
            is(
                "the first alternative that is met",
                put("alternatives/a", json!({"content_type": "image/png"})),
                Ok("second-png"),
            ),
            is(
                "the next one where that is not",
                put("alternatives/a", json!({"content_type": "text/plain", "content_length": 1})),
                Ok("third-any"),
            ),
            is(
                "none is met: the first is spoken of",
                put("alternatives/a", json!({"content_type": "text/plain"})),
                DISABLED,
            ),
            is("the only one of its length is off", get("alternatives/a", json!({})), DISABLED),
        ],
    );
    let token = token();
    let by = |request: &Value| service.post(&token, "/v1/presign", request).json()["headers"]["x-amz-meta-by"].clone();
    assert_eq!(by(&put("alternatives/a", json!({}))), "second", "the deciding one's limits are signed");
    assert_eq!(by(&put("alternatives/a", json!({"content_type": "a/b", "content_length": 1}))), "third");
    let problem = service.post(&token, "/v1/presign", &get("brief/a", json!({"expires_in": 601}))).json();
    assert_eq!(problem["max_expires_in"], 600);
}

#[test]
fn without_a_candidate_nobody_learns_whether_a_bucket_exists() {
    let config = r#"
        [[grants]]
        name = "own"
        bucket = "media"
        prefix = "own/"
        actions = ["read"]
    "#;
    let service = setting(&[ISSUER, config, &buckets(&["media", "other"])]).serve();
    let told = |bucket: &str, more: &Value| {
        let request = with(ask("GetObject", bucket, "a"), more);
        let reply = service.post(&token(), "/v1/presign", &request);
        (reply.status, with(reply.json(), &json!({"request_id": null})))
    };
    for more in [json!({}), json!({"expires_in": 604_801}), json!({"stable": true, "download_as": "a.txt"})] {
        let expected = told("media", &more);
        assert_eq!((expected.0, &expected.1["code"]), (403, &json!("no_grant")), "{more}");
        assert_eq!(told("other", &more), expected, "a bucket without grants; {more}");
        assert_eq!(told("nowhere", &more), expected, "no bucket; {more}");
    }
}
