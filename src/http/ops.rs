//! `/livez`, `/readyz`, `/metrics`: for those who run the service, on a listener of their own.

use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use axum::body::Body;
use axum::extract::RawQuery;
use axum::extract::State;
use axum::http::Response;
use axum::response::IntoResponse;
use serde::Serialize;

use crate::domain::name::Name;
use crate::http::app::App;
use crate::http::app::Snapshot;
use crate::http::error;
use crate::http::error::ApiError;
use crate::http::reply::Json;
use crate::http::reply::Text;

/// Answers as long as the process can.
pub async fn livez() -> Text {
    Text { media_type: TEXT, bytes: "ok\n".into() }
}

/// Whether URLs can be issued; with `?verbose` each check by its name.
pub async fn readyz(State(app): State<Arc<App>>, RawQuery(query): RawQuery) -> Response<Body> {
    let readiness = Readiness::of(&app);
    let is_verbose = query.is_some_and(|query| query.split('&').any(|name| name.trim_end_matches('=') == "verbose"));
    let (word, ready) = (if readiness.ready { "ready\n" } else { "not ready\n" }, readiness.ready);
    let mut response = match is_verbose {
        true => Json(readiness).into_response(),
        false => Text { media_type: TEXT, bytes: word.into() }.into_response(),
    };
    if !ready {
        error::unavailable(&mut response);
    }
    response
}

/// The metrics, for Prometheus.
pub async fn metrics(State(app): State<Arc<App>>) -> Result<Text, ApiError> {
    let text = app.metrics.text().map_err(ApiError::internal)?;
    Ok(Text { media_type: PROMETHEUS, bytes: text.into() })
}

const TEXT: &str = "text/plain; charset=utf-8";

/// <https://prometheus.io/docs/instrumenting/exposition_formats/>
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    checks: Vec<Check>,
}

#[derive(Serialize)]
struct Check {
    name: &'static str,
    ok: bool,
    detail: String,
}

impl Readiness {
    fn of(app: &App) -> Self {
        let snapshot = app.snapshot();
        let audit = &snapshot.settings.audit;
        let checks = vec![
            Check::of("configuration", true, "in force"),
            Check::of("running", !app.is_draining(), if app.is_draining() { "draining" } else { "not draining" }),
            issuers(&snapshot),
            credentials(&snapshot, app.now()),
            match (app.audit.writable(), audit.required) {
                (true, _) => Check::of("audit", true, "can be written"),
                (false, true) => Check::of("audit", false, "cannot be written"),
                (false, false) => Check::of("audit", true, "cannot be written, and need not be"),
            },
        ];
        Self { ready: checks.iter().all(|check| check.ok), checks }
    }
}

impl Check {
    fn of(name: &'static str, ok: bool, detail: impl Into<String>) -> Self {
        Self { name, ok, detail: detail.into() }
    }
}

/// Every required issuer, and at least one, has keys.
fn issuers(snapshot: &Snapshot) -> Check {
    let issuers = snapshot.tokens.issuers();
    let all_required = issuers.iter().all(|issuer| issuer.has_keys || !issuer.required);
    let ok = all_required && issuers.iter().any(|issuer| issuer.has_keys);
    let lacking = issuers.iter().filter(|issuer| !issuer.has_keys).map(|issuer| &issuer.name);
    Check::of("issuers", ok, listed("all have keys", "without keys", lacking))
}

/// At least one of the credentials can sign for a while, and for a bucket if there are any that it is to sign for.
fn credentials(snapshot: &Snapshot, now: SystemTime) -> Check {
    let held = snapshot.credentials.snapshot();
    let lasts = |end: SystemTime| end.duration_since(now).is_ok_and(|left| left >= LEAST_LEFT);
    let policy = &snapshot.settings.policy;
    let signs_somewhere = |name: &Name| {
        let mut signed = policy.buckets().iter().filter(|bucket| policy.signers(bucket).contains(&name)).peekable();
        signed.peek().is_none() || signed.any(|bucket| held.signer(name, &bucket.target, now).is_some())
    };
    let usable = |name: &Name| {
        let window = held.windows().0.get(name);
        window.is_some_and(|window| window.signs_until(now).is_none_or(lasts)) && signs_somewhere(name)
    };
    let names = || snapshot.settings.credentials.iter().map(|(name, _)| name);
    let lacking = names().filter(|name| !usable(name));
    Check::of("credentials", names().any(usable), listed("all can sign", "cannot sign", lacking))
}

/// Less makes no URL that is worth having.
const LEAST_LEFT: Duration = Duration::from_secs(30);

fn listed<'a>(if_none: &str, what: &str, names: impl Iterator<Item = &'a Name>) -> String {
    let names: Vec<_> = names.map(Name::as_str).collect();
    match names.is_empty() {
        true => if_none.to_owned(),
        false => format!("{what}: {}", names.join(", ")),
    }
}
