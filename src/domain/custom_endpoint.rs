//! An S3-compatible store's address, as its clients reach it.
//!
//! Read by hand: a WHATWG parser would rewrite hosts and fold paths, and what is signed must be what is sent.

use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use crate::domain::scheme::Scheme;

/// `https://host[:port][/base/path]`, kept as written but for one trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomEndpoint {
    scheme: Scheme,
    authority: Box<str>,
    signed_host: Box<str>,
    base_path: Box<str>,
    is_address: bool,
}

/// Which endpoints may be plain `http`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainHttp {
    /// `allow_http = true`.
    Anywhere,
    /// Only those on a loopback host, where nobody listens in.
    LoopbackOnly,
}

/// Why a text is no [`CustomEndpoint`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEndpoint {
    #[error("an endpoint's host is a name of letters, digits, hyphens and dots, or an IP address")]
    Host,
    #[error("an internationalised host is written in its ASCII form (xn--…)")]
    HostNotAscii,
    #[error("an IPv4 address is written as four decimal numbers, such as 192.0.2.1")]
    Ipv4,
    #[error("an IPv6 address stands in brackets, such as [2001:db8::1], without a zone")]
    Ipv6,
    #[error("a base path is segments of RFC 3986's characters, the others percent-encoded")]
    Path,
    #[error("a base path has no empty, \".\" or \"..\" segment: clients fold it, and the signature breaks")]
    PathSegment,
    #[error("plain http would show every URL and object to the network; use https, or set allow_http = true")]
    PlainHttp,
    #[error("a port is 1 to 65535, without leading zeros")]
    Port,
    #[error("an endpoint has no query; remove what follows the \"?\"")]
    Query,
    #[error("an endpoint has no fragment; remove what follows the \"#\"")]
    Fragment,
    #[error("an endpoint begins with https:// (or http://), in lower case")]
    Scheme,
    #[error("an endpoint has no user info; keys belong in [credentials], so remove what stands before the \"@\"")]
    UserInfo,
}

impl CustomEndpoint {
    /// Reads an endpoint as it stands.
    pub fn parse(text: &str, plain_http: PlainHttp) -> Result<Self, InvalidEndpoint> {
        let (scheme, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (Scheme::Https, rest),
            (_, Some(rest)) => (Scheme::Http, rest),
            (None, None) => return Err(InvalidEndpoint::Scheme),
        };
        if rest.contains('#') {
            return Err(InvalidEndpoint::Fragment);
        }
        if rest.contains('?') {
            return Err(InvalidEndpoint::Query);
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let base_path = path.strip_suffix('/').unwrap_or(path);
        check_path(base_path)?;
        let (host, port) = split_authority(authority)?;
        let kind = host_kind(host)?;
        if scheme == Scheme::Http && plain_http == PlainHttp::LoopbackOnly && !kind.is_loopback(host) {
            return Err(InvalidEndpoint::PlainHttp);
        }
        let signed_host = match port.is_some_and(|port| port != scheme.default_port()) {
            true => authority.to_ascii_lowercase(),
            false => host.to_ascii_lowercase(),
        };
        Ok(Self {
            scheme,
            authority: authority.into(),
            signed_host: signed_host.into(),
            base_path: base_path.into(),
            is_address: kind != HostKind::Name,
        })
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Host and perhaps port, as written.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Host and perhaps port as they are signed: lower case, without a default port.
    pub fn signed_host(&self) -> &str {
        &self.signed_host
    }

    /// `""` or `/base/path`, as written.
    pub fn base_path(&self) -> &str {
        &self.base_path
    }

    /// Whether the host is an IP address, which no bucket can stand before.
    pub fn is_address(&self) -> bool {
        self.is_address
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HostKind {
    Name,
    Ipv4(Ipv4Addr),
    Ipv6(Ipv6Addr),
}

impl HostKind {
    /// RFC 6761, 6.3: `localhost` and the names under it are loopback.
    fn is_loopback(self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        match self {
            Self::Name => host == "localhost" || host.ends_with(".localhost"),
            Self::Ipv4(address) => address.is_loopback(),
            Self::Ipv6(address) => address.is_loopback(),
        }
    }
}

fn split_authority(authority: &str) -> Result<(&str, Option<u16>), InvalidEndpoint> {
    if authority.contains('@') {
        return Err(InvalidEndpoint::UserInfo);
    }
    let host_end = match authority.starts_with('[') {
        true => authority.find(']').map(|bracket| bracket + 1).ok_or(InvalidEndpoint::Ipv6)?,
        false if authority.matches(':').count() > 1 => return Err(InvalidEndpoint::Ipv6),
        false => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(host_end);
    match port {
        "" => Ok((host, None)),
        _ => port.strip_prefix(':').and_then(read_port).map(|port| (host, Some(port))).ok_or(InvalidEndpoint::Port),
    }
}

/// Only the one form of a number that every client leaves alone.
fn read_port(text: &str) -> Option<u16> {
    let port = text.parse::<u16>().ok().filter(|port| *port != 0)?;
    (port.to_string() == text).then_some(port)
}

fn host_kind(host: &str) -> Result<HostKind, InvalidEndpoint> {
    if let Some(inside) = host.strip_prefix('[') {
        let address = inside.strip_suffix(']').and_then(|text| text.parse().ok());
        return address.map(HostKind::Ipv6).ok_or(InvalidEndpoint::Ipv6);
    }
    if !host.is_ascii() {
        return Err(InvalidEndpoint::HostNotAscii);
    }
    if host.rsplit('.').next().is_some_and(reads_as_number) {
        return host.parse().map(HostKind::Ipv4).map_err(|_| InvalidEndpoint::Ipv4);
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(fits);
    match host.len() <= 253 && host.split('.').all(label) {
        true => Ok(HostKind::Name),
        false => Err(InvalidEndpoint::Host),
    }
}

/// Browsers take a host whose last label is a number (decimal, or hexadecimal after `0x`) for an IPv4 address and
/// rewrite it: <https://url.spec.whatwg.org/#ends-in-a-number-checker>
fn reads_as_number(label: &str) -> bool {
    let hexadecimal = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    let decimal = !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit());
    decimal || hexadecimal.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn check_path(path: &str) -> Result<(), InvalidEndpoint> {
    path.split('/').skip(1).try_for_each(check_segment)
}

/// RFC 3986's `segment-nz`. Clients take `%2e` for a dot.
fn check_segment(segment: &str) -> Result<(), InvalidEndpoint> {
    let mut pieces = segment.split('%');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte);
    let encoded = |piece: &str| {
        let (digits, rest) = piece.as_bytes().split_at_checked(2)?;
        (digits.iter().all(u8::is_ascii_hexdigit) && rest.iter().copied().all(plain)).then_some(())
    };
    let first = pieces.next().unwrap_or_default();
    if !first.bytes().all(plain) || !pieces.all(|piece| encoded(piece).is_some()) {
        return Err(InvalidEndpoint::Path);
    }
    match segment.to_ascii_lowercase().replace("%2e", ".").as_str() {
        "" | "." | ".." => Err(InvalidEndpoint::PathSegment),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "custom_endpoint_tests.rs"]
mod tests;
