//! An identity provider on loopback: pages over http or https, and a note of who asked for them.

use std::collections::HashMap;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::ServerConnection;
use rustls::StreamOwned;
use serde_json::json;

use super::tls::Authority;
use super::tls::Identity;
use super::tokens::Issuer;
use super::tokens::key_set;

/// Serves until the test ends.
pub struct Idp {
    /// Scheme, host and port.
    pub origin: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    pages: Mutex<HashMap<String, Page>>,
    manners: Mutex<HashMap<String, Manner>>,
    asked: Mutex<Vec<Asked>>,
}

/// What is at a path: a status with perhaps more header fields, and a body.
#[derive(Clone)]
pub struct Page {
    pub head: String,
    pub body: String,
}

/// How what is at a path is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Manner {
    #[default]
    Whole,
    /// The connection ends in the middle of the body.
    Half,
    /// The connection ends before a word.
    HungUp,
    /// After a third of a second: shorter than a request waits for a key.
    Late,
    /// Not a word, until the client has gone.
    Silent,
    /// A byte now and then.
    Trickling,
}

/// A request that came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    pub authorization: Option<String>,
}

fn config(identity: &Identity) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    builder.with_no_client_auth().with_single_cert(vec![identity.der()], identity.key()).unwrap()
}

impl Idp {
    /// Over plain HTTP.
    pub fn http() -> Self {
        Self::start("http://127.0.0.1", |connection, shared| shared.answer(connection))
    }

    /// Over TLS, with a certificate of that name; it is reached as `localhost`.
    pub fn https(authority: &Authority, name: &str) -> Self {
        let config = Arc::new(config(&authority.certify(name, super::now() + 100_000)));
        Self::start("https://localhost", move |connection, shared| {
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            shared.answer(StreamOwned::new(session, connection));
        })
    }

    fn start(host: &str, serve: impl Fn(TcpStream, &Shared) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("{host}:{}", listener.local_addr().unwrap().port());
        let (shared, serve) = (Arc::<Shared>::default(), Arc::new(serve));
        let served = Arc::clone(&shared);
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                connection.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
                let (shared, serve) = (Arc::clone(&served), Arc::clone(&serve));
                std::thread::spawn(move || serve(connection, &shared));
            }
        });
        Self { origin, shared }
    }

    /// From now on the page is at that path.
    pub fn put(&self, path: &str, page: Page) {
        self.shared.pages.lock().unwrap().insert(path.to_owned(), page);
    }

    /// From now on what is at that path is told so.
    pub fn behave(&self, path: &str, manner: Manner) {
        self.shared.manners.lock().unwrap().insert(path.to_owned(), manner);
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Publishes an issuer at that path: its document, and the keys that this leads to.
    pub fn publish(&self, path: &str, keys: &[&Issuer]) {
        let (issuer, keys_at) = (self.url(path), format!("{path}/keys"));
        self.put(&keys_at, Page::ok(&key_set(keys)));
        self.put(&document_at(path), Page::ok(&document(&issuer, &self.url(&keys_at))));
    }

    /// The requests that came for that path.
    pub fn asked(&self, path: &str) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().iter().filter(|asked| asked.path == path).cloned().collect()
    }
}

/// Where the document of an issuer at that path is.
pub fn document_at(path: &str) -> String {
    format!("{path}/.well-known/openid-configuration")
}

/// The document of an issuer.
pub fn document(issuer: &str, jwks_uri: &str) -> String {
    json!({"issuer": issuer, "jwks_uri": jwks_uri, "response_types_supported": ["code"]}).to_string()
}

impl Page {
    /// 200 with JSON.
    pub fn ok(body: &str) -> Self {
        Self { head: "200 OK\r\ncontent-type: application/json".to_owned(), body: body.to_owned() }
    }
}

impl Shared {
    /// Answers one request, and closes. A client that has gone by then is not missed.
    fn answer(&self, stream: impl Read + Write) {
        let mut stream = BufReader::new(stream);
        let lines: Vec<_> = stream.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
        let Some(path) = lines.first().and_then(|line| line.split(' ').nth(1)) else { return };
        let authorization = lines.iter().find_map(|line| line.strip_prefix("authorization: ").map(str::to_owned));
        self.asked.lock().unwrap().push(Asked { path: path.to_owned(), authorization });
        let page = self.pages.lock().unwrap().get(path).cloned();
        let page = page.unwrap_or(Page { head: "404 Not Found".to_owned(), body: String::new() });
        let (head, body) = (page.head, page.body);
        let text = format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let manner = self.manners.lock().unwrap().get(path).copied().unwrap_or_default();
        let _ = manner.tell(text.as_bytes(), body.len(), &mut stream);
    }
}

impl Manner {
    fn tell(self, text: &[u8], body: usize, stream: &mut BufReader<impl Read + Write>) -> std::io::Result<()> {
        let mut told = |part: &[u8]| stream.get_mut().write_all(part).and_then(|()| stream.get_mut().flush());
        match self {
            Self::Whole => told(text),
            Self::Half => told(&text[..text.len() - body / 2]),
            Self::HungUp => Ok(()),
            Self::Late => {
                std::thread::sleep(Duration::from_millis(300));
                told(text)
            }
            Self::Silent => stream.read(&mut [0]).map(drop),
            Self::Trickling => text.iter().try_for_each(|byte| {
                std::thread::sleep(Duration::from_millis(50));
                told(&[*byte])
            }),
        }
    }
}
