//! The server loop over real connections: what waits, what ends, and what is said then.

use axum::body::Bytes;
use axum::routing::get;
use axum::routing::post;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;

use super::*;

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(60);

fn patience() -> Patience {
    Patience { header: LONG, idle: LONG, write: LONG }
}

async fn start(patience: Patience, max_connections: usize, router: Router) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (clock, metrics) = (Clock::system(), Metrics::new().unwrap());
    let terms = Terms { tls: None, patience, max_connections };
    Server::start(listener, Service { router, terms, clock, metrics }).unwrap()
}

fn hello() -> Router {
    Router::new().route("/", get(|| async { "hello" })).route("/", post(|body: Bytes| async move { body }))
}

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.address()).await.unwrap()
}

/// Reads one response, up to the end of its body.
async fn response(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    while !is_whole(&text) {
        let mut bytes = [0; 4096];
        let count = timeout(LONG, stream.read(&mut bytes)).await.unwrap().unwrap();
        assert!(count > 0, "the connection ended after {text:?}");
        text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    text
}

fn is_whole(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    body.len() >= length.parse().unwrap()
}

/// Waits until the server has read all that was sent so far: the test's one thread serves in order.
async fn all_is_read(server: &Server) {
    let mut stream = connect(server).await;
    stream.write_all(GET).await.unwrap();
    response(&mut stream).await;
}

/// Reads to the end.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    timeout(LONG, stream.read_to_string(&mut text)).await.expect("the connection stays open").unwrap();
    text
}

