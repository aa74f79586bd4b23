//! Who asks: the claims of a token that was verified, and the issuer that vouches for them.

use std::time::SystemTime;

use crate::domain::claims::Claims;
use crate::domain::claims::Value;
use crate::domain::name::Name;

/// A caller whose token was verified against one issuer. `subject` means nothing without `issuer`.
#[derive(Debug, Clone, PartialEq)]
pub struct Caller {
    issuer: Name,
    claims: Claims,
    scopes: Vec<String>,
    expires_at: SystemTime,
}

impl Caller {
    /// The caller that a verified token speaks for: its issuer's name, its claims, the claims of it that hold scopes,
    /// and its `exp`, without leeway.
    pub fn verified(issuer: Name, claims: Claims, scope_claims: &[String], expires_at: SystemTime) -> Self {
        let scopes = scope_claims.iter().filter_map(|name| claims.named(name)).flat_map(scopes_of).collect();
        Self { issuer, claims, scopes, expires_at }
    }

    /// The configuration's name of the issuer.
    pub fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// The claims.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// What the issuer's `scope_claims` hold: blank-separated strings and lists, taken apart.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// When the token ends.
    pub fn expires_at(&self) -> SystemTime {
        self.expires_at
    }

    /// `sub`, unique only within the issuer.
    pub fn subject(&self) -> Option<&str> {
        self.text("sub")
    }

    /// `client_id`.
    pub fn client_id(&self) -> Option<&str> {
        self.text("client_id")
    }

    /// `jti`.
    pub fn token_id(&self) -> Option<&str> {
        self.text("jti")
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.claims.named(name).and_then(Value::as_str)
    }
}

/// RFC 6749, 3.3: scopes are separated by blanks; some issuers send a list.
fn scopes_of(claim: &Value) -> Vec<String> {
    match claim {
        Value::String(text) => text.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect(),
        Value::List(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::Object(_) => Vec::new(),
    }
}
