//! All grants, indexed: the decision.

mod bucket;
mod candidate;
mod explain;
mod held;
mod index;
mod judge;
mod permit;
mod prefix;
mod server_key;
mod window;

pub use bucket::Bucket;
pub use explain::Considered;
pub use explain::Explanation;
pub use permit::Permit;
pub use window::CredentialWindows;
pub use window::Days;
pub use window::Window;

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::SystemTime;

use crate::domain::caller::Caller;
use crate::domain::claims::Claims;
use crate::domain::grant::Effect;
use crate::domain::grant::Grant;
use crate::domain::key::ObjectKey;
use crate::domain::lifetime::ExpiryRules;
use crate::domain::name::Name;
use crate::domain::operation::Operation;
use crate::domain::policy::bucket::same_bucket;
use crate::domain::policy::index::Holder;
use crate::domain::policy::index::Index;
use crate::domain::policy::index::Place;
use crate::domain::policy::judge::Judged;
use crate::domain::refusal::Refusal;
use crate::domain::refusal::RefusalCode;
use crate::domain::request::Object;
use crate::domain::request::Request;
use crate::domain::signing_keys::CredentialScope;

/// What surrounds one request, beside who asks.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The issuance id, a UUIDv7.
    pub id: &'a str,
    /// The client's address; `None` where a proxy's header about it was malformed.
    pub address: Option<IpAddr>,
    pub windows: &'a CredentialWindows,
    pub now: SystemTime,
}

/// Buckets, grants and the rules for lifetimes.
#[derive(Debug)]
pub struct Policy {
    expiry: ExpiryRules,
    buckets: Vec<Bucket>,
    grants: Vec<Grant>,
    by_alias: HashMap<Name, Shelf>,
}

/// The grants on one bucket.
#[derive(Debug, Default)]
struct Shelf {
    /// Among the policy's.
    bucket: usize,
    allows: Index,
    /// Also those on other aliases of the same real bucket.
    denies: Index,
    /// Allows and denies, in the configuration's order.
    all: Vec<Place>,
    /// Allows with a `key_template`.
    with_template: Vec<Place>,
}

/// One question and all that bears on it.
#[derive(Clone, Copy)]
struct Question<'a> {
    policy: &'a Policy,
    shelf: &'a Shelf,
    bucket: &'a Bucket,
    /// Nobody, where an operator signs under one grant.
    caller: Option<&'a Caller>,
    holder: Holder<'a>,
    request: &'a Request,
    around: Circumstances<'a>,
}

impl Policy {
    /// Indexes the grants. Their buckets are aliases among `buckets`; their order decides between equals.
    pub fn new(expiry: ExpiryRules, buckets: Vec<Bucket>, grants: Vec<Grant>) -> Self {
        let shelve = |(bucket, of): (usize, &Bucket)| (of.alias.clone(), Shelf { bucket, ..Shelf::default() });
        let mut by_alias: HashMap<Name, Shelf> = buckets.iter().enumerate().map(shelve).collect();
        let same = same_bucket(&buckets);
        for (place, grant) in grants.iter().enumerate() {
            let others = same.get(&grant.bucket).map_or([].as_slice(), Vec::as_slice);
            let others = others.iter().filter(|alias| grant.effect == Effect::Deny && **alias != grant.bucket);
            for alias in std::iter::once(&grant.bucket).chain(others) {
                if let Some(shelf) = by_alias.get_mut(alias) {
                    shelf.add(place, grant);
                }
            }
        }
        Self { expiry, buckets, grants, by_alias }
    }

    /// The buckets, in the configuration's order.
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// The bucket of that alias.
    pub fn bucket(&self, alias: &Name) -> Option<&Bucket> {
        self.by_alias.get(alias).and_then(|shelf| self.buckets.get(shelf.bucket))
    }

