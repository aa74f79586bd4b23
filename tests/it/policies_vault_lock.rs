//! `presignd policy vault-lock`: what nobody deletes from a vault, and the calls that lock it.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;

use crate::policies::WORLD;
use crate::policies::document;
use crate::policies::policy;
use crate::policies::printed;
use crate::policies_judge::Asked;
use crate::policies_judge::denies;

#[test]
fn a_vaults_lock_as_people_read_it() {
    insta::assert_snapshot!(printed(WORLD, &["vault-lock", "media"]));
}

#[test]
fn a_glacier_vault_lock_refuses_every_delete_before_its_time_and_while_held() {
    let told: &[&str] = &["--account", "111122223333", "--vault", "records", "--days", "365"];
    let (held, free): (&[&str], &[&str]) = (&["true"], &["false"]);
    let cases: [(&str, &[&str], &str, &[_]); 3] = [
        // a grant demands 30 days
        ("media", &[], "acme-media", &[(29, free, true), (30, free, false), (9999, held, true), (30, &[""], true)]),
        ("media", told, "records", &[(364, free, true), (365, free, false), (365, held, true)]),
        // none demands any
        ("gov", &[], "acme-gov", &[(0, free, false), (0, held, true)]),
    ];
    for (alias, options, vault, rows) in cases {
        let policy = document(WORLD, &[&["vault-lock", alias], options].concat());
        let (partition, region) = if alias == "gov" { ("aws-us-gov", "us-gov-west-1") } else { ("aws", "eu-west-1") };
        let resource = format!("arn:{partition}:glacier:{region}:111122223333:vaults/{vault}");
        for (age, hold, expected) in rows {
            let age = age.to_string();
            let context: &[(&str, &[&str])] =
                &[("glacier:ArchiveAgeInDays", &[&age]), ("glacier:ResourceTag/LegalHold", hold)];
            let asked = Asked { identity: "any", action: "glacier:DeleteArchive", resource: &resource, context };
            assert_eq!(denies(&policy, asked), *expected, "{alias} {options:?} {age} {hold:?}: {policy:#}");
            let read = Asked { action: "glacier:InitiateJob", ..asked };
            assert!(!denies(&policy, read), "{alias} {options:?}: {policy:#}");
        }
    }
}

#[test]
fn the_calls_that_lock_a_vault_run_as_they_are_printed() {
    let output = policy(WORLD, &["vault-lock", "media"]);
    let directory = tempfile::tempdir().unwrap();
    let aws = directory.path().join("aws");
    std::fs::write(&aws, "#!/bin/sh\nprintf '%s\\0' \"$@\"\n").unwrap();
    std::fs::set_permissions(&aws, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(directory.path().join("vault-lock.json"), &output.stdout).unwrap();
    let path = format!("{}:{}", directory.path().display(), std::env::var("PATH").unwrap());
    let called = |begins: &str, ends: &str| -> Vec<String> {
        let (_, rest) = output.stderr.split_once(begins).unwrap_or_else(|| panic!("no {begins:?} in {output:?}"));
        let line = rest.split(ends).next().unwrap();
        let mut shell = Command::new("sh");
        let ran = shell.args(["-c", line]).current_dir(directory.path()).env("PATH", &path).output().unwrap();
        assert!(ran.status.success(), "{line}: {ran:?}");
        String::from_utf8(ran.stdout).unwrap().trim_end_matches('\0').split('\0').map(str::to_owned).collect()
    };
    let place = ["--region", "eu-west-1", "--account-id", "-", "--vault-name", "acme-media"];
    let first = called("first: ", "; it answers");
    let (head, body) = first.split_at(first.len() - 1);
    assert_eq!(*head, [&["glacier", "initiate-vault-lock"], &place[..], &["--policy"]].concat());
    // Glacier takes the policy as a text, of 20 KB at most.
    let body: Value = serde_json::from_str(&body[0]).unwrap();
    let text = body["Policy"].as_str().unwrap();
    assert!(text.len() <= 20_480);
    let [sent, shown]: [Value; 2] = [text, &output.stdout].map(|text| serde_json::from_str(text).unwrap());
    assert_eq!(sent, shown);
    let then = called("then: ", "; from then on");
    assert_eq!(then, [&["glacier", "complete-vault-lock"], &place[..], &["--lock-id", "LOCK_ID"]].concat());
}
