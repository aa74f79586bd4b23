//! What is wrong with a configuration, where, and how to mend it.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

/// One error or warning: `FILE:LINE:COL: what is wrong; how to mend it`, or `PRESIGND__X: …` for the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    severity: Severity,
    place: Place,
    fault: Fault,
}

/// Whether a configuration can be used all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

/// Where a [`Diagnostic`] points.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// Both from 1; the column counts characters.
    Text {
        file: String,
        line: usize,
        column: usize,
    },
    Variable(Arc<str>),
}

/// What is wrong, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    wrong: String,
    mend: String,
    /// It is about something that is not there: in a text that is no TOML it may only not have been read.
    absence: bool,
}

/// Where something stands, before lines are counted: a byte of the file, or a variable's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Spot {
    Byte(usize),
    Variable(Arc<str>),
}

impl Diagnostic {
    /// A whole file that cannot be read, said of its beginning.
    pub(super) fn of_file(file: &Path, fault: Fault) -> Self {
        let place = Place::Text { file: file.display().to_string(), line: 1, column: 1 };
        Self { severity: Severity::Error, place, fault }
    }

    /// What is wrong at a byte of a text.
    pub(super) fn of_text(text: &str, offset: usize, file: &Path, fault: Fault) -> Self {
        let place = Lines::of(text).placed(Spot::Byte(offset), file);
        Self { severity: Severity::Error, place, fault }
    }

    /// An error at a place that is known already.
    pub(super) fn at(place: Place, fault: Fault) -> Self {
        Self { severity: Severity::Error, place, fault }
    }

    /// Whether it is an error.
    pub fn severity(&self) -> Severity {
        self.severity
    }
}

impl fmt::Display for Diagnostic {
    /// One line: control characters are escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match &self.place {
            Place::Text { file, line, column } => format!("{file}:{line}:{column}"),
            Place::Variable(name) => name.to_string(),
        };
        let warning = match self.severity {
            Severity::Error => "",
            Severity::Warning => "warning: ",
        };
        let Fault { wrong, mend, .. } = &self.fault;
        for c in format!("{text}: {warning}{wrong}; {mend}").chars() {
            match c.is_control() {
                true => write!(f, "{}", c.escape_debug())?,
                false => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// A [`Fault`] in these words.
pub(super) fn fault(wrong: impl Into<String>, mend: impl Into<String>) -> Fault {
    Fault { wrong: wrong.into(), mend: mend.into(), absence: false }
}

/// The same of something that is not there.
pub(super) fn absent(wrong: impl Into<String>, mend: impl Into<String>) -> Fault {
    Fault { absence: true, ..fault(wrong, mend) }
}

/// What the domain says of a value: its errors hold the mending where it is not the same for all of them.
pub(super) fn told(error: impl fmt::Display, mend: &str) -> Fault {
    let text = error.to_string();
    match text.split_once("; ") {
        Some((wrong, mend)) => fault(wrong, mend),
        None => fault(text, mend),
    }
}

/// Gathers what is found wrong while a configuration is read, so that all of it is told at once.
pub(super) struct Report {
    findings: RefCell<Vec<(Severity, Spot, Fault)>>,
    /// What is no TOML, each with its offset.
    broken: Vec<(usize, Fault)>,
    lines: Lines,
}

impl Report {
    /// Nothing found yet in this text but what the parser of TOML says.
    pub(super) fn new(text: &str, errors: &[toml::de::Error]) -> Self {
        let broken = errors.iter().map(|error| {
            let start = error.span().map_or(0, |span| span.start);
            (start, fault(error.message(), "mend the TOML here (https://toml.io)"))
        });
        Self { findings: RefCell::default(), broken: broken.collect(), lines: Lines::of(text) }
    }

    /// An error.
    pub(super) fn error(&self, at: &Spot, fault: Fault) {
        if self.broken.is_empty() || !fault.absence {
            self.findings.borrow_mut().push((Severity::Error, at.clone(), fault));
        }
    }

    /// A warning.
    pub(super) fn warn(&self, at: &Spot, fault: Fault) {
        self.findings.borrow_mut().push((Severity::Warning, at.clone(), fault));
    }

    /// Takes the value, or reports at `at` why there is none.
    pub(super) fn accept<T>(&self, at: &Spot, read: Result<T, Fault>) -> Option<T> {
        read.map_err(|fault| self.error(at, fault)).ok()
    }

    /// Where something stands, as it is told.
    pub(super) fn place(&self, at: &Spot, file: &Path) -> Place {
        self.lines.placed(at.clone(), file)
    }

    /// Whether an error was found.
    pub(super) fn has_errors(&self) -> bool {
        let findings = self.findings.borrow();
        !self.broken.is_empty() || findings.iter().any(|(severity, ..)| *severity == Severity::Error)
    }

    /// All that was found, in the order of the file, the environment's last. Of a line that is no TOML only that is
    /// told: what was read in it is not what was meant.
    pub(super) fn into_diagnostics(self, file: &Path) -> Vec<Diagnostic> {
        let broken_lines: HashSet<_> = self.broken.iter().map(|(start, _)| self.lines.place(*start).0).collect();
        let broken = self.broken.into_iter().map(|(start, fault)| (Severity::Error, Spot::Byte(start), fault));
        let is_whole = |spot: &Spot| match spot {
            Spot::Byte(offset) => !broken_lines.contains(&self.lines.place(*offset).0),
            Spot::Variable(_) => true,
        };
        let findings = self.findings.into_inner().into_iter().filter(|(_, spot, _)| is_whole(spot));
        let mut all: Vec<_> = broken
            .chain(findings)
            .map(|(severity, spot, fault)| Diagnostic { severity, place: self.lines.placed(spot, file), fault })
            .collect();
        all.sort_by(|one, other| one.place.cmp(&other.place));
        all
    }
}

/// Where the lines of a text begin, to tell places in it.
struct Lines {
    text: String,
    starts: Vec<usize>,
}

impl Lines {
    fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text: text.to_owned(), starts: std::iter::once(0).chain(breaks).collect() }
    }

    fn placed(&self, spot: Spot, file: &Path) -> Place {
        match spot {
            Spot::Byte(offset) => {
                let (line, column) = self.place(offset);
                Place::Text { file: file.display().to_string(), line, column }
            }
            Spot::Variable(name) => Place::Variable(name),
        }
    }

    /// Line and column, from 1, of a byte's offset.
    fn place(&self, offset: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let before = self.text.get(start..offset).unwrap_or_default();
        (line, before.chars().count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let lines = Lines::of("é = 1\r\nab\n\n");
        let cases = [(0, (1, 1)), (3, (1, 3)), (8, (2, 1)), (9, (2, 2)), (11, (3, 1)), (12, (4, 1)), (99, (4, 1))];
        for (offset, place) in cases {
            assert_eq!(lines.place(offset), place, "offset {offset}");
        }
        assert_eq!(Lines::of("").place(0), (1, 1));
    }

    #[test]
    fn a_diagnostic_is_one_line_without_control_characters() {
        let diagnostic = Diagnostic::of_file(Path::new("a\nb"), fault("x\u{1b}[31m", "y\u{85}"));
        assert_eq!(diagnostic.to_string(), "a\\nb:1:1: x\\u{1b}[31m; y\\u{85}");
    }
}
