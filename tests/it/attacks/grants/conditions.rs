//! Who is meant: other issuers, claims that a grant asks for, and how the caller logged in.

use serde_json::Value;
use serde_json::json;

use super::Attack;
use super::STEP_UP;
use super::asked::Asked;
use super::asked::asks;
use super::asked::gets;
use super::run;
use crate::support::now;
use crate::support::presignd::Presignd;
use crate::support::setting::CORP;
use crate::support::setting::DENIED;
use crate::support::setting::Expected;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::NO_GRANT;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::setting::unmet;
use crate::support::setting::with;

const GRANTS: &str = r#"
    [[issuers]]
    name = "partner"
    issuer = "https://partner.example"
    audiences = ["presignd"]
    scope_claims = ["rights"]
    hmac_secret_env = "PARTNER_SECRET"
    [[grants]]
    name = "of-corp"
    issuers = ["corp"]
    bucket = "media"
    prefix = "corp/{sub}/"
    actions = ["read"]
    [[grants]]
    name = "of-partner"
    issuers = ["partner"]
    bucket = "media"
    prefix = "partner/{sub}/"
    actions = ["read"]
    [[grants]]
    name = "of-both"
    issuers = ["corp", "partner"]
    bucket = "media"
    prefix = "both/"
    actions = ["read"]
    [[grants]]
    name = "not-for-partner"
    effect = "deny"
    issuers = ["partner"]
    bucket = "media"
    prefix = "both/corp/"
    [[grants]]
    name = "scoped"
    issuers = ["corp", "partner"]
    bucket = "media"
    prefix = "scoped/"
    actions = ["read"]
    when = { scope = "uploads" }
    [[grants]]
    name = "two-scopes"
    issuers = ["corp"]
    bucket = "media"
    prefix = "two/"
    actions = ["read"]
    when = { scope = { all = ["uploads", "downloads"] } }
    [[grants]]
    name = "editors"
    issuers = ["corp"]
    bucket = "media"
    prefix = "editors/"
    actions = ["read"]
    when = { realm_access.roles = "editor", level = 3, vip = true }
    [[grants]]
    name = "all-groups"
    issuers = ["corp"]
    bucket = "media"
    prefix = "groups/"
    actions = ["read"]
    when = { groups = { all = ["legal", "staff"] } }
    [[grants]]
    name = "dotted"
    issuers = ["corp"]
    bucket = "media"
    prefix = "dotted/"
    actions = ["read"]
    when = { "realm_access.roles" = "editor" }
    [[grants]]
    name = "no-guests"
    effect = "deny"
    bucket = "media"
    prefix = "both/staff/"
    when = { role = "guest" }
    [[grants]]
    name = "guarded"
    issuers = ["corp"]
    bucket = "media"
    prefix = "guarded/"
    actions = ["read", "delete_version"]
    require = { mfa = "15m" }
    [[grants]]
    name = "versions"
    issuers = ["corp"]
    bucket = "media"
    prefix = "versions/"
    actions = ["delete", "delete_version"]
    [[grants]]
    name = "classy"
    issuers = ["corp"]
    bucket = "media"
    prefix = "classy/"
    actions = ["read"]
    require = { mfa = { acr = ["c2"] } }
"#;

const PARTNER: &str = "https://partner.example";
const PARTNER_SECRET: &str = "partner-secret-of-more-than-32-bytes";
const BAD_TOKEN: Expected = Err((401, "invalid_token", &[]));

fn configured() -> Presignd {
    setting(&[ISSUER, MEDIA, GRANTS]).env("PARTNER_SECRET", PARTNER_SECRET)
}

fn partner(key: &str) -> Asked {
    gets(key).of(PARTNER, PARTNER_SECRET)
}

pub fn attacks() -> Vec<Attack> {
    [issuers(), scopes(), claims(), logins()].concat()
}

fn issuers() -> Vec<Attack> {
    vec![
        ("another issuer's subject of the same name", partner("corp/42/a"), NO_GRANT, partner("partner/42/a")),
        ("the other way round", gets("partner/42/a"), NO_GRANT, gets("corp/42/a")),
        (
            "another issuer that claims this one",
            partner("corp/42/a").claiming(&json!({"iss": CORP})),
            BAD_TOKEN,
            gets("corp/42/a"),
        ),
        (
            "an issuer's name in a claim",
            partner("corp/42/a").claiming(&json!({"issuer": "corp"})),
            NO_GRANT,
            partner("partner/42/a"),
        ),
        ("an issuer by its name", gets("corp/42/a").claiming(&json!({"iss": "corp"})), BAD_TOKEN, gets("corp/42/a")),
        ("another issuer's key for this one", gets("corp/42/a").of(CORP, PARTNER_SECRET), BAD_TOKEN, gets("corp/42/a")),
        (
            "a subject that names the other issuer",
            partner("corp/42/a").by("corp/42"),
            NO_GRANT,
            partner("partner/corp/a").by("corp"),
        ),
        ("a deny for one issuer of two", partner("both/corp/a"), DENIED, gets("both/corp/a")),
        (
            "another issuer's authorized party",
            partner("corp/42/a").claiming(&json!({"azp": "corp", "client_id": "corp"})),
            NO_GRANT,
            partner("both/a"),
        ),
    ]
}

