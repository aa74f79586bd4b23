//! `POST /v1/uploads` and `POST /v1/uploads/parts`: an upload planned from its size, and the URLs of its parts, as
//! often as it takes.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::adapters::rate_limit::RateLimiter;
use crate::domain::refusal::MemberError;
use crate::domain::refusal::Refusal;
use crate::domain::request::MOST_ERRORS;
use crate::domain::upload_plan;
use crate::domain::upload_plan::Parts;
use crate::domain::upload_plan::Step;
use crate::domain::upload_plan::StepKind;
use crate::domain::upload_plan::UploadPlan;
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
use crate::http::reply::Json;

/// What an upload will be: one PUT, or the parts that `/v1/uploads/parts` signs once S3 has begun it.
#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PlannedUpload {
    /// The whole goes up in one request.
    Single { upload: Issued },
    /// The whole goes up in parts of `part_size` bytes, the last of which is the rest.
    Multipart {
        /// The bucket's alias.
        #[schema(example = "media")]
        bucket: String,
        /// The object's key; made by the grant's template if `file_name` was sent.
        #[schema(example = "users/42/film.mp4")]
        key: String,
        /// In bytes.
        #[schema(example = 314572800)]
        content_length: u64,
        /// In bytes: what was asked for, or more where the parts would otherwise be more than 10,000.
        #[schema(example = 104857600)]
        part_size: u64,
        /// How many parts there are, numbered from 1.
        #[schema(minimum = 1, maximum = 10000, example = 3)]
        part_count: u64,
        /// Begins the upload: S3 answers with its `UploadId`.
        create: Issued,
    },
}

/// Plans one upload from its size, and signs what begins it.
pub async fn plan(
    State(app): State<Arc<App>>,
    Extension(context): Extension<Arc<Context>>,
    _: WithinAddressLimit,
    Authenticated(caller): Authenticated,
    JsonBody(body): JsonBody,
) -> ApiResult<Json<PlannedUpload>> {
    let plan = UploadPlan::parse(&body).and_then(|plan| decided::unheard(&context, &body, plan));
    let parts = plan.as_ref().ok().and_then(|plan| plan.parts);
    let issued = decided::issue(&app, &context, &caller, plan.map(|plan| plan.request)).await.map_err(of_plan)?;
    Ok(Json(planned(issued, parts)))
}

/// The plan chooses the operation, so no member is to blame where the store has no such one.
fn of_plan(mut error: ApiError) -> ApiError {
    for member in error.errors.iter_mut().filter(|_| error.code == Code::NotSupportedByStore) {
        if member.pointer == "/operation" {
            member.pointer.clear();
        }
    }
    error
}

fn planned(issued: Issued, parts: Option<Parts>) -> PlannedUpload {
    match parts {
        None => PlannedUpload::Single { upload: issued },
        Some(parts) => PlannedUpload::Multipart {
            bucket: issued.bucket.clone(),
            key: issued.key.clone().unwrap_or_default(),
            content_length: parts.content_length(),
            part_size: parts.part_size().bytes(),
            part_count: parts.count(),
            create: issued,
        },
    }
}

/// The URLs of one upload's steps.
#[derive(Default, Serialize, ToSchema)]
pub struct IssuedSteps {
    /// One for each part that was asked for, in that order.
    parts: Vec<IssuedPart>,
    /// Makes an object of the parts that its body lists, if they come to `content_length`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    complete: Option<Issued>,
    /// Gives the upload up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    abort: Option<Issued>,
    /// Lists the parts that S3 has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    list: Option<Issued>,
}

/// The URL of one part.
#[derive(Serialize, ToSchema)]
pub struct IssuedPart {
    #[serde(flatten)]
    issued: Issued,
    /// From 1.
    #[schema(minimum = 1, maximum = 10000, example = 1)]
    part_number: u32,
    /// The length of the part in bytes. It is signed.
    #[schema(example = 104857600)]
    content_length: u64,
}

