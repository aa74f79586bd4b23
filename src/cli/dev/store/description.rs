//! What an upload says of its object, checked as S3 checks it; what this store would drop silently is refused.

use s3s::S3Result;
use s3s::dto;
use s3s::dto::Timestamp;
use s3s::s3_error;

use super::bucket::Settings;
use super::encryption::Encryption;
use super::lock::Lock;
use super::object::Description;
use super::tagging;

/// Reads it from a request for a bucket of these settings. `has_digest`: it declares an MD5 or a checksum.
pub fn of(
    input: &mut dto::PutObjectInput,
    settings: Settings,
    has_digest: bool,
    now: &Timestamp,
) -> S3Result<Description> {
    refuse_unkept(input)?;
    let metadata = input.metadata.take().unwrap_or_default();
    if metadata.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > MAX_METADATA_BYTES {
        return Err(s3_error!(MetadataTooLarge, "Your metadata headers exceed the maximum allowed metadata size"));
    }
    Ok(Description {
        encryption: Encryption::asked(input)?,
        lock: Lock::asked(input, settings, has_digest, now)?,
        cache_control: input.cache_control.take(),
        content_disposition: input.content_disposition.take(),
        content_encoding: input.content_encoding.take(),
        content_language: input.content_language.take(),
        content_type: input.content_type.take(),
        expires: input.expires.take(),
        metadata: metadata.into_iter().collect(),
        storage_class: storage_class(input)?,
        tags: input.tagging.as_deref().map_or(Ok(Vec::new()), tagging::parse)?,
    })
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html>
const MAX_METADATA_BYTES: usize = 2048;

fn refuse_unkept(input: &dto::PutObjectInput) -> S3Result<()> {
    let asked = [
        ("access control lists", input.acl.is_some()),
        ("access control lists", input.grant_full_control.is_some() || input.grant_read.is_some()),
        ("access control lists", input.grant_read_acp.is_some() || input.grant_write_acp.is_some()),
        ("websites", input.website_redirect_location.is_some()),
        ("appending", input.write_offset_bytes.is_some()),
    ];
    match asked.into_iter().find(|(_, asked)| *asked) {
        Some((what, _)) => Err(s3_error!(NotImplemented, "This store has no {what}")),
        None => Ok(()),
    }
}

fn storage_class(input: &dto::PutObjectInput) -> S3Result<Option<String>> {
    match input.storage_class.as_ref().map(dto::StorageClass::as_str) {
        None | Some(dto::StorageClass::STANDARD) => Ok(None),
        Some(class) if STORAGE_CLASSES.contains(&class) => Ok(Some(class.to_owned())),
        Some(_) => Err(s3_error!(InvalidStorageClass, "The storage class you specified is not valid")),
    }
}

/// Besides STANDARD, the classes of general purpose buckets.
const STORAGE_CLASSES: [&str; 7] = [
    dto::StorageClass::DEEP_ARCHIVE,
    dto::StorageClass::GLACIER,
    dto::StorageClass::GLACIER_IR,
    dto::StorageClass::INTELLIGENT_TIERING,
    dto::StorageClass::ONEZONE_IA,
    dto::StorageClass::REDUCED_REDUNDANCY,
    dto::StorageClass::STANDARD_IA,
];
