//! The audit log: which decisions are in it, what each line says, and no URL without a line.

use serde_json::Value;
use serde_json::json;

use crate::support::eventually;
use crate::support::now;
use crate::support::presignd::Presignd;
use crate::support::service::Service;
use crate::support::setting::ACCESS_KEY_ID;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::SOME_REFUSED;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::token_with;
use crate::support::setting::with;

const GRANTS: &str = r#"
    [[grants]]
    name = "stable"
    bucket = "media"
    prefix = "stable/"
    actions = ["read"]
    download = { stable = true }
    [[grants]]
    name = "made"
    bucket = "made"
    prefix = "made/"
    actions = ["write"]
    upload = { key_template = "{id}/{file_name}" }
    [[grants]]
    name = "unsigned"
    bucket = "unsigned"
    prefix = ""
    actions = ["read"]
    [credentials.main]
    provider = "environment"
    [credentials.absent]
    provider = "file"
    path = "absent.json"
    [buckets.made]
    bucket = "acme-made"
    region = "eu-west-1"
    credentials = "main"
    [buckets.unsigned]
    bucket = "acme-unsigned"
    region = "eu-west-1"
    credentials = "absent"
    [buckets.media]
    bucket = "acme-media"
    region = "eu-west-1"
    credentials = "main"
"#;

/// The members of a line, in the contract's words.
const MEMBERS: [&str; 21] = [
    "time",
    "seq",
    "id",
    "decision",
    "code",
    "issuer",
    "subject",
    "client_id",
    "token_id",
    "client_address",
    "request_id",
    "trace_id",
    "operation",
    "bucket",
    "key",
    "version_id",
    "upload_id",
    "part_number",
    "grant",
    "expires_at",
    "signing_key_id",
];

fn served() -> Service {
    setting(&[ISSUER, GRANTS, ALL_OF_MEDIA, SOME_REFUSED]).serve()
}

/// The lines about a request. They are written before its answer leaves, so nothing is waited for but the pipe.
fn lines_of(service: &Service, request_id: &str) -> Vec<Value> {
    let barrier = format!("barrier-{request_id}");
    let call = service.call("POST", "/v1/presign").bearer(&token()).header("x-request-id", &barrier);
    assert_eq!(call.json(&ask("GetObject", "media", "barrier")).send().status, 200);
    let lines = eventually("the barrier's line", || {
        let lines = service.audit();
        lines.iter().any(|line| line["request_id"] == barrier).then_some(lines)
    });
    lines.into_iter().filter(|line| line["request_id"] == request_id).collect()
}

#[test]
fn a_line_says_who_asked_for_what_and_what_came_of_it() {
    let service = served();
    let caller = token_with(&json!({"client_id": "app-1", "jti": "token-1"}));
    let call = service.call("POST", "/v1/presign").bearer(&caller).header("x-request-id", "first");
    let call = call.header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    let request = with(ask("PutObject", "media", "a/ü\"b"), &json!({"content_type": "a/b", "expires_in": 60}));
    let before = now();
    let answer = call.json(&request).send().json();
    let lines = lines_of(&service, "first");
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    let expected = json!({
        "id": answer["id"], "decision": "issued", "code": null, "issuer": "corp", "subject": "42", "client_id": "app-1",
        "token_id": "token-1", "client_address": "127.0.0.1", "request_id": "first",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "operation": "PutObject", "bucket": "media", "key": "a/ü\"b",
        "version_id": null, "upload_id": null, "part_number": null, "grant": "all", "expires_at": answer["expires_at"],
        "signing_key_id": ACCESS_KEY_ID, "chain": null,
    });
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(line.get(member), Some(value), "{member}: {line:#}");
    }
    let time = line["time"].as_str().unwrap();
    let time = time::OffsetDateTime::parse(time, &time::format_description::well_known::Rfc3339).unwrap();
    assert!((before..=now()).contains(&time.unix_timestamp()), "{line:#}");
    assert!(line["seq"].is_u64(), "{line:#}");
    let refused = service.call("POST", "/v1/presign").bearer(&token()).header("x-request-id", "second");
    let problem = refused.json(&ask("GetObject", "nowhere", "x")).send();
    assert_eq!(problem.code(), "no_grant");
    let lines = lines_of(&service, "second");
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    let expected = json!({
        "decision": "refused", "code": "no_grant", "issuer": "corp", "subject": "42", "client_id": null,
        "token_id": null, "trace_id": null, "operation": "GetObject", "bucket": "nowhere", "key": "x", "grant": null,
        "expires_at": null, "signing_key_id": null,
    });
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(line.get(member), Some(value), "{member}: {line:#}");
    }
}

