//! Answers about an object: whole, in part, or only its headers.

use std::io::SeekFrom;
use std::ops::Range;

use axum::http::StatusCode;
use s3s::S3Result;
use s3s::dto;
use s3s::dto::ETag;
use s3s::dto::ETagCondition;
use s3s::dto::StreamingBlob;
use s3s::dto::Timestamp;
use s3s::s3_error;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncSeekExt;
use tokio_util::io::ReaderStream;

use super::encryption::CustomerKey;
use super::integrity::Algorithm;
use super::integrity::Checksum;
use super::object::Object;
use super::restoring;

/// What a reader demands of an object: RFC 9110, 13.1.
pub struct Conditions<'a> {
    if_match: Option<&'a ETagCondition>,
    if_none_match: Option<&'a ETagCondition>,
    if_modified_since: Option<&'a Timestamp>,
    if_unmodified_since: Option<&'a Timestamp>,
}

impl<'a> Conditions<'a> {
    pub fn of_get(input: &'a dto::GetObjectInput) -> Self {
        Self {
            if_match: input.if_match.as_ref(),
            if_none_match: input.if_none_match.as_ref(),
            if_modified_since: input.if_modified_since.as_ref(),
            if_unmodified_since: input.if_unmodified_since.as_ref(),
        }
    }

    pub fn of_head(input: &'a dto::HeadObjectInput) -> Self {
        Self {
            if_match: input.if_match.as_ref(),
            if_none_match: input.if_none_match.as_ref(),
            if_modified_since: input.if_modified_since.as_ref(),
            if_unmodified_since: input.if_unmodified_since.as_ref(),
        }
    }

    /// Fails with 412 or 304; a tag, where there is one, makes the time not matter.
    pub fn hold(&self, object: &Object) -> S3Result<()> {
        let later = |than: &Timestamp| seconds(&object.modified) > seconds(than);
        let failed = match (self.if_match, self.if_unmodified_since) {
            (Some(tag), _) => !names(tag, object),
            (None, since) => since.is_some_and(later),
        };
        if failed {
            return Err(s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold"));
        }
        let unchanged = match (self.if_none_match, self.if_modified_since) {
            (Some(tag), _) => names(tag, object),
            (None, since) => since.is_some_and(|since| !later(since)),
        };
        match unchanged {
            true => Err(s3_error!(NotModified)),
            false => Ok(()),
        }
    }
}

/// Whether a condition's tag is the object's.
pub fn names(condition: &ETagCondition, object: &Object) -> bool {
    condition.as_etag().is_none_or(|tag| tag.value() == object.tag)
}

/// HTTP's dates have whole seconds.
fn seconds(time: &Timestamp) -> i64 {
    time::OffsetDateTime::from(time.clone()).unix_timestamp()
}

/// What a reader asks of an object besides its name.
pub struct Asked<'a> {
    range: Option<dto::Range>,
    part_number: Option<i32>,
    checksum_mode: Option<&'a dto::ChecksumMode>,
    customer: Option<CustomerKey>,
    now: Timestamp,
}

impl<'a> Asked<'a> {
    pub fn of_get(input: &'a dto::GetObjectInput, now: Timestamp) -> S3Result<Self> {
        Ok(Self {
            range: input.range,
            part_number: input.part_number,
            checksum_mode: input.checksum_mode.as_ref(),
            customer: CustomerKey::of(
                input.sse_customer_algorithm.as_deref(),
                input.sse_customer_key.as_deref(),
                input.sse_customer_key_md5.as_deref(),
            )?,
            now,
        })
    }

    fn of_head(input: &'a dto::HeadObjectInput, now: Timestamp) -> S3Result<Self> {
        Ok(Self {
            range: input.range,
            part_number: input.part_number,
            checksum_mode: input.checksum_mode.as_ref(),
            customer: CustomerKey::of(
                input.sse_customer_algorithm.as_deref(),
                input.sse_customer_key.as_deref(),
                input.sse_customer_key_md5.as_deref(),
            )?,
            now,
        })
    }

