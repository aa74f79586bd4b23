//! A changed configuration while the service runs: everything takes effect but what needs a restart.

use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;

use serde_json::Value;
use serde_json::json;

use crate::support::PATIENCE;
use crate::support::client::Reply;
use crate::support::client::begin;
use crate::support::eventually;
use crate::support::service::Service;
use crate::support::service::message;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::token_with;
use crate::support::setting::with;

/// Another value of each setting that has an effect to be seen.
const AFTER: &str = r#"
    [server]
    public_url = "https://uploads.example.com"
    cors_origins = ["https://app.example.com"]
    trusted_proxies = ["127.0.0.1/32"]
    client_address_header = "forwarded"
    request_timeout = "2s"
    header_timeout = "2s"
    idle_timeout = "2s"
    max_body = "2KB"
    max_batch = 1
    max_connections = 4
    max_in_flight = 1
    redirects = true
    drain = "0s"
    [log]
    level = "debug"
    format = "text"
    [expiry]
    default = "10m"
    max = "20m"
    [[issuers]]
    name = "corp"
    issuer = "https://idp.example/"
    audiences = ["presignd", "second"]
    hmac_secret_env = "CORP_SECRET"
    [credentials.second]
    provider = "environment"
    env_prefix = "SECOND_"
    [buckets.media]
    bucket = "acme-second"
    region = "us-east-2"
    [[grants]]
    name = "second"
    bucket = "media"
    prefix = ""
    actions = ["read"]
    [rate_limits]
    per_address = { rate = "100/s", burst = 777 }
    [audit]
    chain_key_env = "AUDIT_KEY"
"#;

fn read() -> Value {
    ask("GetObject", "media", "a")
}

