//! Uploads in parts, one URL at a time: what each step may say, what becomes of it, and what a grant asks of it.

use serde_json::Value;
use serde_json::json;

use crate::limits;
use crate::limits::Row;
use crate::limits::served;
use crate::members::Becomes;
use crate::members::becomes;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::expect_reply;
use crate::support::setting::invalid;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::with;
use crate::support::setting::works_only_as_told;

const SHA256: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
const MD5: &str = "1B2M2Y8AsgTpgAmY7PhCfg==";
const CRC64: &str = "AAAAAAAAAAA=";
/// An id as another store may make it.
const ODD: &str = "VXBs+b2F/k.a_b~ c=";

#[test]
fn each_step_of_an_upload_in_parts_becomes_what_s3_takes() {
    let service = setting(&[ISSUER, MEDIA, ALL_OF_MEDIA]).serve();
    let checksum = |more: Value| json!({ "checksum": more });
    let rows: Vec<(&str, Value, Becomes<'_>)> = vec![
        ("CreateMultipartUpload", json!({}), (&[], &[("uploads", "")])),
        (
            "CreateMultipartUpload",
            json!({"content_type": "video/mp4", "metadata": {"a": "b"}, "cache_control": "no-store"}),
            (
                &[("content-type", "video/mp4"), ("x-amz-meta-a", "b"), ("cache-control", "no-store")],
                &[("uploads", "")],
            ),
        ),
        (
            "CreateMultipartUpload",
            checksum(json!({"algorithm": "CRC32"})),
            (&[("x-amz-checksum-algorithm", "CRC32")], &[("uploads", "")]),
        ),
        (
            "CreateMultipartUpload",
            checksum(json!({"algorithm": "SHA256", "type": "COMPOSITE"})),
            (&[("x-amz-checksum-algorithm", "SHA256"), ("x-amz-checksum-type", "COMPOSITE")], &[("uploads", "")]),
        ),
        (
            "CreateMultipartUpload",
            checksum(json!({"algorithm": "CRC64NVME", "type": "FULL_OBJECT"})),
            (&[("x-amz-checksum-algorithm", "CRC64NVME"), ("x-amz-checksum-type", "FULL_OBJECT")], &[("uploads", "")]),
        ),
        ("UploadPart", json!({"part_number": 10_000}), (&[], &[("uploadId", "u-1"), ("partNumber", "10000")])),
        (
            "UploadPart",
            json!({"upload_id": ODD, "content_length": 5_368_709_120_u64, "content_md5": MD5,
                   "checksum": {"algorithm": "SHA256", "value": SHA256}}),
            (&[("content-md5", MD5), ("x-amz-checksum-sha256", SHA256)], &[("uploadId", ODD), ("partNumber", "1")]),
        ),
        ("CompleteMultipartUpload", json!({}), (&[], &[("uploadId", "u-1")])),
        (
            "CompleteMultipartUpload",
            json!({"upload_id": ODD, "object_size": 53_687_091_200_000_u64, "if_none_match": "*"}),
            (&[("x-amz-mp-object-size", "53687091200000"), ("if-none-match", "*")], &[("uploadId", ODD)]),
        ),
        (
            "CompleteMultipartUpload",
            checksum(json!({"algorithm": "CRC64NVME", "value": CRC64})),
            (&[("x-amz-checksum-crc64nvme", CRC64), ("x-amz-checksum-type", "FULL_OBJECT")], &[("uploadId", "u-1")]),
        ),
        (
            "CompleteMultipartUpload",
            checksum(json!({"algorithm": "CRC32", "value": "AAAAAA==", "type": "FULL_OBJECT"})),
            (&[("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-checksum-type", "FULL_OBJECT")], &[("uploadId", "u-1")]),
        ),
        ("AbortMultipartUpload", json!({"upload_id": ODD}), (&[], &[("uploadId", ODD)])),
        (
            "ListParts",
            json!({"max_parts": 1000, "part_number_marker": 0}),
            (&[], &[("uploadId", "u-1"), ("max-parts", "1000"), ("part-number-marker", "0")]),
        ),
    ];
    for (operation, more, expected) in rows {
        let request = with(ask(operation, "media", "a b/ü.bin"), &more);
        becomes(&service, &format!("{operation} {more}"), &request, expected);
    }
}

