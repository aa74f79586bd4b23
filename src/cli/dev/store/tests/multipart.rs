//! Uploads in parts, from outside.

use super::refused;
use crate::cli::dev::store::testing::Answer;
use crate::cli::dev::store::testing::Ask;
use crate::cli::dev::store::testing::Bench;

/// An upload of `FIRST` and `SECOND` by its id. What they come to was computed by Python's hashlib and zlib.
struct Begun {
    id: String,
}

const FIRST_SHA256: &str = "oplo+tLngqqfIECjXwWtuX7Yl56x9XLIyOp4Y34nXzw=";
const FIRST_TAG: &str = "79b281060d337b9b2b84ccf390adcf74";
const SECOND: &str = "bye";
const SECOND_SHA256: &str = "tJ9CWn4fnP84VjKa2iI/L502jxWgDPSN8WypWYYTf+g=";
const SECOND_TAG: &str = "bfa99df33b137bc8fb5f5407d7e58da8";
const TAG: &str = "\"fa87a706e531cc89e81feb095fe0a16c-2\"";

/// S3's smallest part.
fn first() -> String {
    "a".repeat(5 * 1024 * 1024)
}

impl Begun {
    async fn with(bench: &Bench, headers: &[(&str, &str)]) -> Self {
        let ask = headers.iter().fold(bench.ask("POST", "a/b"), |ask, (name, value)| ask.header(name, value));
        let answer = ask.query("uploads", "").send("").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        Self { id: answer.elements("UploadId").pop().unwrap() }
    }

    fn part(&self, bench: &Bench, number: i32) -> Ask {
        bench.ask("PUT", "a/b").query("partNumber", &number.to_string()).query("uploadId", &self.id)
    }

    async fn both(&self, bench: &Bench) {
        assert_eq!(self.part(bench, 1).send(&first()).await.header("etag"), Some(&*format!("\"{FIRST_TAG}\"")));
        assert_eq!(self.part(bench, 2).send(SECOND).await.header("etag"), Some(&*format!("\"{SECOND_TAG}\"")));
    }

    fn complete(&self, bench: &Bench) -> Ask {
        bench.ask("POST", "a/b").query("uploadId", &self.id)
    }

    async fn list(&self, bench: &Bench) -> Answer {
        bench.ask_as_writer("GET", "a/b").query("uploadId", &self.id).send("").await
    }
}

fn document(parts: &[(i32, &str)]) -> String {
    let part =
        |(number, tag): &(i32, &str)| format!("<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>");
    let parts: String = parts.iter().map(part).collect();
    format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>")
}

fn both() -> String {
    document(&[(1, FIRST_TAG), (2, SECOND_TAG)])
}

#[tokio::test]
async fn an_upload_in_parts_survives_a_restart_and_becomes_one_object() {
    let bench = Bench::new();
    let fields = [("content-type", "text/plain"), ("x-amz-meta-owner", "42"), ("x-amz-storage-class", "STANDARD_IA")];
    let begun = Begun::with(&bench, &fields).await;
    begun.part(&bench, 1).send(&first()).await;
    assert!(bench.list().send("").await.elements("Key").is_empty());
    let bench = bench.restarted();
    assert_eq!(begun.list(&bench).await.elements("PartNumber"), ["1"]);
    begun.part(&bench, 2).send("replaced").await;
    begun.part(&bench, 2).send(SECOND).await;
    let listed = begun.list(&bench).await;
    assert_eq!(listed.elements("Size"), ["5242880", "3"]);
    assert_eq!(listed.elements("ETag"), [format!("\"{FIRST_TAG}\""), format!("\"{SECOND_TAG}\"")]);
    let done = begun.complete(&bench).send(&both()).await;
    assert_eq!((done.status, done.elements("ETag")), (200, vec![TAG.to_owned()]), "{done:?}");

    let bench = bench.restarted();
    let got = bench.get("a/b").await;
    assert!(got.body == first() + SECOND, "{} bytes", got.body.len());
    for (name, value) in fields.into_iter().chain([("etag", TAG)]) {
        assert_eq!(got.header(name), Some(value), "{name}");
    }
    assert_eq!(begun.list(&bench).await.outcome(), refused(404, "NoSuchUpload"));
    assert_eq!(bench.list().send("").await.elements("Key"), ["a/b"]);
    assert_eq!(bench.unfinished(), 0);
}

