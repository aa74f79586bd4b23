//! Server-side encryption as S3's clients see it: what an upload asks for is checked, kept and answered.
//!
//! Nothing is encrypted at rest: the bytes lie in the developer's own folder as they came. An upload that asks for no
//! encryption is answered none, where S3 answers its default, so that a test sees what was asked for. A KMS key is
//! whatever name comes; nobody asks whether it exists. A customer's key (SSE-C) is really demanded of every reader; of
//! it a salted hash is kept, never the key.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html>

use std::collections::BTreeMap;
use std::io;

use aws_lc_rs::constant_time;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use s3s::S3Result;
use s3s::crypto::Checksum as _;
use s3s::crypto::Md5;
use s3s::dto;
use s3s::s3_error;
use serde::Deserialize;
use serde::Serialize;

use crate::cli::dev::random;

/// How an object is encrypted, by the word of who uploaded it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub enum Encryption {
    #[default]
    Unasked,
    /// By S3, or by KMS.
    Managed { algorithm: String, kms_key_id: Option<String>, bucket_key: Option<bool> },
    /// By a key that each request brings.
    Customer(KnownKey),
}

/// By which a customer's key is known again: HMAC-SHA256 of the key under a salt, both in hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownKey {
    salt: String,
    hash: String,
}

/// A customer's key, as a request brings it.
pub struct CustomerKey {
    bytes: [u8; 32],
    /// As it came, and as it is answered.
    md5: String,
}

impl CustomerKey {
    /// Reads the three headers `x-amz-server-side-encryption-customer-*`: all, or none.
    pub fn of(algorithm: Option<&str>, key: Option<&str>, md5: Option<&str>) -> S3Result<Option<Self>> {
        let (algorithm, key, md5) = match (algorithm, key, md5) {
            (None, None, None) => return Ok(None),
            (Some(algorithm), Some(key), Some(md5)) => (algorithm, key, md5),
            _ => {
                return Err(s3_error!(
                    InvalidArgument,
                    "Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate \
                     secret key, its MD5 and a valid encryption algorithm."
                ));
            }
        };
        if algorithm != "AES256" {
            return Err(s3_error!(
                InvalidEncryptionAlgorithmError,
                "The encryption request you specified is not valid. The valid value is AES256."
            ));
        }
        let bytes: [u8; 32] = BASE64_STANDARD
            .decode(key)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| s3_error!(InvalidArgument, "The secret key was invalid for the specified algorithm."))?;
        match BASE64_STANDARD.encode(Md5::checksum(&bytes)) == md5 {
            true => Ok(Some(Self { bytes, md5: md5.to_owned() })),
            false => Err(s3_error!(
                InvalidArgument,
                "The calculated MD5 hash of the key did not match the hash that was provided."
            )),
        }
    }

    fn known(&self) -> io::Result<KnownKey> {
        let salt = random::long_name()?;
        let hash = random::hex(self.hash(&salt).as_ref());
        Ok(KnownKey { salt, hash })
    }

    fn hash(&self, salt: &str) -> hmac::Tag {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, salt.as_bytes()), &self.bytes)
    }

    fn is(&self, known: &KnownKey) -> bool {
        let hash = random::hex(self.hash(&known.salt).as_ref());
        constant_time::verify_slices_are_equal(hash.as_bytes(), known.hash.as_bytes()).is_ok()
    }
}

impl Encryption {
    /// What an upload asks for.
    pub fn asked(input: &dto::PutObjectInput) -> S3Result<Self> {
        let algorithm = input.server_side_encryption.as_ref().map(dto::ServerSideEncryption::as_str);
        let key = key_of_put(input)?;
        if let (Some(_), Some(_)) = (algorithm, &key) {
            return Err(s3_error!(
                InvalidArgument,
                "Server Side Encryption with Customer provided key is incompatible with the encryption method specified"
            ));
        }
        if let Some(key) = key {
            let known = key.known().map_err(|error| s3_error!(InternalError, "{error}"))?;
            return Ok(Self::Customer(known));
        }
        let is_kms = match algorithm {
            None | Some(dto::ServerSideEncryption::AES256) => false,
            Some(dto::ServerSideEncryption::AWS_KMS | dto::ServerSideEncryption::AWS_KMS_DSSE) => true,
            Some(_) => return Err(s3_error!(InvalidArgument, "The encryption method specified is not supported")),
        };
        if !is_kms && (input.ssekms_key_id.is_some() || input.ssekms_encryption_context.is_some()) {
            return Err(s3_error!(
                InvalidArgument,
                "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms"
            ));
        }
        if algorithm == Some(dto::ServerSideEncryption::AWS_KMS_DSSE) && input.bucket_key_enabled == Some(true) {
            return Err(s3_error!(InvalidArgument, "S3 Bucket Keys are not supported for aws:kms:dsse"));
        }
        input.ssekms_encryption_context.as_deref().map_or(Ok(()), check_context)?;
        Ok(match algorithm {
            None => Self::Unasked,
            Some(algorithm) => Self::Managed {
                algorithm: algorithm.to_owned(),
                kms_key_id: input.ssekms_key_id.clone(),
                bucket_key: input.bucket_key_enabled,
            },
        })
    }

