//! Encryption and Object Lock at a real store. It knows no SSE-S3: that is shown where URLs are judged.

use serde_json::json;

use crate::store::Store;
use crate::support::client::Reply;
use crate::support::now;
use crate::support::rfc3339;
use crate::works::BODY;
use crate::works::BODY_MD5;
use crate::works::BODY_SHA256;
use crate::world::Issued;
use crate::world::World;

/// 32 bytes in base64, and the digest that botocore sends for them.
const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const KEY_MD5: &str = "hRasmdxgYDKV3nvbahU1MA==";
const OTHER_KEY: &str = "MTEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

fn sse_c(key: &str) -> serde_json::Value {
    json!({"server_side_encryption": {"algorithm": "customer", "key": key}})
}

/// Used with a header changed, or left out.
fn forged(issued: &Issued, name: &str, value: Option<&str>) -> Reply {
    let mut forged = issued.clone();
    let headers = forged.0["headers"].as_object_mut().unwrap();
    assert!(headers.remove(name).is_some(), "{name} is signed: {:#}", issued.0);
    headers.extend(value.map(|value| (name.to_owned(), json!(value))));
    forged.used(BODY)
}

#[test]
fn sse_c_reads_with_the_key_that_it_was_written_with_and_no_other() {
    let Some(world) = World::built("e2e-sse-c") else { return };
    let stored = world.issue("PutObject", "encrypted", "x", &sse_c(KEY));
    for name in ["", "-md5"].map(|end| format!("x-amz-server-side-encryption-customer-key{end}")) {
        assert_eq!(forged(&stored, &name, Some(OTHER_KEY)).status, 403, "another {name}");
        assert_eq!(forged(&stored, &name, None).status, 403, "no {name}");
    }
    let reply = stored.used(BODY);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let found = world.issue("GetObject", "encrypted", "x", &sse_c(KEY)).used("");
    assert_eq!((found.status, found.text().as_str()), (200, BODY));
    let head = world.issue("HeadObject", "encrypted", "x", &sse_c(KEY)).used("");
    let told = head.header("x-amz-server-side-encryption-customer-algorithm");
    assert_eq!((head.status, told), (200, Some("AES256")), "{:?}", head.headers);
    assert_ne!(world.get("encrypted", "x").status, 200, "without a key");
    assert_ne!(world.issue("GetObject", "encrypted", "x", &sse_c(OTHER_KEY)).used("").status, 200, "with another");
}

#[test]
fn sse_c_works_with_a_key_that_never_passed_through_presignd() {
    let Some(world) = World::built("e2e-sse-c-own") else { return };
    let algorithm = json!({"server_side_encryption": {"algorithm": "customer"}});
    let used = |operation: &str, body: &str| {
        let issued = world.issue(operation, "encrypted", "x", &algorithm);
        assert!(!issued.0.to_string().contains(KEY));
        let call = issued.call(body).header("x-amz-server-side-encryption-customer-key", KEY);
        call.header("x-amz-server-side-encryption-customer-key-md5", KEY_MD5).send()
    };
    assert_eq!(used("PutObject", BODY).status, 200);
    assert_eq!(used("GetObject", "").text(), BODY);
    assert_ne!(world.get("encrypted", "x").status, 200, "without the key");
}

#[test]
fn sse_kms_is_what_the_grant_signs_in() {
    let Some(world) = World::built("e2e-sse-kms") else { return };
    let key = world.store.get("KMS_KEY").to_owned();
    let stored = world.issue("PutObject", "kms", "x", &json!({}));
    assert_eq!(forged(&stored, "x-amz-server-side-encryption", None).status, 403, "unencrypted");
    let named = "x-amz-server-side-encryption-aws-kms-key-id";
    assert_eq!(forged(&stored, named, Some("testkey-2")).status, 403, "another key");
    let reply = stored.used(BODY);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let head = world.issue("HeadObject", "kms", "x", &json!({})).used("");
    assert_eq!(head.header("x-amz-server-side-encryption"), Some("aws:kms"), "{:?}", head.headers);
    assert_eq!(head.header(named), Some(key.as_str()), "{:?}", head.headers);
    assert_eq!(world.get("kms", "x").text(), BODY);
    let asked = json!({"server_side_encryption": {"algorithm": "aws:kms", "kms_key_id": key}});
    assert_eq!(
        world.issue("PutObject", "encrypted", "y", &asked).used(BODY).status,
        200,
        "a key that the caller names"
    );
}

#[test]
fn default_encryption_is_signed_into_what_says_nothing() {
    let Some(world) = World::built("e2e-default") else { return };
    let stored = world.issue("PutObject", "defaults", "x", &json!({}));
    assert_eq!(forged(&stored, "x-amz-server-side-encryption", None).status, 403, "unencrypted");
    assert_eq!(stored.used(BODY).status, 200);
    let head = world.issue("HeadObject", "defaults", "x", &json!({})).used("");
    assert_eq!(head.header("x-amz-server-side-encryption"), Some("aws:kms"), "{:?}", head.headers);
    let other = json!({"server_side_encryption": {"algorithm": "AES256"}});
    let refused = world.presign("PutObject", "defaults", "x", &other);
    assert_eq!((refused.status, refused.code().as_str()), (403, "grant_not_satisfied"), "{}", refused.text());
}

#[test]
fn object_lock_is_what_the_grant_signs_in() {
    let Some(store) = Store::found() else { return };
    store.make_locked_bucket("e2e-worm");
    let world = World::built("e2e-worm").unwrap();
    let key = format!("{}", now());
    let summed = json!({"checksum": {"algorithm": "SHA256", "value": BODY_SHA256}, "content_md5": BODY_MD5});
    let stored = world.issue("PutObject", "worm", &key, &summed);
    for (name, value) in [
        ("x-amz-object-lock-mode", Some("COMPLIANCE")),
        ("x-amz-object-lock-mode", None),
        ("x-amz-object-lock-retain-until-date", Some("2020-01-01T00:00:00Z")),
        ("x-amz-object-lock-legal-hold", Some("OFF")),
    ] {
        assert_eq!(forged(&stored, name, value).status, 403, "{name} {value:?}");
    }
    let reply = stored.used(BODY);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let head = world.issue("HeadObject", "worm", &key, &json!({})).used("");
    assert_eq!(head.header("x-amz-object-lock-mode"), Some("GOVERNANCE"), "{:?}", head.headers);
    assert_eq!(head.header("x-amz-object-lock-legal-hold"), Some("ON"), "{:?}", head.headers);
    let until = head.header("x-amz-object-lock-retain-until-date").unwrap_or_default();
    let signed = stored.0["headers"]["x-amz-object-lock-retain-until-date"].as_str().unwrap();
    assert_eq!(until.get(..19), signed.get(..19), "{until} is {signed}");
    assert!(signed > rfc3339(now() + 86_000).as_str(), "a day from now: {signed}");
    let version = head.header("x-amz-version-id").unwrap();
    let delete = world.issue("DeleteObject", "locks", &key, &json!({"version_id": version}));
    assert_eq!(delete.used("").status, 403, "what is locked stays");
}
