//! Tables: what was used and what S3 answered, to what is found. The bodies have the shape of AWS's own.

mod points;
mod said;
mod secrets;
mod transcript;

use std::time::Duration;
use std::time::SystemTime;

use super::*;

const SIGNATURE: &str = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";

/// A session token as it stands in a URL.
const TOKEN: &str = "IQoJb3JpZ2luX2VjEJr%2F%2F%2F%2F%2F%2F%2F%2F%2F%2FwEaCXVzLWVhc3QtMSJH%2Bo3";

const PUT: &str = "https://acme.s3.eu-west-1.amazonaws.com/users/42/a%20b.png?X-Amz-Algorithm=AWS4-HMAC-SHA256\
    &X-Amz-Credential=AKIDEXAMPLE%2F20261124%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20261124T120000Z\
    &X-Amz-Expires=900&X-Amz-SignedHeaders=content-type%3Bhost&x-presignd-id=0197&X-Amz-Signature=\
    aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";

/// What S3 makes of a right use of [`PUT`].
const SEEN: &str = "PUT\n/users/42/a%20b.png\nX-Amz-Algorithm=AWS4-HMAC-SHA256\
    &X-Amz-Credential=AKIDEXAMPLE%2F20261124%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20261124T120000Z\
    &X-Amz-Expires=900&X-Amz-SignedHeaders=content-type%3Bhost&x-presignd-id=0197\ncontent-type:image/png\n\
    host:acme.s3.eu-west-1.amazonaws.com\n\ncontent-type;host\nUNSIGNED-PAYLOAD";

/// Five minutes after [`PUT`] was signed.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_521_900)
}

fn get() -> String {
    PUT.replace("content-type%3Bhost", "host")
}

fn seen_get() -> String {
    let seen = SEEN.replace("content-type%3Bhost", "host").replace("content-type;host", "host");
    seen.replace("content-type:image/png\n", "").replace("PUT\n", "GET\n")
}

fn found(url: &str, answer: Option<&str>) -> Vec<Finding> {
    diagnose(&Question::new(url, answer).unwrap(), now())
}

fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// An error of S3's, with its own elements between the message and the ids.
fn error(code: &str, message: &str, more: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>{more}\
         <RequestId>4442587FB7D0A2F9</RequestId><HostId>h=</HostId></Error>"
    )
}

fn mismatch(seen: &str) -> String {
    let seen = seen.replace('&', "&amp;");
    let to_sign = "AWS4-HMAC-SHA256\n20261124T120000Z\n20261124/eu-west-1/s3/aws4_request\n9f86d0";
    let message = "The request signature we calculated does not match the signature you provided. Check your key and \
        signing method.";
    let more = format!(
        "<AWSAccessKeyId>AKIDEXAMPLE</AWSAccessKeyId><StringToSign>{to_sign}</StringToSign>\
         <SignatureProvided>{SIGNATURE}</SignatureProvided><CanonicalRequest>{seen}</CanonicalRequest>\
         <CanonicalRequestBytes>50 55 54</CanonicalRequestBytes>"
    );
    error("SignatureDoesNotMatch", message, &more)
}

