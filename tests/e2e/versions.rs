//! Versions at a real store: read and deleted as told, locked, and deleted by MFA alone.

use aws_lc_rs::hmac;
use serde_json::json;

use crate::store::Store;
use crate::support::client::Reply;
use crate::support::now;
use crate::verifier::Fault;
use crate::world::World;
use crate::world::call;

/// Stores an object and gives its version.
#[track_caller]
fn put(world: &World, key: &str, body: &str) -> String {
    let reply = world.issue("PutObject", "versions", key, &json!({})).used(body);
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.header("x-amz-version-id").unwrap_or_else(|| panic!("no version: {:?}", reply.headers)).to_owned()
}

fn get(world: &World, key: &str, version: &str) -> Reply {
    world.issue("GetObject", "versions", key, &json!({"version_id": version})).used("")
}

#[test]
fn a_version_is_read_and_deleted_by_its_own_right_and_no_other_version_by_its_url() {
    let Some(store) = Store::found() else { return };
    store.make_locked_bucket("e2e-versions");
    let world = World::built("e2e-versions").unwrap();
    let key = format!("a b/{}", now());
    let (first, second) = (put(&world, &key, "first"), put(&world, &key, "second, longer"));
    assert_eq!(
        (get(&world, &key, &first).text(), get(&world, &key, &second).text()),
        ("first".into(), "second, longer".into())
    );
    assert_eq!(world.get("versions", &key).text(), "second, longer", "the latest");
    let head = world.issue("HeadObject", "versions", &key, &json!({"version_id": first})).used("");
    assert_eq!((head.status, head.header("content-length")), (200, Some("5")));
    for (operation, version) in [("GetObject", &first), ("HeadObject", &first), ("DeleteObject", &second)] {
        let reply = world.presign(operation, "media", &key, &json!({"version_id": version}));
        assert_eq!((reply.status, reply.code().as_str()), (403, "no_grant"), "{operation} of a version");
    }
    let issued = world.issue("GetObject", "versions", &key, &json!({"version_id": first}));
    let other = issued.url().replace(&first, &second);
    assert_ne!(other, issued.url());
    let latest = world.issue("GetObject", "versions", &key, &json!({})).url();
    for (what, url) in [("another version", other), ("a version of the latest", format!("{latest}&versionId={first}"))]
    {
        assert_eq!(call("GET", &url, &[], "").send().status, 403, "{what}");
    }
    let deleted = world.issue("DeleteObject", "versions", &key, &json!({})).used("");
    assert_eq!((deleted.status, deleted.header("x-amz-delete-marker")), (204, Some("true")));
    assert_eq!(world.get("versions", &key).status, 404, "the latest is a marker now");
    assert_eq!(get(&world, &key, &first).text(), "first", "versions outlive it");
    let delete = world.issue("DeleteObject", "versions", &key, &json!({"version_id": first}));
    let other = delete.url().replace(&first, &second);
    assert_eq!(call("DELETE", &other, &delete.headers(), "").send().status, 403, "another version");
    assert_eq!(delete.used("").status, 204);
    assert_eq!(get(&world, &key, &first).status, 404, "deleted for good");
    assert_eq!(get(&world, &key, &second).text(), "second, longer");
}

