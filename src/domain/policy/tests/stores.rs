//! What is signed for a store is never what its row of the table lacks.

use proptest::prelude::*;

use super::*;
use crate::domain::encryption::Members;
use crate::domain::encryption::ServerSideEncryption;
use crate::domain::grant::KmsKey;
use crate::domain::grant::StorageClass;
use crate::domain::retention::LegalHold;
use crate::domain::retention::LockLimits;
use crate::domain::retention::LockMode;
use crate::domain::store::features::Feature;
use crate::domain::template::ValueTemplate;

fn at(store: Store) -> Policy {
    let of_store = Bucket { store, lacks: Lacks::of(store), ..bucket("media", "acme-media", None) };
    let all = ["read", "read_version", "write", "delete", "delete_version", "list", "restore", "bypass_governance"];
    let open = Grant {
        upload: UploadLimits {
            sse_c: true,
            tags: vec!["case".to_owned()],
            kms_keys: vec![KmsKey::AwsManaged],
            object_lock: Some(LockLimits {
                mode: None,
                min_retention: None,
                max_retention: None,
                legal_hold: LegalHold::Open,
            }),
            storage_classes: ["STANDARD", "STANDARD_IA", "GLACIER", "NEARLINE", "REDUCED_REDUNDANCY"]
                .map(|class| StorageClass::parse(class).unwrap())
                .into(),
            ..UploadLimits::default()
        },
        mfa: MfaRule::Never,
        ..allow("open", "", &all)
    };
    Policy::new(ExpiryRules::default(), vec![of_store], vec![open, signing()])
}

/// A grant that signs in all it can.
fn signing() -> Grant {
    let encryption = Members { algorithm: "AES256", ..Members::default() };
    Grant {
        upload: UploadLimits {
            write_once: true,
            server_side_encryption: ServerSideEncryption::of(encryption).ok(),
            set_tags: vec![("case".to_owned(), ValueTemplate::parse("1").unwrap())],
            object_lock: Some(LockLimits {
                mode: Some(LockMode::Governance),
                min_retention: Some(Duration::from_secs(86_400)),
                max_retention: None,
                legal_hold: LegalHold::Required,
            }),
            ..UploadLimits::default()
        },
        ..allow("signing", "signed/", &["write"])
    }
}

/// What a permit asks of S3, told from its operation, its headers and its query alone.
fn asked_of_s3(permit: &Permit) -> Vec<(Feature, String)> {
    let mut asked = vec![(Feature::Operation(permit.operation()), String::new())];
    let in_parts = permit.operation() == Operation::CompleteMultipartUpload;
    let has = |name: &str| permit.headers().iter().any(|(known, _)| known == name);
    let is_whole = has("x-amz-checksum-type") && permit.headers().iter().any(|(_, value)| value == "FULL_OBJECT");
    for (name, value) in permit.headers() {
        let of = |feature| Some((feature, value.clone()));
        let summed = || name.strip_prefix("x-amz-checksum-").map(str::to_uppercase);
        asked.extend(match name.as_str() {
            "x-amz-tagging" => of(Feature::Tags),
            "x-amz-object-lock-mode" | "x-amz-object-lock-retain-until-date" => of(Feature::Retention),
            "x-amz-object-lock-legal-hold" => of(Feature::LegalHold),
            "x-amz-bypass-governance-retention" => of(Feature::BypassGovernance),
            "x-amz-mfa" => of(Feature::Mfa),
            "x-amz-mp-object-size" => of(Feature::ObjectSize),
            "x-amz-storage-class" => of(Feature::StorageClass),
            "x-amz-server-side-encryption" if value == "AES256" => of(Feature::SseS3),
            "x-amz-server-side-encryption" if value == "aws:kms" => of(Feature::SseKms),
            "x-amz-server-side-encryption" => of(Feature::Dsse),
            "x-amz-server-side-encryption-customer-algorithm" => of(Feature::SseC),
            "if-none-match" if in_parts => of(Feature::WriteOnceInParts),
            "if-none-match" => of(Feature::WriteOnce),
            "x-amz-checksum-type" | "x-amz-checksum-mode" => None,
            "x-amz-checksum-algorithm" if is_whole => of(Feature::FullObjectChecksum),
            "x-amz-checksum-algorithm" => of(Feature::Checksum),
            _ if is_whole => summed().map(|algorithm| (Feature::FullObjectChecksum, algorithm)),
            _ => summed().map(|algorithm| (Feature::Checksum, algorithm)),
        });
    }
    asked.extend(
        permit.query().iter().any(|(name, _)| *name == "versionId").then(|| (Feature::Versions, String::new())),
    );
    asked
}

