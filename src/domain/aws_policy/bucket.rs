//! What a bucket should refuse of anybody: plain HTTP, old and weak signatures, wrong encryption.

use std::collections::BTreeMap;

use crate::domain::aws_policy::Derived;
use crate::domain::aws_policy::Document;
use crate::domain::aws_policy::Statement;
use crate::domain::aws_policy::accepted::Accepted;
use crate::domain::aws_policy::on_same_bucket;
use crate::domain::aws_policy::place;
use crate::domain::name::Name;
use crate::domain::policy::Bucket;
use crate::domain::policy::Policy;
use crate::domain::scheme::Scheme;

/// The policy of each bucket, by alias; none of one that an access point hides, or that is several.
pub fn policies(policy: &Policy) -> BTreeMap<Name, Derived<Document>> {
    let known = policy.buckets().iter().filter_map(|bucket| Some((bucket, place::bucket_arn(bucket)?)));
    known.map(|(bucket, arn)| (bucket.alias.clone(), derived(policy, bucket, &arn))).collect()
}

pub(super) fn derived(policy: &Policy, bucket: &Bucket, arn: &str) -> Derived<Document> {
    let mut notes = vec![REPLACES.to_owned(), FOR_ALL.to_owned()];
    let on_aws = place::partition(bucket).is_some();
    let mut statements = Vec::new();
    match bucket.target.scheme {
        Scheme::Https => statements.push(without_tls(arn)),
        Scheme::Http => notes.push(PLAIN_HTTP.to_owned()),
    }
    statements.push(everything("DenySigV2", arn).on("StringEquals", "s3:signatureversion", texts(&["AWS"])));
    match on_aws {
        true => statements.push(unsigned(arn)),
        false => notes.push(ELSEWHERE.to_owned()),
    }
    if let Some(most) = on_same_bucket(policy, bucket).map(|(grant, _)| grant.max_expires.seconds()).max() {
        statements.push(old(arn, most.max(LEAST_AGE_SECONDS)));
        notes.push(AGE.to_owned());
        notes.extend((most < LEAST_AGE_SECONDS).then(|| {
            format!("no grant lives longer than {most} s, but s3:signatureAge below two minutes fails at random: it is two minutes")
        }));
    }
    let accepted = Accepted::of(policy, bucket);
    statements.extend(accepted.refusals(arn, on_aws));
    notes.extend(accepted.notes());
    Derived { document: Document::of(statements), notes }
}

/// A statement about all that is done with a bucket and its objects.
fn everything(sid: &'static str, arn: &str) -> Statement {
    Statement::deny(sid, vec!["s3:*"], vec![arn.to_owned(), format!("{arn}/*")])
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html>
fn without_tls(arn: &str) -> Statement {
    everything("DenyPlainHttp", arn).on("Bool", "aws:SecureTransport", texts(&["false"]))
}

/// What is not signed has no `s3:authType`, which a negated operator takes for unequal. AWS's own services, which
/// deliver logs or replicate, sign in ways of their own.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html>
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalisawsservice>
fn unsigned(arn: &str) -> Statement {
    everything("DenyUnsigned", arn)
        .on("StringNotEquals", "s3:authType", texts(&["REST-HEADER", "REST-QUERY-STRING", "POST"]))
        .on("BoolIfExists", "aws:PrincipalIsAWSService", texts(&["false"]))
}

/// The key is in milliseconds, and there for presigned URLs and forms alone.
fn old(arn: &str, seconds: u32) -> Statement {
    let milliseconds = u64::from(seconds) * 1000;
    everything("DenyOldSignatures", arn).on("NumericGreaterThan", "s3:signatureAge", vec![milliseconds.to_string()])
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// Below, clocks and slow requests make signatures fail at random.
const LEAST_AGE_SECONDS: u32 = 120;

const REPLACES: &str = "setting it replaces the bucket's policy whole: add what is there already";
const FOR_ALL: &str =
    "it holds for everybody who uses the bucket, not only for what presignd signs, and allows nobody anything";
const AGE: &str = "s3:signatureAge only ever shortens: it stops presigned URLs and forms that somebody else signed for longer \
     than any grant here, not requests signed in a header, and not a download that has begun";
const PLAIN_HTTP: &str = "the endpoint is plain HTTP, so nothing is said of TLS: it would refuse every URL";
const ELSEWHERE: &str = "it is not on AWS: unsigned requests are not refused here, since a store that does not know s3:authType \
     would refuse everything; the store may ignore the other conditions";
