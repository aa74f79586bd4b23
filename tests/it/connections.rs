//! Connections that are slow, large, many or cut off by the end of the service.

use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpStream;

use serde_json::Value;

use crate::support::PATIENCE;
use crate::support::client::Call;
use crate::support::client::Reply;
use crate::support::eventually;
use crate::support::service::Service;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::setting::token;

/// A service with more lines of `[server]`.
fn served(server: &str) -> Service {
    setting(&["[server]\n", server, ISSUER, MEDIA, ALL_OF_MEDIA]).serve()
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, PATIENCE).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// The head of a POST whose body is yet to come.
fn begin(stream: &mut TcpStream, length: usize) {
    let token = token();
    let head = format!(
        "POST /v1/presign HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json"
    );
    write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n").unwrap();
}

fn answer(stream: &TcpStream) -> Reply {
    Reply::read(BufReader::new(stream), false).unwrap()
}

/// Waits until so many requests are begun.
fn in_flight(service: &Service, count: f64) {
    eventually("requests in flight", || (service.metric("presignd_requests_in_flight") == count).then_some(()));
}

/// Fails unless the server has closed.
fn is_closed(mut stream: &TcpStream) {
    let mut rest = Vec::new();
    // A reset is a close too.
    let read = stream.read_to_end(&mut rest);
    assert!(read.is_ok() || read.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset));
}

