//! Where a request comes from, also behind proxies.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use axum::http::HeaderMap;
use ipnet::IpNet;

use crate::adapters::config::ClientAddressHeader;
use crate::adapters::config::Server;
use crate::http::server::Peer;

/// The address of a request's client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress {
    /// For limits and the audit log.
    pub address: IpAddr,
    /// For `require.source_ips`: nothing where a proxy's header was malformed.
    pub certain: Option<IpAddr>,
    /// The peer sent the header, but is no trusted proxy.
    pub is_disbelieved: bool,
    /// Nobody on the way reads what is sent: the peer speaks TLS, is on this machine or is a trusted proxy.
    pub is_private: bool,
}

impl ClientAddress {
    /// The peer's address, or what a trusted proxy says.
    ///
    /// A proxy adds what it sees on the right, so the header is read from there, and no further than to the first
    /// address that is not a trusted proxy's: what stands left of it anybody may have written.
    pub fn of(peer: Peer, headers: &HeaderMap, server: &Server) -> Self {
        let (peer, over_tls) = (peer.address.ip().to_canonical(), peer.over_tls);
        let name = server.client_address_header.name();
        let trusted = is_trusted(peer, &server.trusted_proxies);
        let is_private = over_tls || trusted || peer.is_loopback();
        let own = Self { address: peer, certain: Some(peer), is_disbelieved: false, is_private };
        if !headers.contains_key(name) {
            return own;
        }
        if !trusted {
            return Self { is_disbelieved: true, ..own };
        }
        let mut leftmost = None;
        for value in headers.get_all(name).iter().rev() {
            for address in server.client_address_header.rightmost_first(value.as_bytes()) {
                match address {
                    Some(address) if is_trusted(address, &server.trusted_proxies) => leftmost = Some(address),
                    Some(address) => return Self { address, certain: Some(address), ..own },
                    None => return Self { certain: None, ..own },
                }
            }
        }
        match leftmost {
            Some(address) => Self { address, certain: Some(address), ..own },
            None => Self { certain: None, ..own },
        }
    }
}

impl ClientAddressHeader {
    /// The header field's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Forwarded => "forwarded",
            Self::XForwardedFor => "x-forwarded-for",
        }
    }

    /// The addresses of one field value, the right-most first; `None` for an element that is no address.
    fn rightmost_first(self, value: &[u8]) -> Vec<Option<IpAddr>> {
        let elements = match self {
            Self::Forwarded => elements_from_right(value),
            Self::XForwardedFor => value.rsplit(|byte| *byte == b',').collect(),
        };
        let texts = elements.into_iter().map(|element| element.trim_ascii()).filter(|element| !element.is_empty());
        texts.map(|element| self.address(std::str::from_utf8(element).ok()?)).collect()
    }

    fn address(self, element: &str) -> Option<IpAddr> {
        match self {
            Self::Forwarded => node(&forwarded_for(element)?),
            Self::XForwardedFor => node(element),
        }
    }
}

fn is_trusted(address: IpAddr, proxies: &[IpNet]) -> bool {
    proxies.iter().any(|proxy| proxy.contains(&address))
}

/// The comma-separated elements of RFC 7239's field, the right-most first. Quotes are paired from the right, so that
/// an open one on the left, where anybody may write, hides nothing; a quote within a quoted string is escaped.
fn elements_from_right(value: &[u8]) -> Vec<&[u8]> {
    let (mut elements, mut rest, mut quoted) = (Vec::new(), value, false);
    for (place, byte) in value.iter().enumerate().rev() {
        match byte {
            b'"' if quoted && is_escaped(value.get(..place).unwrap_or_default()) => {}
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                let (left, element) = rest.split_at(place);
                elements.push(element.get(1..).unwrap_or_default());
                rest = left;
            }
            _ => {}
        }
    }
    elements.push(rest);
    elements
}

