//! The page of `presignd dev`: a person uploads, lists, looks at, downloads and deletes, and sees what was asked and
//! what was answered. Plain files, embedded; nothing is fetched but from this machine.

mod assets;
mod explain;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::OnceLock;

use axum::Router;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header;
use axum::middleware;
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::get;
use axum::routing::post;
use serde_json::Value;
use serde_json::json;

use super::issuer;
use super::own_host;
use super::own_host::OwnHost;
use crate::adapters::config::Settings;
use crate::http::reply::Json;

/// What the page is told of the world around it.
pub struct Page {
    store: SocketAddr,
    /// The aliases of the buckets that are in the store.
    buckets: Vec<String>,
}

impl Page {
    /// For a configuration and the store beside it.
    pub fn of(settings: &Settings, store: SocketAddr) -> Self {
        let authority = store.to_string();
        let here = settings.policy.buckets().iter().filter(|bucket| bucket.target.authority == authority);
        Self { store, buckets: here.map(|bucket| bucket.alias.to_string()).collect() }
    }

    /// The page at `/`, to its own host alone.
    pub fn router(self, own: Arc<OnceLock<OwnHost>>) -> Router {
        let policy = HeaderValue::try_from(content_security_policy(self.store));
        let policy = policy.unwrap_or(HeaderValue::from_static("default-src 'none'"));
        assets::router()
            .route("/dev/page.json", get(around))
            .route("/dev/explain", post(explain::explain))
            .with_state(Arc::new(self))
            .layer(middleware::from_fn_with_state(policy, restrained))
            .layer(middleware::from_fn_with_state(own, own_host::only))
    }
}

/// Files of the page's own, and requests to the service and the store: nothing else, from nowhere else.
/// <https://www.w3.org/TR/CSP3/>
fn content_security_policy(store: SocketAddr) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' http://{store}; \
         connect-src 'self' http://{store}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

async fn restrained(State(policy): State<HeaderValue>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// Who may be played, and where the objects are.
async fn around(State(page): State<Arc<Page>>) -> Json<Value> {
    let callers =
        issuer::CALLERS.map(|ready| json!({ "name": ready.name, "about": ready.about, "claims": ready.claims() }));
    Json(json!({ "callers": callers, "buckets": page.buckets, "store": format!("http://{}", page.store) }))
}
