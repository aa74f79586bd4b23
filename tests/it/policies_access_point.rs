//! `presignd policy access-point`: what an access point lets through, and what the buckets behind it leave to it.

use serde_json::Value;
use serde_json::json;

use crate::policies::WORLD;
use crate::policies::document;
use crate::policies::policy;
use crate::policies::printed;
use crate::policies_judge::Asked;
use crate::policies_judge::allows;
use crate::policies_judge::denies;

/// An access point of each kind, by ARN and by alias.
const POINTS: &str = r#"
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

[buckets]
bare = { bucket = "arn:aws-us-gov:s3:us-gov-west-1:111122223333:accesspoint/bare", credentials = "reader" }
cut = { bucket = "twenty-characters-it-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias", region = "eu-west-1", credentials = "reader" }
door = { bucket = "door-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias", region = "eu-west-1", underlying = "acme-media", credentials = "reader" }
idle = { bucket = "arn:aws:s3:eu-west-1:111122223333:accesspoint/idle", underlying = "acme-media", credentials = "reader" }
media = { bucket = "acme-media", region = "eu-west-1", credentials = "reader" }
outpost = { bucket = "arn:aws:s3-outposts:eu-west-1:111122223333:outpost/op-01234567890123456/accesspoint/reports", credentials = "reader" }
redacted = { bucket = "arn:aws:s3-object-lambda:eu-west-1:111122223333:accesspoint/redacted", credentials = "reader" }

[buckets.everywhere]
bucket = "arn:aws:s3::111122223333:accesspoint/mfzwi23gnjvgw.mrap"
underlying = ["acme-media", "acme-west"]
credentials = "reader"

[buckets.reports]
bucket = "arn:aws:s3:eu-west-1:111122223333:accesspoint/reports"
underlying = "acme-media"
credentials = { read = "reader", write = "writer" }

[[grants]]
name = "reports"
bucket = "reports"
prefix = "users/{sub}/"
actions = ["read", "write", "list"]
"#;

/// All of them, each of the others with a grant to read and list.
fn points() -> String {
    let grants = ["bare", "cut", "door", "everywhere", "media", "outpost", "redacted"].map(|alias| {
        let of = format!("name = \"{alias}\"\nbucket = \"{alias}\"\nprefix = \"shared/\"");
        format!("[[grants]]\n{of}\nactions = [\"read\", \"list\"]\n")
    });
    POINTS.to_owned() + &grants.concat()
}

const REPORTS: &str = "arn:aws:s3:eu-west-1:111122223333:accesspoint/reports";
const READER: &str = "arn:aws:iam::111122223333:role/reader";
const STRANGER: &str = "arn:aws:iam::999988887777:role/reader";
const VPC: [&str; 2] = ["--vpc", "vpc-1a2b3c4d"];

#[test]
fn an_access_points_policies_as_people_read_them() {
    let told = format!("reader={READER}");
    let arguments = ["access-point", "reports", "--vpc", "vpc-1a2b3c4d", "--principal", &told];
    insta::assert_snapshot!(printed(&points(), &arguments));
}

#[test]
fn an_access_point_lets_through_what_the_grants_on_it_sign_and_where_asked_from_one_vpc_alone() {
    let own = format!("{REPORTS}/object/users/42/a");
    let beside = format!("{REPORTS}/object/other/a");
    let other_point = own.replace("/reports/", "/gate/");
    let (own, beside, other_point) = (own.as_str(), beside.as_str(), other_point.as_str());
    let open = &document(&points(), &["access-point", "reports"])["access_point"];
    let shut = &document(&points(), &[&["access-point", "reports"][..], &VPC].concat())["access_point"];
    // who, the action, on what, from which VPC, and what the policies say without and with the restriction
    let rows = [
        (READER, "s3:GetObject", own, None, true, false),
        (READER, "s3:GetObject", own, Some("vpc-1a2b3c4d"), true, true),
        (READER, "s3:GetObject", own, Some("vpc-11111111"), true, false),
        (READER, "s3:PutObject", own, Some("vpc-1a2b3c4d"), true, true),
        (READER, "s3:DeleteObject", own, Some("vpc-1a2b3c4d"), false, false),
        (READER, "s3:GetObject", beside, Some("vpc-1a2b3c4d"), false, false),
        (READER, "s3:GetObject", other_point, Some("vpc-1a2b3c4d"), false, false),
        (READER, "s3:ListBucket", REPORTS, Some("vpc-1a2b3c4d"), true, true),
        (STRANGER, "s3:GetObject", own, Some("vpc-1a2b3c4d"), false, false),
    ];
    for (identity, action, resource, vpc, without, with) in rows {
        let listed: (&str, &[&str]) = ("s3:prefix", &["users/42/"]);
        let from: Vec<&str> = vpc.into_iter().collect();
        let inside: (&str, &[&str]) = ("aws:SourceVpc", &from);
        let context = if from.is_empty() { vec![listed] } else { vec![listed, inside] };
        let asked = Asked { identity, action, resource, context: &context };
        let found = (allows(open, asked), allows(shut, asked));
        assert_eq!(found, (without, with), "{identity} {action} {resource} {vpc:?}: {open:#} {shut:#}");
    }
    let told = document(&points(), &["access-point", "reports", "--principal", &format!("reader={READER}")]);
    for (identity, action, expected) in [
        (READER, "s3:GetObject", true),
        ("arn:aws:iam::111122223333:role/other", "s3:GetObject", false),
        ("arn:aws:iam::111122223333:role/other", "s3:PutObject", true),
    ] {
        let asked = Asked { identity, action, resource: own, context: &[] };
        assert_eq!(allows(&told["access_point"], asked), expected, "{identity} {action}: {told:#}");
    }
}

