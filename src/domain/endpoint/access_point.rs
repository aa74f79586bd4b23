//! Access points: each has its name in the host, on AWS or before an endpoint.

use crate::domain::bucket::AccessPoint;
use crate::domain::bucket::MultiRegion;
use crate::domain::bucket::OutpostsAccessPoint;
use crate::domain::bucket::OutpostsAlias;
use crate::domain::bucket::Resource;
use crate::domain::custom_endpoint::CustomEndpoint;
use crate::domain::endpoint::Addressing;
use crate::domain::endpoint::EndpointError;
use crate::domain::endpoint::EndpointOptions;
use crate::domain::endpoint::S3;
use crate::domain::endpoint::Signing;
use crate::domain::endpoint::Target;
use crate::domain::endpoint::check_fips;
use crate::domain::endpoint::partition;
use crate::domain::region::Partition;
use crate::domain::region::Region;
use crate::domain::scheme::Scheme;

/// An access point of one region, by its ARN.
pub(super) fn regional(
    resource: &Resource,
    point: &AccessPoint,
    options: &EndpointOptions,
) -> Result<Target, EndpointError> {
    check_style(resource, options)?;
    check_none(resource, &[(options.accelerate, "accelerate")])?;
    check_region(point.region(), point.partition(), options)?;
    check_fips(point.partition(), options)?;
    let service = if options.fips { "s3-accesspoint-fips" } else { "s3-accesspoint" };
    let dual_stack = if options.dual_stack { ".dualstack" } else { "" };
    of_region(resource, point, &format!("{service}{dual_stack}"), S3, options)
}

/// An Object Lambda access point, by its ARN.
pub(super) fn object_lambda(
    resource: &Resource,
    point: &AccessPoint,
    options: &EndpointOptions,
) -> Result<Target, EndpointError> {
    check_style(resource, options)?;
    check_none(resource, &[(options.dual_stack, "dual_stack"), (options.accelerate, "accelerate")])?;
    check_region(point.region(), point.partition(), options)?;
    check_fips(point.partition(), options)?;
    let service = if options.fips { "s3-object-lambda-fips" } else { OBJECT_LAMBDA };
    of_region(resource, point, service, OBJECT_LAMBDA, options)
}

fn of_region(
    resource: &Resource,
    point: &AccessPoint,
    hosts: &str,
    service: &'static str,
    options: &EndpointOptions,
) -> Result<Target, EndpointError> {
    let (label, region) = (point.label(), point.region());
    match &options.endpoint {
        Some(endpoint) => {
            check_named(resource, endpoint)?;
            Ok(Target::at(endpoint, &format!("{label}."), "", region, service))
        }
        None => {
            let host = format!("{label}.{hosts}.{region}.{}", point.partition().dns_suffix);
            Ok(Target::on_aws(host, String::new(), region, service))
        }
    }
}

/// An access point on Outposts, by its ARN.
pub(super) fn outposts(
    resource: &Resource,
    point: &OutpostsAccessPoint,
    options: &EndpointOptions,
) -> Result<Target, EndpointError> {
    check_outposts(resource, options)?;
    check_region(point.region(), point.partition(), options)?;
    let region = point.region();
    match &options.endpoint {
        Some(endpoint) => before(resource, endpoint, &point.labels(), region),
        None => Ok(on_outpost(&point.labels(), region, point.partition())),
    }
}

/// An access point on Outposts, by its alias. An endpoint is only for those of test stacks.
pub(super) fn outposts_alias(
    resource: &Resource,
    alias: &OutpostsAlias,
    options: &EndpointOptions,
) -> Result<Target, EndpointError> {
    check_outposts(resource, options)?;
    let region = options.region.clone().unwrap_or_default();
    match (&options.endpoint, alias.is_beta()) {
        (Some(endpoint), true) => before(resource, endpoint, &alias.labels(), &region),
        (Some(_), false) => Err(EndpointError::EndpointIgnored(resource.kind())),
        (None, true) => Err(EndpointError::EndpointMissing),
        (None, false) => Ok(on_outpost(&alias.labels(), &region, partition(&region)?)),
    }
}

