//! `presignd sign`: an operator's own URLs, bounded by one grant and by nothing else.

use serde_json::Value;
use serde_json::json;

use crate::support::now;
use crate::support::presignd::Presignd;
use crate::support::rfc3339;
use crate::support::setting::DISABLED;
use crate::support::setting::Expected;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::NO_GRANT;
use crate::support::setting::TOO_LONG;
use crate::support::setting::Use;
use crate::support::setting::ask;
use crate::support::setting::buckets;
use crate::support::setting::expect;
use crate::support::setting::setting;
use crate::support::setting::unmet;
use crate::support::setting::with;
use crate::support::setting::works_only_as_told;
use crate::verifier::Fault;

const GRANTS: &str = r#"
    [audit]
    path = "audit.jsonl"
    [rate_limits]
    global = { rate = "1/h", burst = 1 }
    [[grants]]
    name = "strict"
    bucket = "media"
    prefix = "in/"
    actions = ["read", "write"]
    max_expires = "1h"
    when = { role = "editor" }
    [grants.upload]
    max_size = "1KB"
    set_metadata = { presignd-id = "{id}" }
    [grants.download]
    overrides = []
    [grants.require]
    source_ips = ["192.0.2.0/24"]
    [[grants]]
    name = "narrower"
    bucket = "media"
    prefix = "in/narrower/"
    actions = ["read"]
    max_expires = "1m"
    [[grants]]
    name = "sealed"
    effect = "deny"
    bucket = "media"
    prefix = "in/sealed/"
    [[grants]]
    name = "off"
    bucket = "media"
    prefix = "off/"
    actions = ["read"]
    enabled = false
    [[grants]]
    name = "own"
    bucket = "media"
    prefix = "users/{sub}/"
    actions = ["write"]
    upload = { key_template = "{file_name}" }
"#;

const AT: &str = "2030-01-02T03:04:05Z";

fn presignd() -> Presignd {
    setting(&[ISSUER, MEDIA, &buckets(&["other"]), GRANTS])
}

#[test]
fn the_grant_bounds_it_and_nothing_else_does() {
    let presignd = presignd();
    let get = |key: &str, more: Value| with(ask("GetObject", "media", key), &more);
    let put = |key: &str, more: Value| with(ask("PutObject", "media", key), &more);
    let cases: [(&str, &str, Value, Expected); 16] = [
        ("within", "strict", get("in/a", json!({})), Ok("strict")),
        ("not held to a narrower grant", "strict", get("in/narrower/a", json!({"expires_in": 3600})), Ok("strict")),
        ("nor to a deny", "strict", get("in/sealed/a", json!({})), Ok("strict")),
        ("outside its prefix", "strict", get("out/a", json!({})), NO_GRANT),
        ("outside its bucket", "strict", with(get("in/a", json!({})), &json!({"bucket": "other"})), NO_GRANT),
        ("outside its actions", "strict", ask("DeleteObject", "media", "in/a"), NO_GRANT),
        ("a listing outside its actions", "strict", ask("ListObjectsV2", "media", "in/"), NO_GRANT),
        ("beyond its lifetime", "strict", get("in/a", json!({"expires_in": 3601})), TOO_LONG),
        ("an upload within its limits", "strict", put("in/a", json!({"content_length": 1000})), Ok("strict")),
        ("an upload beyond them", "strict", put("in/a", json!({"content_length": 1001})), unmet(&["#/content_length"])),
        ("an upload that says nothing of them", "strict", put("in/a", json!({})), unmet(&["#/content_length"])),
        ("a download beyond its limits", "strict", get("in/a", json!({"download_as": "a"})), unmet(&["#/download_as"])),
        ("a wrong key", "strict", get("in//a", json!({})), Err((400, "invalid_key", &["#/key"]))),
        ("a wrong member", "strict", get("in/a", json!({"x": 1})), Err((400, "invalid_request", &["#/x"]))),
        ("switched off", "off", get("off/a", json!({})), DISABLED),
        ("switched off, and outside", "off", get("on/a", json!({})), NO_GRANT),
    ];
    for grant in ["strict", "off"] {
        let own: Vec<_> = cases.iter().filter(|(_, of, ..)| *of == grant).collect();
        let requests: Vec<Value> = own.iter().map(|(.., request, _)| request.clone()).collect();
        for ((case, _, request, expected), answer) in own.iter().zip(presignd.sign(grant, &rfc3339(now()), &requests)) {
            expect(case, &answer, *expected);
            if expected.is_ok() {
                works_only_as_told(case, &answer, request);
            }
        }
    }
}

