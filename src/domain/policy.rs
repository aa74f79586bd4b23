//! All grants, indexed: the decision.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use crate::domain::bucket::BucketName;
use crate::domain::endpoint::Target;
use crate::domain::grant::Grant;
use crate::domain::lifetime::ExpiryRules;
use crate::domain::name::Name;

/// One bucket that callers can name.
#[derive(Debug, Clone)]
pub struct Bucket {
    pub alias: Name,
    pub bucket: BucketName,
    /// For an access point's alias: the bucket behind it.
    pub underlying: Option<BucketName>,
    pub target: Arc<Target>,
    /// Sign reads and lists.
    pub read_credentials: Name,
    /// Sign the rest.
    pub write_credentials: Name,
    /// Puts `x-presignd-id` into URLs.
    pub log_id: bool,
}

/// Until when the credentials of each name can sign.
#[derive(Debug, Clone, Default)]
pub struct CredentialWindows(pub HashMap<Name, Window>);

/// Until when credentials can sign. A name that is absent cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    Endless,
    Until(SystemTime),
}

/// What surrounds one request, beside who asks and when.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The issuance id, a UUIDv7.
    pub id: &'a str,
    /// The client's address; `None` where a proxy's header about it was malformed.
    pub address: Option<IpAddr>,
}

/// Buckets, grants and the rules for lifetimes.
#[derive(Debug)]
pub struct Policy {
    expiry: ExpiryRules,
    buckets: Vec<Bucket>,
    grants: Vec<Grant>,
}

impl Policy {
    /// Indexes the grants. Their buckets are aliases among `buckets`; their order decides between equals.
    pub fn new(expiry: ExpiryRules, buckets: Vec<Bucket>, grants: Vec<Grant>) -> Self {
        Self { expiry, buckets, grants }
    }

    /// The buckets, in the configuration's order.
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// The grants, in the configuration's order.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }
}
