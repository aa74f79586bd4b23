//! `provider = "default"` and `"assume_role"`: credentials that AWS gives out for a time.

use std::iter::successors;
use std::time::Duration;

use crate::adapters::config::around::Around;
use crate::adapters::config::diagnostic::Fault;
use crate::adapters::config::diagnostic::Report;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::diagnostic::told;
use crate::adapters::config::names::Names;
use crate::adapters::config::reader::Section;
use crate::adapters::config::reader::text;
use crate::adapters::config::settings::AwsSource;
use crate::adapters::config::settings::Role;
use crate::adapters::config::tree::Entry;
use crate::adapters::config::tree::Node;
use crate::adapters::config::tree::Value;
use crate::adapters::config::units;
use crate::domain::region::Partition;
use crate::domain::region::Region;
use crate::domain::role::ExternalId;
use crate::domain::role::RoleArn;
use crate::domain::role::SessionName;

/// Where STS is asked: in the region that the environment names, else in that of a bucket.
pub(super) struct Near(Vec<Region>);

impl Near {
    pub(super) fn of(buckets: &[Entry], around: Around<'_>) -> Self {
        let of_process = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter();
        let of_process = of_process.filter_map(|name| around.environment.get(name)?.to_str());
        let regions = of_process.chain(buckets.iter().filter_map(region_on_aws));
        let regions = regions.filter_map(|text| Region::parse(text).ok()).filter(|region| region.partition().is_some());
        Self(regions.collect())
    }

    fn in_partition(&self, partition: &Partition) -> Region {
        let near = self.0.iter().find(|region| region.partition() == Some(partition));
        near.cloned().unwrap_or_else(|| partition.home())
    }
}

/// The region in a bucket's table that names no endpoint. What is wrong with it is told where buckets are read.
fn region_on_aws(bucket: &Entry) -> Option<&str> {
    match (value(bucket, "region"), value(bucket, "endpoint")) {
        (Some(Node { value: Value::Text(region), .. }), None) => Some(region),
        _ => None,
    }
}

/// `default`, which has no keys.
pub(super) fn default_chain(near: &Near) -> AwsSource {
    AwsSource::Default { region: near.0.first().cloned().unwrap_or_default() }
}

/// The keys of `assume_role`.
pub(super) fn assume_role(section: &mut Section<'_>, names: &Names, near: &Near) -> Option<AwsSource> {
    let arn = section.read_required("role_arn", "\"arn:aws:iam::111122223333:role/uploads\"", |node| {
        RoleArn::parse(text(node)?).map_err(|error| told(error, ""))
    });
    let source = section.read_required("source", &names.one_of(), |node| names.refer(node));
    let external_id =
        section.read("external_id", |node| ExternalId::parse(text(node)?).map_err(|error| told(error, "")));
    let session_name =
        section.read("session_name", |node| SessionName::parse(text(node)?).map_err(|error| told(error, "")));
    let duration = section.read("duration", session).unwrap_or(AN_HOUR);
    let (arn, source, session_name) = (arn?, source?, session_name.unwrap_or_default());
    let region = near.in_partition(arn.partition());
    Some(AwsSource::AssumeRole(Role { arn, source, external_id, session_name, duration, region }))
}

/// Reports what is wrong between roles and what they are made from.
pub(super) fn check(entries: &[Entry], report: &Report) {
    for role in entries {
        let Some((source, named)) = source(entries, role) else { continue };
        if is(source, "signing_key") {
            let wrong = format!("the credentials {} are signing keys, which sign no call of STS", source.key);
            report.error(&named.at, fault(wrong, "name others, which hold a secret"));
        }
        if is(source, "assume_role") {
            check_chain(entries, role, report);
        }
    }
}

/// Of a role that is made from another's credentials.
fn check_chain(entries: &[Entry], role: &Entry, report: &Report) {
    let Some((first, named)) = source(entries, role) else { return };
    let sources = successors(Some(first), |entry| source(entries, entry).map(|(source, _)| source));
    if sources.take(entries.len()).any(|source| source.key == role.key) {
        let wrong = format!("the sources of {} lead back to it", role.key);
        report.error(&named.at, fault(wrong, "name credentials that are made from no others"));
    }
    let Some(duration) = value(role, "duration") else { return };
    if session(duration).is_ok_and(|session| session > AN_HOUR) {
        let wrong = "a role assumed from another role's session lasts 1h at most";
        report.error(&duration.at, fault(wrong, "write 1h or less"));
    }
}

/// What a role is made from, and where that is named.
fn source<'t>(entries: &'t [Entry], role: &'t Entry) -> Option<(&'t Entry, &'t Node)> {
    let named = value(role, "source").filter(|_| is(role, "assume_role"))?;
    let Value::Text(name) = &named.value else { return None };
    Some((entries.iter().find(|entry| entry.key == *name)?, named))
}

fn is(entry: &Entry, provider: &str) -> bool {
    value(entry, "provider").is_some_and(|node| matches!(&node.value, Value::Text(name) if name == provider))
}

fn value<'t>(table: &'t Entry, key: &str) -> Option<&'t Node> {
    let Value::Table(entries) = &table.node.value else { return None };
    entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
}

/// How long a session of a role lasts.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html#API_AssumeRole_RequestParameters>
fn session(node: &Node) -> Result<Duration, Fault> {
    let duration = units::duration(node)?;
    match (LEAST..=MOST).contains(&duration) {
        true => Ok(duration),
        false => Err(fault("a role's session lasts 15m to 12h", "write \"1h\", or up to what the role allows")),
    }
}

const LEAST: Duration = Duration::from_secs(15 * 60);
const MOST: Duration = Duration::from_secs(12 * 60 * 60);
/// STS's default, and the most where roles are chained.
const AN_HOUR: Duration = Duration::from_secs(60 * 60);
