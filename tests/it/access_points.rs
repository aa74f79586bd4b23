//! Access points from outside: URLs for the hosts of each kind, what each cannot do, and denies that hold behind them.

use serde_json::Value;
use serde_json::json;

use crate::support::client::Reply;
use crate::support::now;
use crate::support::presignd::Presignd;
use crate::support::service::Service;
use crate::support::setting::ACCESS_KEY_ID;
use crate::support::setting::DENIED;
use crate::support::setting::Expected;
use crate::support::setting::ISSUER;
use crate::support::setting::SECRET_ACCESS_KEY;
use crate::support::setting::Use;
use crate::support::setting::ask;
use crate::support::setting::expect_reply;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::with;
use crate::verifier::Fault;
use crate::verifier::Key;
use crate::verifier::World;

/// A bucket's name here, what `bucket` says, more keys, the host, and the region and service that are signed for.
type Kind = (&'static str, &'static str, &'static str, &'static str, (&'static str, &'static str));

const KINDS: [Kind; 8] = [
    (
        "point",
        "arn:aws:s3:eu-west-1:123456789012:accesspoint/reports",
        "underlying = \"acme-media\"",
        "reports-123456789012.s3-accesspoint.eu-west-1.amazonaws.com",
        ("eu-west-1", "s3"),
    ),
    (
        "point_alias",
        "reports-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias",
        "region = \"eu-west-1\"\ndual_stack = true",
        "reports-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias.s3.dualstack.eu-west-1.amazonaws.com",
        ("eu-west-1", "s3"),
    ),
    (
        "point_elsewhere",
        "arn:aws-us-gov:s3:us-gov-west-1:123456789012:accesspoint:reports",
        "region = \"us-gov-east-1\"\nfips = true\ndual_stack = true",
        "reports-123456789012.s3-accesspoint-fips.dualstack.us-gov-west-1.amazonaws.com",
        ("us-gov-west-1", "s3"),
    ),
    (
        "lambda",
        "arn:aws:s3-object-lambda:eu-west-1:123456789012:accesspoint/redacted",
        "",
        "redacted-123456789012.s3-object-lambda.eu-west-1.amazonaws.com",
        ("eu-west-1", "s3-object-lambda"),
    ),
    (
        "lambda_alias",
        "redacted-1a4n8yjrb3kda96f67zwrwiieuw1a--ol-s3",
        "region = \"eu-west-1\"",
        "redacted-1a4n8yjrb3kda96f67zwrwiieuw1a--ol-s3.s3.eu-west-1.amazonaws.com",
        ("eu-west-1", "s3"),
    ),
    (
        "outpost",
        "arn:aws:s3-outposts:eu-west-1:123456789012:outpost/op-01234567890123456/accesspoint/reports",
        "",
        "reports-123456789012.op-01234567890123456.s3-outposts.eu-west-1.amazonaws.com",
        ("eu-west-1", "s3-outposts"),
    ),
    (
        "outpost_alias",
        "reports-o0b1d075431d83bebde8xz5w8ijx1qzlbp3i3keuw10--op-s3",
        "region = \"eu-west-1\"",
        "reports-o0b1d075431d83bebde8xz5w8ijx1qzlbp3i3keuw10--op-s3.op-0b1d075431d83bebd.s3-outposts.eu-west-1.amazonaws.com",
        ("eu-west-1", "s3-outposts"),
    ),
    (
        "everywhere",
        "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap",
        "underlying = [\"acme-media\", \"acme-media-west\"]",
        "mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com",
        // of any region: it signs for all
        ("ap-south-1", "s3"),
    ),
];

