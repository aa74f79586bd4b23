//! A key: it is signed into the path that is this key, byte for byte, or refused, by its rules alone.

use serde_json::json;

use super::house::HOUSE;
use super::is_key;
use super::issued;

/// The input is the key.
pub fn hold(data: &[u8]) {
    let Ok(key) = std::str::from_utf8(data) else { return };
    let request = json!({"operation": "GetObject", "bucket": "open", "key": key});
    let answer = HOUSE.presign(request.to_string());
    assert_eq!(answer.status == 200, is_key(key), "{key:?}");
    match answer.status {
        200 => issued::is_within_its_grant(&request, &answer.json()),
        _ => answer.refuses(),
    }
}
