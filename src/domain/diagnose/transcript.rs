//! What a client says that it sent: `curl -v` prints each line of the request behind `>`, of the answer's head behind `<`.
//! <https://curl.se/docs/manpage.html#-v>
//!
//! So even where a store does not repeat what it saw, the two can be compared.

use std::borrow::Cow;

use crate::domain::diagnose::canonical;
use crate::domain::diagnose::canonical::Canonical;
use crate::domain::diagnose::canonical::UNSIGNED;
use crate::domain::diagnose::finding::Finding;
use crate::domain::diagnose::quotes::Quotes;
use crate::domain::diagnose::said;
use crate::domain::encryption;
use crate::domain::used_url::UsedUrl;

/// The text without the lines that curl adds.
pub fn without(text: &str) -> Cow<'_, str> {
    if request_lines(text).next().is_none() {
        return Cow::Borrowed(text);
    }
    let of_curl = |line: &&str| {
        ["* ", "> ", "< ", "{ [", "} ["].iter().any(|mark| line.starts_with(mark))
            || [">", "<"].contains(&line.trim_end())
    };
    Cow::Owned(text.split_inclusive('\n').filter(|line| !of_curl(line)).collect())
}

/// The last request in it, if there is one.
pub fn sent(text: &str) -> Option<Canonical<'_>> {
    let (place, first) = request_lines(text).last()?;
    let (method, rest) = first.split_once(' ')?;
    let target = rest.rsplit_once(' ').map_or(rest, |(target, _version)| target);
    // To a proxy the whole URL goes out.
    let target = target
        .split_once("://")
        .map_or(target, |(_, rest)| rest.get(rest.find('/').unwrap_or(rest.len())..).unwrap_or("/"));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let lines = text.get(place..)?.lines().skip(1).map_while(|line| line.strip_prefix("> "));
    let headers = lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.trim(), value.trim()));
    Some(Canonical {
        told: "The client sent",
        method,
        path,
        query,
        headers: headers.collect(),
        payload: UNSIGNED,
        signed_for: None,
    })
}

/// Where requests begin, and how.
fn request_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut place = 0;
    let lines = text.split_inclusive('\n').map(move |line| {
        place += line.len();
        (place - line.len(), line.trim_end())
    });
    lines.filter_map(|(place, line)| Some((place, line.strip_prefix("> ").filter(|line| line.contains(" HTTP/"))?)))
}

/// What differs, and what S3 refuses whether or not it is signed.
pub fn findings(url: &UsedUrl<'_>, sent: &Canonical<'_>, quotes: &Quotes) -> Vec<Finding> {
    let mut found = canonical::differences(url, sent, quotes);
    found.extend(sent.header("authorization").map(|_| said::authorized_twice()));
    found.extend(of_unsigned(url, sent, quotes));
    found
}

fn of_unsigned(url: &UsedUrl<'_>, sent: &Canonical<'_>, quotes: &Quotes) -> Option<Finding> {
    let signed = url.signed_headers();
    let has = |name: &str| signed.iter().any(|known| known == name);
    let may_be_unsigned =
        |name: &str| name.starts_with(encryption::CUSTOMER_KEY) && has(encryption::CUSTOMER_ALGORITHM);
    let names = sent.headers.iter().map(|(name, _)| name.to_ascii_lowercase());
    let names: Vec<_> =
        names.filter(|name| name.starts_with("x-amz-") && !has(name) && !may_be_unsigned(name)).collect();
    (!names.is_empty()).then(|| said::not_signed(quotes.names(names.iter().map(String::as_str))))
}
