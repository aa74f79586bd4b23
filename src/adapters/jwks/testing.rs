//! What tests need of an issuer: an HTTP server whose answer can be changed, and public keys that nobody signs with.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value as Json;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::task::AbortHandle;

/// Listens on a free port of the loopback interface until it is dropped.
pub struct Server {
    /// Where the key set is.
    pub uri: String,
    /// The heads of the requests that have come.
    heads: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<Answers>>,
    task: AbortHandle,
}

/// What the server says at some paths, and at all others.
struct Answers {
    at: HashMap<String, Answer>,
    elsewhere: Answer,
}

/// What the server says to a request.
#[derive(Clone)]
pub enum Answer {
    /// The whole response, head and body.
    Text(Arc<[u8]>),
    /// Nothing, with the connection kept open.
    Silence,
}

impl Answer {
    /// 200 with that body.
    pub fn ok(body: impl AsRef<[u8]>) -> Self {
        Self::of("200 OK", "content-type: application/json", body)
    }

    /// A response of that status with one more header field.
    pub fn of(status: &str, field: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let head =
            format!("HTTP/1.1 {status}\r\n{field}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        Self::Text([head.as_bytes(), body].concat().into())
    }
}

impl Server {
    /// Begins to answer.
    pub async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        let answers = Arc::new(Mutex::new(Answers { at: HashMap::new(), elsewhere: answer }));
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let (noted, current) = (Arc::clone(&heads), Arc::clone(&answers));
        let task = tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(connection, Arc::clone(&noted), Arc::clone(&current)));
            }
        });
        Self { uri, heads, answers, task: task.abort_handle() }
    }

    /// Answers this from now on, but at the paths that have answers of their own.
    pub fn now_answers(&self, answer: Answer) {
        self.answers.lock().unwrap().elsewhere = answer;
    }

    /// Answers this at that path from now on.
    pub fn now_answers_at(&self, path: &str, answer: Answer) {
        self.answers.lock().unwrap().at.insert(path.to_owned(), answer);
    }

    /// How many requests have come.
    pub fn asked(&self) -> usize {
        self.heads.lock().unwrap().len()
    }

    /// The heads of the requests that have come for that path.
    pub fn asked_for(&self, path: &str) -> Vec<String> {
        let heads = self.heads.lock().unwrap();
        heads.iter().filter(|head| path_of(head) == path).cloned().collect()
    }

    /// The URL of another path.
    pub fn uri_of(&self, path: &str) -> String {
        self.uri.replace("/jwks.json", path)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut connection: TcpStream, heads: Arc<Mutex<Vec<String>>>, answers: Arc<Mutex<Answers>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match connection.read_u8().await {
            Ok(byte) if head.is_empty() && !byte.is_ascii_uppercase() => return, // TLS
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let answer = answers.lock().unwrap().to(path_of(&head));
    heads.lock().unwrap().push(head);
    match answer {
        Answer::Text(text) => drop(connection.write_all(&text).await), // the client may have had enough of it
        Answer::Silence => std::future::pending().await,
    }
}

impl Answers {
    fn to(&self, path: &str) -> Answer {
        self.at.get(path).unwrap_or(&self.elsewhere).clone()
    }
}

fn path_of(head: &str) -> &str {
    head.split(' ').nth(1).unwrap()
}

/// A number of so many bits, in base64url.
pub fn number(bits: usize) -> String {
    let mut bytes = vec![0xa5; bits.div_ceil(8)];
    bytes[0] = 1 << ((bits - 1) % 8);
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn rsa(bits: usize) -> Json {
    json!({"kty": "RSA", "kid": "r", "n": number(bits), "e": "AQAB"})
}

pub fn ec() -> Json {
    json!({"kty": "EC", "kid": "e", "crv": "P-256", "x": number(256), "y": number(256)})
}

pub fn ed() -> Json {
    json!({"kty": "OKP", "kid": "d", "crv": "Ed25519", "x": number(256)})
}

pub fn but(mut jwk: Json, name: &str, value: Json) -> Json {
    jwk[name] = value;
    jwk
}

pub fn without(mut jwk: Json, name: &str) -> Json {
    jwk.as_object_mut().unwrap().remove(name);
    jwk
}
