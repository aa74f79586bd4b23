//! `[[grants]]`.

use super::*;

#[test]
fn grants_are_checked_whole() {
    check_rows(&GRANTS);
}

pub(super) const GRANTS: [Row; 14] = [
    (
        "every part of a grant is checked",
        "grant",
        r#"[[grants]]
name = "a b"
effect = "dney"
bucket = "meda"
prefix = "users"
key = "x"
actions = []
"#,
        &[
            "2:8: a name is 1 to 64 of the characters A-Z a-z 0-9 . _ -; rename it",
            r#"3:10: no such effect; write "allow" or "deny""#,
            r#"4:10: there is no bucket "meda"; write "media" if that is meant"#,
            "6:7: a grant has a prefix or a key, not both; remove one of them",
            "7:11: actions is empty; name at least one",
        ],
    ),
    (
        "a grant has a name, a prefix or a key, and actions",
        "grant",
        r#"[[grants]]
bucket = "media"
"#,
        &[
            r#"1:1: [[grants]] has no name; add name = "a name of its own""#,
            r#"1:1: [[grants]] has neither prefix nor key; add prefix = "folder/", or prefix = "" for the whole bucket, or key = "exact/object.pdf""#,
            r#"1:1: [[grants]] has no actions; add actions = ["read"]"#,
        ],
    ),
    (
        "what a grant refers to is there, and its life is within the service's",
        "grant",
        r#"[[grants]]
name = "a"
bucket = "media"
prefix = "users/x{sub}/"
actions = ["raed", "CopyObject", "GetObject", 5]
issuers = []
max_expires = "13h"
credentials = "man"
enabled = "no"
"#,
        &[
            "4:10: a {claim} is a whole segment; correct it",
            r#"5:12: there is no action "raed"; write "read" if that is meant"#,
            r#"5:20: there is no action "CopyObject"; write "PostObject" if that is meant"#,
            "5:47: a string is expected, not an integer; write it in quotes",
            "6:11: issuers is empty; name at least one",
            "7:15: no grant may allow more than expiry.max (43200 s); lower it, or raise expiry.max",
            r#"8:15: there is no credentials "man"; write "main" if that is meant"#,
            "9:11: true or false is expected, not a string; write true or false",
        ],
    ),
    (
        "a prefix ends in a slash",
        "grant",
        r#"[[grants]]
name = "a"
bucket = "media"
prefix = "users"
actions = ["read"]
"#,
        &["4:10: a prefix ends in / or is empty (raw_prefix = true allows another); correct it"],
    ),
    (
        "a key is one key",
        "grant",
        r#"[[grants]]
name = "a"
bucket = "media"
key = "x/y.pdf"
raw_prefix = true
actions = ["read"]
issuers = ["corp"]
[grants.upload]
key_template = "{id}"
max_size = 5
"#,
        &[
            "5:14: raw_prefix is for a prefix, and this grant has a key; remove it",
            r#"7:12: there is no issuer "corp"; name one of these: app.example.com"#,
            "9:16: key_template goes on from a prefix, and this grant has a key; remove one of the two",
            "10:12: a string is expected, not an integer; write it in quotes",
        ],
    ),
    (
        "a deny carries nothing that only an allow can mean",
        "grant",
        r#"[[grants]]
name = "a"
effect = "deny"
bucket = "media"
prefix = "users/{sub}/"
actions = []
enabled = true
max_expires = "1h"
credentials = "main"
when = { groups = "x" }
upload = { write_once = true }
[grants.download]
[grants.require]
mfa = "15m"
"#,
        &[
            r#"5:10: a deny has no template; deny a literal prefix, or every one by prefix = """#,
            "6:11: actions is empty; name at least one",
            "7:11: a deny carries no enabled; remove it",
            "8:15: a deny carries no max_expires; remove it",
            "9:15: a deny carries no credentials; remove it",
            "11:10: a deny carries no upload; remove it",
            "12:1: a deny carries no download; remove it",
            "13:1: a deny carries no require; remove it",
        ],
    ),
    (
        "a deny may be raw, and of everything",
        "grant",
        r#"[[grants]]
name = "a"
effect = "deny"
bucket = "media"
prefix = "raw"
raw_prefix = true
"#,
        &[],
    ),
    (
        "limits of uploads and downloads",
        "grant",
        r#"[[grants]]
name = "a"
bucket = "media"
prefix = ""
actions = ["write"]
[grants.upload]
max_size = "0B"
content_types = ["*/*", "image/*", "image"]
storage_classes = ["standard", "GLACIER_IR"]
tags = ["a", "b", "a", "", "aws:x"]
metadata = 0
set_metadata = { Owner = "{sub}", owner = "x", "a b" = "x", bad = "é", worse = " x", unclosed = "{sub", num = 5 }
set_tags = { a = "1", b = "1", c = "1", d = "1", e = "1", f = "1", g = "1", h = "1", i = "1", j = "1", k = "1" }
key_template = "a//{id}"
max_sise = "5MB"
[grants.download]
overrides = ["content_dispositon", "x"]
force_attachment = 1
stabel = true
[grants.require]
source_ips = ["192.0.2.0/24", "192.0.2.300"]
"#,
        &[
            "7:12: a size of nothing lets nothing through; write one byte or more",
            r#"8:18: a media type is type/subtype, perhaps with ;name=value parameters; write one such as "image/png" or "image/*""#,
            r#"8:36: a media type is type/subtype, perhaps with ;name=value parameters; write one such as "image/png" or "image/*""#,
            "9:20: a storage class is 1 to 64 of the characters A-Z 0-9 _, such as STANDARD_IA; correct it",
            r#"10:19: the tag "a" is there twice; remove one of the two"#,
            "10:24: a tag's name is 1 to 128 characters, none a control character, and not one of AWS's own (aws:…); rename it",
            "10:28: a tag's name is 1 to 128 characters, none a control character, and not one of AWS's own (aws:…); rename it",
            "11:12: true or false is expected, not an integer; write true or false",
            "12:35: owner is there twice: case makes no difference; remove one of the two",
            "12:48: a name of metadata is 1 to 64 of the characters a-z 0-9 -; rename it",
            "12:67: a value is printable ASCII without blanks at its ends; correct it",
            "12:80: a value is printable ASCII without blanks at its ends; correct it",
            "12:97: a { without its } (a literal brace is written {{); correct it",
            "12:111: a string is expected, not an integer; write it in quotes",
            "13:104: an object has at most 10 tags; remove some",
            "14:16: a key must not begin with a slash or hold an empty segment; correct it",
            r#"15:1: unknown key "max_sise" in [grants.upload]; write max_size if that is meant"#,
            r#"17:14: there is no response member "content_dispositon"; write "content_disposition" if that is meant"#,
            r#"17:36: there is no response member "x"; write one of cache_control, content_disposition, content_encoding, content_language, content_type, expires"#,
            "18:20: true or false is expected, not an integer; write true or false",
            r#"19:1: unknown key "stabel" in [grants.download]; write stable if that is meant"#,
            r#"21:31: not an address or a range of addresses; write one such as "192.0.2.7" or "192.0.2.0/24""#,
        ],
    ),
    (
        "mfa is a duration, never, or a table that names something",
        "grant",
        r#"[[grants]]
name = "a"
bucket = "media"
prefix = "a/"
actions = ["read"]
require = { mfa = "15 minutes" }
[[grants]]
name = "b"
bucket = "media"
prefix = "b/"
actions = ["read"]
require = { mfa = true }
[[grants]]
name = "c"
bucket = "media"
prefix = "c/"
actions = ["read"]
require = { mfa = "0s" }
[[grants]]
name = "d"
bucket = "media"
prefix = "d/"
actions = ["read"]
require = { mfa = {} }
[[grants]]
name = "e"
bucket = "media"
prefix = "e/"
actions = ["read"]
[grants.require.mfa]
max_age = "0m"
amr = []
acr = ["a b", "", "\""]
max_ages = "1m"
[[grants]]
name = "f"
effect = "deny"
bucket = "media"
prefix = "f/"
require = { mfa = "15m" }
"#,
        &[
            r#"6:19: mfa says neither how recent an authentication must be nor of what kind; write a duration such as "15m", { max_age = "15m", amr = ["mfa"], acr = ["…"] }, or "never""#,
            r#"12:19: mfa says neither how recent an authentication must be nor of what kind; write a duration such as "15m", { max_age = "15m", amr = ["mfa"], acr = ["…"] }, or "never""#,
            "18:19: a duration of nothing leaves no time; write one second or more",
            "24:19: mfa asks for nothing; add max_age, amr or acr",
            "31:11: a duration of nothing leaves no time; write one second or more",
            "32:7: amr is empty; name at least one",
            "33:8: an acr is visible ASCII without blanks, quotes and backslashes; correct it",
            "33:15: an empty string says nothing; write a value or remove the key",
            "33:19: an acr is visible ASCII without blanks, quotes and backslashes; correct it",
            r#"34:1: unknown key "max_ages" in mfa; write max_age if that is meant"#,
            "40:11: a deny carries no require; remove it",
        ],
    ),
    (
        "what forms may leave open, and where they lead",
        "grant",
        r#"[[grants]]
name = "a"
bucket = "media"
prefix = ""
actions = ["write"]
[grants.upload]
post_key_prefix = true
post_type_prefix = "image/"
post_redirects = ["https://a.example/done?b=c", "a.example", "https://", "https://a.example/${filename}", "https://a.example/a b"]
"#,
        &[
            "8:20: true or false is expected, not a string; write true or false",
            r#"9:49: no URL that a browser can be sent to; write one such as "https://app.example.com/done""#,
            r#"9:62: no URL that a browser can be sent to; write one such as "https://app.example.com/done""#,
            r#"9:74: no URL that a browser can be sent to; write one such as "https://app.example.com/done""#,
            r#"9:107: no URL that a browser can be sent to; write one such as "https://app.example.com/done""#,
        ],
    ),
    (
        "no list is empty, and no two grants have one name",
        "grant",
        r#"[[grants]]
name = "a"
bucket = "media"
prefix = ""
actions = ["write"]
[grants.upload]
content_types = []
storage_classes = []
[grants.require]
source_ips = []
[[grants]]
name = "a"
bucket = "media"
prefix = "b/"
actions = ["read"]
"#,
        &[
            "7:17: content_types is empty; name at least one",
            "8:19: storage_classes is empty; name at least one",
            "10:14: source_ips is empty; name at least one",
            "12:8: a second grant is called a; give it a name of its own",
        ],
    ),
    (
        "a claim is compared with scalars",
        "grant",
        r#"[[grants]]
name = "a"
bucket = "media"
prefix = ""
actions = ["read"]
[grants.when]
scope = { x = "y" }
groups = []
staff = { all = [] }
realm_access.roles = "editor"
"https://acme.com/tenant" = ["a", 5, true, 1.5, [1], {}, 2024-01-01, nan]
empty = {}
nested = { all = "x" }
"#,
        &[
            r#"7:9: scope is no nested claim; write scope = "name", scope = ["any", "of"] or scope = { all = ["of"] }"#,
            "8:10: the list is empty; name at least one",
            "9:17: the list is empty; name at least one",
            "11:49: a claim is compared with a string, a number or a boolean, not with a list; write one of these",
            "11:54: a claim is compared with a string, a number or a boolean, not with a table; write one of these",
            "11:58: a claim is compared with a string, a number or a boolean, not with a date or time; write one of these",
            "11:70: no claim can have this number; write another",
            "12:9: an empty table asks nothing of a token; name a claim in it, or remove it",
        ],
    ),
    (
        "a when asks something",
        "grant",
        r#"[[grants]]
name = "a"
bucket = "media"
prefix = ""
actions = ["read"]
when = {}
[[grants]]
name = "b"
bucket = "media"
prefix = "b/"
actions = ["read"]
when = "groups"
[[grants]]
name = "c"
bucket = "media"
prefix = "c/"
actions = ["read"]
when = { scope = [5] }
"#,
        &[
            "6:8: an empty table asks nothing of a token; name a claim in it, or remove it",
            "12:8: when is a table, not a string; write its keys below a header or in { }",
            "18:19: a string is expected, not an integer; write it in quotes",
        ],
    ),
    (
        "with several issuers an allow says whose tokens it is for",
        "any",
        r#"[[issuers]]
name = "other"
issuer = "urn:x"
audiences = ["presignd"]
hmac_secret_env = "JWT_SECRET"
token_type = "jwt"
"#,
        &[
            r#"18:1: with several issuers an allow must say whose tokens it is for; add issuers = ["…"] with one or more of other, app.example.com"#,
        ],
    ),
];
