//! The setting that most tables start from: an issuer, a bucket, and credentials that the judge of URLs knows.

use serde_json::Value;
use serde_json::json;

use super::client::Reply;
use super::presignd::Presignd;
use super::service::Service;
use super::tokens::Issuer;
use super::tokens::claims;
use crate::verifier;
use crate::verifier::Fault;
use crate::verifier::Key;
use crate::verifier::Sent;
use crate::verifier::World;

/// `issuer` of the issuer `corp`.
pub const CORP: &str = "https://idp.example/";
/// Its secret.
pub const CORP_SECRET: &str = "corp-secret-of-more-than-32-bytes!";
pub const ACCESS_KEY_ID: &str = "AKIDEXAMPLE";
pub const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// Where the buckets of the tables are.
pub const REGION: &str = "eu-west-1";

/// The issuer `corp`.
pub const ISSUER: &str = r#"
    [[issuers]]
    name = "corp"
    issuer = "https://idp.example/"
    audiences = ["presignd"]
    hmac_secret_env = "CORP_SECRET"
"#;

/// The bucket `media`.
pub const MEDIA: &str = r#"
    [buckets.media]
    bucket = "acme-media"
    region = "eu-west-1"
"#;

/// A grant of everything in it.
pub const ALL_OF_MEDIA: &str = r#"
    [[grants]]
    name = "all"
    bucket = "media"
    prefix = ""
    actions = ["read", "write", "delete", "list"]
"#;

/// Grants that refuse some of it: a deny, one that is switched off, and one with a limit.
pub const SOME_REFUSED: &str = r#"
    [[grants]]
    name = "sealed"
    effect = "deny"
    bucket = "media"
    prefix = "sealed/"
    [[grants]]
    name = "off"
    bucket = "media"
    prefix = "off/"
    actions = ["read"]
    enabled = false
    [[grants]]
    name = "small"
    bucket = "media"
    prefix = "small/"
    actions = ["write"]
    upload = { max_size = "1KB" }
"#;

/// A configuration of these parts, with the secrets that it names in the environment.
pub fn setting(parts: &[&str]) -> Presignd {
    Presignd::configured(&parts.concat())
        .env("CORP_SECRET", CORP_SECRET)
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
}

/// A token of `corp` for `42`.
pub fn token() -> String {
    token_with(&json!({}))
}

/// A token of `corp` for `42`, with more claims, or others.
pub fn token_with(more: &Value) -> String {
    Issuer::hmac(CORP_SECRET).token(&claims(CORP, "presignd", "42", more))
}

/// A body of `/v1/presign`, with the members that the operation cannot be without.
pub fn ask(operation: &str, bucket: &str, key: &str) -> Value {
    let member = if operation == "ListObjectsV2" { "prefix" } else { "key" };
    let needed = match operation {
        "AbortMultipartUpload" | "CompleteMultipartUpload" | "ListParts" => json!({"upload_id": "u-1"}),
        "UploadPart" => json!({"upload_id": "u-1", "part_number": 1}),
        _ => json!({}),
    };
    with(json!({"operation": operation, "bucket": bucket, member: key}), &needed)
}

/// An object with more members, or others.
pub fn with(mut object: Value, more: &Value) -> Value {
    let members = more.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone()));
    object.as_object_mut().unwrap().extend(members);
    object
}

/// A grant's name, or a refusal's status, code and pointers, these in any order.
pub type Expected = Result<&'static str, (u16, &'static str, &'static [&'static str])>;

/// 403 `no_grant`.
pub const NO_GRANT: Expected = Err((403, "no_grant", &[]));
/// 403 `denied`.
pub const DENIED: Expected = Err((403, "denied", &[]));
/// 403 `grant_disabled`.
pub const DISABLED: Expected = Err((403, "grant_disabled", &[]));
/// 400 `expires_in_too_long`.
pub const TOO_LONG: Expected = Err((400, "expires_in_too_long", &["#/expires_in"]));

/// 403 `grant_not_satisfied`, because of these.
pub const fn unmet(pointers: &'static [&'static str]) -> Expected {
    Err((403, "grant_not_satisfied", pointers))
}

/// 400 `invalid_request`, because of these.
pub const fn invalid(pointers: &'static [&'static str]) -> Expected {
    Err((400, "invalid_request", pointers))
}

/// Fails unless an answer, or an item of a batch, is what the case expects.
#[track_caller]
pub fn expect(case: &str, answer: &Value, expected: Expected) {
    let found = match answer["grant"].as_str() {
        Some(grant) => Ok(grant.to_owned()),
        None => Err((answer["status"].clone(), answer["code"].clone(), pointers(answer))),
    };
    let expected = match expected {
        Ok(grant) => Ok(grant.to_owned()),
        Err((status, code, pointers)) => {
            let mut pointers: Vec<String> = pointers.iter().map(|pointer| (*pointer).to_owned()).collect();
            pointers.sort();
            Err((json!(status), json!(code), pointers))
        }
    };
    assert_eq!(found, expected, "{case}: {answer:#}");
}

/// Fails unless a reply's status agrees with its body, and the body is what the case expects.
#[track_caller]
pub fn expect_reply(case: &str, reply: &Reply, expected: Expected) -> Value {
    let answer = reply.json();
    let status = if answer["grant"].is_string() { json!(200) } else { answer["status"].clone() };
    assert_eq!(json!(reply.status), status, "{case}: {answer:#}");
    expect(case, &answer, expected);
    answer
}

