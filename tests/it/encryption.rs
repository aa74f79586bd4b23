//! The form of `server_side_encryption`: what is well-formed, what it becomes on the wire, and what is wrong.

use serde_json::Value;
use serde_json::json;

use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::expect_reply;
use crate::support::setting::pointers;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::with;
use crate::support::setting::works_only_as_told;

/// A grant that leaves encryption open.
const GRANT: &str = r#"
    [[grants]]
    name = "all"
    bucket = "media"
    prefix = ""
    actions = ["read", "write"]
    upload = { kms_key_ids = ["alias/k", "arn:aws:kms:us-east-1:111122223333:key/1", "aws/s3"], sse_c = true }
"#;

/// They take every kind.
const WRITES: [&str; 2] = ["CreateMultipartUpload", "PutObject"];
/// They take SSE-C alone.
const OTHERS: [&str; 3] = ["GetObject", "HeadObject", "UploadPart"];

const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

fn said(encryption: &Value) -> Value {
    json!({ "server_side_encryption": encryption })
}

#[test]
fn encryption_becomes_headers_that_are_signed() {
    let service = setting(&[ISSUER, MEDIA, GRANT]).serve();
    let kms = "x-amz-server-side-encryption";
    let uploads = [
        (json!({"algorithm": "AES256"}), json!({kms: "AES256"})),
        (json!({"algorithm": "aws:kms"}), json!({kms: "aws:kms"})),
        (
            json!({"algorithm": "aws:kms", "kms_key_id": "alias/k", "context": {"b": "ü \"q\"", "a": ""}, "bucket_key": true}),
            json!({
                kms: "aws:kms",
                "x-amz-server-side-encryption-aws-kms-key-id": "alias/k",
                "x-amz-server-side-encryption-context": "eyJiIjoiw7wgXCJxXCIiLCJhIjoiIn0=",
                "x-amz-server-side-encryption-bucket-key-enabled": "true",
            }),
        ),
        (
            json!({"algorithm": "aws:kms:dsse", "kms_key_id": "arn:aws:kms:us-east-1:111122223333:key/1"}),
            json!({
                kms: "aws:kms:dsse",
                "x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:us-east-1:111122223333:key/1",
            }),
        ),
    ];
    let customer = [
        (json!({"algorithm": "customer"}), json!({"x-amz-server-side-encryption-customer-algorithm": "AES256"})),
        (
            json!({"algorithm": "customer", "key": KEY}),
            json!({
                "x-amz-server-side-encryption-customer-algorithm": "AES256",
                "x-amz-server-side-encryption-customer-key": KEY,
                "x-amz-server-side-encryption-customer-key-md5": "hRasmdxgYDKV3nvbahU1MA==",
            }),
        ),
    ];
    let written = WRITES.into_iter().flat_map(|name| uploads.iter().chain(&customer).map(move |row| (name, row)));
    let others = OTHERS.into_iter().flat_map(|name| customer.iter().map(move |row| (name, row)));
    for (operation, (encryption, headers)) in written.chain(others) {
        let case = format!("{operation} {encryption}");
        let request = with(ask(operation, "media", "a/ü.txt"), &said(encryption));
        let answer = expect_reply(&case, &service.post(&token(), "/v1/presign", &request), Ok("all"));
        works_only_as_told(&case, &answer, &request);
        assert_eq!(answer["headers"], *headers, "{case}");
    }
}

#[test]
fn sse_s3_is_one_header_without_which_the_url_is_worth_nothing() {
    let service = setting(&[ISSUER, MEDIA, GRANT]).serve();
    let request = with(ask("PutObject", "media", "a"), &said(&json!({"algorithm": "AES256"})));
    let answer = expect_reply("SSE-S3", &service.post(&token(), "/v1/presign", &request), Ok("all"));
    let used = works_only_as_told("SSE-S3", &answer, &request);
    assert_eq!(used.headers, [("x-amz-server-side-encryption".to_owned(), "AES256".to_owned())]);
}

