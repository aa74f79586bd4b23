//! A server by keys: days go by, and nobody writes new ones.

use serde_json::json;

use crate::faults::chained;
use crate::faults::inside::Inside;
use crate::support::client::Call;
use crate::support::now;
use crate::support::setting::ACCESS_KEY_ID;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::REGION;
use crate::support::setting::SECRET_ACCESS_KEY;
use crate::support::setting::Use;
use crate::support::setting::ask;
use crate::support::setting::token_with;
use crate::verifier::Key;
use crate::verifier::World;

const DAY: i64 = 86_400;

#[test]
fn days_go_by_and_after_the_last_nothing_is_signed() {
    let bucket =
        |by: &str| format!("[buckets.media]\nbucket = \"acme-media\"\nregion = \"{REGION}\"\ncredentials = \"{by}\"\n");
    let by_secret =
        chained(&[ISSUER, &bucket("main"), ALL_OF_MEDIA, "[credentials.main]\nprovider = \"environment\"\n"]);
    let derived = by_secret.run("derive-keys", &["--credentials", "main", "--days", "3"], "");
    assert_eq!(derived.code, 0, "{derived:?}");
    let keys = "[credentials.keys]\nprovider = \"signing_key\"\npath = \"keys.json\"\n";
    let by_keys = chained(&[ISSUER, &bucket("keys"), ALL_OF_MEDIA, keys]).file("keys.json", derived.stdout);
    let service = Inside::serve(by_keys);
    let (clock, known) = (service.clock(), [Key { id: ACCESS_KEY_ID, secret: SECRET_ACCESS_KEY, session_token: None }]);
    let (token, request) = (token_with(&json!({"exp": now() + 100 * DAY})), ask("GetObject", "media", "a"));
    // forth over midnights, and back
    for (days, signs) in [(0, true), (1, true), (2, true), (4, false), (30, false), (1, true), (0, true)] {
        service.set_clock(days * DAY);
        let reply = Call::new("POST", service.address, "/v1/presign").bearer(&token).json(&request).send();
        let told = service.admin("/readyz?verbose").text();
        match signs {
            true => {
                let world = World { keys: &known, region: REGION, service: "s3", now: clock.now() };
                assert_eq!(Use::of(&reply.json(), &request).judge_in(world), Ok(()), "after {days} days");
            }
            false => assert_eq!(reply.json()["code"], "credentials_unavailable", "after {days} days"),
        }
        assert_eq!(told.contains("cannot sign: keys"), !signs, "after {days} days: {told}");
    }
}
