//! What cannot be done by way of an access point, a row each, with where it is written.

use crate::domain::bucket::Resource;
use crate::domain::operation::Operation;
use crate::domain::store::features::Feature;
use crate::domain::store::features::Lack;
use crate::domain::store::table::FORMS;
use crate::domain::store::table::RESTORE;
use crate::domain::store::table::no;
use crate::domain::store::table::only;

/// What a bucket's access point does not pass on. One of a single region does all that presignd signs.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-service-api-support.html>
pub fn of(resource: &Resource) -> &'static [Lack] {
    match resource {
        Resource::Bucket(_) | Resource::AccessPoint(_) | Resource::AccessPointAlias(_) => &[],
        Resource::MultiRegion(_) => &MULTI_REGION,
        Resource::ObjectLambda(_) | Resource::ObjectLambdaAlias(_) => &OBJECT_LAMBDA,
        Resource::Outposts(_) | Resource::OutpostsAlias(_) => &OUTPOSTS,
    }
}

const MULTI_REGION: [Lack; 1] = [no(FORMS, MULTI_REGION_API)];

/// The operations that its ARN stands for. A form's signature is an HMAC, which only one region verifies.
const MULTI_REGION_API: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/MrapOperations.html";

const OBJECT_LAMBDA: [Lack; 9] = [
    no(Feature::Operation(Operation::AbortMultipartUpload), OBJECT_LAMBDA_USE),
    no(Feature::Operation(Operation::CompleteMultipartUpload), OBJECT_LAMBDA_USE),
    no(Feature::Operation(Operation::CreateMultipartUpload), OBJECT_LAMBDA_USE),
    no(Feature::Operation(Operation::DeleteObject), OBJECT_LAMBDA_USE),
    no(Feature::Operation(Operation::ListParts), OBJECT_LAMBDA_USE),
    no(FORMS, OBJECT_LAMBDA_USE),
    no(Feature::Operation(Operation::PutObject), OBJECT_LAMBDA_USE),
    no(RESTORE, OBJECT_LAMBDA_USE),
    no(Feature::Operation(Operation::UploadPart), OBJECT_LAMBDA_USE),
];

/// Only GET, LIST and HEAD call the function, and no forms are taken: it is for reading. What else passes by would go
/// to the bucket as if the function were not there.
const OBJECT_LAMBDA_USE: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-best-practices.html";

const OUTPOSTS: [Lack; 8] = [
    no(FORMS, OUTPOSTS_API),
    no(RESTORE, OUTPOSTS_API),
    only(Feature::StorageClass, &["STANDARD", "OUTPOSTS"], OUTPOSTS_LIMITS),
    no(Feature::SseKms, OUTPOSTS_LIMITS),
    no(Feature::Dsse, OUTPOSTS_LIMITS),
    no(Feature::Retention, "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectRetention.html"),
    no(Feature::LegalHold, "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLegalHold.html"),
    no(Feature::BypassGovernance, "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectRetention.html"),
];

/// The operations on objects that it supports.
const OUTPOSTS_API: &str = "https://docs.aws.amazon.com/AmazonS3/latest/s3-outposts/S3OutpostsAPI.html";
/// One storage class, in which an upload is that names none (STANDARD in a grant); encryption by SSE-S3, or by SSE-C.
const OUTPOSTS_LIMITS: &str =
    "https://docs.aws.amazon.com/AmazonS3/latest/s3-outposts/S3OutpostsRestrictionsLimitations.html";
