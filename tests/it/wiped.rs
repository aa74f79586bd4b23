//! What was used and is to be forgotten, looked for in the memory of the process.

use std::fs::File;
use std::os::unix::fs::FileExt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use serde_json::json;

use crate::support::service::Service;
use crate::support::setting::CORP_SECRET;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::setting::with;

const GRANT: &str = r#"
    [[grants]]
    name = "all"
    bucket = "media"
    prefix = ""
    actions = ["read", "write"]
    upload = { sse_c = true }
"#;

/// How often each of these texts, which begin alike, stands in what a process may write to of its memory. Its parent may
/// look: proc(5).
fn copies(service: &Service, texts: &[String]) -> Vec<usize> {
    let of_process = |name: &str| format!("/proc/{}/{name}", service.id());
    let (maps, memory) = (std::fs::read_to_string(of_process("maps")).unwrap(), File::open(of_process("mem")).unwrap());
    let mut found = vec![0; texts.len()];
    for line in maps.lines().filter(|line| line.contains(" rw-p ")) {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let [from, to] = [from, to].map(|address| u64::from_str_radix(address, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        // What has gone since the list was read.
        if memory.read_exact_at(&mut bytes, from).is_err() {
            continue;
        }
        let first = texts[0].as_bytes()[0];
        for place in bytes.iter().enumerate().filter(|(_, byte)| **byte == first).map(|(place, _)| place) {
            for (count, text) in found.iter_mut().zip(texts) {
                *count += usize::from(bytes[place..].starts_with(text.as_bytes()));
            }
        }
    }
    found
}

#[test]
fn a_clients_key_is_forgotten() {
    let service = setting(&[ISSUER, MEDIA, GRANT]).serve();
    let keys: Vec<String> =
        (100..140).map(|number| BASE64_STANDARD.encode(format!("a key of a client that is {number}..."))).collect();
    for key in &keys {
        let encrypted =
            |request: Value| with(request, &json!({"server_side_encryption": {"algorithm": "customer", "key": key}}));
        for operation in ["GetObject", "PutObject", "PostObject", "UploadPart"] {
            let reply = service.post(&token(), "/v1/presign", &encrypted(ask(operation, "media", "a")));
            assert_eq!(reply.status, 200, "{operation}: {}", reply.text());
        }
        let nowhere = service.post(&token(), "/v1/presign", &encrypted(ask("GetObject", "nowhere", "a")));
        assert_eq!(nowhere.status, 403);
    }
    assert!(copies(&service, &[CORP_SECRET.to_owned()])[0] > 0, "what is kept is found");
    let left = copies(&service, &keys).into_iter().filter(|count| *count > 0).count();
    // In the buffers of the connections, which are not presignd's own, the last ones may stand until others come.
    assert!(left <= 6, "{left} of {}", keys.len());
}
