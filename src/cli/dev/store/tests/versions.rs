//! A bucket that keeps versions, from outside.

use super::refused;
use crate::cli::dev::store::testing::Answer;
use crate::cli::dev::store::testing::Ask;
use crate::cli::dev::store::testing::Bench;

fn of_version(bench: &Bench, method: &str, version: &str) -> Ask {
    bench.ask_in("vault", method, "a").query("versionId", version)
}

async fn put(bench: &Bench, body: &str) -> String {
    let answer = bench.ask_in("vault", "PUT", "a").send(body).await;
    answer.header("x-amz-version-id").unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

async fn versions(bench: &Bench) -> Answer {
    bench.ask_in("vault", "GET", "").query("versions", "").send("").await
}

#[tokio::test]
async fn each_upload_is_a_version_that_can_be_read_and_deleted() {
    let bench = Bench::new();
    let (first, second) = (put(&bench, "first").await, put(&bench, "second").await);
    assert_ne!(first, second);
    let bench = bench.restarted();
    let current = bench.ask_in("vault", "GET", "a").send("").await;
    assert_eq!((current.body.as_str(), current.header("x-amz-version-id")), ("second", Some(second.as_str())));
    for method in ["GET", "HEAD"] {
        let former = of_version(&bench, method, &first).send("").await;
        assert_eq!((former.status, former.header("x-amz-version-id")), (200, Some(first.as_str())), "{method}");
        assert_eq!(former.body, if method == "GET" { "first" } else { "" });
    }
    assert_eq!(versions(&bench).await.elements("VersionId"), [second.clone(), first.clone()]);
    assert_eq!(versions(&bench).await.elements("IsLatest"), ["true", "false"]);
    let deleted = of_version(&bench, "DELETE", &second).send("").await;
    assert_eq!((deleted.status, deleted.header("x-amz-version-id")), (204, Some(second.as_str())));
    assert_eq!(of_version(&bench, "GET", &second).send("").await.outcome(), refused(404, "NoSuchVersion"));
    assert_eq!(bench.ask_in("vault", "GET", "a").send("").await.body, "first");
}

#[tokio::test]
async fn a_delete_leaves_a_marker_that_can_be_deleted_itself() {
    let bench = Bench::new();
    let version = put(&bench, "kept").await;
    let deleted = bench.ask_in("vault", "DELETE", "a").send("").await;
    assert_eq!((deleted.status, deleted.header("x-amz-delete-marker")), (204, Some("true")));
    let marker = deleted.header("x-amz-version-id").unwrap().to_owned();
    let bench = bench.restarted();
    let gone = bench.ask_in("vault", "GET", "a").send("").await;
    assert_eq!(gone.outcome(), refused(404, "NoSuchKey"));
    assert_eq!(gone.header("x-amz-delete-marker"), Some("true"));
    assert_eq!(gone.header("x-amz-version-id"), Some(marker.as_str()));
    let itself = of_version(&bench, "GET", &marker).send("").await;
    assert_eq!(itself.outcome(), refused(405, "MethodNotAllowed"));
    assert_eq!((itself.header("allow"), itself.header("x-amz-delete-marker")), (Some("DELETE"), Some("true")));
    assert_eq!(of_version(&bench, "GET", &version).send("").await.body, "kept");
    let list = bench.ask_in("vault", "GET", "").query("list-type", "2").send("").await;
    assert!(list.elements("Key").is_empty());
    let listed = versions(&bench).await;
    assert_eq!(listed.body.matches("<DeleteMarker>").count(), 1, "{listed:?}");
    let undone = of_version(&bench, "DELETE", &marker).header("x-amz-mfa", "serial 123456").send("").await;
    assert_eq!((undone.status, undone.header("x-amz-delete-marker")), (204, Some("true")));
    assert_eq!(bench.ask_in("vault", "GET", "a").send("").await.body, "kept");
}

#[tokio::test]
async fn a_bucket_begins_to_keep_versions_and_ceases() {
    let bench = Bench::new();
    let set = |status: &str| {
        let body = format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        let ask = bench.ask("PUT", "").query("versioning", "");
        async move { ask.send(&body).await }
    };
    bench.put("a", "old").await;
    assert_eq!(set("Enabled").await.status, 200);
    let answer = bench.put("a", "new").await;
    assert!(answer.header("x-amz-version-id").is_some());
    assert_eq!(bench.ask("GET", "a").query("versionId", "null").send("").await.body, "old");
    assert_eq!(set("Suspended").await.status, 200);
    assert_eq!(bench.put("a", "newest").await.header("x-amz-version-id"), None);
    assert_eq!(bench.get("a").await.body, "newest");
    let told = bench.ask("GET", "").query("versioning", "").send("").await;
    assert_eq!(told.elements("Status"), ["Suspended"]);
    let listed = bench.ask("GET", "").query("versions", "").send("").await;
    assert_eq!(listed.elements("VersionId").len(), 2);
    let vault = bench.ask_in("vault", "PUT", "").query("versioning", "");
    let body = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
    assert_eq!(vault.send(body).await.outcome(), refused(409, "InvalidBucketState"));
}

#[tokio::test]
async fn a_version_that_could_not_be_one_is_refused() {
    let bench = Bench::new();
    put(&bench, "kept").await;
    for method in ["GET", "DELETE"] {
        let answer = of_version(&bench, method, "../../a").send("").await;
        assert_eq!(answer.outcome(), refused(400, "InvalidArgument"), "{method}");
    }
    assert_eq!(of_version(&bench, "GET", "unknown").send("").await.outcome(), refused(404, "NoSuchVersion"));
    assert_eq!(of_version(&bench, "DELETE", "unknown").send("").await.status, 204);
}
