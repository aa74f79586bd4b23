//! One JSON Web Key to a key that verifies signatures, if it is one. RFC 7517, RFC 7518, RFC 8037.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use jsonwebtoken::AlgorithmFamily;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::DecodingKeyKind;

use crate::adapters::config::SecretBytes;
use crate::adapters::config::algorithm_named;
use crate::domain::claims::Value;

/// A key of an issuer, and the algorithms that it may be used with.
#[derive(Debug)]
pub struct Key {
    id: Option<Box<str>>,
    algorithms: Vec<Algorithm>,
    decoding: DecodingKey,
}

/// Why one key of a set is passed over. The others are used all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnusableKey {
    #[error("`alg` is not one that this key and presignd know")]
    Algorithm,
    #[error("`crv` is not one that presignd verifies with")]
    Curve,
    #[error("a second key with the same `kid`, parameters and algorithms")]
    Duplicate,
    #[error("`kid` is not a string")]
    Id,
    #[error("a parameter of its `kty` is missing or malformed")]
    Malformed,
    #[error("a private key: whoever can read the set can sign tokens")]
    Private,
    #[error("an RSA modulus of {0} bits; from 2048 to 8192 are used")]
    RsaSize(usize),
    #[error("a symmetric key: only `hmac_secret_env` and `hmac_secret_file` give one")]
    Symmetric,
    #[error("`kty` is unknown")]
    Type,
    #[error("`use` or `key_ops` says that it does not verify signatures")]
    Use,
}

impl Key {
    /// A shared secret, for every HMAC.
    pub fn of_secret(secret: &SecretBytes) -> Self {
        let algorithms = AlgorithmFamily::Hmac.algorithms().to_vec();
        Self { id: None, algorithms, decoding: DecodingKey::from_secret(secret.expose()) }
    }

    /// `kid`.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Whether the algorithm is one of this key's family.
    pub fn is_of_family(&self, algorithm: Algorithm) -> bool {
        self.decoding.family() == algorithm.family()
    }

    /// Whether `signature` (base64url) is this key's over `message`. False, too, for an algorithm that does not fit.
    pub fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &str) -> bool {
        self.fits(algorithm)
            && jsonwebtoken::crypto::verify(signature, message, &self.decoding, algorithm).unwrap_or(false)
    }

    /// An algorithm of another family, curve or `alg` than the key's never verifies with it.
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        self.is_of_family(algorithm) && self.algorithms.contains(&algorithm)
    }

    /// The same key, however often it is published.
    pub fn same_as(&self, other: &Self) -> bool {
        self.id == other.id
            && self.algorithms == other.algorithms
            && match (self.decoding.kind(), other.decoding.kind()) {
                (DecodingKeyKind::SecretOrDer(one), DecodingKeyKind::SecretOrDer(two)) => one == two,
                (
                    DecodingKeyKind::RsaModulusExponent { n, e },
                    DecodingKeyKind::RsaModulusExponent { n: other_n, e: other_e },
                ) => n == other_n && e == other_e,
                (DecodingKeyKind::SecretOrDer(_), DecodingKeyKind::RsaModulusExponent { .. })
                | (DecodingKeyKind::RsaModulusExponent { .. }, DecodingKeyKind::SecretOrDer(_)) => false,
            }
    }

    /// Reads one entry of `keys`.
    pub fn read(jwk: &Value) -> Result<Self, UnusableKey> {
        let (decoding, algorithms) = match jwk.member("kty").and_then(Value::as_str) {
            Some("RSA") => (rsa(jwk)?, AlgorithmFamily::Rsa.algorithms().to_vec()),
            Some("EC") => elliptic(jwk)?,
            Some("OKP") => (edwards(jwk)?, vec![Algorithm::EdDSA]),
            Some("oct") => return Err(UnusableKey::Symmetric),
            _ => return Err(UnusableKey::Type),
        };
        if jwk.member("d").is_some() {
            return Err(UnusableKey::Private);
        }
        if !verifies_signatures(jwk) {
            return Err(UnusableKey::Use);
        }
        Ok(Self { id: id(jwk)?, algorithms: pinned(jwk, algorithms)?, decoding })
    }
}

fn id(jwk: &Value) -> Result<Option<Box<str>>, UnusableKey> {
    match jwk.member("kid") {
        None => Ok(None),
        Some(id) => id.as_str().map(|id| Some(id.into())).ok_or(UnusableKey::Id),
    }
}

