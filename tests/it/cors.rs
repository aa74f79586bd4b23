//! Other origins: which may read answers, and what a preflight costs.

use serde_json::json;

use crate::support::client::Reply;
use crate::support::service::Service;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::setting::token;

const APP: &str = "https://app.example.com";

fn served() -> Service {
    let server = r#"
        [server]
        cors_origins = ["https://app.example.com", "http://localhost:3000"]
        [rate_limits]
        per_address = { rate = "1/h", burst = 6 }
    "#;
    setting(&[server, ISSUER, MEDIA, ALL_OF_MEDIA]).serve()
}

fn names(reply: &Reply, header: &str) -> Vec<String> {
    let list = reply.header(header).unwrap_or_default().to_lowercase();
    let mut names: Vec<String> =
        list.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
    names.sort();
    names
}

#[test]
fn a_preflight_needs_no_token_and_costs_nothing() {
    let service = served();
    for origin in [APP, "http://localhost:3000"] {
        for (path, method) in [
            ("/v1/presign", "POST"),
            ("/v1/presign/batch", "POST"),
            ("/v1/uploads", "POST"),
            ("/v1/uploads/parts", "POST"),
            ("/v1/grants", "GET"),
            ("/v1/objects/media/a", "HEAD"),
        ] {
            for _ in 0..5 {
                let call = service.call("OPTIONS", path).header("origin", origin);
                let call = call.header("access-control-request-method", method);
                let reply = call.header("access-control-request-headers", "authorization,content-type").send();
                assert_eq!((reply.status, reply.body.len()), (204, 0), "{path}: {reply:?}");
                assert_eq!(reply.header("access-control-allow-origin"), Some(origin), "{path}");
                assert_eq!(names(&reply, "access-control-allow-methods"), ["get", "head", "post"], "{path}");
                let headers = ["authorization", "content-type", "x-request-id"];
                assert_eq!(names(&reply, "access-control-allow-headers"), headers, "{path}");
                assert_eq!(reply.header("access-control-max-age"), Some("600"), "{path}");
                assert!(names(&reply, "vary").contains(&"origin".to_owned()), "{path}: {reply:?}");
                assert_eq!(reply.header("access-control-allow-credentials"), None, "{path}");
            }
        }
    }
    let reply = service.post(&token(), "/v1/presign", &ask("GetObject", "media", "a"));
    assert_eq!(reply.status, 200, "60 preflights have left the six requests of this address alone");
}

#[test]
fn a_known_origin_reads_every_answer_and_others_get_no_header() {
    let service = served();
    let asked = |origin: Option<&str>, token: Option<&str>| {
        let call = service.call("POST", "/v1/presign").json(&ask("GetObject", "media", "a"));
        let call = origin.into_iter().fold(call, |call, origin| call.header("origin", origin));
        token.into_iter().fold(call, |call, token| call.bearer(token)).send()
    };
    let exposed = ["ratelimit", "ratelimit-policy", "retry-after", "www-authenticate", "x-request-id"];
    let token = token();
    for (case, token, status) in
        [("issued", Some(token.as_str()), 200), ("no token", None, 401), ("a bad one", Some("x"), 401)]
    {
        let reply = asked(Some(APP), token);
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (status, Some(APP)), "{case}");
        assert!(names(&reply, "vary").contains(&"origin".to_owned()), "{case}: {reply:?}");
        assert_eq!(names(&reply, "access-control-expose-headers"), exposed, "{case}");
        assert_eq!(reply.header("access-control-allow-credentials"), None, "{case}");
    }
    for origin in [
        "https://evil.example",
        "null",
        "https://app.example.com.evil.example",
        "http://app.example.com",
        "https://APP.example.com:8443",
    ] {
        let reply = service.call("GET", "/nowhere").header("origin", origin).send();
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (404, None), "{origin}");
    }
    let reply = asked(Some("https://evil.example"), Some(&token));
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, None), "nothing is refused for it");
    let reply = asked(None, Some(&token));
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, None));
    assert!(names(&reply, "vary").contains(&"origin".to_owned()), "caches must not mix the two up: {reply:?}");
    // The sixth request was the last one; errors of every kind can be read.
    assert_eq!(asked(Some(APP), Some(&token)).status, 200);
    let over = asked(Some(APP), Some(&token));
    assert_eq!((over.status, over.header("access-control-allow-origin")), (429, Some(APP)));
    let nowhere = service.call("GET", "/nowhere").header("origin", APP).send();
    assert_eq!((nowhere.status, nowhere.header("access-control-allow-origin")), (404, Some(APP)));
    let unread = service.call("POST", "/v1/presign/batch").header("origin", APP).header("content-type", "text/plain");
    assert_eq!(unread.body("x").send().header("access-control-allow-origin"), Some(APP));
    let method = service.call("GET", "/v1/presign").header("origin", APP).send();
    assert_eq!((method.status, method.header("access-control-allow-origin")), (405, Some(APP)));
}

#[test]
fn without_origins_nobodys_browser_is_let_in() {
    let service = setting(&[ISSUER, MEDIA, ALL_OF_MEDIA]).serve();
    let call =
        service.call("OPTIONS", "/v1/presign").header("origin", APP).header("access-control-request-method", "POST");
    let reply = call.send();
    assert_eq!(reply.header("access-control-allow-origin"), None, "{reply:?}");
    let reply = service.call("POST", "/v1/presign").header("origin", APP).bearer(&token()).json(&json!({})).send();
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (400, None));
}
