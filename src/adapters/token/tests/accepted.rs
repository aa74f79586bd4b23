//! What is to pass, and what the caller then is.

use super::*;
use crate::adapters::jwks::testing::Answer;
use crate::adapters::jwks::testing::Server;

/// One issuer with one key of each kind, all with the configuration's defaults but for `change`.
async fn judged(
    change: impl Fn(&mut config::Issuer),
    header: Json,
    claims: Json,
    now: SystemTime,
) -> Result<Arc<Caller>, Fault> {
    let folder = tempfile::tempdir().unwrap();
    let (p256, p384, ed) = (Signer::p256(), Signer::p384(), Signer::ed());
    let keys = [signer::RSA[0].jwk("r"), p256.jwk("e"), ed.jwk("d"), with(p384.jwk("e3"), "alg", "ES384")];
    let mut settings = issuer("corp", in_file(folder.path(), "corp", &keys));
    change(&mut settings);
    let tokens = Tokens::start(&[settings], clock(), Metrics::new().unwrap());
    let key = match header["alg"].as_str().unwrap() {
        "ES256" => &p256,
        "ES384" => &p384,
        "EdDSA" => &ed,
        _ => &signer::RSA[0],
    };
    tokens.judge(&key.token(&header, &claims), now).await.1
}

fn es256() -> Json {
    json!({"alg": "ES256", "kid": "e", "typ": "JWT"})
}

#[tokio::test]
async fn a_verified_token_makes_the_caller_it_speaks_for() {
    let caller = judged(|_| (), es256(), claims(), now()).await.unwrap();
    assert_eq!(caller.issuer().as_str(), "corp");
    assert_eq!((caller.subject(), caller.client_id(), caller.token_id()), (Some("42"), Some("app"), Some("t-1")));
    assert_eq!(caller.scopes(), ["uploads", "downloads"]);
    assert_eq!(caller.expires_at(), at(NOW + 300), "without leeway");
}