/// RFC 7517, 4.2 and 4.3: `use` and `key_ops`, where present, both have to allow it.
fn verifies_signatures(jwk: &Value) -> bool {
    let by_use = jwk.member("use").is_none_or(|purpose| purpose.as_str() == Some("sig"));
    let by_operations = jwk.member("key_ops").is_none_or(|operations| match operations {
        Value::List(operations) => operations.iter().any(|operation| operation.as_str() == Some("verify")),
        _ => false,
    });
    by_use && by_operations
}

/// The algorithms that are left where the key names its own.
fn pinned(jwk: &Value, algorithms: Vec<Algorithm>) -> Result<Vec<Algorithm>, UnusableKey> {
    let Some(named) = jwk.member("alg") else { return Ok(algorithms) };
    let named: Option<Algorithm> = named.as_str().and_then(algorithm_named);
    match named.filter(|algorithm| algorithms.contains(algorithm)) {
        Some(algorithm) => Ok(vec![algorithm]),
        None => Err(UnusableKey::Algorithm),
    }
}

/// Below, factoring is within reach; above, one forged token costs milliseconds to refuse.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

fn rsa(jwk: &Value) -> Result<DecodingKey, UnusableKey> {
    let (modulus, exponent) = (unsigned(jwk, "n")?, unsigned(jwk, "e")?);
    let bits = modulus.first().map_or(0, |first| modulus.len() * 8 - first.leading_zeros() as usize);
    if !RSA_BITS.contains(&bits) {
        return Err(UnusableKey::RsaSize(bits));
    }
    let odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
    if !odd(&modulus) || !odd(&exponent) || exponent == [1] {
        return Err(UnusableKey::Malformed); // with 1 as exponent anybody can sign
    }
    Ok(DecodingKey::from_rsa_raw_components(&modulus, &exponent))
}

fn elliptic(jwk: &Value) -> Result<(DecodingKey, Vec<Algorithm>), UnusableKey> {
    let (size, algorithm) = match jwk.member("crv").and_then(Value::as_str) {
        Some("P-256") => (32, Algorithm::ES256),
        Some("P-384") => (48, Algorithm::ES384),
        _ => return Err(UnusableKey::Curve),
    };
    let (x, y) = (octets(jwk, "x")?, octets(jwk, "y")?);
    if x.len() != size || y.len() != size {
        return Err(UnusableKey::Malformed);
    }
    let uncompressed = [&[4], x.as_slice(), y.as_slice()].concat(); // SEC 1, 2.3.3
    Ok((DecodingKey::from_ec_der(&uncompressed), vec![algorithm]))
}

fn edwards(jwk: &Value) -> Result<DecodingKey, UnusableKey> {
    if jwk.member("crv").and_then(Value::as_str) != Some("Ed25519") {
        return Err(UnusableKey::Curve);
    }
    let point = octets(jwk, "x")?;
    if point.len() != 32 {
        return Err(UnusableKey::Malformed);
    }
    Ok(DecodingKey::from_ed_der(&point))
}

/// A big-endian number without the zeros that some issuers put before it.
fn unsigned(jwk: &Value, name: &str) -> Result<Vec<u8>, UnusableKey> {
    Ok(octets(jwk, name)?.into_iter().skip_while(|byte| *byte == 0).collect())
}

