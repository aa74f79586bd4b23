//! Access logs: whether there are any, whether they end in themselves, and whether grants reach them.

use crate::domain::action::Action;
use crate::domain::aws_policy::on_same_bucket;
use crate::domain::aws_policy::place;
use crate::domain::doctor::Against;
use crate::domain::doctor::Examined;
use crate::domain::doctor::Finding;
use crate::domain::doctor::FindingId;
use crate::domain::doctor::Severity;
use crate::domain::doctor::Subject;
use crate::domain::doctor::grants_that;
use crate::domain::doctor::heard::Heard;
use crate::domain::grant::Grant;
use crate::domain::policy::Bucket;

pub(super) fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    if subject.settings.logging != Heard::Unset {
        return Vec::new();
    }
    let severity = if subject.is_on_aws() { Severity::Warning } else { Severity::Info };
    let detail = "Nothing logs who used the bucket, so no URL's use can be told: presignd logs who asked, S3 who used.";
    vec![subject.finding(FindingId::AccessLogging, severity, detail, log_elsewhere(subject))]
}

fn log_elsewhere(subject: &Subject<'_>) -> String {
    let options = format!(
        "--bucket-logging-status '{{\"LoggingEnabled\":{{\"TargetBucket\":\"LOG-BUCKET\",\"TargetPrefix\":\"{}/\"}}}}'",
        subject.place.name
    );
    subject.mend().s3api("put-bucket-logging", &options)
}

/// A bucket whose log's lines are logged in turn, by itself or by way of others: without end.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html>
pub(super) fn loops(against: Against<'_>, one: &Examined<'_>, all: &[Examined<'_>]) -> Option<Finding> {
    let Ok(at) = &one.place else { return None };
    let chain = chain(one, all)?;
    let detail = match chain.as_slice() {
        [_] => format!(
            "The bucket {} logs into itself: each line is a request that is logged in turn, without end.",
            at.name
        ),
        chain => format!("The logs go round without end: {} and back to {}.", chain.join(" to "), at.name),
    };
    let subject = Subject { against, bucket: one.bucket, place: at, settings: &one.settings };
    let mend = format!(
        "Log into a bucket that logs nowhere, or stop it: {}",
        subject.mend().s3api("put-bucket-logging", "--bucket-logging-status '{}'")
    );
    Some(subject.finding(FindingId::LoggingLoop, Severity::Error, detail, mend))
}

/// The buckets that the logs pass through until they are back.
fn chain<'a>(one: &'a Examined<'_>, all: &'a [Examined<'_>]) -> Option<Vec<&'a str>> {
    let (mut passed, mut here) = (Vec::new(), one);
    loop {
        let name = here.place.as_ref().ok()?.name.as_str();
        if passed.contains(&name) {
            // A loop that others are in, and this one only leads to.
            return None;
        }
        passed.push(name);
        let target = here.settings.logging.set()?.bucket.as_str();
        if passed.first() == Some(&target) {
            return Some(passed);
        }
        here = all.iter().find(|other| is_named(other, target) && place::same_store(other.bucket, one.bucket))?;
    }
}

fn is_named(examined: &Examined<'_>, name: &str) -> bool {
    examined.place.as_ref().is_ok_and(|place| place.name.as_str() == name)
}

/// Grants that reach where S3 puts the bucket's log, whatever the configuration says of it: a line that a caller writes
/// would pass for S3's, and lines hold the signatures of URLs that still work.
pub(super) fn reached(against: Against<'_>, one: &Examined<'_>) -> Vec<Finding> {
    let (Ok(at), Some(log)) = (&one.place, one.settings.logging.set()) else { return Vec::new() };
    let is_log = |bucket: &&Bucket| {
        bucket.real().any(|real| real.as_str() == log.bucket) && place::same_store(bucket, one.bucket)
    };
    let Some(into) = against.policy.buckets().iter().find(is_log) else { return Vec::new() };
    let reaching: Vec<&Grant> = on_same_bucket(against.policy, into)
        .map(|(grant, _)| grant)
        .filter(|grant| grant.scope.meets(&log.prefix))
        .collect();
    let subject = Subject { against, bucket: one.bucket, place: at, settings: &one.settings };
    let rows = [
        (
            Severity::Error,
            "write",
            "what a caller writes there would pass for S3's",
            Grant::writes as fn(&Grant) -> bool,
        ),
        (Severity::Warning, "delete", "with the lines go the traces of who used its URLs", deletes),
        (Severity::Warning, "read", "the lines hold the signatures of URLs that still work", Grant::downloads),
    ];
    let found = rows.into_iter().filter_map(|(severity, verb, why, does)| {
        let doing = reaching.iter().filter(|grant| does(grant));
        let names: Vec<&str> = doing.map(|grant| grant.name.as_str()).collect();
        let who = (!names.is_empty()).then(|| grants_that(&names, verb))?;
        let detail = format!("S3 puts the access log into {}/{}, where {who}: {why}.", log.bucket, log.prefix);
        let mend = format!(
            "Choose a prefix apart from the logs in these grants, or log elsewhere: {}",
            log_elsewhere(&subject)
        );
        Some(subject.finding(FindingId::LogBucket, severity, detail, mend))
    });
    found.collect()
}

fn deletes(grant: &Grant) -> bool {
    grant.rights().allow_any(Action::Delete.allows().or(Action::DeleteVersion.allows()))
}
