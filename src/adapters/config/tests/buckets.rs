//! `[credentials]` and `[buckets]`.

use super::*;

#[test]
fn credentials_and_buckets_are_checked_whole() {
    check_rows(&BUCKETS);
}

pub(super) const BUCKETS: [Row; 8] = [
    (
        "each provider has its keys, and one is for later",
        "any",
        r#"[credentials.main]
provider = "environmnt"
[credentials.two]
path = "x"
[credentials."a b"]
provider = "file"
[credentials.three]
provider = "profile"
credentials_file = "/dev/null"
[credentials.four]
provider = "environment"
env_prefix = "A-B"
path = "x"
[credentials.five]
provider = "default"
region = "eu-west-1"
[credentials.six]
provider = "assume_role"
role_arn = "arn"
source = "five"
[credentials.seven]
provider = "signing_key"
path = "k"
"#,
        &[
            r#"2:12: there is no provider "environmnt"; write "environment" if that is meant"#,
            r#"3:1: [credentials.two] has no provider; add provider = "environment""#,
            r#"5:1: [credentials.a b] has no path; add path = "credentials.json""#,
            "5:14: a name is 1 to 64 of the characters A-Z a-z 0-9 . _ -; rename it",
            r#"7:1: [credentials.three] has no profile; add profile = "uploads""#,
            "12:14: not the beginning of a variable's name; write letters, digits and _",
            r#"13:1: unknown key "path" in [credentials.four]; remove it; the keys of [credentials.four] are provider, env_prefix"#,
            r#"16:1: unknown key "region" in [credentials.five]; remove it; the keys of [credentials.five] are provider"#,
            r#"19:12: not the ARN of a role; write one such as "arn:aws:iam::111122223333:role/uploads""#,
            r#"31:1: [buckets.media] has no credentials; add credentials = "…" with one of main, two, three, four, five, six, seven"#,
        ],
    ),
    (
        "credentials are tables",
        "any",
        r#"[credentials]
main = 5
"#,
        &["2:8: [credentials.main] is a table, not an integer; write its keys below a header or in { }"],
    ),
    (
        "an ARN says itself where it is, and what is beside it must fit",
        "bucket",
        r#"[buckets.media]
bucket = "arn:aws:s3:eu-west-1:123456789012:accesspoint/ap"
underlying = ["acme", "acme-too"]
[buckets.b]
bucket = "arn:aws:s3:eu-west-1:123456789012:accesspoint/ap"
region = "eu-west-2"
use_arn_region = false
[buckets.c]
bucket = "arn:aws:s3:eu-west-1:123456789012:accesspoint/ap"
addressing = "path"
[buckets.d]
bucket = "arn:aws:s3::123456789012:accesspoint/ap"
[buckets.e]
bucket = "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap"
endpoint = "https://s3.example.net"
underlying = ["acme", "acme"]
[buckets.f]
bucket = "arn:aws:s3-object-lambda:eu-west-1:123456789012:accesspoint/ol"
dual_stack = true
[buckets.g]
bucket = "arn:aws:s3-outposts:eu-west-1:123456789012:outpost/op-01/accesspoint/ap"
fips = true
[buckets.h]
bucket = "arn:aws:s3express:eu-west-1:123456789012:bucket/a--euw1-az1--x-s3"
[buckets.i]
bucket = "ap-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias"
[buckets.j]
bucket = "mfzwi23gnjvgw.mrap"
region = "eu-west-1"
"#,
        &[
            "3:14: only a Multi-Region Access Point leads to several buckets; write the one behind it, as a string",
            "6:10: the ARN is of the region eu-west-1, and use_arn_region is false; write the ARN's region, remove region, or set use_arn_region = true",
            "10:14: an access point is reached by its name in the host alone; remove addressing",
            "12:10: the ARN names no region, which only that of a Multi-Region Access Point may, whose name ends in .mrap; write the region between the service and the account",
            "15:12: a Multi-Region Access Point is reached by AWS's own host alone, and would ignore the endpoint; remove endpoint",
            "19:14: an Object Lambda access point has no dual_stack hosts; remove dual_stack",
            "22:8: an access point on Outposts has no fips hosts; remove fips",
            "24:10: directory buckets are not offered, since they need a session from the network; use a general purpose bucket",
            r#"25:1: [buckets.i] has no region; add region = "eu-west-1""#,
            "28:10: the alias of a Multi-Region Access Point stands only in its ARN; write arn:aws:s3::ACCOUNT:accesspoint/ALIAS",
        ],
    ),
    (
        "names, regions and references are checked",
        "bucket",
        r#"[buckets."my media"]
bucket = "a/b"
region = "eu west"
[buckets.media]
region = "nowhere-1"
bucket = "acme"
credentials = "man"
"#,
        &[
            "1:10: a name is 1 to 64 of the characters A-Z a-z 0-9 . _ -; rename it",
            r#"2:10: a bucket's name is 1 to 255 of the characters A-Z a-z 0-9 . _ - and neither "." nor ".."; write the bucket's real name"#,
            "3:10: a region is 1 to 64 of the characters A-Z a-z 0-9 -, such as eu-west-1; correct it",
            r#"5:10: "nowhere-1" is no region of AWS, such as eu-west-1; correct it, or set the endpoint of the store that has it"#,
            r#"7:15: there is no credentials "man"; write "main" if that is meant"#,
        ],
    ),
    (
        "what the endpoint rules refuse is told at its key",
        "bucket",
        r#"[buckets.media]
bucket = "acme-media"
[buckets.b]
bucket = "acme--use1-az4--x-s3"
region = "us-east-1"
[buckets.c]
bucket = "acme"
region = "eu-west-1"
endpoint = "http://s3.example.net"
[buckets.d]
bucket = "acme"
endpoint = "http://s3.example.net"
allow_http = true
accelerate = true
[buckets.e]
bucket = "acme"
region = "cn-north-1"
fips = true
[buckets.f]
bucket = "acme"
region = "eu-west-1"
store = "r2"
[buckets.g]
bucket = "acme.media"
region = "eu-west-1"
accelerate = true
"#,
        &[
            r#"1:1: [buckets.media] has no region; add region = "eu-west-1""#,
            "4:10: directory buckets are not offered, since they need a session from the network; use a general purpose bucket",
            "9:12: plain http would show every URL and object to the network; use https, or set allow_http = true",
            "14:14: an endpoint of your own has no accelerate; remove one of the two",
            "18:8: the partition aws-cn has no FIPS hosts; remove fips",
            r#"22:9: only the store aws is found without an endpoint; add endpoint = "https://…" or write "aws""#,
            r#"26:14: accelerate needs the bucket's name in the host, and "acme.media" cannot stand there; remove accelerate"#,
        ],
    ),
    (
        "every key of a bucket is checked",
        "bucket",
        r#"[buckets.media]
bucket = "acme"
region = "eu-west-1"
endpoint = "https://s3.example.net?x"
store = "min"
addressing = "auto"
dual_stack = 5
use_arn_region = "x"
default_encryption = { algorithm = "AES256" }
log_id = 1
frob = 1
"#,
        &[
            r#"4:12: an endpoint has no query; remove what follows the "?""#,
            r#"5:9: there is no store "min"; write "minio" if that is meant"#,
            r#"6:14: no such addressing; write "virtual" or "path""#,
            "7:14: true or false is expected, not an integer; write true or false",
            "8:18: true or false is expected, not a string; write true or false",
            "10:10: true or false is expected, not an integer; write true or false",
            r#"11:1: unknown key "frob" in [buckets.media]; remove it; the keys of [buckets.media] are bucket, allow_http, endpoint, region, store, use_arn_region, addressing, dual_stack, fips, accelerate, credentials, underlying, access_log, default_encryption, log_id"#,
        ],
    ),
    (
        "split credentials are two, and no bucket logs into itself",
        "bucket",
        r#"[buckets.media]
bucket = "acme"
region = "eu-west-1"
credentials = { read = "main", wrte = "main" }
[buckets.b]
bucket = "acme"
region = "eu-west-1"
access_log = { bucket = "acme", prefix = "l/" }
[buckets.c]
bucket = "acme-s3alias"
region = "eu-west-1"
underlying = "arn:aws:s3:::x"
access_log = { prefix = 5 }
"#,
        &[
            "4:15: credentials has no write; add write = NAME",
            r#"4:32: unknown key "wrte" in credentials; write write if that is meant"#,
            "8:25: acme would log into itself, without end; log into another bucket",
            "12:14: a bucket is written by its name, not by its ARN; write what stands behind the last \":\"",
            r#"13:14: access_log has no bucket; add bucket = "the log bucket's real name""#,
            "13:25: a string is expected, not an integer; write it in quotes",
        ],
    ),
    (
        "with several credentials a bucket says which",
        "any",
        r#"[credentials.reader]
provider = "environment"
[credentials.writer]
provider = "environment"
"#,
        &[r#"12:1: [buckets.media] has no credentials; add credentials = "…" with one of reader, writer"#],
    ),
];
