//! Mistakes made at a real store.

use serde_json::Value;

use crate::support::mistakes::Place;
use crate::support::mistakes::Store;
use crate::support::now;
use crate::support::rfc3339;
use crate::verifier;
use crate::world::World;

#[test]
fn mistakes_made_at_a_real_store_are_told_right() {
    let Some(world) = World::built("e2e-mistakes") else { return };
    let ask = |question: &Value, at: i64| match at {
        0 => world.post("/v1/presign", question).json(),
        at => world.signed(question, &rfc3339(now() + at)),
    };
    let judge = |sent: verifier::Sent<'_>| world.judge_sent(sent, world.store.get("REGION"), "s3");
    let prefix = format!("alice/{}/", now());
    let [told, of_aws] = [Store::Radosgw, Store::Aws]
        .map(|store| Place { store, prefix: &prefix, ask: &ask, without: &[], judge: &judge }.make_all());
    assert!(told >= 25 && of_aws >= 25, "{told} and {of_aws}");
}
