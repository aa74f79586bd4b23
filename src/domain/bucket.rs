//! Names of buckets.

use std::fmt;

/// The real name of a bucket, or an access point's alias: what stands in the host or the path.
///
/// 1 to 255 of the characters that S3 ever allowed, so that old buckets and other stores' buckets have their place;
/// a name that cannot stand in a host goes into the path.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BucketName(Box<str>);

/// Why a text is no [`BucketName`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBucket {
    #[error("ARNs are not available in this version; write the bucket's name, or the access point's alias")]
    Arn,
    #[error(
        "directory buckets are not offered, since they need a session from the network; use a general purpose bucket"
    )]
    Directory,
    #[error("a bucket's name is 1 to 255 of the characters A-Z a-z 0-9 . _ - and neither \".\" nor \"..\"")]
    Name,
    #[error("Object Lambda access point aliases are not available in this version; write the bucket's name")]
    ObjectLambdaAlias,
    #[error("Outposts access point aliases are not available in this version; write the bucket's name")]
    OutpostsAlias,
}

impl BucketName {
    /// Reads a name as it stands. An access point's alias (`…-s3alias`) is a name like any other.
    pub fn parse(text: &str) -> Result<Self, InvalidBucket> {
        if text.starts_with("arn:") {
            return Err(InvalidBucket::Arn);
        }
        if let Some((_, error)) = OTHER_KINDS.iter().find(|(suffix, _)| text.ends_with(suffix)) {
            return Err(*error);
        }
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        // A client that tidies paths would drop a bucket named `.` or `..`.
        match (1..=255).contains(&text.len()) && text.bytes().all(fits) && !matches!(text, "." | "..") {
            true => Ok(Self(text.into())),
            false => Err(InvalidBucket::Name),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it leads to a bucket of another name.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html>
    pub fn is_access_point(&self) -> bool {
        self.0.ends_with("-s3alias")
    }

    /// Whether the name can be the first label of a host, under any certificate.
    pub fn is_label(&self) -> bool {
        self.0.len() >= 3 && is_label(&self.0)
    }

    /// Whether the name can be the first labels of a host where no certificate speaks against dots.
    pub fn is_labels(&self) -> bool {
        let is_address =
            self.0.split('.').count() == 4 && self.0.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit());
        self.0.len() >= 3 && self.0.split('.').all(is_label) && !is_address
    }
}

/// `aws.isVirtualHostableS3Bucket` of the endpoint rules: RFC 1123's label, without upper case.
fn is_label(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(fits) && !text.starts_with('-') && !text.ends_with('-')
}

/// Suffixes that S3 keeps for what is no general purpose bucket.
const OTHER_KINDS: [(&str, InvalidBucket); 4] = [
    ("--x-s3", InvalidBucket::Directory),
    ("--xa-s3", InvalidBucket::Directory),
    ("--ol-s3", InvalidBucket::ObjectLambdaAlias),
    ("--op-s3", InvalidBucket::OutpostsAlias),
];

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_named_by_a_plain_name_or_an_access_points_alias() {
        let longest = "b".repeat(255);
        let rows = [
            ("acme-media-prod", Ok(())),
            ("ap1-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias", Ok(())),
            ("Upper_Case", Ok(())),
            ("my.dotted.bucket", Ok(())),
            ("ab", Ok(())),
            ("...", Ok(())),
            (longest.as_str(), Ok(())),
            (&format!("{longest}b"), Err(InvalidBucket::Name)),
            ("", Err(InvalidBucket::Name)),
            (".", Err(InvalidBucket::Name)),
            ("..", Err(InvalidBucket::Name)),
            ("a/b", Err(InvalidBucket::Name)),
            ("a b", Err(InvalidBucket::Name)),
            ("bücher", Err(InvalidBucket::Name)),
            ("a%2Fb", Err(InvalidBucket::Name)),
            ("s3://acme", Err(InvalidBucket::Name)),
            ("arn:aws:s3:us-west-2:123456789012:accesspoint:ap", Err(InvalidBucket::Arn)),
            ("arn:aws:s3:::acme", Err(InvalidBucket::Arn)),
            ("data--usw2-az1--x-s3", Err(InvalidBucket::Directory)),
            ("ap--usw2-az1--xa-s3", Err(InvalidBucket::Directory)),
            ("ol-1a4n8yjrb3kda96f67zwrwiiuse1a--ol-s3", Err(InvalidBucket::ObjectLambdaAlias)),
            ("op-o0b1d075431d83bebde8xz5w8ijx1qzlbp3i3kuse10--op-s3", Err(InvalidBucket::OutpostsAlias)),
        ];
        for (text, expected) in rows {
            assert_eq!(BucketName::parse(text).map(|name| assert_eq!(name.as_str(), text)), expected, "{text}");
        }
    }

    #[test]
    fn a_name_stands_in_a_host_only_if_it_is_a_label() {
        let rows = [
            ("aaa", true, true),
            ("1234567890", true, true),
            ("a-b", true, true),
            ("ab", false, false),
            ("my.dotted.bucket", false, true),
            ("1.2.3.4", false, false),
            ("1.2.3.4.5", false, true),
            ("a..b", false, false),
            (".ab", false, false),
            ("ab.", false, false),
            ("-ab", false, false),
            ("ab-", false, false),
            ("a.-b", false, false),
            ("Abc", false, false),
            ("a_bc", false, false),
            (&"b".repeat(63), true, true),
            (&"b".repeat(64), false, false),
        ];
        for (text, label, labels) in rows {
            let name = BucketName::parse(text).expect(text);
            assert_eq!((name.is_label(), name.is_labels()), (label, labels), "{text}");
        }
    }
}
