//! The policies that presignd derives, set at the store: what the grants sign works on, and what none of them signs is
//! refused, as far as the store can judge.

use serde_json::Value;
use serde_json::json;

use crate::store::Store;
use crate::support::client::Call;
use crate::support::presignd::Presignd;
use crate::world::Issued;
use crate::world::World;

/// An issuer, and a bucket with credentials that a file holds.
const HEAD: &str = r#"
[server]
cors_origins = ["https://app.example.com"]
[[issuers]]
issuer = "https://app.example.com"
audiences = ["presignd"]
hmac_secret_env = "JWT_SECRET"
[credentials.main]
provider = "file"
path = "keys.json"
[buckets.media]
bucket = "BUCKET"
"#;

/// Grants that know no encryption but the store's own.
const PLAIN: &str = r#"
[[grants]]
name = "own-folder"
bucket = "media"
prefix = "{sub}/"
actions = ["read", "write"]
"#;

/// What an identity is to have the least rights for.
const OWN_FOLDER: &str = r#"
[[grants]]
name = "own-folder"
bucket = "media"
prefix = "users/{sub}/"
actions = ["read", "write", "list"]
"#;

/// All of the bucket.
const EVERYTHING: &str = r#"
[[grants]]
name = "everything"
bucket = "media"
prefix = ""
actions = ["read", "write", "delete", "list", "restore"]
"#;

/// What makes clients send as many headers as there are.
const LIMITS: &str = r#"
[grants.upload]
tags = ["case"]
set_metadata = { owner = "alice" }
storage_classes = ["STANDARD", "REDUCED_REDUNDANCY"]
object_lock = { mode = "GOVERNANCE", min_retention = "1d", legal_hold = true }
kms_key_ids = ["testkey-1"]
"#;

/// These grants on a bucket of the store.
fn configured(store: &Store, bucket: &str, grants: &str) -> Presignd {
    let endpoint = format!("endpoint = {:?}\n", store.get("ENDPOINT"));
    Presignd::configured(&[&HEAD.replace("BUCKET", bucket), endpoint.as_str(), grants].concat())
}

/// What `presignd policy` prints.
#[track_caller]
fn derived(presignd: &Presignd, kind: &str, name: &str) -> String {
    let output = presignd.run("policy", &[kind, name], "");
    assert_eq!(output.code, 0, "{output:?}");
    output.stdout
}