#[test]
fn the_checksum_of_an_upload_is_one_that_s3_makes() {
    let service = setting(&[ISSUER, MEDIA, ALL_OF_MEDIA]).serve();
    let (create, complete) = ("CreateMultipartUpload", "CompleteMultipartUpload");
    let rows: &[(&str, Value, &'static [&'static str])] = &[
        (create, json!({}), &["#/checksum"]),
        (create, json!("CRC32"), &["#/checksum"]),
        (create, json!({"type": "COMPOSITE"}), &["#/checksum"]),
        (create, json!({"algorithm": "MD5"}), &["#/checksum/algorithm"]),
        (create, json!({"algorithm": "CRC32", "value": "AAAAAA=="}), &["#/checksum/value"]),
        (create, json!({"algorithm": "CRC32", "type": "full_object"}), &["#/checksum/type"]),
        (create, json!({"algorithm": "CRC64NVME", "type": "COMPOSITE"}), &["#/checksum/type"]),
        (create, json!({"algorithm": "SHA1", "type": "FULL_OBJECT"}), &["#/checksum/type"]),
        (create, json!({"algorithm": "SHA256", "type": "FULL_OBJECT"}), &["#/checksum/type"]),
        (create, json!({"algorithm": "CRC32", "kind": "COMPOSITE"}), &["#/checksum/kind"]),
        (complete, json!({"algorithm": "CRC32"}), &["#/checksum"]),
        (complete, json!({"algorithm": "SHA256", "value": SHA256}), &["#/checksum/algorithm"]),
        (complete, json!({"algorithm": "CRC32", "value": "AAAAAA==-2"}), &["#/checksum/value"]),
        (complete, json!({"algorithm": "CRC32", "value": "AAAAAA==", "type": "COMPOSITE"}), &["#/checksum/type"]),
        ("UploadPart", json!({"algorithm": "CRC32"}), &["#/checksum"]),
        ("UploadPart", json!({"algorithm": "CRC32", "value": "AAAAAA==", "type": "FULL_OBJECT"}), &["#/checksum/type"]),
    ];
    for (operation, checksum, pointers) in rows {
        let request = with(ask(operation, "media", "a"), &json!({ "checksum": checksum }));
        let reply = service.post(&token(), "/v1/presign", &request);
        expect_reply(&format!("{operation} {checksum}"), &reply, invalid(pointers));
    }
}

