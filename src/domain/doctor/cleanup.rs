//! The end of uploads in parts that nobody completes, against the grants that begin them.

use crate::domain::aws_policy::lifecycle;
use crate::domain::doctor::Finding;
use crate::domain::doctor::FindingId;
use crate::domain::doctor::Severity;
use crate::domain::doctor::Subject;
use crate::domain::doctor::heard::Heard;

pub(super) fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    let ended = match &subject.settings.ended {
        Heard::Set(ended) => ended.as_slice(),
        Heard::Unset => &[],
        Heard::NotAsked | Heard::Silent(_) => return Vec::new(),
    };
    let begun = lifecycle::prefixes(subject.against.policy, subject.bucket);
    let left: Vec<String> = begun
        .iter()
        .filter(|prefix| !ended.iter().any(|end| prefix.starts_with(end.as_str())))
        .map(|prefix| if prefix.is_empty() { "all keys".to_owned() } else { prefix.clone() })
        .collect();
    if left.is_empty() {
        return Vec::new();
    }
    let mend = match &subject.settings.ended {
        // Setting it replaces all that is there.
        Heard::Set(_) => format!(
            "Add the rules of `{}` to those that are there (aws s3api get-bucket-lifecycle-configuration), and set them \
             all: {}",
            subject.mend().policy("lifecycle"),
            subject.mend().s3api("put-bucket-lifecycle-configuration", "--lifecycle-configuration file://rules.json")
        ),
        Heard::Unset | Heard::NotAsked | Heard::Silent(_) => {
            subject.mend().derived("lifecycle", "put-bucket-lifecycle-configuration", "--lifecycle-configuration")
        }
    };
    let detail = format!("Nothing ends uploads in parts that nobody completes, whose parts cost: {}.", left.join(", "));
    vec![subject.finding(FindingId::Lifecycle, Severity::Warning, detail, mend)]
}
