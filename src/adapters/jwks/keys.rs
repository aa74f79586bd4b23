//! A JSON Web Key Set (RFC 7517), and which of its keys a token is verified with.

use jsonwebtoken::Algorithm;

use super::jwk::Key;
use super::jwk::UnusableKey;
use crate::adapters::config::SecretBytes;
use crate::domain::claims::Value;

/// The keys that one issuer signs with.
#[derive(Debug)]
pub struct KeySet {
    keys: Vec<Key>,
}

/// A key set as it was read: what can be used of it, and what cannot.
#[derive(Debug)]
pub struct ReadKeySet {
    pub keys: KeySet,
    pub skipped: Vec<Skipped>,
}

/// A key that was passed over.
#[derive(Debug)]
pub struct Skipped {
    /// Its place in `keys`, from 0.
    pub place: usize,
    pub reason: UnusableKey,
}

/// Why a document is no key set at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeySet {
    #[error("not JSON: {0}")]
    NotJson(String),
    #[error("no list `keys`")]
    NoKeys,
}

/// Why a set has no key for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoKey {
    /// More than one fits.
    Ambiguous,
    /// No key of that `kid` or, for a token without one, of that family fits the algorithm.
    Unfit,
    /// There is no key of that `kid`: a newer set may have it.
    UnknownId,
}

impl KeySet {
    /// Reads a JWK Set. A bad key never spoils the others.
    pub fn read(document: &[u8]) -> Result<ReadKeySet, InvalidKeySet> {
        let value: Value =
            serde_json::from_slice(document).map_err(|error| InvalidKeySet::NotJson(error.to_string()))?;
        let Some(Value::List(entries)) = value.member("keys") else { return Err(InvalidKeySet::NoKeys) };
        let (mut keys, mut skipped) = (Vec::<Key>::new(), Vec::new());
        for (place, entry) in entries.iter().enumerate() {
            match Key::read(entry) {
                Ok(key) if keys.iter().any(|known| known.same_as(&key)) => {
                    skipped.push(Skipped { place, reason: UnusableKey::Duplicate });
                }
                Ok(key) => keys.push(key),
                Err(reason) => skipped.push(Skipped { place, reason }),
            }
        }
        Ok(ReadKeySet { keys: Self { keys }, skipped })
    }

