//! An audit line, as far as the chain looks at it.

use crate::domain::audit_chain::Link;

/// A whole line, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainedLine<'a> {
    pub seq: u64,
    /// Everything before `"chain"`: what its link covers.
    pub text: &'a [u8],
    /// `None`: the line was written without a key.
    pub link: Option<Link>,
}

impl<'a> ChainedLine<'a> {
    /// Takes a line apart, without its line break; `None` where it is torn, or none of ours.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let seq = seq_of(line)?;
        if let Some(text) = line.strip_suffix(b"\"chain\":null}") {
            return Some(Self { seq, text, link: None });
        }
        let start = line.len().checked_sub(CHAINED)?;
        let (text, chain) = line.split_at_checked(start)?;
        let digits = chain.strip_prefix(b"\"chain\":\"")?.strip_suffix(b"\"}")?;
        Some(Self { seq, text, link: Some(Link::parse(std::str::from_utf8(digits).ok()?)?) })
    }
}

/// How long `"chain":"…"}` is.
const CHAINED: usize = r#""chain":""}"#.len() + 64;

/// The number in a line, also in one that is torn behind it. Only our own first members are looked at: text of
/// callers comes later, and has its quotes escaped.
pub fn seq_of(line: &[u8]) -> Option<u64> {
    let head = line.strip_prefix(b"{\"time\":\"")?;
    let after_time = head.get(head.iter().position(|byte| *byte == b'"')?..)?;
    let number = after_time.strip_prefix(b"\",\"seq\":")?;
    let digits = number.get(..number.iter().position(|byte| *byte == b',')?)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}