#[test]
fn every_member_stands_in_every_line_and_seq_has_no_gap() {
    let service = served();
    let asked = [
        ask("GetObject", "media", "a"),
        ask("HeadObject", "media", "a"),
        ask("PutObject", "media", "a"),
        ask("DeleteObject", "media", "a"),
        ask("ListObjectsV2", "media", "a/"),
        with(ask("GetObject", "media", "a"), &json!({"part_number": 7})),
        ask("GetObject", "media", "sealed/a"),
        ask("GetObject", "media", "a//"),
        json!({"operation": "PutObject", "bucket": "made", "file_name": "a.txt"}),
        with(ask("GetObject", "media", "stable/a"), &json!({"stable": true})),
    ];
    for request in &asked {
        service.post(&token(), "/v1/presign", request);
    }
    lines_of(&service, "none");
    let lines = service.audit();
    assert_eq!(lines.len(), asked.len() + 1);
    for (place, line) in lines.iter().enumerate() {
        for member in MEMBERS.iter().chain(&["chain"]) {
            assert!(line.get(member).is_some(), "{member} in {line:#}");
        }
        if place > 0 {
            assert_eq!(line["seq"].as_u64(), lines[place - 1]["seq"].as_u64().map(|seq| seq + 1), "{line:#}");
        }
    }
    assert_eq!(service.metric("presignd_audit_sequence"), lines.last().unwrap()["seq"].as_f64().unwrap());
    assert_eq!(lines[4]["key"], "a/", "a prefix stands in key");
    assert_eq!(lines[5]["part_number"], 7);
    let made = lines[8]["key"].as_str().unwrap();
    assert_eq!(made, format!("made/{}/a.txt", lines[8]["id"].as_str().unwrap()), "the key that was made");
    assert_eq!(lines[9]["stable"], true, "{:#}", lines[9]);
    assert!(lines[9]["signed_at"].is_string(), "{:#}", lines[9]);
}

#[test]
fn decisions_are_written_and_what_fails_before_is_only_counted() {
    let service = served();
    let get = |key: &str| ask("GetObject", "media", key);
    let written: [(&str, Value, Option<&str>); 9] = [
        ("issued", get("a"), None),
        ("no_grant", ask("GetObject", "nowhere", "a"), None),
        ("denied", get("sealed/a"), Some("sealed")),
        ("grant_disabled", get("off/a"), Some("off")),
        ("grant_not_satisfied", ask("PutObject", "media", "small/a"), Some("small")),
        ("invalid_key", get("a/../b"), None),
        ("invalid_key", ask("ListObjectsV2", "media", "//"), None),
        ("expires_in_too_long", with(get("a"), &json!({"expires_in": 3601})), Some("all")),
        ("credentials_unavailable", ask("GetObject", "unsigned", "a"), Some("unsigned")),
    ];
    for (code, request, grant) in &written {
        let id = format!("w-{code}");
        let call = service.call("POST", "/v1/presign").bearer(&token()).header("x-request-id", &id);
        call.json(request).send();
        let lines = lines_of(&service, &id);
        let line = lines.last().unwrap_or_else(|| panic!("{code} is not written"));
        let decision = if *code == "issued" { "issued" } else { "refused" };
        let told = if *code == "issued" { json!(null) } else { json!(code) };
        assert_eq!((&line["decision"], &line["code"]), (&json!(decision), &told), "{line:#}");
        if *code != "issued" {
            assert_eq!(line["grant"], json!(grant), "{code}: the grant that decided");
        }
    }
    let before = service.audit().len();
    let typed = |kind: &str, body: &str| {
        service.call("POST", "/v1/presign").bearer(&token()).header("content-type", kind).body(body).send()
    };
    let unwritten = [
        ("malformed_json", typed("application/json", "{")),
        ("invalid_request", typed("application/json", "{}")),
        ("unsupported_media_type", typed("text/plain", "{}")),
        ("missing_token", service.call("POST", "/v1/presign").json(&get("a")).send()),
        ("invalid_token", service.post("x", "/v1/presign", &get("a"))),
        ("expired_token", service.post(&token_with(&json!({"exp": 1})), "/v1/presign", &get("a"))),
        ("not_found", service.get(&token(), "/nowhere")),
        ("method_not_allowed", service.get(&token(), "/v1/presign")),
    ];
    for (code, reply) in &unwritten {
        assert_eq!(reply.code(), *code);
        assert!(service.metric(&format!("presignd_refusals_total{{code=\"{code}\"}}")) >= 1.0, "{code} is counted");
    }
    service.get(&token(), "/v1/grants");
    lines_of(&service, "none");
    assert_eq!(service.audit().len(), before + 1, "only the barrier's own line came after");
}

fn with_file(audit: &str) -> Presignd {
    setting(&["[audit]\npath = \"audit.jsonl\"\n", audit, ISSUER, MEDIA, ALL_OF_MEDIA])
}

