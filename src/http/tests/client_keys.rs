//! A key of the client's own passes through only where nobody else can read it on its way.

use super::*;

#[tokio::test]
async fn a_key_is_taken_from_this_machine_and_trusted_proxies_alone() {
    let house = house(
        r#"
        [server]
        trusted_proxies = ["10.0.0.0/8"]
        [[grants]]
        name = "keys"
        bucket = "media"
        prefix = "keys/"
        actions = ["write"]
        upload = { sse_c = true }
        "#,
    )
    .await;
    let encrypted = |encryption: Value| {
        let mut request = upload();
        request["operation"] = json!("GetObject");
        request["server_side_encryption"] = encryption;
        request
    };
    let key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    let with_key = encrypted(json!({"algorithm": "customer", "key": key}));
    let without = encrypted(json!({"algorithm": "customer"}));
    for (peer, is_near) in [
        ("127.0.0.1:1", true),
        ("127.1.2.3:1", true),
        ("[::1]:1", true),
        ("[::ffff:127.0.0.1]:1", true),
        ("10.1.2.3:1", true),
        ("192.0.2.1:1", false),
        ("[2001:db8::1]:1", false),
    ] {
        let answer = house.ask_from(peer, post("/v1/presign", &with_key)).await;
        let batch = json!({"requests": [without, with_key]});
        let batch = house.ask_from(peer, post("/v1/presign/batch", &batch)).await.json();
        assert!(batch["results"][0]["url"].is_string(), "{peer}: {batch:#}");
        let item = &batch["results"][1];
        if is_near {
            let header = "x-amz-server-side-encryption-customer-key";
            assert_eq!(answer.json()["headers"][header], key, "{peer}: {}", answer.json());
            assert_eq!(item["headers"][header], key, "{peer}: {item:#}");
        } else {
            assert_eq!(answer.problem(), (400, "invalid_request".to_owned()), "{peer}");
            assert_eq!(answer.json()["errors"][0]["pointer"], "#/server_side_encryption/key", "{peer}");
            assert_eq!(item["code"], "invalid_request", "{peer}: {item:#}");
            assert_eq!(item["errors"][0]["pointer"], "#/requests/1/server_side_encryption/key", "{peer}: {item:#}");
        }
    }
    let plan = |size: u64| {
        let encryption = &with_key["server_side_encryption"];
        json!({"bucket": "media", "key": "keys/a", "content_length": size, "server_side_encryption": encryption})
    };
    let mut parts = plan(5 << 20);
    parts.as_object_mut().unwrap().extend([
        ("upload_id".to_owned(), json!("u")),
        ("part_size".to_owned(), json!(5 << 20)),
        ("parts".to_owned(), json!([1])),
    ]);
    for (path, body) in [("/v1/uploads", plan(1)), ("/v1/uploads", plan(1 << 30)), ("/v1/uploads/parts", parts.clone())]
    {
        let near = house.ask_from("127.0.0.1:1", post(path, &body)).await;
        assert!(near.body.windows(key.len()).any(|part| part == key.as_bytes()), "{path}: {}", near.json());
        let far = house.ask_from("192.0.2.1:1", post(path, &body)).await;
        assert_eq!(far.problem(), (400, "invalid_request".to_owned()), "{path}");
        assert_eq!(far.json()["errors"][0]["pointer"], "#/server_side_encryption/key", "{path}");
    }
    // A key that no step asks for was heard all the same.
    let mut complete = parts;
    complete["parts"] = json!([]);
    complete["include"] = json!(["complete"]);
    let far = house.ask_from("192.0.2.1:1", post("/v1/uploads/parts", &complete)).await;
    assert_eq!(far.problem(), (400, "invalid_request".to_owned()), "{}", far.json());
    assert_eq!(far.json()["errors"][0]["pointer"], "#/server_side_encryption/key");
    assert_eq!(house.ask_from("127.0.0.1:1", post("/v1/uploads/parts", &complete)).await.status, 200);
    // What comes over TLS nobody hears, wherever it comes from.
    let peer = Peer { address: "192.0.2.1:1".parse().unwrap(), over_tls: true };
    assert_eq!(house.ask_as(peer, post("/v1/presign", &with_key)).await.status, 200);
    // A trusted proxy's word on where the request came from changes nothing: it spoke TLS with whoever that is.
    let mut forwarded = post("/v1/presign", &with_key);
    forwarded.headers_mut().insert("x-forwarded-for", "192.0.2.1".parse().unwrap());
    assert_eq!(house.ask_from("10.1.2.3:1", forwarded).await.status, 200);
}
