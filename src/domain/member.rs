//! The members of a request, each in a line or two: name, meaning, form.

use crate::domain::restore::Tier;

/// A member of a request that belongs to some operations only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Member {
    BypassGovernanceRetention,
    CacheControl,
    Checksum,
    ChecksumMode,
    ChecksumOfObject,
    ChecksumOfUpload,
    ContentDisposition,
    ContentEncoding,
    ContentLanguage,
    ContentLength,
    ContentLengthRange,
    ContentMd5,
    ContentType,
    ContentTypePrefix,
    ContinuationToken,
    /// `server_side_encryption` of what an SSE-C key was given for before.
    CustomerEncryption,
    Days,
    Delimiter,
    DownloadAs,
    IfNoneMatch,
    MaxKeys,
    MaxParts,
    Metadata,
    Mfa,
    ObjectLock,
    ObjectSize,
    PartNumber,
    PartNumberMarker,
    Response,
    ServerSideEncryption,
    Stable,
    StartAfter,
    StorageClass,
    SuccessActionRedirect,
    SuccessActionStatus,
    Tags,
    Tier,
    UploadId,
    VersionId,
}

/// What a member's JSON value looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Form {
    True,
    Integer {
        least: i64,
        most: i64,
    },
    Text,
    OneOf(&'static [&'static str]),
    /// One of these numbers.
    OneOfNumbers(&'static [u16]),
    /// `[least, most]`, in bytes.
    Range {
        most: u64,
    },
    /// `{ "algorithm", "value" }`.
    Checksum,
    /// `{ "algorithm": "customer", "key" }`.
    CustomerEncryption,
    /// `{ "algorithm", … }`, by the algorithm.
    Encryption,
    /// Printable ASCII that S3 made, at most [`crate::domain::forms::LONGEST_ID`] bytes.
    Id,
    /// `{ "algorithm", "value" }` of a whole object, perhaps with `"type": "FULL_OBJECT"`.
    ObjectChecksum,
    /// `{ "mode", "retain_until", "legal_hold" }`.
    ObjectLock,
    /// An object of the members of [`crate::domain::grant::ResponseMember`].
    Response,
    /// An object of strings.
    Texts,
    /// `{ "algorithm" }`, perhaps with `type`.
    UploadChecksum,
}

/// A member as the API's documentation shows it.
#[derive(Debug, Clone, Copy)]
pub struct Description {
    pub name: &'static str,
    pub form: Form,
    pub meaning: &'static str,
    /// JSON.
    pub example: &'static str,
}

impl Member {
    /// Every member.
    pub const ALL: [Self; 39] = [
        Self::BypassGovernanceRetention,
        Self::CacheControl,
        Self::Checksum,
        Self::ChecksumMode,
        Self::ChecksumOfObject,
        Self::ChecksumOfUpload,
        Self::ContentDisposition,
        Self::ContentEncoding,
        Self::ContentLanguage,
        Self::ContentLength,
        Self::ContentLengthRange,
        Self::ContentMd5,
        Self::ContentType,
        Self::ContentTypePrefix,
        Self::ContinuationToken,
        Self::CustomerEncryption,
        Self::Days,
        Self::Delimiter,
        Self::DownloadAs,
        Self::IfNoneMatch,
        Self::MaxKeys,
        Self::MaxParts,
        Self::Metadata,
        Self::Mfa,
        Self::ObjectLock,
        Self::ObjectSize,
        Self::PartNumber,
        Self::PartNumberMarker,
        Self::Response,
        Self::ServerSideEncryption,
        Self::Stable,
        Self::StartAfter,
        Self::StorageClass,
        Self::SuccessActionRedirect,
        Self::SuccessActionStatus,
        Self::Tags,
        Self::Tier,
        Self::UploadId,
        Self::VersionId,
    ];

