//! Addresses that are not the caller's own.

use super::Attack;
use super::asked::Asked;
use super::asked::gets;
use super::run;
use crate::support::presignd::Presignd;
use crate::support::setting::Expected;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::setting;
use crate::support::setting::unmet;

const GRANTS: &str = r#"
    [[grants]]
    name = "office"
    bucket = "media"
    prefix = "office/"
    actions = ["read"]
    require = { source_ips = ["192.0.2.0/24", "2001:db8:1::/48"] }
    [[grants]]
    name = "here"
    bucket = "media"
    prefix = "here/"
    actions = ["read"]
    require = { source_ips = ["127.0.0.0/8"] }
"#;

const ELSEWHERE: Expected = unmet(&["#"]);
const XFF: &str = "x-forwarded-for";
const FORWARDED: &str = "forwarded";

fn office(headers: &[(&'static str, &str)]) -> Asked {
    headers.iter().fold(gets("office/a"), |asked, (name, value)| asked.header(name, value))
}

fn here(headers: &[(&'static str, &str)]) -> Asked {
    headers.iter().fold(gets("here/a"), |asked, (name, value)| asked.header(name, value))
}

fn behind(proxies: &str) -> Presignd {
    setting(&[&format!("[server]\n{proxies}\n"), ISSUER, MEDIA, GRANTS])
}

/// The peer is nobody's proxy: whatever he says, he is himself.
pub fn untrusted() -> Vec<Attack> {
    let claims = |name: &'static str, value: &str| office(&[(name, value)]);
    vec![
        ("an address of one's own choice", claims(XFF, "192.0.2.7"), ELSEWHERE, here(&[(XFF, "192.0.2.7")])),
        (
            "an address by Forwarded",
            claims(FORWARDED, "for=192.0.2.7"),
            ELSEWHERE,
            here(&[(FORWARDED, "for=192.0.2.7")]),
        ),
        ("an address by X-Real-IP", claims("x-real-ip", "192.0.2.7"), ELSEWHERE, here(&[("x-real-ip", "192.0.2.7")])),
        ("an address by True-Client-IP", claims("true-client-ip", "192.0.2.7"), ELSEWHERE, here(&[])),
        ("an address by CF-Connecting-IP", claims("cf-connecting-ip", "192.0.2.7"), ELSEWHERE, here(&[])),
        ("an address by Client-IP", claims("client-ip", "192.0.2.7"), ELSEWHERE, here(&[])),
        ("an address in the host", claims("host", "192.0.2.7"), ELSEWHERE, here(&[("host", "192.0.2.7")])),
        (
            "an address by all headers at once",
            office(&[(XFF, "192.0.2.7"), (FORWARDED, "for=192.0.2.7"), ("via", "1.1 192.0.2.7")]),
            ELSEWHERE,
            here(&[]),
        ),
    ]
}

/// The peer is a trusted proxy, which adds on the right what it sees.
pub fn trusted() -> Vec<Attack> {
    let one = |value: &str| office(&[(XFF, value)]);
    let right = || one("192.0.2.7");
    vec![
        ("the office's before one's own", one("192.0.2.7, 198.51.100.1"), ELSEWHERE, one("198.51.100.1, 192.0.2.7")),
        (
            "the office's in an earlier line",
            office(&[(XFF, "192.0.2.7"), (XFF, "198.51.100.1")]),
            ELSEWHERE,
            office(&[(XFF, "198.51.100.1"), (XFF, "192.0.2.7")]),
        ),
        (
            "the office's before a trusted one and one's own",
            one("192.0.2.7, 198.51.100.1, 10.0.0.1"),
            ELSEWHERE,
            one("192.0.2.7, 10.0.0.1"),
        ),
        ("trusted ones alone", one("10.0.0.2, 10.0.0.1"), ELSEWHERE, right()),
        ("the other header", office(&[(FORWARDED, "for=192.0.2.7")]), ELSEWHERE, here(&[(FORWARDED, "for=192.0.2.7")])),
        ("an empty header is no address", here(&[(XFF, "")]), ELSEWHERE, here(&[])),
        ("a header of commas", here(&[(XFF, ", ,")]), ELSEWHERE, here(&[])),
        ("a word", here(&[(XFF, "unknown")]), ELSEWHERE, here(&[])),
        ("a host's name", one("office.example"), ELSEWHERE, right()),
        ("a network in place of an address", one("192.0.2.0/24"), ELSEWHERE, right()),
        ("an address in quotes", one("\"192.0.2.7\""), ELSEWHERE, right()),
        ("an address behind for=", one("for=192.0.2.7"), ELSEWHERE, right()),
        ("an address with zeros before", one("192.0.02.7"), ELSEWHERE, right()),
        ("an address in octal", one("0300.0.2.7"), ELSEWHERE, right()),
        ("an address in hex", one("0xc0000207"), ELSEWHERE, right()),
        ("an address as a number", one("3221225991"), ELSEWHERE, right()),
        ("an address of three parts", one("192.0.519"), ELSEWHERE, right()),
        ("an address with a port that is none", one("192.0.2.7:99999"), ELSEWHERE, one("192.0.2.7:65535")),
        ("an address with a path", one("192.0.2.7/x"), ELSEWHERE, right()),
        ("two addresses with a blank", one("192.0.2.7 192.0.2.8"), ELSEWHERE, one("192.0.2.7,192.0.2.8")),
        ("two addresses with a semicolon", one("192.0.2.7;198.51.100.1"), ELSEWHERE, right()),
        ("a word behind the office's", one("192.0.2.7, unknown"), ELSEWHERE, one("unknown, 192.0.2.7")),
        ("another IPv6 network", one("2001:db8:2::7"), ELSEWHERE, one("2001:db8:1::7")),
        ("a mapped address of elsewhere", one("::ffff:198.51.100.1"), ELSEWHERE, one("::ffff:192.0.2.7")),
        ("an address that only ends as IPv4", one("::192.0.2.7"), ELSEWHERE, one("[::ffff:c000:207]")),
        ("an address translated to IPv6", one("64:ff9b::192.0.2.7"), ELSEWHERE, right()),
        ("an address with a zone", one("2001:db8:1::7%eth0"), ELSEWHERE, one("2001:db8:1::7")),
        ("an address in brackets with a zone", one("[2001:db8:1::7%25eth0]"), ELSEWHERE, one("[2001:db8:1::7]:443")),
        ("half a bracket", one("[2001:db8:1::7"), ELSEWHERE, one("[2001:db8:1::7]")),
        ("IPv4 in brackets", one("[192.0.2.7]"), ELSEWHERE, right()),
        (
            "this machine's own, as the proxy heard it",
            office(&[(XFF, "127.0.0.1")]),
            ELSEWHERE,
            here(&[(XFF, "127.0.0.2")]),
        ),
        ("a byte of Latin-1", one("192.0.2.7\u{e9}"), ELSEWHERE, right()),
    ]
}

/// The peer is a trusted proxy that writes RFC 7239's field.
pub fn forwarded() -> Vec<Attack> {
    let one = |value: &str| office(&[(FORWARDED, value)]);
    let right = || one("for=192.0.2.7");
    vec![
        ("for= of the left", one("for=192.0.2.7, for=198.51.100.1"), ELSEWHERE, one("for=198.51.100.1, for=192.0.2.7")),
        (
            "for= twice in one element",
            one("for=198.51.100.1;for=192.0.2.7"),
            ELSEWHERE,
            one("for=192.0.2.7;by=198.51.100.1"),
        ),
        ("by= in place of for=", one("by=192.0.2.7"), ELSEWHERE, right()),
        (
            "an open quote that hides what follows",
            one("for=192.0.2.7;by=\", for=198.51.100.1"),
            ELSEWHERE,
            one("for=198.51.100.1;by=\", for=192.0.2.7"),
        ),
        ("a hidden name", one("for=_office"), ELSEWHERE, right()),
        ("an address without for=", one("192.0.2.7"), ELSEWHERE, right()),
        ("IPv6 without brackets and quotes", one("for=2001:db8:1::7:x"), ELSEWHERE, one("for=\"[2001:db8:1::7]\"")),
        ("an escape in quotes", one("for=\"192.0.2.\\7x\""), ELSEWHERE, one("for=\"192.0.2.\\7\"")),
        (
            "the other header, which this proxy does not write",
            office(&[(XFF, "192.0.2.7")]),
            ELSEWHERE,
            here(&[(XFF, "192.0.2.7")]),
        ),
    ]
}

#[test]
fn nobody_is_where_he_only_says_he_is() {
    run(setting(&[ISSUER, MEDIA, GRANTS]), &untrusted());
    run(behind("trusted_proxies = [\"127.0.0.1/32\", \"10.0.0.0/8\"]"), &trusted());
    run(behind("trusted_proxies = [\"127.0.0.1/32\"]\nclient_address_header = \"forwarded\""), &forwarded());
}