/// Whether what follows is, by an odd number of backslashes.
fn is_escaped(before: &[u8]) -> bool {
    before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// The only `for` among the `;`-separated pairs of an element. What is no token names nothing: it is the rest of a quoted
/// string into which somebody has written an end.
fn forwarded_for(element: &str) -> Option<String> {
    let (mut rest, mut found) = (element, None);
    loop {
        let (name, after) = rest.split_once('=')?;
        let (name, (value, after)) = (name.trim(), value(after)?);
        if !is_token(name) {
            return None;
        }
        if name.eq_ignore_ascii_case("for") && found.replace(value).is_some() {
            return None;
        }
        match after.trim_start().strip_prefix(';') {
            Some(next) => rest = next,
            None if after.trim().is_empty() => return found,
            None => return None,
        }
    }
}

/// <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2>
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// A token or a quoted string, and what follows it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', '"']).unwrap_or(text.len());
        return text.split_at_checked(end).map(|(token, after)| (token.trim().to_owned(), after));
    };
    let (mut unquoted, mut chars) = (String::new(), quoted.chars());
    loop {
        match chars.next()? {
            '"' => return Some((unquoted, chars.as_str())),
            '\\' => unquoted.push(chars.next()?),
            other => unquoted.push(other),
        }
    }
}

