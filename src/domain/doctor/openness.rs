//! What a bucket lets anybody do: plain HTTP, old signatures, the public, access lists, and one identity for all.

use crate::domain::aws_policy::asked;
use crate::domain::aws_policy::pattern;
use crate::domain::aws_policy::place;
use crate::domain::doctor::Finding;
use crate::domain::doctor::FindingId;
use crate::domain::doctor::Severity;
use crate::domain::doctor::Subject;
use crate::domain::doctor::bucket_policy::BucketPolicy;
use crate::domain::doctor::grants_that;
use crate::domain::doctor::heard::Heard;
use crate::domain::doctor::settings::PUBLIC_ACCESS;
use crate::domain::grant::Grant;
use crate::domain::operation::Operation;
use crate::domain::scheme::Scheme;
use crate::domain::store::Store;

pub(super) fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    let found = [
        tls(subject),
        signature_age(subject),
        public(subject),
        public_access(subject),
        ownership(subject),
        one_identity(subject),
    ];
    found.into_iter().flatten().collect()
}

fn tls(subject: &Subject<'_>) -> Option<Finding> {
    let no_policy = BucketPolicy::default();
    let policy = match &subject.settings.policy {
        Heard::Set(policy) => policy,
        Heard::Unset => &no_policy,
        Heard::NotAsked | Heard::Silent(_) => return None,
    };
    let needed = needed(subject);
    let refused: Vec<&str> = needed
        .iter()
        .filter(|(action, resource)| policy.demands_tls(action, resource))
        .map(|(action, _)| *action)
        .collect();
    if subject.place.target.scheme == Scheme::Http {
        return Some(plain_http(subject, &refused));
    }
    if refused.len() == needed.len() {
        return None;
    }
    let detail = match refused.is_empty() {
        true => {
            "The bucket's policy does not refuse plain HTTP, so a URL used by it shows itself and the object to the \
             network."
        }
        false => "The bucket's policy refuses plain HTTP only for some of what the grants sign.",
    };
    Some(subject.finding(FindingId::TlsOnly, Severity::Warning, detail, set_policy(subject)))
}

/// Sets the policy that presignd derives.
fn set_policy(subject: &Subject<'_>) -> String {
    let mend = subject.mend();
    match &subject.settings.policy {
        // Setting it replaces all that is there.
        Heard::Set(_) => format!(
            "Add the statements of `{}` to those that are there (aws s3api get-bucket-policy), and set them all: {}",
            mend.policy("bucket"),
            mend.s3api("put-bucket-policy", "--policy file://policy.json")
        ),
        Heard::Unset | Heard::NotAsked | Heard::Silent(_) => mend.derived("bucket", "put-bucket-policy", "--policy"),
    }
}

/// Of an endpoint without TLS.
fn plain_http(subject: &Subject<'_>, refused: &[&str]) -> Finding {
    let mend = format!(
        "Give the store a certificate, and write its https:// address as endpoint in [buckets.{}].",
        subject.bucket.alias
    );
    match refused {
        [] => {
            let detail = "The endpoint is plain HTTP: URLs and objects are shown to the network between. A policy that \
                          refuses that would refuse every URL.";
            subject.finding(FindingId::TlsOnly, Severity::Info, detail, mend)
        }
        refused => {
            let mut refused = refused.to_vec();
            refused.sort_unstable();
            refused.dedup();
            let detail = format!(
                "The endpoint is plain HTTP, which the bucket's policy refuses for {}: such URLs fail.",
                refused.join(", ")
            );
            subject.finding(FindingId::PlainHttp, Severity::Error, detail, mend)
        }
    }
}

/// What IAM calls all that the grants sign, each with a resource that it is signed for; without grants, a download.
fn needed(subject: &Subject<'_>) -> Vec<(&'static str, String)> {
    let Some(arn) = place::bucket_arn(subject.bucket) else { return Vec::new() };
    let of_grant = |grant: &Grant| {
        let object = object_of(&arn, grant);
        let rights: Vec<_> = grant.rights().iter().collect();
        let arn = arn.clone();
        rights.into_iter().map(|right| asked(right).1).map(move |action| match action {
            "s3:ListBucket" => (action, arn.clone()),
            _ => (action, object.clone()),
        })
    };
    let signed: Vec<_> = subject.grants().flat_map(of_grant).collect();
    match signed.is_empty() {
        true => vec![(Operation::GetObject.row().permission, format!("{arn}/x"))],
        false => signed,
    }
}

/// An object that a grant covers.
fn object_of(arn: &str, grant: &Grant) -> String {
    format!("{arn}/{}x", pattern::literal_prefix(&grant.scope))
}

