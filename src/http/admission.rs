//! A request before the limits: what it is charged, when, and what it is told.
//!
//! Where replicas share their limits, all that a request owes is charged at once, as soon as it is known what it costs,
//! or when it ends before. Whatever it would have been told then, a refusal of its address is told in its place, since
//! that limit comes first.

use axum::response::IntoResponse;
use axum::response::Response;

use crate::adapters::rate_limit::Admission;
use crate::adapters::rate_limit::Entered;
use crate::adapters::rate_limit::Verdict;
use crate::domain::caller::Caller;
use crate::http::context::Context;
use crate::http::error::ApiError;
use crate::http::error::ApiResult;
use crate::http::error::Code;

/// Charges the address for the request.
pub fn enter(context: &Context) -> ApiResult<()> {
    match context.snapshot.limiter.enter(context.client.address) {
        Entered::Charged(verdict) => heed_address(context, &verdict),
        Entered::Owing(owed) => {
            context.owe(owed);
            Ok(())
        }
    }
}

/// Charges the caller, and all callers together, and what is still owed. The caller's verdict is yet to be heeded.
pub async fn charge(context: &Context, caller: &Caller, cost: u32) -> ApiResult<Verdict> {
    let charged = context.snapshot.limiter.charge(context.owed(), caller, cost).await;
    heed_address(context, &charged.address)?;
    Ok(charged.caller)
}

/// Notes how the caller stands, for an answer that costs him nothing.
pub async fn look(context: &Context, caller: &Caller) -> ApiResult<()> {
    let verdict = charge(context, caller, 0).await?;
    heed(context, &verdict)
}

/// Charges what an answered request still owes.
pub async fn settle(context: &Context, answer: Response) -> Response {
    let Some(owed) = context.owed() else { return answer };
    let verdict = context.snapshot.limiter.settle(owed).await;
    heed_address(context, &verdict).map_or_else(IntoResponse::into_response, |()| answer)
}

/// Goes on, or refuses, as a limit says; the answer will tell how it stands.
pub fn heed(context: &Context, verdict: &Verdict) -> ApiResult<()> {
    match verdict.admission {
        Admission::Admitted => {
            context.note(verdict.standing);
            Ok(())
        }
        Admission::Refused { limit, retry_after_seconds } => {
            context.note_refusal(verdict.standing);
            let detail = format!("Try again after retry_after seconds: you are over the limit {}.", limit.as_str());
            Err(ApiError::of(Code::RateLimited).with_detail(detail).with_retry_after_seconds(retry_after_seconds))
        }
        Admission::NeverFits { limit, burst } => {
            context.note_refusal(verdict.standing);
            let detail = format!("ask for at most {burst}, the burst of the limit {}", limit.as_str());
            Err(ApiError::invalid("/requests", detail))
        }
    }
}

/// The same of the address: a caller whose header was not believed is told so.
fn heed_address(context: &Context, verdict: &Verdict) -> ApiResult<()> {
    heed(context, verdict).map_err(|error| match context.client.is_disbelieved {
        true => error.with_detail(disbelief(context)),
        false => error,
    })
}

fn disbelief(context: &Context) -> String {
    let name = context.snapshot.settings.server.client_address_header.name();
    let peer = context.client.address;
    format!(
        "Try again after retry_after seconds: {peer} is over the limit per_address. Its {name} field was not believed, \
         since it is none of server.trusted_proxies."
    )
}
