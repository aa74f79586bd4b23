//! An S3 store in a folder: s3s speaks the protocol and verifies signatures, the objects are kept here.
//!
//! It does what presigned requests can carry: objects and their versions, uploads in parts, forms, checksums, Object
//! Lock, archived classes, and what is said of encryption. It does not encrypt (see `encryption`), ask for MFA codes,
//! copy, keep access lists, change tags, or have bucket policies, lifecycles or sessions: what it would have to drop it
//! refuses, mostly as S3 does with `NotImplemented`.
//!
//! - A request passes `cors`, and `forms` if it is one; else `admission`, `bodies` and s3s, which knows `identities`.
//! - `operations` says what does each: `reading`, `listing` and `listed`, `writing`, `deleting`, `versions`, `locking`,
//!   `restoring`, `buckets`; of an upload in parts `multipart`, at its end `completing`.
//! - What is kept: `objects`, with a `bucket`'s index, each `object` and its `lock`; `uploads`, until they are
//!   complete; `files` under both.
//! - What an upload says: `description` with `encryption` and `tagging`; `integrity`, and `whole` of what came in parts.

mod admission;
mod bodies;
mod bucket;
mod buckets;
mod completing;
mod cors;
mod deleting;
mod description;
mod encryption;
mod failure;
mod files;
mod forms;
mod identities;
mod integrity;
mod listed;
mod listing;
mod lock;
mod locking;
mod multipart;
mod object;
mod objects;
mod operations;
mod reading;
mod restoring;
mod tagging;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod uploads;
mod versions;
mod whole;
mod writing;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use s3s::S3Error;
use s3s::service::S3Service;
use s3s::service::S3ServiceBuilder;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use self::admission::Refused;
pub use self::bucket::Settings as BucketSettings;
use self::cors::Cors;
pub use self::failure::StoreError;
use self::forms::Forms;
pub use self::identities::AccessKey;
pub use self::identities::Identities;
pub use self::objects::Objects;
use self::operations::Operations;
use self::operations::Status;
use super::random;
use crate::adapters::clock::Clock;

/// The one region of the store, as its clients must sign it.
pub const REGION: &str = "us-east-1";

/// The store as a service, path style.
pub fn router(objects: Arc<Objects>, identities: Identities, clock: Clock) -> Router {
    let forms =
        Forms { objects: Arc::clone(&objects), identities: identities.clone(), clock: clock.clone(), region: REGION };
    let mut builder = S3ServiceBuilder::new(Operations { objects, clock, region: REGION });
    builder.set_auth(identities.clone());
    builder.set_access(identities);
    let silence = Dispatch::new(NoSubscriber::default());
    Router::new().fallback(answer).with_state(Store { s3: builder.build(), forms, silence })
}

#[derive(Clone)]
struct Store {
    s3: S3Service,
    forms: Forms,
    /// s3s logs whole requests and signatures, and a presigned URL is a secret: nothing of it reaches a log.
    silence: Dispatch,
}

async fn answer(State(store): State<Store>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (mut response, fields) = match cors::of(&parts) {
        Cors::Preflight(fields) => (StatusCode::OK.into_response(), fields),
        Cors::PreflightRefused => (
            error(StatusCode::FORBIDDEN, "AccessForbidden", "CORSResponse: This CORS request is not allowed.", ""),
            HeaderMap::new(),
        ),
        Cors::Answer(fields) => (store.judge(Request::from_parts(parts, body)).await, fields),
        Cors::Silent => (store.judge(Request::from_parts(parts, body)).await, HeaderMap::new()),
    };
    response.headers_mut().extend(fields);
    if let Some(id) = random::name().ok().and_then(|id| HeaderValue::try_from(id).ok()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");

impl Store {
    async fn judge(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        if forms::is_form(&parts) {
            return self.forms.post(&parts, body).await.unwrap_or_else(refusal);
        }
        if let Err(refused) = admission::admit(&parts, REGION) {
            return refused.into_response();
        }
        match bodies::hold(&parts, body).await {
            Ok(body) => self.serve(Request::from_parts(parts, body)).await,
            Err(refused) => refusal(refused),
        }
    }

    async fn serve(&self, request: Request) -> Response {
        let answered = self.s3.call(request.map(s3s::Body::http_body_unsync));
        match answered.with_subscriber(self.silence.clone()).await {
            Ok(mut response) => {
                if let Some(Status(status)) = response.extensions_mut().remove() {
                    *response.status_mut() = status;
                }
                response.map(Body::new)
            }
            Err(_) => {
                error(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", "The request could not be answered.", "")
            }
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, code) = match &self {
            Self::Expires | Self::Region(..) | Self::Scope(_) => {
                (StatusCode::BAD_REQUEST, "AuthorizationQueryParametersError")
            }
            Self::HeadersNotSigned(_) => (StatusCode::FORBIDDEN, "AccessDenied"),
            Self::SessionToken => (StatusCode::BAD_REQUEST, "InvalidToken"),
            Self::TwoMechanisms => (StatusCode::BAD_REQUEST, "InvalidArgument"),
            Self::OldSignature => (StatusCode::BAD_REQUEST, "InvalidRequest"),
            Self::NoLength => (StatusCode::LENGTH_REQUIRED, "MissingContentLength"),
            Self::Method(_) => (StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed"),
        };
        let more = match &self {
            // Names of HTTP fields are tokens, so nothing in them is markup.
            Self::HeadersNotSigned(names) => format!("<HeadersNotSigned>{}</HeadersNotSigned>", names.join(", ")),
            Self::Region(region, _) => format!("<Region>{region}</Region>"),
            _ => String::new(),
        };
        error(status, code, &self.to_string(), &more)
    }
}

/// An error of s3s's kind, where s3s does not answer.
fn refusal(error: S3Error) -> Response {
    let status = error.status_code().unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    self::error(status, error.code().as_str(), error.message().unwrap_or_default(), "")
}

/// S3's error document. `more` is ours and holds no markup of a caller's.
fn error(status: StatusCode, code: &str, message: &str, more: &str) -> Response {
    let message = escaped(message);
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>{more}</Error>"
    );
    (status, [(header::CONTENT_TYPE, "application/xml")], document).into_response()
}

/// A text as XML holds it. What XML cannot hold at all becomes a question mark.
fn escaped(text: &str) -> String {
    let escape = |character| match character {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\t' | '\n' | '\r' => format!("&#{};", u32::from(character)),
        '\u{0}'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => "?".to_owned(),
        other => other.to_string(),
    };
    text.chars().map(escape).collect()
}