    /// Fails unless a request brings the key that the bytes are under, or none where they are under none.
    pub fn open(&self, key: Option<&CustomerKey>) -> S3Result<()> {
        match (self, key) {
            (Self::Customer(known), Some(key)) if key.is(known) => Ok(()),
            (Self::Customer(_), Some(_)) => Err(s3_error!(AccessDenied, "Access Denied")),
            (Self::Customer(_), None) => Err(s3_error!(
                InvalidRequest,
                "The object was stored using a form of Server Side Encryption. The correct parameters must be provided \
                 to retrieve the object."
            )),
            (Self::Unasked | Self::Managed { .. }, None) => Ok(()),
            (Self::Unasked | Self::Managed { .. }, Some(_)) => {
                Err(s3_error!(InvalidRequest, "The encryption parameters are not applicable to this object."))
            }
        }
    }

    /// What an answer about an object says of it, to a request that brought `key`.
    pub fn told(&self, key: Option<&CustomerKey>) -> Told {
        match self {
            Self::Unasked => Told::default(),
            Self::Managed { algorithm, kms_key_id, bucket_key } => Told {
                algorithm: Some(algorithm.clone().into()),
                kms_key_id: kms_key_id.clone(),
                bucket_key: *bucket_key,
                ..Told::default()
            },
            Self::Customer(_) => Told {
                customer_algorithm: Some("AES256".to_owned()),
                customer_key_md5: key.map(|key| key.md5.clone()),
                ..Told::default()
            },
        }
    }
}

/// The members of S3's answers that tell of encryption.
#[derive(Debug, Default)]
pub struct Told {
    pub algorithm: Option<dto::ServerSideEncryption>,
    pub kms_key_id: Option<String>,
    pub bucket_key: Option<bool>,
    pub customer_algorithm: Option<String>,
    pub customer_key_md5: Option<String>,
}

/// The customer's key that an upload brings.
pub fn key_of_put(input: &dto::PutObjectInput) -> S3Result<Option<CustomerKey>> {
    CustomerKey::of(
        input.sse_customer_algorithm.as_deref(),
        input.sse_customer_key.as_deref(),
        input.sse_customer_key_md5.as_deref(),
    )
}

/// A context is base64 of a JSON object of strings. It is checked and not kept: S3 never tells it again.
fn check_context(text: &str) -> S3Result<()> {
    let json = BASE64_STANDARD.decode(text).ok();
    let context = json.and_then(|json| serde_json::from_slice::<BTreeMap<String, String>>(&json).ok());
    context.map(drop).ok_or_else(|| {
        s3_error!(InvalidArgument, "The header x-amz-server-side-encryption-context is not base64 of JSON")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // By `printf 0123456789abcdef0123456789abcdef | openssl md5 -binary | base64`.
    const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    const MD5: &str = "hRasmdxgYDKV3nvbahU1MA==";

    fn code<T>(result: S3Result<T>) -> Result<(), String> {
        result.map(drop).map_err(|error| error.code().as_str().to_owned())
    }

    #[test]
    fn a_customers_key_comes_whole_or_not_at_all() {
        let short = "MDEyMzQ1Njc4OWFiY2RlZg==";
        type Header = Option<&'static str>;
        let cases: [(Header, Header, Header, Result<(), &str>); 8] = [
            (None, None, None, Ok(())),
            (Some("AES256"), Some(KEY), Some(MD5), Ok(())),
            (Some("AES256"), Some(KEY), None, Err("InvalidArgument")),
            (Some("AES256"), None, None, Err("InvalidArgument")),
            (None, Some(KEY), Some(MD5), Err("InvalidArgument")),
            (Some("AES128"), Some(KEY), Some(MD5), Err("InvalidEncryptionAlgorithmError")),
            (Some("AES256"), Some(short), Some(MD5), Err("InvalidArgument")),
            (Some("AES256"), Some(KEY), Some("AAAAAAAAAAAAAAAAAAAAAA=="), Err("InvalidArgument")),
        ];
        for (algorithm, key, md5, expected) in cases {
            let found = code(CustomerKey::of(algorithm, key, md5));
            assert_eq!(found, expected.map_err(str::to_owned), "{algorithm:?} {key:?} {md5:?}");
        }
    }

    #[test]
    fn what_is_kept_of_a_key_knows_it_again_and_tells_nothing_of_it() {
        let key = CustomerKey::of(Some("AES256"), Some(KEY), Some(MD5)).unwrap().unwrap();
        let (one, other) = (key.known().unwrap(), key.known().unwrap());
        assert_ne!(one, other);
        assert!(key.is(&one) && key.is(&other));
        let kept = serde_json::to_string(&Encryption::Customer(one.clone())).unwrap();
        assert!(!kept.contains(KEY) && !kept.contains(MD5) && !kept.contains(&random::hex(&key.bytes)), "{kept}");
        let strange = CustomerKey { bytes: [7; 32], md5: String::new() };
        assert!(!strange.is(&one));
    }

    #[test]
    fn a_context_is_an_object_of_strings() {
        for (json, good) in [("{}", true), ("{\"a\":\"b\"}", true), ("{\"a\":1}", false), ("[]", false), ("a", false)] {
            assert_eq!(check_context(&BASE64_STANDARD.encode(json)).is_ok(), good, "{json}");
        }
        assert!(check_context("{}").is_err());
    }
}
