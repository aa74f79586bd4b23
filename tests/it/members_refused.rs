//! Members that are refused: of a wrong type or value, of other operations, or unknown.

use serde_json::Value;
use serde_json::json;

use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::pointers;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::with;

const OPERATIONS: [&str; 12] = [
    "AbortMultipartUpload",
    "CompleteMultipartUpload",
    "CreateMultipartUpload",
    "DeleteObject",
    "GetObject",
    "HeadObject",
    "ListObjectsV2",
    "ListParts",
    "PostObject",
    "PutObject",
    "RestoreObject",
    "UploadPart",
];
const READS: [&str; 2] = ["GetObject", "HeadObject"];
const PARTS: [&str; 3] = ["GetObject", "HeadObject", "UploadPart"];
/// What makes an object of what it says.
const UPLOADED: [&str; 3] = ["CreateMultipartUpload", "PostObject", "PutObject"];
/// Of these, what says it in headers.
const PUTS: [&str; 2] = ["CreateMultipartUpload", "PutObject"];
const FORM: [&str; 1] = ["PostObject"];
/// What carries an object's bytes.
const BODIES: [&str; 2] = ["PutObject", "UploadPart"];
const CHECKED: [&str; 4] = ["CompleteMultipartUpload", "PostObject", "PutObject", "UploadPart"];
const ONCE: [&str; 2] = ["CompleteMultipartUpload", "PutObject"];
const COMPLETE: [&str; 1] = ["CompleteMultipartUpload"];
const LIST_PARTS: [&str; 1] = ["ListParts"];
const UPLOADS: [&str; 4] = ["AbortMultipartUpload", "CompleteMultipartUpload", "ListParts", "UploadPart"];
const VERSIONED: [&str; 4] = ["DeleteObject", "GetObject", "HeadObject", "RestoreObject"];
const RESTORE: [&str; 1] = ["RestoreObject"];
const DELETE: [&str; 1] = ["DeleteObject"];
const LIST: [&str; 1] = ["ListObjectsV2"];

