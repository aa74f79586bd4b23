//! A store that says no more than no, as most do beside AWS: what it can be, by what the URL binds.

use crate::domain::diagnose::answer::Answer;
use crate::domain::diagnose::finding::Finding;
use crate::domain::diagnose::finding::FindingCode;
use crate::domain::diagnose::method;
use crate::domain::diagnose::quotes::Quotes;
use crate::domain::used_url::UsedUrl;

/// Whether a store refused a presigned URL before it looked at the bucket, and without a word: Ceph's RADOS Gateway, which
/// answers AccessDenied, not SignatureDoesNotMatch, to a presigned URL. Its later refusals name the bucket.
pub fn is_silent(answer: &Answer, url: Option<&UsedUrl<'_>>) -> bool {
    let says = answer.field("BucketName").is_some() || answer.field("HeadersNotSigned").is_some();
    answer.message.is_empty() && !says && url.is_some_and(|url| url.has("X-Amz-Signature"))
}

/// Whether it is the signature that the store does not find right.
pub fn is_mismatch(answer: &Answer, url: Option<&UsedUrl<'_>>) -> bool {
    match answer.code.as_str() {
        "SignatureDoesNotMatch" => true,
        "AccessDenied" => is_silent(answer, url),
        _ => false,
    }
}

/// Everything that it can be.
pub fn finding(url: Option<&UsedUrl<'_>>, quotes: &Quotes) -> Finding {
    let mut causes = vec![method(url)];
    causes.extend(headers(url, quotes));
    causes
        .push(url.map_or("another host".to_owned(), |url| format!("another host than {}", quotes.quote(&url.host()))));
    causes.push("a path or query that was changed or encoded anew".to_owned());
    causes.push(match url.is_some_and(|url| url.has("X-Amz-Security-Token")) {
        true => "a session token that was cut, or has ended".to_owned(),
        false => "an access key that the store does not know, as a session's without its token".to_owned(),
    });
    Finding::new(
        FindingCode::SignatureDiffers,
        format!(
            "The store does not say what it saw, so it is one of these: {}; or the signer's secret key is wrong.",
            causes.join("; ")
        ),
        "Repeat it with curl -v and give all that it prints as the answer: then what was sent is compared. If the answer's \
         `method`, `url` and `headers` work with curl, it is the client; if not, a proxy or the operator's secret key.",
    )
}

fn method(url: Option<&UsedUrl<'_>>) -> String {
    match url.map(method::fitting).unwrap_or_default() {
        [] => "another method than the signed one (a URL for GET serves no HEAD)".to_owned(),
        fitting => format!("another method than {}", fitting.join(" or ")),
    }
}

/// What has to be sent beside, if anything has.
fn headers(url: Option<&UsedUrl<'_>>, quotes: &Quotes) -> Option<String> {
    let url = url?;
    let length = url.signed_headers().iter().any(|name| name == "content-length");
    let names = url.headers_to_send();
    let names = quotes.names(names.iter().map(String::as_str));
    match (names.as_str(), length) {
        ("", false) => None,
        ("", true) => Some("a body of another length than was signed".to_owned()),
        (names, false) => Some(format!("{names} not sent with exactly the signed value")),
        (names, true) => {
            Some(format!("{names} not sent with exactly the signed value; a body of another length than was signed"))
        }
    }
}
