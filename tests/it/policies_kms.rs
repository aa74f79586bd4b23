//! `presignd policy kms`, and the keys in `presignd policy iam`: who may use a key, and for which objects.

use serde_json::Value;
use serde_json::json;

use crate::policies::WORLD;
use crate::policies::document;
use crate::policies::printed;
use crate::policies_judge::Asked;
use crate::policies_judge::allows;

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd";
const READER: &str = "arn:aws:iam::111122223333:role/reader";
const STRANGER: &str = "arn:aws:iam::999988887777:role/reader";

/// One use of a key, as KMS sees it: through which service, for what, and of which aliases the key is.
struct Used<'a> {
    by: &'a str,
    action: &'a str,
    through: &'a str,
    arn: &'a str,
    aliases: &'a [&'a str],
}

impl Used<'_> {
    fn is_allowed(&self, policy: &Value) -> bool {
        let account = self.by.split(':').nth(4).unwrap_or_default();
        let context: &[(&str, &[&str])] = &[
            ("kms:ViaService", &[self.through]),
            ("kms:EncryptionContext:aws:s3:arn", &[self.arn]),
            ("kms:ResourceAliases", self.aliases),
            ("aws:PrincipalAccount", &[account]),
            ("aws:ResourceAccount", &["111122223333"]),
        ];
        allows(policy, Asked { identity: self.by, action: self.action, resource: KEY, context })
    }
}

/// A use by the reader, through S3, for the bucket.
const USED: Used<'_> = Used {
    by: READER,
    action: "kms:Decrypt",
    through: "s3.eu-west-1.amazonaws.com",
    arn: "arn:aws:s3:::acme-media",
    aliases: &[],
};

#[test]
fn the_statements_of_each_key_as_people_read_them() {
    insta::assert_snapshot!(printed(WORLD, &["kms"]));
}

#[test]
fn the_statement_of_one_key_with_the_identity_told_as_people_read_it() {
    let arguments = ["kms", KEY, "--principal", &format!("reader={READER}")];
    insta::assert_snapshot!(printed(WORLD, &arguments));
}

#[test]
fn a_key_is_used_through_s3_for_the_objects_of_the_grants_alone() {
    let all = document(WORLD, &["kms"]);
    // the default with its bucket key knows the bucket, the other either
    let legal = "arn:aws:s3:::acme-media/legal/*${year}?/a";
    let rows = [
        (KEY, USED, true),
        (KEY, Used { action: "kms:GenerateDataKey", ..USED }, true),
        (KEY, Used { action: "kms:Encrypt", ..USED }, false),
        (KEY, Used { by: STRANGER, ..USED }, false),
        (KEY, Used { through: "s3.us-east-1.amazonaws.com", ..USED }, false),
        (KEY, Used { through: "ec2.eu-west-1.amazonaws.com", ..USED }, false),
        (KEY, Used { arn: "arn:aws:s3:::acme-media-other", ..USED }, false),
        (KEY, Used { arn: "arn:aws:s3:::acme-media/users/42/a", ..USED }, false),
        ("alias/records", Used { arn: legal, ..USED }, true),
        ("alias/records", Used { arn: "arn:aws:s3:::acme-media/users/42/a", ..USED }, true),
        ("alias/records", Used { arn: "arn:aws:s3:::acme-media/other/a", ..USED }, false),
        (
            "alias/records",
            Used { arn: "arn:aws:s3:::acme-media/other/a", action: "kms:GenerateDataKey", ..USED },
            false,
        ),
        ("alias/records", Used { arn: legal, action: "kms:GenerateDataKey", ..USED }, true),
        (
            "alias/records",
            Used { arn: "arn:aws:s3:::acme-media/users/42/a", action: "kms:GenerateDataKey", ..USED },
            false,
        ),
        // no ARN tells its account: the key's own
        ("alias/records", Used { by: STRANGER, ..USED }, false),
    ];
    for (key, used, expected) in rows {
        let (Used { by, action, through, arn, .. }, policy) = (&used, &all[key]);
        assert_eq!(used.is_allowed(policy), expected, "{key}: {by} {action} {through} {arn}: {policy:#}");
    }
}