/// Each member, which operations take it, a right value, and wrong ones.
fn members() -> Vec<(&'static str, &'static [&'static str], Value, Vec<Value>)> {
    let long = "x".repeat(4097);
    let texts = |more: &[Value]| {
        [&[json!(1), json!(null), json!(["a"]), json!("a\nb"), json!("a\u{7f}b"), json!("a\u{85}b")], more].concat()
    };
    let long_text = json!(long);
    vec![
        ("stable", &READS, json!(false), vec![json!("true"), json!(1), json!(null)]),
        (
            "part_number",
            &PARTS,
            json!(1),
            vec![json!(0), json!(10_001), json!("1"), json!(1.5), json!(-1), json!(null)],
        ),
        ("response", &READS, json!({}), vec![json!("inline"), json!([]), json!(null)]),
        ("download_as", &READS, json!("a.txt"), texts(&[json!(""), json!("a/b"), long_text.clone()])),
        (
            "checksum_mode",
            &READS,
            json!("ENABLED"),
            vec![json!("enabled"), json!("DISABLED"), json!(true), json!(null)],
        ),
        (
            "content_type",
            &UPLOADED,
            json!("image/png"),
            texts(&[json!(""), json!("image/png\n"), json!("image/\u{85}png"), json!(" image/png")]),
        ),
        (
            "content_length",
            &BODIES,
            json!(0),
            vec![json!(-1), json!(5_368_709_121_u64), json!("1"), json!(1.5), json!(true), json!(null)],
        ),
        (
            "content_md5",
            &BODIES,
            json!("1B2M2Y8AsgTpgAmY7PhCfg=="),
            vec![
                json!("1B2M2Y8AsgTpgAmY7PhCfg"),
                json!("AAAAAA=="),
                json!("1B2M2Y8AsgTpgAmY7PhCf_=="),
                json!(""),
                json!(1),
            ],
        ),
        (
            "checksum",
            &CHECKED,
            json!({"algorithm": "CRC32", "value": "AAAAAA=="}),
            vec![json!("AAAAAA=="), json!([]), json!(null)],
        ),
        ("content_disposition", &PUTS, json!("inline"), texts(std::slice::from_ref(&long_text))),
        ("content_encoding", &PUTS, json!("gzip"), texts(std::slice::from_ref(&long_text))),
        ("content_language", &PUTS, json!("en"), texts(std::slice::from_ref(&long_text))),
        ("cache_control", &PUTS, json!("no-store"), texts(std::slice::from_ref(&long_text))),
        ("metadata", &UPLOADED, json!({}), vec![json!("a"), json!([]), json!(null)]),
        ("tags", &UPLOADED, json!({}), vec![json!("a=b"), json!([]), json!(null)]),
        ("storage_class", &UPLOADED, json!("STANDARD"), texts(&[json!("standard"), json!("")])),
        ("if_none_match", &ONCE, json!("*"), vec![json!("\"etag\""), json!(true), json!(""), json!(null)]),
        ("content_type_prefix", &FORM, json!("image/"), texts(&[json!(""), json!(" image/"), long_text.clone()])),
        (
            "content_length_range",
            &FORM,
            json!([0, 10]),
            vec![
                json!([]),
                json!([1]),
                json!([2, 1]),
                json!([-1, 1]),
                json!([0, 5_368_709_121_u64]),
                json!(["0", "1"]),
                json!([0, 1.5]),
                json!([0, 1, 2]),
                json!(10),
                json!(null),
            ],
        ),
        (
            "success_action_status",
            &FORM,
            json!(201),
            vec![json!(202), json!("201"), json!(201.5), json!(0), json!(true), json!(null)],
        ),
        ("delimiter", &LIST, json!("/"), texts(std::slice::from_ref(&long_text))),
        ("max_keys", &LIST, json!(1), vec![json!(0), json!(1001), json!("10"), json!(1.5), json!(null)]),
        ("continuation_token", &LIST, json!("abc"), texts(std::slice::from_ref(&long_text))),
        (
            "upload_id",
            &UPLOADS,
            json!("VXBsb2Fk.a_b-c~ \"+/="),
            vec![json!(""), json!(1), json!(null), json!("é"), json!("a\nb"), json!("x".repeat(1025))],
        ),
        (
            "object_size",
            &COMPLETE,
            json!(53_687_091_200_000_u64),
            vec![json!(-1), json!(53_687_091_200_001_u64), json!("1"), json!(1.5), json!(null)],
        ),
        ("max_parts", &LIST_PARTS, json!(1000), vec![json!(0), json!(1001), json!("1"), json!(null)]),
        ("part_number_marker", &LIST_PARTS, json!(0), vec![json!(-1), json!(10_001), json!("1"), json!(null)]),
        ("start_after", &LIST, json!("a"), texts(std::slice::from_ref(&long_text))),
        (
            "version_id",
            &VERSIONED,
            json!("3HL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY"),
            texts(&[json!(""), json!("é"), json!("x".repeat(1025)), long_text.clone()]),
        ),
        (
            "days",
            &RESTORE,
            json!(2_147_483_647),
            vec![json!(0), json!(-1), json!(2_147_483_648_u64), json!("7"), json!(1.5), json!(null)],
        ),
        ("tier", &RESTORE, json!("Expedited"), texts(&[json!(""), json!("bulk"), json!("Glacier"), long_text.clone()])),
        ("bypass_governance_retention", &DELETE, json!(true), vec![json!("true"), json!(1), json!(null)]),
        (
            "expires_in",
            &OPERATIONS,
            json!(900),
            vec![json!(0), json!(-1), json!(1.5), json!("900"), json!("15m"), json!(true), json!(null)],
        ),
        ("bucket", &OPERATIONS, json!("media"), vec![json!(1), json!(null), json!({}), json!(["media"])]),
    ]
}

#[test]
fn a_member_has_its_operations_and_its_form() {
    let grant = r#"
        [[grants]]
        name = "all"
        bucket = "media"
        prefix = ""
        actions = ["read", "read_version", "write", "delete", "delete_version", "list", "restore", "bypass_governance"]
        require = { mfa = "never" }
        upload = { post_type_prefix = true }
    "#;
    let service = setting(&[ISSUER, MEDIA, grant]).serve();
    let refuse = |case: &str, request: &Value, pointer: &str| {
        let reply = service.post(&token(), "/v1/presign", request);
        let expected = (400, "invalid_request".to_owned(), vec![pointer.to_owned()]);
        assert_eq!((reply.status, reply.code(), pointers(&reply.json())), expected, "{case}: {}", reply.text());
    };
    for (member, operations, right, wrong) in members() {
        let pointer = format!("#/{member}");
        for operation in OPERATIONS {
            let request = |value: &Value| with(ask(operation, "media", "a/b"), &json!({member: value}));
            if !operations.contains(&operation) {
                // The checksum of an upload is the algorithm alone.
                let at_value = (member, operation) == ("checksum", "CreateMultipartUpload");
                let pointer = if at_value { "#/checksum/value" } else { pointer.as_str() };
                refuse(&format!("{member} of {operation}"), &request(&right), pointer);
                continue;
            }
            let reply = service.post(&token(), "/v1/presign", &request(&right));
            assert_eq!(reply.status, 200, "{operation}, {member} {right}: {}", reply.text());
            for value in &wrong {
                refuse(&format!("{operation}, {member} {value}"), &request(value), &pointer);
            }
        }
    }
}

#[test]
fn what_stands_within_a_member_is_held_to_its_form() {
    let service = setting(&[ISSUER, MEDIA, ALL_OF_MEDIA]).serve();
    let checksum = |algorithm: Value, value: Value| json!({"checksum": {"algorithm": algorithm, "value": value}});
    let eleven: Value = (0..11).map(|number| (number.to_string(), json!(""))).collect();
    let large: Value = (0..3).map(|number| (format!("name-{number}"), json!("x".repeat(680)))).collect();
    let mut many: Value = (0..1000).map(|number| (format!("n{number}"), json!(""))).collect();
    many["N0"] = json!("");
    let sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let cases = [
        ("PutObject", "no value", json!({"checksum": {"algorithm": "SHA256"}}), "#/checksum"),
        ("PutObject", "no algorithm", json!({"checksum": {"value": sha256}}), "#/checksum"),
        (
            "PutObject",
            "an unknown algorithm",
            checksum(json!("MD5"), json!("1B2M2Y8AsgTpgAmY7PhCfg==")),
            "#/checksum/algorithm",
        ),
        (
            "PutObject",
            "an algorithm in other letters",
            checksum(json!("sha256"), json!(sha256)),
            "#/checksum/algorithm",
        ),
        ("PutObject", "an algorithm that is no text", checksum(json!(256), json!(sha256)), "#/checksum/algorithm"),
        ("PutObject", "another algorithm's length", checksum(json!("SHA1"), json!(sha256)), "#/checksum/value"),
        ("PutObject", "no padding", checksum(json!("SHA256"), json!(sha256.trim_end_matches('='))), "#/checksum/value"),
        ("PutObject", "a value that is no text", checksum(json!("CRC32"), json!(0)), "#/checksum/value"),
        ("PutObject", "bits left over", checksum(json!("CRC32"), json!("AAAAAB==")), "#/checksum/value"),
        (
            "PutObject",
            "one more",
            json!({"checksum": {"algorithm": "SHA256", "value": sha256, "type": "FULL_OBJECT"}}),
            "#/checksum/type",
        ),
        ("PutObject", "metadata that is no text", json!({"metadata": {"a": 1}}), "#/metadata/a"),
        ("PutObject", "metadata beyond ASCII", json!({"metadata": {"a": "é"}}), "#/metadata/a"),
        ("PutObject", "a blank before", json!({"metadata": {"a": " b"}}), "#/metadata/a"),
        ("PutObject", "a blank behind", json!({"metadata": {"a": "b "}}), "#/metadata/a"),
        ("PutObject", "a line break", json!({"metadata": {"a": "b\r\nx-amz-acl: public-read"}}), "#/metadata/a"),
        ("PutObject", "an underscore in a name", json!({"metadata": {"a_b": "c"}}), "#/metadata/a_b"),
        ("PutObject", "a blank in a name", json!({"metadata": {"a b": "c"}}), "#/metadata/a%20b"),
        ("PutObject", "a colon in a name", json!({"metadata": {"a:b": "c"}}), "#/metadata/a:b"),
        ("PutObject", "an empty name", json!({"metadata": {"": "c"}}), "#/metadata/"),
        (
            "PutObject",
            "a name of 65",
            json!({"metadata": {"x".repeat(65): "c"}}),
            &format!("#/metadata/{}", "x".repeat(65)),
        ),
        ("PutObject", "names that are equal in lower case", json!({"metadata": {"a": "1", "A": "2"}}), "#/metadata/A"),
        ("PutObject", "more than 2,048 bytes", json!({"metadata": large}), "#/metadata"),
        ("PutObject", "more than 2,048 bytes before names are compared", json!({"metadata": many}), "#/metadata"),
        ("PutObject", "eleven tags", json!({"tags": eleven}), "#/tags"),
        ("PutObject", "a tag that is no text", json!({"tags": {"case": 1}}), "#/tags/case"),
        ("PutObject", "a control character in a tag", json!({"tags": {"case": "a\nb"}}), "#/tags/case"),
        ("GetObject", "an unknown response member", json!({"response": {"etag": "x"}}), "#/response/etag"),
        (
            "GetObject",
            "a response member that is no text",
            json!({"response": {"content_type": 1}}),
            "#/response/content_type",
        ),
        (
            "GetObject",
            "a line break",
            json!({"response": {"content_disposition": "inline\r\nx: y"}}),
            "#/response/content_disposition",
        ),
        ("GetObject", "no time", json!({"response": {"expires": "tomorrow"}}), "#/response/expires"),
        (
            "GetObject",
            "a time without a zone",
            json!({"response": {"expires": "2026-11-24T12:00:00"}}),
            "#/response/expires",
        ),
        (
            "GetObject",
            "a time that is beyond the year 9999 in UTC",
            json!({"response": {"expires": "9999-12-31T23:59:59-01:00"}}),
            "#/response/expires",
        ),
        (
            "GetObject",
            "a time that is before the year 0 in UTC",
            json!({"response": {"expires": "0000-01-01T00:00:00+01:00"}}),
            "#/response/expires",
        ),
    ];
    for (operation, case, more, pointer) in cases {
        let reply = service.post(&token(), "/v1/presign", &with(ask(operation, "media", "a"), &more));
        let expected = (400, "invalid_request".to_owned(), vec![pointer.to_owned()]);
        assert_eq!((reply.status, reply.code(), pointers(&reply.json())), expected, "{case}: {}", reply.text());
    }
}

#[test]
fn what_no_operation_has_is_refused_and_nothing_is_ignored() {
    let service = setting(&[ISSUER, MEDIA, ALL_OF_MEDIA]).serve();
    let strangers = [
        ("GetObject", "Key", json!("a")),
        ("GetObject", "range", json!("bytes=0-1")),
        ("GetObject", "if_match", json!("x")),
        ("PutObject", "acl", json!("public-read")),
        ("PutObject", "copy_source", json!("b/c")),
        ("PutObject", "headers", json!({"x-amz-acl": "public-read"})),
        ("PutObject", "upload_id", json!("x")),
        ("PutObject", "part_number", json!(1)),
        ("CreateMultipartUpload", "content_length", json!(1)),
        ("CompleteMultipartUpload", "parts", json!([])),
        ("AbortMultipartUpload", "if_match", json!("x")),
        ("PostObject", "content_length", json!(1)),
        ("PostObject", "acl", json!("public-read")),
        ("PostObject", "if_none_match", json!("*")),
        ("PutObject", "key_prefix", json!("a/")),
        ("ListObjectsV2", "version_id", json!("1")),
        ("ListObjectsV2", "", json!("1")),
    ];
    for (operation, member, value) in &strangers {
        let request = with(ask(operation, "media", "a"), &json!({*member: value}));
        let reply = service.post(&token(), "/v1/presign", &request);
        let expected = (400, "invalid_request".to_owned(), vec![format!("#/{member}")]);
        assert_eq!((reply.status, reply.code(), pointers(&reply.json())), expected, "{operation}, {member}");
    }
    for operation in [json!("CopyObject"), json!("getobject"), json!(""), json!(1), json!(null)] {
        let reply =
            service.post(&token(), "/v1/presign", &json!({"operation": operation, "bucket": "media", "key": "a"}));
        let found = (reply.status, reply.code(), pointers(&reply.json()));
        assert_eq!(found, (400, "invalid_request".to_owned(), vec!["#/operation".to_owned()]), "{operation}");
    }
    for (case, body) in [("a list", json!([])), ("text", json!("a")), ("null", json!(null)), ("a number", json!(1))] {
        let reply = service.post(&token(), "/v1/presign", &body);
        let found = (reply.status, reply.code(), pointers(&reply.json()));
        assert_eq!(found, (400, "invalid_request".to_owned(), vec!["#".to_owned()]), "{case}");
    }
    for (operation, member) in [
        ("GetObject", "key"),
        ("PutObject", "key"),
        ("GetObject", "bucket"),
        ("ListObjectsV2", "prefix"),
        ("PutObject", "operation"),
        ("AbortMultipartUpload", "upload_id"),
        ("CompleteMultipartUpload", "upload_id"),
        ("CreateMultipartUpload", "key"),
        ("ListParts", "upload_id"),
        ("UploadPart", "part_number"),
        ("UploadPart", "upload_id"),
    ] {
        let mut request = ask(operation, "media", "a");
        request.as_object_mut().unwrap().remove(member);
        let reply = service.post(&token(), "/v1/presign", &request);
        let found = (reply.status, reply.code(), pointers(&reply.json()));
        assert_eq!(
            found,
            (400, "invalid_request".to_owned(), vec![format!("#/{member}")]),
            "{operation} without {member}"
        );
    }
}
