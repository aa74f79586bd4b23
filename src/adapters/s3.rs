//! Calls of S3 that are signed in their headers, whole, by `aws-sigv4`: for commands that ask the real buckets.
//!
//! What is signed here is an operator's own question. No caller's request comes this way, no `Permit` is involved, and
//! none of the code that makes URLs.

mod presigned;

use std::borrow::Cow;
use std::time::Duration;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::PayloadChecksumKind;
use aws_sigv4::http_request::PercentEncodingMode;
use aws_sigv4::http_request::SessionTokenMode;
use aws_sigv4::http_request::SignableBody;
use aws_sigv4::http_request::SignableRequest;
use aws_sigv4::http_request::SigningInstructions;
use aws_sigv4::http_request::SigningSettings;
use aws_sigv4::http_request::UriPathNormalizationMode;
use aws_sigv4::http_request::sign;
use aws_sigv4::sign::v4;
use aws_sigv4::sign::v4a;
use percent_encoding::AsciiSet;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;
use reqwest::Client;
use reqwest::Method;
use reqwest::Url;
use reqwest::header::HeaderMap;
use tokio::sync::OnceCell;

use crate::adapters::clock::Clock;
use crate::adapters::http_client;
use crate::adapters::http_client::BodyError;
use crate::adapters::http_client::NoClient;
use crate::adapters::http_client::Reach;
pub use crate::adapters::s3::presigned::Form;
pub use crate::adapters::s3::presigned::Life;
pub use crate::adapters::s3::presigned::encoded;
use crate::domain::endpoint::Signing;
use crate::domain::endpoint::Target;

/// A client of any S3. Follows no redirects; every call ends within [`TIMEOUT`].
pub struct S3 {
    clock: Clock,
    https: OnceCell<Client>,
    http: OnceCell<Client>,
    loopback: OnceCell<Client>,
}

/// A request to a bucket or to an object in it, before it is signed.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    pub method: &'a str,
    pub target: &'a Target,
    /// Taken literally; `None` for the bucket itself.
    pub key: Option<&'a str>,
    /// Names and values as they are. A sub-resource is a name with an empty value.
    pub query: &'a [(&'a str, &'a str)],
    /// What is signed beside `host`, `x-amz-date`, `x-amz-content-sha256` and `x-amz-security-token`.
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a [u8],
}

/// What came back, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Why there is no answer. No message holds a URL, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Client(#[from] NoClient),
    #[error("the request cannot be written as HTTP: {0}")]
    Request(String),
    /// There was no connection, or no answer in time.
    #[error("{0}")]
    Unreachable(String),
}

impl<'a> Call<'a> {
    /// A question about a bucket: `GET /?subresource`.
    pub fn of_bucket(target: &'a Target, query: &'a [(&'a str, &'a str)]) -> Self {
        Self { method: "GET", target, key: None, query, headers: &[], body: &[] }
    }
}

impl Answer {
    /// The value of a header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as text; what is no UTF-8 becomes U+FFFD.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

impl S3 {
    /// A client that signs at that clock's time.
    pub fn new(clock: Clock) -> Self {
        Self { clock, https: OnceCell::new(), http: OnceCell::new(), loopback: OnceCell::new() }
    }

    /// Signs a call with these credentials, sends it, and gives what comes back.
    pub async fn call(&self, call: &Call<'_>, credentials: &Credentials) -> Result<Answer, CallError> {
        let url = url_of(call)?;
        let signed = self.signature(call, &url, credentials)?;
        let given = call.headers.iter().map(|(name, value)| (*name, *value));
        let headers: Vec<_> = given.chain(signed.headers()).collect();
        self.send(call.method, url.as_str(), &headers, call.body.to_vec()).await
    }

