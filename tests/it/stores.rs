//! Stores from outside: what each of them cannot do is refused by name, and nothing else is.

use serde_json::Value;
use serde_json::json;

use crate::support::client::Reply;
use crate::support::service::Service;
use crate::support::setting::DENIED;
use crate::support::setting::DISABLED;
use crate::support::setting::Expected;
use crate::support::setting::ISSUER;
use crate::support::setting::NO_GRANT;
use crate::support::setting::ask;
use crate::support::setting::expect;
use crate::support::setting::expect_reply;
use crate::support::setting::pointers;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::token_with;
use crate::support::setting::with;

/// Every store, each with a bucket called as it is.
const STORES: [&str; 8] = ["aws", "r2", "b2", "gcs", "minio", "ceph", "garage", "generic"];

/// Where a store is.
fn place(store: &str) -> String {
    match store {
        "aws" => "region = \"eu-west-1\"".to_owned(),
        _ => format!("endpoint = \"https://{store}.example.net\"\nstore = \"{store}\""),
    }
}

/// A bucket of each store with a grant that leaves everything to the caller, and more tables.
fn served(more: &str) -> Service {
    let of = |store: &&str| {
        format!(
            "[buckets.{store}]\nbucket = \"acme-media\"\n{}\n\
             [[grants]]\nname = \"{store}\"\nbucket = \"{store}\"\nprefix = \"\"\n\
             actions = [\"read\", \"read_version\", \"write\", \"delete\", \"delete_version\", \"list\", \"restore\", \
             \"bypass_governance\"]\nrequire = {{ mfa = \"never\" }}\n\
             [grants.upload]\nkms_key_ids = [\"k\"]\nsse_c = true\ntags = [\"case\"]\npost_key_prefix = true\n\
             object_lock = {{ legal_hold = true }}\n\
             storage_classes = [\"STANDARD\", \"STANDARD_IA\", \"DEEP_ARCHIVE\", \"NEARLINE\", \"REDUCED_REDUNDANCY\"]\n",
            place(store),
        )
    };
    setting(&[ISSUER, &STORES.iter().map(of).collect::<String>(), more]).serve()
}

/// A request, and the stores that cannot do it, by the member that is to blame.
struct Case {
    name: &'static str,
    asked: Value,
    refused: Refused,
}

type Refused = &'static [(&'static str, &'static [&'static str])];

const MD5: &str = "1B2M2Y8AsgTpgAmY7PhCfg==";
const CRC32: &str = "AAAAAA==";
const CREATE: &str = "CreateMultipartUpload";
const ENCRYPTION: &str = "#/server_side_encryption";

fn case(name: &'static str, asked: Value, refused: Refused) -> Case {
    Case { name, asked, refused }
}

