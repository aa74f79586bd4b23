//! What S3 saw, or the client says that it sent, line by line, against what the URL says was signed.
//!
//! With SignatureDoesNotMatch AWS repeats the canonical request that it made from the request.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::collections::BTreeSet;

use crate::domain::diagnose::answer::Answer;
use crate::domain::diagnose::finding::Finding;
use crate::domain::diagnose::finding::FindingCode;
use crate::domain::diagnose::method;
use crate::domain::diagnose::quotes::Quotes;
use crate::domain::used_url::UsedUrl;
use crate::domain::used_url::decoded;

/// A canonical request, taken apart.
pub struct Canonical<'a> {
    /// Who tells: `S3 saw`, or `The client sent`.
    pub told: &'static str,
    pub method: &'a str,
    pub path: &'a str,
    pub query: &'a str,
    /// Names and values, in their order.
    pub headers: Vec<(&'a str, &'a str)>,
    pub payload: &'a str,
    /// The time and the scope of the string to sign, if S3 repeats it.
    pub signed_for: Option<(&'a str, &'a str)>,
}

impl<'a> Canonical<'a> {
    /// `None` where S3 repeats none, as most stores beside AWS do.
    pub fn of(answer: &'a Answer) -> Option<Self> {
        let mut lines = answer.field("CanonicalRequest")?.trim().lines();
        let (method, path, query) = (lines.next()?, lines.next()?, lines.next()?);
        let headers = lines.by_ref().take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(':'));
        let headers = headers.collect();
        let (_names, payload) = (lines.next()?, lines.next().unwrap_or(UNSIGNED));
        let signed_for = answer.field("StringToSign").and_then(|text| {
            let mut lines = text.trim().lines().skip(1);
            Some((lines.next()?, lines.next()?))
        });
        Some(Self { told: "S3 saw", method, path, query, headers, payload, signed_for })
    }

    /// The value of a header, in whatever case its name is.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// The hash of a body that nobody signs.
pub const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// Everything that differs, what is certain before what is only likely.
pub fn differences(url: &UsedUrl<'_>, seen: &Canonical<'_>, quotes: &Quotes) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(of_method(url, seen, quotes));
    found.extend(of_host(url, seen, quotes));
    found.extend(of_path(url, seen, quotes));
    found.extend(of_query(url, seen, quotes));
    found.extend(of_missing_headers(url, seen, quotes));
    found.extend(of_content_type(url, seen, quotes));
    found.extend(of_payload(seen));
    found.extend(of_scope(url, seen));
    found
}

fn of_method(url: &UsedUrl<'_>, seen: &Canonical<'_>, quotes: &Quotes) -> Option<Finding> {
    let fitting = method::fitting(url);
    let is_odd = !["DELETE", "GET", "HEAD", "POST", "PUT"].contains(&seen.method);
    if !is_odd && (fitting.is_empty() || fitting.contains(&seen.method)) {
        return None;
    }
    let wanted = if fitting.is_empty() { "another method".to_owned() } else { fitting.join(" or ") };
    Some(Finding::new(
        FindingCode::MethodDiffers,
        format!(
            "{} {}, but the URL was signed for {wanted}: the method is part of the signature.",
            seen.told,
            quotes.bare(seen.method)
        ),
        "Send the method that the answer's `method` says; each method needs a URL of its own, HEAD too.",
    ))
}

fn of_host(url: &UsedUrl<'_>, seen: &Canonical<'_>, quotes: &Quotes) -> Option<Finding> {
    let (saw, host) = (seen.header("host")?, url.host());
    if saw == host {
        return None;
    }
    let cause = match (saw.split(':').next(), host.split(':').next()) {
        (saw, host) if saw == host => "the port differs: something between set or dropped it",
        _ => "a proxy, a CDN, a DNS alias or a Host header of the client's put another in",
    };
    Some(Finding::new(
        FindingCode::HostDiffers,
        format!(
            "{} the host {}, the URL was signed for {}: {cause}.",
            seen.told,
            quotes.quote(saw),
            quotes.quote(&host)
        ),
        "Call the URL's own host; a proxy in front of the store must pass Host on as it came, or presignd's `endpoint` \
         must be the name that the store sees.",
    ))
}

