//! What each signing identity must be allowed, and nothing else: a URL can do what its signer can do.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::domain::action::Right;
use crate::domain::aws_policy::Derived;
use crate::domain::aws_policy::Document;
use crate::domain::aws_policy::Statement;
use crate::domain::aws_policy::keys;
use crate::domain::aws_policy::pattern;
use crate::domain::aws_policy::place;
use crate::domain::aws_policy::signing;
use crate::domain::grant::Grant;
use crate::domain::member::Member;
use crate::domain::name::Name;
use crate::domain::operation::Names;
use crate::domain::operation::Operation;
use crate::domain::operation::Row;
use crate::domain::policy::Bucket;
use crate::domain::policy::Policy;
use crate::domain::retention::LegalHold;

/// The least policy of each of the credentials that sign by a grant that is switched on, by name.
pub fn identities(policy: &Policy) -> BTreeMap<Name, Derived<Document>> {
    let mut needs: BTreeMap<&Name, Needs<'_>> = BTreeMap::new();
    let mut keys_of: BTreeMap<&Name, BTreeSet<&str>> = BTreeMap::new();
    for (grant, bucket) in signing(policy) {
        for right in grant.rights().iter() {
            let (row, permission) = asked(right);
            let signer = signer(grant, bucket, row);
            let needs = needs.entry(signer).or_default();
            needs.add(grant, bucket, row, permission);
            let keys = match row.reads {
                true => keys_of.entry(&bucket.alias).or_insert_with(|| keys::of_bucket(policy, bucket)).clone(),
                false => keys::of_grant(grant, bucket),
            };
            needs.add_keys(bucket, row, keys);
        }
    }
    let mut derived: BTreeMap<_, _> = needs.into_iter().map(|(name, needs)| (name.clone(), needs.derived())).collect();
    derived.retain(|_, derived| !derived.document.statement.is_empty());
    derived
}

/// The operation that a right stands for, and the action of IAM.
fn asked(right: Right) -> (&'static Row, &'static str) {
    let of_version = |operation: Operation| (operation.row(), operation.row().permission_of_version);
    match right {
        Right::BypassGovernance => (Operation::DeleteObject.row(), "s3:BypassGovernanceRetention"),
        Right::DeleteVersion => of_version(Operation::DeleteObject),
        Right::GetVersion => of_version(Operation::GetObject),
        Right::HeadVersion => of_version(Operation::HeadObject),
        Right::Operation(operation) => (operation.row(), operation.row().permission),
    }
}

/// As a permit has it.
fn signer<'a>(grant: &'a Grant, bucket: &'a Bucket, row: &Row) -> &'a Name {
    let of_bucket = if row.reads { &bucket.read_credentials } else { &bucket.write_credentials };
    grant.credentials.as_ref().unwrap_or(of_bucket)
}

/// What AWS asks for headers that a grant may sign into an operation.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>
fn for_headers(grant: &Grant, row: &Row) -> impl Iterator<Item = &'static str> {
    let limits = &grant.upload;
    let lock = limits.object_lock.as_ref().filter(|_| row.members.contains(&Member::ObjectLock));
    let tags = row.members.contains(&Member::Tags) && !(limits.tags.is_empty() && limits.set_tags.is_empty());
    let retention = lock.is_some_and(|lock| lock.asks_for_retention());
    let hold = lock.is_some_and(|lock| lock.legal_hold != LegalHold::None);
    let asked = [(tags, "s3:PutObjectTagging"), (retention, "s3:PutObjectRetention"), (hold, "s3:PutObjectLegalHold")];
    asked.into_iter().filter(|(is, _)| *is).map(|(_, permission)| permission)
}

type Actions = BTreeSet<&'static str>;

/// What one identity needs.
#[derive(Default)]
struct Needs<'a> {
    /// Of each pattern of objects.
    objects: BTreeMap<String, Actions>,
    /// Of each bucket the patterns of prefixes that are listed.
    lists: BTreeMap<String, BTreeSet<String>>,
    /// Of each key, with the service that it is used through.
    keys: BTreeMap<(&'a str, String), Actions>,
    notes: BTreeSet<String>,
}

