//! What a reload leaves alone: keys, credentials and limits that stay as they were; and what it ends.

use serde_json::Value;
use serde_json::json;

use crate::support::eventually;
use crate::support::key_server::KeyServer;
use crate::support::service::Service;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::credential_file;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::tokens::Issuer;
use crate::support::tokens::claims;
use crate::support::tokens::key_set;
use crate::verifier::Key;

/// An issuer that has a name, and a grant of its own.
fn configured(name: &str, more: &str) -> String {
    format!(
        "[[issuers]]\nname = {name:?}\nissuer = \"https://{name}.example\"\naudiences = [\"presignd\"]\n{more}\n\
         [[grants]]\nname = \"of-{name}\"\nissuers = [{name:?}]\nbucket = \"media\"\nprefix = \"\"\nactions = [\"read\"]\n"
    )
}

fn of(name: &str, signer: &Issuer, more: &Value) -> String {
    signer.token(&claims(&format!("https://{name}.example"), "presignd", "42", more))
}

/// Status, and the grant or the code.
fn asked(service: &Service, token: &str) -> (u16, String) {
    let reply = service.post(token, "/v1/presign", &ask("GetObject", "media", "a"));
    let answer = reply.json();
    let word = answer["grant"].as_str().or(answer["code"].as_str()).unwrap_or_else(|| panic!("{answer:#}"));
    (reply.status, word.to_owned())
}

fn is(status: u16, word: &str) -> (u16, String) {
    (status, word.to_owned())
}

#[test]
fn an_issuer_whose_keys_come_from_where_they_came_from_is_not_asked_again_and_one_that_goes_is_forgotten() {
    let (stays, comes) = (Issuer::ecdsa("k1"), Issuer::ed25519("k2"));
    let (first, second) = (KeyServer::new(200, key_set(&[&stays])), KeyServer::new(200, key_set(&[&comes])));
    let of_first = |more: &str| configured("first", &format!("{}\n{more}", first.source()));
    let of_second = configured("second", &second.source());
    let service = setting(&[MEDIA, &of_first("")]).serve();
    service.ready();
    let kept = of("first", &stays, &json!({}));
    assert_eq!(asked(&service, &kept), is(200, "of-first"));
    assert_eq!(asked(&service, &of("second", &comes, &json!({}))), is(401, "invalid_token"));

    // Its rules are others: keys stay, and what was verified by the rules before is not believed any longer.
    service.reconfigured(&[MEDIA, &of_first("required_claims = [\"email\"]"), &of_second]);
    assert_eq!(asked(&service, &kept), is(401, "invalid_token"));
    assert_eq!(asked(&service, &of("first", &stays, &json!({"email": "a@example.com"}))), is(200, "of-first"));
    let at_once = asked(&service, &of("second", &comes, &json!({})));
    assert_eq!(at_once, is(200, "of-second"), "its keys were there before it was in force");
    assert_eq!((first.asked(), second.asked()), (1, 1));
    let age = |name: &str| {
        service.admin("/metrics").text().contains(&format!("presignd_jwks_age_seconds{{issuer={name:?}}}"))
    };
    eventually("the ages of both", || (age("first") && age("second")).then_some(()));

    service.reconfigured(&[MEDIA, &of_second]);
    assert_eq!(asked(&service, &kept), is(401, "invalid_token"));
    eventually("the end of the first", || (!age("first")).then_some(()));
    // Whoever still kept its keys would tell their age each second.
    service.reconfigured(&[MEDIA, &of_second, "\n"]);
    service.reconfigured(&[MEDIA, &of_second, "\n\n"]);
    assert_eq!((age("first"), age("second")), (false, true));
    assert_eq!((first.asked(), second.asked()), (1, 1));
}

