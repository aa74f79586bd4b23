//! A body of `/v1/presign`: a URL or a form within its grant, or a refusal that says why.

use super::house::HOUSE;
use super::issued;

/// The input is the body.
pub fn hold(data: &[u8]) {
    let answer = HOUSE.presign(data.to_vec());
    match answer.status {
        200 => {
            let request = serde_json::from_slice(data).expect("what is refused by nobody else is read");
            issued::is_within_its_grant(&request, &answer.json());
        }
        _ => answer.refuses(),
    }
}
