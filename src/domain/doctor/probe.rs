//! What a store must keep for presigned URLs to mean what they say: each promise, whether it was kept when it was tried, and
//! which grants rely on it.

use crate::domain::action::Right;
use crate::domain::aws_policy::on_same_bucket;
use crate::domain::doctor::Against;
use crate::domain::doctor::Finding;
use crate::domain::doctor::FindingId;
use crate::domain::doctor::Severity;
use crate::domain::doctor::grants_that;
use crate::domain::grant::Grant;
use crate::domain::operation::Operation;
use crate::domain::policy::Bucket;

/// A promise: what the store must not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    AnotherKey,
    AnotherLength,
    AnotherMethod,
    Checksum,
    ContentMd5,
    CopySource,
    Expiry,
    FormRange,
    ObjectSize,
    SignedHeader,
    UnsignedAcl,
    UnsignedClientKey,
    UnsignedStorageClass,
    UnsignedTagging,
    WriteOnce,
    WriteOnceInParts,
}

/// What came of trying it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Broken,
    Kept,
    /// Why nothing is known of it.
    Untried(String),
}

/// What was tried of a bucket.
#[derive(Debug, Clone)]
pub struct Probed<'a> {
    pub bucket: &'a Bucket,
    /// In the order of their names.
    pub outcomes: Vec<(Promise, Outcome)>,
    /// Objects and uploads of the probe that could not be removed.
    pub left: Vec<String>,
}

/// A promise in words.
struct Words {
    id: FindingId,
    /// What is tried.
    tried: &'static str,
    /// What it means that it comes through.
    broken: &'static str,
    mend: &'static str,
}

impl Promise {
    /// All of them, in the order of their names.
    pub const ALL: [Self; 16] = [
        Self::AnotherKey,
        Self::AnotherLength,
        Self::AnotherMethod,
        Self::Checksum,
        Self::ContentMd5,
        Self::CopySource,
        Self::Expiry,
        Self::FormRange,
        Self::ObjectSize,
        Self::SignedHeader,
        Self::UnsignedAcl,
        Self::UnsignedClientKey,
        Self::UnsignedStorageClass,
        Self::UnsignedTagging,
        Self::WriteOnce,
        Self::WriteOnceInParts,
    ];

