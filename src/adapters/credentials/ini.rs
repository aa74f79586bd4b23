//! The shared credentials file's INI, as the AWS CLI reads it: Python's `RawConfigParser`.
//! <https://docs.python.org/3/library/configparser.html#supported-ini-file-structure>

use std::collections::HashSet;

/// A section of a file: its name, and its entries in the file's order.
#[derive(Debug, PartialEq, Eq)]
pub struct Section<'a> {
    pub name: &'a str,
    entries: Vec<Entry<'a>>,
}

/// Values are secrets: they stay where the text is, and do not print.
#[derive(PartialEq, Eq)]
struct Entry<'a> {
    key: &'a str,
    value: Value<'a>,
}

/// A value of an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    Line(&'a str),
    /// It goes on in indented lines.
    Several,
}

/// Why a text is no such file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{line}: {what}")]
pub struct InvalidIni {
    /// From 1.
    pub line: usize,
    pub what: Invalid,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("the section is there already")]
    DuplicateSection,
    #[error("the key is there already")]
    DuplicateKey,
    #[error("neither a section, nor a key with a value")]
    NeitherKeyNorSection,
    #[error("not UTF-8")]
    NotUtf8,
    #[error("a key before any section")]
    Outside,
}

impl<'a> Section<'a> {
    /// The value of a key; case is not looked at.
    pub fn value(&self, key: &str) -> Option<Value<'a>> {
        self.entries.iter().find(|entry| entry.key.eq_ignore_ascii_case(key)).map(|entry| entry.value)
    }
}

impl std::fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.key)
    }
}

/// The sections of a file.
pub fn sections(bytes: &[u8]) -> Result<Vec<Section<'_>>, InvalidIni> {
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::default();
    for (place, line) in text.split('\n').enumerate() {
        reader.read(line).map_err(|what| InvalidIni { line: place + 1, what })?;
    }
    Ok(reader.sections)
}

fn not_utf8(bytes: &[u8], valid_up_to: usize) -> InvalidIni {
    let before = bytes.iter().take(valid_up_to).filter(|byte| **byte == b'\n').count();
    InvalidIni { line: before + 1, what: Invalid::NotUtf8 }
}

#[derive(Default)]
struct Reader<'a> {
    sections: Vec<Section<'a>>,
    names: HashSet<&'a str>,
    /// Of the section that is being read.
    keys: HashSet<String>,
    /// Of the last line that was no continuation, in characters.
    indent: usize,
}

impl<'a> Reader<'a> {
    fn read(&mut self, line: &'a str) -> Result<(), Invalid> {
        let text = line.trim();
        if text.is_empty() || text.starts_with(['#', ';']) {
            return Ok(());
        }
        let indent = line.chars().take_while(|character| character.is_whitespace()).count();
        if indent > self.indent && self.goes_on() {
            return Ok(());
        }
        self.indent = indent;
        match (header(text), self.sections.last_mut()) {
            (Some(name), _) => self.begin(name),
            (None, None) => Err(Invalid::Outside),
            (None, Some(section)) => {
                let entry = entry(text).ok_or(Invalid::NeitherKeyNorSection)?;
                match self.keys.insert(entry.key.to_ascii_lowercase()) {
                    true => section.entries.push(entry),
                    false => return Err(Invalid::DuplicateKey),
                }
                Ok(())
            }
        }
    }

    /// A line that is indented more than its entry belongs to that entry's value, whatever it looks like.
    fn goes_on(&mut self) -> bool {
        let last = self.sections.last_mut().and_then(|section| section.entries.last_mut());
        last.map(|entry| entry.value = Value::Several).is_some()
    }

    fn begin(&mut self, name: &'a str) -> Result<(), Invalid> {
        if !self.names.insert(name) {
            return Err(Invalid::DuplicateSection);
        }
        self.keys.clear();
        self.sections.push(Section { name, entries: Vec::new() });
        Ok(())
    }
}

/// From a `[` at the start to the last `]`; what follows is a comment.
fn header(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix('[')?.rsplit_once(']')?;
    (!name.is_empty()).then_some(name.trim())
}

