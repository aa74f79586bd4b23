//! HTTP clients for what presignd itself asks of others: no redirects, limits on time and size.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use reqwest::ClientBuilder;
use reqwest::Response;
use reqwest::Url;
use reqwest::dns::Addrs;
use reqwest::dns::Name;
use reqwest::dns::Resolve;
use reqwest::dns::Resolving;

/// How a client reaches its servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// By TLS alone, with the machine's certificates and proxies.
    Https,
    /// In plain text, by the machine's proxies.
    Http,
    /// In plain text on this machine: without certificates and proxies, neither of which a loopback address needs.
    Loopback,
}

impl Reach {
    /// What a URL asks for; `None` for another scheme.
    pub fn of(url: &Url) -> Option<Self> {
        match url.scheme() {
            "https" => Some(Self::Https),
            "http" if is_loopback(url) => Some(Self::Loopback),
            "http" => Some(Self::Http),
            _ => None,
        }
    }
}

/// Whether a URL's host is this machine's own. RFC 8252, 8.3, and RFC 6761, 6.3: names below `localhost` never leave
/// the machine.
pub fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or(host == "localhost" || host.ends_with(".localhost"), |address| address.is_loopback())
}

/// Why there is no client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the HTTP client could not be made: {0}")]
pub struct NoClient(String);

/// A client whose every request ends within `timeout`, from the connection to the last byte of the body. Making one
/// reads the machine's certificates, which takes a while and may fail.
pub async fn client(reach: Reach, timeout: Duration) -> Result<Client, NoClient> {
    let made = tokio::task::spawn_blocking(move || build(begin(reach, timeout))).await;
    made.map_err(|error| NoClient(error.to_string()))?
}

/// What every client begins with; there may be more to say before it is built.
pub fn begin(reach: Reach, timeout: Duration) -> ClientBuilder {
    // A second provider is refused, and the first is the same.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match reach {
        Reach::Https => base(timeout).https_only(true),
        Reach::Http => base(timeout).tls_certs_only([]),
        Reach::Loopback => base(timeout).no_proxy().tls_certs_only([]).dns_resolver(Arc::new(Localhost)),
    }
}

/// Resolves `localhost` and the names below it, which the machine's resolver need not know: a bucket's is one where a
/// store has its name in the host.
struct Localhost;

impl Resolve for Localhost {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
        let addresses: Addrs = Box::new(addresses.map(|address| SocketAddr::new(address, 0)).into_iter());
        Box::pin(std::future::ready(Ok(addresses)))
    }
}

/// Makes it, which may block.
pub fn build(builder: ClientBuilder) -> Result<Client, NoClient> {
    builder.build().map_err(|error| NoClient(with_causes(&error)))
}

fn base(timeout: Duration) -> ClientBuilder {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(timeout)
        .user_agent(concat!("presignd/", env!("CARGO_PKG_VERSION")))
}

/// Why a body could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    #[error("{0}")]
    Broken(String),
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
}

/// The whole body, of so many bytes at most.
pub async fn body(mut answer: Response, most: usize) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| BodyError::Broken(told(error)))? {
        if body.len() + chunk.len() > most {
            return Err(BodyError::TooLarge(most));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What went wrong with a request, down to the cause, without its URL, which may be a secret.
pub fn told(error: reqwest::Error) -> String {
    with_causes(&error.without_url())
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_reached_as_loopback() {
        let cases = [
            ("https://idp.example.com/", Some(Reach::Https)),
            ("https://127.0.0.1/", Some(Reach::Https)),
            ("http://127.9.9.9:8080/", Some(Reach::Loopback)),
            ("http://[::1]:8080/", Some(Reach::Loopback)),
            ("http://media.localhost/", Some(Reach::Loopback)),
            ("http://localhost.example.com/", Some(Reach::Http)),
            ("http://10.0.0.1/", Some(Reach::Http)),
            ("ftp://127.0.0.1/", None),
        ];
        for (url, reach) in cases {
            assert_eq!(Reach::of(&Url::parse(url).unwrap()), reach, "{url}");
        }
    }
}
