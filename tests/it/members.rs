//! What a request may say: every member of every operation, right and wrong, and what becomes of it.

use serde_json::Value;
use serde_json::json;

use crate::support::service::Service;
use crate::support::setting::Expected;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::expect_reply;
use crate::support::setting::invalid;
use crate::support::setting::pointers;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::with;
use crate::support::setting::works_only_as_told;

/// A grant that says no to nothing that can be asked.
const GRANT: &str = r#"
    [[grants]]
    name = "all"
    bucket = "media"
    prefix = ""
    actions = ["read", "write", "delete", "list"]
    max_expires = "12h"
    [grants.upload]
    storage_classes = ["STANDARD", "STANDARD_IA", "GLACIER_IR", "DEEP_ARCHIVE"]
    tags = ["case", "a b", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]
    [grants.download]
    stable = true
    overrides = [
        "content_type", "content_disposition", "content_language", "content_encoding", "cache_control", "expires",
    ]
"#;

fn served() -> Service {
    setting(&[ISSUER, MEDIA, GRANT]).serve()
}

const SHA256: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
const MD5: &str = "1B2M2Y8AsgTpgAmY7PhCfg==";

/// What a member becomes: headers that the client sends, and parameters of the query.
pub type Becomes<'a> = (&'a [(&'a str, &'a str)], &'a [(&'a str, &'a str)]);

#[test]
fn what_an_upload_says_becomes_headers_that_are_signed() {
    let service = served();
    let cases: Vec<(Value, &[(&str, &str)])> = vec![
        (json!({}), &[]),
        (json!({"content_type": "image/png"}), &[("content-type", "image/png")]),
        (json!({"content_type": "Text/HTML; charset=\"a,b\""}), &[("content-type", "Text/HTML; charset=\"a,b\"")]),
        (json!({"content_length": 0}), &[]),
        (json!({"content_length": 5_368_709_120_u64}), &[]),
        (json!({"content_md5": MD5}), &[("content-md5", MD5)]),
        (json!({"checksum": {"algorithm": "CRC32", "value": "AAAAAA=="}}), &[("x-amz-checksum-crc32", "AAAAAA==")]),
        (json!({"checksum": {"algorithm": "CRC32C", "value": "yZRlqg=="}}), &[("x-amz-checksum-crc32c", "yZRlqg==")]),
        (
            json!({"checksum": {"algorithm": "CRC64NVME", "value": "AAAAAAAAAAA="}}),
            &[("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=")],
        ),
        (
            json!({"checksum": {"algorithm": "SHA1", "value": "2jmj7l5rSw0yVb/vlWAYkK/YBwk="}}),
            &[("x-amz-checksum-sha1", "2jmj7l5rSw0yVb/vlWAYkK/YBwk=")],
        ),
        (json!({"checksum": {"algorithm": "SHA256", "value": SHA256}}), &[("x-amz-checksum-sha256", SHA256)]),
        (json!({"content_disposition": "inline"}), &[("content-disposition", "inline")]),
        (json!({"content_encoding": "gzip"}), &[("content-encoding", "gzip")]),
        (json!({"content_language": "en-GB"}), &[("content-language", "en-GB")]),
        (json!({"cache_control": "max-age=1, public"}), &[("cache-control", "max-age=1, public")]),
        (
            json!({"metadata": {"Camera": "x100", "a-b": "~ !\"#+%,;="}}),
            &[("x-amz-meta-camera", "x100"), ("x-amz-meta-a-b", "~ !\"#+%,;=")],
        ),
        (json!({"metadata": {}}), &[]),
        (json!({"tags": {"case": "A-17/b c&d=é+"}}), &[("x-amz-tagging", "case=A-17%2Fb%20c%26d%3D%C3%A9%2B")]),
        (json!({"tags": {"case": "1", "a b": ""}}), &[("x-amz-tagging", "case=1&a%20b=")]),
        (json!({"tags": {"a b": "", "case": "1"}}), &[("x-amz-tagging", "a%20b=&case=1")]),
        (json!({"tags": {}}), &[]),
        (json!({"storage_class": "DEEP_ARCHIVE"}), &[("x-amz-storage-class", "DEEP_ARCHIVE")]),
        (json!({"storage_class": "STANDARD"}), &[("x-amz-storage-class", "STANDARD")]),
        (json!({"if_none_match": "*"}), &[("if-none-match", "*")]),
    ];
    for (more, headers) in cases {
        let case = more.to_string();
        // A tag beyond ASCII is refused or sent as UTF-8: either way S3 gets what was asked.
        let request = with(ask("PutObject", "media", "a/ü.txt"), &more);
        becomes(&service, &case, &request, (headers, &[]));
    }
    let every = json!({
        "expires_in": 43_200, "content_type": "a/b", "content_length": 3, "content_md5": MD5,
        "cache_control": "no-cache", "checksum": {"algorithm": "SHA256", "value": SHA256}, "content_disposition": "inline", "content_encoding": "br",
        "content_language": "de", "metadata": {"a": "b"}, "tags": {"case": "1"}, "storage_class": "GLACIER_IR",
        "if_none_match": "*",
    });
    let request = with(ask("PutObject", "media", "all"), &every);
    let answer = expect_reply("every member", &service.post(&token(), "/v1/presign", &request), Ok("all"));
    works_only_as_told("every member", &answer, &request);
    assert_eq!(answer["headers"].as_object().unwrap().len(), 11, "{answer:#}");
}

