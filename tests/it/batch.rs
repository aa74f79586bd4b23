//! Batches: one answer an item, in order, and one bad item spoils only itself.

use serde_json::Value;
use serde_json::json;

use crate::support::client::Reply;
use crate::support::service::Service;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::DENIED;
use crate::support::setting::DISABLED;
use crate::support::setting::Expected;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::NO_GRANT;
use crate::support::setting::SOME_REFUSED;
use crate::support::setting::ask;
use crate::support::setting::expect;
use crate::support::setting::invalid;
use crate::support::setting::pointers;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::unmet;
use crate::support::setting::with;
use crate::support::setting::works_only_as_told;

const CONFIG: &str = r#"
    [server]
    max_batch = 50
    [rate_limits]
    per_subject = { rate = "1000/s", burst = 40 }
"#;

fn served() -> Service {
    setting(&[CONFIG, ISSUER, MEDIA, ALL_OF_MEDIA, SOME_REFUSED]).serve()
}

fn batch(service: &Service, requests: &Value) -> Reply {
    service.post(&token(), "/v1/presign/batch", &json!({ "requests": requests }))
}

#[test]
fn each_item_has_its_own_answer_in_order() {
    let service = served();
    let items: Vec<(&str, Value, Expected)> = vec![
        ("a download", ask("GetObject", "media", "a"), Ok("all")),
        ("an unknown member", with(ask("GetObject", "media", "a"), &json!({"x": 1})), invalid(&["#/requests/1/x"])),
        (
            "two wrong members",
            with(ask("GetObject", "media", "a"), &json!({"expires_in": 0, "stable": 1})),
            invalid(&["#/requests/2/expires_in", "#/requests/2/stable"]),
        ),
        ("no key", json!({"operation": "GetObject", "bucket": "media"}), invalid(&["#/requests/3/key"])),
        ("a wrong key", ask("GetObject", "media", "a//b"), Err((400, "invalid_key", &["#/requests/4/key"]))),
        ("a denied one", ask("GetObject", "media", "sealed/a"), DENIED),
        ("no grant", ask("GetObject", "nowhere", "a"), NO_GRANT),
        ("an unmet limit", ask("PutObject", "media", "small/a"), unmet(&["#/requests/7/content_length"])),
        ("off", ask("GetObject", "media", "off/a"), DISABLED),
        (
            "too long",
            with(ask("GetObject", "media", "a"), &json!({"expires_in": 3601})),
            Err((400, "expires_in_too_long", &["#/requests/9/expires_in"])),
        ),
        ("a number", json!(1), invalid(&["#/requests/10"])),
        ("a list", json!([]), invalid(&["#/requests/11"])),
        ("nothing", json!({}), invalid(&["#/requests/12/operation"])),
        ("an upload", with(ask("PutObject", "media", "a"), &json!({"content_type": "a/b"})), Ok("all")),
        ("the same download again", ask("GetObject", "media", "a"), Ok("all")),
    ];
    let requests: Value = items.iter().map(|(_, request, _)| request.clone()).collect();
    let reply = batch(&service, &requests);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let answer = reply.json();
    assert_eq!(answer.as_object().unwrap().keys().collect::<Vec<_>>(), ["results"]);
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results.len(), items.len());
    let mut ids = Vec::new();
    for ((case, request, expected), result) in items.iter().zip(results) {
        expect(case, result, *expected);
        if expected.is_ok() {
            works_only_as_told(case, result, request);
            ids.push(result["id"].as_str().unwrap());
            continue;
        }
        let code = result["code"].as_str().unwrap();
        assert_eq!(result["type"], format!("https://presignd.dev/problems/{code}"), "{case}");
        assert_eq!(result["request_id"].as_str(), reply.header("x-request-id"), "{case}: {result:#}");
        assert!(result["title"].is_string() && result["detail"].is_string(), "{case}: {result:#}");
    }
    assert_eq!(results[9]["max_expires_in"], 3600);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3, "each URL has an id of its own");
    // What one request gets alone, it gets in a batch.
    for (place, (case, request, _)) in items.iter().enumerate() {
        let alone = service.post(&token(), "/v1/presign", request).json();
        let mended: Vec<String> = pointers(&results[place])
            .iter()
            .map(|pointer| pointer.replacen(&format!("/requests/{place}"), "", 1))
            .collect();
        assert_eq!((&alone["code"], pointers(&alone)), (&results[place]["code"], mended), "{case}");
    }
}

