//! Uploads in parts at `presignd dev`: its store holds all that a completion signs.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use serde_json::json;
use sha2::Digest;
use sha2::Sha256;

use crate::dev::Dev;
use crate::support::client::Call;
use crate::support::client::Reply;

const MIB: usize = 1 << 20;

/// Alice, who may leave letters in her inbox: checked, of 100 MiB at most, and each once.
struct Alice {
    dev: Dev,
    token: String,
}

impl Alice {
    fn ask(&self, path: &str, body: &Value) -> Value {
        let call = Call::new("POST", self.dev.address("service"), path).bearer(&self.token);
        let reply = call.json(body).send();
        assert_eq!(reply.status, 200, "{path} {body}: {}", reply.text());
        reply.json()
    }

    /// A plan for 6 MiB in parts of 5 MiB, begun: the key, and S3's id.
    fn begin(&self, named: &Value) -> (Value, String) {
        let mut body = json!({"bucket": "media", "content_length": 6 * MIB, "part_size": 5 * MIB,
                              "checksum": {"algorithm": "SHA256"}});
        body.as_object_mut().unwrap().extend(named.as_object().unwrap().clone());
        let plan = self.ask("/v1/uploads", &body);
        assert_eq!((&plan["kind"], &plan["part_count"]), (&json!("multipart"), &json!(2)), "{plan:#}");
        let begun = used(&plan["create"], "").text();
        let (_, rest) = begun.split_once("<UploadId>").unwrap_or_else(|| panic!("{begun}"));
        (plan["key"].clone(), rest.split('<').next().unwrap().to_owned())
    }

    /// The steps of that upload, whose parts are sent.
    fn send(&self, key: &Value, id: &str, parts: [&str; 2]) -> (Value, Vec<String>) {
        let sums = json!({"1": checksum(parts[0]), "2": checksum(parts[1])});
        let steps = self.ask(
            "/v1/uploads/parts",
            &json!({"bucket": "media", "key": key, "upload_id": id, "content_length": 6 * MIB, "part_size": 5 * MIB,
                    "parts": [1, 2], "checksums": sums, "include": ["complete", "list"]}),
        );
        let other = used(&steps["parts"][1], &parts[1].replace('b', "c"));
        assert_eq!(other.status, 400, "another body of the same length: {}", other.text());
        let sent = [0, 1].map(|place| listed(place + 1, parts[place], &used(&steps["parts"][place], parts[place])));
        (steps, sent.to_vec())
    }
}

fn checksum(body: &str) -> Value {
    json!({"algorithm": "SHA256", "value": BASE64_STANDARD.encode(Sha256::digest(body))})
}

/// An issued URL, used as the answer says.
fn used(issued: &Value, body: &str) -> Reply {
    let (Some(method), Some(url)) = (issued["method"].as_str(), issued["url"].as_str()) else {
        panic!("{issued:#}");
    };
    let headers = issued["headers"].as_object().unwrap().iter();
    let call = headers.fold(Call::to(method, url), |call, (name, value)| call.header(name, value.as_str().unwrap()));
    if method == "GET" { call.send() } else { call.body(body).send() }
}

/// A part as a completion lists it.
fn listed(number: usize, body: &str, reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "part {number}: {}", reply.text());
    let (tag, sum) = (reply.header("etag").unwrap(), checksum(body));
    let sum = sum["value"].as_str().unwrap();
    format!("<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag><ChecksumSHA256>{sum}</ChecksumSHA256></Part>")
}

fn list_of(parts: &[String]) -> String {
    format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", parts.concat())
}

#[test]
fn no_upload_in_parts_is_larger_than_announced_or_replaces_another() {
    let dev = Dev::fresh();
    let alice = Alice { token: dev.token("alice"), dev };
    let (first, second) = ("a".repeat(5 * MIB), "b".repeat(MIB));
    let (key, id) = alice.begin(&json!({"file_name": "film.mp4", "grant": "inbox"}));
    let (steps, mut sent) = alice.send(&key, &id, [&first, &second]);
    assert_eq!(used(&steps["list"], "").text().matches("<PartNumber>").count(), 2);
    // One part more than was planned, which the grant allows by itself.
    let more = json!({"operation": "UploadPart", "bucket": "media", "key": key, "upload_id": id, "part_number": 3,
                      "content_length": MIB, "checksum": checksum(&second)});
    sent.push(listed(3, &second, &used(&alice.ask("/v1/presign", &more), &second)));
    for (what, parts) in [("more than announced", &sent[..]), ("less", &sent[..1])] {
        let reply = used(&steps["complete"], &list_of(parts));
        assert_eq!(reply.status, 400, "{what}: {}", reply.text());
    }
    let reply = used(&steps["complete"], &list_of(&sent[..2]));
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(reply.text().contains("<CompleteMultipartUploadResult"), "{}", reply.text());

    let (same, id) = alice.begin(&json!({ "key": key }));
    let (steps, sent) = alice.send(&same, &id, [&first, &second]);
    let reply = used(&steps["complete"], &list_of(&sent));
    assert_eq!((&same, reply.status), (&key, 412), "{}", reply.text());
}