fn of_path(url: &UsedUrl<'_>, seen: &Canonical<'_>, quotes: &Quotes) -> Option<Finding> {
    let path = if url.path.is_empty() { "/" } else { url.path };
    if decoded(seen.path) == decoded(path) {
        return None;
    }
    let (told, saw, signed) = (seen.told, quotes.quote(seen.path), quotes.quote(path));
    if decoded(&decoded(seen.path)) == decoded(path) {
        return Some(Finding::new(
            FindingCode::EncodedTwice,
            format!("The path was percent-encoded a second time on the way. {told} {saw}, signed was {signed}."),
            "Hand the URL over as one string that is already encoded; do not let the client encode it again.",
        ));
    }
    if folded(&decoded(path)) == decoded(seen.path) {
        return Some(Finding::new(
            FindingCode::PathFolds,
            format!("The client folded the path. {told} {saw}, signed was {signed}."),
            "Send the path as it stands (curl --path-as-is), or use a key without // and without . or .. segments.",
        ));
    }
    Some(Finding::new(
        FindingCode::PathDiffers,
        format!("{told} the path {saw}, signed was {signed}."),
        "Use the URL as it was issued: one URL is for one key, and a proxy must not put a path before it or take one \
         away.",
    ))
}

/// What WHATWG URL parsers make of a path, and proxies that merge slashes.
fn folded(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            "" | "." => {}
            ".." => _ = kept.pop(),
            segment => kept.push(segment),
        }
    }
    let end = if path.ends_with('/') && !kept.is_empty() { "/" } else { "" };
    format!("/{}{end}", kept.join("/"))
}

fn of_query(url: &UsedUrl<'_>, seen: &Canonical<'_>, quotes: &Quotes) -> Option<Finding> {
    let pair = |(name, value): (&str, &str)| (decoded(name), decoded(value));
    let of_url: BTreeSet<_> = url.query.iter().map(|(name, value)| pair((name, value.unwrap_or_default()))).collect();
    let of_s3 = seen.query.split('&').filter(|part| !part.is_empty());
    let of_s3: BTreeSet<_> = of_s3.map(|part| pair(part.split_once('=').unwrap_or((part, "")))).collect();
    let names = |pair: &'_ (String, String)| (pair.0 != "X-Amz-Signature").then(|| pair.0.clone());
    let lost: BTreeSet<_> = of_url.difference(&of_s3).filter_map(names).collect();
    let added: BTreeSet<_> = of_s3.difference(&of_url).filter_map(names).collect();
    let changed: Vec<_> = lost.intersection(&added).map(String::as_str).collect();
    let (lost, added): (Vec<_>, Vec<_>) =
        (lost.difference(&added).map(String::as_str).collect(), added.difference(&lost).map(String::as_str).collect());
    let said = [("changed", changed), ("lost", lost), ("added", added)];
    let said = said.into_iter().filter(|(_, names)| !names.is_empty());
    let said: Vec<_> = said.map(|(what, names)| format!("{what}: {}", quotes.names(names))).collect();
    (!said.is_empty()).then(|| {
        Finding::new(
            FindingCode::QueryDiffers,
            format!("The query reached S3 otherwise than it stands in the URL ({}).", said.join("; ")),
            "Send the whole query as it was issued: add nothing to it (no cache buster, no tracking parameter), and \
             let nothing decode and encode it again.",
        )
    })
}

fn of_missing_headers(url: &UsedUrl<'_>, seen: &Canonical<'_>, quotes: &Quotes) -> Option<Finding> {
    let signed = url.signed_headers();
    let lacking = signed.iter().filter(|name| seen.header(name).is_none_or(str::is_empty));
    let lacking: Vec<_> = lacking.map(String::as_str).collect();
    (!lacking.is_empty()).then(|| {
        Finding::new(
            FindingCode::HeaderMissing,
            format!("The client did not send {}, which the signature binds.", quotes.names(lacking)),
            "Send every header of the answer's `headers`, each with exactly its value; if you do, a proxy or a CORS \
             rule takes it away on the way.",
        )
    })
}

