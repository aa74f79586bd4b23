//! One GET of what an issuer publishes: no redirects, no proxies to loopback, a limit on time and on size.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Certificate;
use reqwest::Client;
use reqwest::StatusCode;
use reqwest::Url;
use reqwest::header::AGE;
use reqwest::header::AUTHORIZATION;
use reqwest::header::CACHE_CONTROL;
use reqwest::header::HeaderMap;
use reqwest::header::HeaderValue;

use super::guard::Bounds;
use super::guard::Guard;
use super::guard::Resolver;
use crate::adapters::config;
use crate::adapters::config::KeyAccess;
use crate::adapters::followed_file;
use crate::adapters::http_client;
use crate::adapters::http_client::BodyError;
use crate::adapters::http_client::NoClient;
use crate::adapters::http_client::Reach;

/// A GET that may be sent.
pub struct Get {
    uri: Url,
    reach: Reach,
    pub guard: Arc<Guard>,
}

/// What an issuer answered.
#[derive(Debug)]
pub struct Fetched {
    pub document: Vec<u8>,
    /// After how long to fetch it again.
    pub fresh_for: Duration,
}

/// Why there was no answer that is of use. Says nothing of what was answered.
#[derive(Debug, thiserror::Error)]
pub enum GetError {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Client(#[from] NoClient),
    #[error("{key}: {error}")]
    File { key: &'static str, error: io::Error },
    #[error("it leads to a loopback or link-local address, where the issuer is not")]
    Near,
    #[error("not an https URL, nor http to a loopback host")]
    NotHttps,
    #[error("{0}")]
    Request(String),
    #[error("the answer was {0}; redirects are not followed")]
    Status(StatusCode),
}

impl Get {
    /// A GET of an https URL within bounds, or of an http one on loopback.
    pub fn of(uri: &str, bounds: Bounds) -> Result<Self, GetError> {
        let uri = Url::parse(uri).ok().filter(|uri| uri.username().is_empty() && uri.password().is_none());
        let uri = uri.ok_or(GetError::NotHttps)?;
        let guard = Guard::of(&uri, bounds).ok_or(GetError::Near)?;
        match Reach::of(&uri) {
            Some(reach @ Reach::Https) => Ok(Self { uri, reach, guard }),
            Some(reach @ Reach::Loopback) => {
                let guard = Guard::of(&uri, Bounds::Loopback).ok_or(GetError::Near)?;
                Ok(Self { uri, reach, guard })
            }
            Some(Reach::Http) | None => Err(GetError::NotHttps),
        }
    }

    /// Whether both go to the same scheme, host and port.
    pub fn has_origin_of(&self, other: &str) -> bool {
        Url::parse(other).is_ok_and(|other| other.origin() == self.uri.origin())
    }

    /// Whether a certificate will vouch for whoever answers.
    pub fn is_https(&self) -> bool {
        self.reach == Reach::Https
    }

    /// Sends it once: 200 and a whole body, within [`TIMEOUT`].
    pub async fn send(self, access: &KeyAccess) -> Result<Fetched, GetError> {
        let Self { uri, reach, guard } = self;
        let access = access.clone();
        // certificates, perhaps the whole machine's, and files are read here
        let made = tokio::task::spawn_blocking(move || Ok((client(reach, guard, &access)?, authorization(&access)?)));
        let made = made.await.unwrap_or_else(|lost| Err(GetError::Request(lost.to_string())));
        let (client, authorization) = made?;
        let mut request = client.get(uri);
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let answer = request.send().await.map_err(|error| GetError::Request(http_client::told(error)))?;
        if answer.status() != StatusCode::OK {
            return Err(GetError::Status(answer.status()));
        }
        let fresh_for = fresh_for(answer.headers());
        Ok(Fetched { document: http_client::body(answer, MAX_BYTES).await?, fresh_for })
    }
}

/// A client for one GET: a connection that was kept might lead to where the name led before.
fn client(reach: Reach, guard: Arc<Guard>, access: &KeyAccess) -> Result<Client, GetError> {
    let builder = http_client::begin(reach, TIMEOUT).dns_resolver(Resolver(guard));
    let builder = match &access.ca_file {
        Some(path) if reach == Reach::Https => builder.tls_certs_only(certificates(path)?),
        Some(_) | None => builder,
    };
    Ok(http_client::build(builder)?)
}

/// From the connection to the last byte of the body.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// The largest document that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

fn certificates(path: &Path) -> Result<Vec<Certificate>, GetError> {
    let failed = |error| GetError::File { key: "jwks_ca_file", error };
    let certificates = Certificate::from_pem_bundle(&followed_file::read(path).map_err(failed)?).unwrap_or_default();
    match certificates.is_empty() {
        true => Err(failed(io::Error::new(io::ErrorKind::InvalidData, "no certificate in PEM"))),
        false => Ok(certificates),
    }
}

fn authorization(access: &KeyAccess) -> Result<Option<HeaderValue>, GetError> {
    let Some(path) = &access.token_file else { return Ok(None) };
    let failed = |error| GetError::File { key: "jwks_token_file", error };
    let content = followed_file::read(path).map_err(failed)?;
    let token = config::bearer(&content);
    let header = token.and_then(|token| HeaderValue::try_from(format!("Bearer {token}")).ok());
    let mut header = header.ok_or_else(|| failed(io::Error::new(io::ErrorKind::InvalidData, "no bearer token")))?;
    header.set_sensitive(true);
    Ok(Some(header))
}

/// How long an answer is fresh by `Cache-Control` and `Age` (RFC 9111, 4.2), within bounds that keep a withdrawn key
/// from living on and the issuer from being asked all the time.
fn fresh_for(headers: &HeaderMap) -> Duration {
    let texts = headers.get_all(CACHE_CONTROL).into_iter().filter_map(|value| value.to_str().ok());
    let directives = texts.flat_map(|text| text.split(',')).map(|directive| directive.trim().to_ascii_lowercase());
    let lifetime = directives.filter_map(|directive| lifetime_of(&directive)).min();
    let age = headers.get(AGE).and_then(|age| age.to_str().ok()).and_then(|age| age.trim().parse().ok()).unwrap_or(0);
    lifetime.map_or(DEFAULT_AGE, |seconds| Duration::from_secs(seconds.saturating_sub(age)).clamp(LEAST_AGE, MOST_AGE))
}

fn lifetime_of(directive: &str) -> Option<u64> {
    match directive {
        "no-cache" | "no-store" => Some(0),
        _ => directive.strip_prefix("max-age=")?.trim_matches('"').parse().ok(),
    }
}

const DEFAULT_AGE: Duration = Duration::from_secs(5 * 60);
const LEAST_AGE: Duration = Duration::from_secs(30);
const MOST_AGE: Duration = Duration::from_secs(15 * 60);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::adapters::jwks::testing::Answer;
    use crate::adapters::jwks::testing::Server;

    async fn get(uri: &str) -> Result<Fetched, GetError> {
        Get::of(uri, Bounds::None)?.send(&KeyAccess::default()).await
    }

    async fn fetched(answer: Answer) -> Result<Fetched, GetError> {
        let server = Server::start(answer).await;
        get(&server.uri).await
    }

    #[tokio::test]
    async fn a_document_comes_as_it_is() {
        let fetched = fetched(Answer::ok("{\"keys\":[]}")).await.unwrap();
        assert_eq!((fetched.document.as_slice(), fetched.fresh_for), (b"{\"keys\":[]}".as_slice(), DEFAULT_AGE));
    }

    #[tokio::test]
    async fn anything_but_200_is_no_key_set() {
        for status in ["204 No Content", "206 Partial Content", "304 Not Modified", "404 Not Found", "500 Oops"] {
            let error = fetched(Answer::of(status, "x: y", "{\"keys\":[]}")).await.unwrap_err();
            assert!(matches!(error, GetError::Status(_)), "{status}: {error}");
        }
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let elsewhere = Server::start(Answer::ok("{\"keys\":[]}")).await;
        for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
            let error = fetched(Answer::of(status, &format!("location: {}", elsewhere.uri), "")).await.unwrap_err();
            assert!(matches!(error, GetError::Status(_)), "{status}: {error}");
        }
        assert_eq!(elsewhere.asked(), 0);
    }

