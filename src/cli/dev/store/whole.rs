//! The checksum of an object that came in parts: of all its bytes, or of its parts' checksums.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html>

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use s3s::S3Result;
use s3s::crypto::Checksum as _;
use s3s::crypto::Md5;
use s3s::dto;
use s3s::s3_error;
use serde::Deserialize;
use serde::Serialize;

use super::integrity::Algorithm;
use super::integrity::Checksum;
use super::integrity::Digest;
use super::uploads::Part;
use crate::cli::dev::random;

/// What checksum an upload in parts shall get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whole {
    pub algorithm: Algorithm,
    pub kind: Kind,
}

/// What a checksum is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    Composite,
    FullObject,
}

impl Whole {
    /// S3 makes this one where nobody asks for any.
    pub const UNASKED: Self = Self { algorithm: Algorithm::UNASKED, kind: Kind::FullObject };

    /// What the beginning of an upload asks for.
    pub fn asked(
        algorithm: Option<&dto::ChecksumAlgorithm>,
        kind: Option<&dto::ChecksumType>,
    ) -> S3Result<Option<Self>> {
        let Some(algorithm) = algorithm else {
            return match kind {
                None => Ok(None),
                Some(_) => Err(s3_error!(
                    InvalidRequest,
                    "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
                )),
            };
        };
        let algorithm = Algorithm::named(algorithm.as_str())
            .ok_or_else(|| s3_error!(InvalidRequest, "Checksum algorithm provided is unsupported."))?;
        let kind = kind.map_or(Ok(usual(algorithm)), |kind| Kind::named(kind.as_str()))?;
        match allowed(algorithm, kind) {
            true => Ok(Some(Self { algorithm, kind })),
            false => Err(s3_error!(
                InvalidRequest,
                "The {} checksum type cannot be used with the {} checksum algorithm.",
                kind.name(),
                algorithm.name()
            )),
        }
    }

    /// The checksum made of the parts' own, with their number.
    pub fn composite(self, parts: &[Arc<Part>]) -> S3Result<Checksum> {
        let mut digest = Digest::of(self.algorithm);
        for part in parts {
            let bytes = BASE64_STANDARD.decode(&part.checksum.value);
            digest.update(&bytes.map_err(|error| s3_error!(InternalError, "a part's checksum: {error}"))?);
        }
        let sum = digest.finish()?.checksum;
        Ok(Checksum { value: format!("{}-{}", sum.value, parts.len()), ..sum })
    }
}

/// The ETag of an object in parts, without its quotes.
pub fn tag(parts: &[Arc<Part>]) -> String {
    let mut md5 = Md5::new();
    parts.iter().for_each(|part| md5.update(&part.md5));
    format!("{}-{}", random::hex(&md5.finalize()), parts.len())
}

impl Kind {
    fn named(name: &str) -> S3Result<Self> {
        match name {
            dto::ChecksumType::COMPOSITE => Ok(Self::Composite),
            dto::ChecksumType::FULL_OBJECT => Ok(Self::FullObject),
            _ => Err(s3_error!(InvalidRequest, "Value for x-amz-checksum-type header is invalid.")),
        }
    }

    /// S3's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Composite => dto::ChecksumType::COMPOSITE,
            Self::FullObject => dto::ChecksumType::FULL_OBJECT,
        }
    }
}

fn usual(algorithm: Algorithm) -> Kind {
    match algorithm {
        Algorithm::Crc64Nvme => Kind::FullObject,
        Algorithm::Crc32 | Algorithm::Crc32c | Algorithm::Sha1 | Algorithm::Sha256 => Kind::Composite,
    }
}

fn allowed(algorithm: Algorithm, kind: Kind) -> bool {
    match (algorithm, kind) {
        (Algorithm::Crc32 | Algorithm::Crc32c, Kind::Composite | Kind::FullObject) => true,
        (Algorithm::Crc64Nvme, kind) => kind == Kind::FullObject,
        (Algorithm::Sha1 | Algorithm::Sha256, kind) => kind == Kind::Composite,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_algorithm_has_the_types_that_s3_gives_it() {
        let cases = [
            (None, None, Ok(None)),
            (None, Some("COMPOSITE"), Err(())),
            (Some("CRC32"), None, Ok(Some(Kind::Composite))),
            (Some("CRC32C"), Some("FULL_OBJECT"), Ok(Some(Kind::FullObject))),
            (Some("CRC64NVME"), None, Ok(Some(Kind::FullObject))),
            (Some("CRC64NVME"), Some("COMPOSITE"), Err(())),
            (Some("SHA1"), None, Ok(Some(Kind::Composite))),
            (Some("SHA256"), Some("FULL_OBJECT"), Err(())),
            (Some("SHA256"), Some("HALF"), Err(())),
            (Some("MD4"), None, Err(())),
        ];
        for (algorithm, kind, expected) in cases {
            let dto = (algorithm.map(|name| name.to_owned().into()), kind.map(|name| name.to_owned().into()));
            let found = Whole::asked(dto.0.as_ref(), dto.1.as_ref());
            let found = found.map(|whole| whole.map(|whole| whole.kind)).map_err(drop);
            assert_eq!(found, expected, "{algorithm:?} {kind:?}");
        }
    }
}
