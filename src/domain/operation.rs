//! The table of S3 operations that presignd offers.

use crate::domain::member::Member;

/// An S3 operation, by S3's name for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    DeleteObject,
    GetObject,
    HeadObject,
    ListObjectsV2,
    PutObject,
}

/// The HTTP method of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Delete,
    Get,
    Head,
    Put,
}

impl Method {
    /// As it stands in a request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "DELETE",
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Put => "PUT",
        }
    }
}

/// What a request names: one object, or every key below a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    Key,
    /// A key, or a `file_name` for which a grant's template makes the key.
    KeyOrFileName,
    Prefix,
}

/// A row of the table: what one operation is to callers, to grants and to S3.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub operation: Operation,
    /// S3's name.
    pub name: &'static str,
    pub method: Method,
    /// What the query says beside the members.
    pub subresource: Option<(&'static str, &'static str)>,
    pub names: Names,
    pub members: &'static [Member],
    /// Members of the contract that this version does not have.
    pub later: &'static [&'static str],
    /// Whether a bucket's reading credentials sign it, rather than its writing ones.
    pub reads: bool,
    pub summary: &'static str,
}

const READ_MEMBERS: &[Member] =
    &[Member::Stable, Member::PartNumber, Member::Response, Member::DownloadAs, Member::ChecksumMode];

/// Every operation, a row each, in the order of [`Operation`].
pub const TABLE: [Row; 5] = [
    Row {
        operation: Operation::DeleteObject,
        name: "DeleteObject",
        method: Method::Delete,
        subresource: None,
        names: Names::Key,
        members: &[],
        later: &["version_id", "mfa", "bypass_governance_retention"],
        reads: false,
        summary: "Delete an object.",
    },
    Row {
        operation: Operation::GetObject,
        name: "GetObject",
        method: Method::Get,
        subresource: None,
        names: Names::Key,
        members: READ_MEMBERS,
        later: &["version_id", "server_side_encryption"],
        reads: true,
        summary: "Download an object.",
    },
    Row {
        operation: Operation::HeadObject,
        name: "HeadObject",
        method: Method::Head,
        subresource: None,
        names: Names::Key,
        members: READ_MEMBERS,
        later: &["version_id", "server_side_encryption"],
        reads: true,
        summary: "Ask for an object's headers. A GET's URL does not serve HEAD: the method is signed.",
    },
    Row {
        operation: Operation::ListObjectsV2,
        name: "ListObjectsV2",
        method: Method::Get,
        subresource: Some(("list-type", "2")),
        names: Names::Prefix,
        members: &[Member::Delimiter, Member::MaxKeys, Member::ContinuationToken, Member::StartAfter],
        later: &[],
        reads: true,
        summary: "List the keys below a prefix.",
    },
    Row {
        operation: Operation::PutObject,
        name: "PutObject",
        method: Method::Put,
        subresource: None,
        names: Names::KeyOrFileName,
        members: &[
            Member::ContentType,
            Member::ContentLength,
            Member::ContentMd5,
            Member::Checksum,
            Member::ContentDisposition,
            Member::ContentEncoding,
            Member::ContentLanguage,
            Member::CacheControl,
            Member::Metadata,
            Member::Tags,
            Member::StorageClass,
            Member::IfNoneMatch,
        ],
        later: &["server_side_encryption", "object_lock"],
        reads: false,
        summary: "Upload an object in one request.",
    },
];

impl Operation {
    /// Every operation, in the order of the names.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.operation)
    }

    /// Its row of the table.
    pub fn row(self) -> &'static Row {
        let [delete, get, head, list, put] = &TABLE;
        match self {
            Self::DeleteObject => delete,
            Self::GetObject => get,
            Self::HeadObject => head,
            Self::ListObjectsV2 => list,
            Self::PutObject => put,
        }
    }

    /// S3's name.
    pub fn as_str(self) -> &'static str {
        self.row().name
    }

    /// The operation of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|operation| operation.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation_has_its_own_row() {
        for row in &TABLE {
            assert_eq!(row.operation.row().name, row.name);
            assert_eq!(format!("{:?}", row.operation), row.name);
            assert_eq!(Operation::named(row.name), Some(row.operation));
        }
    }
}
