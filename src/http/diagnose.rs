//! `POST /v1/diagnose`: why S3 said no. What is sent is a bearer secret: it is looked at, and kept nowhere.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Extension;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::claims::Value;
use crate::domain::diagnose;
use crate::domain::diagnose::Finding;
use crate::domain::diagnose::FindingCode;
use crate::domain::diagnose::Question;
use crate::domain::diagnose::TooLong;
use crate::domain::forms;
use crate::domain::refusal::MemberError;
use crate::domain::request::MOST_ERRORS;
use crate::http::admission;
use crate::http::context::Context;
use crate::http::error::ApiError;
use crate::http::error::ApiResult;
use crate::http::error::Code;
use crate::http::extract::Authenticated;
use crate::http::extract::JsonBody;
use crate::http::extract::WithinAddressLimit;
use crate::http::reply::Json;

/// A diagnosis. Charges nothing beside the address; long texts are compared, so it is made beside the requests.
pub async fn diagnose(
    Extension(context): Extension<Arc<Context>>,
    _: WithinAddressLimit,
    Authenticated(caller): Authenticated,
    JsonBody(body): JsonBody,
) -> ApiResult<Json<Diagnosis>> {
    admission::look(&context, &caller).await?;
    let now = context.now;
    let made = tokio::task::spawn_blocking(move || Ok(Diagnosis::of(&diagnose::diagnose(&question(&body)?, now))));
    made.await.map_err(ApiError::internal)?.map(Json)
}

/// What was done wrong with a URL.
#[derive(Serialize, ToSchema)]
pub struct Diagnosis {
    /// The likeliest first, each kind once; empty if nothing is wrong with what was sent.
    findings: Vec<FindingEntry>,
}

/// One thing that was done wrong.
#[derive(Serialize, ToSchema)]
pub struct FindingEntry {
    #[schema(schema_with = code_schema)]
    code: &'static str,
    /// What was done wrong; it repeats no signature, token or key.
    #[schema(value_type = String, example = "The client sent x-amz-acl, which the URL does not bind.")]
    detail: Cow<'static, str>,
    /// What to do.
    #[schema(value_type = String, example = "Leave that header out.")]
    mend: Cow<'static, str>,
}

impl Diagnosis {
    /// As JSON has it.
    pub fn of(findings: &[Finding]) -> Self {
        let entry = |finding: &Finding| FindingEntry {
            code: finding.code.as_str(),
            detail: finding.detail.clone(),
            mend: finding.mend.clone(),
        };
        Self { findings: findings.iter().map(entry).collect() }
    }
}

fn code_schema() -> utoipa::openapi::schema::Object {
    utoipa::openapi::schema::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .enum_values(Some(FindingCode::ALL.map(FindingCode::as_str)))
        .build()
}

/// The body of `/v1/diagnose`.
fn question(body: &Value) -> ApiResult<Question<'_>> {
    let Value::Object(members) = body else { return Err(ApiError::invalid("", "give an object")) };
    let strangers = members.iter().filter(|(name, _)| !["url", "error"].contains(&name.as_str())).take(MOST_ERRORS);
    let mut errors: Vec<_> =
        strangers.map(|(name, _)| MemberError::at(forms::pointer_to(name), "no such member")).collect();
    let (url, error) = (body.member("url"), body.member("error"));
    if url.and_then(Value::as_str).is_none() {
        errors.push(MemberError::at("/url", "give the URL, a string"));
    }
    if error.is_some_and(|error| error.as_str().is_none()) {
        errors.push(MemberError::at("/error", "give the body that S3 answered, a string, or leave it out"));
    }
    if !errors.is_empty() {
        return Err(ApiError::of(Code::InvalidRequest).with_errors(errors));
    }
    let question = Question::new(url.and_then(Value::as_str).unwrap_or_default(), error.and_then(Value::as_str));
    question.map_err(|too_long| match too_long {
        TooLong::Answer => ApiError::invalid("/error", too_long.to_string()),
        TooLong::Url => ApiError::invalid("/url", too_long.to_string()),
    })
}
