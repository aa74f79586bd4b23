//! `[server.tls]`: who is spoken with, by which protocols, and whose certificate is in force.

use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;

use rustls::version::TLS12;
use serde_json::Value;

use crate::support::PATIENCE;
use crate::support::client::Reply;
use crate::support::now;
use crate::support::service::Service;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::with;
use crate::support::tls::Authority;
use crate::support::tls::Client;
use crate::support::tls::Identity;
use crate::support::tls::Stream;
use crate::support::tls::TLS;

fn served(more: &str, identity: &Identity) -> Service {
    identity.beside(setting(&[TLS, more, ISSUER, MEDIA, ALL_OF_MEDIA])).serve()
}

/// A request of HTTP/1.1 on a connection that is kept.
fn asked(stream: &mut Stream) -> std::io::Result<Reply> {
    write!(stream, "GET /v1/grants HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n", token())?;
    stream.flush()?;
    Reply::read(BufReader::new(stream), false)
}

fn agreed(authority: &Authority, service: &Service) -> Stream {
    authority.connect(service.address, &Client::default()).unwrap()
}

/// The certificate that a connection was begun with.
fn shown(stream: &Stream) -> Vec<u8> {
    stream.conn.peer_certificates().unwrap()[0].to_vec()
}

#[tokio::test]
async fn both_versions_of_http_answer_alike() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let authority = Authority::new();
    let service = served("", &authority.identity());
    let root = reqwest::Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    let client = || reqwest::Client::builder().no_proxy().tls_certs_only([root.clone()]);
    let url = format!("https://{}/v1/presign", service.address);
    for (client, version) in [
        (client().http1_only().build().unwrap(), reqwest::Version::HTTP_11),
        (client().build().unwrap(), reqwest::Version::HTTP_2),
    ] {
        let key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        let encryption = serde_json::json!({"server_side_encryption": {"algorithm": "customer", "key": key}});
        for (body, status) in [
            (ask("PutObject", "media", "a"), 200),
            (with(ask("GetObject", "media", "a"), &encryption), 200),
            (ask("GetObject", "nowhere", "a"), 403),
        ] {
            let request = client.post(&url).bearer_auth(token()).header("content-type", "application/json");
            let reply = request.body(body.to_string()).send().await.unwrap();
            assert_eq!((reply.status().as_u16(), reply.version()), (status, version), "{body}");
            assert_eq!(reply.headers().get("connection"), None, "{version:?}");
            assert!(reply.headers().contains_key("x-request-id"), "{version:?}");
            let answer: Value = serde_json::from_str(&reply.text().await.unwrap()).unwrap();
            assert_eq!(answer["url"].is_string(), status == 200, "{answer:#}");
        }
        let reply = client.head(format!("https://{}/v1/grants", service.address)).send().await.unwrap();
        assert_eq!((reply.status().as_u16(), reply.bytes().await.unwrap().len()), (401, 0), "{version:?}");
    }
}

#[test]
fn an_older_client_is_served_and_one_that_speaks_something_else_is_closed() {
    let authority = Authority::new();
    let service = served("", &authority.identity());
    let client = Client { versions: &[&TLS12], ..Client::default() };
    let mut older = authority.connect(service.address, &client).unwrap();
    assert_eq!(asked(&mut older).unwrap().status, 200);
    let stranger = Client { protocols: &["spdy/3"], ..Client::default() };
    assert!(authority.connect(service.address, &stranger).is_err(), "no protocol in common");
    assert!(Authority::new().connect(service.address, &Client::default()).is_err(), "another's authority");
    for words in ["GET /v1/grants HTTP/1.1\r\nhost: x\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HELO x\r\n"] {
        let mut plain = TcpStream::connect_timeout(&service.address, PATIENCE).unwrap();
        plain.set_read_timeout(Some(PATIENCE)).unwrap();
        plain.write_all(words.as_bytes()).unwrap();
        let mut read = Vec::new();
        // A reset is a close too.
        let closed = plain.read_to_end(&mut read);
        assert!(closed.is_ok() || closed.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset));
        assert!(!String::from_utf8_lossy(&read).contains("HTTP"), "{words:?}: {read:?}");
    }
    assert_eq!(asked(&mut older).unwrap().status, 200, "others are served on");
}

