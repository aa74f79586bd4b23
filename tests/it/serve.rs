//! `presignd serve` as a process: how it starts, what it does on signals, how it ends.

use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::net::TcpStream;

use serde_json::Value;
use serde_json::json;

use crate::support::client::begin;
use crate::support::eventually;
use crate::support::presignd::Presignd;
use crate::support::service::field;
use crate::support::service::message;
use crate::support::tokens::Issuer;
use crate::support::tokens::claims;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

const CONFIGURATION: &str = r#"
[[issuers]]
name = "corp"
issuer = "https://idp.example.com/"
audiences = ["presignd"]
hmac_secret_env = "JWT_SECRET"
[buckets.media]
bucket = "acme-media"
region = "eu-west-1"
[[grants]]
name = "own-folder"
bucket = "media"
prefix = "users/{sub}/"
actions = ["read", "write"]
"#;

fn configured(more: &str) -> Presignd {
    Presignd::configured(&format!("{CONFIGURATION}{more}"))
        .env("JWT_SECRET", SECRET)
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
}

fn token() -> String {
    Issuer::hmac(SECRET).token(&claims("https://idp.example.com/", "presignd", "42", &json!({})))
}

fn upload() -> Value {
    json!({"operation": "PutObject", "bucket": "media", "key": "users/42/a.png"})
}

#[test]
fn a_service_starts_issues_and_ends_on_sigterm() {
    let mut service = configured("").serve();
    service.ready();
    let reply = service.post(&token(), "/v1/presign", &upload());
    assert_eq!(reply.status, 200, "{}", reply.text());
    let started = service.logged("listening", |line| message(line) == "listening");
    assert_eq!(field(&started, "version"), env!("CARGO_PKG_VERSION"));
    assert_eq!(eventually("its line", || service.audit().pop())["decision"], "issued");
    service.signal("TERM");
    assert!(service.ended().success(), "{}", service.log_text());
    for secret in [token().as_str(), SECRET, "wJalrXUtnFEMI", "X-Amz-Signature"] {
        assert!(!service.log_text().contains(secret), "{secret}");
    }
}

#[test]
fn a_request_that_has_begun_is_answered_while_the_service_drains() {
    let mut service = configured("").serve();
    service.ready();
    let body = upload().to_string();
    let mut begun = begin(service.address, &token(), body.len());
    service.signal("TERM");
    eventually("not ready", || (service.admin("/readyz").status == 503).then_some(()));
    eventually("no new connections", || TcpStream::connect(service.address).is_err().then_some(()));
    begun.write_all(body.as_bytes()).unwrap();
    let mut text = String::new();
    begun.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.contains("\r\nconnection: close\r\n"), "{text}");
    assert!(service.ended().success(), "{}", service.log_text());
}

#[test]
fn a_drain_ends_in_time_whatever_a_client_does() {
    let mut service = configured("[server]\ndrain = \"1s\"\nheader_timeout = \"60s\"\n").serve();
    let mut half = TcpStream::connect(service.address).unwrap();
    half.write_all(b"GET /openapi.json HTTP/1.1\r\n").unwrap();
    service.signal("INT");
    assert!(service.ended().success(), "{}", service.log_text());
}

#[test]
fn a_renamed_audit_log_is_opened_anew_on_sighup() {
    let service = configured("[audit]\npath = \"audit.jsonl\"\n").serve();
    service.ready();
    assert_eq!(service.post(&token(), "/v1/presign", &upload()).status, 200);
    let (path, renamed) = (service.presignd.path("audit.jsonl"), service.presignd.path("audit.jsonl.1"));
    std::fs::rename(&path, &renamed).unwrap();
    service.signal("HUP");
    eventually("a new file", || path.exists().then_some(()));
    assert_eq!(service.post(&token(), "/v1/presign", &upload()).status, 200);
    let lines = |path| std::fs::read_to_string(path).unwrap().lines().count();
    assert_eq!((lines(&renamed), lines(&path)), (1, 1));
}

#[test]
fn a_second_service_on_the_same_audit_log_waits_and_ends() {
    let audit = "[server]\ndrain = \"1s\"\n[audit]\npath = \"audit.jsonl\"\n";
    let first = configured(audit).serve();
    first.ready();
    let mut second = first.presignd.command(&["serve", "--config", "presignd.toml"]).spawn().unwrap();
    assert_eq!(second.wait().unwrap().code(), Some(1));
}

#[test]
fn what_is_wrong_with_a_configuration_is_told_as_check_does() {
    let wrong = Presignd::configured(&CONFIGURATION.replace("actions", "action"));
    let (serve, check) = (wrong.run("serve", &[], ""), wrong.run("check", &[], ""));
    assert_eq!((serve.code, check.code), (1, 1));
    assert_eq!(serve.stderr, check.stderr);
    assert!(serve.stderr.contains("presignd.toml:"), "{}", serve.stderr);
}

#[test]
fn warnings_are_lines_of_the_log() {
    let service = configured("").serve();
    let told = service.logged("a warning", |line| message(line).contains("presignd.toml:"));
    assert_eq!(told["level"], "WARN", "{told}");
}

#[test]
fn a_peer_that_is_no_trusted_proxy_is_warned_of_once() {
    let mut service = configured("").serve();
    for _ in 0..3 {
        let call = service.call("POST", "/v1/presign").header("x-forwarded-for", "198.51.100.1");
        assert_eq!(call.send().code(), "missing_token");
    }
    service.signal("TERM");
    assert!(service.ended().success());
    let log = service.log();
    let warned = log.iter().filter(|line| message(line).starts_with("not believed"));
    let addresses: Vec<_> = warned.map(|line| field(line, "address")).collect();
    assert_eq!(addresses, ["127.0.0.1"]);
}

#[test]
fn a_taken_port_ends_the_start_with_its_reason() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = format!("[server]\nlisten = \"{}\"\n", taken.local_addr().unwrap());
    let output = configured(&listen).run("serve", &[], "");
    assert_eq!(output.code, 1);
    assert!(output.stderr.contains("cannot listen on") && output.stderr.contains("server.listen"), "{}", output.stderr);
}

#[test]
fn a_service_without_its_secrets_starts_and_is_not_ready() {
    let service = Presignd::configured(CONFIGURATION).serve();
    let reply = service.admin("/readyz?verbose");
    assert_eq!(reply.status, 503, "{}", reply.text());
    let checks = reply.json();
    let failed: Vec<_> = checks["checks"].as_array().unwrap().iter().filter(|check| check["ok"] == false).collect();
    let names: Vec<_> = failed.iter().map(|check| check["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["issuers", "credentials"], "{checks}");
    assert!(checks.to_string().contains("without keys: corp"), "{checks}");
}

#[test]
fn the_openapi_document_is_served_as_it_is_printed() {
    let service = configured("").serve();
    let printed = Presignd::configured("").command(&["openapi"]).output().unwrap();
    assert!(printed.status.success());
    let yaml = service.call("GET", "/openapi.yaml").send();
    assert_eq!((yaml.status, yaml.header("content-type")), (200, Some("application/yaml")));
    assert_eq!(yaml.text().into_bytes(), printed.stdout);
    assert_eq!(service.call("GET", "/openapi.json").send().json()["openapi"], "3.1.0");
}
