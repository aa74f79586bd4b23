//! Every refusal to its status, code and problem document (RFC 9457): the only file that knows status codes.

use std::borrow::Cow;
use std::fmt;
use std::fmt::Write;
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::Response;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::refusal::MemberError;
use crate::domain::refusal::Refusal;
use crate::domain::refusal::RefusalCode;

/// What a handler gives.
pub type ApiResult<T> = Result<T, ApiError>;

/// A refusal on its way to the caller.
///
/// As a response it has its status and headers; the body, which names the request, is written where the request ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    pub code: Code,
    detail: Option<Cow<'static, str>>,
    /// Pointers from the root of the request, or of the item of a batch.
    errors: Vec<MemberError>,
    max_expires_in: Option<u32>,
    retry_after: Option<Duration>,
    /// For the log, never for the caller.
    cause: Option<String>,
}

impl ApiError {
    /// The refusal of that code, with the code's own words.
    pub fn of(code: Code) -> Self {
        Self { code, detail: None, errors: Vec::new(), max_expires_in: None, retry_after: None, cause: None }
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

    /// With the time after which another try may succeed.
    pub fn with_retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// With what went wrong, for the log.
    pub fn caused_by(self, cause: impl fmt::Display) -> Self {
        Self { cause: Some(cause.to_string()), ..self }
    }

    /// What went wrong, for the log.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The whole document about the request of that id.
    pub fn problem(&self, request_id: &str) -> Problem {
        self.problem_at("#", request_id)
    }

    /// The document about one item of a batch, counted from 0.
    pub fn problem_of_item(&self, item: usize, request_id: &str) -> Problem {
        self.problem_at(&format!("#/requests/{item}"), request_id)
    }

    /// A whole HTTP/1.1 response that closes the connection, for callers with whom no HTTP request came about.
    pub fn closing_response(&self, request_id: &str, date: &str) -> Vec<u8> {
        let status = self.code.status();
        let body = self.problem(request_id).json();
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: {PROBLEM_JSON}\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
             x-request-id: {request_id}\r\ndate: {date}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        [head.into_bytes(), body].concat()
    }

    fn problem_at(&self, root: &str, request_id: &str) -> Problem {
        let row = self.code.row();
        let errors = self.errors.iter().map(|error| ProblemMember {
            pointer: format!("{root}{}", fragment(&error.pointer)),
            detail: error.detail.clone(),
        });
        Problem {
            kind: format!("https://presignd.dev/problems/{}", row.code),
            title: row.title.to_owned(),
            status: row.status.as_u16(),
            detail: self.detail.as_deref().unwrap_or(row.detail).to_owned(),
            code: row.code.to_owned(),
            request_id: request_id.to_owned(),
            errors: errors.collect(),
            max_expires_in: self.max_expires_in,
            retry_after: self.retry_after_seconds(),
        }
    }

    /// Whole seconds, rounded up, at least one; every 429 and 503 has them.
    fn retry_after_seconds(&self) -> Option<u64> {
        let wait = self.retry_after.or_else(|| self.code.usual_wait())?;
        Some((wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1))
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self {
            detail: refusal.detail.map(Cow::Owned),
            errors: refusal.errors,
            max_expires_in: refusal.max_expires_in,
            ..Self::of(refusal.code.into())
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.code.status();
        let headers = response.headers_mut();
        if let Some(challenge) = self.code.challenge() {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(seconds) = self.retry_after_seconds() {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the body of a response that an [`ApiError`] became, and gives back that error.
pub fn write_problem(response: &mut Response<Body>, request_id: &str) -> Option<ApiError> {
    let error = response.extensions_mut().remove::<ApiError>()?;
    let body = error.problem(request_id).json();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    headers.insert(header::CONTENT_LENGTH, body.len().into());
    *response.body_mut() = Body::from(body);
    Some(error)
}

/// The media type of a problem document.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A problem document, RFC 9457: why a request, or one item of a batch, was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// Names the kind of problem: `https://presignd.dev/problems/CODE`.
    #[serde(rename = "type")]
    #[schema(format = "uri", example = "https://presignd.dev/problems/no_grant")]
    pub kind: String,
    /// The kind of problem in a few words.
    #[schema(example = "No grant")]
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 403)]
    pub status: u16,
    /// What to change, in one sentence.
    #[schema(example = "Ask for a bucket, key and operation that one of your grants covers (GET /v1/grants).")]
    pub detail: String,
    /// What a program decides by: stable.
    #[schema(schema_with = code_schema)]
    pub code: String,
    /// Names this request in the service's logs.
    #[schema(example = "01997e0a-7f6b-7c52-9a53-2f1f0b7c9a11")]
    pub request_id: String,
    /// What is wrong with single members of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<ProblemMember>,
    /// With `expires_in_too_long`: the most that may be asked, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 604800)]
    pub max_expires_in: Option<u32>,
    /// Seconds after which another try may succeed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    pub retry_after: Option<u64>,
}

/// What is wrong with one member of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProblemMember {
    /// Where the member is, or should be, in the body: a JSON pointer (RFC 6901) as a URI fragment. `#`, or in a batch
    /// the item, where no member could mend it.
    #[schema(example = "#/content_type")]
    pub pointer: String,
    /// What is wrong, or what would be right.
    #[schema(example = "the grant allows image/png and image/jpeg")]
    pub detail: String,
}

impl Problem {
    /// The document as bytes.
    pub fn json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// A JSON pointer as a URI fragment, RFC 6901, 6.
fn fragment(pointer: &str) -> String {
    let mut text = String::with_capacity(pointer.len());
    for byte in pointer.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => text.push(byte.into()),
            _ if b"-._~!$&'()*+,;=:@/?".contains(&byte) => text.push(byte.into()),
            _ => _ = write!(text, "%{byte:02X}"),
        }
    }
    text
}

fn code_schema() -> utoipa::openapi::schema::Object {
    utoipa::openapi::schema::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .description(Some("What a program decides by: stable."))
        .enum_values(Some(Code::ALL.map(Code::as_str)))
        .build()
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
    Overloaded,
    RateLimited,
    RequestTimeout,
    UnsupportedMediaType,
}

impl Code {
    /// Every code, in the order of the names.
    pub const ALL: [Self; 23] = [
        Self::AuditUnavailable,
        Self::BodyTooLarge,
        Self::CredentialsUnavailable,
        Self::Denied,
        Self::ExpiredToken,
        Self::ExpiresInTooLong,
        Self::GrantDisabled,
        Self::GrantNotSatisfied,
        Self::HeadersTooLarge,
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

    /// Whether the fault is the service's own.
    pub fn is_ours(self) -> bool {
        self.status().is_server_error()
    }

    /// RFC 6750, 3: a challenge with every 401, without an error where the request had no credentials.
    fn challenge(self) -> Option<&'static str> {
        match self {
            Self::MissingToken => Some("Bearer realm=\"presignd\""),
            Self::InvalidToken => Some(
                "Bearer realm=\"presignd\", error=\"invalid_token\", error_description=\"the token is not accepted\"",
            ),
            Self::ExpiredToken => Some(
                "Bearer realm=\"presignd\", error=\"invalid_token\", error_description=\"the token has expired\"",
            ),
            _ => None,
        }
    }

