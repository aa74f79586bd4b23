//! CORS for pages on loopback: whoever writes an application beside `presignd dev` serves it from there.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html>

use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::Method;
use axum::http::Uri;
use axum::http::header;
use axum::http::request::Parts;

use crate::cli::dev::loopback;

/// What CORS makes of a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Cors {
    /// Not a page's, or not from where pages are let in: no header says anything.
    Silent,
    /// A preflight, answered at once.
    Preflight(HeaderMap),
    /// A preflight from a page that is not let in.
    PreflightRefused,
    /// A page's request, with what its answer must carry.
    Answer(HeaderMap),
}

/// Looks at a request.
pub fn of(parts: &Parts) -> Cors {
    let origin = parts.headers.get(header::ORIGIN);
    let wanted = parts.headers.get(header::ACCESS_CONTROL_REQUEST_METHOD).filter(|_| parts.method == Method::OPTIONS);
    match (origin.filter(|origin| is_loopback(origin)), wanted) {
        (Some(origin), Some(_)) => Cors::Preflight(preflight(origin, &parts.headers)),
        (Some(origin), None) => Cors::Answer(answer(origin)),
        (None, Some(_)) => Cors::PreflightRefused,
        (None, None) => Cors::Silent,
    }
}

fn is_loopback(origin: &HeaderValue) -> bool {
    let uri: Option<Uri> = origin.to_str().ok().and_then(|text| text.parse().ok());
    uri.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(loopback::is_loopback_host)
    })
}

fn answer(origin: &HeaderValue) -> HeaderMap {
    HeaderMap::from_iter([
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone()),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED)),
        (header::VARY, HeaderValue::from_static("Origin")),
    ])
}

fn preflight(origin: &HeaderValue, asked: &HeaderMap) -> HeaderMap {
    let mut fields = answer(origin);
    fields.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, PUT, POST, DELETE"));
    fields.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    if let Some(names) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        fields.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    fields
}

const EXPOSED: &str = "ETag, x-amz-request-id, x-amz-version-id, x-amz-checksum-crc32, x-amz-checksum-crc32c, \
                       x-amz-checksum-crc64nvme, x-amz-checksum-sha1, x-amz-checksum-sha256";

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn cors(method: &str, headers: &[(&str, &str)]) -> Cors {
        let request = Request::builder().method(method).uri("/media/a");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        of(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn pages_on_loopback_are_let_in_and_no_others() {
        let origins = [
            ("http://localhost:5173", true),
            ("http://127.0.0.1:8080", true),
            ("http://127.9.9.9", true),
            ("http://[::1]:3000", true),
            ("https://localhost", true),
            ("https://example.com", false),
            ("http://localhost.example.com", false),
            ("http://127.0.0.1.example.com", false),
            ("file://localhost", false),
            ("null", false),
        ];
        for (origin, let_in) in origins {
            match cors("PUT", &[("origin", origin)]) {
                Cors::Answer(fields) => assert!(let_in && fields["access-control-allow-origin"] == origin, "{origin}"),
                other => assert!(!let_in && other == Cors::Silent, "{origin}"),
            }
        }
    }

    #[test]
    fn a_preflight_gets_what_it_asks_for() {
        let ask = [
            ("origin", "http://localhost:5173"),
            ("access-control-request-method", "PUT"),
            ("access-control-request-headers", "content-type,x-amz-meta-a"),
        ];
        let Cors::Preflight(fields) = cors("OPTIONS", &ask) else { panic!("no preflight") };
        assert_eq!(fields["access-control-allow-headers"], "content-type,x-amz-meta-a");
        assert!(fields["access-control-allow-methods"].to_str().unwrap().contains("PUT"));
        assert!(fields["access-control-expose-headers"].to_str().unwrap().contains("ETag"));
        let foreign = [("origin", "https://example.com"), ("access-control-request-method", "PUT")];
        assert_eq!(cors("OPTIONS", &foreign), Cors::PreflightRefused);
    }
}
