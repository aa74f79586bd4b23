//! Nothing that anyone could use comes out anywhere but in the one answer that it is for.
//!
//! What the processes of every test write is looked through when they end, for what that test and all others keep secret
//! (`support/hidden.rs`). Here they are given all kinds of secrets, and tell as much as they can.

use std::collections::HashSet;

use serde_json::Value;
use serde_json::json;

use crate::support::client::Call;
use crate::support::client::Reply;
use crate::support::hidden;
use crate::support::http2;
use crate::support::http2::Http2;
use crate::support::idp::Idp;
use crate::support::now;
use crate::support::presignd::Presignd;
use crate::support::service::Service;
use crate::support::setting::CORP_SECRET;
use crate::support::setting::ISSUER;
use crate::support::setting::SECRET_ACCESS_KEY;
use crate::support::setting::ask;
use crate::support::setting::credential_file;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::token_with;
use crate::support::setting::with;
use crate::support::tls::Authority;
use crate::support::tls::Client;
use crate::support::tls::TLS;
use crate::support::tokens::Issuer;
use crate::support::tokens::claims;
use crate::verifier::Key;

const SESSION_TOKEN: &str = "FwoGZXIvYXdzEXAMPLE/session+token==";
const AUDIT_KEY: &str = "the-audit-key-of-32-bytes-or-more";
const FILE_SECRET: &str = "FileSecretAccessKeyEXAMPLE+of/a/file";
const FILE_SESSION_TOKEN: &str = "file-session-token-EXAMPLE";

/// 32 bytes in base64.
const CLIENT_KEY: &str = "TWFueSBzZWNyZXQgYnl0ZXMgb2YgYSBjbGllbnQhISE=";

/// What shows presignd to an issuer inside a cluster.
const CLUSTER_TOKEN: &str = "service.account.token.of.the.cluster";

/// An issuer inside a cluster, but for its address.
const PARTNER: &str = r#"
    [[grants]]
    name = "partners"
    issuers = ["partner"]
    bucket = "media"
    prefix = ""
    actions = ["read"]
    [[issuers]]
    name = "partner"
    audiences = ["presignd"]
    jwks_ca_file = "ca.pem"
    jwks_token_file = "token"
    required = true
"#;

/// What a device shows.
const MFA_CODE: &str = "20899872 301749";

const CONFIG: &str = r#"
    [server]
    redirects = true
    [audit]
    path = "audit.jsonl"
    chain_key_env = "AUDIT_KEY"
    [log]
    level = "trace"
    [rate_limits]
    per_subject = { rate = "1/h", burst = 80 }
    [credentials.main]
    provider = "environment"
    [credentials.file]
    provider = "file"
    path = "credentials.json"
    [buckets.media]
    bucket = "acme-media"
    region = "eu-west-1"
    credentials = "main"
    [buckets.other]
    bucket = "acme-other"
    region = "eu-west-1"
    credentials = "file"
    [[grants]]
    name = "media"
    issuers = ["corp"]
    bucket = "media"
    prefix = ""
    actions = ["read", "write", "delete_version"]
    require = { mfa = "never" }
    upload = { sse_c = true }
    [[grants]]
    name = "other"
    issuers = ["corp"]
    bucket = "other"
    prefix = ""
    actions = ["read", "write"]
"#;

fn configured(more: &[&str]) -> Presignd {
    let key = Key { id: "AKIDFILE", secret: FILE_SECRET, session_token: Some(FILE_SESSION_TOKEN) };
    let file = credential_file(key, None);
    setting(&[&[CONFIG, ISSUER], more].concat())
        .env("AWS_SESSION_TOKEN", SESSION_TOKEN)
        .env("AUDIT_KEY", AUDIT_KEY)
        .file("credentials.json", file)
}

/// A service that is asked over TLS.
struct Stage {
    service: Service,
    authority: Authority,
}

impl Stage {
    fn send(&self, call: Call) -> Reply {
        call.over(self.authority.connect(self.service.address, &Client::default()).unwrap()).unwrap()
    }

    fn post(&self, token: &str, path: &str, body: &Value) -> Reply {
        self.send(self.service.call("POST", path).bearer(token).json(body))
    }

    fn get(&self, target: &str, authorization: &str) -> Reply {
        self.send(self.service.call("GET", target).header("authorization", authorization))
    }

