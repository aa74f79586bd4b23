//! `presignd diagnose` and `POST /v1/diagnose`: why S3 said no, told of real URLs, and nothing kept of them.

use std::io::Write;
use std::process::Output;

use serde_json::Value;
use serde_json::json;

use crate::support::hidden;
use crate::support::presignd::Presignd;
use crate::support::service::Service;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::expect_reply;
use crate::support::setting::invalid;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::with;

const UNSIGNED: &str = "<Error><Code>AccessDenied</Code><Message>There were headers present in the request which were \
    not signed</Message><HeadersNotSigned>x-amz-acl</HeadersNotSigned></Error>";

const MISMATCH: &str = "<Error><Code>SignatureDoesNotMatch</Code></Error>";

/// What `curl -v` prints of a request without the type that is signed.
fn shown(url: &str) -> String {
    let (host, target) = url.strip_prefix("https://").unwrap().split_once('/').unwrap();
    format!("* Connected\n> PUT /{target} HTTP/1.1\n> Host: {host}\n>\n< HTTP/1.1 403 Forbidden\n<\n{MISMATCH}")
}

fn served(more: &str) -> Service {
    setting(&[ISSUER, MEDIA, ALL_OF_MEDIA, more]).serve()
}

/// A URL that was issued, with a header to send.
fn issued(service: &Service) -> String {
    let question = with(ask("PutObject", "media", "a"), &json!({"content_type": "image/png"}));
    let reply = service.post(&token(), "/v1/presign", &question);
    reply.json()["url"].as_str().unwrap().to_owned()
}

fn codes(answer: &Value) -> Vec<&str> {
    answer["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

fn run(presignd: &Presignd, arguments: &[&str], stdin: &str) -> Output {
    let mut child = presignd.command(&[&["diagnose"], arguments].concat()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    arguments.iter().chain([&stdin]).for_each(|text| hidden::signatures(text));
    hidden::look("what diagnose prints", text(&[&output.stdout[..], &output.stderr].concat()));
    output
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn the_route_answers_findings_with_what_to_do() {
    let service = served("");
    let url = issued(&service);
    for (case, body, expected) in [
        ("a right URL", json!({"url": url}), &["signed_headers"][..]),
        ("an unsigned header", json!({"url": url, "error": UNSIGNED}), &["header_not_signed"]),
        ("HTML", json!({"url": url.replace('&', "&amp;")}), &["html_escaped", "parameter_missing"]),
        ("another answer", json!({"url": url, "error": "<html>"}), &["answer_unreadable", "signed_headers"]),
        ("what curl -v prints", json!({"url": url, "error": shown(&url)}), &["header_missing"]),
    ] {
        let reply = service.post(&token(), "/v1/diagnose", &body);
        assert_eq!((reply.status, reply.header("cache-control")), (200, Some("no-store")), "{case}: {}", reply.text());
        let answer = reply.json();
        assert_eq!(codes(&answer), expected, "{case}: {answer:#}");
        for finding in answer["findings"].as_array().unwrap() {
            assert_eq!(finding.as_object().unwrap().keys().collect::<Vec<_>>(), ["code", "detail", "mend"], "{case}");
            assert!(finding["mend"].as_str().unwrap().ends_with('.'), "{case}: {finding:#}");
        }
    }
}

#[test]
fn the_route_wants_a_token_and_the_right_members() {
    let service = served("");
    let reply = service.call("POST", "/v1/diagnose").json(&json!({"url": "x"})).send();
    expect_reply("no token", &reply, Err((401, "missing_token", &[])));
    let long = "x".repeat(16 * 1024 + 1);
    let longer = "x".repeat(64 * 1024 + 1);
    for (case, body, expected) in [
        ("no object", json!([]), invalid(&["#"])),
        ("no URL", json!({}), invalid(&["#/url"])),
        ("a number", json!({"url": 1, "error": 2}), invalid(&["#/url", "#/error"])),
        ("a stranger", json!({"url": "x", "secret": "y"}), invalid(&["#/secret"])),
        ("a long URL", json!({"url": long}), invalid(&["#/url"])),
        ("a long answer", json!({"url": "x", "error": longer}), invalid(&["#/error"])),
    ] {
        expect_reply(case, &service.post(&token(), "/v1/diagnose", &body), expected);
    }
}

#[test]
fn it_costs_no_limit_of_the_subject_and_leaves_nothing_behind() {
    let service = served("[log]\nlevel = \"trace\"\n[rate_limits]\nper_subject = { rate = \"1/h\", burst = 1 }\n");
    let url = issued(&service);
    let signature = url.rsplit_once('=').unwrap().1;
    for error in [UNSIGNED, "", "<Error><Code>SignatureDoesNotMatch</Code></Error>"] {
        let reply = service.post(&token(), "/v1/diagnose", &json!({"url": url, "error": error}));
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert!(!reply.text().contains(signature), "{}", reply.text());
    }
    let refused = service.post(&token(), "/v1/diagnose", &json!({"url": url, "x": url}));
    assert!(refused.status == 400 && !refused.text().contains(signature), "{}", refused.text());
    assert_eq!(service.audited(1).len(), 1, "the URL's own line alone");
    assert!(!service.log_text().contains(signature), "{}", service.log_text());
}

#[test]
fn the_command_tells_it_in_words_or_json() {
    let url = issued(&served(""));
    let presignd = Presignd::configured("").file("answer.xml", UNSIGNED);
    let output = run(&presignd, &["--url", &url, "--error", "answer.xml"], "");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let lines: Vec<_> = text(&output.stdout).lines().collect();
    assert_eq!((lines[0], lines.len()), ("header_not_signed", 3), "{lines:#?}");
    assert!(lines[1].starts_with("  The client sent x-amz-acl") && lines[2].starts_with("  Leave"), "{lines:#?}");
    for (case, arguments, stdin) in [
        ("the URL by standard input", ["--url", "-", "--error", "answer.xml", "--json"], format!("{url}\n")),
        ("the answer by standard input", ["--url", &url, "--error", "-", "--json"], UNSIGNED.to_owned()),
    ] {
        let output = run(&presignd, &arguments, &stdin);
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(codes(&told), ["header_not_signed"], "{case}");
    }
}

#[test]
fn the_command_fails_where_nothing_is_wrong_or_readable() {
    let service = served("");
    let reply = service.post(&token(), "/v1/presign", &ask("GetObject", "media", "a"));
    let url = reply.json()["url"].as_str().unwrap().to_owned();
    let presignd = Presignd::configured("").file("large.xml", "x".repeat(70_000));
    for (case, arguments, code, words) in [
        ("a right URL", &["--url", &url][..], 1, "nothing is wrong"),
        ("no such file", &["--url", &url, "--error", "nowhere.xml"], 1, "nowhere.xml: No such file"),
        ("too long a file", &["--url", &url, "--error", "large.xml"], 1, "at most 65536 bytes"),
        ("two standard inputs", &["--url", "-", "--error", "-"], 2, "only one of"),
        ("no URL", &["--error", "large.xml"], 2, "--url"),
    ] {
        let output = run(&presignd, arguments, "");
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{case}: {said}");
        assert!(said.contains(words) && !said.contains("X-Amz-Signature"), "{case}: {said}");
    }
}
