//! Every refusal to its status and code: the only file that knows status codes.

use std::borrow::Cow;
use std::fmt;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::Response;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;

use crate::domain::refusal::MemberError;
use crate::domain::refusal::Refusal;
use crate::domain::refusal::RefusalCode;
use crate::domain::step_up::StepUp;
use crate::http::challenge;

/// What a handler gives.
pub type ApiResult<T> = Result<T, ApiError>;

/// A refusal on its way to the caller.
///
/// As a response it has its status and headers; the body, which names the request, is written where the request ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    pub code: Code,
    pub(super) detail: Option<Cow<'static, str>>,
    /// Pointers from the root of the request, or of the item of a batch.
    pub(super) errors: Vec<MemberError>,
    pub(super) max_expires_in: Option<u32>,
    /// For the challenge.
    step_up: Option<Box<StepUp>>,
    retry_after_seconds: Option<u64>,
    /// For the log, never for the caller.
    cause: Option<String>,
}

impl ApiError {
    /// The refusal of that code, with the code's own words.
    pub fn of(code: Code) -> Self {
        Self {
            code,
            detail: None,
            errors: Vec::new(),
            max_expires_in: None,
            step_up: None,
            retry_after_seconds: None,
            cause: None,
        }
    }

    /// `invalid_request` because of one member.
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::of(Code::InvalidRequest).with_errors(vec![MemberError::at(pointer, detail)])
    }

    /// `internal_error`, with what went wrong for the log.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::of(Code::InternalError).caused_by(cause)
    }

    /// With these words instead of the code's own.
    pub fn with_detail(self, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// With what is wrong with single members.
    pub fn with_errors(self, errors: Vec<MemberError>) -> Self {
        Self { errors, ..self }
    }

    /// A body that is no JSON: tells where, and what of that a JSON parser has to say.
    pub fn malformed(error: &serde_json::Error) -> Self {
        let words: String = error.to_string().chars().take(MOST_WORDS).collect();
        Self::of(Code::MalformedJson).with_detail(format!("Send one JSON value: {words}."))
    }

    /// With the time after which another try may succeed.
    pub fn with_retry_after_seconds(self, seconds: u64) -> Self {
        Self { retry_after_seconds: Some(seconds), ..self }
    }

    /// With what went wrong, for the log.
    pub fn caused_by(self, cause: impl fmt::Display) -> Self {
        Self { cause: Some(cause.to_string()), ..self }
    }

    /// What went wrong, for the log.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// Every 429 and 503 has them.
    pub(super) fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_after_seconds.or_else(|| self.code.usual_wait_seconds())
    }
}

