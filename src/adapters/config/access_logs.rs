//! Where S3 writes its access logs no grant may write: they could be forged.

use crate::adapters::config::buckets;
use crate::adapters::config::buckets::AccessLog;
use crate::adapters::config::diagnostic::Report;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::grants;
use crate::domain::grant::Effect;
use crate::domain::scope::End;
use crate::domain::scope::Scope;
use crate::domain::scope::Segment;

/// Reports every grant that lets somebody write where a configured bucket's access logs go.
pub(super) fn check(buckets: &[buckets::Placed<'_>], grants: &[grants::Placed<'_>], report: &Report) {
    let logs: Vec<_> = buckets.iter().filter_map(|placed| Some((placed, placed.access_log.as_ref()?))).collect();
    if logs.is_empty() {
        return;
    }
    for placed in grants.iter().filter(|placed| placed.grant.effect == Effect::Allow && placed.grant.writes()) {
        let target = buckets.iter().find(|bucket| bucket.bucket.alias == placed.grant.bucket);
        let hit = target.and_then(|target| {
            logs.iter()
                .find(|(logged, log)| is_log_bucket(logged, log, target) && meet(&placed.grant.scope, &log.prefix))
        });
        if let Some((logged, log)) = hit {
            let wrong = format!(
                "{} could write into the access logs of {} ({}/{})",
                placed.grant.name, logged.bucket.alias, log.bucket, log.prefix
            );
            report.error(placed.scope_at, fault(wrong, "choose a prefix apart from the logs"));
        }
    }
}

/// Whether a bucket is the one that the log of another goes to: both are in one store.
fn is_log_bucket(logged: &buckets::Placed<'_>, log: &AccessLog, bucket: &buckets::Placed<'_>) -> bool {
    let named = bucket.bucket.bucket == log.bucket || bucket.bucket.underlying.as_ref() == Some(&log.bucket);
    named && logged.endpoint == bucket.endpoint
}

/// Whether a key that the scope covers, filled in somehow, can begin with the text.
fn meet(scope: &Scope, start: &str) -> bool {
    let mut rest = start;
    let last = scope.segments().len();
    for (place, segment) in scope.segments().iter().enumerate() {
        let slash = if place + 1 == last && *scope.end() == End::Key { "" } else { "/" };
        let taken = match segment {
            Segment::Literal(text) => match strip(rest, &format!("{text}{slash}")) {
                Some(taken) => taken,
                None => return false,
            },
            // a claim can be whatever stands there
            Segment::Claim(_) if slash.is_empty() => {
                if rest.contains('/') {
                    return false;
                } else {
                    ""
                }
            }
            Segment::Claim(_) => rest.split_once('/').map_or("", |(_, tail)| tail),
        };
        rest = taken;
        if rest.is_empty() {
            return true;
        }
    }
    match scope.end() {
        End::Whole => true,
        End::Open(open) => rest.starts_with(&**open) || open.starts_with(rest),
        End::Key | End::FolderKey => rest.is_empty(),
    }
}

/// What is left of `rest` behind the text; nothing where it ends within it; `None` where they part.
fn strip<'r>(rest: &'r str, text: &str) -> Option<&'r str> {
    match rest.strip_prefix(text) {
        Some(left) => Some(left),
        None => text.starts_with(rest).then_some(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_meets_a_prefix_where_some_key_is_under_both() {
        let prefix = |text: &str| Scope::prefix(text, true).expect(text);
        let key = |text: &str| Scope::key(text).expect(text);
        let rows = [
            (prefix(""), "logs/", true),
            (prefix(""), "", true),
            (prefix("logs/"), "", true),
            (prefix("logs/"), "logs/", true),
            (prefix("logs/a/"), "logs/", true),
            (prefix("logs/"), "logs/a/", true),
            (prefix("logs/"), "logs", true),
            (prefix("logs/"), "log-", false),
            (prefix("media/"), "logs/", false),
            (prefix("{sub}/"), "logs/", true),
            (prefix("{sub}/a/"), "logs/b/", false),
            (prefix("{sub}/a/"), "logs/a/b", true),
            (prefix("{sub}/a/"), "log", true),
            (prefix("log"), "logs/", true),
            (prefix("logs-"), "logs/", false),
            (prefix("logs/a"), "logs/abc", true),
            (key("logs/a.txt"), "logs/", true),
            (key("logs/a.txt"), "logs/a", true),
            (key("logs/a.txt"), "logs/a.txt", true),
            (key("logs/a.txt"), "logs/a.txt/b", false),
            (key("logs/{sub}"), "logs/a", true),
            (key("logs/{sub}"), "logs/a/b", false),
            (key("logs/{sub}/"), "logs/a/", true),
            (key("logs/{sub}/"), "logs/a/b", false),
        ];
        for (scope, start, met) in rows {
            assert_eq!(meet(&scope, start), met, "{} and {start:?}", scope.as_str());
        }
    }
}