#[track_caller]
pub fn becomes(service: &Service, case: &str, request: &Value, (headers, query): Becomes<'_>) {
    let answer = expect_reply(case, &service.post(&token(), "/v1/presign", request), Ok("all"));
    let used = works_only_as_told(case, &answer, request);
    let expected: Value = headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    assert_eq!(answer["headers"], expected, "{case}");
    for (name, value) in query {
        assert_eq!(used.parameter(name).as_deref(), Some(*value), "{case}: {}", used.url);
    }
    let own = ["X-Amz-", "x-presignd-id", "list-type", "prefix"];
    let strays = used.url.split_once('?').unwrap().1.split('&').filter_map(|pair| pair.split_once('='));
    let strays = strays.filter(|(name, _)| !own.iter().any(|own| name.starts_with(own)));
    assert_eq!(strays.count(), query.len(), "{case}: {}", used.url);
}

#[test]
fn what_a_download_says_becomes_its_query() {
    let service = served();
    let disposition = "response-content-disposition";
    let response = json!({"response": {
        "content_type": "text/plain; charset=utf-8", "content_disposition": "inline", "content_language": "en",
        "content_encoding": "identity", "cache_control": "no-store", "expires": "2026-11-24T13:00:00.5+01:00",
    }});
    let all: &[(&str, &str)] = &[
        ("response-content-type", "text/plain; charset=utf-8"),
        (disposition, "inline"),
        ("response-content-language", "en"),
        ("response-content-encoding", "identity"),
        ("response-cache-control", "no-store"),
        ("response-expires", "Tue, 24 Nov 2026 12:00:00 GMT"),
    ];
    for operation in ["GetObject", "HeadObject"] {
        let cases: Vec<(Value, Becomes<'_>)> = vec![
            (json!({}), (&[], &[])),
            (response.clone(), (&[], all)),
            (json!({"part_number": 10_000}), (&[], &[("partNumber", "10000")])),
            (json!({"checksum_mode": "ENABLED"}), (&[("x-amz-checksum-mode", "ENABLED")], &[])),
        ];
        for (more, expected) in cases {
            let request = with(ask(operation, "media", "a b+c%2f/ü.txt"), &more);
            becomes(&service, &format!("{operation} {more}"), &request, expected);
        }
    }
    becomes(&service, "DeleteObject", &ask("DeleteObject", "media", "a"), (&[], &[]));
}

