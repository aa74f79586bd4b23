//! Used in any other way, no URL does anything.

use serde_json::Value;
use serde_json::json;

use crate::support::eventually;
use crate::verifier::Fault;
use crate::works::BODY;
use crate::works::BODY_MD5;
use crate::works::BODY_SHA256;
use crate::world::Issued;
use crate::world::World;
use crate::world::call;

/// What may be asked for at the key `x`, all of it: operation, members, and the status of a right use.
fn questions() -> [(&'static str, Value, u16); 5] {
    let upload = json!({
        "content_type": "text/plain",
        "content_length": BODY.len(),
        "content_md5": BODY_MD5,
        "checksum": {"algorithm": "SHA256", "value": BODY_SHA256},
        "metadata": {"owner": "alice"},
        "tags": {"case": "7"},
    });
    [
        ("PutObject", upload, 200),
        ("GetObject", json!({"response": {"content_type": "text/csv"}}), 200),
        ("HeadObject", json!({}), 200),
        ("ListObjectsV2", json!({"delimiter": "/", "max_keys": 10}), 200),
        ("DeleteObject", json!({}), 204),
    ]
}

fn body_of(operation: &str) -> &'static str {
    if operation == "PutObject" { BODY } else { "" }
}

/// Each of the questions, asked with every alias that signs in its own way. Each use that the answer does not describe
/// must be refused, and then the right one must work, so that what was refused was refused for its change alone.
fn misuse(bucket: &str, try_all: impl Fn(&World, &str, &Issued)) {
    let Some(world) = World::built(bucket) else { return };
    for alias in ["media", "session"] {
        world.put(alias, "x", BODY);
        for (operation, members, status) in questions() {
            let key = if operation == "ListObjectsV2" { "" } else { "x" };
            let issued = world.issue(operation, alias, key, &members);
            try_all(&world, operation, &issued);
            let right = issued.used(body_of(operation));
            assert_eq!(right.status, status, "{alias} {operation}: {}", right.text());
        }
    }
}

#[track_caller]
fn refused(method: &str, url: &str, headers: &[(String, String)], body: &str, what: &str) {
    let reply = call(method, url, headers, body).send();
    assert!(matches!(reply.status, 400 | 403), "{what}: {} {}", reply.status, reply.text());
}

#[test]
fn with_another_method_a_url_is_refused() {
    misuse("e2e-method", |_, operation, issued| {
        for method in ["DELETE", "GET", "HEAD", "PUT"] {
            if method != issued.method() {
                refused(
                    method,
                    &issued.url(),
                    &issued.headers(),
                    body_of(operation),
                    &format!("{operation} by {method}"),
                );
            }
        }
    });
}

#[test]
fn for_another_key_a_url_is_refused() {
    misuse("e2e-key", |_, operation, issued| {
        let url = issued.url();
        let (path, query) = url.split_once('?').unwrap();
        for other in
            [format!("{path}y"), format!("{path}/"), path.replace("alice", "bob"), path.replace("e2e-key", "e2e-keys")]
        {
            let (what, url) = (format!("{operation} at {other}"), format!("{other}?{query}"));
            if other != path {
                refused(&issued.method(), &url, &issued.headers(), body_of(operation), &what);
            }
        }
    });
}

#[test]
fn without_a_header_or_with_another_value_a_url_is_refused() {
    misuse("e2e-header", |_, operation, issued| {
        let headers = issued.headers();
        assert_eq!(headers.len(), if operation == "PutObject" { 5 } else { 0 }, "{headers:?}");
        for place in 0..headers.len() {
            let (mut without, mut changed) = (headers.clone(), headers.clone());
            let (name, _) = without.remove(place);
            refused(&issued.method(), &issued.url(), &without, BODY, &format!("{operation} without {name}"));
            changed[place].1.insert(0, 'X');
            refused(&issued.method(), &issued.url(), &changed, BODY, &format!("{operation} with another {name}"));
        }
    });
}

