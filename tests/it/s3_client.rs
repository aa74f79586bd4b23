//! The client of the commands that ask the real buckets: whatever a server does, it ends, and says what happened.

use std::net::SocketAddr;
use std::net::TcpListener;

use aws_credential_types::Credentials;
use presignd::adapters::clock::Clock;
use presignd::adapters::http_client::BodyError;
use presignd::adapters::s3::Answer;
use presignd::adapters::s3::Call;
use presignd::adapters::s3::CallError;
use presignd::adapters::s3::MAX_BYTES;
use presignd::adapters::s3::S3;
use presignd::adapters::s3::TIMEOUT;
use presignd::domain::endpoint::Signing;
use presignd::domain::endpoint::Target;
use presignd::domain::scheme::Scheme;

use crate::support::fake_s3::FakeS3;
use crate::support::fake_s3::answer;

fn target(address: SocketAddr) -> Target {
    Target {
        scheme: Scheme::Http,
        authority: address.to_string(),
        host: address.to_string(),
        base_path: "/media".to_owned(),
        region: "us-east-1".to_owned(),
        service: "s3",
        signing: Signing::SigV4,
    }
}

async fn asked(address: SocketAddr) -> Result<Answer, CallError> {
    let credentials = Credentials::new("AKIA", "hunter2", None, None, "test");
    S3::new(Clock::system()).call(&Call::of_bucket(&target(address), &[("cors", "")]), &credentials).await
}

#[tokio::test]
async fn a_call_is_sent_as_it_was_signed() {
    let server = FakeS3::start(|_| answer(200, &[("x-amz-bucket-region", "eu-west-1")], "<a/>"));
    let told = asked(server.address).await.unwrap();
    assert_eq!((told.status, told.header("x-amz-bucket-region"), &*told.text()), (200, Some("eu-west-1"), "<a/>"));
    let seen = &server.seen()[0];
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("GET", "/media?cors="));
    assert_eq!(seen.header("host"), server.address.to_string());
    let authorization = seen.header("authorization");
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIA/"), "{authorization}");
    assert!(authorization.contains("SignedHeaders=host;x-amz-content-sha256;x-amz-date"), "{authorization}");
}

#[tokio::test]
async fn a_bucket_in_the_host_is_found_below_localhost() {
    let server = FakeS3::start(|_| answer(200, &[], ""));
    let url = format!("http://media.localhost:{}/a", server.address.port());
    assert_eq!(S3::new(Clock::system()).send("GET", &url, &[], Vec::new()).await.unwrap().status, 200);
    assert_eq!(server.seen()[0].header("host"), format!("media.localhost:{}", server.address.port()));
}

#[tokio::test]
async fn a_redirect_is_told_and_not_followed() {
    let elsewhere = FakeS3::start(|_| answer(200, &[], ""));
    let location = format!("http://{}/", elsewhere.address);
    for status in [301, 302, 303, 307, 308] {
        let (to, location) = (status, location.clone());
        let server = FakeS3::start(move |_| answer(to, &[("location", &location)], ""));
        assert_eq!(asked(server.address).await.unwrap().status, status);
    }
    assert_eq!(elsewhere.seen().len(), 0);
}

#[tokio::test]
async fn an_answer_has_a_limit_whether_its_length_is_told_or_not() {
    let just_right = FakeS3::start(|_| answer(200, &[], &" ".repeat(MAX_BYTES)));
    assert_eq!(asked(just_right.address).await.unwrap().body.len(), MAX_BYTES);
    let huge = " ".repeat(MAX_BYTES + 1);
    let told = answer(200, &[], &huge);
    let untold = format!("HTTP/1.1 200 X\r\nconnection: close\r\n\r\n{huge}").into_bytes();
    for bytes in [told, untold] {
        let server = FakeS3::start(move |_| bytes.clone());
        assert_eq!(asked(server.address).await.unwrap_err(), CallError::Body(BodyError::TooLarge(MAX_BYTES)));
    }
}

#[tokio::test]
async fn what_is_no_http_is_no_answer() {
    for bytes in [&b""[..], b"\x16\x03\x01", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n"] {
        let server = FakeS3::start(move |_| bytes.to_vec());
        let error = asked(server.address).await.unwrap_err();
        assert!(matches!(error, CallError::Unreachable(_)), "{bytes:?}: {error:?}");
    }
    let torn = b"HTTP/1.1 200 X\r\nconnection: close\r\ncontent-length: 99\r\n\r\n<a/>";
    let server = FakeS3::start(|_| torn.to_vec());
    let error = asked(server.address).await.unwrap_err();
    assert!(matches!(error, CallError::Body(BodyError::Broken(_))), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_is_left_after_a_while() {
    // Nobody accepts: the connection is the system's.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let begun = tokio::time::Instant::now();
    let error = asked(silent.local_addr().unwrap()).await.unwrap_err();
    assert!(matches!(error, CallError::Unreachable(_)), "{error:?}");
    assert!(begun.elapsed() >= TIMEOUT, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_error_tells_the_cause_and_neither_the_url_nor_a_secret() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = asked(gone).await.unwrap_err().to_string();
    assert!(error.contains("refused"), "{error}");
    let url = format!("http://{gone}/media/a?X-Amz-Signature=hush");
    let error = S3::new(Clock::system()).send("GET", &url, &[], Vec::new()).await.unwrap_err().to_string();
    assert!(error.contains("refused") && !error.contains("hush"), "{error}");
}

#[tokio::test]
async fn what_cannot_be_written_is_not_sent() {
    let server = FakeS3::start(|_| answer(200, &[], ""));
    let s3 = S3::new(Clock::system());
    let url = format!("http://{}/media/a", server.address);
    for (method, url, header) in [
        ("G T", url.clone(), ("a", "b")),
        ("GET", url.clone(), ("a", "b\r\nc: d")),
        ("GET", url.clone(), ("a b", "c")),
        ("GET", format!("{url}/../b"), ("a", "b")),
        ("GET", "ftp://127.0.0.1/media".to_owned(), ("a", "b")),
        ("GET", "nowhere".to_owned(), ("a", "b")),
    ] {
        let error = s3.send(method, &url, &[header], Vec::new()).await.unwrap_err();
        assert!(matches!(error, CallError::Request(_)), "{method} {url} {header:?}: {error:?}");
    }
    assert_eq!(server.seen().len(), 0);
}
