//! From a request to what a handler works with. Handlers name these in the order in which they are checked.

use std::error::Error;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::FromRequest;
use axum::extract::FromRequestParts;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header;
use axum::http::request::Parts;
use bytes::Bytes;
use http_body_util::BodyExt;
use http_body_util::LengthLimitError;
use http_body_util::Limited;
use zeroize::Zeroize;
use zeroize::Zeroizing;

use crate::adapters::token::TokenError;
use crate::domain::caller::Caller;
use crate::domain::claims::Value;
use crate::domain::media_type::MediaType;
use crate::http::admission;
use crate::http::app::App;
use crate::http::context::Context;
use crate::http::error::ApiError;
use crate::http::error::ApiResult;
use crate::http::error::Code;

/// The client's address is within its limit; the request has been charged.
pub struct WithinAddressLimit;

impl FromRequestParts<Arc<App>> for WithinAddressLimit {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> ApiResult<Self> {
        admission::enter(context(parts)?)?;
        Ok(Self)
    }
}

/// A caller whose token was verified.
pub struct Authenticated(pub Arc<Caller>);

impl<S: Sync> FromRequestParts<S> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> ApiResult<Self> {
        let context = context(parts)?.clone();
        let token = bearer(&parts.headers)?;
        Ok(Self(context.snapshot.tokens.verify(token, context.now).await?))
    }
}

/// RFC 6750, 2.1. Any other scheme is as good as no credentials.
fn bearer(headers: &HeaderMap) -> ApiResult<&str> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let value = given.next().ok_or_else(|| ApiError::of(Code::MissingToken))?;
    let (scheme, token) = value.as_bytes().split_at_checked(SCHEME.len()).unwrap_or_default();
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return Err(ApiError::of(Code::MissingToken));
    }
    match (std::str::from_utf8(token.trim_ascii()), given.next()) {
        (Ok(token), None) if !token.is_empty() => Ok(token),
        _ => Err(ApiError::of(Code::InvalidToken)),
    }
}

const SCHEME: &[u8] = b"Bearer ";

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        Self::of(match error {
            TokenError::Expired => Code::ExpiredToken,
            TokenError::Invalid => Code::InvalidToken,
            TokenError::KeysUnavailable => Code::KeysUnavailable,
        })
    }
}

/// A body of one JSON value, wiped in the end: it may hold a client's key.
pub struct JsonBody(pub Zeroizing<Value>);

impl<S: Sync> FromRequest<S> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> ApiResult<Self> {
        let (parts, body) = request.into_parts();
        let context = context(&parts)?;
        if !is_json(&parts.headers) {
            return Err(ApiError::of(Code::UnsupportedMediaType));
        }
        let bytes = read(&parts.headers, body, context.snapshot.settings.server.max_body).await?;
        let read = serde_json::from_slice(&bytes).map(|value| Self(Zeroizing::new(value)));
        wipe(bytes);
        read.map_err(|error| ApiError::malformed(&error))
    }
}

/// Wipes what nobody else holds. A body that came in one piece may still lie in its connection's own buffer.
fn wipe(bytes: Bytes) {
    if let Ok(mut own) = bytes.try_into_mut() {
        own.as_mut().zeroize();
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut given = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (given.next(), given.next()) else { return false };
    if value == JSON {
        return true;
    }
    let media_type = value.to_str().ok().and_then(|text| MediaType::parse(text).ok());
    media_type.is_some_and(|media_type| media_type.essence().eq_ignore_ascii_case(JSON))
}

const JSON: &str = "application/json";

async fn read(headers: &HeaderMap, body: Body, most: u64) -> ApiResult<Bytes> {
    let too_large = || ApiError::of(Code::BodyTooLarge).with_detail(format!("Send a body of at most {most} bytes."));
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let limited = Limited::new(body, usize::try_from(most).unwrap_or(usize::MAX));
    match limited.collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(error) => Err(unread(error.as_ref())),
    }
}

fn unread(error: &dyn Error) -> ApiError {
    ApiError::of(Code::InvalidRequest).with_detail("Send the whole body, as its head announces it.").caused_by(error)
}

fn context(parts: &Parts) -> ApiResult<&Arc<Context>> {
    parts.extensions.get().ok_or_else(|| ApiError::internal("a request without its context"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_bearer_token_is_taken_as_rfc_6750_has_it() {
        let rows: [(&[&str], Result<&str, Code>); 10] = [
            (&["Bearer abc"], Ok("abc")),
            (&["bearer abc"], Ok("abc")),
            (&["BEARER  abc"], Ok("abc")),
            (&[], Err(Code::MissingToken)),
            (&[""], Err(Code::MissingToken)),
            (&["Basic YTpi"], Err(Code::MissingToken)),
            (&["Bearerabc"], Err(Code::MissingToken)),
            (&["Bearer "], Err(Code::InvalidToken)),
            (&["Bearer \u{e9}"], Ok("\u{e9}")),
            (&["Bearer abc", "Bearer abc"], Err(Code::InvalidToken)),
        ];
        for (values, expected) in rows {
            let headers = headers(header::AUTHORIZATION, values);
            assert_eq!(bearer(&headers).map_err(|error| error.code), expected, "{values:?}");
        }
    }

    #[test]
    fn only_json_is_json() {
        let rows: [(&[&str], bool); 9] = [
            (&["application/json"], true),
            (&["Application/JSON"], true),
            (&["application/json; charset=utf-8"], true),
            (&["application/json;charset=\"utf-8\""], true),
            (&["application/jsonx"], false),
            (&["application/problem+json"], false),
            (&["text/plain"], false),
            (&["application/json", "application/json"], false),
            (&[], false),
        ];
        for (values, expected) in rows {
            assert_eq!(is_json(&headers(header::CONTENT_TYPE, values)), expected, "{values:?}");
        }
    }

    #[tokio::test]
    async fn a_body_ends_at_its_bound() {
        let announced = headers(header::CONTENT_LENGTH, &["9"]);
        for (headers, length, expected) in [
            (HeaderMap::new(), 8, None),
            (HeaderMap::new(), 9, Some(Code::BodyTooLarge)),
            (announced, 0, Some(Code::BodyTooLarge)),
        ] {
            let read = read(&headers, Body::from(vec![b'x'; length]), 8).await;
            assert_eq!(read.err().map(|error| error.code), expected, "{length}");
        }
    }

    #[test]
    fn malformed_json_is_told_in_few_words() {
        let name = "x".repeat(10_000);
        for text in [&format!("{{\"{name}\":1,\"{name}\":2}}"), "{", "[1]x", "\"\u{0}\""] {
            let error = serde_json::from_str::<Value>(text).unwrap_err();
            let detail = ApiError::malformed(&error).problem("r").detail;
            assert!(detail.len() < 300, "{detail}");
        }
        assert!(serde_json::from_slice::<Value>(b"\"\xff\"").is_err(), "invalid UTF-8");
    }
}
