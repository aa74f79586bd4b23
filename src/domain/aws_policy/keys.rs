//! Which keys of KMS encrypt what is uploaded, and what the signing identities do with them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::domain::aws_policy::Signed;
use crate::domain::aws_policy::Statement;
use crate::domain::aws_policy::on_same_bucket;
use crate::domain::aws_policy::pattern;
use crate::domain::aws_policy::place;
use crate::domain::aws_policy::signed;
use crate::domain::aws_policy::told;
use crate::domain::encryption::Kms;
use crate::domain::encryption::Layers;
use crate::domain::encryption::ServerSideEncryption;
use crate::domain::grant::Grant;
use crate::domain::grant::KmsKey;
use crate::domain::name::Name;
use crate::domain::policy::Bucket;
use crate::domain::policy::Policy;
use crate::domain::region::Partition;

/// What S3 binds its use of a key to: with an S3 Bucket Key the bucket, else each object.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html>
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bound {
    bucket: bool,
    objects: bool,
}

impl Bound {
    fn or(self, other: Self) -> Self {
        Self { bucket: self.bucket || other.bucket, objects: self.objects || other.objects }
    }

    fn of(kms: &Kms) -> Self {
        match (kms.layers, kms.bucket_key) {
            (Layers::Two, _) | (Layers::One, Some(false)) => Self { bucket: false, objects: true },
            (Layers::One, Some(true)) => Self { bucket: true, objects: false },
            // the bucket's own setting decides
            (Layers::One, None) => EITHER,
        }
    }
}

const EITHER: Bound = Bound { bucket: true, objects: true };

type Keys<'a> = BTreeMap<&'a str, Bound>;

/// Those that uploads by this grant may be encrypted with, by id; the key `aws/s3` has none.
pub(super) fn of_grant<'a>(grant: &'a Grant, bucket: &'a Bucket) -> Keys<'a> {
    let limits = &grant.upload;
    let signed_in = limits.server_side_encryption.as_ref();
    let chosen = limits.kms_keys.iter().filter(|_| signed_in.is_none()).filter_map(|key| match key {
        KmsKey::AwsManaged => None,
        KmsKey::Named(id) => Some((id.as_str(), EITHER)),
    });
    gathered(chosen.chain(signed_in.or(bucket.default_encryption.as_ref()).and_then(named)))
}

/// Those that the objects of a bucket may be encrypted with, whichever alias they came by.
pub(super) fn of_bucket<'a>(policy: &'a Policy, bucket: &'a Bucket) -> Keys<'a> {
    let writing = on_same_bucket(policy, bucket).filter(|(grant, _)| grant.writes());
    let default = bucket.default_encryption.as_ref().and_then(named);
    gathered(writing.flat_map(|(grant, bucket)| of_grant(grant, bucket)).chain(default))
}

fn gathered<'a>(keys: impl Iterator<Item = (&'a str, Bound)>) -> Keys<'a> {
    keys.fold(Keys::new(), |mut all, (id, bound)| {
        let known = all.entry(id).or_default();
        *known = known.or(bound);
        all
    })
}

fn named(encryption: &ServerSideEncryption) -> Option<(&str, Bound)> {
    match encryption {
        ServerSideEncryption::Kms(kms) => kms.key_id.as_ref().map(|id| (id.as_str(), Bound::of(kms))),
        ServerSideEncryption::S3 | ServerSideEncryption::Customer(_) => None,
    }
}

/// Whether the id is a key's ARN: an alias or a bare id does not say in which account the key is.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id>
pub(super) fn is_arn(id: &str) -> bool {
    id.starts_with("arn:") && id.contains(":key/")
}

/// The alias that the id is, or that its ARN names.
pub(super) fn alias(id: &str) -> Option<&str> {
    let name = if id.starts_with("arn:") { id.rsplit(':').next().unwrap_or(id) } else { id };
    name.starts_with("alias/").then_some(name)
}

/// What an identity does with a key through S3, on AWS.
pub(super) struct KeyUse<'a> {
    pub(super) signer: &'a Name,
    /// As the configuration names it.
    pub(super) key: &'a str,
    pub(super) actions: &'static [&'static str],
    bucket: &'a Bucket,
    pub(super) partition: &'static Partition,
    /// What `aws:s3:arn` may be in the encryption context; `None` where the bucket's name is not known.
    contexts: Option<BTreeSet<String>>,
}

/// Every use that a grant leads to.
pub(super) fn uses(policy: &Policy) -> Vec<KeyUse<'_>> {
    let asking = signed(policy).filter(|signed| !signed.row.permissions_on_key.is_empty());
    asking.flat_map(|signed| of_signed(policy, &signed)).collect()
}

