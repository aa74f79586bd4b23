//! Who may talk to what only this machine's owner should reach: pages of other sites may not, whatever name they
//! have their browser resolve to loopback (DNS rebinding).

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::OnceLock;

use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Response;

/// The authorities that a listener on loopback answers to.
#[derive(Debug, Clone)]
pub struct OwnHost {
    authorities: Vec<String>,
}

/// Why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Foreign {
    #[error("this is answered under the listener's own address or localhost only: send that as Host")]
    Host,
    #[error("this is answered to pages of this listener only")]
    Origin,
}

impl OwnHost {
    /// Of a listener: its address, or `localhost` with its port.
    pub fn of(address: SocketAddr) -> Self {
        let mut authorities = vec![address.to_string(), format!("localhost:{}", address.port())];
        if address.port() == DEFAULT_PORT {
            // Browsers leave it out.
            let bare = |authority: &String| authority.strip_suffix(":80").map(str::to_owned);
            authorities.extend(authorities.iter().filter_map(bare).collect::<Vec<_>>());
        }
        Self { authorities }
    }

    /// Whether a request comes from this machine's owner, as far as its headers tell.
    pub fn admit(&self, headers: &HeaderMap) -> Result<(), Foreign> {
        let mut hosts = headers.get_all(header::HOST).iter();
        match (hosts.next().and_then(text), hosts.next()) {
            (Some(host), None) if self.knows(host) => (),
            _ => return Err(Foreign::Host),
        }
        let is_own = |origin: &HeaderValue| {
            text(origin).and_then(|origin| origin.strip_prefix("http://")).is_some_and(|host| self.knows(host))
        };
        match headers.get_all(header::ORIGIN).iter().all(is_own) {
            true => Ok(()),
            false => Err(Foreign::Origin),
        }
    }

    fn knows(&self, authority: &str) -> bool {
        self.authorities.iter().any(|known| known.eq_ignore_ascii_case(authority))
    }
}

/// Answers under the listener's own name alone; until that is known, nobody.
pub async fn only(State(own): State<Arc<OnceLock<OwnHost>>>, request: Request, next: Next) -> Response {
    let mut response = match own.get().map_or(Err(Foreign::Host), |own| own.admit(request.headers())) {
        Ok(()) => next.run(request).await,
        Err(foreign) => (StatusCode::FORBIDDEN, foreign.to_string()).into_response(),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

const DEFAULT_PORT: u16 = 80;

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderName;

    fn judge(address: &str, headers: &[(&str, &str)]) -> Result<(), Foreign> {
        let field =
            |(name, value): &(&str, &str)| (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap());
        let mut fields = HeaderMap::new();
        headers.iter().map(field).for_each(|(name, value)| _ = fields.append(name, value));
        OwnHost::of(address.parse().unwrap()).admit(&fields)
    }

    #[test]
    fn only_the_listeners_own_host_and_origin_are_let_in() {
        let v4 = "127.0.0.1:8080";
        type Headers = &'static [(&'static str, &'static str)];
        let cases: [(&str, Headers, Result<(), Foreign>); 16] = [
            (v4, &[("host", "127.0.0.1:8080")], Ok(())),
            (v4, &[("host", "localhost:8080")], Ok(())),
            (v4, &[("host", "LocalHost:8080")], Ok(())),
            (v4, &[("host", "localhost:8080"), ("origin", "http://127.0.0.1:8080")], Ok(())),
            ("[::1]:8080", &[("host", "[::1]:8080"), ("origin", "http://[::1]:8080")], Ok(())),
            ("127.0.0.1:80", &[("host", "localhost")], Ok(())),
            (v4, &[], Err(Foreign::Host)),
            (v4, &[("host", "localhost")], Err(Foreign::Host)),
            (v4, &[("host", "127.0.0.1:8081")], Err(Foreign::Host)),
            (v4, &[("host", "evil.example:8080")], Err(Foreign::Host)),
            (v4, &[("host", "localhost:8080.evil.example")], Err(Foreign::Host)),
            (v4, &[("host", "localhost:8080"), ("host", "evil.example")], Err(Foreign::Host)),
            (v4, &[("host", "localhost:8080"), ("origin", "https://evil.example")], Err(Foreign::Origin)),
            (v4, &[("host", "localhost:8080"), ("origin", "http://localhost:3000")], Err(Foreign::Origin)),
            (v4, &[("host", "localhost:8080"), ("origin", "https://localhost:8080")], Err(Foreign::Origin)),
            (v4, &[("host", "localhost:8080"), ("origin", "null")], Err(Foreign::Origin)),
        ];
        for (address, headers, expected) in cases {
            assert_eq!(judge(address, headers), expected, "{address} {headers:?}");
        }
    }
}
