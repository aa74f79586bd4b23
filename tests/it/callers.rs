//! Who is believed: tokens good and bad over HTTP, and issuers that cannot speak for one another.

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

const PARTNER: &str = "https://partner.example";

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
struct Stage {
    corp: Issuer,
    rsa: Issuer,
    ecdsa: Issuer,
    ed25519: Issuer,
    strict: Issuer,
    /// Of a key that is for encryption.
    foreign: Issuer,
    service: Service,
}

impl Stage {
    fn new() -> Self {
        let (rsa, ecdsa, ed25519) = (Issuer::rsa("r1"), Issuer::ecdsa("e1"), Issuer::ed25519("d1"));
        let (strict, foreign) = (Issuer::ecdsa("s1"), Issuer::ecdsa("f1"));
        let presignd = setting(&[ISSUERS, MEDIA])
            .file("partner.json", with_strangers(&key_set(&[&rsa, &ecdsa, &ed25519]), &foreign))
            .file("strict.json", key_set(&[&strict, &rsa]));
        Self { corp: Issuer::hmac(CORP_SECRET), rsa, ecdsa, ed25519, strict, foreign, service: presignd.serve() }
    }

    fn ask(&self, authorization: &str, key: &str) -> Reply {
        let call = self.service.call("POST", "/v1/presign").header("authorization", authorization);
        call.json(&ask("GetObject", "media", key)).send()
    }

