//! What a bucket must let browsers do: the methods and headers that the grants make clients send.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Serialize;

use crate::domain::action::Right;
use crate::domain::action::Rights;
use crate::domain::aws_policy::Derived;
use crate::domain::aws_policy::elsewhere;
use crate::domain::aws_policy::on_same_bucket;
use crate::domain::checksum::ChecksumAlgorithm;
use crate::domain::grant::Grant;
use crate::domain::member::Member;
use crate::domain::name::Name;
use crate::domain::operation::Operation;
use crate::domain::operation::Row;
use crate::domain::policy::Bucket;
use crate::domain::policy::Policy;

/// `--cors-configuration`.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html>
#[derive(Debug, Serialize)]
pub struct Cors {
    #[serde(rename = "CORSRules")]
    rules: Vec<Rule>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Rule {
    allowed_origins: Vec<String>,
    allowed_methods: BTreeSet<&'static str>,
    /// At most one star each.
    allowed_headers: BTreeSet<&'static str>,
    /// Without stars.
    expose_headers: BTreeSet<String>,
    max_age_seconds: u32,
}

/// The rules of each bucket that a grant is on, by alias. Several aliases of one bucket have the same rules.
pub fn rules(policy: &Policy, origins: &[String]) -> BTreeMap<Name, Derived<Cors>> {
    let mut all = BTreeMap::new();
    for bucket in policy.buckets() {
        let grants: Vec<&Grant> = on_same_bucket(policy, bucket).map(|(grant, _)| grant).collect();
        if !grants.is_empty() {
            let mut notes = vec![NO_GUARD.to_owned(), REPLACES.to_owned()];
            notes.extend(elsewhere(bucket));
            let document = Cors { rules: vec![rule(&grants, origins.to_vec())] };
            all.insert(bucket.alias.clone(), Derived { document, notes });
        }
    }
    all
}

fn rule(grants: &[&Grant], allowed_origins: Vec<String>) -> Rule {
    let sent = sent_by(grants);
    Rule {
        allowed_origins,
        allowed_methods: sent.keys().copied().collect(),
        allowed_headers: sent.into_values().flatten().collect(),
        expose_headers: grants.iter().flat_map(|grant| shown(grant)).collect(),
        max_age_seconds: MAX_AGE_SECONDS,
    }
}

/// The methods that pages use of a bucket, each with the headers that a preflight asks for; a star stands for any end.
pub(in crate::domain) fn sent(policy: &Policy, bucket: &Bucket) -> Sent {
    let grants: Vec<&Grant> = on_same_bucket(policy, bucket).map(|(grant, _)| grant).collect();
    sent_by(&grants)
}

/// Headers by method.
pub(in crate::domain) type Sent = BTreeMap<&'static str, BTreeSet<&'static str>>;

fn sent_by(grants: &[&Grant]) -> Sent {
    let mut sent = Sent::new();
    for (grant, right) in grants.iter().flat_map(|grant| grant.rights().iter().map(move |right| (grant, right))) {
        let row = row(right);
        sent.entry(row.method.as_str()).or_default().extend(headers_of(grant, row));
    }
    sent
}

fn row(right: Right) -> &'static Row {
    match right {
        Right::BypassGovernance | Right::DeleteVersion => Operation::DeleteObject.row(),
        Right::GetVersion => Operation::GetObject.row(),
        Right::HeadVersion => Operation::HeadObject.row(),
        Right::Operation(operation) => operation.row(),
    }
}

/// The headers of an operation that a preflight asks for. A form has fields, not headers.
fn headers_of(grant: &Grant, row: &Row) -> Vec<&'static str> {
    match row.operation {
        Operation::PostObject => Vec::new(),
        // with a body of XML
        Operation::RestoreObject => vec!["content-md5", "content-type"],
        Operation::CompleteMultipartUpload => of_members(grant, row).chain(["content-type"]).collect(),
        Operation::AbortMultipartUpload
        | Operation::CreateMultipartUpload
        | Operation::DeleteObject
        | Operation::GetObject
        | Operation::HeadObject
        | Operation::ListObjectsV2
        | Operation::ListParts
        | Operation::PutObject
        | Operation::UploadPart => of_members(grant, row).collect(),
    }
}

