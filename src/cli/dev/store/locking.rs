//! Retention and legal hold of an object that is there: read, and changed.

use s3s::S3Result;
use s3s::dto;
use s3s::dto::Timestamp;
use s3s::s3_error;

use super::lock;
use super::lock::Retention;
use super::object::Object;
use super::objects::Objects;

/// Fails for a bucket that locks nothing.
pub fn demand_lockable(objects: &Objects, bucket: &str) -> S3Result<()> {
    lock::demand_lockable(objects.in_bucket(bucket, |bucket| bucket.settings)?)
}

/// GetObjectRetention.
pub fn retention_of(object: &Object) -> S3Result<dto::GetObjectRetentionOutput> {
    let retention = object.description.lock.retention.as_ref().ok_or_else(|| {
        s3_error!(NoSuchObjectLockConfiguration, "The specified object does not have a ObjectLock configuration")
    })?;
    let mode = dto::ObjectLockRetentionMode::from_static(retention.mode.name());
    let retention = dto::ObjectLockRetention { mode: Some(mode), retain_until_date: Some(retention.until.clone()) };
    Ok(dto::GetObjectRetentionOutput { retention: Some(retention) })
}

/// PutObjectRetention.
pub fn set_retention(
    object: &mut Object,
    asked: Option<dto::ObjectLockRetention>,
    bypass: bool,
    now: &Timestamp,
) -> S3Result<()> {
    let asked = asked.unwrap_or_default();
    let mode = asked.mode.as_ref().map(dto::ObjectLockRetentionMode::as_str);
    let next = Retention::of(mode, asked.retain_until_date, now)?;
    let lock = &mut object.description.lock;
    lock.retention.as_ref().map_or(Ok(()), |present| present.permit_change(next.as_ref(), now, bypass))?;
    lock.retention = next;
    Ok(())
}

/// GetObjectLegalHold.
pub fn legal_hold_of(object: &Object) -> dto::GetObjectLegalHoldOutput {
    let status = match object.description.lock.legal_hold {
        true => dto::ObjectLockLegalHoldStatus::ON,
        false => dto::ObjectLockLegalHoldStatus::OFF,
    };
    let status = Some(dto::ObjectLockLegalHoldStatus::from_static(status));
    dto::GetObjectLegalHoldOutput { legal_hold: Some(dto::ObjectLockLegalHold { status }) }
}

/// PutObjectLegalHold.
pub fn set_legal_hold(object: &mut Object, asked: Option<dto::ObjectLockLegalHold>) -> S3Result<()> {
    let status = asked.and_then(|hold| hold.status).ok_or_else(|| s3_error!(MalformedXML))?;
    object.description.lock.legal_hold = lock::legal_hold(status.as_str())?;
    Ok(())
}
