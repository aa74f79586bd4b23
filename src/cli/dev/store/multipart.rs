//! Uploads in parts: begun, filled, listed and aborted.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>

use std::sync::Arc;

use s3s::Body;
use s3s::S3Request;
use s3s::S3Result;
use s3s::dto;
use s3s::dto::ETag;
use s3s::dto::Timestamp;
use s3s::s3_error;

use super::description;
use super::encryption::CustomerKey;
use super::encryption::key_of_put;
use super::failure::StoreError;
use super::files::blocking;
use super::integrity::Declared;
use super::listed;
use super::lock;
use super::objects::Objects;
use super::reading;
use super::uploads::About;
use super::uploads::Part;
use super::uploads::Upload;
use super::whole::Kind;
use super::whole::Whole;
use super::writing::length;
use super::writing::receive;
use super::writing::trailer;
use crate::cli::dev::random;

/// CreateMultipartUpload.
pub async fn begin(
    objects: &Arc<Objects>,
    input: dto::CreateMultipartUploadInput,
    now: Timestamp,
) -> S3Result<dto::CreateMultipartUploadOutput> {
    let whole = Whole::asked(input.checksum_algorithm.as_ref(), input.checksum_type.as_ref())?;
    let settings = objects.in_bucket(&input.bucket, |bucket| bucket.settings)?;
    let mut put = as_put(input);
    let customer = key_of_put(&put)?;
    let about = About {
        id: random::long_name().map_err(StoreError::Io)?,
        // Each part is held to bring a digest instead.
        description: description::of(&mut put, settings, true, &now)?,
        bucket: put.bucket,
        key: put.key,
        initiated: now,
        whole,
    };
    let encryption = about.description.encryption.told(customer.as_ref());
    let output = dto::CreateMultipartUploadOutput {
        bucket: Some(about.bucket.clone()),
        bucket_key_enabled: encryption.bucket_key,
        checksum_algorithm: whole.map(|whole| dto::ChecksumAlgorithm::from_static(whole.algorithm.name())),
        checksum_type: whole.map(|whole| dto::ChecksumType::from_static(whole.kind.name())),
        key: Some(about.key.clone()),
        sse_customer_algorithm: encryption.customer_algorithm,
        sse_customer_key_md5: encryption.customer_key_md5,
        ssekms_key_id: encryption.kms_key_id,
        server_side_encryption: encryption.algorithm,
        upload_id: Some(about.id.clone()),
        ..dto::CreateMultipartUploadOutput::default()
    };
    let objects = Arc::clone(objects);
    blocking(move || Ok(objects.uploads.begin(about)?)).await?;
    Ok(output)
}

/// What it says of the object to be, as PutObject says it.
fn as_put(input: dto::CreateMultipartUploadInput) -> dto::PutObjectInput {
    dto::PutObjectInput {
        acl: input.acl,
        bucket: input.bucket,
        bucket_key_enabled: input.bucket_key_enabled,
        cache_control: input.cache_control,
        content_disposition: input.content_disposition,
        content_encoding: input.content_encoding,
        content_language: input.content_language,
        content_type: input.content_type,
        expires: input.expires,
        grant_full_control: input.grant_full_control,
        grant_read: input.grant_read,
        grant_read_acp: input.grant_read_acp,
        grant_write_acp: input.grant_write_acp,
        key: input.key,
        metadata: input.metadata,
        object_lock_legal_hold_status: input.object_lock_legal_hold_status,
        object_lock_mode: input.object_lock_mode,
        object_lock_retain_until_date: input.object_lock_retain_until_date,
        sse_customer_algorithm: input.sse_customer_algorithm,
        sse_customer_key: input.sse_customer_key,
        sse_customer_key_md5: input.sse_customer_key_md5,
        ssekms_encryption_context: input.ssekms_encryption_context,
        ssekms_key_id: input.ssekms_key_id,
        server_side_encryption: input.server_side_encryption,
        storage_class: input.storage_class,
        tagging: input.tagging,
        website_redirect_location: input.website_redirect_location,
        ..dto::PutObjectInput::default()
    }
}

