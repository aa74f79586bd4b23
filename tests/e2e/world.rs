//! presignd before the store: one bucket, one grant, one caller.

use std::process::Command;

use serde_json::Value;
use serde_json::json;

use crate::store::Session;
use crate::store::Store;
use crate::support::bound;
use crate::support::client::Call;
use crate::support::client::Reply;
use crate::support::now;
use crate::support::presignd::Presignd;
use crate::support::service::Service;
use crate::support::tokens::Issuer;
use crate::support::tokens::claims;
use crate::verifier;
use crate::verifier::Fault;

/// A running service with the aliases `media` (path style), `virtual` (the bucket in the host), `session` (temporary
/// credentials), `once` (write-once), `small` (objects of 8 MiB at most), `bound` (both, and of one type), `forms` (small
/// images and texts), `versions` (and what is not the latest) and `locks` (and what GOVERNANCE locks), all of one bucket of
/// the test's own.
pub struct World {
    pub store: Store,
    service: Service,
    session: Session,
    token: String,
}

/// What the issuer signs tokens with.
pub const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// Where forms may send a browser.
pub const REDIRECT: &str = "https://app.example/done?x=1";

/// An answer with a URL.
#[derive(Debug, Clone)]
pub struct Issued(pub Value);

impl World {
    /// Built for one test; `None` where there is no store.
    pub fn built(bucket: &str) -> Option<Self> {
        let store = Store::found()?;
        store.make_bucket(bucket);
        let session = store.assume_role();
        let service = Presignd::configured(&configuration(&store, bucket))
            .file("session.json", session.file().to_string())
            .env("JWT_SECRET", SECRET)
            .env("AWS_ACCESS_KEY_ID", store.get("ACCESS_KEY"))
            .env("AWS_SECRET_ACCESS_KEY", store.get("SECRET_KEY"))
            .serve();
        let token = Issuer::hmac(SECRET).token(&claims("https://app.example.com", "presignd", "alice", &json!({})));
        Some(Self { store, service, session, token })
    }

    /// What the README's clients read from the environment: where the service is, and Alice's token.
    pub fn environment(&self) -> [(&'static str, String); 2] {
        [("PRESIGND", format!("http://{}", self.service.address)), ("TOKEN", self.token.clone())]
    }

    /// Asks for a URL; the members of `more` are added to operation, bucket and key.
    #[track_caller]
    pub fn issue(&self, operation: &str, alias: &str, key: &str, more: &Value) -> Issued {
        let reply = self.presign(operation, alias, key, more);
        assert_eq!(reply.status, 200, "{operation} {key} {more}: {}", reply.text());
        Issued(reply.json())
    }

    /// Asks for a URL, whatever comes of it.
    pub fn presign(&self, operation: &str, alias: &str, key: &str, more: &Value) -> Reply {
        self.post("/v1/presign", &request(operation, alias, key, more))
    }

    /// Asks another route for a key of Alice's; the members of `more` are added to bucket and key.
    #[track_caller]
    pub fn ask(&self, path: &str, alias: &str, key: &str, more: &Value) -> Value {
        let reply = self.asked(path, alias, key, more);
        assert_eq!(reply.status, 200, "{path} {more}: {}", reply.text());
        reply.json()
    }

    /// The same, whatever comes of it.
    pub fn asked(&self, path: &str, alias: &str, key: &str, more: &Value) -> Reply {
        let mut body = request("", alias, key, more);
        body.as_object_mut().unwrap().remove("operation");
        self.post(path, &body)
    }

    /// The service's answer to Alice.
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.service.post(&self.token, path, body)
    }

