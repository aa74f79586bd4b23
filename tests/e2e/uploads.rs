//! Uploads in parts: planned, begun, interrupted, resumed, completed, given up.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use serde_json::json;
use sha2::Digest;
use sha2::Sha256;

use crate::support::client::Reply;
use crate::world::Issued;
use crate::world::World;
use crate::world::call;

const MIB: usize = 1 << 20;

/// An upload of Alice's that S3 has begun.
struct Upload {
    key: &'static str,
    whole: String,
    id: String,
}

impl Upload {
    /// Planned in parts of 5 MiB, and begun.
    #[track_caller]
    fn begun(world: &World, alias: &str, key: &'static str, mib: usize) -> Self {
        let whole: String = (0..mib * MIB).map(|place| char::from(b'a' + (place / 7 % 26) as u8)).collect();
        let more = json!({"content_length": whole.len(), "part_size": 5 * MIB, "content_type": "video/mp4"});
        let plan = world.ask("/v1/uploads", alias, key, &more);
        let told = (&plan["kind"], &plan["part_size"], &plan["part_count"]);
        let count = whole.len().div_ceil(5 * MIB);
        assert_eq!(told, (&json!("multipart"), &json!(5 * MIB), &json!(count)), "{plan:#}");
        let begun = Issued(plan["create"].clone()).used("");
        assert_eq!(begun.status, 200, "{}", begun.text());
        Self { key, whole, id: between(&begun.text(), "UploadId") }
    }

    /// The answer about these steps.
    #[track_caller]
    fn ask(&self, world: &World, alias: &str, more: &Value) -> Value {
        let mut body = json!({"upload_id": self.id, "content_length": self.whole.len(), "part_size": 5 * MIB});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.ask("/v1/uploads/parts", alias, self.key, &body)
    }

    fn part(&self, number: usize) -> &str {
        let from = (number - 1) * 5 * MIB;
        &self.whole[from..self.whole.len().min(from + 5 * MIB)]
    }

    /// The checksums of parts, as a call takes them.
    fn checksums(&self, numbers: &[usize]) -> Value {
        let sum = |number: &usize| {
            let value = BASE64_STANDARD.encode(Sha256::digest(self.part(*number)));
            (number.to_string(), json!({"algorithm": "SHA256", "value": value}))
        };
        numbers.iter().map(sum).collect()
    }

    /// Sends the parts of an answer, and gives the entity tag of each.
    #[track_caller]
    fn send(&self, answer: &Value) -> Vec<(usize, String)> {
        let parts = answer["parts"].as_array().unwrap_or_else(|| panic!("{answer:#}"));
        let sent = parts.iter().map(|part| {
            let number = part["part_number"].as_u64().unwrap() as usize;
            let reply = Issued(part.clone()).used(self.part(number));
            assert_eq!(reply.status, 200, "part {number}: {}", reply.text());
            (number, reply.header("etag").unwrap().to_owned())
        });
        sent.collect()
    }
}

/// The body of a completion.
fn list_of(parts: &[(usize, String)]) -> String {
    let part =
        |(number, tag): &(usize, String)| format!("<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>");
    format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", parts.iter().map(part).collect::<String>())
}

#[track_caller]
fn between(text: &str, name: &str) -> String {
    let (_, rest) = text.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {text}"));
    rest.split('<').next().unwrap().to_owned()
}

#[track_caller]
fn refused(reply: &Reply, what: &str) {
    assert!(matches!(reply.status, 400 | 403), "{what}: {} {}", reply.status, reply.text());
}

#[test]
fn a_large_upload_is_interrupted_and_resumed() {
    let Some(world) = World::built("e2e-parts") else { return };
    for alias in ["media", "virtual", "session"] {
        let upload = Upload::begun(&world, alias, "film.mp4", 12);
        let first = json!({"parts": [1], "checksums": upload.checksums(&[1])});
        let mut sent = upload.send(&upload.ask(&world, alias, &first));
        // Here the client ends. Another one finds what is there, and sends the rest.
        let listed = Issued(upload.ask(&world, alias, &json!({"include": ["list"]}))["list"].clone()).used("");
        assert_eq!(listed.status, 200, "{alias}: {}", listed.text());
        assert_eq!(listed.text().matches("<PartNumber>").count(), 1, "{}", listed.text());
        assert_eq!(between(&listed.text(), "Size"), (5 * MIB).to_string());
        let rest =
            json!({"parts": {"from": 2, "to": 3}, "checksums": upload.checksums(&[2, 3]), "include": ["complete"]});
        let answer = upload.ask(&world, alias, &rest);
        sent.extend(upload.send(&answer));
        let completed = Issued(answer["complete"].clone()).used(&list_of(&sent));
        assert_eq!(completed.status, 200, "{alias}: {}", completed.text());
        assert!(completed.text().contains("<CompleteMultipartUploadResult"), "{}", completed.text());
        let found = world.get(alias, upload.key);
        assert_eq!((found.status, found.header("content-type")), (200, Some("video/mp4")), "{alias}");
        assert!(found.text() == upload.whole, "{alias}: {} bytes came back", found.body.len());
    }
}