/// UploadPart.
pub async fn part(
    objects: &Arc<Objects>,
    mut request: S3Request<dto::UploadPartInput>,
    now: Timestamp,
) -> S3Result<dto::UploadPartOutput> {
    let input = &mut request.input;
    if !(1..=MAX_PARTS).contains(&input.part_number) {
        return Err(s3_error!(InvalidArgument, "Part number must be an integer between 1 and 10000, inclusive"));
    }
    let Upload { about, .. } = objects.uploads.find(&input.bucket, &input.key, &input.upload_id)?;
    let customer = CustomerKey::of(
        input.sse_customer_algorithm.as_deref(),
        input.sse_customer_key.as_deref(),
        input.sse_customer_key_md5.as_deref(),
    )?;
    about.description.encryption.open(customer.as_ref())?;
    let declared = declared(input, &about)?;
    let size = length(input.content_length)?;
    let mut incoming = objects.incoming().await.map_err(StoreError::Io)?;
    let body = input.body.take().map_or_else(Body::empty, Body::from);
    let sums = receive(body, size, &declared, &mut incoming).await?;
    declared.agrees(&sums, trailer(request.trailing_headers.as_ref()))?;

    let data = String::new();
    let number = request.input.part_number;
    let part = Part { number, data, size, md5: sums.md5, checksum: sums.checksum, modified: now };
    let sums = reading::told(&part.checksum);
    let encryption = about.description.encryption.told(customer.as_ref());
    let output = dto::UploadPartOutput {
        bucket_key_enabled: encryption.bucket_key,
        checksum_crc32: sums.checksum_crc32,
        checksum_crc32c: sums.checksum_crc32c,
        checksum_crc64nvme: sums.checksum_crc64nvme,
        checksum_sha1: sums.checksum_sha1,
        checksum_sha256: sums.checksum_sha256,
        e_tag: Some(ETag::Strong(part.tag())),
        sse_customer_algorithm: encryption.customer_algorithm,
        sse_customer_key_md5: encryption.customer_key_md5,
        ssekms_key_id: encryption.kms_key_id,
        server_side_encryption: encryption.algorithm,
        ..dto::UploadPartOutput::default()
    };
    let objects = Arc::clone(objects);
    blocking(move || objects.uploads.put_part(&about, part, incoming)).await?;
    Ok(output)
}

/// What a part declares of its bytes: what its upload asks for, and something at all where the object is to be locked.
fn declared(input: &dto::UploadPartInput, about: &About) -> S3Result<Declared> {
    let declared = Declared::of(&dto::PutObjectInput {
        checksum_algorithm: input.checksum_algorithm.clone(),
        checksum_crc32: input.checksum_crc32.clone(),
        checksum_crc32c: input.checksum_crc32c.clone(),
        checksum_crc64nvme: input.checksum_crc64nvme.clone(),
        checksum_sha1: input.checksum_sha1.clone(),
        checksum_sha256: input.checksum_sha256.clone(),
        content_md5: input.content_md5.clone(),
        ..dto::PutObjectInput::default()
    })?;
    if about.description.lock.is_some() && !declared.is_some() {
        return Err(lock::lacks_digest());
    }
    let Some(whole) = about.whole else { return Ok(declared) };
    match (declared.algorithm(), whole.kind) {
        (Some(algorithm), Kind::Composite | Kind::FullObject) if algorithm == whole.algorithm => Ok(declared),
        (None, Kind::FullObject) => Ok(declared.or(whole.algorithm)),
        (found, Kind::Composite | Kind::FullObject) => Err(s3_error!(
            InvalidRequest,
            "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
            whole.algorithm.name().to_ascii_lowercase(),
            found.map_or("null".to_owned(), |found| found.name().to_ascii_lowercase())
        )),
    }
}

/// S3's most.
const MAX_PARTS: i32 = 10_000;

/// AbortMultipartUpload.
pub async fn abort(objects: &Arc<Objects>, input: dto::AbortMultipartUploadInput) -> S3Result<()> {
    let Upload { about, .. } = objects.uploads.find(&input.bucket, &input.key, &input.upload_id)?;
    let objects = Arc::clone(objects);
    let abort = move || {
        objects.uploads.take(&about, &[])?;
        Ok(objects.uploads.remove(&about)?)
    };
    Ok(blocking(abort).await?)
}

