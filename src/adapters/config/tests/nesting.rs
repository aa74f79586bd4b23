//! What `check` says of a grant that others go past by the actions which only the wider one around it has.

use super::*;

/// `legal/` with these limits and PutObject alone, inside a grant of all of `write` with those.
fn nested(narrow: &str, wide: &str) -> String {
    let grant = |name: &str, prefix: &str, action: &str, limits: &str| {
        format!(
            "[[grants]]\nname = {name:?}\nbucket = \"media\"\nprefix = {prefix:?}\nactions = [{action:?}]\n\
             upload = {{ {limits} }}\n"
        )
    };
    [
        grant("wide", "", "write", wide),
        grant("narrow", "legal/", "PutObject", narrow),
        ISSUER.to_owned(),
        BUCKET.to_owned(),
    ]
    .concat()
}

#[test]
fn every_limit_on_uploads_is_one_that_another_operation_may_go_past() {
    let limits = [
        r#"max_size = "1KB""#,
        r#"content_types = ["image/png"]"#,
        "require_checksum = true",
        "write_once = true",
        r#"storage_classes = ["GLACIER"]"#,
        r#"server_side_encryption = { algorithm = "aws:kms", kms_key_id = "alias/k" }"#,
        r#"object_lock = { mode = "COMPLIANCE", min_retention = "30d" }"#,
        r#"object_lock = { legal_hold = "required" }"#,
        r#"client_side_encryption = "required""#,
        "metadata = false",
        r#"set_metadata = { owner = "{sub}" }"#,
        r#"set_tags = { owner = "{sub}" }"#,
    ];
    for limit in limits {
        let told = told(&nested(limit, ""), &[]);
        assert_eq!(told.len(), 1, "{limit}: {told:?}");
        assert!(told[0].contains("the wider grant wide has other actions"), "{limit}: {told:?}");
        assert_eq!(super::told(&nested(limit, limit), &[]), [""; 0], "{limit} in both");
    }
}

#[test]
fn what_only_the_wider_grant_lets_callers_do_is_gone_past_too() {
    let allowances = [
        r#"storage_classes = ["STANDARD", "GLACIER"]"#,
        r#"kms_key_ids = ["alias/k"]"#,
        "sse_c = true",
        r#"object_lock = { mode = "GOVERNANCE" }"#,
        r#"tags = ["case"]"#,
        "post_key_prefix = true",
        "post_type_prefix = true",
        r#"post_redirects = ["https://app.example/"]"#,
    ];
    for allowance in allowances {
        let told = told(&nested("", allowance), &[]);
        assert_eq!(told.len(), 1, "{allowance}: {told:?}");
        assert_eq!(super::told(&nested(allowance, allowance), &[]), [""; 0], "{allowance} in both");
    }
}
