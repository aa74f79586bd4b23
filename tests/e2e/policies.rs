//! A bucket's policy that presignd derives, set at the store: what the grants sign works on, and what none of them signs
//! is refused.

use serde_json::json;

use crate::support::presignd::Presignd;
use crate::world::World;

/// Grants that know no encryption but the store's own.
const PLAIN: &str = r#"
[[issuers]]
issuer = "https://app.example.com"
audiences = ["presignd"]
hmac_secret_env = "JWT_SECRET"
[buckets.media]
bucket = "BUCKET"
endpoint = "ENDPOINT"
[[grants]]
name = "own-folder"
bucket = "media"
prefix = "{sub}/"
actions = ["read", "write"]
"#;

#[test]
fn a_bucket_s_policy_refuses_the_encryption_that_no_grant_signs_and_nothing_else() {
    let bucket = format!("policies-{}", std::process::id());
    let Some(world) = World::built(&bucket) else { return };
    let toml = PLAIN.replace("ENDPOINT", world.store.get("ENDPOINT")).replace("BUCKET", &bucket);
    let derived = Presignd::configured(&toml).run("policy", &["bucket", "media"], "");
    assert_eq!(derived.code, 0, "{derived:?}");
    let foreign = || world.issue("PutObject", "kms", "x", &json!({})).used("body").status;
    assert_eq!(foreign(), 200, "before");
    world.store.prepare(&format!("/{bucket}?policy"), &[], &derived.stdout);
    assert_eq!(foreign(), 403, "after");
    world.put("media", "a", "body");
    assert_eq!(world.get("media", "a").text(), "body");
    let begun = world.issue("CreateMultipartUpload", "media", "m", &json!({})).used("").text();
    let id = begun.split_once("<UploadId>").unwrap().1.split('<').next().unwrap();
    let part = world.issue("UploadPart", "media", "m", &json!({"upload_id": id, "part_number": 1})).used("part");
    assert_eq!(part.status, 200, "{}", part.text());
}
