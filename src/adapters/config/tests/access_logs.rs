//! What is said of logging loops, and of grants that reach access logs.

use super::*;

#[test]
fn a_logging_loop_is_refused_however_long_and_by_whatever_name() {
    check_rows(&LOOPS);
}

#[test]
fn whoever_reaches_access_logs_is_refused_or_warned_of() {
    check_rows(&ACCESS_LOGS);
}

pub(super) const LOOPS: [Row; 4] = [
    (
        "two buckets that log into each other, and one that only logs into them",
        "any",
        r#"[buckets.a]
bucket = "acme-a"
region = "eu-west-1"
access_log = { bucket = "acme-b", prefix = "a/" }
[buckets.b]
bucket = "acme-b"
region = "eu-west-1"
access_log = { bucket = "acme-a" }
[buckets.c]
bucket = "acme-c"
region = "eu-west-1"
access_log = { bucket = "acme-a", prefix = "c/" }
"#,
        &[
            "4:14: a would log into itself, without end (acme-a into acme-b into acme-a); log into a bucket that has no log of its own",
            "8:14: b would log into itself, without end (acme-b into acme-a into acme-b); log into a bucket that has no log of its own",
        ],
    ),
    (
        "a loop of three, two of them known by access points",
        "any",
        r#"[buckets.a]
bucket = "a-1-s3alias"
region = "eu-west-1"
underlying = "acme-a"
access_log = { bucket = "acme-b" }
[buckets.b]
bucket = "acme-b"
region = "eu-west-1"
access_log = { bucket = "acme-c" }
[buckets.c]
bucket = "c-1-s3alias"
region = "eu-west-1"
underlying = "acme-c"
access_log = { bucket = "acme-a" }
"#,
        &[
            "5:14: a would log into itself, without end (acme-a into acme-b into acme-c into acme-a); log into a bucket that has no log of its own",
            "9:14: b would log into itself, without end (acme-b into acme-c into acme-a into acme-b); log into a bucket that has no log of its own",
            "14:14: c would log into itself, without end (acme-c into acme-a into acme-b into acme-c); log into a bucket that has no log of its own",
        ],
    ),
    (
        "a bucket that logs into an access point, which S3 does not do",
        "any",
        r#"[buckets.a]
bucket = "acme-a"
region = "eu-west-1"
access_log = { bucket = "a-1-s3alias" }
[buckets.door]
bucket = "a-1-s3alias"
region = "eu-west-1"
underlying = "acme-a"
"#,
        &["4:25: an access point's alias or ARN does not say which bucket is behind it; write that bucket's name"],
    ),
    (
        "a bucket of the same name in another store is another bucket",
        "any",
        r#"[buckets.a]
bucket = "acme-a"
region = "eu-west-1"
access_log = { bucket = "acme-b" }
[buckets.b]
bucket = "acme-b"
endpoint = "https://s3.example.net"
access_log = { bucket = "acme-a" }
"#,
        &[],
    ),
];

pub(super) const ACCESS_LOGS: [Row; 3] = [
    (
        "no grant writes into access logs, and one that deletes or reads them is warned of",
        "any",
        r#"[buckets.logs]
bucket = "acme-logs"
region = "eu-west-1"
[buckets.src]
bucket = "acme-src"
region = "eu-west-1"
access_log = { bucket = "acme-logs", prefix = "media/" }
[[grants]]
name = "whole"
bucket = "logs"
prefix = ""
actions = ["PutObject"]
[[grants]]
name = "parts"
bucket = "logs"
prefix = "media/2026/"
actions = ["UploadPart"]
[[grants]]
name = "forms"
bucket = "logs"
prefix = "me"
raw_prefix = true
actions = ["PostObject"]
upload = { post_key_prefix = true }
[[grants]]
name = "claimed"
bucket = "logs"
prefix = "{sub}/"
actions = ["write"]
[[grants]]
name = "cleaner"
bucket = "logs"
prefix = "media/old/"
actions = ["delete_version"]
require = { mfa = "never" }
[[grants]]
name = "reader"
bucket = "logs"
prefix = ""
actions = ["GetObject"]
[[grants]]
name = "lister"
bucket = "logs"
prefix = ""
actions = ["list"]
[[grants]]
name = "beside"
bucket = "logs"
prefix = "other/"
actions = ["write", "read", "delete"]
"#,
        &[
            "11:10: whole could write into the access logs of src (acme-logs/media/); choose a prefix apart from the logs",
            "16:10: parts could write into the access logs of src (acme-logs/media/); choose a prefix apart from the logs",
            "21:10: forms could write into the access logs of src (acme-logs/media/); choose a prefix apart from the logs",
            "28:10: claimed could write into the access logs of src (acme-logs/media/); choose a prefix apart from the logs",
            "34:11: warning: cleaner could delete the access logs of src (acme-logs/media/), and with them the traces of its own use; choose a prefix apart from the logs, or leave delete out",
            "40:11: warning: reader could read the access logs of src (acme-logs/media/), which hold the signatures of URLs that still work; choose a prefix apart from the logs, or let only auditors read",
        ],
    ),
    (
        "by whatever name the bucket of the logs is known, but not in another store",
        "any",
        r#"[buckets.src]
bucket = "acme-src"
region = "eu-west-1"
access_log = { bucket = "acme-logs" }
[buckets.door]
bucket = "l-1-s3alias"
region = "eu-west-1"
underlying = "acme-logs"
[buckets.blind]
bucket = "x-1-s3alias"
region = "eu-west-1"
[buckets.far]
bucket = "y-1-s3alias"
region = "us-east-1"
[buckets.elsewhere]
bucket = "acme-logs"
endpoint = "https://s3.example.net"
store = "aws"
[[grants]]
name = "through-the-door"
bucket = "door"
prefix = "a/"
actions = ["write"]
[[grants]]
name = "blindly"
bucket = "blind"
prefix = "a/"
actions = ["write"]
[[grants]]
name = "far-away"
bucket = "far"
prefix = "a/"
actions = ["write"]
[[grants]]
name = "elsewhere"
bucket = "elsewhere"
prefix = "a/"
actions = ["write"]
"#,
        &[
            "22:10: through-the-door could write into the access logs of src (acme-logs/); choose a prefix apart from the logs",
            "26:10: warning: the access point blind may lead to the access logs of src; name the bucket behind it: underlying in [buckets.blind]",
        ],
    ),
    (
        "a deny reaches nothing",
        "any",
        r#"[buckets.logs]
bucket = "acme-logs"
region = "eu-west-1"
[buckets.src]
bucket = "acme-src"
region = "eu-west-1"
access_log = { bucket = "acme-logs" }
[[grants]]
name = "sealed"
effect = "deny"
bucket = "logs"
prefix = ""
"#,
        &[],
    ),
];
