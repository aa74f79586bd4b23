//! Whether a bucket is there, where it is said to be, for whom it is said to be.

use crate::domain::doctor::Finding;
use crate::domain::doctor::FindingId;
use crate::domain::doctor::Reply;
use crate::domain::doctor::Severity;
use crate::domain::doctor::Subject;
use crate::domain::name::Name;
use crate::domain::xml;

/// What comes of asking where a bucket is (GetBucketLocation).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// The credentials could not be had: why.
    Absent(String),
    /// It may be there; who asks may not know.
    Denied,
    /// It is in another region.
    Elsewhere { region: Option<String> },
    /// There is no such bucket.
    Gone,
    /// The store does not take the credentials: S3's code.
    Refused(String),
    /// It is there. The region is S3's word for it.
    There { region: Option<String> },
    /// Nobody answered, or not as S3 does: what happened.
    Unreachable(String),
}

impl Reach {
    /// What the answer to GetBucketLocation says.
    pub fn of_location(reply: &Reply) -> Self {
        if reply.is_success() {
            return match location(&reply.body) {
                Some(region) => Self::There { region: Some(region) },
                None => Self::Unreachable("what answered is no S3: it does not say where the bucket is".to_owned()),
            };
        }
        let error = reply.error();
        let told = || error.as_ref().and_then(|error| error.field("Region")).map(str::to_owned);
        match (error.as_ref().map(|error| error.code.as_str()), reply.status) {
            (Some("NoSuchBucket"), _) => Self::Gone,
            (Some("AccessDenied" | "AllAccessDisabled"), _) | (None, 403) => Self::Denied,
            (Some(code), _) if ELSEWHERE.contains(&code) => {
                Self::Elsewhere { region: reply.region.clone().or_else(told) }
            }
            (None, 301 | 307 | 308) if reply.region.is_some() => Self::Elsewhere { region: reply.region.clone() },
            (Some(code), _) if CREDENTIALS.contains(&code) => Self::Refused(code.to_owned()),
            (Some("NotImplemented" | "MethodNotAllowed"), _) => Self::There { region: None },
            (Some(code), status) => Self::Unreachable(format!("the store answered {status} {code}")),
            (None, status) => {
                Self::Unreachable(format!("what answered is no S3: status {status} without an error of S3's"))
            }
        }
    }

    /// What the answer to HeadBucket, which has no body, adds where GetBucketLocation was denied.
    pub fn of_head(reply: &Reply) -> Self {
        match reply.status {
            404 => Self::Gone,
            301 | 307 | 308 => Self::Elsewhere { region: reply.region.clone() },
            _ if reply.is_success() => Self::There { region: reply.region.clone() },
            _ => Self::Denied,
        }
    }
}

/// The element's text; an empty one is the oldest region, whose buckets have no constraint.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html>
fn location(body: &str) -> Option<String> {
    let document = xml::document(body, 64)?;
    let root = document.root_element();
    (root.tag_name().name() == "LocationConstraint").then(|| match root.text().unwrap_or_default().trim() {
        "" => "us-east-1".to_owned(),
        "EU" => "eu-west-1".to_owned(),
        region => region.to_owned(),
    })
}

const ELSEWHERE: [&str; 4] =
    ["AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect", "TemporaryRedirect"];

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>
const CREDENTIALS: [&str; 8] = [
    "AccountProblem",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidSecurity",
    "InvalidToken",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
];

pub(super) fn findings(subject: &Subject<'_>, reach: &[(Name, Reach)]) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for (name, reach) in reach {
        let Some(finding) = finding(subject, name, reach) else { continue };
        // What is wrong with the bucket is wrong for everybody.
        if !found.iter().any(|known| known.id == finding.id && known.detail == finding.detail) {
            found.push(finding);
        }
    }
    found
}

fn finding(subject: &Subject<'_>, name: &Name, reach: &Reach) -> Option<Finding> {
    let (alias, place) = (&subject.bucket.alias, subject.place);
    let error = |id, detail: String, mend: String| Some(subject.finding(id, Severity::Error, detail, mend));
    match reach {
        Reach::Denied => None,
        Reach::Absent(why) => error(
            FindingId::Credentials,
            format!("The credentials {name} cannot be had: {why}."),
            format!("Mend [credentials.{name}], or run this where they are."),
        ),
        Reach::Refused(code) => error(
            FindingId::Credentials,
            format!("The store does not take the credentials {name}: {code}."),
            credentials(name, code),
        ),
        Reach::Gone => error(
            FindingId::Reachable,
            format!("There is no bucket {}.", place.name),
            format!(
                "Correct bucket in [buckets.{alias}], or make it: {}",
                subject.mend().s3api("create-bucket", "").trim_end()
            ),
        ),
        Reach::Unreachable(what) => error(
            FindingId::Reachable,
            format!("The store at {} cannot be asked: {what}.", place.endpoint()),
            format!(
                "Look at endpoint and region in [buckets.{alias}], and at the network between: curl -v {}",
                place.endpoint()
            ),
        ),
        Reach::Elsewhere { region } => error(
            FindingId::Region,
            format!("The bucket {} is not in {}.", place.name, place.target.region),
            region.as_ref().map_or_else(
                || format!("Ask where it is: aws s3api get-bucket-location --bucket {}", place.name),
                |region| format!("Write region = \"{region}\" in [buckets.{alias}]."),
            ),
        ),
        Reach::There { region: Some(region) } if subject.is_on_aws() && *region != place.target.region => error(
            FindingId::Region,
            format!("The bucket {} is in {region}, not in {}.", place.name, place.target.region),
            format!("Write region = \"{region}\" in [buckets.{alias}]."),
        ),
        Reach::There { .. } => None,
    }
}

fn credentials(name: &Name, code: &str) -> String {
    match code {
        "RequestTimeTooSkewed" => "Set this machine's clock: URLs that it signs are refused too.".to_owned(),
        "ExpiredToken" | "TokenRefreshRequired" => format!("Renew the session in [credentials.{name}]."),
        _ => format!("Write the key id, secret and session of one identity of this store in [credentials.{name}]."),
    }
}
