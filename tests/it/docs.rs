//! `/docs` over HTTP: the page, its files, and what holds them in.

use std::io::Write;
use std::process::Command;
use std::process::Stdio;

use crate::support::client::Reply;
use crate::support::service::Service;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::setting;

fn served() -> Service {
    setting(&[ISSUER, MEDIA, ALL_OF_MEDIA]).serve()
}

#[track_caller]
fn get(service: &Service, path: &str) -> Reply {
    let reply = service.call("GET", path).send();
    assert_eq!(reply.status, 200, "{path}");
    reply
}

/// A file's text, also where it comes compressed.
#[track_caller]
fn text(reply: &Reply) -> String {
    if reply.header("content-encoding").is_none() {
        return reply.text();
    }
    assert_eq!(reply.header("content-encoding"), Some("gzip"));
    let mut gzip = Command::new("gzip").args(["-dc"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut stdin, compressed) = (gzip.stdin.take().unwrap(), reply.body.clone());
    std::thread::spawn(move || stdin.write_all(&compressed));
    let output = gzip.wait_with_output().unwrap();
    assert!(output.status.success(), "gzip finds its length and checksum right");
    String::from_utf8(output.stdout).unwrap()
}

/// What a page's attributes, or the imports of a stylesheet, name; relative to `/`.
fn named(path: &str, text: &str) -> Vec<String> {
    let (before, folder) = match path.rsplit_once('.').map(|(_, kind)| kind) {
        None => (vec!["href=\"", "src=\""], "/"),
        Some("css") => (vec!["@import \""], "/docs/"),
        Some(_) => (vec![], "/"),
    };
    let found = before.into_iter().flat_map(|before| text.split(before).skip(1));
    let found = found.filter_map(|rest| rest.split('"').next()).filter(|name| !name.starts_with('#'));
    found.map(|name| format!("{folder}{name}")).collect()
}

#[test]
fn every_file_that_the_page_names_is_in_the_binary_as_what_it_is() {
    let service = served();
    let page = get(&service, "/docs");
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let mut waiting = named("/docs", &page.text());
    let mut seen = Vec::new();
    while let Some(path) = waiting.pop() {
        let reply = get(&service, &path);
        let media_type = match path.rsplit_once('.').unwrap().1 {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "json" => "application/json",
            "svg" => "image/svg+xml",
            "txt" => "text/plain; charset=utf-8",
            "yaml" => "application/yaml",
            other => panic!("{other}: {path}"),
        };
        assert_eq!(reply.header("content-type"), Some(media_type), "{path}");
        let text = text(&reply);
        assert!(text.len() > 100, "{path}");
        waiting.extend(named(&path, &text));
        seen.push(path);
    }
    seen.sort_unstable();
    let expected = [
        "/docs/icon.svg",
        "/docs/look.css",
        "/docs/start.js",
        "/docs/style.css",
        "/docs/swagger-ui-bundle.js",
        "/docs/swagger-ui-license.txt",
        "/docs/swagger-ui.css",
        "/openapi.json",
        "/openapi.yaml",
        "/openapi.yaml",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn the_page_s_policy_lets_nothing_in_but_its_own_files_and_sends_nothing_elsewhere() {
    let service = served();
    for path in ["/docs", "/docs/start.js", "/docs/swagger-ui-bundle.js"] {
        let reply = get(&service, path);
        let policy: Vec<&str> = reply.header("content-security-policy").unwrap().split("; ").collect();
        let expected = [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ];
        assert_eq!(policy, expected, "{path}");
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(reply.header(name), Some(value), "{path}");
        }
    }
    for path in ["/docs", "/docs/start.js", "/docs/style.css", "/docs/look.css"] {
        let text = get(&service, path).text();
        for elsewhere in ["http:", "https:", "\"//", " style=", " onclick", "<style", "<script>", "javascript:"] {
            assert!(!text.contains(elsewhere), "{path}: {elsewhere}");
        }
    }
}

#[test]
fn the_page_is_reached_with_and_without_a_slash_and_has_no_page_beside_it() {
    let service = served();
    let reply = service.call("GET", "/docs/").send();
    assert_eq!((reply.status, reply.header("location")), (308, Some("../docs")));
    let head = service.call("HEAD", "/docs").send();
    assert_eq!((head.status, head.body.len()), (200, 0));
    let page = get(&service, "/docs");
    assert_eq!(head.header("content-length"), page.header("content-length"));
    assert!(!page.text().contains("href=\"./\""), "serve has no page at /");
    assert!(page.text().contains(env!("CARGO_PKG_VERSION")));
    assert!(!page.text().contains('{'), "nothing is left to be filled in");
}

#[test]
fn metrics_count_a_request_for_a_file_that_is_not_there_as_any_other() {
    let service = served();
    for path in ["/docs", "/docs/start.js", "/docs/a", "/docs/b"] {
        service.call("GET", path).send();
    }
    let metrics = service.admin("/metrics").text();
    let routes = metrics.lines().filter(|line| line.starts_with("presignd_http_requests_total{"));
    let mut routes: Vec<&str> = routes.filter_map(|line| line.split("route=\"").nth(1)?.split('"').next()).collect();
    routes.sort_unstable();
    assert_eq!(routes, ["/docs", "/docs/start.js", "unmatched"]);
}
