//! Forms, from outside: signed by `aws-sigv4`, and written as browsers write them.

use std::time::Duration;

use aws_sigv4::sign::v4;
use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http_body_util::BodyExt;
use secrecy::ExposeSecret;
use serde_json::Value;
use serde_json::json;
use time::OffsetDateTime;
use tower::ServiceExt;

use super::refused;
use crate::adapters::clock::Clock;
use crate::cli::dev::store::AccessKey;
use crate::cli::dev::store::testing::Answer;
use crate::cli::dev::store::testing::Bench;

/// A form, as far as it is filled in.
#[derive(Clone)]
struct Form {
    bucket: &'static str,
    fields: Vec<(String, String)>,
    conditions: Vec<Value>,
    lives: Duration,
    signer: AccessKey,
    at: OffsetDateTime,
    file_name: &'static str,
}

impl Form {
    fn to(bench: &Bench, bucket: &'static str) -> Self {
        Self {
            bucket,
            fields: Vec::new(),
            conditions: vec![json!({"bucket": bucket})],
            lives: Duration::from_secs(60),
            signer: bench.identities.writer.clone(),
            at: Clock::system().now().into(),
            file_name: "C:\\photos\\my cat.png",
        }
    }

    /// A field with the condition that it be so.
    fn field(mut self, name: &str, value: &str) -> Self {
        self.conditions.push(json!({name: value}));
        self.loose(name, value)
    }

