//! Forms that would let their holder say more than the grant does.

use serde_json::Value;
use serde_json::json;

use super::Attack;
use super::BAD_KEY;
use super::MALFORMED;
use super::asked::Asked;
use super::asked::asks;
use super::asked::writes;
use super::run;
use crate::support::setting::Expected;
use crate::support::setting::ISSUER;
use crate::support::setting::NO_GRANT;
use crate::support::setting::buckets;
use crate::support::setting::grant_of;
use crate::support::setting::invalid;
use crate::support::setting::setting;
use crate::support::setting::unmet;
use crate::support::setting::with;

/// Buckets whose grants have these limits, called as they are.
const LIMITED: [(&str, &str); 7] = [
    ("media", r#"key_template = "{file_name}""#),
    ("open", "post_key_prefix = true"),
    ("sized", r#"max_size = "1KiB""#),
    ("typed", r#"content_types = ["image/png", "text/*"], post_type_prefix = true"#),
    ("exact", r#"content_types = ["image/png", "text/*"]"#),
    ("sent", r#"post_redirects = ["https://ok.example.com/done"]"#),
    ("once", "write_once = true"),
];

const SHA256: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

fn form(bucket: &str, more: Value) -> Asked {
    asks(&with(json!({"operation": "PostObject", "bucket": bucket, "key": "in/a.png"}), &more))
}

/// With a prefix in place of a key.
fn prefixed(bucket: &str, prefix: Value, more: Value) -> Asked {
    asks(&with(json!({"operation": "PostObject", "bucket": bucket, "key_prefix": prefix}), &more))
}

pub fn attacks() -> Vec<Attack> {
    [keys(), fields(), redirects()].concat()
}

fn keys() -> Vec<Attack> {
    let at_prefix = unmet(&["#/key_prefix"]);
    let bad_prefix: Expected = Err((400, "invalid_key", &["#/key_prefix"]));
    let key = |key: &str| form("media", json!({ "key": key }));
    let open = |prefix: &str| prefixed("open", json!(prefix), json!({}));
    let named = |name: &str| asks(&json!({"operation": "PostObject", "bucket": "media", "file_name": name}));
    vec![
        ("a key that S3 fills in", key("in/${filename}"), BAD_KEY, key("in/$filename")),
        ("a key that S3 fills in by another name", key("in/${x}"), BAD_KEY, key("in/{x}")),
        ("a key with an open variable", key("in/${"), BAD_KEY, key("in/$")),
        ("a key outside", key("out/a"), NO_GRANT, key("in/a")),
        ("a key that climbs", key("in/../out/a"), BAD_KEY, key("in/..out/a")),
        (
            "a file's name that S3 fills in",
            named("${filename}"),
            Err((400, "invalid_key", &["#/file_name"])),
            named("$filename"),
        ),
        ("a file's name that is a path", named("../a"), Err((400, "invalid_key", &["#/file_name"])), named("..a")),
        ("a prefix where the key must be said", prefixed("media", json!("in/"), json!({})), at_prefix, open("in/")),
        ("a prefix outside", open("out/"), NO_GRANT, open("in/out/")),
        ("a prefix that is half of the grant's", open("i"), NO_GRANT, open("in/i")),
        ("the grant's prefix without its slash", open("in"), NO_GRANT, open("in/in")),
        ("a prefix that S3 fills in twice", open("in/${filename}/"), bad_prefix, open("in/filename/")),
        ("a prefix that climbs", open("in/../"), bad_prefix, open("in/...")),
        ("a prefix with two slashes", open("in//"), bad_prefix, open("in/")),
        ("a key and a prefix", form("open", json!({"key_prefix": "in/"})), invalid(&["#/key_prefix"]), open("in/")),
        (
            "a file's name and a prefix",
            prefixed("open", json!("in/"), json!({"file_name": "a"})),
            invalid(&["#/key_prefix"]),
            open("in/"),
        ),
        (
            "prefixes in a list",
            prefixed("open", json!(["in/", "out/"]), json!({})),
            invalid(&["#/key_prefix"]),
            open("in/"),
        ),
        (
            "a prefix as S3 writes conditions",
            form("open", json!({"key": ["starts-with", "$key", ""]})),
            invalid(&["#/key"]),
            open("in/"),
        ),
        (
            "two keys",
            writes("/v1/presign", r#"{"operation":"PostObject","bucket":"media","key":"in/a","key":"out/a"}"#),
            MALFORMED,
            key("in/a"),
        ),
    ]
}

fn fields() -> Vec<Attack> {
    let range = |bucket: &str, range: Value| form(bucket, json!({ "content_length_range": range }));
    let begun = |bucket: &str, kind: &str| form(bucket, json!({ "content_type_prefix": kind }));
    let typed = |kind: &str| form("exact", json!({ "content_type": kind }));
    let (at_range, at_begin) = (invalid(&["#/content_length_range"]), unmet(&["#/content_type_prefix"]));
    let png = || typed("image/png");
    let plain = || form("media", json!({}));
    let stranger = |name: &'static str, value: Value| form("media", json!({ name: value }));
    vec![
        (
            "a range wider than the grant's",
            range("sized", json!([0, 1025])),
            unmet(&["#/content_length_range"]),
            range("sized", json!([0, 1024])),
        ),
        (
            "a range above the grant's",
            range("sized", json!([1025, 2048])),
            unmet(&["#/content_length_range"]),
            range("sized", json!([1024, 1024])),
        ),
        (
            "a range of lengths that runs backwards",
            range("sized", json!([2, 1])),
            at_range,
            range("sized", json!([1, 2])),
        ),
        ("a range below nothing", range("sized", json!([-1, 10])), at_range, range("sized", json!([0, 10]))),
        ("a range of lengths without end", range("sized", json!([0])), at_range, range("sized", json!([0, 0]))),
        ("a range of three", range("sized", json!([0, 1, 1_000_000])), at_range, range("sized", json!([0, 1]))),
        ("a range as text", range("sized", json!("0-1000000")), at_range, form("sized", json!({}))),
        (
            "a range of lengths that overflows",
            range("media", json!([0, 5_368_709_121_u64])),
            at_range,
            range("media", json!([0, 5_368_709_120_u64])),
        ),
        (
            "a length in place of the range",
            form("sized", json!({"content_length": 1})),
            invalid(&["#/content_length"]),
            form("sized", json!({})),
        ),
        ("a type's beginning where the type must be said", begun("exact", "text/"), at_begin, png()),
        ("a type's beginning wider than a pattern", begun("typed", "tex"), at_begin, begun("typed", "text/")),
        ("a type's beginning of every type", begun("typed", "/"), at_begin, begun("typed", "text/p")),
        (
            "an empty beginning of a type",
            begun("typed", ""),
            invalid(&["#/content_type_prefix"]),
            begun("typed", "text/x"),
        ),
        (
            "what goes on from an exact type",
            begun("typed", "image/png"),
            at_begin,
            form("typed", json!({"content_type": "image/png"})),
        ),
        (
            "a type's beginning that S3 fills in",
            begun("typed", "text/${filename}"),
            invalid(&["#/content_type_prefix"]),
            begun("typed", "text/html"),
        ),
        (
            "a type and its beginning",
            form("typed", json!({"content_type": "image/png", "content_type_prefix": "text/"})),
            invalid(&["#/content_type_prefix"]),
            begun("typed", "text/"),
        ),
        ("two types in one for a form", typed("image/png,text/html"), unmet(&["#/content_type"]), png()),
        ("a type that S3 fills in", typed("text/${filename}"), invalid(&["#/content_type"]), typed("text/html")),
        ("no type for a form", form("exact", json!({})), unmet(&["#/content_type"]), png()),
        ("writing once, which no form can", form("once", json!({})), unmet(&["#"]), plain()),
        ("writing once, said", form("once", json!({"if_none_match": "*"})), invalid(&["#/if_none_match"]), plain()),
        ("a policy of one's own", stranger("policy", json!("eyJ9")), invalid(&["#/policy"]), plain()),
        (
            "conditions of one's own",
            stranger("conditions", json!([["starts-with", "$key", ""]])),
            invalid(&["#/conditions"]),
            plain(),
        ),
        ("fields of one's own", stranger("fields", json!({"acl": "public-read"})), invalid(&["#/fields"]), plain()),
        ("an ACL in a form", stranger("acl", json!("public-read")), invalid(&["#/acl"]), plain()),
        (
            "a field by its S3 name",
            stranger("x-amz-storage-class", json!("GLACIER")),
            invalid(&["#/x-amz-storage-class"]),
            plain(),
        ),
        ("a field that S3 ignores", stranger("x-ignore-a", json!("b")), invalid(&["#/x-ignore-a"]), plain()),
        (
            "a tag as XML",
            form("media", json!({"tags": "<Tagging/>"})),
            invalid(&["#/tags"]),
            form("media", json!({"tags": {}})),
        ),
        (
            "metadata that S3 fills in",
            form("media", json!({"metadata": {"a": "${filename}"}})),
            invalid(&["#/metadata/a"]),
            form("media", json!({"metadata": {"a": "filename"}})),
        ),
        (
            "metadata that ends its field",
            form("media", json!({"metadata": {"a": "b\r\n--boundary"}})),
            invalid(&["#/metadata/a"]),
            form("media", json!({"metadata": {"a": "b --boundary"}})),
        ),
        (
            "a class that the grant has not",
            form("media", json!({"storage_class": "GLACIER"})),
            unmet(&["#/storage_class"]),
            form("media", json!({"storage_class": "STANDARD"})),
        ),
        (
            "a status that hides the answer",
            form("media", json!({"success_action_status": 302})),
            invalid(&["#/success_action_status"]),
            form("media", json!({"success_action_status": 201})),
        ),
        (
            "a checksum by its algorithm alone",
            form("media", json!({"checksum": {"algorithm": "SHA256"}})),
            invalid(&["#/checksum"]),
            form("media", json!({"checksum": {"algorithm": "SHA256", "value": SHA256}})),
        ),
    ]
}

fn redirects() -> Vec<Attack> {
    let to = |url: &str| form("sent", json!({ "success_action_redirect": url }));
    let elsewhere = unmet(&["#/success_action_redirect"]);
    let right = || to("https://ok.example.com/done");
    vec![
        (
            "a redirect that no list has",
            form("media", json!({"success_action_redirect": "https://ok.example.com/done"})),
            elsewhere,
            right(),
        ),
        ("a redirect to a host that begins so", to("https://ok.example.com.evil.example/done"), elsewhere, right()),
        ("a redirect to a host that ends so", to("https://evil-ok.example.com/done"), elsewhere, right()),
        ("a redirect with a user", to("https://ok.example.com@evil.example/done"), elsewhere, right()),
        ("a redirect with a user who is the host", to("https://evil.example#@ok.example.com/done"), elsewhere, right()),
        ("a redirect without TLS", to("http://ok.example.com/done"), elsewhere, right()),
        ("a redirect to a script", to("javascript:alert(1)//https://ok.example.com/done"), elsewhere, right()),
        ("a redirect without a scheme", to("//ok.example.com/done"), elsewhere, right()),
        ("a redirect in capitals", to("HTTPS://OK.EXAMPLE.COM/done"), elsewhere, right()),
        ("a redirect with a port", to("https://ok.example.com:443/done"), elsewhere, right()),
        ("a redirect with a query", to("https://ok.example.com/done?next=https://evil.example"), elsewhere, right()),
        ("a redirect with a fragment", to("https://ok.example.com/done#x"), elsewhere, right()),
        ("a redirect that climbs", to("https://ok.example.com/done/../admin"), elsewhere, right()),
        ("a redirect with a slash more", to("https://ok.example.com/done/"), elsewhere, right()),
        ("a redirect that is percent-encoded", to("https://ok.example.com/%64one"), elsewhere, right()),
        ("a redirect to a look-alike host", to("https://ok.ex\u{430}mple.com/done"), elsewhere, right()),
        (
            "a redirect that ends its line",
            to("https://ok.example.com/done\r\nx: y"),
            invalid(&["#/success_action_redirect"]),
            right(),
        ),
        ("a redirect that S3 fills in", to("https://ok.example.com/${filename}"), elsewhere, right()),
        (
            "redirects in a list",
            form("sent", json!({"success_action_redirect": ["https://ok.example.com/done"]})),
            invalid(&["#/success_action_redirect"]),
            right(),
        ),
    ]
}

#[test]
fn a_form_lets_its_holder_say_what_its_policy_binds() {
    let grants = LIMITED.map(|(name, limit)| {
        let more = format!("actions = [\"PostObject\"]\nupload = {{ {limit} }}");
        grant_of(name, &more).replace("prefix = \"\"", "prefix = \"in/\"")
    });
    let aliases = LIMITED.map(|(name, _)| name);
    run(setting(&[ISSUER, &buckets(&aliases), &grants.concat()]), &attacks());
}
