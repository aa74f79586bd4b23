//! Keys of issuers over their life: files that change, sets that are fetched, and none at all.

use serde_json::json;

use crate::support::eventually;
use crate::support::key_server::KeyServer;
use crate::support::service::Service;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::tokens::Issuer;
use crate::support::tokens::claims;
use crate::support::tokens::key_set;

const PARTNER: &str = "https://partner.example";

fn configured(source: &str) -> String {
    format!(
        r#"
        [[issuers]]
        name = "partner"
        issuer = "{PARTNER}"
        audiences = ["presignd"]
        {source}
        [[grants]]
        name = "of-partner"
        issuers = ["partner"]
        bucket = "media"
        prefix = ""
        actions = ["read"]
        "#
    )
}

fn of_partner(issuer: &Issuer) -> String {
    issuer.token(&claims(PARTNER, "presignd", "42", &json!({})))
}

/// Status, and the code of a problem.
fn asked(service: &Service, token: &str) -> (u16, String) {
    let reply = service.post(token, "/v1/presign", &ask("GetObject", "media", "a"));
    (reply.status, reply.json()["code"].as_str().unwrap_or_default().to_owned())
}

fn invalid() -> (u16, String) {
    (401, "invalid_token".to_owned())
}

#[test]
fn a_key_file_that_changes_is_taken_up_and_the_key_it_withdraws_is_refused() {
    let (old, new) = (Issuer::ecdsa("k1"), Issuer::ed25519("k2"));
    let service =
        setting(&[&configured(r#"jwks_file = "keys.json""#), MEDIA]).file("keys.json", key_set(&[&old])).serve();
    assert_eq!((asked(&service, &of_partner(&old)).0, asked(&service, &of_partner(&new))), (200, invalid()));
    service.presignd.write("keys.json", "{\"keys\": [");
    service.logged("a broken key file is logged", |line| line["level"] == "WARN" || line["level"] == "ERROR");
    assert_eq!(asked(&service, &of_partner(&old)).0, 200, "a broken file leaves the keys in force");
    service.presignd.write("keys.json", key_set(&[&old, &new]));
    eventually("the new key", || (asked(&service, &of_partner(&new)).0 == 200).then_some(()));
    assert_eq!(asked(&service, &of_partner(&old)).0, 200, "both are in force");
    // A token that was verified before dies with its key.
    let kept = of_partner(&old);
    assert_eq!(asked(&service, &kept).0, 200);
    service.presignd.write("keys.json", key_set(&[&new]));
    eventually("the old key's end", || (asked(&service, &kept) == invalid()).then_some(()));
    assert_eq!((asked(&service, &of_partner(&old)), asked(&service, &of_partner(&new)).0), (invalid(), 200));
}

#[test]
fn a_fetched_key_set_is_kept_and_unknown_kids_do_not_make_it_be_fetched_again_and_again() {
    let (known, unknown) = (Issuer::ecdsa("k1"), Issuer::ecdsa("k2"));
    let server = KeyServer::new(200, key_set(&[&known]));
    let service = setting(&[&configured(&server.source()), MEDIA]).serve();
    service.ready();
    for _ in 0..20 {
        assert_eq!(asked(&service, &of_partner(&known)).0, 200);
    }
    for number in 0..20 {
        let token = unknown.token_of(
            &json!({"alg": "ES256", "kid": format!("kid-{number}")}).to_string(),
            &claims(PARTNER, "presignd", "42", &json!({})).to_string(),
        );
        assert_eq!(asked(&service, &token), invalid());
    }
    assert!(server.asked() <= 2, "asked {} times", server.asked());
    assert_eq!(asked(&service, &of_partner(&known)).0, 200);
}

#[test]
fn without_any_key_set_of_its_issuer_a_token_cannot_be_judged() {
    let partner = Issuer::ecdsa("k1");
    let server = KeyServer::new(500, "{}".to_owned());
    let configured = configured(&server.source());
    let service = setting(&[ISSUER, &configured, MEDIA]).serve();
    let reply = service.post(&of_partner(&partner), "/v1/presign", &ask("GetObject", "media", "a"));
    assert_eq!((reply.status, reply.code().as_str()), (503, "keys_unavailable"));
    assert!(reply.header("retry-after").is_some_and(|wait| wait.parse::<u64>().unwrap() > 0), "{reply:?}");
    let corp = crate::support::setting::token();
    assert_eq!(asked(&service, &corp), (403, "no_grant".to_owned()), "another issuer's callers do not notice");
    service.ready();
    let alone = setting(&[&configured, MEDIA]).serve();
    eventually("the first fetch", || (server.asked() >= 2).then_some(()));
    assert_eq!(alone.admin("/readyz").status, 503, "no issuer has keys");
}

#[test]
fn an_issuer_that_is_required_keeps_the_service_from_being_ready_until_its_keys_are_there() {
    let partner = Issuer::ecdsa("k1");
    let source = "required = true\njwks_file = \"keys.json\"";
    let service = setting(&[ISSUER, &configured(source), MEDIA]).serve();
    assert_eq!(service.admin("/readyz").status, 503);
    assert_eq!(asked(&service, &of_partner(&partner)), (503, "keys_unavailable".to_owned()));
    service.presignd.write("keys.json", key_set(&[&partner]));
    service.ready();
    assert_eq!(asked(&service, &of_partner(&partner)).0, 200);
}