#[test]
fn a_url_alone_shows_what_is_wrong_with_it() {
    let session =
        |url: &str| url.replace("&X-Amz-SignedHeaders", &format!("&X-Amz-Security-Token={TOKEN}&X-Amz-SignedHeaders"));
    let rows: Vec<(&str, String, &[&str])> = vec![
        ("a right one", get(), &[]),
        ("a right one of a session", session(&get()), &[]),
        ("a right one with headers", PUT.to_owned(), &["signed_headers"]),
        ("nothing", String::new(), &["not_a_url"]),
        ("a path", "/users/42/a.png".to_owned(), &["not_a_url"]),
        ("another scheme", get().replace("https", "s3"), &["not_a_url"]),
        ("a plain URL", "https://acme.s3.amazonaws.com/a".to_owned(), &["not_presigned"]),
        (
            "version 2",
            "https://a.s3.amazonaws.com/a?AWSAccessKeyId=A&Expires=1&Signature=x".to_owned(),
            &["signature_version_2"],
        ),
        ("cut at the first &", get().split('&').next().unwrap().to_owned(), &["parameter_missing"]),
        ("cut in the signature", get()[..get().len() - 3].to_owned(), &["signature_malformed"]),
        ("something appended", get() + "\\n", &["signature_malformed", "url_broken"]),
        ("a line break inside", get().replace("&X-Amz-Date", "\n&X-Amz-Date"), &["credential_malformed", "url_broken"]),
        ("HTML", get().replace('&', "&amp;"), &["html_escaped", "parameter_missing"]),
        ("encoded twice", get().replace("%2F", "%252F"), &["encoded_twice"]),
        ("encoded as a form", get().replace("%20", "+"), &["plus_for_space"]),
        ("lower-case hex", get().replace("%2F", "%2f"), &["lower_case_hex"]),
        ("names in lower case", get().replace("X-Amz-Date", "x-amz-date"), &["parameter_missing"]),
        ("signed twice", get() + "&X-Amz-Date=20261124T120000Z", &["parameter_repeated"]),
        ("another algorithm", get().replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"), &["algorithm_unknown"]),
        ("a scope without its end", get().replace("%2Faws4_request", ""), &["credential_malformed"]),
        ("a scope of another day", get().replace("%2F20261124", "%2F20261123"), &["date_disagrees"]),
        ("a date that is none", get().replace("20261124T120000Z", "20261124"), &["date_malformed"]),
        ("eight days", get().replace("=900", "=691200"), &["expires_out_of_range"]),
        ("no time", get().replace("=900", "=0"), &["expires_out_of_range", "expired"]),
        ("ended", get().replace("=900", "=299"), &["expired"]),
        ("a minute before its end", get().replace("=900", "=360"), &[]),
        ("a clock an hour ahead", get().replace("T120000Z", "T130600Z"), &["not_yet_valid"]),
        ("a clock ten minutes ahead", get().replace("T120000Z", "T121500Z"), &[]),
        ("host unsigned", get().replace("SignedHeaders=host", "SignedHeaders=range"), &["host_not_signed"]),
        ("another region's host", get().replace("s3.eu-west-1", "s3.us-east-2"), &["region_differs"]),
        ("a dual-stack host", get().replace("s3.eu-west-1", "s3.dualstack.eu-west-1"), &[]),
        ("http", get().replace("https", "http"), &["plain_http"]),
        ("http on this machine", get().replace("https://acme.s3.eu-west-1.amazonaws.com", "http://127.0.0.1:9/a"), &[]),
        ("a key that folds", get().replace("/42/", "/../"), &["path_folds"]),
        ("a key with an empty segment", get().replace("/42/", "//"), &["path_folds"]),
    ];
    for (case, url, expected) in rows {
        let found = codes(&found(&url, None));
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        let mut sorted = found.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, expected, "{case}: {url}");
    }
}

#[test]
fn what_s3_saw_is_compared_line_by_line() {
    let put = |from: &str, to: &str| (PUT.to_owned(), SEEN.replace(from, to));
    let get = |from: &str, to: &str| (get(), seen_get().replace(from, to));
    let host = "host:acme.s3.eu-west-1.amazonaws.com";
    let rows = [
        ("POST in place of PUT with a body's header", put("PUT\n", "PATCH\n"), "method_differs", "PATCH"),
        ("GET of an upload", put("PUT\n", "GET\n"), "method_differs", "POST or PUT"),
        ("HEAD on a URL for GET", get("GET\n", "HEAD\n"), "method_differs", "S3 saw HEAD"),
        ("a proxy's host", put(host, "host:uploads.example.com"), "host_differs", "uploads.example.com"),
        ("a port", put(host, "host:acme.s3.eu-west-1.amazonaws.com:8443"), "host_differs", "the port differs"),
        ("the path encoded again", put("a%20b", "a%2520b"), "encoded_twice", "a%2520b"),
        ("another key", put("/a%20b.png", "/b.png"), "path_differs", "/users/42/b.png"),
        ("a proxy's path", put("\n/users", "\n/s3/users"), "path_differs", "/s3/users/42"),
        ("a cache buster", put("&x-presignd-id", "&v=1&x-presignd-id"), "query_differs", "added: v"),
        ("a parameter lost", put("&x-presignd-id=0197", ""), "query_differs", "lost: x-presignd-id"),
        ("a longer expiry", put("Expires=900", "Expires=9000"), "query_differs", "changed: X-Amz-Expires"),
        ("a header forgotten", put("content-type:image/png", "content-type:"), "header_missing", "content-type"),
        ("its line gone", put("content-type:image/png\n", ""), "header_missing", "content-type"),
        ("a charset", put("image/png", "text/plain; charset=utf-8"), "content_type_changed", "charset=utf-8"),
        ("curl --data", put("image/png", "application/x-www-form-urlencoded"), "content_type_changed", "curl --data"),
        ("a form around it", put("image/png", "multipart/form-data; boundary=x"), "content_type_changed", "form"),
        ("another type", put("image/png", "image/jpeg"), "header_value_differs", "content-type: \"image/jpeg\""),
        ("the body's hash", put("UNSIGNED-PAYLOAD", "e3b0c4"), "payload_signed", "x-amz-content-sha256"),
        ("all agrees", get("", ""), "method_differs", "S3 saw GET"),
        (
            "a folded path",
            (PUT.replace("/42/", "/./42//"), SEEN.to_owned()),
            "path_folds",
            "The client folded the path",
        ),
        (
            "another URL's answer",
            (PUT.replace("T120000Z", "T120100Z"), SEEN.to_owned()),
            "query_differs",
            "changed: X-Amz-Date",
        ),
    ];
    for (case, (url, seen), code, words) in rows {
        let found = found(&url, Some(&mismatch(&seen)));
        assert_eq!(found[0].code.as_str(), code, "{case}: {found:#?}");
        assert!(found[0].detail.contains(words), "{case}: {found:#?}");
    }
}

