//! Values that would end a header and begin another, or be more than a grant lets a caller say.

use serde_json::Value;
use serde_json::json;

use super::Attack;
use super::asked::Asked;
use super::asked::asks;
use super::asked::puts;
use super::run;
use crate::support::setting::ISSUER;
use crate::support::setting::ask;
use crate::support::setting::buckets;
use crate::support::setting::grant_of;
use crate::support::setting::invalid;
use crate::support::setting::setting;
use crate::support::setting::unmet;
use crate::support::setting::with;

const MD5: &str = "1B2M2Y8AsgTpgAmY7PhCfg==";
const SHA256: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

fn put(more: Value) -> Asked {
    puts("a", &more)
}

/// In a bucket whose grant has a limit.
fn at(bucket: &str, more: Value) -> Asked {
    asks(&with(ask("PutObject", bucket, "a"), &more))
}

fn read(more: Value) -> Asked {
    asks(&with(ask("GetObject", "media", "a"), &more))
}

fn metadata(name: &str, value: &str) -> Asked {
    put(json!({"metadata": {name: value}}))
}

fn tags(name: &str, value: &str) -> Asked {
    put(json!({"tags": {name: value}}))
}

pub fn attacks() -> Vec<Attack> {
    [injected(), beyond_the_grant()].concat()
}

