//! Other ways to what is shut: aliases of a bucket, access points, and paths of `/v1/objects`.

use serde_json::json;

use super::Attack;
use super::BAD_KEY;
use super::asked::Asked;
use super::asked::asks;
use super::asked::fetches;
use super::asked::posts;
use super::run;
use crate::support::setting::DENIED;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::NO_GRANT;
use crate::support::setting::ask;
use crate::support::setting::grant_of;
use crate::support::setting::invalid;
use crate::support::setting::setting;

/// Ways to one bucket, each with a grant of everything; a deny stands at the bucket itself.
const DOORS: [(&str, &str, &str); 6] = [
    ("twin", "acme-media", "region = \"eu-west-1\"\ndual_stack = true"),
    ("hurried", "acme-media", "region = \"eu-west-1\"\naccelerate = true"),
    ("point", "arn:aws:s3:eu-west-1:123456789012:accesspoint/reports", "underlying = \"acme-media\""),
    (
        "point-alias",
        "reports-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias",
        "region = \"eu-west-1\"\nunderlying = \"acme-media\"",
    ),
    (
        "everywhere",
        "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap",
        "underlying = [\"acme-west\", \"acme-media\"]",
    ),
    ("lambda", "arn:aws:s3-object-lambda:eu-west-1:123456789012:accesspoint/redacted", "underlying = \"acme-media\""),
];

const SEALED: &str = r#"
    [[grants]]
    name = "media"
    bucket = "media"
    prefix = ""
    actions = ["read", "write", "delete", "list"]
    [[grants]]
    name = "sealed"
    effect = "deny"
    bucket = "media"
    prefix = "sealed/"
    [[grants]]
    name = "shut-behind"
    effect = "deny"
    bucket = "point"
    prefix = "shut/"
"#;

fn get(bucket: &str, key: &str) -> Asked {
    asks(&ask("GetObject", bucket, key))
}

fn list(bucket: &str, prefix: &str) -> Asked {
    asks(&ask("ListObjectsV2", bucket, prefix))
}

pub fn attacks() -> Vec<Attack> {
    let put = |bucket: &str, key: &str| asks(&ask("PutObject", bucket, key));
    let plan = |key: &str| posts("/v1/uploads", &json!({"bucket": "twin", "key": key, "content_length": 1}));
    vec![
        ("another alias", get("twin", "sealed/a"), DENIED, get("twin", "open/a")),
        ("another alias, writing", put("twin", "sealed/a"), DENIED, put("twin", "open/a")),
        ("another alias, listing above", list("twin", ""), DENIED, list("twin", "open/")),
        ("another alias, a plan", plan("sealed/a"), DENIED, plan("open/a")),
        ("another alias, the fast way", get("hurried", "sealed/a"), DENIED, get("hurried", "open/a")),
        ("an access point", get("point", "sealed/a"), DENIED, get("point", "open/a")),
        ("an access point, listing above", list("point", "s"), DENIED, list("point", "o")),
        ("an access point by its alias", get("point-alias", "sealed/a"), DENIED, get("point-alias", "open/a")),
        ("an access point of many regions", get("everywhere", "sealed/a"), DENIED, get("everywhere", "open/a")),
        ("a function before the bucket", get("lambda", "sealed/a"), DENIED, get("lambda", "open/a")),
        ("the bucket, where a deny stands at its access point", get("media", "shut/a"), DENIED, get("media", "open/a")),
        ("an alias, where a deny stands at an access point", get("twin", "shut/a"), DENIED, get("twin", "open/b")),
        (
            "an access point's ARN as a bucket",
            get("arn:aws:s3:eu-west-1:123456789012:accesspoint/reports", "open/a"),
            NO_GRANT,
            get("point", "open/b"),
        ),
        (
            "an access point's host as a bucket",
            get("reports-123456789012.s3-accesspoint.eu-west-1.amazonaws.com", "a"),
            NO_GRANT,
            get("point", "a"),
        ),
        (
            "writing through a function",
            put("lambda", "open/a"),
            Err((400, "not_supported_by_store", &["#/operation"])),
            put("point", "open/a"),
        ),
    ]
}

const OWN: &str = r#"
    [server]
    redirects = true
    [[grants]]
    name = "own"
    bucket = "media"
    prefix = "users/{sub}/"
    actions = ["read"]
    max_expires = "15m"
    [[grants]]
    name = "sealed"
    effect = "deny"
    bucket = "media"
    prefix = "users/42/sealed/"
"#;

fn path(path: &str) -> Asked {
    fetches(&format!("/v1/objects/media/{path}"))
}