    /// How long to wait where nothing better is known; only what passes by itself has one.
    fn usual_wait(self) -> Option<Duration> {
        match self.status() {
            StatusCode::TOO_MANY_REQUESTS => Some(Duration::from_secs(1)),
            StatusCode::SERVICE_UNAVAILABLE if self == Self::Overloaded => Some(Duration::from_secs(1)),
            StatusCode::SERVICE_UNAVAILABLE => Some(Duration::from_secs(10)),
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
            RefusalCode::InvalidKey => Self::InvalidKey,
            RefusalCode::InvalidRequest => Self::InvalidRequest,
            RefusalCode::NoGrant => Self::NoGrant,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json_of(problem: &Problem) -> serde_json::Value {
        serde_json::from_slice(&problem.json()).unwrap()
    }

    #[test]
    fn a_problem_has_the_members_of_the_contract_and_no_empty_ones() {
        assert_eq!(
            json_of(&ApiError::of(Code::NotFound).problem("r-1")),
            serde_json::json!({
                "type": "https://presignd.dev/problems/not_found", "title": "Not found", "status": 404,
                "detail": "Use one of the paths in GET /openapi.json.", "code": "not_found", "request_id": "r-1",
            })
        );
    }

    #[test]
    fn a_pointer_begins_at_the_body_s_root_also_in_a_batch() {
        let error = ApiError::invalid("/metadata/a b~1", "too long");
        let pointer = |problem: Problem| problem.errors.first().unwrap().pointer.clone();
        assert_eq!(pointer(error.problem("r")), "#/metadata/a%20b~1");
        assert_eq!(pointer(error.problem_of_item(3, "r")), "#/requests/3/metadata/a%20b~1");
        assert_eq!(pointer(ApiError::invalid("", "no").problem("r")), "#");
        assert_eq!(pointer(ApiError::invalid("", "no").problem_of_item(0, "r")), "#/requests/0");
    }

    #[test]
    fn a_refusal_keeps_its_words_its_errors_and_the_longest_expiry() {
        let refusal = Refusal {
            code: RefusalCode::ExpiresInTooLong,
            detail: Some("at most an hour".into()),
            grant: None,
            errors: vec![MemberError::at("/expires_in", "at most 3600")],
            max_expires_in: Some(3600),
        };
        let json = json_of(&ApiError::from(refusal).problem("r"));
        assert_eq!((&json["status"], &json["detail"]), (&400.into(), &"at most an hour".into()));
        assert_eq!(json["errors"][0]["pointer"], "#/expires_in");
        assert_eq!(json["max_expires_in"], 3600);
    }

    #[test]
    fn every_401_has_a_challenge_and_only_a_bad_token_has_an_error() {
        for code in Code::ALL {
            let response = ApiError::of(code).into_response();
            let challenge = response.headers().get(header::WWW_AUTHENTICATE).map(|value| value.to_str().unwrap());
            assert_eq!(challenge.is_some(), code.status() == StatusCode::UNAUTHORIZED, "{code:?}");
            let names_an_error = challenge.is_some_and(|text| text.contains("error=\"invalid_token\""));
            assert_eq!(names_an_error, matches!(code, Code::InvalidToken | Code::ExpiredToken), "{code:?}");
        }
    }

    #[test]
    fn every_429_and_503_says_when_to_come_again_in_header_and_body() {
        for code in Code::ALL {
            let again = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&code.status());
            let error = ApiError::of(code);
            assert_eq!(error.problem("r").retry_after.is_some(), again, "{code:?}");
            assert_eq!(error.into_response().headers().contains_key(header::RETRY_AFTER), again, "{code:?}");
        }
        let soon = ApiError::of(Code::RateLimited).with_retry_after(Duration::from_millis(2_001));
        assert_eq!(soon.problem("r").retry_after, Some(3));
        assert_eq!(soon.into_response().headers()[header::RETRY_AFTER], "3");
    }

    #[test]
    fn codes_are_unique_and_in_the_order_of_their_names() {
        let names = Code::ALL.map(Code::as_str);
        assert!(names.is_sorted() && names.iter().collect::<std::collections::HashSet<_>>().len() == names.len());
    }

    #[test]
    fn the_cause_stays_in_the_house() {
        let mut response = ApiError::internal("disk on fire").into_response();
        let error = write_problem(&mut response, "r").unwrap();
        assert_eq!(error.cause(), Some("disk on fire"));
        assert!(!String::from_utf8(error.problem("r").json()).unwrap().contains("fire"));
        let length: usize = response.headers()[header::CONTENT_LENGTH].to_str().unwrap().parse().unwrap();
        assert_eq!(length, error.problem("r").json().len());
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
    }

    #[test]
    fn a_closing_response_is_whole() {
        let bytes = ApiError::of(Code::RequestTimeout).closing_response("r-1", "Tue, 24 Nov 2026 08:00:00 GMT");
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{head}");
        assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())), "{head}");
        assert!(head.ends_with("\r\nconnection: close"), "{head}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(body).unwrap()["request_id"], "r-1");
    }
}