/// A bucket's policy can only shorten what was signed.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html>
fn signature_age(subject: &Subject<'_>) -> Option<Finding> {
    let longest = subject.grants().map(|grant| grant.max_expires.seconds()).max()?;
    let arn = place::bucket_arn(subject.bucket)?;
    let oldest = match &subject.settings.policy {
        Heard::Set(policy) => subject
            .grants()
            .filter_map(|grant| Some((grant, policy.oldest_signature(&object_of(&arn, grant))?)))
            .find(|(grant, oldest)| *oldest < u64::from(grant.max_expires.seconds()) * 1000),
        Heard::Unset => None,
        Heard::NotAsked | Heard::Silent(_) => return None,
    };
    if let Some((grant, oldest)) = oldest {
        let detail = format!(
            "The bucket's policy refuses signatures older than {} s, but {} URLs of up to {} s.",
            oldest / 1000,
            grants_that(&[grant.name.as_str()], "sign"),
            grant.max_expires.seconds()
        );
        let mend = format!("Lower max_expires of {}, or raise s3:signatureAge: {}", grant.name, set_policy(subject));
        return Some(subject.finding(FindingId::SignatureAge, Severity::Error, detail, mend));
    }
    let bounds = |policy: &BucketPolicy| {
        subject.grants().all(|grant| policy.oldest_signature(&object_of(&arn, grant)).is_some())
    };
    if !subject.is_on_aws() || subject.settings.policy.set().is_some_and(bounds) {
        return None;
    }
    let detail = format!(
        "The bucket's policy refuses no signature for its age: whoever has the secret can sign for seven days, though no \
         grant does for more than {longest} s."
    );
    Some(subject.finding(FindingId::SignatureAge, Severity::Info, detail, set_policy(subject)))
}

fn public(subject: &Subject<'_>) -> Option<Finding> {
    (subject.settings.public == Heard::Set(true)).then(|| {
        let detail = "The bucket's policy lets everybody in, whatever the grants say.";
        let mend = format!(
            "Take out what allows \"*\" (aws s3api get-bucket-policy), or shut the public out: {}",
            block_public_access(subject)
        );
        subject.finding(FindingId::Public, Severity::Error, detail, mend)
    })
}

fn public_access(subject: &Subject<'_>) -> Option<Finding> {
    let off = match &subject.settings.public_access {
        Heard::Set(access) if access.off.is_empty() => return None,
        Heard::Set(access) => access.off.as_slice(),
        Heard::Unset => &PUBLIC_ACCESS,
        Heard::NotAsked | Heard::Silent(_) => return None,
    };
    let detail = format!("A policy or an access list could open the bucket to everybody; off: {}.", off.join(", "));
    Some(subject.finding(FindingId::PublicAccessBlock, Severity::Warning, detail, block_public_access(subject)))
}

fn block_public_access(subject: &Subject<'_>) -> String {
    let on: Vec<String> = PUBLIC_ACCESS.iter().map(|name| format!("{name}=true")).collect();
    let options = format!("--public-access-block-configuration {}", on.join(","));
    subject.mend().s3api("put-public-access-block", &options)
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>
fn ownership(subject: &Subject<'_>) -> Option<Finding> {
    let word = match &subject.settings.ownership {
        Heard::Set(word) if word == "BucketOwnerEnforced" => return None,
        Heard::Set(word) => word.as_str(),
        Heard::Unset => "ObjectWriter",
        Heard::NotAsked | Heard::Silent(_) => return None,
    };
    let detail = format!("Access lists are in force ({word}): what an object's list says holds beside every policy.");
    let options = "--ownership-controls 'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'";
    let mend = subject.mend().s3api("put-bucket-ownership-controls", options);
    Some(subject.finding(FindingId::Ownership, Severity::Warning, detail, mend))
}

/// Stores that take an unsigned `x-amz-copy-source` let an upload copy whatever its signer can read.
fn one_identity(subject: &Subject<'_>) -> Option<Finding> {
    let bucket = subject.bucket;
    if bucket.store == Store::Aws {
        return None;
    }
    let copying = subject.names(|grant| {
        let signer = grant.credentials.as_ref().unwrap_or(&bucket.write_credentials);
        grant.rights().allow(Operation::PutObject) && *signer == bucket.read_credentials
    });
    (!copying.is_empty()).then(|| {
        let detail = format!(
            "One identity, {}, signs uploads and can read: a store that takes an unsigned x-amz-copy-source lets the \
             holder of an upload's URL copy any object that it reads ({}).",
            bucket.read_credentials,
            grants_that(&copying, "upload")
        );
        let mend = format!(
            "Write credentials = {{ read = \"…\", write = \"…\" }} in [buckets.{}], the second without the right to read: \
             presignd policy iam --config {}",
            bucket.alias, subject.against.file
        );
        subject.finding(FindingId::CopySource, Severity::Warning, detail, mend)
    })
}
