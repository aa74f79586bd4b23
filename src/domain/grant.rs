//! One grant: whom it is for, what it covers, what it asks.

use std::borrow::Cow;
use std::fmt;

use ipnet::IpNet;

use crate::domain::action::Action;
use crate::domain::action::Right;
use crate::domain::action::Rights;
use crate::domain::claims::ClaimPath;
use crate::domain::encryption::KmsKeyId;
use crate::domain::encryption::ServerSideEncryption;
use crate::domain::lifetime::Lifetime;
use crate::domain::media_type::TypePattern;
use crate::domain::name::Name;
use crate::domain::retention::LockLimits;
use crate::domain::scope::Scope;
use crate::domain::step_up::StepUp;
use crate::domain::template::KeyTemplate;
use crate::domain::template::ValueTemplate;

/// One `[[grants]]` of the configuration, checked.
#[derive(Debug, Clone)]
pub struct Grant {
    pub name: Name,
    pub effect: Effect,
    /// The alias of a bucket.
    pub bucket: Name,
    pub scope: Scope,
    /// As the configuration lists them; empty in a deny that denies all.
    pub actions: Vec<Action>,
    /// The issuers it is for; empty in a deny that is for all.
    pub issuers: Vec<Name>,
    /// What a token must claim, all of it.
    pub when: Vec<Condition>,
    pub enabled: bool,
    pub max_expires: Lifetime,
    /// Signs with these instead of the bucket's.
    pub credentials: Option<Name>,
    pub upload: UploadLimits,
    pub download: DownloadLimits,
    /// `require.source_ips`: the caller's address must be in one of these.
    pub source_ips: Option<Vec<IpNet>>,
    /// `require.mfa`.
    pub mfa: MfaRule,
}

impl Grant {
    /// What its actions allow or deny: everything in a deny that lists none.
    pub fn rights(&self) -> Rights {
        match self.effect {
            Effect::Allow => self.actions.iter().fold(Rights::NONE, |all, action| all.or(action.allows())),
            Effect::Deny if self.actions.is_empty() => Rights::ALL,
            Effect::Deny => self.actions.iter().fold(Rights::NONE, |all, action| all.or(action.denies())),
        }
    }

    /// Whether it allows a download, of whatever version.
    pub fn downloads(&self) -> bool {
        let reads = Action::Read.allows().or(Action::ReadVersion.allows());
        self.effect == Effect::Allow && self.rights().allow_any(reads)
    }

    /// Whether its actions speak of what a request needs: an allow of all of it, a deny of any.
    pub fn speaks_of(&self, needed: Rights) -> bool {
        match self.effect {
            Effect::Allow => self.rights().allow_all(needed),
            Effect::Deny => self.rights().allow_any(needed),
        }
    }

    /// How a caller must have authenticated for what a request needs.
    pub fn step_up(&self, needed: Rights) -> Option<Cow<'_, StepUp>> {
        match &self.mfa {
            MfaRule::Asked(step_up) => Some(Cow::Borrowed(step_up)),
            MfaRule::Usual if needed.allow(Right::DeleteVersion) => Some(Cow::Owned(StepUp::usual())),
            MfaRule::Usual | MfaRule::Never => None,
        }
    }

    /// Whether its actions stand for an operation that writes.
    pub fn writes(&self) -> bool {
        self.rights().allow_any(Action::Write.allows())
    }

    /// The claims that fill its templates.
    pub fn claims(&self) -> impl Iterator<Item = &ClaimPath> {
        let values = self.upload.set_metadata.iter().chain(&self.upload.set_tags);
        let made = self.upload.key_template.iter().flat_map(KeyTemplate::claims);
        self.scope.claims().chain(made).chain(values.flat_map(|(_, template)| template.claims()))
    }
}

/// Whether a grant opens or shuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Allow,
    Deny,
}

impl Effect {
    /// The word in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

/// `require.mfa`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MfaRule {
    /// Left out: only the delete of a version asks, for [`StepUp::usual`].
    Usual,
    /// Nothing asks, not even the delete of a version.
    Never,
    /// Every request asks.
    Asked(StepUp),
}

/// One entry of `when`.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub claim: Claim,
    pub quantifier: Quantifier,
    /// At least one.
    pub values: Vec<Scalar>,
}

/// What a [`Condition`] looks at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Claim {
    /// `scope`: the issuer's `scope_claims`, taken apart.
    Scope,
    At(ClaimPath),
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scope => f.write_str("scope"),
            Self::At(path) => path.fmt(f),
        }
    }
}

/// How many of a condition's values must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    Any,
    All,
}

/// A value that a claim is compared with, by type.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    Bool(bool),
    Integer(i64),
    Float(f64),
    String(String),
}

