//! `presignd doctor --probe` before the store: what it lets through is found, with one identity and with two, and nothing of
//! the probe stays.

use serde_json::Value;
use serde_json::json;

use crate::store::Store;
use crate::support::presignd::Output;
use crate::support::presignd::Presignd;

const TOML: &str = r#"
[[issuers]]
issuer = "https://app.example.com"
audiences = ["presignd"]
hmac_secret_env = "JWT_SECRET"
[credentials.main]
provider = "environment"
[credentials.writer]
provider = "file"
path = "writer.json"
[buckets.media]
bucket = "BUCKET"
endpoint = "ENDPOINT"
credentials = CREDENTIALS
[[grants]]
name = "once"
bucket = "media"
prefix = "once/"
actions = ["write"]
upload = { write_once = true, max_size = "1MiB", require_checksum = true }
[[grants]]
name = "free"
bucket = "media"
prefix = "free/"
actions = ["read", "write"]
"#;

/// With the credentials of a bucket as the configuration has them.
fn doctor(store: &Store, bucket: &str, credentials: &str, writer: &Value) -> Presignd {
    let toml = TOML.replace("ENDPOINT", store.get("ENDPOINT")).replace("BUCKET", bucket);
    Presignd::configured(&toml.replace("CREDENTIALS", credentials))
        .file("writer.json", writer.to_string())
        .env("AWS_ACCESS_KEY_ID", store.get("ACCESS_KEY"))
        .env("AWS_SECRET_ACCESS_KEY", store.get("SECRET_KEY"))
}

/// A session that writes, and no more.
fn writer(store: &Store, name: &str) -> Value {
    let session = store.assume_new_role(name, WRITES);
    json!({
        "Version": 1,
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "SessionToken": session.session_token,
        "Expiration": session.expiration,
    })
}

/// What it may do.
const WRITES: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"], "Resource": ["arn:aws:s3:::*"]}]}"#;

/// The ids of the errors that the probe finds; others are the doctor's own.
fn broken(output: &Output) -> Vec<String> {
    let report: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let all = report["findings"].as_array().unwrap().iter();
    let found =
        all.filter(|finding| finding["severity"] == "error").map(|finding| finding["id"].as_str().unwrap().to_owned());
    found.filter(|id| !DOCTORS_OWN.contains(&id.as_str())).collect()
}

/// Of a bucket without any settings.
const DOCTORS_OWN: [&str; 3] = ["cors", "object-lock", "versioning"];

#[test]
fn the_probe_finds_what_this_store_lets_through_and_leaves_nothing_behind() {
    let Some(store) = Store::found() else { return };
    let bucket = format!("probe-{}", std::process::id());
    store.make_bucket(&bucket);
    let lax = [
        "checksum",
        "copy-source",
        "object-size",
        "unsigned-acl",
        "unsigned-client-key",
        "unsigned-tagging",
        "write-once-in-parts",
    ];
    let writer = writer(&store, &bucket);
    let doctor = |credentials: &str| doctor(&store, &bucket, credentials, &writer);
    for (credentials, without) in [("\"main\"", ""), (r#"{ read = "main", write = "writer" }"#, "copy-source")] {
        let presignd = doctor(credentials);
        let output = presignd.run("doctor", &["--json", "--probe", "free/tried here/"], "");
        let expected: Vec<&str> = lax.into_iter().filter(|id| *id != without).collect();
        assert_eq!(
            (output.code, broken(&output)),
            (1, expected.iter().map(|id| (*id).to_owned()).collect()),
            "{output:?}"
        );
        let table = presignd.run("doctor", &["--probe", "free/"], "").stdout;
        let unknown =
            "untried  an unsigned x-amz-storage-class (it is answered 400 InvalidArgument, which does not tell)";
        assert!(table.contains(unknown) && table.matches("\n    kept ").count() + expected.len() == 15, "{table}");
        let listed = store.call("GET", &format!("/{bucket}?list-type=2"), "s3", &[], "").text();
        assert!(!listed.contains("<Key>") && listed.contains("<ListBucketResult"), "{credentials}: {listed}");
    }
}

#[test]
fn where_the_probe_may_not_write_nothing_is_said_of_the_store() {
    let Some(store) = Store::found() else { return };
    let presignd = doctor(&store, &format!("no-probe-{}", std::process::id()), "\"main\"", &Value::Null);
    let output = presignd.run("doctor", &["--json", "--probe", "free/"], "");
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let probe = report["findings"].as_array().unwrap().iter().find(|finding| finding["id"] == "probe").unwrap();
    assert!(
        probe["detail"].as_str().unwrap().starts_with("Nothing could be tried: an upload as it is signed"),
        "{probe}"
    );
}
