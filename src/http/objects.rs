//! `GET` and `HEAD /v1/objects/{bucket}/{key}`: a redirect to a fresh URL of the object.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::extract::State;
use axum::http::Method;
use axum::http::Response;
use axum::http::Uri;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use percent_encoding::percent_decode_str;

use crate::domain::claims::Value;
use crate::domain::lifetime::Asked;
use crate::domain::lifetime::Lifetime;
use crate::domain::operation::Operation;
use crate::domain::refusal::MemberError;
use crate::domain::request::Request;
use crate::domain::request::Unreadable;
use crate::http::app::App;
use crate::http::context::Context;
use crate::http::decided;
use crate::http::error::ApiError;
use crate::http::error::ApiResult;
use crate::http::error::Code;
use crate::http::extract::Authenticated;
use crate::http::extract::WithinAddressLimit;
use crate::http::reply::Redirect;

/// Leads to a URL that lives a minute at most. Reads without members sign no header but `host`, so that whoever
/// follows has nothing to add.
pub async fn redirect(
    State(app): State<Arc<App>>,
    Extension(context): Extension<Arc<Context>>,
    Reading(operation): Reading,
    _: WithinAddressLimit,
    Authenticated(caller): Authenticated,
    target: Uri,
) -> ApiResult<Redirect> {
    let mut issued = decided::issue(&app, &context, &caller, asked(operation, &target)).await?;
    Redirect::to(std::mem::take(&mut issued.url))
}

/// What metrics and documents call it.
pub const ROUTE: &str = "/v1/objects/{bucket}/{key}";

/// The paths as the router knows them: a key has slashes, and an empty one is refused as such.
pub const PATHS: [&str; 2] = ["/v1/objects/{bucket}/{*key}", "/v1/objects/{bucket}/"];

/// What the method stands for. The router's own refusal of another would tell of the methods also where the route is
/// switched off.
pub struct Reading(Operation);

impl<S: Sync> FromRequestParts<S> for Reading {
    type Rejection = Response<Body>;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response<Body>> {
        match parts.method {
            Method::GET => Ok(Self(Operation::GetObject)),
            Method::HEAD => Ok(Self(Operation::HeadObject)),
            _ => Err(([(header::ALLOW, "GET,HEAD")], ApiError::of(Code::MethodNotAllowed)).into_response()),
        }
    }
}

/// Reads the path as it came, before anybody has decoded or folded it. The query would not be signed.
fn asked(operation: Operation, target: &Uri) -> Result<Request, Unreadable> {
    if target.query().is_some() {
        let mend = "ask without a query; a ? in a key is written %3F";
        return Err(Unreadable::Shape(vec![MemberError::at("", mend)]));
    }
    let (bucket, key) = target.path().strip_prefix(BEFORE).and_then(|rest| rest.split_once('/')).unwrap_or_default();
    let bucket = decoded(bucket).ok_or_else(|| Unreadable::Shape(vec![MemberError::at("/bucket", UNDECODABLE)]))?;
    let decoded = decoded(key);
    let members = [("operation", operation.as_str()), ("bucket", &bucket), ("key", decoded.as_deref().unwrap_or(key))];
    let members = members.map(|(name, text)| (name.to_owned(), Value::String(text.to_owned())));
    let request = Request::parse(&Value::Object(members.into()))?;
    match decoded {
        Some(_) => Ok(Request { expires_in: Asked::AtMost(Lifetime::MINUTE), ..request }),
        None => Err(Unreadable::Key {
            operation,
            bucket,
            key: key.to_owned(),
            parameters: Box::default(),
            error: MemberError::at("/key", UNDECODABLE),
        }),
    }
}

const BEFORE: &str = "/v1/objects/";

const UNDECODABLE: &str = "write it in UTF-8, with % before two hexadecimal digits alone";

