//! `require.mfa`: how a caller must have authenticated, and what he is told who has not.

use serde_json::Value;
use serde_json::json;

use crate::support::now;
use crate::support::service::Service;
use crate::support::setting::DISABLED;
use crate::support::setting::Expected;
use crate::support::setting::ISSUER;
use crate::support::setting::TOO_LONG;
use crate::support::setting::ask;
use crate::support::setting::buckets;
use crate::support::setting::expect;
use crate::support::setting::expect_reply;
use crate::support::setting::grant_of;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::token_with;
use crate::support::setting::unmet;
use crate::support::setting::with;

/// 401 `insufficient_authentication`, which no member can mend.
const STEP_UP: Expected = Err((401, "insufficient_authentication", &["#"]));

const NAMES: [&str; 8] = ["usual", "age", "acr", "all", "never", "quarter", "small", "off"];

fn configured() -> crate::support::presignd::Presignd {
    let of = |name: &str, more: &str| {
        grant_of(
            name,
            &format!("actions = [\"read\", \"write\", \"delete\", \"delete_version\", \"read_version\"]\n{more}"),
        )
    };
    let grants = [
        of("usual", ""),
        of("age", "require = { mfa = { max_age = \"1m\" } }"),
        of("acr", "require = { mfa = { acr = [\"c1\", \"urn:c2\"] } }"),
        of("all", "[grants.require.mfa]\nmax_age = \"5m\"\namr = [\"hwk\", \"otp\"]\nacr = [\"c1\"]"),
        of("never", "require = { mfa = \"never\" }"),
        of("quarter", "require = { mfa = \"15m\" }"),
        of("small", "max_expires = \"5m\"\nrequire = { mfa = \"15m\" }\nupload = { max_size = \"1KB\" }"),
        of("off", "enabled = false\nrequire = { mfa = \"15m\" }"),
    ];
    setting(&[ISSUER, &buckets(&NAMES), &grants.concat()])
}

fn delete_version(bucket: &str) -> Value {
    with(ask("DeleteObject", bucket, "a"), &json!({"version_id": "v1"}))
}

/// Authenticated so many seconds ago, by these methods.
fn ago(seconds: i64, amr: &[&str]) -> Value {
    json!({"auth_time": now() - seconds, "amr": amr})
}

#[track_caller]
fn decide(service: &Service, case: &str, claims: &Value, request: &Value, expected: Expected) -> Option<String> {
    let reply = service.post(&token_with(claims), "/v1/presign", request);
    expect_reply(case, &reply, expected);
    reply.header("www-authenticate").map(str::to_owned)
}

