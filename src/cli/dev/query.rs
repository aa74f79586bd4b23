//! Names and values of a query, read as s3s reads them before it verifies a signature over them.

use percent_encoding::percent_decode_str;

/// The pairs in their order, decoded; `+` is a blank, a name alone has an empty value.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    let pair = |text: &str| {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        (decoded(name), decoded(value))
    };
    query.split('&').filter(|text| !text.is_empty()).map(pair).collect()
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}