/// Decodes `%XX`, once. A `+` is a plus. `None` for another `%`, and where the bytes are no UTF-8.
fn decoded(text: &str) -> Option<String> {
    let is_byte = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
    let mut escapes = text.split('%').skip(1);
    let is_encoded = escapes.all(|rest| rest.as_bytes().get(..2).is_some_and(is_byte));
    let bytes = is_encoded.then(|| percent_decode_str(text))?;
    bytes.decode_utf8().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(target: &str) -> Result<Request, Unreadable> {
        asked(Operation::GetObject, &target.parse().unwrap())
    }

    #[test]
    fn a_path_is_decoded_once_and_then_a_key_is_a_key() {
        for (path, expected) in [
            ("media/a", Ok(("media", "a"))),
            ("media/a/b/", Ok(("media", "a/b/"))),
            ("media/a%2Fb%2fc", Ok(("media", "a/b/c"))),
            ("media/%252e%252e/a", Ok(("media", "%2e%2e/a"))),
            ("media/a%2525", Ok(("media", "a%25"))),
            ("media/a+b%20c", Ok(("media", "a+b c"))),
            ("media/%C3%A4%3F%23", Ok(("media", "ä?#"))),
            ("media/ä", Ok(("media", "ä"))),
            ("m%65dia/a", Ok(("media", "a"))),
            ("m%2Fx/a", Ok(("m/x", "a"))),
            ("media/", Err("/key")),
            ("media//a", Err("/key")),
            ("media/%2Fa", Err("/key")),
            ("media/a/../b", Err("/key")),
            ("media/a/%2e%2E/b", Err("/key")),
            ("media/./a", Err("/key")),
            ("media/a\\b", Err("/key")),
            ("media/a%5Cb", Err("/key")),
            ("media/a%00", Err("/key")),
            ("media/a%C2%85", Err("/key")),
            ("media/%FF", Err("/key")),
            ("media/%C0%AE%C0%AE/a", Err("/key")),
            ("media/100%", Err("/key")),
            ("media/%2", Err("/key")),
            ("media/%zz", Err("/key")),
            ("media/%+1", Err("/key")),
            ("m%FF/a", Err("/bucket")),
            ("m%/a", Err("/bucket")),
            ("media/a?", Err("")),
            ("media/a?versionId=1", Err("")),
        ] {
            let found = match read(&format!("{BEFORE}{path}")) {
                Ok(request) => Ok((request.bucket, request.object.as_str().to_owned())),
                Err(Unreadable::Key { error, .. }) => Err(error.pointer),
                Err(Unreadable::Shape(errors)) => Err(errors[0].pointer.clone()),
            };
            let expected = expected.map(|(bucket, key)| (bucket.to_owned(), key.to_owned())).map_err(str::to_owned);
            assert_eq!(found, expected, "{path}");
        }
    }

    #[test]
    fn a_key_without_end_is_refused_before_anybody_writes_it_down() {
        for (key, is_shape) in [("x".repeat(1025), false), ("x".repeat(4097), true), ("%FF".repeat(1366), true)] {
            let refused = read(&format!("{BEFORE}media/{key}")).unwrap_err();
            assert_eq!(matches!(refused, Unreadable::Shape(_)), is_shape, "{}", key.len());
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_byte_by_byte_is_asked_for_as_it_was(key in "\\PC{1,200}") {
            let encoded: String = key.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let found = read(&format!("{BEFORE}media/{encoded}"));
            let body = format!("{{\"operation\":\"GetObject\",\"bucket\":\"media\",\"key\":{}}}", serde_json::json!(key));
            let asked = Request::parse(&serde_json::from_str(&body).unwrap());
            let minute = |request| Request { expires_in: Asked::AtMost(Lifetime::MINUTE), ..request };
            prop_assert_eq!(found, asked.map(minute));
        }

        #[test]
        fn no_path_is_too_strange(path in "[!$-;=@-_a-z|~]{0,80}") {
            let _ = read(&format!("{BEFORE}{path}"));
        }
    }
}
