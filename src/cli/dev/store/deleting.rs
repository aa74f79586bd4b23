//! DeleteObject: an object, or one version of it.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto;
use s3s::dto::Timestamp;
use s3s::s3_error;

use super::files::blocking;
use super::object::Object;
use super::objects::Deleted;
use super::objects::Objects;
use super::versions;

/// Deletes. An `x-amz-mfa` is taken and not looked at: no bucket here has MFA delete.
pub async fn delete(
    objects: &Arc<Objects>,
    mut input: dto::DeleteObjectInput,
    now: Timestamp,
) -> S3Result<dto::DeleteObjectOutput> {
    let unconditional =
        input.if_match.is_none() && input.if_match_last_modified_time.is_none() && input.if_match_size.is_none();
    if !unconditional {
        return Err(s3_error!(NotImplemented, "This store deletes without conditions only"));
    }
    let version = versions::named(input.version_id.take())?;
    let bypass = input.bypass_governance_retention == Some(true);
    let objects = Arc::clone(objects);
    let delete = move || match version {
        None => objects.delete(&input.bucket, &input.key, now),
        Some(version) => {
            let permit = |object: &Object| Ok(object.description.lock.permit_delete(&now, bypass)?);
            objects.delete_version(&input.bucket, &input.key, &version, permit)
        }
    };
    let Deleted { version, marker } = blocking(delete).await?;
    Ok(dto::DeleteObjectOutput {
        delete_marker: marker.then_some(true),
        version_id: version,
        ..dto::DeleteObjectOutput::default()
    })
}