/// A member's name may stand in what a parser says, and be as long as a body.
const MOST_WORDS: usize = 200;

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self {
            detail: refusal.detail.map(Cow::Owned),
            errors: refusal.errors,
            max_expires_in: refusal.max_expires_in,
            step_up: refusal.step_up,
            ..Self::of(refusal.code.into())
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.code.status();
        let headers = response.headers_mut();
        if let Some(challenge) = challenge::of(self.code, self.step_up.as_deref()) {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after_seconds() {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Success, as the OpenAPI document writes it.
pub const OK: &str = "200";

/// The same request, its method too, at another place; as the OpenAPI document writes it.
pub const TEMPORARY_REDIRECT: &str = "307";

/// The same request, its method too, at another place.
pub fn temporary_redirect() -> StatusCode {
    StatusCode::TEMPORARY_REDIRECT
}

/// Success without a word.
pub fn no_content() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Makes an answer say that the service is not ready.
pub fn unavailable(response: &mut Response<Body>) {
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
}

/// The codes of refusals: the contract's, as far as this version can refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    AuditUnavailable,
    BodyTooLarge,
    CredentialsUnavailable,
    Denied,
    ExpiredToken,
    ExpiresInTooLong,
    GrantDisabled,
    GrantNotSatisfied,
    HeadersTooLarge,
    InsufficientAuthentication,
    InternalError,
    InvalidKey,
    InvalidRequest,
    InvalidToken,
    KeysUnavailable,
    MalformedJson,
    MethodNotAllowed,
    MissingToken,
    NoGrant,
    NotFound,
    NotSupportedByStore,
    Overloaded,
    RateLimited,
    RequestTimeout,
    UnsupportedMediaType,
}

impl Code {
    /// Every code, in the order of the names.
    pub const ALL: [Self; 25] = [
        Self::AuditUnavailable,
        Self::BodyTooLarge,
        Self::CredentialsUnavailable,
        Self::Denied,
        Self::ExpiredToken,
        Self::ExpiresInTooLong,
        Self::GrantDisabled,
        Self::GrantNotSatisfied,
        Self::HeadersTooLarge,
        Self::InsufficientAuthentication,
        Self::InternalError,
        Self::InvalidKey,
        Self::InvalidRequest,
        Self::InvalidToken,
        Self::KeysUnavailable,
        Self::MalformedJson,
        Self::MethodNotAllowed,
        Self::MissingToken,
        Self::NoGrant,
        Self::NotFound,
        Self::NotSupportedByStore,
        Self::Overloaded,
        Self::RateLimited,
        Self::RequestTimeout,
        Self::UnsupportedMediaType,
    ];

    /// The code's name.
    pub fn as_str(self) -> &'static str {
        self.row().code
    }

    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        self.row().status
    }

    /// The kind of problem in a few words.
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// What to change, where a refusal has no words of its own.
    pub fn detail(self) -> &'static str {
        self.row().detail
    }

    /// Whether the reason lies with the service.
    pub fn is_ours(self) -> bool {
        self.status().is_server_error()
    }

    /// Whether it tells of a fault in the program.
    pub fn is_fault(self) -> bool {
        self == Self::InternalError
    }

    /// Whether a caller's item that is refused so has a line in the audit log.
    pub fn has_audit_line(self) -> bool {
        match self {
            Self::CredentialsUnavailable
            | Self::Denied
            | Self::ExpiresInTooLong
            | Self::GrantDisabled
            | Self::GrantNotSatisfied
            | Self::InsufficientAuthentication
            | Self::InvalidKey
            | Self::NoGrant
            | Self::NotSupportedByStore => true,
            Self::AuditUnavailable
            | Self::BodyTooLarge
            | Self::ExpiredToken
            | Self::HeadersTooLarge
            | Self::InternalError
            | Self::InvalidRequest
            | Self::InvalidToken
            | Self::KeysUnavailable
            | Self::MalformedJson
            | Self::MethodNotAllowed
            | Self::MissingToken
            | Self::NotFound
            | Self::Overloaded
            | Self::RateLimited
            | Self::RequestTimeout
            | Self::UnsupportedMediaType => false,
        }
    }

    /// How long to wait where nothing better is known; only what passes by itself has one.
    fn usual_wait_seconds(self) -> Option<u64> {
        match self.status() {
            StatusCode::TOO_MANY_REQUESTS => Some(1),
            StatusCode::SERVICE_UNAVAILABLE if self == Self::Overloaded => Some(1),
            StatusCode::SERVICE_UNAVAILABLE => Some(10),
            _ => None,
        }
    }

    #[rustfmt::skip]
    fn row(self) -> Row {
        use StatusCode as S;
        let (code, status, title, detail) = match self {
            Self::AuditUnavailable => ("audit_unavailable", S::SERVICE_UNAVAILABLE, "Audit unavailable",
                "Try again later: the audit log cannot be written, and without a line in it no URL is issued."),
            Self::BodyTooLarge => ("body_too_large", S::PAYLOAD_TOO_LARGE, "Body too large",
                "Send a smaller body."),
            Self::CredentialsUnavailable => ("credentials_unavailable", S::SERVICE_UNAVAILABLE, "Credentials unavailable",
                "Try again later: there are no credentials that could sign this now."),
            Self::Denied => ("denied", S::FORBIDDEN, "Denied",
                "Ask for another key: a grant denies this one."),
            Self::ExpiredToken => ("expired_token", S::UNAUTHORIZED, "Expired token",
                "Send a token that has not expired."),
            Self::ExpiresInTooLong => ("expires_in_too_long", S::BAD_REQUEST, "Expiry too long",
                "Ask for an expires_in of at most max_expires_in."),
            Self::GrantDisabled => ("grant_disabled", S::FORBIDDEN, "Grant disabled",
                "Ask the operator: the grant that decides here is switched off."),
            Self::GrantNotSatisfied => ("grant_not_satisfied", S::FORBIDDEN, "Grant not satisfied",
                "Meet the limits of the grant that decides here, which errors lists."),
            Self::HeadersTooLarge => ("headers_too_large", S::REQUEST_HEADER_FIELDS_TOO_LARGE, "Headers too large",
                "Send fewer or shorter header fields, or a shorter path."),
            Self::InsufficientAuthentication => ("insufficient_authentication", S::UNAUTHORIZED, "Insufficient authentication",
                "Authenticate again, as errors says, and send the token that you then get."),
            Self::InternalError => ("internal_error", S::INTERNAL_SERVER_ERROR, "Internal error",
                "Tell the operator the request_id: the service failed."),
            Self::InvalidKey => ("invalid_key", S::BAD_REQUEST, "Invalid key",
                "Send a key of 1 to 1024 bytes without control characters, backslashes, empty segments, . or .. segments."),
            Self::InvalidRequest => ("invalid_request", S::BAD_REQUEST, "Invalid request",
                "Mend the members that errors lists."),
            Self::InvalidToken => ("invalid_token", S::UNAUTHORIZED, "Invalid token",
                "Send a token that one of the service's issuers has made for it."),
            Self::KeysUnavailable => ("keys_unavailable", S::SERVICE_UNAVAILABLE, "Keys unavailable",
                "Try again later: the keys of the token's issuer could not be fetched yet."),
            Self::MalformedJson => ("malformed_json", S::BAD_REQUEST, "Malformed JSON",
                "Send one JSON value in UTF-8 without duplicate members, nested at most 32 deep."),
            Self::MethodNotAllowed => ("method_not_allowed", S::METHOD_NOT_ALLOWED, "Method not allowed",
                "Use one of the methods in the Allow field."),
            Self::MissingToken => ("missing_token", S::UNAUTHORIZED, "Missing token",
                "Send a token: Authorization: Bearer JWT."),
            Self::NoGrant => ("no_grant", S::FORBIDDEN, "No grant",
                "Ask for a bucket, key and operation that one of your grants covers (GET /v1/grants)."),
            Self::NotFound => ("not_found", S::NOT_FOUND, "Not found",
                "Use one of the paths in GET /openapi.json."),
            Self::NotSupportedByStore => ("not_supported_by_store", S::BAD_REQUEST, "Not supported by store",
                "Ask without what errors lists: the bucket's store cannot do it."),
            Self::Overloaded => ("overloaded", S::SERVICE_UNAVAILABLE, "Overloaded",
                "Try again after retry_after seconds: the service has too many requests in hand."),
            Self::RateLimited => ("rate_limited", S::TOO_MANY_REQUESTS, "Rate limited",
                "Try again after retry_after seconds."),
            Self::RequestTimeout => ("request_timeout", S::REQUEST_TIMEOUT, "Request timeout",
                "Send the whole request sooner."),
            Self::UnsupportedMediaType => ("unsupported_media_type", S::UNSUPPORTED_MEDIA_TYPE, "Unsupported media type",
                "Send JSON, with Content-Type: application/json."),
        };
        Row { code, status, title, detail }
    }
}

