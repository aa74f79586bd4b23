//! Connections over TLS that are slow, many, odd or cut off by the end of the service, by either version of HTTP.

use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpStream;

use crate::support::PATIENCE;
use crate::support::client::Reply;
use crate::support::eventually;
use crate::support::http2;
use crate::support::http2::Http2;
use crate::support::service::Service;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::tls::Authority;
use crate::support::tls::Client;
use crate::support::tls::Stream;
use crate::support::tls::TLS;

/// A service and whom it was certified by.
struct Served {
    service: Service,
    authority: Authority,
}

fn served(server: &str) -> Served {
    let authority = Authority::new();
    let presignd = setting(&["[server]\n", server, TLS, ISSUER, MEDIA, ALL_OF_MEDIA]);
    Served { service: authority.identity().beside(presignd).serve(), authority }
}

impl Served {
    fn http1(&self) -> Stream {
        self.authority.connect(self.service.address, &Client::default()).unwrap()
    }

    fn stream(&self) -> Stream {
        let client = Client { protocols: &["h2", "http/1.1"], ..Client::default() };
        let stream = self.authority.connect(self.service.address, &client).unwrap();
        assert_eq!(stream.conn.alpn_protocol(), Some(&b"h2"[..]));
        stream
    }

    fn http2(&self) -> Http2 {
        Http2::hello(self.stream(), &[])
    }

    fn in_flight(&self, count: f64) {
        eventually("in flight", || (self.service.metric("presignd_requests_in_flight") == count).then_some(()));
    }
}

/// The fields of a request, with a token.
fn fields<'a>(method: &'a str, path: &'a str, authorization: &'a str) -> [(&'a str, &'a str); 6] {
    [
        (":method", method),
        (":scheme", "https"),
        (":path", path),
        (":authority", "x"),
        ("content-type", "application/json"),
        ("authorization", authorization),
    ]
}

fn bearer() -> String {
    format!("Bearer {}", token())
}

/// The body of a stream's response.
#[track_caller]
fn body(http2: &mut Http2, stream: u32) -> String {
    let mut body = Vec::new();
    loop {
        let frame = http2.wait_for("a response", |frame| frame.stream == stream);
        assert_ne!(frame.kind, http2::RST_STREAM, "{frame:?}");
        if frame.kind == http2::DATA {
            body.extend(&frame.payload);
        }
        if frame.flags & http2::END_STREAM != 0 && [http2::DATA, http2::HEADERS].contains(&frame.kind) {
            return String::from_utf8(body).unwrap();
        }
    }
}

/// Reads to the end; a reset is one too.
fn rest(mut stream: impl Read) -> String {
    let mut read = Vec::new();
    if let Err(error) = stream.read_to_end(&mut read) {
        let ends = [std::io::ErrorKind::ConnectionReset, std::io::ErrorKind::UnexpectedEof];
        assert!(ends.contains(&error.kind()), "{error}");
    }
    String::from_utf8_lossy(&read).into_owned()
}

#[test]
fn what_does_not_come_is_waited_for_no_longer_than_a_head_may_take() {
    let served = served("header_timeout = \"1s\"\n");
    let connect = || {
        let stream = TcpStream::connect_timeout(&served.service.address, PATIENCE).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    };
    let (silent, mut half) = (connect(), connect());
    half.write_all(b"\x16\x03\x01\x02\x00\x01").unwrap();
    let agreed = served.http1();
    let mut head = served.http1();
    head.write_all(b"GET /v1/grants HTTP/1.1\r\nhost:").unwrap();
    let (mut no_preface, mut no_request) = (served.stream(), served.http2());
    no_preface.write_all(b"PRI * HTTP/2.0\r\n").unwrap();
    assert_eq!(rest(silent), "");
    assert_eq!(rest(half), "");
    for (case, stream) in [("nothing", agreed), ("half a head", head)] {
        let read = rest(stream);
        assert!(read.starts_with("HTTP/1.1 408") && read.contains("\"request_timeout\""), "{case}: {read}");
    }
    rest(no_preface);
    let frames = no_request.rest();
    assert!(frames.iter().any(|frame| frame.kind == http2::GOAWAY), "{frames:?}");
}

