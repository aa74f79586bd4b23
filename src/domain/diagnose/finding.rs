//! What a diagnosis says: a code for programs, two sentences for people.

use std::borrow::Cow;

/// One thing that was done wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub code: FindingCode,
    /// What was done wrong.
    pub detail: Cow<'static, str>,
    /// What to do.
    pub mend: Cow<'static, str>,
}

impl Finding {
    /// Both are whole sentences.
    pub fn new(code: FindingCode, detail: impl Into<Cow<'static, str>>, mend: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), mend: mend.into() }
    }
}

/// The kinds of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingCode {
    AccessDenied,
    AccessKeyUnknown,
    AlgorithmUnknown,
    AnswerUnreadable,
    Archived,
    AuthorizedTwice,
    BodyDiffers,
    BodyMalformed,
    BucketNotFound,
    ChecksumRequired,
    ClockOff,
    ContentTypeChanged,
    CredentialMalformed,
    DateDisagrees,
    DateMalformed,
    Decoded,
    EncodedTwice,
    EncryptionKeyMissing,
    Expired,
    ExpiresOutOfRange,
    FormPolicyFailed,
    HeaderMissing,
    HeaderNotSigned,
    HeaderValueDiffers,
    HostDiffers,
    HostNotSigned,
    HtmlEscaped,
    KeyNotFound,
    KmsRefused,
    LengthUnknown,
    LockRefused,
    LowerCaseHex,
    MethodDiffers,
    NotAUrl,
    NotPresigned,
    NotYetValid,
    ObjectExists,
    ParameterMissing,
    ParameterRepeated,
    PartsRefused,
    PathDiffers,
    PathFolds,
    PayloadSigned,
    PlainHttp,
    PlusForSpace,
    QueryDiffers,
    RangeRefused,
    RegionDiffers,
    S3Busy,
    SessionEnded,
    SignatureDiffers,
    SignatureMalformed,
    SignatureVersion2,
    SignedHeaders,
    SizeRefused,
    UnknownError,
    UploadNotFound,
    UrlBroken,
}

impl FindingCode {
    /// All of them, in the order of their names.
    pub const ALL: [Self; 58] = [
        Self::AccessDenied,
        Self::AccessKeyUnknown,
        Self::AlgorithmUnknown,
        Self::AnswerUnreadable,
        Self::Archived,
        Self::AuthorizedTwice,
        Self::BodyDiffers,
        Self::BodyMalformed,
        Self::BucketNotFound,
        Self::ChecksumRequired,
        Self::ClockOff,
        Self::ContentTypeChanged,
        Self::CredentialMalformed,
        Self::DateDisagrees,
        Self::DateMalformed,
        Self::Decoded,
        Self::EncodedTwice,
        Self::EncryptionKeyMissing,
        Self::Expired,
        Self::ExpiresOutOfRange,
        Self::FormPolicyFailed,
        Self::HeaderMissing,
        Self::HeaderNotSigned,
        Self::HeaderValueDiffers,
        Self::HostDiffers,
        Self::HostNotSigned,
        Self::HtmlEscaped,
        Self::KeyNotFound,
        Self::KmsRefused,
        Self::LengthUnknown,
        Self::LockRefused,
        Self::LowerCaseHex,
        Self::MethodDiffers,
        Self::NotAUrl,
        Self::NotPresigned,
        Self::NotYetValid,
        Self::ObjectExists,
        Self::ParameterMissing,
        Self::ParameterRepeated,
        Self::PartsRefused,
        Self::PathDiffers,
        Self::PathFolds,
        Self::PayloadSigned,
        Self::PlainHttp,
        Self::PlusForSpace,
        Self::QueryDiffers,
        Self::RangeRefused,
        Self::RegionDiffers,
        Self::S3Busy,
        Self::SessionEnded,
        Self::SignatureDiffers,
        Self::SignatureMalformed,
        Self::SignatureVersion2,
        Self::SignedHeaders,
        Self::SizeRefused,
        Self::UnknownError,
        Self::UploadNotFound,
        Self::UrlBroken,
    ];

