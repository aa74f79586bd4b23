//! A request to the service as an attacker or his neighbour sends it.

use serde_json::Value;
use serde_json::json;

use crate::support::client::Reply;
use crate::support::service::Service;
use crate::support::setting::CORP;
use crate::support::setting::CORP_SECRET;
use crate::support::setting::ask;
use crate::support::setting::with;
use crate::support::tokens::Issuer;
use crate::support::tokens::claims;

/// Who asks, and what: `42` of `corp`, unless more is said.
#[derive(Debug, Clone)]
pub struct Asked {
    issuer: (&'static str, &'static str),
    /// Beside the usual claims.
    claims: Value,
    /// The claims as they stand in the token, where no object has them.
    written: Option<String>,
    headers: Vec<(&'static str, String)>,
    target: String,
    /// None: a GET.
    body: Option<String>,
}

/// A body of `/v1/presign`.
pub fn asks(request: &Value) -> Asked {
    posts("/v1/presign", request)
}

/// A body of another route.
pub fn posts(target: &str, body: &Value) -> Asked {
    writes(target, &body.to_string())
}

/// A body as it stands.
pub fn writes(target: &str, body: &str) -> Asked {
    Asked { body: Some(body.to_owned()), ..fetches(target) }
}

/// A GET of a target as it stands.
pub fn fetches(target: &str) -> Asked {
    Asked {
        issuer: (CORP, CORP_SECRET),
        claims: json!({}),
        written: None,
        headers: Vec::new(),
        target: target.to_owned(),
        body: None,
    }
}

/// Asks to read a key of the bucket `media`.
pub fn gets(key: &str) -> Asked {
    asks(&ask("GetObject", "media", key))
}

/// Asks to write a key of the bucket `media`, with more members.
pub fn puts(key: &str, more: &Value) -> Asked {
    asks(&with(ask("PutObject", "media", key), more))
}

/// Asks to list a prefix of the bucket `media`.
pub fn lists(prefix: &str) -> Asked {
    asks(&ask("ListObjectsV2", "media", prefix))
}

impl Asked {
    /// With more claims, or others.
    pub fn claiming(self, more: &Value) -> Self {
        Self { claims: with(self.claims, more), ..self }
    }

    /// As another subject.
    pub fn by(self, subject: &str) -> Self {
        self.claiming(&json!({ "sub": subject }))
    }

    /// With a token of another issuer.
    pub fn of(self, issuer: &'static str, secret: &'static str) -> Self {
        Self { issuer: (issuer, secret), ..self }
    }

    /// With a token whose claims end in this text, which no serializer would write.
    pub fn writing(self, more: &str) -> Self {
        Self { written: Some(more.to_owned()), ..self }
    }

    /// With one more header.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Sends it.
    #[track_caller]
    pub fn send(&self, service: &Service) -> Reply {
        let method = if self.body.is_some() { "POST" } else { "GET" };
        let call = service.call(method, &self.target).bearer(&self.token());
        let call = self.headers.iter().fold(call, |call, (name, value)| call.header(name, value));
        match &self.body {
            Some(body) => call.header("content-type", "application/json").body(body.as_str()).send(),
            None => call.send(),
        }
    }

    fn token(&self) -> String {
        let (issuer, secret) = self.issuer;
        let (key, claims) = (Issuer::hmac(secret), claims(issuer, "presignd", "42", &self.claims));
        match &self.written {
            None => key.token(&claims),
            Some(more) => {
                let text = claims.to_string();
                let open = text.strip_suffix('}').unwrap();
                key.token_of(r#"{"alg":"HS256","typ":"JWT"}"#, &format!("{open},{more}}}"))
            }
        }
    }
}
