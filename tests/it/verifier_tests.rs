//! The judge, judged: by AWS's published example, and by signatures that botocore made.

use serde_json::Value;

use crate::verifier::Fault;
use crate::verifier::Key;
use crate::verifier::Sent;
use crate::verifier::World;
use crate::verifier::seconds;
use crate::verifier::verify;

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html#query-string-auth-v4-signing-example>
const EXAMPLE: &str = "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
    &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z\
    &X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
    &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";

const KEY: Key<'_> =
    Key { id: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", session_token: None };

fn example_world() -> World<'static> {
    World { keys: &[KEY], region: "us-east-1", service: "s3", now: seconds("20130524T000100Z").unwrap() }
}

fn judge(method: &str, url: &str, headers: &[(&str, &str)]) -> Result<(), Fault> {
    verify(Sent { method, url, headers }, example_world())
}

#[test]
fn awss_published_example_is_accepted() {
    assert_eq!(judge("GET", EXAMPLE, &[]), Ok(()));
    assert_eq!(judge("GET", EXAMPLE, &[("Host", "examplebucket.s3.amazonaws.com"), ("Accept", "*/*")]), Ok(()));
}

#[test]
fn every_change_to_awss_published_example_is_refused_for_what_it_is() {
    let malformed = |part: &str| Fault::Malformed(part.to_owned());
    let rows: Vec<(&str, String, Fault)> = vec![
        ("method", EXAMPLE.to_owned(), Fault::Signature),
        ("path", EXAMPLE.replace("test.txt", "test.txt2"), Fault::Signature),
        ("host", EXAMPLE.replace("examplebucket", "examplebucket2"), Fault::Signature),
        ("port", EXAMPLE.replace(".com/", ".com:8443/"), Fault::Signature),
        ("query", format!("{EXAMPLE}&versionId=1"), Fault::Signature),
        ("signature", EXAMPLE.replace("604d404", "604d405"), Fault::Signature),
        ("longer", EXAMPLE.replace("86400", "86401"), Fault::Signature),
        ("no expiry", EXAMPLE.replace("&X-Amz-Expires=86400", ""), malformed("X-Amz-Expires")),
        ("two expiries", format!("{EXAMPLE}&X-Amz-Expires=86400"), malformed("X-Amz-Expires")),
        ("expiry 0", EXAMPLE.replace("=86400", "=0"), Fault::Expires("0".into())),
        ("expiry above a week", EXAMPLE.replace("=86400", "=604801"), Fault::Expires("604801".into())),
        ("expiry with a sign", EXAMPLE.replace("=86400", "=%2B86400"), Fault::Expires("+86400".into())),
        ("over", EXAMPLE.replace("=86400", "=60"), Fault::Expired),
        ("future", EXAMPLE.replace("T000000Z", "T001601Z"), Fault::NotYetValid),
        (
            "day",
            EXAMPLE.replace("20130524T", "20130523T"),
            Fault::Scope("20130524/us-east-1/s3/aws4_request instead of 20130523/us-east-1/s3/aws4_request".into()),
        ),
        (
            "region",
            EXAMPLE.replace("us-east-1", "us-east-2"),
            Fault::Scope("20130524/us-east-2/s3/aws4_request instead of 20130524/us-east-1/s3/aws4_request".into()),
        ),
        (
            "service",
            EXAMPLE.replace("%2Fs3%2F", "%2Fec2%2F"),
            Fault::Scope("20130524/us-east-1/ec2/aws4_request instead of 20130524/us-east-1/s3/aws4_request".into()),
        ),
        ("key id", EXAMPLE.replace("AKIAIO", "AKIAIX"), Fault::UnknownKey("AKIAIXSFODNN7EXAMPLE".into())),
        ("session", format!("{EXAMPLE}&X-Amz-Security-Token=x"), Fault::SessionToken),
        ("algorithm", EXAMPLE.replace("HMAC-SHA256", "HMAC-SHA1"), Fault::Algorithm("AWS4-HMAC-SHA1".into())),
        ("signed header", EXAMPLE.replace("=host", "=host%3Brange"), Fault::MissingHeader("range".into())),
        ("order", EXAMPLE.replace("=host", "=range%3Bhost"), Fault::SignedHeaders("range;host".into())),
        ("no host", EXAMPLE.replace("=host", "=range"), Fault::SignedHeaders("range".into())),
        ("upper case", EXAMPLE.replace("=host", "=Host"), Fault::SignedHeaders("Host".into())),
        ("plus", EXAMPLE.replace("test.txt", "test+txt"), malformed("path")),
        ("blank", EXAMPLE.replace("test.txt", "test txt"), malformed("a character that must be encoded")),
    ];
    for (what, url, expected) in rows {
        let method = if what == "method" { "HEAD" } else { "GET" };
        assert_eq!(judge(method, &url, &[]), Err(expected), "{what}");
    }
    let unsigned = judge("GET", EXAMPLE, &[("X-Amz-Acl", "public-read")]);
    assert_eq!(unsigned, Err(Fault::UnsignedHeader("x-amz-acl".into())));
}