#[test]
fn a_limit_that_no_member_can_meet_points_at_its_item() {
    let config = r#"
        [[grants]]
        name = "elsewhere"
        bucket = "media"
        prefix = ""
        actions = ["read"]
        require = { source_ips = ["192.0.2.0/24"] }
    "#;
    let service = setting(&[ISSUER, MEDIA, config]).serve();
    let reply = batch(&service, &json!([ask("GetObject", "media", "a"), ask("GetObject", "media", "b")]));
    let results = reply.json()["results"].clone();
    expect("the second", &results[1], unmet(&["#/requests/1"]));
}

#[test]
fn an_item_that_nobody_can_sign_now_spoils_no_other() {
    let config = r#"
        [credentials.main]
        provider = "environment"
        [credentials.absent]
        provider = "file"
        path = "absent.json"
        [buckets.media]
        bucket = "acme-media"
        region = "eu-west-1"
        credentials = { read = "main", write = "absent" }
    "#;
    let service = setting(&[ISSUER, config, ALL_OF_MEDIA]).serve();
    let reply = batch(&service, &json!([ask("PutObject", "media", "a"), ask("GetObject", "media", "a")]));
    assert_eq!(reply.status, 200, "{}", reply.text());
    let results = reply.json()["results"].clone();
    expect("the upload", &results[0], Err((503, "credentials_unavailable", &[])));
    assert!(results[0]["retry_after"].is_u64(), "no header can tell it: {results:#}");
    expect("the download", &results[1], Ok("all"));
}

#[test]
fn a_batch_that_is_none_is_refused_whole() {
    let service = served();
    let many = |count: usize| Value::from(vec![ask("GetObject", "media", "a"); count]);
    let reply = |body: &str| {
        let call =
            service.call("POST", "/v1/presign/batch").bearer(&token()).header("content-type", "application/json");
        call.body(body).send()
    };
    let at_requests = ["#/requests".to_owned()];
    for (case, body) in [
        ("none", json!({"requests": []})),
        ("more than max_batch", json!({"requests": many(51)})),
        ("more than a limit's burst", json!({"requests": many(41)})),
        ("no member", json!({})),
        ("no list", json!({"requests": {}})),
        ("null", json!({"requests": null})),
    ] {
        let reply = reply(&body.to_string());
        let found = (reply.status, reply.code(), pointers(&reply.json()));
        assert_eq!(found, (400, "invalid_request".to_owned(), at_requests.to_vec()), "{case}");
    }
    let stranger = reply(&json!({"requests": many(1), "dry_run": true}).to_string());
    assert_eq!(pointers(&stranger.json()), ["#/dry_run"], "an unknown member beside the requests");
    let item = r#"{"operation":"GetObject","bucket":"media","key":"a"}"#;
    let deep = format!("{}1{}", "[".repeat(40), "]".repeat(40));
    for (case, body) in [
        (
            "a duplicate member",
            format!(r#"{{"requests":[{item},{{"operation":"GetObject","bucket":"media","key":"a","key":"b"}}]}}"#),
        ),
        (
            "a duplicate member within a member",
            format!(r#"{{"requests":[{item},{{"metadata":{{"a":"1","a":"2"}}}}]}}"#),
        ),
        ("too deep a nesting", format!(r#"{{"requests":[{item},{{"metadata":{deep}}}]}}"#)),
        ("two lists of requests", format!(r#"{{"requests":[{item}],"requests":[{item}]}}"#)),
        ("half of it", format!(r#"{{"requests":[{item}"#)),
    ] {
        let reply = reply(&body);
        assert_eq!((reply.status, reply.code().as_str()), (400, "malformed_json"), "{case}");
    }
    assert!(service.audit().is_empty(), "nothing of these was decided");
    let most = batch(&service, &many(40));
    assert_eq!((most.status, most.json()["results"].as_array().map(Vec::len)), (200, Some(40)));
}

#[test]
fn every_item_that_was_decided_is_in_the_audit_log_in_order() {
    let service = served();
    let requests = json!([
        ask("GetObject", "media", "a"),
        with(ask("GetObject", "media", "b"), &json!({"x": 1})),
        ask("GetObject", "media", "sealed/c"),
        ask("GetObject", "media", "d//"),
        ask("ListObjectsV2", "media", "e/"),
    ]);
    let results = batch(&service, &requests).json()["results"].clone();
    let lines = service.audited(4);
    let told: Vec<(&str, Option<&str>)> =
        lines.iter().map(|line| (line["key"].as_str().unwrap(), line["code"].as_str())).collect();
    assert_eq!(told, [("a", None), ("sealed/c", Some("denied")), ("d//", Some("invalid_key")), ("e/", None)]);
    assert_eq!((&lines[0]["id"], &lines[3]["id"]), (&results[0]["id"], &results[4]["id"]));
    let request_ids: Vec<&Value> = lines.iter().map(|line| &line["request_id"]).collect();
    assert!(request_ids.windows(2).all(|pair| pair[0] == pair[1]), "{request_ids:?}");
}
