//! Claims chosen so that a template leads elsewhere.

use serde_json::Value;
use serde_json::json;

use super::Attack;
use super::asked::Asked;
use super::asked::asks;
use super::asked::gets;
use super::asked::lists;
use super::asked::puts;
use super::run;
use crate::support::setting::Expected;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::NO_GRANT;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::setting::unmet;

const GRANTS: &str = r#"
    [[grants]]
    name = "own"
    bucket = "media"
    prefix = "users/{sub}/"
    actions = ["read", "list", "write"]
    upload = { set_metadata = { owner = "{nick}" }, set_tags = { of = "{nick}" } }
    [[grants]]
    name = "team"
    bucket = "media"
    prefix = "teams/{team}/docs/"
    actions = ["read", "list"]
    [[grants]]
    name = "nested"
    bucket = "media"
    prefix = "apps/{app.id}/"
    actions = ["read"]
    [[grants]]
    name = "quoted"
    bucket = "media"
    prefix = 'tenants/{"app.id"}/'
    actions = ["read"]
    [[grants]]
    name = "card"
    bucket = "media"
    key = "cards/{team}/card"
    actions = ["read"]
    [[grants]]
    name = "raw"
    bucket = "media"
    prefix = "logs/{team}/2026-"
    raw_prefix = true
    actions = ["read"]
    [[grants]]
    name = "literal"
    bucket = "media"
    prefix = "{{team}/"
    actions = ["read"]
    [[grants]]
    name = "word"
    bucket = "media"
    prefix = 'words/{"id"}/'
    actions = ["read"]
"#;

/// A token is refused before any grant is looked at.
const BAD_TOKEN: Expected = Err((401, "invalid_token", &[]));

fn team(team: Value, key: &str) -> Asked {
    gets(key).claiming(&json!({ "team": team }))
}

fn app(app: Value, key: &str) -> Asked {
    gets(key).claiming(&json!({ "app": app }))
}

fn nick(nick: Value) -> Asked {
    puts("users/42/a", &json!({})).claiming(&json!({ "nick": nick }))
}