    /// What is tried, for a table.
    pub fn tried(self) -> &'static str {
        self.words().tried
    }

    /// Whether a grant's limits hold only if the store keeps it.
    fn matters_to(self, grant: &Grant) -> bool {
        let may = |operation: Operation| grant.rights().allow(Right::Operation(operation));
        let uploads = may(Operation::PutObject);
        match self {
            Self::AnotherKey | Self::AnotherMethod | Self::Expiry => true,
            Self::AnotherLength => uploads && grant.upload.max_size.is_some(),
            Self::Checksum | Self::ContentMd5 => uploads && grant.upload.require_checksum,
            Self::CopySource
            | Self::SignedHeader
            | Self::UnsignedAcl
            | Self::UnsignedClientKey
            | Self::UnsignedStorageClass
            | Self::UnsignedTagging => uploads,
            Self::FormRange => {
                may(Operation::PostObject) && grant.upload.max_size.is_some() && !grant.upload.write_once
            }
            Self::ObjectSize => may(Operation::CompleteMultipartUpload) && grant.upload.max_size.is_some(),
            Self::WriteOnce => uploads && grant.upload.write_once,
            Self::WriteOnceInParts => may(Operation::CompleteMultipartUpload) && grant.upload.write_once,
        }
    }

    fn words(self) -> Words {
        match self {
            Self::AnotherKey => Words {
                id: FindingId::AnotherKey,
                tried: "a URL used for another key",
                broken: "A URL reads another key than it was signed for: the store does not check signatures",
                mend: NOT_A_STORE,
            },
            Self::AnotherLength => Words {
                id: FindingId::ContentLength,
                tried: "a body longer than was signed",
                broken: "A body of another length than was signed is taken, so that no size is bound",
                mend: "Let uploads go by forms, whose range this store may keep, or limit sizes by the store's quotas.",
            },
            Self::AnotherMethod => Words {
                id: FindingId::AnotherMethod,
                tried: "an upload's URL used to delete",
                broken: "An upload's URL deletes: the store does not check signatures",
                mend: NOT_A_STORE,
            },
            Self::Checksum => Words {
                id: FindingId::Checksum,
                tried: "a body of another SHA-256 than was signed",
                broken: "A body of another SHA-256 than was signed is taken: x-amz-checksum-… binds nothing here",
                mend: "Have clients ask with content_md5, if that is kept, or compare the checksum after the upload.",
            },
            Self::ContentMd5 => Words {
                id: FindingId::ContentMd5,
                tried: "a body of another MD5 than was signed",
                broken: "A body of another MD5 than was signed is taken: Content-MD5 binds nothing here",
                mend: "Have clients ask with checksum, if that is kept, or compare the digest after the upload.",
            },
            Self::CopySource => Words {
                id: FindingId::CopySource,
                tried: "an unsigned x-amz-copy-source on an upload",
                broken: "An unsigned x-amz-copy-source made a copy as the signer: whoever holds an upload's URL gets at any \
                         object that the signer reads",
                mend: "Give reading and writing an identity each, the writing one without the right to read: \
                       credentials = { read = \"…\", write = \"…\" }.",
            },
            Self::Expiry => Words {
                id: FindingId::Expiry,
                tried: "a URL that has ended",
                broken: "A URL works after its end",
                mend: "Set the store's clock by NTP; if it is right, the store does not look at X-Amz-Expires: do not \
                       presign for it.",
            },
            Self::FormRange => Words {
                id: FindingId::FormRange,
                tried: "a form's file above its range",
                broken: "A form takes a file above its content-length-range",
                mend: "Let uploads go by PUT with content_length: deny PostObject on this bucket.",
            },
            Self::ObjectSize => Words {
                id: FindingId::ObjectSize,
                tried: "parts that are not x-amz-mp-object-size together",
                broken: "Parts that are not together as large as was signed become an object, so that an upload in parts may \
                         pass max_size",
                mend: "Deny CreateMultipartUpload under these grants, or look at sizes after the upload.",
            },
            Self::SignedHeader => Words {
                id: FindingId::SignedHeader,
                tried: "a signed header with another value",
                broken: "A signed header may be sent with another value: nothing that grants sign in holds",
                mend: NOT_A_STORE,
            },
            Self::UnsignedAcl => Words {
                id: FindingId::UnsignedAcl,
                tried: "an unsigned x-amz-acl: public-read",
                broken: "An unsigned x-amz-acl is obeyed: whoever holds an upload's URL can make the object public",
                mend: "Block public access lists (aws s3api put-public-access-block), or refuse s3:PutObjectAcl to the \
                       signing identity.",
            },
            Self::UnsignedClientKey => Words {
                id: FindingId::UnsignedClientKey,
                tried: "an unsigned key of the client's own (SSE-C)",
                broken: "An unsigned SSE-C key is obeyed: whoever holds an upload's URL can store what only they can read",
                mend: "Refuse SSE-C by the bucket's policy, if the store knows the condition \
                       s3:x-amz-server-side-encryption-customer-algorithm (presignd policy bucket).",
            },
            Self::UnsignedStorageClass => Words {
                id: FindingId::UnsignedStorageClass,
                tried: "an unsigned x-amz-storage-class",
                broken: "An unsigned x-amz-storage-class is obeyed: storage_classes binds nobody here",
                mend: "Refuse other classes by the bucket's policy, if the store knows the condition s3:x-amz-storage-class.",
            },
            Self::UnsignedTagging => Words {
                id: FindingId::UnsignedTagging,
                tried: "an unsigned x-amz-tagging",
                broken: "An unsigned x-amz-tagging is obeyed: whoever holds an upload's URL sets any tags",
                mend: "Let no policy and no lifecycle rule of this bucket decide by tags.",
            },
            Self::WriteOnce => Words {
                id: FindingId::WriteOnce,
                tried: "an upload under If-None-Match: * onto an object",
                broken: "An upload under If-None-Match: * replaces the object that is there: write_once does not hold",
                mend: "Let presignd make keys (key_template with {id}), so that none comes twice, and keep versions.",
            },
            Self::WriteOnceInParts => Words {
                id: FindingId::WriteOnceInParts,
                tried: "parts completed under If-None-Match: * onto an object",
                broken: "Parts that are completed under If-None-Match: * replace the object that is there: write_once does not \
                         hold for them",
                mend: "Deny CreateMultipartUpload under these grants, or let presignd make keys (key_template with {id}).",
            },
        }
    }
}