struct Row {
    code: &'static str,
    status: StatusCode,
    title: &'static str,
    detail: &'static str,
}

impl From<RefusalCode> for Code {
    fn from(code: RefusalCode) -> Self {
        match code {
            RefusalCode::CredentialsUnavailable => Self::CredentialsUnavailable,
            RefusalCode::Denied => Self::Denied,
            RefusalCode::ExpiredToken => Self::ExpiredToken,
            RefusalCode::ExpiresInTooLong => Self::ExpiresInTooLong,
            RefusalCode::GrantDisabled => Self::GrantDisabled,
            RefusalCode::GrantNotSatisfied => Self::GrantNotSatisfied,
            RefusalCode::InsufficientAuthentication => Self::InsufficientAuthentication,
            RefusalCode::InvalidKey => Self::InvalidKey,
            RefusalCode::InvalidRequest => Self::InvalidRequest,
            RefusalCode::NoGrant => Self::NoGrant,
            RefusalCode::NotSupportedByStore => Self::NotSupportedByStore,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_429_and_503_says_when_to_come_again_in_header_and_body() {
        for code in Code::ALL {
            let again = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&code.status());
            let error = ApiError::of(code);
            assert_eq!(error.problem("r").retry_after.is_some(), again, "{code:?}");
            assert_eq!(error.into_response().headers().contains_key(header::RETRY_AFTER), again, "{code:?}");
        }
        let soon = ApiError::of(Code::RateLimited).with_retry_after_seconds(3);
        assert_eq!(soon.problem("r").retry_after, Some(3));
        assert_eq!(soon.into_response().headers()[header::RETRY_AFTER], "3");
    }

    #[test]
    fn codes_are_unique_and_in_the_order_of_their_names() {
        let names = Code::ALL.map(Code::as_str);
        assert!(names.is_sorted() && names.iter().collect::<std::collections::HashSet<_>>().len() == names.len());
    }
}
