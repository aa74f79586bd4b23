//! `/v1/uploads/parts`: any steps of an upload, signed as often as it takes.

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
use crate::support::setting::TOO_LONG;
use crate::support::setting::expect;
use crate::support::setting::invalid;
use crate::support::setting::pointers;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::token_with;
use crate::support::setting::unmet;
use crate::support::setting::with;
use crate::support::setting::works_only_as_told;
use crate::uploads::CRC32;
use crate::uploads::MIB;
use crate::uploads::plan;
use crate::uploads::refused;
use crate::uploads::served;

/// 12 MiB in parts of 5 MiB.
fn call() -> Value {
    json!({"bucket": "media", "key": "a", "upload_id": "u-1", "content_length": 12 * MIB, "part_size": 5 * MIB})
}

fn parts(service: &Service, more: &Value) -> Reply {
    service.post(&token(), "/v1/uploads/parts", &with(call(), more))
}

#[test]
fn parts_are_signed_each_with_its_number_and_length() {
    let service = served();
    let checksum = json!({"algorithm": "CRC32", "value": CRC32});
    let rows = [
        (json!({"parts": [1, 2, 3]}), vec![1, 2, 3]),
        (json!({"parts": [3]}), vec![3]),
        (json!({"parts": [3, 1], "checksums": {"1": checksum}}), vec![3, 1]),
        (json!({"parts": {"from": 2, "to": 3}, "expires_in": 60}), vec![2, 3]),
        (json!({"parts": {"from": 1, "to": 1}, "include": []}), vec![1]),
    ];
    for (more, numbers) in rows {
        let answer = parts(&service, &more).json();
        let issued = answer["parts"].as_array().unwrap_or_else(|| panic!("{more}: {answer:#}"));
        assert_eq!(answer.as_object().unwrap().len(), 1, "{answer:#}");
        let told: Vec<u64> = issued.iter().map(|part| part["part_number"].as_u64().unwrap()).collect();
        assert_eq!(told, numbers, "{more}");
        for part in issued {
            let number = part["part_number"].as_u64().unwrap();
            let length = if number == 3 { 2 * MIB } else { 5 * MIB };
            assert_eq!(part["content_length"], length, "{part:#}");
            // The length is signed, and the client's own to send.
            let used = works_only_as_told(&more.to_string(), part, part);
            assert_eq!(used.parameter("partNumber"), Some(number.to_string()));
            assert_eq!(used.parameter("uploadId").as_deref(), Some("u-1"));
            let sums = if more["checksums"][number.to_string()].is_object() {
                json!({"x-amz-checksum-crc32": CRC32})
            } else {
                json!({})
            };
            assert_eq!(part["headers"], sums, "{part:#}");
        }
    }
}

#[test]
fn what_is_included_ends_the_upload_or_lists_it() {
    let service = served();
    let more = json!({"parts": [1], "include": ["list", "complete", "abort"]});
    let answer = parts(&service, &more).json();
    let rows = [("complete", "POST"), ("abort", "DELETE"), ("list", "GET")];
    for (name, method) in rows {
        let used = works_only_as_told(name, &answer[name], &json!({}));
        assert_eq!((used.method.as_str(), used.parameter("uploadId").as_deref()), (method, Some("u-1")), "{name}");
        assert_eq!(used.parameter("partNumber"), None, "{name}");
    }
    assert_eq!(answer["complete"]["headers"], json!({"x-amz-mp-object-size": (12 * MIB).to_string()}));
    assert_eq!((&answer["abort"]["headers"], &answer["list"]["headers"]), (&json!({}), &json!({})));
    let alone = parts(&service, &json!({"include": ["complete"], "bucket": "once"})).json();
    assert_eq!(alone["parts"], json!([]), "{alone:#}");
    let headers = json!({"if-none-match": "*", "x-amz-mp-object-size": (12 * MIB).to_string()});
    assert_eq!(alone["complete"]["headers"], headers);
    assert_eq!(alone.as_object().unwrap().len(), 2, "{alone:#}");
}

