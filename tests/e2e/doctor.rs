//! `presignd doctor` before the store: what is not set is found, what is set is not, and what it says of a policy is so.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::store::Store;
use crate::support::client::Call;
use crate::support::presignd::Output;
use crate::support::presignd::Presignd;

const TOML: &str = r#"
[server]
cors_origins = ["https://app.example.com"]
[[issuers]]
issuer = "https://app.example.com"
audiences = ["presignd"]
hmac_secret_env = "JWT_SECRET"
[buckets.media]
bucket = "BUCKET"
endpoint = "ENDPOINT"
[[grants]]
name = "records"
bucket = "media"
prefix = "records/"
actions = ["read", "read_version", "write"]
[grants.upload]
object_lock = { mode = "GOVERNANCE", min_retention = "1d" }
[[grants]]
name = "free"
bucket = "media"
prefix = "free/"
actions = ["write"]
"#;

fn doctor(store: &Store, bucket: &str) -> Presignd {
    Presignd::configured(&TOML.replace("ENDPOINT", store.get("ENDPOINT")).replace("BUCKET", bucket))
        .env("AWS_ACCESS_KEY_ID", store.get("ACCESS_KEY"))
        .env("AWS_SECRET_ACCESS_KEY", store.get("SECRET_KEY"))
}

/// The findings, as `severity id`, of a run that ends with this code.
#[track_caller]
fn found(presignd: &Presignd, code: i32) -> BTreeSet<String> {
    let output: Output = presignd.run("doctor", &["--json"], "");
    assert_eq!(output.code, code, "{output:?}");
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let all = report["findings"].as_array().unwrap().iter();
    all.map(|finding| format!("{} {}", finding["severity"].as_str().unwrap(), finding["id"].as_str().unwrap()))
        .collect()
}

fn set(expected: &[&str]) -> BTreeSet<String> {
    expected.iter().map(|text| (*text).to_owned()).collect()
}

/// What this store, in this setting, always says: it has no default encryption, ownership or access logs, and no TLS.
const ALWAYS: [&str; 6] = [
    "info access-logging",
    "info mfa-delete",
    "info not-asked",
    "info tls-only",
    "warning copy-source",
    "warning default-encryption",
];

#[test]
fn what_is_not_set_is_found_and_what_is_set_is_not() {
    let Some(store) = Store::found() else { return };
    let bucket = format!("doctor-{}", std::process::id());
    let unset =
        ["error cors", "error object-lock", "error versioning", "warning lifecycle", "warning public-access-block"];
    let there = doctor(&store, &bucket);
    assert_eq!(found(&there, 1), set(&["error reachable", "warning copy-source"]), "no such bucket");
    store.make_bucket(&bucket);
    assert_eq!(found(&there, 1), set(&[unset.as_slice(), &ALWAYS].concat()));

    let locked = format!("{bucket}-locked");
    store.make_locked_bucket(&locked);
    let methods =
        ["GET", "HEAD", "PUT", "POST", "DELETE"].map(|method| format!("<AllowedMethod>{method}</AllowedMethod>"));
    let rule = "<AllowedOrigin>https://app.example.com</AllowedOrigin><AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>";
    let cors = format!("<CORSConfiguration><CORSRule>{rule}{}</CORSRule></CORSConfiguration>", methods.concat());
    let lifecycle = "<LifecycleConfiguration><Rule><ID>a</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status>\
                     <AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation>\
                     </AbortIncompleteMultipartUpload></Rule></LifecycleConfiguration>";
    let on = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
    let on = on.map(|name| format!("<{name}>true</{name}>")).concat();
    let block = format!("<PublicAccessBlockConfiguration>{on}</PublicAccessBlockConfiguration>");
    for (question, body) in [("cors", cors.as_str()), ("lifecycle", lifecycle), ("publicAccessBlock", &block)] {
        store.prepare(&format!("/{locked}?{question}"), &[], body);
    }
    let there = doctor(&store, &locked);
    assert_eq!(found(&there, 0), set(&ALWAYS));
    assert!(
        there.run("doctor", &[], "").stdout.contains("set: versions; Object Lock; public access block; CORS rules: 1")
    );

    let session = store.assume_role();
    let named = TOML.replace("ENDPOINT", &store.get("ENDPOINT").replace("127.0.0.1", "localhost"));
    let named = named.replace("endpoint =", "addressing = \"virtual\"\nendpoint =").replace("BUCKET", &locked);
    let temporary = Presignd::configured(&named)
        .env("AWS_ACCESS_KEY_ID", &session.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", &session.secret_access_key)
        .env("AWS_SESSION_TOKEN", &session.session_token);
    assert_eq!(found(&temporary, 0), set(&ALWAYS), "a session, and the bucket in the host");

    let refused = policy(&locked, r#"{"Bool": {"aws:SecureTransport": "false"}}"#, "s3:PutObject");
    store.prepare(&format!("/{locked}?policy"), &[], &refused);
    assert!(found(&there, 1).contains("error plain-http"));
    assert_eq!(upload(&there), 403, "as the doctor says");
    let young = policy(&locked, r#"{"NumericGreaterThan": {"s3:signatureAge": "600000"}}"#, "s3:*");
    store.prepare(&format!("/{locked}?policy"), &[], &young);
    assert!(found(&there, 1).contains("error signature-age"));
}

fn policy(bucket: &str, condition: &str, action: &str) -> String {
    format!(
        r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Deny", "Principal": "*", "Action": "{action}",
            "Resource": "arn:aws:s3:::{bucket}/*", "Condition": {condition}}}]}}"#
    )
}

/// The status of an upload by a grant that wants nothing.
fn upload(presignd: &Presignd) -> u16 {
    let signed = presignd.run("sign", &["--grant", "free", "PutObject", "media", "free/a"], "");
    let answer: Value = serde_json::from_str(&signed.stdout).unwrap();
    Call::to("PUT", answer["url"].as_str().unwrap()).body("x").send().status
}
