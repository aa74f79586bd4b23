//! What botocore signs, `presignd sign` signs too, or it refuses it for a reason that the contract names.
//!
//! `tests/vectors/README.md` says what the vectors are. Each one is asked for, whatever it is: what is not offered must
//! be refused by presignd itself, and is counted here by its reason.

mod ask;
mod offer;
mod post;
mod sigv4a;

use std::collections::BTreeMap;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::support::presignd::Presignd;
use crate::verifier;
use crate::verifier::Key;
use crate::verifier::Sent;
use crate::verifier::World;

use ask::instant;
use ask::request;
use offer::asks_for_lock;
use offer::bucket_not_offered;
use offer::not_offered;

#[test]
fn every_vector_agrees_or_is_refused_for_a_named_reason() {
    let vectors = vectors();
    let plan = Plan::of(&vectors);
    let mut counts = BTreeMap::<String, usize>::new();
    let mut faults = Vec::new();
    for (vector, reason) in plan.refused_buckets() {
        let refused = plan.refusals.iter().any(|line| line.starts_with(&format!("{}:", plan.line_of(vector))));
        match refused {
            true => *counts.entry(format!("refused  {reason}")).or_default() += 1,
            false => faults.push(format!("{}: `check` takes its bucket", vector["id"])),
        }
    }
    for (vector, answer) in plan.ask(request) {
        let outcome = match (not_offered(vector), answer["url"].as_str()) {
            (None, Some(_)) => agreement(vector, &answer),
            (None, None) => Err(format!("refused: {answer}")),
            (Some(not), Some(_)) => Err(format!("issued, though not offered ({}): {answer}", not.reason)),
            (Some(not), None) if points_at(&answer, not.pointer) => Ok(format!("refused  {}", not.reason)),
            (Some(not), None) => Err(format!("not refused for {} at {}: {answer}", not.reason, not.pointer)),
        };
        match outcome {
            Ok(outcome) => *counts.entry(outcome).or_default() += 1,
            Err(fault) => faults.push(format!("{}: {fault}", vector["id"])),
        }
    }
    println!("vectors.jsonl: {} in all", vectors.len());
    counts.iter().for_each(|(outcome, count)| println!("{count:5}  {outcome}"));
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), vectors.len(), faults.join("\n"));
    assert_eq!(counts.values().sum::<usize>(), vectors.len(), "none is passed over");
    assert_eq!((vectors.len(), counts["agree"]), (283, AGREE));
}

/// Whether an answer is a problem of the request's own, there.
fn points_at(answer: &Value, pointer: &str) -> bool {
    let errors = answer["errors"].as_array();
    answer["status"] == 400 && errors.is_some_and(|errors| errors.iter().any(|error| error["pointer"] == pointer))
}

/// How many of them this version offers.
const AGREE: usize = 209;

fn vectors() -> Vec<Value> {
    let text = include_str!("../vectors/vectors.jsonl");
    text.lines().map(|line| serde_json::from_str(line).expect("a vector is JSON")).collect()
}

/// One configuration for all of them: each place of a bucket once, each identity once.
struct Plan<'a> {
    vectors: &'a [Value],
    /// The places that presignd knows: `buckets.bN`, `grants` `gN`.
    places: Vec<String>,
    /// The places that the contract does not have, a line each.
    refused: Vec<String>,
    identities: Vec<&'a Value>,
    presignd: Presignd,
    /// What `check` says about `refused`: `LINE:COLUMN: …`.
    refusals: Vec<String>,
}

