//! Client-side encryption, where a grant requires it: the whole metadata of the S3 Encryption Client, v3 or v2.

use serde_json::Value;
use serde_json::json;

use crate::limits::Row;
use crate::limits::run;
use crate::limits::served;
use crate::support::setting::with;

fn v2() -> Value {
    json!({
        "x-amz-key-v2": "AQIDAHhX", "x-amz-iv": "SkpKSkpKSkpKSkpK", "x-amz-matdesc": "{\"aws:x-amz-cek-alg\":\"AES/GCM/NoPadding\"}",
        "x-amz-cek-alg": "AES/GCM/NoPadding", "x-amz-wrap-alg": "kms+context", "x-amz-tag-len": "128",
    })
}

fn v3() -> Value {
    json!({
        "x-amz-c": "115", "x-amz-3": "AQIDAHhX", "x-amz-w": "12", "x-amz-d": "Y29tbWl0", "x-amz-i": "bWVzc2FnZQ==",
        "x-amz-t": "{\"aws:x-amz-cek-alg\":\"115\"}",
    })
}

fn without(mut metadata: Value, name: &str) -> Value {
    metadata.as_object_mut().unwrap().remove(name).expect("it is there");
    metadata
}

fn said(metadata: Value) -> Value {
    json!({ "metadata": metadata })
}

#[test]
fn client_side_encryption_is_told_by_its_whole_metadata() {
    let service = served(
        "upload",
        "write",
        &[
            ("required", r#"client_side_encryption = "required""#),
            ("and-ours", r#"client_side_encryption = "required", set_metadata = { owner = "{sub}" }"#),
            ("usual", ""),
        ],
    );
    let wrap = "x-amz-meta-x-amz-wrap-alg";
    let cipher = "x-amz-meta-x-amz-c";
    let v1 = json!({"x-amz-key": "AQ==", "x-amz-iv": "SkpKSkpKSkpKSkpK", "x-amz-matdesc": "{}"});
    let rows: &[Row] = &[
        ("usual", "nothing", json!({}), Ok((cipher, ""))),
        ("usual", "half of it is anybody's", said(json!({"x-amz-key-v2": "AQ=="})), Ok((cipher, ""))),
        ("required", "nothing", json!({}), Err(&["#/metadata"])),
        ("required", "other metadata", said(json!({"a": "b"})), Err(&["#/metadata"])),
        ("required", "v2", said(v2()), Ok((wrap, "kms+context"))),
        ("required", "v2 and one's own", said(with(v2(), &json!({"a": "b"}))), Ok(("x-amz-meta-a", "b"))),
        (
            "required",
            "v2 in capitals, with the length of the plain text",
            said(with(
                without(v2(), "x-amz-iv"),
                &json!({"X-Amz-Iv": "SkpK", "x-amz-unencrypted-content-length": "5"}),
            )),
            Ok(("x-amz-meta-x-amz-iv", "SkpK")),
        ),
        (
            "required",
            "v2, wrapped by AES",
            said(with(v2(), &json!({"x-amz-wrap-alg": "AES/GCM"}))),
            Ok((wrap, "AES/GCM")),
        ),
        ("required", "v2 without its key", said(without(v2(), "x-amz-key-v2")), Err(&["#/metadata/x-amz-key-v2"])),
        ("required", "v2 without its nonce", said(without(v2(), "x-amz-iv")), Err(&["#/metadata/x-amz-iv"])),
        (
            "required",
            "v2 without its context",
            said(without(v2(), "x-amz-matdesc")),
            Err(&["#/metadata/x-amz-matdesc"]),
        ),
        ("required", "v2 without its tag", said(without(v2(), "x-amz-tag-len")), Err(&["#/metadata/x-amz-tag-len"])),
        ("required", "v2 without its cipher", said(without(v2(), "x-amz-cek-alg")), Err(&["#/metadata/x-amz-cek-alg"])),
        ("required", "an empty key", said(with(v2(), &json!({"x-amz-key-v2": ""}))), Err(&["#/metadata/x-amz-key-v2"])),
        (
            "required",
            "CBC",
            said(with(without(v2(), "x-amz-tag-len"), &json!({"x-amz-cek-alg": "AES/CBC/PKCS5Padding"}))),
            Err(&["#/metadata/x-amz-cek-alg", "#/metadata/x-amz-tag-len"]),
        ),
        (
            "required",
            "v1's wrapping",
            said(with(v2(), &json!({"x-amz-wrap-alg": "kms"}))),
            Err(&["#/metadata/x-amz-wrap-alg"]),
        ),
        ("required", "v1", said(v1.clone()), Err(&["#/metadata/x-amz-key"])),
        ("required", "v1 beside v2", said(with(v2(), &v1)), Err(&["#/metadata/x-amz-key"])),
        ("required", "v3", said(v3()), Ok((cipher, "115"))),
        (
            "required",
            "v3, wrapped by AES, without a description",
            said(with(without(v3(), "x-amz-t"), &json!({"x-amz-w": "02"}))),
            Ok(("x-amz-meta-x-amz-w", "02")),
        ),
        ("required", "v3 by KMS without its context", said(without(v3(), "x-amz-t")), Err(&["#/metadata/x-amz-t"])),
        ("required", "v3 without its commitment", said(without(v3(), "x-amz-d")), Err(&["#/metadata/x-amz-d"])),
        ("required", "v3 without its message id", said(without(v3(), "x-amz-i")), Err(&["#/metadata/x-amz-i"])),
        ("required", "v3 without its key", said(without(v3(), "x-amz-3")), Err(&["#/metadata/x-amz-3"])),
        (
            "required",
            "v3 by another cipher",
            said(with(v3(), &json!({"x-amz-c": "114"}))),
            Err(&["#/metadata/x-amz-c"]),
        ),
        (
            "required",
            "v3 by another wrapping",
            said(with(v3(), &json!({"x-amz-w": "11"}))),
            Err(&["#/metadata/x-amz-w"]),
        ),
        ("required", "both formats", said(with(v3(), &json!({"x-amz-iv": "SkpK"}))), Err(&["#/metadata/x-amz-iv"])),
        ("and-ours", "v3", said(v3()), Ok(("x-amz-meta-owner", "42"))),
        ("and-ours", "what the grant adds is none of it", json!({}), Err(&["#/metadata"])),
    ];
    run(&service, "PutObject", rows);
    run(&service, "CreateMultipartUpload", rows);
    run(&service, "PostObject", rows);
    for operation in ["UploadPart", "CompleteMultipartUpload"] {
        run(&service, operation, &[("required", "none: the beginning is bound", json!({}), Ok((cipher, "")))]);
    }
}
