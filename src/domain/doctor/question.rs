//! The questions that a bucket is asked: calls that only read.

/// What is asked beside where the bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    Cors,
    Encryption,
    Lifecycle,
    Logging,
    ObjectLock,
    Ownership,
    Policy,
    PolicyStatus,
    PublicAccessBlock,
    Versioning,
}

/// A question as S3 takes it, and how it answers.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html>
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// S3's name of the operation.
    pub operation: &'static str,
    pub subresource: &'static str,
    /// The action that IAM asks of whoever asks.
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_s3.html>
    pub permission: &'static str,
    /// The element that the answer is.
    pub(super) element: &'static str,
    /// The code of the error by which S3 says that nothing is set.
    pub(super) unset: &'static str,
}

impl Question {
    /// Every question.
    pub const ALL: [Self; 10] = [
        Self::Cors,
        Self::Encryption,
        Self::Lifecycle,
        Self::Logging,
        Self::ObjectLock,
        Self::Ownership,
        Self::Policy,
        Self::PolicyStatus,
        Self::PublicAccessBlock,
        Self::Versioning,
    ];

    /// What it is to S3.
    pub fn row(self) -> Row {
        match self {
            Self::Cors => Row {
                operation: "GetBucketCors",
                subresource: "cors",
                permission: "s3:GetBucketCORS",
                element: "CORSConfiguration",
                unset: "NoSuchCORSConfiguration",
            },
            Self::Encryption => Row {
                operation: "GetBucketEncryption",
                subresource: "encryption",
                permission: "s3:GetEncryptionConfiguration",
                element: "ServerSideEncryptionConfiguration",
                unset: "ServerSideEncryptionConfigurationNotFoundError",
            },
            Self::Lifecycle => Row {
                operation: "GetBucketLifecycleConfiguration",
                subresource: "lifecycle",
                permission: "s3:GetLifecycleConfiguration",
                element: "LifecycleConfiguration",
                unset: "NoSuchLifecycleConfiguration",
            },
            Self::Logging => Row {
                operation: "GetBucketLogging",
                subresource: "logging",
                permission: "s3:GetBucketLogging",
                element: "BucketLoggingStatus",
                unset: "",
            },
            Self::ObjectLock => Row {
                operation: "GetObjectLockConfiguration",
                subresource: "object-lock",
                permission: "s3:GetBucketObjectLockConfiguration",
                element: "ObjectLockConfiguration",
                unset: "ObjectLockConfigurationNotFoundError",
            },
            Self::Ownership => Row {
                operation: "GetBucketOwnershipControls",
                subresource: "ownershipControls",
                permission: "s3:GetBucketOwnershipControls",
                element: "OwnershipControls",
                unset: "OwnershipControlsNotFoundError",
            },
            Self::Policy => Row {
                operation: "GetBucketPolicy",
                subresource: "policy",
                permission: "s3:GetBucketPolicy",
                element: "",
                unset: "NoSuchBucketPolicy",
            },
            Self::PolicyStatus => Row {
                operation: "GetBucketPolicyStatus",
                subresource: "policyStatus",
                permission: "s3:GetBucketPolicyStatus",
                element: "PolicyStatus",
                unset: "NoSuchBucketPolicy",
            },
            Self::PublicAccessBlock => Row {
                operation: "GetPublicAccessBlock",
                subresource: "publicAccessBlock",
                permission: "s3:GetBucketPublicAccessBlock",
                element: "PublicAccessBlockConfiguration",
                unset: "NoSuchPublicAccessBlockConfiguration",
            },
            Self::Versioning => Row {
                operation: "GetBucketVersioning",
                subresource: "versioning",
                permission: "s3:GetBucketVersioning",
                element: "VersioningConfiguration",
                unset: "",
            },
        }
    }
}

/// What asking where a bucket is demands: GetBucketLocation, and HeadBucket where that is denied.
pub const PERMISSIONS_OF_PLACE: [&str; 2] = ["s3:GetBucketLocation", "s3:ListBucket"];
