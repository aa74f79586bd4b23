//! Attacks from outside. On tokens: each is refused, and all bad tokens by the same answer. On grants: a room of tables.

use std::collections::HashSet;

use serde_json::Value;
use serde_json::json;

use crate::callers::Stage;
use crate::callers::of_corp;
use crate::support::client::Reply;
use crate::support::setting::ask;

mod claims;
mod forged;
mod grants;
mod shapes;

/// What is attempted, and the token.
type Attack = (&'static str, String);

#[test]
fn every_bad_token_gets_the_same_answer() {
    let stage = Stage::new();
    let attacks = [shapes::attacks(&stage), forged::attacks(&stage), claims::attacks(&stage)].concat();
    let names: HashSet<_> = attacks.iter().map(|(name, _)| name).collect();
    assert!(names.len() == attacks.len() && names.len() >= 200, "{} attacks, {} names", attacks.len(), names.len());
    let first = stage.ask_with("garbage", "corp/a");
    let alike = |reply: &Reply| {
        let mut problem = reply.json();
        assert_eq!(problem["request_id"].as_str(), reply.header("x-request-id"));
        problem["request_id"] = Value::Null;
        let varies = ["x-request-id", "date", "content-length"];
        let headers: Vec<_> = reply.headers.iter().filter(|(name, _)| !varies.contains(&name.as_str())).collect();
        (reply.status, problem, format!("{headers:?}"))
    };
    let expected = alike(&first);
    assert_eq!((expected.0, &expected.1["code"]), (401, &json!("invalid_token")));
    let challenge = first.header("www-authenticate").unwrap();
    assert!(challenge.starts_with("Bearer ") && challenge.contains(r#"error="invalid_token""#), "{challenge}");
    for (name, token) in attacks {
        // A second time, for what might have been kept of the first.
        for _ in 0..2 {
            for key in ["corp/a", "partner/a"] {
                assert_eq!(alike(&stage.ask_with(&token, key)), expected, "{name}");
            }
        }
    }
    assert!(stage.service.metric(r#"presignd_refusals_total{code="invalid_token"}"#) >= 800.0);
    assert_eq!(stage.service.metric(r#"presignd_refusals_total{code="internal_error"}"#), 0.0);
}

/// How a good token is shown, and what is said to that.
type Shown = (&'static str, Vec<(&'static str, String)>, &'static str);

#[test]
fn a_good_token_is_believed_in_one_authorization_header_alone() {
    let stage = Stage::new();
    let good = stage.corp.token(&of_corp(&json!({})));
    let authorization = |value: String| vec![("authorization", value)];
    let cases: Vec<Shown> = vec![
        ("no header", vec![], "missing_token"),
        ("an empty header", authorization(String::new()), "missing_token"),
        ("no scheme", authorization(good.clone()), "missing_token"),
        ("the scheme alone", authorization("Bearer".to_owned()), "missing_token"),
        ("no blank behind the scheme", authorization(format!("Bearer{good}")), "missing_token"),
        ("a colon behind the scheme", authorization(format!("Bearer:{good}")), "missing_token"),
        ("a tab behind the scheme", authorization(format!("Bearer\t{good}")), "missing_token"),
        ("the scheme DPoP", authorization(format!("DPoP {good}")), "missing_token"),
        ("the scheme JWT", authorization(format!("JWT {good}")), "missing_token"),
        ("the scheme Token", authorization(format!("Token {good}")), "missing_token"),
        ("the scheme Basic", authorization("Basic YTpi".to_owned()), "missing_token"),
        ("Basic before Bearer", authorization(format!("Basic YTpi, Bearer {good}")), "missing_token"),
        ("in a cookie", vec![("cookie", format!("access_token={good}; Authorization=Bearer {good}"))], "missing_token"),
        ("to a proxy", vec![("proxy-authorization", format!("Bearer {good}"))], "missing_token"),
        ("in a header of its own", vec![("x-access-token", good.clone())], "missing_token"),
        ("as a forwarded one", vec![("x-forwarded-authorization", format!("Bearer {good}"))], "missing_token"),
        ("by a WebSocket's protocol", vec![("sec-websocket-protocol", format!("bearer, {good}"))], "missing_token"),
        (
            "twice",
            [authorization(format!("Bearer {good}")), authorization(format!("Bearer {good}"))].concat(),
            "invalid_token",
        ),
        (
            "before another scheme",
            [authorization(format!("Bearer {good}")), authorization("Basic YTpi".into())].concat(),
            "invalid_token",
        ),
        ("twice in one header", authorization(format!("Bearer {good}, Bearer {good}")), "invalid_token"),
        ("with a parameter", authorization(format!("Bearer {good}; a=b")), "invalid_token"),
        ("in quotes", authorization(format!("Bearer \"{good}\"")), "invalid_token"),
        ("as a parameter", authorization(format!("Bearer token={good}")), "invalid_token"),
        ("the scheme twice", authorization(format!("Bearer Bearer {good}")), "invalid_token"),
        ("percent-encoded", authorization(format!("Bearer {}", good.replacen('.', "%2E", 1))), "invalid_token"),
        ("with a byte of Latin-1", authorization(format!("Bearer {good}\u{e9}")), "invalid_token"),
    ];
    for (name, headers, code) in cases {
        let call = stage.service.call("POST", "/v1/presign").json(&ask("GetObject", "media", "corp/a"));
        let reply = headers.iter().fold(call, |call, (name, value)| call.header(name, value)).send();
        assert_eq!((reply.status, reply.code().as_str()), (401, code), "{name}");
        let challenge = reply.header("www-authenticate").unwrap();
        assert!(challenge.starts_with("Bearer realm=\"presignd\""), "{name}: {challenge}");
        assert_eq!(challenge.contains("error="), code == "invalid_token", "{name}: RFC 6750, 3.1: {challenge}");
    }
    for path in ["/v1/grants?access_token=", "/v1/grants?authorization=Bearer%20", "/v1/grants?token="] {
        assert_eq!(stage.service.call("GET", &format!("{path}{good}")).send().code(), "missing_token", "{path}");
    }
    let form = stage.service.call("POST", "/v1/presign").header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(form.body(format!("access_token={good}")).send().code(), "missing_token", "in a form");
    let mut body = ask("GetObject", "media", "corp/a");
    body["access_token"] = json!(good);
    assert_eq!(stage.service.call("POST", "/v1/presign").json(&body).send().code(), "missing_token", "in the body");
    let huge = stage.ask_with(&"a".repeat(200_000), "corp/a");
    assert_eq!((huge.status, huge.code().as_str()), (431, "headers_too_large"));
    for scheme in ["bearer", "BEARER", "Bearer "] {
        assert_eq!(stage.ask(&format!("{scheme} {good}"), "corp/a").status, 200, "{scheme:?}");
    }
}
