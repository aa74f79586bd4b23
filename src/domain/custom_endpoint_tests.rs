//! What may be an endpoint, and what of it is signed.

use super::*;
use proptest::prelude::*;

#[test]
fn an_endpoint_is_kept_as_written_and_only_the_signed_host_is_normal() {
    let rows = [
        ("https://s3.example.net", "s3.example.net", "s3.example.net", "", false),
        ("https://s3.example.net/", "s3.example.net", "s3.example.net", "", false),
        ("https://s3.example.net:443", "s3.example.net:443", "s3.example.net", "", false),
        ("https://s3.example.net:80", "s3.example.net:80", "s3.example.net:80", "", false),
        ("http://localhost:80", "localhost:80", "localhost", "", false),
        ("http://localhost:443/", "localhost:443", "localhost:443", "", false),
        ("http://MinIO.localhost:9000", "MinIO.localhost:9000", "minio.localhost:9000", "", false),
        ("https://Storage.Example.COM", "Storage.Example.COM", "storage.example.com", "", false),
        ("https://gw.example.com/s3", "gw.example.com", "gw.example.com", "/s3", false),
        ("https://gw.example.com/a/B%20c@d/", "gw.example.com", "gw.example.com", "/a/B%20c@d", false),
        ("https://gw.example.com/.well/..x", "gw.example.com", "gw.example.com", "/.well/..x", false),
        ("https://minio_1:9000", "minio_1:9000", "minio_1:9000", "", false),
        ("https://10.0.0.7.example", "10.0.0.7.example", "10.0.0.7.example", "", false),
        ("http://127.0.0.1:9000", "127.0.0.1:9000", "127.0.0.1:9000", "", true),
        ("http://127.1.2.3", "127.1.2.3", "127.1.2.3", "", true),
        ("https://192.0.2.1/x", "192.0.2.1", "192.0.2.1", "/x", true),
        ("http://[::1]:9000", "[::1]:9000", "[::1]:9000", "", true),
        ("https://[2001:DB8::1]:443", "[2001:DB8::1]:443", "[2001:db8::1]", "", true),
    ];
    for (text, authority, host, path, is_address) in rows {
        let endpoint = CustomEndpoint::parse(text, PlainHttp::LoopbackOnly).expect(text);
        let found = (endpoint.authority(), endpoint.signed_host(), endpoint.base_path(), endpoint.is_address());
        assert_eq!(found, (authority, host, path, is_address), "{text}");
    }
}

