//! Buckets as S3's clients make and set them: with versions, and with Object Lock.

use s3s::S3Result;
use s3s::dto;
use s3s::s3_error;

use super::bucket::Settings;
use super::bucket::Versioning;
use super::failure::StoreError;
use super::objects::Objects;

/// CreateBucket; one that is there stays as it is.
pub fn create(objects: &Objects, input: dto::CreateBucketInput) -> S3Result<()> {
    let settings = match input.object_lock_enabled_for_bucket {
        Some(true) => Settings::WITH_OBJECT_LOCK,
        Some(false) | None => Settings::default(),
    };
    objects.ensure_bucket(&input.bucket, settings).map_err(StoreError::from)?;
    Ok(())
}

/// GetBucketVersioning.
pub fn versioning(settings: Settings) -> dto::GetBucketVersioningOutput {
    let status = match settings.versioning {
        Versioning::Never => None,
        Versioning::Enabled => Some(dto::BucketVersioningStatus::ENABLED),
        Versioning::Suspended => Some(dto::BucketVersioningStatus::SUSPENDED),
    };
    dto::GetBucketVersioningOutput { mfa_delete: None, status: status.map(dto::BucketVersioningStatus::from_static) }
}

/// PutBucketVersioning. Blocks.
pub fn set_versioning(objects: &Objects, input: &dto::PutBucketVersioningInput) -> Result<(), StoreError> {
    let configuration = &input.versioning_configuration;
    if configuration.mfa_delete.as_ref().is_some_and(|mfa| mfa.as_str() == dto::MFADelete::ENABLED) {
        return Err(s3_error!(NotImplemented, "This store has no MFA delete").into());
    }
    let status = configuration.status.as_ref().map(dto::BucketVersioningStatus::as_str);
    let versioning = match status {
        Some(dto::BucketVersioningStatus::ENABLED) => Versioning::Enabled,
        Some(dto::BucketVersioningStatus::SUSPENDED) => Versioning::Suspended,
        Some(_) | None => return Err(s3_error!(IllegalVersioningConfigurationException).into()),
    };
    objects.set_bucket(&input.bucket, |settings| match settings.object_lock && versioning != Versioning::Enabled {
        true => Err(s3_error!(
            InvalidBucketState,
            "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
        )
        .into()),
        false => Ok(Settings { versioning, ..settings }),
    })
}

/// GetObjectLockConfiguration: whether there is Object Lock. No bucket has a default retention.
pub fn lock_configuration(settings: Settings) -> S3Result<dto::GetObjectLockConfigurationOutput> {
    if !settings.object_lock {
        return Err(s3_error!(
            ObjectLockConfigurationNotFoundError,
            "Object Lock configuration does not exist for this bucket"
        ));
    }
    let enabled = dto::ObjectLockEnabled::from_static(dto::ObjectLockEnabled::ENABLED);
    let configuration = dto::ObjectLockConfiguration { object_lock_enabled: Some(enabled), rule: None };
    Ok(dto::GetObjectLockConfigurationOutput { object_lock_configuration: Some(configuration) })
}
