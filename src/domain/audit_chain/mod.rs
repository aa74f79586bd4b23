//! The chain over audit lines: each line carries a MAC over itself and over the MAC of the line before, so that one that
//! is removed, changed or moved shows.

mod line;
#[cfg(test)]
mod tests;
mod verification;

use std::fmt;

use aws_sigv4::sign::v4::calculate_signature;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

pub use line::ChainedLine;
pub use line::seq_of;
pub use verification::Break;
pub use verification::Verdict;
pub use verification::Verification;

/// What keys the chain: 32 bytes or more, wiped when dropped, never printed.
#[derive(Clone)]
pub struct ChainKey(Zeroizing<Vec<u8>>);

/// A line's MAC: HMAC-SHA256, in 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link(Box<str>);

/// Where a chain stands: the number of its last line, and that line's link, if it has one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mark {
    pub seq: u64,
    pub link: Option<Link>,
}

impl ChainKey {
    /// Takes a copy of the bytes.
    pub fn new(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// The link of a line, all of which before its `"chain"` is the text; `None` before: it begins the chain.
    pub fn link(&self, before: Option<&Link>, text: &[u8]) -> Link {
        let before = before.map_or(NOTHING, Link::as_str);
        Link(calculate_signature(self.0.as_slice(), &[before.as_bytes(), text].concat()).into())
    }

    /// Whether that is the line's link.
    pub fn fits(&self, link: &Link, before: Option<&Link>, text: &[u8]) -> bool {
        self.link(before, text).as_str().as_bytes().ct_eq(link.as_str().as_bytes()).into()
    }
}

impl PartialEq for ChainKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(&other.0).into()
    }
}

/// In place of the link before the first.
const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

impl fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChainKey")
    }
}

impl Link {
    /// Reads the digits.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == NOTHING.len() && text.bytes().all(fits)).then(|| Self(text.into()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
