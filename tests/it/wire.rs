//! The HTTP face: routes and methods, media types, request ids and traces, and headers that every answer has.

use serde_json::Value;
use serde_json::json;

use crate::support::client::Reply;
use crate::support::eventually;
use crate::support::service::Service;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::setting::token;

fn served() -> Service {
    setting(&[ISSUER, MEDIA, ALL_OF_MEDIA]).serve()
}

fn code(reply: &Reply) -> (u16, String) {
    (reply.status, reply.json()["code"].as_str().unwrap_or_default().to_owned())
}

fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn a_route_has_its_methods_and_everything_else_is_not_found() {
    let service = served();
    let routes: [(&str, &[&str]); 9] = [
        ("/v1/presign", &["POST"]),
        ("/v1/presign/batch", &["POST"]),
        ("/v1/uploads", &["POST"]),
        ("/v1/uploads/parts", &["POST"]),
        ("/v1/grants", &["GET", "HEAD"]),
        ("/openapi.json", &["GET", "HEAD"]),
        ("/openapi.yaml", &["GET", "HEAD"]),
        ("/docs", &["GET", "HEAD"]),
        ("/docs/start.js", &["GET", "HEAD"]),
    ];
    for (path, methods) in routes {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"] {
            let reply = service.call(method, path).bearer(&token()).send();
            if methods.contains(&method) {
                assert!(![404, 405].contains(&reply.status), "{method} {path}: {reply:?}");
                continue;
            }
            assert_eq!(reply.status, 405, "{method} {path}: {reply:?}");
            if method != "HEAD" {
                assert_eq!(reply.code(), "method_not_allowed", "{method} {path}");
            }
            let allow = reply.header("allow").unwrap_or_else(|| panic!("{method} {path}: {reply:?}"));
            let mut allowed: Vec<&str> =
                allow.split(',').map(str::trim).filter(|method| *method != "OPTIONS").collect();
            allowed.sort_unstable();
            assert_eq!(allowed, methods, "{method} {path}");
        }
    }
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v1/presign/",
        "/V1/presign",
        "/v1//presign",
        "/v2/presign",
        "/v1/presign/x",
        "/docs/index.html",
        "/docs/../docs",
        "/metrics",
        "/livez",
        "/readyz",
    ] {
        for method in ["GET", "POST", "OPTIONS"] {
            assert_eq!(
                code(&service.call(method, path).bearer(&token()).send()),
                is(404, "not_found"),
                "{method} {path}"
            );
        }
    }
    let head = service.call("HEAD", "/v1/grants").bearer(&token()).send();
    assert_eq!((head.status, head.body.len()), (200, 0));
    for path in ["/livez", "/readyz", "/readyz?verbose", "/metrics"] {
        assert_eq!(service.admin(path).status, 200, "{path}");
    }
    assert_eq!(service.admin("/v1/grants").status, 404, "the admin listener issues nothing");
}

#[test]
fn the_openapi_document_is_the_same_everywhere() {
    let service = served();
    let json = service.call("GET", "/openapi.json").send();
    let yaml = service.call("GET", "/openapi.yaml").send();
    assert_eq!((json.status, yaml.status), (200, 200));
    assert!(json.header("content-type").unwrap().starts_with("application/json"), "{json:?}");
    let printed = service.presignd.command(&["openapi"]).output().unwrap();
    assert_eq!(yaml.text(), String::from_utf8(printed.stdout).unwrap(), "what the command prints");
    let document = json.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for path in ["/v1/presign", "/v1/presign/batch", "/v1/uploads", "/v1/uploads/parts", "/v1/grants"] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
}

