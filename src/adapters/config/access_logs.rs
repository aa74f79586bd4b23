//! Where S3 writes its access logs: they must not log themselves, and no grant may forge them.

use crate::adapters::config::buckets;
use crate::adapters::config::buckets::AccessLog;
use crate::adapters::config::diagnostic::Report;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::grants;
use crate::domain::action::Action;
use crate::domain::bucket::BucketName;
use crate::domain::grant::Effect;

/// Reports loops of logging, and every grant that reaches the logs: one that writes them is an error, since what it
/// writes would pass for S3's; one that deletes or reads them is warned of.
pub(super) fn check(buckets: &[buckets::Placed<'_>], grants: &[grants::Placed<'_>], report: &Report) {
    let logs: Vec<_> =
        buckets.iter().filter_map(|source| Some(Log { source, to: source.access_log.as_ref()? })).collect();
    for log in &logs {
        refuse_a_loop(log, &logs, buckets, report);
    }
    for placed in grants.iter().filter(|placed| placed.grant.effect == Effect::Allow) {
        let Some(target) = buckets.iter().find(|bucket| bucket.bucket.alias == placed.grant.bucket) else {
            continue;
        };
        match logs.iter().find(|log| log.goes_to(target, buckets) && placed.grant.scope.meets(&log.to.prefix)) {
            Some(log) => judge(placed, log, report),
            None => doubt(placed, target, &logs, report),
        }
    }
}

/// A bucket, and where its access log goes.
struct Log<'a, 't> {
    source: &'a buckets::Placed<'t>,
    to: &'a AccessLog<'t>,
}

impl Log<'_, '_> {
    /// Whether the log goes into this bucket, by whatever name: both are in one store.
    fn goes_to(&self, bucket: &buckets::Placed<'_>, buckets: &[buckets::Placed<'_>]) -> bool {
        self.source.endpoint == bucket.endpoint && leads_to(bucket, self.target(buckets))
    }

    /// The real name of the log's bucket: one of the others may know another behind it.
    fn target<'s>(&'s self, buckets: &'s [buckets::Placed<'_>]) -> &'s BucketName {
        let named = |placed: &&buckets::Placed<'_>| {
            placed.endpoint == self.source.endpoint && placed.bucket.resource.bucket() == Some(&self.to.bucket)
        };
        buckets.iter().find(named).and_then(|placed| placed.bucket.real().next()).unwrap_or(&self.to.bucket)
    }
}

fn leads_to(placed: &buckets::Placed<'_>, name: &BucketName) -> bool {
    placed.bucket.real().any(|real| real == name)
}

/// Each line that S3 logs is a request to the log's bucket; if that one's log comes back here, the lines never end.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html>
fn refuse_a_loop(log: &Log<'_, '_>, logs: &[Log<'_, '_>], buckets: &[buckets::Placed<'_>], report: &Report) {
    let mut way = vec![log.target(buckets)];
    // each bucket at most once, so that this ends also where the loop is another's
    while let Some(here) = way.last().copied().filter(|here| !leads_to(log.source, here)) {
        let next = logs.iter().find(|next| next.source.endpoint == log.source.endpoint && leads_to(next.source, here));
        match next.map(|next| next.target(buckets)) {
            Some(next) if !way.contains(&next) => way.push(next),
            Some(_) | None => return,
        }
    }
    let way: Vec<_> = way.last().copied().into_iter().chain(way.iter().copied()).map(BucketName::as_str).collect();
    let wrong = format!("{} would log into itself, without end ({})", log.source.bucket.alias, way.join(" into "));
    report.error(log.to.at, fault(wrong, "log into a bucket that has no log of its own"));
}

/// What a grant can do to a log.
fn judge(placed: &grants::Placed<'_>, log: &Log<'_, '_>, report: &Report) {
    let (grant, rights) = (&placed.grant, placed.grant.rights());
    let logs = format!("the access logs of {} ({}/{})", log.source.bucket.alias, log.to.bucket, log.to.prefix);
    if grant.writes() {
        let wrong = format!("{} could write into {logs}", grant.name);
        report.error(placed.scope_at, fault(wrong, "choose a prefix apart from the logs"));
    }
    if rights.allow_any(Action::Delete.allows().or(Action::DeleteVersion.allows())) {
        let wrong = format!("{} could delete {logs}, and with them the traces of its own use", grant.name);
        report.warn(placed.actions_at, fault(wrong, "choose a prefix apart from the logs, or leave delete out"));
    }
    if grant.downloads() {
        let wrong = format!("{} could read {logs}, which hold the signatures of URLs that still work", grant.name);
        report.warn(placed.actions_at, fault(wrong, "choose a prefix apart from the logs, or let only auditors read"));
    }
}

/// An access point that says nothing of the bucket behind it may lead to a log.
fn doubt(placed: &grants::Placed<'_>, target: &buckets::Placed<'_>, logs: &[Log<'_, '_>], report: &Report) {
    let blind = target.bucket.leads_anywhere() && placed.grant.writes();
    let log = logs.iter().find(|log| log.source.may_meet(target));
    if let Some(log) = log.filter(|log| blind && placed.grant.scope.meets(&log.to.prefix)) {
        let alias = &target.bucket.alias;
        let wrong = format!("the access point {alias} may lead to the access logs of {}", log.source.bucket.alias);
        let mend = format!("name the bucket behind it: underlying in [buckets.{alias}]");
        report.warn(placed.bucket_at, fault(wrong, mend));
    }
}