fn assert_problem(text: &str, status: &str, code: &str) {
    assert!(text.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{text}");
    assert!(text.contains("\r\nconnection: close\r\n"), "{text}");
    assert!(text.contains("\r\ncontent-type: application/problem+json\r\n"), "{text}");
    assert!(text.contains(&format!("\"code\":\"{code}\"")), "{text}");
    assert_eq!(text.matches("HTTP/1.1").count(), 1, "{text}");
}

#[tokio::test]
async fn a_connection_that_sends_nothing_or_half_a_head_gets_408_and_is_closed() {
    let server = start(Patience { header: SHORT, ..patience() }, 9, hello()).await;
    for sent in [&b""[..], b"GET / HT", b"GET / HTTP/1.1\r\nhost: x\r\n", b"\r\n"] {
        let mut stream = connect(&server).await;
        stream.write_all(sent).await.unwrap();
        assert_problem(&rest(&mut stream).await, "408 Request Timeout", "request_timeout");
    }
}

#[tokio::test]
async fn bytes_that_drip_win_no_time() {
    let server = start(Patience { header: SHORT, ..patience() }, 9, hello()).await;
    let mut stream = connect(&server).await;
    let (mut reading, mut writing) = stream.split();
    let drip = async {
        while writing.write_all(b"x").await.is_ok() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let mut first = [0; 12];
    tokio::select! {
        () = drip => panic!("closed without an answer"),
        read = timeout(LONG, reading.read_exact(&mut first)) => assert!(read.unwrap().is_ok()),
    }
    assert_eq!(&first, b"HTTP/1.1 408");
}

#[tokio::test]
async fn a_kept_connection_outlives_the_head_s_time_and_ends_quietly_after_its_own() {
    let idle = SHORT * 3;
    let server = start(Patience { header: SHORT, idle, ..patience() }, 9, hello()).await;
    let mut stream = connect(&server).await;
    stream.write_all(GET).await.unwrap();
    assert!(response(&mut stream).await.ends_with("hello"));
    let answered = tokio::time::Instant::now();
    assert_eq!(rest(&mut stream).await, "");
    assert!(answered.elapsed() > idle - SHORT / 2, "{:?}", answered.elapsed());
}

#[tokio::test]
async fn half_a_later_head_gets_408_too() {
    let server = start(Patience { header: SHORT, ..patience() }, 9, hello()).await;
    let mut stream = connect(&server).await;
    stream.write_all(GET).await.unwrap();
    response(&mut stream).await;
    stream.write_all(&GET[..20]).await.unwrap();
    assert_problem(&rest(&mut stream).await, "408 Request Timeout", "request_timeout");
}

#[tokio::test]
async fn a_kept_connection_serves_one_request_after_another_also_at_once() {
    let server = start(patience(), 9, hello()).await;
    let mut stream = connect(&server).await;
    for _ in 0..3 {
        stream.write_all(GET).await.unwrap();
        assert!(response(&mut stream).await.ends_with("hello"));
    }
    stream.write_all(&[GET, GET, b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n"].concat()).await.unwrap();
    assert_eq!(rest(&mut stream).await.matches("hello").count(), 3);
}

#[tokio::test]
async fn a_head_that_is_too_large_gets_431_and_one_that_is_none_400() {
    let server = start(patience(), 9, hello()).await;
    let large = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "x".repeat(MAX_HEAD_BYTES));
    let path = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(2 * MAX_HEAD_BYTES));
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x: 1\r\n".repeat(101));
    for (sent, status, code) in [
        (large.as_str(), "431 Request Header Fields Too Large", "headers_too_large"),
        (&path, "431 Request Header Fields Too Large", "headers_too_large"),
        (&many, "431 Request Header Fields Too Large", "headers_too_large"),
        ("GET / HTTP/1.1\r\nbad name: 1\r\n\r\n", "400 Bad Request", "invalid_request"),
        ("hello\r\n\r\n", "400 Bad Request", "invalid_request"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400 Bad Request", "invalid_request"),
    ] {
        let mut stream = connect(&server).await;
        stream.write_all(sent.as_bytes()).await.unwrap();
        assert_problem(&rest(&mut stream).await, status, code);
    }
}

#[tokio::test]
async fn a_head_just_below_the_bound_is_served() {
    let server = start(patience(), 9, hello()).await;
    let mut stream = connect(&server).await;
    let filler = "x".repeat(MAX_HEAD_BYTES - 100);
    stream.write_all(format!("GET / HTTP/1.1\r\nhost: x\r\nx: {filler}\r\n\r\n").as_bytes()).await.unwrap();
    assert!(response(&mut stream).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut() {
    let router = Router::new().route("/", get(|| async { vec![b'x'; 64 << 20] }));
    let server = start(Patience { write: SHORT, ..patience() }, 1, router).await;
    let mut stuck = connect(&server).await;
    stuck.write_all(GET).await.unwrap();
    let mut next = connect(&server).await;
    next.write_all(GET).await.unwrap();
    let mut first = [0; 12];
    timeout(LONG, next.read_exact(&mut first)).await.expect("the stuck connection keeps its place").unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
}

#[tokio::test]
async fn a_connection_too_many_waits_for_a_place() {
    let server = start(patience(), 1, hello()).await;
    let mut first = connect(&server).await;
    first.write_all(&GET[..9]).await.unwrap();
    let mut second = connect(&server).await;
    second.write_all(GET).await.unwrap();
    let early = timeout(SHORT, second.read(&mut [0; 1])).await;
    assert!(early.is_err(), "answered beside the only connection allowed");
    first.write_all(&GET[9..]).await.unwrap();
    let text = response(&mut first).await;
    assert!(text.contains("connection: close"), "the last place is given back: {text}");
    assert_eq!(rest(&mut first).await, "");
    assert!(response(&mut second).await.ends_with("hello"));
}

#[tokio::test]
async fn other_terms_are_for_connections_to_come() {
    let server = start(patience(), 1, hello()).await;
    let mut first = connect(&server).await;
    first.write_all(&GET[..9]).await.unwrap();
    all_but_one_wait(&server).await;
    server.change(Terms { tls: None, patience: Patience { header: SHORT, ..patience() }, max_connections: 2 });
    let mut second = connect(&server).await;
    assert_problem(&rest(&mut second).await, "408 Request Timeout", "request_timeout");
    first.write_all(&GET[9..]).await.unwrap();
    assert!(response(&mut first).await.ends_with("hello"), "it keeps the time that it began with");
}

#[tokio::test]
async fn a_lower_bound_takes_places_back_at_once() {
    let server = start(patience(), 2, hello()).await;
    let mut only = connect(&server).await;
    only.write_all(GET).await.unwrap();
    let text = response(&mut only).await;
    assert!(!text.contains("connection: close"), "{text}");
    server.change(Terms { tls: None, patience: patience(), max_connections: 1 });
    tokio::task::yield_now().await;
    only.write_all(GET).await.unwrap();
    let text = response(&mut only).await;
    assert!(text.contains("connection: close"), "the last place is given back: {text}");
}

/// Waits until a connection has no place.
async fn all_but_one_wait(server: &Server) {
    let mut waiting = connect(server).await;
    waiting.write_all(GET).await.unwrap();
    assert!(timeout(SHORT, waiting.read(&mut [0; 1])).await.is_err(), "answered beside the only connection allowed");
}

#[tokio::test]
async fn draining_answers_what_has_begun_and_closes_the_rest_at_once() {
    let (entered, gate) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (enter, wait) = (entered.clone(), gate.clone());
    let slow = get(move || async move {
        enter.add_permits(1);
        _ = wait.acquire().await;
        "done"
    });
    let server = start(patience(), 9, hello().route("/slow", slow)).await;
    let address = server.address();
    let (mut silent, mut kept) = (connect(&server).await, connect(&server).await);
    kept.write_all(GET).await.unwrap();
    response(&mut kept).await;
    let (mut busy, mut half) = (connect(&server).await, connect(&server).await);
    busy.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    entered.acquire().await.unwrap().forget();
    half.write_all(&GET[..9]).await.unwrap();
    all_is_read(&server).await;

    let drained = tokio::spawn(server.drain(LONG));
    assert_eq!(rest(&mut silent).await, "");
    assert_eq!(rest(&mut kept).await, "");
    assert!(TcpStream::connect(address).await.is_err(), "a new connection is taken");
    gate.add_permits(1);
    half.write_all(&GET[9..]).await.unwrap();
    for (stream, body) in [(&mut busy, "done"), (&mut half, "hello")] {
        let text = rest(stream).await;
        assert!(text.ends_with(body) && text.contains("\r\nconnection: close\r\n"), "{text}");
    }
    assert!(drained.await.unwrap());
}

#[tokio::test]
async fn draining_ends_in_time_whatever_is_left() {
    let server = start(patience(), 9, hello()).await;
    let mut stream = connect(&server).await;
    stream.write_all(&GET[..9]).await.unwrap();
    all_is_read(&server).await;
    assert!(!server.drain(SHORT).await);
    assert_eq!(stream.read(&mut [0; 1]).await.unwrap_or(0), 0);
}