#[test]
fn a_call_for_parts_is_read_as_strictly_as_a_request() {
    let service = served();
    let checksum = json!({"algorithm": "CRC32", "value": CRC32});
    let many: Vec<u64> = (1..=1001).collect();
    let rows: &[(Value, &'static [&'static str])] = &[
        (json!({}), &["#/parts"]),
        (json!({"parts": []}), &["#/parts"]),
        (json!({"parts": 1}), &["#/parts"]),
        (json!({"parts": many}), &["#/parts"]),
        (json!({"parts": [0]}), &["#/parts/0"]),
        (json!({"parts": [1, 4]}), &["#/parts/1"]),
        (json!({"parts": [1, "2", 1.5]}), &["#/parts/1", "#/parts/2"]),
        (json!({"parts": [1, 2, 1]}), &["#/parts/2"]),
        (json!({"parts": {"from": 1}}), &["#/parts"]),
        (json!({"parts": {"from": 1, "to": 4}}), &["#/parts/to"]),
        (json!({"parts": {"from": 0, "to": 3}}), &["#/parts/from"]),
        (json!({"parts": {"from": 3, "to": 2}}), &["#/parts/to"]),
        (json!({"parts": {"from": 1, "to": 2, "step": 1}}), &["#/parts/step"]),
        (json!({"parts": {"from": 1, "to": 1001}, "content_length": 5005 * MIB}), &["#/parts"]),
        (json!({"parts": [1], "checksums": []}), &["#/checksums"]),
        (json!({"parts": [1], "checksums": {"2": checksum}}), &["#/checksums/2"]),
        (json!({"parts": [1], "checksums": {"01": checksum}}), &["#/checksums/01"]),
        (json!({"parts": [1], "checksums": {"1": {"algorithm": "CRC32", "value": "AAAA"}}}), &["#/checksums/1/value"]),
        (
            json!({"parts": [1], "checksums": {"1": {"algorithm": "MD5", "value": "AAAA"}}}),
            &["#/checksums/1/algorithm"],
        ),
        (json!({"parts": [1], "checksums": {"1": CRC32}}), &["#/checksums/1"]),
        (json!({"parts": [1], "include": "complete"}), &["#/include"]),
        (json!({"parts": [1], "include": ["complete", "list", "complete"]}), &["#/include/2"]),
        (json!({"parts": [1], "include": ["create", 1]}), &["#/include/0", "#/include/1"]),
        (json!({"parts": [1], "upload_id": ""}), &["#/upload_id"]),
        (json!({"parts": [1], "upload_id": "é"}), &["#/upload_id"]),
        (json!({"parts": [1], "content_length": -1}), &["#/content_length"]),
        (json!({"parts": [1], "part_size": 1}), &["#/part_size"]),
        (json!({"parts": [1], "content_length": 50_000 * MIB + 1}), &["#/part_size"]),
        (json!({"parts": [1], "expires_in": 0}), &["#/expires_in"]),
        (json!({"parts": [1], "operation": "UploadPart"}), &["#/operation"]),
        (json!({"parts": [1], "part_number": 1}), &["#/part_number"]),
        (json!({"parts": [1], "content_md5": "x"}), &["#/content_md5"]),
        (json!({"parts": [1], "file_name": "a"}), &["#/file_name"]),
        (
            json!({"parts": [0], "include": [1], "upload_id": 1, "x": 1}),
            &["#/include/0", "#/parts/0", "#/upload_id", "#/x"],
        ),
    ];
    for (more, pointers) in rows {
        refused(&more.to_string(), &parts(&service, more), invalid(pointers));
    }
    for member in ["bucket", "key", "upload_id", "content_length", "part_size"] {
        let mut body = with(call(), &json!({"parts": [1]}));
        body.as_object_mut().unwrap().remove(member);
        let reply = service.post(&token(), "/v1/uploads/parts", &body);
        let found = (reply.status, reply.code(), pointers(&reply.json()));
        assert_eq!(found, (400, "invalid_request".to_owned(), vec![format!("#/{member}")]), "without {member}");
    }
    refused("a list", &service.post(&token(), "/v1/uploads/parts", &json!([])), invalid(&["#"]));
    assert_eq!(service.audit().len(), 0, "nothing is written of what is no request");
    let bad_key = parts(&service, &json!({"parts": [1], "key": "a//b"}));
    refused("a bad key", &bad_key, Err((400, "invalid_key", &["#/key"])));
}

