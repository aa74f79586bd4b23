//! Object keys and the prefixes that requests name: what S3 stores under, taken literally.

use std::fmt;

/// The key of one object: 1 to 1,024 bytes of UTF-8 without control characters, `\`, empty, `.` or `..` segments.
///
/// One trailing `/` is allowed. Nothing is normalised: `%2e` stays three characters.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ObjectKey(Box<str>);

/// A prefix that a request names in place of a key: a key's rules, but it may be empty or end anywhere.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RequestedPrefix(Box<str>);

/// One segment of a key that the caller wants as the name of a file: no `/`, 1 to 1,024 bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FileName(Box<str>);

/// Why a text is no key or prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    #[error("a key must not be empty")]
    Empty,
    #[error("a key has at most 1024 bytes of UTF-8, this one has {0}")]
    TooLong(usize),
    #[error("a key must not hold a control character")]
    Control,
    #[error("a key must not hold a backslash")]
    Backslash,
    #[error("a key must not begin with a slash or hold an empty segment")]
    EmptySegment,
    #[error("a key must not hold a segment . or ..")]
    DotSegment,
    #[error("a file name is one segment: it must not hold a slash")]
    Slash,
    #[error("a form's key must not hold ${{, since S3 puts the file's name in place of ${{filename}}")]
    Variable,
}

impl ObjectKey {
    /// Reads a key as it stands.
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        match text {
            "" => Err(InvalidKey::Empty),
            _ => check(text).map(|()| Self(text.into())),
        }
    }

    /// The key as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key, if it is one that a form can carry.
    pub fn in_form(self) -> Result<Self, InvalidKey> {
        no_variable(&self.0).map(|()| self)
    }
}

impl RequestedPrefix {
    /// Reads a prefix as it stands; the empty one stands for the whole bucket.
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        match text {
            "" => Ok(Self("".into())),
            _ => check(text).map(|()| Self(text.into())),
        }
    }

    /// The prefix as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The prefix, if it is one that a form can carry.
    pub fn in_form(self) -> Result<Self, InvalidKey> {
        no_variable(&self.0).map(|()| self)
    }
}

impl FileName {
    /// Reads a file name: a key of one segment.
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        match text {
            "" => Err(InvalidKey::Empty),
            _ if text.contains('/') => Err(InvalidKey::Slash),
            _ => check(text).map(|()| Self(text.into())),
        }
    }

    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `.png` of `photo.PNG`: lower case, ASCII letters and digits; nothing where the name has no such ending.
    pub fn extension(&self) -> String {
        match self.0.rsplit_once('.') {
            Some((stem, end))
                if !stem.is_empty() && !end.is_empty() && end.bytes().all(|b| b.is_ascii_alphanumeric()) =>
            {
                format!(".{}", end.to_ascii_lowercase())
            }
            _ => String::new(),
        }
    }
}

/// Whether `text` may stand as one segment of a key.
pub fn is_segment(text: &str) -> bool {
    !text.is_empty() && !text.contains('/') && check(text).is_ok()
}

fn check(text: &str) -> Result<(), InvalidKey> {
    if text.len() > MAX_BYTES {
        return Err(InvalidKey::TooLong(text.len()));
    }
    if text.contains('\\') {
        return Err(InvalidKey::Backslash);
    }
    if text.chars().any(char::is_control) {
        return Err(InvalidKey::Control);
    }
    let segments = text.strip_suffix('/').unwrap_or(text);
    segments.split('/').try_for_each(|segment| match segment {
        "" => Err(InvalidKey::EmptySegment),
        "." | ".." => Err(InvalidKey::DotSegment),
        _ => Ok(()),
    })
}

/// Whether S3 would fill something in, if this stood in a form.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html>
pub(super) fn has_variable(text: &str) -> bool {
    text.contains("${")
}

fn no_variable(text: &str) -> Result<(), InvalidKey> {
    if has_variable(text) { Err(InvalidKey::Variable) } else { Ok(()) }
}

const MAX_BYTES: usize = 1024;

macro_rules! shown_as_text {
    ($($kind:ty),*) => { $(
        impl fmt::Debug for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )* };
}
shown_as_text!(ObjectKey, RequestedPrefix, FileName);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_is_taken_literally_or_refused_with_the_reason() {
        let cases: [(&str, Result<(), InvalidKey>); 22] = [
            ("a", Ok(())),
            ("a/b/c.txt", Ok(())),
            ("folder/", Ok(())),
            ("%2e%2e/x", Ok(())),
            ("a...b", Ok(())),
            (" a ", Ok(())),
            ("日本語/ファイル", Ok(())),
            ("a?b#c+d&e", Ok(())),
            ("\u{a0}", Ok(())),
            ("", Err(InvalidKey::Empty)),
            ("/", Err(InvalidKey::EmptySegment)),
            ("/a", Err(InvalidKey::EmptySegment)),
            ("a//b", Err(InvalidKey::EmptySegment)),
            ("a//", Err(InvalidKey::EmptySegment)),
            (".", Err(InvalidKey::DotSegment)),
            ("a/../b", Err(InvalidKey::DotSegment)),
            ("a/..", Err(InvalidKey::DotSegment)),
            ("../", Err(InvalidKey::DotSegment)),
            ("a\\b", Err(InvalidKey::Backslash)),
            ("a\u{0}b", Err(InvalidKey::Control)),
            ("a\u{7f}b", Err(InvalidKey::Control)),
            ("a\u{85}b", Err(InvalidKey::Control)),
        ];
        for (text, expected) in cases {
            assert_eq!(ObjectKey::parse(text).map(|_| ()), expected, "key {text:?}");
        }
    }

    #[test]
    fn a_key_has_at_most_1024_bytes() {
        assert!(ObjectKey::parse(&"é".repeat(512)).is_ok());
        assert_eq!(ObjectKey::parse(&"é".repeat(513)), Err(InvalidKey::TooLong(1026)));
    }

    #[test]
    fn a_prefix_may_be_empty_or_end_anywhere() {
        for text in ["", "a", "a/", "a/b"] {
            assert!(RequestedPrefix::parse(text).is_ok(), "prefix {text:?}");
        }
        assert_eq!(RequestedPrefix::parse("a//"), Err(InvalidKey::EmptySegment));
        assert_eq!(RequestedPrefix::parse("../"), Err(InvalidKey::DotSegment));
    }

    #[test]
    fn a_file_name_gives_a_plain_extension() {
        let cases = [
            ("a.PNG", ".png"),
            ("a.tar.gz", ".gz"),
            ("a", ""),
            (".bashrc", ""),
            ("a.", ""),
            ("a.p g", ""),
            ("a.é", ""),
        ];
        for (name, extension) in cases {
            assert_eq!(FileName::parse(name).unwrap().extension(), extension, "file name {name:?}");
        }
    }

    proptest! {
        #[test]
        fn what_parses_prints_back_and_keeps_its_segments(text in "\\PC{0,40}|[a./\\\\\u{1}]{0,12}") {
            if let Ok(key) = ObjectKey::parse(&text) {
                prop_assert_eq!(key.to_string(), text.clone());
                let segments = text.strip_suffix('/').unwrap_or(&text);
                prop_assert!(segments.split('/').all(is_segment));
            }
        }
    }
}
