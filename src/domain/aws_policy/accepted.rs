//! The encryption that uploads to a bucket may have, and the statements that refuse any other.

use std::collections::BTreeSet;

use crate::domain::aws_policy::Statement;
use crate::domain::aws_policy::keys;
use crate::domain::aws_policy::on_same_bucket;
use crate::domain::encryption::ServerSideEncryption;
use crate::domain::grant::Grant;
use crate::domain::grant::KmsKey;
use crate::domain::policy::Bucket;
use crate::domain::policy::Policy;

/// What the grants on a bucket, by whichever alias, may sign into an upload.
#[derive(Debug, Default)]
pub(in crate::domain) struct Accepted<'a> {
    /// Of `x-amz-server-side-encryption`.
    algorithms: BTreeSet<&'static str>,
    /// An upload may say nothing.
    silent: bool,
    /// A key of the client's own.
    customer: bool,
    keys: BTreeSet<&'a str>,
    /// KMS without a key's id.
    aws_managed: bool,
    /// No grant uploads.
    none: bool,
}

impl<'a> Accepted<'a> {
    pub(in crate::domain) fn of(policy: &'a Policy, bucket: &'a Bucket) -> Self {
        let mut accepted = Self { none: true, ..Self::default() };
        for (grant, bucket) in on_same_bucket(policy, bucket).filter(|(grant, _)| grant.writes()) {
            accepted.none = false;
            accepted.add(grant, bucket);
        }
        accepted
    }

    fn add(&mut self, grant: &'a Grant, bucket: &'a Bucket) {
        let limits = &grant.upload;
        match limits.server_side_encryption.as_ref().or(bucket.default_encryption.as_ref()) {
            Some(signed_in) => self.add_one(signed_in),
            None => {
                self.add_one(&ServerSideEncryption::S3);
                self.silent = true;
            }
        }
        if limits.server_side_encryption.is_none() {
            self.customer |= limits.sse_c;
            self.aws_managed |= limits.kms_keys.contains(&KmsKey::AwsManaged);
            // the caller names the layers
            self.algorithms.extend(if limits.kms_keys.is_empty() { [].iter() } else { KMS.iter() });
        }
        self.keys.extend(keys::of_grant(grant, bucket).into_keys());
    }

    fn add_one(&mut self, encryption: &ServerSideEncryption) {
        match encryption {
            ServerSideEncryption::Customer(_) => self.customer = true,
            ServerSideEncryption::S3 => _ = self.algorithms.insert(encryption.algorithm()),
            ServerSideEncryption::Kms(kms) => {
                self.algorithms.insert(encryption.algorithm());
                self.aws_managed |= kms.key_id.is_none();
            }
        }
    }

    /// Whether an upload may say nothing of encryption, so that what the bucket does by itself counts.
    pub(in crate::domain) fn may_say_nothing(&self) -> bool {
        self.silent
    }

    /// Whether an upload may have a key of the client's own.
    pub(in crate::domain) fn has_client_keys(&self) -> bool {
        self.customer
    }

    /// The statements. An upload that says nothing has no such key, which a negated operator takes for unequal; this is
    /// AWS's own way to refuse it. Other stores take the parts of an upload, which carry no such header, for silent too,
    /// so there only what is present is refused.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingServerSideEncryption.html>
    pub(super) fn refusals(&self, arn: &str, on_aws: bool) -> Vec<Statement> {
        if self.none {
            return Vec::new();
        }
        let deny = |sid| Statement::deny(sid, vec!["s3:PutObject"], vec![format!("{arn}/*")]);
        let mut statements = Vec::new();
        let mut other = deny("DenyOtherEncryption");
        if !self.algorithms.is_empty() {
            let algorithms = self.algorithms.iter().map(|algorithm| (*algorithm).to_owned()).collect();
            other = other.on("StringNotEquals", ALGORITHM, algorithms);
        }
        if self.silent || !on_aws {
            other = other.on("StringLike", ALGORITHM, any());
        } else if self.customer {
            other = other.on("Null", CUSTOMER, vec!["true".to_owned()]);
        }
        statements.push(other);
        if !self.customer {
            statements.push(deny("DenyClientKeys").on("StringLike", CUSTOMER, any()));
        }
        if self.names_keys() {
            statements.push(self.other_keys(deny("DenyOtherKeys")));
        }
        statements
    }

    fn names_keys(&self) -> bool {
        let kms = KMS.iter().any(|algorithm| self.algorithms.contains(algorithm));
        kms && self.keys.iter().all(|key| keys::is_arn(key))
    }

    fn other_keys(&self, deny: Statement) -> Statement {
        let kms = KMS.iter().map(|algorithm| (*algorithm).to_owned()).collect();
        let mut deny = deny.on("StringEquals", ALGORITHM, kms);
        if !self.keys.is_empty() {
            deny = deny.on("StringNotEquals", KEY, self.keys.iter().map(|key| (*key).to_owned()).collect());
        }
        match self.aws_managed {
            true => deny.on("StringLike", KEY, any()),
            false => deny,
        }
    }

    pub(super) fn notes(&self) -> Vec<String> {
        let unnamed = self.keys.iter().filter(|key| !keys::is_arn(key));
        let mut notes: Vec<String> = unnamed
            .map(|key| {
                format!("other KMS keys are not refused, since {key} is no key's ARN: write it in the configuration")
            })
            .collect();
        notes.extend((!self.none).then(|| ONE_FOR_ALL.to_owned()));
        notes
    }
}

/// Whatever is present. `Null` would say the same, but Ceph's gateway takes its `false` for `true`.
fn any() -> Vec<String> {
    vec!["*".to_owned()]
}

const KMS: [&str; 2] = ["aws:kms", "aws:kms:dsse"];
const ALGORITHM: &str = "s3:x-amz-server-side-encryption";
const CUSTOMER: &str = "s3:x-amz-server-side-encryption-customer-algorithm";
const KEY: &str = "s3:x-amz-server-side-encryption-aws-kms-key-id";

const ONE_FOR_ALL: &str = "encryption is held against what any grant on the bucket allows; which prefix has which, only \
     presignd holds";