/// What `presignd sign` answers.
#[track_caller]
fn signed(presignd: &Presignd, grant: &str, request: &Value) -> Issued {
    let arguments = ["--grant", grant, "--claims", r#"{"sub":"alice"}"#, "--requests", "-"];
    let output = presignd.run("sign", &arguments, &format!("{request}\n"));
    assert_eq!(output.code, 0, "{request}: {output:?}");
    Issued(serde_json::from_str(&output.stdout).unwrap())
}

fn own_bucket(of: &str) -> String {
    format!("policies-{of}-{}", std::process::id())
}

#[test]
fn a_bucket_s_policy_refuses_the_encryption_that_no_grant_signs_and_nothing_else() {
    let bucket = own_bucket("bucket");
    let Some(world) = World::built(&bucket) else { return };
    let foreign = || world.issue("PutObject", "kms", "x", &json!({})).used("body").status;
    assert_eq!(foreign(), 200, "before");
    let policy = derived(&configured(&world.store, &bucket, PLAIN), "bucket", "media");
    world.store.prepare(&format!("/{bucket}?policy"), &[], &policy);
    assert_eq!(foreign(), 403, "after");
    world.put("media", "a", "body");
    assert_eq!(world.get("media", "a").text(), "body");
    let begun = world.issue("CreateMultipartUpload", "media", "m", &json!({})).used("").text();
    let id = begun.split_once("<UploadId>").unwrap().1.split('<').next().unwrap();
    let part = world.issue("UploadPart", "media", "m", &json!({"upload_id": id, "part_number": 1})).used("part");
    assert_eq!(part.status, 200, "{}", part.text());
}

#[test]
fn an_identity_with_its_derived_policy_may_use_what_its_grants_sign_and_nothing_else() {
    let Some(store) = Store::found() else { return };
    let bucket = own_bucket("iam");
    store.make_bucket(&bucket);
    store.prepare(&format!("/{bucket}/other/a"), &[], "body");
    let policy = derived(&configured(&store, &bucket, OWN_FOLDER), "iam", "main");
    let session = store.assume_new_role(&bucket, &policy).file().to_string();
    let (own, wide) = (configured(&store, &bucket, OWN_FOLDER), configured(&store, &bucket, EVERYTHING));
    let (own, wide) = (own.file("keys.json", &session), wide.file("keys.json", &session));
    let ask = |operation: &str, key: &str| json!({"operation": operation, "bucket": "media", "key": key});
    let list = |prefix: &str| json!({"operation": "ListObjectsV2", "bucket": "media", "prefix": prefix});
    let begun = signed(&own, "own-folder", &ask("CreateMultipartUpload", "users/alice/m")).used("").text();
    let id = begun.split_once("<UploadId>").unwrap_or_else(|| panic!("{begun}")).1.split('<').next().unwrap();
    let of_upload = |operation: &str, more: &Value| {
        let mut request = ask(operation, "users/alice/m");
        request["upload_id"] = id.into();
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        request
    };
    let rows = [
        (ask("PutObject", "users/alice/a"), 200),
        (ask("GetObject", "users/alice/a"), 200),
        (ask("HeadObject", "users/alice/a"), 200),
        (of_upload("UploadPart", &json!({"part_number": 1})), 200),
        (of_upload("ListParts", &json!({})), 200),
        (of_upload("AbortMultipartUpload", &json!({})), 204),
        (list("users/alice/"), 200),
    ];
    for (request, expected) in rows {
        let reply = signed(&own, "own-folder", &request).used("");
        assert_eq!(reply.status, expected, "{request}: {}", reply.text());
    }
    // What this identity signs all the same has no force.
    let beyond = [ask("GetObject", "other/a"), ask("PutObject", "other/b"), ask("DeleteObject", "users/alice/a")];
    for request in beyond.into_iter().chain([list(""), list("other/")]) {
        let reply = signed(&wide, "everything", &request).used("");
        assert_eq!(reply.status, 403, "{request}: {}", reply.text());
    }
}

/// A bucket's CORS rules as S3's API takes them.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html>
fn cors_as_xml(document: &str) -> String {
    let read: Value = serde_json::from_str(document).unwrap();
    let rules = read["CORSRules"].as_array().unwrap().iter().map(|rule| {
        let lists = ["AllowedOrigin", "AllowedMethod", "AllowedHeader", "ExposeHeader"].map(|name| {
            let all = rule[format!("{name}s")].as_array().unwrap().iter();
            all.map(|text| format!("<{name}>{}</{name}>", text.as_str().unwrap())).collect::<String>()
        });
        format!("<CORSRule>{}<MaxAgeSeconds>{}</MaxAgeSeconds></CORSRule>", lists.concat(), rule["MaxAgeSeconds"])
    });
    format!("<CORSConfiguration>{}</CORSConfiguration>", rules.collect::<String>())
}

#[test]
fn cors_rules_let_a_page_send_what_the_grants_make_it_send_and_no_other_page() {
    let Some(store) = Store::found() else { return };
    let bucket = own_bucket("cors");
    store.make_locked_bucket(&bucket);
    let grants = [EVERYTHING, LIMITS].concat();
    let presignd = configured(&store, &bucket, &grants).file("keys.json", store.keys().to_string());
    let rules = cors_as_xml(&derived(&presignd, "cors", "media"));
    let preflight = |issued: &Issued, origin: &str, more: &str| {
        let names: Vec<String> = issued.headers().into_iter().map(|(name, _)| name).collect();
        Call::to("OPTIONS", &issued.url())
            .header("origin", origin)
            .header("access-control-request-method", &issued.method())
            .header("access-control-request-headers", &[&names.join(","), more].concat())
            .send()
    };
    let checksum = json!({"algorithm": "CRC32", "value": "AAAAAA=="});
    let of_upload = json!({"upload_id": "u", "part_number": 1, "checksum": checksum});
    let rows = [
        (
            "PutObject",
            json!({"checksum": checksum, "content_type": "text/plain", "cache_control": "no-store",
            "content_disposition": "inline", "content_encoding": "gzip", "content_language": "en", "metadata": {"a": "b"},
            "tags": {"case": "1"}, "storage_class": "STANDARD", "object_lock": {"legal_hold": true}, "if_none_match": "*",
            "server_side_encryption": {"algorithm": "aws:kms", "kms_key_id": "testkey-1", "context": {"a": "b"}}}),
        ),
        ("GetObject", json!({})),
        ("HeadObject", json!({"checksum_mode": "ENABLED"})),
        ("CreateMultipartUpload", json!({"checksum": {"algorithm": "CRC32"}, "content_type": "text/plain"})),
        ("UploadPart", of_upload),
        ("CompleteMultipartUpload", json!({"upload_id": "u", "object_size": 1, "if_none_match": "*"})),
        ("RestoreObject", json!({"days": 1})),
        ("DeleteObject", json!({})),
    ];
    let app = "https://app.example.com";
    let issue = |operation: &str, more: &Value| {
        let mut request = json!({"operation": operation, "bucket": "media", "key": "a"});
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        signed(&presignd, "everything", &request)
    };
    let (_, put) = &rows[0];
    assert_eq!(preflight(&issue("PutObject", put), app, "").status, 403, "before");
    store.prepare(&format!("/{bucket}?cors"), &[], &rules);
    for (operation, more) in &rows {
        let issued = issue(operation, more);
        let reply = preflight(&issued, app, "");
        assert_eq!(
            (reply.status, reply.header("access-control-allow-origin")),
            (200, Some(app)),
            "{operation}: {reply:?}"
        );
        assert_eq!(preflight(&issued, "https://other.example.com", "").status, 403, "{operation}");
        assert_eq!(preflight(&issued, app, ",x-other").status, 403, "{operation}");
    }
    let seen = issue("PutObject", &json!({"checksum": checksum})).call("").header("origin", app).send();
    let exposed = seen.header("access-control-expose-headers").unwrap_or_default().to_lowercase();
    assert!(exposed.contains("etag") && exposed.contains("x-amz-version-id"), "{seen:?}");
}

#[test]
fn the_lifecycle_rules_and_the_bucket_policy_for_aws_are_taken_by_the_store() {
    let Some(store) = Store::found() else { return };
    let bucket = own_bucket("taken");
    store.make_bucket(&bucket);
    let presignd = configured(&store, &bucket, OWN_FOLDER);
    let rules: Value = serde_json::from_str(&derived(&presignd, "lifecycle", "media")).unwrap();
    let rule = &rules["Rules"][0];
    let days = &rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"];
    let kept = format!(
        "<AbortIncompleteMultipartUpload><DaysAfterInitiation>{days}</DaysAfterInitiation></AbortIncompleteMultipartUpload>"
    );
    let [id, status, prefix] =
        [&rule["ID"], &rule["Status"], &rule["Filter"]["Prefix"]].map(|text| text.as_str().unwrap());
    let xml =
        format!("<Rule><ID>{id}</ID><Filter><Prefix>{prefix}</Prefix></Filter><Status>{status}</Status>{kept}</Rule>");
    let path = format!("/{bucket}?lifecycle");
    store.prepare(&path, &[], &format!("<LifecycleConfiguration>{xml}</LifecycleConfiguration>"));
    let found = store.call("GET", &path, "s3", &[], "").text();
    assert!(found.contains(&kept) && found.contains("<Prefix>users/</Prefix>"), "{found}");
    let on_aws = [&HEAD.replace("BUCKET", &bucket), "region = \"eu-west-1\"\n", OWN_FOLDER].concat();
    let policy = derived(&Presignd::configured(&on_aws), "bucket", "media");
    store.prepare(&format!("/{bucket}?policy"), &[], &policy);
}
