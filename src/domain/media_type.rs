//! Media types of uploads: one `type/subtype` with parameters, and the patterns that a grant lists.

use std::fmt;

/// One media type of RFC 9110, 8.3.1, kept as it came: `text/html; charset=utf-8`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType {
    text: Box<str>,
    /// The length of `type/subtype` in `text`.
    essence: usize,
}

/// An entry of `content_types`: `type/subtype`, `type/*`, or a whole value with parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypePattern {
    /// The type before `;` equals this, whatever its case; parameters are free.
    Essence(Box<str>),
    /// Any subtype of this type.
    Any(Box<str>),
    /// The whole value equals this.
    Whole(MediaType),
}

/// Why a text is no media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a media type is type/subtype, perhaps with ;name=value parameters")]
pub struct InvalidMediaType;

impl MediaType {
    /// Reads one media type. A comma outside quotes is refused, since browsers take the last of several types.
    pub fn parse(text: &str) -> Result<Self, InvalidMediaType> {
        let (essence, parameters) = text.split_at(text.find(';').unwrap_or(text.len()));
        let bare = essence.trim_end_matches([' ', '\t']);
        let (kind, subtype) = bare.split_once('/').ok_or(InvalidMediaType)?;
        match is_token(kind) && is_token(subtype) && (bare.len() == essence.len() || !parameters.is_empty()) {
            true => check_parameters(parameters).map(|()| Self { text: text.into(), essence: bare.len() }),
            false => Err(InvalidMediaType),
        }
    }

    /// As it came.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `type/subtype`.
    pub fn essence(&self) -> &str {
        self.text.get(..self.essence).unwrap_or(&self.text)
    }
}

impl TypePattern {
    /// Reads an entry of `content_types`.
    pub fn parse(text: &str) -> Result<Self, InvalidMediaType> {
        if let Some(kind) = text.strip_suffix("/*") {
            return if is_token(kind) && kind != "*" { Ok(Self::Any(kind.into())) } else { Err(InvalidMediaType) };
        }
        let whole = MediaType::parse(text)?;
        if whole.essence().contains('*') {
            return Err(InvalidMediaType);
        }
        Ok(if whole.essence().len() == text.len() { Self::Essence(text.into()) } else { Self::Whole(whole) })
    }

    /// Whether a type is one of these.
    pub fn allows(&self, media_type: &MediaType) -> bool {
        match self {
            Self::Essence(essence) => media_type.essence().eq_ignore_ascii_case(essence),
            Self::Any(kind) => {
                media_type.essence().split_once('/').is_some_and(|(of, _)| of.eq_ignore_ascii_case(kind))
            }
            Self::Whole(whole) => media_type == whole,
        }
    }

    /// Whether every type that begins with the text is one of these.
    pub fn holds_prefix(&self, text: &str) -> bool {
        match self {
            Self::Any(kind) => text.split_once('/').is_some_and(|(of, _)| of.eq_ignore_ascii_case(kind)),
            Self::Essence(_) | Self::Whole(_) => false,
        }
    }

    /// The one value that the entry stands for, unless it is a pattern.
    pub fn exact(&self) -> Option<&str> {
        match self {
            Self::Essence(text) => Some(text),
            Self::Any(_) => None,
            Self::Whole(whole) => Some(whole.as_str()),
        }
    }
}

impl fmt::Display for TypePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Essence(text) => f.write_str(text),
            Self::Any(kind) => write!(f, "{kind}/*"),
            Self::Whole(whole) => f.write_str(whole.as_str()),
        }
    }
}

/// RFC 9110, 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// RFC 9110, 5.6.6: `*( OWS ";" OWS [ parameter ] )`.
fn check_parameters(mut rest: &str) -> Result<(), InvalidMediaType> {
    while !rest.is_empty() {
        rest = rest.trim_start_matches([' ', '\t']).strip_prefix(';').ok_or(InvalidMediaType)?;
        let parameter = rest.trim_start_matches([' ', '\t']);
        if parameter.is_empty() && !rest.is_empty() {
            return Err(InvalidMediaType);
        }
        rest = parameter;
        if rest.is_empty() || rest.starts_with(';') {
            continue;
        }
        let (name, value) = rest.split_once('=').ok_or(InvalidMediaType)?;
        let length = value_length(value).filter(|_| is_token(name)).ok_or(InvalidMediaType)?;
        rest = value.get(length..).unwrap_or_default();
        if !rest.is_empty() && rest.trim_matches([' ', '\t']).is_empty() {
            return Err(InvalidMediaType);
        }
    }
    Ok(())
}

/// The length of a token or a quoted string at the start of `text`.
fn value_length(text: &str) -> Option<usize> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ' ', '\t']).unwrap_or(text.len());
        return text.get(..end).is_some_and(is_token).then_some(end);
    };
    let mut escaped = false;
    for (place, c) in quoted.char_indices() {
        match c {
            _ if c.is_control() && c != '\t' => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(place + 2),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_is_one_type_with_parameters() {
        let cases = [
            ("image/png", true),
            ("text/html; charset=utf-8", true),
            ("text/html;charset=\"a;b, c\\\"\"", true),
            ("multipart/form-data; boundary=x; a=b", true),
            ("text/html;", true),
            ("image/png, text/html", false),
            ("image/png;a=b, text/html", false),
            ("image/png;a=b,text/html", false),
            ("image", false),
            ("image/", false),
            ("/png", false),
            ("image/p ng", false),
            (" image/png", false),
            ("image/png ", false),
            ("image/png; ", false),
            ("image/png; a=b ", false),
            ("image/png;a", false),
            ("image/png;a=\"b", false),
            ("", false),
        ];
        for (text, good) in cases {
            assert_eq!(MediaType::parse(text).is_ok(), good, "media type {text:?}");
        }
    }

    #[test]
    fn an_entry_allows_by_essence_by_type_or_by_the_whole() {
        let cases = [
            ("image/png", "IMAGE/PNG; a=b", true),
            ("image/png", "image/pngx", false),
            ("image/*", "image/svg+xml", true),
            ("image/*", "images/x", false),
            ("text/html; charset=utf-8", "text/html; charset=utf-8", true),
            ("text/html; charset=utf-8", "text/html;charset=utf-8", false),
            ("text/html; charset=utf-8", "text/html", false),
        ];
        for (pattern, media_type, allowed) in cases {
            let (pattern, media_type) = (TypePattern::parse(pattern).unwrap(), MediaType::parse(media_type).unwrap());
            assert_eq!(pattern.allows(&media_type), allowed, "{pattern} and {media_type:?}");
        }
        for bad in ["*/*", "*", "image", "/*", "image/p*g"] {
            assert!(TypePattern::parse(bad).is_err(), "{bad}");
        }
    }
}
