//! What the doctor finds: an id for programs, two sentences or a command for people.

use crate::domain::name::Name;

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The bucket's alias.
    pub bucket: Name,
    pub id: FindingId,
    pub severity: Severity,
    /// What is so.
    pub detail: String,
    /// The command that mends it, or what to do where no command can.
    pub mend: String,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A grant needs what is missing: its URLs fail, or what it forbids can be had all the same.
    Error,
    /// Nothing fails, but a guard is missing.
    Warning,
    /// It could be set; no grant depends on it.
    Info,
}

/// The kinds of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingId {
    AccessLogging,
    AnotherKey,
    AnotherMethod,
    Checksum,
    /// Keys of the client's own (SSE-C) are blocked.
    ClientKeys,
    ContentLength,
    ContentMd5,
    CopySource,
    Cors,
    Credentials,
    DefaultEncryption,
    Expiry,
    FormRange,
    /// No rule ends uploads in parts that nobody completes.
    Lifecycle,
    /// A grant reaches where the access log goes.
    LogBucket,
    LoggingLoop,
    MfaDelete,
    /// The store did not say.
    NotAsked,
    ObjectLock,
    ObjectSize,
    /// Access lists are in force.
    Ownership,
    /// The bucket refuses plain HTTP, which is all that its endpoint has.
    PlainHttp,
    /// What the probe could not do.
    Probe,
    /// Everybody may do something.
    Public,
    PublicAccessBlock,
    Reachable,
    Region,
    SignatureAge,
    SignedHeader,
    TlsOnly,
    UnsignedAcl,
    UnsignedClientKey,
    UnsignedStorageClass,
    UnsignedTagging,
    Versioning,
    WriteOnce,
    WriteOnceInParts,
}

impl Severity {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

impl FindingId {
    /// Every id.
    pub const ALL: [Self; 37] = [
        Self::AccessLogging,
        Self::AnotherKey,
        Self::AnotherMethod,
        Self::Checksum,
        Self::ClientKeys,
        Self::ContentLength,
        Self::ContentMd5,
        Self::CopySource,
        Self::Cors,
        Self::Credentials,
        Self::DefaultEncryption,
        Self::Expiry,
        Self::FormRange,
        Self::Lifecycle,
        Self::LogBucket,
        Self::LoggingLoop,
        Self::MfaDelete,
        Self::NotAsked,
        Self::ObjectLock,
        Self::ObjectSize,
        Self::Ownership,
        Self::PlainHttp,
        Self::Probe,
        Self::Public,
        Self::PublicAccessBlock,
        Self::Reachable,
        Self::Region,
        Self::SignatureAge,
        Self::SignedHeader,
        Self::TlsOnly,
        Self::UnsignedAcl,
        Self::UnsignedClientKey,
        Self::UnsignedStorageClass,
        Self::UnsignedTagging,
        Self::Versioning,
        Self::WriteOnce,
        Self::WriteOnceInParts,
    ];

    /// As programs read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessLogging => "access-logging",
            Self::AnotherKey => "another-key",
            Self::AnotherMethod => "another-method",
            Self::Checksum => "checksum",
            Self::ClientKeys => "client-keys",
            Self::ContentLength => "content-length",
            Self::ContentMd5 => "content-md5",
            Self::CopySource => "copy-source",
            Self::Cors => "cors",
            Self::Credentials => "credentials",
            Self::DefaultEncryption => "default-encryption",
            Self::Expiry => "expiry",
            Self::FormRange => "form-range",
            Self::Lifecycle => "lifecycle",
            Self::LogBucket => "log-bucket",
            Self::LoggingLoop => "logging-loop",
            Self::MfaDelete => "mfa-delete",
            Self::NotAsked => "not-asked",
            Self::ObjectLock => "object-lock",
            Self::ObjectSize => "object-size",
            Self::Ownership => "ownership",
            Self::PlainHttp => "plain-http",
            Self::Probe => "probe",
            Self::Public => "public",
            Self::PublicAccessBlock => "public-access-block",
            Self::Reachable => "reachable",
            Self::Region => "region",
            Self::SignatureAge => "signature-age",
            Self::SignedHeader => "signed-header",
            Self::TlsOnly => "tls-only",
            Self::UnsignedAcl => "unsigned-acl",
            Self::UnsignedClientKey => "unsigned-client-key",
            Self::UnsignedStorageClass => "unsigned-storage-class",
            Self::UnsignedTagging => "unsigned-tagging",
            Self::Versioning => "versioning",
            Self::WriteOnce => "write-once",
            Self::WriteOnceInParts => "write-once-in-parts",
        }
    }
}
