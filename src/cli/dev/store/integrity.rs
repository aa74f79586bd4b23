//! MD5 and checksums of an upload: what its sender declares, and what its bytes come to.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use s3s::S3Result;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::Checksum as _;
use s3s::crypto::Md5;
use s3s::dto::PutObjectInput;
use s3s::s3_error;
use serde::Deserialize;
use serde::Serialize;

use super::whole::Kind;

/// A checksum of a whole object, or of a part.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksum {
    pub algorithm: Algorithm,
    /// Base64; of one made of the parts' own, with a dash and their number.
    pub value: String,
}

impl Checksum {
    /// What it is of.
    pub fn kind(&self) -> Kind {
        match self.value.contains('-') {
            true => Kind::Composite,
            false => Kind::FullObject,
        }
    }
}

/// The algorithms, by S3's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

/// What an upload declares of its bytes.
#[derive(Debug)]
pub struct Declared {
    md5: Option<[u8; 16]>,
    algorithm: Algorithm,
    checksum: Expected,
}

/// Where the checksum to compare with is.
#[derive(Debug, PartialEq, Eq)]
enum Expected {
    Nowhere,
    InHeader(String),
    InTrailer,
}

impl Declared {
    /// Reads `Content-MD5`, `x-amz-checksum-*`, or the algorithm that `x-amz-trailer` announces.
    ///
    /// Fails on what is no digest, and on two checksums: S3 takes one.
    pub fn of(input: &PutObjectInput) -> S3Result<Self> {
        let md5 = input.content_md5.as_deref().map(md5_from).transpose()?;
        let mut given = ALGORITHMS.into_iter().filter_map(|algorithm| {
            let value = algorithm.header(input)?;
            Some((algorithm, value))
        });
        let (algorithm, checksum) = match (given.next(), announced(input)) {
            (Some((algorithm, value)), _) => (algorithm, Expected::InHeader(algorithm.checked(value)?)),
            (None, Some(algorithm)) => (algorithm, Expected::InTrailer),
            (None, None) => (Algorithm::UNASKED, Expected::Nowhere),
        };
        if given.next().is_some() {
            return Err(s3_error!(
                InvalidRequest,
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
            ));
        }
        Ok(Self { md5, algorithm, checksum })
    }

    /// Whether it declares anything.
    pub fn is_some(&self) -> bool {
        self.md5.is_some() || self.checksum != Expected::Nowhere
    }

    /// The algorithm of the checksum that comes with the bytes.
    pub fn algorithm(&self) -> Option<Algorithm> {
        match self.checksum {
            Expected::Nowhere => None,
            Expected::InHeader(_) | Expected::InTrailer => Some(self.algorithm),
        }
    }

    /// The same, with a checksum of this algorithm where it declares none.
    pub fn or(self, algorithm: Algorithm) -> Self {
        match self.checksum {
            Expected::Nowhere => Self { algorithm, ..self },
            Expected::InHeader(_) | Expected::InTrailer => self,
        }
    }

    /// A digest of everything that this needs.
    pub fn digest(&self) -> Digest {
        Digest::of(self.algorithm)
    }

    /// Whether the bytes are what was declared. `trailer` gives the value of a trailing header.
    pub fn agrees(&self, sums: &Sums, trailer: impl FnOnce(&str) -> Option<String>) -> S3Result<()> {
        if self.md5.is_some_and(|md5| md5 != sums.md5) {
            return Err(s3_error!(BadDigest, "The Content-MD5 you specified did not match what we received."));
        }
        let expected = match &self.checksum {
            Expected::Nowhere => return Ok(()),
            Expected::InHeader(value) => Some(value.clone()),
            Expected::InTrailer => trailer(self.algorithm.header_name()),
        };
        match expected {
            Some(value) if value == sums.checksum.value => Ok(()),
            Some(_) => Err(s3_error!(
                BadDigest,
                "The {} you specified did not match the calculated checksum.",
                self.algorithm.name()
            )),
            None => Err(s3_error!(InvalidRequest, "The announced trailer {} is missing", self.algorithm.header_name())),
        }
    }
}

const ALGORITHMS: [Algorithm; 5] =
    [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme, Algorithm::Sha1, Algorithm::Sha256];

fn announced(input: &PutObjectInput) -> Option<Algorithm> {
    Algorithm::named(input.checksum_algorithm.as_ref()?.as_str())
}

/// The digest that a `Content-MD5` says.
pub fn md5_from(text: &str) -> S3Result<[u8; 16]> {
    let bytes = BASE64_STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| s3_error!(InvalidDigest, "The Content-MD5 you specified was invalid."))
}

impl Algorithm {
    /// S3 keeps this one where the sender names none.
    pub const UNASKED: Self = Self::Crc64Nvme;

