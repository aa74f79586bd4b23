//! Names of regions, and AWS's partitions: which regions each has, and under which domain.

use std::fmt;

/// A region's name: on AWS one that a partition's pattern matches, elsewhere whatever the store calls it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Region(Box<str>);

/// A text that is no [`Region`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a region is 1 to 64 of the characters A-Z a-z 0-9 -, such as eu-west-1")]
pub struct InvalidRegion;

/// One of AWS's separate clouds.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Partition {
    /// AWS's id of it, such as `aws-us-gov`.
    pub id: &'static str,
    /// The domain of its S3 hosts; S3's dual-stack hosts have it too.
    pub dns_suffix: &'static str,
    /// Where what it has but once is.
    home: &'static str,
    /// What its regions begin with; a word and a number follow.
    prefixes: &'static [&'static str],
}

impl Region {
    /// Reads a name as it stands.
    pub fn parse(text: &str) -> Result<Self, InvalidRegion> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        match (1..=64).contains(&text.len()) && text.bytes().all(fits) {
            true => Ok(Self(text.into())),
            false => Err(InvalidRegion),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition whose pattern the name matches.
    pub fn partition(&self) -> Option<&'static Partition> {
        PARTITIONS.iter().find(|partition| partition.prefixes.iter().any(|prefix| has_form(&self.0, prefix)))
    }
}

/// The one that a store which asks for none is signed for.
impl Default for Region {
    fn default() -> Self {
        Self("us-east-1".into())
    }
}

impl Partition {
    /// The partition of that id.
    pub fn named(id: &str) -> Option<&'static Self> {
        PARTITIONS.iter().find(|partition| partition.id == id)
    }

    /// The region that is taken where none is told.
    pub fn home(&self) -> Region {
        Region(self.home.into())
    }
}

/// The patterns all read `^PREFIX\-\w+\-\d+$`. Patterns rather than lists, so that a region that opens tomorrow works.
/// No region has upper case or an underscore, which `\w` would let through, nor more than a label of a host may (RFC 1035,
/// 2.3.4): the host would not be a host.
fn has_form(region: &str, prefix: &str) -> bool {
    let parts =
        region.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-')).and_then(|rest| rest.split_once('-'));
    let of = |text: &str, fits: fn(u8) -> bool| !text.is_empty() && text.bytes().all(fits);
    region.len() <= 63
        && parts.is_some_and(|(word, number)| {
            of(word, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
                && of(number, |byte| byte.is_ascii_digit())
        })
}

/// `partitions.json` of botocore 1.44, which calls the home `implicitGlobalRegion`:
/// <https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json>
static PARTITIONS: [Partition; 8] = [
    Partition {
        id: "aws",
        dns_suffix: "amazonaws.com",
        home: "us-east-1",
        prefixes: &["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"],
    },
    Partition { id: "aws-cn", dns_suffix: "amazonaws.com.cn", home: "cn-northwest-1", prefixes: &["cn"] },
    Partition { id: "aws-eusc", dns_suffix: "amazonaws.eu", home: "eusc-de-east-1", prefixes: &["eusc-de"] },
    Partition { id: "aws-iso", dns_suffix: "c2s.ic.gov", home: "us-iso-east-1", prefixes: &["us-iso"] },
    Partition { id: "aws-iso-b", dns_suffix: "sc2s.sgov.gov", home: "us-isob-east-1", prefixes: &["us-isob"] },
    Partition { id: "aws-iso-e", dns_suffix: "cloud.adc-e.uk", home: "eu-isoe-west-1", prefixes: &["eu-isoe"] },
    Partition { id: "aws-iso-f", dns_suffix: "csp.hci.ic.gov", home: "us-isof-south-1", prefixes: &["us-isof"] },
    Partition { id: "aws-us-gov", dns_suffix: "amazonaws.com", home: "us-gov-west-1", prefixes: &["us-gov"] },
];

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_belongs_to_the_partition_whose_pattern_it_matches() {
        let rows = [
            ("us-east-1", Some("aws")),
            ("eu-central-2", Some("aws")),
            ("mx-central-1", Some("aws")),
            ("ap-southeast-17", Some("aws")),
            ("cn-north-1", Some("aws-cn")),
            ("eusc-de-east-1", Some("aws-eusc")),
            ("us-iso-east-1", Some("aws-iso")),
            ("us-isob-east-1", Some("aws-iso-b")),
            ("eu-isoe-west-1", Some("aws-iso-e")),
            ("us-isof-south-1", Some("aws-iso-f")),
            ("us-gov-west-1", Some("aws-us-gov")),
            ("aws-global", None),
            ("us-east", None),
            ("us-east-1a", None),
            ("us-EAST-1", None),
            ("us--1", None),
            ("us-east-", None),
            ("eusc-fr-west-1", None),
            ("mars-north-1", None),
            ("garage", None),
            (&format!("eu-{}-1", "r".repeat(58)), Some("aws")),
            (&format!("eu-{}-1", "r".repeat(59)), None),
        ];
        for (text, expected) in rows {
            let region = Region::parse(text).expect(text);
            assert_eq!(region.partition().map(|partition| partition.id), expected, "{text}");
        }
    }

    #[test]
    fn the_home_of_a_partition_is_one_of_its_regions() {
        for partition in &PARTITIONS {
            assert_eq!(partition.home().partition(), Some(partition), "{}", partition.id);
        }
    }

    #[test]
    fn a_region_is_letters_digits_and_hyphens() {
        let (longest, longer) = ("r".repeat(64), "r".repeat(65));
        let rows = [("us-east-1", true), ("Garage", true), (&longest, true), (&longer, false), ("", false)];
        let wrong =
            ["us west", "us_east", "us-east-1.evil.example", "us/east", "ü", "us-east-1\n"].map(|text| (text, false));
        for (text, expected) in rows.into_iter().chain(wrong) {
            assert_eq!(Region::parse(text).is_ok(), expected, "{text:?}");
        }
    }
}
