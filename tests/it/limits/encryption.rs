//! Encryption, cell by cell: what a grant or a bucket signs in, and what else an upload or a download may say.

use serde_json::Value;
use serde_json::json;

use crate::limits::Row;
use crate::limits::run;
use crate::support::service::Service;
use crate::support::setting::ISSUER;
use crate::support::setting::setting;

const ALGORITHM: &str = "x-amz-server-side-encryption";
const KEY_ID: &str = "x-amz-server-side-encryption-aws-kms-key-id";
const CONTEXT: &str = "x-amz-server-side-encryption-context";
const BUCKET_KEY: &str = "x-amz-server-side-encryption-bucket-key-enabled";
const CUSTOMER: &str = "x-amz-server-side-encryption-customer-algorithm";
const CUSTOMER_KEY: &str = "x-amz-server-side-encryption-customer-key";
const CUSTOMER_MD5: &str = "x-amz-server-side-encryption-customer-key-md5";
/// The key of the SSE-C vectors, and the MD5 that botocore sends with it.
const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const KEY_MD5: &str = "hRasmdxgYDKV3nvbahU1MA==";

const DEFAULT_AES: &str = r#"default_encryption = { algorithm = "AES256" }"#;
const DEFAULT_KMS: &str = r#"default_encryption = { algorithm = "aws:kms", kms_key_id = "alias/d" }"#;