    /// A URL over HTTP/2, whose head is compressed.
    fn get_by_http2(&self, token: &str) {
        let client = Client { protocols: &["h2"], ..Client::default() };
        let mut http2 = Http2::hello(self.authority.connect(self.service.address, &client).unwrap(), &[]);
        let authorization = format!("Bearer {token}");
        let fields = [
            (":method", "GET"),
            (":scheme", "https"),
            (":authority", "x"),
            (":path", "/v1/objects/media/a"),
            ("authorization", authorization.as_str()),
        ];
        http2.request(1, http2::END_STREAM, &fields).unwrap();
        http2.wait_for("an answer", |frame| frame.kind == http2::HEADERS);
    }
}

#[test]
fn no_log_audit_line_metric_or_error_carries_a_secret_a_token_or_a_signature() {
    let authority = Authority::new();
    let idp = Idp::https(&authority, "localhost");
    let partner = Issuer::rsa("r1");
    idp.publish("", &[&partner]);
    let issuer = format!("{PARTNER}issuer = \"{}\"\n", idp.url(""));
    let presignd = configured(&[TLS, &issuer]).file("ca.pem", authority.pem()).file("token", CLUSTER_TOKEN);
    hidden::secret("the token of the cluster", CLUSTER_TOKEN);
    let service = authority.identity().beside(presignd).serve();
    let stage = Stage { service, authority };
    stage.service.ready();
    let stranger = Issuer::hmac("a-stranger-with-a-secret-of-32-bytes");
    let good = token();
    let tokens = [
        good.clone(),
        partner.token(&claims(&idp.url(""), "presignd", "42", &json!({}))),
        token_with(&json!({"exp": now() - 600})),
        token_with(&json!({"nbf": now() + 600})),
        token_with(&json!({"aud": "elsewhere-entirely"})),
        stranger.token(&json!({"iss": "https://idp.example/", "aud": "presignd", "exp": now() + 600})),
        token_with(&json!({"iss": "https://nobody.example"})),
        "eyJnYXJiYWdl.eyJvZiI6Im1pbmUi.c2lnbmF0dXJlLW9mLWdhcmJhZ2U".to_owned(),
    ];
    hidden::token(&tokens[7]);
    let mut issued = 0;
    for token in &tokens {
        for body in bodies(&good) {
            issued += usize::from(stage.post(token, "/v1/presign", &body).status == 200);
        }
        let bearer = format!("Bearer {token}");
        stage.get("/v1/grants", &bearer);
        stage.get("/v1/objects/media/a", &bearer);
        stage.get_by_http2(token);
        // Where a token does not belong: it must not be repeated from there either.
        stage.get(&format!("/v1/grants?access_token={token}"), "Basic YTpi");
        stage.get(&format!("/{token}"), &bearer);
        stage.get("/v1/grants", &format!("Basic {token}"));
    }
    assert!(issued >= 8, "{issued}");
    let batch = json!({"requests": vec![ask("GetObject", "media", "a"); 20]});
    assert_eq!(stage.post(&good, "/v1/presign/batch", &batch).status, 200);
    let parts = json!({
        "bucket": "media", "key": "a", "upload_id": "u", "content_length": 1, "part_size": 5 << 20, "parts": [1],
        "include": ["complete"], "server_side_encryption": {"algorithm": "customer", "key": CLIENT_KEY},
    });
    assert_eq!(stage.post(&good, "/v1/uploads/parts", &parts).status, 200);
    assert_eq!(stage.post(&good, "/v1/uploads/parts", &with(parts, &json!({"parts": [2]}))).status, 400);
    let url = stage.post(&good, "/v1/presign", &ask("GetObject", "media", "a")).json()["url"].clone();
    assert_eq!(stage.post(&good, "/v1/diagnose", &json!({"url": url})).status, 200);
    while stage.post(&good, "/v1/presign", &ask("GetObject", "media", "a")).status == 200 {}
    let Stage { mut service, .. } = stage;
    service.presignd.write("credentials.json", format!("{{\"Version\": 1, \"SecretAccessKey\": \"{FILE_SECRET}\""));
    service.presignd.write("presignd.toml", format!("[[issuers]]\nhmac_secret = \"{CORP_SECRET}\"\n"));
    service.logged("the broken credentials", |line| line.to_string().contains("credentials"));
    service.admin("/readyz?verbose");
    service.signal("TERM");
    service.ended();
    let told: HashSet<String> =
        service.log().iter().map(|line| line["target"].as_str().unwrap_or_default().to_owned()).collect();
    for library in LIBRARIES {
        assert!(told.iter().any(|target| target.starts_with(library)), "{library} says nothing; {told:?}");
    }
    assert!(std::fs::read_to_string(service.presignd.path("audit.jsonl")).unwrap().lines().count() >= issued);
}

