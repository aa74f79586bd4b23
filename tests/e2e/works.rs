//! Used as the answer says, every URL does what it was asked for.

use serde_json::json;

use crate::world::World;
use crate::world::call;

/// What the bodies of these tests are, with its digests.
pub const BODY: &str = "The quick brown fox.";
pub const BODY_MD5: &str = "LocoTSRcKq4cdPpMUKdMdw==";
pub const BODY_SHA256: &str = "QuJd04brVbVts0r1Nfq1Ix24zxtYivlbycMu+ElQf8U=";

#[test]
fn an_object_goes_up_comes_back_and_goes_away() {
    let Some(world) = World::built("e2e-works") else { return };
    for alias in ["media", "virtual", "session"] {
        let key = format!("{alias}/a b.txt");
        world.put(alias, &key, BODY);
        let found = world.get(alias, &key);
        assert_eq!((found.status, found.text().as_str()), (200, BODY), "{alias}");
        let head = world.issue("HeadObject", alias, &key, &json!({})).used("");
        assert_eq!((head.status, head.header("content-length")), (200, Some("20")), "{alias}");
        let listed = world.issue("ListObjectsV2", alias, &format!("{alias}/"), &json!({"max_keys": 5})).used("");
        assert_eq!(listed.status, 200, "{alias}: {}", listed.text());
        assert!(listed.text().contains(&format!("<Key>alice/{key}</Key>")), "{alias}: {}", listed.text());
        let deleted = world.issue("DeleteObject", alias, &key, &json!({})).used("");
        assert_eq!(deleted.status, 204, "{alias}: {}", deleted.text());
        assert_eq!(world.get(alias, &key).status, 404, "{alias}");
    }
}

#[test]
fn a_key_of_today_signs_as_the_secret_does() {
    let Some(world) = World::built("e2e-by-keys") else { return };
    let put = world.signed_by_keys("PutObject", "by a key.txt").used(BODY);
    assert_eq!(put.status, 200, "{}", put.text());
    let found = world.signed_by_keys("GetObject", "by a key.txt").used("");
    assert_eq!((found.status, found.text().as_str()), (200, BODY));
    let other = world.signed_by_keys("GetObject", "by a key.txt");
    let changed = other.url().replace("by%20a", "by%20b");
    assert_eq!(crate::world::call("GET", &changed, &other.headers(), "").send().status, 403);
}

#[test]
fn any_key_is_the_key_that_was_asked_for() {
    let Some(world) = World::built("e2e-keys") else { return };
    let longest = "é".repeat((1024 - "alice/".len()) / 2);
    let keys = [
        "plain.txt",
        " leading blank",
        "a+b=c&d.txt",
        "100%.txt",
        "a%2Fb",
        "%2e%2e",
        "q?versionId=1#fragment",
        "~(1)!*'$,;:@[]",
        "{a}<b>|^`\"",
        "日本語/ファイル.txt",
        "cafe\u{301}.txt",
        "caf\u{e9}.txt",
        "a...b..c",
        "...",
        "folder/",
        "soap",
        &longest,
    ];
    for (number, key) in keys.iter().enumerate() {
        for alias in ["media", "virtual"] {
            let body = format!("{number} by {alias}");
            world.put(alias, key, &body);
            // The other way of addressing finds the same object.
            for other in ["media", "virtual"] {
                let found = world.get(other, key);
                assert_eq!((found.status, found.text()), (200, body.clone()), "{key:?} by {alias} and {other}");
            }
        }
    }
}

#[test]
fn what_an_upload_says_is_what_the_object_has() {
    let Some(world) = World::built("e2e-upload") else { return };
    let request = json!({
        "content_type": "text/plain; charset=utf-8",
        "content_length": BODY.len(),
        "content_md5": BODY_MD5,
        "checksum": {"algorithm": "SHA256", "value": BODY_SHA256},
        "content_disposition": "inline; filename=\"a b.txt\"",
        "content_encoding": "identity",
        "content_language": "en-GB",
        "cache_control": "private, max-age=60",
        "metadata": {"Owner": "alice", "note": "two  blanks"},
        "tags": {"case": "a+b/c d"},
        "storage_class": "STANDARD",
        "if_none_match": "*",
    });
    let issued = world.issue("PutObject", "media", "all", &request);
    assert_eq!(issued.0["bucket"], "media");
    let stored = issued.used(BODY);
    assert_eq!(stored.status, 200, "{}", stored.text());
    let head = world.issue("HeadObject", "media", "all", &json!({})).used("");
    let rows = [
        ("content-type", "text/plain; charset=utf-8"),
        ("content-length", "20"),
        ("content-disposition", "inline; filename=\"a b.txt\""),
        ("content-language", "en-GB"),
        ("cache-control", "private, max-age=60"),
        ("x-amz-meta-owner", "alice"),
        ("x-amz-tagging-count", "1"),
    ];
    for (name, value) in rows {
        assert_eq!(head.header(name), Some(value), "{name}: {:?}", head.headers);
    }
    let again = issued.used(BODY);
    assert_eq!(again.status, 412, "If-None-Match: {}", again.text());
}

