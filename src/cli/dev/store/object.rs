//! What the store knows of one object besides its bytes.

use std::collections::BTreeMap;

use s3s::dto::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use super::encryption::Encryption;
use super::integrity::Checksum;
use super::lock::Lock;

/// One version of an object, as its record on disk has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Object {
    pub key: String,
    #[serde(flatten)]
    pub place: Place,
    /// The file that holds the bytes, beside the record.
    pub data: String,
    /// In bytes.
    pub size: u64,
    /// The ETag without its quotes: the MD5 in hex, or that of the parts' MD5s, a dash and their number.
    #[serde(rename = "md5")]
    pub tag: String,
    pub checksum: Checksum,
    pub modified: Timestamp,
    /// The sizes of the parts that it came in; none of an object that came whole.
    #[serde(default)]
    pub parts: Vec<u64>,
    /// Until when an archived object may be read.
    #[serde(default)]
    pub restored_until: Option<Timestamp>,
    #[serde(flatten)]
    pub description: Description,
}

/// Which of its key's versions something is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// `None`: the null version, the only one in a bucket that keeps none.
    pub version: Option<String>,
    /// Greater than that of every version which came before.
    pub sequence: u64,
}

/// A delete marker, as its record on disk has it: in a bucket that keeps versions, what a key is deleted by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Marker {
    pub key: String,
    pub place: Place,
    pub modified: Timestamp,
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
    pub encryption: Encryption,
    pub expires: Option<Timestamp>,
    pub lock: Lock,
    pub metadata: BTreeMap<String, String>,
    /// `None`: STANDARD.
    pub storage_class: Option<String>,
    /// In the order in which they came.
    pub tags: Vec<(String, String)>,
}