#[test]
fn an_upload_that_is_given_up_leaves_nothing() {
    let Some(world) = World::built("e2e-abort") else { return };
    let upload = Upload::begun(&world, "media", "film.mp4", 6);
    let answer = upload.ask(&world, "media", &json!({"parts": [1, 2], "include": ["abort", "list", "complete"]}));
    let sent = upload.send(&answer);
    let abort = Issued(answer["abort"].clone()).used("");
    assert_eq!(abort.status, 204, "{}", abort.text());
    let listed = Issued(answer["list"].clone()).used("");
    assert_eq!(listed.status, 404, "{}", listed.text());
    let completed = Issued(answer["complete"].clone()).used(&list_of(&sent));
    assert!(!completed.text().contains("<CompleteMultipartUploadResult"), "{}", completed.text());
    assert_eq!(world.get("media", upload.key).status, 404);
}

#[test]
fn used_in_any_other_way_no_step_does_anything() {
    let Some(world) = World::built("e2e-steps") else { return };
    let upload = Upload::begun(&world, "media", "film.mp4", 6);
    let more = json!({"parts": [2], "checksums": upload.checksums(&[2]), "include": ["complete", "abort", "list"]});
    let answer = upload.ask(&world, "media", &more);
    let body = upload.part(2);
    let steps = [
        ("part", &answer["parts"][0]),
        ("complete", &answer["complete"]),
        ("abort", &answer["abort"]),
        ("list", &answer["list"]),
    ];
    for (name, issued) in steps.map(|(name, issued)| (name, Issued(issued.clone()))) {
        let body = if name == "part" { body } else { "" };
        for method in ["DELETE", "GET", "POST", "PUT"].into_iter().filter(|method| *method != issued.method()) {
            let reply = call(method, &issued.url(), &issued.headers(), body).send();
            refused(&reply, &format!("{name} by {method}"));
        }
        let url = issued.url();
        let (path, query) = url.split_once('?').unwrap();
        let pairs: Vec<&str> = query.split('&').collect();
        for place in 0..pairs.len() {
            let (mut without, mut changed) = (pairs.clone(), pairs.clone());
            without.remove(place);
            let other = format!("{}1", pairs[place]);
            changed[place] = &other;
            for pairs in [without, changed] {
                let reply =
                    call(&issued.method(), &format!("{path}?{}", pairs.join("&")), &issued.headers(), body).send();
                refused(&reply, &format!("{name} with {}", pairs.join("&")));
            }
        }
        let reply = call(&issued.method(), &format!("{path}x?{query}"), &issued.headers(), body).send();
        refused(&reply, &format!("{name} for another key"));
        for (place, (header, _)) in issued.headers().iter().enumerate() {
            let (mut without, mut changed) = (issued.headers(), issued.headers());
            without.remove(place);
            changed[place].1.insert(0, '1');
            for headers in [without, changed] {
                let reply = call(&issued.method(), &url, &headers, body).send();
                refused(&reply, &format!("{name} with another {header}, or none"));
            }
        }
    }
    let part = Issued(answer["parts"][0].clone());
    for (what, other) in [("longer", format!("{body}x")), ("shorter", body[1..].to_owned()), ("none", String::new())] {
        refused(&part.used(&other), what);
    }
    // And then each as it was meant.
    let first = upload.ask(&world, "media", &json!({"parts": [1]}));
    let mut sent = upload.send(&first);
    sent.extend(upload.send(&answer));
    let listed = Issued(answer["list"].clone()).used("");
    assert_eq!((listed.status, listed.text().matches("<PartNumber>").count()), (200, 2), "{}", listed.text());
    let completed = Issued(answer["complete"].clone()).used(&list_of(&sent));
    assert_eq!(completed.status, 200, "{}", completed.text());
    assert!(world.get("media", upload.key).text() == upload.whole);
}

