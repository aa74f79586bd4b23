//! JSON as presignd keeps it: what a token claims and what a request says, without duplicates or deep nests.

use std::collections::HashSet;
use std::fmt;

use serde::de::Deserialize;
use serde::de::DeserializeSeed;
use serde::de::Deserializer;
use serde::de::Error;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use zeroize::Zeroize;
use zeroize::Zeroizing;

/// One JSON value. Members keep their order; an object never has two of one name.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    String(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

/// The claims of a verified token.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Claims(Vec<(String, Value)>);

/// Where a claim is: names from the outermost inwards, at least one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClaimPath(Box<[Box<str>]>);

impl Value {
    /// The member of that name, if this is an object that has it.
    pub fn member(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Object(members) => find(members, name),
            _ => None,
        }
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

/// A request's body may hold a client's key: its strings are wiped.
impl Zeroize for Value {
    fn zeroize(&mut self) {
        match self {
            Value::String(text) => text.zeroize(),
            Value::List(items) => items.zeroize(),
            Value::Object(members) => members.zeroize(),
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) => {}
        }
    }
}

impl Claims {
    /// The claims of a token's payload: `None` unless it is an object.
    pub fn of(payload: Value) -> Option<Self> {
        match payload {
            Value::Object(members) => Some(Self(members)),
            _ => None,
        }
    }

    /// The claim of that name on the outermost level.
    pub fn named(&self, name: &str) -> Option<&Value> {
        find(&self.0, name)
    }

    /// The claim at that path.
    pub fn at(&self, path: &ClaimPath) -> Option<&Value> {
        let (first, rest) = path.0.split_first()?;
        rest.iter().try_fold(self.named(first)?, |value, name| value.member(name))
    }
}

impl ClaimPath {
    /// The path through these names; `None` if there are none.
    pub fn of(names: impl IntoIterator<Item = impl Into<Box<str>>>) -> Option<Self> {
        let names: Box<[Box<str>]> = names.into_iter().map(Into::into).collect();
        (!names.is_empty()).then_some(Self(names))
    }

    /// The outermost name.
    pub fn first(&self) -> &str {
        self.0.first().map_or("", |name| name)
    }
}

impl fmt::Display for ClaimPath {
    /// As a template writes it: dots between names, quotes around a name that has dots, braces or blanks.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, name) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str(".")?;
            }
            match name.is_empty() || name.contains(['.', '"', '{', '}', ' ']) {
                true => write!(f, "\"{name}\"")?,
                false => f.write_str(name)?,
            }
        }
        Ok(())
    }
}

fn find<'a>(members: &'a [(String, Value)], name: &str) -> Option<&'a Value> {
    members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

impl<'de> Deserialize<'de> for Value {
    /// Refuses a duplicate member and nesting deeper than 32.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Nested { left: MAX_DEPTH }.deserialize(deserializer)
    }
}

/// How many levels of lists and objects a value may have.
pub const MAX_DEPTH: usize = 32;

#[derive(Clone, Copy)]
struct Nested {
    left: usize,
}

impl Nested {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        match self.left.checked_sub(1) {
            Some(left) => Ok(Self { left }),
            None => Err(E::custom(format_args!("nested deeper than {MAX_DEPTH}"))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Nested {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Nested {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Integer(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        // Wiped where what follows is no JSON.
        let mut list = Zeroizing::new(Vec::new());
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::List(std::mem::take(&mut list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let (mut members, mut seen) = (Zeroizing::new(Vec::new()), HashSet::new());
        while let Some(name) = entries.next_key::<String>()? {
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(format_args!("duplicate member {name:?}")));
            }
            members.push((name, entries.next_value_seed(inner)?));
        }
        Ok(Value::Object(std::mem::take(&mut members)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Value, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn a_duplicate_member_is_refused_on_every_level() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"a":{"b":1,"b":2}}"#, r#"[{"a":1,"\u0061":2}]"#] {
            assert!(read(text).unwrap_err().to_string().starts_with("duplicate member"), "{text}");
        }
    }

    #[test]
    fn nesting_ends_at_32() {
        let nest = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nest(32)).is_ok());
        assert!(read(&nest(33)).unwrap_err().to_string().starts_with("nested deeper"));
    }

    #[test]
    fn a_path_finds_nested_claims_and_names_with_dots() {
        let claims = Claims::of(read(r#"{"realm_access":{"roles":["a"]},"https://acme.com/t":"x"}"#).unwrap()).unwrap();
        let at = |names: &[&str]| claims.at(&ClaimPath::of(names.iter().copied()).unwrap()).cloned();
        assert_eq!(at(&["realm_access", "roles"]), Some(Value::List(vec![Value::String("a".into())])));
        assert_eq!(at(&["https://acme.com/t"]), Some(Value::String("x".into())));
        assert_eq!(at(&["realm_access", "roles", "a"]), None);
        assert_eq!(ClaimPath::of(["https://acme.com/t", "x"]).unwrap().to_string(), r#""https://acme.com/t".x"#);
        assert_eq!(ClaimPath::of(["a b", "c}"]).unwrap().to_string(), r#""a b"."c}""#);
    }
}
