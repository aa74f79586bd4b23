//! S3's operations on the objects; any other answers `NotImplemented`, as S3 has it.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::StatusCode;
use s3s::S3;
use s3s::S3Request;
use s3s::S3Response;
use s3s::S3Result;
use s3s::dto;
use s3s::dto::Timestamp;
use s3s::s3_error;

use super::buckets;
use super::completing;
use super::deleting;
use super::files::blocking;
use super::listed;
use super::listing;
use super::locking;
use super::multipart;
use super::object::Object;
use super::objects::Objects;
use super::reading;
use super::reading::Asked;
use super::reading::Conditions;
use super::restoring;
use super::versions;
use super::writing;
use crate::adapters::clock::Clock;

/// The store as s3s drives it.
pub struct Operations {
    pub objects: Arc<Objects>,
    pub clock: Clock,
    /// The one region that its buckets are in.
    pub region: &'static str,
}

#[async_trait::async_trait]
impl S3 for Operations {
    async fn list_buckets(&self, _: S3Request<dto::ListBucketsInput>) -> S3Result<S3Response<dto::ListBucketsOutput>> {
        let bucket = |name| dto::Bucket { name: Some(name), ..dto::Bucket::default() };
        let buckets = self.objects.bucket_names().into_iter().map(bucket).collect();
        Ok(S3Response::new(dto::ListBucketsOutput { buckets: Some(buckets), ..dto::ListBucketsOutput::default() }))
    }

    async fn create_bucket(
        &self,
        request: S3Request<dto::CreateBucketInput>,
    ) -> S3Result<S3Response<dto::CreateBucketOutput>> {
        let location = format!("/{}", request.input.bucket);
        buckets::create(&self.objects, request.input)?;
        Ok(S3Response::new(dto::CreateBucketOutput { location: Some(location) }))
    }

    async fn get_bucket_versioning(
        &self,
        request: S3Request<dto::GetBucketVersioningInput>,
    ) -> S3Result<S3Response<dto::GetBucketVersioningOutput>> {
        let settings = self.objects.in_bucket(&request.input.bucket, |bucket| bucket.settings)?;
        Ok(S3Response::new(buckets::versioning(settings)))
    }

    async fn put_bucket_versioning(
        &self,
        request: S3Request<dto::PutBucketVersioningInput>,
    ) -> S3Result<S3Response<dto::PutBucketVersioningOutput>> {
        let objects = Arc::clone(&self.objects);
        blocking(move || buckets::set_versioning(&objects, &request.input)).await?;
        Ok(S3Response::new(dto::PutBucketVersioningOutput::default()))
    }

    async fn get_object_lock_configuration(
        &self,
        request: S3Request<dto::GetObjectLockConfigurationInput>,
    ) -> S3Result<S3Response<dto::GetObjectLockConfigurationOutput>> {
        let settings = self.objects.in_bucket(&request.input.bucket, |bucket| bucket.settings)?;
        buckets::lock_configuration(settings).map(S3Response::new)
    }

