//! What the tests share, tested.

use std::panic::AssertUnwindSafe;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;
use serde_json::json;

use crate::support::client::Reply;
use crate::support::hidden;
use crate::support::setting::ALL_OF_MEDIA;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::setting::token;
use crate::support::tokens::Issuer;
use crate::support::tokens::claims;
use crate::support::tokens::key_set;

/// What the issuers sign must be verifiable by others: with their public keys, by a library that they do not use.
#[test]
fn every_issuers_tokens_verify_with_its_public_key() {
    for issuer in [Issuer::rsa("a"), Issuer::ecdsa("b"), Issuer::ed25519("c")] {
        let token = issuer.token(&claims("https://idp.example", "presignd", "42", &json!({"role": "admin"})));
        let set: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&key_set(&[&issuer])).unwrap();
        let key = jsonwebtoken::DecodingKey::from_jwk(set.find(&issuer.key_id).unwrap()).unwrap();
        let mut rules = jsonwebtoken::Validation::new(issuer.algorithm().parse().unwrap());
        rules.set_audience(&["presignd"]);
        let read = jsonwebtoken::decode::<Value>(&token, &key, &rules).unwrap();
        assert_eq!((&read.claims["sub"], &read.claims["role"]), (&json!("42"), &json!("admin")));
        let (rest, _) = token.rsplit_once('.').unwrap();
        let forged = format!("{rest}.{}", BASE64_URL_SAFE_NO_PAD.encode([0; 64]));
        assert!(jsonwebtoken::decode::<Value>(&forged, &key, &rules).is_err(), "{}", issuer.algorithm());
    }
}

/// Nothing else shows whether what is looked for everywhere would be found.
#[test]
fn a_secret_is_found_in_each_way_that_it_may_be_written() {
    let told = |text: &str| std::panic::catch_unwind(|| hidden::look("a test", text)).is_err();
    hidden::secret("a test's own", "of+this/test alone?");
    hidden::token("eyJhIjoxfQ.Y2xhaW1zIG9mIHRoaXMgdGVzdA.c2lnbmF0dXJlIG9mIHRoaXM");
    hidden::variable("OF_A_TEST_TOKEN", "the-token-of-this-test");
    hidden::file(b"[x]\naws_secret_access_key = profile-of-this-test\n");
    hidden::file(br#"{"SecretAccessKey": "credentials-of-this-test", "AccessKeyId": "the-id-of-this-test"}"#);
    hidden::body(
        br#"{"a": [{"algorithm": "customer", "key": "b25seS1mb3ItdGhpcy10ZXN0"}], "key": "key-of-an-object"}"#,
    );
    let signature = "0123456789abcdef".repeat(4);
    hidden::signatures(&format!("a?X-Amz-Signature={signature}&b"));
    for text in [
        "before of+this/test alone? behind",
        "of%2Bthis%2Ftest%20alone%3F",
        "b2YrdGhpcy90ZXN0IGFsb25lPw==",
        "b2YrdGhpcy90ZXN0IGFsb25lPw",
        "6f662b746869732f7465737420616c6f6e653f",
        "Y2xhaW1zIG9mIHRoaXMgdGVzdA",
        "c2lnbmF0dXJlIG9mIHRoaXM",
        "the-token-of-this-test",
        "profile-of-this-test",
        "credentials-of-this-test",
        "b25seS1mb3ItdGhpcy10ZXN0",
        "only-for-this-test",
        &signature,
        "https://a.example/?X-Amz-Signature=ab",
    ] {
        assert!(told(text), "{text}");
    }
    for text in ["", "of+this/test alone", "the-id-of-this-test", "key-of-an-object", "X-Amz-SignedHeaders=host"] {
        assert!(!told(text), "{text}");
    }
}

#[test]
fn a_service_that_tells_a_secret_fails_its_test() {
    let secret = "a secret of more than 32 bytes that is told";
    let service = setting(&[ISSUER, MEDIA, ALL_OF_MEDIA]).env("AWS_SECRET_ACCESS_KEY", secret).serve();
    assert_eq!(service.post(&token(), "/v1/presign", &ask("GetObject", "media", secret)).status, 200);
    // As the key of an object it stands in the audit line.
    service.audited(1);
    assert!(std::panic::catch_unwind(AssertUnwindSafe(|| drop(service))).is_err());
}

#[test]
fn an_answer_ends_where_its_head_says() {
    let rows: [(&str, bool, u16, &str); 6] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabcd", false, 200, "ab"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", true, 200, ""),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
            false,
            200,
            "abc0123456789",
        ),
        ("HTTP/1.1 200 OK\r\n\r\nto the end", false, 200, "to the end"),
        ("HTTP/1.1 204 No Content\r\n\r\n", false, 204, ""),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\nContent-Length: 1\r\n\r\nx", false, 403, "x"),
    ];
    for (text, without_body, status, body) in rows {
        let reply = Reply::read(text.as_bytes(), without_body).expect(text);
        assert_eq!((reply.status, reply.text().as_str()), (status, body), "{text}");
    }
}