/// Members, each as JSON, that some operation takes.
const MEMBERS: [&str; 20] = [
    r#""version_id":"v""#,
    r#""tags":{"case":"1"}"#,
    r#""storage_class":"STANDARD""#,
    r#""storage_class":"STANDARD_IA""#,
    r#""storage_class":"GLACIER""#,
    r#""storage_class":"NEARLINE""#,
    r#""storage_class":"REDUCED_REDUNDANCY""#,
    r#""server_side_encryption":{"algorithm":"AES256"}"#,
    r#""server_side_encryption":{"algorithm":"aws:kms"}"#,
    r#""server_side_encryption":{"algorithm":"aws:kms:dsse"}"#,
    r#""server_side_encryption":{"algorithm":"customer"}"#,
    r#""object_lock":{"mode":"GOVERNANCE","retain_until":"2099-01-01T00:00:00Z"}"#,
    r#""object_lock":{"legal_hold":true}"#,
    r#""if_none_match":"*""#,
    r#""object_size":1"#,
    r#""checksum":{"algorithm":"CRC32","value":"AAAAAA=="}"#,
    r#""checksum":{"algorithm":"CRC64NVME","value":"AAAAAAAAAAA="}"#,
    r#""checksum":{"algorithm":"CRC32","type":"FULL_OBJECT"}"#,
    r#""checksum":{"algorithm":"SHA256"}"#,
    r#""bypass_governance_retention":true"#,
];

/// What an operation cannot be without, and what locks cannot.
fn needed(operation: Operation) -> &'static str {
    match operation {
        Operation::AbortMultipartUpload | Operation::CompleteMultipartUpload | Operation::ListParts => {
            r#","upload_id":"u""#
        }
        Operation::UploadPart => r#","upload_id":"u","part_number":1"#,
        Operation::PutObject => r#","content_md5":"1B2M2Y8AsgTpgAmY7PhCfg==""#,
        Operation::CreateMultipartUpload
        | Operation::DeleteObject
        | Operation::GetObject
        | Operation::HeadObject
        | Operation::ListObjectsV2
        | Operation::PostObject
        | Operation::RestoreObject => "",
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn nothing_is_signed_that_the_store_lacks(
        store in prop::sample::select(Store::ALL.to_vec()),
        operation in prop::sample::select(Operation::all().collect::<Vec<_>>()),
        members in prop::sample::subsequence(MEMBERS.to_vec(), 0..3),
        signed_in in any::<bool>(),
    ) {
        let place = if operation == Operation::ListObjectsV2 { "prefix" } else { "key" };
        let folder = if signed_in { "signed/" } else { "" };
        let more: String = members.iter().map(|member| format!(",{member}")).collect();
        let body = format!(
            r#"{{"operation":"{}","bucket":"media","{place}":"{folder}a"{}{more}}}"#, operation.as_str(), needed(operation),
        );
        let Ok(Ok(request)) = serde_json::from_str(&body).map(|value: Value| Request::parse(&value)) else {
            return Ok(());
        };
        let (policy, windows) = (at(store), windows());
        let around = Circumstances { id: "0197", address: None, windows: &windows, now: now() };
        match policy.authorize(&caller("corp", "{}"), &request, around) {
            Ok(permit) => for (feature, named) in asked_of_s3(&permit) {
                prop_assert_eq!(Lacks::of(store).why_not(feature, &named), None, "{}", body);
            },
            Err(refusal) if refusal.code == RefusalCode::NotSupportedByStore => {
                prop_assert!(!refusal.errors.is_empty());
                prop_assert!(!matches!(store, Store::Aws | Store::Generic), "{}", body);
            }
            Err(_) => {}
        }
    }
}

#[test]
fn no_member_is_blamed_for_what_the_grant_signs_in() {
    let policy = at(Store::Garage);
    let refusal = ask(&policy, &caller("corp", "{}"), &put_summed("signed/a", "")).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::NotSupportedByStore);
    let pointers: Vec<_> = refusal.errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(pointers, [""], "{refusal:?}");
    let with_lock = put_summed("a", r#","object_lock":{"legal_hold":true},"tags":{"case":"1"}"#);
    let refusal = ask(&policy, &caller("corp", "{}"), &with_lock).unwrap_err();
    let pointers: Vec<_> = refusal.errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(pointers, ["/object_lock", "/tags"], "{refusal:?}");
}

fn put_summed(key: &str, more: &str) -> String {
    let md5 = needed(Operation::PutObject);
    format!(r#"{{"operation":"PutObject","bucket":"media","key":"{key}"{md5}{more}}}"#)
}

#[test]
fn the_next_alternative_is_taken_where_the_first_signs_in_what_the_store_lacks() {
    let plain = Grant { name: name("plain"), upload: UploadLimits::default(), ..signing() };
    let of_store = Bucket { lacks: Lacks::of(Store::R2), ..bucket("media", "acme-media", None) };
    let policy = Policy::new(ExpiryRules::default(), vec![of_store], vec![signing(), plain]);
    assert_eq!(outcome(&ask(&policy, &caller("corp", "{}"), &put_summed("signed/a", ""))), "plain");
}
