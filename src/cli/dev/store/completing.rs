//! CompleteMultipartUpload: the parts that are named become an object, or nothing changes.
//!
//! The bytes are copied together before anything is decided for good; of two that complete one upload at the same
//! time, one does.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto;
use s3s::dto::Timestamp;
use s3s::s3_error;
use tokio::io::AsyncReadExt;

use super::bucket::Bucket;
use super::encryption::CustomerKey;
use super::failure::StoreError;
use super::files::Incoming;
use super::files::blocking;
use super::integrity::Algorithm;
use super::integrity::Checksum;
use super::integrity::Digest;
use super::object::Object;
use super::object::Place;
use super::objects::Objects;
use super::reading;
use super::uploads::About;
use super::uploads::Part;
use super::uploads::Upload;
use super::whole;
use super::whole::Kind;
use super::whole::Whole;
use super::writing;
use super::writing::Demand;

/// Completes an upload.
pub async fn complete(
    objects: &Arc<Objects>,
    mut input: dto::CompleteMultipartUploadInput,
    now: Timestamp,
) -> S3Result<dto::CompleteMultipartUploadOutput> {
    let Upload { about, parts: present } = objects.uploads.find(&input.bucket, &input.key, &input.upload_id)?;
    let demand = Demand { if_match: input.if_match.take(), if_none_match: input.if_none_match.take() };
    objects.in_bucket(&input.bucket, |bucket| demand.hold(bucket, &input.key))??;
    let customer = CustomerKey::of(
        input.sse_customer_algorithm.as_deref(),
        input.sse_customer_key.as_deref(),
        input.sse_customer_key_md5.as_deref(),
    )?;
    customer.as_ref().map_or(Ok(()), |key| about.description.encryption.open(Some(key)))?;
    let named = input.multipart_upload.take().and_then(|named| named.parts).unwrap_or_default();
    let parts = named_parts(&named, &about, |number| present.get(&number).cloned())?;
    check_size(&parts, input.mpu_object_size)?;

    let (bytes, sum) = joined(objects, &about, &parts).await?;
    let checksum = match about.whole.unwrap_or(Whole::UNASKED) {
        Whole { kind: Kind::FullObject, .. } => sum,
        asked @ Whole { kind: Kind::Composite, .. } => asked.composite(&parts)?,
    };
    check_checksum(&input, &checksum)?;
    let object = Object {
        key: about.key.clone(),
        place: Place::default(),
        data: String::new(),
        size: parts.iter().map(|part| part.size).sum(),
        tag: whole::tag(&parts),
        checksum,
        modified: now,
        parts: parts.iter().map(|part| part.size).collect(),
        restored_until: None,
        description: about.description.clone(),
    };
    let objects = Arc::clone(objects);
    let object = blocking(move || keep(&objects, &about, &parts, object, bytes, &demand)).await?;
    Ok(output(&input, &object))
}

/// Puts the object in its place and ends its upload.
fn keep(
    objects: &Objects,
    about: &About,
    parts: &[Arc<Part>],
    object: Object,
    bytes: Incoming,
    demand: &Demand,
) -> Result<Arc<Object>, StoreError> {
    let mut taken = None;
    let judge = |bucket: &Bucket| {
        demand.hold(bucket, &about.key)?;
        taken = Some(objects.uploads.take(about, parts)?);
        Ok(())
    };
    let kept = objects.put(&about.bucket, object, bytes, judge);
    match (&kept, taken) {
        // The object is there all the same; what is left over can be aborted after the next start.
        (Ok(_), _) => _ = objects.uploads.remove(about),
        (Err(_), Some(upload)) => objects.uploads.give_back(upload),
        (Err(_), None) => (),
    }
    kept
}

/// The parts that a request names, found right.
fn named_parts(
    named: &[dto::CompletedPart],
    about: &About,
    present: impl Fn(i32) -> Option<Arc<Part>>,
) -> S3Result<Vec<Arc<Part>>> {
    if named.is_empty() {
        return Err(s3_error!(MalformedXML, "You must specify at least one part"));
    }
    let mut parts: Vec<Arc<Part>> = Vec::new();
    for name in named {
        let number = name.part_number.ok_or_else(|| s3_error!(MalformedXML, "A part has no PartNumber"))?;
        if parts.last().is_some_and(|last| last.number >= number) {
            return Err(s3_error!(
                InvalidPartOrder,
                "The list of parts was not in ascending order. Parts must be ordered by part number."
            ));
        }
        let part = present(number).filter(|part| name.e_tag.as_ref().is_some_and(|tag| tag.value() == part.tag()));
        let part = part.ok_or_else(|| {
            s3_error!(
                InvalidPart,
                "One or more of the specified parts could not be found. The part may not have been uploaded, or the \
                 specified entity tag may not match the part's entity tag."
            )
        })?;
        check_part(name, &part, about)?;
        parts.push(part);
    }
    match parts.split_last() {
        Some((_, before)) if before.iter().any(|part| part.size < MIN_BYTES) => {
            Err(s3_error!(EntityTooSmall, "Your proposed upload is smaller than the minimum allowed size"))
        }
        _ => Ok(parts),
    }
}

/// S3's smallest part, but for the last.
const MIN_BYTES: u64 = 5 * 1024 * 1024;

