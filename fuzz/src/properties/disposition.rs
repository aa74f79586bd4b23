//! A file's name as Content-Disposition: one header value, from which a browser reads that name.

use percent_encoding::percent_decode_str;
use presignd::domain::disposition;
use presignd::domain::key::FileName;

/// The input is the name.
pub fn hold(data: &[u8]) {
    let Some(name) = std::str::from_utf8(data).ok().and_then(|text| FileName::parse(text).ok()) else { return };
    let made = disposition::attachment(name.as_str());
    assert!(made.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{made:?}");
    assert!(disposition::is_attachment(&made), "{made}");
    assert_eq!(read(&made).as_deref(), Some(name.as_str()), "{made}");
}

/// The name, as RFC 6266 has it read: that of `filename*`, else of `filename`.
fn read(made: &str) -> Option<String> {
    let (plain, rest) = made.strip_prefix("attachment; filename=\"")?.split_once('"')?;
    if rest.is_empty() {
        return Some(plain.to_owned()).filter(|plain| !plain.contains(['\\', '%']));
    }
    let encoded = rest.strip_prefix("; filename*=UTF-8''").filter(|encoded| !encoded.contains([' ', ';', '"']))?;
    percent_decode_str(encoded).decode_utf8().ok().map(Into::into)
}