#[test]
fn a_governance_lock_is_lifted_by_a_bypass_alone() {
    let Some(store) = Store::found() else { return };
    store.make_locked_bucket("e2e-locks");
    let world = World::built("e2e-locks").unwrap();
    let key = format!("{}", now());
    let version = put(&world, &key, "kept");
    let until = crate::support::rfc3339(now() + 3600);
    let lock = format!("<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>");
    world.store.prepare(&format!("/e2e-locks/alice/{key}?retention&versionId={version}"), &[], &lock);
    let bypass = json!({"version_id": version, "bypass_governance_retention": true});
    let refused = world.presign("DeleteObject", "versions", &key, &bypass);
    assert_eq!((refused.status, refused.code().as_str()), (403, "no_grant"), "the grant has no bypass_governance");
    for alias in ["versions", "locks"] {
        let locked = world.issue("DeleteObject", alias, &key, &json!({"version_id": version}));
        assert_eq!(locked.used("").status, 403, "{alias}: without asking for it");
        // This store looks at no unsigned header; one that checks them as S3 does refuses the URL with it.
        let unsigned = [("x-amz-bypass-governance-retention", "true")];
        let fault = Fault::UnsignedHeader("x-amz-bypass-governance-retention".into());
        assert_eq!(world.judge(&locked, &unsigned, world.store.get("REGION"), "s3"), Err(fault));
    }
    let lifting = world.issue("DeleteObject", "locks", &key, &bypass);
    assert_eq!(call("DELETE", &lifting.url(), &[], "").send().status, 403, "without the header");
    assert_eq!(get(&world, &key, &version).text(), "kept");
    assert_eq!(lifting.used("").status, 204);
    assert_eq!(get(&world, &key, &version).status, 404);
}

/// RFC 6238, with SHA-1, 6 digits and 30 seconds: what the gadget shows, so many steps from now.
fn code(store: &Store, steps: i64) -> String {
    let counter = (now() / 30 + steps).to_be_bytes();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, store.get("MFA_SEED").as_bytes());
    let mac = hmac::sign(&key, &counter);
    let mac = mac.as_ref();
    let at = usize::from(mac[19] & 15);
    let number = u32::from_be_bytes(mac[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{} {:06}", store.get("MFA_SERIAL"), number % 1_000_000)
}

#[test]
fn mfa_delete_of_a_version_takes_the_code_that_the_url_binds() {
    let Some(store) = Store::found() else { return };
    // Of its own each time: one that wants a code cannot be made anew.
    let bucket = format!("e2e-mfa-{}", now());
    store.make_bucket(&bucket);
    let state =
        "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>";
    store.prepare(&format!("/{bucket}?versioning"), &[("x-amz-mfa", &code(&store, 0))], state);
    let world = World::built(&bucket).unwrap();
    let key = format!("{}", now());
    let version = put(&world, &key, "kept");
    let without = world.issue("DeleteObject", "versions", &key, &json!({"version_id": version}));
    assert_eq!(without.used("").status, 403, "the store wants a code");
    // The store takes each code once, and one of before no more.
    let right = code(&store, 1);
    let issued = world.issue("DeleteObject", "versions", &key, &json!({"version_id": version, "mfa": right}));
    assert_eq!((&issued.0["expires_in"], &issued.0["expiry_limited_by"]), (&json!(60), &json!("mfa")));
    assert_eq!(issued.headers(), [("x-amz-mfa".to_owned(), right)]);
    for (what, headers) in [("no code", vec![]), ("another code", vec![("x-amz-mfa".to_owned(), code(&store, 2))])] {
        assert_eq!(call("DELETE", &issued.url(), &headers, "").send().status, 403, "{what}");
    }
    assert_eq!(get(&world, &key, &version).text(), "kept");
    assert_eq!(issued.used("").status, 204);
    assert_eq!(get(&world, &key, &version).status, 404);
}

#[test]
fn the_body_of_a_restore_is_bound_by_its_md5() {
    let Some(world) = World::built("e2e-restore") else { return };
    world.put("versions", "cold", "cold");
    let issued = world.issue("RestoreObject", "versions", "cold", &json!({"days": 7, "tier": "Bulk"}));
    let body = issued.0["body"].as_str().unwrap();
    // This store restores nothing; that it gets as far as saying so tells that the signature is right.
    let right = issued.used(body);
    assert!(
        !right.text().contains("SignatureDoesNotMatch") && !right.text().contains("AccessDenied"),
        "{}",
        right.text()
    );
    let headers = [("content-md5".to_owned(), "LocoTSRcKq4cdPpMUKdMdw==".to_owned())];
    let other = call("POST", &issued.url(), &headers, body).send();
    assert_eq!(other.status, 403, "another MD5: {}", other.text());
}
