//! What a URL shows by itself.

use time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::domain::diagnose::finding::Finding;
use crate::domain::diagnose::finding::FindingCode;
use crate::domain::diagnose::place;
use crate::domain::diagnose::quotes::Quotes;
use crate::domain::used_url::UsedUrl;

/// Everything that is wrong, and, as a note, which headers have to be sent.
pub fn findings(text: &str, url: Option<&UsedUrl<'_>>, now: OffsetDateTime, quotes: &Quotes) -> Vec<Finding> {
    let Some(url) = url else { return vec![not_a_url()] };
    let mut found: Vec<_> = [of_html(text), of_breaks(text), of_kind(url)].into_iter().flatten().collect();
    if found.iter().any(|finding| of_another_kind(finding.code)) {
        return found;
    }
    let of_parts = [of_repeats(url, quotes), of_missing(url), of_algorithm(url, quotes), of_signature(url)];
    found.extend(of_parts.into_iter().flatten());
    found.extend(
        [of_encoding(url), of_plus(url), of_hex_case(url), of_decoded(url), of_folds(url)].into_iter().flatten(),
    );
    found.extend([of_credential(url), of_date(url), of_expires(url), of_host_header(url)].into_iter().flatten());
    found.extend([of_end(url, now), of_plain_http(url)].into_iter().flatten());
    found.extend(place::findings(url, quotes));
    found.extend(note(url, quotes));
    found
}

fn of_another_kind(code: FindingCode) -> bool {
    matches!(code, FindingCode::NotPresigned | FindingCode::SignatureVersion2)
}

fn not_a_url() -> Finding {
    Finding::new(
        FindingCode::NotAUrl,
        "This is no URL with a scheme and a host.",
        "Give the whole of the answer's `url`, from https:// to the end of the signature.",
    )
}

fn of_html(text: &str) -> Option<Finding> {
    let escaped = ["&amp;", "&#38;", "\\u0026"].iter().find(|escape| text.contains(**escape))?;
    Some(Finding::new(
        FindingCode::HtmlEscaped,
        format!("The URL was escaped for HTML or JSON and never unescaped: it has {escaped} where & was."),
        "Use the value after parsing, not the source text of the page or the JSON.",
    ))
}

fn of_breaks(text: &str) -> Option<Finding> {
    let broken = text.trim().contains(|c: char| c.is_whitespace() || c.is_control() || "\"'<>`\\^{}|#".contains(c));
    let broken = broken && !text.contains("\\u0026");
    broken.then(|| {
        Finding::new(
            FindingCode::UrlBroken,
            "The URL has a blank, a line break, a quotation mark, a # or another character that no issued URL has: it \
             was broken where it was copied, or decoded.",
            "Copy it whole, in quotation marks on a command line, and do not decode it.",
        )
    })
}

fn of_kind(url: &UsedUrl<'_>) -> Option<Finding> {
    if url.query.iter().any(|(name, _)| name.to_lowercase().contains("x-amz-")) {
        return None;
    }
    if url.has("AWSAccessKeyId") {
        return Some(Finding::new(
            FindingCode::SignatureVersion2,
            "The URL is signed by Signature Version 2, which newer regions never took and KMS-encrypted objects refuse.",
            "Have it signed by version 4: presignd does, and so do current SDKs (botocore: signature_version s3v4).",
        ));
    }
    Some(Finding::new(
        FindingCode::NotPresigned,
        "The URL is not presigned: it has no X-Amz-… in its query.",
        "Give the whole URL; an unquoted & on a command line cuts it off, and so do redirects and some link shorteners. \
         If it is a form's, it has none: send POST with all of the answer's `fields`, unchanged, and `file` as the last.",
    ))
}

fn of_repeats(url: &UsedUrl<'_>, quotes: &Quotes) -> Option<Finding> {
    let names: Vec<_> = url.query.iter().map(|(name, _)| *name).collect();
    let mut twice: Vec<_> = needed(url).filter(|name| names.iter().filter(|n| *n == name).count() > 1).collect();
    twice.dedup();
    (!twice.is_empty()).then(|| {
        Finding::new(
            FindingCode::ParameterRepeated,
            format!(
                "The URL has {} more than once: two URLs were joined, or it was signed twice.",
                quotes.names(twice)
            ),
            "Use the URL as it was issued; an SDK or a gateway must not sign it again.",
        )
    })
}

