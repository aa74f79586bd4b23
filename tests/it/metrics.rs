//! Metrics: their names and labels, that they move, and that no caller makes series of them.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::eventually;
use crate::support::service::Service;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::token_with;

const CONFIG: &str = r#"
    [rate_limits]
    per_subject = { rate = "1/h", burst = 30 }
    [[grants]]
    name = "sealed"
    effect = "deny"
    bucket = "media"
    prefix = "sealed/"
"#;

fn served() -> Service {
    setting(&[CONFIG, ISSUER, MEDIA, ALL_OF_MEDIA]).serve()
}

/// The series of the service's own metrics, without values.
fn series(service: &Service) -> BTreeSet<String> {
    let text = service.admin("/metrics").text();
    let own = text.lines().filter(|line| line.starts_with("presignd_"));
    own.map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect()
}

#[test]
fn they_move_with_what_happens() {
    let service = served();
    let get = |key: &str| ask("GetObject", "media", key);
    let counted = |series: &str, expected: f64, act: &dyn Fn()| {
        let before = service.metric(series);
        act();
        let moved = eventually(series, || Some(service.metric(series) - before).filter(|moved| *moved >= expected));
        assert_eq!(moved, expected, "{series}");
    };
    let post = |token: &str, key: &str| {
        service.post(token, "/v1/presign", &get(key));
    };
    let good = token();
    let route = |status: u16| {
        format!("presignd_http_requests_total{{method=\"POST\",route=\"/v1/presign\",status=\"{status}\"}}")
    };
    counted(&route(200), 2.0, &|| (0..2).for_each(|_| post(&good, "a")));
    counted(&route(403), 1.0, &|| post(&good, "sealed/a"));
    counted(&route(401), 1.0, &|| post("x", "a"));
    let duration = "presignd_http_request_duration_seconds_count{route=\"/v1/presign\"}";
    counted(duration, 1.0, &|| post(&good, "a"));
    counted("presignd_urls_issued_total{bucket=\"media\",operation=\"GetObject\"}", 1.0, &|| post(&good, "a"));
    counted("presignd_refusals_total{code=\"denied\"}", 1.0, &|| post(&good, "sealed/a"));
    counted("presignd_refusals_total{code=\"invalid_token\"}", 1.0, &|| post("x", "a"));
    counted("presignd_audit_lines_total{decision=\"issued\"}", 1.0, &|| post(&good, "a"));
    counted("presignd_audit_lines_total{decision=\"refused\"}", 1.0, &|| post(&good, "sealed/a"));
    counted("presignd_audit_sequence", 1.0, &|| post(&good, "a"));
    let batch = json!({"requests": [get("a"), get("b"), get("sealed/c"), {"x": 1}]});
    let post_batch = || {
        service.post(&good, "/v1/presign/batch", &batch);
    };
    counted("presignd_urls_issued_total{bucket=\"media\",operation=\"GetObject\"}", 2.0, &post_batch);
    counted("presignd_refusals_total{code=\"denied\"}", 1.0, &post_batch);
    counted("presignd_refusals_total{code=\"invalid_request\"}", 1.0, &post_batch);
    let spender = token_with(&json!({"sub": "spender"}));
    counted("presignd_rate_limited_total{limit=\"per_subject\"}", 1.0, &|| {
        let batch = json!({"requests": vec![get("a"); 30]});
        assert_eq!(service.post(&spender, "/v1/presign/batch", &batch).status, 200);
        assert_eq!(service.post(&spender, "/v1/presign", &get("a")).status, 429);
    });
    let verified = |service: &Service| {
        let text = service.admin("/metrics").text();
        let lines = text.lines().filter(|line| line.starts_with("presignd_tokens_verified_total{issuer=\"corp\""));
        lines.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum::<f64>()
    };
    let before = verified(&service);
    post(&token_with(&json!({"jti": "another"})), "a");
    assert!(verified(&service) > before, "a token that was looked at");
    assert_eq!(service.metric("presignd_grants{effect=\"allow\"}"), 1.0);
    assert_eq!(service.metric("presignd_grants{effect=\"deny\"}"), 1.0);
    let taken_up = service.metric("presignd_config_last_success_timestamp_seconds");
    assert!((taken_up - crate::support::now() as f64).abs() < 60.0, "{taken_up}");
    eventually("nothing in flight", || (service.metric("presignd_requests_in_flight") == 0.0).then_some(()));
}

