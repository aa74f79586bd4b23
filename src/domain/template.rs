//! Templates of a grant: texts that claims, ids and file names fill in.

use crate::domain::claims::ClaimPath;
use crate::domain::claims::Claims;
use crate::domain::claims::Value;
use crate::domain::key;
use crate::domain::key::FileName;

/// The part of a server-made key that follows the grant's prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyTemplate(Vec<Piece>);

/// A value of `set_metadata` or `set_tags`, with claims and `{id}` anywhere in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueTemplate(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Literal(String),
    Claim(ClaimPath),
    Id,
    FileName,
    Extension,
    Date,
}

/// What fills a [`KeyTemplate`] or a [`ValueTemplate`] beside claims.
#[derive(Debug, Clone, Copy)]
pub struct Filling<'a> {
    /// Of the caller, or of nobody.
    pub claims: &'a Claims,
    /// The issuance id.
    pub id: &'a str,
    /// `2026/11/24`, UTC.
    pub date: &'a str,
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTemplate {
    #[error("a prefix ends in / or is empty (raw_prefix = true allows another)")]
    NotWhole,
    #[error("a {{claim}} is a whole segment")]
    ClaimInsideSegment,
    #[error("the open last segment of a raw prefix holds no {{claim}}")]
    ClaimInOpenSegment,
    #[error("a {{ without its }} (a literal brace is written {{{{)")]
    Unclosed,
    #[error("{{{0}}} is no claim's name")]
    BadClaim(String),
    #[error("{0}")]
    Key(#[from] key::InvalidKey),
}

/// Whether the claim at that path can be filled in as this text.
pub fn fills_in(claims: &Claims, path: &ClaimPath, text: &str) -> bool {
    fillable(text) && claims.at(path).is_some_and(|claim| holds(claim, text))
}

/// Whether a claim's value may fill a template: never empty, over 256 bytes, a dot segment, or with `/`, `\` or a
/// control character.
fn fillable(text: &str) -> bool {
    text.len() <= 256 && key::is_segment(text)
}

fn holds(claim: &Value, text: &str) -> bool {
    match claim {
        Value::String(value) => value == text,
        Value::Integer(value) => value.to_string() == text,
        Value::List(items) => items.iter().any(|item| item.as_str() == Some(text)),
        Value::Null | Value::Bool(_) | Value::Float(_) | Value::Object(_) => false,
    }
}

/// What a claim can fill in: a string, an integer, the strings of a list.
pub(super) fn texts(claim: &Value) -> Vec<String> {
    let all = match claim {
        Value::String(value) => vec![value.clone()],
        Value::Integer(value) => vec![value.to_string()],
        Value::List(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::Null | Value::Bool(_) | Value::Float(_) | Value::Object(_) => Vec::new(),
    };
    all.into_iter().filter(|text| fillable(text)).collect()
}

/// The one text that a claim fills in: `None` where it has none or several.
fn only_text(claims: &Claims, path: &ClaimPath) -> Option<String> {
    match texts(claims.at(path)?).as_slice() {
        [text] => Some(text.clone()),
        _ => None,
    }
}

impl KeyTemplate {
    /// Reads a `key_template`: claims as whole segments; `{id}`, `{file_name}`, `{ext}`, `{date}` anywhere.
    pub fn parse(text: &str) -> Result<Self, InvalidTemplate> {
        if text.is_empty() {
            return Err(key::InvalidKey::Empty.into());
        }
        let mut all = Vec::new();
        for (place, segment) in segments(text).into_iter().enumerate() {
            let mut found = pieces(segment, Piece::of_key)?;
            match found.as_slice() {
                [] => return Err(key::InvalidKey::EmptySegment.into()),
                [Piece::Claim(_)] => {}
                [Piece::Literal(literal)] => check_segment(literal)?,
                several if several.iter().any(|piece| matches!(piece, Piece::Claim(_))) => {
                    return Err(InvalidTemplate::ClaimInsideSegment);
                }
                _ => {}
            }
            if place > 0 {
                all.push(Piece::Literal("/".to_owned()));
            }
            all.append(&mut found);
        }
        Ok(Self(all))
    }

    /// The claims that it takes.
    pub fn claims(&self) -> impl Iterator<Item = &ClaimPath> {
        claims_of(&self.0)
    }

    /// The tail of the key; `None` where a claim does not give exactly one segment.
    pub fn fill(&self, filling: Filling<'_>, file_name: &FileName) -> Option<String> {
        fill(&self.0, |path| only_text(filling.claims, path), filling, Some(file_name))
    }
}

impl ValueTemplate {
    /// Reads a value: claims and `{id}` anywhere.
    pub fn parse(text: &str) -> Result<Self, InvalidTemplate> {
        pieces(text, Piece::of_value).map(Self)
    }

    /// The claims that it takes.
    pub fn claims(&self) -> impl Iterator<Item = &ClaimPath> {
        claims_of(&self.0)
    }

    /// The value; `None` where a claim is absent or is not one text. A value is no path: it may hold a slash.
    pub fn fill(&self, filling: Filling<'_>) -> Option<String> {
        let only = |path: &ClaimPath| match filling.claims.at(path)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Integer(number) => Some(number.to_string()),
            Value::List(items) => match items.as_slice() {
                [Value::String(text)] if !text.is_empty() => Some(text.clone()),
                _ => None,
            },
            _ => None,
        };
        fill(&self.0, only, filling, None)
    }
}

fn claims_of(pieces: &[Piece]) -> impl Iterator<Item = &ClaimPath> {
    pieces.iter().filter_map(|piece| match piece {
        Piece::Claim(path) => Some(path),
        Piece::Literal(_) | Piece::Id | Piece::FileName | Piece::Extension | Piece::Date => None,
    })
}

fn fill(
    pieces: &[Piece],
    only: impl Fn(&ClaimPath) -> Option<String>,
    filling: Filling<'_>,
    file_name: Option<&FileName>,
) -> Option<String> {
    pieces.iter().try_fold(String::new(), |mut text, piece| {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Claim(path) => text.push_str(&only(path)?),
            Piece::Id => text.push_str(filling.id),
            Piece::FileName => text.push_str(file_name?.as_str()),
            Piece::Extension => text.push_str(&file_name?.extension()),
            Piece::Date => text.push_str(filling.date),
        }
        Some(text)
    })
}

