//! Names that the configuration gives to issuers, buckets, credentials and grants.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// A name of the configuration: `[A-Za-z0-9._-]{1,64}`, or for an issuer without a name of its own its `issuer`.
///
/// Cheap to clone. Only names out of the configuration become one, so it is safe as a metric's label.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

/// Why a text is no [`Name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name is 1 to 64 of the characters A-Z a-z 0-9 . _ -")]
pub struct InvalidName;

impl Name {
    /// Reads a name as it stands.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        match (1..=64).contains(&text.len()) && text.bytes().all(fits) {
            true => Ok(Self(text.into())),
            false => Err(InvalidName),
        }
    }

    /// The name of an issuer that the configuration gave none: any text.
    pub fn of_issuer(issuer: &str) -> Self {
        Self(issuer.into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