#[test]
fn a_bucket_leaves_the_decision_to_the_access_points_that_grants_are_on_and_keeps_what_it_refuses() {
    let of = |options: &[&str]| document(&points(), &[&["access-point", "reports"], options].concat());
    let (open, of_vpc) = (of(&[]), of(&VPC));
    let account = of(&["--account", "111122223333"]);
    let direct: &[(&str, &str)] = &[];
    let through: &[(&str, &str)] = &[("s3:DataAccessPointAccount", "111122223333"), ("s3:DataAccessPointArn", REPORTS)];
    let of_stranger = &[("s3:DataAccessPointAccount", "999988887777"), through[1]][..];
    let idle = &[through[0], ("s3:DataAccessPointArn", "arn:aws:s3:eu-west-1:111122223333:accesspoint/idle")][..];
    let door = &[through[0], ("s3:DataAccessPointArn", "arn:aws:s3:eu-west-1:111122223333:accesspoint/door")][..];
    let (internet, vpc) = (("s3:AccessPointNetworkOrigin", "Internet"), ("s3:AccessPointNetworkOrigin", "VPC"));
    let with = |more| [through, &[more]].concat();
    let rows = [
        (&open, through.to_vec(), "s3:GetObject", true),
        (&open, through.to_vec(), "s3:DeleteObject", false),
        (&open, direct.to_vec(), "s3:GetObject", false),
        (&open, of_stranger.to_vec(), "s3:GetObject", false),
        // no grant is on it, or its account is not told
        (&open, idle.to_vec(), "s3:GetObject", false),
        (&open, door.to_vec(), "s3:GetObject", false),
        (&account, door.to_vec(), "s3:GetObject", true),
        (&open, with(internet), "s3:GetObject", true),
        (&of_vpc, with(internet), "s3:GetObject", false),
        (&of_vpc, with(vpc), "s3:GetObject", true),
    ];
    for (printed, keys, action, expected) in rows {
        let policy = &printed["buckets"]["acme-media"];
        let signed = [("s3:authType", "REST-QUERY-STRING"), ("aws:SecureTransport", "true")];
        let keys: Vec<(&str, &str)> = keys.into_iter().chain(signed).collect();
        let context: Vec<(&str, &[&str])> =
            keys.iter().map(|(key, value)| (*key, std::slice::from_ref(value))).collect();
        let asked =
            Asked { identity: STRANGER, action, resource: "arn:aws:s3:::acme-media/users/42/a", context: &context };
        assert_eq!(allows(policy, asked), expected, "{keys:?} {action}: {policy:#}");
        let plain: Vec<_> = context.iter().filter(|(key, _)| *key != "aws:SecureTransport").copied().collect();
        let plain = [&plain[..], &[("aws:SecureTransport", &["false"])]].concat();
        assert!(denies(policy, Asked { context: &plain, ..asked }), "{keys:?} {action}: {policy:#}");
    }
}

