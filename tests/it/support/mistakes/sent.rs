//! What a client sends: rightly at first, and then as a mistake changes it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::client::Call;
use crate::support::client::Reply;
use crate::verifier;

/// A request, or a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The fields of a form; `body` is then its file.
    pub fields: Option<BTreeMap<String, String>>,
    /// What the person has beside the answer, where it is not what was sent.
    kept: Option<String>,
}

impl Sent {
    /// As the answer says.
    #[track_caller]
    pub fn of(answer: &Value, body: &str) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("not issued: {answer:#}")).to_owned();
        let pairs = |name: &str| {
            let members = answer[name].as_object()?;
            Some(members.iter().map(|(name, value)| (name.clone(), text(value))))
        };
        Self {
            method: text(&answer["method"]),
            url: text(&answer["url"]),
            headers: pairs("headers").into_iter().flatten().collect(),
            body: body.into(),
            fields: pairs("fields").map(Iterator::collect),
            kept: None,
        }
    }

    /// Sends it.
    #[track_caller]
    pub fn send(&self) -> Reply {
        let call =
            self.headers.iter().fold(Call::to(&self.method, &self.url), |call, (name, value)| call.header(name, value));
        match &self.fields {
            Some(fields) => call.form(fields, "a b.png", &self.body).send(),
            None if self.body.is_empty() => call.send(),
            None => call.body(self.body.clone()).send(),
        }
    }

    /// What `curl -v` prints of it before the answer's body. A form's fields are in none of it.
    pub fn as_curl_shows(&self) -> String {
        let (authority, target) =
            self.url.split_once("://").map(|(_, rest)| rest.split_at(rest.find('/').unwrap())).unwrap();
        let host = self.headers.iter().find(|(name, _)| name == "host").map_or(authority, |(_, host)| host);
        let others = self.headers.iter().filter(|(name, _)| name != "host");
        let others: String = others.map(|(name, value)| format!("> {name}: {value}\r\n")).collect();
        let length =
            if self.body.is_empty() { String::new() } else { format!("> Content-Length: {}\r\n", self.body.len()) };
        format!(
            "* Connected to {authority}\n> {} {target} HTTP/1.1\r\n> Host: {host}\r\n> Accept: */*\r\n{others}{length}>\r\n\
             * Request completely sent off\n< HTTP/1.1 403 Forbidden\r\n< Content-Type: application/xml\r\n<\r\n",
            self.method
        )
    }

    /// The URL that is given to `diagnose`.
    pub fn pasted(&self) -> &str {
        self.kept.as_ref().unwrap_or(&self.url)
    }

    /// Has the client change the URL on its way: the person still has the issued one.
    pub fn underway(&mut self, change: impl Fn(&str) -> String) {
        let issued = self.url.clone();
        self.url = change(&issued);
        self.kept = Some(issued);
    }

    /// Has a header with another value, or one more.
    pub fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// Lacks a header.
    #[track_caller]
    pub fn lose(&mut self, name: &str) {
        let before = self.headers.len();
        self.headers.retain(|(known, _)| known != name);
        assert!(self.headers.len() < before, "{name} is not sent: {:?}", self.headers);
    }

    /// Has another text in the URL.
    #[track_caller]
    pub fn replace(&mut self, from: &str, to: &str) {
        assert!(self.url.contains(from), "no {from} in {}", self.url);
        self.url = self.url.replace(from, to);
    }

    /// Has another value in a parameter of the query.
    #[track_caller]
    pub fn set_parameter(&mut self, name: &str, value: &str) {
        let (before, after) =
            self.url.split_once(&format!("{name}=")).unwrap_or_else(|| panic!("no {name}: {}", self.url));
        let rest = after.find('&').map_or("", |end| &after[end..]);
        self.url = format!("{before}{name}={value}{rest}");
    }

    /// Lacks a parameter of the query.
    #[track_caller]
    pub fn lose_parameter(&mut self, name: &str) {
        let (place, query) = self.url.split_once('?').unwrap();
        let pairs: Vec<&str> = query.split('&').collect();
        let kept: Vec<&str> = pairs.iter().copied().filter(|pair| pair.split('=').next() != Some(name)).collect();
        assert!(kept.len() < pairs.len(), "no {name}: {}", self.url);
        self.url = format!("{place}?{}", kept.join("&"));
    }

    /// The form.
    #[track_caller]
    pub fn fields(&mut self) -> &mut BTreeMap<String, String> {
        self.fields.as_mut().unwrap()
    }

    /// As the judge of requests takes it, with what every client sends by itself.
    pub fn seen<T>(&self, look: impl FnOnce(verifier::Sent<'_>) -> T) -> T {
        let length = self.body.len().to_string();
        let mut headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if !self.body.is_empty()
            && !headers.iter().any(|(name, _)| ["content-length", "transfer-encoding"].contains(name))
        {
            headers.push(("content-length", &length));
        }
        look(verifier::Sent { method: &self.method, url: &self.url, headers: &headers })
    }
}
