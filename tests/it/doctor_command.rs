//! `presignd doctor` as a command: what it asks, as whom, what it prints, and how it ends.

use serde_json::Value;

use crate::dev::Dev;
use crate::support::fake_s3::FakeS3;
use crate::support::fake_s3::Seen;
use crate::support::fake_s3::answer;
use crate::support::fake_s3::error;
use crate::support::presignd::Output;
use crate::support::presignd::Presignd;

const TOML: &str = r#"
[server]
cors_origins = ["https://app.example.com"]
[[issuers]]
issuer = "https://app.example.com"
audiences = ["presignd"]
hmac_secret_env = "JWT_SECRET"
[credentials.reader]
provider = "environment"
env_prefix = "READER_"
[credentials.writer]
provider = "environment"
env_prefix = "WRITER_"
[credentials.operator]
provider = "environment"
env_prefix = "OPERATOR_"
[buckets.media]
bucket = "acme-media"
endpoint = "http://STORE/base"
credentials = { read = "reader", write = "writer" }
[[grants]]
name = "own-folder"
bucket = "media"
prefix = "users/{sub}/"
actions = ["read", "write", "delete"]
"#;

/// With all credentials, before that store.
fn doctor(store: &FakeS3, toml: &str) -> Presignd {
    let presignd = Presignd::configured(&toml.replace("STORE", &store.address.to_string()));
    ["READER", "WRITER", "OPERATOR"].into_iter().fold(presignd, |presignd, name| {
        let id = format!("AKIA{name}");
        presignd.env(&format!("{name}_AWS_ACCESS_KEY_ID"), &id).env(&format!("{name}_AWS_SECRET_ACCESS_KEY"), "hunter2")
    })
}

#[track_caller]
fn findings(output: &Output) -> Vec<(String, String)> {
    let report: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let all = report["findings"].as_array().unwrap();
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    for finding in all {
        let members: Vec<&String> = finding.as_object().unwrap().keys().collect();
        assert_eq!(members, ["bucket", "id", "severity", "detail", "mend"]);
        assert!(["error", "warning", "info"].contains(&finding["severity"].as_str().unwrap()), "{finding}");
    }
    all.iter().map(|finding| (text(finding, "severity"), text(finding, "id"))).collect()
}

fn has(output: &Output, severity: &str, id: &str) -> bool {
    findings(output).contains(&(severity.to_owned(), id.to_owned()))
}

/// The key that a request is signed by.
fn signer(seen: &Seen) -> String {
    let (_, rest) = seen.header("authorization").split_once("Credential=").unwrap();
    rest.split('/').next().unwrap().to_owned()
}

/// What a bucket of which hardly anything is set answers.
fn bare(seen: &Seen) -> Vec<u8> {
    let (_, question) = seen.target.split_once('?').unwrap_or_default();
    match question.trim_end_matches('=') {
        "location" => answer(200, &[], "<LocationConstraint>here</LocationConstraint>"),
        "cors" => error(404, "NoSuchCORSConfiguration"),
        "encryption" => error(404, "ServerSideEncryptionConfigurationNotFoundError"),
        "lifecycle" => error(404, "NoSuchLifecycleConfiguration"),
        "logging" => answer(
            200,
            &[],
            "<BucketLoggingStatus><LoggingEnabled><TargetBucket>logs\u{202e}</TargetBucket></LoggingEnabled></BucketLoggingStatus>",
        ),
        "object-lock" => error(404, "ObjectLockConfigurationNotFoundError"),
        "policy" => error(404, "NoSuchBucketPolicy"),
        "versioning" => answer(200, &[], "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"),
        _ => error(501, "NotImplemented"),
    }
}

#[test]
fn it_only_reads_settings_and_tells_what_it_found() {
    let store = FakeS3::start(bare);
    let presignd = doctor(&store, TOML);
    let output = presignd.run("doctor", &["--json"], "");
    assert_eq!((output.code, output.stderr.as_str()), (1, ""), "{output:?}");
    assert!(has(&output, "error", "cors") && has(&output, "warning", "default-encryption"), "{output:?}");
    assert!(!findings(&output).iter().any(|(_, id)| id == "versioning" || id == "access-logging"), "{output:?}");
    for seen in store.seen() {
        assert_eq!(seen.method, "GET", "{seen:?}");
        assert!(seen.target.starts_with("/base/acme-media?"), "{seen:?}");
    }
    assert!(!output.stdout.contains("hunter2"));
    let text = presignd.run("doctor", &[], "");
    assert_eq!(text.code, 1);
    insta::assert_snapshot!(text.stdout.replace(&store.address.to_string(), "127.0.0.1:9000"));
}

