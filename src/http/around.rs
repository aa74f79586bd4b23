//! What happens around every request: its name, its time, its place among others, and its end in headers, log and
//! metrics.

use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use axum::body::Body;
use axum::extract::MatchedPath;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::Method;
use axum::http::Response;
use axum::http::header;
use axum::middleware::Next;
use axum::response::IntoResponse;
use prometheus::IntGauge;
use tokio::time::timeout;

use crate::http::admission;
use crate::http::app::App;
use crate::http::context::Context;
use crate::http::cors;
use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::http::objects;
use crate::http::problem;
use crate::http::request_id::X_REQUEST_ID;
use crate::http::resource;
use crate::http::server::IllFormed;

/// Passes a request on, and sees its answer off.
pub async fn around(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response<Body> {
    let began = Instant::now();
    let context = Arc::new(Context::of(&app, &request));
    app.refusal_log.tell_of_disbelief(&context);
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().and_then(|matched| route(matched, &context));
    let (method, origin) = (method_label(request.method()), context.snapshot.cors.allowed(request.headers()));
    let place = Place::taken(&app.metrics.requests_in_flight);
    let ill_formed = request.extensions_mut().remove::<IllFormed>();
    let mut response = match (ill_formed, place.is_within(context.snapshot.settings.server.max_in_flight)) {
        (Some(IllFormed(error)), _) => error.into_response(),
        (None, _) if cors::is_preflight(&request) => cors::preflight(origin.as_ref()),
        (None, true) if matched.is_some() && route.is_none() => ApiError::of(Code::NotFound).into_response(),
        (None, true) => {
            request.extensions_mut().insert(context.clone());
            let answer = answer(&context, next.run(request)).await;
            admission::settle(&context, answer).await
        }
        (None, false) => ApiError::of(Code::Overloaded).into_response(),
    };
    finish(&app, &context, &mut response);
    context.mark(response.headers_mut());
    context.snapshot.cors.mark(response.headers_mut(), origin);
    let (request_id, status, took) = (context.request_id.as_str(), response.status().as_u16(), began.elapsed());
    let route = route.unwrap_or(UNMATCHED);
    tracing::debug!(request_id, method, route, status, ?took, "answered");
    app.metrics.http_requests.with_label_values(&[route, method, response.status().as_str()]).inc();
    app.metrics.http_request_duration.with_label_values(&[route]).observe(took.as_secs_f64());
    response
}

/// The same for those who run the service: nothing is counted or bounded that callers do.
pub async fn around_admin(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response<Body> {
    let context = Context::of(&app, &request);
    let mut response = match request.extensions_mut().remove::<IllFormed>() {
        Some(IllFormed(error)) => error.into_response(),
        None => answer(&context, next.run(request)).await,
    };
    finish(&app, &context, &mut response);
    response
}

/// What every answer has; a refusal's document, its place in the log and in the metrics.
fn finish(app: &App, context: &Context, response: &mut Response<Body>) {
    if let Some(error) = problem::write_problem(response, context.request_id.as_str()) {
        app.metrics.refusals.with_label_values(&[error.code.as_str()]).inc();
        app.refusal_log.tell(&error, context);
    }
    let headers = response.headers_mut();
    resource::mark(headers, &context.snapshot.settings);
    headers.insert(X_REQUEST_ID, context.request_id.header());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// Ends in time, and in an answer also where a handler panics.
async fn answer(context: &Context, run: impl Future<Output = Response<Body>>) -> Response<Body> {
    match timeout(context.snapshot.settings.server.request_timeout, guarded(run)).await {
        Ok(response) => response,
        Err(_) => ApiError::of(Code::RequestTimeout).into_response(),
    }
}

async fn guarded(run: impl Future<Output = Response<Body>>) -> Response<Body> {
    let mut run = pin!(run);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| run.as_mut().poll(cx))) {
        Ok(progress) => progress,
        Err(_) => Poll::Ready(ApiError::internal("a panic, whose place is in the log").into_response()),
    })
    .await
}

/// A place among the requests in flight.
struct Place<'a>(&'a IntGauge);

impl<'a> Place<'a> {
    fn taken(in_flight: &'a IntGauge) -> Self {
        in_flight.inc();
        Self(in_flight)
    }

    fn is_within(&self, most: usize) -> bool {
        usize::try_from(self.0.get()).is_ok_and(|in_flight| in_flight <= most)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The route as metrics name it; `None` for one that the configuration has switched off: it is as if it were not there.
fn route<'a>(matched: &'a MatchedPath, context: &Context) -> Option<&'a str> {
    match matched.as_str() {
        path if objects::PATHS.contains(&path) => context.snapshot.settings.server.redirects.then_some(objects::ROUTE),
        path => Some(path),
    }
}

/// The label of requests for which there is no route.
const UNMATCHED: &str = "unmatched";

/// A closed set: a caller's own word would make a series of its own.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::DELETE => "DELETE",
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        Method::POST => "POST",
        Method::PUT => "PUT",
        _ => "OTHER",
    }
}
