//! `presignd doctor --probe` at the store of `presignd dev`, which keeps every promise.

use std::path::Path;
use std::path::PathBuf;

use presignd::adapters::config;
use presignd::adapters::config::Environment;
use presignd::domain::doctor::Against;
use presignd::domain::doctor::Finding;
use presignd::domain::doctor::FindingId;
use presignd::domain::doctor::Outcome;
use presignd::domain::doctor::Probed;
use presignd::domain::doctor::Promise;
use presignd::domain::doctor::Severity;
use presignd::domain::doctor::with_probed;

use crate::dev::Dev;

const TOML: &str = r#"
[[issuers]]
issuer = "https://app.example.com"
audiences = ["presignd"]
hmac_secret_env = "JWT_SECRET"
[buckets.media]
bucket = "acme-media"
endpoint = "http://127.0.0.1:9000"
[[grants]]
name = "letters"
bucket = "media"
prefix = "letters/"
actions = ["write"]
upload = { write_once = true }
[[grants]]
name = "films"
bucket = "media"
prefix = "films/"
actions = ["read", "write"]
upload = { max_size = "1GiB" }
"#;

#[test]
fn the_store_of_dev_keeps_every_promise_and_nothing_of_the_probe() {
    let dev = Dev::fresh();
    let before = files(&dev.path("store"));
    let output = dev.run("doctor", &["media", "--probe", "users/probe/"]);
    let lines = output.stdout.lines().skip_while(|line| !line.contains("tried"));
    let tried: Vec<&str> = lines.take_while(|line| line.starts_with(' ')).collect();
    insta::assert_snapshot!(tried.join("\n"));
    let json = dev.run("doctor", &["vault", "--probe", "records/probe/", "--json"]);
    for id in ["copy-source", "probe", "unsigned-acl", "write-once"] {
        assert!(!json.stdout.contains(&format!("\"{id}\"")), "{id}: {json:?}");
    }
    assert_eq!(files(&dev.path("store")), before, "versions and delete markers go too");
}

#[test]
fn a_prefix_is_a_folder_that_keys_may_be_in() {
    let dev = Dev::fresh();
    for (prefix, words) in [("users", "end it in /"), ("a//", "segment"), ("../", "segment"), ("", "end it in /")] {
        let output = dev.run("doctor", &["media", "--probe", prefix]);
        assert_eq!(output.code, 2, "{prefix}: {output:?}");
        assert!(output.stderr.contains(words), "{prefix}: {output:?}");
    }
}

/// The paths of all files below a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<PathBuf> =
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    all.sort();
    all
}

/// What is said of these outcomes, beside a fear of the doctor's: `severity id`.
fn said(outcomes: &[(Promise, Outcome)], left: &[&str]) -> (Vec<String>, Vec<Finding>) {
    let loaded = config::parse(TOML.as_bytes(), Path::new("presignd.toml"), &Environment::default()).unwrap();
    let policy = &loaded.settings.policy;
    let against = Against { policy, origins: &[], file: "presignd.toml" };
    let bucket = &policy.buckets()[0];
    let feared = Finding {
        bucket: bucket.alias.clone(),
        id: FindingId::CopySource,
        severity: Severity::Warning,
        detail: String::new(),
        mend: String::new(),
    };
    let left = left.iter().map(|key| (*key).to_owned()).collect();
    let found = with_probed(vec![feared], against, &[Probed { bucket, outcomes: outcomes.to_vec(), left }]);
    let brief = found.iter().map(|finding| format!("{} {}", finding.severity.as_str(), finding.id.as_str())).collect();
    (brief, found)
}

/// What was tried, what of it is left, and what is said.
type Row<'r> = (&'r str, Vec<(Promise, Outcome)>, &'r [&'r str], &'r [&'r str]);

#[test]
fn what_comes_through_is_as_bad_as_grants_count_on_it() {
    let untried = |promise| (promise, Outcome::Untried("the store sleeps".to_owned()));
    let rows: [Row<'_>; 7] = [
        ("nothing broken", vec![(Promise::CopySource, Outcome::Kept), (Promise::Expiry, Outcome::Kept)], &[], &[]),
        ("a copy", vec![(Promise::CopySource, Outcome::Broken)], &[], &["error copy-source"]),
        (
            "none counts on it",
            vec![(Promise::Checksum, Outcome::Broken)],
            &[],
            &["warning copy-source", "info checksum"],
        ),
        (
            "one does",
            vec![(Promise::WriteOnce, Outcome::Broken), (Promise::CopySource, Outcome::Kept)],
            &[],
            &["error write-once"],
        ),
        (
            "one untried",
            vec![untried(Promise::CopySource), (Promise::Expiry, Outcome::Kept)],
            &[],
            &["warning copy-source"],
        ),
        ("all untried", vec![untried(Promise::CopySource)], &[], &["warning copy-source", "warning probe"]),
        ("something left", vec![(Promise::CopySource, Outcome::Kept)], &["a/b"], &["warning probe"]),
    ];
    for (case, outcomes, left, expected) in rows {
        assert_eq!(said(&outcomes, left).0, expected, "{case}");
    }
    for promise in Promise::ALL {
        let (brief, found) = said(&[(promise, Outcome::Broken)], &[]);
        let own = found.iter().find(|finding| !finding.mend.is_empty()).unwrap();
        assert!(own.detail.ends_with(" on it.") && own.mend.ends_with('.'), "{promise:?}: {own:?} of {brief:?}");
        assert!(!promise.tried().is_empty());
    }
    let (_, found) = said(&[(Promise::WriteOnce, Outcome::Broken)], &[]);
    assert!(found[0].detail.ends_with("the grant letters counts on it."), "{found:?}");
}
