//! Features of S3 that not every store has, and what a bucket's place lacks of them.

use crate::domain::encryption::Kms;
use crate::domain::encryption::Layers;
use crate::domain::encryption::ServerSideEncryption;
use crate::domain::operation::Operation;
use crate::domain::store::Store;
use crate::domain::store::table;

/// What a request may ask of a store beyond what all of them do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// `x-amz-bypass-governance-retention`.
    BypassGovernance,
    /// `x-amz-checksum-…` of a body, by its algorithm.
    Checksum,
    /// DSSE-KMS.
    Dsse,
    /// A checksum of all bytes of an object that was uploaded in parts, by its algorithm.
    FullObjectChecksum,
    /// `x-amz-object-lock-legal-hold`.
    LegalHold,
    /// `x-amz-mfa`.
    Mfa,
    /// `x-amz-mp-object-size`.
    ObjectSize,
    /// The whole operation.
    Operation(Operation),
    /// `x-amz-object-lock-mode` and its end.
    Retention,
    /// A client's own key.
    SseC,
    /// SSE-KMS.
    SseKms,
    /// SSE-S3, asked for by its header.
    SseS3,
    /// `x-amz-storage-class`, by its name.
    StorageClass,
    /// `x-amz-tagging`.
    Tags,
    /// `versionId`.
    Versions,
    /// `If-None-Match: *` on PutObject.
    WriteOnce,
    /// `If-None-Match: *` on CompleteMultipartUpload.
    WriteOnceInParts,
}

impl Feature {
    /// Its name, such that a store "has no …".
    pub fn name(self) -> &'static str {
        match self {
            Self::BypassGovernance => "bypass of GOVERNANCE locks",
            Self::Checksum => "checksum algorithms",
            Self::Dsse => "DSSE-KMS",
            Self::FullObjectChecksum => "checksums of whole objects in parts",
            Self::LegalHold => "legal holds by header",
            Self::Mfa => "MFA delete",
            Self::ObjectSize => "check of the size of objects in parts",
            Self::Operation(operation) => operation.as_str(),
            Self::Retention => "Object Lock by header",
            Self::SseC => "SSE-C",
            Self::SseKms => "SSE-KMS",
            Self::SseS3 => "SSE-S3 by header",
            Self::StorageClass => "storage classes",
            Self::Tags => "object tags",
            Self::Versions => "versions",
            Self::WriteOnce => "If-None-Match on PutObject",
            Self::WriteOnceInParts => "If-None-Match on CompleteMultipartUpload",
        }
    }

    /// What a caller who asked for it does instead.
    fn instead(self) -> &'static str {
        match self {
            Self::Operation(Operation::PostObject) => "ask for PutObject",
            Self::Operation(_) => "ask for another operation",
            Self::Checksum => "give content_md5 where the operation takes it, or nothing",
            Self::BypassGovernance
            | Self::Dsse
            | Self::FullObjectChecksum
            | Self::LegalHold
            | Self::Mfa
            | Self::ObjectSize
            | Self::Retention
            | Self::SseC
            | Self::SseKms
            | Self::SseS3
            | Self::StorageClass
            | Self::Tags
            | Self::Versions
            | Self::WriteOnce
            | Self::WriteOnceInParts => "leave it out",
        }
    }
}

/// What of a store an encryption is.
impl From<&ServerSideEncryption> for Feature {
    fn from(encryption: &ServerSideEncryption) -> Self {
        match encryption {
            ServerSideEncryption::S3 => Self::SseS3,
            ServerSideEncryption::Kms(Kms { layers: Layers::One, .. }) => Self::SseKms,
            ServerSideEncryption::Kms(Kms { layers: Layers::Two, .. }) => Self::Dsse,
            ServerSideEncryption::Customer(_) => Self::SseC,
        }
    }
}

/// What a store cannot do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lack {
    pub feature: Feature,
    /// Of what has names, those that it has all the same.
    pub but: &'static [&'static str],
    /// Where only some of its kind lack it. No request is refused for that, since nobody has said which it is.
    pub only: Option<&'static str>,
    /// Where it is written.
    pub source: &'static str,
}

impl Lack {
    /// Whether it holds of a feature, and of that one of a kind.
    pub fn is_of(&self, feature: Feature, named: &str) -> bool {
        self.feature == feature && !self.but.contains(&named)
    }

    /// For people: what the store "has no …".
    pub fn name(&self) -> String {
        match self.but {
            [] => self.feature.name().to_owned(),
            but => format!("{} but {}", self.feature.name(), but.join(" and ")),
        }
    }

    /// What to change, for a caller who asked for it.
    pub(super) fn mend(&self) -> String {
        let instead = match self.but {
            [] => self.feature.instead().to_owned(),
            but => format!("give one of {}", but.join(", ")),
        };
        format!("{instead}: this bucket's store has no {}", self.name())
    }
}

/// What the place of a bucket cannot do.
#[derive(Debug, Clone, Default)]
pub struct Lacks(Vec<&'static Lack>);

impl Lacks {
    /// What a store cannot do.
    pub fn of(store: Store) -> Self {
        Self(table::of(store).iter().collect())
    }

    /// And this neither.
    pub fn and(mut self, more: &'static [Lack]) -> Self {
        self.0.extend(more);
        self
    }

    /// Whether all that presignd knows can be done there.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of it.
    pub fn iter(&self) -> impl Iterator<Item = &'static Lack> {
        self.0.iter().copied()
    }

    /// Why nothing of a feature can be had there, or only in some of its kind.
    pub fn whole(&self, feature: Feature) -> Option<&'static Lack> {
        self.iter().find(|lack| lack.feature == feature && lack.but.is_empty())
    }

    /// Why a feature cannot be had there, where no version has it.
    pub fn why_not(&self, feature: Feature, named: &str) -> Option<&'static Lack> {
        self.iter().find(|lack| lack.only.is_none() && lack.is_of(feature, named))
    }
}
