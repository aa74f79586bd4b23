//! What a bucket is set to, out of S3's answers.

use roxmltree::Node;

use crate::domain::doctor::bucket_policy::BucketPolicy;
use crate::domain::doctor::heard::Heard;
use crate::domain::doctor::heard::Reply;
use crate::domain::doctor::heard::Silence;
use crate::domain::doctor::heard::child;
use crate::domain::doctor::heard::children;
use crate::domain::doctor::heard::text;
use crate::domain::doctor::heard::texts;
use crate::domain::doctor::question::Question;

/// All that a bucket said of itself.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub cors: Heard<Vec<CorsRule>>,
    pub encryption: Heard<Encryption>,
    /// What the keys of uploads that a rule ends begin with.
    pub ended: Heard<Vec<String>>,
    pub logging: Heard<LogTarget>,
    pub lock: Heard<Lock>,
    /// S3's word for who owns objects.
    pub ownership: Heard<String>,
    pub policy: Heard<BucketPolicy>,
    /// Whether the policy lets everybody do something.
    pub public: Heard<bool>,
    pub public_access: Heard<PublicAccess>,
    pub versioning: Heard<Versioning>,
}

/// What S3 does to an upload that says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encryption {
    pub algorithm: String,
    /// Uploads with keys of the client's own are refused.
    pub blocks_client_keys: bool,
}

/// A rule of CORS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorsRule {
    /// At most one star each.
    pub origins: Vec<String>,
    pub methods: Vec<String>,
    /// At most one star each.
    pub headers: Vec<String>,
    pub shown: Vec<String>,
}

/// Where a bucket's access logs go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogTarget {
    pub bucket: String,
    pub prefix: String,
}

/// Object Lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// The retention of objects that ask for none: its mode.
    pub by_default: Option<String>,
}

/// The four settings, by S3's names, that are off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicAccess {
    pub off: Vec<&'static str>,
}

/// Versions of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versioning {
    /// Else it was once, and is suspended.
    pub enabled: bool,
    pub mfa_delete: bool,
}

impl Settings {
    /// Takes up the answer to a question.
    pub fn take(&mut self, question: Question, reply: &Reply) {
        let row = question.row();
        match question {
            Question::Cors => {
                self.cors = reply.xml(row, |root| Some(children(root, "CORSRule").map(cors_rule).collect()))
            }
            Question::Encryption => self.encryption = reply.xml(row, encryption),
            Question::Lifecycle => {
                self.ended = reply.xml(row, |root| Some(children(root, "Rule").filter_map(ended).collect()))
            }
            Question::Logging => self.logging = reply.xml(row, log_target),
            Question::ObjectLock => self.lock = reply.xml(row, lock),
            Question::Ownership => self.ownership = reply.xml(row, ownership),
            Question::Policy => self.policy = reply.text(row, BucketPolicy::parse),
            Question::PolicyStatus => self.public = reply.xml(row, |root| Some(is_true(text(root, "IsPublic")))),
            Question::PublicAccessBlock => self.public_access = reply.xml(row, |root| Some(public_access(root))),
            Question::Versioning => self.versioning = reply.xml(row, versioning),
        }
    }

    /// Takes up that there was no answer, and why.
    pub fn fail(&mut self, question: Question, why: String) {
        let silence = Silence::Failed(why);
        match question {
            Question::Cors => self.cors = Heard::Silent(silence),
            Question::Encryption => self.encryption = Heard::Silent(silence),
            Question::Lifecycle => self.ended = Heard::Silent(silence),
            Question::Logging => self.logging = Heard::Silent(silence),
            Question::ObjectLock => self.lock = Heard::Silent(silence),
            Question::Ownership => self.ownership = Heard::Silent(silence),
            Question::Policy => self.policy = Heard::Silent(silence),
            Question::PolicyStatus => self.public = Heard::Silent(silence),
            Question::PublicAccessBlock => self.public_access = Heard::Silent(silence),
            Question::Versioning => self.versioning = Heard::Silent(silence),
        }
    }

