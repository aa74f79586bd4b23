//! Issuers of tokens: keys of every kind, made for the test, and JWTs of any shape.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::encoding::PublicKeyX509Der;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature;
use aws_lc_rs::signature::KeyPair;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;
use serde_json::json;

use super::hidden;

/// A signing key, and the algorithm that goes with it.
pub struct Issuer {
    /// `kid`, in tokens and in the key set.
    pub key_id: String,
    key: Key,
}

enum Key {
    Hmac(Box<hmac::Key>),
    Rsa(rsa::KeyPair),
    Ecdsa(signature::EcdsaKeyPair),
    Ed25519(signature::Ed25519KeyPair),
}

impl Issuer {
    /// HS256, with a secret of 32 bytes or more.
    pub fn hmac(secret: impl AsRef<[u8]>) -> Self {
        Self { key_id: "hmac".to_owned(), key: Key::Hmac(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret.as_ref()))) }
    }

    /// RS256.
    pub fn rsa(key_id: &str) -> Self {
        Self::of(key_id, Key::Rsa(rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap()))
    }

    /// ES256.
    pub fn ecdsa(key_id: &str) -> Self {
        let key = signature::EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING);
        Self::of(key_id, Key::Ecdsa(key.unwrap()))
    }

    /// EdDSA.
    pub fn ed25519(key_id: &str) -> Self {
        Self::of(key_id, Key::Ed25519(signature::Ed25519KeyPair::generate().unwrap()))
    }

    fn of(key_id: &str, key: Key) -> Self {
        Self { key_id: key_id.to_owned(), key }
    }

    /// `alg` of its tokens.
    pub fn algorithm(&self) -> &'static str {
        match self.key {
            Key::Hmac(_) => "HS256",
            Key::Rsa(_) => "RS256",
            Key::Ecdsa(_) => "ES256",
            Key::Ed25519(_) => "EdDSA",
        }
    }

    /// The public key as a JWK. An HMAC key has none.
    pub fn jwk(&self) -> Value {
        let common = json!({"kid": self.key_id, "use": "sig", "alg": self.algorithm()});
        let own = match &self.key {
            Key::Hmac(_) => panic!("a secret is not published"),
            Key::Rsa(key) => json!({
                "kty": "RSA",
                "n": encode(key.public_key().modulus().big_endian_without_leading_zero()),
                "e": encode(key.public_key().exponent().big_endian_without_leading_zero()),
            }),
            Key::Ecdsa(key) => {
                // Uncompressed: 4, x, y.
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y)})
            }
            Key::Ed25519(key) => json!({"kty": "OKP", "crv": "Ed25519", "x": encode(key.public_key().as_ref())}),
        };
        let members = [common, own].into_iter().flat_map(|part| part.as_object().unwrap().clone());
        Value::Object(members.collect())
    }

    /// An RSA key's public half in DER, as X.509 has it.
    pub fn public_der(&self) -> Vec<u8> {
        let Key::Rsa(key) = &self.key else { panic!("of RSA keys alone") };
        AsDer::<PublicKeyX509Der>::as_der(key.public_key()).unwrap().as_ref().to_vec()
    }

    /// A token with these claims.
    pub fn token(&self, claims: &Value) -> String {
        let kid = !matches!(self.key, Key::Hmac(_));
        let header = match kid {
            true => json!({"alg": self.algorithm(), "typ": "JWT", "kid": self.key_id}),
            false => json!({"alg": self.algorithm(), "typ": "JWT"}),
        };
        self.token_of(&header.to_string(), &claims.to_string())
    }

    /// A token of these two texts, whatever they are.
    pub fn token_of(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", encode(header), encode(claims));
        let token = format!("{signed}.{}", encode(self.sign(signed.as_bytes())));
        hidden::token(&token);
        token
    }

    /// A token that an RSA key signs by another scheme than RS256's.
    pub fn token_by(&self, scheme: &'static dyn signature::RsaEncoding, header: &str, claims: &str) -> String {
        let Key::Rsa(key) = &self.key else { panic!("of RSA keys alone") };
        let signed = format!("{}.{}", encode(header), encode(claims));
        format!("{signed}.{}", encode(rsa_signature(key, scheme, signed.as_bytes())))
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.key {
            Key::Hmac(key) => hmac::sign(key, message).as_ref().to_vec(),
            Key::Rsa(key) => rsa_signature(key, &signature::RSA_PKCS1_SHA256, message),
            Key::Ecdsa(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Key::Ed25519(key) => key.sign(message).as_ref().to_vec(),
        }
    }
}

fn rsa_signature(key: &rsa::KeyPair, scheme: &'static dyn signature::RsaEncoding, message: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(scheme, &SystemRandom::new(), message, &mut signature).unwrap();
    signature
}

/// A key set, as an issuer publishes it.
pub fn key_set(issuers: &[&Issuer]) -> String {
    json!({"keys": issuers.iter().map(|issuer| issuer.jwk()).collect::<Vec<_>>()}).to_string()
}

/// Claims that pass for an hour: `iss`, `aud`, `sub`, `exp`, and these.
pub fn claims(issuer: &str, audience: &str, subject: &str, more: &Value) -> Value {
    let mut claims = json!({"iss": issuer, "aud": audience, "sub": subject, "exp": super::now() + 3600});
    let members = claims.as_object_mut().unwrap();
    members.extend(more.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
    claims
}

/// Base64url without padding.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
