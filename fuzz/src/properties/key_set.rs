//! An issuer's key set: no more keys than it has public ones, of the families that tokens are verified by.

use presignd::adapters::jwks::KeySet;
use serde_json::Value;

/// The input is the document.
pub fn hold(data: &[u8]) {
    let Ok(read) = KeySet::read(data) else { return };
    let document: Value = serde_json::from_slice(data).expect("what is refused by nobody else is read");
    let entries = document["keys"].as_array().expect("a key set has a list of keys");
    let may_verify = |entry: &&Value| {
        let is = |name: &str, value: &str| entry[name].is_null() || entry[name] == value;
        ["RSA", "EC", "OKP"].iter().any(|family| entry["kty"] == *family) && is("use", "sig")
    };
    assert!(read.keys.len() <= entries.iter().filter(may_verify).count(), "{document:#}");
    assert_eq!(read.keys.len() + read.skipped.len(), entries.len(), "{document:#}");
}
