//! Versions of objects: rights of their own, what denies mean for them, GOVERNANCE locks, and the MFA code of S3.

use serde_json::Value;
use serde_json::json;

use crate::support::eventually;
use crate::support::setting::DENIED;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::NO_GRANT;
use crate::support::setting::TOO_LONG;
use crate::support::setting::ask;
use crate::support::setting::buckets;
use crate::support::setting::expect_reply;
use crate::support::setting::grant_of;
use crate::support::setting::invalid;
use crate::support::setting::run;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::with;
use crate::support::setting::works_only_as_told;

const VERSION: &str = "3HL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY+MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo";

/// A request for a version, in a bucket that is named as the grant.
fn version(operation: &str, bucket: &str) -> Value {
    with(ask(operation, bucket, "a/b"), &json!({"version_id": VERSION}))
}

fn bypass(request: Value) -> Value {
    with(request, &json!({"bypass_governance_retention": true}))
}

#[test]
fn an_action_allows_a_version_or_the_latest_and_never_both() {
    let rows = [
        ("read", ["GetObject", "HeadObject"].as_slice(), [].as_slice()),
        ("read_version", &[], &["GetObject", "HeadObject"]),
        ("delete", &["DeleteObject"], &[]),
        ("delete_version", &[], &["DeleteObject"]),
        ("bypass_governance", &[], &[]),
        ("GetObject", &["GetObject"], &[]),
        ("HeadObject", &["HeadObject"], &[]),
        ("DeleteObject", &["DeleteObject"], &[]),
        ("write", &[], &[]),
        ("list", &[], &[]),
    ];
    let names = rows.map(|(action, ..)| action);
    let of = |action| grant_of(action, &format!("actions = [\"{action}\"]\nrequire = {{ mfa = \"never\" }}"));
    let service = setting(&[ISSUER, &buckets(&names), &names.map(of).concat()]).serve();
    for (action, latest, versions) in rows {
        for operation in ["GetObject", "HeadObject", "DeleteObject"] {
            let outcome = |allowed: &[&str]| if allowed.contains(&operation) { Ok(action) } else { NO_GRANT };
            let case = |what: &str, request: Value, expected| {
                expect_reply(what, &service.post(&token(), "/v1/presign", &request), expected)
            };
            case(&format!("{action}: {operation}"), ask(operation, action, "a/b"), outcome(latest));
            case(&format!("{action}: {operation} of a version"), version(operation, action), outcome(versions));
        }
    }
}

#[test]
fn a_deny_of_reading_or_deleting_shuts_the_versions_too() {
    let everything = "[\"read\", \"read_version\", \"delete\", \"delete_version\", \"bypass_governance\"]";
    let allow = format!("actions = {everything}\nrequire = {{ mfa = \"never\" }}");
    let names = ["none", "read", "read_version", "delete", "delete_version", "bypass_governance", "GetObject"];
    let names = [names.as_slice(), &["HeadObject", "DeleteObject", "all"]].concat();
    let deny = |name: &&str| {
        let actions = if *name == "all" { String::new() } else { format!("actions = [\"{name}\"]\n") };
        format!("[[grants]]\nname = \"no-{name}\"\neffect = \"deny\"\nbucket = \"{name}\"\nprefix = \"\"\n{actions}")
    };
    let allows: String = names.iter().map(|name| grant_of(name, &allow)).collect();
    let denies: String = names.iter().skip(1).map(deny).collect();
    let service = setting(&[ISSUER, &buckets(&names), &allows, &denies]).serve();
    let requests = [
        ("get", ask("GetObject", "", "a/b")),
        ("head", ask("HeadObject", "", "a/b")),
        ("get-version", version("GetObject", "")),
        ("head-version", version("HeadObject", "")),
        ("delete", ask("DeleteObject", "", "a/b")),
        ("delete-bypass", bypass(ask("DeleteObject", "", "a/b"))),
        ("delete-version", version("DeleteObject", "")),
        ("delete-version-bypass", bypass(version("DeleteObject", ""))),
    ];
    let rows: [(&str, &[&str]); 10] = [
        ("none", &[]),
        ("read", &["get", "head", "get-version", "head-version"]),
        ("read_version", &["get-version", "head-version"]),
        ("delete", &["delete", "delete-bypass", "delete-version", "delete-version-bypass"]),
        ("delete_version", &["delete-version", "delete-version-bypass"]),
        ("bypass_governance", &["delete-bypass", "delete-version-bypass"]),
        ("GetObject", &["get"]),
        ("HeadObject", &["head"]),
        ("DeleteObject", &["delete", "delete-bypass"]),
        (
            "all",
            &[
                "get",
                "head",
                "get-version",
                "head-version",
                "delete",
                "delete-bypass",
                "delete-version",
                "delete-version-bypass",
            ],
        ),
    ];
    for (denied, shut) in rows {
        for (what, request) in &requests {
            let request = with(request.clone(), &json!({"bucket": denied}));
            let expected =
                if shut.contains(what) { DENIED } else { Ok(names[names.iter().position(|n| *n == denied).unwrap()]) };
            let reply = service.post(&token(), "/v1/presign", &request);
            expect_reply(&format!("a deny of {denied}: {what}"), &reply, expected);
        }
    }
}

