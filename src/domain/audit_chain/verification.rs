//! A chain, verified line by line, oldest first.

use serde::de::IgnoredAny;

use crate::domain::audit_chain::ChainKey;
use crate::domain::audit_chain::ChainedLine;
use crate::domain::audit_chain::Mark;

/// How far a chain was verified. After a break it goes on with the next line's own link, so that each break is told.
pub struct Verification<'k> {
    key: &'k ChainKey,
    /// The last whole line; `None` before the first.
    last: Option<Mark>,
    /// Lines whose link fits.
    linked: u64,
    /// Lines from before the chain began.
    unchained: u64,
    breaks: u64,
}

/// What a line is to the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Broken(Break),
    /// Its link fits.
    Linked,
    /// A write that was cut short; it counts as nothing.
    Torn,
    /// From before the chain began: anybody could have written it.
    Unchained,
}

/// Where a chain does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    #[error("line {0} does not begin the chain: lines before it are missing, or it was changed")]
    Beginning(u64),
    #[error("line {seq} or the one before it was changed, or the key is another")]
    Changed { seq: u64 },
    #[error("what stands behind line {after} is whole, and no line of presignd's")]
    Foreign { after: u64 },
    #[error("lines {from} to {to} are missing")]
    Missing { from: u64, to: u64 },
    #[error("line {seq} stands behind line {after}")]
    Order { seq: u64, after: u64 },
    #[error("line {0} has no chain, though lines before it have")]
    Unchained(u64),
}

impl<'k> Verification<'k> {
    /// Before the first line.
    pub fn new(key: &'k ChainKey) -> Self {
        Self { key, last: None, linked: 0, unchained: 0, breaks: 0 }
    }

    /// Takes the next line, without its line break.
    pub fn line(&mut self, line: &[u8]) -> Verdict {
        let Some(line) = ChainedLine::parse(line) else { return self.count(self.judge_other(line)) };
        let verdict = self.count(self.judge(&line));
        self.last = Some(Mark { seq: line.seq, link: line.link });
        verdict
    }

    /// Takes a line of which nothing is known but that it is longer than any that is written.
    pub fn endless_line(&mut self) -> Verdict {
        self.count(self.judge_foreign())
    }

    fn count(&mut self, verdict: Verdict) -> Verdict {
        match verdict {
            Verdict::Broken(_) => self.breaks += 1,
            Verdict::Linked => self.linked += 1,
            Verdict::Torn => {}
            Verdict::Unchained => self.unchained += 1,
        }
        verdict
    }

    /// What a crash leaves of a line is the beginning of an object, never a whole value: that would be read as an audit
    /// line by whoever does not verify.
    fn judge_other(&self, line: &[u8]) -> Verdict {
        let mut values = serde_json::Deserializer::from_slice(line).into_iter::<IgnoredAny>();
        match values.next() {
            Some(Ok(_)) => self.judge_foreign(),
            Some(Err(_)) | None => Verdict::Torn,
        }
    }

    fn judge_foreign(&self) -> Verdict {
        match &self.last {
            Some(last) if self.has_begun() => Verdict::Broken(Break::Foreign { after: last.seq }),
            Some(_) | None => Verdict::Unchained,
        }
    }

    fn has_begun(&self) -> bool {
        self.linked + self.breaks > 0
    }

    fn judge(&self, line: &ChainedLine<'_>) -> Verdict {
        let (seq, before) = (line.seq, self.last.as_ref());
        let link_before = before.and_then(|last| last.link.as_ref());
        let Some(link) = &line.link else {
            return if self.has_begun() { Verdict::Broken(Break::Unchained(seq)) } else { Verdict::Unchained };
        };
        if self.key.fits(link, link_before, line.text) {
            return Verdict::Linked;
        }
        Verdict::Broken(match before {
            None => Break::Beginning(seq),
            Some(last) if last.link.is_none() && self.linked == 0 => Break::Beginning(seq),
            Some(last) if seq <= last.seq => Break::Order { seq, after: last.seq },
            Some(last) if seq > last.seq + 1 => Break::Missing { from: last.seq + 1, to: seq - 1 },
            Some(_) => Break::Changed { seq },
        })
    }

    /// The last whole line's number and link.
    pub fn last(&self) -> Option<&Mark> {
        self.last.as_ref()
    }

    /// Lines whose link fits.
    pub fn linked(&self) -> u64 {
        self.linked
    }

    /// Lines from before the chain began.
    pub fn unchained(&self) -> u64 {
        self.unchained
    }

    /// Places where the chain does not hold.
    pub fn breaks(&self) -> u64 {
        self.breaks
    }
}