#[test]
fn what_cannot_be_an_endpoint_is_refused_with_the_reason() {
    let long_label = format!("https://{}.example", "a".repeat(64));
    let long_host = format!("https://{}", ["a"; 128].join("."));
    let rows = [
        ("", InvalidEndpoint::Scheme),
        ("s3.example.net", InvalidEndpoint::Scheme),
        ("s3.example.net:443", InvalidEndpoint::Scheme),
        ("HTTPS://s3.example.net", InvalidEndpoint::Scheme),
        ("ftp://s3.example.net", InvalidEndpoint::Scheme),
        ("https:s3.example.net", InvalidEndpoint::Scheme),
        ("https://", InvalidEndpoint::Host),
        ("https:///path", InvalidEndpoint::Host),
        ("https://:9000", InvalidEndpoint::Host),
        ("https://a..b", InvalidEndpoint::Host),
        ("https://s3.example.net.", InvalidEndpoint::Host),
        ("https://s3.exa mple.net", InvalidEndpoint::Host),
        ("https://s3.example.net\\x", InvalidEndpoint::Host),
        ("https://s3%2eexample.net", InvalidEndpoint::Host),
        (&long_label, InvalidEndpoint::Host),
        (&long_host, InvalidEndpoint::Host),
        ("https://bücher.example", InvalidEndpoint::HostNotAscii),
        ("https://s3。example", InvalidEndpoint::HostNotAscii),
        ("http://2130706433", InvalidEndpoint::Ipv4),
        ("http://127.1", InvalidEndpoint::Ipv4),
        ("http://0x7f.0.0.1", InvalidEndpoint::Ipv4),
        ("http://127.0.0.0x1", InvalidEndpoint::Ipv4),
        ("http://127.0.0.01", InvalidEndpoint::Ipv4),
        ("http://127.0.0.256", InvalidEndpoint::Ipv4),
        ("http://::1:9000", InvalidEndpoint::Ipv6),
        ("http://[::1", InvalidEndpoint::Ipv6),
        ("http://[::1%25lo]", InvalidEndpoint::Ipv6),
        ("http://[localhost]", InvalidEndpoint::Ipv6),
        ("http://[::1]9000", InvalidEndpoint::Port),
        ("https://s3.example.net:", InvalidEndpoint::Port),
        ("https://s3.example.net:0", InvalidEndpoint::Port),
        ("https://s3.example.net:0443", InvalidEndpoint::Port),
        ("https://s3.example.net:+443", InvalidEndpoint::Port),
        ("https://s3.example.net:65536", InvalidEndpoint::Port),
        ("https://key:secret@s3.example.net", InvalidEndpoint::UserInfo),
        ("https://@s3.example.net", InvalidEndpoint::UserInfo),
        ("https://s3.example.net?x=1", InvalidEndpoint::Query),
        ("https://s3.example.net/?", InvalidEndpoint::Query),
        ("https://s3.example.net/a#b", InvalidEndpoint::Fragment),
        ("https://s3.example.net/a b", InvalidEndpoint::Path),
        ("https://s3.example.net/ä", InvalidEndpoint::Path),
        ("https://s3.example.net/a\\b", InvalidEndpoint::Path),
        ("https://s3.example.net/%", InvalidEndpoint::Path),
        ("https://s3.example.net/%2", InvalidEndpoint::Path),
        ("https://s3.example.net/%zz", InvalidEndpoint::Path),
        ("https://s3.example.net/%ü", InvalidEndpoint::Path),
        ("https://s3.example.net//", InvalidEndpoint::PathSegment),
        ("https://s3.example.net/a//b", InvalidEndpoint::PathSegment),
        ("https://s3.example.net/./b", InvalidEndpoint::PathSegment),
        ("https://s3.example.net/a/..", InvalidEndpoint::PathSegment),
        ("https://s3.example.net/a/%2E%2e", InvalidEndpoint::PathSegment),
        ("https://s3.example.net/.%2e/b", InvalidEndpoint::PathSegment),
    ];
    for (text, expected) in rows {
        assert_eq!(CustomEndpoint::parse(text, PlainHttp::Anywhere), Err(expected), "{text}");
    }
}

#[test]
fn plain_http_is_for_loopback_unless_it_is_allowed() {
    let rows = [
        ("http://localhost:9000", true),
        ("http://LocalHost", true),
        ("http://s3.localhost", true),
        ("http://127.8.9.10", true),
        ("http://[::1]", true),
        ("https://s3.example.net", true),
        ("http://s3.example.net", false),
        ("http://notlocalhost", false),
        ("http://localhost.example.net", false),
        ("http://192.0.2.1", false),
        ("http://[::2]", false),
        ("http://0.0.0.0", false),
    ];
    for (text, expected) in rows {
        let refused = CustomEndpoint::parse(text, PlainHttp::LoopbackOnly);
        assert_eq!(refused.is_ok(), expected, "{text}");
        assert!(expected || refused == Err(InvalidEndpoint::PlainHttp), "{text}");
        assert!(CustomEndpoint::parse(text, PlainHttp::Anywhere).is_ok(), "{text}");
    }
}

proptest! {
    #[test]
    fn what_parses_prints_back(text in "https?://[a-zA-Z0-9.:\\[\\]@%_-]{0,20}(/[a-zA-Z0-9.%~ -]{0,8}){0,3}") {
        if let Ok(endpoint) = CustomEndpoint::parse(&text, PlainHttp::Anywhere) {
            let printed = format!("{}://{}{}", endpoint.scheme().as_str(), endpoint.authority(), endpoint.base_path());
            prop_assert_eq!(text.strip_suffix('/').unwrap_or(&text), printed);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC*") {
        let _ = CustomEndpoint::parse(&text, PlainHttp::Anywhere);
        let _ = CustomEndpoint::parse(&format!("https://{text}"), PlainHttp::Anywhere);
    }
}