#[test]
fn a_download_is_named_so_that_every_browser_reads_it() {
    let service = served();
    let cases = [
        ("report.pdf", "attachment; filename=\"report.pdf\"", None),
        ("a b.txt", "attachment; filename=\"a b.txt\"", None),
        ("Jahresübersicht €.pdf", "", Some("Jahres%C3%BCbersicht%20%E2%82%AC.pdf")),
        ("50%.txt", "", Some("50%25.txt")),
    ];
    for (name, plain, extended) in cases {
        let request = with(ask("GetObject", "media", "a"), &json!({"download_as": name}));
        let answer = expect_reply(name, &service.post(&token(), "/v1/presign", &request), Ok("all"));
        let told = works_only_as_told(name, &answer, &request).parameter("response-content-disposition").unwrap();
        assert!(told.is_ascii() && told.starts_with("attachment"), "{name}: {told}");
        match extended {
            // RFC 5987's form for those who read it, and a plain one for the rest.
            Some(extended) => assert!(told.contains(&format!("filename*=UTF-8''{extended}")), "{name}: {told}"),
            None => assert!(told.starts_with(plain), "{name}: {told}"),
        }
    }
    let quoted = with(ask("GetObject", "media", "a"), &json!({"download_as": "say \"hi\"; x.exe"}));
    let answer = service.post(&token(), "/v1/presign", &quoted).json();
    let told = works_only_as_told("quotes", &answer, &quoted).parameter("response-content-disposition").unwrap();
    assert!(told.contains("filename*=UTF-8''say%20%22hi%22%3B%20x.exe"), "{told}");
    for name in ["", "a/b", "a\\b", "a\nb", "a\u{7f}b"] {
        let request = with(ask("GetObject", "media", "a"), &json!({"download_as": name}));
        let reply = service.post(&token(), "/v1/presign", &request);
        expect_reply(name, &reply, invalid(&["#/download_as"]));
    }
    let both = json!({"download_as": "a.txt", "response": {"content_disposition": "inline"}});
    let reply = service.post(&token(), "/v1/presign", &with(ask("GetObject", "media", "a"), &both));
    assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_request"), "not beside a content_disposition");
}

#[test]
fn a_stable_url_is_the_same_for_a_quarter_of_its_life() {
    let service = served();
    let request = with(ask("GetObject", "media", "a"), &json!({"stable": true, "expires_in": 40_000}));
    let ask_once = || expect_reply("stable", &service.post(&token(), "/v1/presign", &request), Ok("all"));
    let first = ask_once();
    let used = works_only_as_told("stable", &first, &request);
    let signed_at = crate::verifier::seconds(&used.parameter("X-Amz-Date").unwrap()).unwrap();
    assert_eq!(signed_at % 10_000, 0, "rounded down to a window of a quarter");
    assert_eq!((used.parameter("X-Amz-Expires").as_deref(), &first["expires_in"]), (Some("40000"), &json!(40_000)));
    assert_eq!(used.parameter("x-presignd-id"), None, "an id would make each URL another");
    assert_eq!(first["expires_at"], crate::support::rfc3339(signed_at + 40_000), "the end is not put off");
    let second = ask_once();
    let again =
        crate::verifier::seconds(&works_only_as_told("again", &second, &request).parameter("X-Amz-Date").unwrap());
    // Unless a window ended between the two.
    assert!(first["url"] == second["url"] || again != Some(signed_at), "{first:#} {second:#}");
    assert_ne!(first["id"], second["id"], "the audit log tells the two apart");
    let plain = with(request.clone(), &json!({"stable": false}));
    let answer = expect_reply("not stable", &service.post(&token(), "/v1/presign", &plain), Ok("all"));
    let used = works_only_as_told("not stable", &answer, &plain);
    assert_eq!(used.parameter("x-presignd-id").as_deref(), answer["id"].as_str());
}