fn scopes() -> Vec<Attack> {
    let scoped = |scope: Value| gets("scoped/a").claiming(&json!({ "scope": scope }));
    let two = |scope: Value| gets("two/a").claiming(&json!({ "scope": scope }));
    let right = || scoped(json!("uploads"));
    vec![
        ("no scope", gets("scoped/a"), NO_GRANT, right()),
        ("a scope that begins so", scoped(json!("uploads:read")), NO_GRANT, right()),
        ("a scope that ends so", scoped(json!("all-uploads")), NO_GRANT, right()),
        ("a scope in capitals", scoped(json!("Uploads")), NO_GRANT, right()),
        ("scopes with commas", scoped(json!("openid,uploads")), NO_GRANT, scoped(json!("openid uploads"))),
        ("scopes with tabs", scoped(json!("openid\tuploads")), NO_GRANT, scoped(json!("uploads\tx uploads"))),
        ("scopes with a no-break blank", scoped(json!("openid\u{a0}uploads")), NO_GRANT, right()),
        (
            "scopes in one text of a list",
            scoped(json!(["openid uploads"])),
            NO_GRANT,
            scoped(json!(["openid", "uploads"])),
        ),
        ("a scope in a list in a list", scoped(json!([["uploads"]])), NO_GRANT, right()),
        ("a scope as a member", scoped(json!({"uploads": true})), NO_GRANT, right()),
        ("a scope that is all", scoped(json!("*")), NO_GRANT, right()),
        (
            "a scope in a claim of another issuer's",
            gets("scoped/a").claiming(&json!({"rights": "uploads"})),
            NO_GRANT,
            partner("scoped/a").claiming(&json!({"rights": "uploads"})),
        ),
        (
            "a scope where that issuer has none",
            partner("scoped/a").claiming(&json!({"scope": "uploads", "scp": ["uploads"]})),
            NO_GRANT,
            gets("scoped/a").claiming(&json!({"scp": ["uploads"]})),
        ),
        ("one scope of two", two(json!("uploads")), NO_GRANT, two(json!("downloads uploads"))),
        ("one scope of two, twice", two(json!("uploads uploads")), NO_GRANT, two(json!("uploads uploads downloads"))),
        (
            "the quantifier's own shape in the token",
            two(json!({"all": ["uploads", "downloads"]})),
            NO_GRANT,
            two(json!(["uploads", "downloads"])),
        ),
    ]
}