#[test]
fn a_head_that_does_not_come_ends_with_408_and_the_connection() {
    let service = served("header_timeout = \"1s\"\n");
    let mut kept = connect(service.address);
    write!(kept, "GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    assert_eq!(answer(&kept).status, 404);
    let silent =
        [("nothing", ""), ("half a line", "GET /v1/gra"), ("half a head", "GET /v1/grants HTTP/1.1\r\nhost: x\r\n")]
            .map(|(case, sent)| {
                let mut stream = connect(service.address);
                stream.write_all(sent.as_bytes()).unwrap();
                (case, stream)
            });
    for (case, mut stream) in silent {
        let mut read = String::new();
        stream.read_to_string(&mut read).unwrap();
        assert!(read.starts_with("HTTP/1.1 408") && read.contains("\"request_timeout\""), "{case}: {read:?}");
    }
    // It is older than they were, but a kept connection waits for idle_timeout.
    write!(kept, "GET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    assert_eq!(answer(&kept).status, 404);
}

#[test]
fn a_request_says_whom_it_is_for_once_and_in_a_form_that_can_be() {
    let service = served("");
    let rows: [(&str, &str, u16); 12] = [
        ("HTTP/1.1", "host: x\r\n", 401),
        ("HTTP/1.1", "host: [::1]:8080\r\n", 401),
        ("HTTP/1.1", "", 400),
        ("HTTP/1.1", "host:\r\n", 400),
        ("HTTP/1.1", "host: x\r\nHost: x\r\n", 400),
        ("HTTP/1.1", "host: x, y\r\n", 400),
        ("HTTP/1.1", "host: user@x\r\n", 400),
        ("HTTP/1.1", "host: x:http\r\n", 400),
        ("HTTP/1.0", "", 401),
        ("HTTP/1.0", "host: x\r\n", 401),
        ("HTTP/1.0", "host: x\r\nhost: y\r\n", 400),
        ("HTTP/1.0", "host: x/y\r\n", 400),
    ];
    for (version, hosts, status) in rows {
        for address in [service.address, service.admin] {
            let (path, status) =
                if address == service.admin && status == 401 { ("/livez", 200) } else { ("/v1/grants", status) };
            let mut stream = connect(address);
            write!(stream, "GET {path} {version}\r\n{hosts}connection: close\r\n\r\n").unwrap();
            let reply = answer(&stream);
            assert_eq!(reply.status, status, "{version} {hosts:?}: {}", reply.text());
            if status == 400 {
                assert_eq!(reply.code(), "invalid_request", "{version} {hosts:?}");
                assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{version} {hosts:?}");
                assert!(reply.json()["detail"].as_str().unwrap().contains("Host"), "{}", reply.text());
            }
        }
    }
    assert_eq!(service.metric("presignd_refusals_total{code=\"invalid_request\"}"), 16.0);
}

#[test]
fn a_kept_connection_ends_when_it_has_been_idle() {
    let service = served("idle_timeout = \"1s\"\n");
    let mut stream = connect(service.address);
    write!(stream, "GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    assert_eq!(answer(&stream).status, 404);
    is_closed(&stream);
}

#[test]
fn a_body_that_does_not_come_ends_with_408() {
    let service = served("request_timeout = \"1s\"\n");
    let mut stream = connect(service.address);
    begin(&mut stream, 100);
    stream.write_all(b"{\"operation\":").unwrap();
    let reply = answer(&stream);
    assert_eq!((reply.status, reply.code().as_str()), (408, "request_timeout"));
    is_closed(&stream);
}

#[test]
fn a_body_above_the_limit_is_refused_before_it_is_read() {
    let service = served("max_body = \"1KiB\"\n");
    let sized = |size: usize| {
        let body = ask("GetObject", "media", "a").to_string();
        format!("{body}{}", " ".repeat(size - body.len()))
    };
    let reply = |body: String| {
        service
            .call("POST", "/v1/presign")
            .bearer(&token())
            .header("content-type", "application/json")
            .body(body)
            .send()
    };
    assert_eq!(reply(sized(1024)).status, 200, "at the limit");
    let over = reply(sized(1025));
    assert_eq!((over.status, over.code().as_str()), (413, "body_too_large"));
    let mut stream = connect(service.address);
    begin(&mut stream, usize::MAX >> 8);
    let announced = answer(&stream);
    assert_eq!((announced.status, announced.code().as_str()), (413, "body_too_large"), "by its announced length");
    let mut stream = connect(service.address);
    let head = format!(
        "POST /v1/presign HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json",
        token()
    );
    write!(stream, "{head}\r\ntransfer-encoding: chunked\r\n\r\n401\r\n{}\r\n0\r\n\r\n", " ".repeat(1025)).unwrap();
    let chunked = answer(&stream);
    assert_eq!((chunked.status, chunked.code().as_str()), (413, "body_too_large"), "without an announced length");
    let stranger =
        service.call("POST", "/v1/presign").header("content-type", "application/json").body(sized(1025)).send();
    assert_eq!(stranger.code(), "missing_token", "the token comes first");
}

#[test]
fn headers_without_end_are_refused() {
    let service = served("");
    for (case, call) in [
        ("one large header", service.call("GET", "/v1/grants").header("x-large", &"x".repeat(1 << 20))),
        (
            "many headers",
            (0..5000).fold(service.call("GET", "/v1/grants"), |call, number| call.header(&format!("x-{number}"), "x")),
        ),
    ] {
        let reply = call.send();
        assert_eq!(reply.status, 431, "{case}: {reply:?}");
        assert_eq!(reply.code(), "headers_too_large", "{case}");
    }
    let long = service.call("GET", &format!("/{}", "x".repeat(1 << 20))).send();
    assert!([404, 414, 431].contains(&long.status), "a target without end: {}", long.status);
    assert_eq!(service.get(&token(), "/v1/grants").status, 200, "and others are served on");
}

#[test]
fn what_is_no_http_is_refused_and_hurts_nobody() {
    let service = served("");
    for (case, bytes) in [
        ("another protocol", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc".as_slice()),
        ("words", b"HELO example.com\r\n\r\n"),
        ("two lengths", b"POST /v1/presign HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}"),
        ("HTTP/2 without TLS", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ] {
        let mut stream = connect(service.address);
        stream.write_all(bytes).unwrap();
        let mut read = Vec::new();
        let _ = (&stream).read_to_end(&mut read);
        let text = String::from_utf8_lossy(&read).into_owned();
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{case}: {text}");
        // Neither length may be taken: behind a proxy that takes the other one, the rest would be a second request.
        assert!(text.matches("HTTP/1.1 4").count() <= 1, "{case}: {text}");
    }
    assert_eq!(service.get(&token(), "/v1/grants").status, 200);
}

#[test]
fn a_body_that_is_not_read_is_no_second_request() {
    let service = served("");
    let hidden = "GET /v1/grants HTTP/1.1\r\nhost: x\r\n\r\n";
    for (case, first, head) in [
        ("no token", "401", "POST /v1/presign HTTP/1.1\r\nhost: x".to_owned()),
        ("no method", "405", "PUT /v1/presign HTTP/1.1\r\nhost: x".to_owned()),
        ("no type", "415", format!("POST /v1/presign HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}", token())),
    ] {
        let mut stream = connect(service.address);
        write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{hidden}", hidden.len()).unwrap();
        write!(stream, "GET /last HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut read = String::new();
        // Closed with something unread, the connection may be reset: what came before counts.
        let _ = stream.read_to_string(&mut read);
        let answers: Vec<&str> = read.split("HTTP/1.1 ").skip(1).filter_map(|answer| answer.get(..3)).collect();
        assert!([vec![first], vec![first, "404"]].contains(&answers), "{case}: {answers:?} in {read}");
    }
}

#[test]
fn a_body_may_come_in_chunks_and_after_a_hundred_continue() {
    let service = served("");
    let body = ask("GetObject", "media", "a").to_string();
    let head = |token: &str| {
        let typed = "content-type: application/json\r\nconnection: close";
        format!("POST /v1/presign HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n{typed}")
    };
    let mut stream = connect(service.address);
    let (first, second) = body.split_at(7);
    write!(stream, "{}\r\ntransfer-encoding: chunked\r\n\r\n7\r\n{first}\r\n", head(&token())).unwrap();
    write!(stream, "{:x}\r\n{second}\r\n0\r\n\r\n", second.len()).unwrap();
    assert_eq!(answer(&stream).status, 200);
    let mut stream = connect(service.address);
    write!(stream, "{}\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n", head(&token()), body.len()).unwrap();
    let mut interim = [0; 21];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue");
    stream.write_all(body.as_bytes()).unwrap();
    let mut rest = [0; 4];
    stream.read_exact(&mut rest).unwrap();
    assert_eq!(answer(&stream).status, 200);
    let mut stream = connect(service.address);
    write!(stream, "{}\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n", head("x"), body.len()).unwrap();
    let mut begin = [0; 12];
    stream.read_exact(&mut begin).unwrap();
    assert_eq!(&begin, b"HTTP/1.1 401", "nothing more is asked of a stranger");
}

#[test]
fn requests_beyond_what_may_be_in_flight_are_refused_at_once() {
    let service = served("max_in_flight = 2\nrequest_timeout = \"60s\"\n");
    let body = ask("GetObject", "media", "a").to_string();
    let mut begun: Vec<TcpStream> = (0..2).map(|_| connect(service.address)).collect();
    begun.iter_mut().for_each(|stream| begin(stream, body.len()));
    in_flight(&service, 2.0);
    let over = service.get(&token(), "/v1/grants");
    assert_eq!((over.status, over.code().as_str()), (503, "overloaded"));
    assert!(over.header("retry-after").is_some_and(|wait| wait.parse::<u64>().unwrap() > 0), "{over:?}");
    assert_eq!(service.admin("/livez").status, 200, "the admin listener answers");
    for stream in &mut begun {
        stream.write_all(body.as_bytes()).unwrap();
        assert_eq!(answer(stream).status, 200, "what was begun is answered");
    }
    eventually("room", || (service.get(&token(), "/v1/grants").status == 200).then_some(()));
}

#[test]
fn connections_beyond_the_limit_are_not_served_until_one_ends() {
    let service = served("max_connections = 2\nheader_timeout = \"60s\"\n");
    let ask = |mut stream: &TcpStream| write!(stream, "GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n");
    let held: Vec<TcpStream> = (0..2).map(|_| connect(service.address)).collect();
    for stream in &held {
        ask(stream).unwrap();
        assert_eq!(answer(stream).status, 404);
    }
    let third = connect(service.address);
    third.set_read_timeout(Some(std::time::Duration::from_millis(200))).unwrap();
    let _ = ask(&third);
    let early = Reply::read(BufReader::new(&third), false);
    assert!(!early.as_ref().is_ok_and(|reply| reply.status == 404), "served beside the two: {early:?}");
    drop((held, third));
    eventually("room", || {
        Call::new("GET", service.address, "/nowhere").try_send().ok().filter(|reply| reply.status == 404)
    });
}

#[test]
fn a_request_that_was_begun_is_answered_after_the_signal_to_end() {
    let mut service = served("drain = \"20s\"\nrequest_timeout = \"30s\"\n");
    service.ready();
    let body = ask("GetObject", "media", "a").to_string();
    let mut begun = connect(service.address);
    begin(&mut begun, body.len());
    begun.write_all(&body.as_bytes()[..10]).unwrap();
    in_flight(&service, 1.0);
    service.signal("TERM");
    eventually("not ready", || (service.admin("/readyz").status == 503).then_some(()));
    let closed = || Call::new("GET", service.address, "/nowhere").try_send().is_err().then_some(());
    eventually("no new connections", closed);
    begun.write_all(&body.as_bytes()[10..]).unwrap();
    let reply = answer(&begun);
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("connection"), Some("close"));
    assert!(service.ended().success(), "{}", service.log_text());
    let keys: Vec<Value> = service.audit().iter().map(|line| line["key"].clone()).collect();
    assert_eq!(keys, ["a"], "its line is written");
}

#[test]
fn an_interrupt_from_the_keyboard_ends_it_as_well() {
    let mut service = served("");
    service.signal("INT");
    assert!(service.ended().success(), "{}", service.log_text());
}

#[test]
fn a_drain_ends_even_if_a_request_does_not() {
    let mut service = served("drain = \"1s\"\nrequest_timeout = \"60s\"\n");
    let mut begun = connect(service.address);
    begin(&mut begun, 100);
    in_flight(&service, 1.0);
    service.signal("TERM");
    service.ended();
}