    async fn head_bucket(
        &self,
        request: S3Request<dto::HeadBucketInput>,
    ) -> S3Result<S3Response<dto::HeadBucketOutput>> {
        self.objects.in_bucket(&request.input.bucket, |_| ())?;
        let region = Some(self.region.to_owned());
        Ok(S3Response::new(dto::HeadBucketOutput { bucket_region: region, ..dto::HeadBucketOutput::default() }))
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<dto::GetBucketLocationInput>,
    ) -> S3Result<S3Response<dto::GetBucketLocationOutput>> {
        self.objects.in_bucket(&request.input.bucket, |_| ())?;
        Ok(S3Response::new(dto::GetBucketLocationOutput::default()))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<dto::ListObjectsV2Input>,
    ) -> S3Result<S3Response<dto::ListObjectsV2Output>> {
        let input = request.input;
        let after = match (&input.continuation_token, &input.start_after) {
            (Some(token), _) => Some(
                listing::After::from_token(token)
                    .ok_or_else(|| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))?,
            ),
            (None, Some(key)) => Some(listing::After::Key(key.clone())),
            (None, None) => None,
        };
        let limit = input.max_keys.unwrap_or(MAX_KEYS).min(MAX_KEYS);
        let query = listing::Query {
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref(),
            after,
            limit: usize::try_from(limit).map_err(|_| s3_error!(InvalidArgument, "max-keys must not be negative"))?,
        };
        let page = self.objects.in_bucket(&input.bucket, |bucket| listing::page(bucket, &query))?;
        Ok(S3Response::new(listed::listed(&input, page, limit)))
    }

    async fn list_object_versions(
        &self,
        request: S3Request<dto::ListObjectVersionsInput>,
    ) -> S3Result<S3Response<dto::ListObjectVersionsOutput>> {
        let input = request.input;
        self.objects.in_bucket(&input.bucket, |bucket| versions::listed(&input, bucket))?.map(S3Response::new)
    }

    async fn get_object(&self, request: S3Request<dto::GetObjectInput>) -> S3Result<S3Response<dto::GetObjectOutput>> {
        let mut input = request.input;
        let version = versions::named(input.version_id.take())?;
        refuse_encryption(&request.headers)?;
        let asked = Asked::of_get(&input, self.now())?;
        let (object, file) = self.objects.read(&input.bucket, &input.key, version.as_deref()).await?;
        Conditions::of_get(&input).hold(&object)?;
        reading::got(&asked, &object, file).await.map(S3Response::new)
    }

    async fn head_object(
        &self,
        request: S3Request<dto::HeadObjectInput>,
    ) -> S3Result<S3Response<dto::HeadObjectOutput>> {
        let mut input = request.input;
        let version = versions::named(input.version_id.take())?;
        refuse_encryption(&request.headers)?;
        let object = self.objects.find(&input.bucket, &input.key, version.as_deref())?;
        Conditions::of_head(&input).hold(&object)?;
        let output = reading::headed(input, self.now(), &object)?;
        let status = if output.content_range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
        Ok(answered(output, status))
    }

    async fn get_object_tagging(
        &self,
        request: S3Request<dto::GetObjectTaggingInput>,
    ) -> S3Result<S3Response<dto::GetObjectTaggingOutput>> {
        let version = versions::named(request.input.version_id)?;
        let object = self.objects.find(&request.input.bucket, &request.input.key, version.as_deref())?;
        let tag = |(key, value): &(String, String)| dto::Tag { key: Some(key.clone()), value: Some(value.clone()) };
        let tag_set = object.description.tags.iter().map(tag).collect();
        Ok(S3Response::new(dto::GetObjectTaggingOutput { tag_set, version_id: object.place.version.clone() }))
    }

    async fn put_object(&self, request: S3Request<dto::PutObjectInput>) -> S3Result<S3Response<dto::PutObjectOutput>> {
        writing::put(&self.objects, request, self.now()).await.map(S3Response::new)
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<dto::CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<dto::CreateMultipartUploadOutput>> {
        multipart::begin(&self.objects, request.input, self.now()).await.map(S3Response::new)
    }

    async fn upload_part(
        &self,
        request: S3Request<dto::UploadPartInput>,
    ) -> S3Result<S3Response<dto::UploadPartOutput>> {
        multipart::part(&self.objects, request, self.now()).await.map(S3Response::new)
    }

    async fn list_parts(&self, request: S3Request<dto::ListPartsInput>) -> S3Result<S3Response<dto::ListPartsOutput>> {
        multipart::parts(&self.objects, &request.input).map(S3Response::new)
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<dto::ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<dto::ListMultipartUploadsOutput>> {
        multipart::uploads(&self.objects, &request.input).map(S3Response::new)
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<dto::CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<dto::CompleteMultipartUploadOutput>> {
        completing::complete(&self.objects, request.input, self.now()).await.map(S3Response::new)
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<dto::AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<dto::AbortMultipartUploadOutput>> {
        multipart::abort(&self.objects, request.input).await?;
        Ok(S3Response::new(dto::AbortMultipartUploadOutput::default()))
    }

    async fn delete_object(
        &self,
        request: S3Request<dto::DeleteObjectInput>,
    ) -> S3Result<S3Response<dto::DeleteObjectOutput>> {
        deleting::delete(&self.objects, request.input, self.now()).await.map(S3Response::new)
    }

    async fn restore_object(
        &self,
        request: S3Request<dto::RestoreObjectInput>,
    ) -> S3Result<S3Response<dto::RestoreObjectOutput>> {
        let (mut input, now) = (request.input, self.now());
        let version = versions::named(input.version_id.take())?;
        let status = self.change(input.bucket, input.key, version, move |object| {
            restoring::restore(object, input.restore_request.take(), &now)
        });
        Ok(answered(dto::RestoreObjectOutput::default(), status.await?))
    }

    async fn get_object_retention(
        &self,
        request: S3Request<dto::GetObjectRetentionInput>,
    ) -> S3Result<S3Response<dto::GetObjectRetentionOutput>> {
        let input = request.input;
        let version = versions::named(input.version_id)?;
        locking::demand_lockable(&self.objects, &input.bucket)?;
        let object = self.objects.find(&input.bucket, &input.key, version.as_deref())?;
        locking::retention_of(&object).map(S3Response::new)
    }

    async fn put_object_retention(
        &self,
        request: S3Request<dto::PutObjectRetentionInput>,
    ) -> S3Result<S3Response<dto::PutObjectRetentionOutput>> {
        let (input, now) = (request.input, self.now());
        let version = versions::named(input.version_id)?;
        locking::demand_lockable(&self.objects, &input.bucket)?;
        let bypass = input.bypass_governance_retention == Some(true);
        let change = move |object: &mut Object| locking::set_retention(object, input.retention, bypass, &now);
        self.change(input.bucket, input.key, version, change).await?;
        Ok(S3Response::new(dto::PutObjectRetentionOutput::default()))
    }

    async fn get_object_legal_hold(
        &self,
        request: S3Request<dto::GetObjectLegalHoldInput>,
    ) -> S3Result<S3Response<dto::GetObjectLegalHoldOutput>> {
        let input = request.input;
        let version = versions::named(input.version_id)?;
        locking::demand_lockable(&self.objects, &input.bucket)?;
        let object = self.objects.find(&input.bucket, &input.key, version.as_deref())?;
        Ok(S3Response::new(locking::legal_hold_of(&object)))
    }

    async fn put_object_legal_hold(
        &self,
        request: S3Request<dto::PutObjectLegalHoldInput>,
    ) -> S3Result<S3Response<dto::PutObjectLegalHoldOutput>> {
        let input = request.input;
        let version = versions::named(input.version_id)?;
        locking::demand_lockable(&self.objects, &input.bucket)?;
        let change = move |object: &mut Object| locking::set_legal_hold(object, input.legal_hold);
        self.change(input.bucket, input.key, version, change).await?;
        Ok(S3Response::new(dto::PutObjectLegalHoldOutput::default()))
    }
}

/// The status of an answer, where it is not the one that s3s gives it: s3s takes no other.
#[derive(Debug, Clone, Copy)]
pub struct Status(pub StatusCode);

fn answered<T>(output: T, status: StatusCode) -> S3Response<T> {
    let mut response = S3Response::new(output);
    response.extensions.insert(Status(status));
    response
}

impl Operations {
    fn now(&self) -> Timestamp {
        self.clock.now().into()
    }

    /// Changes what is known of an object.
    async fn change<T: Send + 'static>(
        &self,
        bucket: String,
        key: String,
        version: Option<String>,
        change: impl FnOnce(&mut Object) -> S3Result<T> + Send + 'static,
    ) -> S3Result<T> {
        let objects = Arc::clone(&self.objects);
        let change = move || objects.change(&bucket, &key, version.as_deref(), |object| Ok(change(object)?));
        Ok(blocking(change).await?)
    }
}

/// S3 refuses a reader who asks for an encryption: the object has had its own since it was uploaded.
fn refuse_encryption(headers: &HeaderMap) -> S3Result<()> {
    match headers.contains_key("x-amz-server-side-encryption") {
        true => {
            Err(s3_error!(InvalidArgument, "x-amz-server-side-encryption header is not supported for this operation."))
        }
        false => Ok(()),
    }
}

/// S3's own limit.
const MAX_KEYS: i32 = 1000;
