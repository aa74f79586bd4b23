//! What an audit line tells of a URL that was issued.

use std::net::IpAddr;

use crate::domain::operation::Operation;

/// One audit line about a URL or a form. Times are in seconds from the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    pub asker: Asker,
    pub operation: Operation,
    /// The alias.
    pub bucket: String,
    /// Or the prefix.
    pub key: String,
    pub expires_at: i64,
    pub signing_key_id: String,
    /// The same question gives the same URL, without an id in it.
    pub stable: bool,
}

/// Who asked for a URL, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// The issuance id.
    pub id: String,
    pub asked_at: i64,
    /// The issuer's name; none of an operator.
    pub issuer: Option<String>,
    pub subject: Option<String>,
    pub client_id: Option<String>,
    pub address: Option<IpAddr>,
}