#[tokio::test]
async fn a_part_is_read_by_its_number() {
    let bench = Bench::new();
    let begun = Begun::with(&bench, &[]).await;
    begun.both(&bench).await;
    begun.complete(&bench).send(&both()).await;
    for method in ["GET", "HEAD"] {
        let part = bench.ask(method, "a/b").query("partNumber", "2").send("").await;
        assert_eq!(part.status, 206, "{method}");
        assert_eq!(part.header("x-amz-mp-parts-count"), Some("2"), "{method}");
        assert_eq!(part.header("content-range"), Some("bytes 5242880-5242882/5242883"), "{method}");
    }
    assert_eq!(bench.ask("GET", "a/b").query("partNumber", "2").send("").await.body, SECOND);
    let none = bench.ask("GET", "a/b").query("partNumber", "3").send("").await;
    assert_eq!(none.outcome(), refused(416, "InvalidPartNumber"));
    bench.put("whole", "hello").await;
    assert_eq!(bench.ask("GET", "whole").query("partNumber", "1").send("").await.body, "hello");
}

#[tokio::test]
async fn parts_that_are_not_as_s3_wants_them_make_no_object() {
    let bench = Bench::new();
    let begun = Begun::with(&bench, &[]).await;
    begun.both(&bench).await;
    begun.part(&bench, 3).send("after").await;
    let third = "\"3af6da0e05fc18ee7d6aefb2b4ab8c95\"";
    let cases = [
        (document(&[]), "MalformedXML"),
        (document(&[(2, SECOND_TAG), (1, FIRST_TAG)]), "InvalidPartOrder"),
        (document(&[(1, FIRST_TAG), (1, FIRST_TAG)]), "InvalidPartOrder"),
        (document(&[(1, SECOND_TAG)]), "InvalidPart"),
        (document(&[(1, FIRST_TAG), (4, SECOND_TAG)]), "InvalidPart"),
        (document(&[(1, FIRST_TAG), (2, SECOND_TAG), (3, third)]), "InvalidPart"),
        (document(&[(2, SECOND_TAG), (3, &tag_of(&begun.list(&bench).await, 2))]), "EntityTooSmall"),
        ("<CompleteMultipartUpload>".to_owned(), "MalformedXML"),
    ];
    for (body, code) in cases {
        let answer = begun.complete(&bench).send(&body).await;
        assert_eq!(answer.outcome(), refused(400, code), "{body}");
    }
    for number in [0, 10_001] {
        let answer = begun.part(&bench, number).send("a").await;
        assert_eq!(answer.outcome(), refused(400, "InvalidArgument"), "part {number}");
    }
    let other = bench.ask("PUT", "other").query("partNumber", "1").query("uploadId", &begun.id).send("a").await;
    assert_eq!(other.outcome(), refused(404, "NoSuchUpload"));
    assert_eq!(bench.get("a/b").await.outcome(), refused(404, "NoSuchKey"));
    assert_eq!(begun.complete(&bench).send(&both()).await.status, 200);
}

fn tag_of(listed: &Answer, at: usize) -> String {
    listed.elements("ETag")[at].clone()
}

#[tokio::test]
async fn the_size_that_a_signed_header_states_is_the_size_that_comes_of_it() {
    let bench = Bench::new();
    let begun = Begun::with(&bench, &[]).await;
    begun.both(&bench).await;
    let with_size = |size: &str| begun.complete(&bench).header("x-amz-mp-object-size", size);
    assert_eq!(with_size("5242884").send(&both()).await.outcome(), refused(400, "InvalidRequest"));
    assert_eq!(with_size("5242880").send(&both()).await.outcome(), refused(400, "InvalidRequest"));
    assert_eq!(with_size("5242883").send(&both()).await.status, 200);
}

#[tokio::test]
async fn write_once_holds_for_uploads_in_parts_even_in_a_race() {
    let bench = Bench::new();
    let (one, other) = (Begun::with(&bench, &[]).await, Begun::with(&bench, &[]).await);
    one.both(&bench).await;
    other.both(&bench).await;
    let document = both();
    let once = |begun: &Begun| begun.complete(&bench).header("if-none-match", "*").send(&document);
    let (first, second) = tokio::join!(once(&one), once(&other));
    let mut outcomes = [first.status, second.status];
    outcomes.sort_unstable();
    assert_eq!(outcomes, [200, 412]);
    let refused_one = if first.status == 412 { &one } else { &other };
    assert_eq!(once(refused_one).await.outcome(), refused(412, "PreconditionFailed"));
    assert_eq!(refused_one.list(&bench).await.elements("PartNumber"), ["1", "2"]);
}

