//! What grants and buckets ask of a store that it cannot do: an error where nothing could ever be signed, a warning
//! where something allowed will be refused, or where some of the store's versions do nothing of the kind.

use crate::adapters::config::buckets;
use crate::adapters::config::diagnostic::Report;
use crate::adapters::config::diagnostic::Spot;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::grants;
use crate::adapters::config::tree;
use crate::adapters::config::tree::Value;
use crate::domain::action::Right;
use crate::domain::action::Rights;
use crate::domain::grant::Effect;
use crate::domain::grant::UploadLimits;
use crate::domain::operation::Operation;
use crate::domain::policy::Bucket;
use crate::domain::retention::LegalHold;
use crate::domain::retention::LockLimits;
use crate::domain::store::features::Feature;
use crate::domain::store::features::Lack;

/// Looks at each bucket and at each allow on it.
pub(super) fn check(buckets: &[buckets::Placed<'_>], grants: &[grants::Placed<'_>], report: &Report) {
    for placed in buckets {
        default_encryption(placed, report);
        let bucket = &placed.bucket;
        let on_it = |grant: &&grants::Placed<'_>| grant.grant.bucket == bucket.alias;
        for placed in grants.iter().filter(on_it).filter(|placed| placed.grant.effect == Effect::Allow) {
            let asked = Asked { placed, bucket, report };
            asked.actions();
            if placed.grant.writes() {
                asked.demands();
                asked.allowances();
                asked.storage_classes();
            }
        }
    }
}

/// It is signed into every upload that says nothing.
fn default_encryption(placed: &buckets::Placed<'_>, report: &Report) {
    let bucket = &placed.bucket;
    let lack = bucket.default_encryption.as_ref().and_then(|default| bucket.lacks.whole(Feature::from(default)));
    if let (Some(lack), Some(at)) = (lack.filter(|lack| lack.only.is_none()), placed.default_encryption_at) {
        let wrong = format!("no upload that says nothing could be signed: {}", lacking(bucket, lack));
        report.error(at, fault(wrong, "remove it"));
    }
}

/// One grant, where it asks for more than its bucket's store has.
struct Asked<'a> {
    placed: &'a grants::Placed<'a>,
    bucket: &'a Bucket,
    report: &'a Report,
}

/// What a key of `[grants.upload]` asks of each of the [`WAYS`].
struct Demand {
    key: &'static str,
    needed: [Option<Feature>; 3],
}

/// The ways to an object: by the operation that a grant must allow for it, and in words.
const WAYS: [(Operation, &str); 3] = [
    (Operation::PutObject, "PutObject"),
    (Operation::PostObject, "forms"),
    (Operation::CreateMultipartUpload, "uploads in parts"),
];

impl Asked<'_> {
    /// A grant all of whose actions are beyond the store is of no use; one of several words that is, is refused.
    fn actions(&self) {
        let rights = self.placed.grant.rights();
        if let Some(lack) = self.lacks_all(rights) {
            let wrong = format!("nothing that this grant allows could be signed: {}", lacking(self.bucket, lack));
            self.report.error(self.placed.actions_at, fault(wrong, "name other actions, or remove the grant"));
            return;
        }
        for (place, action) in self.placed.grant.actions.iter().enumerate() {
            if let Some(lack) = self.lacks_all(action.allows()) {
                let at = self.item_at(&["actions"], place).unwrap_or(self.placed.actions_at);
                self.report.warn(at, fault(refused(self.bucket, lack), "remove it"));
            }
        }
    }

    /// Why none of these can be had.
    fn lacks_all(&self, rights: Rights) -> Option<&'static Lack> {
        let mut why = rights.iter().map(|right| self.bucket.lacks.why_not(needed_by(right), ""));
        let first = why.next()??;
        why.all(|lack| lack.is_some()).then_some(first)
    }

    /// What every upload must have, or be refused.
    fn demands(&self) {
        let ways = self.ways();
        for demand in demands(&self.placed.grant.upload) {
            let lacking_of = |way: usize| {
                demand.needed.get(way).copied().flatten().and_then(|feature| self.bucket.lacks.whole(feature))
            };
            let lacking: Vec<_> = ways.iter().filter_map(|way| Some((*way, lacking_of(*way)?))).collect();
            let never: Vec<_> = lacking.iter().filter(|(_, lack)| lack.only.is_none()).copied().collect();
            match (never.as_slice(), lacking.as_slice()) {
                ([(_, lack), ..], _) if never.len() == ways.len() => self.never_met(demand.key, lack),
                ([(_, lack), ..], _) => self.sometimes_refused(demand.key, lack, &never),
                ([], [(_, lack), ..]) => self.perhaps_void(demand.key, lack, &lacking),
                ([], []) => {}
            }
        }
    }

    /// The ways that the grant leaves open, and the store has.
    fn ways(&self) -> Vec<usize> {
        let grant = &self.placed.grant;
        let is_open = |operation: Operation| {
            let barred = operation == Operation::PostObject && grant.upload.write_once;
            grant.rights().allow(operation) && !barred && self.lacks_all(Rights::NONE.with(operation)).is_none()
        };
        WAYS.iter().enumerate().filter(|(_, (operation, _))| is_open(*operation)).map(|(way, _)| way).collect()
    }

    fn never_met(&self, key: &str, lack: &Lack) {
        let wrong = format!("{key} can never be met: {}", lacking(self.bucket, lack));
        self.report.error(self.upload_at(key), fault(wrong, "remove it, or keep such objects in another store"));
    }

    fn sometimes_refused(&self, key: &str, lack: &Lack, ways: &[(usize, &Lack)]) {
        let wrong = format!("{key} leaves no room for {}: {}", named(ways), lacking(self.bucket, lack));
        self.report.warn(self.upload_at(key), fault(wrong, "leave them out of the actions, or remove it"));
    }

    fn perhaps_void(&self, key: &str, lack: &Lack, ways: &[(usize, &Lack)]) {
        let wrong = format!("{key} may be void for {}: {}", named(ways), lacking(self.bucket, lack));
        self.report.warn(self.upload_at(key), fault(wrong, "see to it that yours has it"));
    }

    /// What a caller may ask for, in vain.
    fn allowances(&self) {
        for (key, feature) in allowances(&self.placed.grant.upload) {
            if let Some(lack) = self.bucket.lacks.whole(feature).filter(|lack| lack.only.is_none()) {
                self.report.warn(self.upload_at(key), fault(refused(self.bucket, lack), "remove it"));
            }
        }
    }

    fn storage_classes(&self) {
        let classes = &self.placed.grant.upload.storage_classes;
        let why = |class: &str| self.bucket.lacks.why_not(Feature::StorageClass, class);
        let lacks: Vec<_> = classes.iter().map(|class| why(class.as_str())).collect();
        if let (Some(Some(lack)), true) = (lacks.first(), lacks.iter().all(Option::is_some)) {
            return self.never_met("storage_classes", lack);
        }
        for (place, lack) in lacks.into_iter().enumerate().filter_map(|(place, lack)| Some((place, lack?))) {
            let at = self.item_at(&["upload", "storage_classes"], place).unwrap_or(self.placed.scope_at);
            self.report.warn(at, fault(refused(self.bucket, lack), "remove it"));
        }
    }

    /// Where a key of `[grants.upload]` stands.
    fn upload_at(&self, key: &str) -> &Spot {
        tree::find(self.placed.table, &["upload", key]).map_or(self.placed.scope_at, |node| &node.at)
    }

    fn item_at(&self, path: &[&str], place: usize) -> Option<&Spot> {
        match &tree::find(self.placed.table, path)?.value {
            Value::List(items) => items.get(place).map(|item| &item.at),
            _ => None,
        }
    }
}