/// S3 makes no object of parts that come to another size than the completion signs. This store makes one all the same,
/// but without the very value that was signed it refuses the completion too.
#[test]
fn under_a_largest_size_the_completion_is_bound_to_the_whole() {
    let Some(world) = World::built("e2e-largest") else { return };
    let upload = Upload::begun(&world, "small", "film.mp4", 6);
    let answer = upload.ask(&world, "small", &json!({"parts": [1, 2], "include": ["complete"]}));
    let sent = upload.send(&answer);
    let complete = Issued(answer["complete"].clone());
    assert_eq!(complete.headers(), [("x-amz-mp-object-size".to_owned(), (6 * MIB).to_string())]);
    for headers in [vec![], vec![("x-amz-mp-object-size".to_owned(), (60 * MIB).to_string())]] {
        let reply = call("POST", &complete.url(), &headers, &list_of(&sent)).send();
        refused(&reply, &format!("{headers:?}"));
    }
    assert_eq!(complete.used(&list_of(&sent)).status, 200);
    let other = Upload::begun(&world, "small", "other.mp4", 6);
    let sent = other.send(&other.ask(&world, "small", &json!({"parts": [1, 2]})));
    let less =
        world.issue("CompleteMultipartUpload", "small", other.key, &json!({"upload_id": other.id, "object_size": 1}));
    assert_eq!(less.headers(), [("x-amz-mp-object-size".to_owned(), "1".to_owned())], "S3 would refuse these parts");
    assert_eq!(less.used(&list_of(&sent)).status, 200, "if no more, this store has learnt it: say so here");
    let too_large = json!({"content_length": 8 * MIB + 1, "part_size": 5 * MIB});
    let reply = world.asked("/v1/uploads", "small", "film.mp4", &too_large);
    assert_eq!((reply.status, reply.code().as_str()), (403, "grant_not_satisfied"), "{}", reply.text());
}

/// At S3 the second completion answers 412. This store overwrites all the same; that nobody leaves the header out is what
/// can be held to here.
#[test]
fn a_write_once_grant_completes_once() {
    let Some(world) = World::built("e2e-complete-once") else { return };
    let upload = Upload::begun(&world, "once", "film.mp4", 6);
    let answer = upload.ask(&world, "once", &json!({"parts": [1, 2], "include": ["complete"]}));
    let sent = upload.send(&answer);
    let complete = Issued(answer["complete"].clone());
    let headers = complete.headers();
    assert!(headers.contains(&("if-none-match".to_owned(), "*".to_owned())), "{headers:?}");
    let without: Vec<_> = headers.into_iter().filter(|(name, _)| name != "if-none-match").collect();
    refused(&call("POST", &complete.url(), &without, &list_of(&sent)).send(), "without If-None-Match");
    assert_eq!(complete.used(&list_of(&sent)).status, 200);
    let again = Upload::begun(&world, "once", "film.mp4", 6);
    let answer = again.ask(&world, "once", &json!({"parts": [1, 2], "include": ["complete"]}));
    let sent = again.send(&answer);
    let second = Issued(answer["complete"].clone()).used(&list_of(&sent));
    assert_eq!(second.status, 200, "if no more, this store has learnt it: say so here");
}

#[test]
fn the_printed_curl_commands_make_an_upload_in_parts() {
    let Some(world) = World::built("e2e-curl-parts") else { return };
    let begun = world.curl("CreateMultipartUpload", "film.mp4", &json!({"content_type": "video/mp4"}), "");
    let upload = json!({"upload_id": between(&begun, "UploadId")});
    let part = json!({"upload_id": upload["upload_id"], "part_number": 1});
    world.curl("UploadPart", "film.mp4", &part, "The whole in one part.");
    let listed = world.curl("ListParts", "film.mp4", &upload, "");
    let list = list_of(&[(1, between(&listed, "ETag").replace("&quot;", "\""))]);
    world.curl("CompleteMultipartUpload", "film.mp4", &upload, &list);
    assert_eq!(world.get("media", "film.mp4").text(), "The whole in one part.");
    let begun = world.curl("CreateMultipartUpload", "film.mp4", &json!({}), "");
    world.curl("AbortMultipartUpload", "film.mp4", &json!({"upload_id": between(&begun, "UploadId")}), "");
}
