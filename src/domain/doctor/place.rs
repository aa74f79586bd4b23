//! Where a bucket is asked about itself.

use crate::domain::aws_policy::place;
use crate::domain::bucket::BucketName;
use crate::domain::bucket::Resource;
use crate::domain::endpoint::EndpointOptions;
use crate::domain::endpoint::Target;
use crate::domain::policy::Bucket;
use crate::domain::region::Region;

/// The bucket that keeps the objects, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub name: BucketName,
    pub target: Target,
}

/// An access point, which is asked nothing of the bucket behind it, and nobody says which that is.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-service-api-support.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoPlace;

impl Place {
    /// Where a bucket of the configuration is asked: behind an access point, at the region's own host.
    pub fn of(bucket: &Bucket) -> Result<Self, NoPlace> {
        let name = place::real_name(bucket).ok_or(NoPlace)?.clone();
        if !place::is_access_point(bucket) {
            return Ok(Self { name, target: Target::clone(&bucket.target) });
        }
        // a bucket on an outpost has no other host
        if matches!(bucket.resource, Resource::Outposts(_) | Resource::OutpostsAlias(_)) {
            return Err(NoPlace);
        }
        let region = Some(Region::parse(&bucket.target.region).map_err(|_| NoPlace)?);
        let options = EndpointOptions { region, ..EndpointOptions::default() };
        let target = Target::resolve(&Resource::Bucket(name.clone()), &options).map_err(|_| NoPlace)?;
        Ok(Self { name, target })
    }

    /// The store's address without the bucket, as other clients take it.
    pub(super) fn endpoint(&self) -> String {
        let Target { scheme, host, base_path, .. } = &self.target;
        let name = self.name.as_str();
        let host = host.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')).unwrap_or(host);
        let base_path = base_path.strip_suffix(name).and_then(|rest| rest.strip_suffix('/')).unwrap_or(base_path);
        format!("{}://{host}{base_path}", scheme.as_str())
    }
}
