//! Everything before a decision: routes, tokens, bodies, limits, origins, and what every answer has.

use super::*;

#[tokio::test]
async fn what_fails_first_is_told_first() {
    let house = house("[server]\nmax_body = \"1KiB\"\n").await;
    let body = upload().to_string();
    let request = |path: &str, token: Option<&str>, media_type: &str, body: &str| {
        let mut request =
            Request::post(path).header("content-type", media_type).body(Body::from(body.to_owned())).unwrap();
        if let Some(token) = token {
            request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        request
    };
    let good = token(json!({}));
    let expired = token(json!({"exp": NOW - 600}));
    let long = "x".repeat(2000);
    for (name, path, token, media_type, body, (status, code)) in [
        ("no route", "/v1/nothing", None, "text/plain", "{", (404, "not_found")),
        ("no method", "/v1/grants", None, "text/plain", "{", (405, "method_not_allowed")),
        ("no token", "/v1/presign", None, "text/plain", "{", (401, "missing_token")),
        ("a bad token", "/v1/presign", Some("x.y.z"), "text/plain", "{", (401, "invalid_token")),
        ("an old token", "/v1/presign", Some(&*expired), "text/plain", "{", (401, "expired_token")),
        ("no JSON announced", "/v1/presign", Some(&*good), "text/plain", "{", (415, "unsupported_media_type")),
        ("too much", "/v1/presign", Some(&*good), "application/json", &long, (413, "body_too_large")),
        ("no JSON", "/v1/presign", Some(&*good), "application/json", "{", (400, "malformed_json")),
        ("a duplicate", "/v1/presign", Some(&*good), "application/json", r#"{"a":1,"a":1}"#, (400, "malformed_json")),
        ("all well", "/v1/presign", Some(&*good), "application/json; charset=utf-8", &body, (200, "")),
    ] {
        let answer = house.ask(request(path, token, media_type, body)).await;
        match code {
            "" => assert_eq!(answer.status, status, "{name}"),
            _ => assert_eq!(answer.problem(), (status, code.to_owned()), "{name}"),
        }
        assert_eq!(answer.header("cache-control"), "no-store", "{name}");
        let challenge = answer.header("www-authenticate");
        let error = "error=\"invalid_token\"";
        assert_eq!(challenge.starts_with("Bearer"), status == 401, "{name}");
        assert_eq!(challenge.contains(error), status == 401 && code != "missing_token", "{name}");
    }
    assert_eq!(house.audit().len(), 1, "nothing is written of what fails before");
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let house = house("").await;
    for (path, allow) in [("/v1/presign", "POST"), ("/v1/presign/batch", "POST"), ("/v1/grants", "GET,HEAD")] {
        let answer = house.ask(Request::delete(path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.problem(), (405, "method_not_allowed".to_owned()), "{path}");
        assert_eq!(answer.header("allow"), allow, "{path}");
    }
    assert_eq!(house.ask_admin("/nothing").await.problem(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn the_address_is_charged_before_the_token_is_looked_at() {
    let house = house("[rate_limits]\nper_address = { rate = \"1/h\", burst = 2 }\n").await;
    let anonymous = || Request::post("/v1/presign").body(Body::empty()).unwrap();
    for _ in 0..2 {
        let answer = house.ask(anonymous()).await;
        assert_eq!(answer.problem(), (401, "missing_token".to_owned()));
        assert!(answer.header("ratelimit").starts_with("\"per_address\";r="), "{:?}", answer.headers);
    }
    let refused = house.ask(post("/v1/presign", &upload())).await;
    assert_eq!(refused.problem(), (429, "rate_limited".to_owned()));
    assert_eq!(refused.header("ratelimit-policy"), "\"per_address\";q=2;w=7200");
    assert_eq!(house.ask(Request::get("/v1/nothing").body(Body::empty()).unwrap()).await.status, 404, "costs nothing");
    assert_eq!(house.ask_from("192.0.2.2:1", post("/v1/presign", &upload())).await.status, 200, "another address");
    let mut forwarded = post("/v1/presign", &upload());
    forwarded.headers_mut().insert("x-forwarded-for", "198.51.100.1".parse().unwrap());
    let detail = house.ask(forwarded).await.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("192.0.2.1") && detail.contains("x-forwarded-for"), "{detail}");
}

#[tokio::test]
async fn a_trusted_proxy_tells_whom_it_speaks_for() {
    let house = house("[server]\ntrusted_proxies = [\"192.0.2.1\"]\n").await;
    let mut request = post("/v1/presign", &upload());
    request.headers_mut().insert("x-forwarded-for", "203.0.113.9, 198.51.100.1".parse().unwrap());
    assert_eq!(house.ask(request).await.status, 200);
    assert_eq!(house.audit()[0]["client_address"], "198.51.100.1");
}

#[tokio::test]
async fn other_origins_are_answered_as_configured() {
    let house = house("[server]\ncors_origins = [\"https://app.example.com\"]\n").await;
    let preflight = |origin: &str| {
        Request::options("/v1/presign")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .body(Body::empty())
            .unwrap()
    };
    let ours = house.ask(preflight("https://app.example.com")).await;
    assert_eq!(ours.status, 204);
    for (name, value) in [
        ("access-control-allow-origin", "https://app.example.com"),
        ("access-control-allow-methods", "GET, HEAD, POST"),
        ("access-control-allow-headers", "Authorization, Content-Type, X-Request-Id"),
        ("access-control-max-age", "600"),
        ("vary", "Origin"),
        ("access-control-allow-credentials", ""),
    ] {
        assert_eq!(ours.header(name), value, "{name}");
    }
    let strange = house.ask(preflight("https://evil.example")).await;
    assert_eq!((strange.status, strange.header("access-control-allow-origin")), (204, ""));
    for (origin, expected) in [("https://app.example.com", "https://app.example.com"), ("https://evil.example", "")] {
        let mut request = Request::post("/v1/presign").body(Body::empty()).unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        let refused = house.ask(request).await;
        assert_eq!(refused.problem(), (401, "missing_token".to_owned()), "{origin}");
        assert_eq!(refused.header("access-control-allow-origin"), expected, "{origin}");
        assert_eq!(refused.header("vary"), "Origin", "{origin}");
    }
}

#[tokio::test]
async fn a_request_that_takes_too_long_or_is_one_too_many_is_told_so() {
    let slow = house("[server]\nrequest_timeout = \"1s\"\n").await;
    let mut request = post("/v1/presign", &upload());
    *request.body_mut() = Body::new(Never);
    assert_eq!(slow.ask(request).await.problem(), (408, "request_timeout".to_owned()));

    let full = house("[server]\nmax_in_flight = 1\n").await;
    full.app.metrics.requests_in_flight.inc();
    let refused = full.ask(post("/v1/presign", &upload())).await;
    assert_eq!(refused.problem(), (503, "overloaded".to_owned()));
    assert_eq!(refused.header("retry-after"), "1");
    full.app.metrics.requests_in_flight.dec();
    assert_eq!(full.ask(post("/v1/presign", &upload())).await.status, 200);
    assert_eq!(full.app.metrics.requests_in_flight.get(), 0);
}

/// A body that never comes.
struct Never;

impl hyper::body::Body for Never {
    type Data = bytes::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<bytes::Bytes>, Self::Error>>> {
        std::task::Poll::Pending
    }
}

#[tokio::test]
async fn a_panic_is_an_internal_error_and_the_service_goes_on() {
    let house = house("").await;
    let besides = axum::Router::new().route("/boom", axum::routing::get(boom));
    let router = crate::http::service(&house.app, Some(besides));
    let request = Request::get("/boom").body(Body::empty()).unwrap();
    let answer = read(router.clone().oneshot(request).await.unwrap()).await;
    assert_eq!(answer.problem(), (500, "internal_error".to_owned()));
    assert!(!String::from_utf8(answer.body).unwrap().contains("12345"));
    assert_eq!(house.ask(post("/v1/presign", &upload())).await.status, 200);
    assert!(house.metric(r#"presignd_http_requests_total{method="GET",route="/boom",status="500"} 1"#).await);
    assert_eq!(house.app.metrics.requests_in_flight.get(), 0);
}

#[tokio::test]
async fn labels_are_never_a_caller_s_words() {
    let house = house("").await;
    let request = Request::builder().method("BREW").uri("/v1/coffee?x").body(Body::empty()).unwrap();
    assert_eq!(house.ask(request).await.status, 404);
    assert!(house.metric(r#"presignd_http_requests_total{method="OTHER",route="unmatched",status="404"} 1"#).await);
}

#[tokio::test]
async fn readiness_names_what_is_lacking() {
    let house = house("").await;
    let ready = house.ask_admin("/readyz").await;
    assert_eq!((ready.status, ready.body.as_slice()), (200, &b"ready\n"[..]));
    let verbose = house.ask_admin("/readyz?verbose").await.json();
    let names: Vec<_> =
        verbose["checks"].as_array().unwrap().iter().map(|check| check["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["configuration", "running", "issuers", "credentials", "audit"]);
    house.app.drain();
    let draining = house.ask_admin("/readyz?verbose").await;
    assert_eq!((draining.status, &draining.json()["ready"]), (503, &false.into()));
    assert!(!draining.header("retry-after").is_empty());
    assert_eq!(house.ask_admin("/livez").await.status, 200);
    assert_eq!(house.ask(post("/v1/presign", &upload())).await.status, 200, "begun requests are answered");
}

async fn boom() -> &'static str {
    panic!("the secret is 12345")
}
