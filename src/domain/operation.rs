//! The table of S3 operations that presignd offers.

use crate::domain::member::Member;

/// An S3 operation, by S3's name for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    AbortMultipartUpload,
    CompleteMultipartUpload,
    CreateMultipartUpload,
    DeleteObject,
    GetObject,
    HeadObject,
    ListObjectsV2,
    ListParts,
    PostObject,
    PutObject,
    RestoreObject,
    UploadPart,
}

/// The HTTP method of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Delete,
    Get,
    Head,
    Post,
    Put,
}

impl Method {
    /// As it stands in a request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "DELETE",
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
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
    /// A key, a `file_name`, or a `key_prefix` below which the holder chooses.
    KeyFileNameOrPrefix,
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
    /// Those of the members that must be given.
    pub required: &'static [Member],
    /// Whether a bucket's reading credentials sign it, rather than its writing ones: what belongs to the action `write`
    /// is signed by these, ListParts too.
    pub reads: bool,
    /// The action that IAM asks of the signer, and where the request names a version.
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_s3.html>
    pub permission: &'static str,
    pub permission_of_version: &'static str,
    /// What KMS asks of the signer, where a key of KMS encrypts the object.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions>
    pub permissions_on_key: &'static [&'static str],
    pub summary: &'static str,
}

const READ_MEMBERS: &[Member] = &[
    Member::Stable,
    Member::VersionId,
    Member::PartNumber,
    Member::Response,
    Member::DownloadAs,
    Member::CustomerEncryption,
    Member::ChecksumMode,
];

/// S3 reads the parts again to put them together.
pub const IN_PARTS: &[&str] = &["kms:Decrypt", "kms:GenerateDataKey"];