    /// Sends a request as it is, such as a presigned URL's, and gives what comes back.
    pub async fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, CallError> {
        let url = exact(url)?;
        let method = Method::from_bytes(method.as_bytes()).map_err(unwritable)?;
        let client = self.client(&url).await?;
        let request = client.request(method, url);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(body);
        let request = request.build().map_err(|error| CallError::Request(http_client::told(error)))?;
        let answer = client.execute(request).await.map_err(|error| CallError::Unreachable(http_client::told(error)))?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Ok(Answer { status, headers, body: http_client::body(answer, MAX_BYTES).await? })
    }

    async fn client(&self, url: &Url) -> Result<&Client, CallError> {
        let reach = Reach::of(url).ok_or_else(|| CallError::Request("neither https nor http".to_owned()))?;
        let cell = match reach {
            Reach::Https => &self.https,
            Reach::Http => &self.http,
            Reach::Loopback => &self.loopback,
        };
        Ok(cell.get_or_try_init(|| http_client::client(reach, TIMEOUT)).await?)
    }

    /// The headers that sign a call.
    fn signature(
        &self,
        call: &Call<'_>,
        url: &Url,
        credentials: &Credentials,
    ) -> Result<SigningInstructions, CallError> {
        let manner = Manner { time: self.clock.now(), settings: settings(), body: SignableBody::Bytes(call.body) };
        signed(call, url, credentials, manner)
    }
}

/// When and how a call is signed, and what of its body.
struct Manner<'b> {
    time: SystemTime,
    settings: SigningSettings,
    body: SignableBody<'b>,
}

/// What `aws-sigv4` adds to a call.
fn signed(
    call: &Call<'_>,
    url: &Url,
    credentials: &Credentials,
    manner: Manner<'_>,
) -> Result<SigningInstructions, CallError> {
    let identity = credentials.clone().into();
    let (target, Manner { time, settings, body }) = (call.target, manner);
    let parameters = match target.signing {
        Signing::SigV4 => {
            let parameters = v4::SigningParams::builder().identity(&identity).region(&target.region);
            let parameters = parameters.name(target.service).time(time).settings(settings);
            parameters.build().map_err(unwritable)?.into()
        }
        Signing::SigV4A => {
            let parameters = v4a::SigningParams::builder().identity(&identity).region_set(&target.region);
            let parameters = parameters.name(target.service).time(time).settings(settings);
            parameters.build().map_err(unwritable)?.into()
        }
    };
    let headers = call.headers.iter().copied();
    let request = SignableRequest::new(call.method, url.as_str(), headers, body).map_err(unwritable)?;
    Ok(sign(request, &parameters).map_err(unwritable)?.into_parts().0)
}

/// S3's: what the crate does by itself is for all other services.
fn settings() -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    settings.session_token_mode = SessionTokenMode::Include;
    settings
}

fn url_of(call: &Call<'_>) -> Result<Url, CallError> {
    let Target { scheme, host, base_path, .. } = call.target;
    let path = match call.key {
        Some(key) => format!("{base_path}/{}", utf8_percent_encode(key, PATH)),
        None if base_path.is_empty() => "/".to_owned(),
        None => base_path.clone(),
    };
    let encoded = |text| utf8_percent_encode(text, QUERY);
    let pairs: Vec<String> =
        call.query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    let mark = if pairs.is_empty() { "" } else { "?" };
    exact(&format!("{}://{host}{path}{mark}{}", scheme.as_str(), pairs.join("&")))
}

/// The URL, if its path and query leave as they stand: a parser of URLs folds dots.
fn exact(text: &str) -> Result<Url, CallError> {
    let url = Url::parse(text).map_err(unwritable)?;
    let (_, rest) = text.split_once("://").unwrap_or_default();
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    match rest.find('/').and_then(|start| rest.get(start..)) == Some(&format!("{}{query}", url.path())) {
        true => Ok(url),
        false => Err(CallError::Request("its path would not leave as it stands".to_owned())),
    }
}

fn unwritable(error: impl std::fmt::Display) -> CallError {
    CallError::Request(error.to_string())
}

