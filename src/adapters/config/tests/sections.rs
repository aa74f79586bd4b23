//! `[server]`, `[log]`, `[expiry]`, `[rate_limits]`, `[audit]`, and texts that are no TOML.

use super::*;

#[test]
fn sections_are_checked_whole() {
    check_rows(&SECTIONS);
}

pub(super) const SECTIONS: [Row; 27] = [
    (
        "addresses are an IP and a port, and URLs https",
        "any",
        r#"[server]
listen = "localhost:8080"
admin_listen = 9090
public_url = "http://uploads.example.com"
"#,
        &[
            r#"2:10: not an address with a port; write one such as "127.0.0.1:8080""#,
            "3:16: a string is expected, not an integer; write it in quotes",
            "4:14: plain http is for loopback hosts only; write https",
        ],
    ),
    (
        "two listeners do not share a port",
        "any",
        r#"[server]
listen = "127.0.0.1:9090"
"#,
        &["2:10: listen and admin_listen take the same port; give one of them another"],
    ),
    (
        "a public URL names a resource and holds no secret",
        "any",
        r#"[server]
public_url = "https://u:p@uploads.example.com/"
"#,
        &["2:14: a URL with user info would put a secret into the file; remove what stands before @"],
    ),
    (
        "a public URL stands in a header, in quotes",
        "any",
        r#"[server]
public_url = 'https://uploads.example.com/a", error="'
"#,
        &[r#"2:14: a URL has such characters percent-encoded only; write one such as "https://uploads.example.com""#],
    ),
    (
        "origins are written as browsers send them",
        "any",
        r#"[server]
cors_origins = ["*", "null", "https://app.example.com/", "https://App.example.com", "https://app.example.com:443", "app.example.com", "capacitor://localhost", "https://ok.example.com:8443", 5]
"#,
        &[
            r#"2:17: "*" would let anyone's pages in; name the origins of your own pages"#,
            r#"2:22: "null" would let anyone's pages in; name the origins of your own pages"#,
            r#"2:30: not as browsers send an origin; write "https://app.example.com""#,
            r#"2:58: not as browsers send an origin; write "https://app.example.com""#,
            r#"2:85: not as browsers send an origin; write "https://app.example.com""#,
            r#"2:116: not an origin; write one such as "https://app.example.com""#,
            "2:191: a string is expected, not an integer; write it in quotes",
        ],
    ),
    (
        "proxies are addresses or ranges, and durations have a unit",
        "any",
        r#"[server]
trusted_proxies = ["10.0.0.1", "10.0.0.0/8", "2001:db8::/32", "10.0.0.0/33", "proxy"]
client_address_header = "x-real-ip"
request_timeout = 5
header_timeout = "0s"
idle_timeout = "5 s"
drain = "soon"
"#,
        &[
            r#"2:63: not an address or a range of addresses; write one such as "192.0.2.7" or "192.0.2.0/24""#,
            r#"2:78: not an address or a range of addresses; write one such as "192.0.2.7" or "192.0.2.0/24""#,
            r#"3:25: no such client_address_header; write "x-forwarded-for" or "forwarded""#,
            "4:19: a string is expected, not an integer; write it in quotes",
            "5:18: a duration of nothing leaves no time; write one second or more",
            r#"6:16: not a duration; write a whole number and s, m, h, d or y, such as "15m""#,
            r#"7:9: not a duration; write a whole number and s, m, h, d or y, such as "15m""#,
        ],
    ),
    (
        "sizes and counts are at least one",
        "any",
        r#"[server]
max_body = "4"
max_batch = 0
max_connections = -1
max_in_flight = "2000"
redirects = 1
"#,
        &[
            r#"2:12: not a size; write a whole number and a unit, such as "25MB" or "5GiB""#,
            "3:13: the number is out of range; write 1 to 1000000000",
            "4:19: the number is out of range; write a whole number from 0",
            "5:17: a whole number is expected, not a string; write it in digits, without quotes",
            "6:13: true or false is expected, not an integer; write true or false",
        ],
    ),
    (
        "an unknown key is told with the nearest known one",
        "any",
        r#"[server]
redirects = false
max_bacth = 5
listen_address = "x"
[log]
colour = true
"#,
        &[
            r#"3:1: unknown key "max_bacth" in [server]; write max_batch if that is meant"#,
            r#"4:1: unknown key "listen_address" in [server]; write listen if that is meant"#,
            r#"6:1: unknown key "colour" in [log]; remove it; the keys of [log] are level, format"#,
        ],
    ),
    (
        "TLS wants both of its files, and that they are there",
        "any",
        r#"[server.tls]
certificate = "a"
"#,
        &["1:1: [server.tls] has no private_key; add private_key = \"tls/key.pem\""],
    ),
    (
        "what TLS is made of cannot be a folder",
        "any",
        r#"[server.tls]
certificate = "/"
private_key = "/"
client = "/"
"#,
        &[
            "2:15: / cannot be read (not a regular file); put it there, and let it be read",
            r#"4:1: unknown key "client" in [server.tls]; write client_ca if that is meant"#,
        ],
    ),
    (
        "a table is a table",
        "any",
        r#"server = 5
[log]
level = "loud"
format = "xml"
"#,
        &[
            "1:10: [server] is a table, not an integer; write its keys below a header or in { }",
            r#"3:9: "loud" is no log level; write error, warn, info, debug or trace, perhaps for one part: "info,presignd=debug""#,
            r#"4:10: no such log format; write "json" or "text""#,
        ],
    ),
    (
        "a log level may be for one part, and dates are no strings",
        "any",
        r#"[log]
level = "info,presignd=debug,["
format = 2024-01-01
"#,
        &[
            r#"2:9: "info,presignd=debug,[" is no log level; write error, warn, info, debug or trace, perhaps for one part: "info,presignd=debug""#,
            "3:10: a string is expected, not a date or time; write it in quotes",
        ],
    ),
    (
        "lifetimes are one second to seven days",
        "any",
        r#"[expiry]
default = "0s"
max = "8d"
within_token = "yes"
short_credentials = "cut"
"#,
        &[
            r#"2:11: a URL lives 1 second to 7 days (604800 seconds); write "1s" to "7d""#,
            r#"3:7: a URL lives 1 second to 7 days (604800 seconds); write "1s" to "7d""#,
            "4:16: true or false is expected, not a string; write true or false",
            r#"5:21: no such short_credentials; write "shorten" or "refuse""#,
        ],
    ),
    (
        "a rate and its burst belong together, and a store has one URL",
        "any",
        r#"[rate_limits]
per_subject = { rate = "50", burst = 1000 }
per_address = { rate = "0/s" }
global = { rate = "5/s", burst = 0, cost = 1 }
report_only = 1
store = "redis"
store_url_env = "REDIS"
store_url_file = "redis"
"#,
        &[
            r#"2:24: not a rate; write a whole number and /s, /m or /h, such as "50/s""#,
            "3:15: per_address has no burst; add burst = 1000",
            "3:24: the rate is out of range; write 1 to 1000000000",
            "4:34: the number is out of range; write 1 to 4294967295",
            r#"4:37: unknown key "cost" in global; remove it; the keys of global are rate, burst"#,
            "5:15: true or false is expected, not an integer; write true or false",
            "8:18: the store has one URL; remove store_url_env or store_url_file",
        ],
    ),
    (
        "limits are kept in memory or in Redis",
        "any",
        r#"[rate_limits]
store = "disk"
store_url_file = "redis"
"#,
        &[
            r#"2:9: no such store of rate limits; write "memory" or "redis""#,
            r#"3:18: memory has no URL; write store = "redis", or remove the URL"#,
        ],
    ),
    (
        "Redis is found by its URL",
        "any",
        r#"[rate_limits]
store = "redis"
"#,
        &[r#"1:1: the store has no URL; add store_url_env = "REDIS_URL", or store_url_file"#],
    ),
    (
        "what the variable holds is no URL of Redis",
        "any",
        r#"[rate_limits]
store = "redis"
store_url_env = "NOT_REDIS"
"#,
        &[
            "3:17: what is to be the store's URL is not one of Redis; write redis://HOST:PORT/DATABASE, rediss:// for TLS, or redis+unix:///PATH",
        ],
    ),
    (
        "the audit's chain has one key, of 32 bytes or more",
        "any",
        r#"[audit]
path = ""
required = "no"
sync = true
chain_key_env = "K"
chain_key_file = "k"
"#,
        &[
            "2:8: an empty string says nothing; write a value or remove the key",
            "3:12: true or false is expected, not a string; write true or false",
            "6:18: the chain has one key; remove chain_key_env or chain_key_file",
        ],
    ),
    (
        "a key of the audit's chain that is too short",
        "any",
        r#"[audit]
chain_key_env = "AWS_ACCESS_KEY_ID"
"#,
        &[
            "2:17: the HMAC secret has 11 bytes, fewer than 32; make one of 32 random bytes or more, such as by openssl rand -hex 32",
        ],
    ),
    (
        "sections have names",
        "any",
        r#"[servr]
listen = "127.0.0.1:1"
[metrics]
"#,
        &[
            r#"1:2: unknown key "servr" in the file; write server if that is meant"#,
            r#"3:2: unknown key "metrics" in the file; remove it; the keys of the file are expiry, server, log, rate_limits, audit, issuers, credentials, buckets, grants"#,
        ],
    ),
    (
        "an empty file has neither issuer nor bucket nor grant",
        "bare",
        r#"
"#,
        &[
            "1:1: there is no [[issuers]]: nobody's token is believed; add [[issuers]]",
            "1:1: there is no [buckets.ALIAS]: no URL leads anywhere; add [buckets.ALIAS]",
            "1:1: there is no [[grants]]: nobody may do anything; add [[grants]]",
        ],
    ),
    (
        "a grant where there is no bucket to name",
        "bare",
        "[[grants]]\nname = \"a\"\nprefix = \"\"\nactions = [\"read\"]\n",
        &[
            "1:1: [[grants]] has no bucket; add bucket = \"…\"",
            "1:1: there is no [[issuers]]: nobody's token is believed; add [[issuers]]",
            "1:1: there is no [buckets.ALIAS]: no URL leads anywhere; add [buckets.ALIAS]",
        ],
    ),
    (
        "nor has one with empty lists of them",
        "bare",
        r#"issuers = []
buckets = {}
grants = 5
"#,
        &[
            "1:1: there is no [[issuers]]: nobody's token is believed; add [[issuers]]",
            "1:1: there is no [buckets.ALIAS]: no URL leads anywhere; add [buckets.ALIAS]",
            "1:1: there is no [[grants]]: nobody may do anything; add [[grants]]",
            "3:10: grants is a list of tables, not an integer; write [[grants]] as the header of each",
        ],
    ),
    (
        "what is no TOML is told, and what can be read besides",
        "bare",
        r#"[buckets.a]
bucket = "x
region = "eu-west-1"
[[grants]]
name = "a"
frob = 1
"#,
        &[
            r#"2:12: invalid basic string, expected `"`; mend the TOML here (https://toml.io)"#,
            r#"6:1: unknown key "frob" in [[grants]]; remove it; the keys of [[grants]] are name, effect, bucket, raw_prefix, prefix, key, actions, issuers, when, enabled, max_expires, credentials, upload, download, require"#,
        ],
    ),
    (
        "no key is there twice",
        "any",
        r#"[log]
level = "info"
level = "debug"
[log]
"#,
        &[
            "3:1: duplicate key; mend the TOML here (https://toml.io)",
            "4:2: duplicate key; mend the TOML here (https://toml.io)",
        ],
    ),
    (
        "an open header spoils its own line only",
        "any",
        r#"[log
level = "info"
[server]
liste = 5
"#,
        &[
            "1:5: unclosed table, expected `]`; mend the TOML here (https://toml.io)",
            r#"4:1: unknown key "liste" in [server]; write listen if that is meant"#,
        ],
    ),
    (
        "columns count characters",
        "any",
        r#"log = { "é€𝄞" = 1, format = "xml" }
"#,
        &[
            r#"1:9: unknown key "é€𝄞" in [log]; remove it; the keys of [log] are level, format"#,
            r#"1:29: no such log format; write "json" or "text""#,
        ],
    ),
];