fn octets(jwk: &Value, name: &str) -> Result<Vec<u8>, UnusableKey> {
    let text = jwk.member(name).and_then(Value::as_str).ok_or(UnusableKey::Malformed)?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| UnusableKey::Malformed)
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
    use crate::adapters::jwks::testing::without;

    fn read(jwk: &Json) -> Result<Key, UnusableKey> {
        Key::read(&serde_json::from_value(jwk.clone()).unwrap())
    }

    #[test]
    fn a_key_that_cannot_be_used_is_refused_with_its_reason() {
        let wide = |size| Json::from(URL_SAFE_NO_PAD.encode(vec![7; size]));
        let cases = [
            (json!("r"), UnusableKey::Type),
            (json!(null), UnusableKey::Type),
            (json!({}), UnusableKey::Type),
            (but(rsa(2048), "kty", json!("rsa")), UnusableKey::Type),
            (but(rsa(2048), "kty", json!("AKP")), UnusableKey::Type),
            (json!({"kty": "oct", "kid": "s", "k": number(256), "alg": "HS256"}), UnusableKey::Symmetric),
            (but(rsa(2048), "use", json!("enc")), UnusableKey::Use),
            (but(rsa(2048), "use", json!("SIG")), UnusableKey::Use),
            (but(rsa(2048), "use", json!(null)), UnusableKey::Use),
            (but(ec(), "use", json!(["sig"])), UnusableKey::Use),
            (but(ec(), "key_ops", json!(["sign", "encrypt"])), UnusableKey::Use),
            (but(ec(), "key_ops", json!([])), UnusableKey::Use),
            (but(ec(), "key_ops", json!("verify")), UnusableKey::Use),
            (but(but(ec(), "use", json!("enc")), "key_ops", json!(["verify"])), UnusableKey::Use),
            (but(ec(), "d", json!("AA")), UnusableKey::Private),
            (but(rsa(2048), "kid", json!(1)), UnusableKey::Id),
            (but(rsa(2048), "kid", json!(null)), UnusableKey::Id),
            (but(rsa(2048), "alg", json!("RSA-OAEP")), UnusableKey::Algorithm),
            (but(rsa(2048), "alg", json!("none")), UnusableKey::Algorithm),
            (but(rsa(2048), "alg", json!("HS256")), UnusableKey::Algorithm),
            (but(rsa(2048), "alg", json!("ES256")), UnusableKey::Algorithm),
            (but(rsa(2048), "alg", json!(null)), UnusableKey::Algorithm),
            (but(ec(), "alg", json!("ES384")), UnusableKey::Algorithm),
            (but(ed(), "alg", json!("ES256")), UnusableKey::Algorithm),
            (but(ed(), "alg", json!("Ed448")), UnusableKey::Algorithm),
            (but(ec(), "alg", json!("Ed25519")), UnusableKey::Algorithm),
            (rsa(1024), UnusableKey::RsaSize(1024)),
            (rsa(2047), UnusableKey::RsaSize(2047)),
            (rsa(8193), UnusableKey::RsaSize(8193)),
            (but(rsa(2048), "n", json!("")), UnusableKey::RsaSize(0)),
            (but(rsa(2048), "n", json!(5)), UnusableKey::Malformed),
            (but(rsa(2048), "n", json!(format!("{}=", number(2048)))), UnusableKey::Malformed),
            (but(rsa(2048), "e", json!("AQ")), UnusableKey::Malformed),
            (but(rsa(2048), "e", json!("AAAB")), UnusableKey::Malformed),
            (but(rsa(2048), "e", json!("Ag")), UnusableKey::Malformed),
            (but(rsa(2048), "e", json!("")), UnusableKey::Malformed),
            (without(rsa(2048), "e"), UnusableKey::Malformed),
            (but(ec(), "crv", json!("secp256k1")), UnusableKey::Curve),
            (but(ec(), "crv", json!("P-521")), UnusableKey::Curve),
            (without(ec(), "crv"), UnusableKey::Curve),
            (but(ec(), "x", wide(31)), UnusableKey::Malformed),
            (but(ec(), "y", wide(48)), UnusableKey::Malformed),
            (without(ec(), "y"), UnusableKey::Malformed),
            (but(ed(), "crv", json!("X25519")), UnusableKey::Curve),
            (but(ed(), "crv", json!("Ed448")), UnusableKey::Curve),
            (but(ed(), "x", wide(33)), UnusableKey::Malformed),
        ];
        for (bad, reason) in cases {
            assert_eq!(read(&bad).err(), Some(reason), "{bad}");
        }
    }

    #[test]
    fn what_an_issuer_may_add_is_passed_over() {
        let zeros = format!("AAAA{}", number(2048));
        for good in [
            rsa(2048),
            rsa(8192),
            without(rsa(2048), "kid"),
            but(rsa(2048), "n", json!(zeros)),
            but(rsa(2048), "x5c", json!(["MII"])),
            but(rsa(2048), "use", json!("sig")),
            but(ec(), "key_ops", json!(["sign", "verify"])),
            but(ec(), "issuer", json!("https://login.example.com/{tenant}/v2.0")),
            but(ed(), "alg", json!("EdDSA")),
            but(ed(), "alg", json!("Ed25519")),
        ] {
            assert!(read(&good).is_ok(), "{good}: {:?}", read(&good));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_key_makes_it_panic(
            kty in "RSA|EC|OKP|oct",
            crv in "P-256|P-384|Ed25519",
            one in "[A-Za-z0-9_-]{0,90}",
            two in "[A-Za-z0-9_-]{0,90}",
        ) {
            let _ = read(&json!({"kty": kty, "crv": crv, "n": one, "e": two, "x": one, "y": two}));
        }
    }
}
