//! What `check` warns of.

use super::*;

#[test]
fn what_is_seldom_meant_is_warned_of() {
    check_warnings(&WARNINGS);
}

const WARNINGS: [Row; 20] = [
    (
        "a key of the audit's chain that is not there",
        "any",
        r#"[audit]
chain_key_env = "NOT_SET"
"#,
        &["2:17: warning: the variable NOT_SET is not set; set it where the service runs; until then it is not ready"],
    ),
    (
        "an issuer whose tokens have no type",
        "issuer",
        r#"[[issuers]]
issuer = "https://idp.example.com/"
audiences = ["presignd"]
jwks_uri = "https://idp.example.com/jwks.json"
"#,
        &[
            r#"1:1: warning: without token_type an ID token passes as an access token; add token_type = "at+jwt" if the issuer's access tokens have that typ (RFC 9068)"#,
        ],
    ),
    (
        "keys and secrets that are not there",
        "both",
        r#"[[issuers]]
issuer = "https://idp.example.com/"
audiences = ["presignd"]
jwks_file = "absent/jwks.json"
token_type = "at+jwt"
[[issuers]]
name = "two"
issuer = "urn:two"
audiences = ["presignd"]
hmac_secret_env = "NOT_SET"
token_type = "jwt"
[[issuers]]
name = "three"
issuer = "urn:three"
audiences = ["presignd"]
hmac_secret_file = "absent/secret"
token_type = "jwt"
[[grants]]
name = "all"
issuers = ["two", "three", "idp.example.com"]
bucket = "media"
prefix = "all/"
actions = ["read"]
"#,
        &[
            "4:13: warning: absent/jwks.json cannot be read (No such file or directory (os error 2)); put it there where the service runs; until then it is not ready",
            "10:19: warning: the variable NOT_SET is not set; set it where the service runs; until then it is not ready",
            "16:20: warning: absent/secret cannot be read (No such file or directory (os error 2)); put it there where the service runs; until then it is not ready",
        ],
    ),
    (
        "an audit file in a folder that is not there",
        "any",
        r#"[audit]
path = "absent/audit.jsonl"
"#,
        &["2:8: warning: the folder absent is not there; make it where the service runs; until then it is not ready"],
    ),
    (
        "a CA and a token that are not there",
        "issuer",
        r#"[[issuers]]
issuer = "https://idp.example.com/"
audiences = ["presignd"]
jwks_ca_file = "absent/ca.pem"
jwks_token_file = "absent/token"
token_type = "at+jwt"
"#,
        &[
            "4:16: warning: absent/ca.pem cannot be read (No such file or directory (os error 2)); put it there where the service runs; until then it is not ready",
            "5:19: warning: absent/token cannot be read (No such file or directory (os error 2)); put it there where the service runs; until then it is not ready",
        ],
    ),
    (
        "credentials that are not there",
        "bucket",
        r#"[credentials.main]
provider = "environment"
env_prefix = "UPLOADS_"
[credentials.two]
provider = "file"
path = "absent/credentials.json"
[credentials.three]
provider = "profile"
profile = "uploads"
credentials_file = "absent/credentials"
[credentials.four]
provider = "profile"
profile = "uploads"
[buckets.media]
bucket = "acme-media"
region = "eu-west-1"
credentials = { read = "two", write = "three" }
"#,
        &[
            "1:1: warning: the variable UPLOADS_AWS_ACCESS_KEY_ID is not set; set it where the service runs; until then it is not ready",
            "1:1: warning: the variable UPLOADS_AWS_SECRET_ACCESS_KEY is not set; set it where the service runs; until then it is not ready",
            "6:8: warning: absent/credentials.json cannot be read (No such file or directory (os error 2)); put it there where the service runs; until then it is not ready",
            "10:20: warning: absent/credentials cannot be read (No such file or directory (os error 2)); put it there where the service runs; until then it is not ready",
            "11:1: warning: the variable HOME is not set; set it where the service runs; until then it is not ready",
        ],
    ),
    (
        "plain HTTP beyond loopback",
        "any",
        r#"[server]
listen = "0.0.0.0:8080"
admin_listen = "[::]:9090"
"#,
        &[
            "2:10: warning: listen speaks plain HTTP beyond loopback; listen on loopback behind a proxy that ends TLS, or see that the network is your own",
            "3:16: warning: admin_listen speaks plain HTTP beyond loopback; listen on loopback behind a proxy that ends TLS, or see that the network is your own",
        ],
    ),
    (
        "a batch that no burst admits",
        "any",
        r#"[server]
max_batch = 500
[rate_limits]
per_subject = { rate = "50/s", burst = 499 }
global = { rate = "50/s", burst = 500 }
per_address = { rate = "50/s", burst = 1 }
"#,
        &[
            "4:40: warning: server.max_batch (500) is above per_subject.burst (499); raise the burst or lower max_batch: a larger batch is refused",
        ],
    ),
    (
        "claims that callers can change",
        "any",
        r#"[[grants]]
name = "a"
bucket = "media"
prefix = "users/{email}/{name}/"
actions = ["read", "write"]
[grants.upload]
key_template = "{preferred_username}/{file_name}"
set_metadata = { owner = "{sub} {email}" }
"#,
        &[
            "4:10: warning: callers can often change their email themselves, and so become another here; use a claim that only the issuer sets, such as {sub}",
            "4:10: warning: callers can often change their name themselves, and so become another here; use a claim that only the issuer sets, such as {sub}",
            "7:16: warning: callers can often change their preferred_username themselves, and so become another here; use a claim that only the issuer sets, such as {sub}",
            "8:26: warning: callers can often change their email themselves, and so become another here; use a claim that only the issuer sets, such as {sub}",
        ],
    ),
    (
        "write_once beside delete",
        "any",
        r#"[[grants]]
name = "a"
bucket = "media"
prefix = "once/"
actions = ["read", "write", "delete"]
upload = { write_once = true }
[[grants]]
name = "b"
bucket = "media"
prefix = "again/"
actions = ["write"]
upload = { write_once = true }
[[grants]]
name = "c"
bucket = "media"
prefix = "again/"
actions = ["DeleteObject"]
when = { groups = "x" }
[[grants]]
name = "d"
bucket = "media"
key = "exact"
actions = ["write"]
upload = { write_once = true }
[[grants]]
name = "e"
bucket = "media"
key = "exact"
actions = ["delete_version"]
"#,
        &[
            "5:11: warning: write_once beside a right to delete: what is deleted can be written again; leave delete to another prefix, or to nobody",
            "11:11: warning: write_once beside a right to delete: what is deleted can be written again; leave delete to another prefix, or to nobody",
            "23:11: warning: write_once beside a right to delete: what is deleted can be written again; leave delete to another prefix, or to nobody",
        ],
    ),
    (
        "write_once inside what may be deleted",
        "any",
        r#"[[grants]]
name = "a"
bucket = "media"
prefix = "in/once/"
actions = ["write"]
upload = { write_once = true }
[[grants]]
name = "b"
bucket = "media"
prefix = "in/"
actions = ["delete"]
"#,
        &[
            "5:11: warning: write_once beside a right to delete: what is deleted can be written again; leave delete to another prefix, or to nobody",
        ],
    ),
    (
        "a deny of half of write",
        "any",
        r#"[[grants]]
name = "b"
effect = "deny"
bucket = "media"
prefix = "x/"
actions = ["PutObject", "read"]
[[grants]]
name = "c"
effect = "deny"
bucket = "media"
prefix = "y/"
actions = ["PutObject", "write"]
"#,
        &[r#"6:11: warning: a deny of PutObject leaves forms and multipart uploads open; deny "write" instead"#],
    ),
    (
        "a deny of an operation that leaves versions open",
        "any",
        r#"[[grants]]
name = "b"
effect = "deny"
bucket = "media"
prefix = "x/"
actions = ["GetObject", "DeleteObject", "list"]
[[grants]]
name = "c"
effect = "deny"
bucket = "media"
prefix = "y/"
actions = ["GetObject", "HeadObject", "read_version", "DeleteObject", "delete"]
[[grants]]
name = "d"
effect = "deny"
bucket = "media"
prefix = "z/"
actions = ["HeadObject", "GetObject", "read"]
"#,
        &[
            r#"6:11: warning: a deny of DeleteObject leaves versions open; deny "delete" instead"#,
            r#"6:11: warning: a deny of GetObject leaves versions open; deny "read" instead"#,
        ],
    ),
    (
        "a narrower grant that asks for MFA inside one that does not",
        "any",
        r#"[[grants]]
name = "w"
bucket = "media"
prefix = "w/"
actions = ["read", "delete_version"]
require = { mfa = "never" }
[[grants]]
name = "n"
bucket = "media"
prefix = "w/n/"
actions = ["read"]
require = { mfa = "15m" }
[[grants]]
name = "o"
bucket = "media"
prefix = "w/o/"
actions = ["delete_version"]
[[grants]]
name = "p"
bucket = "media"
prefix = "w/p/"
actions = ["read"]
require = { mfa = "never" }
"#,
        &[
            "10:10: warning: the wider grant w has other actions, and decides here for everyone else; give both the same actions, or deny here what w allows",
            "16:10: warning: the wider grant w has other actions, and decides here for everyone else; give both the same actions, or deny here what w allows",
        ],
    ),
    (
        "a deny past which an access point leads",
        "any",
        r#"[buckets.door]
bucket = "ap-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias"
region = "eu-west-1"
[buckets.elsewhere]
bucket = "ap-hrzrlukc5m36ft7okagglf3gmwluquse1c-s3alias"
region = "eu-central-1"
[[grants]]
name = "d"
effect = "deny"
bucket = "media"
prefix = "legal/"
"#,
        &[
            "10:10: warning: the access point door may lead to the same bucket, where this deny does not hold; name the bucket behind it: underlying in [buckets.door]",
        ],
    ),
    (
        "a deny past which a Multi-Region Access Point leads",
        "any",
        r#"[buckets.everywhere]
bucket = "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap"
[[grants]]
name = "d"
effect = "deny"
bucket = "media"
prefix = "legal/"
"#,
        &[
            "6:10: warning: the access point everywhere may lead to the same bucket, where this deny does not hold; name the bucket behind it: underlying in [buckets.everywhere]",
        ],
    ),
    (
        "a deny on an access point, of which nobody said where it leads",
        "any",
        r#"[buckets.door]
bucket = "arn:aws:s3:eu-west-1:123456789012:accesspoint/ap"
[buckets.door_again]
bucket = "arn:aws:s3:eu-west-1:123456789012:accesspoint:ap"
[buckets.elsewhere]
bucket = "arn:aws:s3-outposts:eu-west-1:123456789012:outpost/op-01/accesspoint/ap"
[[grants]]
name = "d"
effect = "deny"
bucket = "door"
prefix = "legal/"
[[grants]]
name = "e"
effect = "deny"
bucket = "elsewhere"
prefix = "legal/"
"#,
        &[
            "10:10: warning: media may be the bucket behind this access point, where this deny does not hold; name the bucket behind it: underlying in [buckets.door]",
        ],
    ),
    (
        "no such deny where the bucket behind is named",
        "any",
        r#"[buckets.door]
bucket = "ap-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias"
region = "eu-west-1"
underlying = "acme-media"
[[grants]]
name = "d"
effect = "deny"
bucket = "media"
prefix = "legal/"
"#,
        &[],
    ),
    (
        "one identity that reads and writes at a store",
        "any",
        r#"[buckets.one]
bucket = "acme"
endpoint = "https://s3.example.net"
credentials = "main"
[buckets.read_only]
bucket = "acme"
endpoint = "https://s3.example.net"
[buckets.aws]
bucket = "acme"
endpoint = "https://vpce.example.net"
store = "aws"
[[grants]]
name = "s"
bucket = "one"
prefix = ""
actions = ["write"]
[[grants]]
name = "r"
bucket = "read_only"
prefix = ""
actions = ["read"]
[[grants]]
name = "t"
bucket = "aws"
prefix = ""
actions = ["write"]
"#,
        &[
            r#"4:15: warning: one identity reads and writes: at some stores an upload's holder can copy any object it reads; write credentials = { read = "…", write = "…" }, the second without the right to read"#,
        ],
    ),
    (
        "a stricter grant inside a wider one",
        "any",
        r#"[[grants]]
name = "wide"
bucket = "media"
prefix = ""
actions = ["read"]
[[grants]]
name = "narrow"
bucket = "media"
prefix = "legal/"
actions = ["read"]
when = { groups = "legal" }
[[grants]]
name = "narrow-actions"
bucket = "media"
prefix = "legal/x/"
actions = ["write"]
when = { groups = "legal" }
max_expires = "5m"
[[grants]]
name = "not-stricter"
bucket = "media"
prefix = "public/"
actions = ["read", "write"]
[[grants]]
name = "same-people"
bucket = "media"
prefix = "short/"
actions = ["read"]
max_expires = "5m"
[[grants]]
name = "one"
bucket = "media"
key = "legal/x/one.pdf"
actions = ["read"]
require = { source_ips = ["192.0.2.0/24"] }
"#,
        &[
            "9:10: warning: the wider grant wide has other claims in when, and decides here for everyone else; give both the same claims in when, or deny here what wide allows",
            "15:10: warning: the wider grant narrow has other actions, and decides here for everyone else; give both the same actions, or deny here what narrow allows",
            "33:7: warning: the wider grant narrow-actions has other actions, and decides here for everyone else; give both the same actions, or deny here what narrow-actions allows",
        ],
    ),
];