impl Piece {
    pub(super) fn claim(text: &str) -> Option<Self> {
        claim_path(text).map(Self::Claim)
    }

    fn of_key(text: &str) -> Option<Self> {
        match text {
            "id" => Some(Self::Id),
            "file_name" => Some(Self::FileName),
            "ext" => Some(Self::Extension),
            "date" => Some(Self::Date),
            _ => Self::claim(text),
        }
    }

    fn of_value(text: &str) -> Option<Self> {
        match text {
            "id" => Some(Self::Id),
            _ => Self::claim(text),
        }
    }
}

/// `a.b`, `"a.b".c`: names between dots, quoted where they have dots themselves.
fn claim_path(text: &str) -> Option<ClaimPath> {
    let (mut names, mut rest) = (Vec::new(), text);
    loop {
        let (name, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_at(rest.find('.').unwrap_or(rest.len())),
        };
        if name.is_empty() || (!rest.starts_with('"') && name.contains(['"', '{', ' '])) {
            return None;
        }
        names.push(name);
        match after.strip_prefix('.') {
            Some(next) => rest = next,
            None if after.is_empty() => return ClaimPath::of(names),
            None => return None,
        }
    }
}

/// A literal segment must itself be one of a key.
pub(super) fn check_segment(text: &str) -> Result<(), InvalidTemplate> {
    match key::ObjectKey::parse(text) {
        Ok(_) if text.contains('/') => Err(key::InvalidKey::EmptySegment.into()),
        Ok(_) => Ok(()),
        Err(key::InvalidKey::Empty) => Err(key::InvalidKey::EmptySegment.into()),
        Err(error) => Err(error.into()),
    }
}

/// A text without claims, its braces undoubled.
pub(super) fn literal(text: &str) -> Result<String, InvalidTemplate> {
    match pieces(text, Piece::claim)?.as_slice() {
        [Piece::Literal(literal)] => Ok(literal.clone()),
        _ => Err(InvalidTemplate::ClaimInOpenSegment),
    }
}

/// Takes a template apart; `{{` is a literal brace, and neighbouring literals are one.
pub(super) fn pieces(text: &str, named: impl Fn(&str) -> Option<Piece>) -> Result<Vec<Piece>, InvalidTemplate> {
    let (mut found, mut plain, mut rest) = (Vec::new(), String::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        plain.push_str(before);
        if let Some(escaped) = after.strip_prefix('{') {
            plain.push('{');
            rest = escaped;
            continue;
        }
        let end = closing(after).ok_or(InvalidTemplate::Unclosed)?;
        let (name, tail) = after.split_at(end);
        let piece = named(name).ok_or_else(|| InvalidTemplate::BadClaim(name.to_owned()))?;
        if !plain.is_empty() {
            found.push(Piece::Literal(std::mem::take(&mut plain)));
        }
        found.push(piece);
        rest = tail.strip_prefix('}').unwrap_or(tail);
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        found.push(Piece::Literal(plain));
    }
    Ok(found)
}

/// A template's segments: what stands between slashes that are not inside a `{claim}`.
pub(super) fn segments(text: &str) -> Vec<&str> {
    let (mut found, mut rest, mut from) = (Vec::new(), text, 0);
    while let Some(at) = rest.get(from..).and_then(|left| left.find(['/', '{'])).map(|at| from + at) {
        let after = rest.get(at + 1..).unwrap_or_default();
        match rest.get(at..).unwrap_or_default() {
            special if special.starts_with("{{") => from = at + 2,
            special if special.starts_with('{') => from = at + 1 + closing(after).unwrap_or(after.len()),
            _ => {
                found.push(rest.get(..at).unwrap_or_default());
                (rest, from) = (after, 0);
            }
        }
    }
    found.push(rest);
    found
}

/// Where the `}` is that is not inside quotes.
fn closing(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(place, c)| {
        quoted ^= c == '"';
        (c == '}' && !quoted).then_some(place)
    })
}