impl<'a> Needs<'a> {
    fn add(&mut self, grant: &Grant, bucket: &Bucket, row: &Row, permission: &'static str) {
        let pattern = pattern::of(&grant.scope);
        match row.names {
            // a key never covers a prefix
            Names::Prefix if grant.scope.is_key() => return,
            Names::Prefix => _ = self.lists.entry(place::named_arn(bucket)).or_default().insert(pattern),
            Names::Key | Names::KeyOrFileName | Names::KeyFileNameOrPrefix => {
                let actions = self.objects.entry(place::object_arn(bucket, &pattern)).or_default();
                actions.insert(permission);
                actions.extend(for_headers(grant, row));
            }
        }
        self.notes.extend(notes(grant, bucket));
    }

    fn add_keys(&mut self, bucket: &Bucket, row: &Row, keys: BTreeSet<&'a str>) {
        let Some(partition) = place::partition(bucket).filter(|_| !row.permissions_on_key.is_empty()) else {
            return;
        };
        let through = format!("s3.{}.{}", bucket.target.region, partition.dns_suffix);
        for key in keys {
            match keys::is_arn(key) {
                true => self.keys.entry((key, through.clone())).or_default().extend(row.permissions_on_key),
                false => _ = self.notes.insert(unnamed_key(key)),
            }
        }
    }

    fn derived(self) -> Derived<Document> {
        let mut notes = vec![WHAT_IT_STOPS.to_owned()];
        let reads = |actions: &Actions| actions.contains("s3:GetObject");
        if self.lists.is_empty() && self.objects.values().any(reads) {
            notes.push(MISSING_IS_403.to_owned());
        }
        notes.extend(self.notes);
        let objects = grouped(self.objects).into_iter().map(|(actions, arns)| Statement::allow(actions, arns));
        let lists = grouped(self.lists).into_iter().map(|(patterns, buckets)| list(patterns, buckets));
        let keys = self.keys.into_iter().map(|((key, through), actions)| ((through, actions), key.to_owned()));
        let mut by_service: BTreeMap<(String, Actions), Vec<String>> = BTreeMap::new();
        keys.for_each(|(used, key)| by_service.entry(used).or_default().push(key));
        let keys = by_service.into_iter().map(|((through, actions), keys)| {
            Statement::allow(actions.into_iter().collect(), keys).on("StringEquals", "kms:ViaService", vec![through])
        });
        let document = Document::of(objects.chain(lists).chain(keys).collect());
        Derived { document, notes }
    }
}

/// Those that ask for the same together.
fn grouped<T: Ord>(asked: BTreeMap<String, BTreeSet<T>>) -> BTreeMap<Vec<T>, Vec<String>> {
    asked.into_iter().fold(BTreeMap::new(), |mut groups, (arn, what)| {
        groups.entry(what.into_iter().collect::<Vec<_>>()).or_insert_with(Vec::new).push(arn);
        groups
    })
}

/// The condition keeps every list below the grants' prefixes; a list of the whole bucket needs none.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html>
fn list(patterns: Vec<String>, buckets: Vec<String>) -> Statement {
    let statement = Statement::allow(vec![Operation::ListObjectsV2.row().permission], buckets);
    match patterns.iter().any(|pattern| pattern == "*") {
        true => statement,
        false => statement.on("StringLike", "s3:prefix", patterns),
    }
}

fn notes(grant: &Grant, bucket: &Bucket) -> Vec<String> {
    let mut notes = Vec::new();
    if place::partition(bucket).is_none() {
        notes.push(format!(
            "the bucket {} is not on AWS: its store may have no policies for identities, or take them without escapes, \
             conditions or some of these actions",
            bucket.alias
        ));
    }
    if place::is_access_point(bucket) {
        notes.push(format!(
            "the bucket {} is reached by an access point, whose account presignd does not know: write it, and the access \
             point's whole name, in place of the stars; the bucket behind it must allow the same, or leave it to its \
             access points",
            bucket.alias
        ));
    }
    if pattern::is_widened(&grant.scope) {
        notes.push(format!(
            "the grant {} has characters that no policy can hold (beyond U+00FF): a star stands for them, which is wider \
             than the grant",
            grant.name
        ));
    }
    notes
}

fn unnamed_key(key: &str) -> String {
    format!("no statement is made for the KMS key {key}: write the key's ARN in the configuration, or allow it by hand")
}

const WHAT_IT_STOPS: &str = "this bounds what the identity's keys can do, also in a thief's hands; it knows no claims \
     (each is a star), denies, sizes or types: these only presignd holds";
const MISSING_IS_403: &str = "without s3:ListBucket S3 answers 403, not 404, for an object that is not there";
