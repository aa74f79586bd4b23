//! The ARN that requests for a bucket name, taken apart: the bucket's own, or that of the access point that it is reached
//! by.

use crate::domain::aws_policy::Action;
use crate::domain::aws_policy::place;
use crate::domain::policy::Bucket;

/// `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`, with stars for what an alias does not tell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Named(String);

/// The service whose actions are asked for: policies call it as ARNs do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Service {
    S3,
    ObjectLambda,
    Outposts,
}

impl Named {
    pub(super) fn of(bucket: &Bucket) -> Self {
        Self(place::named_arn(bucket))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn service(&self) -> Service {
        match self.part(2) {
            "s3-object-lambda" => Service::ObjectLambda,
            "s3-outposts" => Service::Outposts,
            _ => Service::S3,
        }
    }

    pub(super) fn region(&self) -> &str {
        self.part(3)
    }

    pub(super) fn account(&self) -> Option<&str> {
        Some(self.part(4)).filter(|account| !account.is_empty() && !self.is_hidden())
    }

    /// Whether only an alias is known of it.
    pub(super) fn is_hidden(&self) -> bool {
        self.part(4) == "*"
    }

    /// The name of an access point, where its alias tells the whole of it: S3 cuts it where the alias would be longer than
    /// a bucket's name can be, 63 characters, of which its own, the suffix among them, are 43.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html#access-points-alias>
    pub(super) fn whole_name(&self) -> Option<&str> {
        let name = self.part(5).rsplit('/').next().unwrap_or_default();
        match self.is_hidden() {
            true => name.strip_suffix('*').filter(|name| name.len() < 20),
            false => Some(name),
        }
    }

    /// The same access point, by its account.
    pub(super) fn told(&self, account: &str) -> Option<Self> {
        let (partition, region, name) = (self.part(1), self.region(), self.whole_name()?);
        Some(Self(format!("arn:{partition}:s3:{region}:{account}:accesspoint/{name}")))
    }

    /// Whether it is in every region.
    pub(super) fn is_multi_region(&self) -> bool {
        self.is_point() && self.region().is_empty()
    }

    /// The ARN of these keys. Object Lambda has none for objects.
    pub(super) fn objects(&self, pattern: &str) -> String {
        match self.service() {
            Service::ObjectLambda => self.0.clone(),
            Service::S3 | Service::Outposts if self.is_point() => format!("{}/object/{pattern}", self.0),
            Service::S3 | Service::Outposts => format!("{}/{pattern}", self.0),
        }
    }

    fn is_point(&self) -> bool {
        self.part(5).contains("accesspoint/")
    }

    fn part(&self, place: usize) -> &str {
        self.0.splitn(6, ':').nth(place).unwrap_or_default()
    }
}

impl Service {
    /// S3's action, as the service has it.
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3objectlambda.html>
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3onoutposts.html>
    pub(super) fn action(self, action: &'static str) -> Action {
        let (_, name) = action.split_once(':').unwrap_or(("", action));
        match self {
            Self::S3 => action.into(),
            Self::ObjectLambda => format!("s3-object-lambda:{name}").into(),
            Self::Outposts => format!("s3-outposts:{name}").into(),
        }
    }

    /// What bounds a list; Object Lambda knows nothing that does.
    pub(super) fn prefix_key(self) -> Option<&'static str> {
        match self {
            Self::S3 => Some("s3:prefix"),
            Self::ObjectLambda => None,
            Self::Outposts => Some("s3-outposts:prefix"),
        }
    }
}
