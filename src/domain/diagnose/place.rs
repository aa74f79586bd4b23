//! What a URL's host on AWS asks of the algorithm, the service and the region that it is signed for.

use crate::domain::diagnose::finding::Finding;
use crate::domain::diagnose::finding::FindingCode;
use crate::domain::diagnose::quotes::Quotes;
use crate::domain::diagnose::url_alone::is_of_every_region;
use crate::domain::used_url::UsedUrl;

/// What the host does not take; nothing of a host that is not known.
pub fn findings(url: &UsedUrl<'_>, quotes: &Quotes) -> Option<Finding> {
    let name = url.host();
    let (host, credential, of_every_region) = (Host::parse(&name)?, url.credential(), is_of_every_region(url));
    let (regions, service) = match (of_every_region, credential.as_slice()) {
        (true, [_, _, service, _]) => (url.parameter("X-Amz-Region-Set")?, service),
        (false, [_, _, region, service, _]) => (region.clone(), service),
        (true | false, _) => return None,
    };
    match host {
        Host::Global if !of_every_region => Some(needs_every_region()),
        Host::Global => differs(service, "s3", quotes),
        Host::Regional { region, .. } if !regions.split(',').any(|set| covers(set, region)) => {
            Some(region_differs(region, &regions, quotes))
        }
        Host::Regional { service: of_host, .. } => differs(service, of_host, quotes),
    }
}

/// A host of S3's on AWS.
/// <https://docs.aws.amazon.com/general/latest/gr/s3.html>
enum Host<'a> {
    /// Of Multi-Region Access Points.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPointRequests.html>
    Global,
    Regional {
        service: &'a str,
        region: &'a str,
    },
}

impl<'a> Host<'a> {
    fn parse(host: &'a str) -> Option<Self> {
        let host = host.strip_suffix(".cn").unwrap_or(host).strip_suffix(".amazonaws.com")?;
        if host.ends_with(".accesspoint.s3-global") {
            return Some(Self::Global);
        }
        let (before, region) = host.rsplit_once('.')?;
        let before = before.strip_suffix(".dualstack").unwrap_or(before);
        let service = match before.rsplit('.').next()? {
            "s3-object-lambda" | "s3-object-lambda-fips" => "s3-object-lambda",
            "s3-outposts" => "s3-outposts",
            "s3" | "s3-fips" | "s3-accesspoint" | "s3-accesspoint-fips" => "s3",
            label if label.starts_with("s3express-") => "s3express",
            _ => return None,
        };
        Some(Self::Regional { service, region })
    }
}

/// Whether a region of a set, which may end in a star, is or covers that one.
fn covers(region: &str, of_host: &str) -> bool {
    region.strip_suffix('*').map_or(region == of_host, |start| of_host.starts_with(start))
}

fn needs_every_region() -> Finding {
    Finding::new(
        FindingCode::AlgorithmUnknown,
        "The host is a Multi-Region Access Point's, which takes AWS4-ECDSA-P256-SHA256 (SigV4A) alone, and the URL is \
         signed for one region.",
        "Tell the operator: the bucket must be the Multi-Region Access Point's ARN, by which presignd signs for every \
         region; do not put its host into another bucket's URL.",
    )
}

fn differs(signed: &str, of_host: &str, quotes: &Quotes) -> Option<Finding> {
    let detail = || format!("The host takes signatures for {of_host}, X-Amz-Credential has {}.", quotes.quote(signed));
    (signed != of_host).then(|| Finding::new(FindingCode::CredentialMalformed, detail(), OF_SERVICE))
}

/// What to do where the scope names another service than the host's.
pub const OF_SERVICE: &str = "Tell the operator: the bucket must be the access point's ARN, by which presignd \
     signs for its service (s3-object-lambda, s3-outposts); do not change the host by hand.";

fn region_differs(of_host: &str, signed: &str, quotes: &Quotes) -> Finding {
    Finding::new(
        FindingCode::RegionDiffers,
        format!("The host is in {}, the signature is for {}.", quotes.bare(of_host), quotes.bare(signed)),
        "Tell the operator: the bucket's `region` must be the one the bucket is in. Do not change the host by hand.",
    )
}
