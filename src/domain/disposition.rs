//! `Content-Disposition`: made for a file name, and looked at.

use std::fmt::Write;

/// An attachment of that name, by RFC 6266 and RFC 5987.
///
/// A plain name stands in quotes. Beside any other there is `filename*` with the true name, and for clients that do
/// not know it a `filename` with `_` in place of what RFC 6266, appendix D, calls troublesome.
pub fn attachment(file_name: &str) -> String {
    let plain: String = file_name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let mut text = format!("attachment; filename=\"{plain}\"");
    if plain != file_name {
        text.push_str("; filename*=UTF-8''");
        for byte in file_name.bytes() {
            match byte {
                _ if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) => text.push(byte.into()),
                _ => _ = write!(text, "%{byte:02X}"),
            }
        }
    }
    text
}

/// Whether a disposition makes a browser save, rather than show.
pub fn is_attachment(disposition: &str) -> bool {
    let (kind, _) = disposition.split_once(';').unwrap_or((disposition, ""));
    kind.trim_matches([' ', '\t']).eq_ignore_ascii_case("attachment")
}

fn is_plain(c: char) -> bool {
    matches!(c, ' '..='~') && !matches!(c, '"' | '\\' | '%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_quoted_and_where_needed_encoded() {
        let cases = [
            ("report 1.csv", r#"attachment; filename="report 1.csv""#),
            ("a;b=c.txt", r#"attachment; filename="a;b=c.txt""#),
            (
                "Übersicht €.pdf",
                "attachment; filename=\"_bersicht _.pdf\"; filename*=UTF-8''%C3%9Cbersicht%20%E2%82%AC.pdf",
            ),
            ("a\"b.txt", "attachment; filename=\"a_b.txt\"; filename*=UTF-8''a%22b.txt"),
            ("100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"),
        ];
        for (name, expected) in cases {
            assert_eq!(attachment(name), expected, "{name}");
            assert!(is_attachment(&attachment(name)));
        }
    }

    #[test]
    fn only_the_type_attachment_is_one() {
        for (text, is) in [
            ("attachment", true),
            ("ATTACHMENT ; filename=x", true),
            ("inline", false),
            ("inline; filename=\"attachment;\"", false),
            ("attachments", false),
            ("", false),
            (";attachment", false),
        ] {
            assert_eq!(is_attachment(text), is, "{text:?}");
        }
    }
}
