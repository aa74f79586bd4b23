//! The audit log of `presignd sign`: beside the service's, since that one is held by the service.

use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use crate::adapters::audit::AuditUnavailable;
use crate::adapters::audit::entry::Entry;
use crate::adapters::audit::entry::Lines;
use crate::adapters::audit::entry::to_the_millisecond;
use crate::adapters::audit::file::Contest;
use crate::adapters::audit::file::Durability;
use crate::adapters::audit::log::LineLog;
use crate::adapters::audit::log::key;
use crate::adapters::clock::Clock;
use crate::adapters::config;
use crate::adapters::config::AuditChain;
use crate::adapters::config::AuditSink;
use crate::domain::audit_chain::Mark;

/// Writes at once, in the caller's thread: to `PATH.operator`, or where the service writes to standard output to standard
/// error, since standard output is the command's answer.
pub struct OperatorAudit {
    /// `None`: standard error.
    path: Option<PathBuf>,
    durability: Durability,
    required: bool,
    chain: AuditChain,
    clock: Clock,
    /// Of the last line on standard error.
    mark: Mark,
}

impl OperatorAudit {
    /// The log beside the service's. Nothing is opened yet.
    pub fn new(settings: &config::Audit, clock: Clock) -> Self {
        let path = match &settings.sink {
            AuditSink::File(path) => Some(operators(path)),
            AuditSink::Stdout => None,
        };
        let durability = if settings.sync { Durability::OnDisk } else { Durability::Handed };
        let (required, chain) = (settings.required, settings.chain.clone());
        Self { path, durability, required, chain, clock, mark: Mark::default() }
    }

    /// Writes a line for each entry. The file is held only for so long, and several commands take turns.
    pub fn record(&mut self, entries: &[Entry<'_>]) -> Result<(), AuditUnavailable> {
        let written = self.write(entries);
        if let Err(error) = &written {
            tracing::error!(%error, lines = entries.len(), "audit lines cannot be written");
        }
        match written {
            Err(_) if self.required => Err(AuditUnavailable),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn write(&mut self, entries: &[Entry<'_>]) -> io::Result<()> {
        let (lines, time) = (Lines::of(entries)?, to_the_millisecond(self.clock.now()));
        let Some(path) = &self.path else {
            let mut text = Vec::new();
            self.mark = lines.number(&mut text, &time, key(&self.chain)?.as_ref(), self.mark.clone());
            return io::stderr().write_all(&text);
        };
        let mut log = LineLog::open_file(path, &self.chain, Contest::Wait)?;
        log.append(std::iter::once(&lines), &time, self.durability)
    }
}

fn operators(path: &Path) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(".operator");
    path.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::audit::Decision;
    use std::time::SystemTime;

    fn settings(path: &Path, required: bool) -> config::Audit {
        config::Audit { sink: AuditSink::File(path.to_owned()), required, sync: true, chain: AuditChain::None }
    }

    fn clock() -> Clock {
        Clock::told_by(|| SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn operators_lines_are_numbered_through_all_commands() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let entry = Entry { subject: Some("operator:root"), ..Entry::of(Decision::Issued) };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut audit = OperatorAudit::new(&settings(&path, true), clock());
                    (0..20).for_each(|_| audit.record(&[entry, entry]).unwrap());
                });
            }
        });
        let text = std::fs::read_to_string(folder.path().join("audit.jsonl.operator")).unwrap();
        for (place, line) in text.lines().enumerate() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["seq"], place + 1);
        }
        assert_eq!(text.lines().count(), 160);
        assert!(!path.exists(), "the service's own file is left alone");
    }

    #[test]
    fn a_line_that_cannot_be_written_fails_the_command_only_if_it_is_required() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("absent").join("audit.jsonl");
        for (required, expected) in [(true, Err(AuditUnavailable)), (false, Ok(()))] {
            let mut audit = OperatorAudit::new(&settings(&path, required), clock());
            assert_eq!(audit.record(&[Entry::of(Decision::Issued)]), expected, "required = {required}");
        }
    }
}
