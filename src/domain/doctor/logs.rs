//! Access logs: whether there are any, and whether they end in themselves.

use crate::domain::aws_policy::place;
use crate::domain::doctor::Against;
use crate::domain::doctor::Examined;
use crate::domain::doctor::Finding;
use crate::domain::doctor::FindingId;
use crate::domain::doctor::Severity;
use crate::domain::doctor::Subject;
use crate::domain::doctor::heard::Heard;

pub(super) fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    if subject.settings.logging != Heard::Unset {
        return Vec::new();
    }
    let severity = if subject.is_on_aws() { Severity::Warning } else { Severity::Info };
    let options = format!(
        "--bucket-logging-status '{{\"LoggingEnabled\":{{\"TargetBucket\":\"LOG-BUCKET\",\"TargetPrefix\":\"{}/\"}}}}'",
        subject.place.name
    );
    let detail = "Nothing logs who used the bucket, so no URL's use can be told: presignd logs who asked, S3 who used.";
    let mend = subject.mend().s3api("put-bucket-logging", &options);
    vec![subject.finding(FindingId::AccessLogging, severity, detail, mend)]
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
