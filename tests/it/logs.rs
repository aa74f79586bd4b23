//! The log: refusals are told, but nobody can fill it.

use std::collections::HashMap;

use serde_json::Value;
use serde_json::json;

use crate::support::service::Service;
use crate::support::service::field;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::setting::token;

fn served(log: &str) -> Service {
    setting(&["[log]\n", log, ISSUER, MEDIA, ALL_OF_MEDIA]).serve()
}

#[test]
fn what_fails_before_a_decision_is_logged_at_most_once_a_second_for_each_code() {
    let service = served("");
    for number in 0..100 {
        service.post("x", "/v1/presign", &ask("GetObject", "media", "a"));
        service.post(&token(), "/v1/presign", &json!({"x": number}));
        service.call("GET", &format!("/{number}")).send();
    }
    service.post(&token(), "/v1/presign", &ask("GetObject", "nowhere", "a"));
    for code in ["invalid_token", "invalid_request", "not_found"] {
        service.logged(code, |line| field(line, "code") == code);
    }
    let mut last: HashMap<String, time::OffsetDateTime> = HashMap::new();
    for line in service.log() {
        let Some(code) = field(&line, "code").as_str().map(str::to_owned) else { continue };
        let at = field(&line, "timestamp").as_str().unwrap();
        let at = time::OffsetDateTime::parse(at, &time::format_description::well_known::Rfc3339).unwrap();
        if let Some(before) = last.insert(code.clone(), at) {
            assert!((at - before).as_seconds_f64() > 0.9, "{code} again after {}", at - before);
        }
    }
    assert!(last.len() >= 3, "{last:?}");
}

#[test]
fn every_line_is_json_with_the_request_it_is_about() {
    let service = served("");
    let call = service.call("POST", "/v1/presign").bearer("x").header("x-request-id", "the-request");
    call.json(&ask("GetObject", "media", "a")).send();
    let line = service.logged("the refusal", |line| field(line, "code") == "invalid_token");
    assert_eq!(field(&line, "request_id"), "the-request", "{line:#}");
    assert!(service.log().iter().all(Value::is_object), "{}", service.log_text());
}

#[test]
fn a_level_and_a_format_are_taken_at_their_word() {
    let is_debug = |line: &Value| line["level"] == "DEBUG";
    for (level, told) in [("", false), ("level = \"debug\"\n", true)] {
        let service = served(level);
        assert_eq!(service.get(&token(), "/v1/grants").status, 200);
        if told {
            service.logged("a line of that level", is_debug);
        }
        assert_eq!(service.log().iter().any(is_debug), told, "{level:?}: {}", service.log_text());
    }
    let text = setting(&["[log]\nformat = \"text\"\n", ISSUER, MEDIA, ALL_OF_MEDIA]).start();
    let line = crate::support::eventually("a line", || {
        text.log_text().lines().find(|line| line.contains("listening")).map(str::to_owned)
    });
    assert!(serde_json::from_str::<Value>(&line).is_err(), "{line}");
    assert!(!line.contains('\u{1b}'), "no colours where nobody looks: {line:?}");
}