#[test]
fn what_a_grant_names_must_hold_of_the_tokens_authentication() {
    let service = configured().serve();
    let get = |bucket| ask("GetObject", bucket, "a");
    let with_acr = |claims: Value, acr: Value| with(claims, &json!({"acr": acr}));
    let rows = [
        ("the delete of a version asks by itself", "usual", json!({}), delete_version("usual"), STEP_UP),
        ("mfa just now", "usual", ago(0, &["pwd", "mfa"]), delete_version("usual"), Ok("usual")),
        ("mfa within 15 minutes", "usual", ago(880, &["mfa"]), delete_version("usual"), Ok("usual")),
        ("mfa longer ago", "usual", ago(930, &["mfa"]), delete_version("usual"), STEP_UP),
        ("mfa in the future", "usual", ago(-30, &["mfa"]), delete_version("usual"), STEP_UP),
        ("another method", "usual", ago(0, &["pwd"]), delete_version("usual"), STEP_UP),
        ("no method", "usual", json!({"auth_time": now()}), delete_version("usual"), STEP_UP),
        ("no time", "usual", json!({"amr": ["mfa"]}), delete_version("usual"), STEP_UP),
        (
            "a time that is text",
            "usual",
            json!({"auth_time": now().to_string(), "amr": ["mfa"]}),
            delete_version("usual"),
            STEP_UP,
        ),
        (
            "methods that are nested",
            "usual",
            json!({"auth_time": now(), "amr": [["mfa"]]}),
            delete_version("usual"),
            STEP_UP,
        ),
        ("other requests ask nothing", "usual", json!({}), get("usual"), Ok("usual")),
        ("nor the delete of the latest", "usual", json!({}), ask("DeleteObject", "usual", "a"), Ok("usual")),
        ("nor reading a version", "usual", json!({}), with(get("usual"), &json!({"version_id": "v"})), Ok("usual")),
        ("named, everything asks", "quarter", json!({}), get("quarter"), STEP_UP),
        ("and is met", "quarter", ago(60, &["mfa"]), get("quarter"), Ok("quarter")),
        ("a list as well", "quarter", json!({}), ask("DeleteObject", "quarter", "a"), STEP_UP),
        ("never", "never", json!({}), delete_version("never"), Ok("never")),
        ("an age alone", "age", json!({"auth_time": now() - 20}), delete_version("age"), Ok("age")),
        ("an age alone, too old", "age", json!({"auth_time": now() - 90}), delete_version("age"), STEP_UP),
        ("an age alone, also for reading", "age", json!({}), get("age"), STEP_UP),
        ("a class alone", "acr", json!({"acr": "c1"}), get("acr"), Ok("acr")),
        ("the second class", "acr", json!({"acr": "urn:c2", "auth_time": 0}), delete_version("acr"), Ok("acr")),
        ("another class", "acr", json!({"acr": "c"}), get("acr"), STEP_UP),
        ("a class in other letters", "acr", json!({"acr": "C1"}), get("acr"), STEP_UP),
        ("no class", "acr", ago(0, &["mfa"]), get("acr"), STEP_UP),
        ("all three", "all", with_acr(ago(10, &["otp"]), json!("c1")), get("all"), Ok("all")),
        ("all but the time", "all", with_acr(ago(330, &["otp"]), json!("c1")), get("all"), STEP_UP),
        ("all but the method", "all", with_acr(ago(10, &["mfa"]), json!("c1")), get("all"), STEP_UP),
        ("all but the class", "all", with_acr(ago(10, &["hwk"]), json!("c2")), get("all"), STEP_UP),
        ("no class among all", "all", ago(10, &["hwk"]), get("all"), STEP_UP),
    ];
    for (case, bucket, claims, request, expected) in rows {
        let challenge = decide(&service, &format!("{bucket}: {case}"), &claims, &request, expected);
        assert_eq!(challenge.is_some(), expected == STEP_UP, "{case}");
    }
}

#[test]
fn the_challenge_says_how_to_authenticate() {
    let service = configured().serve();
    let start = "Bearer realm=\"presignd\", error=\"insufficient_user_authentication\", error_description=\"";
    let rows = [
        ("usual", ", max_age=\"900\"", "send a token whose auth_time is at most 900 s ago and whose amr has mfa"),
        ("age", ", max_age=\"60\"", "send a token whose auth_time is at most 60 s ago"),
        ("acr", ", acr_values=\"c1 urn:c2\"", "send a token whose acr is c1 or urn:c2"),
        (
            "all",
            ", max_age=\"300\", acr_values=\"c1\"",
            "send a token whose auth_time is at most 300 s ago and whose amr has hwk or otp and whose acr is c1",
        ),
    ];
    for (bucket, end, detail) in rows {
        let reply = service.post(&token(), "/v1/presign", &delete_version(bucket));
        let challenge = reply.header("www-authenticate").unwrap();
        assert!(challenge.starts_with(start) && challenge.ends_with(&format!("\"{end}")), "{bucket}: {challenge}");
        assert_eq!(reply.json()["errors"][0]["detail"], detail, "{bucket}");
    }
}

#[test]
fn mfa_comes_last_among_what_is_unmet() {
    let service = configured().serve();
    let put = |more: Value| with(ask("PutObject", "small", "a"), &more);
    let met = ago(0, &["mfa"]);
    let rows = [
        ("all met", &met, put(json!({"content_length": 5})), Ok("small")),
        ("all met but mfa", &json!({}), put(json!({"content_length": 5})), STEP_UP),
        ("all met but the lifetime", &met, put(json!({"content_length": 5, "expires_in": 301})), TOO_LONG),
        (
            "mfa and the lifetime",
            &json!({}),
            put(json!({"content_length": 5, "expires_in": 301})),
            unmet(&["#", "#/expires_in"]),
        ),
        ("mfa and a limit", &json!({}), put(json!({})), unmet(&["#", "#/content_length"])),
        (
            "mfa, a limit and the lifetime",
            &json!({}),
            put(json!({"expires_in": 301})),
            unmet(&["#", "#/content_length", "#/expires_in"]),
        ),
        ("a limit", &met, put(json!({})), unmet(&["#/content_length"])),
        ("switched off", &json!({}), ask("GetObject", "off", "a"), DISABLED),
    ];
    for (case, claims, request, expected) in rows {
        decide(&service, case, claims, &request, expected);
    }
}

