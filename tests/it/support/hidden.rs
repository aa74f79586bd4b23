//! What nothing may tell: every secret, token and signature of this test binary, known here as soon as it is made, and
//! looked for in all that presignd writes.

use std::collections::HashMap;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::sync::Mutex;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;
use serde_json::Value;

use super::client::Reply;

static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

/// Secrets by their last bytes, so that a text is gone through once, however many there are.
struct Known {
    by_end: HashMap<[u8; END], Vec<Secret>>,
    /// Whether any ends so, as far as a few of these bytes tell.
    may_end: Vec<bool>,
}

struct Secret {
    what: String,
    text: Box<[u8]>,
}

/// What is shorter may well stand somewhere by chance.
const END: usize = 12;

impl Default for Known {
    fn default() -> Self {
        Self { by_end: HashMap::new(), may_end: vec![false; 1 << 20] }
    }
}

impl Known {
    fn add(&mut self, what: &str, text: &[u8]) {
        let Some(end) = text.last_chunk() else { return };
        self.may_end[summary(end)] = true;
        let alike = self.by_end.entry(*end).or_default();
        if alike.iter().all(|secret| *secret.text != *text) {
            alike.push(Secret { what: what.to_owned(), text: text.into() });
        }
    }

    /// The first secret in a text, and where it ends.
    fn find(&self, text: &[u8]) -> Option<(&str, usize)> {
        (END..=text.len()).find_map(|end| {
            let window = text[..end].last_chunk().filter(|window| self.may_end[summary(window)])?;
            let alike = self.by_end.get(window)?;
            let found = alike.iter().find(|secret| text[..end].ends_with(&secret.text))?;
            Some((found.what.as_str(), end))
        })
    }
}

/// A number below 1 << 20.
fn summary(end: &[u8; END]) -> usize {
    let [.., a, b, c, d] = *end;
    (u32::from_le_bytes([a, b, c, d]).wrapping_mul(0x9E37_79B1) >> 12) as usize
}

