//! Names of buckets, and the aliases that stand in a name's place.

use std::fmt;

/// The name of a bucket, as it stands in the host or the path.
///
/// 1 to 255 of the characters that S3 ever allowed, so that old buckets and other stores' buckets have their place;
/// a name that cannot stand in a host goes into the path.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BucketName(Box<str>);

/// The alias of an access point on Outposts: it tells which outpost, and so the host.
/// <https://docs.aws.amazon.com/AmazonS3/latest/s3-outposts/s3-outposts-access-points-alias.html>
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OutpostsAlias {
    name: BucketName,
    outpost: Box<str>,
    is_beta: bool,
}

/// Why a text names no bucket and no access point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBucket {
    #[error("an access point's name is 1 to 50 of the characters a-z 0-9 -, without - at its ends")]
    AccessPointName,
    #[error("an ARN's account is 12 digits")]
    Account,
    #[error("an ARN has six parts, arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE; write it whole")]
    ArnIncomplete,
    #[error("the ARN's partition is not the one of its region; copy the ARN as AWS shows it")]
    ArnPartition,
    #[error("the ARN's region is no region of AWS, such as eu-west-1; copy the ARN as AWS shows it")]
    ArnRegion,
    #[error(
        "the ARN names no region, which only that of a Multi-Region Access Point may, whose name ends in .mrap; write \
         the region between the service and the account"
    )]
    ArnRegionMissing,
    #[error(
        "an ARN here ends in accesspoint/NAME, on Outposts in outpost/ID/accesspoint/NAME; write an access point's ARN"
    )]
    ArnResource,
    #[error("the ARN is none of s3, s3-object-lambda or s3-outposts; write a bucket's name or an access point's ARN")]
    ArnService,
    #[error("a bucket is written by its name, not by its ARN; write what stands behind the last \":\"")]
    BucketArn,
    #[error(
        "directory buckets are not offered, since they need a session from the network; use a general purpose bucket"
    )]
    Directory,
    #[error(
        "the alias of a Multi-Region Access Point stands only in its ARN; write arn:aws:s3::ACCOUNT:accesspoint/ALIAS"
    )]
    MultiRegionAlias,
    #[error("a bucket's name is 1 to 255 of the characters A-Z a-z 0-9 . _ - and neither \".\" nor \"..\"")]
    Name,
    #[error("an access point's alias or ARN does not say which bucket is behind it; write that bucket's name")]
    NoBucket,
    #[error("an outpost's id is 1 to 63 of the characters a-z 0-9 -, such as op-01234567890123456")]
    Outpost,
    #[error("the alias of an access point on Outposts has the outpost's id in it; copy the alias as AWS shows it")]
    OutpostsAlias,
}

impl BucketName {
    /// Reads a name as it stands, an alias too.
    pub(super) fn of_any_kind(text: &str) -> Result<Self, InvalidBucket> {
        if DIRECTORY.iter().any(|suffix| text.ends_with(suffix)) {
            return Err(InvalidBucket::Directory);
        }
        if text.ends_with(MULTI_REGION) {
            return Err(InvalidBucket::MultiRegionAlias);
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
pub(super) fn is_label(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(fits) && !text.starts_with('-') && !text.ends_with('-')
}

/// How the alias of a Multi-Region Access Point ends.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/multi-region-access-point-naming.html>
pub(super) const MULTI_REGION: &str = ".mrap";

/// Suffixes of directory buckets and of their access points.
const DIRECTORY: [&str; 2] = ["--x-s3", "--xa-s3"];

impl OutpostsAlias {
    /// Reads what the endpoint rules read of such an alias: from its end `--op-s3`, a character, four of the region,
    /// twenty of S3's own, seventeen of the outpost's id, and one that says what machines the outpost has.
    pub(super) fn of(name: BucketName) -> Result<Self, InvalidBucket> {
        let text = name.as_str();
        let from_end = |stop: usize, start: usize| text.get(text.len().checked_sub(start)?..text.len() - stop);
        let (hardware, id, region) = (from_end(49, 50), from_end(32, 49), from_end(8, 12));
        let (Some(hardware), Some(id), Some(region)) = (hardware, id, region) else {
            return Err(InvalidBucket::OutpostsAlias);
        };
        let outpost = match hardware {
            "e" => "ec2".into(),
            "o" => format!("op-{id}").into(),
            _ => return Err(InvalidBucket::OutpostsAlias),
        };
        let is_beta = region == "beta";
        match is_label(id) && name.is_label() {
            true => Ok(Self { name, outpost, is_beta }),
            false => Err(InvalidBucket::OutpostsAlias),
        }
    }

    /// The first two labels of its host.
    pub fn labels(&self) -> String {
        format!("{}.{}", self.name, self.outpost)
    }

    /// Whether only an endpoint of its own leads there.
    pub fn is_beta(&self) -> bool {
        self.is_beta
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for OutpostsAlias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
