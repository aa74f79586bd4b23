//! Keys that begin, or seem to begin, as a grant does.

use serde_json::Value;
use serde_json::json;

use super::Attack;
use super::BAD_KEY;
use super::asked::Asked;
use super::asked::asks;
use super::asked::gets;
use super::asked::puts;
use super::run;
use crate::support::setting::DENIED;
use crate::support::setting::DISABLED;
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
    name = "own"
    bucket = "media"
    prefix = "users/{sub}/"
    actions = ["read", "write", "delete"]
    [[grants]]
    name = "small"
    bucket = "media"
    prefix = "users/{sub}/small/"
    actions = ["write"]
    max_expires = "5m"
    upload = { max_size = "1KB" }
    [[grants]]
    name = "off"
    bucket = "media"
    prefix = "users/{sub}/off/"
    actions = ["read"]
    enabled = false
    [[grants]]
    name = "team"
    bucket = "media"
    prefix = "team/"
    actions = ["read", "PutObject"]
    [[grants]]
    name = "sealed"
    effect = "deny"
    bucket = "media"
    prefix = "team/sealed/"
    [[grants]]
    name = "not-one"
    effect = "deny"
    bucket = "media"
    key = "team/one"
    [[grants]]
    name = "not-folder"
    effect = "deny"
    bucket = "media"
    key = "team/folder/"
    [[grants]]
    name = "hidden"
    effect = "deny"
    bucket = "media"
    prefix = "team/.g"
    raw_prefix = true
    [[grants]]
    name = "card"
    bucket = "media"
    key = "cards/{sub}"
    actions = ["read"]
    [[grants]]
    name = "folder-card"
    bucket = "media"
    key = "marks/{sub}/"
    actions = ["read"]
    [[grants]]
    name = "month"
    bucket = "media"
    prefix = "logs/2026-1"
    raw_prefix = true
    actions = ["read"]
    [[grants]]
    name = "drop"
    bucket = "drop"
    prefix = ""
    actions = ["PutObject"]
    [buckets.drop]
    bucket = "acme-drop"
    region = "eu-west-1"
    [buckets.other]
    bucket = "acme-other"
    region = "eu-west-1"
"#;

fn of(operation: &str, bucket: &str, key: &str) -> Asked {
    asks(&ask(operation, bucket, key))
}

/// `users/42/` and then so many bytes in all.
fn long(bytes: usize) -> String {
    format!("users/42/{}", "x".repeat(bytes - 9))
}

