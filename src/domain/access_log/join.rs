//! Audit lines and access log lines, joined: how each URL was used, and which uses no audit line explains.

use std::collections::HashMap;
use std::collections::HashSet;
use std::hash::DefaultHasher;
use std::hash::Hash;
use std::hash::Hasher;

use time::OffsetDateTime;

use crate::domain::access_log::issued::Asker;
use crate::domain::access_log::issued::Issued;
use crate::domain::access_log::presigned::Presigned;
use crate::domain::access_log::presigned::is_form;
use crate::domain::access_log::presigned::key_field;
use crate::domain::access_log::record::Record;
use crate::domain::access_log::uses::JoinedBy;
use crate::domain::access_log::uses::Uses;
use crate::domain::access_log::uses::is_served;
use crate::domain::operation::Operation;

/// First told of each URL that was issued, then of each line of the access logs. It holds the URLs, and eight bytes of
/// each presigned request, since S3 may log one twice.
#[derive(Debug, Default)]
pub struct Join {
    /// The real names of each alias; an alias that is not there may be any bucket.
    real_names: HashMap<String, Vec<String>>,
    urls: Vec<Url>,
    by_id: HashMap<Box<str>, usize>,
    /// By the fingerprint of what a signature binds.
    by_signature: HashMap<u64, Vec<usize>>,
    forms_by_key: HashMap<Box<str>, Vec<usize>>,
    signing_keys: HashSet<Box<str>>,
    /// Fingerprints of the requests that were counted.
    seen: HashSet<u64>,
    totals: Totals,
}

/// A URL or a form, who asked for it, and its uses.
#[derive(Debug)]
pub struct Url {
    pub operation: Operation,
    /// The alias.
    pub bucket: String,
    pub key: String,
    pub expires_at: i64,
    pub stable: bool,
    /// One, but of a `stable` URL each who was given it.
    pub askers: Vec<Asker>,
    pub uses: Uses,
    signing_key_id: String,
}

/// What came together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Requests that were signed in the query by keys that no audit line names, without an id.
    pub by_other_keys: u64,
    /// Lines that S3 wrote twice.
    pub duplicates: u64,
    /// Requests that no audit line explains, and that S3 refused.
    pub refused_attempts: u64,
    pub unexplained: u64,
}

/// What a line of an access log is.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Counted with its URL.
    Explained,
    /// No use of a presigned URL of ours, or one that changed nothing.
    Other,
    Unexplained(Unexplained),
}

/// A use that no audit line explains. It holds nothing that was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unexplained {
    pub why: Why,
    pub time: OffsetDateTime,
    pub address: String,
    /// As S3 calls it.
    pub operation: String,
    /// The real name.
    pub bucket: String,
    pub key: Option<String>,
    pub status: Option<u16>,
    /// The id that the request bore.
    pub id: Option<String>,
}

/// Why a use is unexplained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    AfterExpiry,
    /// Signed by a key of ours, without an id, and as no URL that was issued.
    NoId,
    OtherBucket,
    OtherKey,
    OtherOperation,
    UnknownId,
}

impl Why {
    /// As JSON has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AfterExpiry => "after_expiry",
            Self::NoId => "no_id",
            Self::OtherBucket => "other_bucket",
            Self::OtherKey => "other_key",
            Self::OtherOperation => "other_operation",
            Self::UnknownId => "unknown_id",
        }
    }

    /// For people.
    pub fn told(self) -> &'static str {
        match self {
            Self::AfterExpiry => "served after the URL had ended",
            Self::NoId => "signed by a key of the audit's, but as no URL in it",
            Self::OtherBucket => "its URL was issued for another bucket",
            Self::OtherKey => "its URL was issued for another key",
            Self::OtherOperation => "its URL was issued for another operation",
            Self::UnknownId => "its id is in no audit line",
        }
    }
}

impl Join {
    /// Nothing yet. Buckets are compared where the real names of their alias are known.
    pub fn new(real_names: HashMap<String, Vec<String>>) -> Self {
        Self { real_names, ..Self::default() }
    }

    /// Takes an audit line; one whose id was told already is passed over.
    pub fn issued(&mut self, issued: Issued) {
        let Issued { asker, operation, bucket, key, expires_at, signing_key_id, stable } = issued;
        if self.by_id.contains_key(asker.id.as_str()) {
            return;
        }
        let bound = fingerprint(&(operation, &key, &signing_key_id, expires_at));
        let same = self.by_signature.get(&bound).into_iter().flatten().copied().find(|place| {
            stable && self.urls.get(*place).is_some_and(|url| url.stable && url.bucket == bucket && url.key == key)
        });
        let place = same.unwrap_or(self.urls.len());
        self.by_id.insert(asker.id.as_str().into(), place);
        if let Some(url) = self.urls.get_mut(place) {
            url.askers.push(asker);
            return;
        }
        match operation == Operation::PostObject {
            true => self.forms_by_key.entry(key.as_str().into()).or_default().push(place),
            false => self.by_signature.entry(bound).or_default().push(place),
        }
        self.signing_keys.insert(signing_key_id.as_str().into());
        let (askers, uses) = (vec![asker], Uses::default());
        self.urls.push(Url { operation, bucket, key, expires_at, stable, askers, uses, signing_key_id });
    }

