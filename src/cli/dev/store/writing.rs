//! PutObject: an upload becomes an object whole, or leaves no trace.

use std::sync::Arc;

use http_body_util::BodyExt;
use s3s::Body;
use s3s::S3Request;
use s3s::S3Result;
use s3s::dto;
use s3s::dto::ETag;
use s3s::dto::ETagCondition;
use s3s::dto::Timestamp;
use s3s::s3_error;

use super::files::Incoming;
use super::integrity::Declared;
use super::integrity::Sums;
use super::object::Description;
use super::object::Object;
use super::objects::Objects;
use super::objects::StoreError;
use super::operations::blocking;
use super::reading;
use super::tagging;
use crate::cli::dev::random;

/// Stores what a request brings.
pub async fn put(
    objects: &Arc<Objects>,
    mut request: S3Request<dto::PutObjectInput>,
    now: Timestamp,
) -> S3Result<dto::PutObjectOutput> {
    let input = &mut request.input;
    refuse_unkept(input)?;
    let declared = Declared::of(input)?;
    let length = length(input)?;
    let description = description(input)?;
    let demand = Demand { if_match: input.if_match.take(), if_none_match: input.if_none_match.take() };
    // Also before the bytes come, so that a client that waits for leave to send them need not.
    demand.hold(objects.in_bucket(&input.bucket, |bucket| bucket.get(&input.key).cloned())?.as_deref())?;

    let mut incoming = objects.incoming().await.map_err(StoreError::Io)?;
    let body = input.body.take().map_or_else(Body::empty, Body::from);
    let sums = receive(body, length, &declared, &mut incoming).await?;
    declared.agrees(&sums, |name| {
        let trailers = request.trailing_headers.as_ref()?;
        trailers.read(|fields| Some(fields.get(name)?.to_str().ok()?.to_owned()))?
    })?;

    let object = Object {
        key: request.input.key,
        data: String::new(),
        size: length,
        md5: random::hex(&sums.md5),
        checksum: sums.checksum,
        modified: now,
        description,
    };
    let output = output(&object);
    let (objects, bucket) = (Arc::clone(objects), request.input.bucket);
    let matches = move |present: Option<&Object>| demand.hold(present).is_ok();
    blocking(move || objects.put(&bucket, object, incoming, matches)).await?;
    Ok(output)
}

/// What the sender demands of the object that is there.
struct Demand {
    if_match: Option<ETagCondition>,
    if_none_match: Option<ETagCondition>,
}

impl Demand {
    fn hold(&self, present: Option<&Object>) -> S3Result<()> {
        if self.if_none_match.as_ref().is_some_and(|condition| !condition.is_any()) {
            return Err(s3_error!(NotImplemented, "If-None-Match of an upload is * or nothing"));
        }
        let exists = self.if_none_match.is_some() && present.is_some();
        let other = match (&self.if_match, present) {
            (None, _) => false,
            (Some(_), None) => return Err(StoreError::NoSuchKey.into()),
            (Some(condition), Some(object)) => !reading::names(condition, object),
        };
        match exists || other {
            true => Err(StoreError::PreconditionFailed.into()),
            false => Ok(()),
        }
    }
}

/// Takes exactly `length` bytes.
async fn receive(mut body: Body, length: u64, declared: &Declared, incoming: &mut Incoming) -> S3Result<Sums> {
    let mut digest = declared.digest();
    let mut left = length;
    while let Some(frame) = body.frame().await {
        let Ok(bytes) = frame.map_err(cut_off)?.into_data() else { continue };
        left = u64::try_from(bytes.len()).ok().and_then(|taken| left.checked_sub(taken)).ok_or_else(incomplete)?;
        digest.update(&bytes);
        incoming.write(&bytes).await.map_err(StoreError::Io)?;
    }
    incoming.finish().await.map_err(StoreError::Io)?;
    match left {
        0 => digest.finish(),
        _ => Err(incomplete()),
    }
}

/// The body ends early, or s3s finds that it is not what its `x-amz-content-sha256` or chunk signatures say.
fn cut_off(error: s3s::StdError) -> s3s::S3Error {
    s3_error!(IncompleteBody, "The request body did not arrive as it was announced: {error}")
}

fn incomplete() -> s3s::S3Error {
    s3_error!(IncompleteBody, "You did not provide the number of bytes specified by the Content-Length HTTP header")
}

fn length(input: &dto::PutObjectInput) -> S3Result<u64> {
    let length = input.content_length.and_then(|length| u64::try_from(length).ok());
    match length.ok_or_else(|| s3_error!(MissingContentLength))? {
        length if length > MAX_BYTES => {
            Err(s3_error!(EntityTooLarge, "Your proposed upload exceeds the maximum allowed size"))
        }
        length => Ok(length),
    }
}

/// S3's largest object that comes in one part.
const MAX_BYTES: u64 = 5 * 1024 * 1024 * 1024;

/// What this store would have to drop silently.
fn refuse_unkept(input: &dto::PutObjectInput) -> S3Result<()> {
    let asked = [
        ("access control lists", input.acl.is_some()),
        ("access control lists", input.grant_full_control.is_some() || input.grant_read.is_some()),
        ("access control lists", input.grant_read_acp.is_some() || input.grant_write_acp.is_some()),
        ("encryption", input.server_side_encryption.is_some() || input.ssekms_key_id.is_some()),
        ("encryption", input.sse_customer_algorithm.is_some() || input.sse_customer_key.is_some()),
        ("locks", input.object_lock_mode.is_some() || input.object_lock_retain_until_date.is_some()),
        ("locks", input.object_lock_legal_hold_status.is_some()),
        ("websites", input.website_redirect_location.is_some()),
        ("appending", input.write_offset_bytes.is_some()),
    ];
    match asked.into_iter().find(|(_, asked)| *asked) {
        Some((what, _)) => Err(s3_error!(NotImplemented, "This store has no {what}")),
        None => Ok(()),
    }
}

fn description(input: &mut dto::PutObjectInput) -> S3Result<Description> {
    let metadata = input.metadata.take().unwrap_or_default();
    if metadata.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > MAX_METADATA_BYTES {
        return Err(s3_error!(MetadataTooLarge, "Your metadata headers exceed the maximum allowed metadata size"));
    }
    Ok(Description {
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

fn output(object: &Object) -> dto::PutObjectOutput {
    let sums = reading::told(&object.checksum);
    dto::PutObjectOutput {
        checksum_crc32: sums.checksum_crc32,
        checksum_crc32c: sums.checksum_crc32c,
        checksum_crc64nvme: sums.checksum_crc64nvme,
        checksum_sha1: sums.checksum_sha1,
        checksum_sha256: sums.checksum_sha256,
        checksum_type: sums.checksum_type,
        e_tag: Some(ETag::Strong(object.md5.clone())),
        ..dto::PutObjectOutput::default()
    }
}
