//! The file as a tree that knows where everything stands.

use toml::Spanned;
use toml::de::DeTable;
use toml::de::DeValue;

use crate::adapters::config::diagnostic::Spot;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) at: Spot,
    pub(super) value: Value,
}

/// One value of the file or of the environment.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    /// `None` beyond 64 bits.
    Integer(Option<i64>),
    Float(f64),
    Flag(bool),
    Time,
    List(Vec<Node>),
    Table(Vec<Entry>),
    /// Out of the environment: read as whatever is expected.
    Variable(String),
}

/// One key of a table, with its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) at: Spot,
    pub(super) node: Node,
}

impl Node {
    /// Reads a text; what is no TOML in it is left out of the tree and told beside it.
    pub(super) fn parse(text: &str) -> (Self, Vec<toml::de::Error>) {
        let (table, errors) = DeTable::parse_recoverable(text);
        let value = table_of(table.into_inner());
        (Self { at: Spot::Byte(0), value }, errors)
    }

    fn of(spanned: Spanned<DeValue<'_>>) -> Self {
        let at = Spot::Byte(spanned.span().start);
        let value = match spanned.into_inner() {
            DeValue::String(text) => Value::Text(text.into_owned()),
            DeValue::Integer(digits) => Value::Integer(i64::from_str_radix(digits.as_str(), digits.radix()).ok()),
            DeValue::Float(digits) => Value::Float(digits.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(flag) => Value::Flag(flag),
            DeValue::Datetime(_) => Value::Time,
            DeValue::Array(items) => Value::List(items.into_iter().map(Self::of).collect()),
            DeValue::Table(table) => table_of(table),
        };
        Self { at, value }
    }

    /// Where the value at a path stands; where it is missing, the table that it would be in.
    pub(super) fn place_of(&self, path: &[&str]) -> &Spot {
        let (Value::Table(entries), Some((key, rest))) = (&self.value, path.split_first()) else { return &self.at };
        match entries.iter().find(|entry| entry.key == *key) {
            Some(entry) => entry.node.place_of(rest),
            None => &self.at,
        }
    }

    /// The kind of value, with its article.
    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Text(_) | Value::Variable(_) => "a string",
            Value::Integer(_) => "an integer",
            Value::Float(_) => "a float",
            Value::Flag(_) => "a boolean",
            Value::Time => "a date or time",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

/// Entries in the file's order, which the parser's map does not keep.
fn table_of(table: DeTable<'_>) -> Value {
    let mut entries: Vec<_> = table.into_iter().map(|(key, value)| (key.span().start, key, value)).collect();
    entries.sort_by_key(|(start, ..)| *start);
    let entry = |(start, key, value): (usize, Spanned<_>, _)| Entry {
        key: std::borrow::Cow::into_owned(key.into_inner()),
        at: Spot::Byte(start),
        node: Node::of(value),
    };
    Value::Table(entries.into_iter().map(entry).collect())
}

/// The value that a path of keys leads to.
pub(super) fn find<'t>(table: &'t [Entry], path: &[&str]) -> Option<&'t Node> {
    let (first, rest) = path.split_first()?;
    let node = table.iter().find(|entry| entry.key == *first).map(|entry| &entry.node)?;
    match (rest, &node.value) {
        ([], _) => Some(node),
        (_, Value::Table(entries)) => find(entries, rest),
        _ => None,
    }
}