#[test]
fn a_download_is_presented_as_it_was_asked_for() {
    let Some(world) = World::built("e2e-download") else { return };
    world.put("media", "x", BODY);
    let response = json!({"response": {
        "content_type": "text/csv; charset=utf-8",
        "content_language": "de",
        "content_encoding": "identity",
        "cache_control": "no-store",
        "expires": "2033-12-01T16:00:00Z",
        "content_disposition": "attachment; filename=\"a b.csv\"",
    }});
    let found = world.issue("GetObject", "media", "x", &response).used("");
    let rows = [
        ("content-type", "text/csv; charset=utf-8"),
        ("content-language", "de"),
        ("cache-control", "no-store"),
        ("expires", "Thu, 01 Dec 2033 16:00:00 GMT"),
        ("content-disposition", "attachment; filename=\"a b.csv\""),
    ];
    for (name, value) in rows {
        assert_eq!(found.header(name), Some(value), "{name}: {:?}", found.headers);
    }
    let named = world.issue("GetObject", "media", "x", &json!({"download_as": "naïve €.txt"})).used("");
    let disposition = named.header("content-disposition").unwrap_or_default();
    assert!(disposition.starts_with("attachment"), "{disposition}");
    assert!(disposition.contains("filename*=UTF-8''na%C3%AFve%20%E2%82%AC.txt"), "{disposition}");
}

#[test]
fn a_url_serves_whoever_has_it_and_parts_of_the_object_too() {
    let Some(world) = World::built("e2e-range") else { return };
    world.put("media", "x", BODY);
    let issued = world.issue("GetObject", "media", "x", &json!({}));
    let part = call("GET", &issued.url(), &[("Range".into(), "bytes=4-8".into())], "").send();
    assert_eq!((part.status, part.text().as_str()), (206, "quick"));
    assert_eq!(issued.used("").text(), BODY);
    assert_eq!(issued.used("").text(), BODY);
}

#[test]
fn the_printed_curl_command_works_as_it_stands() {
    let Some(world) = World::built("e2e-curl") else { return };
    let upload = json!({
        "content_type": "text/plain",
        "content_length": BODY.len(),
        "metadata": {"quoted": "it's \"$HOME\"", "empty": ""},
    });
    for (key, members) in
        [("it's a\"$b.txt", &upload), ("bare", &json!({})), ("folder/", &upload), ("folder/bare/", &json!({}))]
    {
        world.curl("PutObject", key, members, BODY);
        assert_eq!(world.curl("GetObject", key, &json!({}), ""), BODY, "{key}");
        let head = world.curl("HeadObject", key, &json!({}), "").to_ascii_lowercase();
        assert!(head.contains("content-length: 20\r\n"), "{key}: {head}");
        assert_eq!(head.contains("x-amz-meta-quoted: it's \"$home\"\r\n"), members == &upload, "{key}: {head}");
        assert!(world.curl("ListObjectsV2", "", &json!({}), "").contains("<Size>20</Size>"), "{key}");
        world.curl("DeleteObject", key, &json!({}), "");
        assert_eq!(world.get("media", key).status, 404, "{key}");
    }
}

#[test]
fn a_write_once_grant_writes_once() {
    let Some(world) = World::built("e2e-once") else { return };
    let issued = world.issue("PutObject", "once", "x", &json!({}));
    assert_eq!(issued.used("first").status, 200);
    assert_eq!(issued.used("second").status, 412);
    assert_eq!(world.get("once", "x").text(), "first");
}

#[test]
fn a_url_ends_with_the_session_that_signed_it() {
    let Some(world) = World::built("e2e-session") else { return };
    let issued = world.issue("PutObject", "session", "x", &json!({"expires_in": 3600}));
    assert_eq!(issued.0["expiry_limited_by"], "credentials", "{}", issued.0);
    let expires_in = issued.0["expires_in"].as_i64().unwrap();
    assert!((30..=900).contains(&expires_in), "{expires_in}");
    assert!(issued.url().contains("&X-Amz-Security-Token="));
    let reply = issued.used(BODY);
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(world.get("session", "x").text(), BODY);
}