fn of_signed<'a>(policy: &'a Policy, signed: &Signed<'a>) -> Vec<KeyUse<'a>> {
    let Signed { grant, bucket, row, signer, .. } = *signed;
    let Some(partition) = place::partition(bucket) else { return Vec::new() };
    let keys = if row.reads { of_bucket(policy, bucket) } else { of_grant(grant, bucket) };
    let actions = row.permissions_on_key;
    let of_key =
        |(key, bound)| KeyUse { signer, key, actions, bucket, partition, contexts: contexts(bound, grant, bucket) };
    keys.into_iter().map(of_key).collect()
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#encryption-context>
fn contexts(bound: Bound, grant: &Grant, bucket: &Bucket) -> Option<BTreeSet<String>> {
    let arn = place::bucket_arn(bucket)?;
    let objects = bound.objects.then(|| format!("{arn}/{}", pattern::of(&grant.scope)));
    Some(objects.into_iter().chain(bound.bucket.then_some(arn)).collect())
}

impl KeyUse<'_> {
    /// What an identity's policy calls the key. One known by an alias is whichever key has it.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/cmks-in-iam-policies.html>
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html>
    pub(super) fn resource(&self) -> String {
        let (partition, region) = (self.partition.id, &self.bucket.target.region);
        let account = told::account(self.key).unwrap_or("*");
        match alias(self.key) {
            _ if is_arn(self.key) => self.key.to_owned(),
            Some(_) => format!("arn:{partition}:kms:{region}:{account}:key/*"),
            None => format!("arn:{partition}:kms:{region}:{account}:key/{}", self.key),
        }
    }

    /// S3, as the service through which the key is used.
    fn through(&self) -> String {
        format!("s3.{}.{}", self.bucket.target.region, self.partition.dns_suffix)
    }
}

/// Uses of keys by what differs among them: resources in an identity's policy, identities in a key's.
#[derive(Default)]
pub(super) struct Uses(BTreeMap<(String, Way, &'static str), BTreeSet<String>>);

/// How a key is used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    through: String,
    /// Of the key, where the resource does not name it.
    alias: Option<String>,
    /// Whether nothing is known of the encryption context.
    free: bool,
}

/// What a statement says: how, for what, and which actions.
type Said = (Way, BTreeSet<String>, Vec<&'static str>);

impl Uses {
    /// A key by its resource.
    pub(super) fn add_resource(&mut self, key_use: &KeyUse<'_>) {
        let alias = alias(key_use.key).map(str::to_owned);
        self.add(key_use.resource(), alias, key_use);
    }

    /// An identity, in the policy of the key itself.
    pub(super) fn add_identity(&mut self, identity: String, key_use: &KeyUse<'_>) {
        self.add(identity, None, key_use);
    }

    fn add(&mut self, what: String, alias: Option<String>, key_use: &KeyUse<'_>) {
        let way = Way { through: key_use.through(), alias, free: key_use.contexts.is_none() };
        for action in key_use.actions {
            let contexts = self.0.entry((what.clone(), way.clone(), *action)).or_default();
            contexts.extend(key_use.contexts.iter().flatten().cloned());
        }
    }

    /// A statement, still without resources, for each way, with what it is for.
    pub(super) fn statements(self) -> impl Iterator<Item = (Vec<String>, Statement)> {
        let mut of_each: BTreeMap<(String, Way, BTreeSet<String>), Vec<&'static str>> = BTreeMap::new();
        for ((what, way, action), contexts) in self.0 {
            of_each.entry((what, way, contexts)).or_default().push(action);
        }
        let mut alike: BTreeMap<Said, Vec<String>> = BTreeMap::new();
        for ((what, way, contexts), actions) in of_each {
            alike.entry((way, contexts, actions)).or_default().push(what);
        }
        alike.into_iter().map(|((way, contexts, actions), whats)| (whats, statement(actions, way, contexts)))
    }
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html>
fn statement(actions: Vec<&'static str>, way: Way, contexts: BTreeSet<String>) -> Statement {
    // a Multi-Region Access Point is in every region
    let operator = if way.through.contains('*') { "StringLike" } else { "StringEquals" };
    let mut statement = Statement::allow(actions, Vec::new()).on(operator, "kms:ViaService", vec![way.through]);
    if let Some(alias) = way.alias {
        statement = statement.on("ForAnyValue:StringEquals", "kms:ResourceAliases", vec![alias]);
    }
    match way.free {
        true => statement,
        false => statement.on("StringLike", "kms:EncryptionContext:aws:s3:arn", contexts.into_iter().collect()),
    }
}
