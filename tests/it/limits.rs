//! What a grant asks of uploads and downloads, cell by cell: missing, wrong, right.

mod client_side_encryption;
mod encryption;
mod object_lock;

use serde_json::Value;
use serde_json::json;

use crate::post;
use crate::support::service::Service;
use crate::support::setting::Expected;
use crate::support::setting::ISSUER;
use crate::support::setting::ask;
use crate::support::setting::expect_reply;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::with;
use crate::support::setting::works_only_as_told;

/// A limit, what is asked, and the header, field or parameter that comes of it, or the pointers of what is unmet.
pub type Row = (&'static str, &'static str, Value, Result<(&'static str, &'static str), &'static [&'static str]>);

/// A bucket and a grant for each limit, all called as the limit is.
pub fn served(kind: &str, action: &str, limits: &[(&str, &str)]) -> Service {
    let of = |(name, limit): &(&str, &str)| {
        format!(
            "[buckets.{name}]\nbucket = \"acme-{name}\"\nregion = \"eu-west-1\"\n[[grants]]\nname = \"{name}\"\n\
             bucket = \"{name}\"\nprefix = \"\"\nactions = [\"{action}\"]\n{kind} = {{ {limit} }}\n"
        )
    };
    let parts: String = limits.iter().map(of).collect();
    setting(&[ISSUER, &parts]).serve()
}

pub fn run(service: &Service, operation: &str, rows: &[Row]) {
    for (name, case, more, expected) in rows {
        let case = format!("{operation}, {name}: {case}");
        let request = with(ask(operation, name, "a"), more);
        let outcome: Expected = match expected {
            Ok(_) => Ok(name),
            Err(pointers) => Err((403, "grant_not_satisfied", pointers)),
        };
        let answer = expect_reply(&case, &service.post(&token(), "/v1/presign", &request), outcome);
        let Ok((sent, value)) = expected else { continue };
        if operation == "PostObject" {
            post::works_as_told(&case, &answer, more);
            let field = answer["fields"][sent].as_str().unwrap_or_default();
            assert_eq!(field, *value, "{case}: {sent} in {answer:#}");
            continue;
        }
        let used = works_only_as_told(&case, &answer, &request);
        let header = used.headers.iter().find(|(known, _)| known == sent).map(|(_, value)| value.clone());
        let found = header.or_else(|| used.parameter(sent)).unwrap_or_default();
        assert_eq!(found, *value, "{case}: {sent} in {answer:#}");
    }
}

const SHA256: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
const NOTHING: (&str, &str) = ("x-amz-storage-class", "");

