//! Where requests go: bucket or access point, region and options to scheme, host, path and signing scope.

mod access_point;
mod error;
mod named;

use crate::domain::bucket::Resource;
use crate::domain::custom_endpoint::CustomEndpoint;
use crate::domain::region::Partition;
use crate::domain::region::Region;
use crate::domain::scheme::Scheme;

pub use error::EndpointError;

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
    /// The signing scope's region; `*` for SigV4A, which signs for all of them.
    pub region: String,
    /// The signing scope's service: `s3`, or that of another kind of access point.
    pub service: &'static str,
    /// How requests are signed.
    pub signing: Signing,
}

/// The version of the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// For one region, by an HMAC.
    SigV4,
    /// For every region, by an ECDSA key.
    SigV4A,
}

/// How a bucket is to be reached. By default: AWS's own host, the bucket's name in it.
#[derive(Debug, Clone, Default)]
pub struct EndpointOptions {
    /// An S3-compatible store in place of AWS.
    pub endpoint: Option<CustomEndpoint>,
    /// `None`: an ARN's own, else the default one.
    pub region: Option<Region>,
    /// Refuses an ARN of another region than `region`, where that is given.
    pub only_own_region: bool,
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

impl Target {
    /// What S3's endpoint rules resolve, except where those lead astray.
    /// <https://github.com/boto/botocore/tree/develop/botocore/data/s3/2006-03-01>
    pub fn resolve(resource: &Resource, options: &EndpointOptions) -> Result<Self, EndpointError> {
        if options.endpoint.is_some() {
            check_beside_endpoint(options)?;
        }
        match resource {
            Resource::Bucket(name) | Resource::AccessPointAlias(name) | Resource::ObjectLambdaAlias(name) => {
                named::target(name, options)
            }
            Resource::AccessPoint(point) => access_point::regional(resource, point, options),
            Resource::MultiRegion(point) => access_point::multi_region(resource, point, options),
            Resource::ObjectLambda(point) => access_point::object_lambda(resource, point, options),
            Resource::Outposts(point) => access_point::outposts(resource, point, options),
            Resource::OutpostsAlias(alias) => access_point::outposts_alias(resource, alias, options),
        }
    }

    fn on_aws(host: String, base_path: String, region: &Region, service: &'static str) -> Self {
        Self {
            scheme: Scheme::Https,
            authority: host.clone(),
            host,
            base_path,
            region: region.to_string(),
            service,
            signing: Signing::SigV4,
        }
    }

    /// At an endpoint, below labels of a host which end in a dot, if there are any.
    fn at(endpoint: &CustomEndpoint, labels: &str, after_path: &str, region: &Region, service: &'static str) -> Self {
        Self {
            scheme: endpoint.scheme(),
            authority: format!("{labels}{}", endpoint.authority()),
            host: format!("{labels}{}", endpoint.signed_host()),
            base_path: format!("{}{after_path}", endpoint.base_path()),
            region: region.to_string(),
            service,
            signing: Signing::SigV4,
        }
    }
}

/// What no endpoint has.
fn check_beside_endpoint(options: &EndpointOptions) -> Result<(), EndpointError> {
    let without = [
        (options.fips, EndpointError::FipsWithEndpoint),
        (options.dual_stack, EndpointError::DualStackWithEndpoint),
        (options.accelerate, EndpointError::AccelerateWithEndpoint),
    ];
    without.into_iter().find(|(set, _)| *set).map_or(Ok(()), |(_, error)| Err(error))
}

/// The partition of a region of AWS's.
fn partition(region: &Region) -> Result<&'static Partition, EndpointError> {
    region.partition().ok_or_else(|| EndpointError::Region(region.to_string()))
}

fn check_fips(partition: &Partition, options: &EndpointOptions) -> Result<(), EndpointError> {
    if options.fips && partition.id == "aws-cn" { Err(EndpointError::FipsInChina) } else { Ok(()) }
}

const S3: &str = "s3";

#[cfg(test)]
mod tests;
