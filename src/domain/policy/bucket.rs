//! The buckets that callers can name, and which of them are the same.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

use crate::domain::bucket::BucketName;
use crate::domain::bucket::Resource;
use crate::domain::encryption::ServerSideEncryption;
use crate::domain::endpoint::Target;
use crate::domain::name::Name;
use crate::domain::store::Store;
use crate::domain::store::features::Lacks;

/// One bucket that callers can name.
#[derive(Debug, Clone)]
pub struct Bucket {
    pub alias: Name,
    pub resource: Resource,
    /// For an access point: the bucket behind it, or for a Multi-Region one those; empty where nobody said.
    pub underlying: Vec<BucketName>,
    pub target: Arc<Target>,
    pub store: Store,
    /// What cannot be done there, whatever a grant allows.
    pub lacks: Lacks,
    /// Signed into each upload that says nothing, where the grant demands nothing.
    pub default_encryption: Option<ServerSideEncryption>,
    /// Sign reads and lists.
    pub read_credentials: Name,
    /// Sign the rest.
    pub write_credentials: Name,
    /// Puts `x-presignd-id` into URLs.
    pub log_id: bool,
}

impl Bucket {
    /// The buckets that keep the objects, as far as the configuration says.
    pub fn real(&self) -> impl Iterator<Item = &BucketName> {
        let own = self.resource.bucket().filter(|_| self.underlying.is_empty());
        own.into_iter().chain(&self.underlying)
    }

    /// Whether it may lead to any bucket: an access point of which nobody said to which.
    pub fn leads_anywhere(&self) -> bool {
        self.real().next().is_none()
    }
}

/// The aliases of each alias's real bucket, for which a deny holds too: those that are or lead to one and the same.
/// Where any of them says to which bucket an access point leads, it leads there for all of them; what two
/// Multi-Region Access Points lead to both makes them the same, but not the other buckets behind them. Whether they
/// are in one store is not asked: an endpoint may be another way to AWS.
pub(super) fn same_bucket(buckets: &[Bucket]) -> HashMap<Name, Vec<Name>> {
    let mut leads: HashMap<&Resource, Vec<Resource>> = HashMap::new();
    for bucket in buckets {
        let underlying = bucket.underlying.iter().cloned().map(Resource::Bucket);
        leads.entry(&bucket.resource).or_default().extend(underlying);
    }
    let mut met: HashMap<&Resource, Vec<&Name>> = HashMap::new();
    let reached: Vec<_> = buckets.iter().map(|bucket| (&bucket.alias, reached(&bucket.resource, &leads))).collect();
    for (alias, resources) in &reached {
        resources.iter().for_each(|resource| met.entry(resource).or_default().push(alias));
    }
    let all = reached.iter().map(|(alias, resources)| {
        let mut told = HashSet::new();
        let same = resources.iter().filter_map(|resource| met.get(resource)).flatten();
        let same: Vec<Name> = same.filter(|alias| told.insert(**alias)).map(|alias| (*alias).clone()).collect();
        ((*alias).clone(), same)
    });
    all.collect()
}

/// A resource, and everything that it leads to.
fn reached<'a>(from: &'a Resource, leads: &'a HashMap<&Resource, Vec<Resource>>) -> HashSet<&'a Resource> {
    let mut reached = HashSet::new();
    let mut open = vec![from];
    while let Some(resource) = open.pop() {
        if reached.insert(resource) {
            open.extend(leads.get(resource).into_iter().flatten());
        }
    }
    reached
}