#[tokio::test]
async fn headers_that_issuers_send_pass() {
    let all = [
        json!({"alg": "ES256", "kid": "e"}),
        json!({"alg": "ES256", "kid": "e", "typ": "anything"}),
        json!({"alg": "RS256", "kid": "r"}),
        json!({"alg": "RS256"}),
        json!({"alg": "EdDSA", "kid": "d"}),
        json!({"alg": "EdDSA"}),
        json!({"alg": "ES384", "kid": "e3"}),
        json!({"alg": "PS256", "kid": "r"}),
        json!({"alg": "RS512", "kid": "r"}),
        json!({"alg": "RS256", "kid": "r", "x5t": "abc", "x5c": ["MII"], "x5u": "https://a.example/", "more": [1]}),
        json!({"alg": "ES256", "kid": "e", "jku": "https://a.example/", "jwk": Signer::p256().jwk("e")}),
    ];
    for header in all {
        let algorithms = |settings: &mut config::Issuer| {
            use jsonwebtoken::Algorithm::*;
            settings.algorithms = vec![RS256, RS512, PS256, ES256, ES384, EdDSA];
        };
        let outcome = judged(algorithms, header.clone(), claims(), now()).await;
        assert!(outcome.is_ok(), "{header}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_demanded_type_is_compared_as_a_media_type() {
    let cases = [
        (json!("at+jwt"), Ok(())),
        (json!("AT+JWT"), Ok(())),
        (json!("application/at+jwt"), Ok(())),
        (json!("Application/At+Jwt"), Ok(())),
        (json!("JWT"), Err(Fault::TokenType)),
        (json!("at+jwt "), Err(Fault::TokenType)),
        (json!("application/application/at+jwt"), Err(Fault::TokenType)),
        (json!("text/at+jwt"), Err(Fault::TokenType)),
        (json!(["at+jwt"]), Err(Fault::TokenType)),
        (json!(null), Err(Fault::TokenType)),
    ];
    for (typ, wanted) in cases {
        let demanded = |settings: &mut config::Issuer| settings.token_type = Some("at+jwt".into());
        let outcome = judged(demanded, with(es256(), "typ", typ.clone()), claims(), now()).await;
        assert_eq!(outcome.map(drop), wanted, "{typ}");
        let outcome = judged(demanded, without(es256(), "typ"), claims(), now()).await;
        assert_eq!(outcome.map(drop), Err(Fault::TokenType), "none");
    }
}

#[tokio::test]
async fn an_audience_is_met_by_a_string_or_in_a_list() {
    let good = [json!("presignd"), json!(["presignd"]), json!(["a", "presignd", "b"]), json!(["second"])];
    for audience in good {
        let two = |settings: &mut config::Issuer| settings.audiences.push("second".into());
        let outcome = judged(two, es256(), with(claims(), "aud", audience.clone()), now()).await;
        assert!(outcome.is_ok(), "{audience}: {outcome:?}");
    }
}

#[tokio::test]
async fn the_configuration_says_which_claims_hold_the_audience() {
    let cognito = |settings: &mut config::Issuer| {
        settings.audience_claims = vec!["client_id".into()];
        settings.audiences = vec!["app".into()];
    };
    let cases = [
        (without(claims(), "aud"), Ok(())),
        (with(claims(), "aud", "other"), Ok(())),
        (with(with(claims(), "aud", "app"), "client_id", "other"), Err(Fault::Audience)),
        (with(without(claims(), "client_id"), "aud", "app"), Err(Fault::Audience)),
    ];
    for (claims, wanted) in cases {
        assert_eq!(judged(cognito, es256(), claims.clone(), now()).await.map(drop), wanted, "{claims}");
    }
}

#[tokio::test]
async fn times_hold_up_to_the_leeway_and_no_longer() {
    let exp = |time: Json| with(claims(), "exp", time);
    let nbf = |time: Json| with(claims(), "nbf", time);
    let iat = |time: Json| with(claims(), "iat", time);
    let cases = [
        ("exp a second ahead", exp(json!(NOW + 1)), Ok(())),
        ("exp now, within the leeway", exp(json!(NOW)), Ok(())),
        ("exp at the leeway's last second", exp(json!(NOW - 29)), Ok(())),
        ("exp at the leeway's end", exp(json!(NOW - 30)), Err(Fault::Expired)),
        ("exp beyond the leeway", exp(json!(NOW - 31)), Err(Fault::Expired)),
        ("exp long ago", exp(json!(0)), Err(Fault::Expired)),
        ("exp as a float ahead", exp(json!(NOW as f64 + 0.5)), Ok(())),
        ("exp as a float just past", exp(json!(NOW as f64 - 30.25)), Err(Fault::Expired)),
        ("exp as a float just within", exp(json!(NOW as f64 - 29.75)), Ok(())),
        ("exp in the year 9999", exp(json!(253_402_300_799_u64)), Ok(())),
        ("nbf now", nbf(json!(NOW)), Ok(())),
        ("nbf zero", nbf(json!(0)), Ok(())),
        ("nbf at the leeway's end", nbf(json!(NOW + 30)), Ok(())),
        ("nbf beyond the leeway", nbf(json!(NOW + 31)), Err(Fault::NotYetValid)),
        ("nbf as a float beyond", nbf(json!(NOW as f64 + 30.25)), Err(Fault::NotYetValid)),
        ("iat at the leeway's end", iat(json!(NOW + 30)), Ok(())),
        ("iat beyond the leeway", iat(json!(NOW + 31)), Err(Fault::NotYetValid)),
        ("iat long ago", iat(json!(1)), Ok(())),
        ("no iat", without(claims(), "iat"), Ok(())),
        ("an early nbf does not excuse iat", with(nbf(json!(1)), "iat", NOW + 31), Err(Fault::NotYetValid)),
        ("an early iat does not excuse nbf", with(iat(json!(1)), "nbf", NOW + 31), Err(Fault::NotYetValid)),
    ];
    for (name, claims, wanted) in cases {
        assert_eq!(judged(|_| (), es256(), claims, now()).await.map(drop), wanted, "{name}");
    }
}

#[tokio::test]
async fn expiry_is_told_only_to_those_whose_token_is_good_otherwise() {
    let expired = || with(claims(), "exp", NOW - 60);
    let demanding = |settings: &mut config::Issuer| settings.required_claims = vec!["tenant".into()];
    let cases = [
        (with(expired(), "tenant", "a"), Fault::Expired),
        (expired(), Fault::MissingClaim),
        (with(with(expired(), "tenant", "a"), "aud", "other"), Fault::Audience),
        (with(with(expired(), "tenant", "a"), "iss", "other"), Fault::UnknownIssuer),
        (with(with(expired(), "tenant", "a"), "cnf", json!({"jkt": "a"})), Fault::Bound),
        (with(with(expired(), "tenant", "a"), "sub", 1), Fault::MalformedClaim),
        (with(with(expired(), "tenant", "a"), "nbf", NOW + 60), Fault::NotYetValid),
    ];
    for (claims, fault) in cases {
        let outcome = judged(demanding, es256(), claims.clone(), now()).await;
        assert_eq!(outcome.map(drop), Err(fault), "{claims}");
    }
    let errors = [Fault::Expired.error(), Fault::NoKeys.error(), Fault::Audience.error()];
    assert_eq!(errors, [TokenError::Expired, TokenError::KeysUnavailable, TokenError::Invalid]);
}

#[tokio::test]
async fn required_claims_are_there_and_not_null() {
    let demanding = |settings: &mut config::Issuer| settings.required_claims = vec!["sub".into(), "tenant".into()];
    let cases =
        [(json!("a"), Ok(())), (json!(false), Ok(())), (json!(""), Ok(())), (json!(null), Err(Fault::MissingClaim))];
    for (tenant, wanted) in cases {
        let outcome = judged(demanding, es256(), with(claims(), "tenant", tenant.clone()), now()).await;
        assert_eq!(outcome.map(drop), wanted, "{tenant}");
    }
}

#[tokio::test]
async fn a_shared_secret_verifies_whatever_kid_its_issuer_writes() {
    let secret = b"0123456789abcdef0123456789abcdef";
    let keys = KeySource::Hmac(Some(SecretBytes::new(secret.to_vec())));
    let tokens = Tokens::start(&[issuer("corp", keys)], clock(), Metrics::new().unwrap());
    for header in [json!({"alg": "HS256"}), json!({"alg": "HS256", "kid": "any", "typ": "JWT"})] {
        let outcome = tokens.judge(&Signer::secret(secret).token(&header, &claims()), now()).await.1;
        assert!(outcome.is_ok(), "{header}: {outcome:?}");
    }
}

#[tokio::test]
async fn an_issuer_without_a_key_set_is_not_the_callers_fault() {
    let absent = KeySource::JwksFile("/nowhere/jwks.json".into());
    let refused = at_uri(&Server::start(Answer::Silence).await.uri); // and then it is gone
    for keys in [absent, refused, KeySource::Hmac(None)] {
        let algorithm = if matches!(keys, KeySource::Hmac(_)) { "HS256" } else { "ES256" };
        let settings = issuer("corp", keys.clone());
        let tokens = Tokens::start(&[settings], clock(), Metrics::new().unwrap());
        let signer = if algorithm == "HS256" { Signer::secret([7; 32]) } else { Signer::p256() };
        let token = signer.token(&json!({"alg": algorithm, "kid": "e"}), &claims());
        assert_eq!(tokens.verify(&token, now()).await, Err(TokenError::KeysUnavailable), "{keys:?}");
        assert!(!tokens.issuers()[0].has_keys, "{keys:?}");
    }
}
