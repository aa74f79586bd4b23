//! Where a bucket is, as policies name it.

use std::collections::BTreeSet;

use crate::domain::bucket::BucketName;
use crate::domain::bucket::Resource;
use crate::domain::name::Name;
use crate::domain::policy::Bucket;
use crate::domain::policy::Policy;
use crate::domain::region::Partition;
use crate::domain::region::Region;

/// AWS's partition that a bucket is in; none where another store has it.
pub(in crate::domain) fn partition(bucket: &Bucket) -> Option<&'static Partition> {
    let of_region = || Region::parse(&bucket.target.region).ok()?.partition();
    let partition = bucket.resource.partition().or_else(of_region)?;
    let host = bucket.target.host.strip_suffix(partition.dns_suffix)?;
    host.ends_with('.').then_some(partition)
}

/// The name of the one bucket that keeps the objects; none where an access point hides it, or leads to several.
pub(in crate::domain) fn real_name(bucket: &Bucket) -> Option<&BucketName> {
    let mut real = bucket.real();
    real.next().filter(|_| real.next().is_none())
}

/// Whether the bucket is reached by an access point.
pub(in crate::domain) fn is_access_point(bucket: &Bucket) -> bool {
    bucket.resource.is_arn() || (bucket.resource.bucket().is_none() && partition(bucket).is_some())
}

/// The ARN of the one bucket that keeps the objects, if its name is known: stores of other kinds take AWS's.
pub(in crate::domain) fn bucket_arn(bucket: &Bucket) -> Option<String> {
    Some(format!("arn:{}:s3:::{}", partition_id(bucket), real_name(bucket)?))
}

fn partition_id(bucket: &Bucket) -> &'static str {
    partition(bucket).map_or("aws", |partition| partition.id)
}

/// The ARN of what requests for a bucket name: the bucket, or the access point that it is reached by. An alias tells
/// neither the account nor the whole name, so stars stand there.
pub(super) fn named_arn(bucket: &Bucket) -> String {
    let (id, region, resource) = (partition_id(bucket), &bucket.target.region, &bucket.resource);
    let of_alias =
        |service: &str, before: &str, name: &str| format!("arn:{id}:{service}:{region}:*:{before}accesspoint/{name}*");
    let text = resource.to_string();
    match resource {
        Resource::AccessPoint(_) | Resource::MultiRegion(_) | Resource::ObjectLambda(_) | Resource::Outposts(_) => text,
        Resource::AccessPointAlias(_) if is_access_point(bucket) => of_alias("s3", "", cut(&text, "-s3alias")),
        Resource::ObjectLambdaAlias(_) if is_access_point(bucket) => {
            of_alias("s3-object-lambda", "", cut(&text, "--ol-s3"))
        }
        Resource::OutpostsAlias(_) if is_access_point(bucket) => {
            of_alias("s3-outposts", "outpost/*/", cut(&text, "--op-s3"))
        }
        Resource::Bucket(name) | Resource::AccessPointAlias(name) | Resource::ObjectLambdaAlias(name) => {
            format!("arn:{id}:s3:::{name}")
        }
        Resource::OutpostsAlias(alias) => format!("arn:{id}:s3:::{alias}"),
    }
}

/// What an alias tells of the access point's name, which may be cut: it stands before characters of S3's own.
fn cut<'a>(alias: &'a str, suffix: &str) -> &'a str {
    let made = alias.strip_suffix(suffix).unwrap_or(alias);
    made.rsplit_once('-').map_or(made, |(name, _)| name)
}

/// The buckets of a configuration that are the same as this one, itself among them.
pub(super) fn aliases<'a>(policy: &'a Policy, bucket: &'a Bucket) -> impl Iterator<Item = &'a Name> {
    let own: BTreeSet<&str> = bucket.real().map(BucketName::as_str).collect();
    let same = move |other: &&Bucket| {
        let met = other.real().any(|name| own.contains(name.as_str())) || other.resource == bucket.resource;
        met && same_store(other, bucket)
    };
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