#[test]
fn lifting_a_governance_lock_takes_both_actions_in_one_grant() {
    let config = r#"
        [[grants]]
        name = "both"
        bucket = "media"
        prefix = "both/"
        actions = ["delete_version", "bypass_governance"]
        require = { mfa = "never" }
        [[grants]]
        name = "deletes"
        bucket = "media"
        prefix = "one/"
        actions = ["delete", "delete_version"]
        require = { mfa = "never" }
        [[grants]]
        name = "lifts"
        bucket = "media"
        prefix = "one/"
        actions = ["bypass_governance"]
        require = { mfa = "never" }
        [[grants]]
        name = "latest"
        bucket = "media"
        prefix = "latest/"
        actions = ["delete", "bypass_governance"]
    "#;
    let service = setting(&[ISSUER, MEDIA, config]).serve();
    let at = |key: &str| with(version("DeleteObject", "media"), &json!({"key": key}));
    let latest = |key: &str| ask("DeleteObject", "media", key);
    let off = json!({"bypass_governance_retention": false});
    let rows = [
        ("both actions", bypass(at("both/a")), Ok("both")),
        ("both, without asking for it", at("both/a"), Ok("both")),
        ("the latest is another action", bypass(latest("both/a")), NO_GRANT),
        ("deleting alone", at("one/a"), Ok("deletes")),
        ("deleting alone, false", with(at("one/a"), &off), Ok("deletes")),
        ("one action in each of two grants", bypass(at("one/a")), NO_GRANT),
        ("of the latest", bypass(latest("latest/a")), Ok("latest")),
        ("of the latest in two grants", bypass(latest("one/a")), NO_GRANT),
    ];
    run(&service, &rows.map(|(case, request, expected)| (case, json!({}), request, expected)));
}

/// A grant that asks nobody for MFA.
const ALL: &str = r#"
    [audit]
    path = "audit.jsonl"
    [log]
    level = "trace"
    [[grants]]
    name = "all"
    bucket = "media"
    prefix = ""
    actions = ["read", "read_version", "delete", "delete_version", "bypass_governance"]
    max_expires = "12h"
    require = { mfa = "never" }
"#;

#[test]
fn a_version_is_signed_in_the_query_and_the_rest_as_headers() {
    let service = setting(&[ISSUER, MEDIA, ALL]).serve();
    let code = "arn:aws:iam::111122223333:mfa/root-account-mfa-device 123456";
    let rows = [
        ("GetObject", json!({"version_id": VERSION}), json!({}), VERSION),
        ("GetObject", json!({"version_id": "null", "part_number": 2}), json!({}), "null"),
        ("HeadObject", json!({"version_id": "a b&c=d%2F/e?~"}), json!({}), "a b&c=d%2F/e?~"),
        ("DeleteObject", json!({"version_id": VERSION}), json!({}), VERSION),
        ("DeleteObject", json!({"version_id": "v", "mfa": code}), json!({"x-amz-mfa": code}), "v"),
        (
            "DeleteObject",
            json!({"version_id": "v", "mfa": "20899872 301749", "bypass_governance_retention": true}),
            json!({"x-amz-mfa": "20899872 301749", "x-amz-bypass-governance-retention": "true"}),
            "v",
        ),
    ];
    for (operation, more, headers, version) in rows {
        let case = format!("{operation} {more}");
        let request = with(ask(operation, "media", "a/ü"), &more);
        let answer = expect_reply(&case, &service.post(&token(), "/v1/presign", &request), Ok("all"));
        let used = works_only_as_told(&case, &answer, &request);
        assert_eq!(answer["headers"], headers, "{case}");
        assert_eq!(used.parameter("versionId").as_deref(), Some(version), "{case}: {}", used.url);
    }
}

