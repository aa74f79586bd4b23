//! Why S3 said no, of any URL and any answer: known codes, few words, no secret, and nothing that steers a terminal.

use presignd::domain::diagnose;
use presignd::domain::diagnose::FindingCode;
use presignd::domain::diagnose::Question;

use super::house;
use super::line;

/// The input's first line is the URL, the rest what S3 answered, if anything.
pub fn hold(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (url, answer) = line(text);
    let Ok(question) = Question::new(url, Some(answer).filter(|answer| !answer.is_empty())) else { return };
    let findings = diagnose::diagnose(&question, house::now());
    let mut codes: Vec<FindingCode> = findings.iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), findings.len(), "a kind twice: {findings:?}");
    for finding in &findings {
        for said in [&finding.detail, &finding.mend] {
            assert!(said.len() < 8 * 1024 && !said.contains(char::is_control), "{finding:?}");
            assert!(secrets(url).all(|secret| !said.contains(secret)), "a secret in {finding:?}");
        }
    }
}

/// Signatures and tokens in a URL's query, as far as they look like one.
fn secrets(url: &str) -> impl Iterator<Item = &str> {
    let pairs = url.split(['?', '&']).filter_map(|pair| pair.split_once('='));
    let secrets = pairs.filter(|(name, _)| ["X-Amz-Signature", "X-Amz-Security-Token", "Signature"].contains(name));
    let is_secret = |value: &&str| value.len() >= 16 && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    secrets.map(|(_, value)| value.split('#').next().unwrap_or_default()).filter(is_secret)
}
