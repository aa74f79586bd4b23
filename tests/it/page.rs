//! The page of `presignd dev` over HTTP: its files, what holds it in, and what it is told.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use serde_json::Value;
use serde_json::json;

use crate::dev::Dev;
use crate::support::client::Call;
use crate::support::client::Reply;

#[track_caller]
fn get(address: SocketAddr, path: &str) -> Reply {
    let reply = Call::new("GET", address, path).send();
    assert_eq!(reply.status, 200, "{path}");
    reply
}

/// The paths that a file of the page names: in attributes, or in imports, which are beside it.
fn named(text: &str) -> Vec<String> {
    let quoted = text.split('"').skip(1).step_by(2);
    let named = quoted.filter_map(|word| match word.strip_prefix("./") {
        Some(beside) => Some(format!("/dev/page/{beside}")),
        None => word.starts_with("/dev/page/").then(|| word.to_owned()),
    });
    named.collect()
}

#[test]
fn every_file_that_it_names_is_there_as_what_it_is() {
    let service = Dev::fresh();
    let address = service.address("service");
    let page = get(address, "/");
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let (mut seen, mut waiting) = (BTreeSet::new(), named(&page.text()));
    while let Some(path) = waiting.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let file = get(address, &path);
        let media_type = match path.rsplit_once('.').unwrap().1 {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml",
            other => panic!("{other}: {path}"),
        };
        assert_eq!(file.header("content-type"), Some(media_type), "{path}");
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"), "{path}");
        waiting.extend(named(&file.text()));
    }
    let embedded = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/cli/dev/page/assets")).unwrap();
    assert_eq!(seen.len() + 1, embedded.count(), "each file is reached from the page: {seen:?}");
}

#[test]
fn its_policy_lets_in_its_own_files_and_the_store_alone() {
    let service = Dev::fresh();
    let address = service.address("service");
    let store = service.address("S3 store");
    for path in ["/", "/dev/page/main.js", "/dev/page.json"] {
        let reply = get(address, path);
        let policy = reply.header("content-security-policy").unwrap();
        let directives: Vec<&str> = policy.split("; ").collect();
        let expected = [
            "default-src 'none'".to_owned(),
            "script-src 'self'".to_owned(),
            "style-src 'self'".to_owned(),
            format!("img-src 'self' http://{store}"),
            format!("connect-src 'self' http://{store}"),
            "base-uri 'none'".to_owned(),
            "form-action 'none'".to_owned(),
            "frame-ancestors 'none'".to_owned(),
        ];
        assert_eq!(directives, expected, "{path}");
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
    }
    let html = get(address, "/").text();
    for inline in [" style=", " onclick", "<style", "<script>", "javascript:", "https://"] {
        assert!(!html.contains(inline), "{inline}");
    }
}

#[test]
fn nobody_reaches_it_by_another_name_or_from_another_page() {
    let service = Dev::fresh();
    let address = service.address("service");
    let cases =
        [("host", "evil.example"), ("host", "127.0.0.1"), ("origin", "http://evil.example"), ("origin", "null")];
    for (method, path) in
        [("GET", "/"), ("GET", "/dev/page/main.js"), ("GET", "/dev/page.json"), ("POST", "/dev/explain")]
    {
        for (name, value) in cases {
            let reply = Call::new(method, address, path).header(name, value).send();
            assert_eq!(reply.status, 403, "{method} {path} {name}: {value}");
        }
    }
    let own = format!("localhost:{}", address.port());
    assert_eq!(Call::new("GET", address, "/").header("host", &own).send().status, 200);
}

#[test]
fn it_is_told_who_is_ready_and_where_the_objects_are() {
    let service = Dev::fresh();
    let around = get(service.address("service"), "/dev/page.json").json();
    let names: Vec<&Value> = around["callers"].as_array().unwrap().iter().map(|caller| &caller["name"]).collect();
    assert_eq!(names, ["alice", "bob", "guest"]);
    assert_eq!(around["store"], json!(format!("http://{}", service.address("S3 store"))));
    assert_eq!(around["buckets"], json!(["media", "vault"]));
}