#[test]
fn without_a_known_certificate_nobody_gets_in_where_one_is_demanded() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let presignd = setting(&[TLS, "client_ca = \"clients.pem\"\n", ISSUER, MEDIA, ALL_OF_MEDIA]);
    let service = authority.identity().beside(presignd.file("clients.pem", clients.pem())).serve();
    let reply = |identity: Option<&Identity>| {
        let mut stream = authority.connect(service.address, &Client { identity, ..Client::default() })?;
        asked(&mut stream)
    };
    assert!(reply(None).is_err(), "none");
    assert!(reply(Some(&authority.identity())).is_err(), "another authority's");
    assert!(reply(Some(&clients.issue(now() - 60))).is_err(), "one that has ended");
    assert_eq!(reply(Some(&clients.identity())).unwrap().status, 200);
    let mut stream = authority
        .connect(service.address, &Client { identity: Some(&clients.identity()), ..Client::default() })
        .unwrap();
    write!(stream, "GET /v1/grants HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let anonymous = Reply::read(BufReader::new(&mut stream), false).unwrap();
    assert_eq!(anonymous.code(), "missing_token", "a certificate is no token");
}

#[test]
fn a_new_pair_is_taken_up_and_what_does_not_fit_is_not() {
    let authority = Authority::new();
    let (first, second) = (authority.identity(), authority.issue(now() + 200_000));
    let service = served("", &first);
    let expiry = || service.metric("presignd_tls_certificate_expiry_timestamp_seconds");
    let mut kept = agreed(&authority, &service);
    assert_eq!(asked(&mut kept).unwrap().status, 200);
    assert_eq!(shown(&kept), first.der().to_vec());
    assert!((expiry() - (now() + 100_000) as f64).abs() < 60.0, "{}", expiry());
    let kept_words = |line: &Value| line["message"].as_str().is_some_and(|words| words.ends_with("are kept"));
    let count = |wanted: &dyn Fn(&Value) -> bool| service.log().iter().filter(|line| wanted(line)).count();
    for (case, name, content) in [
        ("a certificate without its key", "cert.pem", second.certificate.clone()),
        ("half a certificate", "cert.pem", second.certificate[..200].to_owned()),
        ("half a key", "key.pem", second.key[..60].to_owned()),
    ] {
        let before = count(&kept_words);
        service.presignd.write(name, content);
        crate::support::eventually(case, || (count(&kept_words) > before).then_some(()));
        assert_eq!(shown(&agreed(&authority, &service)), first.der().to_vec(), "{case}");
    }
    std::fs::remove_file(service.presignd.path("key.pem")).unwrap();
    service.logged("the key's absence", |line| line.to_string().contains("cannot be read"));
    assert_eq!(shown(&agreed(&authority, &service)), first.der().to_vec(), "gone");
    service.presignd.write("cert.pem", &second.certificate);
    service.presignd.write("key.pem", &second.key);
    service.logged("the new pair", |line| line["message"] == "certificate of server.tls taken up");
    assert_eq!(shown(&agreed(&authority, &service)), second.der().to_vec());
    assert!((expiry() - (now() + 200_000) as f64).abs() < 60.0, "{}", expiry());
    assert_eq!(asked(&mut kept).unwrap().status, 200, "what was begun before goes on");
    let ended = authority.issue(now() - 60);
    service.presignd.write("cert.pem", &ended.certificate);
    service.presignd.write("key.pem", &ended.key);
    service.logged("the end of it", |line| line.to_string().contains("has ended; the one before is kept"));
    assert_eq!(shown(&agreed(&authority, &service)), second.der().to_vec());
    for secret in [&first.key, &second.key, &ended.key] {
        let line = secret.lines().nth(1).unwrap();
        assert!(!service.log_text().contains(line), "a key in the log");
    }
}

#[test]
fn files_that_are_not_there_or_do_not_fit_are_errors() {
    let (authority, other) = (Authority::new(), Authority::new().identity());
    let own = authority.identity();
    let check = |cert: &str, key: &str| {
        let presignd = setting(&[TLS, ISSUER, MEDIA, ALL_OF_MEDIA]);
        let output = presignd.file("cert.pem", cert).file("key.pem", key).run("check", &[], "");
        (output.code, output.stderr)
    };
    assert_eq!(check(&own.certificate, &own.key).0, 0);
    for (case, cert, key, expected) in [
        ("another's key", &*own.certificate, &*other.key, ":4:19: the private key is another than the certificate's; "),
        ("no key", &own.certificate, "", ":4:19: there is no private key in it; "),
        ("no certificate", "", &own.key, ":3:19: there is no certificate in it; "),
    ] {
        let (code, said) = check(cert, key);
        assert_eq!(code, 1, "{case}: {said}");
        assert!(said.contains(expected), "{case}: {said}");
    }
    let absent = setting(&[TLS, ISSUER, MEDIA, ALL_OF_MEDIA]);
    let mut service = absent.start();
    assert_eq!(service.ended().code(), Some(1), "serve ends as well");
    assert!(service.log_text().contains("cert.pem cannot be read"), "{}", service.log_text());
}
