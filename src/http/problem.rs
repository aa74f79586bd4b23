//! Problem documents, RFC 9457: what a refusal tells its caller.

use std::fmt::Write;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::Response;
use axum::http::header;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::error::ApiError;
use crate::http::error::Code;

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
    /// What is wrong with single members of the request; of very many the first.
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

impl ApiError {
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
        let errors = self.errors.iter().map(|error| ProblemMember {
            pointer: format!("{root}{}", fragment(&error.pointer)),
            detail: error.detail.clone(),
        });
        let code = self.code.as_str();
        Problem {
            kind: format!("https://presignd.dev/problems/{code}"),
            title: self.code.title().to_owned(),
            status: self.code.status().as_u16(),
            detail: self.detail.as_deref().unwrap_or(self.code.detail()).to_owned(),
            code: code.to_owned(),
            request_id: request_id.to_owned(),
            errors: errors.collect(),
            max_expires_in: self.max_expires_in,
            retry_after: self.retry_after_seconds(),
        }
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

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;
    use crate::domain::refusal::MemberError;
    use crate::domain::refusal::Refusal;
    use crate::domain::refusal::RefusalCode;

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
            step_up: None,
        };
        let json = json_of(&ApiError::from(refusal).problem("r"));
        assert_eq!((&json["status"], &json["detail"]), (&400.into(), &"at most an hour".into()));
        assert_eq!(json["errors"][0]["pointer"], "#/expires_in");
        assert_eq!(json["max_expires_in"], 3600);
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
