//! What S3 checks of a request and s3s does not: before s3s verifies its signature.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>

use axum::http::HeaderMap;
use axum::http::Method;
use axum::http::header;
use axum::http::request::Parts;

use crate::cli::dev::query;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("X-Amz-Expires must be a number of seconds from 1 to 604800")]
    Expires,
    #[error("Error parsing the X-Amz-Credential parameter; the region '{given}' is wrong; expecting '{0}'", given = .1)]
    Region(&'static str, String),
    #[error("Error parsing the X-Amz-Credential parameter; it must end in /{0}/s3/aws4_request")]
    Scope(&'static str),
    #[error("There were headers present in the request which were not signed")]
    HeadersNotSigned(Vec<String>),
    #[error("The provided token is malformed or otherwise invalid: this store gives out no sessions")]
    SessionToken,
    #[error("Only one auth mechanism allowed")]
    TwoMechanisms,
    #[error("The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")]
    OldSignature,
    #[error("You must provide the Content-Length HTTP header.")]
    NoLength,
    #[error("The specified method is not allowed against this resource.")]
    Method(Method),
}

/// Whether s3s may look at a request to a store in `region`.
pub fn admit(parts: &Parts, region: &'static str) -> Result<(), Refused> {
    if ![Method::GET, Method::HEAD, Method::PUT, Method::POST, Method::DELETE].contains(&parts.method) {
        return Err(Refused::Method(parts.method.clone()));
    }
    if parts.method == Method::PUT && !parts.headers.contains_key(header::CONTENT_LENGTH) {
        return Err(Refused::NoLength);
    }
    let parameters = Parameters(query::pairs(parts.uri.query().unwrap_or_default()));
    let authorization = parts.headers.get(header::AUTHORIZATION).map(|value| value.as_bytes());
    if parameters.named("Signature").is_some() || authorization.is_some_and(|value| value.starts_with(b"AWS ")) {
        return Err(Refused::OldSignature);
    }
    if parameters.named("X-Amz-Security-Token").is_some() || parts.headers.contains_key("x-amz-security-token") {
        return Err(Refused::SessionToken);
    }
    if parameters.named("X-Amz-Signature").is_none() {
        return Ok(());
    }
    if authorization.is_some() {
        return Err(Refused::TwoMechanisms);
    }
    admit_presigned(&parameters, &parts.headers, region)
}

fn admit_presigned(parameters: &Parameters, headers: &HeaderMap, region: &'static str) -> Result<(), Refused> {
    let seconds = parameters.named("X-Amz-Expires").and_then(|text| text.parse::<u32>().ok());
    if !seconds.is_some_and(|seconds| (1..=MAX_EXPIRES_SECONDS).contains(&seconds)) {
        return Err(Refused::Expires);
    }
    let scope = parameters.named("X-Amz-Credential").and_then(|text| text.split_once('/')?.1.split_once('/'));
    let given = scope.and_then(|(_day, rest)| rest.strip_suffix("/s3/aws4_request")).ok_or(Refused::Scope(region))?;
    if given != region {
        return Err(Refused::Region(region, given.to_owned()));
    }
    let signed = parameters.named("X-Amz-SignedHeaders").unwrap_or_default();
    let must_be_signed = |name: &&str| *name == "host" || name.starts_with("x-amz-");
    let unsigned: Vec<String> = headers
        .keys()
        .map(header::HeaderName::as_str)
        .filter(must_be_signed)
        .filter(|name| !signed.split(';').any(|known| known == *name))
        .map(str::to_owned)
        .collect();
    match unsigned.is_empty() {
        true => Ok(()),
        false => Err(Refused::HeadersNotSigned(unsigned)),
    }
}

/// Seven days.
const MAX_EXPIRES_SECONDS: u32 = 604_800;

struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// The first of that name; s3s refuses the request if there are more.
    fn named(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    const QUERY: &str = "X-Amz-Expires=60&X-Amz-Credential=KEY%2F20261124%2Fus-east-1%2Fs3%2Faws4_request\
         &X-Amz-SignedHeaders=content-type%3Bhost%3Bx-amz-meta-a&X-Amz-Signature=00";

    fn judge(method: &str, query: &str, headers: &[(&str, &str)]) -> Result<(), Refused> {
        let request = Request::builder().method(method).uri(format!("/media/a?{query}")).header("host", "s3.test");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        admit(&request.body(()).unwrap().into_parts().0, "us-east-1")
    }

    #[test]
    fn a_presigned_request_lives_from_a_second_to_a_week() {
        for (expires, good) in
            [("1", true), ("604800", true), ("0", false), ("604801", false), ("-1", false), ("a", false), ("", false)]
        {
            let query = QUERY.replace("Expires=60", &format!("Expires={expires}"));
            let expected = if good { Ok(()) } else { Err(Refused::Expires) };
            assert_eq!(judge("GET", &query, &[]), expected, "X-Amz-Expires {expires:?}");
        }
        assert_eq!(judge("GET", &QUERY.replace("X-Amz-Expires", "x-amz-expires"), &[]), Err(Refused::Expires));
    }

    #[test]
    fn the_scope_is_the_stores_own() {
        for (scope, expected) in [
            ("eu-west-1%2Fs3%2Faws4_request", Refused::Region("us-east-1", "eu-west-1".to_owned())),
            ("us-east-1%2Fsts%2Faws4_request", Refused::Scope("us-east-1")),
            ("us-east-1%2Fs3%2Faws4", Refused::Scope("us-east-1")),
        ] {
            let query = QUERY.replace("us-east-1%2Fs3%2Faws4_request", scope);
            assert_eq!(judge("GET", &query, &[]), Err(expected), "scope {scope}");
        }
    }

    #[test]
    fn every_amazon_header_of_a_presigned_request_must_be_signed() {
        let unsigned =
            |names: &[&str]| Err(Refused::HeadersNotSigned(names.iter().map(|name| (*name).to_owned()).collect()));
        type Headers = &'static [(&'static str, &'static str)];
        let cases: [(Headers, Result<(), Refused>); 7] = [
            (&[], Ok(())),
            (&[("x-amz-meta-a", "1"), ("content-type", "a/b"), ("range", "bytes=0-1")], Ok(())),
            (&[("x-amz-acl", "public-read")], unsigned(&["x-amz-acl"])),
            (&[("X-Amz-Copy-Source", "/media/b")], unsigned(&["x-amz-copy-source"])),
            (&[("x-amz-meta-b", "1")], unsigned(&["x-amz-meta-b"])),
            (&[("x-amz-content-sha256", "UNSIGNED-PAYLOAD")], unsigned(&["x-amz-content-sha256"])),
            (&[("authorization", "AWS4-HMAC-SHA256 x")], Err(Refused::TwoMechanisms)),
        ];
        for (headers, expected) in cases {
            assert_eq!(judge("GET", QUERY, headers), expected, "headers {headers:?}");
        }
        let query = QUERY.replace("%3Bhost", "");
        assert_eq!(judge("GET", &query, &[]), unsigned(&["host"]));
    }

    #[test]
    fn what_this_store_does_not_do_is_refused_before_anything_else() {
        assert_eq!(judge("PATCH", "", &[]), Err(Refused::Method(Method::PATCH)));
        assert_eq!(judge("PUT", QUERY, &[("transfer-encoding", "chunked")]), Err(Refused::NoLength));
        assert_eq!(judge("GET", "AWSAccessKeyId=a&Signature=b", &[]), Err(Refused::OldSignature));
        assert_eq!(judge("GET", "", &[("authorization", "AWS a:b")]), Err(Refused::OldSignature));
        assert_eq!(judge("GET", &format!("{QUERY}&X-Amz-Security-Token=t"), &[]), Err(Refused::SessionToken));
        assert_eq!(judge("GET", "", &[("x-amz-security-token", "t")]), Err(Refused::SessionToken));
    }
}