/// ListParts.
pub fn parts(objects: &Objects, input: &dto::ListPartsInput) -> S3Result<dto::ListPartsOutput> {
    let Upload { about, parts } = objects.uploads.find(&input.bucket, &input.key, &input.upload_id)?;
    let marker = input.part_number_marker.unwrap_or(0);
    let limit = input.max_parts.unwrap_or(MAX_LISTED).min(MAX_LISTED);
    let room = usize::try_from(limit).map_err(|_| s3_error!(InvalidArgument, "max-parts must not be negative"))?;
    let after: Vec<_> = parts.into_values().filter(|part| part.number > marker).collect();
    let page: Vec<_> = after.iter().take(room).map(|part| told(part)).collect();
    let is_truncated = page.len() < after.len();
    let whole = about.whole;
    let class = about.description.storage_class.clone().unwrap_or_else(|| dto::StorageClass::STANDARD.to_owned());
    Ok(dto::ListPartsOutput {
        bucket: Some(about.bucket.clone()),
        checksum_algorithm: whole.map(|whole| dto::ChecksumAlgorithm::from_static(whole.algorithm.name())),
        checksum_type: whole.map(|whole| dto::ChecksumType::from_static(whole.kind.name())),
        is_truncated: Some(is_truncated),
        key: Some(about.key.clone()),
        max_parts: Some(limit),
        next_part_number_marker: page.last().and_then(|part| part.part_number).filter(|_| is_truncated),
        part_number_marker: Some(marker),
        parts: Some(page),
        storage_class: Some(class.into()),
        upload_id: Some(about.id.clone()),
        ..dto::ListPartsOutput::default()
    })
}

/// S3's own limit of a page.
const MAX_LISTED: i32 = 1000;

fn told(part: &Part) -> dto::Part {
    let sums = reading::told(&part.checksum);
    dto::Part {
        checksum_crc32: sums.checksum_crc32,
        checksum_crc32c: sums.checksum_crc32c,
        checksum_crc64nvme: sums.checksum_crc64nvme,
        checksum_sha1: sums.checksum_sha1,
        checksum_sha256: sums.checksum_sha256,
        e_tag: Some(ETag::Strong(part.tag())),
        last_modified: Some(part.modified.clone()),
        part_number: Some(part.number),
        size: i64::try_from(part.size).ok(),
    }
}

/// ListMultipartUploads, whole: one developer's folder needs no pages.
pub fn uploads(objects: &Objects, input: &dto::ListMultipartUploadsInput) -> S3Result<dto::ListMultipartUploadsOutput> {
    if input.delimiter.is_some() || input.key_marker.is_some() || input.max_uploads.is_some() {
        return Err(s3_error!(NotImplemented, "This store lists all uploads below a prefix at once"));
    }
    objects.in_bucket(&input.bucket, |_| ())?;
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let found = objects.uploads.of_bucket(&input.bucket).into_iter().filter(|about| about.key.starts_with(prefix));
    let shown = listed::shown(input.encoding_type.as_ref());
    let upload = |about: Arc<About>| dto::MultipartUpload {
        checksum_algorithm: about.whole.map(|whole| dto::ChecksumAlgorithm::from_static(whole.algorithm.name())),
        checksum_type: about.whole.map(|whole| dto::ChecksumType::from_static(whole.kind.name())),
        initiated: Some(about.initiated.clone()),
        key: Some(shown(&about.key)),
        upload_id: Some(about.id.clone()),
        ..dto::MultipartUpload::default()
    };
    Ok(dto::ListMultipartUploadsOutput {
        bucket: Some(input.bucket.clone()),
        encoding_type: input.encoding_type.clone(),
        is_truncated: Some(false),
        prefix: Some(shown(prefix)),
        uploads: Some(found.map(upload).collect()),
        ..dto::ListMultipartUploadsOutput::default()
    })
}
