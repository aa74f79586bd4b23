//! Buckets by their names, and the aliases that stand in a name's place.

use crate::domain::bucket::BucketName;
use crate::domain::custom_endpoint::CustomEndpoint;
use crate::domain::endpoint::Addressing;
use crate::domain::endpoint::EndpointError;
use crate::domain::endpoint::EndpointOptions;
use crate::domain::endpoint::S3;
use crate::domain::endpoint::Target;
use crate::domain::endpoint::check_fips;
use crate::domain::endpoint::partition;
use crate::domain::region::Partition;
use crate::domain::region::Region;
use crate::domain::scheme::Scheme;

/// Where a bucket of that name is.
pub(super) fn target(bucket: &BucketName, options: &EndpointOptions) -> Result<Target, EndpointError> {
    let region = options.region.clone().unwrap_or_default();
    match &options.endpoint {
        Some(endpoint) => Ok(at_store(bucket, &region, endpoint, options)),
        None => on_aws(bucket, &region, options),
    }
}

fn at_store(bucket: &BucketName, region: &Region, endpoint: &CustomEndpoint, options: &EndpointOptions) -> Target {
    let can_be_virtual = match endpoint.scheme() {
        Scheme::Http => bucket.is_labels(),
        Scheme::Https => bucket.is_label(),
    };
    let is_virtual = options.addressing == Some(Addressing::Virtual) && can_be_virtual && !endpoint.is_address();
    let (labels, after_path) = places(bucket, is_virtual);
    Target::at(endpoint, &labels, &after_path, region, S3)
}

fn on_aws(bucket: &BucketName, region: &Region, options: &EndpointOptions) -> Result<Target, EndpointError> {
    let partition = partition(region)?;
    if options.accelerate {
        check_accelerate(bucket, partition, options)?;
    }
    check_fips(partition, options)?;
    let is_virtual = options.addressing != Some(Addressing::Path) && bucket.is_label();
    let (labels, base_path) = places(bucket, is_virtual);
    let host = format!("{labels}{}", host(region, partition, options));
    Ok(Target::on_aws(host, base_path, region, S3))
}

/// The bucket's part of the host and of the path. In the host, S3 does not serve the key `soap`; in the path it does.
fn places(bucket: &BucketName, is_virtual: bool) -> (String, String) {
    match is_virtual {
        true => (format!("{bucket}."), String::new()),
        false => (String::new(), format!("/{bucket}")),
    }
}

fn check_accelerate(
    bucket: &BucketName,
    partition: &Partition,
    options: &EndpointOptions,
) -> Result<(), EndpointError> {
    if options.fips {
        return Err(EndpointError::AccelerateWithFips);
    }
    if partition.id != "aws" {
        return Err(EndpointError::AccelerateOutsideAws(partition.id));
    }
    if options.addressing == Some(Addressing::Path) {
        return Err(EndpointError::AccelerateWithPath);
    }
    match bucket.is_label() {
        true => Ok(()),
        false => Err(EndpointError::AccelerateWithName(bucket.to_string())),
    }
}

/// The host without the bucket. Always the region's own: the global one only suits us-east-1.
fn host(region: &Region, partition: &Partition, options: &EndpointOptions) -> String {
    let service = match (options.accelerate, options.fips) {
        (true, _) => "s3-accelerate",
        (false, true) => "s3-fips",
        (false, false) => "s3",
    };
    let dual_stack = if options.dual_stack { ".dualstack" } else { "" };
    let suffix = partition.dns_suffix;
    match options.accelerate {
        true => format!("{service}{dual_stack}.{suffix}"),
        false => format!("{service}{dual_stack}.{region}.{suffix}"),
    }
}
