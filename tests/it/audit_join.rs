//! `presignd audit join`: real audit files beside access logs as S3 would write them of the URLs in them.

use std::io::Write;
use std::process::Output;

use serde_json::Value;
use serde_json::json;
use time::OffsetDateTime;

use crate::support::hidden;
use crate::support::now;
use crate::support::presignd::Presignd;
use crate::support::service::Service;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::with;

const MORE: &str = r#"
    [audit]
    path = "audit.jsonl"
    [buckets.plain]
    bucket = "acme-plain"
    region = "eu-west-1"
    log_id = false
    [[grants]]
    name = "plain"
    bucket = "plain"
    prefix = ""
    actions = ["read"]
    [[grants]]
    name = "stable"
    bucket = "media"
    prefix = "stable/"
    actions = ["read"]
    download = { stable = true }
"#;

fn served() -> Service {
    setting(&[ISSUER, MEDIA, MORE, ALL_OF_MEDIA]).serve()
}

fn issued(service: &Service, question: &Value) -> Value {
    let reply = service.post(&token(), "/v1/presign", question);
    assert_eq!(reply.status, 200, "{question}: {}", reply.text());
    reply.json()
}

/// A line about a request with that URL, now, or so many seconds later.
struct Logged<'a> {
    answer: &'a Value,
    bucket: &'a str,
    address: &'a str,
    status: u16,
    later: i64,
}

impl<'a> Logged<'a> {
    fn of(answer: &'a Value) -> Self {
        Self { answer, bucket: "acme-media", address: "127.0.0.1", status: 200, later: 0 }
    }

    /// As S3 writes it: the key encoded twice, the target as it came, with its signature.
    fn line(&self, request_id: &str) -> String {
        let url = self.answer["url"].as_str().unwrap();
        let target = &url[url.find(".com/").unwrap() + 4..];
        let key = target.split('?').next().unwrap()[1..].replace('%', "%25");
        let key = if key.is_empty() { "-" } else { &key };
        let method = self.answer["method"].as_str().unwrap();
        let format =
            time::macros::format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
        let time = OffsetDateTime::from_unix_timestamp(now() + self.later).unwrap().format(format).unwrap();
        format!(
            "79a59df9 {} [{time}] {} arn:aws:iam::123456789012:user/presignd {request_id} REST.{method}.OBJECT {key} \
             \"{method} {target} HTTP/1.1\" {} - 1000 2000 12 11 \"https://app.example.com/?q=\"a\"\" \"curl \"8\" - -\" - \
             s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4 \
             ECDHE-RSA-AES128-GCM-SHA256 QueryString acme-media.s3.eu-west-1.amazonaws.com TLSv1.3 - - eu-west-1\n",
            self.bucket, self.address, self.status
        )
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn join(presignd: &Presignd, more: &[&str]) -> Output {
    let arguments = ["audit", "join", "--access-logs", "logs", "--audit", "audit.jsonl"];
    let output = presignd.command(&[&arguments, more].concat()).output().unwrap();
    hidden::look("what join prints", &String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()));
    output
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// The report's entry of an answer.
fn url<'a>(report: &'a Value, answer: &Value) -> &'a Value {
    let urls = report["urls"].as_array().unwrap();
    let asked = |url: &&Value| url["asked"].as_array().unwrap().iter().any(|asked| asked["id"] == answer["id"]);
    urls.iter().find(asked).unwrap_or_else(|| panic!("{answer:#} is not in {report:#}"))
}

