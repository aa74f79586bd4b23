//! The limits on encryption: what a grant or a bucket signs in, and what is accepted beside it.

use crate::domain::encryption::Kms;
use crate::domain::encryption::KmsKeyId;
use crate::domain::encryption::ServerSideEncryption;
use crate::domain::grant::KmsKey;
use crate::domain::grant::UploadLimits;
use crate::domain::refusal::MemberError;

/// Of an upload: what the grant demands and nothing else; else what the bucket does by default, and what the grant
/// allows beside it.
pub(super) fn hold(
    limits: &UploadLimits,
    default: Option<&ServerSideEncryption>,
    given: &mut Option<ServerSideEncryption>,
) -> Vec<MemberError> {
    match (&limits.server_side_encryption, given.as_ref()) {
        (Some(demanded), _) => sign_in(demanded, given),
        (None, Some(asked)) if allows(limits, asked) => Vec::new(),
        (None, asked) => match default {
            Some(default) => sign_in(default, given),
            None => asked.and_then(|asked| refusal(limits, asked)).into_iter().collect(),
        },
    }
}

/// Of a part, which S3 has to be told the client's own key of again, and no other.
pub(super) fn hold_part(limits: &UploadLimits, given: &mut Option<ServerSideEncryption>) -> Vec<MemberError> {
    match (&limits.server_side_encryption, given.as_ref()) {
        (Some(demanded @ ServerSideEncryption::Customer(_)), _) => sign_in(demanded, given),
        (Some(demanded), Some(_)) => {
            vec![at("algorithm", format!("leave it out: {} is signed in", demanded.algorithm()))]
        }
        (None, Some(asked)) if !allows(limits, asked) => refusal(limits, asked).into_iter().collect(),
        (Some(_) | None, _) => Vec::new(),
    }
}

/// Whether the grant takes it, whatever the bucket does by default.
fn allows(limits: &UploadLimits, asked: &ServerSideEncryption) -> bool {
    match asked {
        ServerSideEncryption::S3 => false,
        ServerSideEncryption::Kms(kms) => limits.kms_keys.iter().any(|known| is_key(known, kms.key_id.as_ref())),
        ServerSideEncryption::Customer(_) => limits.sse_c,
    }
}

fn is_key(known: &KmsKey, asked: Option<&KmsKeyId>) -> bool {
    match known {
        KmsKey::AwsManaged => asked.is_none(),
        KmsKey::Named(id) => asked == Some(id),
    }
}

/// Without a default only SSE-S3 is free.
fn refusal(limits: &UploadLimits, asked: &ServerSideEncryption) -> Option<MemberError> {
    match asked {
        ServerSideEncryption::S3 => None,
        ServerSideEncryption::Kms(_) if limits.kms_keys.is_empty() => {
            Some(at("algorithm", "this grant takes no KMS keys of the caller's"))
        }
        ServerSideEncryption::Kms(kms) => Some(match kms.key_id {
            Some(_) => at("kms_key_id", "this grant does not take this KMS key"),
            None => at("kms_key_id", "name a KMS key that this grant takes"),
        }),
        ServerSideEncryption::Customer(_) => Some(at("algorithm", "this grant takes no keys of the client's own")),
    }
}

/// Signs in what is demanded; what the caller names of it must be equal, and other members are refused.
fn sign_in(demanded: &ServerSideEncryption, given: &mut Option<ServerSideEncryption>) -> Vec<MemberError> {
    let unequal = given.as_ref().map(|asked| unequal(demanded, asked)).unwrap_or_default();
    // No grant can say the client's own key, so the caller's stays.
    if unequal.is_empty() && given.as_ref().is_none_or(|asked| asked.customer_key().is_none()) {
        *given = Some(demanded.clone());
    }
    unequal
}

fn unequal(demanded: &ServerSideEncryption, asked: &ServerSideEncryption) -> Vec<MemberError> {
    if demanded.algorithm() != asked.algorithm() {
        return vec![at("algorithm", format!("leave it out, or give {}", demanded.algorithm()))];
    }
    let (ServerSideEncryption::Kms(demanded), ServerSideEncryption::Kms(asked)) = (demanded, asked) else {
        return Vec::new();
    };
    let Kms { layers: _, key_id, context, bucket_key } = asked;
    let members = [
        ("kms_key_id", key_id.is_some() && *key_id != demanded.key_id),
        ("context", context.is_some() && *context != demanded.context),
        ("bucket_key", bucket_key.is_some() && *bucket_key != demanded.bucket_key),
    ];
    let other = members.into_iter().filter(|(_, is_other)| *is_other);
    other.map(|(member, _)| at(member, "leave it out: what is signed in is not this")).collect()
}

fn at(member: &str, detail: impl Into<String>) -> MemberError {
    MemberError::at(format!("/server_side_encryption/{member}"), detail)
}
