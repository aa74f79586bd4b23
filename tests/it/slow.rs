//! A thousand connections that send a byte now and then: they end, and nobody else notices.

use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpStream;

use crate::support::PATIENCE;
use crate::support::service::Service;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::tls::Authority;
use crate::support::tls::Client;
use crate::support::tls::TLS;

const CONNECTIONS: usize = 1000;

/// Each byte is one of a head, or of a handshake, that never ends.
const BYTES: [&[u8]; 2] = [b"GET /v1/grants HTTP/1.1\r\nx: ", b"\x16\x03\x01\x3f\x00\x01\x00\x3e\xfc\x03\x03"];

/// One slow connection: what it has sent of its bytes.
struct Slow {
    stream: TcpStream,
    sent: usize,
}

impl Slow {
    fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, PATIENCE).unwrap();
        stream.set_nonblocking(true).unwrap();
        Self { stream, sent: 0 }
    }

    /// Sends a byte more; whether the other side still listens.
    fn drip(&mut self, bytes: &[u8]) -> bool {
        let byte = bytes.get(self.sent).copied().unwrap_or(b'x');
        self.sent += 1;
        let goes = |error: std::io::Error| error.kind() == std::io::ErrorKind::WouldBlock;
        let written = self.stream.write(&[byte]).map_or_else(goes, |_| true);
        let read = self.stream.read(&mut [0; 64]).map_or_else(goes, |count| count > 0);
        written && read
    }
}

/// Drips until all have been ended by the other side; `served` is asked meanwhile.
fn all_end(service: &Service, bytes: &[u8], served: impl Fn() -> u16) {
    let mut slow: Vec<Slow> = (0..CONNECTIONS).map(|_| Slow::to(service.address)).collect();
    assert_eq!(served(), 200, "beside a thousand");
    let end = std::time::Instant::now() + 2 * PATIENCE;
    while !slow.is_empty() {
        slow.retain_mut(|slow| slow.drip(bytes));
        assert!(std::time::Instant::now() < end, "{} are still there", slow.len());
        assert_eq!(served(), 200);
    }
}

#[test]
fn a_thousand_slow_heads_end_and_hurt_nobody() {
    let server = "[server]\nheader_timeout = \"2s\"\n";
    let service = setting(&[server, ISSUER, MEDIA, ALL_OF_MEDIA]).serve();
    all_end(&service, BYTES[0], || service.get(&token(), "/v1/grants").status);
    let refused = service.metric("presignd_refusals_total{code=\"request_timeout\"}");
    assert!(refused >= CONNECTIONS as f64, "{refused}");
}

#[test]
fn a_thousand_slow_handshakes_end_and_hurt_nobody() {
    let authority = Authority::new();
    let server = "[server]\nheader_timeout = \"2s\"\n";
    let presignd = setting(&[server, TLS, ISSUER, MEDIA, ALL_OF_MEDIA]);
    let service = authority.identity().beside(presignd).serve();
    all_end(&service, BYTES[1], || {
        let stream = authority.connect(service.address, &Client::default()).unwrap();
        service.call("GET", "/v1/grants").bearer(&token()).over(stream).unwrap().status
    });
}