#[test]
fn warnings_are_no_failure() {
    let store = FakeS3::start(bare);
    let toml = TOML.replace("cors_origins = [\"https://app.example.com\"]", "");
    let output = doctor(&store, &toml).run("doctor", &["--json"], "");
    assert_eq!(output.code, 0, "{output:?}");
    assert!(findings(&output).iter().all(|(severity, _)| severity != "error"), "{output:?}");
}

#[test]
fn one_bucket_is_asked_where_one_is_named() {
    let store = FakeS3::start(bare);
    let other =
        "[buckets.other]\nbucket = \"acme-other\"\nendpoint = \"http://STORE\"\ncredentials = \"reader\"\n[[grants]]";
    let presignd = doctor(&store, &TOML.replacen("[[grants]]", other, 1));
    presignd.run("doctor", &["other"], "");
    assert!(store.seen().iter().all(|seen| seen.target.starts_with("/acme-other")), "{:?}", store.seen());
    for (arguments, said) in
        [(["nowhere"].as_slice(), "bucket \"nowhere\""), (&["--credentials", "x"], "credentials \"x\"")]
    {
        let output = presignd.run("doctor", arguments, "");
        assert_eq!(output.code, 2, "{output:?}");
        assert!(output.stderr.contains(said), "{output:?}");
    }
}

#[test]
fn what_the_reader_may_not_ask_the_writer_is_asked_and_the_operator_in_place_of_both() {
    let store = FakeS3::start(|seen| match (signer(seen).as_str(), seen.target.contains("location")) {
        ("AKIAREADER", false) => error(403, "AccessDenied"),
        _ => bare(seen),
    });
    let presignd = doctor(&store, TOML);
    let output = presignd.run("doctor", &["--json"], "");
    assert!(!has(&output, "warning", "not-asked") && has(&output, "error", "cors"), "{output:?}");
    let of_both = store.seen().len();
    let output = presignd.run("doctor", &["--json", "--credentials", "operator"], "");
    assert!(has(&output, "error", "cors"), "{output:?}");
    assert!(store.seen()[of_both..].iter().all(|seen| signer(seen) == "AKIAOPERATOR"), "{:?}", store.seen());
}

#[test]
fn credentials_that_are_wrong_or_absent_are_told_and_the_others_ask() {
    let store = FakeS3::start(|seen| match signer(seen).as_str() {
        "AKIAREADER" => error(403, "InvalidAccessKeyId"),
        _ => bare(seen),
    });
    let output = doctor(&store, TOML).run("doctor", &["--json"], "");
    assert!(has(&output, "error", "credentials") && has(&output, "error", "cors"), "{output:?}");
    let nobody = Presignd::configured(&TOML.replace("STORE", &store.address.to_string()));
    let asked = store.seen().len();
    let output = nobody.run("doctor", &["--json"], "");
    assert_eq!(output.code, 1);
    assert_eq!(findings(&output).iter().filter(|(_, id)| id == "credentials").count(), 2, "{output:?}");
    assert_eq!(store.seen().len(), asked, "nobody could ask");
}