const NOT_A_STORE: &str = "Do not presign for this store before it refuses that: nothing here would hold.";

impl Outcome {
    /// The word for a table.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Broken => "BROKEN",
            Self::Kept => "kept",
            Self::Untried(_) => "untried",
        }
    }
}

/// The findings with what was tried: of the promises that were, what is only feared is said no more.
pub fn with_probed(findings: Vec<Finding>, against: Against<'_>, probed: &[Probed<'_>]) -> Vec<Finding> {
    let is_known = |finding: &Finding| {
        let of_bucket = probed.iter().filter(|one| one.bucket.alias == finding.bucket);
        of_bucket
            .flat_map(|one| &one.outcomes)
            .any(|(promise, outcome)| promise.words().id == finding.id && !matches!(outcome, Outcome::Untried(_)))
    };
    let mut all: Vec<Finding> = findings.into_iter().filter(|finding| !is_known(finding)).collect();
    all.extend(probed.iter().flat_map(|one| of_bucket(against, one)));
    let place = |finding: &Finding| against.policy.buckets().iter().position(|bucket| bucket.alias == finding.bucket);
    all.sort_by_key(|finding| (place(finding), finding.severity, finding.id));
    all
}

fn of_bucket(against: Against<'_>, probed: &Probed<'_>) -> Vec<Finding> {
    let alias = &probed.bucket.alias;
    let broken = probed.outcomes.iter().filter(|(_, outcome)| *outcome == Outcome::Broken);
    let mut found: Vec<Finding> = broken
        .map(|(promise, _)| {
            let relying = on_same_bucket(against.policy, probed.bucket).map(|(grant, _)| grant);
            let relying = relying.filter(|grant| promise.matters_to(grant));
            let names: Vec<&str> = relying.map(|grant| grant.name.as_str()).collect();
            let words = promise.words();
            let severity = if names.is_empty() { Severity::Info } else { Severity::Error };
            let detail = format!("{}; {} on it.", words.broken, grants_that(&names, "count"));
            Finding { bucket: alias.clone(), id: words.id, severity, detail, mend: words.mend.to_owned() }
        })
        .collect();
    found.extend(untried(probed));
    found.extend(left(probed));
    found
}

/// Where nothing could be tried, that is one finding.
fn untried(probed: &Probed<'_>) -> Option<Finding> {
    let reasons: Vec<&str> = probed
        .outcomes
        .iter()
        .filter_map(|(_, outcome)| match outcome {
            Outcome::Untried(why) => Some(why.as_str()),
            Outcome::Broken | Outcome::Kept => None,
        })
        .collect();
    let first = reasons.first().filter(|_| reasons.len() == probed.outcomes.len())?;
    Some(Finding {
        bucket: probed.bucket.alias.clone(),
        id: FindingId::Probe,
        severity: Severity::Warning,
        detail: format!("Nothing could be tried: {first}."),
        mend: "Give a prefix under which the writing credentials may put objects.".to_owned(),
    })
}

fn left(probed: &Probed<'_>) -> Option<Finding> {
    (!probed.left.is_empty()).then(|| Finding {
        bucket: probed.bucket.alias.clone(),
        id: FindingId::Probe,
        severity: Severity::Warning,
        detail: format!("The probe could not remove its own: {}.", probed.left.join(", ")),
        mend: "Remove them by hand: no credentials of the configuration may delete there.".to_owned(),
    })
}