    /// The bytes that are asked for, if not all.
    fn span(&self, object: &Object) -> S3Result<Option<Range<u64>>> {
        match (self.range, self.part_number) {
            (None, None) => Ok(None),
            (Some(range), None) => span_of_range(range, object.size).map(Some),
            (None, Some(number)) => span_of_part(number, object).map(Some),
            (Some(_), Some(_)) => {
                Err(s3_error!(InvalidRequest, "Cannot specify both Range header and partNumber query parameter"))
            }
        }
    }
}

/// The answer to GetObject. s3s itself puts the `response-*` overrides on it.
pub async fn got(asked: &Asked<'_>, object: &Object, mut file: tokio::fs::File) -> S3Result<dto::GetObjectOutput> {
    let span = asked.span(object)?;
    let Range { start, end } = span.clone().unwrap_or(0..object.size);
    let facts = facts(asked, object, span)?;
    if restoring::is_archived(object, &asked.now) {
        return Err(s3_error!(InvalidObjectState, "The operation is not valid for the object's storage class"));
    }
    let unreadable = |error| s3_error!(InternalError, "The store's folder: {error}");
    file.seek(SeekFrom::Start(start)).await.map_err(unreadable)?;
    let bytes = ReaderStream::with_capacity(file.take(end.saturating_sub(start)), CHUNK_BYTES);
    Ok(dto::GetObjectOutput {
        accept_ranges: facts.accept_ranges,
        body: Some(StreamingBlob::wrap(bytes)),
        bucket_key_enabled: facts.bucket_key_enabled,
        cache_control: facts.cache_control,
        checksum_crc32: facts.checksum_crc32,
        checksum_crc32c: facts.checksum_crc32c,
        checksum_crc64nvme: facts.checksum_crc64nvme,
        checksum_sha1: facts.checksum_sha1,
        checksum_sha256: facts.checksum_sha256,
        checksum_type: facts.checksum_type,
        content_disposition: facts.content_disposition,
        content_encoding: facts.content_encoding,
        content_language: facts.content_language,
        content_length: facts.content_length,
        content_range: facts.content_range,
        content_type: facts.content_type,
        e_tag: facts.e_tag,
        expires: facts.expires,
        last_modified: facts.last_modified,
        metadata: facts.metadata,
        object_lock_legal_hold_status: facts.object_lock_legal_hold_status,
        object_lock_mode: facts.object_lock_mode,
        object_lock_retain_until_date: facts.object_lock_retain_until_date,
        parts_count: facts.parts_count,
        restore: facts.restore,
        sse_customer_algorithm: facts.sse_customer_algorithm,
        sse_customer_key_md5: facts.sse_customer_key_md5,
        ssekms_key_id: facts.ssekms_key_id,
        server_side_encryption: facts.server_side_encryption,
        storage_class: facts.storage_class,
        tag_count: i32::try_from(object.description.tags.len()).ok().filter(|count| *count > 0),
        version_id: facts.version_id,
        ..dto::GetObjectOutput::default()
    })
}

/// The bytes that a range names; of an empty object it names none.
fn span_of_range(range: dto::Range, size: u64) -> S3Result<Range<u64>> {
    let named = range.check(size).ok().filter(|part| !part.is_empty());
    named.ok_or_else(|| s3_error!(InvalidRange, "The requested range is not satisfiable"))
}

/// The bytes of a part; an object that came whole is its own first part.
fn span_of_part(number: i32, object: &Object) -> S3Result<Range<u64>> {
    let no_part = || {
        let code = s3s::S3ErrorCode::Custom("InvalidPartNumber".into());
        let mut error = s3s::S3Error::with_message(code, "The requested partnumber is not satisfiable");
        error.set_status_code(StatusCode::RANGE_NOT_SATISFIABLE);
        error
    };
    let before = usize::try_from(number).ok().and_then(|number| number.checked_sub(1)).ok_or_else(no_part)?;
    if object.parts.is_empty() && before == 0 {
        return Ok(0..object.size);
    }
    let size = object.parts.get(before).ok_or_else(no_part)?;
    let start: u64 = object.parts.iter().take(before).sum();
    Ok(start..start.saturating_add(*size))
}

