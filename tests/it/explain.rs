//! `presignd explain` beside the service: the same decision, and why.

use serde_json::Value;
use serde_json::json;

use crate::support::presignd::Output;
use crate::support::presignd::Presignd;
use crate::support::setting::CORP_SECRET;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::buckets;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::token_with;
use crate::support::setting::with;
use crate::support::tokens::Issuer;
use crate::support::tokens::claims;

const GRANTS: &str = r#"
    [[grants]]
    name = "wide"
    bucket = "media"
    prefix = ""
    actions = ["read", "list"]
    [[grants]]
    name = "own"
    bucket = "media"
    prefix = "users/{sub}/"
    actions = ["read", "write"]
    upload = { max_size = "1KB" }
    [[grants]]
    name = "own-again"
    bucket = "media"
    prefix = "users/{sub}/"
    actions = ["read"]
    max_expires = "1m"
    [[grants]]
    name = "editors"
    bucket = "media"
    prefix = "news/"
    actions = ["read"]
    when = { role = "editor" }
    [[grants]]
    name = "off"
    bucket = "media"
    key = "news/off"
    actions = ["read"]
    enabled = false
    [[grants]]
    name = "office"
    bucket = "media"
    prefix = "office/"
    actions = ["read"]
    require = { source_ips = ["192.0.2.0/24"] }
    [[grants]]
    name = "sealed"
    effect = "deny"
    bucket = "media"
    prefix = "sealed/"
    [[grants]]
    name = "elsewhere"
    bucket = "other"
    prefix = ""
    actions = ["read"]
"#;

fn presignd() -> Presignd {
    setting(&[ISSUER, MEDIA, &buckets(&["other"]), GRANTS])
}

fn explained(presignd: &Presignd, claims: &Value, more: &[&str], request: &Value) -> (Output, Value) {
    let (claims, request) = (claims.to_string(), request.to_string());
    let arguments = [&["--json", "--claims", &claims, "--request", &request], more].concat();
    let output = presignd.run("explain", &arguments, "");
    let told = serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output, told)
}

#[test]
fn it_decides_as_the_service_does() {
    let service = presignd().serve();
    let get = |key: &str| ask("GetObject", "media", key);
    for request in [
        get("a"),
        get("users/42/a"),
        get("users/43/a"),
        ask("PutObject", "media", "users/42/a"),
        with(ask("PutObject", "media", "users/42/a"), &json!({"content_length": 5})),
        with(get("users/42/a"), &json!({"expires_in": 3601})),
        get("news/a"),
        get("news/off"),
        get("office/a"),
        get("sealed/a"),
        get("a//b"),
        ask("DeleteObject", "media", "a"),
        ask("GetObject", "other", "a"),
        ask("GetObject", "nowhere", "a"),
        ask("ListObjectsV2", "media", "se"),
        ask("ListObjectsV2", "media", "of"),
        with(get("a"), &json!({"x": 1})),
    ] {
        let answer = service.post(&token(), "/v1/presign", &request).json();
        let claims = json!({"sub": "42"});
        let (output, told) = explained(&service.presignd, &claims, &["--address", "127.0.0.1"], &request);
        let issued = answer["url"].is_string();
        assert_eq!(told["decision"], if issued { "issued" } else { "refused" }, "{request}: {told:#}");
        assert_eq!(told["code"], answer["code"], "{request}: {told:#}");
        assert_eq!(output.code, i32::from(!issued), "{request}");
        if issued {
            assert_eq!(told["grant"], answer["grant"], "{request}: {told:#}");
        }
    }
}

#[test]
fn every_grant_on_the_bucket_is_considered_in_the_files_order_with_reasons() {
    let presignd = presignd();
    let (_, told) = explained(&presignd, &json!({"sub": "42"}), &[], &ask("GetObject", "media", "users/42/a"));
    assert_eq!((&told["decision"], &told["code"], &told["grant"]), (&json!("issued"), &json!(null), &json!("own")));
    let considered = told["considered"].as_array().unwrap();
    let rows: Vec<Value> =
        considered.iter().map(|row| json!([row["grant"], row["effect"], row["candidate"], row["decides"]])).collect();
    let expected = json!([
        ["wide", "allow", true, false],
        ["own", "allow", true, true],
        ["own-again", "allow", true, true],
        ["editors", "allow", false, false],
        ["off", "allow", false, false],
        ["office", "allow", false, false],
        ["sealed", "deny", false, false],
    ]);
    assert_eq!(json!(rows), expected, "{told:#}");
    for row in considered {
        assert_eq!(row.as_object().unwrap().len(), 6, "{row:#}");
        assert!(row["prefix"].is_string(), "{row:#}");
        let reasons = row["reasons"].as_array().unwrap();
        assert!(row["candidate"] == true || !reasons.is_empty(), "why it is no candidate: {row:#}");
    }
    let (_, told) = explained(&presignd, &json!({"sub": "42"}), &[], &ask("GetObject", "media", "sealed/a"));
    assert_eq!((&told["code"], &told["considered"][6]["candidate"]), (&json!("denied"), &json!(true)), "{told:#}");
    let (_, told) = explained(&presignd, &json!({"sub": "42"}), &[], &ask("GetObject", "nowhere", "a"));
    assert_eq!((&told["code"], &told["considered"]), (&json!("no_grant"), &json!([])));
}

