//! What uploads ask for of encryption, and what readers must bring.

use super::refused;
use crate::cli::dev::store::testing::Ask;
use crate::cli::dev::store::testing::Bench;

#[tokio::test]
async fn the_encryption_that_was_asked_for_is_told() {
    let cases: [&[(&str, &str)]; 4] = [
        &[("x-amz-server-side-encryption", "AES256")],
        &[("x-amz-server-side-encryption", "aws:kms")],
        &[
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-aws-kms-key-id", "alias/uploads"),
            ("x-amz-server-side-encryption-bucket-key-enabled", "true"),
        ],
        &[
            ("x-amz-server-side-encryption", "aws:kms:dsse"),
            ("x-amz-server-side-encryption-aws-kms-key-id", "arn:aws:kms:eu-west-1:123456789012:key/a"),
        ],
    ];
    let bench = Bench::new();
    for headers in cases {
        let asked = headers.iter().fold(bench.ask("PUT", "a"), |ask, (name, value)| ask.header(name, value));
        let put = asked.header("x-amz-meta-n", "1").send("hello").await;
        for answer in [put, bench.get("a").await, bench.ask("HEAD", "a").send("").await] {
            assert_eq!(answer.status, 200, "{headers:?} {answer:?}");
            for (name, value) in headers {
                assert_eq!(answer.header(name), Some(*value), "{headers:?}");
            }
        }
    }
    let context = ("x-amz-server-side-encryption-context", "eyJhIjoiYiJ9");
    let kms = bench.ask("PUT", "a").header("x-amz-server-side-encryption", "aws:kms");
    assert_eq!(kms.header(context.0, context.1).send("hello").await.status, 200);
    assert_eq!(bench.get("a").await.header(context.0), None);
}

#[tokio::test]
async fn an_encryption_that_s3_does_not_know_is_refused() {
    let kms = ("x-amz-server-side-encryption", "aws:kms");
    let cases: [&[(&str, &str)]; 5] = [
        &[("x-amz-server-side-encryption", "DES")],
        &[("x-amz-server-side-encryption", "AES256"), ("x-amz-server-side-encryption-aws-kms-key-id", "a")],
        &[("x-amz-server-side-encryption-context", "e30=")],
        &[kms, ("x-amz-server-side-encryption-context", "e30")],
        &[
            ("x-amz-server-side-encryption", "aws:kms:dsse"),
            ("x-amz-server-side-encryption-bucket-key-enabled", "true"),
        ],
    ];
    let bench = Bench::new();
    for headers in cases {
        for (method, query) in [("PUT", "x-id"), ("POST", "uploads")] {
            let asked = headers.iter().fold(bench.ask(method, "a"), |ask, (name, value)| ask.header(name, value));
            let answer = asked.query(query, "").send("").await;
            assert_eq!(answer.outcome(), refused(400, "InvalidArgument"), "{method} {headers:?}");
        }
    }
    bench.put("a", "hello").await;
    let asked = bench.ask("GET", "a").header("x-amz-server-side-encryption", "AES256").send("").await;
    assert_eq!(asked.outcome(), refused(400, "InvalidArgument"));
}

const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const MD5: &str = "hRasmdxgYDKV3nvbahU1MA==";
const OTHER: (&str, &str) = ("ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=", "dT1y7SEiqn6YCJ3QeqwoIw==");

fn with_key(ask: Ask, (key, md5): (&str, &str)) -> Ask {
    ask.header("x-amz-server-side-encryption-customer-algorithm", "AES256")
        .header("x-amz-server-side-encryption-customer-key", key)
        .header("x-amz-server-side-encryption-customer-key-md5", md5)
}

#[tokio::test]
async fn who_has_not_the_customers_key_reads_nothing() {
    let bench = Bench::new();
    let put = with_key(bench.ask("PUT", "a"), (KEY, MD5)).send("hello").await;
    assert_eq!(put.header("x-amz-server-side-encryption-customer-key-md5"), Some(MD5));
    bench.put("plain", "hello").await;
    let bench = bench.restarted();
    for (method, body) in [("GET", "hello"), ("HEAD", "")] {
        let right = with_key(bench.ask(method, "a"), (KEY, MD5)).send("").await;
        assert_eq!((right.status, right.body.as_str()), (200, body), "{method}");
        assert_eq!(right.header("x-amz-server-side-encryption-customer-algorithm"), Some("AES256"), "{method}");
        assert_eq!(bench.ask(method, "a").send("").await.status, 400, "{method} without a key");
        assert_eq!(with_key(bench.ask(method, "a"), OTHER).send("").await.status, 403, "{method} with another key");
        assert_eq!(with_key(bench.ask(method, "plain"), OTHER).send("").await.status, 400, "{method} where none is");
    }
    assert_eq!(bench.get("a").await.outcome(), refused(400, "InvalidRequest"));
    assert_eq!(with_key(bench.ask("GET", "a"), OTHER).send("").await.outcome(), refused(403, "AccessDenied"));
    for path in super::walk(bench.folder.path()) {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        assert!(!text.contains(KEY) && !text.contains(MD5), "{}", path.display());
    }
}

#[tokio::test]
async fn each_part_brings_the_customers_key() {
    let bench = Bench::new();
    let begun = with_key(bench.ask("POST", "a"), (KEY, MD5)).query("uploads", "").send("").await;
    let id = begun.elements("UploadId").pop().unwrap();
    let part = || bench.ask("PUT", "a").query("partNumber", "1").query("uploadId", &id);
    assert_eq!(part().send("hello").await.outcome(), refused(400, "InvalidRequest"));
    assert_eq!(with_key(part(), OTHER).send("hello").await.outcome(), refused(403, "AccessDenied"));
    assert_eq!(with_key(part(), (KEY, MD5)).send("hello").await.status, 200);
    let body = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>\
                <ETag>5d41402abc4b2a76b9719d911017c592</ETag></Part></CompleteMultipartUpload>";
    assert_eq!(bench.ask("POST", "a").query("uploadId", &id).send(body).await.status, 200);
    assert_eq!(bench.get("a").await.outcome(), refused(400, "InvalidRequest"));
    assert_eq!(with_key(bench.ask("GET", "a"), (KEY, MD5)).send("").await.body, "hello");
}