    /// Takes a line of an access log.
    pub fn used(&mut self, record: &Record<'_>) -> Outcome {
        match Presigned::of(record) {
            Some(presigned) if self.is_new(record) => self.presigned(record, &presigned),
            None if is_form(record) && self.is_new(record) => self.form(record),
            Some(_) | None => Outcome::Other,
        }
    }

    /// In the order of the audit.
    pub fn urls(&self) -> &[Url] {
        &self.urls
    }

    /// What came together so far.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Whether the request was not yet counted. The two halves of a copy share an id.
    fn is_new(&mut self, record: &Record<'_>) -> bool {
        let is_new = record.request_id == "-" || self.seen.insert(fingerprint(&(record.request_id, record.operation)));
        if !is_new {
            self.totals.duplicates += 1;
        }
        is_new
    }

    fn presigned(&mut self, record: &Record<'_>, presigned: &Presigned) -> Outcome {
        let (found, by) = match &presigned.id {
            Some(id) => (self.by_id.get(id.as_str()).copied(), JoinedBy::Id),
            None => (self.by_signature(record, presigned), JoinedBy::Signature),
        };
        let Some((place, url)) = found.and_then(|place| Some((place, self.urls.get(place)?))) else {
            return self.of_no_url(record, presigned);
        };
        if let Some(why) = self.differs(url, record, presigned).filter(|_| is_served(record)) {
            return self.unexplained(why, record, presigned);
        }
        // late or changed, and refused as it had to be, is a use of the URL all the same
        if let Some(url) = self.urls.get_mut(place) {
            url.uses.add(record, url.operation, by);
        }
        Outcome::Explained
    }

    fn of_no_url(&mut self, record: &Record<'_>, presigned: &Presigned) -> Outcome {
        let ours = presigned.access_key_id.as_deref().is_some_and(|id| self.signing_keys.contains(id));
        let why = match &presigned.id {
            Some(_) => Why::UnknownId,
            None if ours => Why::NoId,
            None => {
                self.totals.by_other_keys += 1;
                return Outcome::Other;
            }
        };
        if is_served(record) {
            return self.unexplained(why, record, presigned);
        }
        self.totals.refused_attempts += 1;
        Outcome::Other
    }

    fn unexplained(&mut self, why: Why, record: &Record<'_>, presigned: &Presigned) -> Outcome {
        self.totals.unexplained += 1;
        Outcome::Unexplained(Unexplained::of(why, record, presigned))
    }

    /// The URL that has no id in it, by what its signature binds.
    fn by_signature(&self, record: &Record<'_>, presigned: &Presigned) -> Option<usize> {
        let (operation, ends_at) = (presigned.operation?, presigned.ends_at?);
        let signing_key_id = presigned.access_key_id.as_ref()?;
        let mut places = presigned.names.iter().flat_map(|key| {
            let bound = fingerprint(&(operation, key, signing_key_id, ends_at));
            self.by_signature.get(&bound).into_iter().flatten().copied()
        });
        places.find(|place| {
            self.urls.get(*place).is_some_and(|url| {
                let is_bound = url.signing_key_id == *signing_key_id && url.expires_at == ends_at;
                is_bound && matches!(self.differs(url, record, presigned), None | Some(Why::AfterExpiry))
            })
        })
    }

    fn differs(&self, url: &Url, record: &Record<'_>, presigned: &Presigned) -> Option<Why> {
        if !self.is_bucket(url, record) {
            return Some(Why::OtherBucket);
        }
        if presigned.operation != Some(url.operation) {
            return Some(Why::OtherOperation);
        }
        if !presigned.names.contains(&url.key) {
            return Some(Why::OtherKey);
        }
        (record.time.unix_timestamp() > url.expires_at).then_some(Why::AfterExpiry)
    }

    fn is_bucket(&self, url: &Url, record: &Record<'_>) -> bool {
        self.real_names.get(&url.bucket).is_none_or(|names| names.iter().any(|name| name == record.bucket))
    }

    /// A form's fields are in the body, which no log has: of several forms for a key it was the last that was issued
    /// before. Others may well post forms of their own, so that one which fits none is nothing strange.
    fn form(&mut self, record: &Record<'_>) -> Outcome {
        let time = record.time.unix_timestamp();
        let forms = key_field(record).and_then(|key| self.forms_by_key.get(key.as_str()));
        let fits = |place: &&usize| {
            let lives = |url: &Url| {
                let begins = url.askers.first().map_or(i64::MAX, |asker| asker.asked_at);
                (begins..=url.expires_at).contains(&time) && self.is_bucket(url, record)
            };
            self.urls.get(**place).is_some_and(lives)
        };
        let place = forms.and_then(|forms| forms.iter().rev().find(fits)).copied();
        let Some(url) = place.and_then(|place| self.urls.get_mut(place)) else {
            return Outcome::Other;
        };
        url.uses.add(record, url.operation, JoinedBy::KeyAndTime);
        Outcome::Explained
    }
}

impl Unexplained {
    fn of(why: Why, record: &Record<'_>, presigned: &Presigned) -> Self {
        Self {
            why,
            time: record.time,
            address: record.address.to_owned(),
            operation: record.operation.to_owned(),
            bucket: record.bucket.to_owned(),
            key: presigned.names.first().cloned(),
            status: record.status,
            // whoever holds the key writes there what he likes: only what can be an id is repeated
            id: presigned.id.clone().filter(|id| uuid::Uuid::try_parse(id).is_ok()),
        }
    }
}

/// Eight bytes for a request: of a million, two share one with a chance of one to 37 million.
fn fingerprint(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
