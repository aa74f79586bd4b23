//! What an upload under a grant must or may be, as the caller is told.

use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::schema::OneOfBuilder;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::schema::Type;

use crate::domain::encryption::ServerSideEncryption;
use crate::domain::grant::Grant;
use crate::domain::policy::Bucket;
use crate::domain::retention::LegalHold;
use crate::domain::retention::LockLimits;
use crate::domain::retention::LockMode;

/// What an upload under a grant must or may be.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UploadEntry {
    /// In bytes; null: any.
    #[schema(required = true, example = 104857600)]
    max_size: Option<u64>,
    /// Null: any.
    #[schema(required = true, example = json!(["image/png"]))]
    content_types: Option<Vec<String>>,
    /// `checksum` or `content_md5` must be sent.
    require_checksum: bool,
    /// An object that is there already is not overwritten: `If-None-Match: *` is signed.
    write_once: bool,
    #[schema(example = json!(["STANDARD"]))]
    storage_classes: Vec<String>,
    /// What is signed in, and must be named alike if it is named; null: AES256 or none.
    #[schema(required = true)]
    server_side_encryption: Option<EncryptionEntry>,
    /// Whether other KMS keys may be named.
    kms_key_ids: bool,
    /// Whether `server_side_encryption` may be a key of the client's own.
    sse_c: bool,
    /// By what an upload is locked; null: by nothing.
    #[schema(required = true)]
    object_lock: Option<LockEntry>,
    /// The names of the tags that may be set.
    tags: Vec<String>,
    /// `required`: only with the S3 Encryption Client's `metadata`, v3 or v2; null: not asked for.
    #[schema(required = true, example = "required")]
    client_side_encryption: Option<&'static str>,
    /// Whether `metadata` may be set.
    metadata: bool,
    /// The names of the metadata that the service sets.
    set_metadata: Vec<String>,
    /// The names of the tags that the service sets.
    set_tags: Vec<String>,
    /// Whether `file_name` may be sent in place of `key`.
    file_name: bool,
    /// Whether a form may have a `key_prefix`.
    post_key_prefix: bool,
    /// Whether a form may have a `content_type_prefix`.
    post_type_prefix: bool,
    /// Where a form may send the browser after the upload.
    post_redirects: Vec<String>,
}

/// How an upload is encrypted, without the key that does it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EncryptionEntry {
    #[schema(example = "aws:kms")]
    algorithm: &'static str,
    /// Of KMS: null where the bucket decides.
    #[schema(required = true)]
    bucket_key: Option<bool>,
}

/// By what an upload is locked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LockEntry {
    /// Signed in; null: the caller names one.
    #[schema(required = true, example = "COMPLIANCE")]
    mode: Option<&'static str>,
    /// In seconds from now on, signed in if `retain_until` is left out; null: it cannot be left out.
    #[schema(required = true, example = 2592000)]
    min_retention: Option<u64>,
    /// In seconds from now on; null: any.
    #[schema(required = true)]
    max_retention: Option<u64>,
    /// Whether the caller may set a legal hold; `required`: it is signed in.
    #[schema(schema_with = legal_hold_schema)]
    legal_hold: LegalHoldWord,
}

/// `legal_hold` as the configuration writes it.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
enum LegalHoldWord {
    Flag(bool),
    Word(&'static str),
}

impl UploadEntry {
    /// Of a grant on that bucket.
    pub fn of(grant: &Grant, bucket: Option<&Bucket>) -> Self {
        let limits = &grant.upload;
        let default = bucket.and_then(|bucket| bucket.default_encryption.as_ref());
        let names = |pairs: &[(String, _)]| pairs.iter().map(|(name, _)| name.clone()).collect();
        Self {
            max_size: limits.max_size,
            content_types: limits.content_types.as_ref().map(|types| types.iter().map(ToString::to_string).collect()),
            require_checksum: limits.require_checksum,
            write_once: limits.write_once,
            storage_classes: limits.storage_classes.iter().map(|class| class.as_str().to_owned()).collect(),
            server_side_encryption: limits.server_side_encryption.as_ref().or(default).map(encryption),
            kms_key_ids: limits.server_side_encryption.is_none() && !limits.kms_keys.is_empty(),
            sse_c: limits.server_side_encryption.is_none() && limits.sse_c,
            object_lock: limits.object_lock.as_ref().map(object_lock),
            tags: limits.tags.clone(),
            client_side_encryption: limits.client_side_encryption.then_some("required"),
            metadata: limits.metadata,
            set_metadata: names(&limits.set_metadata),
            set_tags: names(&limits.set_tags),
            file_name: limits.key_template.is_some(),
            post_key_prefix: limits.post_key_prefix,
            post_type_prefix: limits.post_type_prefix,
            post_redirects: limits.post_redirects.clone(),
        }
    }
}

fn encryption(signed_in: &ServerSideEncryption) -> EncryptionEntry {
    let bucket_key = match signed_in {
        ServerSideEncryption::Kms(kms) => kms.bucket_key,
        ServerSideEncryption::S3 | ServerSideEncryption::Customer(_) => None,
    };
    EncryptionEntry { algorithm: signed_in.algorithm(), bucket_key }
}

fn object_lock(limits: &LockLimits) -> LockEntry {
    LockEntry {
        mode: limits.mode.map(LockMode::as_str),
        min_retention: limits.min_retention.map(|time| time.as_secs()),
        max_retention: limits.max_retention.map(|time| time.as_secs()),
        legal_hold: match limits.legal_hold {
            LegalHold::None => LegalHoldWord::Flag(false),
            LegalHold::Open => LegalHoldWord::Flag(true),
            LegalHold::Required => LegalHoldWord::Word("required"),
        },
    }
}

fn legal_hold_schema() -> Schema {
    let boolean = ObjectBuilder::new().schema_type(Type::Boolean);
    let word = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["required"]));
    Schema::OneOf(OneOfBuilder::new().item(boolean).item(word).build())
}