fn lines_in(presignd: &Presignd, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(presignd.path(name)).unwrap_or_default();
    assert!(text.is_empty() || text.ends_with('\n'), "a torn line: {text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_line_is_in_the_file_before_its_answer_leaves() {
    for sync in ["", "sync = true\n"] {
        let service = with_file(sync).serve();
        for count in 1..=20 {
            let answer = service.post(&token(), "/v1/presign", &ask("GetObject", "media", "a")).json();
            let lines = lines_in(&service.presignd, "audit.jsonl");
            assert_eq!((lines.len(), &lines[count - 1]["id"]), (count, &answer["id"]), "{sync}");
        }
        let many = std::thread::scope(|scope| {
            let ask_often = || {
                (0..10)
                    .map(|_| {
                        service.post(&token(), "/v1/presign", &ask("GetObject", "media", "a")).json()["id"].clone()
                    })
                    .collect::<Vec<_>>()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask_often)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        let lines = lines_in(&service.presignd, "audit.jsonl");
        assert_eq!(lines.len(), 100);
        assert!(many.iter().all(|id| lines.iter().any(|line| line["id"] == *id)), "each has its line");
        let sequence: Vec<u64> = lines.iter().map(|line| line["seq"].as_u64().unwrap()).collect();
        assert!(sequence.windows(2).all(|pair| pair[1] == pair[0] + 1), "{sequence:?}");
    }
}

#[test]
fn without_a_line_there_is_no_url() {
    let full = "[audit]\npath = \"/dev/full\"\n";
    let service = setting(&[full, ISSUER, MEDIA, ALL_OF_MEDIA]).serve();
    for (path, body) in [
        ("/v1/presign", ask("GetObject", "media", "a")),
        ("/v1/presign/batch", json!({"requests": [ask("GetObject", "media", "a"), ask("GetObject", "nowhere", "a")]})),
        ("/v1/presign", ask("GetObject", "nowhere", "a")),
    ] {
        let reply = service.post(&token(), path, &body);
        assert_eq!((reply.status, reply.code().as_str()), (503, "audit_unavailable"), "{path}");
        assert!(!reply.text().contains("X-Amz-Signature"), "{}", reply.text());
    }
    assert!(service.metric("presignd_audit_failures_total") >= 3.0);
    eventually("not ready", || (service.admin("/readyz").status == 503).then_some(()));
    let optional = setting(&[full, "required = false\n", ISSUER, MEDIA, ALL_OF_MEDIA]).serve();
    assert_eq!(optional.post(&token(), "/v1/presign", &ask("GetObject", "media", "a")).status, 200);
    assert!(optional.metric("presignd_audit_failures_total") >= 1.0);
    optional.ready();
}

#[test]
fn the_file_is_opened_anew_on_sighup_and_goes_on_after_a_restart() {
    let mut service = with_file("").serve();
    let asked = |service: &Service, key: &str| {
        assert_eq!(service.post(&token(), "/v1/presign", &ask("GetObject", "media", key)).status, 200);
    };
    asked(&service, "a");
    asked(&service, "b");
    std::fs::rename(service.presignd.path("audit.jsonl"), service.presignd.path("audit.1")).unwrap();
    asked(&service, "c");
    assert_eq!(lines_in(&service.presignd, "audit.1").len(), 3, "until the signal the old file is written");
    service.signal("HUP");
    eventually("a new file", || service.presignd.path("audit.jsonl").exists().then_some(()));
    asked(&service, "d");
    let keys = |lines: &[Value]| lines.iter().map(|line| line["key"].as_str().unwrap().to_owned()).collect::<String>();
    let (old, new) = (lines_in(&service.presignd, "audit.1"), lines_in(&service.presignd, "audit.jsonl"));
    assert_eq!((keys(&old), keys(&new)), ("abc".to_owned(), "d".to_owned()));
    assert_eq!(new[0]["seq"].as_u64(), old[2]["seq"].as_u64().map(|seq| seq + 1), "one sequence over both");
    service.signal("TERM");
    assert!(service.ended().success());
    service.restart();
    asked(&service, "e");
    let lines = lines_in(&service.presignd, "audit.jsonl");
    assert_eq!((keys(&lines), lines[1]["seq"].as_u64()), ("de".to_owned(), new[0]["seq"].as_u64().map(|seq| seq + 1)));
}

#[test]
fn sighup_does_no_harm_where_there_is_no_file() {
    let service = served();
    service.signal("HUP");
    let asked = || service.post(&token(), "/v1/presign", &ask("GetObject", "media", "a")).status;
    assert_eq!((asked(), asked(), service.audited(2).len()), (200, 200, 2));
}

#[test]
fn a_second_service_does_not_write_into_the_same_file() {
    let service = with_file("").serve();
    let second = service
        .presignd
        .command(&["serve", "--config", "presignd.toml"])
        .env("PRESIGND__SERVER__DRAIN", "200ms")
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(1), "{}", String::from_utf8_lossy(&second.stderr));
    assert_eq!(service.post(&token(), "/v1/presign", &ask("GetObject", "media", "a")).status, 200);
}
