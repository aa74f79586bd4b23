//! An S3 store in a folder: s3s speaks the protocol and verifies signatures, the objects are kept here.

mod admission;
mod cors;
mod files;
mod identities;
mod integrity;
mod listing;
mod object;
mod objects;
mod operations;
mod reading;
mod tagging;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
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
use s3s::service::S3Service;
use s3s::service::S3ServiceBuilder;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use self::admission::Refused;
use self::cors::Cors;
pub use self::identities::AccessKey;
pub use self::identities::Identities;
pub use self::objects::Objects;
use self::operations::Operations;
use super::random;
use crate::adapters::clock::Clock;

/// The one region of the store, as its clients must sign it.
pub const REGION: &str = "us-east-1";

/// The store as a service, path style.
pub fn router(objects: Arc<Objects>, identities: Identities, clock: Clock) -> Router {
    let mut builder = S3ServiceBuilder::new(Operations { objects, clock, region: REGION });
    builder.set_auth(identities.clone());
    builder.set_access(identities);
    let silence = Dispatch::new(NoSubscriber::default());
    Router::new().fallback(answer).with_state(Store { s3: builder.build(), silence })
}

#[derive(Clone)]
struct Store {
    s3: S3Service,
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
        match admission::admit(&parts, REGION) {
            Ok(()) => self.serve(Request::from_parts(parts, body)).await,
            Err(refused) => refused.into_response(),
        }
    }

    async fn serve(&self, request: Request) -> Response {
        let answered = self.s3.call(request.map(s3s::Body::http_body_unsync));
        match answered.with_subscriber(self.silence.clone()).await {
            Ok(response) => response.map(Body::new),
            Err(_) => {
                error(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", "The request could not be answered.", "")
            }
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, code) = match &self {
            Self::Expires | Self::Scope(_) => (StatusCode::BAD_REQUEST, "AuthorizationQueryParametersError"),
            Self::HeadersNotSigned(_) => (StatusCode::FORBIDDEN, "AccessDenied"),
            Self::SessionToken => (StatusCode::BAD_REQUEST, "InvalidToken"),
            Self::TwoMechanisms => (StatusCode::BAD_REQUEST, "InvalidArgument"),
            Self::OldSignature => (StatusCode::BAD_REQUEST, "InvalidRequest"),
            Self::NoLength => (StatusCode::LENGTH_REQUIRED, "MissingContentLength"),
            Self::Method(_) => (StatusCode::NOT_IMPLEMENTED, "NotImplemented"),
        };
        let more = match &self {
            // Names of HTTP fields are tokens, so nothing in them is markup.
            Self::HeadersNotSigned(names) => format!("<HeadersNotSigned>{}</HeadersNotSigned>", names.join(", ")),
            _ => String::new(),
        };
        error(status, code, &self.to_string(), &more)
    }
}

/// S3's error document. `message` and `more` are ours and hold no markup of a caller's.
fn error(status: StatusCode, code: &str, message: &str, more: &str) -> Response {
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>{more}</Error>"
    );
    (status, [(header::CONTENT_TYPE, "application/xml")], document).into_response()
}