impl<'a> Plan<'a> {
    fn of(vectors: &'a [Value]) -> Self {
        let mut identities = Vec::new();
        for vector in vectors {
            let identity = &vector["input"]["credentials"];
            if !identities.contains(&identity) {
                identities.push(identity);
            }
        }
        let (mut places, mut refused) = (Vec::new(), Vec::new());
        for vector in vectors {
            let place = place(vector, &identities);
            let list = if bucket_not_offered(vector).is_some() { &mut refused } else { &mut places };
            if !list.contains(&place) {
                list.push(place);
            }
        }
        let presignd = configured(&places, &identities);
        // with none of them it is a configuration without buckets, which is refused too
        let checked = configured(&refused, &identities).run("check", &[], "");
        assert_eq!(checked.code, 1, "{}", checked.stderr);
        let is_error = |line: &&str| !line.contains(": warning: ");
        let refusals = checked.stderr.lines().filter(is_error).filter_map(|line| line.split_once("presignd.toml:"));
        let refusals = refusals.map(|(_, rest)| rest.to_owned()).collect();
        Self { vectors, places, refused, identities, presignd, refusals }
    }

    fn refused_buckets(&self) -> impl Iterator<Item = (&'a Value, &'static str)> {
        self.vectors.iter().filter_map(|vector| Some((vector, bucket_not_offered(vector)?)))
    }

    /// Where the place of a refused bucket stands in its file.
    fn line_of(&self, vector: &Value) -> usize {
        let place = place(vector, &self.identities);
        HEAD.lines().count() + 1 + self.refused.iter().position(|known| *known == place).unwrap()
    }

    /// The answers for all others, as `request` writes them: one `presignd sign` for each grant and time.
    fn ask(&self, request: fn(&Value, &str) -> Value) -> Vec<(&'a Value, Value)> {
        let mut groups = BTreeMap::<(usize, String, String), Vec<&Value>>::new();
        for vector in self.vectors.iter().filter(|vector| bucket_not_offered(vector).is_none()) {
            let place = place(vector, &self.identities);
            let number = self.places.iter().position(|known| *known == place).unwrap();
            let grant = if asks_for_lock(vector) { format!("l{number}") } else { format!("g{number}") };
            groups.entry((number, grant, instant(&vector["input"]["timestamp"]))).or_default().push(vector);
        }
        let answers = groups.into_iter().flat_map(|((number, grant, at), vectors)| {
            let requests: Vec<Value> = vectors.iter().map(|vector| request(vector, &format!("b{number}"))).collect();
            vectors.into_iter().zip(self.presignd.sign(&grant, &at, &requests))
        });
        answers.collect()
    }
}

const HEAD: &str = r#"[[issuers]]
issuer = "https://idp.example.com"
audiences = ["presignd"]
hmac_secret_env = "JWT_SECRET"

[expiry]
max = "7d"

[buckets]
"#;

/// The configuration whose `buckets.bN` is the Nth place.
fn configured(places: &[String], identities: &[&Value]) -> Presignd {
    let mut toml = HEAD.to_owned();
    places.iter().enumerate().for_each(|(number, place)| toml.push_str(&format!("b{number} = {place}\n")));
    let kinds = [("g", ""), ("l", "object_lock = { legal_hold = true }")];
    for (number, (letter, lock)) in (0..places.len()).flat_map(|number| kinds.map(|kind| (number, kind))) {
        toml.push_str(&format!(
            r#"
[[grants]]
name = "{letter}{number}"
bucket = "b{number}"
prefix = ""
actions = ["read", "read_version", "write", "delete", "delete_version", "list", "restore"]
max_expires = "7d"
[grants.upload]
storage_classes = ["STANDARD", "STANDARD_IA", "GLACIER_IR", "INTELLIGENT_TIERING"]
tags = ["a", "owner", "project"]
kms_key_ids = [
    "aws/s3",
    "1234abcd-12ab-34cd-56ef-1234567890ab",
    "arn:aws:kms:us-east-1:111122223333:alias/my-key",
    "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "k",
]
sse_c = true
{lock}
post_key_prefix = true
post_type_prefix = true
[grants.download]
overrides = ["content_type", "content_disposition", "content_language", "content_encoding", "cache_control", "expires"]
"#
        ));
    }
    let mut presignd = Presignd::configured("").env("JWT_SECRET", "0123456789abcdef0123456789abcdef");
    for (number, identity) in identities.iter().enumerate() {
        let text = |name: &str| identity[name].as_str().unwrap();
        // Those with a session come from a file, the others from the environment.
        if identity["session_token"].is_string() {
            toml.push_str(&format!("\n[credentials.c{number}]\nprovider = \"file\"\npath = \"c{number}.json\"\n"));
            presignd.write(
                &format!("c{number}.json"),
                json!({
                    "Version": 1,
                    "AccessKeyId": text("access_key_id"),
                    "SecretAccessKey": text("secret_access_key"),
                    "SessionToken": text("session_token"),
                })
                .to_string(),
            );
        } else {
            toml.push_str(&format!(
                "\n[credentials.c{number}]\nprovider = \"environment\"\nenv_prefix = \"C{number}_\"\n"
            ));
            presignd = presignd
                .env(&format!("C{number}_AWS_ACCESS_KEY_ID"), text("access_key_id"))
                .env(&format!("C{number}_AWS_SECRET_ACCESS_KEY"), text("secret_access_key"));
        }
    }
    presignd.file("presignd.toml", toml)
}

