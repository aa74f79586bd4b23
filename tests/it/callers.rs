//! Who is believed: good tokens over HTTP, for as long as they say, and issuers that cannot speak for one another.

use serde_json::Value;
use serde_json::json;

use crate::support::client::Reply;
use crate::support::eventually;
use crate::support::now;
use crate::support::service::Service;
use crate::support::setting::CORP;
use crate::support::setting::CORP_SECRET;
use crate::support::setting::MEDIA;
use crate::support::setting::ask;
use crate::support::setting::setting;
use crate::support::tokens::Issuer;
use crate::support::tokens::claims;
use crate::support::tokens::encode;
use crate::support::tokens::key_set;

pub const PARTNER: &str = "https://partner.example";

const ISSUERS: &str = r#"
    [[issuers]]
    name = "corp"
    issuer = "https://idp.example/"
    audiences = ["presignd", "uploads"]
    hmac_secret_env = "CORP_SECRET"
    [[issuers]]
    name = "partner"
    issuer = "https://partner.example"
    audiences = ["presignd"]
    jwks_file = "partner.json"
    [[issuers]]
    name = "strict"
    issuer = "https://strict.example"
    audiences = ["client-1"]
    audience_claims = ["client_id"]
    jwks_file = "strict.json"
    algorithms = ["ES256"]
    token_type = "at+jwt"
    required_claims = ["sub", "jti"]
    leeway = "0s"
    [[grants]]
    name = "of-corp"
    issuers = ["corp"]
    bucket = "media"
    prefix = "corp/"
    actions = ["read"]
    [[grants]]
    name = "of-partner"
    issuers = ["partner"]
    bucket = "media"
    prefix = "partner/"
    actions = ["read"]
    [[grants]]
    name = "of-strict"
    issuers = ["strict"]
    bucket = "media"
    prefix = "strict/"
    actions = ["read"]
"#;

/// The issuers of the tables, and a service that believes them.
pub struct Stage {
    pub corp: Issuer,
    pub rsa: Issuer,
    pub ecdsa: Issuer,
    pub ed25519: Issuer,
    pub strict: Issuer,
    /// Of a key that is for encryption.
    pub foreign: Issuer,
    pub service: Service,
}

impl Stage {
    pub fn new() -> Self {
        let (rsa, ecdsa, ed25519) = (Issuer::rsa("r1"), Issuer::ecdsa("e1"), Issuer::ed25519("d1"));
        let (strict, foreign) = (Issuer::ecdsa("s1"), Issuer::ecdsa("f1"));
        let presignd = setting(&[ISSUERS, MEDIA])
            .file("partner.json", with_strangers(&key_set(&[&rsa, &ecdsa, &ed25519]), &foreign))
            .file("strict.json", key_set(&[&strict, &rsa]));
        Self { corp: Issuer::hmac(CORP_SECRET), rsa, ecdsa, ed25519, strict, foreign, service: presignd.serve() }
    }

    pub fn ask(&self, authorization: &str, key: &str) -> Reply {
        let call = self.service.call("POST", "/v1/presign").header("authorization", authorization);
        call.json(&ask("GetObject", "media", key)).send()
    }

    pub fn ask_with(&self, token: &str, key: &str) -> Reply {
        self.ask(&format!("Bearer {token}"), key)
    }
}

/// A key set with keys that sign no tokens: a secret, one for encryption, and one of a kind to come.
fn with_strangers(set: &str, foreign: &Issuer) -> String {
    let mut set: Value = serde_json::from_str(set).unwrap();
    let mut for_encryption = foreign.jwk();
    for_encryption["use"] = json!("enc");
    let secret = json!({"kty": "oct", "kid": "o1", "alg": "HS256", "use": "sig", "k": encode(PUBLISHED_SECRET)});
    let to_come = json!({"kty": "AKP", "kid": "a1", "alg": "ML-DSA-44", "pub": "AAAA"});
    set["keys"].as_array_mut().unwrap().extend([secret, for_encryption, to_come]);
    set.to_string()
}

pub const PUBLISHED_SECRET: &str = "a-secret-that-a-key-set-publishes";

pub fn of_corp(more: &Value) -> Value {
    claims(CORP, "presignd", "42", more)
}

pub fn of_partner(more: &Value) -> Value {
    claims(PARTNER, "presignd", "42", more)
}

pub fn of_strict(more: &Value) -> Value {
    let mut claims = claims("https://strict.example", "", "42", &json!({"client_id": "client-1", "jti": "1"}));
    claims.as_object_mut().unwrap().remove("aud");
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

pub fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().unwrap().remove(name).unwrap();
    claims
}

pub const AT_JWT: &str = r#"{"alg":"ES256","typ":"at+jwt","kid":"s1"}"#;

