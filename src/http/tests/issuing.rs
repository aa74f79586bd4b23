//! URLs issued and refused, one by one and in batches, and what is written of them.

use super::*;

#[tokio::test]
async fn an_upload_is_issued_as_the_contract_has_it() {
    let house = house("").await;
    let answer = house.ask(post("/v1/presign", &upload())).await;
    let json = answer.json();
    assert_eq!(answer.status, 200, "{json}");
    assert_eq!(json["method"], "PUT");
    assert_eq!(
        (&json["bucket"], &json["key"], &json["grant"]),
        (&"media".into(), &"users/42/a.png".into(), &"own-folder".into())
    );
    assert_eq!((&json["expires_at"], &json["expires_in"]), (&"2026-11-24T08:15:00Z".into(), &900.into()));
    let url = json["url"].as_str().unwrap();
    assert!(url.starts_with("https://acme-media.s3.eu-west-1.amazonaws.com/users/42/a.png?"), "{url}");
    let id = json["id"].as_str().unwrap();
    assert!(url.contains(&format!("x-presignd-id={id}")), "{url}");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn an_issued_url_has_its_audit_line_and_counts() {
    let house = house("").await;
    let mut request = post("/v1/presign", &upload());
    request.headers_mut().insert("x-request-id", "my-id".parse().unwrap());
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    request.headers_mut().insert("traceparent", format!("00-{trace}-00f067aa0ba902b7-01").parse().unwrap());
    let answer = house.ask(request).await;
    assert_eq!(answer.header("x-request-id"), "my-id");
    let lines = house.audit();
    let expected = [
        ("decision", json!("issued")),
        ("code", Value::Null),
        ("issuer", json!("corp")),
        ("subject", json!("42")),
        ("client_id", Value::Null),
        ("token_id", json!("t-1")),
        ("client_address", json!("192.0.2.1")),
        ("request_id", json!("my-id")),
        ("trace_id", json!(trace)),
        ("operation", json!("PutObject")),
        ("bucket", json!("media")),
        ("key", json!("users/42/a.png")),
        ("grant", json!("own-folder")),
        ("expires_at", json!("2026-11-24T08:15:00Z")),
        ("signing_key_id", json!("AKIDEXAMPLE")),
        ("id", answer.json()["id"].clone()),
    ];
    for (member, value) in expected {
        assert_eq!(lines[0][member], value, "{member}");
    }
    assert_eq!(lines.len(), 1);
    assert!(house.metric(r#"presignd_urls_issued_total{bucket="media",operation="PutObject"} 1"#).await);
    let counted = r#"presignd_http_requests_total{method="POST",route="/v1/presign",status="200"} 1"#;
    assert!(house.metric(counted).await);
}

#[tokio::test]
async fn every_refusal_has_its_status_and_code_and_some_have_a_line() {
    let cases = [
        (
            "no grant",
            json!({"operation": "GetObject", "bucket": "media", "key": "users/43/a"}),
            (403, "no_grant"),
            true,
        ),
        (
            "no bucket",
            json!({"operation": "GetObject", "bucket": "other", "key": "users/42/a"}),
            (403, "no_grant"),
            true,
        ),
        (
            "no such action",
            json!({"operation": "DeleteObject", "bucket": "media", "key": "users/42/a"}),
            (403, "no_grant"),
            true,
        ),
        (
            "a key that is none",
            json!({"operation": "GetObject", "bucket": "media", "key": "users/42/../a"}),
            (400, "invalid_key"),
            true,
        ),
        (
            "longer than the grant allows",
            json!({"operation": "GetObject", "bucket": "media", "key": "users/42/a", "expires_in": 1801}),
            (400, "expires_in_too_long"),
            true,
        ),
        (
            "outside a limit",
            json!({"operation": "PutObject", "bucket": "media", "key": "users/42/a", "storage_class": "GLACIER"}),
            (403, "grant_not_satisfied"),
            true,
        ),
        (
            "an unknown member",
            json!({"operation": "GetObject", "bucket": "media", "key": "users/42/a", "acl": "x"}),
            (400, "invalid_request"),
            false,
        ),
        ("a missing member", json!({"operation": "GetObject", "bucket": "media"}), (400, "invalid_request"), false),
        ("no object", json!([]), (400, "invalid_request"), false),
    ];
    for (name, body, (status, code), has_line) in cases {
        let house = house("").await;
        let answer = house.ask(post("/v1/presign", &body)).await;
        assert_eq!(answer.problem(), (status, code.to_owned()), "{name}");
        let lines = house.audit();
        assert_eq!(lines.len(), usize::from(has_line), "{name}");
        assert!(lines.iter().all(|line| line["decision"] == "refused" && line["code"] == code), "{name}: {lines:?}");
        assert!(house.metric(&format!("presignd_refusals_total{{code=\"{code}\"}} 1")).await, "{name}");
    }
}

#[tokio::test]
async fn what_is_too_long_is_told_with_the_most_that_may_be_asked() {
    let house = house("").await;
    let body = json!({"operation": "GetObject", "bucket": "media", "key": "users/42/a", "expires_in": 1801});
    let json = house.ask(post("/v1/presign", &body)).await.json();
    assert_eq!(json["max_expires_in"], 1800, "{json}");
    assert_eq!(json["errors"][0]["pointer"], "#/expires_in", "{json}");
}

#[tokio::test]
async fn a_batch_answers_each_item_by_itself_and_in_order() {
    let house = house("").await;
    let good = |name: &str| json!({"operation": "GetObject", "bucket": "media", "key": format!("users/42/{name}")});
    let stranger = json!({"operation": "GetObject", "bucket": "media", "key": "users/43/a"});
    let body = json!({"requests": [good("a"), stranger, {"operation": "GetObject", "bucket": "media", "key": "users/42/b", "x": 1}, 7, good("b")]});
    let answer = house.ask(post("/v1/presign/batch", &body)).await;
    let json = answer.json();
    assert_eq!(answer.status, 200, "{json}");
    let results = json["results"].as_array().unwrap();
    let told: Vec<_> =
        results.iter().map(|result| result.get("code").or(result.get("key")).unwrap().as_str().unwrap()).collect();
    assert_eq!(told, ["users/42/a", "no_grant", "invalid_request", "invalid_request", "users/42/b"]);
    assert_eq!(
        (&results[1]["status"], &results[1]["request_id"]),
        (&403.into(), &answer.header("x-request-id").into())
    );
    assert_eq!(results[2]["errors"][0]["pointer"], "#/requests/2/x");
    assert_eq!(results[3]["errors"][0]["pointer"], "#/requests/3");
    let decisions: Vec<_> = house.audit().iter().map(|line| line["decision"].as_str().unwrap().to_owned()).collect();
    assert_eq!(decisions, ["issued", "refused", "issued"], "lines of one batch, in its order");
    assert_ne!(results[0]["id"], results[4]["id"]);
    assert!(house.metric(r#"presignd_refusals_total{code="invalid_request"} 2"#).await);
}

#[tokio::test]
async fn a_batch_of_the_wrong_shape_is_refused_whole() {
    let house = house("[server]\nmax_batch = 2\n").await;
    let item = upload();
    for (name, body, pointer) in [
        ("none", json!({"requests": []}), "#/requests"),
        ("too many", json!({"requests": [item, item, item]}), "#/requests"),
        ("no list", json!({"requests": {}}), "#/requests"),
        ("nothing", json!({}), "#/requests"),
        ("a stranger", json!({"requests": [item], "a/b": 1}), "#/a~1b"),
        ("no object", json!([item]), "#"),
    ] {
        let answer = house.ask(post("/v1/presign/batch", &body)).await;
        assert_eq!(answer.problem(), (400, "invalid_request".to_owned()), "{name}");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{name}");
    }
    assert_eq!(house.ask(post("/v1/presign/batch", &json!({"requests": [item, item]}))).await.status, 200);
    assert_eq!(house.audit().len(), 2);
}

#[tokio::test]
async fn a_batch_costs_what_it_holds_and_is_admitted_or_refused_whole() {
    let house = house("[rate_limits]\nper_subject = { rate = \"1/h\", burst = 5 }\n").await;
    let batch = |count| json!({"requests": vec![upload(); count]});
    let six = house.ask(post("/v1/presign/batch", &batch(6))).await;
    assert_eq!(six.problem(), (400, "invalid_request".to_owned()), "more than the burst never fits");
    assert_eq!(six.json()["errors"][0]["pointer"], "#/requests");
    let four = house.ask(post("/v1/presign/batch", &batch(4))).await;
    assert_eq!(four.status, 200);
    assert_eq!(four.header("ratelimit-policy"), "\"per_subject\";q=5;w=18000");
    assert!(four.header("ratelimit").starts_with("\"per_subject\";r=1;t="), "{}", four.header("ratelimit"));
    let two = house.ask(post("/v1/presign/batch", &batch(2))).await;
    assert_eq!(two.problem(), (429, "rate_limited".to_owned()));
    assert_eq!(two.header("retry-after"), two.json()["retry_after"].to_string());
    assert_eq!(house.audit().len(), 4, "nothing of what was refused");
    let invalid = house.ask(post("/v1/presign", &json!({}))).await;
    assert_eq!(invalid.problem(), (400, "invalid_request".to_owned()), "the one that was left is charged for it");
    assert_eq!(house.ask(post("/v1/presign", &upload())).await.status, 429);
}

#[tokio::test]
async fn no_line_no_url() {
    let house = house_of(
        r#"
        [[issuers]]
        name = "corp"
        issuer = "https://idp.example.com/"
        audiences = ["presignd"]
        hmac_secret_env = "JWT_SECRET"
        [buckets.media]
        bucket = "acme-media"
        region = "eu-west-1"
        [[grants]]
        name = "all"
        bucket = "media"
        prefix = ""
        actions = ["read", "write"]
        [audit]
        path = "/dev/full"
        "#,
    )
    .await;
    for path in ["/v1/presign", "/v1/presign/batch"] {
        let body = if path.ends_with("batch") { json!({"requests": [upload()]}) } else { upload() };
        let answer = house.ask(post(path, &body)).await;
        assert_eq!(answer.problem(), (503, "audit_unavailable".to_owned()), "{path}");
        assert!(!answer.header("retry-after").is_empty(), "{path}");
        assert!(!String::from_utf8(answer.body).unwrap().contains("X-Amz-Signature"), "{path}");
    }
    assert!(!house.metric(r#"presignd_urls_issued_total{bucket="media",operation="PutObject"} 1"#).await);
    let ready = house.ask_admin("/readyz?verbose").await;
    let checks = ready.json();
    assert_eq!(ready.status, 503, "{checks}");
    let audit = checks["checks"].as_array().unwrap().iter().find(|check| check["name"] == "audit").unwrap();
    assert_eq!(audit["ok"], false, "{checks}");
}
