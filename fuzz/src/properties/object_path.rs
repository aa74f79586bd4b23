//! The path of a redirect: decoded once, and signed as the key that then stands there.

use axum::body::Body;
use axum::http::Request;
use axum::http::Uri;
use serde_json::json;

use super::house::HOUSE;
use super::house::TOKEN;
use super::is_key;
use super::issued;

/// The input is what follows `/v1/objects/open/`.
pub fn hold(data: &[u8]) {
    let Ok(uri) = Uri::try_from([b"/v1/objects/open/", data].concat()) else { return };
    let request = Request::get(&uri).header("authorization", format!("Bearer {}", *TOKEN));
    let answer = HOUSE.ask(request.body(Body::empty()).unwrap());
    let path = uri.path().strip_prefix("/v1/objects/open/").expect("the route's path");
    let key = decoded(path).and_then(|key| String::from_utf8(key).ok());
    let key = key.filter(|key| is_key(key) && uri.query().is_none());
    assert_eq!(answer.status == 307, key.is_some(), "{uri}");
    match key {
        Some(key) => {
            let request = json!({"operation": "GetObject", "bucket": "open", "key": key});
            issued::is_signed(&request, answer.headers["location"].to_str().unwrap(), 60);
        }
        None => answer.refuses(),
    }
}

/// `None`: a `%` that encodes nothing.
fn decoded(path: &str) -> Option<Vec<u8>> {
    let mut parts = path.split('%');
    let mut decoded = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, plain) =
            part.split_at_checked(2).filter(|(digits, _)| digits.chars().all(|c| c.is_ascii_hexdigit()))?;
        decoded.push(u8::from_str_radix(digits, 16).ok()?);
        decoded.extend(plain.as_bytes());
    }
    Some(decoded)
}