#[test]
fn a_guest_has_no_grant_and_hears_which_were_considered() {
    let service = Dev::fresh();
    let address = service.address("service");
    let token = |name: &str| get(address, &format!("/dev/token?as={name}")).text().trim_end().to_owned();
    let (alice, guest) = (token("alice"), token("guest"));
    let grants = Call::new("GET", address, "/v1/grants").bearer(&guest).send().json();
    let allows = grants["grants"].as_array().unwrap().iter().filter(|grant| grant["effect"] == "allow");
    assert_eq!(allows.count(), 0, "{grants}");

    let explain = |token: &str, key: &str| {
        let body = json!({"operation": "PutObject", "bucket": "media", "key": key});
        Call::new("POST", address, "/dev/explain").bearer(token).json(&body).send().json()
    };
    let told = explain(&guest, "users/alice/a.txt");
    assert_eq!((&told["decision"], &told["code"]), (&json!("refused"), &json!("no_grant")));
    assert_eq!(told["considered"].as_array().unwrap().len(), 6, "{told}");
    let told = explain(&alice, "shared/a.exe");
    assert_eq!((&told["code"], &told["grant"]), (&json!("grant_not_satisfied"), &json!("publish")));
    assert_eq!(explain(&alice, "users/alice/a.txt")["decision"], "issued");
    let plan = json!({"bucket": "media", "key": "shared/a.png", "content_type": "image/png",
                      "content_length": 32 << 20, "part_size": 5 << 20});
    let told = Call::new("POST", address, "/dev/explain").bearer(&alice).json(&plan).send().json();
    assert_eq!((&told["code"], &told["grant"]), (&json!("grant_not_satisfied"), &json!("publish")), "a plan: {told}");
    let reply = Call::new("POST", address, "/dev/explain").json(&json!({})).send();
    assert_eq!((reply.status, reply.code()), (401, "missing_token".to_owned()));
}

#[test]
fn a_list_of_what_is_shared_is_not_refused_for_what_is_sealed() {
    let service = Dev::fresh();
    let address = service.address("service");
    let token = get(address, "/dev/token?as=bob").text().trim_end().to_owned();
    let body = json!({"operation": "ListObjectsV2", "bucket": "media", "prefix": "shared/"});
    let reply = Call::new("POST", address, "/v1/presign").bearer(&token).json(&body).send();
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(Call::to("GET", reply.json()["url"].as_str().unwrap()).send().status, 200);
}

#[test]
fn the_store_answers_the_page_as_a_browser_demands() {
    let service = Dev::fresh();
    let (address, store) = (service.address("service"), service.address("S3 store"));
    let origin = format!("http://{address}");
    let token = get(address, "/dev/token?as=alice").text().trim_end().to_owned();
    let issued = |body: Value| Call::new("POST", address, "/v1/presign").bearer(&token).json(&body).send().json();
    let target = |answer: &Value| answer["url"].as_str().unwrap().replace(&format!("http://{store}"), "");
    let key = "users/alice/a.txt";
    let put = issued(json!({"operation": "PutObject", "bucket": "media", "key": key, "content_type": "text/plain",
                            "content_length": 5, "metadata": {"a": "1"}, "if_none_match": "*",
                            "checksum": {"algorithm": "SHA256",
                                         "value": "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="}}));
    let cases = [
        ("PUT", put),
        ("GET", issued(json!({"operation": "GetObject", "bucket": "media", "key": key}))),
        ("GET", issued(json!({"operation": "ListObjectsV2", "bucket": "media", "prefix": "users/alice/"}))),
        ("DELETE", issued(json!({"operation": "DeleteObject", "bucket": "media", "key": key}))),
    ];
    for (method, answer) in cases {
        let headers = answer["headers"].as_object().unwrap();
        let names: Vec<&str> = headers.keys().map(String::as_str).chain(["range"]).collect();
        let preflight = Call::new("OPTIONS", store, &target(&answer)).header("origin", &origin);
        let preflight = preflight.header("access-control-request-method", method);
        let reply = preflight.header("access-control-request-headers", &names.join(",")).send();
        assert_eq!(
            (reply.status, reply.header("access-control-allow-origin")),
            (200, Some(origin.as_str())),
            "{method}"
        );
        assert!(reply.header("access-control-allow-methods").unwrap().contains(method), "{method}: {reply:?}");
        assert_eq!(reply.header("access-control-allow-headers"), Some(names.join(",").as_str()), "{method}");

        let call = Call::new(method, store, &target(&answer)).header("origin", &origin);
        let call = headers.iter().fold(call, |call, (name, value)| call.header(name, value.as_str().unwrap()));
        let reply = match method {
            "PUT" => call.body("hello").send(),
            "GET" if answer["key"] == key => call.header("range", "bytes=1-2").send(),
            _ => call.send(),
        };
        assert!(matches!(reply.status, 200 | 204 | 206), "{method}: {}", reply.text());
        assert_eq!(reply.header("access-control-allow-origin"), Some(origin.as_str()), "{method}");
        assert!(reply.header("access-control-expose-headers").unwrap().contains("ETag"), "{method}");
        if reply.status == 206 {
            assert_eq!((reply.text().as_str(), reply.header("content-range")), ("el", Some("bytes 1-2/5")));
        }
    }
}
