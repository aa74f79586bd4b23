//! Uploads in parts: steps that belong to another key, to nobody, or to more than was announced.

use serde_json::Value;
use serde_json::json;

use super::Attack;
use super::asked::Asked;
use super::asked::asks;
use super::run;
use crate::support::setting::DENIED;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::NO_GRANT;
use crate::support::setting::ask;
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
    upload = { max_size = "20MiB", write_once = true }
    [[grants]]
    name = "parts"
    bucket = "media"
    prefix = "parts/"
    actions = ["UploadPart", "ListParts"]
    [[grants]]
    name = "begins"
    bucket = "media"
    prefix = "begins/"
    actions = ["CreateMultipartUpload"]
    [[grants]]
    name = "summed"
    bucket = "media"
    prefix = "summed/"
    actions = ["write"]
    upload = { require_checksum = true }
    [[grants]]
    name = "keyed"
    bucket = "media"
    prefix = "keyed/"
    actions = ["write"]
    upload = { sse_c = true }
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
    [[grants]]
    name = "elsewhere"
    bucket = "other"
    prefix = ""
    actions = ["read"]
    [buckets.other]
    bucket = "acme-media"
    region = "eu-west-1"
    dual_stack = true
"#;

const MIB: u64 = 1 << 20;
const MD5: &str = "1B2M2Y8AsgTpgAmY7PhCfg==";

fn step(operation: &str, key: &str, more: Value) -> Asked {
    asks(&with(ask(operation, "media", key), &more))
}

fn part(key: &str, more: Value) -> Asked {
    step("UploadPart", key, with(json!({"content_length": 5 * MIB}), &more))
}

fn complete(key: &str, more: Value) -> Asked {
    step("CompleteMultipartUpload", key, with(json!({"object_size": 12 * MIB}), &more))
}