#[test]
fn an_upload_meets_a_limit_only_by_what_is_present_and_signed() {
    let service = served(
        "upload",
        "write",
        &[
            ("size", r#"max_size = "1KiB""#),
            ("types", r#"content_types = ["image/png", "text/*", "application/x; v=1"]"#),
            ("one-type", r#"content_types = ["image/png"]"#),
            ("one-pattern", r#"content_types = ["image/*"]"#),
            ("checksum", "require_checksum = true"),
            ("once", "write_once = true"),
            ("usual", ""),
            ("archive", r#"storage_classes = ["DEEP_ARCHIVE", "GLACIER"]"#),
            ("any-class", r#"storage_classes = ["STANDARD", "STANDARD_IA"]"#),
            ("tags", r#"tags = ["case", "team"]"#),
            ("no-metadata", "metadata = false"),
            ("own-metadata", r#"metadata = false, set_metadata = { by = "us" }"#),
            ("many-tags", r#"tags = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"], set_tags = { a = "b" }"#),
        ],
    );
    let typed = |kind: &str| json!({ "content_type": kind });
    let class = |class: &str| json!({ "storage_class": class });
    let ten: Value = (1..=10).map(|number: i32| (number.to_string(), json!("x"))).collect();
    let size: &[&str] = &["#/content_length"];
    let kind: &[&str] = &["#/content_type"];
    let stored: &[&str] = &["#/storage_class"];
    run(
        &service,
        "PutObject",
        &[
            ("size", "missing", json!({}), Err(size)),
            ("size", "a byte too much", json!({"content_length": 1025}), Err(size)),
            ("size", "at the bound", json!({"content_length": 1024}), Ok(("content-length", "1024"))),
            ("size", "nothing", json!({"content_length": 0}), Ok(("content-length", "0"))),
            ("types", "missing", json!({}), Err(kind)),
            ("types", "another", typed("image/jpeg"), Err(kind)),
            ("types", "several, of which browsers take the last", typed("image/png, text/html"), Err(kind)),
            ("types", "no type", typed("image"), Err(kind)),
            ("types", "half a parameter", typed("image/png; q"), Err(kind)),
            ("types", "one that begins alike", typed("image/pngx"), Err(kind)),
            ("types", "one of them", typed("image/png"), Ok(("content-type", "image/png"))),
            ("types", "in other letters, signed as it came", typed("Image/PNG"), Ok(("content-type", "Image/PNG"))),
            ("types", "with a parameter", typed("image/png;a=b"), Ok(("content-type", "image/png;a=b"))),
            (
                "types",
                "of the pattern",
                typed("text/html; charset=utf-8"),
                Ok(("content-type", "text/html; charset=utf-8")),
            ),
            (
                "types",
                "an entry with parameters, whole",
                typed("application/x; v=1"),
                Ok(("content-type", "application/x; v=1")),
            ),
            ("types", "an entry with parameters, without them", typed("application/x"), Err(kind)),
            ("types", "an entry with parameters, another", typed("application/x; v=2"), Err(kind)),
            ("one-type", "missing: signed in", json!({}), Ok(("content-type", "image/png"))),
            ("one-type", "another", typed("image/jpeg"), Err(kind)),
            ("one-type", "the one", typed("IMAGE/png"), Ok(("content-type", "IMAGE/png"))),
            ("one-pattern", "missing: nothing to sign in", json!({}), Err(kind)),
            ("one-pattern", "of it", typed("image/svg+xml"), Ok(("content-type", "image/svg+xml"))),
            ("checksum", "missing", json!({}), Err(&["#/checksum"])),
            (
                "checksum",
                "a checksum",
                json!({"checksum": {"algorithm": "SHA256", "value": SHA256}}),
                Ok(("x-amz-checksum-sha256", SHA256)),
            ),
            (
                "checksum",
                "an MD5",
                json!({"content_md5": "1B2M2Y8AsgTpgAmY7PhCfg=="}),
                Ok(("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")),
            ),
            ("once", "missing: signed in", json!({}), Ok(("if-none-match", "*"))),
            ("once", "said", json!({"if_none_match": "*"}), Ok(("if-none-match", "*"))),
            ("usual", "no class is STANDARD", json!({}), Ok(NOTHING)),
            ("usual", "STANDARD", class("STANDARD"), Ok(("x-amz-storage-class", "STANDARD"))),
            ("usual", "another class", class("STANDARD_IA"), Err(stored)),
            ("usual", "a tag", json!({"tags": {"case": "1"}}), Err(&["#/tags/case"])),
            ("usual", "no tags", json!({"tags": {}}), Ok(("x-amz-tagging", ""))),
            ("usual", "metadata", json!({"metadata": {"a": "b"}}), Ok(("x-amz-meta-a", "b"))),
            (
                "usual",
                "any type and size",
                json!({"content_type": "a/b", "content_length": 1 << 30}),
                Ok(("content-type", "a/b")),
            ),
            ("archive", "missing is STANDARD", json!({}), Err(stored)),
            ("archive", "STANDARD", class("STANDARD"), Err(stored)),
            ("archive", "one of them", class("DEEP_ARCHIVE"), Ok(("x-amz-storage-class", "DEEP_ARCHIVE"))),
            ("any-class", "missing", json!({}), Ok(NOTHING)),
            ("any-class", "one of them", class("STANDARD_IA"), Ok(("x-amz-storage-class", "STANDARD_IA"))),
            ("any-class", "another", class("GLACIER"), Err(stored)),
            ("tags", "none", json!({}), Ok(("x-amz-tagging", ""))),
            ("tags", "both", json!({"tags": {"team": "red", "case": "1"}}), Ok(("x-amz-tagging", "team=red&case=1"))),
            ("tags", "another", json!({"tags": {"case": "1", "Case": "1"}}), Err(&["#/tags/Case"])),
            ("no-metadata", "none", json!({"metadata": {}}), Ok(NOTHING)),
            ("no-metadata", "some", json!({"metadata": {"a": "b"}}), Err(&["#/metadata"])),
            ("own-metadata", "the grant's own", json!({}), Ok(("x-amz-meta-by", "us"))),
            ("own-metadata", "the same, said", json!({"metadata": {"by": "us"}}), Ok(("x-amz-meta-by", "us"))),
            ("own-metadata", "another", json!({"metadata": {"by": "them"}}), Err(&["#/metadata/by"])),
            ("own-metadata", "one more", json!({"metadata": {"a": "b"}}), Err(&["#/metadata"])),
            ("many-tags", "eleven with the grant's", json!({"tags": ten}), Err(&["#/tags"])),
        ],
    );
}

#[test]
fn a_reader_sets_what_the_grant_lets_him_set() {
    let service = served(
        "download",
        "read",
        &[
            ("usual", ""),
            ("nothing", "overrides = []"),
            ("types", r#"overrides = ["content_type", "cache_control"]"#),
            ("attachment", "force_attachment = true"),
            ("attachment-only", "force_attachment = true, overrides = []"),
            ("stable", "stable = true"),
        ],
    );
    let disposition = "response-content-disposition";
    let override_of = |member: &str, value: &str| json!({"response": {member: value}});
    let named = |name: &str| json!({ "download_as": name });
    let at_disposition: &[&str] = &["#/response/content_disposition"];
    let rows: &[Row] = &[
        ("usual", "nothing said", json!({}), Ok((disposition, ""))),
        ("usual", "a disposition", override_of("content_disposition", "inline"), Ok((disposition, "inline"))),
        ("usual", "a name", named("a.txt"), Ok((disposition, "attachment; filename=\"a.txt\""))),
        ("usual", "a type", override_of("content_type", "text/html"), Err(&["#/response/content_type"])),
        ("usual", "a language", override_of("content_language", "en"), Err(&["#/response/content_language"])),
        ("usual", "an encoding", override_of("content_encoding", "gzip"), Err(&["#/response/content_encoding"])),
        ("usual", "a cache's rule", override_of("cache_control", "no-store"), Err(&["#/response/cache_control"])),
        ("usual", "an end", override_of("expires", "2026-11-24T12:00:00Z"), Err(&["#/response/expires"])),
        ("usual", "stable", json!({"stable": true}), Err(&["#/stable"])),
        ("usual", "not stable", json!({"stable": false}), Ok((disposition, ""))),
        ("nothing", "a disposition", override_of("content_disposition", "inline"), Err(at_disposition)),
        ("nothing", "a name", named("a.txt"), Err(&["#/download_as"])),
        (
            "nothing",
            "two at once",
            json!({"stable": true, "response": {"content_type": "a/b", "cache_control": "no-store"}}),
            Err(&["#/response/cache_control", "#/response/content_type", "#/stable"]),
        ),
        ("types", "a type", override_of("content_type", "text/plain"), Ok(("response-content-type", "text/plain"))),
        (
            "types",
            "a cache's rule",
            override_of("cache_control", "no-store"),
            Ok(("response-cache-control", "no-store")),
        ),
        ("types", "a disposition", override_of("content_disposition", "inline"), Err(at_disposition)),
        ("types", "a name", named("a.txt"), Err(&["#/download_as"])),
        ("attachment", "nothing said: signed in", json!({}), Ok((disposition, "attachment"))),
        ("attachment", "inline", override_of("content_disposition", "inline"), Err(at_disposition)),
        (
            "attachment",
            "inline that looks like one",
            override_of("content_disposition", "inline; attachment"),
            Err(at_disposition),
        ),
        (
            "attachment",
            "an attachment with a name",
            override_of("content_disposition", "Attachment; filename=\"a.txt\""),
            Ok((disposition, "Attachment; filename=\"a.txt\"")),
        ),
        (
            "attachment",
            "a word that begins alike",
            override_of("content_disposition", "attachments"),
            Err(at_disposition),
        ),
        ("attachment", "a name", named("a.txt"), Ok((disposition, "attachment; filename=\"a.txt\""))),
        ("attachment-only", "nothing said: signed in", json!({}), Ok((disposition, "attachment"))),
        ("attachment-only", "a name", named("a.txt"), Err(&["#/download_as"])),
        ("stable", "nothing said", json!({}), Ok((disposition, ""))),
        ("stable", "stable", json!({"stable": true}), Ok((disposition, ""))),
    ];
    for operation in ["GetObject", "HeadObject"] {
        run(&service, operation, rows);
    }
}
