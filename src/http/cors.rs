//! What browsers may do from other origins: the Fetch standard's CORS protocol. <https://fetch.spec.whatwg.org/>

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::Method;
use axum::http::Request;
use axum::http::Response;
use axum::http::header;
use axum::response::IntoResponse;

use crate::http::error;

/// The origins whose pages may read answers. Never with credentials: a token is no cookie.
#[derive(Debug, Default)]
pub struct Cors {
    origins: Vec<HeaderValue>,
}

impl Cors {
    /// Allows these origins, as browsers write them.
    pub fn of(origins: &[String]) -> Self {
        Self { origins: origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect() }
    }

    /// The request's origin, if it is one of the allowed.
    pub fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        self.origins.iter().find(|allowed| *allowed == origin).cloned()
    }

    /// Adds what an answer to that origin, or to none of the allowed, has to say.
    pub fn mark(&self, headers: &mut HeaderMap, origin: Option<HeaderValue>) {
        if !self.origins.is_empty() {
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(origin) = origin {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        }
    }
}

/// Whether a browser asks what it may send.
pub fn is_preflight<B>(request: &Request<B>) -> bool {
    let headers = request.headers();
    *request.method() == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a browser's question; one from a strange origin learns nothing of it.
pub fn preflight(origin: Option<&HeaderValue>) -> Response<Body> {
    let mut response = error::no_content().into_response();
    if origin.is_some() {
        response.headers_mut().extend(ALLOWED.map(|(name, value)| (name, HeaderValue::from_static(value))));
    }
    response
}

const ALLOWED: [(HeaderName, &str); 3] = [
    (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST"),
    (header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, X-Request-Id"),
    (header::ACCESS_CONTROL_MAX_AGE, "600"),
];

const EXPOSED: &str = "X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate";

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "https://app.example.com";

    fn request(method: Method, headers: &[(&'static str, &'static str)]) -> Request<()> {
        let mut request = Request::new(());
        *request.method_mut() = method;
        let pairs = headers.iter().map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()));
        request.headers_mut().extend(pairs);
        request
    }

    #[test]
    fn an_origin_is_compared_byte_for_byte() {
        let cors = Cors::of(&[OURS.to_owned(), "http://localhost:3000".to_owned()]);
        for (origin, expected) in [
            (OURS, true),
            ("http://localhost:3000", true),
            ("https://app.example.com:443", false),
            ("https://APP.example.com", false),
            ("https://app.example.com.evil.example", false),
            ("http://app.example.com", false),
            ("null", false),
        ] {
            let found = cors.allowed(request(Method::GET, &[("origin", origin)]).headers());
            assert_eq!(found.is_some_and(|found| found == origin), expected, "{origin}");
        }
    }

    #[test]
    fn answers_name_the_origin_only_to_those_allowed_and_always_vary() {
        let cors = Cors::of(&[OURS.to_owned()]);
        for (origin, expected) in [(Some(OURS), Some(OURS)), (Some("https://evil.example"), None), (None, None)] {
            let headers: Vec<_> = origin.map(|origin| ("origin", origin)).into_iter().collect();
            let mut answer = HeaderMap::new();
            cors.mark(&mut answer, cors.allowed(request(Method::GET, &headers).headers()));
            let named = answer.get(header::ACCESS_CONTROL_ALLOW_ORIGIN).map(|value| value.to_str().unwrap());
            assert_eq!(named, expected, "{origin:?}");
            assert_eq!(answer.contains_key(header::ACCESS_CONTROL_EXPOSE_HEADERS), expected.is_some(), "{origin:?}");
            assert_eq!(answer[header::VARY], "Origin", "{origin:?}");
            assert!(!answer.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS), "{origin:?}");
        }
    }

    #[test]
    fn a_preflight_is_an_options_request_of_a_browser() {
        let asks = [("origin", OURS), ("access-control-request-method", "POST")];
        assert!(is_preflight(&request(Method::OPTIONS, &asks)));
        assert!(!is_preflight(&request(Method::POST, &asks)));
        assert!(!is_preflight(&request(Method::OPTIONS, &asks[..1])));
        assert!(!is_preflight(&request(Method::OPTIONS, &asks[1..])));
    }

    #[test]
    fn a_preflight_tells_only_the_allowed_what_they_may_do() {
        let (allowed, stranger) = (preflight(Some(&HeaderValue::from_static(OURS))), preflight(None));
        assert_eq!((allowed.status().as_u16(), stranger.status().as_u16()), (204, 204));
        assert_eq!(allowed.headers()[header::ACCESS_CONTROL_ALLOW_METHODS], "GET, HEAD, POST");
        assert!(stranger.headers().is_empty());
    }
}