/// All but RFC 3986's unreserved characters.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PATH: &AsciiSet = &QUERY.remove(b'/');

/// Of a call, from the connection to the last byte of the answer.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// The largest answer that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::scheme::Scheme;

    fn target(host: &str, base_path: &str) -> Target {
        Target {
            scheme: Scheme::Https,
            authority: host.to_owned(),
            host: host.to_owned(),
            base_path: base_path.to_owned(),
            region: "us-east-1".to_owned(),
            service: "s3",
            signing: Signing::SigV4,
        }
    }

    /// Of 24 May 2013, 00:00:00 UTC, as in AWS's examples.
    fn signed(call: &Call<'_>, credentials: &Credentials) -> Vec<(String, String)> {
        let clock = Clock::told_by(|| std::time::UNIX_EPOCH + Duration::from_secs(1_369_353_600));
        let signed = S3::new(clock).signature(call, &url_of(call).unwrap(), credentials).unwrap();
        signed.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn example(session_token: Option<&str>) -> Credentials {
        let (id, secret) = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        Credentials::new(id, secret, session_token.map(str::to_owned), None, "test")
    }

    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>
    #[test]
    fn a_call_is_signed_as_in_aws_s_examples() {
        let target = target("examplebucket.s3.amazonaws.com", "");
        let lifecycle = Call::of_bucket(&target, &[("lifecycle", "")]);
        let list = Call::of_bucket(&target, &[("max-keys", "2"), ("prefix", "J")]);
        let put = Call {
            method: "PUT",
            key: Some("test$file.text"),
            query: &[],
            headers: &[("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
            body: b"Welcome to Amazon S3.",
            ..lifecycle
        };
        for (call, expected) in [
            (lifecycle, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
            (list, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
            (put, "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
        ] {
            let headers = signed(&call, &example(None));
            let authorization = &headers.iter().find(|(name, _)| name == "authorization").unwrap().1;
            assert_eq!(authorization.rsplit_once("Signature=").unwrap().1, expected, "{call:?}");
        }
    }

    #[test]
    fn a_session_s_token_is_sent_and_signed() {
        let target = target("s3.example.net", "/bucket");
        let headers = signed(&Call::of_bucket(&target, &[]), &example(Some("session")));
        let named = |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        assert_eq!(named("x-amz-security-token"), Some("session"));
        assert!(named("authorization").unwrap().contains("x-amz-security-token"), "{headers:?}");
    }

    #[test]
    fn a_url_names_the_bucket_and_the_key_as_they_are() {
        let (in_host, in_path) = (target("b.s3.test", ""), target("127.0.0.1:9000", "/base/b"));
        type Row<'a> = (&'a Target, Option<&'a str>, &'a [(&'a str, &'a str)], &'a str);
        let rows: [Row<'_>; 6] = [
            (&in_host, None, &[], "https://b.s3.test/"),
            (&in_host, None, &[("versioning", "")], "https://b.s3.test/?versioning="),
            (&in_path, None, &[("cors", "")], "https://127.0.0.1:9000/base/b?cors="),
            (&in_path, Some("a b/ü%2f+?#"), &[], "https://127.0.0.1:9000/base/b/a%20b/%C3%BC%252f%2B%3F%23"),
            (&in_host, Some("a//b/"), &[], "https://b.s3.test/a//b/"),
            (&in_host, None, &[("prefix", "a b/+&=")], "https://b.s3.test/?prefix=a%20b%2F%2B%26%3D"),
        ];
        for (target, key, query, expected) in rows {
            let call = Call { key, ..Call::of_bucket(target, query) };
            assert_eq!(url_of(&call).map(String::from).as_deref(), Ok(expected));
        }
        for key in ["a/../b", "..", "a/./b"] {
            let call = Call { key: Some(key), ..Call::of_bucket(&in_host, &[]) };
            assert!(matches!(url_of(&call), Err(CallError::Request(_))), "{key}");
        }
    }
}