fn no_signature_in(output: &Output, answers: &[&Value]) {
    let said = [&output.stdout[..], &output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    for answer in answers.iter().filter_map(|answer| answer["url"].as_str()) {
        let signature = answer.rsplit_once("X-Amz-Signature=").map_or("none", |(_, rest)| &rest[..64]);
        assert!(!said.contains(signature), "{said}");
    }
}

#[test]
fn access_logs_show_who_asked_for_each_url_and_how_it_was_used() {
    let service = served();
    let get = issued(&service, &ask("GetObject", "media", "a b/\"é\"%.txt"));
    let put = issued(&service, &with(ask("PutObject", "media", "b"), &json!({"content_type": "a/b"})));
    let list = issued(&service, &ask("ListObjectsV2", "media", "l/"));
    let unused = issued(&service, &ask("HeadObject", "media", "unused"));
    let stable = with(ask("GetObject", "media", "stable/x"), &json!({"stable": true, "expires_in": 3600}));
    let (stable, again) = (issued(&service, &stable), issued(&service, &stable));
    assert_eq!(stable["url"], again["url"], "asked within one window of 15 minutes");
    let plain = issued(&service, &ask("GetObject", "plain", "p"));
    let form = issued(&service, &ask("PostObject", "media", "f"));
    let signed = service.presignd.sign("all", "2020-01-01T00:00:00Z", &[ask("GetObject", "media", "long/ago")]);
    let elsewhere = Logged { address: "203.0.113.9", status: 206, ..Logged::of(&get) };
    let posted =
        Logged::of(&put).line("R8").replace("PUT /b?", "POST /?").replace("REST.PUT.OBJECT b", "REST.POST.BUCKET f");
    let posted = format!("{} HTTP/1.1\" 204 - - 77 1 1 \"-\" \"-\" -\n", posted.split_once('?').unwrap().0);
    let folder = service.presignd.path("logs");
    std::fs::create_dir_all(folder.join("123456789012/eu-west-1/acme-media/2026/11/24")).unwrap();
    let deep = folder.join("123456789012/eu-west-1/acme-media/2026/11/24/2026-11-24-12-00-00-3E57427F33A59F07");
    let first = [Logged::of(&get).line("R1"), elsewhere.line("R2"), Logged::of(&put).line("R3")].concat();
    std::fs::write(deep, first.replace('\n', "\r\n")).unwrap();
    let second = [
        Logged::of(&get).line("R1"),
        Logged::of(&list).line("R4"),
        Logged::of(&stable).line("R5"),
        Logged { bucket: "acme-plain", ..Logged::of(&plain) }.line("R6"),
        Logged { later: 3600, status: 403, ..Logged::of(&put) }.line("R7"),
        posted,
        "no line of an access log\n".to_owned(),
    ];
    std::fs::write(folder.join("old.gz"), gzip(&second.concat())).unwrap();
    let output = join(&service.presignd, &["audit.jsonl.operator", "--config", "presignd.toml", "--json"]);
    let told = report(&output);
    assert_eq!(output.status.code(), Some(0), "{told:#}");
    let uses = |answer: &Value, member: &str| url(&told, answer)["uses"][member].clone();
    assert_eq!(
        url(&told, &get)["asked"][0],
        json!({"id": get["id"], "time": url(&told, &get)["asked"][0]["time"], "issuer": "corp", "subject": "42",
            "client_id": null, "client_address": "127.0.0.1"})
    );
    assert_eq!(url(&told, &get)["expires_at"], get["expires_at"]);
    assert_eq!((uses(&get, "served"), uses(&get, "bytes")), (json!(2), json!(2000)), "R1 twice is once");
    assert_eq!(uses(&get, "addresses"), json!({"127.0.0.1": 1, "203.0.113.9": 1}));
    assert_eq!((uses(&get, "from_elsewhere"), uses(&get, "statuses")), (json!(1), json!({"200": 1, "206": 1})));
    assert_eq!((uses(&put, "served"), uses(&put, "refused"), uses(&put, "bytes")), (json!(1), json!(1), json!(3000)));
    assert_eq!((uses(&list, "served"), uses(&list, "joined_by")), (json!(1), json!("id")));
    assert_eq!(url(&told, &stable), url(&told, &again), "one URL, whoever asked");
    assert_eq!((uses(&stable, "served"), uses(&stable, "joined_by")), (json!(1), json!("signature")));
    assert_eq!((uses(&plain, "served"), uses(&plain, "joined_by")), (json!(1), json!("signature")));
    assert_eq!((uses(&form, "served"), uses(&form, "joined_by")), (json!(1), json!("key_and_time")));
    assert_eq!((uses(&unused, "served"), uses(&unused, "first")), (json!(0), json!(null)));
    let operators = url(&told, &signed[0]);
    assert!(operators["asked"][0]["subject"].as_str().unwrap().starts_with("operator:"), "{operators:#}");
    let totals = json!({"urls": 8, "used": 6, "uses": 7, "unexplained": 0, "refused_attempts": 0, "by_other_keys": 0,
        "duplicates": 1, "broken_lines": 1, "broken_files": 0});
    assert_eq!(told["totals"], totals);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said, "presignd: logs/old.gz:7: the time is none of the form [06/Feb/2019:00:00:38 +0000]\n");
    no_signature_in(&output, &[&get, &put, &list, &stable, &plain]);
}