    #[tokio::test]
    async fn a_body_has_a_limit_whether_its_length_is_told_or_not() {
        let just_right = vec![b' '; MAX_BYTES];
        assert_eq!(fetched(Answer::ok(&just_right)).await.unwrap().document.len(), MAX_BYTES);
        let too_large = vec![b' '; MAX_BYTES + 1];
        assert!(matches!(fetched(Answer::ok(&too_large)).await, Err(GetError::Body(BodyError::TooLarge(_)))));
        let untold = [b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".as_slice(), &too_large].concat();
        assert!(matches!(fetched(Answer::Text(untold.into())).await, Err(GetError::Body(BodyError::TooLarge(_)))));
    }

    #[tokio::test]
    async fn a_body_cut_short_is_no_key_set() {
        let torn = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 99\r\n\r\n{\"keys\":[]}";
        assert!(matches!(
            fetched(Answer::Text(torn.as_slice().into())).await,
            Err(GetError::Body(BodyError::Broken(_)))
        ));
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_issuer_is_left_after_a_while() {
        let server = Server::start(Answer::Silence).await;
        let begun = tokio::time::Instant::now();
        let error = get(&server.uri).await.unwrap_err();
        assert!(matches!(error, GetError::Request(_)), "{error}");
        assert!(begun.elapsed() < TIMEOUT + Duration::from_secs(1), "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn https_is_not_spoken_to_a_server_without_it() {
        let server = Server::start(Answer::ok("{\"keys\":[]}")).await;
        let error = get(&server.uri.replace("http:", "https:")).await.unwrap_err();
        assert!(matches!(error, GetError::Request(_) | GetError::Client(_)), "{error}"); // a machine may trust nobody
    }

    #[tokio::test]
    async fn an_error_names_the_cause_but_not_the_uri() {
        let server = Server::start(Answer::Silence).await;
        let uri = format!("{}?code=hush", server.uri);
        drop(server);
        let error = get(&uri).await.unwrap_err().to_string();
        assert!(error.contains("refused") || error.contains("reset"), "{error}");
        assert!(!error.contains("hush"), "{error}");
    }

    #[test]
    fn only_https_and_loopback_are_fetched() {
        let cases = [
            ("https://idp.example.com/jwks.json", true),
            ("HTTPS://idp.example.com/jwks.json", true),
            ("http://127.0.0.1:8080/jwks.json", true),
            ("http://127.9.9.9/", true),
            ("http://[::1]:8080/", true),
            ("http://localhost/", true),
            ("http://idp.localhost/", true),
            ("http://idp.example.com/", false),
            ("http://localhost.example.com/", false),
            ("http://notlocalhost/", false),
            ("http://127.0.0.1.example.com/", false),
            ("http://localhost@idp.example.com/", false),
            ("https://user@idp.example.com/", false),
            ("http://[::2]/", false),
            ("http://10.0.0.1/", false),
            ("http://169.254.169.254/", false),
            ("http://0.0.0.0/", false),
            ("ftp://127.0.0.1/", false),
            ("file:///etc/passwd", false),
            ("data:application/json,{}", false),
            ("idp.example.com", false),
        ];
        for (uri, fine) in cases {
            assert_eq!(Get::of(uri, Bounds::None).is_ok(), fine, "{uri}");
        }
    }

    #[test]
    fn an_answer_is_fresh_within_bounds() {
        let cases: [(&[(&str, &str)], u64); 11] = [
            (&[], 300),
            (&[("cache-control", "public")], 300),
            (&[("cache-control", "public, max-age=120")], 120),
            (&[("cache-control", "Max-Age=\"120\"")], 120),
            (&[("cache-control", "max-age=120"), ("age", "50")], 70),
            (&[("cache-control", "max-age=120"), ("age", "500")], 30),
            (&[("cache-control", "max-age=1")], 30),
            (&[("cache-control", "max-age=86400")], 900),
            (&[("cache-control", "no-cache, max-age=600")], 30),
            (&[("cache-control", "max-age=600"), ("cache-control", "no-store")], 30),
            (&[("cache-control", "max-age=-1")], 300),
        ];
        for (fields, seconds) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in fields {
                headers.append(*name, value.parse().unwrap());
            }
            assert_eq!(fresh_for(&headers), Duration::from_secs(seconds), "{fields:?}");
        }
    }
}
