//! What `check` warns of.

use super::*;

#[test]
fn what_is_seldom_meant_is_warned_of() {
    check_warnings(&WARNINGS);
}

const WARNINGS: [Row; 12] = [
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
        "a store of rate limits that is not there",
        "any",
        r#"[rate_limits]
store = "redis"
store_url_env = "NOT_SET"
"#,
        &[
            "3:17: warning: the variable NOT_SET is not set; put it there where the service runs; until then each replica limits by itself",
        ],
    ),
    (
        "a store of rate limits that others may listen to",
        "any",
        r#"[rate_limits]
store = "redis"
store_url_env = "FAR_REDIS"
"#,
        &[
            "3:17: warning: the store beyond loopback is asked in plain text, with its password; write rediss://, or see that the network is your own",
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
];

#[test]
fn a_profile_is_looked_for_where_it_will_be_read() {
    let profile = "[credentials.main]\nprovider = \"profile\"\nprofile = \"uploads\"\n";
    let (home, variable) = (("HOME", "/nonexistent"), "AWS_SHARED_CREDENTIALS_FILE");
    let rows: [(&[(&str, &str)], &str); 5] = [
        (&[home], "/nonexistent/.aws/credentials"),
        (&[home, (variable, "")], "/nonexistent/.aws/credentials"),
        (&[home, (variable, "/nonexistent/c")], "/nonexistent/c"),
        (&[(variable, "/nonexistent/c")], "/nonexistent/c"),
        (&[home, (variable, "~/c")], "/nonexistent/c"),
    ];
    for (more, file) in rows {
        let expected = format!(
            "p.toml:1:1: warning: {file} cannot be read (No such file or directory (os error 2)); put it there where the \
             service runs; until then it is not ready"
        );
        assert_eq!(told(&format!("{profile}{BUCKET}{GRANT}{ISSUER}"), more), [expected], "{more:?}");
    }
}