    /// The grants, in the configuration's order.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// The credentials that sign for a bucket, each once: the reading ones first, then those of grants.
    pub fn signers<'a>(&'a self, bucket: &'a Bucket) -> Vec<&'a Name> {
        let of_grants = self.grants.iter().filter(|grant| grant.bucket == bucket.alias);
        let of_grants = of_grants.filter_map(|grant| grant.credentials.as_ref());
        let mut names = Vec::new();
        for name in [&bucket.read_credentials, &bucket.write_credentials].into_iter().chain(of_grants) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The regions and services of the buckets that these credentials sign for.
    pub fn scopes_signed_by(&self, name: &Name) -> BTreeSet<CredentialScope> {
        let signed = self.buckets.iter().filter(|bucket| self.signers(bucket).contains(&name));
        signed.filter_map(|bucket| CredentialScope::of(&bucket.target)).collect()
    }

    /// Decides whether the caller may have what the request asks for. The one way to a [`Permit`] for a caller.
    pub fn authorize(&self, caller: &Caller, request: &Request, around: Circumstances<'_>) -> Result<Permit, Refusal> {
        let holder = Holder { claims: caller.claims(), scopes: caller.scopes() };
        let question = self.question(Some(caller), holder, request, around).ok_or_else(no_grant)?;
        match &request.object {
            Object::Key(key) => question.of_key(key)?.permit(&question, key.as_str()),
            Object::Prefix(prefix) => question.of_prefix(prefix)?.permit(&question, prefix.as_str()),
            Object::ForFile { file_name, grant } => {
                let (judged, key) = question.of_file(file_name, grant.as_deref())?;
                judged.permit(&question, key.as_str())
            }
        }
    }

    /// Whether an operator's own request lies within one grant: its bucket, prefix, actions, lifetime and limits, but
    /// not whom it is for, nor denies or other grants.
    pub fn authorize_operator(
        &self,
        grant: &Name,
        claims: &Claims,
        request: &Request,
        around: Circumstances<'_>,
    ) -> Result<Permit, Refusal> {
        let holder = Holder { claims, scopes: &[] };
        let question = self.question(None, holder, request, around).ok_or_else(no_grant)?;
        let place = question.allow_named(grant.as_str()).ok_or_else(no_grant)?;
        let (judged, key) = question.of_operator(place)?;
        judged.permit(&question, &key)
    }

    fn question<'a>(
        &'a self,
        caller: Option<&'a Caller>,
        holder: Holder<'a>,
        request: &'a Request,
        around: Circumstances<'a>,
    ) -> Option<Question<'a>> {
        let shelf = self.by_alias.get(request.bucket.as_str())?;
        let bucket = self.buckets.get(shelf.bucket)?;
        Some(Question { policy: self, shelf, bucket, caller, holder, request, around })
    }

    /// The grant at a place that the index gave.
    fn grant(&self, place: Place) -> &Grant {
        #[expect(clippy::indexing_slicing, reason = "places are made from this very list")]
        &self.grants[place]
    }
}

impl Shelf {
    fn add(&mut self, place: Place, grant: &Grant) {
        self.all.push(place);
        match grant.effect {
            Effect::Deny => self.denies.add(place, grant),
            Effect::Allow => self.allows.add(place, grant),
        }
        if grant.effect == Effect::Allow && grant.upload.key_template.is_some() {
            self.with_template.push(place);
        }
    }
}

impl Question<'_> {
    /// "How a grant is found", for a key.
    fn of_key(&self, key: &ObjectKey) -> Result<Judged, Refusal> {
        let deciding = self.deciding(key.as_str())?;
        self.first_satisfied(&deciding)
    }

    /// The grants of the longest prefix that covers a key: they decide, satisfied or not.
    fn deciding(&self, key: &str) -> Result<Vec<Place>, Refusal> {
        let deny =
            self.shelf.denies.covering(self.holder, key).into_iter().find(|place| self.reach(*place, key).is_ok());
        let candidates = self.allows_covering(key, |_| true);
        if candidates.is_empty() {
            return Err(no_grant());
        }
        match deny {
            Some(place) => Err(self.denied(place)),
            None => Ok(longest(candidates)),
        }
    }

    /// The allows that are candidates, each with how many bytes of the text its prefix takes.
    fn allows_covering(&self, text: &str, also: impl Fn(Place) -> bool) -> Vec<(usize, Place)> {
        let places = self.shelf.allows.covering(self.holder, text).into_iter().filter(|place| also(*place));
        places.filter_map(|place| Some((self.reach(place, text).ok()?, place))).collect()
    }

    fn denied(&self, place: Place) -> Refusal {
        Refusal { grant: Some(self.policy.grant(place).name.clone()), ..Refusal::of(RefusalCode::Denied) }
    }

    fn first_satisfied(&self, deciding: &[Place]) -> Result<Judged, Refusal> {
        let mut first_refusal = None;
        for place in deciding {
            match self.judge(*place).satisfied() {
                Ok(judged) => return Ok(judged),
                Err(refusal) => _ = first_refusal.get_or_insert(refusal),
            }
        }
        Err(first_refusal.unwrap_or_else(no_grant))
    }

    fn allow_named(&self, name: &str) -> Option<Place> {
        let found = |place: &Place| {
            let grant = self.policy.grant(*place);
            grant.name.as_str() == name && grant.effect == Effect::Allow
        };
        self.shelf.all.iter().copied().find(found)
    }

    fn operation(&self) -> Operation {
        self.request.operation
    }
}

fn longest(candidates: Vec<(usize, Place)>) -> Vec<Place> {
    let most = candidates.iter().map(|(length, _)| *length).max();
    candidates.into_iter().filter(|(length, _)| Some(*length) == most).map(|(_, place)| place).collect()
}

fn no_grant() -> Refusal {
    Refusal::of(RefusalCode::NoGrant)
}

#[cfg(test)]
mod tests;
