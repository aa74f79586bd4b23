//! What the document says of refusals: for each route its statuses, each with its codes.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::Content;
use utoipa::openapi::Header;
use utoipa::openapi::Ref;
use utoipa::openapi::RefOr;
use utoipa::openapi::Response;
use utoipa::openapi::ResponseBuilder;
use utoipa::openapi::ResponsesBuilder;
use utoipa::openapi::example::Example;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::schema::Type;

use crate::http::docs;
use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::http::problem::PROBLEM_JSON;

/// The routes, as far as their refusals differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    Batch,
    Contract,
    Diagnose,
    Grants,
    Objects,
    Presign,
    Upload,
}

impl Route {
    /// The codes that the route's own answers may have; in a batch those of its items stand in the answer.
    fn meets(self, code: Code) -> bool {
        match code {
            // Of no route: of what route for none, or in a way that it does not know.
            Code::MethodNotAllowed | Code::NotFound => false,
            Code::HeadersTooLarge | Code::InternalError | Code::Overloaded | Code::RequestTimeout => true,
            Code::ExpiredToken
            | Code::InvalidRequest
            | Code::InvalidToken
            | Code::KeysUnavailable
            | Code::MissingToken
            | Code::RateLimited => self != Self::Contract,
            Code::AuditUnavailable => matches!(self, Self::Presign | Self::Batch | Self::Objects | Self::Upload),
            Code::BodyTooLarge | Code::MalformedJson | Code::UnsupportedMediaType => {
                matches!(self, Self::Presign | Self::Batch | Self::Diagnose | Self::Upload)
            }
            Code::CredentialsUnavailable
            | Code::Denied
            | Code::GrantDisabled
            | Code::GrantNotSatisfied
            | Code::InsufficientAuthentication
            | Code::InvalidKey
            | Code::NoGrant
            | Code::NotSupportedByStore => matches!(self, Self::Objects | Self::Presign | Self::Upload),
            Code::ExpiresInTooLong => matches!(self, Self::Presign | Self::Upload),
        }
    }
}

/// The refusals of a route, a response for each status.
pub fn responses(route: Route) -> ResponsesBuilder {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in Code::ALL.into_iter().filter(|code| route.meets(*code)) {
        by_status.entry(code.status().as_u16()).or_default().push(code);
    }
    let responses = by_status.into_iter().map(|(status, codes)| (status.to_string(), response(route, &codes)));
    ResponsesBuilder::new().responses_from_iter(responses).response("default", any())
}

fn response(route: Route, codes: &[Code]) -> Response {
    let lines: Vec<_> = codes.iter().map(|code| format!("- `{}`: {}", code.as_str(), code.detail())).collect();
    let response = problem(ResponseBuilder::new().description(lines.join("\n")), codes);
    let response = if route == Route::Contract { response } else { docs::limited(response) };
    let first = codes.first().map(|code| ApiError::of(*code));
    let response = match first.as_ref().and_then(ApiError::retry_after_seconds) {
        Some(_) => docs::header(response, "Retry-After"),
        None => response,
    };
    match codes.contains(&Code::InvalidToken) {
        true => docs::header(response, "WWW-Authenticate").build(),
        false => response.build(),
    }
}

fn any() -> Response {
    let codes = [Code::MethodNotAllowed, Code::NotFound];
    problem(ResponseBuilder::new().description("Another path or method: `not_found`, `method_not_allowed`."), &codes)
        .build()
}

fn problem(response: ResponseBuilder, codes: &[Code]) -> ResponseBuilder {
    let named = |code: &Code| {
        let name = code.as_str();
        (name.to_owned(), RefOr::<Example>::Ref(Ref::new(format!("#/components/examples/{name}"))))
    };
    let content =
        Content::builder().schema(Some(docs::reference("Problem"))).examples_from_iter(codes.iter().map(named));
    docs::marked_builder(response.content(PROBLEM_JSON, content.build()))
}

/// A problem for each code.
pub fn examples() -> impl Iterator<Item = (&'static str, Example)> {
    Code::ALL.into_iter().map(|code| {
        let problem = ApiError::of(code).problem("01997e0a-7f6b-7c52-9a53-2f1f0b7c9a11");
        (code.as_str(), example(serde_json::to_value(problem).unwrap_or_default()))
    })
}

/// An example of that value.
pub fn example(value: Value) -> Example {
    ExampleBuilder::new().value(Some(value)).build()
}

/// The fields of answers.
pub fn headers() -> impl Iterator<Item = (&'static str, Header)> {
    let rows = [
        ("Cache-Control", Type::String, "`no-store`.", "no-store"),
        ("Location", Type::String, "A presigned URL: a bearer secret until it ends.", LOCATION),
        (
            "RateLimit",
            Type::String,
            "What is left of the tightest limit, and in how many seconds it is full again.",
            RATE_LIMIT,
        ),
        (
            "RateLimit-Policy",
            Type::String,
            "The burst of that limit, and in how many seconds it fills.",
            RATE_LIMIT_POLICY,
        ),
        ("Referrer-Policy", Type::String, "`no-referrer`.", "no-referrer"),
        ("Retry-After", Type::Integer, "Seconds after which another try may succeed.", "1"),
        (
            "WWW-Authenticate",
            Type::String,
            "RFC 6750; RFC 9470 with `insufficient_authentication`.",
            "Bearer realm=\"presignd\"",
        ),
        (
            "X-Request-Id",
            Type::String,
            "The request's name in the service's logs.",
            "01997e0a-7f6b-7c52-9a53-2f1f0b7c9a11",
        ),
    ];
    rows.into_iter().map(|(name, kind, meaning, example)| {
        let schema = ObjectBuilder::new().schema_type(kind.clone()).build();
        let example = if kind == Type::Integer { docs::value_of(example) } else { example.into() };
        (name, HeaderBuilder::new().schema(Some(schema)).description(Some(meaning)).example(Some(example)).build())
    })
}

const LOCATION: &str = "https://acme-media-prod.s3.eu-west-1.amazonaws.com/users/42/avatar.png?X-Amz-Algorithm=…";
const RATE_LIMIT: &str = "\"per_subject\";r=999;t=1";
const RATE_LIMIT_POLICY: &str = "\"per_subject\";q=1000;w=20";
