//! Answers about objects: whole, in part, only their headers, or listed.

use std::io::SeekFrom;
use std::ops::Range;
use std::sync::Arc;

use percent_encoding::AsciiSet;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;
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

use super::integrity::Algorithm;
use super::integrity::Checksum;
use super::listing::Page;
use super::object::Object;

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
    condition.as_etag().is_none_or(|tag| tag.value() == object.md5)
}

/// HTTP's dates have whole seconds.
fn seconds(time: &Timestamp) -> i64 {
    time::OffsetDateTime::from(time.clone()).unix_timestamp()
}

/// The answer to GetObject. s3s itself puts the `response-*` overrides on it.
pub async fn got(
    input: &dto::GetObjectInput,
    object: &Object,
    mut file: tokio::fs::File,
) -> S3Result<dto::GetObjectOutput> {
    if let Some(class @ ("GLACIER" | "DEEP_ARCHIVE")) = object.description.storage_class.as_deref() {
        return Err(s3_error!(InvalidObjectState, "The object is archived in {class}, and this store restores none"));
    }
    let part = input.range.map(|range| part(range, object.size)).transpose()?;
    let (start, end) = part.as_ref().map_or((0, object.size), |part| (part.start, part.end));
    let unreadable = |error| s3_error!(InternalError, "The store's folder: {error}");
    file.seek(SeekFrom::Start(start)).await.map_err(unreadable)?;
    let bytes = ReaderStream::with_capacity(file.take(end.saturating_sub(start)), CHUNK_BYTES);
    // S3 tells the checksum of the whole, which says nothing about a part.
    let sums = checksums(object, input.checksum_mode.as_ref().filter(|_| part.is_none()));
    let Object { description, .. } = object;
    Ok(dto::GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        body: Some(StreamingBlob::wrap(bytes)),
        cache_control: description.cache_control.clone(),
        checksum_crc32: sums.checksum_crc32,
        checksum_crc32c: sums.checksum_crc32c,
        checksum_crc64nvme: sums.checksum_crc64nvme,
        checksum_sha1: sums.checksum_sha1,
        checksum_sha256: sums.checksum_sha256,
        checksum_type: sums.checksum_type,
        content_disposition: description.content_disposition.clone(),
        content_encoding: description.content_encoding.clone(),
        content_language: description.content_language.clone(),
        content_length: i64::try_from(end.saturating_sub(start)).ok(),
        content_range: part.map(|part| format!("bytes {}-{}/{}", part.start, part.end.saturating_sub(1), object.size)),
        content_type: Some(content_type(object)),
        e_tag: Some(tag(object)),
        expires: description.expires.clone(),
        last_modified: Some(object.modified.clone()),
        metadata: Some(description.metadata.clone().into_iter().collect()),
        storage_class: description.storage_class.clone().map(Into::into),
        tag_count: i32::try_from(description.tags.len()).ok().filter(|count| *count > 0),
        ..dto::GetObjectOutput::default()
    })
}

/// The bytes that a range names; of an empty object it names none.
fn part(range: dto::Range, size: u64) -> S3Result<Range<u64>> {
    let named = range.check(size).ok().filter(|part| !part.is_empty());
    named.ok_or_else(|| s3_error!(InvalidRange, "The requested range is not satisfiable"))
}

/// Bytes read from the disk at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// The answer to HeadObject, with the `response-*` overrides on it.
pub fn headed(input: dto::HeadObjectInput, object: &Object) -> S3Result<dto::HeadObjectOutput> {
    if input.range.is_some() {
        return Err(s3_error!(NotImplemented, "This store gives the headers of whole objects only"));
    }
    let sums = checksums(object, input.checksum_mode.as_ref());
    let description = object.description.clone();
    Ok(dto::HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        cache_control: input.response_cache_control.or(description.cache_control),
        checksum_crc32: sums.checksum_crc32,
        checksum_crc32c: sums.checksum_crc32c,
        checksum_crc64nvme: sums.checksum_crc64nvme,
        checksum_sha1: sums.checksum_sha1,
        checksum_sha256: sums.checksum_sha256,
        checksum_type: sums.checksum_type,
        content_disposition: input.response_content_disposition.or(description.content_disposition),
        content_encoding: input.response_content_encoding.or(description.content_encoding),
        content_language: input.response_content_language.or(description.content_language),
        content_length: i64::try_from(object.size).ok(),
        content_type: Some(input.response_content_type.unwrap_or_else(|| content_type(object))),
        e_tag: Some(tag(object)),
        expires: input.response_expires.or(description.expires),
        last_modified: Some(object.modified.clone()),
        metadata: Some(description.metadata.into_iter().collect()),
        storage_class: description.storage_class.map(Into::into),
        ..dto::HeadObjectOutput::default()
    })
}

fn tag(object: &Object) -> ETag {
    ETag::Strong(object.md5.clone())
}

/// What S3 says of an object whose sender said nothing.
fn content_type(object: &Object) -> String {
    object.description.content_type.clone().unwrap_or_else(|| "binary/octet-stream".to_owned())
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
        checksum_type: Some(dto::ChecksumType::from_static(dto::ChecksumType::FULL_OBJECT)),
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

/// The answer to ListObjectsV2.
pub fn listed(input: &dto::ListObjectsV2Input, page: Page, limit: i32) -> dto::ListObjectsV2Output {
    let encoded = input.encoding_type.as_ref().is_some_and(|kind| kind.as_str() == dto::EncodingType::URL);
    let shown = |text: &str| match encoded {
        true => utf8_percent_encode(text, AS_URL).to_string(),
        false => text.to_owned(),
    };
    let common = |text: String| dto::CommonPrefix { prefix: Some(shown(&text)) };
    dto::ListObjectsV2Output {
        name: Some(input.bucket.clone()),
        prefix: Some(shown(input.prefix.as_deref().unwrap_or_default())),
        max_keys: Some(limit),
        key_count: i32::try_from(page.objects.len() + page.common_prefixes.len()).ok(),
        continuation_token: input.continuation_token.clone(),
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next.map(|next| next.token()),
        contents: Some(page.objects.iter().map(|object| entry(object, &shown)).collect()),
        common_prefixes: Some(page.common_prefixes.into_iter().map(common).collect()),
        delimiter: input.delimiter.as_deref().map(shown),
        encoding_type: input.encoding_type.clone(),
        start_after: input.start_after.as_deref().map(shown),
        ..dto::ListObjectsV2Output::default()
    }
}

/// `encoding-type=url` leaves `/` and what RFC 3986 reserves for nothing.
pub const AS_URL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

fn entry(object: &Arc<Object>, shown: &impl Fn(&str) -> String) -> dto::Object {
    let class = object.description.storage_class.clone().unwrap_or_else(|| dto::StorageClass::STANDARD.to_owned());
    dto::Object {
        e_tag: Some(tag(object)),
        key: Some(shown(&object.key)),
        last_modified: Some(object.modified.clone()),
        size: i64::try_from(object.size).ok(),
        storage_class: Some(class.into()),
        ..dto::Object::default()
    }
}
