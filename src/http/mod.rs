//! What a caller sends and gets.

pub mod admission;
pub mod app;
mod around;
mod challenge;
pub mod client_address;
pub mod context;
mod cors;
pub mod decided;
pub mod diagnose;
pub mod docs;
pub mod error;
pub mod extract;
mod grants;
pub mod issued;
mod objects;
mod ops;
mod presign;
pub mod problem;
mod refusal_log;
pub mod reply;
pub mod request_id;
mod resource;
pub mod server;
#[cfg(test)]
mod tests;
mod uploads;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use axum::routing::get;
use axum::routing::post;

use crate::http::app::App;
use crate::http::error::ApiError;
use crate::http::error::Code;

/// What callers reach, and the routes of `besides`, if any, with a page at `/`.
pub fn service(app: &Arc<App>, besides: Option<Router>) -> Router {
    Router::new()
        .route("/v1/presign", post(presign::presign))
        .route("/v1/presign/batch", post(presign::batch))
        .route("/v1/uploads", post(uploads::plan))
        .route("/v1/uploads/parts", post(uploads::parts))
        .route("/v1/grants", get(grants::grants))
        .route("/v1/diagnose", post(diagnose::diagnose))
        .route(objects::PATHS[0], any(objects::redirect))
        .route(objects::PATHS[1], any(objects::redirect))
        .route(resource::PATH, get(resource::document))
        .route(resource::PATH_BEHIND, get(resource::document))
        .route("/openapi.json", get(docs::openapi_json))
        .route("/openapi.yaml", get(docs::openapi_yaml))
        .with_state(app.clone())
        .merge(docs::viewer::router(besides.is_some()))
        .merge(besides.unwrap_or_default())
        .method_not_allowed_fallback(|| async { ApiError::of(Code::MethodNotAllowed) })
        .fallback(|| async { ApiError::of(Code::NotFound) })
        .layer(from_fn_with_state(app.clone(), around::around))
}

/// What those reach who run the service.
pub fn admin(app: &Arc<App>) -> Router {
    Router::new()
        .route("/livez", get(ops::livez))
        .route("/readyz", get(ops::readyz))
        .route("/metrics", get(ops::metrics))
        .with_state(app.clone())
        .method_not_allowed_fallback(|| async { ApiError::of(Code::MethodNotAllowed) })
        .fallback(|| async { ApiError::of(Code::NotFound) })
        .layer(from_fn_with_state(app.clone(), around::around_admin))
}
