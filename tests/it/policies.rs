//! `presignd policy`: what it prints where, as people read it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::policies_judge::Asked;
use crate::policies_judge::denies;
use crate::support::presignd::Output;
use crate::support::presignd::Presignd;

/// Buckets of all kinds, identities split and not, limits that ask for rights of their own.
pub const WORLD: &str = r#"
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
[credentials.legal]
provider = "environment"
env_prefix = "LEGAL_"
[credentials.idle]
provider = "environment"
env_prefix = "IDLE_"

[buckets.media]
bucket = "acme-media"
region = "eu-west-1"
credentials = { read = "reader", write = "writer" }
default_encryption = { algorithm = "aws:kms", kms_key_id = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd", bucket_key = true }
[buckets.china]
bucket = "acme-cn"
region = "cn-north-1"
credentials = "writer"
[buckets.gov]
bucket = "acme-gov"
region = "us-gov-west-1"
credentials = "writer"
[buckets.door]
bucket = "door-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias"
underlying = "acme-media"
region = "eu-west-1"
credentials = "reader"
[buckets.store]
bucket = "acme-store"
endpoint = "https://s3.example.net"
credentials = "reader"

[[grants]]
name = "own-folder"
bucket = "media"
prefix = "users/{sub}/"
actions = ["read", "write", "list"]
max_expires = "1h"
[[grants]]
name = "records"
bucket = "media"
prefix = "legal/*${{year}?/"
actions = ["write", "read_version", "delete_version", "restore", "bypass_governance"]
credentials = "legal"
max_expires = "2h"
[grants.upload]
server_side_encryption = { algorithm = "aws:kms", kms_key_id = "alias/records" }
object_lock = { mode = "GOVERNANCE", min_retention = "30d", legal_hold = true }
tags = ["case"]
set_metadata = { owner = "{sub}" }
[[grants]]
name = "one-key"
bucket = "china"
key = "exact/object.pdf"
actions = ["GetObject", "PutObject", "list"]
[[grants]]
name = "forms"
bucket = "gov"
prefix = "inbox/"
actions = ["PostObject"]
[grants.upload]
sse_c = true
[[grants]]
name = "door"
bucket = "door"
prefix = "shared/"
actions = ["read"]
[[grants]]
name = "elsewhere"
bucket = "store"
prefix = ""
actions = ["read", "list", "delete"]
max_expires = "30s"
[[grants]]
name = "off"
bucket = "media"
prefix = "off/"
actions = ["delete"]
enabled = false
[[grants]]
name = "sealed"
effect = "deny"
bucket = "media"
prefix = "users/sealed/"
"#;

/// `presignd policy KIND [NAME]`, perhaps with options, of a configuration.
pub fn policy(toml: &str, arguments: &[&str]) -> Output {
    Presignd::configured(toml).run("policy", arguments, "")
}

/// What it prints, with its notes below.
#[track_caller]
pub fn printed(toml: &str, arguments: &[&str]) -> String {
    let output = policy(toml, arguments);
    assert_eq!(output.code, 0, "{output:?}");
    format!("{}\n{}", output.stdout, output.stderr)
}

/// The JSON that it prints.
#[track_caller]
pub fn document(toml: &str, arguments: &[&str]) -> Value {
    let output = policy(toml, arguments);
    assert_eq!(output.code, 0, "{output:?}");
    serde_json::from_str(&output.stdout).unwrap()
}

#[test]
fn the_rights_of_each_identity_as_people_read_them() {
    insta::assert_snapshot!(printed(WORLD, &["iam"]));
}

#[test]
fn what_each_bucket_refuses_as_people_read_it() {
    for name in ["media", "gov", "store"] {
        insta::assert_snapshot!(format!("bucket_{name}"), printed(WORLD, &["bucket", name]));
    }
}

#[test]
fn what_browsers_may_do_as_people_read_it() {
    for name in ["media", "gov"] {
        insta::assert_snapshot!(format!("cors_{name}"), printed(WORLD, &["cors", name]));
    }
}

#[test]
fn abandoned_uploads_end_as_people_read_it() {
    insta::assert_snapshot!(printed(WORLD, &["lifecycle"]));
}

#[test]
fn an_old_signature_is_older_than_the_longest_grant_of_the_bucket_and_two_minutes_at_least() {
    let all = document(WORLD, &["bucket"]);
    // both names of the one bucket, by the grant of two hours
    let rows = [("media", "7200000"), ("door", "7200000"), ("china", "3600000"), ("store", "120000")];
    for (name, expected) in rows {
        let statements = all[name]["Statement"].as_array().unwrap();
        let ages =
            statements.iter().map(|statement| &statement["Condition"]["NumericGreaterThan"]["s3:signatureAge"][0]);
        let ages: Vec<_> = ages.filter_map(Value::as_str).collect();
        assert_eq!(ages, [expected], "{name}: {statements:#?}");
    }
    assert_eq!(all["media"], all["door"], "one bucket, one policy");
}

#[test]
fn a_policy_refuses_only_and_names_the_bucket_in_its_partition() {
    let all = document(WORLD, &["bucket"]);
    let rows = [
        ("media", "arn:aws:s3:::acme-media"),
        ("china", "arn:aws-cn:s3:::acme-cn"),
        ("gov", "arn:aws-us-gov:s3:::acme-gov"),
    ];
    for (name, arn) in rows {
        for statement in all[name]["Statement"].as_array().unwrap() {
            assert_eq!((&statement["Effect"], &statement["Principal"]), (&"Deny".into(), &"*".into()), "{statement:#}");
            let resources = statement["Resource"].as_array().unwrap().iter().map(|text| text.as_str().unwrap());
            assert!(resources.clone().all(|text| text == arn || text == format!("{arn}/*")), "{statement:#}");
        }
    }
}

/// What S3 tells of a presigned request under the grants of the bucket `media`.
const PRESIGNED: [(&str, &str); 5] = [
    ("aws:SecureTransport", "true"),
    ("s3:signatureversion", "AWS4-HMAC-SHA256"),
    ("s3:authType", "REST-QUERY-STRING"),
    ("s3:signatureAge", "7200000"),
    ("s3:x-amz-server-side-encryption", "aws:kms"),
];

#[test]
fn encryption_in_transit_and_all_else_that_every_grant_signs_is_demanded_by_the_buckets_policy() {
    let policy = document(WORLD, &["bucket", "media"]);
    let rows: [(Changes, bool); 12] = [
        (&[], false),
        (&[("aws:SecureTransport", Some("false"))], true),
        (&[("s3:signatureversion", Some("AWS"))], true),
        (&[("s3:authType", None)], true),
        (&[("s3:authType", None), ("aws:PrincipalIsAWSService", Some("true"))], false),
        (&[("s3:authType", Some("POST"))], false),
        (&[("s3:signatureAge", Some("7200001"))], true),
        (&[("s3:authType", Some("REST-HEADER")), ("s3:signatureAge", None)], false),
        (&[("s3:x-amz-server-side-encryption", Some("AES256"))], true),
        (&[("s3:x-amz-server-side-encryption", None)], true),
        (&[("s3:x-amz-server-side-encryption", None), (CUSTOMER, Some("AES256"))], true),
        (&[(CUSTOMER, Some("AES256"))], true),
    ];
    for (changes, expected) in rows {
        let mut told: BTreeMap<&str, &str> = PRESIGNED.into();
        for (key, value) in changes {
            match value {
                Some(value) => told.insert(key, value),
                None => told.remove(key),
            };
        }
        let context: Vec<(&str, &[&str])> =
            told.iter().map(|(key, value)| (*key, std::slice::from_ref(value))).collect();
        let resource = "arn:aws:s3:::acme-media/users/42/a";
        let asked = Asked { identity: "any", action: "s3:PutObject", resource, context: &context };
        assert_eq!(denies(&policy, asked), expected, "{changes:?}: {policy:#}");
    }
}

/// Other values of these keys, or none.
type Changes = &'static [(&'static str, Option<&'static str>)];

const CUSTOMER: &str = "s3:x-amz-server-side-encryption-customer-algorithm";

#[test]
fn an_endpoint_on_plain_http_is_not_shut_by_its_own_policy() {
    let plain = WORLD.replace("https://s3.example.net", "http://127.0.0.1:9000");
    let output = policy(&plain, &["bucket", "store"]);
    assert!(!output.stdout.contains("aws:SecureTransport"), "{output:?}");
    assert!(output.stderr.contains("plain HTTP"), "{output:?}");
}

#[test]
fn without_origins_there_are_no_rules_for_browsers() {
    let output = policy(&WORLD.replace("cors_origins = [\"https://app.example.com\"]", ""), &["cors"]);
    assert_eq!((output.code, output.stdout.as_str()), (1, ""), "{output:?}");
    assert!(output.stderr.contains("server.cors_origins"), "{output:?}");
}

#[test]
fn with_a_name_it_is_that_one_alone() {
    let (all, one) = (document(WORLD, &["iam"]), document(WORLD, &["iam", "reader"]));
    assert_eq!(one, all["reader"]);
    assert_eq!(one["Version"], "2012-10-17");
}

#[test]
fn who_signs_nothing_needs_nothing_and_who_is_not_there_is_wrong_usage() {
    assert_eq!(document(WORLD, &["iam"]).get("idle"), None);
    let role = "--principal=reader=arn:aws:iam::111122223333:role/reader";
    let rows: [(&[&str], i32, &str); 17] = [
        (&["iam", "idle"], 1, "switched on"),
        (&["iam", "nobody"], 2, "no credentials \"nobody\""),
        (&["bucket", "reader"], 2, "no bucket \"reader\""),
        (&["lifecycle", "gov"], 1, "no grant begins uploads"),
        (&["kms", "gov"], 1, "nothing on it names a key"),
        (&["kms", "alias/other"], 2, "no bucket or key \"alias/other\""),
        (&["vault-lock", "store"], 1, "not on AWS"),
        (&["kms", &role.replace("=reader=", "=nobody=")], 2, "no credentials \"nobody\""),
        (&["kms", "--principal=reader"], 2, "CREDENTIALS=ARN"),
        (&["kms", "--principal=reader=*"], 2, "the ARN of a user or role"),
        (&["kms", "--account=1111"], 2, "12 digits"),
        (&["cors", "--account=111122223333"], 2, "nothing of --account"),
        (&["vault-lock", role], 2, "nothing of --principal"),
        (&["kms", "--days=3"], 2, "nothing of --days"),
        (&["vault-lock", "--days=0"], 2, "zero"),
        (&["vault-lock", "--vault=a/b", "media"], 2, "a vault's name"),
        (&["vault-lock", "--vault=a"], 2, "ALIAS|CREDENTIALS"),
    ];
    for (arguments, code, told) in rows {
        let output = policy(WORLD, arguments);
        assert_eq!((output.code, output.stdout.as_str()), (code, ""), "{arguments:?}: {output:?}");
        assert!(output.stderr.contains(told), "{arguments:?}: {output:?}");
    }
}

#[test]
fn where_nothing_needs_a_policy_that_is_said() {
    let elsewhere = WORLD_ELSEWHERE;
    for (kind, why) in [
        ("kms", "nothing on it names a key of KMS on AWS"),
        ("vault-lock", "it is not on AWS"),
        ("lifecycle", "no grant begins uploads in parts there"),
        ("access-point", "it is no access point"),
    ] {
        let output = policy(elsewhere, &[kind]);
        assert_eq!((output.code, output.stdout.as_str()), (0, "{}\n"), "{kind}: {output:?}");
        assert!(output.stderr.contains(&format!("note: there is none for any of them: {why}")), "{kind}: {output:?}");
    }
}

/// A store that is not AWS, and a grant of reading.
const WORLD_ELSEWHERE: &str = r#"
[[issuers]]
issuer = "https://idp.example/"
audiences = ["presignd"]
hmac_secret_env = "SECRET"
[buckets.store]
bucket = "store"
endpoint = "https://s3.example.net"
[[grants]]
name = "all"
bucket = "store"
prefix = ""
actions = ["read"]
"#;