/// A vector's URL, its headers, and the world in which it holds.
fn judge_vector(vector: &Value, change: impl Fn(&mut Parts)) -> Result<(), Fault> {
    let input = &vector["input"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let credentials = &input["credentials"];
    let (id, secret) = (text(&credentials["access_key_id"]), text(&credentials["secret_access_key"]));
    let headers = input["headers"].as_object().unwrap().iter();
    let mut parts = Parts {
        method: text(&vector["method"]),
        url: text(&vector["expected_url"]),
        headers: headers.map(|(name, value)| (name.clone(), text(value))).collect(),
        region: text(&vector["expected"]["signing_region"]),
        service: text(&vector["expected"]["signing_service"]),
        now: seconds(&text(&input["timestamp"])).unwrap(),
    };
    change(&mut parts);
    let headers: Vec<(&str, &str)> =
        parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let key = Key { id: &id, secret: &secret, session_token: credentials["session_token"].as_str() };
    let sent = Sent { method: &parts.method, url: &parts.url, headers: &headers };
    verify(sent, World { keys: &[key], region: &parts.region, service: &parts.service, now: parts.now })
}

struct Parts {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    region: String,
    service: String,
    now: i64,
}

fn vectors() -> Vec<Value> {
    let text = include_str!("../vectors/vectors.jsonl");
    text.lines().map(|line| serde_json::from_str(line).expect("a vector is JSON")).collect()
}

#[test]
fn every_signature_that_botocore_made_is_accepted() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 283);
    for vector in &vectors {
        assert_eq!(judge_vector(vector, |_| ()), Ok(()), "{}", vector["id"]);
    }
}

#[test]
fn no_signature_holds_for_another_request() {
    type Change = fn(&mut Parts);
    type Expected = fn(&Fault) -> bool;
    let changes: [(&str, Change, Expected); 8] = [
        ("method", |parts| parts.method.push('X'), |fault| *fault == Fault::Signature),
        ("path", |parts| parts.url = parts.url.replacen('?', "x?", 1), |fault| *fault == Fault::Signature),
        ("query", |parts| parts.url.push_str("&a=b"), |fault| *fault == Fault::Signature),
        ("region", |parts| parts.region.push('x'), |fault| matches!(fault, Fault::Scope(_))),
        ("service", |parts| parts.service = "sts".into(), |fault| matches!(fault, Fault::Scope(_))),
        ("late", |parts| parts.now += 604_801, |fault| *fault == Fault::Expired),
        ("early", |parts| parts.now -= 901, |fault| *fault == Fault::NotYetValid),
        (
            "a further header",
            |parts| parts.headers.push(("X-Amz-Copy-Source".into(), "a/b".into())),
            |fault| matches!(fault, Fault::UnsignedHeader(_) | Fault::Signature),
        ),
    ];
    let mut headers = 0;
    for vector in vectors() {
        for (what, change, expected) in &changes {
            let fault = judge_vector(&vector, change).expect_err(what);
            assert!(expected(&fault), "{} {what}: {fault:?}", vector["id"]);
        }
        if vector["input"]["headers"].as_object().is_some_and(|headers| !headers.is_empty()) {
            headers += 1;
            let changed = judge_vector(&vector, |parts| parts.headers[0].1.push('x'));
            assert_eq!(changed, Err(Fault::Signature), "{}", vector["id"]);
            let missing = judge_vector(&vector, |parts| drop(parts.headers.remove(0)));
            assert!(matches!(missing, Err(Fault::MissingHeader(_))), "{}: {missing:?}", vector["id"]);
        }
    }
    assert!(headers > 50, "only {headers} vectors sign headers");
}
