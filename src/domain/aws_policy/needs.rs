//! What grants ask of a bucket, or of an access point, as the statements that allow it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::domain::aws_policy::Action;
use crate::domain::aws_policy::Signed;
use crate::domain::aws_policy::Statement;
use crate::domain::aws_policy::named::Named;
use crate::domain::aws_policy::named::Service;
use crate::domain::aws_policy::pattern;
use crate::domain::grant::Grant;
use crate::domain::member::Member;
use crate::domain::operation::Names;
use crate::domain::operation::Row;
use crate::domain::retention::LegalHold;

type Actions = BTreeSet<Action>;

/// What is asked, by whoever the statements are for.
#[derive(Default)]
pub(super) struct Needs {
    /// Of each pattern of objects.
    objects: BTreeMap<String, Actions>,
    /// Of each bucket the patterns of prefixes that are listed.
    lists: BTreeMap<(Service, String), BTreeSet<String>>,
}

impl Needs {
    /// What one right asks where requests name that ARN.
    pub(super) fn add(&mut self, signed: &Signed<'_>, named: &Named) {
        let Signed { grant, row, permission, .. } = *signed;
        let (service, pattern) = (named.service(), pattern::of(&grant.scope));
        match row.names {
            // a key never covers a prefix
            Names::Prefix if grant.scope.is_key() => {}
            Names::Prefix => _ = self.lists.entry((service, named.as_str().to_owned())).or_default().insert(pattern),
            Names::Key | Names::KeyOrFileName | Names::KeyFileNameOrPrefix => {
                let actions = self.objects.entry(named.objects(&pattern)).or_default();
                actions.insert(service.action(permission));
                actions.extend(for_headers(grant, row).map(|permission| service.action(permission)));
            }
        }
    }

    /// Whether objects are read where none are listed.
    pub(super) fn reads_without_list(&self) -> bool {
        let reads = |actions: &Actions| actions.iter().any(|action| action.ends_with(":GetObject"));
        self.lists.is_empty() && self.objects.values().any(reads)
    }

    /// Every action, whatever it is for.
    pub(super) fn actions(&self) -> Actions {
        let lists = self.lists.keys().map(|(service, _)| service.action(LIST));
        self.objects.values().flatten().cloned().chain(lists).collect()
    }

    pub(super) fn statements(self) -> impl Iterator<Item = Statement> {
        let objects = grouped(self.objects).into_iter().map(|(actions, arns)| Statement::allow(actions, arns));
        let lists = self.lists.into_iter().map(|((service, arn), patterns)| (arn, with(service, patterns)));
        let lists = grouped(lists.collect()).into_iter().map(|(patterns, arns)| list(patterns, arns));
        objects.chain(lists)
    }
}

fn with(service: Service, patterns: BTreeSet<String>) -> BTreeSet<(Service, String)> {
    patterns.into_iter().map(|pattern| (service, pattern)).collect()
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
fn list(patterns: Vec<(Service, String)>, arns: Vec<String>) -> Statement {
    let service = patterns.first().map_or(Service::S3, |(service, _)| *service);
    let patterns: Vec<String> = patterns.into_iter().map(|(_, pattern)| pattern).collect();
    let statement = Statement::allow([service.action(LIST)], arns);
    match service.prefix_key().filter(|_| !patterns.iter().any(|pattern| pattern == "*")) {
        None => statement,
        Some(key) => statement.on("StringLike", key, patterns),
    }
}

const LIST: &str = "s3:ListBucket";

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