    /// The only key of an issuer that shares a secret.
    pub fn of_secret(secret: &SecretBytes) -> Self {
        Self { keys: vec![Key::of_secret(secret)] }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// No key at all.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether there is a key of that `kid`.
    pub fn knows(&self, id: &str) -> bool {
        self.keys.iter().any(|key| key.id() == Some(id))
    }

    /// The one key of that `kid` that fits the algorithm.
    pub fn named(&self, id: &str, algorithm: Algorithm) -> Result<&Key, NoKey> {
        if !self.knows(id) {
            return Err(NoKey::UnknownId);
        }
        only(self.keys.iter().filter(|key| key.id() == Some(id) && key.fits(algorithm)))
    }

    /// The only key of the algorithm's family, for a token without `kid`.
    pub fn unnamed(&self, algorithm: Algorithm) -> Result<&Key, NoKey> {
        let key = only(self.keys.iter().filter(|key| key.is_of_family(algorithm)))?;
        key.fits(algorithm).then_some(key).ok_or(NoKey::Unfit)
    }
}

fn only<'a>(mut keys: impl Iterator<Item = &'a Key>) -> Result<&'a Key, NoKey> {
    match (keys.next(), keys.next()) {
        (Some(key), None) => Ok(key),
        (None, _) => Err(NoKey::Unfit),
        (Some(_), Some(_)) => Err(NoKey::Ambiguous),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;
    use serde_json::json;

    use super::*;
    use crate::adapters::jwks::testing::but;
    use crate::adapters::jwks::testing::ec;
    use crate::adapters::jwks::testing::ed;
    use crate::adapters::jwks::testing::number;
    use crate::adapters::jwks::testing::rsa;

    fn read(document: &Json) -> ReadKeySet {
        KeySet::read(document.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_bad_key_is_skipped_and_spoils_no_other() {
        let document = json!({"keys": [ec(), rsa(1024), ed(), ec(), 5], "more": {}});
        let read = read(&document);
        let skipped: Vec<_> = read.skipped.iter().map(|skipped| (skipped.place, skipped.reason)).collect();
        let wanted = vec![(1, UnusableKey::RsaSize(1024)), (3, UnusableKey::Duplicate), (4, UnusableKey::Type)];
        assert_eq!((read.keys.len(), skipped), (2, wanted));
    }

    #[test]
    fn a_document_that_is_no_key_set_is_refused_whole() {
        for text in ["", "x", "[]", "{}", "null", r#"{"keys":{}}"#, r#"{"keys":[]"#, r#"{"keys":[],"keys":[]}"#] {
            assert!(KeySet::read(text.as_bytes()).is_err(), "{text}");
        }
        assert!(KeySet::read(b"{\"keys\":[]}").unwrap().keys.is_empty());
    }

    #[test]
    fn a_kid_finds_the_one_key_that_fits() {
        let two = json!({"keys": [
            but(rsa(2048), "kid", json!("same")), but(ec(), "kid", json!("same")),
            but(rsa(2048), "alg", json!("RS256")), but(rsa(3072), "alg", json!("PS256")),
            but(ec(), "kid", json!("twice")), but(but(ec(), "kid", json!("twice")), "x", json!(number(255))),
        ]});
        let keys = read(&two).keys;
        let cases = [
            ("same", Algorithm::RS256, None),
            ("same", Algorithm::PS512, None),
            ("same", Algorithm::ES256, None),
            ("same", Algorithm::ES384, Some(NoKey::Unfit)),
            ("same", Algorithm::EdDSA, Some(NoKey::Unfit)),
            ("same", Algorithm::HS256, Some(NoKey::Unfit)),
            ("r", Algorithm::RS256, None),
            ("r", Algorithm::PS256, None),
            ("r", Algorithm::RS512, Some(NoKey::Unfit)),
            ("twice", Algorithm::ES256, Some(NoKey::Ambiguous)),
            ("", Algorithm::ES256, Some(NoKey::UnknownId)),
            ("SAME", Algorithm::ES256, Some(NoKey::UnknownId)),
        ];
        for (id, algorithm, fault) in cases {
            assert_eq!(keys.named(id, algorithm).err(), fault, "{id} {algorithm:?}");
        }
    }

    #[test]
    fn without_a_kid_there_must_be_one_key_of_that_family() {
        let p384 = json!({"kty": "EC", "crv": "P-384", "x": number(384), "y": number(384)});
        let cases = [
            (json!([]), Algorithm::RS256, Some(NoKey::Unfit)),
            (json!([rsa(2048), ec(), ed()]), Algorithm::RS256, None),
            (json!([rsa(2048), ec(), ed()]), Algorithm::ES256, None),
            (json!([rsa(2048), ec(), ed()]), Algorithm::EdDSA, None),
            (json!([rsa(2048), ec(), ed()]), Algorithm::HS256, Some(NoKey::Unfit)),
            (json!([ec(), p384]), Algorithm::ES384, Some(NoKey::Ambiguous)),
            (json!([ec()]), Algorithm::ES384, Some(NoKey::Unfit)),
            (json!([but(rsa(2048), "alg", json!("PS256"))]), Algorithm::RS256, Some(NoKey::Unfit)),
        ];
        for (entries, algorithm, fault) in cases {
            let keys = read(&json!({"keys": entries})).keys;
            assert_eq!(keys.unnamed(algorithm).err(), fault, "{entries} {algorithm:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_document_makes_it_panic(document: Vec<u8>, text in "\\PC*") {
            let _ = KeySet::read(&document);
            let _ = KeySet::read(text.as_bytes());
            let _ = KeySet::read(format!("{{\"keys\":[{text}]}}").as_bytes());
        }
    }
}
