//! Which keys of KMS encrypt what is uploaded.

use std::collections::BTreeSet;

use crate::domain::aws_policy::on_same_bucket;
use crate::domain::encryption::ServerSideEncryption;
use crate::domain::grant::Grant;
use crate::domain::grant::KmsKey;
use crate::domain::policy::Bucket;
use crate::domain::policy::Policy;

/// The ids of those that uploads by this grant may be encrypted with; the key `aws/s3` has none.
pub(super) fn of_grant<'a>(grant: &'a Grant, bucket: &'a Bucket) -> BTreeSet<&'a str> {
    let limits = &grant.upload;
    let signed_in = limits.server_side_encryption.as_ref();
    let chosen = limits.kms_keys.iter().filter(|_| signed_in.is_none()).filter_map(|key| match key {
        KmsKey::AwsManaged => None,
        KmsKey::Named(id) => Some(id.as_str()),
    });
    chosen.chain(signed_in.or(bucket.default_encryption.as_ref()).and_then(named)).collect()
}

/// The ids of those that the objects of a bucket may be encrypted with, whichever alias they came by.
pub(super) fn of_bucket<'a>(policy: &'a Policy, bucket: &'a Bucket) -> BTreeSet<&'a str> {
    let writing = on_same_bucket(policy, bucket).filter(|(grant, _)| grant.writes());
    let default = bucket.default_encryption.as_ref().and_then(named);
    writing.flat_map(|(grant, bucket)| of_grant(grant, bucket)).chain(default).collect()
}

fn named(encryption: &ServerSideEncryption) -> Option<&str> {
    match encryption {
        ServerSideEncryption::Kms(kms) => kms.key_id.as_ref().map(|id| id.as_str()),
        ServerSideEncryption::S3 | ServerSideEncryption::Customer(_) => None,
    }
}

/// Whether a policy can name the key: an alias or a bare id does not say in which account it is.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/cmks-in-iam-policies.html>
pub(super) fn is_arn(id: &str) -> bool {
    id.starts_with("arn:") && id.contains(":key/")
}