/// Bytes read from the disk at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// The answer to HeadObject, with the `response-*` overrides on it.
pub fn headed(input: dto::HeadObjectInput, now: Timestamp, object: &Object) -> S3Result<dto::HeadObjectOutput> {
    let asked = Asked::of_head(&input, now)?;
    let facts = facts(&asked, object, asked.span(object)?)?;
    Ok(dto::HeadObjectOutput {
        cache_control: input.response_cache_control.or(facts.cache_control),
        content_disposition: input.response_content_disposition.or(facts.content_disposition),
        content_encoding: input.response_content_encoding.or(facts.content_encoding),
        content_language: input.response_content_language.or(facts.content_language),
        content_type: input.response_content_type.or(facts.content_type),
        expires: input.response_expires.or(facts.expires),
        ..facts
    })
}

/// What the headers of an answer tell of an object, or of a span of its bytes, to whoever may open it.
fn facts(asked: &Asked<'_>, object: &Object, span: Option<Range<u64>>) -> S3Result<dto::HeadObjectOutput> {
    let description = object.description.clone();
    description.encryption.open(asked.customer.as_ref())?;
    let encryption = description.encryption.told(asked.customer.as_ref());
    let lock = description.lock.told();
    // S3 tells the checksum of the whole, which says nothing about a part.
    let sums = checksums(object, asked.checksum_mode.filter(|_| span.is_none()));
    let length = span.as_ref().map_or(object.size, |span| span.end.saturating_sub(span.start));
    Ok(dto::HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        bucket_key_enabled: encryption.bucket_key,
        cache_control: description.cache_control,
        checksum_crc32: sums.checksum_crc32,
        checksum_crc32c: sums.checksum_crc32c,
        checksum_crc64nvme: sums.checksum_crc64nvme,
        checksum_sha1: sums.checksum_sha1,
        checksum_sha256: sums.checksum_sha256,
        checksum_type: sums.checksum_type,
        content_disposition: description.content_disposition,
        content_encoding: description.content_encoding,
        content_language: description.content_language,
        content_length: i64::try_from(length).ok(),
        content_range: span
            .filter(|span| !span.is_empty())
            .map(|span| format!("bytes {}-{}/{}", span.start, span.end.saturating_sub(1), object.size)),
        // What S3 says of an object whose sender said nothing.
        content_type: Some(description.content_type.unwrap_or_else(|| "binary/octet-stream".to_owned())),
        e_tag: Some(tag(object)),
        expires: description.expires,
        last_modified: Some(object.modified.clone()),
        metadata: Some(description.metadata.into_iter().collect()),
        object_lock_legal_hold_status: lock.legal_hold,
        object_lock_mode: lock.mode,
        object_lock_retain_until_date: lock.until,
        parts_count: asked.part_number.and_then(|_| i32::try_from(object.parts.len()).ok()).filter(|count| *count > 0),
        restore: object.restored_until.as_ref().map(restoring::told),
        sse_customer_algorithm: encryption.customer_algorithm,
        sse_customer_key_md5: encryption.customer_key_md5,
        ssekms_key_id: encryption.kms_key_id,
        server_side_encryption: encryption.algorithm,
        storage_class: description.storage_class.map(Into::into),
        version_id: object.place.version.clone(),
        ..dto::HeadObjectOutput::default()
    })
}

/// An object's ETag.
pub fn tag(object: &Object) -> ETag {
    ETag::Strong(object.tag.clone())
}

fn checksums(object: &Object, mode: Option<&dto::ChecksumMode>) -> dto::Checksum {
    match mode.is_some_and(|mode| mode.as_str() == dto::ChecksumMode::ENABLED) {
        true => told(&object.checksum),
        false => dto::Checksum::default(),
    }
}

/// A checksum in the member of its algorithm.
pub fn told(checksum: &Checksum) -> dto::Checksum {
    let value = Some(checksum.value.clone());
    let whole = dto::Checksum {
        checksum_type: Some(dto::ChecksumType::from_static(checksum.kind().name())),
        ..dto::Checksum::default()
    };
    match checksum.algorithm {
        Algorithm::Crc32 => dto::Checksum { checksum_crc32: value, ..whole },
        Algorithm::Crc32c => dto::Checksum { checksum_crc32c: value, ..whole },
        Algorithm::Crc64Nvme => dto::Checksum { checksum_crc64nvme: value, ..whole },
        Algorithm::Sha1 => dto::Checksum { checksum_sha1: value, ..whole },
        Algorithm::Sha256 => dto::Checksum { checksum_sha256: value, ..whole },
    }
}
