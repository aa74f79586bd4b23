//! `/v1/uploads`: the plan from a size.

use serde_json::Value;
use serde_json::json;

use crate::support::client::Reply;
use crate::support::service::Service;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::DENIED;
use crate::support::setting::Expected;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::NO_GRANT;
use crate::support::setting::SOME_REFUSED;
use crate::support::setting::TOO_LONG;
use crate::support::setting::expect_reply;
use crate::support::setting::grant_of;
use crate::support::setting::invalid;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::unmet;
use crate::support::setting::with;
use crate::support::setting::works_only_as_told;

pub const MIB: u64 = 1 << 20;
pub const CRC32: &str = "AAAAAA==";

/// A bucket for each of these grants, called as the grant is.
fn limited() -> String {
    let limits = [
        ("size", "actions = [\"write\"]\nupload = { max_size = \"300MiB\" }"),
        ("checksum", "actions = [\"write\"]\nupload = { require_checksum = true }"),
        ("once", "actions = [\"write\"]\nupload = { write_once = true, content_types = [\"video/mp4\"] }"),
        ("parts-only", "actions = [\"UploadPart\"]"),
        ("made", "actions = [\"write\"]\nupload = { key_template = \"{id}{ext}\" }"),
    ];
    let aliases = limits.map(|(name, _)| name);
    let grants: String = limits.iter().map(|(name, more)| grant_of(name, more)).collect();
    crate::support::setting::buckets(&aliases) + &grants
}

pub fn served() -> Service {
    setting(&[ISSUER, MEDIA, ALL_OF_MEDIA, SOME_REFUSED, &limited()]).serve()
}

pub fn plan(service: &Service, more: &Value) -> Reply {
    service.post(&token(), "/v1/uploads", &with(json!({"bucket": "media", "key": "a"}), more))
}

#[track_caller]
pub fn refused(case: &str, reply: &Reply, expected: Expected) {
    assert!(expected.is_err());
    expect_reply(case, reply, expected);
    assert!(!reply.text().contains("X-Amz-Signature"), "{case}: {}", reply.text());
}

#[test]
fn up_to_the_part_size_an_upload_is_one_put() {
    let service = served();
    let rows = [
        json!({"content_length": 0}),
        json!({"content_length": 100 * MIB}),
        json!({"content_length": 5 << 30, "part_size": 5_u64 << 30, "content_type": "a/b", "if_none_match": "*"}),
        json!({"content_length": 3, "checksum": {"algorithm": "CRC32", "value": CRC32}, "tags": {}, "expires_in": 60}),
    ];
    for more in rows {
        let answer = plan(&service, &more).json();
        assert_eq!(answer["kind"], "single", "{more}: {answer:#}");
        assert_eq!(answer.as_object().unwrap().len(), 2, "{answer:#}");
        let used = works_only_as_told(&more.to_string(), &answer["upload"], &more);
        assert_eq!((used.method.as_str(), used.parameter("uploads")), ("PUT", None), "{more}");
    }
}

#[test]
fn above_the_part_size_an_upload_is_begun_and_its_parts_are_counted() {
    let service = served();
    // The whole, the size asked for, the size and the number of the parts.
    let rows = [
        (100 * MIB + 1, None, 100 * MIB, 2),
        (300 * MIB, None, 100 * MIB, 3),
        (12 * MIB, Some(5 * MIB), 5 * MIB, 3),
        (50_000 * MIB, Some(5 * MIB), 5 * MIB, 10_000),
        (50_000 * MIB + 1, Some(5 * MIB), 5 * MIB + 1, 10_000),
        (53_687_091_200_000, None, 5 << 30, 10_000),
    ];
    for (content_length, asked, part_size, part_count) in rows {
        let mut more = json!({"content_length": content_length, "content_type": "video/mp4", "metadata": {"a": "b"}});
        if let Some(asked) = asked {
            more["part_size"] = json!(asked);
        }
        let answer = plan(&service, &more).json();
        let told = ["kind", "bucket", "key", "content_length", "part_size", "part_count"].map(|name| &answer[name]);
        let expected = [
            json!("multipart"),
            json!("media"),
            json!("a"),
            json!(content_length),
            json!(part_size),
            json!(part_count),
        ];
        assert_eq!(told, expected.each_ref(), "{more}: {answer:#}");
        assert_eq!(answer.as_object().unwrap().len(), 7, "{answer:#}");
        let used = works_only_as_told(&more.to_string(), &answer["create"], &json!({}));
        assert_eq!((used.method.as_str(), used.parameter("uploads").as_deref()), ("POST", Some("")), "{more}");
        assert_eq!(answer["create"]["headers"], json!({"content-type": "video/mp4", "x-amz-meta-a": "b"}), "{more}");
    }
}