fn injected() -> Vec<Attack> {
    let typed = |kind: &str| put(json!({ "content_type": kind }));
    let disposed = |text: &str| put(json!({ "content_disposition": text }));
    let cached = |text: &str| put(json!({ "cache_control": text }));
    let answered = |member: &str, text: &str| read(json!({"response": {member: text}}));
    let called = |name: &str| read(json!({ "download_as": name }));
    let kept = |class: &str| put(json!({ "storage_class": class }));
    let at_type = invalid(&["#/content_type"]);
    vec![
        ("a type that ends its line", typed("image/png\r\nx-amz-acl: public-read"), at_type, typed("image/png")),
        (
            "a type that ends its line by LF alone",
            typed("image/png\nx-amz-acl: public-read"),
            at_type,
            typed("image/png"),
        ),
        (
            "a type that ends its line by CR alone",
            typed("image/png\rx-amz-acl: public-read"),
            at_type,
            typed("image/png"),
        ),
        ("a type with a NUL", typed("image/png\0"), at_type, typed("image/png")),
        ("a type with DEL", typed("image/png\u{7f}"), at_type, typed("image/png")),
        ("a type with a C1 line break", typed("image/png\u{85}x: y"), at_type, typed("image/png; x=y")),
        ("a type with a tab", typed("image/png;\tq=1"), at_type, typed("image/png; q=1")),
        ("a type with blanks around", typed(" image/png"), at_type, typed("image/png")),
        ("an empty type", typed(""), at_type, put(json!({}))),
        ("types in a list", put(json!({"content_type": ["image/png", "text/html"]})), at_type, typed("image/png")),
        (
            "a disposition that ends its line",
            disposed("inline\r\nset-cookie: a=b"),
            invalid(&["#/content_disposition"]),
            disposed("inline"),
        ),
        (
            "a disposition with a vertical tab",
            disposed("inline\u{b}"),
            invalid(&["#/content_disposition"]),
            disposed("inline"),
        ),
        (
            "a cache's rule that ends its line",
            cached("no-store\nx-amz-acl: public-read"),
            invalid(&["#/cache_control"]),
            cached("no-store"),
        ),
        (
            "an encoding that ends its line",
            put(json!({"content_encoding": "gzip\r\n\r\n<html>"})),
            invalid(&["#/content_encoding"]),
            put(json!({"content_encoding": "gzip"})),
        ),
        (
            "a language that ends its line",
            put(json!({"content_language": "en\r\nx: y"})),
            invalid(&["#/content_language"]),
            put(json!({"content_language": "en, de"})),
        ),
        (
            "a class that ends its line",
            kept("STANDARD\r\nx-amz-acl: public-read"),
            invalid(&["#/storage_class"]),
            kept("STANDARD"),
        ),
        ("a class in small letters", kept("glacier"), invalid(&["#/storage_class"]), kept("STANDARD")),
        (
            "metadata that ends its line",
            metadata("a", "b\r\nx-amz-acl: public-read"),
            invalid(&["#/metadata/a"]),
            metadata("a", "b x-amz-acl: public-read"),
        ),
        (
            "metadata whose name ends its line",
            metadata("a: b\r\nx-amz-acl", "public-read"),
            invalid(&["#/metadata/a:%20b%0D%0Ax-amz-acl"]),
            metadata("a-b", "public-read"),
        ),
        (
            "metadata whose name is another header",
            metadata("../x-amz-acl", "public-read"),
            invalid(&["#/metadata/..~1x-amz-acl"]),
            metadata("x-amz-acl", "public-read"),
        ),
        ("metadata whose name has a dot", metadata("a.b", "c"), invalid(&["#/metadata/a.b"]), metadata("a-b", "c")),
        (
            "metadata of one name in two spellings",
            put(json!({"metadata": {"owner": "a", "Owner": "b"}})),
            invalid(&["#/metadata/Owner"]),
            put(json!({"metadata": {"owner": "a", "owner2": "b"}})),
        ),
        (
            "metadata with a look-alike blank",
            metadata("a", "b\u{a0}"),
            invalid(&["#/metadata/a"]),
            metadata("a", "b -"),
        ),
        (
            "metadata of several",
            put(json!({"metadata": {"a": ["b", "c"]}})),
            invalid(&["#/metadata/a"]),
            metadata("a", "b,c"),
        ),
        (
            "a tag that ends its line",
            tags("case", "a\r\nx-amz-acl: public-read"),
            invalid(&["#/tags/case"]),
            tags("case", "a x-amz-acl: public-read"),
        ),
        (
            "a tag of several",
            put(json!({"tags": {"case": ["a", "b"]}})),
            invalid(&["#/tags/case"]),
            tags("case", "a&team=red"),
        ),
        ("a tag of S3's own", tags("aws:case", "1"), invalid(&["#/tags/aws:case"]), tags("case", "1")),
        (
            "a download's name that ends its line",
            called("a\r\nset-cookie: a=b"),
            invalid(&["#/download_as"]),
            called("a; filename=b.exe"),
        ),
        ("a download's name that is a path", called("../../.bashrc"), invalid(&["#/download_as"]), called("..bashrc")),
        (
            "an answer's disposition that ends its line",
            answered("content_disposition", "inline\r\nx: y"),
            invalid(&["#/response/content_disposition"]),
            answered("content_disposition", "inline"),
        ),
        (
            "an answer's header that S3 does not have",
            answered("set_cookie", "a=b"),
            invalid(&["#/response/set_cookie"]),
            answered("content_disposition", "a=b"),
        ),
        (
            "a checksum of another length",
            put(json!({"checksum": {"algorithm": "SHA1", "value": SHA256}})),
            invalid(&["#/checksum/value"]),
            put(json!({"checksum": {"algorithm": "SHA256", "value": SHA256}})),
        ),
        (
            "a checksum that ends its line",
            put(json!({"content_md5": format!("{MD5}\r\nx: y")})),
            invalid(&["#/content_md5"]),
            put(json!({"content_md5": MD5})),
        ),
        (
            "headers by their own names",
            put(json!({"x-amz-acl": "public-read"})),
            invalid(&["#/x-amz-acl"]),
            put(json!({})),
        ),
        (
            "headers in an object",
            put(json!({"headers": {"x-amz-acl": "public-read"}})),
            invalid(&["#/headers"]),
            put(json!({})),
        ),
        ("an ACL", put(json!({"acl": "public-read"})), invalid(&["#/acl"]), put(json!({}))),
        (
            "another's account to pay",
            read(json!({"request_payer": "requester"})),
            invalid(&["#/request_payer"]),
            read(json!({})),
        ),
        (
            "a range of bytes",
            read(json!({"range": "bytes=0-9"})),
            invalid(&["#/range"]),
            read(json!({"part_number": 1})),
        ),
        (
            "a length that is negative",
            put(json!({"content_length": -1})),
            invalid(&["#/content_length"]),
            put(json!({"content_length": 0})),
        ),
        (
            "a length in an exponent",
            put(json!({"content_length": 1e2})),
            invalid(&["#/content_length"]),
            put(json!({"content_length": 100})),
        ),
        (
            "a length as text",
            put(json!({"content_length": "1"})),
            invalid(&["#/content_length"]),
            put(json!({"content_length": 1})),
        ),
        (
            "an encryption in capitals",
            put(json!({"server_side_encryption": {"algorithm": "aes256"}})),
            invalid(&["#/server_side_encryption/algorithm"]),
            put(json!({"server_side_encryption": {"algorithm": "AES256"}})),
        ),
        (
            "a client's key of 31 bytes",
            read(json!({"server_side_encryption": {"algorithm": "customer", "key": "AAAA"}})),
            invalid(&["#/server_side_encryption/key"]),
            read(json!({"server_side_encryption": {"algorithm": "customer", "key": KEY}})),
        ),
        (
            "a client's key beside another encryption",
            put(json!({"server_side_encryption": {"algorithm": "AES256", "key": KEY}})),
            invalid(&["#/server_side_encryption/key"]),
            put(json!({"server_side_encryption": {"algorithm": "AES256"}})),
        ),
    ]
}