#[test]
fn each_kind_of_access_point_has_its_own_actions_and_arns() {
    let all: Value = serde_json::from_str(&policy(&points(), &["access-point"]).stdout).unwrap();
    let rows = [
        ("bare", "s3:GetObject", "arn:aws-us-gov:s3:us-gov-west-1:111122223333:accesspoint/bare/object/shared/*", 0),
        ("everywhere", "s3:GetObject", "arn:aws:s3::111122223333:accesspoint/mfzwi23gnjvgw.mrap/object/shared/*", 2),
        (
            "outpost",
            "s3-outposts:GetObject",
            "arn:aws:s3-outposts:eu-west-1:111122223333:outpost/op-01234567890123456/accesspoint/reports/object/shared/*",
            0,
        ),
        (
            "redacted",
            "s3-object-lambda:GetObject",
            "arn:aws:s3-object-lambda:eu-west-1:111122223333:accesspoint/redacted",
            0,
        ),
        ("reports", "s3:GetObject", "arn:aws:s3:eu-west-1:111122223333:accesspoint/reports/object/users/*/*", 1),
    ];
    let known: Vec<&str> = all.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(known, rows.map(|(alias, ..)| alias), "{all:#}");
    let iam = document(&points(), &["iam", "reader"]);
    for (alias, action, resource, buckets) in rows {
        let of_point = &all[alias]["access_point"]["Statement"];
        for (of, statements) in [("access-point", of_point), ("iam", &iam["Statement"])] {
            let has = |statement: &Value, member: &str, text: &str| {
                statement[member].as_array().unwrap().contains(&json!(text))
            };
            let mut statements = statements.as_array().unwrap().iter();
            let found = statements.any(|of| has(of, "Action", action) && has(of, "Resource", resource));
            assert!(found, "{of} {alias}: {all:#} {iam:#}");
        }
        let behind = all[alias]["buckets"].as_object().map_or(0, serde_json::Map::len);
        assert_eq!(behind, buckets, "{alias}: {all:#}");
    }
    let gov = &all["bare"]["access_point"]["Statement"][0]["Principal"]["AWS"];
    assert_eq!(*gov, json!(["arn:aws-us-gov:iam::111122223333:root"]));
}

#[test]
fn each_bucket_behind_a_multi_region_access_point_has_its_own_policy_and_no_vault_is_everywhere() {
    let printed = document(&points(), &["access-point", "everywhere"]);
    let mrap = "arn:aws:s3::111122223333:accesspoint/mfzwi23gnjvgw.mrap";
    let rows = [
        ("acme-media", mrap, true),
        ("acme-media", REPORTS, true),
        ("acme-west", mrap, true),
        ("acme-west", REPORTS, false),
    ];
    for (bucket, through, expected) in rows {
        let context: &[(&str, &[&str])] = &[
            ("s3:authType", &["REST-QUERY-STRING"]),
            ("s3:DataAccessPointAccount", &["111122223333"]),
            ("s3:DataAccessPointArn", &[through]),
        ];
        let resource = &format!("arn:aws:s3:::{bucket}/shared/a");
        let asked = Asked { identity: STRANGER, action: "s3:GetObject", resource, context };
        assert_eq!(allows(&printed["buckets"][bucket], asked), expected, "{bucket} {through}: {printed:#}");
    }
    for kind in ["bucket", "vault-lock"] {
        let output = policy(&points(), &[kind, "everywhere"]);
        assert_eq!((output.code, output.stdout.as_str()), (1, ""), "{output:?}");
    }
    let vault = policy(&points(), &["vault-lock", "everywhere", "--vault=records"]);
    assert!(vault.code == 1 && vault.stderr.contains("in no one region"), "{vault:?}");
}

#[test]
fn what_an_alias_hides_is_asked_for_and_a_bucket_has_no_access_points_policy() {
    let account = "--account=111122223333";
    let rows: [(&[&str], i32, &str); 9] = [
        (&["door"], 1, "door: an alias does not tell the account: give --account"),
        (&["door", account], 0, "aws s3control put-access-point-policy --account-id 111122223333"),
        (&["cut", account], 1, "cut: the alias does not tell the access point's whole name: write its ARN"),
        (&["idle"], 1, "no grant that is switched on is on it"),
        (&["bare"], 0, "named as underlying"),
        (&["media"], 1, "it is no access point"),
        (&["nobody"], 2, "no bucket \"nobody\""),
        (&["reports", "--vpc=vpc-1"], 2, "8 or 17 hexadecimal digits"),
        (&VPC, 2, "ALIAS|CREDENTIALS"),
    ];
    for (arguments, code, told) in rows {
        let output = policy(&points(), &[&["access-point"], arguments].concat());
        assert_eq!(output.code, code, "{arguments:?}: {output:?}");
        assert!(output.stderr.contains(told), "{arguments:?}: {output:?}");
    }
    let door = document(&points(), &["access-point", "door", account]);
    let named = &door["access_point"]["Statement"][0]["Resource"][0];
    assert_eq!(*named, "arn:aws:s3:eu-west-1:111122223333:accesspoint/door/object/shared/*");
    // All that can be told is; that not all was, a note says.
    let all = policy(&points(), &["access-point"]);
    assert_eq!(all.code, 1, "not all of them: {all:?}");
    let printed: serde_json::Value = serde_json::from_str(&all.stdout).unwrap();
    assert!(printed["reports"].is_object() && printed["door"].is_null(), "{printed}");
    assert!(all.stderr.contains("note: door: an alias") && all.stderr.contains("note: cut: the alias"), "{all:?}");
    let none = policy(WORLD, &["access-point"]);
    assert!(none.code == 1 && none.stderr.contains("door: an alias does not tell"), "{none:?}");
}
