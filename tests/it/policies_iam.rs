//! `presignd policy iam` against IAM's own way of matching: what a grant gives is allowed to its signer, and what no
//! grant gives is not.

use proptest::prelude::*;
use serde_json::Value;

use crate::policies::WORLD;
use crate::policies::document;
use crate::policies::policy;
use crate::policies_judge;
use crate::policies_judge::Asked;

/// Whether a policy allows an action on a resource, for a list with this prefix.
fn allows(policy: &Value, action: &str, resource: &str, prefix: Option<&str>) -> bool {
    let prefix = prefix.as_slice();
    let context: &[(&str, &[&str])] = &[("s3:prefix", prefix)];
    let context = if prefix.is_empty() { &[] } else { context };
    policies_judge::allows(policy, Asked { identity: "", action, resource, context })
}

#[test]
fn each_identity_may_what_it_signs_and_nothing_beside() {
    let all = document(WORLD, &["iam"]);
    let (media, legal) = ("arn:aws:s3:::acme-media/users/42/a", "arn:aws:s3:::acme-media/legal/*${year}?/a");
    let china = "arn:aws-cn:s3:::acme-cn/exact/object.pdf";
    let rows = [
        ("reader", "s3:GetObject", media, true),
        ("reader", "s3:GetObject", "arn:aws:s3:::acme-media/users/42", false),
        ("reader", "s3:GetObject", "arn:aws:s3:::acme-media-other/users/42/a", false),
        ("reader", "s3:GetObject", legal, false),
        ("reader", "s3:PutObject", media, false),
        ("writer", "s3:GetObject", media, false),
        ("writer", "s3:PutObject", media, true),
        ("writer", "s3:AbortMultipartUpload", media, true),
        ("writer", "s3:ListMultipartUploadParts", media, true),
        ("writer", "s3:PutObjectTagging", media, false),
        ("writer", "s3:DeleteObject", "arn:aws:s3:::acme-media/off/a", false),
        ("writer", "s3:PutObject", china, true),
        ("writer", "s3:GetObject", china, true),
        ("writer", "s3:GetObject", "arn:aws:s3:::acme-cn/exact/object.pdf", false),
        ("writer", "s3:PutObject", "arn:aws-cn:s3:::acme-cn/exact/object.pdf2", false),
        ("writer", "s3:ListBucket", "arn:aws-cn:s3:::acme-cn", false),
        ("writer", "s3:PutObject", "arn:aws-us-gov:s3:::acme-gov/inbox/a", true),
        ("legal", "s3:GetObjectVersion", legal, true),
        ("legal", "s3:GetObject", legal, false),
        ("legal", "s3:DeleteObjectVersion", legal, true),
        ("legal", "s3:DeleteObject", legal, false),
        ("legal", "s3:BypassGovernanceRetention", legal, true),
        ("legal", "s3:RestoreObject", legal, true),
        ("legal", "s3:PutObjectRetention", legal, true),
        ("legal", "s3:PutObjectLegalHold", legal, true),
        ("legal", "s3:PutObjectTagging", legal, true),
        ("legal", "s3:PutObject", "arn:aws:s3:::acme-media/legal/x${year}?/a", false),
        ("reader", "s3:GetObject", "arn:aws:s3:eu-west-1:111122223333:accesspoint/door/object/shared/a", true),
        ("reader", "s3:GetObject", "arn:aws:s3:eu-west-1:111122223333:accesspoint/door/object/other/a", false),
        ("reader", "s3:GetObject", "arn:aws:s3:::acme-store/any", true),
    ];
    for (name, action, resource, expected) in rows {
        assert_eq!(allows(&all[name], action, resource, None), expected, "{name} {action} {resource}: {all:#}");
    }
    for (prefix, expected) in [
        (Some("users/42/"), true),
        (Some("users/42/a/"), true),
        (Some("users/"), false),
        (Some(""), false),
        (None, false),
    ] {
        let allowed = allows(&all["reader"], "s3:ListBucket", "arn:aws:s3:::acme-media", prefix);
        assert_eq!(allowed, expected, "list {prefix:?}");
    }
    assert!(allows(&all["reader"], "s3:ListBucket", "arn:aws:s3:::acme-store", None), "the whole bucket");
}

