//! `provider = "assume_role"` at the store's own STS: what the role may is what its URLs may.

use serde_json::json;

use crate::store::Store;
use crate::support::presignd::Presignd;
use crate::support::service::Service;
use crate::support::tokens::Issuer;
use crate::support::tokens::claims;
use crate::world::Issued;
use crate::world::SECRET;

const TOML: &str = r#"
[[issuers]]
issuer = "https://app.example.com"
audiences = ["presignd"]
hmac_secret_env = "JWT_SECRET"
[credentials.store]
provider = "environment"
[credentials.role]
provider = "assume_role"
role_arn = "arn:aws:iam:::role/ROLE"
source = "store"
duration = "15m"
[buckets.media]
bucket = "BUCKET"
endpoint = "ENDPOINT"
region = "REGION"
credentials = "role"
[[grants]]
name = "all"
bucket = "media"
prefix = ""
actions = ["read", "write"]
"#;

/// It writes, and no more.
const WRITES: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::*"]}]}"#;

#[test]
fn urls_may_what_the_role_may() {
    let Some(store) = Store::found() else { return };
    let name = "e2e-roles";
    store.make_bucket(name);
    store.assume_new_role(name, WRITES);
    let toml = TOML.replace("ENDPOINT", store.get("ENDPOINT")).replace("REGION", store.get("REGION"));
    let service = Presignd::configured(&toml.replace("ROLE", name).replace("BUCKET", name))
        .env("JWT_SECRET", SECRET)
        .env("AWS_ACCESS_KEY_ID", store.get("ACCESS_KEY"))
        .env("AWS_SECRET_ACCESS_KEY", store.get("SECRET_KEY"))
        .env("AWS_ENDPOINT_URL_STS", store.get("ENDPOINT"))
        .serve();
    let put = issue(&service, "PutObject");
    assert!(put.url().contains("X-Amz-Security-Token="), "{put:?}");
    assert_eq!(put.used("written").status, 200);
    assert_eq!(issue(&service, "GetObject").used("").status, 403, "the source may read, the role may not");
}

/// Asks until the role has been assumed.
#[track_caller]
fn issue(service: &Service, operation: &str) -> Issued {
    let token = Issuer::hmac(SECRET).token(&claims("https://app.example.com", "presignd", "alice", &json!({})));
    let request = json!({"operation": operation, "bucket": "media", "key": "a"});
    crate::support::eventually("the role", || {
        let reply = service.post(&token, "/v1/presign", &request);
        (reply.status == 200).then(|| Issued(reply.json()))
    })
}