/// Where a vector's bucket is and who signs, as an inline table.
fn place(vector: &Value, identities: &[&Value]) -> String {
    let input = &vector["input"];
    let identity = identities.iter().position(|known| **known == input["credentials"]).unwrap();
    let endpoint = &input["endpoint"];
    // Without a bucket the operation itself is not offered.
    let mut keys = vec![
        format!("bucket = {}", input["bucket"].as_str().map_or(json!("none"), |name| json!(name))),
        format!("region = {}", input["region"]),
        format!("credentials = \"c{identity}\""),
        "log_id = false".to_owned(),
    ];
    // `auto` is the default of whoever reads it.
    if endpoint["style"] != "auto" {
        keys.push(format!("addressing = {}", endpoint["style"]));
    }
    for (theirs, ours) in [("fips", "fips"), ("dualstack", "dual_stack"), ("accelerate", "accelerate")] {
        if endpoint[theirs] == true {
            keys.push(format!("{ours} = true"));
        }
    }
    if let Some(flag) = endpoint["use_arn_region"].as_bool() {
        keys.push(format!("use_arn_region = {flag}"));
    }
    if let Some(url) = endpoint["endpoint_url"].as_str() {
        keys.push(format!("endpoint = {}", json!(url)));
        keys.push(format!("allow_http = {}", url.starts_with("http:")));
    }
    format!("{{ {} }}", keys.join(", "))
}

/// How an answer agrees with what botocore signed: wholly, or but for what the contract has otherwise. Of the latter
/// the rest must agree, and the judge of URLs must take it.
fn agreement(vector: &Value, answer: &Value) -> Result<String, String> {
    let Some((reason, theirs)) = otherwise(vector) else {
        return difference(vector, answer).map_or(Ok("agree".to_owned()), Err);
    };
    let mut unsigned = answer.clone();
    unsigned["url"] = json!(without_signature(&answer["url"]));
    match difference(&theirs, &unsigned) {
        Some(fault) => Err(fault),
        None => judged(vector, answer).map(|()| format!("agree    but for {reason}")),
    }
}

/// Why presignd signs a vector otherwise, and what botocore's answer then is, without its signature.
fn otherwise(vector: &Value) -> Option<(&'static str, Value)> {
    let mut theirs = vector.clone();
    let url = without_signature(&vector["expected_url"]);
    if vector["input"]["params"].get("MFA").is_some() {
        theirs["expected_url"] = json!(url.replace("X-Amz-Expires=3600", "X-Amz-Expires=60"));
        theirs["input"]["expires_seconds"] = json!(60);
        return Some(("the minute that an MFA code gives", theirs));
    }
    if vector["operation"] == "RestoreObject" {
        // Of the body that asks for nothing but S3's defaults; botocore signs none.
        theirs["input"]["headers"]["content-md5"] = json!("em7C1zBCRStqlJY4Hu3rvw==");
        theirs["expected_signed_headers"] = json!(["content-md5", "host"]);
        theirs["expected_url"] =
            json!(url.replace("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=content-md5%3Bhost"));
        return Some(("the MD5 that binds a restore's body", theirs));
    }
    None
}