#[test]
fn it_signs_as_of_the_given_instant() {
    let presignd = presignd();
    let request = with(ask("GetObject", "media", "in/a"), &json!({"expires_in": 60}));
    let answer = presignd.sign("strict", AT, std::slice::from_ref(&request)).remove(0);
    let used = Use::of(&answer, &request);
    assert_eq!(used.parameter("X-Amz-Date").as_deref(), Some("20300102T030405Z"));
    assert_eq!(answer["expires_at"], "2030-01-02T03:05:05Z");
    assert_eq!(used.judge(), Err(Fault::NotYetValid));
    let words = ["--grant", "strict", "--at", AT, "--expires-in", "1m", "GetObject", "media", "in/a"];
    let output = presignd.run("sign", &words, "");
    assert_eq!((output.code, output.stdout.lines().count()), (0, 1), "{output:?}");
    let by_words: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((&by_words["expires_at"], &by_words["key"]), (&answer["expires_at"], &answer["key"]));
    let beyond =
        ["1970-01-01T00:00:00+00:01", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-01:00"];
    for wrong in ["yesterday", "2030-01-02", ""].into_iter().chain(beyond) {
        let output = presignd.run("sign", &["--grant", "strict", "--at", wrong, "GetObject", "media", "in/a"], "");
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{wrong}: {output:?}");
    }
}

#[test]
fn one_line_a_request_in_order_and_exit_1_if_any_is_a_problem() {
    let presignd = presignd();
    let sign = |lines: &str| presignd.run("sign", &["--grant", "strict", "--requests", "-"], lines);
    let (good, bad) = (ask("GetObject", "media", "in/a"), ask("GetObject", "media", "out/a"));
    let output = sign(&format!("{good}\n{bad}\n{{\n\n{good}\n"));
    let answers: Vec<Value> = output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<&Value> = answers.iter().map(|answer| &answer["code"]).collect();
    let malformed = &json!("malformed_json");
    assert_eq!(
        told,
        [&json!(null), &json!("no_grant"), malformed, malformed, &json!(null)],
        "an empty line is one too"
    );
    assert_eq!((output.code, sign(&format!("{good}\n{good}\n")).code, sign(&format!("{bad}\n")).code), (1, 0, 1));
    let file = presignd.file("requests.jsonl", format!("{good}\n"));
    assert_eq!(file.run("sign", &["--grant", "strict", "--requests", "requests.jsonl"], "").code, 0);
    let unknown = file.run("sign", &["--grant", "nowhere", "GetObject", "media", "in/a"], "");
    assert_ne!(unknown.code, 0, "{unknown:?}");
}

#[test]
fn claims_fill_templates_and_without_them_a_template_is_an_error() {
    let presignd = presignd();
    let request = ask("PutObject", "media", "users/42/a");
    let sign = |more: &[&str], request: &Value| {
        let output =
            presignd.run("sign", &[&["--grant", "own", "--requests", "-"], more].concat(), &format!("{request}\n"));
        (output.code, serde_json::from_str::<Value>(output.stdout.trim()).unwrap_or_default())
    };
    assert_ne!(sign(&[], &request).0, 0);
    let (code, answer) = sign(&["--claims", r#"{"sub":"42"}"#], &request);
    assert_eq!((code, &answer["grant"]), (0, &json!("own")), "{answer:#}");
    let (code, answer) = sign(&["--claims", r#"{"sub":"43"}"#], &request);
    assert_eq!((code, &answer["code"]), (1, &json!("no_grant")), "{answer:#}");
    let file = json!({"operation": "PutObject", "bucket": "media", "file_name": "b.txt"});
    let (code, answer) = sign(&["--claims", r#"{"sub":"43"}"#], &file);
    assert_eq!((code, &answer["key"]), (0, &json!("users/43/b.txt")), "{answer:#}");
}

#[test]
fn each_of_its_answers_has_a_line_in_a_log_of_its_own() {
    let presignd = presignd();
    let requests = [ask("GetObject", "media", "in/a"), ask("GetObject", "media", "out/a"), json!({"x": 1})];
    let answers = presignd.sign("strict", AT, &requests);
    let text = std::fs::read_to_string(presignd.path("audit.jsonl.operator")).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert_eq!((&lines[0]["decision"], &lines[0]["id"]), (&json!("issued"), &answers[0]["id"]));
    assert_eq!((&lines[1]["decision"], &lines[1]["code"]), (&json!("refused"), &json!("no_grant")));
    for line in &lines {
        assert!(line["subject"].as_str().is_some_and(|subject| subject.starts_with("operator:")), "{line:#}");
        assert_eq!(line["issuer"], json!(null), "{line:#}");
    }
    assert!(!presignd.path("audit.jsonl").exists(), "the service's own file is not touched");
    let to_stdout = setting(&[ISSUER, MEDIA, crate::support::setting::ALL_OF_MEDIA]);
    let output = to_stdout.run("sign", &["--grant", "all", "GetObject", "media", "a"], "");
    assert_eq!(output.stdout.lines().count(), 1, "only the answer: {}", output.stdout);
    assert!(output.stderr.contains("\"operator:"), "the line is on stderr: {}", output.stderr);
}

#[test]
fn the_curl_command_says_all_that_must_be_sent() {
    let presignd = setting(&[ISSUER, MEDIA, crate::support::setting::ALL_OF_MEDIA]);
    let request = with(
        ask("PutObject", "media", "it's a/ü.txt"),
        &json!({"content_type": "text/plain", "metadata": {"a": "it's"}}),
    );
    let arguments = ["--grant", "all", "--curl", "--requests", "-"];
    let output = presignd.run("sign", &arguments, &format!("{request}\n"));
    assert_eq!(output.code, 0, "{output:?}");
    assert!(output.stdout.trim_start().starts_with("curl "), "{}", output.stdout);
    // The shell has to take it apart as it was meant.
    let printed = output.stdout.trim().replacen("curl ", "printf '%s\\n' ", 1);
    let taken = std::process::Command::new("sh").args(["-c", &printed]).output().unwrap();
    let words: Vec<String> = String::from_utf8(taken.stdout).unwrap().lines().map(str::to_owned).collect();
    let said = |wanted: &str| words.iter().any(|word| word.eq_ignore_ascii_case(wanted));
    assert!(said("content-type: text/plain") && said("x-amz-meta-a: it's"), "{words:?}");
    assert!(said("PUT") || said("-XPUT") || said("--upload-file") || said("-T"), "{words:?}");
    let url = words.iter().find(|word| word.starts_with("https://")).unwrap();
    let headers = [("content-type", "text/plain"), ("x-amz-meta-a", "it's")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    assert_eq!(Use { method: "PUT".to_owned(), url: url.clone(), headers }.judge(), Ok(()), "{url}");
}

#[test]
fn what_is_typed_wrong_is_told_with_what_to_type() {
    let presignd = presignd();
    let get = ["GetObject", "media", "in/a"];
    let rows = [
        (vec!["--at", "yesterday"], get.to_vec(), "write a time such as 2026-11-24T12:00:00Z"),
        (vec!["--expires-in", "90x"], get.to_vec(), "write a duration such as 15m"),
        (
            vec!["--expires-in", "1m"],
            vec!["--requests", "-"],
            "'--expires-in <D>' cannot be used with '--requests <FILE>'",
        ),
    ];
    for (options, what, expected) in rows {
        let output = presignd.run("sign", &[&["--grant", "strict"], &options[..], &what].concat(), "");
        assert_eq!(output.code, 2, "{options:?}: {output:?}");
        assert!(output.stderr.contains(expected), "{options:?}: {output:?}");
    }
    let output = presignd.run("sign", &["--grant", "strict", "--requests", "-"], "nonsense\n");
    assert!(output.stdout.contains("Send one JSON value: "), "as the service says it: {output:?}");
}
