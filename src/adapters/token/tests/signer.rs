//! Keys to sign tokens with, and the public halves that an issuer publishes.

use std::sync::LazyLock;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
use aws_lc_rs::signature::ECDSA_P384_SHA384_FIXED_SIGNING;
use aws_lc_rs::signature::EcdsaKeyPair;
use aws_lc_rs::signature::Ed25519KeyPair;
use aws_lc_rs::signature::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use aws_lc_rs::signature::RSA_PKCS1_SHA512;
use aws_lc_rs::signature::RSA_PSS_SHA256;
use aws_lc_rs::signature::RsaKeyPair;
use aws_lc_rs::signature::RsaPublicKeyComponents;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value as Json;
use serde_json::json;

/// A key that signs with whatever algorithm it is asked for, if it can.
pub enum Signer {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Secret(Vec<u8>),
}

/// RSA keys take a while to find, so all tests share two.
pub static RSA: LazyLock<[Signer; 2]> = LazyLock::new(|| [Signer::rsa(), Signer::rsa()]);

impl Signer {
    fn rsa() -> Self {
        Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    pub fn p256() -> Self {
        Self::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub fn p384() -> Self {
        Self::P384(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap())
    }

    pub fn ed() -> Self {
        Self::Ed(Ed25519KeyPair::generate().unwrap())
    }

    /// A shared secret; a public key's bytes will do for an attack.
    pub fn secret(bytes: impl AsRef<[u8]>) -> Self {
        Self::Secret(bytes.as_ref().to_vec())
    }

    /// A token of that header and these claims.
    pub fn token(&self, header: &Json, claims: &Json) -> String {
        self.token_of(header.to_string(), claims.to_string())
    }

    /// A token of these texts, signed as the header's `alg` says or, if that means nothing, as the key would.
    pub fn token_of(&self, header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
        let algorithm = serde_json::from_slice::<Json>(header.as_ref())
            .ok()
            .and_then(|header| header["alg"].as_str().map(str::to_owned))
            .unwrap_or_default();
        let signed = format!("{}.{}", encoded(header), encoded(claims));
        let signature = self.sign(&algorithm, signed.as_bytes());
        format!("{signed}.{}", encoded(signature))
    }

    pub fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(key) => {
                let padding: &dyn aws_lc_rs::signature::RsaEncoding = match algorithm {
                    "PS256" => &RSA_PSS_SHA256,
                    "RS512" => &RSA_PKCS1_SHA512,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(padding, &random, message, &mut signature).unwrap();
                signature
            }
            Self::P256(key) | Self::P384(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed(key) => key.sign(message).as_ref().to_vec(),
            Self::Secret(secret) => {
                let hash = if algorithm == "HS512" { hmac::HMAC_SHA512 } else { hmac::HMAC_SHA256 };
                hmac::sign(&hmac::Key::new(hash, secret), message).as_ref().to_vec()
            }
        }
    }

    /// The public half, as a key set has it.
    pub fn jwk(&self, id: &str) -> Json {
        match self {
            Self::Rsa(key) => {
                let RsaPublicKeyComponents { n, e } = RsaPublicKeyComponents::<Vec<u8>>::from(key.public_key());
                json!({"kty": "RSA", "kid": id, "n": encoded(n), "e": encoded(e)})
            }
            Self::P256(key) => point(key, "P-256", id),
            Self::P384(key) => point(key, "P-384", id),
            Self::Ed(key) => json!({"kty": "OKP", "kid": id, "crv": "Ed25519", "x": encoded(key.public_key())}),
            Self::Secret(secret) => json!({"kty": "oct", "kid": id, "k": encoded(secret)}),
        }
    }

    /// The public half as bytes: a modulus, a point.
    pub fn public(&self) -> Vec<u8> {
        match self {
            Self::Rsa(key) => RsaPublicKeyComponents::<Vec<u8>>::from(key.public_key()).n,
            Self::P256(key) | Self::P384(key) => key.public_key().as_ref().to_vec(),
            Self::Ed(key) => key.public_key().as_ref().to_vec(),
            Self::Secret(secret) => secret.clone(),
        }
    }

    /// The public half as DER and as PEM (`SubjectPublicKeyInfo`), and as bare PKCS#1: what attackers guess at.
    pub fn rsa_files(&self) -> Vec<Vec<u8>> {
        use aws_lc_rs::encoding::AsDer;
        use aws_lc_rs::encoding::PublicKeyX509Der;
        let Self::Rsa(key) = self else { panic!("not RSA") };
        let der: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
        let base64 = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
        let lines: Vec<_> = base64.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"));
        vec![der.as_ref().to_vec(), pem.clone().into(), pem.trim_end().into(), key.public_key().as_ref().to_vec()]
    }
}

fn point(key: &EcdsaKeyPair, curve: &str, id: &str) -> Json {
    let (x, y) = key.public_key().as_ref()[1..].split_at(key.public_key().as_ref().len() / 2);
    json!({"kty": "EC", "kid": id, "crv": curve, "x": encoded(x), "y": encoded(y)})
}

/// base64url without padding.
pub fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