/// A Multi-Region Access Point. Its region, if one is given, only says which partition is meant.
pub(super) fn multi_region(
    resource: &Resource,
    point: &MultiRegion,
    options: &EndpointOptions,
) -> Result<Target, EndpointError> {
    check_style(resource, options)?;
    let without = [(options.dual_stack, "dual_stack"), (options.fips, "fips"), (options.accelerate, "accelerate")];
    check_none(resource, &without)?;
    if options.endpoint.is_some() {
        return Err(EndpointError::EndpointIgnored(resource.kind()));
    }
    check_partition(point.partition(), options)?;
    let host = format!("{}.accesspoint.s3-global.{}", point.alias(), point.partition().dns_suffix);
    Ok(Target {
        scheme: Scheme::Https,
        authority: host.clone(),
        host,
        base_path: String::new(),
        region: "*".to_owned(),
        service: S3,
        signing: Signing::SigV4A,
    })
}

fn on_outpost(labels: &str, region: &Region, partition: &Partition) -> Target {
    let host = format!("{labels}.{OUTPOSTS}.{region}.{}", partition.dns_suffix);
    Target::on_aws(host, String::new(), region, OUTPOSTS)
}

fn before(
    resource: &Resource,
    endpoint: &CustomEndpoint,
    labels: &str,
    region: &Region,
) -> Result<Target, EndpointError> {
    check_named(resource, endpoint)?;
    match endpoint.scheme() == Scheme::Https && endpoint.base_path().is_empty() {
        true => Ok(Target::at(endpoint, &format!("{labels}."), "", region, OUTPOSTS)),
        false => Err(EndpointError::EndpointNotPlain),
    }
}

fn check_outposts(resource: &Resource, options: &EndpointOptions) -> Result<(), EndpointError> {
    check_style(resource, options)?;
    let without = [(options.dual_stack, "dual_stack"), (options.fips, "fips"), (options.accelerate, "accelerate")];
    check_none(resource, &without)
}

fn check_style(resource: &Resource, options: &EndpointOptions) -> Result<(), EndpointError> {
    match options.addressing {
        Some(Addressing::Path) => Err(EndpointError::PathStyle(resource.kind())),
        Some(Addressing::Virtual) | None => Ok(()),
    }
}

fn check_none(resource: &Resource, without: &[(bool, &'static str)]) -> Result<(), EndpointError> {
    match without.iter().find(|(set, _)| *set) {
        Some((_, option)) => Err(EndpointError::NotFor { kind: resource.kind(), option }),
        None => Ok(()),
    }
}

fn check_named(resource: &Resource, endpoint: &CustomEndpoint) -> Result<(), EndpointError> {
    if endpoint.is_address() { Err(EndpointError::EndpointIsAddress(resource.kind())) } else { Ok(()) }
}

/// Whether the ARN's region may sign.
fn check_region(arn: &Region, of_arn: &Partition, options: &EndpointOptions) -> Result<(), EndpointError> {
    check_partition(of_arn, options)?;
    match options.only_own_region && options.region.as_ref().is_some_and(|region| region != arn) {
        true => Err(EndpointError::RegionDiffers { arn: arn.to_string() }),
        false => Ok(()),
    }
}

fn check_partition(arn: &Partition, options: &EndpointOptions) -> Result<(), EndpointError> {
    let Some(region) = &options.region else {
        return Ok(());
    };
    let given = partition(region)?;
    match given.id == arn.id {
        true => Ok(()),
        false => Err(EndpointError::Partition { arn: arn.id, region: given.id }),
    }
}

const OBJECT_LAMBDA: &str = "s3-object-lambda";
const OUTPOSTS: &str = "s3-outposts";