pub fn attacks() -> Vec<Attack> {
    let blue = || team(json!("blue"), "teams/blue/docs/a");
    let (long, longer) = ("x".repeat(256), "x".repeat(257));
    let of_subject = |subject: &str, key: &str| gets(key).by(subject);
    let own = |subject: &str| gets(&format!("users/{subject}/a")).by(subject);
    let at_owner = unmet(&["#/metadata/owner", "#/tags/of"]);
    let tagged = || nick(json!("Ann"));
    let claiming = |claims: &str, key: &str| gets(key).writing(claims);
    vec![
        ("a subject with another's folder", of_subject("42/../43", "users/43/a"), NO_GRANT, own("42-43")),
        ("a subject that is a path", of_subject("43/a", "users/43/a/b"), NO_GRANT, own("43a")),
        ("a subject that ends in a slash", of_subject("43/", "users/43/a"), NO_GRANT, own("43")),
        ("a subject that begins with a slash", of_subject("/43", "users/43/a"), NO_GRANT, own("43")),
        ("a subject that is a slash", of_subject("/", "users/a"), NO_GRANT, own("-")),
        ("an empty subject", of_subject("", "users/a"), NO_GRANT, own("a")),
        ("a subject that is a dot", of_subject(".", "users/a"), NO_GRANT, own(".a")),
        ("a subject that climbs", of_subject("..", "teams/blue/docs/a"), NO_GRANT, own("...")),
        ("a subject with a backslash", of_subject("42\\43", "users/42/43/a"), NO_GRANT, own("42_43")),
        ("a subject with a NUL", of_subject("43\0", "users/43/a"), NO_GRANT, own("43")),
        ("a subject with a line break", of_subject("43\n", "users/43/a"), NO_GRANT, own("43")),
        ("a subject with a C1 control", of_subject("43\u{85}", "users/43/a"), NO_GRANT, own("43")),
        ("a subject of blanks around", of_subject(" 43 ", "users/43/a"), NO_GRANT, own(" 43 ")),
        ("a subject that is percent-encoded", of_subject("43%2f", "users/43/a"), NO_GRANT, own("43%2f")),
        ("a subject that climbs percent-encoded", of_subject("%2e%2e", "users/../a%2e"), super::BAD_KEY, own("%2e%2e")),
        ("a subject that is a template", of_subject("{team}", "users/blue/a"), NO_GRANT, own("{team}")),
        ("a subject that is half a template", of_subject("{", "users/{sub}/a"), NO_GRANT, own("{")),
        ("a subject that is a file's name", of_subject("{file_name}", "users/a/a"), NO_GRANT, own("{file_name}")),
        ("a subject that is all", of_subject("*", "users/43/a"), NO_GRANT, own("*")),
        ("a subject that is a pattern", of_subject("4?", "users/43/a"), NO_GRANT, own("4?")),
        ("a subject that is an expression", of_subject(".*", "users/43/a"), NO_GRANT, own(".*")),
        ("a subject of 257 bytes", own(&longer), NO_GRANT, own(&long)),
        ("a subject in capitals", of_subject("ANN", "users/ann/a"), NO_GRANT, own("ANN")),
        ("no subject", gets("users/null/a").claiming(&json!({"sub": null})), BAD_TOKEN, own("null")),
        ("a subject that is a number", gets("users/43/a").claiming(&json!({"sub": 43})), BAD_TOKEN, own("43")),
        ("subjects in a list", gets("users/43/a").claiming(&json!({"sub": ["42", "43"]})), BAD_TOKEN, own("43")),
        ("two subjects", claiming(r#""sub":"43""#, "users/43/a"), BAD_TOKEN, claiming(r#""Sub":"43""#, "users/42/a")),
        ("two subjects, one by an escape", claiming(r#""s\u0075b":"43""#, "users/43/a"), BAD_TOKEN, own("43")),
        ("two teams", claiming(r#""team":"red","team":"blue""#, "teams/blue/docs/a"), BAD_TOKEN, blue()),
        (
            "two names in a claim",
            claiming(r#""app":{"id":"1","id":"2"}"#, "apps/2/a"),
            BAD_TOKEN,
            app(json!({"id": "2"}), "apps/2/a"),
        ),
        ("no team", gets("teams/blue/docs/a"), NO_GRANT, blue()),
        ("no team, and its segment left out", gets("teams/docs/a"), NO_GRANT, team(json!("docs"), "teams/docs/docs/a")),
        ("no team, and its segment empty", gets("teams//docs/a"), super::BAD_KEY, blue()),
        (
            "a team that is null",
            team(json!(null), "teams/null/docs/a"),
            NO_GRANT,
            team(json!("null"), "teams/null/docs/a"),
        ),
        (
            "a team that is true",
            team(json!(true), "teams/true/docs/a"),
            NO_GRANT,
            team(json!("true"), "teams/true/docs/a"),
        ),
        (
            "a team that is a fraction",
            team(json!(1.5), "teams/1.5/docs/a"),
            NO_GRANT,
            team(json!(15), "teams/15/docs/a"),
        ),
        (
            "a team that is a whole fraction",
            team(json!(7.0), "teams/7/docs/a"),
            NO_GRANT,
            team(json!(7), "teams/7/docs/a"),
        ),
        (
            "a team beyond 64 bits",
            claiming(r#""team":18446744073709551616"#, "teams/18446744073709551616/docs/a"),
            NO_GRANT,
            claiming(r#""team":18446744073709551615"#, "teams/18446744073709551615/docs/a"),
        ),
        (
            "a number with zeros before it",
            team(json!(7), "teams/007/docs/a"),
            NO_GRANT,
            team(json!("007"), "teams/007/docs/a"),
        ),
        ("a number with a sign", team(json!(7), "teams/+7/docs/a"), NO_GRANT, team(json!(-7), "teams/-7/docs/a")),
        ("a team that is an object", team(json!({"blue": true}), "teams/blue/docs/a"), NO_GRANT, blue()),
        (
            "teams in a string",
            team(json!("red blue"), "teams/blue/docs/a"),
            NO_GRANT,
            team(json!(["red", "blue"]), "teams/blue/docs/a"),
        ),
        (
            "teams with commas",
            team(json!("red,blue"), "teams/blue/docs/a"),
            NO_GRANT,
            team(json!(["red", "blue"]), "teams/blue/docs/a"),
        ),
        (
            "teams in a list in a list",
            team(json!([["blue"]]), "teams/blue/docs/a"),
            NO_GRANT,
            team(json!([["red"], "blue"]), "teams/blue/docs/a"),
        ),
        ("a number in a list", team(json!([7]), "teams/7/docs/a"), NO_GRANT, team(json!(["7"]), "teams/7/docs/a")),
        ("an empty list", team(json!([]), "teams/docs/a"), NO_GRANT, team(json!(["a"]), "teams/a/docs/a")),
        (
            "a list of what fills nothing in",
            team(json!(["", ".", "..", "a/b"]), "teams/a/b/docs/a"),
            NO_GRANT,
            team(json!(["", "..", "b"]), "teams/b/docs/a"),
        ),
        (
            "a list that climbs to another folder",
            team(json!(["blue/../../users/43"]), "users/43/a"),
            NO_GRANT,
            team(json!(["blue"]), "teams/blue/docs/a"),
        ),
        (
            "a team that takes the rest of the template",
            team(json!("blue/docs"), "teams/blue/docs/docs/a"),
            NO_GRANT,
            team(json!("blue"), "teams/blue/docs/docs/a"),
        ),
        ("what stands behind the team left out", team(json!("blue"), "teams/blue/a"), NO_GRANT, blue()),
        (
            "a key below a filled-in key",
            team(json!("blue"), "cards/blue/card/a"),
            NO_GRANT,
            team(json!("blue"), "cards/blue/card"),
        ),
        (
            "a team that takes a key's end",
            team(json!("blue/card"), "cards/blue/card/card"),
            NO_GRANT,
            team(json!("card"), "cards/card/card"),
        ),
        (
            "a team that begins as a raw prefix ends",
            team(json!("blue/2026-"), "logs/blue/2026-/2026-1"),
            NO_GRANT,
            team(json!("blue"), "logs/blue/2026-1"),
        ),
        ("a literal brace filled in", team(json!("blue"), "blue/a"), NO_GRANT, team(json!("blue"), "{team}/a")),
        (
            "a name with a dot for a nested claim",
            gets("apps/1/a").claiming(&json!({"app.id": "1"})),
            NO_GRANT,
            app(json!({"id": "1"}), "apps/1/a"),
        ),
        (
            "a nested claim for a name with a dot",
            app(json!({"id": "1"}), "tenants/1/a"),
            NO_GRANT,
            gets("tenants/1/a").claiming(&json!({"app.id": "1"})),
        ),
        (
            "a nested claim in a list",
            app(json!([{"id": "1"}]), "apps/1/a"),
            NO_GRANT,
            app(json!({"id": ["1"]}), "apps/1/a"),
        ),
        (
            "a nested claim in a string",
            app(json!("{\"id\":\"1\"}"), "apps/1/a"),
            NO_GRANT,
            app(json!({"id": "1"}), "apps/1/a"),
        ),
        (
            "a nested claim too deep",
            app(json!({"id": {"id": "1"}}), "apps/1/a"),
            NO_GRANT,
            app(json!({"id": "1"}), "apps/1/a"),
        ),
        ("a claim in other letters", gets("teams/blue/docs/a").claiming(&json!({"Team": "blue"})), NO_GRANT, blue()),
        (
            "a claim named with its braces",
            gets("teams/blue/docs/a").claiming(&json!({"{team}": "blue"})),
            NO_GRANT,
            blue(),
        ),
        (
            "the issuance id where a claim of that name stands",
            gets("words/{id}/a"),
            NO_GRANT,
            gets("words/a/a").claiming(&json!({"id": "a"})),
        ),
        (
            "a listing that no claim ends",
            lists("teams/").claiming(&json!({"team": ""})),
            NO_GRANT,
            lists("teams/blue/docs/").claiming(&json!({"team": "blue"})),
        ),
        (
            "a listing above all teams of a list",
            lists("teams/").claiming(&json!({"team": ["red", "blue"]})),
            NO_GRANT,
            lists("teams/red/docs/").claiming(&json!({"team": ["red", "blue"]})),
        ),
        ("metadata that breaks the line", nick(json!("Ann\r\nx-amz-acl: public-read")), at_owner, tagged()),
        ("metadata beyond ASCII", nick(json!("Zo\u{eb}")), at_owner, tagged()),
        ("metadata with a NUL", nick(json!("Ann\0")), at_owner, tagged()),
        ("metadata with blanks around", nick(json!(" Ann")), unmet(&["#/metadata/owner"]), tagged()),
        ("metadata of no claim", puts("users/42/a", &json!({})), at_owner, tagged()),
        ("metadata of a list", nick(json!(["Ann", "Bob"])), at_owner, nick(json!(["Ann"]))),
        ("metadata of an object", nick(json!({"name": "Ann"})), at_owner, tagged()),
        (
            "metadata of another, said beside",
            puts("users/42/a", &json!({"metadata": {"OWNER": "Bob"}})).claiming(&json!({"nick": "Ann"})),
            unmet(&["#/metadata/owner"]),
            puts("users/42/a", &json!({"metadata": {"OWNER": "Ann"}})).claiming(&json!({"nick": "Ann"})),
        ),
        (
            "a tag of another, said beside",
            puts("users/42/a", &json!({"tags": {"of": "Bob"}})).claiming(&json!({"nick": "Ann"})),
            unmet(&["#/tags/of"]),
            puts("users/42/a", &json!({"tags": {"of": "Ann"}})).claiming(&json!({"nick": "Ann"})),
        ),
        (
            "metadata beyond 2,048 bytes",
            nick(json!("x".repeat(2049))),
            unmet(&["#/metadata", "#/tags/of"]),
            nick(json!("x".repeat(200))),
        ),
        ("a form that S3 fills in", form("Ann ${filename}"), at_owner, form("Ann $ {filename}")),
    ]
}

fn form(nick: &str) -> Asked {
    asks(&ask("PostObject", "media", "users/42/a")).claiming(&json!({ "nick": nick }))
}

#[test]
fn a_claim_fills_in_what_it_is_and_leads_nowhere_else() {
    run(setting(&[ISSUER, MEDIA, GRANTS]), &attacks());
}
