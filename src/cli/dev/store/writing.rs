//! PutObject, and what every upload has in common: it becomes an object whole, or leaves no trace.

use std::sync::Arc;

use http_body_util::BodyExt;
use s3s::Body;
use s3s::S3Request;
use s3s::S3Result;
use s3s::TrailingHeaders;
use s3s::dto;
use s3s::dto::ETag;
use s3s::dto::ETagCondition;
use s3s::dto::Timestamp;
use s3s::s3_error;

use super::bucket::Bucket;
use super::description;
use super::encryption::CustomerKey;
use super::encryption::key_of_put;
use super::failure::StoreError;
use super::files::Incoming;
use super::files::blocking;
use super::integrity::Declared;
use super::integrity::Digest;
use super::integrity::Sums;
use super::object::Description;
use super::object::Object;
use super::object::Place;
use super::objects::Objects;
use super::reading;
use crate::cli::dev::random;

/// Stores what a request brings.
pub async fn put(
    objects: &Arc<Objects>,
    mut request: S3Request<dto::PutObjectInput>,
    now: Timestamp,
) -> S3Result<dto::PutObjectOutput> {
    let order = Order::of(objects, &mut request.input, &now)?;
    let length = length(request.input.content_length)?;
    let mut incoming = objects.incoming().await.map_err(StoreError::Io)?;
    let body = request.input.body.take().map_or_else(Body::empty, Body::from);
    let sums = receive(body, length, &order.declared, &mut incoming).await?;
    order.declared.agrees(&sums, trailer(request.trailing_headers.as_ref()))?;
    order.keep(objects, sums, length, incoming, now).await
}

/// What an upload of a whole object asks for, found right.
pub struct Order {
    bucket: String,
    key: String,
    description: Description,
    pub declared: Declared,
    demand: Demand,
    customer: Option<CustomerKey>,
}

impl Order {
    /// Reads everything but the bytes, before they come: a client that waits for leave to send them need not.
    pub fn of(objects: &Objects, input: &mut dto::PutObjectInput, now: &Timestamp) -> S3Result<Self> {
        let declared = Declared::of(input)?;
        let customer = key_of_put(input)?;
        let demand = Demand { if_match: input.if_match.take(), if_none_match: input.if_none_match.take() };
        let hold = |bucket: &Bucket| demand.hold(bucket, &input.key).map(|()| bucket.settings);
        let settings = objects.in_bucket(&input.bucket, hold)??;
        let description = description::of(input, settings, declared.is_some(), now)?;
        Ok(Self { bucket: input.bucket.clone(), key: input.key.clone(), description, declared, demand, customer })
    }

    /// Makes an object of bytes that have come whole.
    pub async fn keep(
        self,
        objects: &Arc<Objects>,
        sums: Sums,
        size: u64,
        bytes: Incoming,
        now: Timestamp,
    ) -> S3Result<dto::PutObjectOutput> {
        let Self { bucket, key, description, demand, customer, .. } = self;
        let object = Object {
            key,
            place: Place::default(),
            data: String::new(),
            size,
            tag: random::hex(&sums.md5),
            checksum: sums.checksum,
            modified: now,
            parts: Vec::new(),
            restored_until: None,
            description,
        };
        let objects = Arc::clone(objects);
        let put = move || {
            let key = object.key.clone();
            objects.put(&bucket, object, bytes, |present| Ok(demand.hold(present, &key)?))
        };
        Ok(output(&*blocking(put).await?, customer.as_ref()))
    }
}

/// What the sender demands of the object that is there.
pub struct Demand {
    pub if_match: Option<ETagCondition>,
    pub if_none_match: Option<ETagCondition>,
}

impl Demand {
    /// Fails where that does not hold.
    pub fn hold(&self, bucket: &Bucket, key: &str) -> S3Result<()> {
        let present = bucket.current(key);
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
pub async fn receive(mut body: Body, length: u64, declared: &Declared, incoming: &mut Incoming) -> S3Result<Sums> {
    let mut digest = declared.digest();
    let mut left = length;
    while let Some(frame) = body.frame().await {
        let Ok(bytes) = frame.map_err(cut_off)?.into_data() else { continue };
        left = u64::try_from(bytes.len()).ok().and_then(|taken| left.checked_sub(taken)).ok_or_else(incomplete)?;
        take(&bytes, &mut digest, incoming).await?;
    }
    incoming.finish().await.map_err(StoreError::Io)?;
    match left {
        0 => digest.finish(),
        _ => Err(incomplete()),
    }
}

/// Takes the next bytes of an upload.
pub async fn take(bytes: &[u8], digest: &mut Digest, incoming: &mut Incoming) -> S3Result<()> {
    digest.update(bytes);
    Ok(incoming.write(bytes).await.map_err(StoreError::Io)?)
}

/// Where a trailing header's value is found, once the body has come.
pub fn trailer(trailers: Option<&TrailingHeaders>) -> impl FnOnce(&str) -> Option<String> {
    move |name| trailers?.read(|fields| Some(fields.get(name)?.to_str().ok()?.to_owned()))?
}

/// The body ends early, or s3s finds that it is not what its `x-amz-content-sha256` or chunk signatures say.
fn cut_off(error: s3s::StdError) -> s3s::S3Error {
    s3_error!(IncompleteBody, "The request body did not arrive as it was announced: {error}")
}

fn incomplete() -> s3s::S3Error {
    s3_error!(IncompleteBody, "You did not provide the number of bytes specified by the Content-Length HTTP header")
}

/// What a body that is sent whole may have.
pub fn length(announced: Option<i64>) -> S3Result<u64> {
    let length = announced.and_then(|length| u64::try_from(length).ok());
    match length.ok_or_else(|| s3_error!(MissingContentLength))? {
        length if length > MAX_BYTES => Err(too_large()),
        length => Ok(length),
    }
}

/// What is said of a body that is larger than it may be.
pub fn too_large() -> s3s::S3Error {
    s3_error!(EntityTooLarge, "Your proposed upload exceeds the maximum allowed size")
}

/// S3's largest object that comes in one part, and its largest part.
pub const MAX_BYTES: u64 = 5 * 1024 * 1024 * 1024;

fn output(object: &Object, key: Option<&CustomerKey>) -> dto::PutObjectOutput {
    let sums = reading::told(&object.checksum);
    let encryption = object.description.encryption.told(key);
    dto::PutObjectOutput {
        bucket_key_enabled: encryption.bucket_key,
        checksum_crc32: sums.checksum_crc32,
        checksum_crc32c: sums.checksum_crc32c,
        checksum_crc64nvme: sums.checksum_crc64nvme,
        checksum_sha1: sums.checksum_sha1,
        checksum_sha256: sums.checksum_sha256,
        checksum_type: sums.checksum_type,
        e_tag: Some(ETag::Strong(object.tag.clone())),
        sse_customer_algorithm: encryption.customer_algorithm,
        sse_customer_key_md5: encryption.customer_key_md5,
        ssekms_key_id: encryption.kms_key_id,
        server_side_encryption: encryption.algorithm,
        version_id: object.place.version.clone(),
        ..dto::PutObjectOutput::default()
    }
}
