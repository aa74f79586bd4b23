//! Names that a file gives, and what refers to them.

use std::collections::HashSet;

use crate::adapters::config::diagnostic::Fault;
use crate::adapters::config::diagnostic::Report;
use crate::adapters::config::diagnostic::Spot;
use crate::adapters::config::diagnostic::absent;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::reader::nearest;
use crate::adapters::config::reader::text;
use crate::adapters::config::tree::Node;
use crate::domain::name::Name;

/// The names of one kind of thing. Also those of things that are wrong, so that a reference to one is not wrong too.
#[derive(Default)]
pub(super) struct Names {
    kind: &'static str,
    /// In the file's order.
    order: Vec<Name>,
    known: HashSet<Name>,
    /// Texts that are no names.
    broken: HashSet<String>,
}

impl Names {
    /// No names yet of, say, issuers.
    pub(super) fn of(kind: &'static str) -> Self {
        Self { kind, ..Self::default() }
    }

    /// Takes the name in a node.
    pub(super) fn declare(&mut self, node: &Node, report: &Report) -> Option<Name> {
        let text = report.accept(&node.at, text(node))?;
        self.declare_text(text, &node.at, report)
    }

    /// Takes the name in a text, such as a table's key.
    pub(super) fn declare_text(&mut self, text: &str, at: &Spot, report: &Report) -> Option<Name> {
        let read = Name::parse(text).map_err(|error| fault(error.to_string(), "rename it"));
        let Some(name) = report.accept(at, read) else {
            self.broken.insert(text.to_owned());
            return None;
        };
        self.insert(name.clone(), at, report);
        Some(name)
    }

    /// Takes a name; a second one of it is an error.
    pub(super) fn insert(&mut self, name: Name, at: &Spot, report: &Report) {
        match self.known.insert(name.clone()) {
            true => self.order.push(name),
            false => {
                let wrong = format!("a second {} is called {name}", self.kind);
                report.error(at, fault(wrong, "give it a name of its own"));
            }
        }
    }

    /// The name that a node refers to. One that is wrong where it is given is taken as it stands: that is told there.
    pub(super) fn refer(&self, node: &Node) -> Result<Name, Fault> {
        let written = text(node)?;
        if let Some(name) = self.known.get(written) {
            return Ok(name.clone());
        }
        if self.broken.contains(written) {
            return Ok(Name::of_issuer(written));
        }
        let mend = match nearest(written, self.order.iter().map(Name::as_str)) {
            Some(near) => format!("write \"{near}\" if that is meant"),
            None if self.order.is_empty() => "add it".to_owned(),
            None => format!("name one of these: {}", self.list()),
        };
        Err(absent(format!("there is no {} {written:?}", self.kind), mend))
    }

    /// The only one.
    pub(super) fn only(&self) -> Option<&Name> {
        match self.order.as_slice() {
            [name] if self.broken.is_empty() => Some(name),
            _ => None,
        }
    }

    /// How a key that refers to one of them is written, for a message.
    pub(super) fn one_of(&self) -> String {
        match self.order.is_empty() {
            true => "\"…\"".to_owned(),
            false => format!("\"…\" with one of {}", self.list()),
        }
    }

    /// The first few, for a message.
    pub(super) fn list(&self) -> String {
        let mut some: Vec<_> = self.order.iter().take(MOST_LISTED).map(Name::as_str).collect();
        if self.order.len() > MOST_LISTED {
            some.push("…");
        }
        some.join(", ")
    }
}

const MOST_LISTED: usize = 10;
