//! Mistakes in the method and the headers.

use serde_json::json;

use super::Asked;
use super::BODY;
use super::Mistake;
use super::Told;
use super::Told::As;
use super::Told::Lets;

/// What a store says that does not repeat what it saw: the headers that are signed, by name.
const TYPE: Told = As("signature_differs", "content-type");

fn typed() -> Asked {
    Asked::put(json!({"content_type": "text/plain"}))
}

fn owned() -> Asked {
    Asked::put(json!({"metadata": {"owner": "alice"}}))
}

pub fn rows() -> Vec<Mistake> {
    let unsigned = |name| As("header_not_signed", name);
    vec![
        Mistake {
            what: "a library adds a charset to the type",
            asked: typed(),
            made: |sent| sent.set("content-type", "text/plain; charset=utf-8"),
            told: [As("content_type_changed", "charset"), TYPE, TYPE],
        },
        Mistake {
            what: "curl --data sends its own type",
            asked: typed(),
            made: |sent| sent.set("content-type", "application/x-www-form-urlencoded"),
            told: [As("content_type_changed", "curl --data"), TYPE, TYPE],
        },
        Mistake {
            what: "the file is wrapped into a form",
            asked: typed(),
            made: |sent| sent.set("content-type", "multipart/form-data; boundary=x"),
            told: [As("content_type_changed", "form"), TYPE, TYPE],
        },
        Mistake {
            what: "the client adds a type that nobody signed",
            asked: Asked::put(json!({})),
            made: |sent| sent.set("content-type", "application/octet-stream"),
            told: [Lets; 3],
        },
        Mistake {
            what: "another type",
            asked: typed(),
            made: |sent| sent.set("content-type", "image/png"),
            told: [As("header_value_differs", "content-type: \"image/png\""), TYPE, TYPE],
        },
        Mistake {
            what: "the type is forgotten",
            asked: typed(),
            made: |sent| sent.lose("content-type"),
            told: [As("header_missing", "content-type"), TYPE, TYPE],
        },
        Mistake {
            what: "metadata is forgotten",
            asked: owned(),
            made: |sent| sent.lose("x-amz-meta-owner"),
            told: [
                As("header_missing", "x-amz-meta-owner"),
                As("signature_differs", "x-amz-meta-owner"),
                As("signature_differs", "x-amz-meta-owner"),
            ],
        },
        Mistake {
            what: "a header's value has another case",
            asked: owned(),
            made: |sent| sent.set("x-amz-meta-owner", "Alice"),
            told: [
                As("header_value_differs", "upper case"),
                As("signature_differs", "x-amz-meta-owner"),
                As("signature_differs", "x-amz-meta-owner"),
            ],
        },
        Mistake {
            what: "HEAD on a URL for GET",
            asked: Asked::get(),
            made: |sent| sent.method = "HEAD".to_owned(),
            told: [As("answer_unreadable", "HeadObject"); 3],
        },
        Mistake {
            what: "a download's URL is used to upload",
            asked: Asked::get(),
            made: |sent| {
                sent.method = "PUT".to_owned();
                sent.body = BODY.into();
            },
            told: [As("method_differs", " PUT"), As("signature_differs", "method"), As("signature_differs", "method")],
        },
        Mistake {
            what: "an upload's URL is opened in a browser",
            asked: typed(),
            made: |sent| {
                sent.method = "GET".to_owned();
                sent.headers.clear();
                sent.body.clear();
            },
            told: [As("method_differs", " GET"), As("signature_differs", "method"), As("signature_differs", "method")],
        },
        Mistake {
            what: "POST in place of PUT",
            asked: typed(),
            made: |sent| sent.method = "POST".to_owned(),
            told: [
                As("header_value_differs", " POST"),
                As("signature_differs", "method"),
                As("signature_differs", "method"),
            ],
        },
        Mistake {
            what: "PUT in place of POST, where an upload in parts begins",
            asked: Asked::of("CreateMultipartUpload", json!({})),
            made: |sent| sent.method = "PUT".to_owned(),
            told: [
                As("method_differs", "signed for POST"),
                As("signature_differs", "another method than POST"),
                As("signature_differs", "another method than POST"),
            ],
        },
        Mistake {
            what: "PATCH, which S3 does not know",
            asked: Asked::put(json!({})),
            made: |sent| sent.method = "PATCH".to_owned(),
            told: [As("method_differs", "method"); 3],
        },
        Mistake {
            what: "the caller's token is sent to the store too",
            asked: Asked::get(),
            made: |sent| sent.set("authorization", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln"),
            told: [
                Told::Documented(AUTHORIZED_TWICE, "authorized_twice", "Authorization"),
                As("authorized_twice", "Authorization"),
                As("authorized_twice", "Authorization"),
            ],
        },
        Mistake {
            what: "an SDK adds x-amz-acl",
            asked: Asked::put(json!({})),
            made: |sent| sent.set("x-amz-acl", "private"),
            told: [unsigned("x-amz-acl"), unsigned("x-amz-acl"), Lets],
        },
        Mistake {
            what: "a CDN adds a header of its own",
            asked: Asked::get(),
            made: |sent| sent.set("x-amz-cf-id", "OWMyMTkxZDI"),
            told: [unsigned("x-amz-cf-id"), unsigned("x-amz-cf-id"), Lets],
        },
        Mistake {
            what: "a proxy adds headers that S3 does not mind",
            asked: Asked::get(),
            made: |sent| {
                sent.set("via", "1.1 proxy");
                sent.set("x-forwarded-for", "192.0.2.1");
            },
            told: [Lets; 3],
        },
        Mistake {
            what: "an SDK adds a checksum",
            asked: Asked::put(json!({})),
            made: |sent| sent.set("x-amz-checksum-crc32", "AAAAAA=="),
            told: [unsigned("x-amz-checksum-crc32"), unsigned("x-amz-checksum-crc32"), Lets],
        },
        Mistake {
            what: "an SDK sends the body's hash",
            asked: Asked::put(json!({})),
            made: |sent| sent.set("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
            told: [unsigned("x-amz-content-sha256"), unsigned("x-amz-content-sha256"), Lets],
        },
        Mistake {
            what: "a proxy puts its own host in",
            asked: Asked::get(),
            made: |sent| sent.set("host", "uploads.example.com"),
            told: [
                As("host_differs", "uploads.example.com"),
                As("signature_differs", "another host"),
                As("signature_differs", "another host"),
            ],
        },
        Mistake {
            what: "a proxy drops the port",
            asked: Asked::get(),
            made: |sent| sent.set("host", "127.0.0.1"),
            told: [As("host_differs", "the port differs"), As("signature_differs", "another host"), Lets],
        },
    ]
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>
const AUTHORIZED_TWICE: &str = "<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed; only the \
    X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be \
    specified</Message><ArgumentName>Authorization</ArgumentName><ArgumentValue>Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln\
    </ArgumentValue></Error>";