#[test]
fn a_body_is_json_and_says_so() {
    let service = served();
    let body = ask("GetObject", "media", "a").to_string();
    let typed = |kind: Option<&str>| {
        let call = service.call("POST", "/v1/presign").bearer(&token()).body(body.clone());
        code(&kind.into_iter().fold(call, |call, kind| call.header("content-type", kind)).send())
    };
    for kind in
        ["application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;charset=UTF-8"]
    {
        assert_eq!(typed(Some(kind)).0, 200, "{kind}");
    }
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/json",
        "json",
        "application/jsonp",
        "",
    ] {
        assert_eq!(typed(Some(kind)), is(415, "unsupported_media_type"), "{kind:?}");
    }
    assert_eq!(typed(None), is(415, "unsupported_media_type"), "no type");
    let zipped = service.call("POST", "/v1/presign").bearer(&token()).header("content-encoding", "gzip");
    assert_ne!(zipped.json(&json!({})).send().status, 200, "an encoded body is not read as if it were plain");
    let untyped = service.call("POST", "/v1/presign").body(body.clone()).header("content-type", "text/plain");
    assert_eq!(code(&untyped.send()), is(401, "missing_token"), "the token comes before the media type");
    let raw = |body: &[u8]| {
        code(
            &service
                .call("POST", "/v1/presign")
                .bearer(&token())
                .header("content-type", "application/json")
                .body(body)
                .send(),
        )
    };
    let deep = |levels: usize| format!("{{\"metadata\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    for (case, body) in [
        ("nothing", "".to_owned()),
        ("a word", "GetObject".to_owned()),
        ("half", body[..20].to_owned()),
        ("something behind it", format!("{body}{body}")),
        ("a comma too many", "{\"operation\": \"GetObject\",}".to_owned()),
        ("a comment", format!("/* */{body}")),
        ("a member twice", body.replacen('{', "{\"bucket\":\"media\",", 1)),
        ("a member twice, once escaped", body.replacen('{', "{\"b\\u0075cket\":\"media\",", 1)),
        ("a member twice, deep within", "{\"metadata\":{\"a\":[{\"b\":1,\"b\":2}]}}".to_owned()),
        ("33 levels", deep(32)),
        ("thousands of levels", deep(100_000)),
        ("NaN", "{\"expires_in\": NaN}".to_owned()),
        ("half a surrogate", "{\"key\": \"\\ud800\"}".to_owned()),
    ] {
        assert_eq!(raw(body.as_bytes()), is(400, "malformed_json"), "{case}");
    }
    assert_eq!(raw(b"{\"key\": \"\xff\"}"), is(400, "malformed_json"), "not UTF-8");
    assert_eq!(raw(deep(31).as_bytes()), is(400, "invalid_request"), "32 levels can be read");
    assert_eq!(raw(format!(" \n{body}\t ").as_bytes()).0, 200, "blanks around it");
    assert_eq!(raw(body.replace('a', "\\u0061").as_bytes()).0, 200, "escapes");
}

#[test]
fn every_answer_has_a_request_id_the_callers_own_if_it_is_a_plain_word() {
    let service = served();
    let longest = "x".repeat(64);
    for own in ["a", "0197-abc_DEF.1", longest.as_str()] {
        for (method, path) in
            [("POST", "/v1/presign"), ("GET", "/nowhere"), ("GET", "/v1/presign"), ("GET", "/openapi.json")]
        {
            let reply = service.call(method, path).header("x-request-id", own).send();
            assert_eq!(reply.header("x-request-id"), Some(own), "{method} {path}");
            if reply.status >= 400 {
                assert_eq!(reply.json()["request_id"], own, "{method} {path}");
            }
        }
    }
    let long = "x".repeat(65);
    let mut made = Vec::new();
    for foreign in ["", "a b", "a/b", "é", "a\"b", "<script>", long.as_str()] {
        let reply = service.call("POST", "/v1/presign").header("x-request-id", foreign).send();
        let id = reply.header("x-request-id").unwrap().to_owned();
        assert!(id != foreign && (1..=64).contains(&id.len()), "{foreign}: {id}");
        assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)), "{foreign}: {id}");
        made.push(id);
    }
    made.push(service.call("POST", "/v1/presign").send().header("x-request-id").unwrap().to_owned());
    made.sort();
    made.dedup();
    assert_eq!(made.len(), 8, "each made one is another");
}