const LIMITS: [(&str, &str); 8] = [
    ("size", r#"max_size = "10MiB""#),
    ("types", r#"content_types = ["image/png", "video/*"]"#),
    ("one-type", r#"content_types = ["image/png"]"#),
    ("checksum", "require_checksum = true"),
    ("once", "write_once = true"),
    ("archive", r#"storage_classes = ["DEEP_ARCHIVE"]"#),
    ("tags", r#"tags = ["case"], set_tags = { by = "us" }"#),
    ("metadata", r#"metadata = false, set_metadata = { by = "us" }"#),
];

#[test]
fn the_beginning_of_an_upload_in_parts_meets_the_limits_on_what_the_object_is() {
    let (kind, sum): (&[&str], &[&str]) = (&["#/content_type"], &["#/checksum"]);
    let class: &[&str] = &["#/storage_class"];
    let crc32 = json!({"checksum": {"algorithm": "CRC32"}});
    let rows: &[Row] = &[
        ("size", "none: the completion is bound", json!({}), Ok(("uploads", ""))),
        ("types", "missing", json!({}), Err(kind)),
        ("types", "another", json!({"content_type": "text/html"}), Err(kind)),
        ("types", "one of them", json!({"content_type": "video/mp4"}), Ok(("content-type", "video/mp4"))),
        ("one-type", "missing: signed in", json!({}), Ok(("content-type", "image/png"))),
        ("one-type", "another", json!({"content_type": "image/jpeg"}), Err(kind)),
        ("checksum", "missing", json!({}), Err(sum)),
        ("checksum", "the algorithm", crc32, Ok(("x-amz-checksum-algorithm", "CRC32"))),
        ("once", "none: the completion is bound", json!({}), Ok(("if-none-match", ""))),
        ("archive", "missing is STANDARD", json!({}), Err(class)),
        ("archive", "another", json!({"storage_class": "GLACIER"}), Err(class)),
        ("archive", "the one", json!({"storage_class": "DEEP_ARCHIVE"}), Ok(("x-amz-storage-class", "DEEP_ARCHIVE"))),
        ("tags", "missing: signed in", json!({}), Ok(("x-amz-tagging", "by=us"))),
        ("tags", "another", json!({"tags": {"team": "red"}}), Err(&["#/tags/team"])),
        ("tags", "one of them", json!({"tags": {"case": "1"}}), Ok(("x-amz-tagging", "case=1&by=us"))),
        ("metadata", "missing: signed in", json!({}), Ok(("x-amz-meta-by", "us"))),
        ("metadata", "some", json!({"metadata": {"a": "b"}}), Err(&["#/metadata"])),
    ];
    limits::run(&served("upload", "write", &LIMITS), "CreateMultipartUpload", rows);
}

#[test]
fn a_part_meets_the_limits_on_what_is_sent() {
    let checksum = json!({"checksum": {"algorithm": "SHA256", "value": SHA256}});
    let (size, sum): (&[&str], &[&str]) = (&["#/content_length"], &["#/checksum"]);
    let rows: &[Row] = &[
        ("size", "missing", json!({}), Err(size)),
        ("size", "a byte too much", json!({"content_length": 10_485_761}), Err(size)),
        ("size", "at the bound", json!({"content_length": 10_485_760}), Ok(("content-length", "10485760"))),
        ("types", "none: the beginning is bound", json!({}), Ok(("partNumber", "1"))),
        ("checksum", "missing", json!({}), Err(sum)),
        ("checksum", "a checksum", checksum, Ok(("x-amz-checksum-sha256", SHA256))),
        ("checksum", "an MD5", json!({"content_md5": MD5}), Ok(("content-md5", MD5))),
        ("once", "none: the completion is bound", json!({}), Ok(("if-none-match", ""))),
        ("archive", "none: the beginning is bound", json!({}), Ok(("x-amz-storage-class", ""))),
        ("tags", "none: the beginning is bound", json!({}), Ok(("x-amz-tagging", ""))),
        ("metadata", "none: the beginning is bound", json!({}), Ok(("x-amz-meta-by", ""))),
    ];
    limits::run(&served("upload", "write", &LIMITS), "UploadPart", rows);
}

#[test]
fn the_completion_meets_the_limits_on_the_whole_and_the_other_steps_have_none() {
    let service = served("upload", "write", &LIMITS);
    let checksum = json!({"checksum": {"algorithm": "CRC64NVME", "value": CRC64}});
    let total: &[&str] = &["#/object_size"];
    let rows: &[Row] = &[
        ("size", "missing", json!({}), Err(total)),
        ("size", "a byte too much", json!({"object_size": 10_485_761}), Err(total)),
        ("size", "at the bound", json!({"object_size": 10_485_760}), Ok(("x-amz-mp-object-size", "10485760"))),
        ("types", "none: the beginning is bound", json!({}), Ok(("uploadId", "u-1"))),
        ("checksum", "none: each part is bound", json!({}), Ok(("uploadId", "u-1"))),
        ("checksum", "of the whole", checksum, Ok(("x-amz-checksum-crc64nvme", CRC64))),
        ("once", "missing: signed in", json!({}), Ok(("if-none-match", "*"))),
        ("once", "said", json!({"if_none_match": "*"}), Ok(("if-none-match", "*"))),
        ("archive", "none: the beginning is bound", json!({}), Ok(("uploadId", "u-1"))),
        ("tags", "none: the beginning is bound", json!({}), Ok(("x-amz-tagging", ""))),
        ("metadata", "none: the beginning is bound", json!({}), Ok(("x-amz-meta-by", ""))),
    ];
    limits::run(&service, "CompleteMultipartUpload", rows);
    for operation in ["AbortMultipartUpload", "ListParts"] {
        let rows = LIMITS.map(|(limit, _)| -> Row { (limit, "nothing is asked", json!({}), Ok(("uploadId", "u-1"))) });
        limits::run(&service, operation, &rows);
    }
}

#[test]
fn an_upload_in_parts_gets_its_key_from_a_file_s_name() {
    let grant = r#"
        [[grants]]
        name = "made"
        bucket = "media"
        prefix = "in/{sub}/"
        actions = ["write"]
        upload = { key_template = "{id}{ext}" }
    "#;
    let service = setting(&[ISSUER, MEDIA, grant]).serve();
    let request = json!({"operation": "CreateMultipartUpload", "bucket": "media", "file_name": "Film.MP4"});
    let answer = expect_reply("a file", &service.post(&token(), "/v1/presign", &request), Ok("made"));
    works_only_as_told("a file", &answer, &request);
    assert_eq!(answer["key"], format!("in/42/{}.mp4", answer["id"].as_str().unwrap()));
}

#[test]
fn the_audit_tells_which_part_of_which_upload_it_was() {
    let service = setting(&[ISSUER, MEDIA, ALL_OF_MEDIA]).serve();
    let operations = ["UploadPart", "CompleteMultipartUpload", "AbortMultipartUpload", "ListParts"];
    for operation in operations {
        let reply = service.post(&token(), "/v1/presign", &ask(operation, "media", "a"));
        assert_eq!(reply.status, 200, "{operation}: {}", reply.text());
    }
    let refused = service.post(&token(), "/v1/presign", &ask("UploadPart", "elsewhere", "a"));
    assert_eq!(refused.status, 403);
    let lines = service.audited(5);
    let told = |line: &Value| json!([line["operation"], line["upload_id"], line["part_number"]]);
    let told: Vec<_> = lines.iter().map(told).collect();
    let of = |operation: &str, part: Value| json!([operation, "u-1", part]);
    let mut expected = vec![of("UploadPart", json!(1))];
    expected.extend(operations[1..].iter().map(|operation| of(operation, Value::Null)));
    expected.push(of("UploadPart", json!(1)));
    assert_eq!(told, expected);
}
