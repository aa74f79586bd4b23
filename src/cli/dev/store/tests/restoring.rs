//! Archived objects, from outside.

use super::refused;
use crate::cli::dev::store::testing::Bench;

const BODY: &str = "<RestoreRequest><Days>2</Days><GlacierJobParameters><Tier>Standard</Tier></GlacierJobParameters>\
                    </RestoreRequest>";
/// By Python's hashlib.
const BODY_MD5: &str = "UWosjhlO7C3Dho8yoRArWw==";

#[tokio::test]
async fn an_archived_object_is_read_once_it_is_restored() {
    let bench = Bench::new();
    for class in ["GLACIER", "DEEP_ARCHIVE"] {
        bench.ask("PUT", "a").header("x-amz-storage-class", class).send("hello").await;
        assert_eq!(bench.get("a").await.outcome(), refused(403, "InvalidObjectState"), "{class}");
        let restore = || bench.ask("POST", "a").query("restore", "").header("content-md5", BODY_MD5);
        assert_eq!(restore().send(BODY).await.status, 202, "{class}");
        assert_eq!(restore().send(BODY).await.status, 200, "{class} again");
        let got = bench.get("a").await;
        assert_eq!((got.body.as_str(), got.header("x-amz-storage-class")), ("hello", Some(class)));
        for told in [got, bench.ask("HEAD", "a").send("").await] {
            let restore = told.header("x-amz-restore").unwrap();
            assert!(restore.starts_with("ongoing-request=\"false\", expiry-date=\""), "{restore}");
        }
    }
}

#[tokio::test]
async fn a_restore_with_another_body_than_was_signed_is_refused() {
    let bench = Bench::new();
    bench.ask("PUT", "a").header("x-amz-storage-class", "GLACIER").send("hello").await;
    let restore = || bench.ask("POST", "a").query("restore", "").header("content-md5", BODY_MD5);
    let more_days = BODY.replace('2', "9");
    assert_eq!(restore().send(&more_days).await.outcome(), refused(400, "BadDigest"));
    let mut unsigned = restore().signed().body(&more_days);
    unsigned.headers.clear();
    assert_eq!(unsigned.send(&bench.router).await.outcome(), refused(403, "SignatureDoesNotMatch"));
    assert_eq!(bench.get("a").await.outcome(), refused(403, "InvalidObjectState"));
    bench.put("b", "hello").await;
    let warm = bench.ask("POST", "b").query("restore", "").send(BODY).await;
    assert_eq!(warm.outcome(), refused(403, "InvalidObjectState"));
    let none = bench.ask("POST", "a").query("restore", "").send("").await;
    assert_eq!(none.outcome(), refused(400, "MalformedXML"));
}