/// Signs steps of one upload: each is authorised anew, and one refused step refuses them all.
pub async fn parts(
    State(app): State<Arc<App>>,
    Extension(context): Extension<Arc<Context>>,
    _: WithinAddressLimit,
    Authenticated(caller): Authenticated,
    JsonBody(body): JsonBody,
) -> ApiResult<Json<IssuedSteps>> {
    let asked = upload_plan::steps(&body).and_then(|steps| within_burst(&context.snapshot.limiter, steps));
    let asked = asked.and_then(|steps| match decided::overheard(&context, &body) {
        Some(error) => Err(vec![error]),
        None => Ok(steps),
    });
    let verdict = admission::charge(&context, &caller, asked.as_deref().map_or(1, cost)).await?;
    let steps = match asked {
        Ok(steps) => steps,
        Err(errors) => {
            context.note(verdict.standing);
            return Err(ApiError::of(Code::InvalidRequest).with_errors(errors));
        }
    };
    admission::heed(&context, &verdict)?;
    let desk = Desk::of(&context, &caller);
    let (mut kinds, mut all_decided) = (Vec::with_capacity(steps.len()), Vec::with_capacity(steps.len()));
    for Step { kind, asked } in steps {
        all_decided.push(desk.decide(asked));
        kinds.push(kind);
        if kinds.len().is_multiple_of(BETWEEN_YIELDS) {
            tokio::task::yield_now().await;
        }
    }
    let refused = refuse_all(&kinds, &mut all_decided);
    record(&app, &context, &caller, &all_decided).await?;
    match refused {
        Some(error) => Err(error),
        None => issued(&kinds, all_decided).map(Json),
    }
}

/// Ten parts cost as much as one URL, and so does each of the other steps.
fn cost(steps: &[Step]) -> u32 {
    let parts = steps.iter().filter(|step| matches!(step.kind, StepKind::Part { .. })).count();
    u32::try_from(parts.div_ceil(10) + steps.len() - parts).unwrap_or(u32::MAX)
}

/// Waiting does not help what costs more than a burst.
fn within_burst(limiter: &RateLimiter, steps: Vec<Step>) -> Result<Vec<Step>, Vec<MemberError>> {
    match limiter.smallest_burst().filter(|burst| cost(&steps) > *burst) {
        None => Ok(steps),
        Some(burst) => {
            let wrong = format!("ask for fewer: ten parts cost one, and the burst of a rate limit is {burst}");
            Err(vec![MemberError::at("/parts", wrong)])
        }
    }
}

/// Where any step is refused, all of them are, as the first of them is: no URL leaves, and no line says that one did.
fn refuse_all(kinds: &[StepKind], all_decided: &mut [Decided]) -> Option<ApiError> {
    let refused = kinds.iter().zip(all_decided.iter());
    let mut refused = refused.filter_map(|(kind, decided)| Some((*kind, decided.outcome.as_ref().err()?))).peekable();
    let (first_kind, first) = refused.peek().map(|(kind, refusal)| (*kind, Refusal::clone(refusal)))?;
    let mut errors: Vec<MemberError> = Vec::new();
    for (kind, refusal) in refused.filter(|(_, refusal)| refusal.code == first.code) {
        for error in &refusal.errors {
            let error = MemberError { pointer: kind.pointer(&error.pointer), ..error.clone() };
            if errors.len() < MOST_ERRORS && !errors.contains(&error) {
                errors.push(error);
            }
        }
    }
    for decided in all_decided {
        if decided.outcome.is_ok() {
            decided.outcome = Err(first.clone());
        }
    }
    let error = ApiError::from(first).with_errors(errors);
    let said = error.detail.as_deref().unwrap_or(error.code.detail());
    let detail = format!("{said} What was refused is {}.", first_kind.operation().as_str());
    Some(error.with_detail(detail))
}

fn issued(kinds: &[StepKind], all_decided: Vec<Decided>) -> ApiResult<IssuedSteps> {
    let mut all = IssuedSteps::default();
    for (kind, decided) in kinds.iter().zip(all_decided) {
        let issued = decided.outcome?.issued();
        match *kind {
            StepKind::Part { number, content_length } => {
                all.parts.push(IssuedPart { issued, part_number: number, content_length });
            }
            StepKind::Complete => all.complete = Some(issued),
            StepKind::Abort => all.abort = Some(issued),
            StepKind::List => all.list = Some(issued),
        }
    }
    Ok(all)
}