fn of_content_type(url: &UsedUrl<'_>, seen: &Canonical<'_>, quotes: &Quotes) -> Option<Finding> {
    let saw = seen.header("content-type").filter(|_| url.signed_headers().iter().any(|name| name == "content-type"))?;
    let lower = saw.to_lowercase();
    let cause = match () {
        () if lower.contains("charset=") => "a library adds a charset to the type of a text",
        () if lower == "application/x-www-form-urlencoded" => "curl --data and urllib send it when told nothing",
        () if lower.starts_with("multipart/form-data") => "the file was wrapped into a form, which only a POST form is",
        () => return None,
    };
    Some(Finding::new(
        FindingCode::ContentTypeChanged,
        format!("{} content-type {}, most likely not what was signed: {cause}.", seen.told, quotes.quote(saw)),
        "Set Content-Type to exactly what the answer's `headers` says, and give the body as bytes or as a file.",
    ))
}

fn of_payload(seen: &Canonical<'_>) -> Option<Finding> {
    (seen.payload.trim() != UNSIGNED).then(|| {
        Finding::new(
            FindingCode::PayloadSigned,
            "The client sent x-amz-content-sha256, so that S3 took the body's hash into the signature; the URL was \
             signed with UNSIGNED-PAYLOAD.",
            "Do not send x-amz-content-sha256 to a presigned URL; use a plain HTTP client, not an S3 SDK that signs.",
        )
    })
}

fn of_scope(url: &UsedUrl<'_>, seen: &Canonical<'_>) -> Option<Finding> {
    let (time, scope) = seen.signed_for?;
    let own = url.credential().into_iter().skip(1).collect::<Vec<_>>().join("/");
    let date_differs = url.parameter("X-Amz-Date").is_some_and(|date| date != time.trim());
    (date_differs || own != scope.trim()).then(|| {
        Finding::new(
            FindingCode::QueryDiffers,
            "S3 verified another date or scope than this URL has: the answer belongs to another URL, or \
             X-Amz-Date or X-Amz-Credential was changed.",
            "Give the URL and the answer of one and the same request.",
        )
    })
}

/// Where the signature is not right, and all that the URL shows agrees: the values of headers, and the method, are signed
/// without standing in it.
pub fn of_what_is_left(url: &UsedUrl<'_>, seen: &Canonical<'_>, quotes: &Quotes) -> Finding {
    let names = url.signed_headers();
    let values = names.iter().filter(|name| *name != "host").filter_map(|name| Some((name, seen.header(name)?)));
    let values: Vec<_> =
        values.take(MOST_VALUES).map(|(name, value)| format!("{name}: {}", quotes.header(name, value))).collect();
    let saw = quotes.bare(seen.method);
    if values.is_empty() {
        return Finding::new(
            FindingCode::MethodDiffers,
            format!(
                "Everything that S3 saw agrees with the URL, and only host was signed, so it is the method (S3 saw \
                 {saw}), the signature itself, or the signer's key."
            ),
            "Compare the method with the answer's `method`: a URL for GET serves no HEAD. If it is the same and the \
             URL is whole, tell the operator: the secret key does not belong to that access key id.",
        );
    }
    let values: Vec<_> = values.iter().map(|value| quotes.bare(value)).collect();
    Finding::new(
        FindingCode::HeaderValueDiffers,
        format!(
            "Path, query and host agree, so a header's value or the method is not what was signed. {} {saw} with {}.",
            seen.told,
            values.join(", ")
        ),
        "Compare these with the answer's `headers` and `method`, byte by byte: upper case, blanks and a charset count.",
    )
}

const MOST_VALUES: usize = 16;