#[test]
fn no_answer_is_stored_and_no_answer_of_v1_is_without_its_limits() {
    let limits = "[rate_limits]\nper_address = { rate = \"100/s\", burst = 400 }\n";
    let service = setting(&[limits, ISSUER, MEDIA, ALL_OF_MEDIA]).serve();
    let good = token();
    let issued = service.post(&good, "/v1/presign", &ask("GetObject", "media", "a"));
    let answers = [
        ("issued", &issued, true),
        ("refused", &service.post(&good, "/v1/presign", &ask("GetObject", "media", "a//")), true),
        (
            "a batch",
            &service.post(&good, "/v1/presign/batch", &json!({"requests": [ask("GetObject", "media", "a")]})),
            true,
        ),
        ("grants", &service.get(&good, "/v1/grants"), true),
        ("no token", &service.call("GET", "/v1/grants").send(), true),
        ("no JSON", &service.call("POST", "/v1/presign").bearer(&good).body("x").send(), true),
        ("another method", &service.call("GET", "/v1/presign").send(), true),
        ("another method with a token", &service.get(&good, "/v1/presign/batch"), true),
        ("no route of v1", &service.call("GET", "/v1/nowhere").send(), true),
        ("not found", &service.call("GET", "/nowhere").send(), false),
        ("the document", &service.call("GET", "/openapi.json").send(), false),
    ];
    for (case, reply, limited) in answers {
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{case}: {reply:?}");
        assert!(reply.header("x-request-id").is_some(), "{case}");
        assert_eq!(reply.header("ratelimit").is_some(), limited, "{case}: {reply:?}");
        assert_eq!(reply.header("ratelimit-policy").is_some(), limited, "{case}: {reply:?}");
    }
    let preflight = service.call("OPTIONS", "/v1/presign").header("origin", "https://app.example.com");
    let preflight = preflight.header("access-control-request-method", "POST").send();
    for (case, reply) in [
        ("a preflight", preflight),
        ("livez", service.admin("/livez")),
        ("readyz", service.admin("/readyz")),
        ("metrics", service.admin("/metrics")),
        ("nothing of the admin's", service.admin("/nowhere")),
    ] {
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{case}: {reply:?}");
        assert!(reply.header("x-request-id").is_some(), "{case}: {reply:?}");
    }
    assert!(issued.header("content-type").unwrap().starts_with("application/json"), "{issued:?}");
}

#[test]
fn the_trace_of_a_request_is_in_its_audit_line() {
    let service = served();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let with = |parent: String| {
        let id = uuid::Uuid::now_v7().to_string();
        let call = service.call("POST", "/v1/presign").bearer(&token()).header("traceparent", &parent);
        let reply = call.header("x-request-id", &id).json(&ask("GetObject", "media", "a")).send();
        assert_eq!(reply.status, 200, "{parent}");
        let line = || service.audit().into_iter().rfind(|line| line["request_id"] == id);
        eventually("the audit line", line)["trace_id"].clone()
    };
    assert_eq!(with(format!("00-{trace}-00f067aa0ba902b7-01")), trace);
    assert_eq!(with(format!("01-{trace}-00f067aa0ba902b7-01-what-comes-later")), trace, "a later version's first four");
    for wrong in [
        format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
        format!("00-{trace}-{}-01", "0".repeat(16)),
        format!("ff-{trace}-00f067aa0ba902b7-01"),
        format!("00-{}-00f067aa0ba902b7-01", trace.to_uppercase()),
        format!("00-{trace}-00f067aa0ba902b7"),
        format!("00-{trace}-00f067aa0ba902b7-01-x"),
        format!("00-{}-00f067aa0ba902b7-01-", &trace[1..]),
        "x".to_owned(),
    ] {
        assert_ne!(with(wrong.clone()), Value::from(trace), "{wrong}");
    }
}