/// What is signed in, or must be there.
fn demands(limits: &UploadLimits) -> Vec<Demand> {
    let lock = limits.object_lock.as_ref();
    let encryption = limits.server_side_encryption.as_ref().map(Feature::from);
    let all = |feature| [Some(feature); 3];
    let summed = [None, Some(Feature::Checksum), Some(Feature::Checksum)];
    let in_parts = |feature| [None, None, Some(feature)];
    let rows = [
        (limits.write_once, "write_once", [Some(Feature::WriteOnce), None, Some(Feature::WriteOnceInParts)]),
        (lock.is_some_and(LockLimits::asks_for_retention), "object_lock", all(Feature::Retention)),
        (lock.is_some_and(|lock| lock.legal_hold == LegalHold::Required), "object_lock", all(Feature::LegalHold)),
        (encryption.is_some(), "server_side_encryption", [encryption; 3]),
        (!limits.set_tags.is_empty(), "set_tags", all(Feature::Tags)),
        // A form and the beginning of an upload in parts take no MD5 in place of it.
        (limits.require_checksum, "require_checksum", summed),
        (limits.max_size.is_some(), "max_size", in_parts(Feature::ObjectSize)),
    ];
    rows.into_iter().filter(|(is_set, ..)| *is_set).map(|(_, key, needed)| Demand { key, needed }).collect()
}

/// What a caller may ask for.
fn allowances(limits: &UploadLimits) -> Vec<(&'static str, Feature)> {
    let forms = Feature::Operation(Operation::PostObject);
    let lock = limits.object_lock.as_ref();
    let open_retention = lock.is_some_and(|lock| !lock.asks_for_retention());
    let open_hold = lock.is_some_and(|lock| lock.legal_hold == LegalHold::Open);
    let rows = [
        (!limits.kms_keys.is_empty(), "kms_key_ids", Feature::SseKms),
        (limits.sse_c, "sse_c", Feature::SseC),
        (!limits.tags.is_empty(), "tags", Feature::Tags),
        (open_retention, "object_lock", Feature::Retention),
        (open_hold, "object_lock", Feature::LegalHold),
        (limits.post_key_prefix, "post_key_prefix", forms),
        (limits.post_type_prefix, "post_type_prefix", forms),
        (!limits.post_redirects.is_empty(), "post_redirects", forms),
    ];
    rows.into_iter().filter(|(is_set, ..)| *is_set).map(|(_, key, feature)| (key, feature)).collect()
}

fn needed_by(right: Right) -> Feature {
    match right {
        Right::BypassGovernance => Feature::BypassGovernance,
        Right::DeleteVersion | Right::GetVersion | Right::HeadVersion => Feature::Versions,
        Right::Operation(operation) => Feature::Operation(operation),
    }
}

fn lacking(bucket: &Bucket, lack: &Lack) -> String {
    let only = lack.only.map(|only| format!(" {only}")).unwrap_or_default();
    format!("the store of {} has no {}{only} ({})", bucket.alias, lack.name(), lack.source)
}

fn refused(bucket: &Bucket, lack: &Lack) -> String {
    format!("{}, so that this is refused", lacking(bucket, lack))
}

fn named(ways: &[(usize, &Lack)]) -> String {
    let words = ways.iter().filter_map(|(way, _)| WAYS.get(*way)).map(|(_, words)| *words);
    words.collect::<Vec<_>>().join(" and ")
}
