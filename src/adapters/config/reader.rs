//! Typed access to the tree: each value is read where it is asked for, and what nobody asks for is unknown.

use crate::adapters::config::diagnostic::Fault;
use crate::adapters::config::diagnostic::Report;
use crate::adapters::config::diagnostic::Spot;
use crate::adapters::config::diagnostic::absent;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::tree::Entry;
use crate::adapters::config::tree::Node;
use crate::adapters::config::tree::Value;

/// One table while it is read.
pub(super) struct Section<'t> {
    /// As a reader would write it: `[server]`, `[[grants]]`, `default_encryption`.
    title: String,
    at: &'t Spot,
    entries: &'t [Entry],
    report: &'t Report,
    known: Vec<&'static str>,
}

impl<'t> Section<'t> {
    /// The table in a node; anything else is reported.
    pub(super) fn of(node: &'t Node, title: impl Into<String>, report: &'t Report) -> Option<Self> {
        let title = title.into();
        let Value::Table(entries) = &node.value else {
            let wrong = format!("{title} is a table, not {}", node.kind());
            report.error(&node.at, fault(wrong, "write its keys below a header or in { }"));
            return None;
        };
        Some(Self { title, at: &node.at, entries, report, known: Vec::new() })
    }

    /// Where its header stands.
    pub(super) fn at(&self) -> &'t Spot {
        self.at
    }

    /// Where what is found wrong goes.
    pub(super) fn report(&self) -> &'t Report {
        self.report
    }

    /// The value of a key, if the file has it.
    pub(super) fn take(&mut self, key: &'static str) -> Option<&'t Node> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// The value of a key that the table must have.
    pub(super) fn require(&mut self, key: &'static str, like: &str) -> Option<&'t Node> {
        let found = self.take(key);
        if found.is_none() {
            self.report.error(self.at, absent(format!("{} has no {key}", self.title), format!("add {key} = {like}")));
        }
        found
    }

    /// The value of a key, read.
    pub(super) fn read<T>(&mut self, key: &'static str, read: impl FnOnce(&'t Node) -> Result<T, Fault>) -> Option<T> {
        let node = self.take(key)?;
        self.report.accept(&node.at, read(node))
    }

    /// The value of a key that the table must have, read.
    pub(super) fn read_required<T>(
        &mut self,
        key: &'static str,
        like: &str,
        read: impl FnOnce(&'t Node) -> Result<T, Fault>,
    ) -> Option<T> {
        let node = self.require(key, like)?;
        self.report.accept(&node.at, read(node))
    }

    /// A boolean that is false where the file says nothing.
    pub(super) fn flag(&mut self, key: &'static str) -> bool {
        self.read(key, flag).unwrap_or(false)
    }

    /// A list, each entry read on its own; `None` where it is left out or an entry is wrong.
    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        read: impl FnMut(&'t Node) -> Result<T, Fault>,
    ) -> Option<Vec<T>> {
        let node = self.take(key)?;
        list(node, self.report, read)
    }

    /// The same, but an empty list is an error.
    pub(super) fn some<T>(
        &mut self,
        key: &'static str,
        read: impl FnMut(&'t Node) -> Result<T, Fault>,
    ) -> Option<Vec<T>> {
        let node = self.take(key)?;
        some(node, key, self.report, read)
    }

    /// A list that the table must have, and that is not empty.
    pub(super) fn some_required<T>(
        &mut self,
        key: &'static str,
        like: &str,
        read: impl FnMut(&'t Node) -> Result<T, Fault>,
    ) -> Option<Vec<T>> {
        let node = self.require(key, like)?;
        some(node, key, self.report, read)
    }

    /// The table under a key.
    pub(super) fn section(&mut self, key: &'static str, title: impl Into<String>) -> Option<Section<'t>> {
        let node = self.take(key)?;
        Section::of(node, title, self.report)
    }

    /// Reports what stands in the table and was not asked for.
    pub(super) fn close(self) {
        for entry in self.entries.iter().filter(|entry| !self.known.contains(&entry.key.as_str())) {
            let mend = match nearest(&entry.key, self.known.iter().copied()) {
                Some(near) => format!("write {near} if that is meant"),
                None => format!("remove it; the keys of {} are {}", self.title, self.known.join(", ")),
            };
            self.report.error(&entry.at, fault(format!("unknown key {:?} in {}", entry.key, self.title), mend));
        }
    }

    /// Its entries, as they stand: those of a table whose keys the file chooses are read so.
    pub(super) fn entries(&self) -> &'t [Entry] {
        self.entries
    }
}

/// A boolean.
pub(super) fn flag(node: &Node) -> Result<bool, Fault> {
    match &node.value {
        Value::Flag(flag) => Ok(*flag),
        Value::Variable(text) if text == "true" => Ok(true),
        Value::Variable(text) if text == "false" => Ok(false),
        _ => Err(unexpected("true or false is expected", node, "write true or false")),
    }
}

/// A string.
pub(super) fn text(node: &Node) -> Result<&str, Fault> {
    match &node.value {
        Value::Text(text) | Value::Variable(text) => Ok(text),
        _ => Err(unexpected("a string is expected", node, "write it in quotes")),
    }
}

/// A string that is not empty.
pub(super) fn some_text(node: &Node) -> Result<&str, Fault> {
    match text(node)? {
        "" => Err(fault("an empty string says nothing", "write a value or remove the key")),
        text => Ok(text),
    }
}

/// A whole number that is not negative.
pub(super) fn number(node: &Node) -> Result<u64, Fault> {
    let found = match &node.value {
        Value::Integer(number) => number.and_then(|number| u64::try_from(number).ok()),
        Value::Variable(text) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.parse().ok()
        }
        _ => return Err(unexpected("a whole number is expected", node, "write it in digits, without quotes")),
    };
    found.ok_or_else(|| fault("the number is out of range", "write a whole number from 0"))
}

fn unexpected(expected: &str, node: &Node, mend: &str) -> Fault {
    match &node.value {
        Value::Variable(text) => fault(format!("{expected}, not {text:?}"), mend),
        _ => fault(format!("{expected}, not {}", node.kind()), mend),
    }
}

/// A list, each entry read on its own; `None` where an entry is wrong.
pub(super) fn list<'t, T>(
    node: &'t Node,
    report: &Report,
    mut read: impl FnMut(&'t Node) -> Result<T, Fault>,
) -> Option<Vec<T>> {
    let Value::List(items) = &node.value else {
        report.error(&node.at, unexpected("a list is expected", node, "write it in [ ]"));
        return None;
    };
    // every entry is read before the first wrong one ends it
    let read: Vec<_> = items.iter().map(|item| report.accept(&item.at, read(item))).collect();
    read.into_iter().collect()
}

/// The same, but an empty list is an error.
pub(super) fn some<'t, T>(
    node: &'t Node,
    key: &str,
    report: &Report,
    read: impl FnMut(&'t Node) -> Result<T, Fault>,
) -> Option<Vec<T>> {
    if matches!(&node.value, Value::List(items) if items.is_empty()) {
        report.error(&node.at, fault(format!("{key} is empty"), "name at least one"));
        return None;
    }
    list(node, report, read)
}

/// How to mend a word that is none of the known ones.
pub(super) fn meant<'k>(word: &str, known: impl Iterator<Item = &'k str> + Clone) -> String {
    match nearest(word, known.clone()) {
        Some(near) => format!("write \"{near}\" if that is meant"),
        None => format!("write one of {}", known.collect::<Vec<_>>().join(", ")),
    }
}

/// The known word that is most likely meant: at most one third of its letters differ, or one begins the other.
pub(super) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str> + Clone) -> Option<&'k str> {
    let length = |text: &str| text.chars().count();
    let far = |near: &str| strsim::damerau_levenshtein(word, near);
    let (distance, near) = known.clone().map(|near| (far(near), near)).min_by_key(|(distance, _)| *distance)?;
    if distance * 3 <= length(near).max(length(word)) {
        return Some(near);
    }
    let begins = |near: &&str| length(near).min(length(word)) > 2 && (near.starts_with(word) || word.starts_with(near));
    known.filter(begins).max_by_key(|near| near.len())
}