#[test]
fn a_thousand_parts_go_into_one_call() {
    let service = served();
    let more = json!({"parts": {"from": 9001, "to": 10_000}, "content_length": 50_000 * MIB, "include": ["complete"]});
    let answer = parts(&service, &more).json();
    let issued = answer["parts"].as_array().unwrap();
    assert_eq!((issued.len(), &issued[999]["part_number"]), (1000, &json!(10_000)));
    works_only_as_told("the last", &issued[999], &issued[999]);
    assert_eq!(service.audited(1001).len(), 1001);
}

#[test]
fn one_refused_step_refuses_the_call_and_every_line_says_so() {
    let service = served();
    let sums = json!({"2": {"algorithm": "CRC32", "value": CRC32}});
    let rows: [(&str, Value, Expected, usize); 9] = [
        (
            "the whole is too large",
            json!({"bucket": "size", "parts": [1], "content_length": 301 * MIB}),
            unmet(&["#/content_length"]),
            1,
        ),
        (
            "of a whole that is too large no part is signed",
            json!({"bucket": "size", "parts": [1, 2], "content_length": 301 * MIB, "include": ["complete", "list"]}),
            unmet(&["#/content_length"]),
            4,
        ),
        (
            "the end of one",
            json!({"bucket": "size", "content_length": 301 * MIB, "include": ["complete"]}),
            unmet(&["#/content_length"]),
            1,
        ),
        (
            "parts without checksums, each told",
            json!({"bucket": "checksum", "parts": [1, 2, 3], "checksums": sums}),
            unmet(&["#/checksums/1", "#/checksums/3"]),
            3,
        ),
        ("no right to list", json!({"bucket": "parts-only", "parts": [1, 2], "include": ["list"]}), NO_GRANT, 3),
        ("a denied key", json!({"key": "sealed/a", "parts": [1], "include": ["abort"]}), DENIED, 2),
        ("a bad key", json!({"key": "a/../b", "parts": [1, 2]}), Err((400, "invalid_key", &["#/key"])), 2),
        ("too long", json!({"parts": [1, 2], "expires_in": 3601}), TOO_LONG, 2),
        ("nowhere", json!({"bucket": "nowhere", "parts": [1]}), NO_GRANT, 1),
    ];
    let mut written = 0;
    for (case, more, expected, lines) in rows {
        let reply = parts(&service, &more);
        refused(case, &reply, expected);
        written += lines;
        let all = service.audited(written);
        assert_eq!(all.len(), written, "{case}");
        for line in &all[written - lines..] {
            assert_eq!(
                (&line["decision"], line["code"].as_str()),
                (&json!("refused"), Some(reply.code().as_str())),
                "{case}"
            );
            assert_eq!((&line["upload_id"], &line["id"]), (&json!("u-1"), &Value::Null), "{case}: {line}");
        }
    }
    let metrics = service.admin("/metrics").text();
    assert!(!metrics.lines().any(|line| line.starts_with("presignd_urls_issued_total{")), "no URL left");
    assert_eq!(service.metric("presignd_refusals_total{code=\"no_grant\"}"), 2.0, "one for each answer");
    let detail =
        parts(&service, &json!({"bucket": "parts-only", "parts": [1], "include": ["list"]})).json()["detail"].clone();
    assert!(detail.as_str().unwrap().contains("ListParts"), "{detail}");
    assert_eq!(parts(&service, &json!({"bucket": "parts-only", "parts": [1]})).status, 200);
}