fn without_signature(url: &Value) -> String {
    let (place, query) = url.as_str().unwrap().split_once('?').unwrap();
    let pairs: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("X-Amz-Signature=")).collect();
    format!("{place}?{}", pairs.join("&"))
}

/// What S3 says to an answer at the vector's instant.
fn judged(vector: &Value, answer: &Value) -> Result<(), String> {
    let (input, signed) = (&vector["input"], &vector["input"]["credentials"]);
    let text = |value: &'_ Value| value.as_str().unwrap().to_owned();
    let (id, secret, region) =
        (text(&signed["access_key_id"]), text(&signed["secret_access_key"]), text(&input["region"]));
    let key = Key { id: &id, secret: &secret, session_token: signed["session_token"].as_str() };
    let now = OffsetDateTime::parse(&instant(&input["timestamp"]), &Rfc3339).unwrap().unix_timestamp();
    let sent: Vec<(String, String)> =
        answer["headers"].as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value))).collect();
    let headers: Vec<(&str, &str)> = sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let (method, url) = (text(&answer["method"]), text(&answer["url"]));
    let world = World { keys: &[key], region: &region, service: "s3", now };
    verifier::verify(Sent { method: &method, url: &url, headers: &headers }, world)
        .map_err(|fault| format!("{fault:?}"))
}

/// Where an answer differs from what botocore signed.
fn difference(vector: &Value, answer: &Value) -> Option<String> {
    let (ours, theirs) = (Parts::of(&answer["url"]), Parts::of(&vector["expected_url"]));
    let input = &vector["input"];
    let sent = input["headers"].as_object().unwrap().iter().filter(|(name, _)| *name != "content-length");
    let headers: Map<String, Value> = sent.map(|(name, value)| (name.clone(), value.clone())).collect();
    let rows = [
        ("method", answer["method"].to_string(), vector["method"].to_string()),
        ("scheme", ours.scheme, theirs.scheme),
        ("authority", ours.authority, theirs.authority),
        ("path", ours.path, theirs.path),
        ("query", ours.query, theirs.query),
        ("signed_headers", answer["signed_headers"].to_string(), vector["expected_signed_headers"].to_string()),
        ("headers", sorted(answer["headers"].as_object()), sorted(Some(&headers))),
        ("expires_in", answer["expires_in"].to_string(), input["expires_seconds"].to_string()),
    ];
    let different = rows.into_iter().filter(|(_, ours, theirs)| ours != theirs);
    let texts: Vec<String> = different.map(|(what, ours, theirs)| format!("{what}: {ours} not {theirs}")).collect();
    (!texts.is_empty())
        .then(|| format!("{}\n  canonical request: {}", texts.join("; "), vector["expected"]["canonical_request"]))
}

fn sorted(headers: Option<&Map<String, Value>>) -> String {
    let sorted: BTreeMap<_, _> = headers.into_iter().flatten().collect();
    format!("{sorted:?}")
}

/// A URL, taken apart as text; its query sorted, since the order is free.
struct Parts {
    scheme: String,
    authority: String,
    path: String,
    query: String,
}

impl Parts {
    fn of(url: &Value) -> Self {
        let (scheme, rest) = url.as_str().unwrap().split_once("://").unwrap();
        let (place, query) = rest.split_once('?').unwrap();
        let (authority, path) = place.split_at(place.find('/').unwrap());
        let mut pairs: Vec<&str> = query.split('&').collect();
        pairs.sort_unstable();
        Self { scheme: scheme.into(), authority: authority.into(), path: path.into(), query: pairs.join("&") }
    }
}