/// Buckets whose grants have one limit each, called as the limit is.
const LIMITED: [(&str, &str); 9] = [
    ("media", r#"tags = ["case"]"#),
    ("typed", r#"content_types = ["image/png", "text/*"]"#),
    ("sized", r#"max_size = "1KiB""#),
    ("once", "write_once = true"),
    ("summed", "require_checksum = true"),
    ("encrypted", r#"server_side_encryption = { algorithm = "aws:kms", kms_key_id = "alias/ours" }"#),
    ("keyed", r#"kms_key_ids = ["alias/ours"]"#),
    ("archived", r#"storage_classes = ["GLACIER"]"#),
    ("marked", r#"metadata = false, set_metadata = { by = "us" }, set_tags = { by = "us" }"#),
];

fn beyond_the_grant() -> Vec<Attack> {
    let kms = |id: &str| json!({"server_side_encryption": {"algorithm": "aws:kms", "kms_key_id": id}});
    let typed = |kind: &str| at("typed", json!({ "content_type": kind }));
    let at_type = unmet(&["#/content_type"]);
    let png = || typed("image/png");
    let key_id: &[&str] = &["#/server_side_encryption/kms_key_id"];
    vec![
        ("two types in one", typed("image/png, text/html"), at_type, typed("image/png; a=\", text/html\"")),
        ("two types by a semicolon", typed("image/png; text/html"), at_type, png()),
        ("a type that another begins", typed("image/png+html"), at_type, png()),
        ("a type of no pattern", typed("text"), at_type, typed("text/html")),
        ("a pattern of all types", typed("*/*"), at_type, typed("text/*")),
        ("a type behind a pattern's slash", typed("text/html/x"), at_type, typed("text/html")),
        ("a type with a look-alike letter", typed("imag\u{435}/png"), at_type, png()),
        ("no type", at("typed", json!({})), at_type, png()),
        (
            "a byte too many",
            at("sized", json!({"content_length": 1025})),
            unmet(&["#/content_length"]),
            at("sized", json!({"content_length": 1024})),
        ),
        ("no length", at("sized", json!({})), unmet(&["#/content_length"]), at("sized", json!({"content_length": 0}))),
        (
            "writing twice by an ETag",
            at("once", json!({"if_none_match": "\"x\""})),
            invalid(&["#/if_none_match"]),
            at("once", json!({"if_none_match": "*"})),
        ),
        (
            "no checksum",
            at("summed", json!({"content_length": 1})),
            unmet(&["#/checksum"]),
            at("summed", json!({"content_md5": MD5})),
        ),
        (
            "another encryption",
            at("encrypted", json!({"server_side_encryption": {"algorithm": "AES256"}})),
            unmet(&["#/server_side_encryption/algorithm"]),
            at("encrypted", json!({})),
        ),
        ("another key of KMS", at("encrypted", kms("alias/theirs")), unmet(key_id), at("encrypted", kms("alias/ours"))),
        (
            "a key of KMS that no list has",
            at("keyed", kms("alias/ours2")),
            unmet(key_id),
            at("keyed", kms("alias/ours")),
        ),
        ("a key of KMS in capitals", at("keyed", kms("alias/OURS")), unmet(key_id), at("keyed", kms("alias/ours"))),
        (
            "a client's own key where none is allowed",
            at("keyed", json!({"server_side_encryption": {"algorithm": "customer"}})),
            unmet(&["#/server_side_encryption/algorithm"]),
            at("keyed", json!({"server_side_encryption": {"algorithm": "AES256"}})),
        ),
        (
            "a class that is dearer",
            at("media", json!({"storage_class": "EXPRESS_ONEZONE"})),
            unmet(&["#/storage_class"]),
            at("media", json!({})),
        ),
        (
            "no class where STANDARD is none",
            at("archived", json!({})),
            unmet(&["#/storage_class"]),
            at("archived", json!({"storage_class": "GLACIER"})),
        ),
        (
            "a tag of another name",
            at("media", json!({"tags": {"Case": "1"}})),
            unmet(&["#/tags/Case"]),
            at("media", json!({"tags": {"case": "1"}})),
        ),
        (
            "a tag that the grant sets",
            at("marked", json!({"tags": {"by": "them"}})),
            unmet(&["#/tags/by"]),
            at("marked", json!({"tags": {"by": "us"}})),
        ),
        (
            "metadata that the grant sets, in capitals",
            at("marked", json!({"metadata": {"BY": "them"}})),
            unmet(&["#/metadata/by"]),
            at("marked", json!({"metadata": {"BY": "us"}})),
        ),
        (
            "metadata beside what the grant sets",
            at("marked", json!({"metadata": {"by": "us", "a": "b"}})),
            unmet(&["#/metadata"]),
            at("marked", json!({"metadata": {"by": "us"}})),
        ),
        (
            "a type for reading where only a name is free",
            read(json!({"response": {"content_type": "text/html"}})),
            unmet(&["#/response/content_type"]),
            read(json!({"response": {"content_disposition": "inline"}})),
        ),
        (
            "a URL that stays the same",
            read(json!({"stable": true})),
            unmet(&["#/stable"]),
            read(json!({"stable": false})),
        ),
    ]
}

#[test]
fn no_value_becomes_a_header_of_its_own_or_more_than_a_grant_names() {
    let grants: String = LIMITED
        .iter()
        .map(|(name, limit)| grant_of(name, &format!("actions = [\"read\", \"write\"]\nupload = {{ {limit} }}")))
        .collect();
    let aliases = LIMITED.map(|(name, _)| name);
    run(setting(&[ISSUER, &buckets(&aliases), &grants]), &attacks());
}
