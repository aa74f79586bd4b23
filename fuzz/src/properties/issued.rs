//! What was issued, held to what its grant allows, by code that shares nothing with the decision or the signature.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::house;
use super::is_key;
use crate::form_judge;
use crate::form_judge::Condition;
use crate::support::form::Posted;
use crate::verifier;
use crate::verifier::Key;
use crate::verifier::Sent;
use crate::verifier::World;

/// What a grant of `house.toml` allows.
struct Bounds {
    grant: &'static str,
    bucket: &'static str,
    /// The beginning of every key; or the only one, where it does not end in `/`.
    prefix: &'static str,
    /// What nobody may touch below it.
    denied: Option<&'static str>,
    operations: &'static [&'static [&'static str]],
    max_expires: u64,
    max_size: Option<u64>,
    /// What a type begins with.
    types: &'static [&'static str],
}

const READ: &[&str] = &["GetObject", "HeadObject"];
const WRITE: &[&str] = &[
    "PutObject",
    "PostObject",
    "CreateMultipartUpload",
    "UploadPart",
    "CompleteMultipartUpload",
    "AbortMultipartUpload",
    "ListParts",
];
const DELETE_AND_LIST: &[&str] = &["DeleteObject", "ListObjectsV2"];

const ALL: Bounds = Bounds {
    grant: "all",
    bucket: "open",
    prefix: "",
    denied: None,
    operations: &[READ, WRITE, DELETE_AND_LIST],
    max_expires: 12 * 3600,
    max_size: None,
    types: &[],
};

const GRANTS: [Bounds; 5] = [
    Bounds {
        grant: "own",
        bucket: "media",
        prefix: "users/42/",
        denied: Some("users/42/sealed/"),
        max_expires: 3600,
        max_size: Some(1024 * 1024),
        types: &["image/", "text/plain"],
        ..ALL
    },
    Bounds { grant: "inbox", bucket: "media", prefix: "inbox/", operations: &[WRITE], max_expires: 600, ..ALL },
    Bounds { grant: "logo", bucket: "media", prefix: "public/logo.png", operations: &[READ], ..ALL },
    Bounds {
        grant: "records",
        bucket: "store",
        prefix: "records/",
        operations: &[READ, WRITE, DELETE_AND_LIST, &["RestoreObject"]],
        max_expires: 1800,
        ..ALL
    },
    ALL,
];

/// A bucket's alias, its real name, what its URLs begin with, and its region.
const BUCKETS: [(&str, &str, &str, &str); 3] = [
    ("media", "acme-media", "https://acme-media.s3.eu-west-1.amazonaws.com/", "eu-west-1"),
    ("open", "acme-open", "https://acme-open.s3.us-east-1.amazonaws.com/", "us-east-1"),
    ("store", "acme.store", "https://S3.example.net:8443/base/acme.store/", "here"),
];

/// Holds the answer to a request to the grant that it names.
pub fn is_within_its_grant(request: &Value, answer: &Value) {
    let bounds = GRANTS.iter().find(|bounds| answer["grant"] == bounds.grant).expect("a grant of ours");
    let operation = request["operation"].as_str().expect("an operation");
    assert!(bounds.operations.concat().contains(&operation) && request["bucket"] == bounds.bucket, "{answer:#}");
    let seconds = answer["expires_in"].as_u64().expect("a lifetime");
    assert!((1..=bounds.max_expires).contains(&seconds), "{answer:#}");
    let member = ["key", "prefix", "key_prefix"].into_iter().find(|name| answer[*name].is_string()).expect("a name");
    let name = answer[member].as_str().unwrap_or_default();
    if request.get("file_name").is_none() {
        assert_eq!(request[member], name, "what was asked for is signed as it came");
    }
    bounds.cover(name, member != "key");
    match operation {
        "PostObject" => bounds.bind_form(request, answer, name),
        _ => bounds.bind_url(request, answer, name),
    }
}

