//! The names of requests and of issued URLs, and the trace that a caller goes on with.

use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use uuid::NoContext;
use uuid::Timestamp;
use uuid::Uuid;

/// Carries a request's name, both ways.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a request is called: the caller's own word, if it is `[A-Za-z0-9._-]{1,64}`, else a UUIDv7.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The caller's word, or a fresh one.
    pub fn of(headers: &HeaderMap, now: SystemTime) -> Self {
        let mut given = headers.get_all(X_REQUEST_ID).iter();
        match (given.next(), given.next()) {
            (Some(word), None) if is_name(word.as_bytes()) => Self(word.clone()),
            _ => Self::fresh(now),
        }
    }

    /// A UUIDv7.
    pub fn fresh(now: SystemTime) -> Self {
        let mut text = Uuid::encode_buffer();
        let text: &str = uuid_v7(now).hyphenated().encode_lower(&mut text);
        Self(HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("-")))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// As the field's value.
    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

/// A fresh UUIDv7, RFC 9562.
pub fn uuid_v7(now: SystemTime) -> Uuid {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Uuid::new_v7(Timestamp::from_unix(NoContext, since.as_secs(), since.subsec_nanos()))
}

/// The trace id of a valid `traceparent`. <https://www.w3.org/TR/trace-context/#traceparent-header>
pub fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let mut given = headers.get_all("traceparent").iter();
    let (Some(value), None) = (given.next(), given.next()) else { return None };
    let mut fields = value.to_str().ok()?.trim().split('-');
    let (version, trace, parent, flags) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let known = version == "00" && fields.next().is_none();
    let later = is_hex(version, 2) && version != "00" && version != "ff";
    let valid = is_hex(trace, 32) && is_hex(parent, 16) && is_hex(flags, 2) && !is_zero(trace) && !is_zero(parent);
    (valid && (known || later)).then_some(trace)
}

fn is_name(word: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=64).contains(&word.len()) && word.iter().all(fits)
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_zero(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
        let values = values.iter().map(|value| HeaderValue::from_bytes(value.as_bytes()).unwrap());
        values.map(|value| (HeaderName::from_static(name), value)).collect()
    }

    #[test]
    fn a_caller_s_name_for_a_request_is_kept_if_it_is_one() {
        let long = "x".repeat(65);
        let kept = |values: &[&str]| RequestId::of(&headers("x-request-id", values), UNIX_EPOCH).as_str() == values[0];
        for (values, expected) in [
            (&["a-B_9.z"][..], true),
            (&[&long[1..]], true),
            (&[&long], false),
            (&[""], false),
            (&["a b"], false),
            (&["a/b"], false),
            (&["ä"], false),
            (&["a", "a"], false),
        ] {
            assert_eq!(kept(values), expected, "{values:?}");
        }
    }

    #[test]
    fn a_fresh_name_is_a_uuid_of_version_7_that_tells_the_time() {
        let now = UNIX_EPOCH + Duration::from_millis(1_764_000_000_123);
        let (one, other) = (RequestId::of(&HeaderMap::new(), now), RequestId::of(&HeaderMap::new(), now));
        let uuid = Uuid::parse_str(one.as_str()).unwrap();
        assert_eq!(uuid.get_version_num(), 7);
        assert_eq!(uuid.get_timestamp().unwrap().to_unix(), (1_764_000_000, 123_000_000));
        assert_ne!(one, other);
    }

    #[test]
    fn only_a_valid_traceparent_has_a_trace() {
        const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
        const ZERO: &str = "00000000000000000000000000000000";
        for (value, expected) in [
            (format!("00-{TRACE}-00f067aa0ba902b7-01"), Some(TRACE)),
            (format!("cc-{TRACE}-00f067aa0ba902b7-01"), Some(TRACE)),
            (format!("cc-{TRACE}-00f067aa0ba902b7-01-what-comes-later"), Some(TRACE)),
            (format!("00-{TRACE}-00f067aa0ba902b7-01-x"), None),
            (format!("ff-{TRACE}-00f067aa0ba902b7-01"), None),
            (format!("00-{ZERO}-00f067aa0ba902b7-01"), None),
            (format!("00-{TRACE}-0000000000000000-01"), None),
            (format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()), None),
            (format!("00-{TRACE}-00f067aa0ba902b7"), None),
            (format!("0-{TRACE}-00f067aa0ba902b7-01"), None),
            (String::new(), None),
        ] {
            assert_eq!(trace_id(&headers("traceparent", &[&value])), expected, "{value}");
        }
        let twice = format!("00-{TRACE}-00f067aa0ba902b7-01");
        assert_eq!(trace_id(&headers("traceparent", &[&twice, &twice])), None);
    }
}
