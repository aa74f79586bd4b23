//! Names of buckets and regions.

use std::fmt;

/// The real name of a bucket, or an access point's alias: what stands in the host or the path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BucketName(Box<str>);

/// Why a text is no [`BucketName`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBucket {
    #[error("ARNs are not available in this version")]
    Arn,
    #[error("directory buckets are not offered: they need a session from the network")]
    Directory,
    #[error("a bucket's name is 3 to 255 of the characters A-Z a-z 0-9 . _ -")]
    Name,
}

impl BucketName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
