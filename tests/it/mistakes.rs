//! Mistakes made at the store of `presignd dev`, and with AWS as it is documented.

use serde_json::Value;

use crate::dev::Dev;
use crate::support::mistakes::Place;
use crate::support::mistakes::Store;
use crate::support::mistakes::UPLOADS;
use crate::support::now;
use crate::support::rfc3339;
use crate::verifier;

/// `presignd dev` with the table's grants, each of a bucket of its own in its store.
fn grants() -> String {
    let grant = |(name, upload): &(&str, &str)| {
        let region = if *name == "elsewhere" { "eu-west-1" } else { "us-east-1" };
        format!(
            "[buckets.{name}]\nbucket = \"dev-{name}\"\nregion = \"{region}\"\nendpoint = \"http://127.0.0.1:8081\"\n\
             credentials = {{ read = \"reader\", write = \"writer\" }}\n\
             [[grants]]\nname = \"{name}\"\nbucket = \"{name}\"\nprefix = \"{{sub}}/\"\n\
             actions = [\"read\", \"write\", \"delete\", \"list\"]\nupload = {{ {upload} }}\n\
             download = {{ overrides = [\"content_disposition\"] }}\n"
        )
    };
    UPLOADS.iter().map(grant).collect()
}

#[test]
fn mistakes_made_at_the_store_of_dev_are_told_right() {
    let dev = Dev::with_grants(&grants());
    let token = dev.token("alice");
    let ask = |question: &Value, at: i64| match at {
        0 => dev.ask(&token, question).json(),
        at => dev.signed(question, "alice", &rfc3339(now() + at)),
    };
    let keys: Vec<Value> = ["reader", "writer"].iter().map(|name| dev.credentials(name)).collect();
    let keys: Vec<verifier::Key<'_>> = keys
        .iter()
        .map(|key| verifier::Key {
            id: key["AccessKeyId"].as_str().unwrap(),
            secret: key["SecretAccessKey"].as_str().unwrap(),
            session_token: None,
        })
        .collect();
    let judge = |sent: verifier::Sent<'_>| {
        verifier::verify(sent, verifier::World { keys: &keys, region: "us-east-1", service: "s3", now: now() })
    };
    let [told, of_aws] = [Store::Dev, Store::Aws]
        .map(|store| Place { store, prefix: "alice/", ask: &ask, without: &["session"], judge: &judge }.make_all());
    assert!(told >= 25 && of_aws >= 25, "{told} and {of_aws}");
}
