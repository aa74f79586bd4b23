//! The client's address: the peer's, or what trusted proxies say; and grants that ask for one.

use crate::support::service::Service;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::expect_reply;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::unmet;

const GRANTS: &str = r#"
    [[grants]]
    name = "office"
    bucket = "media"
    prefix = "office/"
    actions = ["read"]
    require = { source_ips = ["192.0.2.0/24", "2001:db8::/32"] }
    [[grants]]
    name = "here"
    bucket = "media"
    prefix = "here/"
    actions = ["read"]
    require = { source_ips = ["127.0.0.0/8"] }
    [[grants]]
    name = "anywhere"
    bucket = "media"
    prefix = "anywhere/"
    actions = ["read"]
"#;

const PEER: &str = "127.0.0.1";

/// Asks with these headers; the address that the audit log saw, and which of the two grants was met.
fn seen(service: &Service, headers: &[(&str, &str)]) -> (String, bool, bool) {
    let asked = |prefix: &str| {
        let call = service.call("POST", "/v1/presign").bearer(&token());
        let call = headers.iter().fold(call, |call, (name, value)| call.header(name, value));
        call.json(&ask("GetObject", "media", &format!("{prefix}/a"))).send()
    };
    let (office, here) = (asked("office"), asked("here"));
    for (reply, grant) in [(&office, "office"), (&here, "here")] {
        let expected = if reply.status == 200 { Ok(grant) } else { unmet(&["#"]) };
        expect_reply(grant, reply, expected);
    }
    let request = here.header("x-request-id").unwrap();
    let line = crate::support::eventually("the audit line", || {
        service.audit().into_iter().find(|line| line["request_id"] == request)
    });
    (line["client_address"].as_str().unwrap().to_owned(), office.status == 200, here.status == 200)
}

/// A header's lines, the address, and whether the office's and the peer's own grant are met.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, bool, bool);

fn run(service: &Service, cases: &[Case<'_>]) {
    for (case, headers, address, office, here) in cases {
        assert_eq!(seen(service, headers), ((*address).to_owned(), *office, *here), "{case}");
    }
}

#[test]
fn an_untrusted_peer_is_itself_whatever_it_says() {
    let service = setting(&[ISSUER, MEDIA, GRANTS]).serve();
    run(
        &service,
        &[
            ("no header", &[], PEER, false, true),
            ("a header of its own", &[("x-forwarded-for", "192.0.2.7")], PEER, false, true),
            ("Forwarded", &[("forwarded", "for=192.0.2.7")], PEER, false, true),
        ],
    );
    let reply = service.post(&token(), "/v1/presign", &ask("GetObject", "media", "anywhere/a"));
    expect_reply("a grant that asks for no address", &reply, Ok("anywhere"));
}

#[test]
fn a_trusted_proxy_is_believed_from_the_right() {
    let proxies = "[server]\ntrusted_proxies = [\"127.0.0.1/32\", \"10.0.0.0/8\"]\n";
    let service = setting(&[proxies, ISSUER, MEDIA, GRANTS]).serve();
    let xff = "x-forwarded-for";
    run(
        &service,
        &[
            ("no header", &[], PEER, false, true),
            ("one address", &[(xff, "192.0.2.7")], "192.0.2.7", true, false),
            ("another address", &[(xff, "198.51.100.7")], "198.51.100.7", false, false),
            ("what a client sent before it", &[(xff, "192.0.2.7, 198.51.100.7")], "198.51.100.7", false, false),
            ("a trusted one on the right", &[(xff, "198.51.100.1, 192.0.2.7, 10.1.2.3")], "192.0.2.7", true, false),
            ("several lines are one list", &[(xff, "198.51.100.1"), (xff, "192.0.2.7")], "192.0.2.7", true, false),
            ("all trusted: the left-most", &[(xff, "10.0.0.2, 10.0.0.1, 127.0.0.1")], "10.0.0.2", false, false),
            ("a port", &[(xff, "192.0.2.7:1234")], "192.0.2.7", true, false),
            ("IPv6", &[(xff, "2001:db8::7")], "2001:db8::7", true, false),
            ("IPv6 in brackets", &[(xff, "[2001:db8::7]")], "2001:db8::7", true, false),
            ("IPv6 in brackets with a port", &[(xff, "[2001:db8::7]:443")], "2001:db8::7", true, false),
            ("the other header is nobody's", &[("forwarded", "for=192.0.2.7")], PEER, false, true),
            ("a word", &[(xff, "unknown")], PEER, false, false),
            ("half an address", &[(xff, "192.0.2")], PEER, false, false),
            ("an address and a word", &[(xff, "192.0.2.7, x")], PEER, false, false),
        ],
    );
}

#[test]
fn forwarded_is_read_where_the_proxy_writes_it() {
    let proxies = "[server]\ntrusted_proxies = [\"127.0.0.1/32\"]\nclient_address_header = \"forwarded\"\n";
    let service = setting(&[proxies, ISSUER, MEDIA, GRANTS]).serve();
    let forwarded = "forwarded";
    run(
        &service,
        &[
            ("for alone", &[(forwarded, "for=192.0.2.7")], "192.0.2.7", true, false),
            ("among others", &[(forwarded, "proto=https; For=\"192.0.2.7:80\";by=10.0.0.1")], "192.0.2.7", true, false),
            ("IPv6", &[(forwarded, "for=\"[2001:db8::7]:443\"")], "2001:db8::7", true, false),
            ("the right-most", &[(forwarded, "for=192.0.2.7, for=198.51.100.7")], "198.51.100.7", false, false),
            ("a trusted one on the right", &[(forwarded, "for=192.0.2.7, for=127.0.0.1")], "192.0.2.7", true, false),
            (
                "several lines",
                &[(forwarded, "for=198.51.100.7"), (forwarded, "for=192.0.2.7")],
                "192.0.2.7",
                true,
                false,
            ),
            ("an obfuscated name", &[(forwarded, "for=_hidden")], PEER, false, false),
            ("the other header is nobody's", &[("x-forwarded-for", "192.0.2.7")], PEER, false, true),
        ],
    );
}

#[test]
fn an_untrusted_peer_that_names_an_address_is_logged_once() {
    let service = setting(&[ISSUER, MEDIA, GRANTS]).serve();
    for _ in 0..5 {
        let call = service.call("POST", "/v1/presign").bearer(&token()).header("x-forwarded-for", "192.0.2.7");
        assert_eq!(call.json(&ask("GetObject", "media", "anywhere/a")).send().status, 200);
    }
    let about = |line: &serde_json::Value| line.to_string().to_lowercase().contains("x-forwarded-for");
    service.logged("the header of an untrusted peer", about);
    assert_eq!(service.log().iter().filter(|line| about(line)).count(), 1, "{}", service.log_text());
    service.audited(5);
}
