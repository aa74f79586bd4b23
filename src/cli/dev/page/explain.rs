//! Why the service decides as it does, for the page: what `presignd explain --json` prints.

use std::sync::Arc;

use axum::Extension;

use crate::cli::explain::Told;
use crate::domain::claims::Value;
use crate::domain::request::Request;
use crate::domain::request::Unreadable;
use crate::domain::upload_plan::UploadPlan;
use crate::http::context::Context;
use crate::http::extract::Authenticated;
use crate::http::extract::JsonBody;
use crate::http::reply::Json;

/// `POST /dev/explain`: a body of `/v1/presign` or `/v1/uploads`, with the same token. Nothing is signed, charged or
/// written down.
pub async fn explain(
    Extension(context): Extension<Arc<Context>>,
    Authenticated(caller): Authenticated,
    JsonBody(body): JsonBody,
) -> Json<Told> {
    let settings = &context.snapshot.settings;
    Json(Told::about(settings, &caller, asked(&body), context.client.certain, context.now))
}

/// A plan names no operation.
fn asked(body: &Value) -> Result<Request, Unreadable> {
    match body.member("operation") {
        Some(_) => Request::parse(body),
        None => UploadPlan::parse(body).map(|plan| plan.request),
    }
}
