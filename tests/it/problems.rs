//! Every code of the contract that this version has: a request that gets it, and the shape of the answer.

use std::collections::BTreeSet;
use std::io::BufReader;
use std::io::Write;
use std::net::TcpStream;

use serde_json::Value;
use serde_json::json;

use crate::support::PATIENCE;
use crate::support::client::Reply;
use crate::support::now;
use crate::support::service::Service;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::token_with;
use crate::support::setting::with;
use crate::support::tokens::Issuer;
use crate::support::tokens::claims;

const CONFIG: &str = r#"
    [server]
    max_body = "16KiB"
    request_timeout = "1s"
    [rate_limits]
    per_subject = { rate = "1/h", burst = 100 }
    [[issuers]]
    name = "keyless"
    issuer = "https://keyless.example"
    audiences = ["presignd"]
    jwks_file = "absent.json"
    [credentials.main]
    provider = "environment"
    [credentials.absent]
    provider = "file"
    path = "absent-credentials.json"
    [buckets.media]
    bucket = "acme-media"
    region = "eu-west-1"
    credentials = "main"
    [buckets.formless]
    bucket = "acme-formless"
    endpoint = "https://account.r2.cloudflarestorage.com"
    store = "r2"
    credentials = "main"
    [buckets.unsigned]
    bucket = "acme-unsigned"
    region = "eu-west-1"
    credentials = "absent"
    [[grants]]
    name = "open"
    issuers = ["corp"]
    bucket = "media"
    prefix = ""
    actions = ["read", "write"]
    [[grants]]
    name = "small"
    issuers = ["corp"]
    bucket = "media"
    prefix = "small/"
    actions = ["write"]
    upload = { max_size = "1KB" }
    [[grants]]
    name = "off"
    issuers = ["corp"]
    bucket = "media"
    prefix = "off/"
    actions = ["read"]
    enabled = false
    [[grants]]
    name = "sealed"
    effect = "deny"
    bucket = "media"
    prefix = "sealed/"
    [[grants]]
    name = "formless"
    issuers = ["corp"]
    bucket = "formless"
    prefix = ""
    actions = ["write"]
    [[grants]]
    name = "unsigned"
    issuers = ["corp"]
    bucket = "unsigned"
    prefix = ""
    actions = ["read"]
"#;