/// What tells of its own work where the log tells all.
const LIBRARIES: [&str; 4] = ["presignd", "h2", "rustls", "reqwest"];

/// What is asked with each token: most of it has a secret, and some of it is wrong.
fn bodies(good: &str) -> Vec<Value> {
    let encrypted = |key: Value| with(ask("GetObject", "media", "f"), &json!({"server_side_encryption": key}));
    let customer = json!({"server_side_encryption": {"algorithm": "customer", "key": CLIENT_KEY}});
    let delete = |bucket: &str, more: Value| with(ask("DeleteObject", bucket, "i"), &more);
    vec![
        encrypted(json!({"algorithm": "customer", "key": CLIENT_KEY})),
        encrypted(json!({"algorithm": "AES256", "key": CLIENT_KEY})),
        encrypted(json!({"algorithm": "customer", "key": CLIENT_KEY, "keys": [CLIENT_KEY]})),
        encrypted(json!({"algorithm": "customer", "key": format!("{CLIENT_KEY}=")})),
        with(ask("PutObject", "media", "g"), &customer),
        with(ask("PostObject", "media", "h"), &customer),
        delete("media", json!({"version_id": "v", "mfa": MFA_CODE})),
        delete("media", json!({"mfa": MFA_CODE})),
        delete("other", json!({"version_id": "v", "mfa": MFA_CODE})),
        delete("media", json!({"version_id": "v", "mfa": format!("{MFA_CODE} ")})),
        ask("GetObject", "media", "a"),
        ask("PutObject", "other", "b"),
        ask("GetObject", "nowhere", "c"),
        with(ask("GetObject", "media", "d"), &json!({"expires_in": 1_000_000})),
        with(ask("GetObject", "media", "e"), &json!({"stable": true})),
        json!({"operation": "GetObject", "token": good, "key": SECRET_ACCESS_KEY}),
    ]
}

#[test]
fn no_command_prints_a_secret() {
    let presignd = configured(&[]);
    let caller = token();
    let get = ["GetObject", "media", "a"];
    let encrypted = |key: &str| json!({"server_side_encryption": {"algorithm": "customer", "key": key}});
    let with_key = with(ask("PutObject", "media", "a"), &encrypted(CLIENT_KEY)).to_string();
    let wrong_key = with(ask("PutObject", "media", "a"), &encrypted(&format!("{CLIENT_KEY}="))).to_string();
    for (name, arguments, stdin) in [
        ("check", vec![], ""),
        ("explain", [&["--token-file", "-"][..], &get].concat(), caller.as_str()),
        ("explain", [&["--json", "--token-file", "-"][..], &get].concat(), caller.as_str()),
        ("explain", [&["--token-file", "-"][..], &get].concat(), &caller[..caller.len() - 5]),
        ("explain", [&["--claims", "{\"sub\":\"42\"}"][..], &get].concat(), ""),
        ("explain", vec!["--claims", "{}", "--request", &with_key], ""),
        ("explain", vec!["--claims", "{}", "--json", "--request", &with_key], ""),
        ("explain", vec!["--claims", "{}", "--request", &wrong_key], ""),
    ] {
        let output = presignd.run(name, &arguments, stdin);
        assert!(!(output.stdout + &output.stderr).is_empty(), "{name} {arguments:?}");
    }
    let output = presignd.run("sign", &[&["--grant", "media"][..], &get].concat(), "");
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(output.stdout.contains("X-Amz-Signature="), "what it was asked for");
    for secret in [CORP_SECRET, SECRET_ACCESS_KEY, FILE_SECRET, AUDIT_KEY] {
        assert!(!output.stdout.contains(secret), "{secret}");
    }
}