    /// Runs the command that `presignd sign --curl` prints, with `body` as its file, and gives what it prints.
    #[track_caller]
    pub fn curl(&self, operation: &str, key: &str, more: &Value, body: &str) -> String {
        let request = format!("{}\n", request(operation, "media", key, more));
        let presignd = &self.service.presignd;
        let arguments = ["--grant", "media", "--claims", r#"{"sub":"alice"}"#, "--curl", "--requests", "-"];
        let printed = presignd.run("sign", &arguments, &request);
        assert_eq!(printed.code, 0, "{printed:?}");
        presignd.write("FILE", body);
        let ran = Command::new("sh")
            .args(["-c", &format!("{} --silent --show-error --fail-with-body", printed.stdout.trim())])
            .current_dir(presignd.path(""))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert!(ran.status.success(), "{}: {text} {}", printed.stdout, String::from_utf8_lossy(&ran.stderr));
        text
    }

    /// What an operator signs for Alice under the grant that is named as the bucket is, as of an instant.
    #[track_caller]
    pub fn signed(&self, body: &Value, at: &str) -> Value {
        let arguments = [
            "--grant",
            body["bucket"].as_str().unwrap(),
            "--claims",
            r#"{"sub":"alice"}"#,
            "--at",
            at,
            "--requests",
            "-",
        ];
        let output = self.service.presignd.run("sign", &arguments, &format!("{body}\n"));
        serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    }

    /// What a server would answer Alice that has keys of today in place of the secret.
    #[track_caller]
    pub fn signed_by_keys(&self, operation: &str, key: &str) -> Issued {
        let presignd = &self.service.presignd;
        let derived = presignd.run("derive-keys", &["--credentials", "main", "--days", "2"], "");
        assert_eq!(derived.code, 0, "{derived:?}");
        presignd.write("keys.json", derived.stdout);
        let by_secret = std::fs::read_to_string(presignd.path("presignd.toml")).unwrap();
        let by_keys = "provider = \"signing_key\"\npath = \"keys.json\"";
        presignd.write("by-keys.toml", by_secret.replace("provider = \"environment\"", by_keys));
        let claims = r#"{"sub":"alice"}"#;
        let request = format!("{}\n", request(operation, "media", key, &json!({})));
        let arguments = ["--grant", "media", "--claims", claims, "--requests", "-"];
        let output = presignd.run_with("by-keys.toml", "sign", &arguments, &request);
        assert_eq!(output.code, 0, "{output:?}");
        Issued(serde_json::from_str(&output.stdout).unwrap())
    }

    /// Stores an object, as told.
    #[track_caller]
    pub fn put(&self, alias: &str, key: &str, body: &str) {
        let reply = self.issue("PutObject", alias, key, &json!({})).used(body);
        assert_eq!(reply.status, 200, "{key}: {}", reply.text());
    }

    /// Fetches an object, as told.
    #[track_caller]
    pub fn get(&self, alias: &str, key: &str) -> Reply {
        self.issue("GetObject", alias, key, &json!({})).used("")
    }

    /// What the judge says of the request that the answer describes, with these headers besides, in that scope.
    pub fn judge(&self, issued: &Issued, more: &[(&str, &str)], region: &str, service: &str) -> Result<(), Fault> {
        let headers = issued.headers();
        let mut headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        headers.extend(more);
        let (method, url) = (issued.method(), issued.url());
        self.judge_sent(verifier::Sent { method: &method, url: &url, headers: &headers }, region, service)
    }

    /// What the judge says of any request.
    pub fn judge_sent(&self, sent: verifier::Sent<'_>, region: &str, service: &str) -> Result<(), Fault> {
        let keys = [
            verifier::Key {
                id: self.store.get("ACCESS_KEY"),
                secret: self.store.get("SECRET_KEY"),
                session_token: None,
            },
            verifier::Key {
                id: &self.session.access_key_id,
                secret: &self.session.secret_access_key,
                session_token: Some(&self.session.session_token),
            },
        ];
        verifier::verify(sent, verifier::World { keys: &keys, region, service, now: now() })
    }
}

impl Issued {
    pub fn method(&self) -> String {
        self.0["method"].as_str().unwrap().to_owned()
    }

    pub fn url(&self) -> String {
        self.0["url"].as_str().unwrap().to_owned()
    }

    /// What the client has to send.
    pub fn headers(&self) -> Vec<(String, String)> {
        let headers = self.0["headers"].as_object().unwrap().iter();
        headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
    }

    /// The request that the answer describes, in the making.
    pub fn call(&self, body: &str) -> Call {
        call(&self.method(), &self.url(), &self.headers(), body)
    }

    /// Used as the answer says.
    #[track_caller]
    pub fn used(&self, body: &str) -> Reply {
        self.call(body).send()
    }
}

/// Any request, in the making.
pub fn call(method: &str, url: &str, headers: &[(String, String)], body: &str) -> Call {
    let call = headers.iter().fold(Call::to(method, url), |call, (name, value)| call.header(name, value));
    if body.is_empty() { call } else { call.body(body) }
}

/// A body of `/v1/presign`, for a key of Alice's.
fn request(operation: &str, alias: &str, key: &str, more: &Value) -> Value {
    let place = if operation == "ListObjectsV2" { "prefix" } else { "key" };
    let place = if more.get("key_prefix").is_some() { "key_prefix" } else { place };
    let mut request = json!({"operation": operation, "bucket": alias, place: format!("alice/{key}")});
    let members = more.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone()));
    request.as_object_mut().unwrap().extend(members);
    request
}