/// A secret, in each way that it may be written.
pub fn secret(what: &str, text: &str) {
    let mut known = KNOWN.lock().unwrap();
    known.add(what, text.as_bytes());
    known.add(&format!("{what}, percent-encoded"), utf8_percent_encode(text, NON_ALPHANUMERIC).to_string().as_bytes());
    known.add(&format!("{what}, in base64"), BASE64_STANDARD.encode(text).as_bytes());
    known.add(&format!("{what}, in base64url"), BASE64_URL_SAFE_NO_PAD.encode(text).as_bytes());
    known.add(&format!("{what}, in hex"), hex(text.as_bytes()).as_bytes());
    // A key that is written in base64 is its bytes.
    if let Ok(bytes) = BASE64_STANDARD.decode(text) {
        known.add(&format!("{what}, its bytes"), &bytes);
        known.add(&format!("{what}, its bytes in hex"), hex(&bytes).as_bytes());
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A token: its claims, and its signature, which is enough where the rest can be guessed.
pub fn token(token: &str) {
    let parts = token.split('.').skip(1).zip(["a token's claims", "a token's signature"]);
    parts.for_each(|(part, what)| KNOWN.lock().unwrap().add(what, part.as_bytes()));
}

/// What of a process's environment is secret.
pub fn variable(name: &str, value: &str) {
    let has_password = name.ends_with("_URL") && value.contains('@');
    if has_password || ["_SECRET", "_KEY", "_TOKEN"].iter().any(|end| name.ends_with(end)) {
        secret(name, value);
    }
}

/// What of a file is secret: credentials and private keys.
pub fn file(content: &[u8]) {
    let text = String::from_utf8_lossy(content);
    if let Ok(document) = serde_json::from_str::<Value>(&text) {
        members(&document);
    }
    for line in text.lines() {
        if let Some((name @ ("aws_secret_access_key" | "aws_session_token"), value)) = assigned(line) {
            secret(name, value);
        }
    }
    // An ECDSA key in PKCS #8: what follows the first two lines is the public part, which certificates have too.
    for key in text.split("PRIVATE KEY-----\n").skip(1).filter(|key| !key.starts_with('-')) {
        key.lines().take(2).for_each(|line| secret("a private key", line));
    }
}

fn assigned(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    Some((name.trim(), value.trim().trim_matches(['"', '\''])))
}

/// What of JSON is secret: the members of credentials and of requests.
fn members(value: &Value) {
    match value {
        Value::Object(all) => all.iter().for_each(|(name, value)| match (name.as_str(), value) {
            ("SecretAccessKey" | "SessionToken" | "session_token" | "Token" | "mfa", Value::String(text)) => {
                secret(name, text);
            }
            // Of SSE-C, or of signing keys: another is an object's.
            ("key", Value::String(text)) if all.contains_key("algorithm") || all.contains_key("region") => {
                secret(name, text);
            }
            _ => members(value),
        }),
        Value::Array(all) => all.iter().for_each(members),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What of a request's body is secret: keys of clients, codes of devices, URLs to be diagnosed.
pub fn body(body: &[u8]) {
    if let Ok(request) = serde_json::from_slice::<Value>(body) {
        members(&request);
    }
    signatures(&String::from_utf8_lossy(body));
}

/// The signatures of URLs and forms in a text.
pub fn signatures(text: &str) {
    let lower = text.to_ascii_lowercase();
    for after in lower.split("x-amz-signature").skip(1) {
        let digits = after.trim_start_matches(|c: char| !c.is_ascii_hexdigit());
        let end = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
        // Of SigV4 64, of SigV4A more.
        if end >= 64 {
            KNOWN.lock().unwrap().add("a URL's signature", &digits.as_bytes()[..end]);
        }
    }
}

/// Where presignd answers.
static SERVED: LazyLock<Mutex<HashSet<SocketAddr>>> = LazyLock::new(Mutex::default);

/// From now on presignd answers there.
pub fn served(address: SocketAddr) {
    SERVED.lock().unwrap().insert(address);
}

/// From now on somebody else may answer there.
pub fn gone(address: SocketAddr) {
    SERVED.lock().unwrap().remove(&address);
}

/// Fails if an answer of presignd's tells more than the one thing that it is for: a URL or a form to whom it was issued.
#[track_caller]
pub fn answer(from: SocketAddr, method: &str, target: &str, reply: &Reply) {
    // The examples of the document are known to all, and some tests use them.
    if !SERVED.lock().unwrap().contains(&from) || target.starts_with("/openapi.") {
        return;
    }
    let (is_post, text) = (method == "POST" && target.starts_with("/v1/"), reply.text());
    let mut told: Vec<String> = reply.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    match reply.status {
        200 if is_post && !target.starts_with("/v1/diagnose") => {
            signatures(&text);
            // A batch answers problems beside URLs.
            let results = reply.json()["results"].as_array().cloned().unwrap_or_default();
            told.extend(results.iter().filter(|result| result["code"].is_string()).map(Value::to_string));
        }
        307 => {
            reply.header("location").iter().for_each(|location| signatures(location));
            told.retain(|line| !line.starts_with("location: "));
            told.push(text);
        }
        _ => told.push(text),
    }
    look(&format!("the answer to {method} {target}"), &told.concat());
}

/// Fails if a text tells any of it.
#[track_caller]
pub fn look(place: &str, text: &str) {
    let known = KNOWN.lock().unwrap();
    let found = known.find(text.as_bytes()).map(|(what, end)| (what.to_owned(), end));
    drop(known);
    let signed = text.find("X-Amz-Signature=").map(|at| ("a signed URL".to_owned(), at));
    if let Some((what, at)) = found.or(signed) {
        let from = text[..at].rfind('\n').map_or(0, |line| line + 1);
        panic!("{what} in {place}: {}", text[from..].lines().next().unwrap_or_default());
    }
}