/// All of them, and the bucket behind one, each with a grant of everything.
fn configuration() -> Presignd {
    let bucket = |alias: &str, bucket: &str, more: &str| {
        format!(
            "[buckets.{alias}]\nbucket = \"{bucket}\"\n{more}\n\
             [[grants]]\nname = \"{alias}\"\nbucket = \"{alias}\"\nprefix = \"\"\n\
             actions = [\"read\", \"read_version\", \"write\", \"delete\", \"list\", \"restore\"]\n\
             [grants.upload]\nkms_key_ids = [\"k\"]\nsse_c = true\ntags = [\"case\"]\n\
             object_lock = {{ legal_hold = true }}\nstorage_classes = [\"STANDARD\", \"STANDARD_IA\", \"OUTPOSTS\"]\n"
        )
    };
    let kinds: String = KINDS.iter().map(|(alias, name, more, _, _)| bucket(alias, name, more)).collect();
    let behind = bucket("media", "acme-media", "region = \"eu-west-1\"") + SEALED;
    setting(&[ISSUER, &kinds, &behind])
}

const SEALED: &str = r#"
[[grants]]
name = "sealed"
effect = "deny"
bucket = "media"
prefix = "sealed/"
"#;

fn asked(service: &Service, request: &Value) -> Reply {
    service.post(&token(), "/v1/presign", request)
}

#[test]
fn access_point_arns_and_aliases_get_urls_for_their_own_host() {
    let service = configuration().serve();
    let requests = |alias: &str| [ask("GetObject", alias, "a/b c+ü.txt"), ask("ListObjectsV2", alias, "a/")];
    for (alias, _, _, host, (region, of)) in KINDS {
        for request in requests(alias) {
            let used = Use::of(&expect_reply(alias, &asked(&service, &request), Ok(alias)), &request);
            let path = if request["key"].is_string() { "/a/b%20c%2B%C3%BC.txt" } else { "/" };
            assert_eq!(used.place(), format!("https://{host}{path}"), "{alias}");
            let keys = [Key { id: ACCESS_KEY_ID, secret: SECRET_ACCESS_KEY, session_token: None }];
            let world = World { keys: &keys, region, service: of, now: now() };
            assert_eq!(used.judge_in(world), Ok(()), "{alias}: {}", used.url);
            assert!(used.judge_in(World { service: "sqs", ..world }).is_err(), "{alias}");
            for (what, forged) in used.forgeries() {
                assert!(forged.judge_in(world).is_err(), "{alias}, with {what}: {forged:?}");
            }
        }
    }
}

/// 400 `not_supported_by_store`, because of these.
const fn unsupported(pointers: &'static [&'static str]) -> Expected {
    Err((400, "not_supported_by_store", pointers))
}

#[test]
fn an_object_lambda_access_point_is_for_reading_alone() {
    let service = configuration().serve();
    for alias in ["lambda", "lambda_alias"] {
        let version = with(ask("GetObject", alias, "a"), &json!({"version_id": "v"}));
        for request in [ask("GetObject", alias, "a"), ask("HeadObject", alias, "a"), version] {
            expect_reply(alias, &asked(&service, &request), Ok(alias));
        }
        for operation in WRITING {
            let reply = asked(&service, &ask(operation, alias, "a"));
            let problem = expect_reply(operation, &reply, unsupported(&["#/operation"]));
            assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(operation), "{problem:#}");
        }
    }
}

const WRITING: [&str; 9] = [
    "AbortMultipartUpload",
    "CompleteMultipartUpload",
    "CreateMultipartUpload",
    "DeleteObject",
    "ListParts",
    "PostObject",
    "PutObject",
    "RestoreObject",
    "UploadPart",
];

