//! The forms that botocore makes, presignd makes too, or it refuses them for a reason that the contract names.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::form_judge;
use crate::form_judge::Condition;
use crate::support::form::Posted;
use crate::verifier;
use crate::verifier::Key;
use crate::verifier::World;

use super::Plan;
use super::points_at;

/// How many of them this version offers.
const AGREE: usize = 17;

#[test]
fn every_form_agrees_or_is_refused_for_a_named_reason() {
    let text = include_str!("../../vectors/vectors-post.jsonl");
    let vectors: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("a vector is JSON")).collect();
    let plan = Plan::of(&vectors);
    assert_eq!(plan.refused_buckets().count(), 0, "each of these buckets has a place");
    let mut counts = BTreeMap::<String, usize>::new();
    let mut faults = Vec::new();
    for (vector, answer) in plan.ask(request) {
        let outcome = match (not_offered(vector), answer["fields"].is_object()) {
            (None, true) => difference(vector, &answer).map_or(Ok("agree".to_owned()), Err),
            (None, false) => Err(format!("refused: {answer}")),
            (Some((reason, _)), true) => Err(format!("issued, though not offered ({reason}): {answer}")),
            (Some((reason, pointer)), false) if points_at(&answer, pointer) => Ok(format!("refused  {reason}")),
            (Some((reason, pointer)), false) => Err(format!("not refused for {reason} at {pointer}: {answer}")),
        };
        match outcome {
            Ok(outcome) => *counts.entry(outcome).or_default() += 1,
            Err(fault) => faults.push(format!("{}: {fault}", vector["id"])),
        }
    }
    println!("vectors-post.jsonl: {} in all", vectors.len());
    counts.iter().for_each(|(outcome, count)| println!("{count:5}  {outcome}"));
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), vectors.len(), faults.join("\n"));
    assert_eq!(counts.values().sum::<usize>(), vectors.len(), "none is passed over");
    assert_eq!((vectors.len(), counts["agree"]), (19, AGREE));
}

/// The vector as a body of `/v1/presign`.
fn request(vector: &Value, alias: &str) -> Value {
    let input = &vector["input"];
    let mut body = Map::new();
    body.insert("operation".to_owned(), json!("PostObject"));
    body.insert("bucket".to_owned(), json!(alias));
    body.insert("expires_in".to_owned(), input["expires_seconds"].clone());
    let key = input["key"].as_str().unwrap();
    match key.strip_suffix("${filename}") {
        Some(prefix) => body.insert("key_prefix".to_owned(), json!(prefix)),
        None => body.insert("key".to_owned(), json!(key)),
    };
    for condition in input["conditions"].as_array().unwrap() {
        let Condition { kind, field, value } = Condition::of(condition).unwrap();
        add(&mut body, kind, &field, &value);
    }
    Value::Object(body)
}

fn add(body: &mut Map<String, Value>, kind: &str, field: &str, value: &str) {
    let mut inside = |member: &str, name: &str, value: Value| {
        let object = body.entry(member).or_insert_with(|| json!({}));
        object.as_object_mut().unwrap().insert(name.to_owned(), value);
    };
    match (kind, field) {
        ("eq", "x-amz-server-side-encryption") => inside("server_side_encryption", "algorithm", json!(value)),
        ("eq", "x-amz-server-side-encryption-aws-kms-key-id") => {
            inside("server_side_encryption", "kms_key_id", json!(value));
        }
        ("eq", "x-amz-checksum-sha256") => {
            inside("checksum", "algorithm", json!("SHA256"));
            inside("checksum", "value", json!(value));
        }
        ("eq", "success_action_status") => {
            body.insert(field.to_owned(), json!(value.parse::<u32>().unwrap()));
        }
        ("eq", _) if field.starts_with("x-amz-meta-") => {
            inside("metadata", field.trim_start_matches("x-amz-meta-"), json!(value));
        }
        ("eq", _) => drop(body.insert(field.replace('-', "_"), json!(value))),
        (_, "content-type") => drop(body.insert("content_type_prefix".to_owned(), json!(value))),
        // What the contract has no name for gets one that anybody would try.
        (_, _) => drop(body.insert(format!("{}_prefix", field.replace('-', "_")), json!(value))),
    }
}

/// What is not offered of a vector, and where the problem must point.
fn not_offered(vector: &Value) -> Option<(&'static str, &'static str)> {
    match vector["id"].as_str().unwrap() {
        "post-acl-redirect" => Some(("an ACL field", "#/acl")),
        "post-meta" => Some(("metadata that the holder chooses", "#/x_amz_meta_tag_prefix")),
        _ => None,
    }
}

/// Where a form differs from botocore's.
fn difference(vector: &Value, answer: &Value) -> Option<String> {
    let (ours, theirs) =
        (Posted::of(answer, "a.txt", 1), Posted::of(&json!({"fields": vector["expected_fields"]}), "a.txt", 1));
    let open: BTreeSet<String> =
        meaning(&vector["expected_policy"]).into_iter().filter(|c| c.kind != "eq").map(|c| c.field).collect();
    let sent = |posted: &Posted| {
        let own = |name: &str| matches!(name, "policy" | "x-amz-signature") || (name != "key" && open.contains(name));
        let fields = posted.fields.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
        fields.filter(|(name, _)| !own(name)).collect::<BTreeMap<_, _>>()
    };
    let identity = &vector["input"]["credentials"];
    let key = Key {
        id: identity["access_key_id"].as_str().unwrap(),
        secret: identity["secret_access_key"].as_str().unwrap(),
        session_token: identity["session_token"].as_str(),
    };
    let now = verifier::seconds(vector["input"]["timestamp"].as_str().unwrap()).unwrap();
    let world = World { keys: &[key], region: vector["input"]["region"].as_str().unwrap(), service: "s3", now };
    let filled = match open.contains("content-type") {
        true => ours.with("Content-Type", vector["expected_fields"]["Content-Type"].as_str().unwrap()),
        false => ours.clone(),
    };
    let judged = form_judge::verify(&filled, vector["input"]["bucket"].as_str().unwrap(), world);
    let rows = [
        ("method", answer["method"].to_string(), vector["method"].to_string()),
        ("url", answer["url"].to_string(), vector["expected_url"].to_string()),
        ("fields", format!("{:?}", sent(&ours)), format!("{:?}", sent(&theirs))),
        ("conditions", format!("{:?}", meaning(&ours.policy())), format!("{:?}", meaning(&vector["expected_policy"]))),
        ("expiration", ours.policy()["expiration"].to_string(), vector["expected_policy"]["expiration"].to_string()),
        ("judgement", format!("{judged:?}"), "Ok(())".to_owned()),
    ];
    let different = rows.into_iter().filter(|(_, ours, theirs)| ours != theirs);
    let texts: Vec<String> = different.map(|(what, ours, theirs)| format!("{what}: {ours} not {theirs}")).collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

/// A policy's conditions, whatever shape and order it gives them.
fn meaning(policy: &Value) -> BTreeSet<Condition> {
    policy["conditions"].as_array().unwrap().iter().map(|condition| Condition::of(condition).unwrap()).collect()
}
