//! The URLs that botocore signs for Multi-Region Access Points, presignd signs too: their signatures are made anew each
//! time, so all but those must agree, and ours must verify.

use serde_json::Value;
use serde_json::json;

use super::Plan;
use super::difference;
use super::judged;
use super::request;
use super::without_signature;

#[test]
fn every_url_of_a_multi_region_access_point_agrees_and_verifies() {
    let text = include_str!("../../vectors/vectors-sigv4a.jsonl");
    let vectors: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("a vector is JSON")).collect();
    let mut agree = 0;
    for (vector, answer) in Plan::of(&vectors).ask(request) {
        assert!(answer["url"].is_string(), "{}: {answer}", vector["id"]);
        let (mut theirs, mut ours) = (vector.clone(), answer.clone());
        theirs["expected_url"] = json!(without_signature(&vector["expected_url"]));
        ours["url"] = json!(without_signature(&answer["url"]));
        assert_eq!(difference(&theirs, &ours), None, "{}", vector["id"]);
        assert_eq!(judged(vector, &answer), Ok(()), "{}", vector["id"]);
        // the judge takes botocore's own too
        assert_eq!(
            judged(vector, &json!({ "method": answer["method"], "headers": {}, "url": vector["expected_url"] })),
            Ok(())
        );
        agree += 1;
    }
    println!("vectors-sigv4a.jsonl: {} in all\n{agree:5}  agree, and verify", vectors.len());
    assert_eq!((vectors.len(), agree), (2, 2));
}