/// Each a bucket with a line of its own, and a grant of it with limits on uploads; all called alike.
fn served() -> Service {
    let rows = [
        ("open", "", ""),
        ("demands-s3", DEFAULT_KMS, r#"server_side_encryption = { algorithm = "AES256" }, sse_c = true"#),
        (
            "demands-kms",
            "",
            r#"server_side_encryption = { algorithm = "aws:kms", kms_key_id = "alias/g", bucket_key = true }"#,
        ),
        (
            "demands-dsse",
            "",
            r#"server_side_encryption = { algorithm = "aws:kms:dsse", context = { tenant = "t-1", a = "b" } }"#,
        ),
        ("demands-sse-c", DEFAULT_AES, r#"server_side_encryption = { algorithm = "customer" }"#),
        ("default-s3", DEFAULT_AES, ""),
        ("default-kms", DEFAULT_KMS, ""),
        ("default-kms-more", DEFAULT_KMS, r#"kms_key_ids = ["alias/x", "aws/s3"], sse_c = true"#),
        ("keys", "", r#"kms_key_ids = ["alias/x", "k"]"#),
        ("aws-key", "", r#"kms_key_ids = ["aws/s3"]"#),
        ("sse-c", "", "sse_c = true"),
    ];
    let of = |(name, bucket, limits): &(&str, &str, &str)| {
        format!(
            "[buckets.{name}]\nbucket = \"acme-{name}\"\nregion = \"eu-west-1\"\n{bucket}\n[[grants]]\n\
             name = \"{name}\"\nbucket = \"{name}\"\nprefix = \"\"\nactions = [\"read\", \"write\"]\n\
             upload = {{ {limits} }}\n"
        )
    };
    setting(&[ISSUER, &rows.iter().map(of).collect::<String>()]).serve()
}

fn said(encryption: Value) -> Value {
    json!({ "server_side_encryption": encryption })
}

fn s3() -> Value {
    said(json!({"algorithm": "AES256"}))
}

fn kms(key_id: &str) -> Value {
    said(json!({"algorithm": "aws:kms", "kms_key_id": key_id}))
}

fn sse_c() -> Value {
    said(json!({"algorithm": "customer"}))
}

#[test]
fn an_upload_is_encrypted_as_the_grant_or_the_bucket_has_it() {
    let none = || json!({});
    let bare = || said(json!({"algorithm": "aws:kms"}));
    let algorithm: &[&str] = &["#/server_side_encryption/algorithm"];
    let key_id: &[&str] = &["#/server_side_encryption/kms_key_id"];
    let bucket_key: &[&str] = &["#/server_side_encryption/bucket_key"];
    let context: &[&str] = &["#/server_side_encryption/context"];
    let rows: &[Row] = &[
        ("open", "nothing said", none(), Ok((ALGORITHM, ""))),
        ("open", "SSE-S3", s3(), Ok((ALGORITHM, "AES256"))),
        ("open", "a KMS key", kms("alias/x"), Err(algorithm)),
        ("open", "KMS without a key", bare(), Err(algorithm)),
        ("open", "SSE-C", sse_c(), Err(algorithm)),
        ("demands-s3", "nothing said: signed in", none(), Ok((ALGORITHM, "AES256"))),
        ("demands-s3", "the same", s3(), Ok((ALGORITHM, "AES256"))),
        ("demands-s3", "the bucket's default", kms("alias/d"), Err(algorithm)),
        ("demands-s3", "SSE-C", sse_c(), Err(algorithm)),
        ("demands-kms", "nothing said: signed in", none(), Ok((ALGORITHM, "aws:kms"))),
        ("demands-kms", "nothing said: with its key", none(), Ok((KEY_ID, "alias/g"))),
        ("demands-kms", "nothing said: with its bucket key", none(), Ok((BUCKET_KEY, "true"))),
        ("demands-kms", "the algorithm alone: the rest is signed in", bare(), Ok((KEY_ID, "alias/g"))),
        ("demands-kms", "its key", kms("alias/g"), Ok((BUCKET_KEY, "true"))),
        ("demands-kms", "another key", kms("alias/h"), Err(key_id)),
        (
            "demands-kms",
            "another bucket key",
            said(json!({"algorithm": "aws:kms", "bucket_key": false})),
            Err(bucket_key),
        ),
        (
            "demands-kms",
            "a context that it does not name",
            said(json!({"algorithm": "aws:kms", "context": {"a": "b"}})),
            Err(context),
        ),
        ("demands-kms", "DSSE", said(json!({"algorithm": "aws:kms:dsse"})), Err(algorithm)),
        ("demands-kms", "SSE-S3", s3(), Err(algorithm)),
        ("demands-kms", "SSE-C", sse_c(), Err(algorithm)),
        ("demands-dsse", "nothing said: signed in", none(), Ok((ALGORITHM, "aws:kms:dsse"))),
        ("demands-dsse", "nothing said: its context", none(), Ok((CONTEXT, "eyJ0ZW5hbnQiOiJ0LTEiLCJhIjoiYiJ9"))),
        (
            "demands-dsse",
            "its context",
            said(json!({"algorithm": "aws:kms:dsse", "context": {"tenant": "t-1", "a": "b"}})),
            Ok((CONTEXT, "eyJ0ZW5hbnQiOiJ0LTEiLCJhIjoiYiJ9")),
        ),
        (
            "demands-dsse",
            "its context in another order",
            said(json!({"algorithm": "aws:kms:dsse", "context": {"a": "b", "tenant": "t-1"}})),
            Err(context),
        ),
        (
            "demands-dsse",
            "a key that it does not name",
            said(json!({"algorithm": "aws:kms:dsse", "kms_key_id": "k"})),
            Err(key_id),
        ),
        ("demands-sse-c", "nothing said: signed in", none(), Ok((CUSTOMER, "AES256"))),
        ("demands-sse-c", "the same", sse_c(), Ok((CUSTOMER, "AES256"))),
        (
            "demands-sse-c",
            "with the key, which no grant can say",
            said(json!({"algorithm": "customer", "key": KEY})),
            Ok((CUSTOMER_MD5, KEY_MD5)),
        ),
        ("demands-sse-c", "the bucket's default", s3(), Err(algorithm)),
        ("default-s3", "nothing said: signed in", none(), Ok((ALGORITHM, "AES256"))),
        ("default-s3", "the same", s3(), Ok((ALGORITHM, "AES256"))),
        ("default-s3", "KMS", bare(), Err(algorithm)),
        ("default-s3", "SSE-C", sse_c(), Err(algorithm)),
        ("default-kms", "nothing said: signed in", none(), Ok((KEY_ID, "alias/d"))),
        ("default-kms", "the algorithm alone: the key is signed in", bare(), Ok((KEY_ID, "alias/d"))),
        ("default-kms", "its key", kms("alias/d"), Ok((KEY_ID, "alias/d"))),
        ("default-kms", "another key", kms("alias/x"), Err(key_id)),
        ("default-kms", "SSE-S3", s3(), Err(algorithm)),
        (
            "default-kms",
            "more than the default has",
            said(json!({"algorithm": "aws:kms", "context": {}, "bucket_key": true})),
            Err(&["#/server_side_encryption/bucket_key", "#/server_side_encryption/context"]),
        ),
        ("default-kms-more", "nothing said: the default", none(), Ok((KEY_ID, "alias/d"))),
        ("default-kms-more", "the default's key", kms("alias/d"), Ok((KEY_ID, "alias/d"))),
        ("default-kms-more", "a key of the list", kms("alias/x"), Ok((KEY_ID, "alias/x"))),
        ("default-kms-more", "no key, which is on the list: as it came", bare(), Ok((KEY_ID, ""))),
        ("default-kms-more", "a key that is not", kms("alias/y"), Err(key_id)),
        ("default-kms-more", "SSE-S3", s3(), Err(algorithm)),
        ("default-kms-more", "SSE-C", sse_c(), Ok((CUSTOMER, "AES256"))),
        ("keys", "nothing said", none(), Ok((ALGORITHM, ""))),
        ("keys", "SSE-S3", s3(), Ok((ALGORITHM, "AES256"))),
        ("keys", "one of them", kms("k"), Ok((KEY_ID, "k"))),
        ("keys", "another", kms("K"), Err(key_id)),
        ("keys", "no key", bare(), Err(key_id)),
        (
            "keys",
            "DSSE with one of them and a context",
            said(json!({"algorithm": "aws:kms:dsse", "kms_key_id": "k", "context": {}})),
            Ok((CONTEXT, "e30=")),
        ),
        (
            "keys",
            "with all members",
            said(json!({"algorithm": "aws:kms", "kms_key_id": "k", "context": {"t": "1"}, "bucket_key": false})),
            Ok((BUCKET_KEY, "false")),
        ),
        ("aws-key", "no key", bare(), Ok((ALGORITHM, "aws:kms"))),
        ("aws-key", "a key", kms("k"), Err(key_id)),
        ("sse-c", "nothing said", none(), Ok((CUSTOMER, ""))),
        ("sse-c", "the algorithm alone", sse_c(), Ok((CUSTOMER, "AES256"))),
        ("sse-c", "the key", said(json!({"algorithm": "customer", "key": KEY})), Ok((CUSTOMER_KEY, KEY))),
        ("sse-c", "KMS", bare(), Err(algorithm)),
    ];
    let service = served();
    run(&service, "PutObject", rows);
    run(&service, "CreateMultipartUpload", rows);
    run(&service, "PostObject", rows);
}

#[test]
fn a_completion_is_bound_by_its_beginning() {
    let nothing = |name: &'static str| -> Row { (name, "nothing is signed in", json!({}), Ok((ALGORITHM, ""))) };
    let rows = ["open", "demands-s3", "demands-kms", "default-kms", "sse-c"].map(nothing);
    run(&served(), "CompleteMultipartUpload", &rows);
}

#[test]
fn a_part_says_sse_c_alone_where_the_grant_has_it() {
    let with_key = || said(json!({"algorithm": "customer", "key": KEY}));
    let algorithm: &[&str] = &["#/server_side_encryption/algorithm"];
    let rows: &[Row] = &[
        ("open", "nothing said", json!({}), Ok((CUSTOMER, ""))),
        ("open", "SSE-C", sse_c(), Err(algorithm)),
        ("demands-s3", "nothing is signed in", json!({}), Ok((ALGORITHM, ""))),
        ("demands-s3", "SSE-C", sse_c(), Err(algorithm)),
        ("demands-kms", "nothing is signed in", json!({}), Ok((ALGORITHM, ""))),
        ("demands-sse-c", "nothing said: signed in", json!({}), Ok((CUSTOMER, "AES256"))),
        ("demands-sse-c", "with the key", with_key(), Ok((CUSTOMER_KEY, KEY))),
        ("default-kms", "nothing is signed in", json!({}), Ok((ALGORITHM, ""))),
        ("default-kms", "SSE-C", sse_c(), Err(algorithm)),
        ("default-kms-more", "SSE-C", sse_c(), Ok((CUSTOMER, "AES256"))),
        ("sse-c", "nothing said", json!({}), Ok((CUSTOMER, ""))),
        ("sse-c", "with the key", with_key(), Ok((CUSTOMER_MD5, KEY_MD5))),
    ];
    run(&served(), "UploadPart", rows);
}

#[test]
fn sse_c_is_a_readers_to_say_without_a_grant_of_it() {
    let service = served();
    let rows: &[Row] = &[
        ("open", "nothing said", json!({}), Ok((CUSTOMER, ""))),
        ("open", "the algorithm alone", sse_c(), Ok((CUSTOMER, "AES256"))),
        ("open", "the key", said(json!({"algorithm": "customer", "key": KEY})), Ok((CUSTOMER_MD5, KEY_MD5))),
        ("demands-kms", "nothing is signed in", json!({}), Ok((ALGORITHM, ""))),
        ("default-kms", "nothing is signed in", json!({}), Ok((ALGORITHM, ""))),
    ];
    for operation in ["GetObject", "HeadObject"] {
        run(&service, operation, rows);
    }
}
