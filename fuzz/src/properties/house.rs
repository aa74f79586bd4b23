//! The service without a socket, on a clock that stands still.

use std::path::Path;
use std::sync::Arc;
use std::sync::LazyLock;
use std::time::Duration;
use std::time::SystemTime;

use axum::Router;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::Request;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use presignd::adapters::audit::Audit;
use presignd::adapters::clock::Clock;
use presignd::adapters::config;
use presignd::adapters::config::CredentialsProvider;
use presignd::adapters::config::CredentialsSource;
use presignd::adapters::config::Environment;
use presignd::adapters::telemetry::Metrics;
use presignd::http;
use presignd::http::app::App;
use presignd::http::app::Snapshot;
use presignd::http::error::Code;
use serde_json::Value;
use serde_json::json;
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::verifier::hmac;

/// What it is configured by.
pub const CONFIGURATION: &str = include_str!("house.toml");

/// Its clock, in seconds since 1970: 2026-11-24, 08:00 UTC.
pub const NOW: u64 = 1_795_507_200;

/// Of the issuer `corp`.
pub const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub const ACCESS_KEY_ID: &str = "AKIDEXAMPLE";
pub const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// The one that all targets ask.
pub static HOUSE: LazyLock<House> = LazyLock::new(House::open);

/// A running service.
pub struct House {
    runtime: Runtime,
    router: Router,
}

/// What it answered.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    body: Vec<u8>,
}

impl House {
    fn open() -> Self {
        let environment = Environment::default().with("JWT_SECRET", SECRET);
        let loaded = config::parse(CONFIGURATION.as_bytes(), Path::new("house.toml"), &environment);
        let mut settings = loaded.unwrap_or_else(|wrong| panic!("{wrong:#?}")).settings;
        for (_, provider) in &mut settings.credentials {
            *provider = CredentialsProvider::Local(CredentialsSource::Given {
                access_key_id: ACCESS_KEY_ID.to_owned(),
                secret_access_key: SECRET_ACCESS_KEY.to_owned().into(),
            });
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let router = runtime.block_on(async {
            let (clock, metrics) = (Clock::told_by(now), Metrics::new().unwrap());
            let audit = Audit::open(&settings.audit, clock.clone(), metrics.clone()).await.unwrap();
            let snapshot = Snapshot::start(settings, &clock, &metrics);
            http::service(&Arc::new(App::new(snapshot, audit, clock, metrics)), None)
        });
        Self { runtime, router }
    }

    /// A request's answer.
    pub fn ask(&self, request: Request<Body>) -> Answer {
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
            Answer { status: parts.status.as_u16(), headers: parts.headers, body }
        })
    }

    /// The answer to a body of `/v1/presign`, asked by the subject `42`.
    pub fn presign(&self, body: impl Into<Body>) -> Answer {
        let request = Request::post("/v1/presign").header("content-type", "application/json");
        self.ask(request.header("authorization", format!("Bearer {}", *TOKEN)).body(body.into()).unwrap())
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("an answer is JSON")
    }

    /// Fails unless it is a problem of a known code, none of the service's own.
    pub fn refuses(&self) {
        let problem = self.json();
        let code = Code::ALL.into_iter().find(|code| problem["code"] == code.as_str());
        let code = code.unwrap_or_else(|| panic!("{problem:#}"));
        assert!(
            !code.is_ours() && self.status == code.status().as_u16() && problem["status"] == self.status,
            "{problem:#}"
        );
        assert_eq!(self.headers["content-type"], "application/problem+json", "{problem:#}");
        assert_eq!(problem["request_id"].as_str(), self.headers["x-request-id"].to_str().ok(), "{problem:#}");
        let errors = problem["errors"].as_array().into_iter().flatten();
        errors
            .for_each(|error| assert!(error["pointer"].as_str().is_some_and(|at| at.starts_with('#')), "{problem:#}"));
    }
}

pub fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
}

/// A token of `corp` for the subject `42`.
pub static TOKEN: LazyLock<String> = LazyLock::new(|| {
    let claims = json!({"iss": "https://idp.example/", "aud": "presignd", "sub": "42", "exp": NOW + 600});
    signed(r#"{"alg":"HS256","typ":"JWT"}"#, &claims.to_string())
});

/// A token of these two texts, with the signature of `corp`.
pub fn signed(header: &str, claims: &str) -> String {
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let text = format!("{}.{}", encode(header.as_bytes()), encode(claims.as_bytes()));
    let signature = encode(&hmac(SECRET.as_bytes(), &text));
    format!("{text}.{signature}")
}