fn claims() -> Vec<Attack> {
    let usual = json!({"realm_access": {"roles": ["viewer", "editor"]}, "level": 3, "vip": true});
    let editor = |more: Value| gets("editors/a").claiming(&with(usual.clone(), &more));
    let right = || editor(json!({}));
    let roles = |roles: Value| editor(json!({"realm_access": {"roles": roles}}));
    let groups = |groups: Value| gets("groups/a").claiming(&json!({ "groups": groups }));
    let both = || groups(json!(["staff", "legal"]));
    let dotted = |claims: Value| gets("dotted/a").claiming(&claims);
    let staff = |claims: Value| gets("both/staff/a").claiming(&claims);
    vec![
        ("a role in other letters", roles(json!(["Editor"])), NO_GRANT, right()),
        ("a role with a blank", roles(json!(["editor "])), NO_GRANT, right()),
        ("roles in a string", roles(json!("viewer editor")), NO_GRANT, roles(json!("editor"))),
        ("a role in a list in a list", roles(json!([["editor"]])), NO_GRANT, right()),
        ("a role as a member", roles(json!({"editor": true})), NO_GRANT, right()),
        ("a role in another place", editor(json!({"realm_access": {}, "roles": ["editor"]})), NO_GRANT, right()),
        (
            "a role by a name with a dot",
            editor(json!({"realm_access": null, "realm_access.roles": "editor"})),
            NO_GRANT,
            right(),
        ),
        (
            "a role nested for a name with a dot",
            dotted(json!({"realm_access": {"roles": "editor"}})),
            NO_GRANT,
            dotted(json!({"realm_access.roles": "editor"})),
        ),
        ("a level as text", editor(json!({"level": "3"})), NO_GRANT, right()),
        ("a level with a fraction", editor(json!({"level": 3.5})), NO_GRANT, right()),
        ("a higher level", editor(json!({"level": 4})), NO_GRANT, right()),
        (
            "a level that overflows to it",
            gets("editors/a").claiming(&without_level(&usual)).writing(r#""level":18446744073709551619"#),
            NO_GRANT,
            right(),
        ),
        ("true as text", editor(json!({"vip": "true"})), NO_GRANT, right()),
        ("true as a number", editor(json!({"vip": 1})), NO_GRANT, right()),
        ("true in an object", editor(json!({"vip": {"vip": true}})), NO_GRANT, editor(json!({"vip": [false, true]}))),
        ("two claims of three", editor(json!({"vip": null})), NO_GRANT, right()),
        (
            "a claim twice, the second one right",
            gets("editors/a").claiming(&with(usual.clone(), &json!({"level": 1}))).writing(r#""level":3"#),
            BAD_TOKEN,
            right(),
        ),
        ("one group of both", groups(json!(["legal"])), NO_GRANT, both()),
        ("one group twice", groups(json!(["legal", "legal"])), NO_GRANT, both()),
        ("both groups in one text", groups(json!("legal staff")), NO_GRANT, both()),
        ("an empty list of groups", groups(json!([])), NO_GRANT, both()),
        (
            "a deny's claim in a list",
            staff(json!({"role": ["member", "guest"]})),
            DENIED,
            staff(json!({"role": ["member"]})),
        ),
        (
            "a deny's claim beside another",
            staff(json!({"role": "guest", "vip": true})),
            DENIED,
            staff(json!({"role": "Guest"})),
        ),
    ]
}

fn without_level(usual: &Value) -> Value {
    let mut claims = usual.clone();
    claims.as_object_mut().unwrap().remove("level");
    claims
}

fn logins() -> Vec<Attack> {
    let guarded = |claims: Value| gets("guarded/a").claiming(&claims);
    let at = |auth_time: Value| guarded(json!({"auth_time": auth_time, "amr": ["mfa"]}));
    let by = |amr: Value| guarded(json!({"auth_time": now() - 5, "amr": amr}));
    let right = || by(json!(["pwd", "mfa"]));
    let classy = |acr: Value| gets("classy/a").claiming(&json!({ "acr": acr }));
    let version = |more: Value| asks(&with(ask("DeleteObject", "media", "versions/a"), &more));
    let known = |asked: Asked| asked.claiming(&json!({"auth_time": now() - 5, "amr": ["mfa"]}));
    vec![
        ("a login without MFA", by(json!(["pwd"])), STEP_UP, right()),
        ("a login of too long ago", at(json!(now() - 960)), STEP_UP, at(json!(now() - 840))),
        ("a login in the future", at(json!(now() + 300)), STEP_UP, right()),
        ("a login in milliseconds", at(json!(now() * 1000)), STEP_UP, right()),
        ("a login at the end of time", at(json!(u64::MAX)), STEP_UP, right()),
        ("a login before all time", at(json!(-1)), STEP_UP, right()),
        ("a login beyond all measure", at(json!(1e300)), STEP_UP, at(json!(now() as f64 - 5.5))),
        ("a login as text", at(json!(now().to_string())), STEP_UP, right()),
        ("a login as a date", at(json!("2099-01-01T00:00:00Z")), STEP_UP, right()),
        ("a login in a list", at(json!([now()])), STEP_UP, right()),
        ("no login, but a fresh token", guarded(json!({"iat": now(), "amr": ["mfa"]})), STEP_UP, right()),
        ("MFA in capitals", by(json!(["MFA"])), STEP_UP, right()),
        ("MFA in one text with others", by(json!("pwd mfa")), STEP_UP, by(json!("mfa"))),
        ("MFA in a list in a list", by(json!([["mfa"]])), STEP_UP, right()),
        ("MFA as a member", by(json!({"mfa": true})), STEP_UP, right()),
        ("MFA in another claim", guarded(json!({"auth_time": now(), "acr": "mfa"})), STEP_UP, right()),
        ("a class that begins so", classy(json!("c22")), STEP_UP, classy(json!("c2"))),
        ("a class in one text with others", classy(json!("c1 c2")), STEP_UP, classy(json!(["c1", "c2"]))),
        ("deleting a version without MFA", version(json!({"version_id": "v"})), STEP_UP, version(json!({}))),
        (
            "deleting the version called null",
            version(json!({"version_id": "null"})),
            STEP_UP,
            known(version(json!({"version_id": "null"}))),
        ),
        (
            "deleting a version with the device's code alone",
            version(json!({"version_id": "v", "mfa": "s 123456"})),
            STEP_UP,
            known(version(json!({"version_id": "v", "mfa": "s 123456"}))),
        ),
        (
            "deleting a version by MFA, where another limit is unmet",
            known(version(json!({"version_id": "v", "expires_in": 43_201}))),
            Err((400, "expires_in_too_long", &["#/expires_in"])),
            known(version(json!({"version_id": "v", "expires_in": 60}))),
        ),
        (
            "MFA and the lifetime unmet",
            version(json!({"version_id": "v", "expires_in": 43_201})),
            unmet(&["#", "#/expires_in"]),
            version(json!({"expires_in": 60})),
        ),
    ]
}

#[test]
fn a_grant_is_for_those_whom_it_names() {
    run(configured(), &attacks());
}
