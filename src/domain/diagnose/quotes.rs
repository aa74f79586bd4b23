//! Foreign text in a finding: short, harmless on a terminal, and without a secret.

use crate::domain::diagnose::answer::Answer;
use crate::domain::encryption;
use crate::domain::used_url::decoded;

/// What must not be quoted. Everything that comes from a URL or an answer goes through it on its way into a finding.
pub struct Quotes {
    secrets: Vec<String>,
    /// More secrets than any request has: then nothing is quoted.
    hides_all: bool,
}

impl Quotes {
    /// Hides what signs or authenticates in a URL, wherever it stands there, and in what S3 repeats of it.
    pub fn hiding(url: &str, answer: Option<&Answer>) -> Self {
        let lower = url.to_ascii_lowercase();
        let mut places = MARKS.iter().flat_map(|mark| lower.match_indices(mark).map(|(at, mark)| at + mark.len()));
        let mut secrets: Vec<String> = Vec::new();
        for rest in places.by_ref().take(MOST_SECRETS).filter_map(|place| url.get(place..)) {
            let rest = rest.trim_start_matches("%25").trim_start_matches("%3D").trim_start_matches(['=', ':', ' ']);
            let value = rest.split(['&', '?', '#']).next().and_then(|value| value.split_whitespace().next());
            let value = value.unwrap_or_default();
            secrets.extend([value.to_owned(), decoded(value), decoded(&decoded(value))]);
        }
        secrets.extend(SECRET_FIELDS.iter().filter_map(|name| Some(answer?.field(name)?.trim().to_owned())));
        secrets.retain(|secret| secret.len() >= LEAST_SECRET);
        secrets.sort_unstable();
        secrets.dedup();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { hides_all: places.next().is_some() || secrets.len() > MOST_SECRETS, secrets }
    }

    /// A foreign text in quotation marks.
    pub fn quote(&self, text: &str) -> String {
        format!("\"{}\"", self.bare(text))
    }

    /// A header's value in quotation marks, unless the header is a secret by itself.
    pub fn header(&self, name: &str, value: &str) -> String {
        match is_secret_name(name) {
            true => "a value that is not repeated here".to_owned(),
            false => self.quote(value),
        }
    }

    /// Names in a row.
    pub fn names<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> String {
        let names: Vec<_> = names.into_iter().take(MOST_NAMES).map(|name| self.bare(name)).collect();
        names.join(", ")
    }

    /// A foreign text as it is, for what is a name.
    pub fn bare(&self, text: &str) -> String {
        if self.hides_all {
            return "…".to_owned();
        }
        let (text, is_cut) = before_secret(text);
        let hidden = self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "…"));
        let mut shown = String::new();
        for (place, c) in hidden.chars().enumerate() {
            match c {
                _ if place >= MOST_CHARACTERS => {
                    shown.push('…');
                    break;
                }
                c if c.is_control() => shown.extend(c.escape_default()),
                c => shown.push(c),
            }
        }
        if is_cut {
            shown.push('…');
        }
        shown
    }
}

/// A text up to where a secret begins that is not where it belongs, as where a URL has lost its `?`.
fn before_secret(text: &str) -> (&str, bool) {
    let lower = text.to_ascii_lowercase();
    let ends = MARKS.iter().filter_map(|mark| Some(lower.find(mark)? + mark.len()));
    match ends.min().and_then(|end| text.split_at_checked(end)) {
        Some((before, rest)) if !rest.is_empty() => (before, true),
        Some(_) | None => (text, false),
    }
}

const MARKS: [&str; 5] = ["bearer ", "signature=", "x-amz-s3session-token", "x-amz-security-token", "x-amz-signature"];

fn is_secret_name(name: &str) -> bool {
    SECRET_NAMES.iter().any(|secret| secret.eq_ignore_ascii_case(name))
}

const SECRET_NAMES: [&str; 7] = [
    "authorization",
    "signature",
    encryption::CUSTOMER_KEY,
    "x-amz-mfa",
    "x-amz-s3session-token",
    "x-amz-security-token",
    "x-amz-signature",
];

/// Elements in which S3 repeats a secret.
const SECRET_FIELDS: [&str; 3] = ["ArgumentValue", "SignatureProvided", "Token-0"];

/// What is shorter is no signature and no token; to hide it would only hide letters.
const LEAST_SECRET: usize = 16;

/// Each costs a search in every text that is quoted.
const MOST_SECRETS: usize = 32;

const MOST_CHARACTERS: usize = 160;

const MOST_NAMES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_of_nothing_but_marks_is_hidden_whole_and_not_kept_once_for_each() {
        let url = format!("https://s3.test/a?{}", "signature=0123456789abcdef".repeat(600));
        let quotes = Quotes::hiding(&url, None);
        assert_eq!(quotes.bare("0123456789abcdef"), "…");
        let kept: usize = quotes.secrets.iter().map(String::len).sum();
        assert!(kept <= 3 * MOST_SECRETS * url.len(), "{kept}");
    }
}