#[test]
fn an_answer_that_is_none_of_s3s_is_told_so() {
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;\">]><Error><Code>&c;</Code></Error>";
    let deep = "<Error>".repeat(9_000);
    let wide = format!("<Error><Code>a</Code>{}</Error>", "<a/>".repeat(15_000));
    for answer in [
        "",
        " \n",
        "HTTP/1.1 403 Forbidden\r\nx: y\r\n\r\n",
        "{\"message\":\"no\"}",
        "<html><body>502</body></html>",
        "<Error/>",
        "<Error>",
        bomb,
        &deep,
        &wide,
    ] {
        let found = found(&get(), Some(answer));
        assert_eq!(codes(&found), ["answer_unreadable"], "{:.60}", answer);
    }
    let head = format!("HTTP/1.1 404 Not Found\r\nx: y\r\n\r\n\u{feff}{}\n", error("NoSuchKey", "m", ""));
    assert_eq!(codes(&found(&get(), Some(&head))), ["key_not_found"], "curl -i");
}

#[test]
fn what_is_vague_is_told_only_where_nothing_is_certain() {
    let bare = error("AccessDenied", "Access Denied", "");
    let ended = get().replace("=900", "=1");
    assert_eq!(codes(&found(&ended, Some(&bare))), ["expired"]);
    assert_eq!(codes(&found(PUT, Some(&bare))), ["access_denied", "signed_headers"]);
    let store = error("SignatureDoesNotMatch", "", "");
    assert_eq!(codes(&found(PUT, Some(&store))), ["signature_differs", "signed_headers"]);
    assert_eq!(codes(&found(&PUT.replace("%2F", "%252F"), Some(&store))), ["encoded_twice"]);
}

#[test]
fn what_is_too_long_is_not_looked_at() {
    let url = "a".repeat(MOST_URL_BYTES + 1);
    assert_eq!(Question::new(&url, None).unwrap_err(), TooLong::Url);
    let answer = "a".repeat(MOST_ANSWER_BYTES + 1);
    assert_eq!(Question::new("", Some(&answer)).unwrap_err(), TooLong::Answer);
    assert!(Question::new(&url[1..], Some(&answer[1..])).is_ok());
}

#[test]
fn of_more_secrets_than_are_looked_for_nothing_is_quoted() {
    let head = &get()[..get().find('?').unwrap() + 1];
    let many = (0..).map(|n| format!("X-Amz-Security-Token={n:020}&"));
    let mut url = head.to_owned();
    many.take(300).for_each(|one| url.push_str(&one));
    while url.len() < MOST_URL_BYTES - 8 {
        url.push_str("a=b&c&");
    }
    let answer = mismatch(&SEEN.replace("&X-Amz-Date", &"&d=e".repeat(6_000)));
    let found = found(&url, Some(&answer));
    assert!(!format!("{found:?}").contains("00000000000000000001"), "with so many secrets nothing is quoted");
}

#[test]
fn codes_are_unique_and_in_the_order_of_their_names() {
    let names = FindingCode::ALL.map(FindingCode::as_str);
    assert!(names.is_sorted() && names.iter().collect::<std::collections::HashSet<_>>().len() == names.len());
}
