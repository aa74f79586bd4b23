//! Credentials that end, come again, change, and are broken or gone on disk.

use serde_json::Value;

use crate::faults::answers::Credentials;
use crate::faults::answers::Judge;
use crate::faults::evidence;
use crate::faults::load::Caller;
use crate::faults::load::Load;
use crate::faults::load::To;
use crate::faults::of_corp;
use crate::support::eventually;
use crate::support::seconds;
use crate::support::service::Service;
use crate::support::service::field;
use crate::support::service::message;
use crate::support::setting::credential_file;
use crate::support::setting::token;
use crate::verifier::Key;

const FROM_FILE: &str = "[credentials.main]\nprovider = \"file\"\npath = \"main.json\"\n";

const KEYS: [Key<'static>; 3] = [
    Key { id: "ASIAFIRST", secret: "a-first-secret", session_token: Some("a-first-token") },
    Key { id: "ASIASECOND", secret: "a-second-secret", session_token: Some("a-second-token") },
    Key { id: "ASIATHIRD", secret: "a-third-secret", session_token: Some("a-third-token") },
];

/// A file of a key that ends in so many seconds.
fn ending(key: Key<'static>, ends_in: i64) -> (String, Credentials) {
    let file = credential_file(key, Some(ends_in));
    let end = seconds(&serde_json::from_str::<Value>(&file).unwrap()["Expiration"]);
    (file, Credentials { key, end: Some(end) })
}

/// Waits for the log to tell of the file so many times.
fn told(service: &Service, what: &str, times: usize) {
    let tells = |line: &&Value| message(line) == what && field(line, "credentials") == "main";
    eventually(what, || (service.log().iter().filter(tells).count() >= times).then_some(()));
}

const TAKEN_UP: &str = "credentials taken up";
const NOT_TAKEN_UP: &str = "credentials not taken up";

#[test]
fn credentials_that_end_sign_nothing_beyond_their_end_and_those_that_follow_sign_at_once() {
    let (first_file, first) = ending(KEYS[0], 35);
    let service = of_corp(&["a", "b"], FROM_FILE).file("main.json", first_file).serve();
    let judge = Judge::usual();
    judge.in_force(&[first]);
    let callers = ["a", "b"].map(|name| Caller::new(name, &token()).refused_for(&["credentials_unavailable"]));
    let load = Load::begin(To::plain(service.address), judge, callers.into(), 1);
    load.is_served(&["a", "b"]);
    service.ready();
    load.is_shut_out("a", "credentials_unavailable");
    eventually("not ready", || (service.admin("/readyz").status == 503).then_some(()));
    // the next
    let (file, second) = ending(KEYS[1], 3600);
    load.is_signed_by(&[second]);
    service.presignd.write("main.json", file);
    load.is_served(&["a", "b"]);
    service.ready();
    ["a", "b"].iter().for_each(|name| load.may(name, &[]));
    // broken, and gone
    std::fs::write(service.presignd.path("main.json"), "{\"Version\": 1, \"AccessKeyId\": \"ASIA").unwrap();
    told(&service, NOT_TAKEN_UP, 1);
    load.is_served(&["a", "b"]);
    std::fs::remove_file(service.presignd.path("main.json")).unwrap();
    told(&service, NOT_TAKEN_UP, 2);
    load.is_served(&["a", "b"]);
    // others, while those before would last
    let (file, third) = ending(KEYS[2], 3600);
    load.is_signed_by(&[second, third]);
    service.presignd.write("main.json", file);
    told(&service, TAKEN_UP, 3);
    load.is_signed_by(&[third]);
    load.is_served(&["a", "b"]);
    assert_eq!(service.admin("/readyz").status, 200);
    let tally = load.end();
    assert!(KEYS.iter().all(|key| tally.issued.iter().any(|receipt| receipt.signer == key.id)));
    evidence::holds(&service.presignd, &service.presignd.path("audit.jsonl"), service.admin, &tally);
}