/// Holds a URL to S3's rules, and to the place, the operation and the lifetime that were asked for.
pub fn is_signed(request: &Value, url: &str, most_seconds: u64) {
    let operation = request["operation"].as_str().expect("an operation");
    let method = if operation == "HeadObject" { "HEAD" } else { "GET" };
    assert!(lifetime(url).is_some_and(|seconds| (1..=most_seconds).contains(&seconds)), "{url}");
    judged(request, request["key"].as_str().expect("a key"), method, url, &[]);
}

impl Bounds {
    /// A key, or a prefix that stands for every key below it.
    fn cover(&self, name: &str, is_prefix: bool) {
        assert!(is_key(name) || (is_prefix && name.is_empty()), "{name:?}");
        let is_below = name.starts_with(self.prefix) && (self.prefix.is_empty() || self.prefix.ends_with('/'));
        assert!(is_below || (name == self.prefix && !is_prefix), "{name:?} is not of {}", self.grant);
        if let Some(denied) = self.denied {
            let is_denied = name.starts_with(denied) || (is_prefix && denied.starts_with(name));
            assert!(!is_denied, "{name:?} is denied");
        }
    }

    fn bind_url(&self, request: &Value, answer: &Value, name: &str) {
        let seconds = answer["expires_in"].as_u64().expect("a lifetime");
        let text = |name: &str| answer[name].as_str().expect("a text");
        let url = text("url");
        let told = answer["headers"].as_object().expect("headers");
        let value = |value: &Value| value.as_str().expect("a header's value").to_owned();
        let mut headers: Vec<_> = told.iter().map(|(name, text)| (name.clone(), value(text))).collect();
        let signed = answer["signed_headers"].as_array().expect("names").iter();
        let has_length = signed.into_iter().any(|name| name == "content-length");
        let length = request["content_length"].as_u64().filter(|_| has_length);
        headers.extend(length.map(|length| ("content-length".to_owned(), length.to_string())));
        assert_eq!(lifetime(url), Some(seconds), "{answer:#}");
        judged(request, name, text("method"), url, &headers);
        let header = |name: &str| told.get(name).and_then(Value::as_str);
        let is_once = header("if-none-match") == Some("*") || self.grant != "records";
        match request["operation"].as_str().expect("an operation") {
            "PutObject" => {
                self.bind_type(header("content-type"));
                self.bind_size(length);
                assert!(is_once, "{answer:#}");
            }
            "CreateMultipartUpload" => self.bind_type(header("content-type")),
            "UploadPart" => self.bind_size(length),
            "CompleteMultipartUpload" => {
                self.bind_size(header("x-amz-mp-object-size").and_then(|size| size.parse().ok()));
                assert!(is_once, "{answer:#}");
            }
            _ => {}
        }
    }

    fn bind_form(&self, request: &Value, answer: &Value, name: &str) {
        assert_ne!(self.grant, "records", "no form writes once");
        let size = request["content_length_range"][0].as_u64().unwrap_or_default();
        let posted = Posted::of(answer, "a.png", size);
        let (_, bucket, place, region) = place(request);
        assert_eq!(posted.url.trim_end_matches('/'), place.trim_end_matches('/'), "{answer:#}");
        assert_eq!(form_judge::verify(&posted, bucket, world(region, &[KEY])), Ok(()), "{answer:#}");
        let policy = posted.policy();
        let conditions = policy["conditions"].as_array().expect("conditions");
        let all: Vec<Condition> = conditions.iter().filter_map(Condition::of).collect();
        let bound = |field: &str| all.iter().find(|condition| condition.field == field);
        let key = bound("key").expect("a condition on the key");
        assert!(key.value == name && (key.kind == "eq" || answer["key_prefix"] == name), "{policy:#}");
        let range = conditions.iter().find(|condition| condition[0] == "content-length-range");
        self.bind_size(range.and_then(|range| range[2].as_u64()));
        self.bind_type(bound("content-type").map(|condition| condition.value.as_str()));
    }

    fn bind_type(&self, signed: Option<&str>) {
        let signed = signed.unwrap_or_default().to_ascii_lowercase();
        assert!(self.types.is_empty() || self.types.iter().any(|known| signed.starts_with(known)), "{signed}");
    }

