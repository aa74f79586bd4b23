//! `object_lock`: by what, and between which bounds, uploads are locked.

use crate::adapters::config::diagnostic::Fault;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::reader::Section;
use crate::adapters::config::reader::meant;
use crate::adapters::config::reader::text;
use crate::adapters::config::tree::Node;
use crate::adapters::config::tree::Value;
use crate::adapters::config::units::some_duration;
use crate::domain::retention::LegalHold;
use crate::domain::retention::LockLimits;
use crate::domain::retention::LockMode;

/// A grant's locks; none where it has no such table.
pub(super) fn object_lock(section: &mut Section<'_>) -> Option<LockLimits> {
    let mut section = section.section("object_lock", "object_lock")?;
    let limits = LockLimits {
        mode: section.read("mode", mode),
        min_retention: section.read("min_retention", some_duration),
        max_retention: section.read("max_retention", some_duration),
        legal_hold: section.read("legal_hold", legal_hold).unwrap_or(LegalHold::None),
    };
    let is_longer = |least| limits.max_retention.is_some_and(|most| least > most);
    if let Some(node) = section.take("max_retention").filter(|_| limits.min_retention.is_some_and(is_longer)) {
        section.report().error(&node.at, fault("max_retention is shorter than min_retention", "raise it"));
    }
    section.close();
    Some(limits)
}

fn mode(node: &Node) -> Result<LockMode, Fault> {
    let name = text(node)?;
    let known = LockMode::ALL.into_iter().map(LockMode::as_str);
    LockMode::named(name).ok_or_else(|| fault(format!("there is no lock mode {name:?}"), meant(name, known)))
}

fn legal_hold(node: &Node) -> Result<LegalHold, Fault> {
    match &node.value {
        Value::Flag(true) => Ok(LegalHold::Open),
        Value::Flag(false) => Ok(LegalHold::None),
        Value::Text(word) if word == "required" => Ok(LegalHold::Required),
        Value::Text(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Time
        | Value::List(_)
        | Value::Table(_)
        | Value::Variable(_) => Err(fault(
            "legal_hold is true, false or \"required\"",
            "write true to let callers say, \"required\" to sign it in",
        )),
    }
}
