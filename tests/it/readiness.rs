//! `/readyz` and `/livez`: ready is who can answer callers now.

use crate::support::eventually;
use crate::support::service::Service;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::credential_file;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::verifier::Key;

const FROM_FILE: &str = "[credentials.main]\nprovider = \"file\"\npath = \"main.json\"\n";

fn credentials(ends_in: i64) -> String {
    credential_file(Key { id: "a", secret: "b", session_token: Some("c") }, Some(ends_in))
}

fn is_ready(service: &Service) -> bool {
    let reply = service.admin("/readyz");
    assert!([200, 503].contains(&reply.status), "{reply:?}");
    assert_eq!(service.admin("/livez").status, 200, "alive all the while");
    reply.status == 200
}

#[test]
fn it_is_ready_while_some_credentials_have_half_a_minute_left() {
    let second = "[credentials.second]\nprovider = \"file\"\npath = \"second.json\"\n";
    let bucket = "[buckets.media]\nbucket = \"acme-media\"\nregion = \"eu-west-1\"\ncredentials = \"main\"\n";
    let service = setting(&[ISSUER, FROM_FILE, second, bucket, ALL_OF_MEDIA]).serve();
    assert!(!is_ready(&service), "there are none");
    service.presignd.write("main.json", credentials(20));
    service.logged("the credentials", |line| line["credentials"] == "main" && line["level"] == "INFO");
    assert!(!is_ready(&service), "they end in 20 s");
    service.presignd.write("second.json", credentials(3600));
    eventually("ready", || is_ready(&service).then_some(()));
    service.presignd.write("second.json", "{");
    service.logged("the broken file", |line| line["credentials"] == "second" && line["level"] != "INFO");
    assert!(is_ready(&service), "a broken file leaves what it held in force");
    service.presignd.write("second.json", credentials(10));
    eventually("not ready", || (!is_ready(&service)).then_some(()));
    service.presignd.write("main.json", credentials(3600));
    eventually("ready again", || is_ready(&service).then_some(()));
    std::fs::remove_file(service.presignd.path("main.json")).unwrap();
    let reply = service.post(&token(), "/v1/presign", &ask("GetObject", "media", "a"));
    assert_eq!(reply.status, 200, "a file that is gone leaves what it held: {}", reply.text());
    assert!(is_ready(&service));
}

#[test]
fn verbose_says_what_is_missing_and_nothing_more() {
    let service = setting(&[ISSUER, FROM_FILE, MEDIA, ALL_OF_MEDIA]).serve();
    let told = service.admin("/readyz?verbose");
    assert_eq!(told.status, 503);
    assert!(told.text().contains("all have keys") && told.text().contains("cannot sign: main"), "{}", told.text());
    service.presignd.write("main.json", credentials(3600));
    service.ready();
    let told = service.admin("/readyz?verbose");
    assert_eq!(told.status, 200, "{}", told.text());
    assert!(told.text().contains("all can sign"), "{}", told.text());
    for hidden in ["acme-media", "main.json", "CORP_SECRET"] {
        assert!(!told.text().contains(hidden), "{hidden} in {}", told.text());
    }
}