/// `[grants.upload]`: what an upload under the grant must or may be.
#[derive(Debug, Clone)]
pub struct UploadLimits {
    /// In bytes.
    pub max_size: Option<u64>,
    /// Never empty.
    pub content_types: Option<Vec<TypePattern>>,
    pub require_checksum: bool,
    /// Signs `If-None-Match: *`.
    pub write_once: bool,
    /// Never empty; what a request without one asks for is STANDARD.
    pub storage_classes: Vec<StorageClass>,
    /// Signed in, and nothing else accepted; without a client's key.
    pub server_side_encryption: Option<ServerSideEncryption>,
    /// `kms_key_ids`: KMS keys that the caller may name.
    pub kms_keys: Vec<KmsKey>,
    /// Whether the client may bring a key of its own.
    pub sse_c: bool,
    pub object_lock: Option<LockLimits>,
    /// Tag names that the caller may set.
    pub tags: Vec<String>,
    /// The metadata must be the S3 Encryption Client's, v3 or v2.
    pub client_side_encryption: bool,
    /// Whether the caller may set metadata.
    pub metadata: bool,
    /// Names in lower case.
    pub set_metadata: Vec<(String, ValueTemplate)>,
    pub set_tags: Vec<(String, ValueTemplate)>,
    pub key_template: Option<KeyTemplate>,
    /// A form may leave the end of its key to the holder.
    pub post_key_prefix: bool,
    /// A form may leave the end of its type to the holder.
    pub post_type_prefix: bool,
    /// Where a form may send the browser after the upload.
    pub post_redirects: Vec<String>,
}

impl Default for UploadLimits {
    fn default() -> Self {
        Self {
            max_size: None,
            content_types: None,
            require_checksum: false,
            write_once: false,
            storage_classes: vec![StorageClass::standard()],
            server_side_encryption: None,
            kms_keys: Vec::new(),
            sse_c: false,
            object_lock: None,
            tags: Vec::new(),
            client_side_encryption: false,
            metadata: true,
            set_metadata: Vec::new(),
            set_tags: Vec::new(),
            key_template: None,
            post_key_prefix: false,
            post_type_prefix: false,
            post_redirects: Vec::new(),
        }
    }
}

/// An entry of `kms_key_ids`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KmsKey {
    /// `aws/s3`: no key id.
    AwsManaged,
    Named(KmsKeyId),
}

/// `[grants.download]`: what a reader may ask of the answer.
#[derive(Debug, Clone)]
pub struct DownloadLimits {
    /// Which `response` members a reader may set.
    pub overrides: Vec<ResponseMember>,
    /// Every download is signed with an attachment disposition.
    pub force_attachment: bool,
    /// `stable` URLs may be asked for.
    pub stable: bool,
}

impl Default for DownloadLimits {
    fn default() -> Self {
        Self { overrides: vec![ResponseMember::ContentDisposition], force_attachment: false, stable: false }
    }
}

/// A member of a request's `response`: a header of S3's answer that a signed query can override.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResponseMember {
    CacheControl,
    ContentDisposition,
    ContentEncoding,
    ContentLanguage,
    ContentType,
    Expires,
}

impl ResponseMember {
    /// Every member.
    pub const ALL: [Self; 6] = [
        Self::CacheControl,
        Self::ContentDisposition,
        Self::ContentEncoding,
        Self::ContentLanguage,
        Self::ContentType,
        Self::Expires,
    ];

    /// The member's name in a request and in `download.overrides`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CacheControl => "cache_control",
            Self::ContentDisposition => "content_disposition",
            Self::ContentEncoding => "content_encoding",
            Self::ContentLanguage => "content_language",
            Self::ContentType => "content_type",
            Self::Expires => "expires",
        }
    }

    /// The member of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|member| member.as_str() == name)
    }

    /// S3's query parameter.
    pub fn parameter(self) -> &'static str {
        match self {
            Self::CacheControl => "response-cache-control",
            Self::ContentDisposition => "response-content-disposition",
            Self::ContentEncoding => "response-content-encoding",
            Self::ContentLanguage => "response-content-language",
            Self::ContentType => "response-content-type",
            Self::Expires => "response-expires",
        }
    }
}

/// An S3 storage class, as `x-amz-storage-class` carries it: upper-case words.
///
/// Stores have classes of their own, so this is a form, not a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageClass(Box<str>);

/// Why a text is no [`StorageClass`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a storage class is 1 to 64 of the characters A-Z 0-9 _, such as STANDARD_IA")]
pub struct InvalidStorageClass;

impl StorageClass {
    /// Reads a class.
    pub fn parse(text: &str) -> Result<Self, InvalidStorageClass> {
        let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        match (1..=64).contains(&text.len()) && text.bytes().all(fits) {
            true => Ok(Self(text.into())),
            false => Err(InvalidStorageClass),
        }
    }

    /// STANDARD, which a request without a class asks for.
    pub fn standard() -> Self {
        Self("STANDARD".into())
    }

    /// The class's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
