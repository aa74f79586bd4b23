//! S3's operations on the objects; any other answers `NotImplemented`, as S3 has it.

use std::io;
use std::sync::Arc;

use s3s::S3;
use s3s::S3Error;
use s3s::S3ErrorCode;
use s3s::S3Request;
use s3s::S3Response;
use s3s::S3Result;
use s3s::dto;
use s3s::s3_error;

use super::listing;
use super::objects::Objects;
use super::objects::StoreError;
use super::reading;
use super::reading::Conditions;
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
        self.objects.ensure_bucket(&request.input.bucket).map_err(StoreError::from)?;
        Ok(S3Response::new(dto::CreateBucketOutput { location: Some(location) }))
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
        Ok(S3Response::new(reading::listed(&input, page, limit)))
    }

    async fn get_object(&self, request: S3Request<dto::GetObjectInput>) -> S3Result<S3Response<dto::GetObjectOutput>> {
        let input = request.input;
        only_whole_current(input.version_id.is_some(), input.part_number.is_some())?;
        let (object, file) = self.objects.read(&input.bucket, &input.key).await?;
        Conditions::of_get(&input).hold(&object)?;
        reading::got(&input, &object, file).await.map(S3Response::new)
    }

    async fn head_object(
        &self,
        request: S3Request<dto::HeadObjectInput>,
    ) -> S3Result<S3Response<dto::HeadObjectOutput>> {
        let input = request.input;
        only_whole_current(input.version_id.is_some(), input.part_number.is_some())?;
        let object = self.objects.find(&input.bucket, &input.key)?;
        Conditions::of_head(&input).hold(&object)?;
        reading::headed(input, &object).map(S3Response::new)
    }

    async fn get_object_tagging(
        &self,
        request: S3Request<dto::GetObjectTaggingInput>,
    ) -> S3Result<S3Response<dto::GetObjectTaggingOutput>> {
        only_whole_current(request.input.version_id.is_some(), false)?;
        let object = self.objects.find(&request.input.bucket, &request.input.key)?;
        let tag = |(key, value): &(String, String)| dto::Tag { key: Some(key.clone()), value: Some(value.clone()) };
        let tag_set = object.description.tags.iter().map(tag).collect();
        Ok(S3Response::new(dto::GetObjectTaggingOutput { tag_set, version_id: None }))
    }

    async fn put_object(&self, request: S3Request<dto::PutObjectInput>) -> S3Result<S3Response<dto::PutObjectOutput>> {
        writing::put(&self.objects, request, self.clock.now().into()).await.map(S3Response::new)
    }

    async fn delete_object(
        &self,
        request: S3Request<dto::DeleteObjectInput>,
    ) -> S3Result<S3Response<dto::DeleteObjectOutput>> {
        let input = request.input;
        only_whole_current(input.version_id.is_some(), false)?;
        let unconditional =
            input.if_match.is_none() && input.if_match_last_modified_time.is_none() && input.if_match_size.is_none();
        if !unconditional {
            return Err(s3_error!(NotImplemented, "This store deletes without conditions only"));
        }
        let objects = Arc::clone(&self.objects);
        blocking(move || objects.remove(&input.bucket, &input.key)).await?;
        Ok(S3Response::new(dto::DeleteObjectOutput::default()))
    }
}

/// S3's own limit.
const MAX_KEYS: i32 = 1000;

fn only_whole_current(version: bool, part: bool) -> S3Result<()> {
    match (version, part) {
        (false, false) => Ok(()),
        (true, _) => Err(s3_error!(NotImplemented, "This store keeps no versions")),
        (false, true) => Err(s3_error!(NotImplemented, "This store keeps no parts")),
    }
}

/// Does what waits for the disk where it may wait.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| StoreError::Io(io::Error::other(error)))?
}

impl From<StoreError> for S3Error {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::NoSuchBucket => S3ErrorCode::NoSuchBucket,
            StoreError::NoSuchKey => S3ErrorCode::NoSuchKey,
            StoreError::PreconditionFailed => S3ErrorCode::PreconditionFailed,
            StoreError::Io(_) => S3ErrorCode::InternalError,
        };
        let message = match &error {
            StoreError::NoSuchBucket => "The specified bucket does not exist".to_owned(),
            StoreError::NoSuchKey => "The specified key does not exist.".to_owned(),
            StoreError::PreconditionFailed => {
                "At least one of the pre-conditions you specified did not hold".to_owned()
            }
            // The disk is the developer's own, and nobody else reads this.
            StoreError::Io(error) => format!("The store's folder: {error}"),
        };
        Self::with_message(code, message)
    }
}
