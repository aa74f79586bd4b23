//! Checksums of bodies, as S3 verifies them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use md5::Digest;
use md5::Md5;

/// The MD5 of these bytes in padded base64, as S3's headers carry one.
pub fn md5(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(Md5::digest(bytes))
}

/// A checksum that S3 verifies the body by.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    pub algorithm: ChecksumAlgorithm,
    /// Padded base64 of exactly the digest's length.
    pub value: String,
}

/// How the parts of an upload, and the object made of them, are checksummed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadChecksum {
    pub algorithm: ChecksumAlgorithm,
    /// S3's own choice for the algorithm, if left out.
    pub kind: Option<ChecksumType>,
}

/// What the checksum of an object that was uploaded in parts is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChecksumType {
    /// Of the checksums of its parts.
    Composite,
    /// Of its bytes.
    FullObject,
}

impl ChecksumType {
    /// Every type.
    pub const ALL: [Self; 2] = [Self::Composite, Self::FullObject];

    /// Its name in a request, and at S3.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Composite => "COMPOSITE",
            Self::FullObject => "FULL_OBJECT",
        }
    }
}

/// The algorithms of `checksum`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChecksumAlgorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

impl ChecksumAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// Its name in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// The header that carries the value.
    pub fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// In bytes.
    pub fn digest_length(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// Whether S3 makes such checksums of an upload in parts with it.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>
    pub fn makes(self, kind: ChecksumType) -> bool {
        match (self, kind) {
            (Self::Crc32 | Self::Crc32c, ChecksumType::Composite | ChecksumType::FullObject) => true,
            (Self::Crc64Nvme, kind) => kind == ChecksumType::FullObject,
            (Self::Sha1 | Self::Sha256, kind) => kind == ChecksumType::Composite,
        }
    }
}
