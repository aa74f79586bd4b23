//! Where a bucket is, as policies name it.

use crate::domain::bucket::BucketName;
use crate::domain::name::Name;
use crate::domain::policy::Bucket;
use crate::domain::policy::Policy;
use crate::domain::region::Partition;
use crate::domain::region::Region;

/// AWS's partition that a bucket is in; none where another store has it.
pub(in crate::domain) fn partition(bucket: &Bucket) -> Option<&'static Partition> {
    let partition = Region::parse(&bucket.target.region).ok()?.partition()?;
    let host = bucket.target.host.strip_suffix(partition.dns_suffix)?;
    host.ends_with('.').then_some(partition)
}

/// The name of the bucket that keeps the objects, also where it is reached by an access point.
pub(in crate::domain) fn real_name(bucket: &Bucket) -> &BucketName {
    bucket.underlying.as_ref().unwrap_or(&bucket.bucket)
}

/// Whether the bucket is reached by an access point's alias.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html>
pub(in crate::domain) fn is_access_point(bucket: &Bucket) -> bool {
    partition(bucket).is_some() && bucket.bucket.as_str().ends_with(ALIAS)
}

const ALIAS: &str = "-s3alias";

/// The ARN of a bucket: stores of other kinds take AWS's.
pub(in crate::domain) fn bucket_arn(bucket: &Bucket) -> String {
    format!("arn:{}:s3:::{}", partition(bucket).map_or("aws", |partition| partition.id), real_name(bucket))
}

/// The same, unless an access point hides the bucket's name.
pub(super) fn known_bucket_arn(bucket: &Bucket) -> Option<String> {
    (!is_access_point(bucket) || bucket.underlying.is_some()).then(|| bucket_arn(bucket))
}

/// The ARN of what requests for a bucket name: the bucket, or the access point that it is reached by.
pub(super) fn named_arn(bucket: &Bucket) -> String {
    match partition(bucket) {
        Some(partition) if is_access_point(bucket) => {
            let (id, region) = (partition.id, &bucket.target.region);
            format!("arn:{id}:s3:{region}:*:accesspoint/{}*", access_point(bucket.bucket.as_str()))
        }
        _ => bucket_arn(bucket),
    }
}

/// The ARN of these keys.
pub(super) fn object_arn(bucket: &Bucket, pattern: &str) -> String {
    let between = if is_access_point(bucket) { "/object/" } else { "/" };
    format!("{}{between}{pattern}", named_arn(bucket))
}

/// What an alias tells of the access point's name, which may be cut: it stands before 34 characters of S3's own.
fn access_point(alias: &str) -> &str {
    let made = alias.strip_suffix(ALIAS).unwrap_or(alias);
    made.rsplit_once('-').map_or(made, |(name, _)| name)
}

/// The buckets of a configuration that are the same as this one, itself among them.
pub(super) fn aliases<'a>(policy: &'a Policy, bucket: &'a Bucket) -> impl Iterator<Item = &'a Name> {
    let same = move |other: &&Bucket| real_name(other) == real_name(bucket) && same_store(other, bucket);
    policy.buckets().iter().filter(same).map(|bucket| &bucket.alias)
}

/// On AWS a name is of one bucket in a partition; elsewhere in a store.
pub(in crate::domain) fn same_store(one: &Bucket, other: &Bucket) -> bool {
    match (partition(one), partition(other)) {
        (Some(one), Some(other)) => one.id == other.id,
        (None, None) => one.target.authority == other.target.authority,
        (Some(_), None) | (None, Some(_)) => false,
    }
}