fn cases() -> Vec<Case> {
    let of = |operation: &str, more: Value| with(ask(operation, "", "a"), &more);
    let put = |more: Value| of("PutObject", with(json!({"content_md5": MD5}), &more));
    let complete = |more: Value| of("CompleteMultipartUpload", more);
    let encrypted = |encryption: Value| put(json!({"server_side_encryption": encryption}));
    let class = |name: &str| put(json!({"storage_class": name}));
    let lock = json!({"mode": "GOVERNANCE", "retain_until": "2099-01-01T00:00:00Z"});
    let sum = |algorithm: &str, value: &str| json!({"checksum": {"algorithm": algorithm, "value": value}});
    let whole = |algorithm: &str| json!({"checksum": {"algorithm": algorithm, "type": "FULL_OBJECT"}});
    let form_prefix = json!({"operation": "PostObject", "bucket": "", "key_prefix": "a/"});
    vec![
        case("an upload", put(json!({})), &[]),
        case("a download", of("GetObject", json!({"download_as": "a.txt", "part_number": 1})), &[]),
        case("a list", of("ListObjectsV2", json!({"delimiter": "/"})), &[]),
        case("a form", of("PostObject", json!({})), &[("#/operation", &["r2", "b2", "gcs"])]),
        case("a form below a prefix", form_prefix, &[("#/operation", &["r2", "b2", "gcs"])]),
        case("a restore", of("RestoreObject", json!({"days": 1})), &[("#/operation", &["r2", "b2", "gcs", "garage"])]),
        case("STANDARD", class("STANDARD"), &[]),
        case("STANDARD_IA", class("STANDARD_IA"), &[("#/storage_class", &["gcs", "minio", "garage"])]),
        case("DEEP_ARCHIVE", class("DEEP_ARCHIVE"), &[("#/storage_class", &["r2", "gcs", "minio", "garage"])]),
        case("NEARLINE", class("NEARLINE"), &[("#/storage_class", &["r2", "minio", "garage"])]),
        case("reduced", class("REDUCED_REDUNDANCY"), &[("#/storage_class", &["r2", "gcs", "garage"])]),
        case("SSE-S3", encrypted(json!({"algorithm": "AES256"})), &[(ENCRYPTION, &["r2", "gcs", "garage"])]),
        case("SSE-KMS", encrypted(kms("aws:kms")), &[(ENCRYPTION, &["r2", "b2", "gcs", "garage"])]),
        case("DSSE", encrypted(kms("aws:kms:dsse")), &[(ENCRYPTION, &["r2", "b2", "gcs", "ceph", "garage"])]),
        case("SSE-C", encrypted(json!({"algorithm": "customer"})), &[(ENCRYPTION, &["gcs"])]),
        case("a tag", put(json!({"tags": {"case": "1"}})), &[("#/tags", &["r2", "b2", "gcs", "garage"])]),
        case("a lock", put(json!({"object_lock": lock})), &[("#/object_lock", &["r2", "garage"])]),
        case(
            "a hold",
            put(json!({"object_lock": {"legal_hold": true}})),
            &[("#/object_lock", &["r2", "gcs", "garage"])],
        ),
        case("write once", put(json!({"if_none_match": "*"})), &[("#/if_none_match", &["b2", "gcs", "garage"])]),
        case(
            "once in parts",
            complete(json!({"if_none_match": "*"})),
            &[("#/if_none_match", &["b2", "gcs", "garage"])],
        ),
        case("a size in parts", complete(json!({"object_size": 1})), &[("#/object_size", &["b2", "gcs"])]),
        case("a version", of("GetObject", json!({"version_id": "v"})), &[("#/version_id", &["r2", "garage"])]),
        case(
            "a bypass",
            of("DeleteObject", json!({"bypass_governance_retention": true})),
            &[("#/bypass_governance_retention", &["r2", "garage"])],
        ),
        case(
            "an MFA code",
            of("DeleteObject", json!({"version_id": "v", "mfa": "1 123456"})),
            &[("#/mfa", &["r2", "gcs", "minio"]), ("#/version_id", &["r2", "garage"])],
        ),
        case("a checksum", of("UploadPart", sum("CRC32", CRC32)), &[("#/checksum", &["gcs"])]),
        case("a sum of parts", of(CREATE, whole("CRC32")), &[("#/checksum", &["r2", "b2", "gcs"])]),
        case("another sum of parts", of(CREATE, whole("CRC64NVME")), &[("#/checksum", &["b2", "gcs"])]),
        case("a sum of the whole", complete(sum("CRC32", CRC32)), &[("#/checksum", &["r2", "b2", "gcs"])]),
    ]
}

fn kms(algorithm: &str) -> Value {
    json!({"algorithm": algorithm, "kms_key_id": "k"})
}

#[test]
fn what_a_store_cannot_do_is_refused_by_name_and_nothing_else_is() {
    let service = served("");
    for store in STORES {
        let cases = cases();
        let requests: Vec<_> = cases.iter().map(|case| with(case.asked.clone(), &json!({"bucket": store}))).collect();
        let reply = service.post(&token(), "/v1/presign/batch", &json!({ "requests": requests }));
        for (place, (case, answer)) in cases.iter().zip(reply.json()["results"].as_array().unwrap()).enumerate() {
            let name = format!("{store}: {}", case.name);
            let blamed = case.refused.iter().filter(|(_, stores)| stores.contains(&store));
            let blamed = blamed.map(|(pointer, _)| pointer.replacen('#', &format!("#/requests/{place}"), 1));
            let blamed: Vec<_> = blamed.collect();
            if blamed.is_empty() {
                expect(&name, answer, Ok(store));
                continue;
            }
            assert_eq!((&answer["status"], &answer["code"]), (&json!(400), &json!("not_supported_by_store")), "{name}");
            assert_eq!(pointers(answer), blamed, "{name}: {answer:#}");
        }
    }
}

/// Grants and buckets that sign in what their store lacks, and others around them.
const SIGNED_IN: &str = r#"
    [[grants]]
    name = "small"
    bucket = "r2"
    prefix = "small/"
    actions = ["write"]
    upload = { max_size = "1KB" }
    [[grants]]
    name = "off"
    bucket = "r2"
    prefix = "off/"
    actions = ["write"]
    enabled = false
    [[grants]]
    name = "sealed"
    effect = "deny"
    bucket = "r2"
    prefix = "sealed/"
"#;

/// 400 `not_supported_by_store`, because of these.
const fn unsupported(pointers: &'static [&'static str]) -> Expected {
    Err((400, "not_supported_by_store", pointers))
}

