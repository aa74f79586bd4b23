//! Who signs: credentials from everywhere, told apart by the judge, and followed when they change.

use serde_json::Value;
use serde_json::json;

use crate::support::eventually;
use crate::support::now;
use crate::support::presignd::Presignd;
use crate::support::service::Service;
use crate::support::setting::ACCESS_KEY_ID;
use crate::support::setting::ISSUER;
use crate::support::setting::REGION;
use crate::support::setting::SECRET_ACCESS_KEY;
use crate::support::setting::Use;
use crate::support::setting::ask;
use crate::support::setting::credential_file;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::verifier::Key;
use crate::verifier::World;

const CONFIG: &str = r#"
    [credentials.main]
    provider = "environment"
    [credentials.uploads]
    provider = "environment"
    env_prefix = "UPLOADS_"
    [credentials.file]
    provider = "file"
    path = "file.json"
    [credentials.profile]
    provider = "profile"
    profile = "uploads"
    [credentials.elsewhere]
    provider = "profile"
    profile = "default"
    credentials_file = "aws.ini"
    [buckets.plain]
    bucket = "acme-plain"
    region = "eu-west-1"
    credentials = "main"
    [buckets.split]
    bucket = "acme-split"
    region = "eu-west-1"
    credentials = { read = "file", write = "uploads" }
    [buckets.profiles]
    bucket = "acme-profiles"
    region = "eu-west-1"
    credentials = { read = "profile", write = "elsewhere" }
    [[grants]]
    name = "plain"
    bucket = "plain"
    prefix = ""
    actions = ["read", "write", "list", "delete"]
    [[grants]]
    name = "own"
    bucket = "plain"
    prefix = "own/"
    actions = ["read", "write"]
    credentials = "uploads"
    [[grants]]
    name = "split"
    bucket = "split"
    prefix = ""
    actions = ["read", "write", "list", "delete"]
    [[grants]]
    name = "profiles"
    bucket = "profiles"
    prefix = ""
    actions = ["read", "write"]
"#;

const MAIN: Key<'_> = Key { id: ACCESS_KEY_ID, secret: SECRET_ACCESS_KEY, session_token: None };
const UPLOADS: Key<'_> =
    Key { id: "AKIDUPLOADS", secret: "secret of uploads", session_token: Some("session/of+uploads==") };
const FILE: Key<'_> = Key { id: "AKIDFILE", secret: "secret of file", session_token: Some("session-of-file") };
const PROFILE: Key<'_> = Key { id: "AKIDPROFILE", secret: "secret/of+profile", session_token: None };
const ELSEWHERE: Key<'_> = Key { id: "AKIDELSE", secret: "secretOfElsewhere", session_token: Some("session") };

fn of_file(key: Key<'_>) -> String {
    credential_file(key, Some(3600))
}

const ELSEWHERE_INI: &str = "
[default]
aws_access_key_id = AKIDELSE
aws_secret_access_key = secretOfElsewhere
aws_session_token=session
";

const HOME_INI: &str = "
[default]
aws_access_key_id=no
aws_secret_access_key=no

[uploads]
aws_access_key_id = AKIDPROFILE
aws_secret_access_key = secret/of+profile
";

fn configured() -> Presignd {
    let presignd = setting(&[ISSUER, CONFIG])
        .env("UPLOADS_AWS_ACCESS_KEY_ID", UPLOADS.id)
        .env("UPLOADS_AWS_SECRET_ACCESS_KEY", UPLOADS.secret)
        .env("UPLOADS_AWS_SESSION_TOKEN", "session/of+uploads==")
        .env("UPLOADS_AWS_CREDENTIAL_EXPIRATION", &crate::support::rfc3339(now() + 1800))
        .file("file.json", of_file(FILE))
        .file("aws.ini", ELSEWHERE_INI);
    std::fs::create_dir(presignd.path(".aws")).unwrap();
    presignd.file(".aws/credentials", HOME_INI)
}

/// Who signed it, as far as the judge knows them.
fn signer(service: &Service, request: &Value, known: &[Key<'_>]) -> String {
    let answer = service.post(&token(), "/v1/presign", request).json();
    let used = Use::of(&answer, request);
    let judged = |key: &&Key<'_>| {
        let world = World { keys: std::slice::from_ref(*key), region: REGION, service: "s3", now: now() };
        used.judge_in(world) == Ok(())
    };
    known.iter().find(judged).unwrap_or_else(|| panic!("nobody known signed {answer:#}")).id.to_owned()
}

#[test]
fn reads_and_writes_are_signed_by_whom_the_bucket_or_the_grant_names() {
    let service = configured().serve();
    let all = [MAIN, UPLOADS, FILE, PROFILE, ELSEWHERE];
    for (operation, bucket, key, expected) in [
        ("GetObject", "plain", "a", MAIN),
        ("PutObject", "plain", "a", MAIN),
        ("GetObject", "plain", "own/a", UPLOADS),
        ("PutObject", "plain", "own/a", UPLOADS),
        ("GetObject", "split", "a", FILE),
        ("HeadObject", "split", "a", FILE),
        ("ListObjectsV2", "split", "a/", FILE),
        ("PutObject", "split", "a", UPLOADS),
        ("DeleteObject", "split", "a", UPLOADS),
        ("CreateMultipartUpload", "split", "a", UPLOADS),
        ("UploadPart", "split", "a", UPLOADS),
        ("CompleteMultipartUpload", "split", "a", UPLOADS),
        ("AbortMultipartUpload", "split", "a", UPLOADS),
        ("ListParts", "split", "a", UPLOADS),
        ("GetObject", "profiles", "a", PROFILE),
        ("PutObject", "profiles", "a", ELSEWHERE),
    ] {
        let found = signer(&service, &ask(operation, bucket, key), &all);
        assert_eq!(found, expected.id, "{operation} of {key} in {bucket}");
    }
    let lines = service.audited(16);
    assert_eq!((&lines[0]["signing_key_id"], &lines[4]["signing_key_id"]), (&json!(MAIN.id), &json!(FILE.id)));
    let ends = |name: &str| {
        service.metric(&format!("presignd_credentials_expiry_timestamp_seconds{{credentials=\"{name}\"}}"))
    };
    assert!((ends("uploads") - (now() + 1800) as f64).abs() < 120.0, "{}", ends("uploads"));
    assert_eq!(ends("main"), 0.0, "no series where there is no end");
}

#[test]
fn a_file_that_changes_is_taken_up_and_a_broken_one_is_not() {
    let service = configured().serve();
    let next = Key { id: "AKIDNEXT", secret: "secret of next", session_token: Some("session-of-next") };
    let by = |key: Key<'_>| {
        let request = ask("GetObject", "split", "a");
        eventually(key.id, || (signer(&service, &request, &[FILE, next]) == key.id).then_some(()));
    };
    by(FILE);
    service.presignd.write("file.json", of_file(next));
    by(next);
    service.presignd.write("file.json", "{\"Version\": 1, \"AccessKeyId\": \"AKIDHALF");
    service.logged("the broken file", |line| line["credentials"] == "file" && line["level"] != "INFO");
    by(next);
    let failures = |outcome: &str| {
        service.metric(&format!("presignd_credentials_refreshes_total{{credentials=\"file\",outcome=\"{outcome}\"}}"))
    };
    let text = service.admin("/metrics").text();
    assert!(
        text.contains("presignd_credentials_refreshes_total{credentials=\"file\",outcome="),
        "{text} {}",
        failures("x")
    );
    service.presignd.write("file.json", of_file(FILE));
    by(FILE);
}