pub fn attacks() -> Vec<Attack> {
    let own = || part("users/42/a", json!({}));
    let id = |id: Value| part("users/42/a", json!({ "upload_id": id }));
    let numbered = |number: Value| part("users/42/a", json!({ "part_number": number }));
    let sum = json!({"checksum": {"algorithm": "CRC32", "value": "AAAAAA=="}});
    let at_id = invalid(&["#/upload_id"]);
    let at_number = invalid(&["#/part_number"]);
    let sse = |encryption: Value| json!({ "server_side_encryption": encryption });
    vec![
        ("a part of another's upload", part("users/43/a", json!({})), NO_GRANT, own()),
        ("the end of another's upload", complete("users/43/a", json!({})), NO_GRANT, complete("users/42/a", json!({}))),
        (
            "giving another's upload up",
            step("AbortMultipartUpload", "users/43/a", json!({})),
            NO_GRANT,
            step("AbortMultipartUpload", "users/42/a", json!({})),
        ),
        (
            "listing another's upload",
            step("ListParts", "users/43/a", json!({})),
            NO_GRANT,
            step("ListParts", "users/42/a", json!({})),
        ),
        ("the end with the right to parts alone", complete("parts/a", json!({})), NO_GRANT, part("parts/a", json!({}))),
        (
            "giving up with the right to parts alone",
            step("AbortMultipartUpload", "parts/a", json!({})),
            NO_GRANT,
            step("ListParts", "parts/a", json!({})),
        ),
        (
            "a part with the right to begin alone",
            part("begins/a", json!({})),
            NO_GRANT,
            step("CreateMultipartUpload", "begins/a", json!({})),
        ),
        (
            "listing with the right to begin alone",
            step("ListParts", "begins/a", json!({})),
            NO_GRANT,
            step("CreateMultipartUpload", "begins/b", json!({})),
        ),
        (
            "a whole PUT with the right to parts alone",
            step("PutObject", "parts/a", json!({})),
            NO_GRANT,
            part("parts/b", json!({})),
        ),
        (
            "the end by another alias of the bucket",
            asks(&with(ask("CompleteMultipartUpload", "other", "users/42/a"), &json!({"object_size": 1}))),
            NO_GRANT,
            complete("users/42/a", json!({"object_size": 1})),
        ),
        (
            "the end where a deny stands",
            complete("users/42/open/a", json!({})),
            DENIED,
            part("users/42/open/a", json!({})),
        ),
        ("no upload's id", asks(&without("upload_id")), at_id, own()),
        ("an empty id, which makes a PUT of a part", id(json!("")), at_id, own()),
        ("an id of two", id(json!(["u-1", "u-2"])), at_id, own()),
        ("an id that is a number", id(json!(1)), at_id, id(json!("1"))),
        ("an id with a line break", id(json!("u-1\r\nx: y")), at_id, id(json!("u-1&partNumber=2"))),
        ("an id beyond ASCII", id(json!("\u{fc}-1")), at_id, own()),
        ("an id of 1,025 bytes", id(json!("u".repeat(1025))), at_id, id(json!("u".repeat(1024)))),
        ("no part's number", asks(&without("part_number")), at_number, own()),
        ("part 0", numbered(json!(0)), at_number, numbered(json!(1))),
        ("part 10,001", numbered(json!(10_001)), at_number, numbered(json!(10_000))),
        ("a part before the first", numbered(json!(-1)), at_number, own()),
        ("half a part", numbered(json!(1.5)), at_number, own()),
        ("a part as text", numbered(json!("1")), at_number, own()),
        ("a part's number that overflows to 1", numbered(json!(4_294_967_297_u64)), at_number, own()),
        (
            "a part larger than the whole may be",
            part("users/42/a", json!({"content_length": 21 * MIB})),
            unmet(&["#/content_length"]),
            part("users/42/a", json!({"content_length": 20 * MIB})),
        ),
        ("a part of no length", step("UploadPart", "users/42/a", json!({})), unmet(&["#/content_length"]), own()),
        (
            "a whole that is too large",
            complete("users/42/a", json!({"object_size": 20 * MIB + 1})),
            unmet(&["#/object_size"]),
            complete("users/42/a", json!({"object_size": 20 * MIB})),
        ),
        (
            "a whole of no size",
            step("CompleteMultipartUpload", "users/42/a", json!({})),
            unmet(&["#/object_size"]),
            complete("users/42/a", json!({})),
        ),
        (
            "a whole of a negative size",
            complete("users/42/a", json!({"object_size": -1})),
            invalid(&["#/object_size"]),
            complete("users/42/a", json!({"object_size": 0})),
        ),
        (
            "a part without its checksum",
            part("summed/a", json!({})),
            unmet(&["#/checksum"]),
            part("summed/a", json!({"content_md5": MD5})),
        ),
        (
            "an upload that names no checksum",
            step("CreateMultipartUpload", "summed/a", json!({})),
            unmet(&["#/checksum"]),
            step("CreateMultipartUpload", "summed/a", json!({"checksum": {"algorithm": "CRC32"}})),
        ),
        (
            "an upload with a part's checksum",
            step("CreateMultipartUpload", "users/42/a", sum.clone()),
            invalid(&["#/checksum/value"]),
            part("users/42/a", sum),
        ),
        (
            "a part's type, which only the beginning has",
            part("users/42/a", json!({"content_type": "text/html"})),
            invalid(&["#/content_type"]),
            own(),
        ),
        ("a part's metadata", part("users/42/a", json!({"metadata": {"a": "b"}})), invalid(&["#/metadata"]), own()),
        (
            "a part with a client's key where none is allowed",
            part("parts/a", sse(json!({"algorithm": "customer"}))),
            unmet(&["#/server_side_encryption/algorithm"]),
            part("keyed/a", sse(json!({"algorithm": "customer"}))),
        ),
        (
            "a part encrypted by S3's key",
            part("keyed/a", sse(json!({"algorithm": "AES256"}))),
            invalid(&["#/server_side_encryption/algorithm"]),
            part("keyed/a", json!({})),
        ),
        (
            "a part copied from elsewhere",
            part("users/42/a", json!({"copy_source": "acme-media/users/43/a"})),
            invalid(&["#/copy_source"]),
            own(),
        ),
        (
            "an end that replaces what is there",
            complete("users/42/a", json!({"if_none_match": "\"x\""})),
            invalid(&["#/if_none_match"]),
            complete("users/42/a", json!({"if_none_match": "*"})),
        ),
        (
            "an end that lists its parts",
            complete("users/42/a", json!({"parts": [{"part_number": 1, "etag": "x"}]})),
            invalid(&["#/parts"]),
            complete("users/42/a", json!({})),
        ),
        (
            "a part's number in a whole PUT",
            step("PutObject", "users/42/a", json!({"part_number": 1, "upload_id": "u", "content_length": 1})),
            invalid(&["#/part_number", "#/upload_id"]),
            step("PutObject", "users/42/a", json!({"content_length": 1})),
        ),
    ]
}

/// A part without what no part can be without.
fn without(member: &str) -> Value {
    let mut request = with(ask("UploadPart", "media", "users/42/a"), &json!({"content_length": 1}));
    request.as_object_mut().unwrap().remove(member).unwrap();
    request
}

#[test]
fn each_step_of_an_upload_is_its_own_keys_and_no_larger_than_was_said() {
    run(setting(&[ISSUER, MEDIA, GRANTS]), &attacks());
}