#[test]
fn encryption_that_is_not_well_formed_is_told_at_its_member() {
    let service = setting(&[ISSUER, MEDIA, GRANT]).serve();
    let kms = |member: &str, value: Value| with(json!({"algorithm": "aws:kms"}), &json!({member: value}));
    let key = |value: Value| json!({"algorithm": "customer", "key": value});
    let long: Value = (0..4).map(|number| (number.to_string(), json!("x".repeat(800)))).collect();
    let uploads = [
        (json!("AES256"), ""),
        (json!(null), ""),
        (json!({}), "/algorithm"),
        (json!({"algorithm": "aes256"}), "/algorithm"),
        (json!({"algorithm": 256}), "/algorithm"),
        (json!({"kms_key_id": "k"}), "/algorithm"),
        (json!({"algorithm": "AES256", "kms_key_id": "k"}), "/kms_key_id"),
        (json!({"algorithm": "AES256", "context": {}}), "/context"),
        (json!({"algorithm": "AES256", "bucket_key": true}), "/bucket_key"),
        (json!({"algorithm": "AES256", "key": KEY}), "/key"),
        (json!({"algorithm": "aws:kms:dsse", "bucket_key": false}), "/bucket_key"),
        (json!({"algorithm": "aws:kms", "key": KEY}), "/key"),
        (json!({"algorithm": "customer", "kms_key_id": "k"}), "/kms_key_id"),
        (json!({"algorithm": "AES256", "mode": "x"}), "/mode"),
        (kms("kms_key_id", json!("")), "/kms_key_id"),
        (kms("kms_key_id", json!("a b")), "/kms_key_id"),
        (kms("kms_key_id", json!("k\r\nx: y")), "/kms_key_id"),
        (kms("kms_key_id", json!(1)), "/kms_key_id"),
        (kms("kms_key_id", json!("aws/s3")), "/kms_key_id"),
        (kms("bucket_key", json!("true")), "/bucket_key"),
        (kms("context", json!("a")), "/context"),
        (kms("context", json!({"a": 1})), "/context/a"),
        (kms("context", json!({"a": "b\n"})), "/context/a"),
        (kms("context", json!({"a\u{7f}": "b"})), "/context"),
        (kms("context", long), "/context"),
    ];
    let customer = [
        (key(json!("")), "/key"),
        (key(json!(1)), "/key"),
        (key(json!("MDEyMzQ1")), "/key"),
        (key(json!(KEY.trim_end_matches('='))), "/key"),
        (key(json!(format!("{KEY}\n"))), "/key"),
    ];
    let of_others = [
        (json!({"algorithm": "AES256"}), "/algorithm"),
        (json!({"algorithm": "aws:kms"}), "/algorithm"),
        (kms("kms_key_id", json!("k")), "/kms_key_id"),
    ];
    let written = WRITES.into_iter().flat_map(|name| uploads.iter().chain(&customer).map(move |row| (name, row)));
    let others = OTHERS.into_iter().flat_map(|name| customer.iter().chain(&of_others).map(move |row| (name, row)));
    for (operation, (encryption, pointer)) in written.chain(others) {
        let reply = service.post(&token(), "/v1/presign", &with(ask(operation, "media", "a"), &said(encryption)));
        let expected = (400, "invalid_request".to_owned(), vec![format!("#/server_side_encryption{pointer}")]);
        let found = (reply.status, reply.code(), pointers(&reply.json()));
        assert_eq!(found, expected, "{operation} {encryption}: {}", reply.text());
        assert!(!reply.text().contains("MDEy"), "no key is repeated: {}", reply.text());
    }
    for operation in ["AbortMultipartUpload", "CompleteMultipartUpload", "DeleteObject", "ListObjectsV2", "ListParts"] {
        let request = with(ask(operation, "media", "a"), &said(&json!({"algorithm": "customer"})));
        let reply = service.post(&token(), "/v1/presign", &request);
        assert_eq!(pointers(&reply.json()), ["#/server_side_encryption"], "{operation}: {}", reply.text());
    }
}
