//! Mistakes in the body, and with what is in the store.

use serde_json::json;

use super::Asked;
use super::BODY;
use super::BODY_MD5;
use super::BODY_SHA256;
use super::Mistake;
use super::Told::As;
use super::Told::Documented;
use super::Told::Lets;

/// 32 bytes in base64.
const SSE_C_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

fn own_key() -> serde_json::Value {
    json!({"server_side_encryption": {"algorithm": "customer", "key": SSE_C_KEY}})
}

pub fn rows() -> Vec<Mistake> {
    let body = |answer| {
        [Documented(answer, "body_differs", "checksum"), As("body_differs", "checksum"), As("body_differs", "checksum")]
    };
    vec![
        Mistake {
            what: "the body is not the one whose MD5 was signed",
            asked: Asked::put(json!({"content_md5": BODY_MD5})),
            made: |sent| sent.body = "The quick brown cat.".into(),
            told: body(BAD_MD5),
        },
        Mistake {
            what: "the body is not the one whose checksum was signed",
            asked: Asked::put(json!({"checksum": {"algorithm": "SHA256", "value": BODY_SHA256}})),
            made: |sent| sent.body = "The quick brown cat.".into(),
            told: [Documented(BAD_CHECKSUM, "body_differs", "checksum"), As("body_differs", "checksum"), Lets],
        },
        Mistake {
            what: "the client compresses the body",
            asked: Asked::put(json!({"content_md5": BODY_MD5})),
            made: |sent| {
                sent.set("content-encoding", "gzip");
                sent.body = GZIPPED.into();
            },
            told: body(BAD_MD5),
        },
        Mistake {
            what: "the client says that it compresses",
            asked: Asked::put(json!({})),
            made: |sent| sent.set("content-encoding", "gzip"),
            told: [Lets; 3],
        },
        Mistake {
            what: "a longer body",
            asked: Asked::put(json!({"content_length": BODY.len()})),
            made: |sent| sent.body.push(b'!'),
            told: [
                As("header_value_differs", "content-length: \"21\""),
                As("signature_differs", "length"),
                As("signature_differs", "length"),
            ],
        },
        Mistake {
            what: "the body in chunks",
            asked: Asked::put(json!({})),
            made: |sent| {
                sent.set("transfer-encoding", "chunked");
                sent.body = format!("{:x}\r\n{BODY}\r\n0\r\n\r\n", BODY.len()).into();
            },
            told: [
                Documented(CHUNKED, "length_unknown", "chunked"),
                As("length_unknown", "chunked"),
                As("length_unknown", "chunked"),
            ],
        },
        Mistake {
            what: "the key is taken, and nothing is to be replaced",
            asked: Asked::put(json!({})).at("once"),
            made: |sent| _ = sent.send(),
            told: [
                Documented(TAKEN, "object_exists", "another key"),
                As("object_exists", "another key"),
                As("object_exists", "another key"),
            ],
        },
        Mistake {
            what: "the client leaves out If-None-Match",
            asked: Asked::put(json!({})).at("once"),
            made: |sent| sent.lose("if-none-match"),
            told: [
                As("header_missing", "if-none-match"),
                As("signature_differs", "if-none-match"),
                As("signature_differs", "if-none-match"),
            ],
        },
        Mistake {
            what: "no such object",
            asked: Asked { stored: None, ..Asked::get() },
            made: |_| (),
            told: [
                Documented(NO_KEY, "key_not_found", "leading slash"),
                As("key_not_found", "leading slash"),
                As("key_not_found", "leading slash"),
            ],
        },
        Mistake {
            what: "a part of no upload",
            asked: Asked::of(
                "UploadPart",
                json!({"upload_id": "2~nothing-is-under-way-by-this-id-00", "part_number": 1}),
            ),
            made: |_| (),
            told: [
                Documented(NO_UPLOAD, "upload_not_found", "anew"),
                As("upload_not_found", "anew"),
                As("upload_not_found", "anew"),
            ],
        },
        Mistake {
            what: "the end of an upload without its list of parts",
            asked: Asked::of("CompleteMultipartUpload", json!({"upload_id": "2~nothing-is-under-way-by-this-id-00"})),
            made: |_| (),
            told: [
                Documented(NO_XML, "body_malformed", "XML"),
                As("body_malformed", "XML"),
                As("body_malformed", "XML"),
            ],
        },
        Mistake {
            what: "a download is taken up behind its end",
            asked: Asked::get(),
            made: |sent| sent.set("range", "bytes=1000-"),
            told: [
                Documented(NO_RANGE, "range_refused", "whole"),
                As("range_refused", "whole"),
                As("range_refused", "whole"),
            ],
        },
        Mistake {
            what: "the key of SSE-C is forgotten",
            asked: Asked::put(own_key()).at("encrypted"),
            made: |sent| sent.headers.clear(),
            told: [
                As("header_missing", "customer-key"),
                As("signature_differs", "customer-key"),
                As("signature_differs", "customer-key"),
            ],
        },
        Mistake {
            what: "an object under SSE-C is read as any other",
            asked: Asked { stored: Some(own_key()), ..Asked::get().at("encrypted") },
            made: |_| (),
            told: [
                Documented(SSE_C, "encryption_key_missing", "customer"),
                As("encryption_key_missing", "customer"),
                As("encryption_key_missing", "customer"),
            ],
        },
    ]
}

const BAD_MD5: &str = "<Error><Code>BadDigest</Code><Message>The Content-MD5 you specified did not match what we \
    received.</Message></Error>";
const BAD_CHECKSUM: &str = "<Error><Code>BadDigest</Code><Message>The SHA256 you specified did not match the \
    calculated checksum.</Message></Error>";
const CHUNKED: &str = "<Error><Code>NotImplemented</Code><Message>A header you provided implies functionality that is \
    not implemented</Message><Header>Transfer-Encoding</Header></Error>";
const TAKEN: &str = "<Error><Code>PreconditionFailed</Code><Message>At least one of the pre-conditions you specified \
    did not hold</Message><Condition>If-None-Match</Condition></Error>";
const NO_KEY: &str = "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>\
    <Key>a b.txt</Key></Error>";
const NO_UPLOAD: &str = "<Error><Code>NoSuchUpload</Code><Message>The specified multipart upload does not exist. The \
    upload ID may be invalid, or the upload may have been aborted or completed.</Message></Error>";
const NO_XML: &str = "<Error><Code>MalformedXML</Code><Message>The XML you provided was not well-formed or did not \
    validate against our published schema</Message></Error>";
const NO_RANGE: &str = "<Error><Code>InvalidRange</Code><Message>The requested range is not satisfiable</Message>\
    <RangeRequested>bytes=1000-</RangeRequested><ActualObjectSize>20</ActualObjectSize></Error>";
const SSE_C: &str = "<Error><Code>InvalidRequest</Code><Message>The object was stored using a form of Server Side \
    Encryption. The correct parameters must be provided to retrieve the object.</Message></Error>";

/// The beginning of any file that gzip wrote.
const GZIPPED: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\x03";