    fn ask_with(&self, token: &str, key: &str) -> Reply {
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

const PUBLISHED_SECRET: &str = "a-secret-that-a-key-set-publishes";

fn of_corp(more: &Value) -> Value {
    claims(CORP, "presignd", "42", more)
}

fn of_partner(more: &Value) -> Value {
    claims(PARTNER, "presignd", "42", more)
}

fn of_strict(more: &Value) -> Value {
    let mut claims = claims("https://strict.example", "", "42", &json!({"client_id": "client-1", "jti": "1"}));
    claims.as_object_mut().unwrap().remove("aud");
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().unwrap().remove(name).unwrap();
    claims
}

const AT_JWT: &str = r#"{"alg":"ES256","typ":"at+jwt","kid":"s1"}"#;

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
fn every_bad_token_gets_the_same_answer() {
    let stage = Stage::new();
    let first = stage.ask_with("garbage", "corp/a");
    let alike = |reply: &Reply| {
        let mut problem = reply.json();
        assert_eq!(problem["request_id"].as_str(), reply.header("x-request-id"));
        problem["request_id"] = Value::Null;
        let varies = ["x-request-id", "date", "content-length"];
        let headers: Vec<_> = reply.headers.iter().filter(|(name, _)| !varies.contains(&name.as_str())).collect();
        (reply.status, problem, format!("{headers:?}"))
    };
    let expected = alike(&first);
    assert_eq!((expected.0, &expected.1["code"]), (401, &json!("invalid_token")));
    let challenge = first.header("www-authenticate").unwrap();
    assert!(challenge.starts_with("Bearer ") && challenge.contains(r#"error="invalid_token""#), "{challenge}");
    for (case, token) in bad_tokens(&stage) {
        // A second time, for what might have been kept of the first.
        for _ in 0..2 {
            for key in ["corp/a", "partner/a"] {
                assert_eq!(alike(&stage.ask_with(&token, key)), expected, "{case}");
            }
        }
    }
}

fn bad_tokens(stage: &Stage) -> Vec<(&'static str, String)> {
    let Stage { corp, rsa, ecdsa, strict, foreign, .. } = stage;
    let good = corp.token(&of_corp(&json!({})));
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let hs256 = r#"{"alg":"HS256","typ":"JWT"}"#;
    let stranger = Issuer::ecdsa("e1");
    let modulus = rsa.jwk()["n"].as_str().unwrap().to_owned();
    let rsa_kid =
        |issuer: &Issuer, header: Value| issuer.token_of(&header.to_string(), &of_partner(&json!({})).to_string());
    let corp_with = |more: Value| corp.token(&of_corp(&more));
    let strict_of = |header: &str, claims: Value| strict.token_of(header, &claims.to_string());
    vec![
        ("three parts of nothing", "a.b.c".to_owned()),
        ("two parts", signed.to_owned()),
        ("a JWE's five parts", format!("{good}.{payload}.{signature}")),
        ("no signature", format!("{signed}.")),
        ("another signature", format!("{signed}.{}", encode([7; 32]))),
        ("another payload", format!("{header}.{}.{signature}", encode(of_corp(&json!({"sub": "43"})).to_string()))),
        ("alg none", format!("{}.{payload}.", encode(r#"{"alg":"none"}"#))),
        ("alg none with a signature", format!("{}.{payload}.{signature}", encode(r#"{"alg":"none"}"#))),
        ("another algorithm of the family", corp.token_of(r#"{"alg":"HS512"}"#, &of_corp(&json!({})).to_string())),
        ("partner's key for corp", rsa.token(&of_corp(&json!({})))),
        ("partner's key under corp's algorithm", rsa.token_of(hs256, &of_corp(&json!({})).to_string())),
        ("corp's secret for partner", corp.token(&of_partner(&json!({})))),
        (
            "HS256 with the public key as the secret",
            rsa_kid(&Issuer::hmac(&modulus), json!({"alg": "HS256", "kid": "r1"})),
        ),
        ("RS256's header over an EC key's signature", rsa_kid(ecdsa, json!({"alg": "RS256", "kid": "r1"}))),
        ("an RSA kid with ES256", rsa_kid(ecdsa, json!({"alg": "ES256", "kid": "r1"}))),
        ("a stranger's key under a known kid", stranger.token(&of_partner(&json!({})))),
        ("a key in the token itself", rsa_kid(&stranger, json!({"alg": "ES256", "kid": "e1", "jwk": stranger.jwk()}))),
        ("a jku", rsa_kid(&stranger, json!({"alg": "ES256", "kid": "e1", "jku": "https://partner.example/k.json"}))),
        ("a published secret", rsa_kid(&Issuer::hmac(PUBLISHED_SECRET), json!({"alg": "HS256", "kid": "o1"}))),
        ("a key for encryption", foreign.token(&of_partner(&json!({})))),
        ("an algorithm that its issuer does not allow", rsa.token(&of_strict(&json!({})))),
        ("an unknown kid", Issuer::ecdsa("e2").token(&of_partner(&json!({})))),
        ("an unknown issuer", corp_with(json!({"iss": "https://nobody.example/"}))),
        ("an issuer with a byte less", corp_with(json!({"iss": "https://idp.example"}))),
        ("no issuer", corp.token(&without(of_corp(&json!({})), "iss"))),
        ("another audience", corp_with(json!({"aud": "elsewhere"}))),
        ("no audience", corp.token(&without(of_corp(&json!({})), "aud"))),
        ("no end", corp.token(&without(of_corp(&json!({})), "exp"))),
        ("an end as text", corp_with(json!({"exp": (now() + 600).to_string()}))),
        ("not yet valid", corp_with(json!({"nbf": now() + 600}))),
        ("issued in the future", corp_with(json!({"iat": now() + 600}))),
        ("a sub that is no text", corp_with(json!({"sub": 42}))),
        ("a client_id that is no text", corp_with(json!({"client_id": ["a"]}))),
        ("bound to a key by cnf", corp_with(json!({"cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}))),
        ("crit", corp.token_of(r#"{"alg":"HS256","crit":["exp"]}"#, &of_corp(&json!({})).to_string())),
        ("b64", corp.token_of(r#"{"alg":"HS256","b64":true}"#, &of_corp(&json!({})).to_string())),
        ("a claim twice", corp.token_of(hs256, &of_corp(&json!({})).to_string().replacen('{', r#"{"sub":"1","#, 1))),
        ("above 8 KiB", corp_with(json!({"padding": "x".repeat(8 << 10)}))),
        (
            "expired and forged",
            format!("{}.{}", corp_with(json!({"exp": 1})).rsplit_once('.').unwrap().0, encode([1; 32])),
        ),
        ("expired and for another audience", corp_with(json!({"exp": now() - 600, "aud": "elsewhere"}))),
        ("another typ than demanded", strict_of(r#"{"alg":"ES256","typ":"JWT","kid":"s1"}"#, of_strict(&json!({})))),
        ("no typ where one is demanded", strict_of(r#"{"alg":"ES256","kid":"s1"}"#, of_strict(&json!({})))),
        ("no jti where it is demanded", strict_of(AT_JWT, without(of_strict(&json!({})), "jti"))),
        (
            "aud where the audience is in client_id",
            strict_of(AT_JWT, of_strict(&json!({"aud": "client-1", "client_id": "x"}))),
        ),
    ]
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