fn configuration(store: &Store, bucket: &str) -> String {
    let endpoint = store.get("ENDPOINT");
    let named = endpoint.replace("127.0.0.1", "localhost");
    let (region, key) = (store.get("REGION"), store.get("KMS_KEY"));
    let mut toml = format!(
        r#"
[[issuers]]
issuer = "https://app.example.com"
audiences = ["presignd"]
hmac_secret_env = "JWT_SECRET"

[credentials.main]
provider = "environment"
[credentials.session]
provider = "file"
path = "session.json"

[buckets]
bound = {{ bucket = "{bucket}", region = "{region}", credentials = "main", endpoint = "{endpoint}" }}
forms = {{ bucket = "{bucket}", region = "{region}", credentials = "main", endpoint = "{endpoint}" }}
media = {{ bucket = "{bucket}", region = "{region}", credentials = "main", endpoint = "{endpoint}" }}
plain = {{ bucket = "{bucket}", region = "{region}", credentials = "main", endpoint = "{endpoint}" }}
elsewhere = {{ bucket = "{bucket}", region = "eu-west-1", credentials = "main", endpoint = "{endpoint}" }}
encrypted = {{ bucket = "{bucket}", region = "{region}", credentials = "main", endpoint = "{endpoint}" }}
kms = {{ bucket = "{bucket}", region = "{region}", credentials = "main", endpoint = "{endpoint}" }}
locks = {{ bucket = "{bucket}", region = "{region}", credentials = "main", endpoint = "{endpoint}" }}
once = {{ bucket = "{bucket}", region = "{region}", credentials = "main", endpoint = "{endpoint}" }}
small = {{ bucket = "{bucket}", region = "{region}", credentials = "main", endpoint = "{endpoint}" }}
session = {{ bucket = "{bucket}", region = "{region}", credentials = "session", endpoint = "{endpoint}" }}
versions = {{ bucket = "{bucket}", region = "{region}", credentials = "main", endpoint = "{endpoint}" }}
sealed = {{ bucket = "{bucket}", region = "{region}", credentials = "main", endpoint = "{endpoint}" }}
defaults = {{ bucket = "{bucket}", region = "{region}", credentials = "main", endpoint = "{endpoint}", default_encryption = {{ algorithm = "aws:kms", kms_key_id = "{key}" }} }}
worm = {{ bucket = "{bucket}", region = "{region}", credentials = "main", endpoint = "{endpoint}" }}
virtual = {{ bucket = "{bucket}", region = "{region}", credentials = "main", endpoint = "{named}", addressing = "virtual" }}
"#
    );
    for alias in ["media", "plain", "elsewhere", "once", "session", "small", "virtual"] {
        toml.push_str(&format!(
            r#"
[[grants]]
name = "{alias}"
bucket = "{alias}"
prefix = "{{sub}}/"
actions = ["read", "write", "delete", "list"]
[grants.upload]
tags = ["case"]
write_once = {}
{}
[grants.download]
overrides = ["content_type", "content_disposition", "content_language", "content_encoding", "cache_control", "expires"]
"#,
            alias == "once",
            if alias == "small" { "max_size = \"8MiB\"" } else { "" },
        ));
    }
    let kms = format!(r#"server_side_encryption = {{ algorithm = "aws:kms", kms_key_id = "{key}" }}"#);
    let worm = r#"object_lock = { mode = "GOVERNANCE", min_retention = "1d", legal_hold = "required" }"#;
    let types =
        r#"max_size = "1KiB", content_types = ["image/png", "text/*"], tags = ["case"], post_type_prefix = true"#;
    let forms = format!(
        r#"{types}, kms_key_ids = ["{key}"], sse_c = true, post_key_prefix = true, post_redirects = ["{REDIRECT}"]"#
    );
    for (alias, upload) in [
        ("bound", bound::UPLOAD.to_owned()),
        ("forms", forms),
        ("defaults", String::new()),
        ("encrypted", format!("kms_key_ids = [\"{key}\"], sse_c = true")),
        ("kms", kms),
        ("sealed", r#"client_side_encryption = "required""#.to_owned()),
        ("worm", worm.to_owned()),
    ] {
        toml.push_str(&format!(
            "[[grants]]\nname = \"{alias}\"\nbucket = \"{alias}\"\nprefix = \"{{sub}}/\"\nactions = [\"read\", \"write\"]\n\
             upload = {{ {upload} }}\n"
        ));
    }
    for (alias, more) in [("versions", ""), ("locks", ", \"bypass_governance\"")] {
        toml.push_str(&format!(
            r#"
[[grants]]
name = "{alias}"
bucket = "{alias}"
prefix = "{{sub}}/"
actions = ["read", "read_version", "write", "delete", "delete_version", "restore"{more}]
require = {{ mfa = "never" }}
"#
        ));
    }
    toml
}