#[test]
fn an_identity_uses_the_keys_of_what_it_signs_and_an_alias_stands_for_whichever_key_has_it() {
    let all = document(WORLD, &["iam"]);
    let other = "arn:aws:kms:eu-west-1:111122223333:key/other";
    let users = "arn:aws:s3:::acme-media/users/42/a";
    let rows = [
        ("reader", USED, true),
        ("reader", Used { action: "kms:GenerateDataKey", ..USED }, false),
        ("reader", Used { arn: users, ..USED }, false),
        ("reader", Used { arn: users, aliases: &["alias/other", "alias/records"], ..USED }, true),
        ("reader", Used { arn: users, aliases: &["alias/other"], ..USED }, false),
        ("writer", Used { action: "kms:GenerateDataKey", ..USED }, true),
        ("writer", USED, true),
        ("legal", Used { action: "kms:GenerateDataKey", ..USED }, false),
        ("legal", Used { action: "kms:GenerateDataKey", aliases: &["alias/records"], ..USED }, true),
    ];
    for (name, used, expected) in rows {
        let Used { action, arn, aliases, .. } = &used;
        assert_eq!(used.is_allowed(&all[name]), expected, "{name} {action} {arn} {aliases:?}: {:#}", all[name]);
    }
    let asked = Asked { identity: "", action: "kms:Decrypt", resource: other, context: &[] };
    assert!(!allows(&all["reader"], asked), "{:#}", all["reader"]);
}

#[test]
fn who_may_use_a_key_is_who_was_told_else_an_account() {
    let root = |account: &str| format!("arn:aws:iam::{account}:root");
    let told = format!("reader={READER}");
    let two = ["--principal", &format!("legal={READER}"), "--principal", &told];
    let rows: [(&str, &[&str], &[&str]); 7] = [
        (KEY, &[], &[&root("111122223333")]),
        (KEY, &["--account", "999988887777"], &[&root("999988887777")]),
        (KEY, &["--principal", &told], &[READER, &root("111122223333")]),
        ("alias/records", &[], &["*"]),
        ("alias/records", &["--account", "999988887777"], &[&root("999988887777")]),
        ("alias/records", &["--principal", &told], &["*", READER]),
        ("alias/records", &two, &[READER]),
    ];
    for (key, options, expected) in rows {
        let policy = document(WORLD, &[&["kms", key], options].concat());
        let statements = policy["Statement"].as_array().unwrap();
        let named = statements.iter().flat_map(|statement| statement["Principal"]["AWS"].as_array().unwrap());
        let named: std::collections::BTreeSet<&str> = named.map(|arn| arn.as_str().unwrap()).collect();
        assert_eq!(named, expected.iter().copied().collect(), "{key} {options:?}: {policy:#}");
        for statement in statements {
            let everybody = statement["Principal"]["AWS"].as_array().unwrap().contains(&json!("*"));
            let bounded = &statement["Condition"]["StringEquals"]["aws:PrincipalAccount"];
            let expected = if everybody { json!(["${aws:ResourceAccount}"]) } else { Value::Null };
            assert_eq!(*bounded, expected, "{key} {options:?}: {statement:#}");
        }
    }
}

#[test]
fn a_bucket_stands_for_its_one_key_or_for_each_of_them() {
    let all = document(WORLD, &["kms"]);
    assert_eq!(document(WORLD, &["kms", "media"]), all, "two keys");
    assert_eq!(document(WORLD, &["kms", "door"]), all, "the same bucket");
    let one = WORLD.replace("alias/records", KEY);
    assert_eq!(document(&one, &["kms", "media"]), document(&one, &["kms"])[KEY], "one key");
}

#[test]
fn each_way_to_name_a_key_has_its_resource() {
    let rows = [
        ("1234abcd-12ab", "arn:aws:kms:eu-west-1:*:key/1234abcd-12ab"),
        ("alias/records", "arn:aws:kms:eu-west-1:*:key/*"),
        ("arn:aws:kms:eu-west-1:999988887777:alias/records", "arn:aws:kms:eu-west-1:999988887777:key/*"),
        ("arn:aws:kms:us-east-1:999988887777:key/mrk-1", "arn:aws:kms:us-east-1:999988887777:key/mrk-1"),
    ];
    for (id, resource) in rows {
        let policy = document(&WORLD.replace("alias/records", id), &["iam", "legal"]);
        let statements = policy["Statement"].as_array().unwrap().iter();
        let found: Vec<&Value> = statements.filter(|of| of["Resource"] == json!([resource])).collect();
        assert!(!found.is_empty(), "{id}: {policy:#}");
        let aliases = if id.contains("alias/") { json!(["alias/records"]) } else { Value::Null };
        let named =
            found.iter().all(|of| of["Condition"]["ForAnyValue:StringEquals"]["kms:ResourceAliases"] == aliases);
        assert!(named, "{id}: {policy:#}");
    }
}