#[test]
fn access_logs_show_uses_that_no_audit_line_explains() {
    let service = served();
    let get = issued(&service, &ask("GetObject", "media", "a"));
    let stranger = served();
    let unknown = issued(&stranger, &ask("GetObject", "media", "secret"));
    let no_id = issued(&stranger, &ask("GetObject", "plain", "hidden"));
    let lines = [
        Logged::of(&get).line("R1"),
        Logged::of(&unknown).line("R2"),
        Logged { bucket: "acme-plain", ..Logged::of(&no_id) }.line("R3"),
        Logged { bucket: "acme-other", ..Logged::of(&get) }.line("R4"),
        Logged { later: 1800, ..Logged::of(&get) }.line("R5"),
        Logged::of(&get).line("R6").replace("GET /a?", "GET /b?").replace("OBJECT a ", "OBJECT b "),
        Logged::of(&get).line("R7").replace("GET /a?", "DELETE /a?"),
        Logged { status: 403, ..Logged::of(&unknown) }.line("R8"),
        Logged::of(&no_id).line("R9").replace("AKIDEXAMPLE", "AKIAOTHER"),
    ];
    let presignd = &service.presignd;
    std::fs::create_dir(presignd.path("logs")).unwrap();
    std::fs::write(presignd.path("logs/log"), lines.concat()).unwrap();
    let output = join(presignd, &["--config", "presignd.toml", "--json"]);
    let told = report(&output);
    assert_eq!(output.status.code(), Some(1), "{told:#}");
    let found: Vec<_> = told["unexplained"].as_array().unwrap().iter().map(|one| (&one["why"], &one["line"])).collect();
    let why =
        ["unknown_id", "no_id", "other_bucket", "after_expiry", "other_key", "other_operation"].map(|why| json!(why));
    let lines: Vec<_> = (2..=7).map(|line| json!(line)).collect();
    assert_eq!(found, why.iter().zip(&lines).collect::<Vec<_>>(), "{told:#}");
    assert_eq!(told["unexplained"][0]["id"], unknown["id"]);
    assert_eq!(
        (&told["unexplained"][0]["key"], &told["unexplained"][0]["file"]),
        (&json!("secret"), &json!("logs/log"))
    );
    assert_eq!((&told["totals"]["refused_attempts"], &told["totals"]["by_other_keys"]), (&json!(1), &json!(1)));
    let unnamed = report(&join(presignd, &["--json"]));
    assert_eq!(unnamed["totals"]["unexplained"], 5, "without the configuration no buckets are compared: {unnamed:#}");
    let text = join(presignd, &["--config", "presignd.toml"]);
    assert_eq!(text.status.code(), Some(1));
    let said = String::from_utf8_lossy(&text.stdout);
    assert!(said.contains("its id is in no audit line (logs/log:2)"), "{said}");
    for output in [&output, &text] {
        no_signature_in(output, &[&get, &unknown, &no_id]);
    }
}

#[test]
fn what_cannot_be_read_is_told_and_fails() {
    let presignd = Presignd::configured("").file("audit.jsonl", "").file("torn.jsonl", "{\"time\":\"20\n\n");
    std::fs::create_dir(presignd.path("logs")).unwrap();
    let cut = gzip("a line\nanother\n");
    for (row, log, more, code, words) in [
        ("nothing", &b""[..], &[][..], 0, ""),
        ("an audit line that is torn", b"", &["torn.jsonl"], 0, "torn.jsonl:1: no JSON of an audit line: EOF"),
        ("no such audit file", b"", &["nowhere.jsonl"], 1, "nowhere.jsonl: No such file"),
        ("no such logs", b"", &["--access-logs", "nowhere"], 1, "nowhere: No such file"),
        ("no such configuration", b"", &["--config", "nowhere.toml"], 1, "nowhere.toml:1:1: the file cannot be read"),
        ("a log that is cut off", &cut[..cut.len() - 4], &[], 1, "logs/log: "),
        ("no logs at all", &b"x\n".repeat(30), &[], 0, "10 more lines cannot be read"),
    ] {
        std::fs::write(presignd.path("logs/log"), log).unwrap();
        let output = join(&presignd, more);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{row}: {said}");
        assert!(said.contains(words), "{row}: {said}");
    }
    assert_eq!(presignd.command(&["audit", "join", "--audit", "audit.jsonl"]).output().unwrap().status.code(), Some(2));
    assert_eq!(presignd.command(&["audit"]).output().unwrap().status.code(), Some(2));
}