    fn bind_size(&self, signed: Option<u64>) {
        assert!(self.max_size.is_none_or(|most| signed.is_some_and(|size| size <= most)), "{signed:?}");
    }
}

/// Fails unless S3 would serve it, as that operation, on that key or below that prefix.
fn judged(request: &Value, name: &str, method: &str, url: &str, headers: &[(String, String)]) {
    let (_, _, place, region) = place(request);
    let (path, _) = url.split_once('?').expect("a query");
    let operation = request["operation"].as_str().expect("an operation");
    let parameters = parameters(url);
    match operation {
        "ListObjectsV2" => {
            assert_eq!(path.trim_end_matches('/'), place.trim_end_matches('/'), "{url}");
            assert!(parameters.contains(&("prefix".to_owned(), name.to_owned())), "{url}");
        }
        _ => {
            let key: Vec<u8> = percent_decode_str(path.strip_prefix(place).expect("the bucket's place")).collect();
            assert_eq!(key, name.as_bytes(), "{url}");
        }
    }
    let (expected, marks) = shape(operation);
    assert_eq!(method, expected, "{url}");
    for name in ["uploads", "uploadId", "partNumber", "list-type", "restore"] {
        let optional = operation == "GetObject" || operation == "HeadObject";
        let is_there = parameters.iter().any(|(known, _)| known == name);
        assert!(is_there == marks.contains(&name) || (name == "partNumber" && optional), "{name}: {url}");
    }
    let is_known =
        |name: &str| KNOWN.contains(&name) || ["X-Amz-", "response-"].iter().any(|start| name.starts_with(start));
    assert!(parameters.iter().all(|(name, _)| is_known(name)), "{url}");
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(verifier::verify(Sent { method, url, headers: &headers }, world(region, &[KEY])), Ok(()), "{url}");
}

/// An operation's method, and the parameters that make it one.
fn shape(operation: &str) -> (&'static str, &'static [&'static str]) {
    match operation {
        "GetObject" => ("GET", &[]),
        "HeadObject" => ("HEAD", &[]),
        "PutObject" => ("PUT", &[]),
        "CreateMultipartUpload" => ("POST", &["uploads"]),
        "UploadPart" => ("PUT", &["uploadId", "partNumber"]),
        "CompleteMultipartUpload" => ("POST", &["uploadId"]),
        "AbortMultipartUpload" => ("DELETE", &["uploadId"]),
        "ListParts" => ("GET", &["uploadId"]),
        "DeleteObject" => ("DELETE", &[]),
        "ListObjectsV2" => ("GET", &["list-type"]),
        "RestoreObject" => ("POST", &["restore"]),
        other => panic!("{other}"),
    }
}

/// Parameters beside those of the signature and of the answer's headers.
const KNOWN: [&str; 14] = [
    "continuation-token",
    "delimiter",
    "list-type",
    "max-keys",
    "max-parts",
    "part-number-marker",
    "partNumber",
    "prefix",
    "restore",
    "start-after",
    "uploadId",
    "uploads",
    "versionId",
    "x-presignd-id",
];

fn lifetime(url: &str) -> Option<u64> {
    parameters(url).iter().find(|(name, _)| name == "X-Amz-Expires").and_then(|(_, seconds)| seconds.parse().ok())
}

fn parameters(url: &str) -> Vec<(String, String)> {
    let (_, query) = url.split_once('?').expect("a query");
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().expect("UTF-8").into_owned();
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

fn place(request: &Value) -> (&'static str, &'static str, &'static str, &'static str) {
    BUCKETS.into_iter().find(|(alias, ..)| request["bucket"] == *alias).expect("a bucket of ours")
}

const KEY: Key<'_> = Key { id: house::ACCESS_KEY_ID, secret: house::SECRET_ACCESS_KEY, session_token: None };

fn world<'a>(region: &'a str, keys: &'a [Key<'a>]) -> World<'a> {
    World { keys, region, service: "s3", now: house::NOW as i64 }
}
