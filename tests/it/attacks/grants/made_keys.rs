//! Keys that the service makes: names and templates that would make another's.

use serde_json::Value;
use serde_json::json;

use super::Attack;
use super::asked::Asked;
use super::asked::asks;
use super::asked::posts;
use super::run;
use crate::support::setting::DENIED;
use crate::support::setting::Expected;
use crate::support::setting::ISSUER;
use crate::support::setting::NO_GRANT;
use crate::support::setting::buckets;
use crate::support::setting::invalid;
use crate::support::setting::setting;
use crate::support::setting::unmet;
use crate::support::setting::with;

const GRANTS: &str = r#"
    [[grants]]
    name = "own"
    bucket = "media"
    prefix = "in/{sub}/"
    actions = ["write"]
    upload = { key_template = "{file_name}", content_types = ["image/png"] }
    [[grants]]
    name = "one"
    bucket = "media"
    key = "in/42/special.png"
    actions = ["write"]
    [[grants]]
    name = "sealed"
    effect = "deny"
    bucket = "media"
    key = "in/42/sealed.png"
    [[grants]]
    name = "left"
    bucket = "two"
    prefix = "left/"
    actions = ["write"]
    upload = { key_template = "{id}{ext}" }
    [[grants]]
    name = "right"
    bucket = "two"
    prefix = "right/"
    actions = ["write"]
    upload = { key_template = "{team}/{file_name}" }
    [[grants]]
    name = "plain"
    bucket = "two"
    prefix = "plain/"
    actions = ["write"]
    [[grants]]
    name = "editors"
    bucket = "two"
    prefix = "editors/"
    actions = ["write"]
    when = { role = "editor" }
    upload = { key_template = "{file_name}" }
    [[grants]]
    name = "long"
    bucket = "long"
    prefix = "a/"
    actions = ["write"]
    upload = { key_template = "{file_name}" }
    [[grants]]
    name = "teams"
    bucket = "teams"
    prefix = "{team}/"
    actions = ["write"]
    upload = { key_template = "{file_name}" }
    [[grants]]
    name = "without"
    bucket = "without"
    prefix = ""
    actions = ["write"]
"#;

fn upload(bucket: &str, file_name: Value, more: Value) -> Asked {
    asks(&with(json!({"operation": "PutObject", "bucket": bucket, "file_name": file_name}), &more))
}

fn named(file_name: &str) -> Asked {
    upload("media", json!(file_name), json!({"content_type": "image/png"}))
}

fn by(grant: &str, more: Value) -> Asked {
    upload("two", json!("a.png"), with(json!({ "grant": grant }), &more))
}

