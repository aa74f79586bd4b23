//! Where a bucket is: bucket, region and options to scheme, host, path and signing scope.

use crate::domain::bucket::BucketName;
use crate::domain::custom_endpoint::CustomEndpoint;
use crate::domain::region::Partition;
use crate::domain::region::Region;
use crate::domain::scheme::Scheme;

/// Where the requests for one bucket go, and the scope that they are signed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// `https`, or `http` for a store that allows it.
    pub scheme: Scheme,
    /// Host and perhaps port as they stand in the URL, as the configuration wrote them.
    pub authority: String,
    /// Host and perhaps port as they are signed: lower case, without a default port.
    pub host: String,
    /// What stands before `/KEY` in the path, percent-encoded, without a trailing slash: `""` for a bucket in the
    /// host, `/bucket` or `/base/bucket` for path style.
    pub base_path: String,
    pub region: String,
    /// The signing scope's service: `s3`.
    pub service: &'static str,
}

/// How a bucket is to be reached. By default: AWS's own host, the bucket's name in it.
#[derive(Debug, Clone, Default)]
pub struct EndpointOptions {
    /// An S3-compatible store in place of AWS.
    pub endpoint: Option<CustomEndpoint>,
    /// `None`: virtual on AWS, path with an endpoint.
    pub addressing: Option<Addressing>,
    /// Hosts whose cryptography is validated by FIPS 140.
    pub fips: bool,
    /// Hosts that answer over IPv6 too.
    pub dual_stack: bool,
    /// Transfer Acceleration.
    pub accelerate: bool,
}

/// Where the bucket's name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressing {
    /// In the path.
    Path,
    /// In the host, for names that can.
    Virtual,
}

/// Why a bucket cannot be reached that way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    #[error("an endpoint of your own has no accelerate; remove one of the two")]
    AccelerateWithEndpoint,
    #[error("accelerate has no FIPS hosts; remove accelerate or fips")]
    AccelerateWithFips,
    #[error("accelerate needs the bucket's name in the host; remove accelerate, or addressing = \"path\"")]
    AccelerateWithPath,
    #[error("accelerate needs the bucket's name in the host, and {0:?} cannot stand there; remove accelerate")]
    AccelerateWithName(String),
    /// The rule set resolves the other partitions to hosts that do not exist or, for GovCloud, to the commercial one.
    #[error("accelerate is not to be had in the partition {0}; remove accelerate")]
    AccelerateOutsideAws(&'static str),
    #[error("an endpoint of your own has no dual_stack; remove it, and give the endpoint IPv6 itself")]
    DualStackWithEndpoint,
    #[error("the partition aws-cn has no FIPS hosts; remove fips")]
    FipsInChina,
    #[error("an endpoint of your own has no fips; remove it, or write the FIPS host as the endpoint")]
    FipsWithEndpoint,
    #[error("{0:?} is no region of AWS, such as eu-west-1; correct it, or set the endpoint of the store that has it")]
    Region(String),
}

impl Target {
    /// What S3's endpoint rules resolve for a bucket's name, except where those lead astray.
    /// <https://github.com/boto/botocore/tree/develop/botocore/data/s3/2006-03-01>
    pub fn resolve(bucket: &BucketName, region: &Region, options: &EndpointOptions) -> Result<Self, EndpointError> {
        match &options.endpoint {
            Some(endpoint) => Self::at_store(bucket, region, endpoint, options),
            None => Self::on_aws(bucket, region, options),
        }
    }

    fn at_store(
        bucket: &BucketName,
        region: &Region,
        endpoint: &CustomEndpoint,
        options: &EndpointOptions,
    ) -> Result<Self, EndpointError> {
        let without = [
            (options.fips, EndpointError::FipsWithEndpoint),
            (options.dual_stack, EndpointError::DualStackWithEndpoint),
            (options.accelerate, EndpointError::AccelerateWithEndpoint),
        ];
        if let Some((_, error)) = without.into_iter().find(|(set, _)| *set) {
            return Err(error);
        }
        let can_be_virtual = match endpoint.scheme() {
            Scheme::Http => bucket.is_labels(),
            Scheme::Https => bucket.is_label(),
        };
        let is_virtual = options.addressing == Some(Addressing::Virtual) && can_be_virtual && !endpoint.is_address();
        let (prefix, suffix) = places(bucket, is_virtual);
        Ok(Self {
            scheme: endpoint.scheme(),
            authority: format!("{prefix}{}", endpoint.authority()),
            host: format!("{prefix}{}", endpoint.signed_host()),
            base_path: format!("{}{suffix}", endpoint.base_path()),
            region: region.to_string(),
            service: SERVICE,
        })
    }

    fn on_aws(bucket: &BucketName, region: &Region, options: &EndpointOptions) -> Result<Self, EndpointError> {
        let partition = region.partition().ok_or_else(|| EndpointError::Region(region.to_string()))?;
        if options.accelerate {
            check_accelerate(bucket, partition, options)?;
        }
        if options.fips && partition.id == "aws-cn" {
            return Err(EndpointError::FipsInChina);
        }
        let is_virtual = options.addressing != Some(Addressing::Path) && bucket.is_label();
        let (prefix, base_path) = places(bucket, is_virtual);
        let host = format!("{prefix}{}", aws_host(region, partition, options));
        Ok(Self {
            scheme: Scheme::Https,
            authority: host.clone(),
            host,
            base_path,
            region: region.to_string(),
            service: SERVICE,
        })
    }
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
fn aws_host(region: &Region, partition: &Partition, options: &EndpointOptions) -> String {
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

const SERVICE: &str = "s3";

impl EndpointError {
    /// The key of `[buckets.ALIAS]` that the error is about.
    pub fn key(&self) -> &'static str {
        match self {
            Self::AccelerateOutsideAws(_)
            | Self::AccelerateWithEndpoint
            | Self::AccelerateWithFips
            | Self::AccelerateWithName(_)
            | Self::AccelerateWithPath => "accelerate",
            Self::DualStackWithEndpoint => "dual_stack",
            Self::FipsInChina | Self::FipsWithEndpoint => "fips",
            Self::Region(_) => "region",
        }
    }
}

#[cfg(test)]
#[path = "endpoint_tests.rs"]
mod tests;