#[test]
fn with_any_change_in_its_query_a_url_is_refused() {
    misuse("e2e-query", |_, operation, issued| {
        let url = issued.url();
        let (path, query) = url.split_once('?').unwrap();
        let pairs: Vec<&str> = query.split('&').collect();
        assert!(pairs.len() >= 6, "{}", pairs.len());
        for place in 0..pairs.len() {
            let name = pairs[place].split('=').next().unwrap();
            let (mut without, mut changed) = (pairs.clone(), pairs.clone());
            without.remove(place);
            let value = format!("{}1", pairs[place]);
            changed[place] = &value;
            for (what, pairs) in [("without", without), ("with another", changed)] {
                let url = format!("{path}?{}", pairs.join("&"));
                refused(
                    &issued.method(),
                    &url,
                    &issued.headers(),
                    body_of(operation),
                    &format!("{operation} {what} {name}"),
                );
            }
        }
        let more = format!("{url}&versionId=null");
        refused(&issued.method(), &more, &issued.headers(), body_of(operation), &format!("{operation} with versionId"));
    });
}

#[test]
fn an_upload_takes_only_the_body_that_was_announced() {
    misuse("e2e-body", |_, operation, issued| {
        if operation == "PutObject" {
            for (what, body) in [
                ("longer", "The quick brown fox.."),
                ("shorter", "The quick brown fox"),
                ("other", "The quick brown cat."),
            ] {
                refused("PUT", &issued.url(), &issued.headers(), body, what);
            }
            refused("PUT", &issued.url(), &issued.headers(), "", "none");
        }
    });
}

#[test]
fn after_its_end_a_url_is_refused() {
    let Some(world) = World::built("e2e-end") else { return };
    world.put("media", "x", BODY);
    for (operation, members, _) in questions() {
        let mut brief = members;
        brief.as_object_mut().unwrap().insert("expires_in".to_owned(), json!(1));
        let issued = world.issue(operation, "media", if operation == "ListObjectsV2" { "" } else { "x" }, &brief);
        assert_eq!(issued.0["expires_in"], 1);
        eventually(&format!("{operation} is refused after its end"), || {
            let reply = issued.used(body_of(operation));
            matches!(reply.status, 400 | 403).then_some(())
        });
        assert_eq!(world.judge(&issued, &sent(operation), "us-east-1", "s3"), Err(Fault::Expired), "{operation}");
    }
}

/// What the client sends by itself.
fn sent(operation: &str) -> Vec<(&'static str, &'static str)> {
    if operation == "PutObject" { vec![("content-length", "20")] } else { Vec::new() }
}

/// radosgw looks at neither region nor service, and takes `x-amz-…` headers that nobody signed. S3 does not.
#[test]
fn in_another_scope_or_with_unsigned_headers_a_url_is_refused() {
    misuse("e2e-scope", |world, operation, issued| {
        let own = sent(operation);
        let region = world.store.get("REGION");
        assert_eq!(world.judge(issued, &own, region, "s3"), Ok(()), "{operation}");
        let elsewhere = world.judge(issued, &own, "eu-west-1", "s3");
        assert!(matches!(elsewhere, Err(Fault::Scope(_))), "{operation}: {elsewhere:?}");
        let other = world.judge(issued, &own, region, "s3express");
        assert!(matches!(other, Err(Fault::Scope(_))), "{operation}: {other:?}");
        let unsigned = [
            ("x-amz-acl", "public-read"),
            ("x-amz-copy-source", "/e2e-scope/bob/secret"),
            ("x-amz-object-lock-legal-hold", "OFF"),
            ("x-amz-security-token", "x"),
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-customer-key", "x"),
            ("x-amz-storage-class", "GLACIER"),
            ("x-amz-website-redirect-location", "https://evil.example"),
        ];
        for header in unsigned {
            let judged = world.judge(issued, &[&own[..], &[header]].concat(), region, "s3");
            assert_eq!(judged, Err(Fault::UnsignedHeader(header.0.to_owned())), "{operation}");
        }
    });
}
