//! `default_encryption`, `server_side_encryption`, `kms_key_ids` and `sse_c`.

use super::*;
use crate::domain::grant::KmsKey;

#[test]
fn encryption_is_checked_whole() {
    check_rows(&ENCRYPTION);
}

pub(super) const ENCRYPTION: [Row; 4] = [
    (
        "a bucket's default is S3's own keys, or KMS's",
        "bucket",
        r#"[buckets.media]
bucket = "acme-media"
region = "eu-west-1"
default_encryption = { algorithm = "customer" }
[buckets.two]
bucket = "b"
region = "eu-west-1"
default_encryption = { algorithm = "AES256", kms_key_id = "k" }
[buckets.three]
bucket = "c"
region = "eu-west-1"
default_encryption = "AES256"
"#,
        &[
            r#"4:36: no such encryption here: "customer"; write one of AES256, aws:kms, aws:kms:dsse"#,
            "8:59: AES256 has no kms_key_id; remove it",
            "12:22: default_encryption is a table, not a string; write its keys below a header or in { }",
        ],
    ),
    (
        "what a grant demands is well-formed, and says no client's key",
        "grant",
        r#"[[grants]]
name = "a"
bucket = "media"
prefix = ""
actions = ["write"]
upload = { server_side_encryption = { algorithm = "aws:kms:dsse", bucket_key = true } }
[[grants]]
name = "b"
bucket = "media"
prefix = "b/"
actions = ["write"]
upload = { server_side_encryption = { algorithm = "aws:km", kms_key_id = "aws/s3", bucket_key = 1 } }
[[grants]]
name = "c"
bucket = "media"
prefix = "c/"
actions = ["write"]
upload = { server_side_encryption = { algorithm = "customer", key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=" } }
[[grants]]
name = "d"
bucket = "media"
prefix = "d/"
actions = ["write"]
upload = { server_side_encryption = { algorithm = "aws:kms", kms_key_id = "a b", context = { a = 1, b = "\n" } } }
[[grants]]
name = "e"
bucket = "media"
prefix = "e/"
actions = ["write"]
upload = { server_side_encryption = { kms_key_id = "k", context = { b = "\u007f" } } }
"#,
        &[
            "6:80: aws:kms:dsse has no bucket_key; remove it",
            r#"12:51: no such encryption here: "aws:km"; write "aws:kms" if that is meant"#,
            "12:74: aws/s3 is what S3 uses without a key id; remove it",
            "12:97: true or false is expected, not an integer; write true or false",
            r#"18:63: unknown key "key" in server_side_encryption; remove it; the keys of server_side_encryption are algorithm, kms_key_id, context, bucket_key"#,
            "24:75: a key id is 1 to 2048 characters out of A-Z a-z 0-9 - _ . : /, and an alias has a name; write the key's id, ARN or alias",
            "24:98: a string is expected, not an integer; write it in quotes",
            r#"30:37: server_side_encryption has no algorithm; add algorithm = "AES256" or "aws:kms""#,
            "30:67: leave out control characters; correct it",
        ],
    ),
    (
        "keys that a caller may name are keys",
        "grant",
        r#"[[grants]]
name = "a"
bucket = "media"
prefix = ""
actions = ["write"]
[grants.upload]
kms_key_ids = ["aws/s3", "k", "", 5]
sse_c = "yes"
"#,
        &[
            "7:31: a key id is 1 to 2048 characters out of A-Z a-z 0-9 - _ . : /, and an alias has a name; write the key's id, ARN or alias",
            "7:35: a string is expected, not an integer; write it in quotes",
            "8:9: true or false is expected, not a string; write true or false",
        ],
    ),
    (
        "client-side encryption is required, or not spoken of, and needs metadata",
        "grant",
        r#"[[grants]]
name = "a"
bucket = "media"
prefix = ""
actions = ["write"]
upload = { client_side_encryption = true }
[[grants]]
name = "b"
bucket = "media"
prefix = "b/"
actions = ["write"]
upload = { client_side_encryption = "optional", metadata = false }
[[grants]]
name = "c"
bucket = "media"
prefix = "c/"
actions = ["write"]
upload = { client_side_encryption = "required", metadata = false }
"#,
        &[
            "6:37: a string is expected, not a boolean; write it in quotes",
            r#"12:37: client_side_encryption can only be required; write "required", or remove it"#,
            "18:60: metadata = false leaves no room for what client_side_encryption asks for; remove one of the two",
        ],
    ),
];

#[test]
fn encryption_is_read_as_it_stands() {
    let text = r#"
[buckets.media]
bucket = "acme-media"
region = "eu-west-1"
default_encryption = { algorithm = "aws:kms", kms_key_id = "alias/d", bucket_key = false }
[[grants]]
name = "a"
bucket = "media"
prefix = ""
actions = ["write"]
[grants.upload]
kms_key_ids = ["aws/s3", "k"]
sse_c = true
[[grants]]
name = "b"
bucket = "media"
prefix = "b/"
actions = ["write"]
[grants.upload]
server_side_encryption = { algorithm = "aws:kms", context = { tenant = "t-1", a = "b" } }
"#;
    let policy = read(&format!("{ISSUER}{text}"), &[]).expect("no error").settings.policy;
    let default = policy.buckets()[0].default_encryption.as_ref().expect("it has one");
    assert_eq!(
        default.headers(),
        [
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-aws-kms-key-id", "alias/d"),
            ("x-amz-server-side-encryption-bucket-key-enabled", "false"),
        ]
    );
    let [a, b] = policy.grants() else { panic!("two grants") };
    assert!(matches!(a.upload.kms_keys.as_slice(), [KmsKey::AwsManaged, KmsKey::Named(id)] if id.as_str() == "k"));
    assert!(a.upload.sse_c && !b.upload.sse_c);
    assert_eq!(
        b.upload.server_side_encryption.as_ref().expect("it demands").headers(),
        [
            ("x-amz-server-side-encryption", "aws:kms"),
            // base64 of {"tenant":"t-1","a":"b"}: in the file's order
            ("x-amz-server-side-encryption-context", "eyJ0ZW5hbnQiOiJ0LTEiLCJhIjoiYiJ9"),
        ]
    );
}