pub fn attacks() -> Vec<Attack> {
    let bad: Expected = Err((400, "invalid_key", &["#/file_name"]));
    let (at_name, at_grant) = (invalid(&["#/file_name"]), invalid(&["#/grant"]));
    let team = |team: Value| by("right", json!({})).claiming(&json!({ "team": team }));
    let teams = |team: Value| upload("teams", json!("a"), json!({})).claiming(&json!({ "team": team }));
    let long = |bytes: usize| upload("long", json!("x".repeat(bytes)), json!({}));
    let plan = |name: &str| posts("/v1/uploads", &json!({"bucket": "media", "file_name": name, "content_length": 1}));
    let right = || named("a.png");
    vec![
        ("a name that is a path", named("a/b.png"), bad, right()),
        ("a name that begins with a slash", named("/a.png"), bad, right()),
        ("a name that ends in a slash", named("a/"), bad, right()),
        ("a name that climbs", named(".."), bad, named("...")),
        ("a name that is the folder", named("."), bad, named(".a")),
        ("a name that climbs to another's folder", named("../43/a.png"), bad, named("..43a.png")),
        ("a name with a backslash", named("..\\43\\a.png"), bad, right()),
        ("an empty name", named(""), bad, right()),
        ("a name with a NUL", named("a.php\0.png"), bad, named("a.php.png")),
        ("a name with a line break", named("a\r\nb"), bad, right()),
        (
            "a name that turns its end around",
            upload("media", json!("a\u{202e}gnp.exe"), json!({"content_type": "text/html"})),
            unmet(&["#/content_type"]),
            named("a\u{202e}gnp.exe"),
        ),
        ("a name in a list", upload("media", json!(["a.png"]), json!({})), at_name, right()),
        ("a name that is null", upload("media", Value::Null, json!({})), at_name, right()),
        ("a name and a key", upload("media", json!("a.png"), json!({"key": "in/43/a.png"})), at_name, right()),
        ("a name of what a deny names", named("sealed.png"), DENIED, named("Sealed.png")),
        ("a name of what another grant decides", named("special.png"), unmet(&["#/file_name"]), named("special.PNG")),
        (
            "a name and a limit unmet",
            upload("media", json!("a.png"), json!({"content_type": "image/gif"})),
            unmet(&["#/content_type"]),
            right(),
        ),
        ("a name that makes a key of 1,025 bytes", long(1023), bad, long(1022)),
        (
            "a name for reading",
            asks(&json!({"operation": "GetObject", "bucket": "media", "file_name": "a.png"})),
            invalid(&["#/file_name", "#/key"]),
            right(),
        ),
        (
            "a name where several grants make keys",
            upload("two", json!("a.png"), json!({})),
            at_grant,
            by("left", json!({})),
        ),
        ("a grant that makes no keys", by("plain", json!({})), at_grant, by("left", json!({}))),
        (
            "a grant of others",
            by("editors", json!({})),
            NO_GRANT,
            by("editors", json!({})).claiming(&json!({"role": "editor"})),
        ),
        ("a grant of another bucket", by("own", json!({})), NO_GRANT, by("left", json!({}))),
        (
            "a deny as a grant",
            upload("media", json!("a.png"), json!({"grant": "sealed", "content_type": "image/png"})),
            NO_GRANT,
            upload("media", json!("a.png"), json!({"grant": "own", "content_type": "image/png"})),
        ),
        ("a grant in capitals", by("LEFT", json!({})), NO_GRANT, by("left", json!({}))),
        ("a grant that does not exist", by("left/../right", json!({})), NO_GRANT, by("left", json!({}))),
        ("grants in a list", upload("two", json!("a"), json!({"grant": ["left"]})), at_grant, by("left", json!({}))),
        (
            "no grant that makes keys",
            upload("without", json!("a"), json!({})),
            at_name,
            asks(&json!({"operation": "PutObject", "bucket": "without", "key": "a"})),
        ),
        ("a template's claim that is absent", by("right", json!({})), unmet(&["#/file_name"]), team(json!("red"))),
        ("a template's claim that climbs", team(json!("..")), unmet(&["#/file_name"]), team(json!("..."))),
        ("a template's claim that is a path", team(json!("a/../../left")), unmet(&["#/file_name"]), team(json!("a"))),
        ("a template's claim of several", team(json!(["red", "blue"])), unmet(&["#/file_name"]), team(json!(["red"]))),
        (
            "a template's claim that is a template",
            team(json!("{sub}/x")),
            unmet(&["#/file_name"]),
            team(json!("{sub}")),
        ),
        ("a prefix's claim of several", teams(json!(["red", "blue"])), unmet(&["#/file_name"]), teams(json!(["red"]))),
        ("a prefix's claim that is absent", upload("teams", json!("a"), json!({})), NO_GRANT, teams(json!("red"))),
        ("a prefix's claim that is empty", teams(json!("")), NO_GRANT, teams(json!("red"))),
        ("a plan for a name that climbs", plan("../43/a.png"), bad, plan("..43a.png")),
        ("a plan for what a deny names", plan("sealed.png"), DENIED, plan("sealed.png2")),
    ]
}

#[test]
fn a_made_key_is_the_callers_own() {
    run(setting(&[ISSUER, &buckets(&["media", "two", "long", "teams", "without"]), GRANTS]), &attacks());
}