/// `media` is signed for by a role that another role assumes, which the instance's assumes.
const ROLES: &str = r#"
[[issuers]]
issuer = "https://app.example.com"
audiences = ["presignd"]
hmac_secret_env = "JWT_SECRET"
[credentials.here]
provider = "default"
[credentials.hop]
provider = "assume_role"
role_arn = "arn:aws:iam::111122223333:role/hop"
source = "here"
[credentials.tenant]
provider = "assume_role"
role_arn = "arn:aws:iam::444455556666:role/teams/uploads"
source = "hop"
[buckets.media]
bucket = "acme-media"
region = "eu-west-1"
credentials = "tenant"
default_encryption = { algorithm = "aws:kms", kms_key_id = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd" }
[[grants]]
name = "all"
bucket = "media"
prefix = ""
actions = ["read"]
"#;

#[test]
fn who_assumes_a_role_may_and_the_role_is_who_signs() {
    let all = document(ROLES, &["iam"]);
    let (hop, uploads) = ("arn:aws:iam::111122223333:role/hop", "arn:aws:iam::444455556666:role/teams/uploads");
    for (name, action, resource, expected) in [
        ("here", "sts:AssumeRole", hop, true),
        ("here", "sts:AssumeRole", uploads, false),
        ("here", "s3:GetObject", "arn:aws:s3:::acme-media/a", false),
        ("hop", "sts:AssumeRole", uploads, true),
        ("hop", "sts:AssumeRole", hop, false),
        ("tenant", "sts:AssumeRole", uploads, false),
        ("tenant", "s3:GetObject", "arn:aws:s3:::acme-media/a", true),
    ] {
        assert_eq!(allows(&all[name], action, resource, None), expected, "{name} {action} {resource}: {all:#}");
    }
    let trust = "let in by the role's trust policy";
    for (name, is_told) in [("here", true), ("hop", true), ("tenant", false)] {
        assert_eq!(policy(ROLES, &["iam", name]).stderr.contains(trust), is_told, "{name}");
    }
    let key = document(ROLES, &["kms", "media"]);
    assert!(key.to_string().contains(&format!("\"AWS\":[\"{uploads}\"]")), "nobody has to tell: {key:#}");
    let other = document(ROLES, &["kms", "media", "--principal", "tenant=arn:aws:iam::444455556666:role/other"]);
    assert!(other.to_string().contains("role/other") && !other.to_string().contains(uploads), "{other:#}");
}

/// Access points of every kind, by their ARNs, and one by its alias.
const POINTS: &str = r#"
[[issuers]]
issuer = "https://app.example.com"
audiences = ["presignd"]
hmac_secret_env = "JWT_SECRET"
[buckets]
lambda = { bucket = "arn:aws:s3-object-lambda:eu-west-1:111122223333:accesspoint/resized" }
outpost = { bucket = "arn:aws:s3-outposts:eu-west-1:111122223333:outpost/op-01ac5d28a6a232904/accesspoint/reports" }
alias = { bucket = "door-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias", region = "eu-west-1" }
[buckets.everywhere]
bucket = "arn:aws:s3::111122223333:accesspoint/mfzwi23gnjvgw.mrap"
underlying = ["acme-media", "acme-media-west"]
default_encryption = { algorithm = "aws:kms", kms_key_id = "mrk-1234abcd" }
"#;

#[test]
fn each_kind_of_access_point_has_its_services_actions_on_its_own_arn() {
    let grant = |alias: &str| {
        format!(
            "[[grants]]\nname = \"{alias}\"\nbucket = \"{alias}\"\nprefix = \"a/\"\nactions = [\"read\", \"list\"]\n"
        )
    };
    let of = |alias: &str| document(&(POINTS.to_owned() + &grant(alias)), &["iam", "main"]);
    let lambda = "arn:aws:s3-object-lambda:eu-west-1:111122223333:accesspoint/resized";
    let outpost = "arn:aws:s3-outposts:eu-west-1:111122223333:outpost/op-01ac5d28a6a232904/accesspoint/reports";
    let everywhere = "arn:aws:s3::111122223333:accesspoint/mfzwi23gnjvgw.mrap";
    let rows = [
        ("lambda", "s3-object-lambda:GetObject", lambda.to_owned(), true),
        ("lambda", "s3-object-lambda:ListBucket", lambda.to_owned(), true),
        ("lambda", "s3-object-lambda:GetObject", format!("{lambda}/object/a/b"), false),
        ("lambda", "s3:GetObject", lambda.to_owned(), false),
        ("outpost", "s3-outposts:GetObject", format!("{outpost}/object/a/b"), true),
        ("outpost", "s3-outposts:GetObject", format!("{outpost}/object/b"), false),
        ("outpost", "s3:GetObject", format!("{outpost}/object/a/b"), false),
        ("everywhere", "s3:GetObject", format!("{everywhere}/object/a/b"), true),
        ("everywhere", "s3:GetObject", "arn:aws:s3:::acme-media/a/b".to_owned(), false),
    ];
    for (alias, action, resource, expected) in rows {
        let policy = of(alias);
        assert_eq!(allows(&policy, action, &resource, None), expected, "{alias} {action} {resource}: {policy:#}");
    }
    let key = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd";
    for (through, expected) in [
        ("s3.eu-west-1.amazonaws.com", true),
        ("s3.us-west-2.amazonaws.com", true),
        ("ec2.us-west-2.amazonaws.com", false),
    ] {
        let context: &[(&str, &[&str])] = &[("kms:ViaService", &[through])];
        let asked = Asked { identity: "", action: "kms:Decrypt", resource: key, context };
        assert_eq!(policies_judge::allows(&of("everywhere"), asked), expected, "{through}: {:#}", of("everywhere"));
    }
    let stars = "an alias does not tell its account";
    let function = "aws:CalledVia is s3-object-lambda.amazonaws.com";
    for (alias, is_hidden, is_of_function) in
        [("alias", true, false), ("everywhere", false, false), ("lambda", false, true), ("outpost", false, false)]
    {
        let notes = policy(&(POINTS.to_owned() + &grant(alias)), &["iam", "main"]).stderr;
        assert_eq!((notes.contains(stars), notes.contains(function)), (is_hidden, is_of_function), "{alias}: {notes}");
    }
}

/// A configuration of such prefixes.
fn configured(prefixes: &[String]) -> String {
    let grants = prefixes.iter().enumerate().map(|(place, prefix)| {
        let prefix = Value::from(prefix.as_str());
        format!("[[grants]]\nname = \"g{place}\"\nbucket = \"media\"\nprefix = {prefix}\nraw_prefix = true\nactions = [\"read\"]\n")
    });
    let head = "[[issuers]]\nissuer = \"https://a.example\"\naudiences = [\"presignd\"]\nhmac_secret_env = \"JWT_SECRET\"\n\
                [buckets.media]\nbucket = \"acme\"\nregion = \"eu-west-1\"\n";
    std::iter::once(head.to_owned()).chain(grants).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// Keys of the characters that IAM reads in its own way, filled with claims of one segment: a key is allowed if and
    /// only if a filled-in prefix begins it.
    #[test]
    fn a_key_is_allowed_if_and_only_if_a_grant_covers_it(
        templates in prop::collection::vec(("([a*?$]{1,3}/|\\$\\{\\{[a*]\\}/|CLAIM/){0,3}", "[a*?$]{0,2}"), 1..4),
        key in "([a*?$]{1,3}/|\\$\\{[a*]\\}/){0,3}[a*?$]{1,3}",
        claim in "[a*?$]{1,2}",
    ) {
        let prefixes: Vec<String> = templates.iter().map(|(whole, open)| format!("{}{open}", whole.replace("CLAIM", "{sub}"))).collect();
        let policy = document(&configured(&prefixes), &["iam", "main"]);
        let is_allowed = |key: &str| allows(&policy, "s3:GetObject", &format!("arn:aws:s3:::acme/{key}"), None);
        for prefix in &prefixes {
            let filled = prefix.replace("{{", "\u{1}").replace("{sub}", &claim).replace('\u{1}', "{");
            prop_assert!(is_allowed(&format!("{filled}{key}")), "{} in {:#}", filled, policy);
        }
        let covered = prefixes.iter().any(|prefix| covers(prefix, &key));
        prop_assert_eq!(is_allowed(&key), covered, "{} under {:?}: {:#}", key, prefixes, policy);
    }
}

/// Whether some way to fill the claims begins the key. IAM's star does not stop at slashes, so neither does it here.
fn covers(prefix: &str, key: &str) -> bool {
    match prefix.split_once("{sub}") {
        None => key.starts_with(&prefix.replace("{{", "{")),
        Some((before, after)) => key.strip_prefix(&before.replace("{{", "{")).is_some_and(|rest| {
            (0..=rest.len()).filter(|at| rest.is_char_boundary(*at)).any(|at| covers(after, &rest[at..]))
        }),
    }
}