    /// How sure it is that this was the cause.
    pub fn certainty(self) -> Certainty {
        match self {
            Self::EncodedTwice | Self::HtmlEscaped => Certainty::Root,
            Self::AccessDenied | Self::SignatureDiffers | Self::SignedHeaders => Certainty::Vague,
            Self::AnswerUnreadable
            | Self::ContentTypeChanged
            | Self::Decoded
            | Self::HeaderValueDiffers
            | Self::LowerCaseHex
            | Self::PathFolds
            | Self::PlainHttp
            | Self::PlusForSpace
            | Self::UnknownError => Certainty::Likely,
            Self::AccessKeyUnknown
            | Self::AlgorithmUnknown
            | Self::Archived
            | Self::AuthorizedTwice
            | Self::BodyDiffers
            | Self::BodyMalformed
            | Self::BucketNotFound
            | Self::ChecksumRequired
            | Self::ClockOff
            | Self::CredentialMalformed
            | Self::DateDisagrees
            | Self::DateMalformed
            | Self::EncryptionKeyMissing
            | Self::Expired
            | Self::ExpiresOutOfRange
            | Self::FormPolicyFailed
            | Self::HeaderMissing
            | Self::HeaderNotSigned
            | Self::HostDiffers
            | Self::HostNotSigned
            | Self::KeyNotFound
            | Self::KmsRefused
            | Self::LengthUnknown
            | Self::LockRefused
            | Self::MethodDiffers
            | Self::NotAUrl
            | Self::NotPresigned
            | Self::NotYetValid
            | Self::ObjectExists
            | Self::ParameterMissing
            | Self::ParameterRepeated
            | Self::PartsRefused
            | Self::PathDiffers
            | Self::PayloadSigned
            | Self::QueryDiffers
            | Self::RangeRefused
            | Self::RegionDiffers
            | Self::S3Busy
            | Self::SessionEnded
            | Self::SignatureMalformed
            | Self::SignatureVersion2
            | Self::SizeRefused
            | Self::UploadNotFound
            | Self::UrlBroken => Certainty::Certain,
        }
    }

    /// The name that programs see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::AccessKeyUnknown => "access_key_unknown",
            Self::AlgorithmUnknown => "algorithm_unknown",
            Self::AnswerUnreadable => "answer_unreadable",
            Self::Archived => "archived",
            Self::AuthorizedTwice => "authorized_twice",
            Self::BodyDiffers => "body_differs",
            Self::BodyMalformed => "body_malformed",
            Self::BucketNotFound => "bucket_not_found",
            Self::ChecksumRequired => "checksum_required",
            Self::ClockOff => "clock_off",
            Self::ContentTypeChanged => "content_type_changed",
            Self::CredentialMalformed => "credential_malformed",
            Self::DateDisagrees => "date_disagrees",
            Self::DateMalformed => "date_malformed",
            Self::Decoded => "decoded",
            Self::EncodedTwice => "encoded_twice",
            Self::EncryptionKeyMissing => "encryption_key_missing",
            Self::Expired => "expired",
            Self::ExpiresOutOfRange => "expires_out_of_range",
            Self::FormPolicyFailed => "form_policy_failed",
            Self::HeaderMissing => "header_missing",
            Self::HeaderNotSigned => "header_not_signed",
            Self::HeaderValueDiffers => "header_value_differs",
            Self::HostDiffers => "host_differs",
            Self::HostNotSigned => "host_not_signed",
            Self::HtmlEscaped => "html_escaped",
            Self::KeyNotFound => "key_not_found",
            Self::KmsRefused => "kms_refused",
            Self::LengthUnknown => "length_unknown",
            Self::LockRefused => "lock_refused",
            Self::LowerCaseHex => "lower_case_hex",
            Self::MethodDiffers => "method_differs",
            Self::NotAUrl => "not_a_url",
            Self::NotPresigned => "not_presigned",
            Self::NotYetValid => "not_yet_valid",
            Self::ObjectExists => "object_exists",
            Self::ParameterMissing => "parameter_missing",
            Self::ParameterRepeated => "parameter_repeated",
            Self::PartsRefused => "parts_refused",
            Self::PathDiffers => "path_differs",
            Self::PathFolds => "path_folds",
            Self::PayloadSigned => "payload_signed",
            Self::PlainHttp => "plain_http",
            Self::PlusForSpace => "plus_for_space",
            Self::QueryDiffers => "query_differs",
            Self::RangeRefused => "range_refused",
            Self::RegionDiffers => "region_differs",
            Self::S3Busy => "s3_busy",
            Self::SessionEnded => "session_ended",
            Self::SignatureDiffers => "signature_differs",
            Self::SignatureMalformed => "signature_malformed",
            Self::SignatureVersion2 => "signature_version_2",
            Self::SignedHeaders => "signed_headers",
            Self::SizeRefused => "size_refused",
            Self::UnknownError => "unknown_error",
            Self::UploadNotFound => "upload_not_found",
            Self::UrlBroken => "url_broken",
        }
    }
}

/// How sure a finding is. What is vague is worth telling only where nothing is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// What explains others.
    Root,
    Certain,
    Likely,
    Vague,
}