fn of_missing(url: &UsedUrl<'_>) -> Option<Finding> {
    let lacking: Vec<_> = needed(url).filter(|name| !url.has(name)).collect();
    (!lacking.is_empty()).then(|| {
        Finding::new(
            FindingCode::ParameterMissing,
            format!("The URL lacks {}; the names are case-sensitive.", lacking.join(", ")),
            "Use the whole URL: an unquoted & on a command line cuts it off, and some programs put names into lower \
             case.",
        )
    })
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>
fn needed(url: &UsedUrl<'_>) -> impl Iterator<Item = &'static str> {
    NEEDED.into_iter().chain(is_of_every_region(url).then_some("X-Amz-Region-Set"))
}

const NEEDED: [&str; 6] =
    ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"];

/// Whether it says that it is signed by SigV4A, whose scope names no region.
pub fn is_of_every_region(url: &UsedUrl<'_>) -> bool {
    url.parameter("X-Amz-Algorithm").as_deref() == Some(SIGV4A)
}

fn of_algorithm(url: &UsedUrl<'_>, quotes: &Quotes) -> Option<Finding> {
    let algorithm = url.parameter("X-Amz-Algorithm")?;
    (![SIGV4, SIGV4A].contains(&algorithm.as_str())).then(|| {
        Finding::new(
            FindingCode::AlgorithmUnknown,
            format!("X-Amz-Algorithm is {}, which S3 does not know.", quotes.quote(&algorithm)),
            "It is AWS4-HMAC-SHA256 in every URL but those of Multi-Region Access Points: use the URL as issued.",
        )
    })
}

const SIGV4: &str = "AWS4-HMAC-SHA256";
const SIGV4A: &str = "AWS4-ECDSA-P256-SHA256";

fn of_signature(url: &UsedUrl<'_>) -> Option<Finding> {
    let (signature, algorithm) = (url.parameter("X-Amz-Signature")?, url.parameter("X-Amz-Algorithm")?);
    let is_hex = signature.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let (is_whole, form) = match algorithm.as_str() {
        SIGV4 => (signature.len() == 64, "64 lower-case hex digits"),
        SIGV4A => (is_sequence(&signature), "lower-case hex digits, 30, then how many bytes follow, as DER has it"),
        _ => return None,
    };
    (!(is_hex && is_whole)).then(|| {
        Finding::new(
            FindingCode::SignatureMalformed,
            format!("X-Amz-Signature has {} characters; it is {form}.", signature.chars().count()),
            "The URL was cut off or something was appended to its end: copy it whole.",
        )
    })
}

/// Whether hex digits are of a DER sequence, which tells its own length; that of two numbers of P-256 fits in one byte.
/// <https://www.rfc-editor.org/rfc/rfc3279#section-2.2.3>
fn is_sequence(hex: &str) -> bool {
    let length = hex.strip_prefix("30").and_then(|rest| Some((rest.get(..2)?, rest.get(2..)?)));
    length.is_some_and(|(length, rest)| usize::from_str_radix(length, 16) == Ok(rest.len() / 2) && rest.len() % 2 == 0)
}

fn of_encoding(url: &UsedUrl<'_>) -> Option<Finding> {
    let twice = |name: &str| url.query.iter().any(|(given, value)| *given == name && is_twice(value.unwrap_or("")));
    (twice("X-Amz-Credential") || twice("X-Amz-SignedHeaders")).then(|| {
        Finding::new(
            FindingCode::EncodedTwice,
            "The query was percent-encoded a second time (%252F where %2F was).",
            "Hand the URL over as one string that is already encoded; do not let the client encode it again.",
        )
    })
}

fn is_twice(value: &str) -> bool {
    ["%252F", "%252f", "%253B", "%253b"].iter().any(|twice| value.contains(twice))
}

fn of_plus(url: &UsedUrl<'_>) -> Option<Finding> {
    let in_query = url.query.iter().any(|(_, value)| value.is_some_and(|value| value.contains('+')));
    (in_query || url.path.contains('+')).then(|| {
        Finding::new(
            FindingCode::PlusForSpace,
            "The URL has a bare +, which stands for a blank in forms but not in S3's signature: as issued it is %20 \
             for a blank and %2B for a plus.",
            "Something took the URL apart and encoded it as a form; hand it over as one string.",
        )
    })
}

fn of_hex_case(url: &UsedUrl<'_>) -> Option<Finding> {
    let values = url.query.iter().filter_map(|(_, value)| *value).chain([url.path]);
    let lower = values.flat_map(|value| value.split('%').skip(1)).filter_map(|rest| rest.get(..2));
    let mut lower = lower.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    lower.any(|digits| digits.bytes().any(|byte| byte.is_ascii_lowercase())).then(|| {
        Finding::new(
            FindingCode::LowerCaseHex,
            "The URL has lower-case percent-encoding (%2f), so it is not as it was issued: something decoded it and \
             encoded it again, which AWS may forgive and other stores do not.",
            "Hand the URL over as one string, without taking it apart.",
        )
    })
}

/// presignd and the SDKs encode the slashes of the credential; AWS takes them bare too, so the key tells the rest.
fn of_decoded(url: &UsedUrl<'_>) -> Option<Finding> {
    let bare =
        |name: &str, mark| url.query.iter().any(|(given, value)| *given == name && value.unwrap_or("").contains(mark));
    (bare("X-Amz-Credential", '/') || bare("X-Amz-SignedHeaders", ';')).then(|| {
        Finding::new(
            FindingCode::Decoded,
            "The URL was percent-decoded after it was issued (/ where %2F was): where the key or a value has a %, + or \
             &, it is now another.",
            "Use the URL as it stands in the answer: a URL is never to be unescaped (decodeURIComponent, unquote) before \
             it is called.",
        )
    })
}

fn of_folds(url: &UsedUrl<'_>) -> Option<Finding> {
    let mut segments = url.path.split('/').skip(1).peekable();
    let mut folds = false;
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        let dots = segment.replace("%2e", ".").replace("%2E", ".");
        folds |= dots == "." || dots == ".." || segment.is_empty() && !is_last;
    }
    folds.then(|| {
        Finding::new(
            FindingCode::PathFolds,
            "The path has an empty segment, . or .., which browsers and most libraries fold before they send it; then \
             it is another path than the signed one.",
            "Use a key without them, or a client that sends the path as it stands (curl --path-as-is).",
        )
    })
}

fn of_credential(url: &UsedUrl<'_>) -> Option<Finding> {
    let given = url.parameter("X-Amz-Credential")?;
    let parts = url.credential();
    let (wanted, form) = match is_of_every_region(url) {
        true => (4, "ACCESS_KEY_ID/DATE/SERVICE/aws4_request"),
        false => (5, "ACCESS_KEY_ID/DATE/REGION/SERVICE/aws4_request"),
    };
    let is_whole = parts.len() == wanted && parts.iter().all(|part| !part.is_empty());
    let date = parts.get(1).map(String::as_str).unwrap_or_default();
    if is_twice(&given) || given.contains("%2") {
        return None;
    }
    if !is_whole || parts.last().is_none_or(|last| last != "aws4_request") {
        return Some(Finding::new(
            FindingCode::CredentialMalformed,
            format!("X-Amz-Credential is not {form}."),
            "Use the URL as it was issued; if it is, tell the operator what signs it.",
        ));
    }
    let stamp = url.parameter("X-Amz-Date")?;
    (!stamp.starts_with(date)).then(date_disagrees)
}

/// S3 says so too.
pub fn date_disagrees() -> Finding {
    Finding::new(
        FindingCode::DateDisagrees,
        "The date in X-Amz-Credential is not the day of X-Amz-Date, and S3 refuses that.",
        "One of the two was changed: use the URL as it was issued.",
    )
}

fn of_date(url: &UsedUrl<'_>) -> Option<Finding> {
    (url.has("X-Amz-Date") && url.signed_at().is_none()).then(|| {
        Finding::new(
            FindingCode::DateMalformed,
            "X-Amz-Date is not a time such as 20261124T120000Z.",
            "Use the URL as it was issued; nothing may rewrite its date.",
        )
    })
}

fn of_expires(url: &UsedUrl<'_>) -> Option<Finding> {
    let expires = url.parameter("X-Amz-Expires")?;
    let is_right = expires.parse().is_ok_and(|seconds: u32| (1..=A_WEEK).contains(&seconds));
    (!is_right).then(|| {
        Finding::new(
            FindingCode::ExpiresOutOfRange,
            "X-Amz-Expires is not a whole number of 1 to 604800 seconds: no URL signed by version 4 lives longer than \
             seven days.",
            "Ask for a URL of seven days at most, and for a new one when it has ended.",
        )
    })
}

const A_WEEK: u32 = 604_800;

fn of_host_header(url: &UsedUrl<'_>) -> Option<Finding> {
    (url.has("X-Amz-SignedHeaders") && !url.signed_headers().iter().any(|name| name == "host" || name.contains('%')))
        .then(|| {
            Finding::new(
                FindingCode::HostNotSigned,
                "X-Amz-SignedHeaders lacks host, without which S3 takes no signature.",
                "Use the URL as it was issued; if it is, tell the operator what signs it.",
            )
        })
}

/// S3 takes a URL from its date on, and allows clocks to differ by a quarter of an hour.
fn of_end(url: &UsedUrl<'_>, now: OffsetDateTime) -> Option<Finding> {
    let (signed_at, ends_at) = (url.signed_at()?, url.ends_at()?);
    if ends_at <= now {
        return Some(Finding::new(
            FindingCode::Expired,
            format!("The URL ended {} ago, at {}.", span(now - ends_at), written(ends_at)),
            "Ask for a new one, late and with a longer expires_in: S3 looks at the clock when the request begins.",
        ));
    }
    (signed_at > now + Duration::minutes(15)).then(|| {
        Finding::new(
            FindingCode::NotYetValid,
            format!("The URL begins only in {}, at {}.", span(signed_at - now), written(signed_at)),
            "The clock of the machine that signed it is ahead, or this one's is behind: set both by NTP.",
        )
    })
}

fn span(length: Duration) -> String {
    let seconds = length.whole_seconds();
    match seconds {
        ..120 => format!("{seconds} seconds"),
        120..7200 => format!("{} minutes", seconds / 60),
        7200..172_800 => format!("{} hours", seconds / 3600),
        172_800.. => format!("{} days", seconds / 86_400),
    }
}

fn written(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}

fn of_plain_http(url: &UsedUrl<'_>) -> Option<Finding> {
    let host = url.host();
    let is_loopback = ["127.", "localhost", "[::1]"].iter().any(|start| host.starts_with(start));
    (url.scheme.eq_ignore_ascii_case("http") && !is_loopback).then(|| {
        Finding::new(
            FindingCode::PlainHttp,
            "The scheme is http: anybody on the way can read and use the URL, and a bucket policy that demands TLS \
             (aws:SecureTransport) answers AccessDenied.",
            "Call it by https; the scheme is not part of the signature, but the port is part of the host.",
        )
    })
}

fn note(url: &UsedUrl<'_>, quotes: &Quotes) -> Option<Finding> {
    let (names, signed) = (url.headers_to_send(), url.signed_headers());
    if signed.iter().all(|name| name == "host") {
        return None;
    }
    let length = signed.iter().any(|name| name == "content-length");
    let length = if length { " The body must have exactly the length that was signed." } else { "" };
    let to_send = match names.as_slice() {
        [] => String::new(),
        names => format!("The signature binds {}.", quotes.names(names.iter().map(String::as_str))),
    };
    Some(Finding::new(
        FindingCode::SignedHeaders,
        format!("{to_send}{length}").trim().to_owned(),
        "Send each of the answer's `headers` with exactly its value, and no other x-amz-… header.",
    ))
}
