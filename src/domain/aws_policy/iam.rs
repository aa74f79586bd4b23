//! What each signing identity must be allowed, and nothing else: a URL can do what its signer can do.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::domain::aws_policy::Derived;
use crate::domain::aws_policy::Document;
use crate::domain::aws_policy::Signed;
use crate::domain::aws_policy::Statement;
use crate::domain::aws_policy::keys;
use crate::domain::aws_policy::keys::KeyUse;
use crate::domain::aws_policy::keys::Uses;
use crate::domain::aws_policy::pattern;
use crate::domain::aws_policy::place;
use crate::domain::aws_policy::signed;
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
    let mut needs: BTreeMap<&Name, Needs> = BTreeMap::new();
    for signed in signed(policy) {
        needs.entry(signed.signer).or_default().add(&signed);
    }
    for key_use in keys::uses(policy) {
        needs.entry(key_use.signer).or_default().add_key(&key_use);
    }
    let mut derived: BTreeMap<_, _> = needs.into_iter().map(|(name, needs)| (name.clone(), needs.derived())).collect();
    derived.retain(|_, derived| !derived.document.statement.is_empty());
    derived
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
struct Needs {
    /// Of each pattern of objects.
    objects: BTreeMap<String, Actions>,
    /// Of each bucket the patterns of prefixes that are listed.
    lists: BTreeMap<String, BTreeSet<String>>,
    keys: Uses,
    notes: BTreeSet<String>,
}

impl Needs {
    fn add(&mut self, signed: &Signed<'_>) {
        let Signed { grant, bucket, row, permission, .. } = *signed;
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

    fn add_key(&mut self, key_use: &KeyUse<'_>) {
        self.notes.extend(keys::alias(key_use.key).map(by_alias));
        self.keys.add_resource(key_use);
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
        let keys = self.keys.statements().map(|(keys, statement)| Statement { resource: keys, ..statement });
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

fn by_alias(alias: &str) -> String {
    format!(
        "a key is allowed as whichever has {alias}, so whoever may move that alias chooses it: write the key's ARN in the \
         configuration to name it"
    )
}

const WHAT_IT_STOPS: &str = "this bounds what the identity's keys can do, also in a thief's hands; it knows no claims \
     (each is a star), denies, sizes or types: these only presignd holds";
const MISSING_IS_403: &str = "without s3:ListBucket S3 answers 403, not 404, for an object that is not there";