#[test]
fn it_is_told_after_a_grant_was_found_and_before_its_limits() {
    let service = served(SIGNED_IN);
    let form = |key: &str| ask("PostObject", "r2", key);
    let stranger = token_with(&json!({"iss": "https://other.example/"}));
    let reply = |request: &Value| service.post(&token(), "/v1/presign", request);
    expect_reply("a form", &reply(&form("a")), unsupported(&["#/operation"]));
    expect_reply("a limit besides", &reply(&form("small/a")), unsupported(&["#/operation"]));
    expect_reply("switched off", &reply(&form("off/a")), DISABLED);
    expect_reply("denied", &reply(&form("sealed/a")), DENIED);
    expect_reply("no such bucket", &reply(&ask("PostObject", "nowhere", "a")), NO_GRANT);
    assert_eq!(service.post(&stranger, "/v1/presign", &form("a")).code(), "invalid_token");
    let lines = service.audited(5);
    let line = lines.iter().find(|line| line["code"] == "not_supported_by_store").unwrap();
    assert_eq!((&line["decision"], &line["grant"], &line["key"]), (&json!("refused"), &json!("r2"), &json!("a")));
    assert_eq!(service.metric("presignd_refusals_total{code=\"not_supported_by_store\"}"), 2.0);
}

/// Grants of uploads without locks, and one of a limited size.
fn uploads() -> String {
    let grant = |name: &str, bucket: &str, upload: &str| {
        format!(
            "[[grants]]\nname = \"{name}-{bucket}\"\nbucket = \"{bucket}\"\nprefix = \"{name}/\"\n\
             actions = [\"write\"]\nupload = {{ {upload} }}\n"
        )
    };
    let plain = ["b2", "gcs", "generic"].map(|bucket| grant("plain", bucket, ""));
    plain.concat() + &grant("limited", "b2", "max_size = \"1GiB\"")
}

#[test]
fn a_plan_and_its_parts_are_refused_too() {
    let service = served(&uploads());
    let ask = |path: &str, bucket: &str, key: &str, more: &Value| -> Reply {
        service.post(&token(), path, &with(json!({"bucket": bucket, "key": key}), more))
    };
    let plan = json!({"content_length": 1, "content_md5": MD5, "tags": {"case": "1"}});
    expect_reply("a plan", &ask("/v1/uploads", "garage", "a", &plan), unsupported(&["#/tags"]));
    let large = json!({"content_length": 200 << 20, "storage_class": "DEEP_ARCHIVE"});
    expect_reply("in parts", &ask("/v1/uploads", "garage", "a", &large), unsupported(&["#/storage_class"]));
    let parts = json!({"upload_id": "u", "content_length": 6 << 20, "part_size": 5 << 20, "parts": [1, 2]});
    let sum = json!({"checksums": {"2": {"algorithm": "CRC32", "value": CRC32}}});
    let summed = ask("/v1/uploads/parts", "gcs", "plain/a", &with(parts.clone(), &sum));
    expect_reply("a checksum of a part", &summed, unsupported(&["#/checksums/2"]));
    let all = with(parts, &json!({"include": ["complete"]}));
    let asked = |bucket: &str| ask("/v1/uploads/parts", bucket, "plain/a", &all).json();
    let complete = |bucket: &str| asked(bucket)["complete"]["headers"].clone();
    assert_eq!(complete("generic"), json!({"x-amz-mp-object-size": (6 << 20).to_string()}));
    assert_eq!(complete("b2"), json!({}), "nobody asked for what the store does not look at");
    let limited = ask("/v1/uploads/parts", "b2", "limited/a", &all);
    expect_reply("a limit hangs on it", &limited, unsupported(&["#/content_length"]));
}

#[test]
fn explain_and_sign_tell_of_it() {
    let service = served("");
    let presignd = &service.presignd;
    let claims = r#"{"sub":"42"}"#;
    let explained = presignd.run("explain", &["--claims", claims, "PostObject", "r2", "a"], "");
    insta::assert_snapshot!(explained.stdout);
    let signed = presignd.run("sign", &["--grant", "r2", "PostObject", "r2", "a"], "");
    let problem: Value = serde_json::from_str(&signed.stdout).unwrap();
    assert_eq!((signed.code, &problem["code"]), (1, &json!("not_supported_by_store")), "{problem:#}");
}

#[test]
fn a_policy_for_another_store_says_that_it_is_aws_s() {
    let server = "[server]\ncors_origins = [\"https://app.example.com\"]\n";
    let service = served(server);
    for (kind, name) in [("bucket", "r2"), ("cors", "r2"), ("lifecycle", "r2"), ("iam", "main")] {
        let printed = service.presignd.run("policy", &[kind, name], "");
        assert_eq!(printed.code, 0, "{printed:?}");
        assert!(printed.stderr.contains("not on AWS"), "{kind}: {printed:?}");
    }
    for kind in ["bucket", "cors", "lifecycle"] {
        let printed = service.presignd.run("policy", &[kind, "aws"], "");
        assert!(!printed.stderr.contains("not on AWS"), "{kind}: {printed:?}");
    }
}