#[test]
fn of_alternatives_the_one_that_asks_nothing_decides() {
    let config = r#"
        [[grants]]
        name = "strict"
        bucket = "media"
        prefix = "a/"
        actions = ["read"]
        require = { mfa = "15m" }
        [[grants]]
        name = "staff"
        bucket = "media"
        prefix = "a/"
        actions = ["read"]
        when = { role = "staff" }
        [[grants]]
        name = "wide"
        bucket = "media"
        prefix = ""
        actions = ["read", "list"]
        [[grants]]
        name = "lists"
        bucket = "media"
        prefix = "listed/"
        actions = ["list"]
        require = { mfa = "15m" }
    "#;
    let service = setting(&[ISSUER, &buckets(&["media"]), config]).serve();
    let get = |key| ask("GetObject", "media", key);
    let list = |prefix| ask("ListObjectsV2", "media", prefix);
    let rows = [
        ("the narrower one decides, unmet", json!({}), get("a/b"), STEP_UP),
        ("an alternative", json!({"role": "staff"}), get("a/b"), Ok("staff")),
        ("the first that is met", with(ago(0, &["mfa"]), &json!({"role": "staff"})), get("a/b"), Ok("strict")),
        ("outside", json!({}), get("b/b"), Ok("wide")),
        ("a list over a narrower grant that asks", json!({}), list(""), STEP_UP),
        ("a list beside it", json!({}), list("other/"), Ok("wide")),
        ("a list over it, met", ago(0, &["mfa"]), list(""), Ok("wide")),
    ];
    for (case, claims, request, expected) in rows {
        decide(&service, case, &claims, &request, expected);
    }
}

#[test]
fn a_batch_says_it_of_the_item() {
    let service = configured().serve();
    let requests =
        json!({"requests": [delete_version("never"), delete_version("usual"), ask("GetObject", "usual", "a")]});
    let reply = service.post(&token(), "/v1/presign/batch", &requests);
    assert_eq!((reply.status, reply.header("www-authenticate")), (200, None), "the answer itself is no refusal");
    let results = reply.json()["results"].clone();
    expect("one that never asks", &results[0], Ok("never"));
    expect("one that asks", &results[1], Err((401, "insufficient_authentication", &["#/requests/1"])));
    expect("one that is not asked", &results[2], Ok("usual"));
}

#[test]
fn explain_tells_it_and_sign_does_not_ask() {
    let presignd = configured();
    let request = delete_version("usual").to_string();
    let explained = |claims: &Value| {
        let claims = claims.to_string();
        let output = presignd.run("explain", &["--json", "--claims", &claims, "--request", &request], "");
        serde_json::from_str::<Value>(&output.stdout).unwrap()
    };
    let refused = explained(&json!({"sub": "42"}));
    assert_eq!((&refused["decision"], &refused["code"]), (&json!("refused"), &json!("insufficient_authentication")));
    let reason = "send a token whose auth_time is at most 900 s ago and whose amr has mfa";
    assert_eq!(refused["considered"][0]["reasons"], json!([reason]), "{refused:#}");
    assert_eq!(explained(&with(ago(0, &["mfa"]), &json!({"sub": "42"})))["decision"], "issued");
    for bucket in ["usual", "age", "all", "quarter"] {
        let body = delete_version(bucket).to_string();
        let output = presignd.run("sign", &["--grant", bucket, "--requests", "-"], &body);
        assert_eq!(output.code, 0, "{bucket}: {}{}", output.stdout, output.stderr);
    }
}

#[test]
fn the_grants_say_what_they_ask() {
    let service = configured().serve();
    let grants = service.get(&token(), "/v1/grants").json()["grants"].clone();
    let usual = json!({"max_age": 900, "amr": ["mfa"], "acr": null});
    let all = json!({"max_age": 300, "amr": ["hwk", "otp"], "acr": ["c1"]});
    let class = json!({"max_age": null, "amr": null, "acr": ["c1", "urn:c2"]});
    let rows = [("usual", json!(null), &usual), ("all", all.clone(), &all), ("acr", class.clone(), &class)];
    for (name, mfa, delete_version_mfa) in rows {
        let grant = grants.as_array().unwrap().iter().find(|grant| grant["name"] == name).unwrap();
        let expected = json!({"source_ips": false, "mfa": mfa, "delete_version_mfa": delete_version_mfa});
        assert_eq!(grant["require"], expected, "{name}");
    }
    let never = grants.as_array().unwrap().iter().find(|grant| grant["name"] == "never").unwrap();
    assert_eq!(never["require"], json!({"source_ips": false, "mfa": null, "delete_version_mfa": null}));
}
