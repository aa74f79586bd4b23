//! `provider = "signing_key"`: which buckets it is for, and what is said of its file.

use super::*;
use crate::domain::day::Day;
use crate::domain::signing_keys::CredentialScope;
use crate::domain::signing_keys::Origin;
use crate::domain::signing_keys::document;
use std::collections::BTreeSet;
use std::time::SystemTime;

const GLOBAL: &str = "arn:aws:s3::123456789012:accesspoint/a.mrap";

#[test]
fn keys_of_days_are_refused_at_each_place_where_they_would_sign_for_a_multi_region_access_point() {
    let head = "[credentials.main]\nprovider = \"environment\"\n[credentials.keys]\nprovider = \"signing_key\"\npath = \"/dev/null\"\n";
    let only = "[credentials.keys]\nprovider = \"signing_key\"\npath = \"/dev/null\"\n";
    let told_at = |place: &str| {
        format!(
            "p.toml:{place}: keys holds keys for days and regions, and those sign for no Multi-Region Access Point; name \
             credentials that hold the secret"
        )
    };
    let rows = [
        ("both", head, "credentials = \"keys\"", "", vec!["8:15"]),
        ("reading", head, "credentials = { read = \"keys\", write = \"main\" }", "", vec!["8:24"]),
        ("writing", head, "credentials = { read = \"main\", write = \"keys\" }", "", vec!["8:40"]),
        ("each", head, "credentials = { read = \"keys\", write = \"keys\" }", "", vec!["8:24", "8:40"]),
        ("neither", head, "credentials = \"main\"", "", vec![]),
        ("a grant", head, "credentials = \"main\"", "credentials = \"keys\"", vec!["15:15"]),
        ("the only ones there are", only, "", "", vec!["4:1"]),
    ];
    for (row, credentials, of_bucket, of_grant, places) in rows {
        let bucket = format!("[buckets.media]\nbucket = \"{GLOBAL}\"\n{of_bucket}\n");
        let text = format!("{credentials}{bucket}{GRANT}{of_grant}\n{ISSUER}");
        let said: Vec<_> = told(&text, &[]).into_iter().filter(|line| !line.contains(": warning: ")).collect();
        let expected: Vec<String> = places.iter().map(|place| told_at(place)).collect();
        assert_eq!(said, expected, "{row}: {text}");
    }
}

/// A document for so many days from today on.
fn keys(regions: &[&str], count: usize, valid_until: Option<SystemTime>) -> String {
    let scope = |region: &&str| CredentialScope { region: (*region).into(), service: "s3".into() };
    let today = Day::of(Clock::system().now());
    let days: Vec<Day> = std::iter::successors(Some(today), |day| Some(day.next())).take(count).collect();
    let scopes: BTreeSet<_> = regions.iter().map(scope).collect();
    let origin =
        Origin { access_key_id: "AKIDEXAMPLE", secret_access_key: "hunter2", session_token: None, valid_until };
    document(&origin, &days, &scopes).unwrap().to_string()
}

#[test]
fn a_file_that_lacks_what_its_buckets_need_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let config = format!(
        "[credentials.main]\nprovider = \"signing_key\"\npath = \"keys.json\"\n{BUCKET}\n[buckets.far]\nbucket = \
         \"acme-far\"\nregion = \"us-west-2\"\n{GRANT}{ISSUER}"
    );
    let both = ["eu-west-1", "us-west-2"];
    let gone = "DIR/keys.json cannot be read (No such file or directory (os error 2)); put it there where the service \
                runs; until then it is not ready";
    let anew = "write it anew by presignd derive-keys, where the secret is";
    let ended = Some(Clock::system().now() - std::time::Duration::from_secs(60));
    let rows = [
        ("none", None, vec![gone.to_owned()]),
        ("all", Some(keys(&both, 8, None)), vec![]),
        (
            "another region's are there",
            Some(keys(&["eu-west-1", "eu-west-2"], 8, None)),
            vec![format!(
                "DIR/keys.json has no key for us-west-2/s3, where a bucket is; {anew}; until then no URL there is signed"
            )],
        ),
        (
            "few days",
            Some(keys(&both, 3, None)),
            vec![format!("DIR/keys.json: these keys sign until END, and no longer; {anew}")],
        ),
        ("ended", Some(keys(&both, 8, ended)), vec![format!("DIR/keys.json: no key of these signs now; {anew}")]),
        (
            "no keys",
            Some("{\"Version\": 1}".to_owned()),
            vec![format!(
                "DIR/keys.json holds no keys: not the JSON that derive-keys prints (line 1, column 10); {anew}"
            )],
        ),
    ];
    for (row, content, expected) in rows {
        match content {
            Some(content) => std::fs::write(&path, content).unwrap(),
            None => assert!(!path.exists()),
        }
        let loaded =
            parse(config.as_bytes(), &folder.path().join("p.toml"), &environment(&[])).expect("it can be used");
        let end = Day::of(Clock::system().now()).next().next().end();
        let end = time::OffsetDateTime::from(end).format(&time::format_description::well_known::Rfc3339).unwrap();
        let said = loaded.warnings.iter().map(|warning| warning.to_string().replace(&end, "END"));
        let said: Vec<_> = said.map(|said| said.replace(&folder.path().display().to_string(), "DIR")).collect();
        let expected: Vec<_> = expected.iter().map(|line| format!("DIR/p.toml:3:8: warning: {line}")).collect();
        assert_eq!(said, expected, "{row}");
    }
}

#[test]
fn what_is_no_regular_file_is_not_read() {
    let keys = "[credentials.main]\nprovider = \"signing_key\"\npath = \"/dev/null\"\n";
    let expected = "p.toml:3:8: warning: /dev/null cannot be read (not a regular file); put it there where the service \
                    runs; until then it is not ready";
    assert_eq!(told(&format!("{keys}{BUCKET}{GRANT}{ISSUER}"), &[]), [expected]);
}
