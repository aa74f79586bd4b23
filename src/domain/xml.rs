//! XML that S3 answers, or whoever stands in for it, read in bounded time.

use roxmltree::Document;
use roxmltree::ParsingOptions;

/// The document, if it is one, with at most so many nodes. The parser compares each attribute with its neighbours, and
/// looks through all namespaces that are open: there are no more of either than an answer of S3's has.
pub fn document(text: &str, most_nodes: u32) -> Option<Document<'_>> {
    let quotes = text.bytes().filter(|byte| matches!(byte, b'"' | b'\''));
    if quotes.take(MOST_QUOTES + 1).count() > MOST_QUOTES || text.matches("xmlns").nth(MOST_NAMESPACES).is_some() {
        return None;
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: most_nodes, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).ok()
}

/// Each attribute has two; some stores leave those around an ETag as they are.
const MOST_QUOTES: usize = 8192;

/// One or two are usual, and two more for each grantee of a log.
const MOST_NAMESPACES: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_no_more_names_than_are_read_quickly() {
        let attributes = |count: usize| (0..count).map(|number| format!(" a{number}='\"'")).collect::<String>();
        let spaces = |count: usize| "<a xmlns='b'>".repeat(count) + &"</a>".repeat(count);
        for (what, text, is_read) in [
            ("one", "<a/>".to_owned(), true),
            ("many attributes", format!("<a{}/>", attributes(2000)), true),
            ("more attributes", format!("<a{}/>", attributes(3000)), false),
            ("many namespaces", spaces(255), true),
            ("more namespaces", spaces(257), false),
            ("more nodes", format!("<a>{}</a>", "<b/>".repeat(1000)), false),
            ("an entity of its own", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".to_owned(), false),
            ("none", "a".to_owned(), false),
        ] {
            assert_eq!(document(&text, 1000).is_some(), is_read, "{what}");
        }
    }
}
