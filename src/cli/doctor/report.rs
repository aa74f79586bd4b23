//! The findings as people and programs read them.

use std::io::Write;

use serde::Serialize;

use crate::cli::Failure;
use crate::cli::text::printable;
use crate::domain::doctor::Examined;
use crate::domain::doctor::Finding;
use crate::domain::doctor::Outcome;
use crate::domain::doctor::Probed;
use crate::domain::doctor::Promise;
use crate::domain::doctor::Severity;
use crate::domain::doctor::facts;

#[derive(Serialize)]
struct Report<'a> {
    findings: Vec<Found<'a>>,
}

#[derive(Serialize)]
struct Found<'a> {
    bucket: &'a str,
    id: &'static str,
    severity: &'static str,
    detail: &'a str,
    mend: &'a str,
}

impl<'a> Found<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            bucket: finding.bucket.as_str(),
            id: finding.id.as_str(),
            severity: finding.severity.as_str(),
            detail: &finding.detail,
            mend: &finding.mend,
        }
    }
}

/// One document.
pub(super) fn json(findings: &[Finding]) -> Result<(), Failure> {
    let report = Report { findings: findings.iter().map(Found::of).collect() };
    let text = serde_json::to_string(&report).map_err(Failure::failed)?;
    writeln!(std::io::stdout().lock(), "{text}").map_err(Failure::failed)
}

/// Bucket by bucket: what is found, then what is set.
pub(super) fn text(examined: &[Examined<'_>], findings: &[Finding], probed: &[Probed<'_>]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    lines(examined, findings, probed)
        .iter()
        .try_for_each(|line| writeln!(out, "{}", printable(line)))
        .map_err(Failure::failed)
}

fn lines(examined: &[Examined<'_>], findings: &[Finding], probed: &[Probed<'_>]) -> Vec<String> {
    let mut lines = Vec::new();
    for one in examined {
        let alias = &one.bucket.alias;
        lines.push(match &one.place {
            Ok(place) => format!("{alias} ({} at {})", place.name, place.target.host),
            Err(_) => alias.to_string(),
        });
        for finding in findings.iter().filter(|finding| finding.bucket == *alias) {
            lines.push(format!("  {}: {}", finding.severity.as_str(), finding.id.as_str()));
            lines.push(format!("    {}", finding.detail));
            lines.push(format!("    {}", finding.mend));
        }
        let facts = facts(&one.settings);
        lines.extend((!facts.is_empty()).then(|| format!("  set: {}", facts.join("; "))));
        lines.extend(probed.iter().filter(|probed| probed.bucket.alias == *alias).flat_map(tried));
    }
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    lines.push(format!(
        "errors: {}, warnings: {}, infos: {}",
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Info)
    ));
    lines
}

/// The table of what was tried.
fn tried(probed: &Probed<'_>) -> Vec<String> {
    let row = |(promise, outcome): &(Promise, Outcome)| match outcome {
        Outcome::Untried(why) => format!("    {:<8} {} ({why})", outcome.as_str(), promise.tried()),
        Outcome::Broken | Outcome::Kept => format!("    {:<8} {}", outcome.as_str(), promise.tried()),
    };
    let heading = "  tried, and refused (kept), let through (BROKEN) or not known (untried):".to_owned();
    [heading].into_iter().chain(probed.outcomes.iter().map(row)).collect()
}
