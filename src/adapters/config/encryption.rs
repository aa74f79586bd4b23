//! `default_encryption` and `server_side_encryption`: how S3 shall encrypt.

use crate::adapters::config::diagnostic::Fault;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::diagnostic::told;
use crate::adapters::config::reader::Section;
use crate::adapters::config::reader::flag;
use crate::adapters::config::reader::meant;
use crate::adapters::config::reader::text;
use crate::adapters::config::tree::Node;
use crate::domain::encryption;
use crate::domain::encryption::InvalidEncryption;
use crate::domain::encryption::InvalidKmsKeyId;
use crate::domain::encryption::KmsContext;
use crate::domain::encryption::KmsKeyId;
use crate::domain::encryption::Members;
use crate::domain::encryption::ServerSideEncryption;
use crate::domain::grant::KmsKey;

/// What a grant demands; `None` too where it is wrong.
pub(super) fn demanded(section: &mut Section<'_>) -> Option<ServerSideEncryption> {
    read(section.section("server_side_encryption", "server_side_encryption")?, &encryption::ALGORITHMS)
}

/// A bucket's default, which S3 knows of its own keys and of KMS's only.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html>
pub(super) fn default(section: &mut Section<'_>) -> Option<ServerSideEncryption> {
    let own: Vec<_> = encryption::ALGORITHMS.into_iter().filter(|known| *known != encryption::CUSTOMER).collect();
    read(section.section("default_encryption", "default_encryption")?, &own)
}

fn read(mut section: Section<'_>, algorithms: &[&str]) -> Option<ServerSideEncryption> {
    let report = section.report();
    let algorithm = section.read_required("algorithm", "\"AES256\" or \"aws:kms\"", |node| {
        let written = text(node)?;
        match algorithms.contains(&written) {
            true => Ok(written),
            false => {
                let wrong = format!("no such encryption here: {written:?}");
                Err(fault(wrong, meant(written, algorithms.iter().copied())))
            }
        }
    });
    let kms_key_id = section.read("kms_key_id", |node| kms_key_id(text(node)?));
    let context = context(&mut section);
    let bucket_key = section.read("bucket_key", flag);
    let members = Members { algorithm: algorithm?, kms_key_id, context, bucket_key, key: None };
    let read = ServerSideEncryption::of(members).map_err(|error| {
        let at = section.take(error.member()).map_or(section.at(), |node| &node.at);
        report.error(at, stranger(error));
    });
    section.close();
    read.ok()
}

fn stranger(error: InvalidEncryption) -> Fault {
    match error {
        InvalidEncryption::Algorithm => told(error, "correct it"),
        InvalidEncryption::Stranger { algorithm, member } => fault(format!("{algorithm} has no {member}"), "remove it"),
    }
}

fn kms_key_id(written: &str) -> Result<KmsKeyId, Fault> {
    KmsKeyId::parse(written).map_err(|error| match error {
        InvalidKmsKeyId::AwsManaged => fault("aws/s3 is what S3 uses without a key id", "remove it"),
        InvalidKmsKeyId::Arn | InvalidKmsKeyId::Form => told(error, "write the key's id, ARN or alias"),
    })
}

fn context(section: &mut Section<'_>) -> Option<KmsContext> {
    let at = section.take("context").map(|node| &node.at)?;
    let table = section.section("context", "context")?;
    let report = table.report();
    let read = table
        .entries()
        .iter()
        .map(|entry| report.accept(&entry.node.at, text(&entry.node)).map(|value| (entry.key.as_str(), value)));
    // Every entry is read before the first wrong one ends it.
    let pairs = read.collect::<Vec<_>>().into_iter().collect::<Option<Vec<_>>>()?;
    report.accept(at, KmsContext::of(pairs).map_err(|error| told(error, "correct it")))
}

/// An entry of `kms_key_ids`.
pub(super) fn kms_key(node: &Node) -> Result<KmsKey, Fault> {
    match text(node)? {
        encryption::AWS_MANAGED => Ok(KmsKey::AwsManaged),
        written => kms_key_id(written).map(KmsKey::Named),
    }
}
