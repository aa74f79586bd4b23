//! What `bucket` of the configuration names: a bucket, or an access point that leads to one.

mod arn;
mod name;

use std::fmt;

use crate::domain::region::Partition;
use crate::domain::region::Region;

pub use arn::AccessPoint;
pub use arn::MultiRegion;
pub use arn::OutpostsAccessPoint;
pub use name::BucketName;
pub use name::InvalidBucket;
pub use name::OutpostsAlias;

/// A bucket by its name, or an access point by its ARN or by the alias that stands in a name's place.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html>
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Resource {
    /// A general purpose bucket, or whatever another store has under a name.
    Bucket(BucketName),
    AccessPoint(AccessPoint),
    /// `…-s3alias`.
    AccessPointAlias(BucketName),
    MultiRegion(MultiRegion),
    ObjectLambda(AccessPoint),
    /// `…--ol-s3`.
    ObjectLambdaAlias(BucketName),
    Outposts(OutpostsAccessPoint),
    /// `…--op-s3`.
    OutpostsAlias(OutpostsAlias),
}

impl Resource {
    /// Reads a name, an alias or an ARN.
    pub fn parse(text: &str) -> Result<Self, InvalidBucket> {
        if text.starts_with("arn:") {
            return arn::parse(text);
        }
        let name = BucketName::of_any_kind(text)?;
        match () {
            () if text.ends_with("-s3alias") => Ok(Self::AccessPointAlias(name)),
            () if text.ends_with("--ol-s3") => Ok(Self::ObjectLambdaAlias(name)),
            () if text.ends_with("--op-s3") => OutpostsAlias::of(name).map(Self::OutpostsAlias),
            () => Ok(Self::Bucket(name)),
        }
    }

    /// The region that an ARN names. A Multi-Region Access Point's has none.
    pub fn region(&self) -> Option<&Region> {
        match self {
            Self::AccessPoint(point) | Self::ObjectLambda(point) => Some(point.region()),
            Self::Outposts(point) => Some(point.region()),
            Self::Bucket(_)
            | Self::AccessPointAlias(_)
            | Self::MultiRegion(_)
            | Self::ObjectLambdaAlias(_)
            | Self::OutpostsAlias(_) => None,
        }
    }

    /// The partition that an ARN names.
    pub fn partition(&self) -> Option<&'static Partition> {
        match self {
            Self::AccessPoint(point) | Self::ObjectLambda(point) => Some(point.partition()),
            Self::Outposts(point) => Some(point.partition()),
            Self::MultiRegion(point) => Some(point.partition()),
            Self::Bucket(_) | Self::AccessPointAlias(_) | Self::ObjectLambdaAlias(_) | Self::OutpostsAlias(_) => None,
        }
    }

    /// Whether it is written as an ARN, which says itself where it is.
    pub fn is_arn(&self) -> bool {
        match self {
            Self::AccessPoint(_) | Self::MultiRegion(_) | Self::ObjectLambda(_) | Self::Outposts(_) => true,
            Self::Bucket(_) | Self::AccessPointAlias(_) | Self::ObjectLambdaAlias(_) | Self::OutpostsAlias(_) => false,
        }
    }

    /// The bucket, where it is named itself. Which one an access point leads to is not in its name.
    pub fn bucket(&self) -> Option<&BucketName> {
        match self {
            Self::Bucket(name) => Some(name),
            Self::AccessPoint(_)
            | Self::AccessPointAlias(_)
            | Self::MultiRegion(_)
            | Self::ObjectLambda(_)
            | Self::ObjectLambdaAlias(_)
            | Self::Outposts(_)
            | Self::OutpostsAlias(_) => None,
        }
    }

    /// What it is, for people.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Bucket(_) => "a bucket",
            Self::AccessPoint(_) | Self::AccessPointAlias(_) => "an access point",
            Self::MultiRegion(_) => "a Multi-Region Access Point",
            Self::ObjectLambda(_) | Self::ObjectLambdaAlias(_) => "an Object Lambda access point",
            Self::Outposts(_) | Self::OutpostsAlias(_) => "an access point on Outposts",
        }
    }
}

impl BucketName {
    /// Reads the name of a bucket, and of nothing that leads to one.
    pub fn parse(text: &str) -> Result<Self, InvalidBucket> {
        match Resource::parse(text)? {
            Resource::Bucket(name) => Ok(name),
            Resource::AccessPoint(_)
            | Resource::AccessPointAlias(_)
            | Resource::MultiRegion(_)
            | Resource::ObjectLambda(_)
            | Resource::ObjectLambdaAlias(_)
            | Resource::Outposts(_)
            | Resource::OutpostsAlias(_) => Err(InvalidBucket::NoBucket),
        }
    }
}

/// As S3's tools write it: an ARN with `/` between its parts.
impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bucket(name) | Self::AccessPointAlias(name) | Self::ObjectLambdaAlias(name) => name.fmt(f),
            Self::AccessPoint(point) => point.write("s3", f),
            Self::MultiRegion(point) => point.fmt(f),
            Self::ObjectLambda(point) => point.write("s3-object-lambda", f),
            Self::Outposts(point) => point.fmt(f),
            Self::OutpostsAlias(alias) => alias.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests;
