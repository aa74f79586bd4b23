//! Tokens good and bad. Keys are made here; signatures are made by `aws-lc-rs` without `jsonwebtoken`.

use std::path::Path;
use std::time::Duration;

use serde_json::Value as Json;
use serde_json::json;

use super::*;
use crate::adapters::config::KeyAccess;
use crate::adapters::config::KeySource;
use crate::adapters::config::SecretBytes;

mod accepted;
mod attacks;
mod memory;
mod rotation;
mod signer;

use signer::Signer;

/// 2026-11-24T00:00:00Z: when these tests take place.
const NOW: u64 = 1_795_478_400;

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn now() -> SystemTime {
    at(NOW)
}

fn clock() -> Clock {
    Clock::told_by(now)
}

/// An issuer as the shortest configuration makes it, but for its keys.
fn issuer(name: &str, keys: KeySource) -> config::Issuer {
    use jsonwebtoken::Algorithm::*;
    let algorithms = match &keys {
        KeySource::Hmac(_) => vec![HS256],
        KeySource::Discovery(_) | KeySource::JwksFile(_) | KeySource::JwksUri(..) => vec![RS256, ES256, EdDSA],
    };
    config::Issuer {
        name: Name::parse(name).unwrap(),
        issuer: format!("https://{name}.example.com/"),
        audiences: vec!["presignd".into()],
        audience_claims: vec!["aud".into()],
        scope_claims: vec!["scope".into(), "scp".into()],
        algorithms,
        keys,
        leeway: Duration::from_secs(30),
        token_type: None,
        required_claims: Vec::new(),
        required: false,
    }
}

fn key_set(keys: &[Json]) -> String {
    json!({ "keys": keys }).to_string()
}

/// Writes a key set to a file of that name.
fn in_file(folder: &Path, name: &str, keys: &[Json]) -> KeySource {
    let path = folder.join(name);
    std::fs::write(&path, key_set(keys)).unwrap();
    KeySource::JwksFile(path)
}

fn at_uri(uri: &str) -> KeySource {
    KeySource::JwksUri(uri.to_owned(), KeyAccess::default())
}

/// The claims of a good token from `corp`.
fn claims() -> Json {
    json!({
        "iss": "https://corp.example.com/", "aud": "presignd", "sub": "42", "client_id": "app", "jti": "t-1",
        "exp": NOW + 300, "iat": NOW - 10, "scope": "uploads downloads",
    })
}

/// `value` with one more or another member.
fn with(mut value: Json, name: &str, member: impl Into<Json>) -> Json {
    value[name] = member.into();
    value
}

fn without(mut value: Json, name: &str) -> Json {
    value.as_object_mut().unwrap().remove(name);
    value
}