#[test]
fn a_good_token_speaks_for_its_issuer() {
    let stage = Stage::new();
    let Stage { corp, rsa, ecdsa, ed25519, strict, .. } = &stage;
    let soon = now() + 20;
    let cases = [
        ("HS256", corp.token(&of_corp(&json!({}))), "corp/a"),
        ("RS256", rsa.token(&of_partner(&json!({}))), "partner/a"),
        ("ES256", ecdsa.token(&of_partner(&json!({}))), "partner/a"),
        ("EdDSA", ed25519.token(&of_partner(&json!({}))), "partner/a"),
        (
            "Ed25519, as RFC 9864 calls it",
            ed25519.token_of(r#"{"alg":"Ed25519","kid":"d1"}"#, &of_partner(&json!({})).to_string()),
            "partner/a",
        ),
        (
            "no kid, one key of the family",
            rsa.token_of(r#"{"alg":"RS256"}"#, &of_partner(&json!({})).to_string()),
            "partner/a",
        ),
        ("another of the audiences", corp.token(&of_corp(&json!({"aud": "uploads"}))), "corp/a"),
        ("an audience among several", corp.token(&of_corp(&json!({"aud": ["x", "presignd"]}))), "corp/a"),
        ("expired within the leeway", corp.token(&of_corp(&json!({"exp": now() - 10}))), "corp/a"),
        ("not yet valid within the leeway", corp.token(&of_corp(&json!({"nbf": soon, "iat": soon}))), "corp/a"),
        ("no sub where none is demanded", corp.token(&without(of_corp(&json!({})), "sub")), "corp/a"),
        (
            "typ, audience claim and required claims",
            strict.token_of(AT_JWT, &of_strict(&json!({})).to_string()),
            "strict/a",
        ),
        (
            "typ in its long form",
            strict.token_of(
                r#"{"alg":"ES256","typ":"application/at+jwt","kid":"s1"}"#,
                &of_strict(&json!({})).to_string(),
            ),
            "strict/a",
        ),
    ];
    for (case, token, key) in &cases {
        let reply = stage.ask_with(token, key);
        assert_eq!(reply.status, 200, "{case}: {}", reply.text());
        assert_eq!(reply.json()["key"], **key, "{case}");
        // A grant of another issuer is as good as none.
        let foreign = if *key == "corp/a" { "partner/a" } else { "corp/a" };
        let reply = stage.ask_with(token, foreign);
        assert_eq!((reply.status, reply.code()), (403, "no_grant".to_owned()), "{case}");
    }
    let token = corp.token(&of_corp(&json!({})));
    assert_eq!(stage.ask(&format!("bearer {token}"), "corp/a").status, 200, "RFC 9110: schemes are case-insensitive");
}

#[test]
fn without_a_token_or_after_its_end_the_challenge_says_so() {
    let stage = Stage::new();
    let expired = stage.corp.token(&of_corp(&json!({"exp": now() - 60})));
    let at_once = stage.strict.token_of(AT_JWT, &of_strict(&json!({"exp": now() - 1})).to_string());
    let cases = [
        ("no header", None, "missing_token"),
        ("another scheme", Some("Basic YTpi".to_owned()), "missing_token"),
        ("expired", Some(format!("Bearer {expired}")), "expired_token"),
        ("expired a second ago, without leeway", Some(format!("Bearer {at_once}")), "expired_token"),
    ];
    for (case, authorization, code) in cases {
        for path in ["/v1/presign", "/v1/presign/batch"] {
            let mut call = stage.service.call("POST", path);
            if let Some(value) = &authorization {
                call = call.header("authorization", value);
            }
            let reply = call.json(&ask("GetObject", "media", "corp/a")).send();
            assert_eq!((reply.status, reply.code().as_str()), (401, code), "{case} at {path}");
            let challenge = reply.header("www-authenticate").unwrap_or_else(|| panic!("{case} at {path}: {reply:?}"));
            assert!(challenge.starts_with("Bearer"), "{case}: {challenge}");
            assert_eq!(challenge.contains(r#"error="invalid_token""#), code == "expired_token", "{case}: {challenge}");
        }
    }
    let reply = stage.service.call("GET", "/v1/grants").send();
    assert_eq!((reply.status, reply.code().as_str()), (401, "missing_token"));
    let good = format!("Bearer {}", stage.corp.token(&of_corp(&json!({}))));
    let twice = stage.service.call("GET", "/v1/grants").header("authorization", &good).header("authorization", &good);
    assert_eq!(twice.send().status, 401, "of two tokens none is believed");
    let in_query = stage.service.call("GET", &format!("/v1/grants?access_token={}", &good[7..])).send();
    assert_eq!(in_query.code(), "missing_token", "a token in the query is none");
}

#[test]
fn a_token_that_was_believed_is_believed_no_longer_than_it_says() {
    let stage = Stage::new();
    let token = stage.strict.token_of(AT_JWT, &of_strict(&json!({"exp": now() + 2})).to_string());
    assert_eq!(stage.ask_with(&token, "strict/a").status, 200);
    eventually("its end", || (stage.ask_with(&token, "strict/a").status == 401).then_some(()));
    assert_eq!(stage.ask_with(&token, "strict/a").code(), "expired_token");
}
