//! Size, type and write-once at a real store: what gets in though the grant says no.

use serde_json::json;

use crate::support::bound::Place;
use crate::support::now;
use crate::works::BODY;
use crate::world::World;

/// Each of these S3 refuses, and so does the store of `presignd dev`, where the same is tried: nobody signed the header of
/// a copy, `x-amz-mp-object-size` is another than the parts', and the key is taken. This store looks at none of the three.
/// If the list gets shorter, it has learnt.
#[test]
fn no_url_brings_an_object_that_is_larger_of_another_type_or_in_the_place_of_another() {
    let Some(world) = World::built("e2e-bound") else { return };
    let large = world.issue("PutObject", "media", "large.html", &json!({"content_type": "text/html"}));
    assert_eq!(large.used(&BODY.repeat(500_000)).status, 200);
    let place = Place {
        ask: &|body| world.post("/v1/presign", body),
        bucket: "bound",
        prefix: &format!("alice/{}/", now()),
        other: "/e2e-bound/alice/large.html",
    };
    let known = ["a copy", "parts larger than the whole", "parts in the place of another"];
    assert_eq!(place.gets_in(), known);
}
