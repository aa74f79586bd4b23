//! ARNs of access points.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-resources-for-iam-policies>

use std::fmt;

use crate::domain::bucket::InvalidBucket;
use crate::domain::bucket::Resource;
use crate::domain::bucket::name::MULTI_REGION;
use crate::domain::bucket::name::is_label;
use crate::domain::region::Partition;
use crate::domain::region::Region;

/// An access point of one region.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AccessPoint {
    owner: Owner,
    name: Box<str>,
}

/// An access point to a bucket on an outpost.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OutpostsAccessPoint {
    owner: Owner,
    outpost: Box<str>,
    name: Box<str>,
}

/// An access point to buckets of several regions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MultiRegion {
    partition: &'static Partition,
    account: Box<str>,
    alias: Box<str>,
}

/// Whose an access point is, and where.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Owner {
    partition: &'static Partition,
    region: Region,
    account: Box<str>,
}

impl AccessPoint {
    /// Where it is.
    pub fn region(&self) -> &Region {
        &self.owner.region
    }

    /// The partition of its region.
    pub fn partition(&self) -> &'static Partition {
        self.owner.partition
    }

    /// The first label of its host.
    pub fn label(&self) -> String {
        format!("{}-{}", self.name, self.owner.account)
    }

    pub(super) fn write(&self, service: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:accesspoint/{}", self.owner.arn(service), self.name)
    }
}

impl OutpostsAccessPoint {
    /// Where it is homed.
    pub fn region(&self) -> &Region {
        &self.owner.region
    }

    /// The partition of its region.
    pub fn partition(&self) -> &'static Partition {
        self.owner.partition
    }

    /// The first two labels of its host.
    pub fn labels(&self) -> String {
        format!("{}-{}.{}", self.name, self.owner.account, self.outpost)
    }
}

impl MultiRegion {
    /// The partition of its buckets.
    pub fn partition(&self) -> &'static Partition {
        self.partition
    }

    /// What S3 calls it: `….mrap`.
    pub fn alias(&self) -> &str {
        &self.alias
    }
}

impl Owner {
    /// An ARN up to its resource.
    fn arn(&self, service: &str) -> String {
        format!("arn:{}:{service}:{}:{}", self.partition.id, self.region, self.account)
    }
}

impl fmt::Display for OutpostsAccessPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:outpost/{}/accesspoint/{}", self.owner.arn("s3-outposts"), self.outpost, self.name)
    }
}

impl fmt::Display for MultiRegion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arn:{}:s3::{}:accesspoint/{}", self.partition.id, self.account, self.alias)
    }
}

/// Reads an ARN: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`, the resource's parts between `/` or `:`.
pub(super) fn parse(text: &str) -> Result<Resource, InvalidBucket> {
    let mut parts = text.splitn(6, ':').skip(1);
    let mut part = || parts.next().ok_or(InvalidBucket::ArnIncomplete);
    let (partition, service, region, account, resource) = (part()?, part()?, part()?, part()?, part()?);
    let resource: Vec<&str> = resource.split(['/', ':']).collect();
    let place = Place { partition, region, account };
    match (service, resource.as_slice()) {
        ("s3express", _) => Err(InvalidBucket::Directory),
        ("s3", ["accesspoint", name]) if region.is_empty() => place.multi_region(name).map(Resource::MultiRegion),
        ("s3", ["accesspoint", name]) => place.access_point(name).map(Resource::AccessPoint),
        ("s3-object-lambda", ["accesspoint", name]) => place.access_point(name).map(Resource::ObjectLambda),
        ("s3-outposts", ["outpost", outpost, "accesspoint", name]) => {
            place.outposts(outpost, name).map(Resource::Outposts)
        }
        ("s3", [_]) if region.is_empty() && account.is_empty() => Err(InvalidBucket::BucketArn),
        ("s3" | "s3-object-lambda" | "s3-outposts", _) => Err(InvalidBucket::ArnResource),
        _ => Err(InvalidBucket::ArnService),
    }
}

/// The parts of an ARN that say whose it is and where, as they stand.
#[derive(Clone, Copy)]
struct Place<'a> {
    partition: &'a str,
    region: &'a str,
    account: &'a str,
}

impl Place<'_> {
    fn access_point(self, name: &str) -> Result<AccessPoint, InvalidBucket> {
        Ok(AccessPoint { owner: self.owner()?, name: access_point_name(name)? })
    }

    fn outposts(self, outpost: &str, name: &str) -> Result<OutpostsAccessPoint, InvalidBucket> {
        if !is_label(outpost) {
            return Err(InvalidBucket::Outpost);
        }
        Ok(OutpostsAccessPoint { owner: self.owner()?, outpost: outpost.into(), name: access_point_name(name)? })
    }

    /// Without its end, an access point's ARN that lost its region would be one of these.
    fn multi_region(self, alias: &str) -> Result<MultiRegion, InvalidBucket> {
        let partition = Partition::named(self.partition).ok_or(InvalidBucket::ArnPartition)?;
        match alias.strip_suffix(MULTI_REGION).is_some_and(is_label) {
            true => Ok(MultiRegion { partition, account: account(self.account)?, alias: alias.into() }),
            false => Err(InvalidBucket::ArnRegionMissing),
        }
    }

    fn owner(self) -> Result<Owner, InvalidBucket> {
        if self.region.is_empty() {
            return Err(InvalidBucket::ArnRegionMissing);
        }
        let region = Region::parse(self.region).map_err(|_| InvalidBucket::ArnRegion)?;
        let partition = region.partition().ok_or(InvalidBucket::ArnRegion)?;
        match partition.id == self.partition {
            true => Ok(Owner { partition, region, account: account(self.account)? }),
            false => Err(InvalidBucket::ArnPartition),
        }
    }
}

fn account(text: &str) -> Result<Box<str>, InvalidBucket> {
    match text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(text.into()),
        false => Err(InvalidBucket::Account),
    }
}

/// With the account behind it, it is one label of a host.
fn access_point_name(text: &str) -> Result<Box<str>, InvalidBucket> {
    if is_label(text) && text.len() <= 50 { Ok(text.into()) } else { Err(InvalidBucket::AccessPointName) }
}
