//! What pages of the configured origins may do, by the rules that `presignd policy cors` derives.

use std::collections::BTreeSet;

use crate::domain::aws_policy::cors;
use crate::domain::aws_policy::cors::Sent;
use crate::domain::doctor::Finding;
use crate::domain::doctor::FindingId;
use crate::domain::doctor::Severity;
use crate::domain::doctor::Subject;
use crate::domain::doctor::heard::Heard;
use crate::domain::doctor::settings::CorsRule;
use crate::domain::doctor::wildcard::matches;
use crate::domain::operation::Operation;

pub(super) fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    let rules = match &subject.settings.cors {
        Heard::Set(rules) => rules.as_slice(),
        Heard::Unset => &[],
        Heard::NotAsked | Heard::Silent(_) => return Vec::new(),
    };
    let sent = cors::sent(subject.against.policy, subject.bucket);
    let in_parts = subject.grants().any(|grant| grant.rights().allow(Operation::CreateMultipartUpload));
    let lacks: Vec<Lack> =
        subject.against.origins.iter().flat_map(|origin| of_origin(rules, origin, &sent, in_parts)).collect();
    if lacks.is_empty() {
        return Vec::new();
    }
    let severity = match lacks.iter().any(|lack| lack.fails) {
        true => Severity::Error,
        false => Severity::Warning,
    };
    let told: Vec<&str> = lacks.iter().map(|lack| lack.told.as_str()).collect();
    let detail = format!("{}.", told.join(". "));
    let mend = subject.mend().derived("cors", "put-bucket-cors", "--cors-configuration");
    vec![subject.finding(FindingId::Cors, severity, detail, mend)]
}

/// What a page lacks.
struct Lack {
    told: String,
    /// Else only some requests do.
    fails: bool,
}

fn of_origin(rules: &[CorsRule], origin: &str, sent: &Sent, in_parts: bool) -> Vec<Lack> {
    let lack = |told, fails| Lack { told, fails };
    let of_origin: Vec<&CorsRule> = rules.iter().filter(|rule| rule.is_for(origin)).collect();
    if of_origin.is_empty() {
        return vec![lack(format!("No CORS rule lets in pages of {origin}"), true)];
    }
    let mut lacks = Vec::new();
    let mut shut = Vec::new();
    for (method, headers) in sent {
        let of_method: Vec<&&CorsRule> =
            of_origin.iter().filter(|rule| rule.methods.iter().any(|known| known == method)).collect();
        let Some(first) = of_method.first() else {
            shut.push(*method);
            continue;
        };
        let missing = of_method.iter().map(|rule| rule.lacks(headers)).min_by_key(Vec::len).unwrap_or_default();
        if !missing.is_empty() {
            lacks.push(lack(format!("Pages of {origin} may not send {} with {method}", missing.join(", ")), false));
        }
        let shows_etag = first.shown.iter().any(|name| name.eq_ignore_ascii_case("ETag"));
        if *method == "PUT" && in_parts && !shows_etag {
            lacks.push(lack(format!("Pages of {origin} cannot read a part's ETag, which completes its upload"), true));
        }
    }
    if !shut.is_empty() {
        lacks.push(lack(format!("Pages of {origin} may not use {}", shut.join(", ")), true));
    }
    lacks
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html>
impl CorsRule {
    fn is_for(&self, origin: &str) -> bool {
        self.origins.iter().any(|pattern| matches(pattern, origin))
    }

    /// The headers that it does not let pass. What stands for any end is let pass by what stands for as many.
    fn lacks(&self, headers: &BTreeSet<&'static str>) -> Vec<&'static str> {
        let allowed: Vec<String> = self.headers.iter().map(|pattern| pattern.to_ascii_lowercase()).collect();
        headers.iter().copied().filter(|header| !allowed.iter().any(|pattern| matches(pattern, header))).collect()
    }
}
