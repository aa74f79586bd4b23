//! Claims that their issuer's own key has signed, and that do not hold all the same.

use serde_json::Value;
use serde_json::json;

use super::Attack;
use crate::callers::AT_JWT;
use crate::callers::PARTNER;
use crate::callers::Stage;
use crate::callers::of_corp;
use crate::callers::of_partner;
use crate::callers::of_strict;
use crate::callers::without;
use crate::support::now;
use crate::support::setting::CORP;
use crate::support::tokens::encode;

pub fn attacks(stage: &Stage) -> Vec<Attack> {
    [issuers(stage), audiences(stage), times(stage), others(stage)].concat()
}

fn issuers(stage: &Stage) -> Vec<Attack> {
    let with = |issuer: Value| stage.corp.token(&of_corp(&json!({"iss": issuer})));
    vec![
        ("an unknown issuer", with(json!("https://nobody.example/"))),
        ("an issuer with a byte less", with(json!(CORP.trim_end_matches('/')))),
        ("an issuer with a byte more", with(json!(format!("{CORP}/")))),
        ("an issuer in capitals", with(json!(CORP.to_uppercase()))),
        ("an issuer with its port", with(json!("https://idp.example:443/"))),
        ("an issuer with a look-alike letter", with(json!(CORP.replace('e', "\u{435}")))),
        ("an issuer with a blank", with(json!(format!("{CORP} ")))),
        ("an issuer's name in the configuration", with(json!("corp"))),
        ("an issuer in a list", with(json!([CORP]))),
        ("two issuers", with(json!([CORP, PARTNER]))),
        ("an issuer that is null", with(Value::Null)),
        ("no issuer", stage.corp.token(&without(of_corp(&json!({})), "iss"))),
        ("partner says that it is corp", stage.rsa.token(&of_partner(&json!({"iss": CORP})))),
        ("corp says that it is partner", stage.corp.token(&of_corp(&json!({"iss": PARTNER})))),
    ]
}

fn audiences(stage: &Stage) -> Vec<Attack> {
    let with = |audience: Value| stage.corp.token(&of_corp(&json!({"aud": audience})));
    let strict = |claims: &Value| stage.strict.token_of(AT_JWT, &claims.to_string());
    vec![
        ("another audience", with(json!("elsewhere"))),
        ("no audience", stage.corp.token(&without(of_corp(&json!({})), "aud"))),
        ("no audience in the list", with(json!([]))),
        ("an audience that is null", with(Value::Null)),
        ("an audience that is true", with(json!(true))),
        ("an audience in capitals", with(json!("Presignd"))),
        ("an audience cut short", with(json!("presign"))),
        ("an audience that begins so", with(json!("presignd.example"))),
        ("an audience with a blank", with(json!("presignd "))),
        ("audiences in a string", with(json!("presignd uploads"))),
        ("an audience in a list in a list", with(json!([["presignd"]]))),
        ("an audience beside a number", with(json!(["presignd", 1]))),
        ("an audience as a member's name", with(json!({"presignd": true}))),
        ("an audience that is any", with(json!("*"))),
        ("the audience in another claim", stage.corp.token(&of_corp(&json!({"aud": "x", "client_id": "presignd"})))),
        ("aud where the audience is in client_id", strict(&of_strict(&json!({"aud": "client-1", "client_id": "x"})))),
        ("another issuer's audience", stage.rsa.token(&of_partner(&json!({"aud": "uploads"})))),
    ]
}

fn times(stage: &Stage) -> Vec<Attack> {
    let with = |more: Value| stage.corp.token(&of_corp(&more));
    let written = |end: &str| {
        let claims = of_corp(&json!({"exp": "END"})).to_string().replace("\"END\"", end);
        stage.corp.token_of(r#"{"alg":"HS256"}"#, &claims)
    };
    let (soon, expired) = (now() + 600, with(json!({"exp": 1})));
    vec![
        ("no end", stage.corp.token(&without(of_corp(&json!({})), "exp"))),
        ("an end as text", with(json!({"exp": soon.to_string()}))),
        ("an end as a date", with(json!({"exp": "2099-01-01T00:00:00Z"}))),
        ("an end that is null", with(json!({"exp": null}))),
        ("an end that is true", with(json!({"exp": true}))),
        ("an end in a list", with(json!({"exp": [soon]}))),
        ("an end before 1970", with(json!({"exp": -1}))),
        ("an end after the year 9999", with(json!({"exp": 253_402_300_800_u64}))),
        ("an end beyond all numbers", written("99999999999999999999999999")),
        ("an end in an exponent", written("1e308")),
        ("an end that is infinite by its exponent", written("1e400")),
        ("an end that is NaN", written("NaN")),
        ("an end that is Infinity", written("Infinity")),
        ("an end in hex", written("0xFFFFFFFF")),
        ("an end in capitals", stage.corp.token(&without(of_corp(&json!({"EXP": soon})), "exp"))),
        ("not yet valid", with(json!({"nbf": soon}))),
        ("a beginning as text", with(json!({"nbf": "0"}))),
        ("a beginning beyond all measure", with(json!({"nbf": 1e300}))),
        ("a beginning that is null", with(json!({"nbf": null}))),
        ("issued in the future", with(json!({"iat": soon}))),
        ("issued at a text", with(json!({"iat": "0"}))),
        ("issued before 1970", with(json!({"iat": -1}))),
        ("expired and forged", format!("{}.{}", expired.rsplit_once('.').unwrap().0, encode([1; 32]))),
        ("expired and for another audience", with(json!({"exp": now() - 600, "aud": "elsewhere"}))),
        ("expired and of another issuer's key", stage.rsa.token(&of_corp(&json!({"exp": 1})))),
    ]
}

fn others(stage: &Stage) -> Vec<Attack> {
    let with = |more: Value| stage.corp.token(&of_corp(&more));
    let strict = |claims: &Value| stage.strict.token_of(AT_JWT, &claims.to_string());
    vec![
        ("a sub that is a number", with(json!({"sub": 42}))),
        ("a sub that is a list", with(json!({"sub": ["42"]}))),
        ("a sub that is null", with(json!({"sub": null}))),
        ("a sub that is an object", with(json!({"sub": {"id": "42"}}))),
        ("a client_id that is a list", with(json!({"client_id": ["a"]}))),
        ("a jti that is a number", with(json!({"jti": 1}))),
        (
            "bound to a key by its thumbprint",
            with(json!({"cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}})),
        ),
        ("bound to a certificate", with(json!({"cnf": {"x5t#S256": encode([1; 32])}}))),
        ("bound to a key", with(json!({"cnf": {"jwk": stage.rsa.jwk()}}))),
        ("bound to nothing", with(json!({"cnf": {}}))),
        ("bound to null", with(json!({"cnf": null}))),
        ("no jti where it is demanded", strict(&without(of_strict(&json!({})), "jti"))),
        ("a jti that is null where it is demanded", strict(&of_strict(&json!({"jti": null})))),
        ("no sub where it is demanded", strict(&without(of_strict(&json!({})), "sub"))),
    ]
}