/// Every operation, a row each, in the order of [`Operation`].
pub const TABLE: [Row; 12] = [
    Row {
        operation: Operation::AbortMultipartUpload,
        name: "AbortMultipartUpload",
        method: Method::Delete,
        subresource: None,
        names: Names::Key,
        members: &[Member::UploadId],
        required: &[Member::UploadId],
        reads: false,
        permission: "s3:AbortMultipartUpload",
        permission_of_version: "s3:AbortMultipartUpload",
        permissions_on_key: &[],
        summary: "Give an upload in parts up, and what was uploaded of it.",
    },
    Row {
        operation: Operation::CompleteMultipartUpload,
        name: "CompleteMultipartUpload",
        method: Method::Post,
        subresource: None,
        names: Names::Key,
        members: &[Member::UploadId, Member::IfNoneMatch, Member::ObjectSize, Member::ChecksumOfObject],
        required: &[Member::UploadId],
        reads: false,
        permission: "s3:PutObject",
        permission_of_version: "s3:PutObject",
        permissions_on_key: IN_PARTS,
        summary: "Make an object of the parts that the body lists. No signature binds the body: `object_size` does.",
    },
    Row {
        operation: Operation::CreateMultipartUpload,
        name: "CreateMultipartUpload",
        method: Method::Post,
        subresource: Some(("uploads", "")),
        names: Names::KeyOrFileName,
        members: &[
            Member::ContentType,
            Member::ChecksumOfUpload,
            Member::ContentDisposition,
            Member::ContentEncoding,
            Member::ContentLanguage,
            Member::CacheControl,
            Member::Metadata,
            Member::Tags,
            Member::StorageClass,
            Member::ServerSideEncryption,
            Member::ObjectLock,
        ],
        required: &[],
        reads: false,
        permission: "s3:PutObject",
        permission_of_version: "s3:PutObject",
        permissions_on_key: IN_PARTS,
        summary: "Begin an upload in parts; S3 answers with its `UploadId`.",
    },
    Row {
        operation: Operation::DeleteObject,
        name: "DeleteObject",
        method: Method::Delete,
        subresource: None,
        names: Names::Key,
        members: &[Member::VersionId, Member::Mfa, Member::BypassGovernanceRetention],
        required: &[],
        reads: false,
        permission: "s3:DeleteObject",
        permission_of_version: "s3:DeleteObjectVersion",
        permissions_on_key: &[],
        summary: "Delete an object, or one version of it for good.",
    },
    Row {
        operation: Operation::GetObject,
        name: "GetObject",
        method: Method::Get,
        subresource: None,
        names: Names::Key,
        members: READ_MEMBERS,
        required: &[],
        reads: true,
        permission: "s3:GetObject",
        permission_of_version: "s3:GetObjectVersion",
        permissions_on_key: &["kms:Decrypt"],
        summary: "Download an object, or one version of it.",
    },
    Row {
        operation: Operation::HeadObject,
        name: "HeadObject",
        method: Method::Head,
        subresource: None,
        names: Names::Key,
        members: READ_MEMBERS,
        required: &[],
        reads: true,
        permission: "s3:GetObject",
        permission_of_version: "s3:GetObjectVersion",
        permissions_on_key: &["kms:Decrypt"],
        summary: "Ask for an object's headers. A GET's URL does not serve HEAD: the method is signed.",
    },
    Row {
        operation: Operation::ListObjectsV2,
        name: "ListObjectsV2",
        method: Method::Get,
        subresource: Some(("list-type", "2")),
        names: Names::Prefix,
        members: &[Member::Delimiter, Member::MaxKeys, Member::ContinuationToken, Member::StartAfter],
        required: &[],
        reads: true,
        permission: "s3:ListBucket",
        permission_of_version: "s3:ListBucket",
        permissions_on_key: &[],
        summary: "List the keys below a prefix.",
    },
    Row {
        operation: Operation::ListParts,
        name: "ListParts",
        method: Method::Get,
        subresource: None,
        names: Names::Key,
        members: &[Member::UploadId, Member::MaxParts, Member::PartNumberMarker],
        required: &[Member::UploadId],
        reads: false,
        permission: "s3:ListMultipartUploadParts",
        permission_of_version: "s3:ListMultipartUploadParts",
        permissions_on_key: &[],
        summary: "List the parts that an upload has so far.",
    },
    Row {
        operation: Operation::PostObject,
        name: "PostObject",
        method: Method::Post,
        subresource: None,
        names: Names::KeyFileNameOrPrefix,
        members: &[
            Member::ContentType,
            Member::ContentTypePrefix,
            Member::ContentLengthRange,
            Member::Checksum,
            Member::Metadata,
            Member::Tags,
            Member::StorageClass,
            Member::ServerSideEncryption,
            Member::ObjectLock,
            Member::SuccessActionStatus,
            Member::SuccessActionRedirect,
        ],
        required: &[],
        reads: false,
        permission: "s3:PutObject",
        permission_of_version: "s3:PutObject",
        permissions_on_key: &["kms:GenerateDataKey"],
        summary: "Upload an object by a form, as browsers post it: `fields` in place of `headers`.",
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
            Member::ServerSideEncryption,
            Member::ObjectLock,
            Member::IfNoneMatch,
        ],
        required: &[],
        reads: false,
        permission: "s3:PutObject",
        permission_of_version: "s3:PutObject",
        permissions_on_key: &["kms:GenerateDataKey"],
        summary: "Upload an object in one request.",
    },
    Row {
        operation: Operation::RestoreObject,
        name: "RestoreObject",
        method: Method::Post,
        subresource: Some(("restore", "")),
        names: Names::Key,
        members: &[Member::VersionId, Member::Days, Member::Tier],
        required: &[],
        reads: false,
        permission: "s3:RestoreObject",
        permission_of_version: "s3:RestoreObject",
        permissions_on_key: &[],
        summary: "Bring an archived object back for some days. The answer has the body to send: it is signed.",
    },
    Row {
        operation: Operation::UploadPart,
        name: "UploadPart",
        method: Method::Put,
        subresource: None,
        names: Names::Key,
        members: &[
            Member::UploadId,
            Member::PartNumber,
            Member::ContentLength,
            Member::ContentMd5,
            Member::Checksum,
            Member::CustomerEncryption,
        ],
        required: &[Member::UploadId, Member::PartNumber],
        reads: false,
        permission: "s3:PutObject",
        permission_of_version: "s3:PutObject",
        permissions_on_key: IN_PARTS,
        summary: "Upload one part of an upload in parts.",
    },
];

impl Operation {
    /// Every operation, in the order of the names.
    pub fn all() -> impl Iterator<Item = Self> + Clone {
        TABLE.iter().map(|row| row.operation)
    }

    /// Its row of the table.
    pub fn row(self) -> &'static Row {
        let [abort, complete, create, delete, get, head, list, list_parts, post, put, restore, upload_part] = &TABLE;
        match self {
            Self::AbortMultipartUpload => abort,
            Self::CompleteMultipartUpload => complete,
            Self::CreateMultipartUpload => create,
            Self::DeleteObject => delete,
            Self::GetObject => get,
            Self::HeadObject => head,
            Self::ListObjectsV2 => list,
            Self::ListParts => list_parts,
            Self::PostObject => post,
            Self::PutObject => put,
            Self::RestoreObject => restore,
            Self::UploadPart => upload_part,
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
