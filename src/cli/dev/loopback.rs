//! What is on this machine and stays there.

use std::net::IpAddr;

/// Whether a URL's host is this machine itself; an IPv6 address may stand in brackets.
pub fn is_loopback_host(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