/// A part's checksum is named again where the whole's is made of the parts'.
fn check_part(name: &dto::CompletedPart, part: &Part, about: &About) -> S3Result<()> {
    let given = match part.checksum.algorithm {
        Algorithm::Crc32 => &name.checksum_crc32,
        Algorithm::Crc32c => &name.checksum_crc32c,
        Algorithm::Crc64Nvme => &name.checksum_crc64nvme,
        Algorithm::Sha1 => &name.checksum_sha1,
        Algorithm::Sha256 => &name.checksum_sha256,
    };
    match (given, about.whole) {
        (Some(value), _) if *value != part.checksum.value => Err(s3_error!(
            InvalidPart,
            "One or more of the specified parts could not be found. The part's checksum may not match."
        )),
        (None, Some(Whole { kind: Kind::Composite, algorithm })) => Err(s3_error!(
            InvalidRequest,
            "The upload was created using a {} checksum. The complete request must include the checksum for each part. \
             It was missing for part {} in the request.",
            algorithm.name().to_ascii_lowercase(),
            part.number
        )),
        (Some(_) | None, _) => Ok(()),
    }
}

fn check_size(parts: &[Arc<Part>], expected: Option<i64>) -> S3Result<()> {
    let size: u64 = parts.iter().map(|part| part.size).sum();
    match expected {
        Some(expected) if u64::try_from(expected).ok() != Some(size) => Err(s3_error!(
            InvalidRequest,
            "The provided 'x-amz-mp-object-size' header value {expected} does not match what was computed: {size}"
        )),
        Some(_) | None => Ok(()),
    }
}

/// The parts' bytes in one file, and their checksum.
async fn joined(objects: &Objects, about: &About, parts: &[Arc<Part>]) -> S3Result<(Incoming, Checksum)> {
    let mut incoming = objects.incoming().await.map_err(StoreError::Io)?;
    let mut digest = Digest::of(about.whole.unwrap_or(Whole::UNASKED).algorithm);
    let mut buffer = vec![0; CHUNK_BYTES];
    for part in parts {
        let opened = tokio::fs::File::open(objects.uploads.path(about, part)).await;
        // Whoever aborts the upload or replaces the part meanwhile removes the file.
        let mut file = opened.map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => StoreError::PartChanged,
            _ => StoreError::Io(error),
        })?;
        loop {
            let read = file.read(&mut buffer).await.map_err(StoreError::Io)?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            writing::take(bytes, &mut digest, &mut incoming).await?;
        }
    }
    incoming.finish().await.map_err(StoreError::Io)?;
    Ok((incoming, digest.finish()?.checksum))
}

/// Bytes copied at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// Holds the object against the checksum and the type that the request states.
fn check_checksum(input: &dto::CompleteMultipartUploadInput, checksum: &Checksum) -> S3Result<()> {
    if input.checksum_type.as_ref().is_some_and(|kind| kind.as_str() != checksum.kind().name()) {
        return Err(s3_error!(
            InvalidRequest,
            "The upload was created using the {} checksum mode. The complete request must use the same checksum mode.",
            checksum.kind().name()
        ));
    }
    let stated = [
        (Algorithm::Crc32, &input.checksum_crc32),
        (Algorithm::Crc32c, &input.checksum_crc32c),
        (Algorithm::Crc64Nvme, &input.checksum_crc64nvme),
        (Algorithm::Sha1, &input.checksum_sha1),
        (Algorithm::Sha256, &input.checksum_sha256),
    ];
    for (algorithm, value) in stated {
        let Some(value) = value else { continue };
        if algorithm != checksum.algorithm {
            return Err(s3_error!(
                InvalidRequest,
                "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
                checksum.algorithm.name().to_ascii_lowercase(),
                algorithm.name().to_ascii_lowercase()
            ));
        }
        // The number of parts behind a dash may be left out.
        let bare = checksum.value.split_once('-').map_or(checksum.value.as_str(), |(bare, _)| bare);
        if *value != checksum.value && value != bare {
            return Err(s3_error!(
                BadDigest,
                "The {} you specified did not match the calculated checksum.",
                algorithm.name()
            ));
        }
    }
    Ok(())
}

fn output(input: &dto::CompleteMultipartUploadInput, object: &Object) -> dto::CompleteMultipartUploadOutput {
    let sums = reading::told(&object.checksum);
    let encryption = object.description.encryption.told(None);
    dto::CompleteMultipartUploadOutput {
        bucket: Some(input.bucket.clone()),
        bucket_key_enabled: encryption.bucket_key,
        checksum_crc32: sums.checksum_crc32,
        checksum_crc32c: sums.checksum_crc32c,
        checksum_crc64nvme: sums.checksum_crc64nvme,
        checksum_sha1: sums.checksum_sha1,
        checksum_sha256: sums.checksum_sha256,
        checksum_type: sums.checksum_type,
        e_tag: Some(reading::tag(object)),
        key: Some(object.key.clone()),
        location: Some(format!("/{}/{}", input.bucket, object.key)),
        ssekms_key_id: encryption.kms_key_id,
        server_side_encryption: encryption.algorithm,
        version_id: object.place.version.clone(),
        ..dto::CompleteMultipartUploadOutput::default()
    }
}
