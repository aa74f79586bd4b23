//! RestoreObject: an archived object becomes readable for some days, here at once.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html>

use axum::http::StatusCode;
use s3s::S3Result;
use s3s::dto;
use s3s::dto::Timestamp;
use s3s::dto::TimestampFormat;
use s3s::s3_error;
use time::Duration;
use time::OffsetDateTime;
use time::Time;

use super::object::Object;

/// Whether an object's bytes may not be read until it is restored.
pub fn is_archived(object: &Object, now: &Timestamp) -> bool {
    is_archive(object) && !is_restored(object, now)
}

fn is_archive(object: &Object) -> bool {
    matches!(
        object.description.storage_class.as_deref(),
        Some(dto::StorageClass::GLACIER | dto::StorageClass::DEEP_ARCHIVE)
    )
}

fn is_restored(object: &Object, now: &Timestamp) -> bool {
    object.restored_until.as_ref().is_some_and(|until| until > now)
}

/// Restores an object, or lets it stay so for longer: 202, or 200 where it was restored already.
pub fn restore(object: &mut Object, request: Option<dto::RestoreRequest>, now: &Timestamp) -> S3Result<StatusCode> {
    let request = request.ok_or_else(malformed)?;
    if request.type_.is_some() || request.select_parameters.is_some() || request.output_location.is_some() {
        return Err(s3_error!(NotImplemented, "This store restores objects and selects nothing of them"));
    }
    if !is_archive(object) {
        return Err(s3_error!(InvalidObjectState, "Restore is not allowed for the object's current storage class"));
    }
    let days = request.days.filter(|days| *days >= 1).ok_or_else(malformed)?;
    let tier = request.glacier_job_parameters.map(|parameters| parameters.tier).or(request.tier);
    check_tier(object, tier.as_ref())?;
    let status = if is_restored(object, now) { StatusCode::OK } else { StatusCode::ACCEPTED };
    object.restored_until = Some(end(now, days).ok_or_else(malformed)?);
    Ok(status)
}

fn check_tier(object: &Object, tier: Option<&dto::Tier>) -> S3Result<()> {
    let deep = object.description.storage_class.as_deref() == Some(dto::StorageClass::DEEP_ARCHIVE);
    match tier.map(dto::Tier::as_str) {
        None | Some(dto::Tier::STANDARD | dto::Tier::BULK) => Ok(()),
        Some(dto::Tier::EXPEDITED) if !deep => Ok(()),
        Some(dto::Tier::EXPEDITED) => {
            Err(s3_error!(InvalidArgument, "Retrieval option is not supported by this storage class"))
        }
        Some(_) => Err(malformed()),
    }
}

/// S3 rounds the end up to the next midnight.
fn end(now: &Timestamp, days: i32) -> Option<Timestamp> {
    let whole = OffsetDateTime::from(now.clone()).checked_add(Duration::days(days.into()))?;
    Some(whole.checked_add(Duration::DAY)?.replace_time(Time::MIDNIGHT).into())
}

fn malformed() -> s3s::S3Error {
    s3_error!(MalformedXML, "The XML you provided was not well-formed or did not validate against our published schema")
}

/// The header `x-amz-restore`.
pub fn told(until: &Timestamp) -> String {
    let mut date = Vec::new();
    // Writing to a Vec cannot fail, and a year beyond the format's four digits says nothing.
    let _ = until.format(TimestampFormat::HttpDate, &mut date);
    format!("ongoing-request=\"false\", expiry-date=\"{}\"", String::from_utf8_lossy(&date))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::dev::store::testing;
    use time::macros::datetime;

    fn request(days: Option<i32>, tier: Option<&str>) -> dto::RestoreRequest {
        let tier = tier.map(|tier| dto::GlacierJobParameters { tier: tier.to_owned().into() });
        dto::RestoreRequest { days, glacier_job_parameters: tier, ..dto::RestoreRequest::default() }
    }

    #[test]
    fn a_restore_names_days_and_a_tier_that_the_class_has() {
        let cases = [
            ("GLACIER", Some(1), Some("Expedited"), Ok(())),
            ("GLACIER", Some(1), None, Ok(())),
            ("DEEP_ARCHIVE", Some(1), Some("Bulk"), Ok(())),
            ("DEEP_ARCHIVE", Some(1), Some("Expedited"), Err("InvalidArgument")),
            ("GLACIER", None, Some("Standard"), Err("MalformedXML")),
            ("GLACIER", Some(0), Some("Standard"), Err("MalformedXML")),
            ("GLACIER", Some(1), Some("Instant"), Err("MalformedXML")),
            ("STANDARD_IA", Some(1), Some("Standard"), Err("InvalidObjectState")),
        ];
        for (class, days, tier, expected) in cases {
            let mut object = testing::object("a");
            object.description.storage_class = Some(class.to_owned());
            let found = restore(&mut object, Some(request(days, tier)), &Timestamp::default());
            let found = found.map(drop).map_err(|error| error.code().as_str().to_owned());
            assert_eq!(found, expected.map_err(str::to_owned), "{class} {days:?} {tier:?}");
        }
    }

    #[test]
    fn what_is_restored_ends_at_a_midnight_and_can_be_restored_anew() {
        let now = |time: OffsetDateTime| Timestamp::from(time);
        let mut object = testing::object("a");
        object.description.storage_class = Some("GLACIER".to_owned());
        let first = now(datetime!(2026-11-24 15:00 UTC));
        assert!(is_archived(&object, &first));
        assert_eq!(restore(&mut object, Some(request(Some(2), None)), &first).unwrap(), StatusCode::ACCEPTED);
        assert!(!is_archived(&object, &first));
        let told = told(object.restored_until.as_ref().unwrap());
        assert_eq!(told, "ongoing-request=\"false\", expiry-date=\"Fri, 27 Nov 2026 00:00:00 GMT\"");
        assert_eq!(restore(&mut object, Some(request(Some(3), None)), &first).unwrap(), StatusCode::OK);
        let later = now(datetime!(2026-11-28 00:00 UTC));
        assert!(is_archived(&object, &later));
        assert_eq!(restore(&mut object, Some(request(Some(1), None)), &later).unwrap(), StatusCode::ACCEPTED);
    }
}
