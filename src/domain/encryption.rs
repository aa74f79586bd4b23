//! How S3 encrypts an object: by its own keys, by keys of KMS, or by a key that the client brings.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::domain::checksum;

/// A `server_side_encryption`, of a request, a grant or a bucket.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerSideEncryption {
    /// SSE-S3.
    S3,
    /// SSE-KMS and DSSE-KMS.
    Kms(Kms),
    /// SSE-C. Without the key only the algorithm is signed, and the key never passes through presignd.
    Customer(Option<CustomerKey>),
}

/// Encryption by a key of KMS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kms {
    pub layers: Layers,
    /// None: the key `aws/s3` of the bucket's account.
    pub key_id: Option<KmsKeyId>,
    pub context: Option<KmsContext>,
    /// Never with two layers.
    pub bucket_key: Option<bool>,
}

/// How often KMS's keys are used on an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layers {
    One,
    /// DSSE-KMS.
    Two,
}

/// The members of a `server_side_encryption`, each well-formed.
#[derive(Debug, Default)]
pub struct Members<'a> {
    pub algorithm: &'a str,
    pub kms_key_id: Option<KmsKeyId>,
    pub context: Option<KmsContext>,
    pub bucket_key: Option<bool>,
    pub key: Option<CustomerKey>,
}

/// Why members make no [`ServerSideEncryption`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEncryption {
    #[error("give one of {AES256}, {KMS}, {DSSE}, {CUSTOMER}")]
    Algorithm,
    #[error("leave it out: {algorithm} has no {member}")]
    Stranger { algorithm: &'static str, member: &'static str },
}

/// The values of `algorithm`.
pub const ALGORITHMS: [&str; 4] = [AES256, KMS, DSSE, CUSTOMER];
const AES256: &str = "AES256";
const KMS: &str = "aws:kms";
const DSSE: &str = "aws:kms:dsse";
/// SSE-C, whose algorithm S3 calls AES256 too.
pub const CUSTOMER: &str = "customer";

impl ServerSideEncryption {
    /// Takes what the algorithm has, and nothing else.
    pub fn of(members: Members<'_>) -> Result<Self, InvalidEncryption> {
        let Members { algorithm, kms_key_id, context, bucket_key, key } = members;
        let given = [
            ("kms_key_id", kms_key_id.is_some()),
            ("context", context.is_some()),
            ("bucket_key", bucket_key.is_some()),
            ("key", key.is_some()),
        ];
        let only = |algorithm, own: &[&str]| match given.iter().find(|(name, is)| *is && !own.contains(name)) {
            Some((member, _)) => Err(InvalidEncryption::Stranger { algorithm, member }),
            None => Ok(()),
        };
        match algorithm {
            AES256 => only(AES256, &[]).map(|()| Self::S3),
            KMS => only(KMS, &["kms_key_id", "context", "bucket_key"])
                .map(|()| Self::Kms(Kms { layers: Layers::One, key_id: kms_key_id, context, bucket_key })),
            DSSE => only(DSSE, &["kms_key_id", "context"])
                .map(|()| Self::Kms(Kms { layers: Layers::Two, key_id: kms_key_id, context, bucket_key: None })),
            CUSTOMER => only(CUSTOMER, &["key"]).map(|()| Self::Customer(key)),
            _ => Err(InvalidEncryption::Algorithm),
        }
    }

    /// The value of `algorithm`.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::S3 => AES256,
            Self::Kms(Kms { layers: Layers::One, .. }) => KMS,
            Self::Kms(Kms { layers: Layers::Two, .. }) => DSSE,
            Self::Customer(_) => CUSTOMER,
        }
    }

    /// The client's key, where it passed through presignd.
    pub fn customer_key(&self) -> Option<&CustomerKey> {
        match self {
            Self::Customer(key) => key.as_ref(),
            Self::S3 | Self::Kms(_) => None,
        }
    }

    /// S3's headers, names in lower case.
    pub fn headers(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::S3 => vec![("x-amz-server-side-encryption", AES256)],
            Self::Kms(kms) => {
                let mut headers = vec![("x-amz-server-side-encryption", self.algorithm())];
                headers
                    .extend(kms.key_id.as_ref().map(|id| ("x-amz-server-side-encryption-aws-kms-key-id", id.as_str())));
                headers
                    .extend(kms.context.as_ref().map(|context| ("x-amz-server-side-encryption-context", &*context.0)));
                let bucket_key = kms.bucket_key.map(|is_on| if is_on { "true" } else { "false" });
                headers.extend(bucket_key.map(|word| ("x-amz-server-side-encryption-bucket-key-enabled", word)));
                headers
            }
            Self::Customer(key) => {
                let mut headers = vec![(CUSTOMER_ALGORITHM, AES256)];
                if let Some(key) = key {
                    headers.push((CUSTOMER_KEY, key.base64.expose_secret()));
                    headers.push((CUSTOMER_KEY_MD5, &key.md5));
                }
                headers
            }
        }
    }
}