pub fn paths() -> Vec<Attack> {
    let right = || path("users/42/a");
    vec![
        ("a path to another's folder", path("users/43/a"), NO_GRANT, right()),
        ("a path to what a deny shuts", path("users/42/sealed/a"), DENIED, path("users/42/sealer/a")),
        ("a path to what a deny shuts, encoded", path("users/42/s%65aled/a"), DENIED, path("users/42/s%65aler/a")),
        (
            "a path to what a deny shuts, by an encoded slash",
            path("users/42%2Fsealed%2Fa"),
            DENIED,
            path("users/42%2Fsealer%2Fa"),
        ),
        ("a path that is encoded twice is another key", path("users%252F42%252Fa"), NO_GRANT, path("users/42/%252Fa")),
        ("a path that climbs", path("users/42/../43/a"), BAD_KEY, path("users/42/..43/a")),
        ("a path that climbs, encoded", path("users/42/%2e%2e/43/a"), BAD_KEY, path("users/42/%2e%2e43/a")),
        ("a path that climbs, half encoded", path("users/42/.%2E/43/a"), BAD_KEY, path("users/42/.%2Ex/a")),
        ("a path that climbs by an encoded slash", path("users/42/..%2f43/a"), BAD_KEY, path("users/42/..x%2f43/a")),
        ("a path that climbs to another route", fetches("/v1/objects/media/../../grants"), BAD_KEY, right()),
        ("a path that climbs to another bucket", fetches("/v1/objects/other/../media/users/42/a"), BAD_KEY, right()),
        ("a path with two slashes", path("users//42/a"), BAD_KEY, right()),
        ("a path with a slash before the key", path("/users/42/a"), BAD_KEY, right()),
        ("a path with an encoded slash before the key", path("%2Fusers/42/a"), BAD_KEY, right()),
        ("a path with a dot", path("users/42/./a"), BAD_KEY, path("users/42/.a")),
        ("a path with a backslash", path("users/42/%5C..%5C43"), BAD_KEY, right()),
        ("a path with a NUL", path("users/42/a%00.png"), BAD_KEY, path("users/42/a.png")),
        ("a path with a line break", path("users/42/a%0D%0Ax:%20y"), BAD_KEY, path("users/42/a%20x:%20y")),
        ("a path that is no UTF-8", path("users/42/%FF"), BAD_KEY, path("users/42/%C3%BF")),
        ("a path with half an escape", path("users/42/%2"), BAD_KEY, path("users/42/%252")),
        ("a path with another escape", path("users/42/%u002e"), BAD_KEY, path("users/42/%25u002e")),
        (
            "a path with parameters for S3",
            path("users/42/a?versionId=v1"),
            invalid(&["#"]),
            path("users/42/a%3FversionId=v1"),
        ),
        ("a path with an override", path("users/42/a?response-content-type=text/html"), invalid(&["#"]), right()),
        ("a path with an empty query", path("users/42/a?"), invalid(&["#"]), right()),
        ("a path with parameters behind a semicolon", path("users/42;43/a"), NO_GRANT, path("users/42/a;v=1")),
        ("a bucket in a path by its real name", fetches("/v1/objects/acme-media/users/42/a"), NO_GRANT, right()),
        (
            "a bucket in a path, encoded twice",
            fetches("/v1/objects/m%2565dia/users/42/a"),
            NO_GRANT,
            fetches("/v1/objects/m%65dia/users/42/a"),
        ),
        ("a bucket in a path with a slash", fetches("/v1/objects/media%2Fusers/42/a"), NO_GRANT, right()),
        ("no key in a path", fetches("/v1/objects/media/"), BAD_KEY, path("users/42/")),
        ("no key and no slash in a path", fetches("/v1/objects/media"), Err((404, "not_found", &[])), right()),
        ("the route in capitals", fetches("/V1/objects/media/users/42/a"), Err((404, "not_found", &[])), right()),
        (
            "two slashes before the route",
            fetches("//v1/objects/media/users/42/a"),
            Err((404, "not_found", &[])),
            right(),
        ),
        (
            "another host's absolute target",
            fetches("http://evil.example/v1/objects/media/users/43/a"),
            NO_GRANT,
            fetches("http://evil.example/v1/objects/media/users/42/a"),
        ),
    ]
}

#[test]
fn a_deny_holds_at_every_door_and_a_path_is_read_once() {
    let door = |(alias, bucket, lines): (&str, &str, &str)| {
        let grant = grant_of(alias, "actions = [\"read\", \"write\", \"list\"]");
        format!("[buckets.{alias}]\nbucket = \"{bucket}\"\n{lines}\n{grant}")
    };
    run(setting(&[ISSUER, MEDIA, &DOORS.map(door).concat(), SEALED]), &attacks());
    run(setting(&[ISSUER, MEDIA, OWN]), &paths());
}
