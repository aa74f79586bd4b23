//! `when`: what a token must claim.

use crate::adapters::config::diagnostic::Fault;
use crate::adapters::config::diagnostic::Report;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::reader::Section;
use crate::adapters::config::reader::some;
use crate::adapters::config::reader::text;
use crate::adapters::config::tree::Entry;
use crate::adapters::config::tree::Node;
use crate::adapters::config::tree::Value;
use crate::domain::claims::ClaimPath;
use crate::domain::grant::Claim;
use crate::domain::grant::Condition;
use crate::domain::grant::Quantifier;
use crate::domain::grant::Scalar;

/// The conditions in a table: nested tables are nested claims, a key is one claim's name, dots and all.
pub(super) fn conditions(node: &Node, report: &Report) -> Vec<Condition> {
    let mut found = Vec::new();
    let Some(section) = Section::of(node, "when", report) else {
        return found;
    };
    let entries = section.entries();
    if entries.is_empty() {
        report.error(&node.at, empty());
    }
    for entry in entries {
        match entry.key.as_str() {
            "scope" => found.extend(scope(&entry.node, report)),
            key => walk(&[key], &entry.node, report, &mut found),
        }
    }
    found
}

fn empty() -> Fault {
    fault("an empty table asks nothing of a token", "name a claim in it, or remove it")
}

/// `scope` is no claim but what the issuer's `scope_claims` hold: strings.
fn scope(node: &Node, report: &Report) -> Option<Condition> {
    let (quantifier, list) = asked(node);
    if matches!(list.value, Value::Table(_)) {
        let mend = "write scope = \"name\", scope = [\"any\", \"of\"] or scope = { all = [\"of\"] }";
        report.error(&list.at, fault("scope is no nested claim", mend));
        return None;
    }
    let values = values(list, report, |node| text(node).map(|text| Scalar::String(text.to_owned())))?;
    Some(Condition { claim: Claim::Scope, quantifier, values })
}

fn walk(path: &[&str], node: &Node, report: &Report, found: &mut Vec<Condition>) {
    let (quantifier, list) = asked(node);
    if let Value::Table(entries) = &list.value {
        if entries.is_empty() {
            report.error(&list.at, empty());
        }
        for entry in entries {
            walk(&[path, &[entry.key.as_str()]].concat(), &entry.node, report, found);
        }
        return;
    }
    let condition = ClaimPath::of(path.iter().copied()).zip(values(list, report, scalar));
    found.extend(condition.map(|(path, values)| Condition { claim: Claim::At(path), quantifier, values }));
}

/// A table whose only member is `all` with a list asks for all of it; a list for any of it.
fn asked(node: &Node) -> (Quantifier, &Node) {
    match &node.value {
        Value::Table(entries) => match entries.as_slice() {
            [Entry { key, node: list, .. }] if key == "all" && matches!(list.value, Value::List(_)) => {
                (Quantifier::All, list)
            }
            _ => (Quantifier::Any, node),
        },
        _ => (Quantifier::Any, node),
    }
}

/// The values of a list, or the one value.
fn values(node: &Node, report: &Report, read: impl Fn(&Node) -> Result<Scalar, Fault>) -> Option<Vec<Scalar>> {
    match node.value {
        Value::List(_) => some(node, "the list", report, read),
        _ => report.accept(&node.at, read(node)).map(|value| vec![value]),
    }
}

fn scalar(node: &Node) -> Result<Scalar, Fault> {
    match &node.value {
        Value::Text(text) => Ok(Scalar::String(text.clone())),
        Value::Integer(Some(number)) => Ok(Scalar::Integer(*number)),
        Value::Float(number) if number.is_finite() => Ok(Scalar::Float(*number)),
        Value::Flag(flag) => Ok(Scalar::Bool(*flag)),
        Value::Integer(None) | Value::Float(_) => Err(fault("no claim can have this number", "write another")),
        Value::Time | Value::List(_) | Value::Table(_) | Value::Variable(_) => Err(fault(
            format!("a claim is compared with a string, a number or a boolean, not with {}", node.kind()),
            "write one of these",
        )),
    }
}