/// An address, perhaps in brackets, perhaps with a port.
fn node(text: &str) -> Option<IpAddr> {
    if let Some(bracketed) = text.strip_prefix('[') {
        let (address, port) = bracketed.split_once(']')?;
        let is_port = port.is_empty() || is_port(port.strip_prefix(':')?);
        return address.parse::<Ipv6Addr>().ok().filter(|_| is_port).map(|address| IpAddr::V6(address).to_canonical());
    }
    match (text.parse::<IpAddr>(), text.split_once(':')) {
        (Ok(address), _) => Some(address.to_canonical()),
        (Err(_), Some((address, port))) if is_port(port) => address.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
        (Err(_), _) => None,
    }
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn server(header: ClientAddressHeader, proxies: &[&str]) -> Server {
        Server {
            listen: "127.0.0.1:0".parse().unwrap(),
            admin_listen: "127.0.0.1:0".parse().unwrap(),
            public_url: None,
            cors_origins: Vec::new(),
            trusted_proxies: proxies.iter().map(|proxy| proxy.parse().unwrap()).collect(),
            client_address_header: header,
            request_timeout: Duration::ZERO,
            header_timeout: Duration::ZERO,
            idle_timeout: Duration::ZERO,
            max_body: 0,
            max_batch: 0,
            max_connections: 0,
            max_in_flight: 0,
            redirects: false,
            tls: None,
            drain: Duration::ZERO,
        }
    }

    fn of(peer: &str, header: ClientAddressHeader, values: &[&str]) -> ClientAddress {
        let name = axum::http::HeaderName::from_static(header.name());
        let headers = values.iter().map(|value| (name.clone(), value.parse().unwrap())).collect();
        let peer = Peer { address: (peer.parse::<IpAddr>().unwrap(), 4711).into(), over_tls: false };
        ClientAddress::of(peer, &headers, &server(header, &["10.0.0.0/8", "fd00::/8"]))
    }

    /// Each row: the field's values, and the address; `None` where they are malformed.
    fn assert_addresses(header: ClientAddressHeader, rows: &[(&[&str], Option<&str>)]) {
        for (values, expected) in rows {
            let found = of("10.0.0.1", header, values);
            let expected = expected.map(|address| address.parse::<IpAddr>().unwrap());
            assert_eq!(found.certain, expected, "{values:?}");
            assert_eq!(found.address, expected.unwrap_or("10.0.0.1".parse().unwrap()), "{values:?}");
            assert!(!found.is_disbelieved, "{values:?}");
        }
    }

    #[test]
    fn x_forwarded_for_is_read_from_the_right() {
        assert_addresses(
            ClientAddressHeader::XForwardedFor,
            &[
                (&[], Some("10.0.0.1")),
                (&["192.0.2.7"], Some("192.0.2.7")),
                (&["198.51.100.1, 192.0.2.7"], Some("192.0.2.7")),
                (&["192.0.2.7,10.9.9.9 , 10.0.0.2"], Some("192.0.2.7")),
                (&["192.0.2.7", "10.9.9.9"], Some("192.0.2.7")),
                (&["10.9.9.9, 10.8.8.8", "10.7.7.7"], Some("10.9.9.9")),
                (&["192.0.2.7:4711"], Some("192.0.2.7")),
                (&["[2001:db8::7]:4711, fd00::1"], Some("2001:db8::7")),
                (&["[2001:db8::7]"], Some("2001:db8::7")),
                (&["2001:db8::7"], Some("2001:db8::7")),
                (&["::ffff:192.0.2.7"], Some("192.0.2.7")),
                (&["198.51.100.1, ::ffff:10.1.1.1"], Some("198.51.100.1")),
                (&["192.0.2.7, , 10.0.0.2,"], Some("192.0.2.7")),
                (&["whatever, 192.0.2.7"], Some("192.0.2.7")),
                (&["192.0.2.7, whatever"], None),
                (&["192.0.2.7, whatever, 10.0.0.2"], None),
                (&["unknown"], None),
                (&[""], None),
                (&["192.0.2.7:"], None),
                (&["192.0.2.7:65536"], None),
                (&["192.0.2.7:+1"], None),
                (&["[192.0.2.7]"], None),
                (&["[2001:db8::7"], None),
                (&["[2001:db8::7]4711"], None),
                (&["fe80::1%eth0"], None),
                (&["192.0.2.07"], None),
            ],
        );
    }

    #[test]
    fn forwarded_is_read_from_the_right() {
        assert_addresses(
            ClientAddressHeader::Forwarded,
            &[
                (&["for=192.0.2.7"], Some("192.0.2.7")),
                (&["For=\"[2001:db8::7]:4711\";proto=https"], Some("2001:db8::7")),
                (&["proto=https; for=192.0.2.7;by=10.0.0.1"], Some("192.0.2.7")),
                (&["for=198.51.100.1, for=192.0.2.7, for=10.0.0.2"], Some("192.0.2.7")),
                (&["for=192.0.2.7", "for=\"10.0.0.2:80\""], Some("192.0.2.7")),
                (&["for=10.9.9.9, for=10.8.8.8"], Some("10.9.9.9")),
                (&["for=\"192.0.\\2.7\""], Some("192.0.2.7")),
                (&["for=192.0.2.7;host=\"a,b;c\""], Some("192.0.2.7")),
                (&["for=\"x, for=192.0.2.7"], Some("192.0.2.7")),
                (&["for=unknown"], None),
                (&["for=_hidden, for=10.0.0.2"], None),
                (&["proto=https"], None),
                (&["for=192.0.2.7;for=192.0.2.8"], None),
                (&["192.0.2.7"], None),
                (&["for=\"192.0.2.7"], None),
                (&["for=\"192.0.2.7\"x"], None),
                (&["for=192.0.2.7;host=\";\\\"a\";proto=https"], Some("192.0.2.7")),
                (&["for=6.6.6.6;x=\", for=192.0.2.7;host=\";\\\"a\";proto=https"], Some("192.0.2.7")),
                (&["for=6.6.6.6;\\\"a\";proto=https"], None),
                (&["for=6.6.6.6;=x"], None),
            ],
        );
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let found = of("192.0.2.99", ClientAddressHeader::XForwardedFor, &["198.51.100.1"]);
        let peer = "192.0.2.99".parse().unwrap();
        assert_eq!(
            found,
            ClientAddress { address: peer, certain: Some(peer), is_disbelieved: true, is_private: false }
        );
        assert!(!of("192.0.2.99", ClientAddressHeader::XForwardedFor, &[]).is_disbelieved);
        let mapped = of("::ffff:10.0.0.1", ClientAddressHeader::XForwardedFor, &["198.51.100.1"]);
        assert_eq!(mapped.certain, Some("198.51.100.1".parse().unwrap()));
    }
}