#[test]
fn what_carries_an_mfa_code_lives_a_minute_at_most() {
    let within = r#"
        [expiry]
        within_token = true
    "#;
    let service = setting(&[ISSUER, MEDIA, ALL, within]).serve();
    let rows = [
        (json!({}), json!({"version_id": "v", "mfa": "s 123456"}), 60, "mfa"),
        (json!({}), json!({"version_id": "v", "mfa": "s 123456", "expires_in": 43_200}), 60, "mfa"),
        (json!({}), json!({"version_id": "v", "mfa": "s 123456", "expires_in": 61}), 60, "mfa"),
        (json!({}), json!({"version_id": "v", "mfa": "s 123456", "expires_in": 60}), 60, "request"),
        (json!({}), json!({"version_id": "v", "mfa": "s 123456", "expires_in": 5}), 5, "request"),
        (json!({}), json!({"version_id": "v", "expires_in": 600}), 600, "request"),
    ];
    for (claims, more, seconds, by) in rows {
        let token = crate::support::setting::token_with(&with(claims, &json!({"exp": crate::support::now() + 3600})));
        let request = with(ask("DeleteObject", "media", "a"), &more);
        let reply = service.post(&token, "/v1/presign", &request).json();
        assert_eq!((&reply["expires_in"], &reply["expiry_limited_by"]), (&json!(seconds), &json!(by)), "{more}");
    }
    let too_long = with(version("DeleteObject", "media"), &json!({"mfa": "s 123456", "expires_in": 43_201}));
    expect_reply("beyond the grant's", &service.post(&token(), "/v1/presign", &too_long), TOO_LONG);
}

#[test]
fn an_mfa_code_is_a_serial_number_and_digits_and_goes_with_a_version() {
    let service = setting(&[ISSUER, MEDIA, ALL]).serve();
    for code in ["20899872 301749", "arn:aws:iam::111122223333:mfa/user 00000000"] {
        let request = with(version("DeleteObject", "media"), &json!({"mfa": code}));
        expect_reply(code, &service.post(&token(), "/v1/presign", &request), Ok("all"));
        let latest = with(ask("DeleteObject", "media", "a"), &json!({"mfa": code}));
        expect_reply(code, &service.post(&token(), "/v1/presign", &latest), invalid(&["#/mfa"]));
    }
    let wrong = [
        json!(""),
        json!("301749"),
        json!(" 301749"),
        json!("20899872 30174"),
        json!("20899872 301749012"),
        json!("20899872  301749"),
        json!("20899872 301749 "),
        json!("20899872 3O1749"),
        json!("20899872 301749\r\nx-amz-acl: public-read"),
        json!(301_749),
        json!(null),
        json!({"serial": "20899872", "code": "301749"}),
    ];
    for code in wrong {
        let request = with(version("DeleteObject", "media"), &json!({"mfa": code}));
        let reply = service.post(&token(), "/v1/presign", &request);
        expect_reply(&code.to_string(), &reply, invalid(&["#/mfa"]));
    }
}

#[test]
fn the_audit_log_tells_the_version_and_nothing_tells_the_code() {
    let service = setting(&[ISSUER, MEDIA, ALL]).serve();
    let requests = [
        (version("DeleteObject", "media"), json!(VERSION)),
        (with(version("DeleteObject", "nowhere"), &json!({"bucket": "nowhere"})), json!(VERSION)),
        (ask("GetObject", "media", "a"), json!(null)),
        (version("HeadObject", "media"), json!(VERSION)),
    ];
    for (place, (request, _)) in requests.iter().enumerate() {
        let with_code = if place < 2 { json!({"mfa": "gadget-20899872 301749"}) } else { json!({}) };
        service.post(&token(), "/v1/presign", &with(request.clone(), &with_code));
    }
    let wrong = with(version("DeleteObject", "media"), &json!({"mfa": "gadget-20899872 301749 "}));
    let error = service.post(&token(), "/v1/presign", &wrong).text();
    let told = eventually("four lines", || {
        let text = std::fs::read_to_string(service.presignd.path("audit.jsonl")).unwrap();
        (text.lines().count() == 4).then_some(text)
    });
    let lines: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (line, (request, version)) in lines.iter().zip(&requests) {
        assert_eq!(&line["version_id"], version, "{request}: {line:#}");
    }
    let mut service = service;
    service.signal("TERM");
    service.ended();
    for (place, text) in [("the audit log", told), ("an error", error), ("the log", service.log_text())] {
        assert!(!text.is_empty() && !text.contains("301749") && !text.contains("gadget"), "{place}: {text}");
    }
}