#[test]
fn the_id_is_in_the_url_for_s3s_own_log_unless_that_is_switched_off() {
    let bucket = "[buckets.quiet]\nbucket = \"acme-quiet\"\nregion = \"eu-west-1\"\nlog_id = false\n";
    let grant = GRANT.replace("\"media\"", "\"quiet\"").replace("\"all\"", "\"quiet\"");
    let service = setting(&[ISSUER, MEDIA, GRANT, bucket, &grant]).serve();
    for (bucket, operation) in ["GetObject", "HeadObject", "PutObject", "DeleteObject", "ListObjectsV2"]
        .map(|operation| ["media", "quiet"].map(|bucket| (bucket, operation)))
        .concat()
    {
        let request = ask(operation, bucket, "a/");
        let answer = service.post(&token(), "/v1/presign", &request).json();
        let used = works_only_as_told(operation, &answer, &request);
        let expected = if bucket == "media" { answer["id"].as_str() } else { None };
        assert_eq!(used.parameter("x-presignd-id").as_deref(), expected, "{operation} in {bucket}");
        assert!(answer["id"].is_string(), "{operation} in {bucket}");
    }
}

#[test]
fn a_key_is_signed_as_it_came_or_refused() {
    let service = served();
    let longest = format!("{}/{}", "é".repeat(300), "x".repeat(423));
    assert_eq!(longest.len(), 1024);
    for key in [
        "a",
        "a/",
        "%2e%2e/a",
        "a b",
        "+",
        "~_-.()!*'",
        "...",
        ".a",
        "a/..b",
        "ü/日本/🦀",
        "a?b#c&d=e",
        "soap",
        &longest,
    ] {
        for operation in ["GetObject", "PutObject", "DeleteObject"] {
            let request = ask(operation, "media", key);
            let answer = expect_reply(key, &service.post(&token(), "/v1/presign", &request), Ok("all"));
            let used = works_only_as_told(key, &answer, &request);
            let path = used.place().strip_prefix("https://acme-media.s3.eu-west-1.amazonaws.com/");
            let path = path.or_else(|| used.place().strip_prefix("https://s3.eu-west-1.amazonaws.com/acme-media/"));
            let decoded = percent_encoding::percent_decode_str(path.unwrap()).decode_utf8().unwrap();
            assert_eq!((decoded.as_ref(), &answer["key"]), (key, &json!(key)), "{}", used.url);
        }
    }
    let refused: Expected = Err((400, "invalid_key", &["#/key"]));
    let over = "x".repeat(1025);
    for key in [
        "", "/", "/a", "a//b", "a//", ".", "..", "./a", "../a", "a/.", "a/..", "a/./b", "a/../b", "a\\b", "a\nb",
        "a\u{0}", "a\u{7f}", "a\u{85}", &over,
    ] {
        let reply = service.post(&token(), "/v1/presign", &ask("GetObject", "media", key));
        expect_reply(&format!("{key:?}"), &reply, refused);
    }
    let number = with(ask("GetObject", "media", "a"), &json!({"key": 1}));
    expect_reply("a number", &service.post(&token(), "/v1/presign", &number), invalid(&["#/key"]));
}

#[test]
fn every_wrong_member_is_told_at_once() {
    let service = served();
    let request = json!({
        "operation": "PutObject", "bucket": 1, "expires_in": 0, "content_length": -1, "content_md5": "x",
        "checksum": {"algorithm": "SHA256", "value": MD5}, "wrong/~name": true, "version_id": "1",
    });
    let problem = service.post(&token(), "/v1/presign", &request).json();
    let expected = [
        "#/bucket",
        "#/checksum/value",
        "#/content_length",
        "#/content_md5",
        "#/expires_in",
        "#/key",
        "#/version_id",
        "#/wrong~1~0name",
    ];
    assert_eq!(pointers(&problem), expected, "{problem:#}");
    for error in problem["errors"].as_array().unwrap() {
        assert!(error["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{error}");
    }
}

#[test]
fn of_very_many_wrong_members_the_first_are_told() {
    let service = served();
    let many: Value = (0..10_000).map(|number| (format!("m{number}"), json!(0))).collect();
    let batch = with(many.clone(), &json!({"requests": []}));
    for (path, body) in [("/v1/presign", with(ask("GetObject", "media", "a"), &many)), ("/v1/presign/batch", batch)] {
        let reply = service.post(&token(), path, &body);
        assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_request"), "{path}");
        let told = pointers(&reply.json());
        assert!(told.contains(&"#/m0".to_owned()) && told.len() <= 110, "{path}: {}", told.len());
    }
}
