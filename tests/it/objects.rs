//! `/v1/objects` from outside: the target as it stands on the wire, the URL that it leads to, and other origins.

use crate::support::client::Call;
use crate::support::client::Reply;
use crate::support::presignd::Presignd;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::Use;
use crate::support::setting::credential_file;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::verifier::Key;
use crate::verifier::World;

const ON: &str = r#"
    [server]
    redirects = true
    cors_origins = ["https://app.example.com"]
"#;

fn configured(more: &str) -> Presignd {
    setting(&[ON, more, ISSUER, MEDIA, ALL_OF_MEDIA])
}

/// What a client does that is led there: the same method, no header of its own.
#[track_caller]
fn followed(method: &str, reply: &Reply) -> Use {
    assert_eq!(reply.status, 307, "{}", reply.text());
    let url = reply.header("location").unwrap().to_owned();
    Use { method: method.to_owned(), url, headers: Vec::new() }
}

#[test]
fn a_target_is_taken_as_it_stands_and_leads_to_a_url_that_works_for_that_method_alone() {
    let service = configured("").serve();
    let token = token();
    let absolute = format!("http://{}/v1/objects/media/a/b", service.address);
    for (target, place) in [
        ("/v1/objects/media/a/b", "a/b"),
        (&absolute, "a/b"),
        ("/v1/objects/media/a%2Fb", "a/b"),
        ("/v1/objects/media/%252e%252e/b", "%252e%252e/b"),
        ("/v1/objects/media/a+b%2Bc", "a%2Bb%2Bc"),
        ("/v1/objects/media/gr%C3%BC%C3%9Fe%3F", "gr%C3%BC%C3%9Fe%3F"),
        ("/v1/objects/media/grüße", "gr%C3%BC%C3%9Fe"),
        ("/v1/objects/m%65dia/a/", "a/"),
    ] {
        for (method, other) in [("GET", "HEAD"), ("HEAD", "GET")] {
            let used = followed(method, &service.call(method, target).bearer(&token).send());
            let expected = format!("https://acme-media.s3.eu-west-1.amazonaws.com/{place}");
            assert_eq!(used.place(), expected, "{method} {target}");
            assert_eq!(used.judge(), Ok(()), "{method} {target}");
            let forged = Use { method: other.to_owned(), ..used };
            assert!(forged.judge().is_err(), "{other} {target}");
        }
    }
    for target in
        ["/v1/objects/media/a/../b", "/v1/objects/media/a/%2e%2e/b", "/v1/objects/media//b", "/v1/objects/media/%FF"]
    {
        let reply = service.get(&token, target);
        assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_key"), "{target}");
    }
}

#[test]
fn a_page_of_a_known_origin_reads_the_refusals() {
    let service = configured("").serve();
    let origin = "https://app.example.com";
    let asked = |token: &str| service.call("GET", "/v1/objects/media/a").header("origin", origin).bearer(token).send();
    for (token, status) in [(&*token(), 307), ("x", 401)] {
        let reply = asked(token);
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (status, Some(origin)));
    }
}

#[test]
fn the_credentials_end_cuts_the_minute_and_too_little_of_them_is_refused() {
    let key = Key { id: "AKIDFILE", secret: "FileSecretAccessKeyEXAMPLE+of/a/file", session_token: Some("session") };
    let credentials = "[credentials.file]\nprovider = \"file\"\npath = \"credentials.json\"\n";
    for (left, issued) in [(50, true), (20, false)] {
        let presignd = configured(credentials).file("credentials.json", credential_file(key, Some(left)));
        let service = presignd.serve();
        let reply = service.get(&token(), "/v1/objects/media/a");
        if !issued {
            assert_eq!((reply.status, reply.code().as_str()), (503, "credentials_unavailable"));
            continue;
        }
        let used = followed("GET", &reply);
        let world = World { keys: &[key], region: "eu-west-1", service: "s3", now: crate::support::now() };
        assert_eq!(used.judge_in(world), Ok(()));
        let lifetime: i64 = used.parameter("X-Amz-Expires").unwrap().parse().unwrap();
        assert!((30..=left).contains(&lifetime), "{lifetime}");
    }
}

#[test]
fn without_the_switch_there_is_no_such_route() {
    let service = setting(&[ISSUER, MEDIA, ALL_OF_MEDIA]).serve();
    for method in ["GET", "POST"] {
        let reply = Call::new(method, service.address, "/v1/objects/media/a").bearer(&token()).send();
        assert_eq!((reply.status, reply.code().as_str()), (404, "not_found"), "{method}");
    }
}