#[test]
fn whatever_a_store_answers_the_doctor_ends_and_says_so() {
    let huge = answer(200, &[], &" ".repeat(2 << 20));
    let rows: Vec<(&str, Vec<u8>, &str)> = vec![
        ("no answer", Vec::new(), "reachable"),
        ("no HTTP", b"SSH-2.0-OpenSSH\r\n".to_vec(), "reachable"),
        ("a page", answer(200, &[], "<html>hello</html>"), "reachable"),
        ("garbage", answer(200, &[], "\u{1}\u{2}<<"), "reachable"),
        ("too much", huge.clone(), "reachable"),
        ("no bucket", error(404, "NoSuchBucket"), "reachable"),
        ("elsewhere", answer(301, &[("x-amz-bucket-region", "us-west-2")], ""), "region"),
        ("a redirect", answer(302, &[("location", "http://127.0.0.1:1/")], ""), "reachable"),
    ];
    for (what, bytes, id) in rows {
        let store = FakeS3::start(move |_| bytes.clone());
        let output = doctor(&store, TOML).run("doctor", &["--json"], "");
        assert_eq!(output.code, 1, "{what}: {output:?}");
        assert!(has(&output, "error", id), "{what}: {output:?}");
        assert_eq!(store.seen().len(), 1, "{what}: what is not there is asked nothing more");
    }
    // Later answers of that kind spoil one question each.
    let store = FakeS3::start(move |seen| if seen.target.contains("policy") { huge.clone() } else { bare(seen) });
    let output = doctor(&store, TOML).run("doctor", &["--json"], "");
    assert!(has(&output, "warning", "not-asked") && has(&output, "error", "cors"), "{output:?}");
    let nested: String = (0..300).map(|number| format!("<a xmlns:a{number}=\"u\">")).collect();
    let nested = format!("<VersioningConfiguration>{nested}{}</VersioningConfiguration>", "</a>".repeat(300));
    let store = FakeS3::start(move |seen| match seen.target.contains("versioning") {
        true => answer(200, &[], &nested),
        false => bare(seen),
    });
    let output = doctor(&store, TOML).run("doctor", &["--json"], "");
    assert!(output.stdout.contains("what it answered is no XML"), "{output:?}");
    let store =
        FakeS3::start(
            |seen| if seen.target.contains("location") { error(403, "AccessDenied") } else { answer(404, &[], "") },
        );
    let output = doctor(&store, TOML).run("doctor", &["--json"], "");
    assert!(has(&output, "error", "reachable"), "{output:?}");
    assert_eq!(store.seen().iter().map(|seen| seen.method.as_str()).collect::<Vec<_>>(), ["GET", "HEAD"]);
}

#[test]
fn the_store_of_dev_is_asked_too() {
    let dev = Dev::with_grants(
        r#"
[[grants]]
name = "locked"
bucket = "media"
prefix = "locked/"
actions = ["write", "read_version"]
[grants.upload]
object_lock = { mode = "GOVERNANCE", min_retention = "1d" }
"#,
    );
    let output = dev.run("doctor", &["--json"]);
    assert_eq!(output.code, 0, "it makes its buckets as the grants need them: {output:?}");
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let of = |bucket: &str, id: &str| {
        let all = report["findings"].as_array().unwrap();
        all.iter().any(|finding| finding["bucket"] == bucket && finding["id"] == id)
    };
    for bucket in ["media", "vault"] {
        assert!(!of(bucket, "versioning") && !of(bucket, "object-lock"), "{bucket}: {report:#}");
        assert!(of(bucket, "not-asked"), "what it does not have it does not know: {report:#}");
        assert!(!of(bucket, "copy-source"), "two identities: {report:#}");
    }
}

#[test]
fn a_probe_removes_nothing_but_its_own_whatever_a_list_says() {
    const FOREIGN: [&str; 4] = ["users/42/a.png", "users/probe/", "users/probe/presignd-probe-1/a", ""];
    for keeps_versions in [false, true] {
        let store = FakeS3::start(move |seen| {
            let (_, question) = seen.target.split_once('?').unwrap_or_default();
            let prefix = question.split('&').find_map(|pair| pair.strip_prefix("prefix="));
            match (seen.method.as_str(), prefix) {
                ("DELETE", _) if keeps_versions => answer(204, &[("x-amz-delete-marker", "true")], ""),
                ("DELETE", _) => answer(204, &[], ""),
                ("GET", Some(_)) if keeps_versions && question.contains("versions") => error(403, "AccessDenied"),
                ("GET", Some(folder)) => {
                    let own = format!("{}right", folder.replace("%2F", "/"));
                    let key = |key: &str| format!("<Contents><Key>{key}</Key></Contents>");
                    let keys: String = FOREIGN.into_iter().chain([own.as_str()]).map(key).collect();
                    answer(200, &[], &format!("<ListBucketResult>{keys}</ListBucketResult>"))
                }
                _ => bare(seen),
            }
        });
        let output = doctor(&store, TOML).run("doctor", &["--probe", "users/probe/"], "");
        assert!(output.stdout.contains("(the list has other keys too)"), "{output:?}");
        let deleted: Vec<String> =
            store.seen().iter().filter(|seen| seen.method == "DELETE").map(|seen| seen.target.clone()).collect();
        let [own] = deleted.as_slice() else { panic!("{deleted:?}") };
        assert!(own.starts_with("/base/acme-media/users/probe/presignd-probe-") && own.ends_with("/right"), "{own}");
        let key = own.trim_start_matches("/base/acme-media/");
        assert_eq!(output.stdout.contains(key), keeps_versions, "a version behind a marker is left: {output:?}");
    }
}