#[test]
fn what_a_caller_says_makes_no_series() {
    let service = served();
    let storm = |word: &str| {
        let call = |method: &str, path: &str| {
            service.call(method, path).header("x-request-id", word).header("user-agent", word)
        };
        call("GET", &format!("/{word}")).send();
        call("GET", &format!("/v1/{word}")).send();
        call(word, "/v1/presign").send();
        call("POST", "/v1/presign").bearer(word).json(&json!({})).send();
        let stranger = token_with(&json!({"iss": format!("https://{word}.example"), "sub": word}));
        call("POST", "/v1/presign").bearer(&stranger).json(&json!({})).send();
        let caller = token_with(&json!({"sub": word, "client_id": word}));
        for request in
            [ask("GetObject", word, "a"), ask("GetObject", "media", word), ask(word, "media", "a"), json!({word: word})]
        {
            call("POST", "/v1/presign").bearer(&caller).json(&request).send();
        }
        call("GET", &format!("/v1/grants?after={word}")).bearer(&caller).send();
        call("OPTIONS", "/v1/presign").header("origin", &format!("https://{word}.example")).send();
    };
    storm("FIRST");
    let first = series(&service);
    for number in 0..10 {
        storm(&format!("WORD{number}"));
    }
    assert_eq!(series(&service), first, "the same series, whoever says what");
    let text = service.admin("/metrics").text();
    assert!(!text.contains("WORD") && !text.contains("FIRST"), "{text}");
    assert!(!text.contains("acme-media"), "aliases, not real buckets");
}

#[test]
fn they_have_the_contracts_names_and_are_what_prometheus_reads() {
    let service = served();
    service.post(&token(), "/v1/presign", &ask("GetObject", "media", "a"));
    service.post("x", "/v1/presign", &ask("GetObject", "media", "a"));
    let reply = service.admin("/metrics");
    assert!(reply.header("content-type").unwrap().starts_with("text/plain"), "{reply:?}");
    let text = reply.text();
    let names: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    for name in [
        "presignd_http_requests_total",
        "presignd_http_request_duration_seconds",
        "presignd_requests_in_flight",
        "presignd_urls_issued_total",
        "presignd_refusals_total",
        "presignd_tokens_verified_total",
        "presignd_config_last_success_timestamp_seconds",
        "presignd_grants",
        "presignd_audit_lines_total",
        "presignd_audit_failures_total",
        "presignd_audit_sequence",
        "presignd_build_info",
        "process_cpu_seconds_total",
        "process_open_fds",
    ] {
        assert!(names.contains(name), "{name}");
    }
    let of_the_contract = [
        "http_requests_total",
        "http_request_duration_seconds",
        "requests_in_flight",
        "urls_issued_total",
        "refusals_total",
        "rate_limited_total",
        "rate_limit_store_up",
        "tokens_verified_total",
        "jwks_refreshes_total",
        "jwks_age_seconds",
        "credentials_expiry_timestamp_seconds",
        "credentials_refreshes_total",
        "config_reloads_total",
        "config_last_success_timestamp_seconds",
        "tls_certificate_expiry_timestamp_seconds",
        "grants",
        "audit_lines_total",
        "audit_failures_total",
        "audit_sequence",
        "build_info",
    ];
    for name in names.iter().filter_map(|name| name.strip_prefix("presignd_")) {
        assert!(of_the_contract.contains(&name), "presignd_{name} is not in the contract");
    }
    for bound in ["0.00005", "5"] {
        let series = format!("presignd_http_request_duration_seconds_bucket{{route=\"/v1/presign\",le=\"{bound}\"}}");
        assert!(text.contains(&series), "{series} in {text}");
    }
    assert_eq!(
        service.metric(&format!(
            "presignd_build_info{{commit=\"{}\",version=\"{}\"}}",
            commit(&service),
            env!("CARGO_PKG_VERSION")
        )),
        1.0
    );
}

/// As `presignd --version` says it.
fn commit(service: &Service) -> String {
    let printed = service.presignd.command(&["--version"]).output().unwrap();
    let text = String::from_utf8(printed.stdout).unwrap();
    let inner = text.trim().rsplit(' ').next().unwrap();
    inner.trim_matches(['(', ')']).to_owned()
}
