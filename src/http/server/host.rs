//! Whom a request is for: it says so once, as a host and perhaps a port. hyper leaves that to its users.

use axum::http::HeaderValue;
use axum::http::Request;
use axum::http::Version;
use axum::http::header;
use axum::http::uri::Authority;

use crate::http::error::ApiError;
use crate::http::error::Code;

/// What is wrong with a request: a request extension, for whoever answers it.
#[derive(Debug, Clone)]
pub struct IllFormed(pub ApiError);

/// Marks a request that must not be answered otherwise than with 400.
/// <https://www.rfc-editor.org/rfc/rfc9112#section-3.2>
pub fn judge<B>(request: &mut Request<B>) {
    if let Some(fault) = fault(request) {
        request.extensions_mut().insert(IllFormed(ApiError::of(Code::InvalidRequest).with_detail(fault)));
    }
}

fn fault<B>(request: &Request<B>) -> Option<&'static str> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(_), Some(_)) => Some("Send one Host header field, not several."),
        (Some(host), None) if !is_host(host) => Some("Send a host, and perhaps a port, as Host."),
        (Some(_), None) => None,
        (None, _) if names_its_host(request) => None,
        (None, _) => Some("Send a Host header field."),
    }
}

/// HTTP/1.0 needs no name; HTTP/2 has another place for it, whose form its own code checks.
/// <https://www.rfc-editor.org/rfc/rfc9113#section-8.3.1>
fn names_its_host<B>(request: &Request<B>) -> bool {
    match request.version() {
        Version::HTTP_11 => false,
        Version::HTTP_2 => request.uri().authority().is_some(),
        _ => true,
    }
}

/// `uri-host [ ":" port ]`; an `http` URI's host is never empty.
/// <https://www.rfc-editor.org/rfc/rfc9110#section-7.2>
fn is_host(value: &HeaderValue) -> bool {
    let Ok(authority) = Authority::try_from(value.as_bytes()) else { return false };
    let (text, host) = (authority.as_str(), authority.host());
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    !host.is_empty()
        && text.strip_prefix(host).is_some_and(|rest| rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_and_perhaps_a_port() {
        let rows = [
            ("example.com", true),
            ("example.com:8080", true),
            ("example.com:", true),
            ("127.0.0.1:1", true),
            ("[::1]", true),
            ("[::1]:8080", true),
            ("xn--bcher-kva.example", true),
            ("", false),
            (":8080", false),
            ("a b", false),
            ("a,b", true),
            ("a/b", false),
            ("http://a", false),
            ("user@a", false),
            ("a@a", false),
            ("a:b", false),
            ("a:1:2", false),
            ("::1", false),
            ("[::1", false),
            ("a?b", false),
            ("a#b", false),
            ("b\u{fc}cher", false),
        ];
        for (host, expected) in rows {
            let value = HeaderValue::from_bytes(host.as_bytes()).unwrap();
            assert_eq!(is_host(&value), expected, "{host}");
        }
    }
}