    /// The member of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|member| member.name() == name)
    }

    /// Its name in a request.
    pub fn name(self) -> &'static str {
        self.description().name
    }

    /// How the documentation describes it.
    pub const fn description(self) -> Description {
        let (name, form, meaning, example) = match self {
            Self::BypassGovernanceRetention => (
                "bypass_governance_retention",
                Form::True,
                "Deletes the version despite a GOVERNANCE lock, where the grant has `bypass_governance` too.",
                "true",
            ),
            Self::CacheControl => {
                ("cache_control", Form::Text, "`Cache-Control` that S3 keeps with the object.", r#""max-age=31536000""#)
            }
            Self::Checksum => (
                "checksum",
                Form::Checksum,
                "The checksum of the body, as padded base64; S3 refuses another body.",
                r#"{"algorithm":"SHA256","value":"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}"#,
            ),
            Self::ChecksumMode => (
                "checksum_mode",
                Form::OneOf(&["ENABLED"]),
                "Has S3 answer with the object's checksum.",
                r#""ENABLED""#,
            ),
            Self::ChecksumOfObject => (
                "checksum",
                Form::ObjectChecksum,
                "The checksum of all bytes of the object, as padded base64; S3 makes no object of other parts.",
                r#"{"algorithm":"CRC64NVME","value":"AAAAAAAAAAA="}"#,
            ),
            Self::ChecksumOfUpload => (
                "checksum",
                Form::UploadChecksum,
                "The algorithm by which S3 checks each part, and of what the object's own checksum shall be made.",
                r#"{"algorithm":"CRC64NVME","type":"FULL_OBJECT"}"#,
            ),
            Self::ContentDisposition => (
                "content_disposition",
                Form::Text,
                "`Content-Disposition` that S3 keeps with the object.",
                r#""inline""#,
            ),
            Self::ContentEncoding => {
                ("content_encoding", Form::Text, "`Content-Encoding` that S3 keeps with the object.", r#""gzip""#)
            }
            Self::ContentLanguage => {
                ("content_language", Form::Text, "`Content-Language` that S3 keeps with the object.", r#""en-GB""#)
            }
            Self::ContentLength => (
                "content_length",
                Form::Integer { least: 0, most: LARGEST_PUT },
                "The length of the body in bytes; S3 refuses another length.",
                "48211",
            ),
            Self::ContentLengthRange => (
                "content_length_range",
                Form::Range { most: LARGEST_PUT.unsigned_abs() },
                "The least and the most bytes that the file may have; S3 refuses another length.",
                "[1,10485760]",
            ),
            Self::ContentMd5 => (
                "content_md5",
                Form::Text,
                "The MD5 of the body, as padded base64; S3 refuses another body.",
                r#""1B2M2Y8AsgTpgAmY7PhCfg==""#,
            ),
            Self::ContentType => (
                "content_type",
                Form::Text,
                "The media type of the body, which the upload has to send exactly so.",
                r#""image/png""#,
            ),
            Self::ContentTypePrefix => (
                "content_type_prefix",
                Form::Text,
                "In place of `content_type`, as far as the grant allows it: the holder adds a field `Content-Type` that \
                 begins with this.",
                r#""image/""#,
            ),
            Self::ContinuationToken => (
                "continuation_token",
                Form::Text,
                "`NextContinuationToken` of the answer before.",
                r#""1ueGcxLPRx1Tr""#,
            ),
            Self::CustomerEncryption => (
                "server_side_encryption",
                Form::CustomerEncryption,
                "Of an object that a key of the client's own encrypts: S3 wants that key at each use.",
                r#"{"algorithm":"customer"}"#,
            ),
            Self::Days => (
                "days",
                Form::Integer { least: 1, most: i32::MAX as i64 },
                "How long the copy is kept. Left out only for objects of INTELLIGENT_TIERING.",
                "7",
            ),
            Self::Delimiter => ("delimiter", Form::Text, "Rolls keys up that share what stands before it.", r#""/""#),
            Self::DownloadAs => (
                "download_as",
                Form::Text,
                "A file name under which browsers save the object: put into a `Content-Disposition` by RFC 6266.",
                r#""Jahresübersicht.pdf""#,
            ),
            Self::IfNoneMatch => {
                ("if_none_match", Form::OneOf(&["*"]), "`*`: S3 refuses the upload where the key is taken.", r#""*""#)
            }
            Self::MaxKeys => {
                ("max_keys", Form::Integer { least: 1, most: 1000 }, "How many keys an answer lists at most.", "100")
            }
            Self::MaxParts => {
                ("max_parts", Form::Integer { least: 1, most: 1000 }, "How many parts an answer lists at most.", "100")
            }
            Self::Metadata => (
                "metadata",
                Form::Texts,
                "User metadata: names of `a-z 0-9 -`, values of printable ASCII, 2,048 bytes in all.",
                r#"{"camera":"x100"}"#,
            ),
            Self::Mfa => (
                "mfa",
                Form::Text,
                "The serial number or ARN of the bucket owner's MFA device, a blank, and the code that it shows: for a \
                 bucket with MFA delete, beside `version_id`. Such a URL lives 60 s at most.",
                r#""20899872 301749""#,
            ),
            Self::ObjectLock => (
                "object_lock",
                Form::ObjectLock,
                "Object Lock, as far as the grant leaves it open; with `checksum` or `content_md5`, as S3 demands.",
                r#"{"mode":"GOVERNANCE","retain_until":"2033-11-24T12:00:00Z"}"#,
            ),
            Self::ObjectSize => (
                "object_size",
                Form::Integer { least: 0, most: LARGEST_OBJECT },
                "The length of the whole object in bytes; S3 makes no object of parts that come to another.",
                "314572800",
            ),
            Self::PartNumber => (
                "part_number",
                Form::Integer { least: 1, most: MOST_PARTS },
                "The number of one part: of the upload, or of an object that was uploaded in parts.",
                "1",
            ),
            Self::PartNumberMarker => (
                "part_number_marker",
                Form::Integer { least: 0, most: MOST_PARTS },
                "Lists parts after this one.",
                "100",
            ),
            Self::Response => (
                "response",
                Form::Response,
                "Headers that S3's answer shall have, as far as the grant allows them to be set.",
                r#"{"content_disposition":"inline"}"#,
            ),
            Self::ServerSideEncryption => (
                "server_side_encryption",
                Form::Encryption,
                "How S3 encrypts the object, as far as the grant leaves it open.",
                r#"{"algorithm":"AES256"}"#,
            ),
            Self::Stable => (
                "stable",
                Form::True,
                "The same question gives the same URL for a quarter of its lifetime, so that caches hit.",
                "true",
            ),
            Self::StartAfter => ("start_after", Form::Text, "Lists keys after this one.", r#""users/42/b""#),
            Self::StorageClass => {
                ("storage_class", Form::Text, "The storage class; STANDARD where left out.", r#""STANDARD_IA""#)
            }
            Self::SuccessActionRedirect => (
                "success_action_redirect",
                Form::Text,
                "Where S3 sends the browser after the upload: one of the URLs that the grant lists.",
                r#""https://app.example.com/uploaded""#,
            ),
            Self::SuccessActionStatus => (
                "success_action_status",
                Form::OneOfNumbers(&[200, 201, 204]),
                "The status of S3's answer; 204 where left out.",
                "201",
            ),
            Self::Tags => {
                ("tags", Form::Texts, "Object tags, at most 10, as far as the grant allows them.", r#"{"case":"A-17"}"#)
            }
            Self::Tier => (
                "tier",
                Form::OneOf(&Tier::NAMES),
                "How soon the copy is there, and at what price; S3's default is `Standard`.",
                r#""Bulk""#,
            ),
            Self::UploadId => (
                "upload_id",
                Form::Id,
                "The `UploadId` of S3's answer to CreateMultipartUpload.",
                r#""ibZBv_75gd9r8lH_gqXatLdxMVpAlj6ZQjEs""#,
            ),
            Self::VersionId => (
                "version_id",
                Form::Id,
                "The version, which takes an action of its own: `read_version`, `delete_version`.",
                r#""3HL4kqtJlcpXroDTDmJ-rmSpXd3dIbrHY""#,
            ),
        };
        Description { name, form, meaning, example }
    }
}

/// 5 GiB, the most that one PUT carries.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>
pub const LARGEST_PUT: i64 = 5 << 30;

/// The most parts that an upload has.
pub const MOST_PARTS: i64 = 10_000;

/// As many parts of the largest size: 48.8 TiB, which S3 calls 50 TB.
pub const LARGEST_OBJECT: i64 = MOST_PARTS * LARGEST_PUT;
