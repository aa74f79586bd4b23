//! A server of an issuer's key set.

use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

/// A server of one document, which counts how often it is asked.
pub struct KeyServer {
    address: SocketAddr,
    document: Arc<Mutex<(u16, String)>>,
    asked: Arc<AtomicUsize>,
}

impl KeyServer {
    /// Answers with that status and document.
    pub fn new(status: u16, document: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            document: Arc::new(Mutex::new((status, document))),
            asked: Arc::default(),
        };
        let (document, asked) = (server.document.clone(), server.asked.clone());
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                read_head(&mut stream);
                asked.fetch_add(1, Ordering::SeqCst);
                let (status, text) = document.lock().unwrap().clone();
                let head = "content-type: application/json\r\nconnection: close";
                let _ = write!(stream, "HTTP/1.1 {status} X\r\n{head}\r\ncontent-length: {}\r\n\r\n{text}", text.len());
            }
        });
        server
    }

    /// Where it is, as the configuration says it.
    pub fn source(&self) -> String {
        format!(r#"jwks_uri = "http://{}/jwks.json""#, self.address)
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn read_head(stream: &mut std::net::TcpStream) {
    let lines = std::io::BufRead::lines(std::io::BufReader::new(stream));
    lines.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
}