#[test]
fn a_body_that_does_not_come_ends_with_408_and_an_idle_connection_ends() {
    let served = served("request_timeout = \"1s\"\nidle_timeout = \"1s\"\n");
    let mut stream = served.http1();
    let head = format!("POST /v1/presign HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\n", bearer());
    write!(stream, "{head}content-type: application/json\r\ncontent-length: 100\r\n\r\n{{").unwrap();
    let reply = Reply::read(BufReader::new(&mut stream), false).unwrap();
    assert_eq!((reply.status, reply.code().as_str()), (408, "request_timeout"));
    let mut http2 = served.http2();
    http2.request(1, 0, &fields("POST", "/v1/presign", &bearer())).unwrap();
    http2.send(http2::DATA, 0, 1, b"{").unwrap();
    assert!(body(&mut http2, 1).contains("\"request_timeout\""));
    http2.request(3, http2::END_STREAM, &fields("GET", "/v1/grants", &bearer())).unwrap();
    assert!(body(&mut http2, 3).contains("\"grants\""), "the connection goes on");
    let frames = http2.rest();
    assert!(frames.iter().any(|frame| frame.kind == http2::GOAWAY), "{frames:?}");
    let mut kept = served.http1();
    write!(kept, "GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let read = rest(kept);
    assert_eq!(read.matches("HTTP/1.1").count(), 1, "{read}");
}

#[test]
fn whoever_does_not_read_is_cut() {
    let served = served("request_timeout = \"1s\"\n");
    // No response may begin: a window of nothing.
    let mut http2 = Http2::hello(served.stream(), &[(4, 0)]);
    http2.request(1, http2::END_STREAM, &fields("GET", "/openapi.json", "x")).unwrap();
    let frames = http2.rest();
    assert!(!frames.iter().any(|frame| frame.kind == http2::DATA), "{frames:?}");
    served.in_flight(0.0);
}

#[test]
fn http2_has_bounds_and_hurts_nobody() {
    let served = served("");
    let mut told = served.http2();
    let settings = told.wait_for("settings", |frame| frame.kind == http2::SETTINGS && frame.flags == 0).payload;
    let setting = |id: u16| {
        let pairs = settings.chunks(6).map(|pair| (u16::from_be_bytes([pair[0], pair[1]]), &pair[2..]));
        pairs.filter(|(known, _)| *known == id).map(|(_, v)| u32::from_be_bytes(v.try_into().unwrap())).next()
    };
    assert_eq!((setting(3), setting(6)), (Some(100), Some(32 * 1024)), "streams, and bytes of a head");
    let large = "x".repeat(33 * 1024);
    let mut over = served.http2();
    let asked = [&fields("GET", "/v1/grants", "x")[..], &[("x-large", &large[..15_000]); 3]].concat();
    // More than one frame may hold by default: refused, and no other stream suffers.
    let _ = over.request(1, http2::END_STREAM, &asked);
    let frames = over.rest();
    assert!(!frames.iter().any(|frame| frame.kind == http2::DATA && !frame.payload.is_empty()), "{frames:?}");
    // CVE-2023-44487.
    let mut resetting = served.http2();
    let sent = (0..10_000).map(|number| 2 * number + 1).try_for_each(|stream| {
        resetting.request(stream, http2::END_STREAM, &fields("GET", "/v1/grants", "x"))?;
        resetting.send(http2::RST_STREAM, 0, stream, &8u32.to_be_bytes())
    });
    if sent.is_ok() {
        let _ = resetting.send(http2::PING, 0, 0, b"12345678");
    }
    let last = resetting.rest();
    let enough = |frame: &http2::Frame| frame.kind == http2::GOAWAY && frame.payload[4..8] == 11u32.to_be_bytes();
    assert!(sent.is_err() || last.iter().any(enough), "{} frames", last.len());
    // CVE-2024-27316: a head without end.
    let mut endless = served.http2();
    endless.send(http2::HEADERS, http2::END_STREAM, 1, b"").unwrap();
    let sent = (0..10_000).try_for_each(|_| endless.send(9, 0, 1, &[0, 1, b'x', 1, b'x'].repeat(1000)));
    assert!(sent.is_err() || endless.rest().iter().any(|frame| frame.kind == http2::GOAWAY));
    let mut others = served.http2();
    others.request(1, http2::END_STREAM, &fields("GET", "/v1/grants", &bearer())).unwrap();
    assert!(body(&mut others, 1).contains("\"grants\""), "others are served on");
    served.in_flight(0.0);
}

#[test]
fn requests_that_were_begun_are_answered_after_the_signal_to_end() {
    let mut served = served("drain = \"20s\"\nrequest_timeout = \"30s\"\n");
    let asked = ask("GetObject", "media", "a").to_string();
    let mut http1 = served.http1();
    let head = format!("POST /v1/presign HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\n", bearer());
    write!(http1, "{head}content-type: application/json\r\ncontent-length: {}\r\n\r\n", asked.len()).unwrap();
    let (mut http2, mut idle) = (served.http2(), served.http2());
    http2.request(1, 0, &fields("POST", "/v1/presign", &bearer())).unwrap();
    idle.request(1, http2::END_STREAM, &fields("GET", "/v1/grants", &bearer())).unwrap();
    assert!(body(&mut idle, 1).contains("\"grants\""));
    served.in_flight(2.0);
    served.service.signal("TERM");
    let frames = idle.rest();
    assert!(frames.iter().any(|frame| frame.kind == http2::GOAWAY), "{frames:?}");
    http2.wait_for("a goodbye", |frame| frame.kind == http2::GOAWAY);
    http1.write_all(asked.as_bytes()).unwrap();
    http2.send(http2::DATA, http2::END_STREAM, 1, asked.as_bytes()).unwrap();
    let reply = Reply::read(BufReader::new(&mut http1), false).unwrap();
    assert_eq!((reply.status, reply.header("connection")), (200, Some("close")), "{}", reply.text());
    assert!(body(&mut http2, 1).contains("\"url\""));
    drop((http1, http2));
    assert!(served.service.ended().success(), "{}", served.service.log_text());
}

/// How many connections to a listener nobody has accepted yet.
/// <https://docs.kernel.org/networking/proc_net_tcp.html>
#[track_caller]
fn not_accepted(address: SocketAddr) -> u32 {
    let listening = format!(":{:04X} 00000000:0000 0A ", address.port());
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let queues = table.lines().find_map(|line| line.split_once(&listening)).unwrap().1.split_whitespace().next();
    u32::from_str_radix(queues.unwrap().split_once(':').unwrap().1, 16).unwrap()
}

#[test]
fn requests_and_connections_beyond_the_limits_wait_or_are_shed() {
    let served =
        served("max_in_flight = 2\nmax_connections = 2\nrequest_timeout = \"60s\"\nheader_timeout = \"60s\"\n");
    let mut http2 = served.http2();
    for stream in [1, 3] {
        http2.request(stream, 0, &fields("POST", "/v1/presign", &bearer())).unwrap();
    }
    served.in_flight(2.0);
    http2.request(5, http2::END_STREAM, &fields("GET", "/v1/grants", &bearer())).unwrap();
    let shed = body(&mut http2, 5);
    assert!(shed.contains("\"overloaded\"") && shed.contains("\"retry_after\""), "{shed}");
    let second = TcpStream::connect_timeout(&served.service.address, PATIENCE).unwrap();
    let third = std::thread::scope(|scope| {
        let third = scope.spawn(|| served.authority.connect(served.service.address, &Client::default()).is_ok());
        eventually("it waits to be accepted", || (not_accepted(served.service.address) == 1).then_some(()));
        assert!(!third.is_finished(), "served beside the two");
        drop(second);
        third.join().unwrap()
    });
    assert!(third, "and then it has a place");
}