    /// By S3's name.
    pub fn named(name: &str) -> Option<Self> {
        ALGORITHMS.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// S3's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    fn header_name(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// In bytes.
    fn length(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    fn header(self, input: &PutObjectInput) -> Option<&str> {
        match self {
            Self::Crc32 => input.checksum_crc32.as_deref(),
            Self::Crc32c => input.checksum_crc32c.as_deref(),
            Self::Crc64Nvme => input.checksum_crc64nvme.as_deref(),
            Self::Sha1 => input.checksum_sha1.as_deref(),
            Self::Sha256 => input.checksum_sha256.as_deref(),
        }
    }

    fn checked(self, value: &str) -> S3Result<String> {
        match BASE64_STANDARD.decode(value) {
            Ok(bytes) if bytes.len() == self.length() => Ok(value.to_owned()),
            Ok(_) | Err(_) => Err(s3_error!(InvalidRequest, "Value for {} header is invalid.", self.header_name())),
        }
    }

    fn value(self, sums: s3s::dto::Checksum) -> Option<String> {
        match self {
            Self::Crc32 => sums.checksum_crc32,
            Self::Crc32c => sums.checksum_crc32c,
            Self::Crc64Nvme => sums.checksum_crc64nvme,
            Self::Sha1 => sums.checksum_sha1,
            Self::Sha256 => sums.checksum_sha256,
        }
    }
}

/// Digests bytes as they come.
pub struct Digest {
    md5: Md5,
    algorithm: Algorithm,
    checksum: ChecksumHasher,
}

impl Digest {
    /// Of nothing yet.
    pub fn of(algorithm: Algorithm) -> Self {
        let mut checksum = ChecksumHasher::default();
        match algorithm {
            Algorithm::Crc32 => checksum.crc32 = Some(s3s::crypto::Crc32::new()),
            Algorithm::Crc32c => checksum.crc32c = Some(s3s::crypto::Crc32c::new()),
            Algorithm::Crc64Nvme => checksum.crc64nvme = Some(s3s::crypto::Crc64Nvme::new()),
            Algorithm::Sha1 => checksum.sha1 = Some(s3s::crypto::Sha1::new()),
            Algorithm::Sha256 => checksum.sha256 = Some(s3s::crypto::Sha256::new()),
        }
        Self { md5: Md5::new(), algorithm, checksum }
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.checksum.update(bytes);
    }

    /// What all of them come to.
    pub fn finish(self) -> S3Result<Sums> {
        let value = self.algorithm.value(self.checksum.finalize()).ok_or_else(|| s3_error!(InternalError))?;
        Ok(Sums { md5: self.md5.finalize(), checksum: Checksum { algorithm: self.algorithm, value } })
    }
}

/// What an upload's bytes came to.
pub struct Sums {
    pub md5: [u8; 16],
    pub checksum: Checksum,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(change: impl FnOnce(&mut PutObjectInput)) -> PutObjectInput {
        let mut input = PutObjectInput::builder().bucket("media".into()).key("a".into()).build().unwrap();
        change(&mut input);
        input
    }

    fn judge(declared: &PutObjectInput, trailer: Option<&str>) -> Result<Checksum, String> {
        let refused = |error: s3s::S3Error| error.code().as_str().to_owned();
        let declared = Declared::of(declared).map_err(refused)?;
        let mut digest = declared.digest();
        digest.update(b"123");
        digest.update(b"456789");
        let sums = digest.finish().map_err(refused)?;
        declared.agrees(&sums, |_| trailer.map(str::to_owned)).map_err(refused)?;
        Ok(sums.checksum)
    }

    /// The check values of "123456789": the CRC catalogue's for the CRCs, sha1sum's, sha256sum's and md5sum's.
    #[test]
    fn an_upload_is_held_against_each_digest_that_it_declares() {
        type Set = fn(&mut PutObjectInput, Option<String>);
        let cases: [(&str, Set, &str); 6] = [
            ("CRC32", |input, value| input.checksum_crc32 = value, "y/Q5Jg=="),
            ("CRC32C", |input, value| input.checksum_crc32c = value, "4waSgw=="),
            ("CRC64NVME", |input, value| input.checksum_crc64nvme = value, "rosUhgp5mIg="),
            ("SHA1", |input, value| input.checksum_sha1 = value, "98O8HYCOBHMq32eZZczDTKeuNEE="),
            ("SHA256", |input, value| input.checksum_sha256 = value, "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="),
            ("MD5", |input, value| input.content_md5 = value, "JfnnlDI7RTiF9RgfG2JNCw=="),
        ];
        for (name, set, value) in cases {
            assert!(judge(&input(|input| set(input, Some(value.into()))), None).is_ok(), "{name}");
            let first = if value.starts_with('A') { "B" } else { "A" };
            let wrong = format!("{first}{}", &value[1..]);
            assert_eq!(judge(&input(|input| set(input, Some(wrong))), None), Err("BadDigest".into()), "{name}");
            let code = if name == "MD5" { "InvalidDigest" } else { "InvalidRequest" };
            for broken in ["", "AAAA", "not base64", &value[..value.len() - 1]] {
                let input = input(|input| set(input, Some(broken.into())));
                assert_eq!(judge(&input, None), Err(code.into()), "{name} {broken:?}");
            }
        }
    }

    #[test]
    fn an_upload_that_declares_nothing_gets_s3s_default_checksum() {
        let checksum = judge(&input(|_| ()), None).unwrap();
        assert_eq!(checksum, Checksum { algorithm: Algorithm::Crc64Nvme, value: "rosUhgp5mIg=".into() });
    }

    #[test]
    fn two_checksums_are_refused() {
        let both = input(|input| {
            input.checksum_crc32 = Some("y/Q5Jg==".into());
            input.checksum_crc32c = Some("4waSgw==".into());
        });
        assert_eq!(judge(&both, None), Err("InvalidRequest".into()));
    }

    #[test]
    fn a_checksum_that_is_announced_as_a_trailer_must_come_and_agree() {
        let announced = input(|input| input.checksum_algorithm = Some("CRC32".to_owned().into()));
        assert!(judge(&announced, Some("y/Q5Jg==")).is_ok());
        assert_eq!(judge(&announced, Some("AAAAAA==")), Err("BadDigest".into()));
        assert_eq!(judge(&announced, None), Err("InvalidRequest".into()));
    }
}
