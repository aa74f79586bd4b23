//! Object Lock, from outside.

use super::refused;
use crate::cli::dev::store::testing::Ask;
use crate::cli::dev::store::testing::Bench;

const HELLO_MD5: &str = "XUFAKrxLKna5cZ2REBfFkg==";
const LATER: &str = "2999-01-01T00:00:00Z";

fn locked(ask: Ask, mode: &str) -> Ask {
    ask.header("x-amz-object-lock-mode", mode).header("x-amz-object-lock-retain-until-date", LATER)
}

fn of_version(bench: &Bench, method: &str, version: &str) -> Ask {
    bench.ask_in("vault", method, "a").query("versionId", version)
}

#[tokio::test]
async fn a_lock_is_told_and_holds_its_version_until_its_end() {
    let bench = Bench::new();
    let cases = [("GOVERNANCE", 403, 204), ("COMPLIANCE", 403, 403)];
    for (mode, plain, bypassing) in cases {
        let put = locked(bench.ask_in("vault", "PUT", "a"), mode).header("content-md5", HELLO_MD5).send("hello").await;
        let version = put.header("x-amz-version-id").unwrap().to_owned();
        let head = bench.ask_in("vault", "HEAD", "a").send("").await;
        assert_eq!(head.header("x-amz-object-lock-mode"), Some(mode));
        assert_eq!(head.header("x-amz-object-lock-retain-until-date"), Some("2999-01-01T00:00:00.000Z"), "{mode}");
        let delete = of_version(&bench, "DELETE", &version).send("").await;
        assert_eq!(delete.outcome(), refused(plain, "AccessDenied"), "{mode}");
        let bypass = of_version(&bench, "DELETE", &version).header("x-amz-bypass-governance-retention", "true");
        assert_eq!(bypass.send("").await.status, bypassing, "{mode} bypassed");
        // A marker may always be laid over it.
        assert_eq!(bench.ask_in("vault", "DELETE", "a").send("").await.status, 204);
        assert_eq!(
            of_version(&bench, "HEAD", &version).send("").await.status,
            if bypassing == 204 { 404 } else { 200 }
        );
    }
}

#[tokio::test]
async fn a_legal_hold_holds_until_it_is_lifted() {
    let bench = Bench::new();
    let put = bench.ask_in("vault", "PUT", "a").header("x-amz-object-lock-legal-hold", "ON");
    let put = put.header("x-amz-checksum-crc32", "NhCmhg==").send("hello").await;
    let version = put.header("x-amz-version-id").unwrap().to_owned();
    let bench = bench.restarted();
    assert_eq!(bench.ask_in("vault", "HEAD", "a").send("").await.header("x-amz-object-lock-legal-hold"), Some("ON"));
    let bypass = of_version(&bench, "DELETE", &version).header("x-amz-bypass-governance-retention", "true");
    assert_eq!(bypass.send("").await.outcome(), refused(403, "AccessDenied"));
    let lift = of_version(&bench, "PUT", &version).query("legal-hold", "");
    assert_eq!(lift.send("<LegalHold><Status>OFF</Status></LegalHold>").await.status, 200);
    let told = of_version(&bench, "GET", &version).query("legal-hold", "").send("").await;
    assert_eq!(told.elements("Status"), ["OFF"]);
    assert_eq!(of_version(&bench, "DELETE", &version).send("").await.status, 204);
}

#[tokio::test]
async fn a_lock_is_asked_for_whole_and_with_a_digest_of_the_bytes() {
    let bench = Bench::new();
    const MODE: (&str, &str) = ("x-amz-object-lock-mode", "GOVERNANCE");
    const UNTIL: (&str, &str) = ("x-amz-object-lock-retain-until-date", LATER);
    const MD5: (&str, &str) = ("content-md5", HELLO_MD5);
    type Headers = &'static [(&'static str, &'static str)];
    let cases: [(&str, Headers, &str); 8] = [
        ("vault", &[MODE, UNTIL], "InvalidRequest"),
        ("vault", &[("x-amz-object-lock-legal-hold", "ON")], "InvalidRequest"),
        ("vault", &[MODE, MD5], "InvalidArgument"),
        ("vault", &[UNTIL, MD5], "InvalidArgument"),
        ("vault", &[("x-amz-object-lock-mode", "STRICT"), UNTIL, MD5], "InvalidArgument"),
        ("vault", &[MODE, ("x-amz-object-lock-retain-until-date", "2020-01-01T00:00:00Z"), MD5], "InvalidArgument"),
        ("vault", &[("x-amz-object-lock-legal-hold", "YES"), MD5], "InvalidArgument"),
        ("media", &[MODE, UNTIL, MD5], "InvalidRequest"),
    ];
    for (bucket, headers, code) in cases {
        let ask = headers.iter().fold(bench.ask_in(bucket, "PUT", "a"), |ask, (name, value)| ask.header(name, value));
        assert_eq!(ask.send("hello").await.outcome(), refused(400, code), "{bucket} {headers:?}");
    }
    assert_eq!(bench.unfinished(), 0);
}

#[tokio::test]
async fn each_part_of_what_shall_be_locked_brings_a_digest() {
    let bench = Bench::new();
    let begun = locked(bench.ask_in("vault", "POST", "a"), "COMPLIANCE").query("uploads", "").send("").await;
    let id = begun.elements("UploadId").pop().unwrap();
    let part = || bench.ask_in("vault", "PUT", "a").query("partNumber", "1").query("uploadId", &id);
    assert_eq!(part().send("hello").await.outcome(), refused(400, "InvalidRequest"));
    assert_eq!(part().header("content-md5", HELLO_MD5).send("hello").await.status, 200);
    let body = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>\
                <ETag>5d41402abc4b2a76b9719d911017c592</ETag></Part></CompleteMultipartUpload>";
    let done = bench.ask_in("vault", "POST", "a").query("uploadId", &id).send(body).await;
    let version = done.header("x-amz-version-id").unwrap_or_else(|| panic!("{done:?}")).to_owned();
    assert_eq!(of_version(&bench, "DELETE", &version).send("").await.outcome(), refused(403, "AccessDenied"));
}

#[tokio::test]
async fn a_retention_grows_and_shrinks_only_by_bypass() {
    let bench = Bench::new();
    let put =
        locked(bench.ask_in("vault", "PUT", "a"), "GOVERNANCE").header("content-md5", HELLO_MD5).send("hello").await;
    let version = put.header("x-amz-version-id").unwrap().to_owned();
    let until = |year: &str| {
        format!(
            "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>{year}-01-01T00:00:00Z</RetainUntilDate></Retention>"
        )
    };
    let set = || of_version(&bench, "PUT", &version).query("retention", "");
    let bypass = || set().header("x-amz-bypass-governance-retention", "true");
    assert_eq!(set().send(&until("2900")).await.outcome(), refused(403, "AccessDenied"));
    assert_eq!(set().send(&until("3000")).await.status, 200);
    assert_eq!(bypass().send(&until("2900")).await.status, 200);
    let told = of_version(&bench, "GET", &version).query("retention", "").send("").await;
    assert_eq!(told.elements("RetainUntilDate"), ["2900-01-01T00:00:00.000Z"]);
    let wrong = set().header("content-md5", HELLO_MD5).send(&until("3000")).await;
    assert_eq!(wrong.outcome(), refused(400, "BadDigest"));
    assert_eq!(bypass().send("<Retention></Retention>").await.status, 200);
    let told = of_version(&bench, "GET", &version).query("retention", "").send("").await;
    assert_eq!(told.outcome(), refused(404, "NoSuchObjectLockConfiguration"));
}
