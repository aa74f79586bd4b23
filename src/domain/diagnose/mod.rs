//! Why S3 said no: an issued URL, and what S3 answered, to findings. It needs no secret, and quotes none.

mod answer;
mod canonical;
mod finding;
mod method;
mod quotes;
mod said;
mod said_of_bodies;
#[cfg(test)]
mod tests;
mod url_alone;

use std::fmt;
use std::time::SystemTime;

use time::OffsetDateTime;

pub use crate::domain::diagnose::answer::Answer;
use crate::domain::diagnose::canonical::Canonical;
use crate::domain::diagnose::finding::Certainty;
pub use crate::domain::diagnose::finding::Finding;
pub use crate::domain::diagnose::finding::FindingCode;
use crate::domain::diagnose::quotes::Quotes;
use crate::domain::used_url::UsedUrl;

/// The longest URL that is looked at, in bytes. A key of 1,024 bytes and a session token leave it half empty.
pub const MOST_URL_BYTES: usize = 16 * 1024;

/// The longest answer that is looked at, in bytes: S3's quotes the request's head, which has at most 8 KB, three times.
pub const MOST_ANSWER_BYTES: usize = 64 * 1024;

/// What somebody wants to understand. It holds a bearer secret, so it does not print itself.
pub struct Question<'a> {
    url: &'a str,
    answer: Option<&'a str>,
}

/// What is too long to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooLong {
    #[error("give an answer of at most {MOST_ANSWER_BYTES} bytes")]
    Answer,
    #[error("give a URL of at most {MOST_URL_BYTES} bytes")]
    Url,
}

impl fmt::Debug for Question<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Question")
    }
}

impl<'a> Question<'a> {
    /// About a URL, and the body that S3 answered to it, if that is known.
    pub fn new(url: &'a str, answer: Option<&'a str>) -> Result<Self, TooLong> {
        if url.len() > MOST_URL_BYTES {
            return Err(TooLong::Url);
        }
        if answer.is_some_and(|answer| answer.len() > MOST_ANSWER_BYTES) {
            return Err(TooLong::Answer);
        }
        Ok(Self { url: url.trim(), answer })
    }
}

/// What was done wrong, the likeliest first, each kind once; empty if nothing is.
pub fn diagnose(question: &Question<'_>, now: SystemTime) -> Vec<Finding> {
    let now = OffsetDateTime::from(now);
    let url = UsedUrl::parse(question.url);
    let answer = question.answer.map(Answer::parse);
    let quotes = Quotes::hiding(question.url, answer.as_ref().and_then(|answer| answer.as_ref().ok()));
    let mut found = Vec::new();
    match (&answer, question.answer) {
        (Some(Ok(answer)), _) => {
            found.extend(said::findings(answer, url.as_ref(), &quotes));
            if let (Some(url), Some(seen)) = (&url, Canonical::of(answer)) {
                found.extend(canonical::findings(url, &seen, &quotes));
            }
        }
        (Some(Err(_)), text) => found.push(answer::unreadable(text.unwrap_or_default())),
        (None, _) => {}
    }
    found.extend(url_alone::findings(question.url, url.as_ref(), now, &quotes));
    found.sort_by_key(|finding| finding.code.certainty());
    if found.first().is_some_and(|first| first.code.certainty() == Certainty::Certain) {
        found.retain(|finding| finding.code.certainty() != Certainty::Vague);
    }
    let mut told = Vec::new();
    found.retain(|finding| {
        let is_new = !told.contains(&finding.code);
        told.push(finding.code);
        is_new
    });
    found
}
