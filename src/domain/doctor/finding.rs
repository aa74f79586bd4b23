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
    /// Keys of the client's own (SSE-C) are blocked.
    ClientKeys,
    CopySource,
    Cors,
    Credentials,
    DefaultEncryption,
    /// No rule ends uploads in parts that nobody completes.
    Lifecycle,
    LoggingLoop,
    MfaDelete,
    /// The store did not say.
    NotAsked,
    ObjectLock,
    /// Access lists are in force.
    Ownership,
    /// The bucket refuses plain HTTP, which is all that its endpoint has.
    PlainHttp,
    /// Everybody may do something.
    Public,
    PublicAccessBlock,
    Reachable,
    Region,
    SignatureAge,
    TlsOnly,
    Versioning,
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
    pub const ALL: [Self; 20] = [
        Self::AccessLogging,
        Self::ClientKeys,
        Self::CopySource,
        Self::Cors,
        Self::Credentials,
        Self::DefaultEncryption,
        Self::Lifecycle,
        Self::LoggingLoop,
        Self::MfaDelete,
        Self::NotAsked,
        Self::ObjectLock,
        Self::Ownership,
        Self::PlainHttp,
        Self::Public,
        Self::PublicAccessBlock,
        Self::Reachable,
        Self::Region,
        Self::SignatureAge,
        Self::TlsOnly,
        Self::Versioning,
    ];

    /// As programs read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessLogging => "access-logging",
            Self::ClientKeys => "client-keys",
            Self::CopySource => "copy-source",
            Self::Cors => "cors",
            Self::Credentials => "credentials",
            Self::DefaultEncryption => "default-encryption",
            Self::Lifecycle => "lifecycle",
            Self::LoggingLoop => "logging-loop",
            Self::MfaDelete => "mfa-delete",
            Self::NotAsked => "not-asked",
            Self::ObjectLock => "object-lock",
            Self::Ownership => "ownership",
            Self::PlainHttp => "plain-http",
            Self::Public => "public",
            Self::PublicAccessBlock => "public-access-block",
            Self::Reachable => "reachable",
            Self::Region => "region",
            Self::SignatureAge => "signature-age",
            Self::TlsOnly => "tls-only",
            Self::Versioning => "versioning",
        }
    }
}
