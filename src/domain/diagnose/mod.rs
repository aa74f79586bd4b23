//! Why S3 said no: an issued URL, and what S3 answered, to findings. It needs no secret, and quotes none.

mod answer;
mod canonical;
mod finding;
mod method;
mod place;
mod quotes;
mod said;
mod said_of_bodies;
mod said_of_forms;
mod silent;
#[cfg(test)]
mod tests;
mod transcript;
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
    let read = answer.as_ref().and_then(|answer| answer.as_ref().ok());
    let quotes = Quotes::hiding(question.url, read);
    let mut found = Vec::new();
    match (&answer, question.answer) {
        (Some(Ok(answer)), _) => found.extend(said::findings(answer, url.as_ref(), &quotes)),
        (Some(Err(_)), text) => found.push(answer::unreadable(text.unwrap_or_default())),
        (None, _) => {}
    }
    let seen = read.and_then(Canonical::of);
    let sent = question.answer.and_then(transcript::sent);
    if let Some(url) = &url {
        found.extend(seen.iter().flat_map(|seen| canonical::differences(url, seen, &quotes)));
        found.extend(sent.iter().flat_map(|sent| transcript::findings(url, sent, &quotes)));
    }
    let is_of_form = read.is_some_and(|answer| said_of_forms::is_of_form(answer, url.as_ref()));
    let of_url = url_alone::findings(question.url, url.as_ref(), now, &quotes);
    found.extend(of_url.into_iter().filter(|finding| !(is_of_form && finding.code == FindingCode::NotPresigned)));
    let is_mismatch = read.is_some_and(|answer| silent::is_mismatch(answer, url.as_ref()));
    if let (Some(url), Some(request), true) = (&url, seen.or(sent), is_mismatch && !found.iter().any(is_cause)) {
        found.push(canonical::of_what_is_left(url, &request, &quotes));
    }
    found.sort_by_key(|finding| finding.code.certainty());
    if found.first().is_some_and(|first| first.code.certainty() <= Certainty::Certain) {
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

/// Whether it can be why a signature is not right.
fn is_cause(finding: &Finding) -> bool {
    finding.code.certainty() != Certainty::Vague && finding.code != FindingCode::PlainHttp
}
