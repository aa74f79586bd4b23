//! What the tests share, tested.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;
use serde_json::json;

use crate::support::client::Reply;
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