#[test]
fn a_plan_is_read_as_strictly_as_a_request() {
    let service = served();
    let large = |more: Value| with(json!({"content_length": 200 * MIB}), &more);
    let rows: &[(Value, &'static [&'static str])] = &[
        (json!({}), &["#/content_length"]),
        (json!({"content_length": -1}), &["#/content_length"]),
        (json!({"content_length": 53_687_091_200_001_u64}), &["#/content_length"]),
        (json!({"content_length": "1"}), &["#/content_length"]),
        (json!({"content_length": 1, "part_size": 5 * MIB - 1}), &["#/part_size"]),
        (json!({"content_length": 1, "part_size": (5_u64 << 30) + 1}), &["#/part_size"]),
        (json!({"content_length": 1, "part_size": null}), &["#/part_size"]),
        (json!({"content_length": 1, "operation": "PutObject"}), &["#/operation"]),
        (json!({"content_length": 1, "upload_id": "u-1"}), &["#/upload_id"]),
        (json!({"content_length": 1, "checksum": {"algorithm": "CRC32"}}), &["#/checksum"]),
        (json!({"content_length": 1, "file_name": "a.txt"}), &["#/file_name"]),
        (json!({"part_size": 1, "expires_in": 0, "x": 1}), &["#/content_length", "#/expires_in", "#/part_size", "#/x"]),
        (large(json!({"content_md5": "1B2M2Y8AsgTpgAmY7PhCfg=="})), &["#/content_md5"]),
        (large(json!({"if_none_match": "*"})), &["#/if_none_match"]),
        (large(json!({"checksum": {"algorithm": "CRC32", "value": CRC32}})), &["#/checksum/value"]),
        (large(json!({"expires_in": 0, "bucket": 1})), &["#/bucket", "#/expires_in"]),
    ];
    for (more, pointers) in rows {
        refused(&more.to_string(), &plan(&service, more), invalid(pointers));
    }
    let list = service.post(&token(), "/v1/uploads", &json!([]));
    refused("a list", &list, invalid(&["#"]));
    let bad_key = plan(&service, &json!({"content_length": 1, "key": "a//b"}));
    refused("a bad key", &bad_key, Err((400, "invalid_key", &["#/key"])));
}

#[test]
fn a_plan_is_held_to_the_grant_with_the_size_of_the_whole() {
    let service = served();
    let ask = |bucket: &str, more: Value| plan(&service, &with(json!({ "bucket": bucket }), &more));
    let rows: [(&str, &str, Value, Expected); 9] = [
        ("one too large", "size", json!({"content_length": 301 * MIB}), unmet(&["#/content_length"])),
        (
            "one PUT too large",
            "size",
            json!({"content_length": 301 * MIB, "part_size": 5_u64 << 30}),
            unmet(&["#/content_length"]),
        ),
        ("no algorithm", "checksum", json!({"content_length": 200 * MIB}), unmet(&["#/checksum"])),
        ("no checksum", "checksum", json!({"content_length": 1}), unmet(&["#/checksum"])),
        (
            "another type",
            "once",
            json!({"content_length": 200 * MIB, "content_type": "a/b"}),
            unmet(&["#/content_type"]),
        ),
        ("no right to begin", "parts-only", json!({"content_length": 200 * MIB}), NO_GRANT),
        ("no bucket", "nowhere", json!({"content_length": 1}), NO_GRANT),
        ("a denied key", "media", json!({"content_length": 200 * MIB, "key": "sealed/a"}), DENIED),
        ("too long", "media", json!({"content_length": 200 * MIB, "expires_in": 3601}), TOO_LONG),
    ];
    for (case, bucket, more, expected) in rows {
        refused(case, &ask(bucket, more), expected);
    }
    let most = ask("size", json!({"content_length": 300 * MIB})).json();
    assert_eq!(most["part_count"], 3, "{most:#}");
    let checked = ask("checksum", json!({"content_length": 200 * MIB, "checksum": {"algorithm": "CRC32"}})).json();
    assert_eq!(checked["create"]["headers"], json!({"x-amz-checksum-algorithm": "CRC32"}), "{checked:#}");
    let once = ask("once", json!({"content_length": 200 * MIB})).json();
    assert_eq!(
        once["create"]["headers"],
        json!({"content-type": "video/mp4"}),
        "what is written once is completed once"
    );
}

#[test]
fn a_plan_gets_its_key_from_a_file_s_name() {
    let service = served();
    for content_length in [1, 200 * MIB] {
        let body = json!({"bucket": "made", "file_name": "Film.MP4", "content_length": content_length});
        let reply = service.post(&token(), "/v1/uploads", &body);
        let answer = reply.json();
        let issued = if content_length == 1 { &answer["upload"] } else { &answer["create"] };
        let key = format!("{}.mp4", issued["id"].as_str().unwrap());
        assert_eq!(issued["key"], key, "{answer:#}");
        let told = if content_length == 1 { &issued["key"] } else { &answer["key"] };
        assert_eq!(told, &json!(key), "{answer:#}");
    }
}
