//! The `Authorization` field: nobody is let in but by a token that the issuer's key signed and its rules admit.

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::Request;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Map;
use serde_json::Value;

use super::house;
use super::house::HOUSE;
use crate::verifier::hmac;

/// The input is the field's value; or, in two lines, a token's header and claims, which are signed here.
pub fn hold(data: &[u8]) {
    let signed = std::str::from_utf8(data).ok().and_then(|text| text.split_once('\n'));
    let value = match signed {
        Some((header, claims)) => format!("Bearer {}", house::signed(header, claims)).into_bytes(),
        None => data.to_vec(),
    };
    let Ok(field) = HeaderValue::from_bytes(&value) else { return };
    let request = Request::get("/v1/grants").header("authorization", field).body(Body::empty()).unwrap();
    let answer = HOUSE.ask(request);
    match answer.status {
        200 => {
            let token = token(&value).unwrap_or_else(|| panic!("admitted: {}", String::from_utf8_lossy(&value)));
            assert_eq!(answer.json()["subject"].as_str(), token.get("sub").and_then(Value::as_str));
        }
        _ => {
            assert_eq!(answer.status, 401, "{:#}", answer.json());
            assert!(answer.headers["www-authenticate"].as_bytes().starts_with(b"Bearer"));
            answer.refuses();
            assert_ne!(value, format!("Bearer {}", *house::TOKEN).as_bytes(), "the good one is refused");
        }
    }
}

/// The claims of a bearer token that may be let in: the rules said once more, RFC 6750 and 7519.
fn token(field: &[u8]) -> Option<Map<String, Value>> {
    let (scheme, token) = std::str::from_utf8(field).ok()?.split_at_checked(7)?;
    let (text, signature) = token.trim().rsplit_once('.')?;
    let (header, claims) = text.split_once('.')?;
    let (header, claims) = (object(header)?, object(claims)?);
    let is_signed = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()? == hmac(house::SECRET.as_bytes(), text);
    let is_ours = claims.get("iss")? == "https://idp.example/" && is_or_has(claims.get("aud")?, "presignd");
    let second = |name: &str| claims.get(name).map(|value| value.as_f64().unwrap_or(f64::NAN));
    let (now, leeway) = (house::NOW as f64, 30.0);
    let is_now = second("exp")? > now - leeway
        && ["nbf", "iat"].iter().all(|name| second(name).is_none_or(|from| from <= now + leeway));
    let is_plain = header.get("alg")? == "HS256" && !["crit", "b64"].iter().any(|name| header.contains_key(*name));
    let is_bearer = scheme.eq_ignore_ascii_case("bearer ")
        && !claims.contains_key("cnf")
        && claims.get("sub").is_none_or(Value::is_string);
    (is_signed && is_ours && is_now && is_plain && is_bearer).then_some(claims)
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn is_or_has(claim: &Value, wanted: &str) -> bool {
    claim == wanted || claim.as_array().is_some_and(|items| items.iter().any(|item| item == wanted))
}