#[test]
fn every_step_has_its_line_before_the_answer_leaves() {
    let service = served();
    let reply = parts(&service, &json!({"parts": [2, 3], "include": ["complete", "abort", "list"]}));
    assert_eq!(reply.status, 200, "{}", reply.text());
    let answer = reply.json();
    let lines = service.audited(5);
    let told: Vec<_> = lines.iter().map(|line| (line["operation"].as_str().unwrap(), &line["part_number"])).collect();
    let expected = [
        ("UploadPart", &json!(2)),
        ("UploadPart", &json!(3)),
        ("CompleteMultipartUpload", &Value::Null),
        ("AbortMultipartUpload", &Value::Null),
        ("ListParts", &Value::Null),
    ];
    assert_eq!(told, expected);
    let ids = [&answer["parts"][0], &answer["parts"][1], &answer["complete"], &answer["abort"], &answer["list"]];
    assert_eq!(lines.iter().map(|line| &line["id"]).collect::<Vec<_>>(), ids.map(|issued| &issued["id"]));
    for line in &lines {
        assert_eq!((&line["decision"], &line["upload_id"]), (&json!("issued"), &json!("u-1")));
    }
    assert_eq!(service.metric("presignd_urls_issued_total{bucket=\"media\",operation=\"UploadPart\"}"), 2.0);
    let full = "[audit]\npath = \"/dev/full\"\n";
    let service = setting(&[full, ISSUER, MEDIA, ALL_OF_MEDIA]).serve();
    for reply in [parts(&service, &json!({"parts": [1]})), plan(&service, &json!({"content_length": 1}))] {
        refused("no line", &reply, Err((503, "audit_unavailable", &[])));
    }
}

#[test]
fn each_call_is_authorised_anew() {
    let grants = r#"
        [[grants]]
        name = "open"
        bucket = "media"
        prefix = "{team}/"
        actions = ["write"]
        when = { stage = "open" }
        [[grants]]
        name = "closed"
        bucket = "media"
        prefix = "closed/"
        actions = ["write"]
        enabled = false
    "#;
    let service = setting(&[ISSUER, MEDIA, grants]).serve();
    let ask = |claims: Value, key: &str| {
        let body = with(call(), &json!({"key": key, "parts": [1], "include": ["complete"]}));
        service.post(&token_with(&claims), "/v1/uploads/parts", &body)
    };
    let open = ask(json!({"team": "red", "stage": "open"}), "red/a").json();
    expect("open", &open["parts"][0], Ok("open"));
    expect("open", &open["complete"], Ok("open"));
    refused("the same upload later", &ask(json!({"team": "red", "stage": "shut"}), "red/a"), NO_GRANT);
    refused("its id for another key", &ask(json!({"team": "red", "stage": "open"}), "blue/a"), NO_GRANT);
    refused("switched off", &ask(json!({}), "closed/a"), DISABLED);
}

#[test]
fn ten_parts_cost_as_much_as_one_url() {
    let limits = "[rate_limits]\nper_subject = { rate = \"1/h\", burst = 20 }\n";
    let service = setting(&[limits, ISSUER, MEDIA, ALL_OF_MEDIA]).serve();
    let cost = |reply: &Reply| {
        let field = reply.header("ratelimit").unwrap();
        field.split(';').find_map(|part| part.trim().strip_prefix("r=")).unwrap().parse::<u64>().unwrap()
    };
    let large = json!({"content_length": 50_000 * MIB});
    let of = |more: Value| parts(&service, &with(large.clone(), &more));
    assert_eq!(cost(&plan(&service, &large)), 19);
    assert_eq!(cost(&plan(&service, &json!({}))), 18, "an invalid one too");
    assert_eq!(cost(&of(json!({"parts": [1]}))), 17);
    assert_eq!(cost(&of(json!({"parts": {"from": 1, "to": 10}}))), 16);
    assert_eq!(cost(&of(json!({"parts": {"from": 1, "to": 11}}))), 14);
    assert_eq!(cost(&of(json!({"include": ["complete", "abort", "list"]}))), 11);
    assert_eq!(cost(&of(json!({"parts": {"from": 1, "to": 20}, "include": ["list"]}))), 8);
    assert_eq!(cost(&of(json!({"parts": [1], "bucket": "nowhere"}))), 7, "a refused one too");
    assert_eq!(cost(&of(json!({"parts": []}))), 6, "and an invalid one");
    let more = of(json!({"parts": {"from": 1, "to": 70}}));
    assert_eq!((more.status, more.code().as_str()), (429, "rate_limited"));
    refused("more than a burst", &of(json!({"parts": {"from": 1, "to": 201}})), invalid(&["#/parts"]));
    assert_eq!(cost(&of(json!({"parts": {"from": 1, "to": 40}}))), 1, "what was refused by a limit took nothing");
}