pub fn attacks() -> Vec<Attack> {
    let longest = "ü".repeat(507);
    let sized = |bytes: u64| json!({ "content_length": bytes });
    let lasting = |key: &str, seconds: u64| puts(key, &json!({"content_length": 1, "expires_in": seconds}));
    vec![
        ("a subject that begins as another", gets("users/42/a").by("4"), NO_GRANT, gets("users/4/a").by("4")),
        ("a subject that another begins", gets("users/4/a"), NO_GRANT, gets("users/42/a")),
        ("the subject's name without its slash", gets("users/42"), NO_GRANT, gets("users/42/")),
        ("the subject's name and more", gets("users/42-secret/a"), NO_GRANT, gets("users/42/secret/a")),
        ("a blank behind the subject", gets("users/42 /a"), NO_GRANT, gets("users/42/ a")),
        ("the folder above", gets("users/"), NO_GRANT, gets("users/42/")),
        ("the folder deeper down", gets("a/users/42/b"), NO_GRANT, gets("users/42/users/42/b")),
        ("the folder at the end", gets("a/users/42/"), NO_GRANT, gets("users/42/a/")),
        ("another's folder behind one's own", gets("users/43/users/42/a"), NO_GRANT, gets("users/42/users/43/a")),
        ("the folder in capitals", gets("Users/42/a"), NO_GRANT, gets("users/42/Users")),
        ("a slash before", gets("/users/42/a"), BAD_KEY, gets("users/42/a")),
        ("a slash too many before the subject", gets("users//42/a"), BAD_KEY, gets("users/42/a")),
        ("a slash too many behind the subject", gets("users/42//a"), BAD_KEY, gets("users/42/a/")),
        ("two slashes at the end", gets("users/42/a//"), BAD_KEY, gets("users/42/a/")),
        ("a climb to another's folder", gets("users/42/../43/a"), BAD_KEY, gets("users/42/..43/a")),
        ("a climb to the bucket", gets("users/42/../../a"), BAD_KEY, gets("users/42/.../a")),
        ("a climb at the end", gets("users/42/.."), BAD_KEY, gets("users/42/..a")),
        ("a climb to the folder itself", gets("users/42/./a"), BAD_KEY, gets("users/42/.a")),
        ("a climb before the folder", gets("../users/42/a"), BAD_KEY, gets("users/42/a..")),
        ("a climb by backslashes", gets("users/42/..\\43\\a"), BAD_KEY, gets("users/42/..43")),
        ("a backslash in place of the slash", gets("users\\42\\a"), BAD_KEY, gets("users/42/a")),
        ("a NUL that ends the key elsewhere", gets("users/42/a\0.png"), BAD_KEY, gets("users/42/a.png")),
        (
            "a line break in the key",
            gets("users/42/a\r\nx-amz-acl: public-read"),
            BAD_KEY,
            gets("users/42/a x-amz-acl"),
        ),
        ("a C1 control in the key", gets("users/42/a\u{9b}31m"), BAD_KEY, gets("users/42/a31m")),
        ("DEL in the key", gets("users/42/a\u{7f}"), BAD_KEY, gets("users/42/a")),
        ("no key", gets(""), BAD_KEY, gets("users/42/")),
        ("a key of 1,025 bytes", gets(&long(1025)), BAD_KEY, gets(&long(1024))),
        (
            "a key of 1,025 bytes in 517 characters",
            gets(&format!("users/42/a{longest}x")),
            BAD_KEY,
            gets(&format!("users/42/{longest}x")),
        ),
        (
            "a key that is a list",
            asks(&with(ask("GetObject", "media", ""), &json!({"key": ["users/42/a"]}))),
            invalid(&["#/key"]),
            gets("users/42/a"),
        ),
        ("a key beside one's own", gets("cards/42/a"), NO_GRANT, gets("cards/42")),
        ("a key's grant with a slash at its end", gets("cards/42/"), NO_GRANT, gets("cards/42")),
        ("a key that one's own begins", gets("cards/423"), NO_GRANT, gets("cards/42")),
        ("a folder's key without its slash", gets("marks/42"), NO_GRANT, gets("marks/42/")),
        ("what lies below a folder's key", gets("marks/42/a"), NO_GRANT, gets("marks/42/")),
        ("a letter less than a raw prefix", gets("logs/2026-"), NO_GRANT, gets("logs/2026-1")),
        ("a raw prefix and a slash before its end", gets("logs/2026/-1"), NO_GRANT, gets("logs/2026-1/")),
        ("reading where one may only write", of("GetObject", "drop", "a"), NO_GRANT, of("PutObject", "drop", "a")),
        ("deleting where one may only write", of("DeleteObject", "drop", "a"), NO_GRANT, of("PutObject", "drop", "a")),
        ("listing where one may only write", of("ListObjectsV2", "drop", ""), NO_GRANT, of("PutObject", "drop", "a")),
        ("a form where one may only PUT", of("PostObject", "drop", "a"), NO_GRANT, of("PutObject", "drop", "a")),
        (
            "parts where one may only PUT",
            of("CreateMultipartUpload", "drop", "a"),
            NO_GRANT,
            of("PutObject", "drop", "a"),
        ),
        (
            "the key of one bucket in another",
            of("GetObject", "other", "users/42/a"),
            NO_GRANT,
            of("GetObject", "media", "users/42/a"),
        ),
        (
            "a bucket by its real name",
            of("GetObject", "acme-media", "users/42/a"),
            NO_GRANT,
            of("GetObject", "media", "users/42/a"),
        ),
        (
            "a bucket in capitals",
            of("GetObject", "MEDIA", "users/42/a"),
            NO_GRANT,
            of("GetObject", "media", "users/42/a"),
        ),
        (
            "a bucket with a blank",
            of("GetObject", "media ", "users/42/a"),
            NO_GRANT,
            of("GetObject", "media", "users/42/a"),
        ),
        (
            "a bucket with a path",
            of("GetObject", "drop/../media", "team/sealed/a"),
            NO_GRANT,
            of("GetObject", "media", "team/a"),
        ),
        (
            "a bucket by its ARN",
            of("GetObject", "arn:aws:s3:::acme-media", "team/a"),
            NO_GRANT,
            of("GetObject", "media", "team/a"),
        ),
        ("a wide grant where a deny stands", gets("team/sealed/a"), DENIED, gets("team/sealer/a")),
        ("the folder of a deny itself", gets("team/sealed/"), DENIED, gets("team/sealed")),
        ("writing where a deny stands", puts("team/sealed/a", &json!({})), DENIED, puts("team/a", &json!({}))),
        ("a key that a deny names", gets("team/one"), DENIED, gets("team/one/")),
        ("a folder's key that a deny names", gets("team/folder/"), DENIED, gets("team/folder")),
        ("what a raw deny begins", gets("team/.git/config"), DENIED, gets("team/.hg/config")),
        (
            "a wide grant where a narrower one stands",
            puts("users/42/small/a", &json!({})),
            unmet(&["#/content_length"]),
            puts("users/42/a", &json!({})),
        ),
        (
            "a byte above the narrower one",
            puts("users/42/small/a", &sized(1001)),
            unmet(&["#/content_length"]),
            puts("users/42/small/a", &sized(1000)),
        ),
        (
            "a second above the narrower one",
            lasting("users/42/small/a", 301),
            TOO_LONG,
            lasting("users/42/small/a", 300),
        ),
        (
            "the wide grant's lifetime at the narrower one's folder",
            lasting("users/42/small/", 900),
            TOO_LONG,
            lasting("users/42/small", 900),
        ),
        ("a wide grant where one is switched off", gets("users/42/off/a"), DISABLED, gets("users/42/on/a")),
        ("another's folder that is switched off", gets("users/43/off/a"), NO_GRANT, gets("users/43/a").by("43")),
        (
            "the grant's own name as a bucket",
            of("GetObject", "own", "users/42/a"),
            NO_GRANT,
            of("GetObject", "media", "users/42/a"),
        ),
        (
            "a grant chosen by name beside a key",
            asks(&with(ask("PutObject", "media", "users/42/small/a"), &json!({"grant": "own"}))),
            invalid(&["#/grant"]),
            puts("users/42/small/a", &sized(1)),
        ),
        (
            "an operation in other letters",
            asks(&operation(json!("getObject"))),
            invalid(&["#/operation"]),
            asks(&operation(json!("GetObject"))),
        ),
        (
            "two operations",
            asks(&operation(json!(["GetObject", "DeleteObject"]))),
            invalid(&["#/operation"]),
            asks(&operation(json!("DeleteObject"))),
        ),
        (
            "an operation of S3 that is not offered",
            asks(&operation(json!("PutObjectAcl"))),
            invalid(&["#/operation"]),
            asks(&operation(json!("HeadObject"))),
        ),
        (
            "a copy",
            puts("users/42/a", &json!({"copy_source": "acme-media/users/43/a"})),
            invalid(&["#/copy_source"]),
            puts("users/42/a", &json!({})),
        ),
    ]
}

fn operation(name: Value) -> Value {
    with(ask("GetObject", "media", "users/42/a"), &json!({ "operation": name }))
}

#[test]
fn a_grant_covers_what_its_prefix_begins_and_nothing_that_looks_so() {
    run(setting(&[ISSUER, MEDIA, GRANTS]), &attacks());
}
