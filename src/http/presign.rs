//! `POST /v1/presign` and `POST /v1/presign/batch`: read, admit, decide, sign, record, answer.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::claims::Value;
use crate::domain::forms;
use crate::domain::refusal::MemberError;
use crate::domain::request::MOST_ERRORS;
use crate::http::admission;
use crate::http::app::App;
use crate::http::context::Context;
use crate::http::decided;
use crate::http::decided::BETWEEN_YIELDS;
use crate::http::decided::Decided;
use crate::http::decided::Desk;
use crate::http::decided::record;
use crate::http::error::ApiError;
use crate::http::error::ApiResult;
use crate::http::error::Code;
use crate::http::extract::Authenticated;
use crate::http::extract::JsonBody;
use crate::http::extract::WithinAddressLimit;
use crate::http::issued::Issued;
use crate::http::problem::Problem;
use crate::http::reply::Json;

/// One request, one URL.
pub async fn presign(
    State(app): State<Arc<App>>,
    Extension(context): Extension<Arc<Context>>,
    _: WithinAddressLimit,
    Authenticated(caller): Authenticated,
    JsonBody(body): JsonBody,
) -> ApiResult<Json<Issued>> {
    decided::issue(&app, &context, &caller, decided::asked(&context, &body)).await.map(Json)
}

/// What became of the requests of a batch.
#[derive(Serialize, ToSchema)]
pub struct BatchResults {
    /// One for each request, in their order.
    results: Vec<BatchResult>,
}

/// An issued URL, or a problem with its `status`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum BatchResult {
    Issued(Issued),
    Refused(Problem),
}

/// Many requests, each decided by itself; admitted or refused by the limits, and recorded, as one.
pub async fn batch(
    State(app): State<Arc<App>>,
    Extension(context): Extension<Arc<Context>>,
    _: WithinAddressLimit,
    Authenticated(caller): Authenticated,
    JsonBody(body): JsonBody,
) -> ApiResult<Json<BatchResults>> {
    let items = requests(&body, &context)?;
    let cost = u32::try_from(items.len()).unwrap_or(u32::MAX);
    admission::heed(&context, &admission::charge(&context, &caller, cost).await?)?;
    let desk = Desk::of(&context, &caller);
    let mut all_decided = Vec::with_capacity(items.len());
    for some in items.chunks(BETWEEN_YIELDS) {
        all_decided.extend(some.iter().map(|item| desk.decide(decided::asked(&context, item))));
        tokio::task::yield_now().await;
    }
    record(&app, &context, &caller, &all_decided).await?;
    let results = all_decided.into_iter().enumerate();
    let results = results.map(|(place, decided)| result(&app, &context, place, decided)).collect();
    Ok(Json(BatchResults { results }))
}

/// The list in the body of a batch.
fn requests<'a>(body: &'a Value, context: &Context) -> ApiResult<&'a [Value]> {
    let Value::Object(members) = body else { return Err(ApiError::invalid("", "give an object")) };
    let strangers = members.iter().filter(|(name, _)| name != "requests").take(MOST_ERRORS);
    let mut errors: Vec<_> =
        strangers.map(|(name, _)| MemberError::at(forms::pointer_to(name), "no such member")).collect();
    let most = context.snapshot.settings.server.max_batch;
    let burst = context.snapshot.limiter.smallest_burst().and_then(|burst| usize::try_from(burst).ok());
    let wrong = match body.member("requests") {
        Some(Value::List(items)) if items.is_empty() => "give at least one request".to_owned(),
        Some(Value::List(items)) if items.len() > most => format!("give at most {most} requests"),
        Some(Value::List(items)) => match burst.filter(|burst| items.len() > *burst) {
            Some(burst) => format!("give at most {burst} requests, the burst of a rate limit"),
            None if errors.is_empty() => return Ok(items),
            None => return Err(ApiError::of(Code::InvalidRequest).with_errors(errors)),
        },
        Some(_) | None => "give a list of requests".to_owned(),
    };
    errors.push(MemberError::at("/requests", wrong));
    Err(ApiError::of(Code::InvalidRequest).with_errors(errors))
}

fn result(app: &App, context: &Context, place: usize, decided: Decided) -> BatchResult {
    match decided.outcome {
        Ok(signed) => BatchResult::Issued(signed.issued()),
        Err(refusal) => {
            let error = ApiError::from(refusal);
            app.metrics.refusals.with_label_values(&[error.code.as_str()]).inc();
            app.refusal_log.tell(&error, context);
            BatchResult::Refused(error.problem_of_item(place, context.request_id.as_str()))
        }
    }
}