fn entry(text: &str) -> Option<Entry<'_>> {
    let (key, value) = text.split_once(['=', ':'])?;
    let (key, value) = (key.trim(), value.trim());
    (!key.is_empty()).then_some(Entry { key, value: Value::Line(value) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(text: &str) -> String {
        let shown = |entry: &Entry<'_>| match entry.value {
            Value::Line(value) => format!("{}={value}", entry.key),
            Value::Several => format!("{} goes on", entry.key),
        };
        let section = |section: &Section<'_>| {
            format!("[{}] {}", section.name, section.entries.iter().map(shown).collect::<Vec<_>>().join(", "))
        };
        match sections(text.as_bytes()) {
            Ok(sections) => sections.iter().map(section).collect::<Vec<_>>().join(" "),
            Err(error) => error.to_string(),
        }
    }

    /// Held against Python 3's `configparser.RawConfigParser(default_section=None)`, which is what the AWS CLI uses.
    #[test]
    fn a_file_is_read_as_the_aws_cli_reads_it() {
        let rows = [
            ("", ""),
            ("[a]\nk = v\n", "[a] k=v"),
            ("[a]\r\nk=v\r\n", "[a] k=v"),
            ("\u{feff}[a]\nk=v", "[a] k=v"),
            ("[a]\nk : v", "[a] k=v"),
            ("[a]\nk = v=w:x", "[a] k=v=w:x"),
            ("[a]\nk:v=w", "[a] k=v=w"),
            ("[a]\nk =", "[a] k="),
            ("# c\n; c\n[a]\n # c\nk = v # no comment\n", "[a] k=v # no comment"),
            ("[a] # c\nk = v", "[a] k=v"),
            ("[a]\n  k = v\n  l = w", "[a] k=v, l=w"),
            ("[a]\nk = v\n  l = w\nm = x", "[a] k goes on, m=x"),
            ("[a]\nk =\n\n  l = w\n", "[a] k goes on"),
            ("[a]\nk = v\n [b]\n", "[a] k goes on"),
            ("[a]\n  k = v\n [b]\n", "[a] k=v [b] "),
            ("[a]\n[b]\nk = v\n[c d]\nk = v", "[a]  [b] k=v [c d] k=v"),
            ("[a]\nk = v\n[b]\nk = w", "[a] k=v [b] k=w"),
            ("k = v", "1: a key before any section"),
            ("[a]\nnothing", "2: neither a section, nor a key with a value"),
            ("[a]\n= v", "2: neither a section, nor a key with a value"),
            ("[a\nk = v", "1: a key before any section"),
            ("[a]\n[]\n", "2: neither a section, nor a key with a value"),
            ("[a]\nk = v\nK = w", "3: the key is there already"),
            ("[a]\n[b]\n\n[a]", "4: the section is there already"),
        ];
        for (text, expected) in rows {
            assert_eq!(told(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_key_is_found_in_any_case() {
        let sections = sections(b"[a]\nAWS_Access_Key_ID = v").unwrap();
        assert!(matches!(sections[0].value("aws_access_key_id"), Some(Value::Line("v"))));
        assert!(sections[0].value("aws_secret_access_key").is_none());
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_told_by_their_line() {
        assert_eq!(sections(b"[a]\nk = \xff").unwrap_err().to_string(), "2: not UTF-8");
    }

    #[test]
    fn a_section_does_not_print_its_values() {
        let sections = sections(b"[a]\nk = hunter2").unwrap();
        assert!(!format!("{sections:?}").contains("hunter2"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            _ = sections(&bytes);
        }

        #[test]
        fn no_text_like_such_a_file_makes_it_panic(text in "([\\[\\]a-c=:#; \t\r\n\u{feff}é]{0,4}){0,40}") {
            _ = sections(text.as_bytes());
        }

        #[test]
        fn what_is_written_is_read(
            names in proptest::collection::btree_set("[a-zA-Z][a-zA-Z0-9_-]{0,8}", 1..5),
            keys in proptest::collection::btree_set("[a-z_]{1,8}", 0..5),
            value in "[!-~]([ -~]{0,20}[!-~])?",
        ) {
            let mut text = String::new();
            for name in &names {
                text.push_str(&format!("[{name}]\n"));
                for key in &keys {
                    text.push_str(&format!("{key} = {value}\n"));
                }
            }
            let sections = sections(text.as_bytes()).unwrap();
            prop_assert!(sections.iter().map(|section| section.name).eq(names.iter()));
            for section in &sections {
                for key in &keys {
                    prop_assert!(section.value(key) == Some(Value::Line(&value)));
                }
            }
        }
    }
}
