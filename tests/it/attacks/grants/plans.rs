//! `/v1/uploads` and `/v1/uploads/parts`: plans for what is another's, and more steps than the caller has a right to.

use serde_json::Value;
use serde_json::json;

use super::Attack;
use super::BAD_KEY;
use super::MALFORMED;
use super::asked::Asked;
use super::asked::posts;
use super::asked::writes;
use super::run;
use crate::support::setting::DENIED;
use crate::support::setting::Expected;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::NO_GRANT;
use crate::support::setting::invalid;
use crate::support::setting::setting;
use crate::support::setting::unmet;
use crate::support::setting::with;

const GRANTS: &str = r#"
    [[grants]]
    name = "own"
    bucket = "media"
    prefix = "users/{sub}/"
    actions = ["write"]
    upload = { max_size = "20MiB" }
    [[grants]]
    name = "parts"
    bucket = "media"
    prefix = "parts/"
    actions = ["UploadPart", "ListParts"]
    [[grants]]
    name = "sealed"
    effect = "deny"
    bucket = "media"
    prefix = "users/42/sealed/"
    actions = ["PutObject"]
    [[grants]]
    name = "no-ends"
    effect = "deny"
    bucket = "media"
    prefix = "users/42/open/"
    actions = ["CompleteMultipartUpload"]
"#;

const MIB: u64 = 1 << 20;

/// A call for parts of two keys.
const TWICE: &str = r#"{"bucket": "media", "key": "users/42/a", "key": "users/43/a", "upload_id": "u",
                        "content_length": 1, "part_size": 5242880, "parts": [1]}"#;

/// `/v1/uploads/parts`: 12 MiB in parts of 5 MiB.
fn call(more: Value) -> Asked {
    let body = json!({"bucket": "media", "key": "users/42/a", "upload_id": "u-1", "content_length": 12 * MIB,
                      "part_size": 5 * MIB, "parts": [1]});
    posts("/v1/uploads/parts", &with(body, &more))
}

/// `/v1/uploads`.
fn plan(more: Value) -> Asked {
    posts("/v1/uploads", &with(json!({"bucket": "media", "key": "users/42/a", "content_length": 1}), &more))
}

pub fn attacks() -> Vec<Attack> {
    let right = || call(json!({}));
    let listed = |parts: Value| call(json!({ "parts": parts }));
    let of = |key: &str, more: Value| call(with(json!({ "key": key }), &more));
    let sums = |place: &str| call(json!({"checksums": {place: {"algorithm": "CRC32", "value": "AAAAAA=="}}}));
    let too_large: Expected = unmet(&["#/content_length"]);
    vec![
        ("parts of another's upload", of("users/43/a", json!({})), NO_GRANT, right()),
        (
            "parts and an end without the right to end",
            of("parts/a", json!({"include": ["complete"]})),
            NO_GRANT,
            of("parts/a", json!({"include": ["list"]})),
        ),
        (
            "parts and giving up without the right",
            of("parts/a", json!({"include": ["abort"]})),
            NO_GRANT,
            of("parts/a", json!({})),
        ),
        (
            "parts and an end where a deny stands",
            of("users/42/open/a", json!({"include": ["complete"]})),
            DENIED,
            of("users/42/open/a", json!({"include": ["abort"]})),
        ),
        ("parts of two keys", writes("/v1/uploads/parts", TWICE), MALFORMED, right()),
        ("parts of a key that climbs", of("users/42/../43/a", json!({})), BAD_KEY, of("users/42/..43/a", json!({}))),
        ("part 0 among others", listed(json!([1, 0])), invalid(&["#/parts/1"]), listed(json!([1, 2]))),
        ("a part behind the last", listed(json!([1, 4])), invalid(&["#/parts/1"]), listed(json!([1, 3]))),
        ("a part twice", listed(json!([1, 1])), invalid(&["#/parts/1"]), listed(json!([2, 1]))),
        (
            "a range that runs backwards",
            listed(json!({"from": 3, "to": 1})),
            invalid(&["#/parts/to"]),
            listed(json!({"from": 1, "to": 3})),
        ),
        ("a range without end", listed(json!({"from": 1})), invalid(&["#/parts"]), listed(json!({"from": 1, "to": 1}))),
        (
            "a range that overflows",
            listed(json!({"from": 1, "to": 18_446_744_073_709_551_615_u64})),
            invalid(&["#/parts/to"]),
            listed(json!({"from": 2, "to": 3})),
        ),
        (
            "a range before the first",
            listed(json!({"from": -1, "to": 1})),
            invalid(&["#/parts/from"]),
            listed(json!({"from": 1, "to": 2})),
        ),
        ("a checksum for a part that is not asked for", sums("2"), invalid(&["#/checksums/2"]), sums("1")),
        ("a checksum for a part in another spelling", sums("01"), invalid(&["#/checksums/01"]), sums("1")),
        (
            "a whole larger than the grant's, by its parts",
            call(json!({"content_length": 21 * MIB})),
            too_large,
            call(json!({"content_length": 20 * MIB})),
        ),
        (
            "a whole that is no sum of its parts",
            call(json!({"part_size": 1})),
            invalid(&["#/part_size"]),
            call(json!({"part_size": 6 * MIB})),
        ),
        (
            "the size of a part said beside",
            call(json!({"part_number": 1, "object_size": 1})),
            invalid(&["#/object_size", "#/part_number"]),
            right(),
        ),
        ("another operation", call(json!({"operation": "PutObject"})), invalid(&["#/operation"]), right()),
        (
            "an end of another kind",
            call(json!({"include": ["create"]})),
            invalid(&["#/include/0"]),
            call(json!({"include": ["list"]})),
        ),
        (
            "an end twice",
            call(json!({"include": ["complete", "complete"]})),
            invalid(&["#/include/1"]),
            call(json!({"include": ["complete", "abort"]})),
        ),
        ("a plan for another's folder", plan(json!({"key": "users/43/a"})), NO_GRANT, plan(json!({}))),
        (
            "a plan where a deny stands",
            plan(json!({"key": "users/42/sealed/a"})),
            DENIED,
            plan(json!({"key": "users/42/sealer/a"})),
        ),
        (
            "a plan that is too large",
            plan(json!({"content_length": 20 * MIB + 1})),
            too_large,
            plan(json!({"content_length": 20 * MIB})),
        ),
        (
            "a plan in parts that is too large",
            plan(json!({"content_length": 21 * MIB, "part_size": 5 * MIB})),
            too_large,
            plan(json!({"content_length": 20 * MIB, "part_size": 5 * MIB})),
        ),
        (
            "a plan of no size",
            plan(json!({"content_length": null})),
            invalid(&["#/content_length"]),
            plan(json!({"content_length": 0})),
        ),
        (
            "a plan with an operation of its own",
            plan(json!({"operation": "PutObject"})),
            invalid(&["#/operation"]),
            plan(json!({})),
        ),
    ]
}

#[test]
fn a_plan_and_its_parts_are_within_each_steps_grant() {
    run(setting(&[ISSUER, MEDIA, GRANTS]), &attacks());
}