/// What is issued for a read, and a member of it.
fn issued(service: &Service, more: &Value, member: &str) -> String {
    let reply = service.post(&token(), "/v1/presign", &with(read(), more));
    let answer = reply.json();
    match &answer[member] {
        Value::Null => answer["code"].as_str().unwrap().to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn url(service: &Service) -> String {
    issued(service, &json!({}), "url")
}

fn status(reply: &Reply) -> String {
    reply.status.to_string()
}

/// A member of the audit line of a read that comes behind a proxy.
fn audited(service: &Service, member: &str) -> String {
    let before = service.audit().len();
    let call = service.call("POST", "/v1/presign").header("forwarded", "for=198.51.100.7").bearer(&token());
    assert_eq!(call.json(&read()).send().status, 200);
    let line = service.audited(before + 1)[before].clone();
    line[member].as_str().unwrap_or("none").to_owned()
}

fn header(service: &Service, name: &str) -> String {
    let reply = service.call("GET", "/v1/grants").header("origin", "https://app.example.com").send();
    reply.header(name).unwrap_or("none").to_owned()
}

/// A request whose body the service waits for.
fn begun(service: &Service) -> TcpStream {
    begin(service.address, &token(), read().to_string().len())
}

/// A request on a connection that may be kept.
fn kept(service: &Service) -> (TcpStream, Reply) {
    let mut stream = TcpStream::connect(service.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(b"GET /v1/grants HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let reply = Reply::read(BufReader::new(&stream), false).unwrap();
    (stream, reply)
}

fn beside_one(service: &Service) -> String {
    let _busy = begun(service);
    status(&service.call("GET", "/v1/grants").bearer(&token()).send())
}

fn beside_three(service: &Service) -> String {
    let _idle = [(); 3].map(|()| TcpStream::connect(service.address).unwrap());
    kept(service).1.header("connection").unwrap_or("kept").to_owned()
}

/// What it looks at, what is seen there, and what is to be seen before and after.
type Row = (&'static str, fn(&Service) -> String, &'static str, &'static str);

const ROWS: [Row; 17] = [
    ("grants", |service| issued(service, &json!({}), "grant"), "all", "second"),
    (
        "buckets",
        |service| url(service).split('.').next().unwrap().to_owned(),
        "https://acme-media",
        "https://acme-second",
    ),
    ("credentials", |service| url(service).contains("Credential=AKIDSECOND").to_string(), "false", "true"),
    ("expiry.default", |service| issued(service, &json!({}), "expires_in"), "900", "600"),
    (
        "expiry.max",
        |service| issued(service, &json!({"expires_in": 1500}), "expires_in"),
        "1500",
        "expires_in_too_long",
    ),
    (
        "audiences",
        |service| status(&service.post(&token_with(&json!({"aud": "second"})), "/v1/presign", &read())),
        "401",
        "200",
    ),
    (
        "server.public_url",
        |service| status(&service.call("GET", "/.well-known/oauth-protected-resource").send()),
        "404",
        "200",
    ),
    (
        "server.cors_origins",
        |service| header(service, "access-control-allow-origin"),
        "none",
        "https://app.example.com",
    ),
    ("server.trusted_proxies", |service| audited(service, "client_address"), "127.0.0.1", "198.51.100.7"),
    (
        "server.max_body",
        |service| {
            let call = service.call("POST", "/v1/presign").bearer(&token()).header("content-type", "application/json");
            status(&call.body(format!("{}{}", read(), " ".repeat(3000))).send())
        },
        "200",
        "413",
    ),
    (
        "server.max_batch",
        |service| status(&service.post(&token(), "/v1/presign/batch", &json!({"requests": [read(), read()]}))),
        "200",
        "400",
    ),
    ("server.max_connections", beside_three, "kept", "close"),
    ("server.max_in_flight", beside_one, "200", "503"),
    ("server.redirects", |service| status(&service.get(&token(), "/v1/objects/media/a")), "404", "307"),
    ("rate_limits", |service| header(service, "ratelimit-policy"), "none", "\"per_address\";q=777;w=8"),
    ("log", |service| service.log().iter().any(Value::is_string).to_string(), "false", "true"),
    ("audit.chain_key_env", |service| (audited(service, "chain").len() == 64).to_string(), "false", "true"),
];

#[test]
fn every_setting_takes_effect_while_the_service_runs_but_those_that_need_a_restart() {
    let before = setting(&[ISSUER, MEDIA, ALL_OF_MEDIA, "[audit]\npath = \"stdout\"\n"]);
    let before = before.env("SECOND_AWS_ACCESS_KEY_ID", "AKIDSECOND").env("SECOND_AWS_SECRET_ACCESS_KEY", "s");
    let mut service = before.env("AUDIT_KEY", "an-audit-key-of-32-bytes-or-more").serve();
    service.ready();
    for (row, seen, expected, _) in ROWS {
        assert_eq!(seen(&service), expected, "{row}, before");
    }
    assert_eq!(service.metric("presignd_grants{effect=\"allow\"}"), 1.0);
    service.reconfigured(&[AFTER]);
    for (row, seen, _, expected) in ROWS {
        eventually(row, || (seen(&service) == expected).then_some(()));
    }
    service.logged("a line of debug, in text", |line| line.as_str().is_some_and(|line| line.contains("DEBUG")));
    times_are_others(&service);
    let _busy = begun(&service);
    service.signal("TERM");
    assert!(service.ended().success());
    assert!(service.log_text().contains("requests were cut that took longer than server.drain"));
}

/// A connection that sends nothing, one that is kept for nothing, and a body that does not come: each ends.
fn times_are_others(service: &Service) {
    let mut silent = TcpStream::connect(service.address).unwrap();
    silent.set_read_timeout(Some(PATIENCE)).unwrap();
    let (mut idle, mut busy) = (kept(service).0, begun(service));
    let rest = |stream: &mut TcpStream| {
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text.split("\r\n").next().unwrap().to_owned()
    };
    assert_eq!(rest(&mut silent), "HTTP/1.1 408 Request Timeout", "server.header_timeout");
    assert_eq!(rest(&mut busy), "HTTP/1.1 408 Request Timeout", "server.request_timeout");
    assert_eq!(rest(&mut idle), "", "server.idle_timeout");
}

#[test]
fn lines_of_the_audit_may_be_required_from_a_reload_on_or_not() {
    let audit = |more: &str| format!("[audit]\npath = \"/dev/full\"\n{more}\n");
    let parts = |audit: &str| [audit, ISSUER, MEDIA, ALL_OF_MEDIA].concat();
    let service = setting(&[&parts(&audit(""))]).serve();
    let asked = || service.post(&token(), "/v1/presign", &read()).status;
    assert_eq!((asked(), service.admin("/readyz").status), (503, 503));
    service.reconfigured(&[&parts(&audit("required = false"))]);
    assert_eq!((asked(), service.admin("/readyz").status), (200, 200));
    service.reconfigured(&[&parts(&audit("required = true\nsync = true"))]);
    assert_eq!((asked(), service.admin("/readyz").status), (503, 503));
}

#[test]
fn warnings_of_a_new_configuration_are_logged_as_those_of_the_first_are() {
    let service = setting(&[ISSUER, MEDIA, ALL_OF_MEDIA]).serve();
    let of_a_token_type = |line: &Value| message(line).contains("without token_type");
    let count = || service.log().iter().filter(|line| of_a_token_type(line)).count();
    assert_eq!(count(), 1);
    let before = service.metric("presignd_config_last_success_timestamp_seconds");
    service.reconfigured(&[MEDIA, ALL_OF_MEDIA, ISSUER]);
    eventually("the warning", || (count() == 2).then_some(()));
    assert!(service.metric("presignd_config_last_success_timestamp_seconds") > before);
    service.logged("that it is in force", |line| message(line) == "configuration taken up" && line["level"] == "INFO");
}