fn of_members(grant: &Grant, row: &Row) -> impl Iterator<Item = &'static str> {
    row.members.iter().filter_map(|member| header(grant, *member))
}

/// What a member becomes on the wire, where the grant takes it.
fn header(grant: &Grant, member: Member) -> Option<&'static str> {
    let limits = &grant.upload;
    match member {
        Member::BypassGovernanceRetention => {
            grant.rights().allow(Right::BypassGovernance).then_some("x-amz-bypass-governance-retention")
        }
        Member::CacheControl => Some("cache-control"),
        Member::Checksum | Member::ChecksumMode | Member::ChecksumOfObject | Member::ChecksumOfUpload => {
            Some("x-amz-checksum-*")
        }
        Member::ContentDisposition => Some("content-disposition"),
        Member::ContentEncoding => Some("content-encoding"),
        Member::ContentLanguage => Some("content-language"),
        Member::ContentMd5 => Some("content-md5"),
        Member::ContentType => Some("content-type"),
        Member::CustomerEncryption => Some("x-amz-server-side-encryption-customer-*"),
        Member::IfNoneMatch => Some("if-none-match"),
        Member::Metadata => (limits.metadata || !limits.set_metadata.is_empty()).then_some("x-amz-meta-*"),
        Member::Mfa => grant.rights().allow(Right::DeleteVersion).then_some("x-amz-mfa"),
        Member::ObjectLock => limits.object_lock.is_some().then_some("x-amz-object-lock-*"),
        Member::ObjectSize => Some("x-amz-mp-object-size"),
        Member::ServerSideEncryption => Some("x-amz-server-side-encryption*"),
        Member::StorageClass => Some("x-amz-storage-class"),
        Member::Tags => (!limits.tags.is_empty() || !limits.set_tags.is_empty()).then_some("x-amz-tagging"),
        // the browser sends it by itself
        Member::ContentLength
        // of forms
        | Member::ContentLengthRange
        | Member::ContentTypePrefix
        | Member::SuccessActionRedirect
        | Member::SuccessActionStatus
        // in the query
        | Member::ContinuationToken
        | Member::Delimiter
        | Member::DownloadAs
        | Member::MaxKeys
        | Member::MaxParts
        | Member::PartNumber
        | Member::PartNumberMarker
        | Member::Response
        | Member::StartAfter
        | Member::UploadId
        | Member::VersionId
        // in the body
        | Member::Days
        | Member::Tier
        // of presignd alone
        | Member::Stable => None,
    }
}

/// The headers of answers that a page must be able to read: a part's ETag is needed to complete its upload.
fn shown(grant: &Grant) -> Vec<String> {
    let mut names = ["ETag", "x-amz-request-id", "x-amz-version-id"].map(str::to_owned).to_vec();
    let rights = grant.rights();
    if grant.writes() || grant.downloads() {
        names.extend(ChecksumAlgorithm::ALL.map(|algorithm| algorithm.header().to_owned()));
        names.extend(grant.upload.set_metadata.iter().map(|(name, _)| format!("x-amz-meta-{name}")));
    }
    if rights.allow_any(Rights::NONE.with(Operation::RestoreObject)) {
        names.push("x-amz-restore".to_owned());
    }
    names
}

/// An hour: browsers keep a preflight's answer for two at most.
const MAX_AGE_SECONDS: u32 = 3600;

const NO_GUARD: &str = "it opens the bucket to pages of these origins and stops nothing: whoever holds a URL may use it without a \
     browser; forms that a page submits, and plain links, need none of it";
const REPLACES: &str = "setting it replaces the bucket's rules whole; metadata beyond what grants sign in is read by a page only \
     if its headers are added to ExposeHeaders, which takes no star";