#[test]
fn an_issuer_that_cannot_be_reached_does_not_hold_a_reload_up() {
    let nowhere = configured("nowhere", "jwks_uri = \"http://127.0.0.1:9/jwks.json\"");
    let service = setting(&[ISSUER, MEDIA, ALL_OF_MEDIA]).serve();
    let grant = ALL_OF_MEDIA.replace("bucket =", "issuers = [\"corp\"]\nbucket =");
    service.reconfigured(&[ISSUER, MEDIA, &grant, &nowhere]);
    assert_eq!(asked(&service, &token()), is(200, "all"));
    assert_eq!(asked(&service, &of("nowhere", &Issuer::ecdsa("k"), &json!({}))), is(503, "keys_unavailable"));
    service.ready();
}

#[test]
fn credentials_of_the_same_source_hold_what_they_held_and_others_are_read_and_followed() {
    let file = |name: &str| format!("[credentials.main]\nprovider = \"file\"\npath = {name:?}\n");
    let parts = |credentials: &str, grant: &str| {
        [credentials, ISSUER, MEDIA, &ALL_OF_MEDIA.replace("\"all\"", &format!("{grant:?}"))].concat()
    };
    let key = |id| credential_file(Key { id, secret: "s", session_token: None }, Some(3600));
    let service = setting(&[&parts(&file("a.json"), "all")]).file("a.json", key("AKIDA")).file("b.json", key("AKIDB"));
    let service = service.serve();
    let signs = |grant: &str, id: &str| {
        let answer = service.post(&token(), "/v1/presign", &ask("GetObject", "media", "a")).json();
        let url = answer["url"].as_str().unwrap_or_else(|| panic!("{answer:#}"));
        assert_eq!(answer["grant"], grant, "{answer:#}");
        url.contains(&format!("Credential={id}%2F"))
    };
    assert!(signs("all", "AKIDA"));
    std::fs::remove_file(service.presignd.path("a.json")).unwrap();
    service.reconfigured(&[&parts(&file("a.json"), "second")]);
    assert!(signs("second", "AKIDA"), "its file is gone, and it is the same as before");
    service.presignd.write("a.json", key("AKIDC"));
    eventually("it is still followed", || signs("second", "AKIDC").then_some(()));
    service.reconfigured(&[&parts(&file("b.json"), "third")]);
    assert!(signs("third", "AKIDB"));
    service.presignd.write("b.json", key("AKIDD"));
    eventually("the new file is followed", || signs("third", "AKIDD").then_some(()));
    assert!(service.metric("presignd_credentials_expiry_timestamp_seconds{credentials=\"main\"}") > 0.0);
    service.reconfigured(&[&parts("[credentials.other]\nprovider = \"environment\"\n", "fourth")]);
    assert!(signs("fourth", crate::support::setting::ACCESS_KEY_ID));
    assert!(!service.admin("/metrics").text().contains("expiry_timestamp_seconds{credentials="), "the metric is gone");
}

#[test]
fn a_limit_that_stays_the_same_goes_on_where_it_stood() {
    let limits = |subject: &str, report: &str| format!("[rate_limits]\nper_subject = {subject}\n{report}\n");
    let slow = "{ rate = \"1/h\", burst = 2 }";
    let parts = |limits: &str| [limits, ISSUER, MEDIA, ALL_OF_MEDIA].concat();
    let service = setting(&[&parts(&limits(slow, ""))]).serve();
    let status = || asked(&service, &token()).0;
    assert_eq!([status(), status(), status()], [200, 200, 429]);
    service.reconfigured(&[&parts(&limits(slow, "per_address = { rate = \"100/s\", burst = 100 }"))]);
    assert_eq!(status(), 429);
    service.reconfigured(&[&parts(&limits(slow, "report_only = true"))]);
    assert_eq!(status(), 200);
    service.reconfigured(&[&parts(&limits(slow, ""))]);
    assert_eq!(status(), 429);
    service.reconfigured(&[&parts(&limits("{ rate = \"1/h\", burst = 3 }", ""))]);
    assert_eq!([status(), status(), status(), status()], [200, 200, 200, 429], "another limit begins full");
}
