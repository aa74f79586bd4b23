//! What S3 answered: an XML document of one level.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses>

use crate::domain::diagnose::finding::Finding;
use crate::domain::diagnose::finding::FindingCode;
use crate::domain::diagnose::transcript;
use crate::domain::xml;

/// An error of S3.
pub struct Answer {
    pub code: String,
    pub message: String,
    fields: Vec<(String, String)>,
}

/// It is no error of S3's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotS3;

impl Answer {
    /// Reads an `Error`, also behind a byte order mark or the head of the answer (`curl -i`), and among what curl tells
    /// beside it (`curl -v`).
    pub fn parse(text: &str) -> Result<Self, NotS3> {
        let text = transcript::without(text);
        let text = text.get(text.find('<').ok_or(NotS3)?..).and_then(|text| text.get(..=text.rfind('>')?));
        let document = xml::document(text.ok_or(NotS3)?, MOST_NODES).ok_or(NotS3)?;
        let error = document.descendants().find(|node| node.tag_name().name() == "Error").ok_or(NotS3)?;
        let texts = error.children().filter(|child| child.is_element());
        let fields: Vec<_> = texts
            .map(|child| (child.tag_name().name().to_owned(), child.text().unwrap_or_default().to_owned()))
            .collect();
        let mut answer = Self { code: String::new(), message: String::new(), fields };
        answer.code = answer.field("Code").ok_or(NotS3)?.trim().to_owned();
        answer.message = answer.field("Message").unwrap_or_default().trim().to_owned();
        Ok(answer)
    }

    /// The first element of that name.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(given, _)| given == name).map(|(_, text)| text.as_str())
    }

    /// Whether the message has those words, in whatever case.
    pub fn says(&self, words: &str) -> bool {
        self.message.to_lowercase().contains(words)
    }
}

/// S3's errors have about a dozen.
const MOST_NODES: u32 = 1024;

/// What to say of an answer that is none of S3's.
pub fn unreadable(text: &str) -> Finding {
    let body = transcript::without(text);
    let is_head =
        body.starts_with("HTTP/") && !body.trim_end().contains("\r\n\r\n") && !body.trim_end().contains("\n\n");
    if body.trim().is_empty() || is_head {
        return Finding::new(
            FindingCode::AnswerUnreadable,
            "The answer has no body, so S3's reason is not in it: an answer to HEAD never has one.",
            "If it was HEAD: a URL for GetObject serves no HEAD, ask for HeadObject. Else repeat the request so that the \
             body is shown (curl without -f and -I), and give that.",
        );
    }
    Finding::new(
        FindingCode::AnswerUnreadable,
        "The answer is not an error of S3's: no XML with an Error and its Code.",
        "If it is a page or JSON, a proxy, a CDN or another server answered and the request never reached the store: \
         look at what the host's name leads to. If it was cut, give the whole body.",
    )
}
