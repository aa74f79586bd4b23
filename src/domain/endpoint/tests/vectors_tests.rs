//! What S3's rule set says in `tests/vectors`: each host agrees, or is refused for a reason that is counted.

use std::collections::BTreeMap;

use super::*;
use serde_json::Value;

fn lines(text: &str) -> impl Iterator<Item = Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a vector is JSON"))
}

/// The vectors' options: `auto` and none at all are botocore's default, which puts a bucket into the host of a store
/// too; what presignd's own default is, the tables say.
fn options(vector: &Value) -> Options<'_> {
    let flag = |name: &str, letter| if vector[name] == true { letter } else { "" };
    Options {
        endpoint: vector["endpoint_url"].as_str(),
        addressing: match vector["style"].as_str() {
            Some("path") => Some(Addressing::Path),
            Some("virtual" | "auto") | None => Some(Addressing::Virtual),
            Some(other) => panic!("style {other}"),
        },
        flags: match [flag("fips", "f"), flag("dualstack", "d"), flag("accelerate", "a")] {
            ["", "", ""] => "",
            ["f", "", ""] => "f",
            ["", "d", ""] => "d",
            ["", "", "a"] => "a",
            ["f", "d", ""] => "fd",
            ["f", "", "a"] => "fa",
            ["", "d", "a"] => "da",
            _ => "fda",
        },
        only_own_region: vector["use_arn_region"] == false,
    }
}

/// What is refused though S3's rule set may resolve it, and why.
fn by_design(error: &str) -> Option<&'static str> {
    let reasons = [
        ("bucket: directory buckets", "by design: directory buckets need a session from the network"),
        (
            "accelerate: accelerate is not to be had in the partition",
            "by design: accelerate outside the partition aws, where the rules lead to no host or to the commercial one",
        ),
        (
            "endpoint: a Multi-Region Access Point is reached by AWS's own host alone",
            "by design: an endpoint that the rules leave out behind the back",
        ),
    ];
    reasons.iter().find(|(start, _)| error.starts_with(start)).map(|(_, reason)| *reason)
}

#[test]
fn hosts_agree_with_s3s_rule_set() {
    let mut counts = BTreeMap::<&str, usize>::new();
    let vectors: Vec<Value> = lines(include_str!("../../../../tests/vectors/vectors-endpoint.jsonl")).collect();
    for vector in &vectors {
        let text = |name: &str| vector[name].as_str().expect("a text");
        let (bucket, rules) = (text("bucket"), text("result"));
        let ours = resolve(bucket, text("region"), &options(&vector["options"]));
        let outcome = match (&ours, rules.strip_prefix("resolved: ")) {
            (Ok(target), Some(theirs)) if url(target) == theirs => "agree",
            (Err(_), None) => "refused, as the rule set does",
            (Err(error), Some(_)) => by_design(error).unwrap_or_else(|| panic!("{vector}: {error}")),
            (Ok(target), _) => panic!("{vector}: {}", url(target)),
        };
        *counts.entry(outcome).or_default() += 1;
    }
    println!("vectors-endpoint.jsonl: {} in all", vectors.len());
    counts.iter().for_each(|(outcome, count)| println!("{count:5}  {outcome}"));
    assert_eq!(counts.values().sum::<usize>(), vectors.len());
    assert_eq!(
        (vectors.len(), counts["agree"], counts["refused, as the rule set does"]),
        (406, 176, 157),
        "{counts:#?}"
    );
}

#[test]
fn what_s3s_rule_set_refuses_is_refused() {
    let mut counts = BTreeMap::<String, usize>::new();
    let vectors: Vec<Value> = lines(include_str!("../../../../tests/vectors/vectors-error.jsonl")).collect();
    for vector in &vectors {
        let input = &vector["input"];
        let text = |name: &str| input[name].as_str().expect("a text");
        // An empty key resolves; the key's own parser refuses it.
        let key = crate::domain::key::ObjectKey::parse(text("key"));
        let ours = resolve(text("bucket"), text("region"), &options(&input["endpoint"]));
        let error = match (ours, key) {
            (Err(error), _) => error,
            (Ok(_), Err(error)) => format!("key: {error}"),
            (Ok(target), Ok(_)) => panic!("{}: {}", vector["id"], url(&target)),
        };
        let reason = error.split(';').next().unwrap_or_default().to_owned();
        *counts.entry(reason).or_default() += 1;
    }
    println!("vectors-error.jsonl: {} in all", vectors.len());
    counts.iter().for_each(|(reason, count)| println!("{count:5}  {reason}"));
    assert_eq!((vectors.len(), counts.values().sum()), (19, 19));
}
