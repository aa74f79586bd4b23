//! The form of `server_side_encryption`.

use crate::domain::claims::Value;
use crate::domain::encryption;
use crate::domain::encryption::CustomerKey;
use crate::domain::encryption::KmsContext;
use crate::domain::encryption::KmsKeyId;
use crate::domain::encryption::Members;
use crate::domain::encryption::ServerSideEncryption;
use crate::domain::forms::Read;
use crate::domain::forms::at;
use crate::domain::forms::boolean;
use crate::domain::forms::members;
use crate::domain::forms::text;
use crate::domain::forms::texts;

/// Every kind of encryption, for an upload.
pub(in crate::domain) fn server_side_encryption(value: &Value) -> Read<ServerSideEncryption> {
    read(value, &["algorithm", "kms_key_id", "context", "bucket_key", "key"])
}

/// SSE-C, which S3 has to be told of at each use of the object.
pub(in crate::domain) fn customer_encryption(value: &Value) -> Read<ServerSideEncryption> {
    match read(value, &["algorithm", "key"])? {
        encryption @ ServerSideEncryption::Customer(_) => Ok(encryption),
        ServerSideEncryption::S3 | ServerSideEncryption::Kms(_) => {
            Err(named("algorithm", format!("give {}: S3 finds any other out by itself", encryption::CUSTOMER)))
        }
    }
}

fn read(value: &Value, known: &[&str]) -> Read<ServerSideEncryption> {
    members("server_side_encryption", value, known)?;
    let Some(algorithm) = value.member("algorithm") else {
        return Err(named("algorithm", format!("give one of {}", encryption::ALGORITHMS.join(", "))));
    };
    let given = Members {
        algorithm: text(&place("algorithm"), algorithm)?,
        kms_key_id: value.member("kms_key_id").map(kms_key_id).transpose()?,
        context: value.member("context").map(context).transpose()?,
        bucket_key: value.member("bucket_key").map(|given| boolean(&place("bucket_key"), given)).transpose()?,
        key: value.member("key").map(customer_key).transpose()?,
    };
    ServerSideEncryption::of(given).map_err(|error| named(error.member(), error.to_string()))
}

fn kms_key_id(value: &Value) -> Read<KmsKeyId> {
    KmsKeyId::parse(text(&place("kms_key_id"), value)?).map_err(|error| named("kms_key_id", error.to_string()))
}

fn context(value: &Value) -> Read<KmsContext> {
    KmsContext::of(texts(&place("context"), value)?).map_err(|error| named("context", error.to_string()))
}

/// What is wrong with a key is told without the key.
fn customer_key(value: &Value) -> Read<CustomerKey> {
    CustomerKey::parse(text(&place("key"), value)?).map_err(|error| named("key", error.to_string()))
}

fn place(member: &str) -> String {
    format!("server_side_encryption/{member}")
}

fn named(member: &str, detail: impl Into<String>) -> crate::domain::refusal::MemberError {
    at(&place(member), detail)
}