/// Status, code, and a request that gets them.
type Case = (u16, &'static str, Box<dyn Fn(&Service) -> Reply>);

fn post(token: String, body: Value) -> Box<dyn Fn(&Service) -> Reply> {
    Box::new(move |service| service.post(&token, "/v1/presign", &body))
}

fn cases() -> Vec<Case> {
    let get = |key: &str| ask("GetObject", "media", key);
    let keyless = Issuer::ecdsa("k1").token(&claims("https://keyless.example", "presignd", "42", &json!({})));
    let long = with(get("a"), &json!({"expires_in": 3601}));
    vec![
        (
            400,
            "malformed_json",
            Box::new(|service| {
                service
                    .call("POST", "/v1/presign")
                    .bearer(&token())
                    .header("content-type", "application/json")
                    .body("{")
                    .send()
            }),
        ),
        (400, "invalid_request", post(token(), with(get("a"), &json!({"x": 1})))),
        (400, "invalid_key", post(token(), get("a/../b"))),
        (400, "expires_in_too_long", post(token(), long)),
        (400, "not_supported_by_store", post(token(), ask("PostObject", "formless", "a"))),
        (401, "missing_token", Box::new(|service| service.call("GET", "/v1/grants").send())),
        (401, "invalid_token", post("x".to_owned(), get("a"))),
        (401, "expired_token", post(token_with(&json!({"exp": now() - 60})), get("a"))),
        (403, "no_grant", post(token(), ask("GetObject", "nowhere", "a"))),
        (403, "denied", post(token(), get("sealed/a"))),
        (403, "grant_not_satisfied", post(token(), ask("PutObject", "media", "small/a"))),
        (403, "grant_disabled", post(token(), get("off/a"))),
        (404, "not_found", Box::new(|service| service.call("GET", "/nowhere").send())),
        (405, "method_not_allowed", Box::new(|service| service.call("DELETE", "/v1/presign").send())),
        (408, "request_timeout", Box::new(unfinished)),
        (413, "body_too_large", post(token(), with(get("a"), &json!({"x": "x".repeat(16 << 10)})))),
        (
            415,
            "unsupported_media_type",
            Box::new(|service| {
                service
                    .call("POST", "/v1/presign")
                    .bearer(&token())
                    .header("content-type", "text/plain")
                    .body("{}")
                    .send()
            }),
        ),
        (
            431,
            "headers_too_large",
            Box::new(|service| service.call("GET", "/v1/grants").header("x-large", &"x".repeat(1 << 20)).send()),
        ),
        (
            429,
            "rate_limited",
            Box::new(|service| {
                let spender = token_with(&json!({"sub": "spender"}));
                let batch = json!({"requests": vec![ask("GetObject", "media", "a"); 100]});
                assert_eq!(service.post(&spender, "/v1/presign/batch", &batch).status, 200);
                service.post(&spender, "/v1/presign", &ask("GetObject", "media", "a"))
            }),
        ),
        (503, "credentials_unavailable", post(token(), ask("GetObject", "unsigned", "a"))),
        (
            503,
            "keys_unavailable",
            Box::new(move |service| service.post(&keyless, "/v1/presign", &ask("GetObject", "media", "a"))),
        ),
        (
            503,
            "audit_unavailable",
            Box::new(|_| {
                let audit = "[audit]\npath = \"/dev/full\"\n";
                let service = setting(&[audit, ISSUER, MEDIA, crate::support::setting::ALL_OF_MEDIA]).serve();
                service.post(&token(), "/v1/presign", &ask("GetObject", "media", "a"))
            }),
        ),
        (
            503,
            "overloaded",
            Box::new(|_| {
                let server = "[server]\nmax_in_flight = 1\nrequest_timeout = \"60s\"\n";
                let service = setting(&[server, ISSUER, MEDIA, crate::support::setting::ALL_OF_MEDIA]).serve();
                let held = begun(&service);
                let in_flight = || (service.metric("presignd_requests_in_flight") == 1.0).then_some(());
                crate::support::eventually("the request in flight", in_flight);
                let over = service.get(&token(), "/v1/grants");
                drop(held);
                over
            }),
        ),
    ]
}

/// A request whose body is yet to come.
fn begun(service: &Service) -> TcpStream {
    let mut stream = TcpStream::connect_timeout(&service.address, PATIENCE).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!("POST /v1/presign HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}", token());
    write!(stream, "{head}\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n").unwrap();
    stream
}

fn unfinished(service: &Service) -> Reply {
    Reply::read(BufReader::new(begun(service)), false).unwrap()
}

/// The contract's codes that no request gets from here: nothing asks for MFA, and an internal error would be a bug.
const NOT_TO_BE_HAD: [&str; 2] = ["insufficient_authentication", "internal_error"];

const OF_THE_CONTRACT: [&str; 25] = [
    "audit_unavailable",
    "body_too_large",
    "credentials_unavailable",
    "denied",
    "expired_token",
    "expires_in_too_long",
    "grant_disabled",
    "grant_not_satisfied",
    "headers_too_large",
    "insufficient_authentication",
    "internal_error",
    "invalid_key",
    "invalid_request",
    "invalid_token",
    "keys_unavailable",
    "malformed_json",
    "method_not_allowed",
    "missing_token",
    "no_grant",
    "not_found",
    "not_supported_by_store",
    "overloaded",
    "rate_limited",
    "request_timeout",
    "unsupported_media_type",
];

#[test]
fn every_code_has_its_status_and_the_shape_of_a_problem() {
    let service = setting(&[CONFIG, ISSUER]).serve();
    let mut seen = BTreeSet::from(NOT_TO_BE_HAD);
    for (status, code, request) in cases() {
        let reply = request(&service);
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{}", reply.text());
        assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{code}");
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{code}");
        has_its_members(code, &reply);
        has_its_headers(code, &reply);
        seen.insert(code);
    }
    assert_eq!(seen, BTreeSet::from(OF_THE_CONTRACT), "a request for every code");
}

#[track_caller]
fn has_its_members(code: &str, reply: &Reply) {
    let problem = reply.json();
    assert_eq!(problem["type"], format!("https://presignd.dev/problems/{code}"));
    assert_eq!(problem["status"], reply.status, "{code}");
    assert_eq!(problem["request_id"].as_str(), reply.header("x-request-id"), "{code}");
    for member in ["title", "detail"] {
        assert!(problem[member].as_str().is_some_and(|text| text.len() > 5), "{code}: {problem:#}");
    }
    let sometimes = ["errors", "max_expires_in", "retry_after"];
    let known = ["type", "title", "status", "detail", "code", "request_id"];
    for member in problem.as_object().unwrap().keys() {
        assert!(known.contains(&member.as_str()) || sometimes.contains(&member.as_str()), "{code}: {member}");
    }
    let has = |member: &str| problem.get(member).is_some();
    let of_members =
        ["invalid_request", "invalid_key", "expires_in_too_long", "grant_not_satisfied", "not_supported_by_store"]
            .contains(&code);
    assert_eq!(has("errors"), of_members, "{code}: {problem:#}");
    for error in problem["errors"].as_array().into_iter().flatten() {
        assert_eq!(error.as_object().unwrap().keys().collect::<Vec<_>>(), ["pointer", "detail"], "{code}");
    }
    assert_eq!(has("max_expires_in"), code == "expires_in_too_long", "{code}: {problem:#}");
    assert_eq!(
        problem["retry_after"].as_u64().map(|wait| wait.to_string()).as_deref(),
        reply.header("retry-after"),
        "{code}"
    );
}

#[track_caller]
fn has_its_headers(code: &str, reply: &Reply) {
    let has = |header: &str| reply.header(header).is_some();
    assert_eq!(has("www-authenticate"), reply.status == 401, "{code}: {reply:?}");
    assert_eq!(has("allow"), reply.status == 405, "{code}: {reply:?}");
    assert_eq!(has("retry-after"), [429, 503].contains(&reply.status), "{code}: {reply:?}");
    if let Some(wait) = reply.header("retry-after") {
        assert!(wait.parse::<u64>().unwrap() >= 1, "{code}: {wait}");
    }
}

#[test]
fn the_document_lists_every_code_and_no_other() {
    let printed = setting(&[]).command(&["openapi"]).output().unwrap();
    let text = String::from_utf8(printed.stdout).unwrap();
    for code in OF_THE_CONTRACT.iter().filter(|code| !NOT_TO_BE_HAD.contains(code)) {
        assert!(text.contains(code), "{code} is not in openapi.yaml");
    }
}
