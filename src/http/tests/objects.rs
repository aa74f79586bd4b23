//! `/v1/objects`: where it leads, what it refuses and in which order, and that it is not there unless asked for.

use super::*;
use crate::domain::lifetime::unix_seconds;

const ON: &str = "[server]\nredirects = true\n";

fn bare(method: &str, path: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
}

fn with_token(method: &str, path: &str) -> Request<Body> {
    let mut request = bare(method, path);
    request.headers_mut().insert("authorization", format!("Bearer {}", token(json!({}))).parse().unwrap());
    request
}

/// A parameter of the URL that an answer leads to.
fn parameter<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let (_, query) = answer.header("location").split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

#[tokio::test]
async fn it_leads_to_a_fresh_url_of_a_minute_and_says_nothing_else() {
    let house = house(ON).await;
    for (method, operation) in [("GET", "GetObject"), ("HEAD", "HeadObject")] {
        let answer = house.ask(with_token(method, "/v1/objects/media/users/42/a%20b.png")).await;
        assert_eq!((answer.status, answer.body.len()), (307, 0), "{method}");
        let location = answer.header("location");
        let place = "https://acme-media.s3.eu-west-1.amazonaws.com/users/42/a%20b.png?";
        assert!(location.starts_with(place), "{method}: {location}");
        assert_eq!(parameter(&answer, "X-Amz-Expires"), Some("60"), "{method}");
        assert_eq!(parameter(&answer, "X-Amz-SignedHeaders"), Some("host"), "{method}");
        assert!(answer.headers["location"].is_sensitive(), "{method}");
        for (name, value) in [("cache-control", "no-store"), ("referrer-policy", "no-referrer"), ("content-type", "")] {
            assert_eq!(answer.header(name), value, "{method}: {name}");
        }
        let line = house.audit().pop().unwrap();
        assert_eq!((&line["decision"], &line["operation"]), (&json!("issued"), &json!(operation)));
        assert_eq!((&line["key"], &line["grant"]), (&json!("users/42/a b.png"), &json!("own-folder")));
        assert_eq!(Some(line["id"].as_str().unwrap()), parameter(&answer, "x-presignd-id"));
        let issued = format!("presignd_urls_issued_total{{bucket=\"media\",operation=\"{operation}\"}} 1");
        assert!(house.metric(&issued).await, "{method}");
        let route = "/v1/objects/{bucket}/{key}";
        let counted = format!("presignd_http_requests_total{{method=\"{method}\",route=\"{route}\",status=\"307\"}} 1");
        assert!(house.metric(&counted).await, "{method}");
    }
}

#[tokio::test]
async fn a_shorter_grant_default_or_token_cuts_the_minute() {
    let grant = |expires: &str| {
        format!(
            "[[grants]]\nname = \"short\"\nbucket = \"media\"\nprefix = \"users/42/short/\"\nactions = [\"read\"]\n\
             max_expires = \"{expires}\"\n"
        )
    };
    for (case, more, expected) in [
        ("a long grant", format!("{ON}{}", grant("1h")), 60),
        ("a short grant", format!("{ON}{}", grant("30s")), 30),
        ("a short default", format!("{ON}[expiry]\ndefault = \"20s\"\n{}", grant("1h")), 20),
        ("a token that ends", format!("{ON}[expiry]\nwithin_token = true\n{}", grant("1h")), 45),
    ] {
        let house = house(&more).await;
        let mut request = bare("GET", "/v1/objects/media/users/42/short/a");
        let token = token(json!({"exp": unix_seconds(now()) + 45}));
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        let answer = house.ask(request).await;
        assert_eq!(answer.status, 307, "{case}");
        assert_eq!(parameter(&answer, "X-Amz-Expires"), Some(&*expected.to_string()), "{case}");
    }
}

