//! A form as a browser fills it in and posts it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::client::Call;
use super::client::Reply;

/// A form and the file that goes with it.
#[derive(Debug, Clone)]
pub struct Posted {
    /// Where it goes.
    pub url: String,
    /// In the order of their names, `file` left out.
    pub fields: BTreeMap<String, String>,
    pub file_name: String,
    /// Bytes of the file, where the form is judged rather than sent.
    pub size: u64,
}

impl Posted {
    /// The form of an answer, with a file that is none of its business.
    #[track_caller]
    pub fn of(answer: &Value, file_name: &str, size: u64) -> Self {
        let fields = answer["fields"].as_object().unwrap_or_else(|| panic!("no form: {answer:#}"));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let fields = fields.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        let url = answer["url"].as_str().unwrap_or_default().to_owned();
        Self { url, fields, file_name: file_name.to_owned(), size }
    }

    /// The same with a field more, or another.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.fields.insert(name.to_owned(), value.to_owned());
        other
    }

    /// The same without a field.
    pub fn without(&self, name: &str) -> Self {
        let mut other = self.clone();
        assert!(other.fields.remove(name).is_some(), "there is no {name}");
        other
    }

    /// The answer to it, sent with this file.
    #[track_caller]
    pub fn send(&self, file: impl AsRef<[u8]>) -> Reply {
        Call::to("POST", &self.url).form(&self.fields, &self.file_name, file.as_ref()).send()
    }

    /// Sends it where it must bring nothing.
    #[track_caller]
    pub fn refused(&self, file: impl AsRef<[u8]>, what: &str) {
        let reply = self.send(file);
        assert!(matches!(reply.status, 400 | 403), "{what}: {} {}", reply.status, reply.text());
    }
}