    /// Why a question has no answer.
    pub fn silence(&self, question: Question) -> Option<&Silence> {
        match question {
            Question::Cors => self.cors.silence(),
            Question::Encryption => self.encryption.silence(),
            Question::Lifecycle => self.ended.silence(),
            Question::Logging => self.logging.silence(),
            Question::ObjectLock => self.lock.silence(),
            Question::Ownership => self.ownership.silence(),
            Question::Policy => self.policy.silence(),
            Question::PolicyStatus => self.public.silence(),
            Question::PublicAccessBlock => self.public_access.silence(),
            Question::Versioning => self.versioning.silence(),
        }
    }
}

fn cors_rule(rule: Node<'_, '_>) -> CorsRule {
    let all = |name| texts(rule, name).map(str::to_owned).collect();
    CorsRule {
        origins: all("AllowedOrigin"),
        methods: all("AllowedMethod"),
        headers: all("AllowedHeader"),
        shown: all("ExposeHeader"),
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html>
fn encryption(root: Node<'_, '_>) -> Option<Encryption> {
    let rules: Vec<_> = children(root, "Rule").collect();
    let by_default = rules.iter().find_map(|rule| child(*rule, "ApplyServerSideEncryptionByDefault"))?;
    let blocked = rules.iter().flat_map(|rule| children(*rule, "BlockedEncryptionTypes"));
    let blocks_client_keys = blocked.flat_map(|types| texts(types, "EncryptionType")).any(|kind| kind == "SSE-C");
    Some(Encryption { algorithm: text(by_default, "SSEAlgorithm")?.to_owned(), blocks_client_keys })
}

/// The prefix of a rule that ends uploads. One with a tag or a size cannot.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html>
fn ended(rule: Node<'_, '_>) -> Option<String> {
    text(rule, "Status").filter(|status| *status == "Enabled")?;
    text(child(rule, "AbortIncompleteMultipartUpload")?, "DaysAfterInitiation")?;
    let filter = child(rule, "Filter");
    let joined = filter.and_then(|filter| child(filter, "And"));
    let within = joined.or(filter).unwrap_or(rule);
    // Not trimmed: a prefix may begin or end with a space.
    Some(child(within, "Prefix").and_then(|prefix| prefix.text()).unwrap_or_default().to_owned())
}

fn log_target(root: Node<'_, '_>) -> Option<LogTarget> {
    let enabled = child(root, "LoggingEnabled")?;
    let prefix = text(enabled, "TargetPrefix").unwrap_or_default().to_owned();
    Some(LogTarget { bucket: text(enabled, "TargetBucket")?.to_owned(), prefix })
}

fn lock(root: Node<'_, '_>) -> Option<Lock> {
    text(root, "ObjectLockEnabled").filter(|enabled| *enabled == "Enabled")?;
    let retention = child(root, "Rule").and_then(|rule| child(rule, "DefaultRetention"));
    Some(Lock { by_default: retention.and_then(|retention| text(retention, "Mode")).map(str::to_owned) })
}

fn ownership(root: Node<'_, '_>) -> Option<String> {
    children(root, "Rule").find_map(|rule| text(rule, "ObjectOwnership")).map(str::to_owned)
}

fn public_access(root: Node<'_, '_>) -> PublicAccess {
    PublicAccess { off: PUBLIC_ACCESS.into_iter().filter(|name| !is_true(text(root, name))).collect() }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>
pub(super) const PUBLIC_ACCESS: [&str; 4] =
    ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];

fn versioning(root: Node<'_, '_>) -> Option<Versioning> {
    let status = text(root, "Status")?;
    Some(Versioning { enabled: status == "Enabled", mfa_delete: text(root, "MfaDelete") == Some("Enabled") })
}

fn is_true(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.eq_ignore_ascii_case("true"))
}