#[test]
fn what_an_access_point_does_not_pass_on_is_refused_by_name() {
    let service = configuration().serve();
    let put = |alias: &str, more: Value| with(ask("PutObject", alias, "a"), &with(json!({"content_md5": MD5}), &more));
    let (kms, client) = (json!({"algorithm": "aws:kms", "kms_key_id": "k"}), json!({"algorithm": "customer"}));
    let class = |class: &str| json!({ "storage_class": class });
    let hold = json!({"object_lock": {"legal_hold": true}});
    let rows = [
        ("a form everywhere", ask("PostObject", "everywhere", "a"), unsupported(&["#/operation"])),
        ("a restore everywhere", ask("RestoreObject", "everywhere", "a"), Ok("everywhere")),
        ("a lock everywhere", put("everywhere", hold.clone()), Ok("everywhere")),
        ("a form of an access point", ask("PostObject", "point", "a"), Ok("point")),
        ("a lock through an access point", put("point", hold.clone()), Ok("point")),
        ("a form on Outposts", ask("PostObject", "outpost", "a"), unsupported(&["#/operation"])),
        ("a restore on Outposts", ask("RestoreObject", "outpost_alias", "a"), unsupported(&["#/operation"])),
        ("a lock on Outposts", put("outpost", hold), unsupported(&["#/object_lock"])),
        ("KMS on Outposts", put("outpost", json!({"server_side_encryption": kms})), unsupported(ENCRYPTION)),
        ("SSE-C on Outposts", put("outpost", json!({"server_side_encryption": client})), Ok("outpost")),
        ("a class on Outposts", put("outpost", class("STANDARD_IA")), unsupported(&["#/storage_class"])),
        ("its own class on Outposts", put("outpost", class("OUTPOSTS")), Ok("outpost")),
        ("an upload on Outposts", put("outpost_alias", json!({"tags": {"case": "1"}})), Ok("outpost_alias")),
    ];
    for (case, request, expected) in rows {
        expect_reply(case, &asked(&service, &request), expected);
    }
}

const MD5: &str = "1B2M2Y8AsgTpgAmY7PhCfg==";
const ENCRYPTION: &[&str] = &["#/server_side_encryption"];

#[test]
fn a_deny_on_a_bucket_holds_at_each_access_point_that_leads_there() {
    let service = configuration().serve();
    for alias in ["media", "point", "everywhere"] {
        let request = ask("GetObject", alias, "sealed/a");
        expect_reply(alias, &asked(&service, &request), DENIED);
    }
}

/// What an operator reads of them.
#[test]
fn check_explain_and_sign_tell_where_an_access_point_is() {
    let presignd = configuration();
    let checked = presignd.run("check", &[], "");
    let places: Vec<&str> = checked.stdout.lines().filter(|line| line.starts_with("  bucket")).collect();
    insta::assert_snapshot!(places.join("\n"));
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    let door = "warning: the access point point_alias may lead to the same bucket, where this deny does not hold";
    assert!(checked.stderr.contains(door), "{}", checked.stderr);
    let explained = presignd.run("explain", &["--claims", r#"{"sub":"42"}"#, "GetObject", "everywhere", "a"], "");
    assert_eq!(explained.code, 0, "{explained:?}");
    let request = ask("GetObject", "everywhere", "a");
    let [answer] = presignd.sign("everywhere", "2026-01-31T12:00:00Z", &[request]).try_into().unwrap();
    let query = answer["url"].as_str().unwrap().split_once('?').unwrap().1;
    let start = "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20260131%2Fs3%2Faws4_request\
                 &X-Amz-Date=20260131T120000Z&X-Amz-Expires=900&X-Amz-Region-Set=%2A&X-Amz-SignedHeaders=host&";
    assert!(query.starts_with(start), "{query}");
}

/// A key of one region signs nothing at a Multi-Region Access Point, and no secret is in what is issued.
#[test]
fn a_url_for_every_region_is_of_its_own_credentials() {
    let service = configuration().serve();
    let request = ask("GetObject", "everywhere", "a");
    let used = Use::of(&expect_reply("everywhere", &asked(&service, &request), Ok("everywhere")), &request);
    let other = [Key { id: ACCESS_KEY_ID, secret: "another-secret", session_token: None }];
    let world = World { keys: &other, region: "eu-west-1", service: "s3", now: now() };
    assert_eq!(used.judge_in(world), Err(Fault::Signature));
}