    /// A field without a condition.
    fn loose(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    fn condition(mut self, condition: Value) -> Self {
        self.conditions.push(condition);
        self
    }

    fn signed(mut self) -> Self {
        let stamp = time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");
        let date = self.at.format(stamp).unwrap();
        let credential = format!("{}/{}/us-east-1/s3/aws4_request", self.signer.id, &date[..8]);
        self = self.field("x-amz-algorithm", "AWS4-HMAC-SHA256");
        self = self.field("x-amz-credential", &credential).field("x-amz-date", &date);
        let end = (self.at + self.lives).format(&time::format_description::well_known::Rfc3339).unwrap();
        let policy = json!({"expiration": end, "conditions": self.conditions}).to_string();
        let policy = BASE64_STANDARD.encode(policy);
        let secret = self.signer.secret.expose_secret();
        let key = v4::generate_signing_key(secret, self.at.into(), "us-east-1", "s3");
        let signature = v4::calculate_signature(key, policy.as_bytes());
        self.loose("policy", &policy).loose("x-amz-signature", &signature)
    }

    async fn send(self, bench: &Bench, file: &str) -> Answer {
        let mut body = String::new();
        for (name, value) in &self.fields {
            body += &format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        }
        body += &format!(
            "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\nContent-Type: a/b\r\n\r\n{file}\
             \r\n--xyz\r\nContent-Disposition: form-data; name=\"late\"\r\n\r\nignored\r\n--xyz--\r\n",
            self.file_name
        );
        post(bench, &format!("/{}", self.bucket), body).await
    }
}

async fn post(bench: &Bench, path: &str, body: String) -> Answer {
    let request = Request::post(path)
        .header("host", "127.0.0.1:9000")
        .header("content-type", "multipart/form-data; boundary=xyz")
        .body(Body::from(body))
        .unwrap();
    let (parts, body) = bench.router.clone().oneshot(request).await.unwrap().into_parts();
    let body = String::from_utf8(body.collect().await.unwrap().to_bytes().into()).unwrap();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

#[tokio::test]
async fn a_form_brings_a_file_with_everything_that_its_fields_say() {
    let bench = Bench::new();
    let tags = "<Tagging><TagSet><Tag><Key>case</Key><Value>7</Value></Tag></TagSet></Tagging>";
    let form = Form::to(&bench, "vault")
        .field("key", "a/b.png")
        .field("Content-Type", "image/png")
        .field("Cache-Control", "no-cache")
        .field("tagging", tags)
        .field("x-amz-meta-owner", "42")
        .field("x-amz-storage-class", "STANDARD_IA")
        .field("x-amz-server-side-encryption", "aws:kms")
        .field("x-amz-server-side-encryption-aws-kms-key-id", "alias/a")
        .field("x-amz-checksum-crc32", "NhCmhg==")
        .field("x-amz-object-lock-mode", "GOVERNANCE")
        .field("x-amz-object-lock-retain-until-date", "2999-01-01T00:00:00Z")
        .loose("x-ignore-button", "Upload")
        .signed();
    let answer = form.send(&bench, "hello").await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{answer:?}");
    assert_eq!(answer.header("etag"), Some("\"5d41402abc4b2a76b9719d911017c592\""));
    assert_eq!(answer.header("location"), Some("http://127.0.0.1:9000/vault/a/b.png"));
    assert!(answer.header("x-amz-version-id").is_some());
    let got = bench.ask_in("vault", "GET", "a/b.png").send("").await;
    assert_eq!(got.body, "hello");
    for (name, value) in [
        ("content-type", "image/png"),
        ("cache-control", "no-cache"),
        ("x-amz-meta-owner", "42"),
        ("x-amz-storage-class", "STANDARD_IA"),
        ("x-amz-tagging-count", "1"),
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", "alias/a"),
        ("x-amz-object-lock-mode", "GOVERNANCE"),
    ] {
        assert_eq!(got.header(name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn the_files_own_name_is_filled_in_before_the_policy_is_looked_at() {
    let bench = Bench::new();
    let form = |condition: Value| {
        let form = Form::to(&bench, "media").loose("key", "up/${filename}").condition(condition);
        form.loose("x-amz-meta-name", "${filename}").condition(json!(["starts-with", "$x-amz-meta-name", ""])).signed()
    };
    let literal = form(json!({"key": "up/${filename}"})).send(&bench, "hello").await;
    assert_eq!(literal.outcome(), refused(403, "AccessDenied"));
    assert_eq!(form(json!(["starts-with", "$key", "up/"])).send(&bench, "hello").await.status, 204);
    let got = bench.get("up/my cat.png").await;
    assert_eq!((got.body.as_str(), got.header("x-amz-meta-name")), ("hello", Some("my cat.png")));
}

#[tokio::test]
async fn a_form_that_is_not_as_its_policy_says_brings_nothing() {
    let bench = Bench::new();
    let good = || Form::to(&bench, "media").field("key", "a");
    let range = |least: u64, most: u64| good().condition(json!(["content-length-range", least, most])).signed();
    let mut elsewhere = good().signed();
    elsewhere.bucket = "vault";
    let mut changed = good().signed();
    changed.fields[0].1 = "b".to_owned();
    let mut forged = good().signed();
    forged.fields.last_mut().unwrap().1 = "0".repeat(64);
    let mut unsigned = good().signed();
    unsigned.fields.pop();
    let mut expired = good();
    expired.at -= Duration::from_secs(61);
    let mut early = good();
    early.at += Duration::from_secs(3600);
    let mut reader = good();
    reader.signer = bench.identities.reader.clone();
    let mut nobody = good();
    nobody.signer.id = "NOBODY".to_owned();
    let md5 = "AAAAAAAAAAAAAAAAAAAAAA==";
    let cases = [
        ("too large", range(0, 4), 400, "EntityTooLarge"),
        ("too small", range(6, 10), 400, "EntityTooSmall"),
        ("another bucket", elsewhere, 403, "AccessDenied"),
        ("another key", changed, 403, "AccessDenied"),
        ("a field more", good().signed().loose("acl", "public-read"), 403, "AccessDenied"),
        ("encryption more", good().signed().loose("x-amz-server-side-encryption", "AES256"), 403, "AccessDenied"),
        ("a field twice", good().signed().loose("KEY", "b"), 400, "InvalidArgument"),
        (
            "a field missing",
            good().condition(json!(["starts-with", "$content-type", ""])).signed(),
            403,
            "AccessDenied",
        ),
        ("another signature", forged, 403, "SignatureDoesNotMatch"),
        ("no signature", unsigned, 403, "AccessDenied"),
        ("expired", expired.signed(), 403, "AccessDenied"),
        ("too early", early.signed(), 403, "RequestTimeTooSkewed"),
        ("the reader", reader.signed(), 403, "AccessDenied"),
        ("nobody", nobody.signed(), 403, "InvalidAccessKeyId"),
        ("no key", Form::to(&bench, "media").signed(), 400, "InvalidArgument"),
        ("another body", good().field("content-md5", md5).signed(), 400, "BadDigest"),
        ("an access list", good().field("acl", "private").signed(), 501, "NotImplemented"),
        ("a lock", good().field("x-amz-object-lock-legal-hold", "ON").signed(), 400, "InvalidRequest"),
    ];
    for (name, form, status, code) in cases {
        assert_eq!(form.send(&bench, "hello").await.outcome(), refused(status, code), "{name}");
    }
    for key in ["a", "b"] {
        assert_eq!(bench.get(key).await.outcome(), refused(404, "NoSuchKey"));
    }
    assert_eq!(bench.unfinished(), 0);
    assert_eq!(range(5, 5).send(&bench, "hello").await.status, 204);
}

#[tokio::test]
async fn a_form_lives_as_long_as_its_policy_says() {
    let bench = Bench::new();
    let mut form = Form::to(&bench, "media").field("key", "a");
    form.at -= Duration::from_secs(6 * 24 * 3600);
    form.lives = Duration::from_secs(7 * 24 * 3600 - 60);
    assert_eq!(form.signed().send(&bench, "hello").await.status, 204);
}

#[tokio::test]
async fn a_form_is_answered_as_its_fields_ask() {
    let bench = Bench::new();
    let good = || Form::to(&bench, "media").field("key", "a & <b>");
    for (status, expected) in [("200", 200), ("201", 201), ("204", 204), ("418", 204)] {
        let answer = good().field("success_action_status", status).signed().send(&bench, "hello").await;
        assert_eq!(answer.status, expected, "{status}");
        assert_eq!(answer.elements("Key"), if expected == 201 { vec!["a & <b>"] } else { vec![] }, "{status}");
    }
    let document = good().field("success_action_status", "201").signed().send(&bench, "hello").await;
    assert_eq!(document.elements("Bucket"), ["media"]);
    assert_eq!(document.elements("ETag"), ["\"5d41402abc4b2a76b9719d911017c592\""]);
    assert_eq!(document.elements("Location"), ["http://127.0.0.1:9000/media/a%20%26%20%3Cb%3E"]);
    let sent_on = good().field("success_action_redirect", "http://localhost:3000/done").signed();
    let sent_on = sent_on.send(&bench, "hello").await;
    assert_eq!(sent_on.status, 303);
    let place =
        "http://localhost:3000/done?bucket=media&key=a%20%26%20%3Cb%3E&etag=%225d41402abc4b2a76b9719d911017c592%22";
    assert_eq!(sent_on.header("location"), Some(place));
}

#[tokio::test]
async fn what_is_no_form_to_a_bucket_is_refused() {
    let bench = Bench::new();
    let no_file = "--xyz\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\na\r\n--xyz--\r\n".to_owned();
    let large = no_file.replace("\r\na\r\n", &format!("\r\n{}\r\n", "a".repeat(21 * 1024)));
    let cases = [
        ("/media", no_file.clone(), 400, "InvalidArgument"),
        ("/media", large, 400, "MaxPostPreDataLengthExceededError"),
        ("/media", "hello".to_owned(), 400, "MalformedPOSTRequest"),
        ("/media/a", no_file.clone(), 405, "MethodNotAllowed"),
        ("/", no_file, 405, "MethodNotAllowed"),
    ];
    for (path, body, status, code) in cases {
        assert_eq!(post(&bench, path, body).await.outcome(), refused(status, code), "{path}");
    }
}
