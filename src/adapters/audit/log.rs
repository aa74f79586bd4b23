//! The audit lines of one file or stream, one numbered and perhaps chained after the other.

use std::io;
use std::path::Path;

use crate::adapters::audit::entry::Lines;
use crate::adapters::audit::file::Contest;
use crate::adapters::audit::file::Durability;
use crate::adapters::audit::file::LineFile;
use crate::adapters::audit::head::HeadFile;
use crate::adapters::config;
use crate::adapters::config::AuditChain;
use crate::adapters::config::AuditSink;
use crate::domain::audit_chain::ChainKey;
use crate::domain::audit_chain::Mark;

/// An open log. Its number and its link go on whatever happens to the file.
pub struct LineLog {
    file: LineFile,
    key: Option<ChainKey>,
    /// With a key, of a file that keeps what is written.
    head: Option<HeadFile>,
    /// Of the last line.
    mark: Mark,
    /// Lines that the head knows and the file has lost.
    lost: u64,
    group: Vec<u8>,
    head_fails: bool,
}

impl LineLog {
    /// Opens what `audit.path` names.
    pub fn open(settings: &config::Audit) -> io::Result<Self> {
        match &settings.sink {
            AuditSink::File(path) => Self::open_file(path, &settings.chain, Contest::GiveUp),
            AuditSink::Stdout => {
                let mut log = Self::of(LineFile::stdout()?);
                log.chain_by(&settings.chain, Contest::GiveUp)?;
                Ok(log)
            }
        }
    }

    /// Opens a file, which is held until this is dropped. Its chain goes on from the head where the file has lost lines,
    /// so that their absence shows.
    pub fn open_file(path: &Path, chain: &AuditChain, contest: Contest) -> io::Result<Self> {
        key(chain)?; // without it the file is let alone
        let mut log = Self::of(LineFile::open(path, contest)?);
        log.chain_by(chain, contest)?;
        Ok(log)
    }

    /// Chains the lines from now on as the settings say. The same key goes on from where the chain stands, another begins
    /// another chain.
    pub fn chain_by(&mut self, chain: &AuditChain, contest: Contest) -> io::Result<()> {
        let key = key(chain)?;
        match self.file.path().filter(|_| key.is_some() && self.file.is_kept()) {
            None => self.head = None,
            Some(_) if self.head.is_some() => {}
            Some(path) => {
                let head = HeadFile::open(path, contest)?;
                if let Some(known) = head.read()? {
                    self.go_on_from(known);
                }
                self.head = Some(head);
            }
        }
        if self.key.as_ref().zip(key.as_ref()).is_some_and(|(before, now)| before != now) {
            self.mark.link = None;
        }
        self.key = key;
        Ok(())
    }

    fn of(file: LineFile) -> Self {
        let mark = file.mark().clone();
        Self { file, key: None, head: None, mark, lost: 0, group: Vec::new(), head_fails: false }
    }

    fn go_on_from(&mut self, known: Mark) {
        // an empty file is one that was rotated
        if (1..known.seq).contains(&self.mark.seq) {
            self.lost = known.seq - self.mark.seq;
            tracing::error!(lines = self.lost, "the audit file is behind its head: lines of it are missing");
        }
        if known.seq > self.mark.seq {
            self.mark = known;
        } else if self.mark.link.is_none() {
            // lines without a chain after lines with one do not begin another
            self.mark.link = known.link;
        }
    }

    /// The number of the last line.
    pub fn seq(&self) -> u64 {
        self.mark.seq
    }

    /// How many lines the file had lost when it was opened; told once.
    pub fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }

    /// Opens what is at the path now; see [`LineFile::reopen`].
    pub fn reopen(&mut self) -> io::Result<()> {
        self.file.reopen()?;
        if self.file.mark().seq > self.mark.seq {
            self.mark = self.file.mark().clone();
        }
        Ok(())
    }

    /// See [`LineFile::prepare`].
    pub fn prepare(&mut self) -> io::Result<()> {
        self.file.prepare()
    }

    /// See [`LineFile::probe`].
    pub fn probe(&mut self) -> io::Result<()> {
        self.file.probe()
    }

    /// Writes the lines at that time: all of them, or none.
    pub fn append<'l>(
        &mut self,
        all: impl Iterator<Item = &'l Lines>,
        time: &str,
        durability: Durability,
    ) -> io::Result<()> {
        self.group.clear();
        let number = |mark, lines: &Lines| lines.number(&mut self.group, time, self.key.as_ref(), mark);
        let mark = all.fold(self.mark.clone(), number);
        self.file.append(&self.group, durability)?;
        self.mark = mark;
        self.keep_head();
        Ok(())
    }

    /// The lines are written: a head that falls behind them is mended by the next, or by the file at the next start.
    fn keep_head(&mut self) {
        let (Some(head), Some(path)) = (&mut self.head, self.file.path()) else { return };
        let written = head.write(path, &self.mark);
        if let Err(error) = &written
            && !self.head_fails
        {
            tracing::error!(%error, "the head of the audit chain cannot be written");
        }
        self.head_fails = written.is_err();
    }
}

/// The key of a chain, if lines are chained; an error where it is absent.
pub fn key(chain: &AuditChain) -> io::Result<Option<ChainKey>> {
    match chain {
        AuditChain::Absent => Err(io::Error::other("the key of its chain is not there")),
        AuditChain::Keyed(key) => Ok(Some(key.clone())),
        AuditChain::None => Ok(None),
    }
}
