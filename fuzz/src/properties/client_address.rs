//! Where a request comes from: nothing that a caller writes changes what the proxies behind him say.

use std::net::IpAddr;
use std::path::Path;
use std::sync::LazyLock;

use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use presignd::adapters::config;
use presignd::adapters::config::ClientAddressHeader;
use presignd::adapters::config::Environment;
use presignd::adapters::config::Server;
use presignd::http::client_address::ClientAddress;
use presignd::http::server::Peer;

use super::house;
use super::line;

/// The input's lines are the peer's address, the field that a caller sends, and those that proxies then write.
pub fn hold(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (peer, rest) = line(text);
    let (evil, rest) = line(rest);
    let Ok(peer) = peer.parse::<IpAddr>() else { return };
    let proxies: Vec<&str> = rest.split('\n').filter(|field| !field.is_empty()).collect();
    for server in SERVERS.iter() {
        of_server(server, peer, evil, &proxies);
    }
}

fn of_server(server: &Server, peer: IpAddr, evil: &str, proxies: &[&str]) {
    let Some(told) = address(server, peer, proxies) else { return };
    let own = peer.to_canonical();
    if !is_trusted(server, own) {
        assert_eq!((told.address, told.certain), (own, Some(own)), "whoever is not trusted is himself");
        return;
    }
    if told.certain.is_none() {
        assert_eq!(told.address, own, "what is malformed says nothing");
    }
    if server.client_address_header == ClientAddressHeader::XForwardedFor {
        assert_eq!(told.certain, expected(server, own, proxies), "{proxies:?}");
    }
    let is_decided = told.certain.is_some_and(|address| !is_trusted(server, address));
    if let (true, Some((first, others))) = (is_decided, proxies.split_first()) {
        let joined = format!("{evil}, {first}");
        for fields in [[&[evil], proxies].concat(), [&[joined.as_str()], others].concat()] {
            if let Some(spoofed) = address(server, peer, &fields) {
                assert_eq!(spoofed, told, "{evil:?} before {proxies:?}");
            }
        }
    }
}

/// `None`: no field can have these values.
fn address(server: &Server, peer: IpAddr, fields: &[&str]) -> Option<ClientAddress> {
    let name = HeaderName::from_static(server.client_address_header.name());
    let fields = fields.iter().map(|field| Some((name.clone(), HeaderValue::from_str(field).ok()?)));
    let headers = fields.collect::<Option<HeaderMap>>()?;
    Some(ClientAddress::of(Peer { address: (peer, 4711).into(), over_tls: false }, &headers, server))
}

fn is_trusted(server: &Server, address: IpAddr) -> bool {
    server.trusted_proxies.iter().any(|proxy| proxy.contains(&address))
}

/// The rule for X-Forwarded-For, said once more: of all that stands between commas, the right-most that is no trusted
/// proxy, else the left-most.
fn expected(server: &Server, peer: IpAddr, fields: &[&str]) -> Option<IpAddr> {
    if fields.is_empty() {
        return Some(peer);
    }
    let all = fields.join(",");
    let words = all.split(',').map(|word| word.trim_matches([' ', '\t'])).filter(|word| !word.is_empty());
    let mut leftmost = None;
    for word in words.rev() {
        let address = plain(word)?;
        if !is_trusted(server, address) {
            return Some(address);
        }
        leftmost = Some(address);
    }
    leftmost
}

/// An address without its port and brackets.
fn plain(word: &str) -> Option<IpAddr> {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    let address: IpAddr = match (word.strip_prefix('['), word.rsplit_once(':')) {
        (Some(inner), _) => {
            let (address, port) = inner.rsplit_once(']')?;
            let fits = port.is_empty() || is_port(port.strip_prefix(':')?);
            IpAddr::V6(address.parse().ok().filter(|_| fits)?)
        }
        (None, Some((address, port))) if !address.contains(':') => {
            IpAddr::V4(address.parse().ok().filter(|_| is_port(port))?)
        }
        (None, _) => word.parse().ok()?,
    };
    Some(address.to_canonical())
}

/// One for each header that a proxy may write.
static SERVERS: LazyLock<[Server; 2]> = LazyLock::new(|| {
    ["x-forwarded-for", "forwarded"].map(|header| {
        let ours = format!("trusted_proxies = [\"10.0.0.0/8\", \"fd00::/8\"]\nclient_address_header = \"{header}\"");
        let text = house::CONFIGURATION.replacen("[server]", &format!("[server]\n{ours}"), 1);
        let loaded = config::parse(text.as_bytes(), Path::new("house.toml"), &Environment::default());
        loaded.expect("a configuration").settings.server
    })
});