#[tokio::test]
async fn what_is_switched_off_is_as_if_it_were_not_there() {
    let house = house("").await;
    for method in ["GET", "HEAD", "POST", "DELETE"] {
        for path in ["/v1/objects/media/users/42/a", "/v1/objects/media/", "/v1/objects/media/users/42/a?x"] {
            let answer = house.ask(with_token(method, path)).await;
            assert_eq!((answer.status, answer.header("allow")), (404, ""), "{method} {path}");
        }
    }
    assert_eq!(house.ask(bare("GET", "/v1/objects/media/a")).await.problem(), (404, "not_found".to_owned()));
    assert!(house.metric(r#"presignd_http_requests_total{method="GET",route="unmatched",status="404"} 4"#).await);
    assert!(house.audit().is_empty());
}

#[tokio::test]
async fn it_refuses_what_a_request_for_that_url_would_be_refused_for() {
    let house = house(&format!(
        r#"{ON}
        [[grants]]
        name = "sealed"
        effect = "deny"
        bucket = "media"
        prefix = "users/42/sealed/"
        [[grants]]
        name = "off"
        bucket = "media"
        prefix = "users/42/off/"
        actions = ["read"]
        enabled = false
        [[grants]]
        name = "near"
        bucket = "media"
        prefix = "users/42/near/"
        actions = ["read"]
        require = {{ source_ips = ["10.0.0.0/8"] }}
        [[grants]]
        name = "fresh"
        bucket = "media"
        prefix = "users/42/fresh/"
        actions = ["read"]
        require = {{ mfa = "15m" }}
        "#
    ))
    .await;
    for (path, expected, line) in [
        ("/v1/objects/media/users/43/a", (403, "no_grant"), Some("users/43/a")),
        ("/v1/objects/nowhere/users/42/a", (403, "no_grant"), Some("users/42/a")),
        ("/v1/objects//a", (403, "no_grant"), Some("a")),
        ("/v1/objects/media/users/42/sealed/a", (403, "denied"), Some("users/42/sealed/a")),
        ("/v1/objects/media/users/42/sealed%2Fa", (403, "denied"), Some("users/42/sealed/a")),
        ("/v1/objects/media/users/42/off/a", (403, "grant_disabled"), Some("users/42/off/a")),
        ("/v1/objects/media/users/42/near/a", (403, "grant_not_satisfied"), Some("users/42/near/a")),
        ("/v1/objects/media/users/42/fresh/a", (401, "insufficient_authentication"), Some("users/42/fresh/a")),
        ("/v1/objects/media/users/42/../43/a", (400, "invalid_key"), Some("users/42/../43/a")),
        ("/v1/objects/media/users/42/%2e%2e/43/a", (400, "invalid_key"), Some("users/42/../43/a")),
        ("/v1/objects/media/users/42//a", (400, "invalid_key"), Some("users/42//a")),
        ("/v1/objects/media/users/42/%FF", (400, "invalid_key"), Some("users/42/%FF")),
        ("/v1/objects/media/users/42/100%", (400, "invalid_key"), Some("users/42/100%")),
        ("/v1/objects/media/", (400, "invalid_key"), Some("")),
        ("/v1/objects/media/users/42/a?", (400, "invalid_request"), None),
        ("/v1/objects/media/users/42/a?versionId=1", (400, "invalid_request"), None),
        ("/v1/objects/media/users/42/a?response-content-type=text/html", (400, "invalid_request"), None),
        ("/v1/objects/%FF/users/42/a", (400, "invalid_request"), None),
        ("/v1/objects/media", (404, "not_found"), None),
        ("/v1/objects", (404, "not_found"), None),
    ] {
        let before = house.audit().len();
        let answer = house.ask(with_token("GET", path)).await;
        assert_eq!(answer.problem(), (expected.0, expected.1.to_owned()), "{path}");
        assert_eq!(answer.header("location"), "", "{path}");
        let written = house.audit().split_off(before);
        assert_eq!(written.first().map(|line| line["key"].as_str().unwrap()), line, "{path}");
        let head = house.ask(with_token("HEAD", path)).await;
        assert_eq!((head.status, head.body.len()), (expected.0, 0), "{path}");
        for name in ["content-type", "content-length", "www-authenticate"] {
            let length_differs = name == "content-length" && head.header(name) != answer.header(name);
            assert!(!length_differs || path.is_empty(), "{path}: {name}");
            assert_eq!(head.header(name).is_empty(), answer.header(name).is_empty(), "{path}: {name}");
        }
    }
}

#[tokio::test]
async fn what_fails_first_is_told_first() {
    let limits =
        "[rate_limits]\nper_address = { rate = \"1/h\", burst = 4 }\nper_subject = { rate = \"1/h\", burst = 2 }\n";
    let house = house(&format!("{ON}{limits}")).await;
    let bad = "/v1/objects/media/users/42/a?x";
    let wrong = house.ask(bare("POST", bad)).await;
    assert_eq!(wrong.problem(), (405, "method_not_allowed".to_owned()));
    assert_eq!(wrong.header("allow"), "GET,HEAD");
    let anonymous = house.ask(bare("GET", bad)).await;
    assert_eq!(anonymous.problem(), (401, "missing_token".to_owned()));
    assert!(anonymous.header("www-authenticate").starts_with("Bearer"));
    let shape = house.ask(with_token("GET", bad)).await;
    assert_eq!(shape.problem(), (400, "invalid_request".to_owned()));
    assert!(shape.header("ratelimit").starts_with("\"per_subject\";r=1"), "{:?}", shape.headers);
    assert_eq!(house.ask(with_token("GET", "/v1/objects/media/users/42/a")).await.status, 307);
    assert_eq!(house.ask(with_token("GET", bad)).await.problem(), (400, "invalid_request".to_owned()));
    let over = house.ask(bare("GET", bad)).await;
    assert_eq!(over.problem(), (429, "rate_limited".to_owned()), "the address comes before the token");
    let spent = house.ask_from("192.0.2.2:1", with_token("HEAD", "/v1/objects/media/users/42/a")).await;
    assert_eq!((spent.status, spent.header("location")), (429, ""), "each costs one URL");
    assert!(!spent.header("retry-after").is_empty());
}

#[tokio::test]
async fn whoever_follows_has_no_header_to_add() {
    let house = house_of(&format!(
        r#"{ON}
        [[issuers]]
        issuer = "https://idp.example.com/"
        audiences = ["presignd"]
        hmac_secret_env = "JWT_SECRET"
        [buckets.media]
        bucket = "acme-media"
        region = "eu-west-1"
        default_encryption = {{ algorithm = "aws:kms", kms_key_id = "alias/k" }}
        [[grants]]
        name = "all"
        bucket = "media"
        prefix = ""
        actions = ["read", "write"]
        [grants.upload]
        max_size = "1MiB"
        require_checksum = true
        sse_c = true
        set_metadata = {{ owner = "{{sub}}" }}
        [grants.download]
        force_attachment = true
        "#
    ))
    .await;
    for method in ["GET", "HEAD"] {
        let answer = house.ask(with_token(method, "/v1/objects/media/a.html")).await;
        assert_eq!(answer.status, 307, "{method}");
        assert_eq!(parameter(&answer, "X-Amz-SignedHeaders"), Some("host"), "{method}");
        let disposition = parameter(&answer, "response-content-disposition");
        assert!(disposition.is_some_and(|value| value.starts_with("attachment")), "{method}: {disposition:?}");
    }
}
