//! The whole router, without a socket.

mod client_keys;
mod edges;
mod grants;
mod issuing;
mod objects;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::Value;
use serde_json::json;
use tower::ServiceExt;

use crate::adapters::audit::Audit;
use crate::adapters::clock::Clock;
use crate::adapters::config;
use crate::adapters::config::Environment;
use crate::adapters::telemetry::Metrics;
use crate::http::app::App;
use crate::http::app::Snapshot;
use crate::http::server::Peer;

/// A service on a clock that stands still, with an audit log in a folder of its own.
struct House {
    app: Arc<App>,
    folder: tempfile::TempDir,
}

/// An answer, read to its end.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// What the service's clock says: 2026-11-24, 08:00 UTC.
const NOW: u64 = 1_795_507_200;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// One issuer, one bucket, and `own-folder`; `more` stands before them.
async fn house(more: &str) -> House {
    house_of(&format!(
        r#"{more}
        [[issuers]]
        name = "corp"
        issuer = "https://idp.example.com/"
        audiences = ["presignd"]
        hmac_secret_env = "JWT_SECRET"
        [buckets.media]
        bucket = "acme-media"
        region = "eu-west-1"
        [[grants]]
        name = "own-folder"
        bucket = "media"
        prefix = "users/{{sub}}/"
        actions = ["read", "write"]
        max_expires = "30m"
        "#
    ))
    .await
}

async fn house_of(configuration: &str) -> House {
    let folder = tempfile::tempdir().unwrap();
    let audit = format!("\n[audit]\npath = \"{}\"\n", folder.path().join("audit.jsonl").display());
    let environment = Environment::default().with("JWT_SECRET", SECRET);
    let configuration =
        if configuration.contains("[audit]") { configuration.to_owned() } else { configuration.to_owned() + &audit };
    let loaded = config::parse(configuration.as_bytes(), Path::new("presignd.toml"), &environment);
    let mut settings = loaded.unwrap_or_else(|wrong| panic!("{wrong:#?}")).settings;
    for (_, source) in &mut settings.credentials {
        *source = config::CredentialsProvider::Local(config::CredentialsSource::Given {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned().into(),
        });
    }
    let (clock, metrics) = (Clock::told_by(now), Metrics::new().unwrap());
    let audit = Audit::open(&settings.audit, clock.clone(), metrics.clone()).await.unwrap();
    let snapshot = Snapshot::start(settings, &clock, &metrics);
    House { app: Arc::new(App::new(snapshot, audit, clock, metrics)), folder }
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
}

/// A token of the issuer `corp`, with these claims besides.
fn token(claims: Value) -> String {
    let mut all = json!({
        "iss": "https://idp.example.com/", "aud": "presignd", "sub": "42", "exp": NOW + 600, "iat": NOW, "jti": "t-1",
    });
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256), &all, &key).unwrap()
}

/// A request for an upload into one's own folder.
fn upload() -> Value {
    json!({"operation": "PutObject", "bucket": "media", "key": "users/42/a.png"})
}

fn post(path: &str, body: &Value) -> Request<Body> {
    Request::post(path)
        .header("authorization", format!("Bearer {}", token(json!({}))))
        .header("content-type", "application/json")
        .body(body.to_string().into())
        .unwrap()
}

fn get(path: &str) -> Request<Body> {
    let authorization = format!("Bearer {}", token(json!({})));
    Request::get(path).header("authorization", authorization).body(Body::empty()).unwrap()
}

impl House {
    async fn ask(&self, request: Request<Body>) -> Answer {
        self.ask_from("192.0.2.1:4711", request).await
    }

    async fn ask_from(&self, peer: &str, request: Request<Body>) -> Answer {
        self.ask_as(Peer { address: peer.parse().unwrap(), over_tls: false }, request).await
    }

    async fn ask_as(&self, peer: Peer, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(peer);
        read(crate::http::service(&self.app, None).oneshot(request).await.unwrap()).await
    }

    async fn ask_admin(&self, path: &str) -> Answer {
        let request = Request::get(path).body(Body::empty()).unwrap();
        read(crate::http::admin(&self.app).oneshot(request).await.unwrap()).await
    }

    fn audit(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.path().join("audit.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    async fn metric(&self, line: &str) -> bool {
        let text = String::from_utf8(self.ask_admin("/metrics").await.body).unwrap();
        text.lines().any(|found| found == line)
    }
}

async fn read(response: axum::response::Response) -> Answer {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {:?}", String::from_utf8_lossy(&self.body)))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status and code of a problem.
    fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let json = self.json();
        assert_eq!(json["status"], self.status, "{json}");
        assert_eq!(json["request_id"], self.header("x-request-id"), "{json}");
        (self.status, json["code"].as_str().unwrap().to_owned())
    }
}