/// The header that says that a client brings a key.
pub const CUSTOMER_ALGORITHM: &str = "x-amz-server-side-encryption-customer-algorithm";
/// The header that carries a client's key.
pub const CUSTOMER_KEY: &str = "x-amz-server-side-encryption-customer-key";
/// The header that carries its MD5.
pub const CUSTOMER_KEY_MD5: &str = "x-amz-server-side-encryption-customer-key-md5";

impl InvalidEncryption {
    /// The member that is wrong.
    pub fn member(self) -> &'static str {
        match self {
            Self::Algorithm => "algorithm",
            Self::Stranger { member, .. } => member,
        }
    }
}

/// A key's id, ARN or alias in KMS, or the name that another store's key service has for it: never a pattern, which in a
/// policy would stand for other keys.
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html#KMS-DescribeKey-request-KeyId>
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html#KMS-CreateAlias-request-AliasName>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KmsKeyId(Box<str>);

/// Why a text is no [`KmsKeyId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKmsKeyId {
    #[error("{AWS_MANAGED} is what S3 uses without a key id: leave it out")]
    AwsManaged,
    #[error("an ARN of a key is arn:PARTITION:kms:REGION:ACCOUNT: and key/ID or alias/NAME")]
    Arn,
    #[error("a key id is 1 to 2048 characters out of A-Z a-z 0-9 - _ . : /, and an alias has a name")]
    Form,
}

/// What stands in `kms_key_ids` for no key id.
pub const AWS_MANAGED: &str = "aws/s3";

impl KmsKeyId {
    /// Reads an id as it stands.
    pub fn parse(text: &str) -> Result<Self, InvalidKmsKeyId> {
        match text {
            AWS_MANAGED => Err(InvalidKmsKeyId::AwsManaged),
            "alias/" => Err(InvalidKmsKeyId::Form),
            _ if !(1..=2048).contains(&text.len()) || !text.bytes().all(is_of_an_id) => Err(InvalidKmsKeyId::Form),
            _ if text.starts_with("arn:") && !is_arn(text) => Err(InvalidKmsKeyId::Arn),
            _ => Ok(Self(text.into())),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_of_an_id(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte)
}

fn is_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [_, partition, "kms", region, account, named] = parts.as_slice() else { return false };
    let id = named.strip_prefix("key/").or_else(|| named.strip_prefix("alias/"));
    [*partition, *region, *account, id.unwrap_or_default()].iter().all(|part| !part.is_empty())
}

/// What KMS binds the data key to: compact JSON in base64.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KmsContext(Box<str>);

/// Why pairs make no [`KmsContext`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidContext {
    #[error("leave out control characters")]
    Control,
    #[error("give at most {LONGEST_CONTEXT} bytes, as JSON")]
    TooLong,
}

/// So long that its base64 takes 4,096 bytes.
const LONGEST_CONTEXT: usize = 3072;

impl KmsContext {
    /// Takes pairs in their order.
    pub fn of<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> Result<Self, InvalidContext> {
        let mut json = String::from("{");
        for (name, value) in pairs {
            if name.chars().chain(value.chars()).any(char::is_control) {
                return Err(InvalidContext::Control);
            }
            let comma = if json.len() > 1 { "," } else { "" };
            json.push_str(&[comma, &quoted(name), ":", &quoted(value)].concat());
            if json.len() >= LONGEST_CONTEXT {
                return Err(InvalidContext::TooLong);
            }
        }
        json.push('}');
        Ok(Self(BASE64_STANDARD.encode(json).into()))
    }
}

/// A JSON string of a text without control characters.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The client's own key of SSE-C, used and forgotten: it does not print, and is wiped.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html>
#[derive(Clone)]
pub struct CustomerKey {
    base64: SecretString,
    /// Of the key's bytes, in base64.
    md5: String,
}

/// A text that is no [`CustomerKey`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("give padded base64 of exactly 32 bytes")]
pub struct InvalidCustomerKey;

impl CustomerKey {
    /// Reads base64 of 32 bytes.
    pub fn parse(text: &str) -> Result<Self, InvalidCustomerKey> {
        let bytes = Zeroizing::new(BASE64_STANDARD.decode(text).map_err(|_| InvalidCustomerKey)?);
        match bytes.len() {
            32 => Ok(Self { base64: text.into(), md5: checksum::md5(&bytes) }),
            _ => Err(InvalidCustomerKey),
        }
    }
}

/// Compared as S3 tells keys apart, by the digest.
impl PartialEq for CustomerKey {
    fn eq(&self, other: &Self) -> bool {
        self.md5 == other.md5
    }
}

impl Eq for CustomerKey {}

impl fmt::Debug for CustomerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomerKey")
    }
}

#[cfg(test)]
mod tests;
