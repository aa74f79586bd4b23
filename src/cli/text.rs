//! Text for a terminal.

/// A text with its control characters escaped, so that it cannot steer the terminal that shows it.
pub fn printable(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut shown, c| {
        match c.is_control() || is_invisible(c) {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
        shown
    })
}

/// Characters that reorder what surrounds them, or end a line without being controls.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_escaped() {
        let cases =
            [("a\u{1b}[2Jb", "a\\u{1b}[2Jb"), ("é\n", "é\\u{a}"), ("\u{202e}x", "\\u{202e}x"), ("日本", "日本")];
        for (text, shown) in cases {
            assert_eq!(printable(text), shown, "{text:?}");
        }
    }
}