#[test]
fn an_address_and_claims_bear_on_it() {
    let presignd = presignd();
    let office = ask("GetObject", "media", "office/a");
    let decision = |claims: Value, more: &[&str], request: &Value| {
        explained(&presignd, &claims, more, request).1["decision"].clone()
    };
    assert_eq!(decision(json!({}), &["--address", "192.0.2.7"], &office), "issued");
    assert_eq!(decision(json!({}), &["--address", "198.51.100.7"], &office), "refused");
    assert_eq!(decision(json!({}), &[], &office), "refused", "without an address none is met");
    let (_, told) = explained(&presignd, &json!({"role": "editor"}), &[], &ask("GetObject", "media", "news/a"));
    assert_eq!(told["grant"], "editors");
}

#[test]
fn a_token_is_fully_verified() {
    let presignd = presignd();
    let stranger = Issuer::hmac("a-stranger-with-a-secret-of-32-bytes");
    let cases = [
        ("good", token(), 0, json!(null)),
        ("with a line break", format!("{}\n", token()), 0, json!(null)),
        ("expired", token_with(&json!({"exp": 1})), 1, json!("expired_token")),
        ("for another audience", token_with(&json!({"aud": "x"})), 1, json!("invalid_token")),
        (
            "of a stranger",
            stranger.token(&claims("https://idp.example/", "presignd", "42", &json!({}))),
            1,
            json!("invalid_token"),
        ),
        ("garbage", "x".to_owned(), 1, json!("invalid_token")),
    ];
    for (case, token, code, expected) in cases {
        let output = presignd.run("explain", &["--json", "--token-file", "-", "GetObject", "media", "a"], &token);
        assert_eq!(output.code, code, "{case}: {output:?}");
        let told: Value =
            serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{case}, {error}: {output:?}"));
        assert_eq!(told["code"], expected, "{case}: {told:#}");
    }
    let from_file = presignd.file("token.jwt", token());
    let output = from_file.run("explain", &["--token-file", "token.jwt", "GetObject", "media", "users/42/a"], "");
    assert_eq!(output.code, 0, "{output:?}");
    assert!(output.stdout.contains("own") && output.stdout.contains("editors"), "as text: {}", output.stdout);
}

#[test]
fn what_cannot_be_explained_is_wrong_usage() {
    let partner = r#"
        [[issuers]]
        name = "partner"
        issuer = "https://partner.example"
        audiences = ["presignd"]
        hmac_secret_env = "PARTNER_SECRET"
        [[grants]]
        name = "partners"
        issuers = ["partner"]
        bucket = "media"
        prefix = ""
        actions = ["read"]
    "#;
    let presignd = setting(&[ISSUER, MEDIA, partner]).env("PARTNER_SECRET", CORP_SECRET);
    let get = ["GetObject", "media", "a"];
    for (case, arguments, code) in [
        ("several issuers and none named", [&["--claims", "{}"][..], &get].concat(), 2),
        ("an issuer named", [&["--claims", "{}", "--issuer", "partner"][..], &get].concat(), 0),
        ("another issuer named", [&["--claims", "{}", "--issuer", "corp"][..], &get].concat(), 1),
        ("no such issuer", [&["--claims", "{}", "--issuer", "x"][..], &get].concat(), 2),
        ("nobody", get.to_vec(), 2),
        ("nothing", vec!["--claims", "{}", "--issuer", "corp"], 2),
        ("claims that are no object", [&["--claims", "[]", "--issuer", "corp"][..], &get].concat(), 2),
        ("a token and claims", [&["--claims", "{}", "--token-file", "-"][..], &get].concat(), 2),
    ] {
        let output = presignd.run("explain", &arguments, "");
        assert_eq!(output.code, code, "{case}: {output:?}");
    }
}

#[test]
fn what_is_wrong_before_any_grant_is_looked_at_is_told_too() {
    let presignd = presignd();
    let put = |key: &'static str| ["PutObject", "media", key];
    let rows = [
        (
            "a key",
            vec!["--claims", "{}"],
            put("a//b"),
            "#/key: a key must not begin with a slash or hold an empty segment",
        ),
        (
            "an operation",
            vec!["--claims", "{}"],
            ["Get", "media", "a"],
            "#/operation: give one of AbortMultipartUpload,",
        ),
        (
            "claims that no token can have",
            vec!["--claims", r#"{"sub":42}"#],
            put("a"),
            "one of its claims has the wrong type",
        ),
        ("claims of another issuer", vec!["--claims", r#"{"iss":"x"}"#], put("a"), "its iss is not one of"),
        ("a token", vec!["--token-file", "-"], put("a"), "the token is not three parts"),
    ];
    for (case, who, what, expected) in rows {
        let output = presignd.run("explain", &[&who[..], &what].concat(), "x");
        assert!(output.stdout.contains(expected), "{case}: {output:?}");
        let output = presignd.run("explain", &[&["--json"], &who[..], &what].concat(), "x");
        assert!(output.stderr.contains(expected), "{case}, as JSON: {output:?}");
        assert_eq!(output.code, 1, "{case}: {output:?}");
    }
    let output = presignd.run("explain", &["--claims", "{}", "GetObject", "nowhere", "a"], "");
    assert!(output.stdout.contains("no grant is on that bucket"), "{output:?}");
    let output = presignd.run("explain", &["--claims", "{", "GetObject", "media", "a"], "");
    assert!(output.stderr.contains("--claims: not JSON: "), "{output:?}");
}