#[tokio::test]
async fn of_two_that_complete_one_upload_one_does() {
    let bench = Bench::new();
    let begun = Begun::with(&bench, &[]).await;
    begun.both(&bench).await;
    let document = both();
    let (first, second) = tokio::join!(begun.complete(&bench).send(&document), begun.complete(&bench).send(&document));
    let mut outcomes = [first.status, second.status];
    outcomes.sort_unstable();
    assert!(outcomes[0] == 200 && [200, 400, 404].contains(&outcomes[1]), "{outcomes:?}");
    assert_eq!(bench.get("a/b").await.header("etag"), Some(TAG));
    assert_eq!(bench.unfinished(), 0);
}

#[tokio::test]
async fn what_is_aborted_leaves_nothing() {
    let bench = Bench::new();
    let begun = Begun::with(&bench, &[]).await;
    begun.part(&bench, 1).send("a").await;
    let uploads = || bench.ask_as_writer("GET", "").query("uploads", "").send("");
    assert_eq!(uploads().await.elements("UploadId"), std::slice::from_ref(&begun.id));
    let abort = || bench.ask("DELETE", "a/b").query("uploadId", &begun.id).send("");
    assert_eq!(abort().await.status, 204);
    assert_eq!(abort().await.outcome(), refused(404, "NoSuchUpload"));
    assert_eq!(begun.part(&bench, 2).send("a").await.outcome(), refused(404, "NoSuchUpload"));
    assert!(uploads().await.elements("UploadId").is_empty());
    assert_eq!(std::fs::read_dir(bench.folder.path().join(".uploads")).unwrap().count(), 0);
}

#[tokio::test]
async fn the_checksum_of_the_whole_is_made_of_the_parts_or_of_all_bytes() {
    let bench = Bench::new();
    let begun = Begun::with(&bench, &[("x-amz-checksum-algorithm", "SHA256")]).await;
    let none = begun.part(&bench, 1).send("a").await;
    assert_eq!(none.outcome(), refused(400, "InvalidRequest"));
    let wrong = begun.part(&bench, 1).header("x-amz-checksum-sha256", FIRST_SHA256).send("a").await;
    assert_eq!(wrong.outcome(), refused(400, "BadDigest"));
    begun.part(&bench, 1).header("x-amz-checksum-sha256", FIRST_SHA256).send(&first()).await;
    begun.part(&bench, 2).header("x-amz-checksum-sha256", SECOND_SHA256).send(SECOND).await;
    assert_eq!(begun.complete(&bench).send(&both()).await.outcome(), refused(400, "InvalidRequest"));
    let with =
        both().replacen("</Part>", &format!("<ChecksumSHA256>{FIRST_SHA256}</ChecksumSHA256></Part>"), 1).replace(
            &format!("{SECOND_TAG}</ETag>"),
            &format!("{SECOND_TAG}</ETag><ChecksumSHA256>{SECOND_SHA256}</ChecksumSHA256>"),
        );
    let done = begun.complete(&bench).send(&with).await;
    assert_eq!(done.elements("ChecksumSHA256"), ["Z2KjCrvGmu3W6wSf/2bIswiSU46pnunXGie0d9s1cxI=-2"], "{done:?}");
    assert_eq!(done.elements("ChecksumType"), ["COMPOSITE"]);

    let full = [("x-amz-checksum-algorithm", "CRC32"), ("x-amz-checksum-type", "FULL_OBJECT")];
    let begun = Begun::with(&bench, &full).await;
    begun.both(&bench).await;
    let stated = |value: &str| begun.complete(&bench).header("x-amz-checksum-crc32", value);
    assert_eq!(stated("AAAAAA==").send(&both()).await.outcome(), refused(400, "BadDigest"));
    let done = stated("UlZFvg==").send(&both()).await;
    assert_eq!(
        (done.elements("ChecksumCRC32"), done.elements("ChecksumType")),
        (vec!["UlZFvg==".into()], vec!["FULL_OBJECT".into()])
    );
}
