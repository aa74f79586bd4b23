//! What the store knows of one object besides its bytes.

use std::collections::BTreeMap;

use s3s::dto::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use super::integrity::Checksum;

/// One object, as its record on disk has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Object {
    pub key: String,
    /// The file that holds the bytes, beside the record.
    pub data: String,
    /// In bytes.
    pub size: u64,
    /// Lower-case hex; S3's ETag of an object that came in one part.
    pub md5: String,
    pub checksum: Checksum,
    pub modified: Timestamp,
    #[serde(flatten)]
    pub description: Description,
}

/// What an upload says of its object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Description {
    pub cache_control: Option<String>,
    pub content_disposition: Option<String>,
    pub content_encoding: Option<String>,
    pub content_language: Option<String>,
    pub content_type: Option<String>,
    pub expires: Option<Timestamp>,
    pub metadata: BTreeMap<String, String>,
    /// `None`: STANDARD.
    pub storage_class: Option<String>,
    /// In the order in which they came.
    pub tags: Vec<(String, String)>,
}