/// Name, claims beside the usual ones, what is asked, and the outcome.
pub type Case = (&'static str, Value, Value, Expected);

/// Asks each question with a token of `corp`, and judges what is issued.
#[track_caller]
pub fn run(service: &Service, cases: &[Case]) {
    for (case, more, request, expected) in cases {
        let reply = service.post(&token_with(more), "/v1/presign", request);
        let answer = expect_reply(case, &reply, *expected);
        if expected.is_ok() {
            works_only_as_told(case, &answer, request);
            assert_eq!((&answer["bucket"], &answer["key"]), (&request["bucket"], &request["key"]), "{case}");
        }
    }
}

/// Buckets of these aliases.
pub fn buckets(aliases: &[&str]) -> String {
    let bucket = |alias: &&str| format!("[buckets.{alias}]\nbucket = \"acme-{alias}\"\nregion = \"{REGION}\"\n");
    aliases.iter().map(bucket).collect()
}

/// A grant of a whole bucket, named as the bucket is, with more lines.
pub fn grant_of(bucket: &str, more: &str) -> String {
    format!("[[grants]]\nname = \"{bucket}\"\nbucket = \"{bucket}\"\nprefix = \"\"\n{more}\n")
}

/// What a file of temporary credentials holds; `ends_in` seconds.
pub fn credential_file(key: Key<'_>, ends_in: Option<i64>) -> String {
    json!({
        "Version": 1,
        "AccessKeyId": key.id,
        "SecretAccessKey": key.secret,
        "SessionToken": key.session_token,
        "Expiration": ends_in.map(|seconds| super::rfc3339(super::now() + seconds)),
    })
    .to_string()
}

/// The pointers of a problem's errors, sorted.
pub fn pointers(problem: &Value) -> Vec<String> {
    let errors = problem["errors"].as_array().into_iter().flatten();
    let mut pointers: Vec<String> = errors.map(|error| error["pointer"].as_str().unwrap().to_owned()).collect();
    pointers.sort();
    pointers
}

/// An issued URL as a client uses it: with the headers of the answer, and the length of its body where that is signed.
#[derive(Debug, Clone)]
pub struct Use {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
}

impl Use {
    /// As the answer to this request says.
    #[track_caller]
    pub fn of(answer: &Value, request: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("not issued: {answer:#}")).to_owned();
        let told = answer["headers"].as_object().unwrap_or_else(|| panic!("not issued: {answer:#}"));
        let mut headers: Vec<(String, String)> = told.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        let mut signed: Vec<&str> = vec!["host"];
        signed.extend(told.keys().map(String::as_str));
        if let Some(length) = request["content_length"].as_u64() {
            headers.push(("content-length".to_owned(), length.to_string()));
            signed.push("content-length");
        }
        signed.sort_unstable();
        assert_eq!(answer["signed_headers"], json!(signed), "what is signed is what the client sends: {answer:#}");
        Self { method: text(&answer["method"]), url: text(&answer["url"]), headers }
    }

    /// What S3 says to it, now.
    pub fn judge(&self) -> Result<(), Fault> {
        let keys = [Key { id: ACCESS_KEY_ID, secret: SECRET_ACCESS_KEY, session_token: None }];
        self.judge_in(World { keys: &keys, region: REGION, service: "s3", now: super::now() })
    }

    /// What S3 says to it, in that world.
    pub fn judge_in(&self, world: World<'_>) -> Result<(), Fault> {
        let headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        verifier::verify(Sent { method: &self.method, url: &self.url, headers: &headers }, world)
    }

    /// A parameter of the query, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let query = self.url.split_once('?')?.1;
        let (_, value) = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(known, _)| *known == name)?;
        Some(percent_encoding::percent_decode_str(value).decode_utf8().unwrap().into_owned())
    }

    /// The URL up to its query.
    pub fn place(&self) -> &str {
        self.url.split('?').next().unwrap()
    }

    /// The same in every way that it must not work: another method, key, parameter or header, a header left out, or
    /// one of S3's added.
    pub fn forgeries(&self) -> Vec<(String, Self)> {
        let method = if self.method == "PUT" { "DELETE" } else { "PUT" };
        let mut forged = vec![
            ("another method".to_owned(), Self { method: method.to_owned(), ..self.clone() }),
            ("another key".to_owned(), Self { url: self.url.replacen('?', "x?", 1), ..self.clone() }),
            ("another parameter".to_owned(), Self { url: format!("{}&versionId=1", self.url), ..self.clone() }),
            ("another end".to_owned(), Self { url: self.another_end(), ..self.clone() }),
        ];
        for place in 0..self.headers.len() {
            let name = self.headers[place].0.clone();
            let (mut other, mut without) = (self.clone(), self.clone());
            other.headers[place].1.push('1');
            without.headers.remove(place);
            forged.push((format!("another {name}"), other));
            forged.push((format!("no {name}"), without));
        }
        let mut added = self.clone();
        added.headers.push(("x-amz-acl".to_owned(), "public-read".to_owned()));
        forged.push(("an unsigned x-amz-acl".to_owned(), added));
        forged
    }

    fn another_end(&self) -> String {
        let (before, after) = self.url.split_once("X-Amz-Expires=").unwrap();
        let rest = after.trim_start_matches(|digit: char| digit.is_ascii_digit());
        let most = if after.starts_with("604800") { 604_799 } else { 604_800 };
        format!("{before}X-Amz-Expires={most}{rest}")
    }
}

/// Fails unless the URL works as the answer says, and in no other way.
#[track_caller]
pub fn works_only_as_told(case: &str, answer: &Value, request: &Value) -> Use {
    let used = Use::of(answer, request);
    assert_eq!(used.judge(), Ok(()), "{case}: {answer:#}");
    for (what, forged) in used.forgeries() {
        assert!(forged.judge().is_err(), "{case}, with {what}: {forged:?}");
    }
    used
}
