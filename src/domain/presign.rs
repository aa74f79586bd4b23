//! Permit to presigned URL or form.

use std::fmt;

use crate::domain::policy::Permit;
use crate::domain::post_policy;
use crate::domain::post_policy::PostForm;
use crate::domain::sigv4;
use crate::domain::sigv4::Signer;

/// A presigned URL: a bearer secret until it ends, so it does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct PresignedUrl(String);

impl PresignedUrl {
    /// The URL, for the one who asked for it.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Debug for PresignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresignedUrl")
    }
}

/// What a permit becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presigned {
    Form(PostForm),
    Url(PresignedUrl),
}

/// Signs what a permit allows, with credentials of the name that the permit tells.
pub fn presign(permit: &Permit, signer: &Signer) -> Presigned {
    match permit.form() {
        Some(terms) => Presigned::Form(post_policy::form(permit, terms, signer)),
        None => Presigned::Url(url(permit, signer)),
    }
}

fn url(permit: &Permit, signer: &Signer) -> PresignedUrl {
    let (row, target) = (permit.operation().row(), permit.target());
    PresignedUrl(sigv4::sign(
        &sigv4::Unsigned {
            method: row.method.as_str(),
            scheme: target.scheme.as_str(),
            authority: &target.authority,
            host: &target.host,
            base_path: &target.base_path,
            key: (!permit.is_prefix()).then(|| permit.object()),
            query: permit.query(),
            headers: permit.headers(),
            region: &target.region,
            service: target.service,
            signed_at: permit.signed_at(),
            expires_in_seconds: permit.lifetime().seconds(),
        },
        signer,
    ))
}

/// The names of the headers that the URL binds, `host` among them, sorted.
pub fn signed_headers(permit: &Permit) -> Vec<&str> {
    let mut names: Vec<&str> = permit.headers().iter().map(|(name, _)| name.as_str()).chain(["host"]).collect();
    names.sort_unstable();
    names
}

/// The headers that the client has to send beside those that every client sends by itself.
pub fn headers_to_send(permit: &Permit) -> impl Iterator<Item = (&str, &str)> {
    let pairs = permit.headers().iter().map(|(name, value)| (name.as_str(), value.as_str()));
    pairs.filter(|(name, _)| *name != "content-length")
}
