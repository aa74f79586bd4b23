//! What AWS must be told beside presignd: policies, derived from the grants.

pub(in crate::domain) mod accepted;
pub mod access_point;
pub mod bucket;
pub mod cors;
pub mod iam;
mod keys;
pub mod kms;
pub mod lifecycle;
mod named;
mod needs;
pub(in crate::domain) mod pattern;
pub(in crate::domain) mod place;
pub mod told;
pub mod vault_lock;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Serialize;

use crate::domain::action::Right;
use crate::domain::grant::Effect;
use crate::domain::grant::Grant;
use crate::domain::name::Name;
use crate::domain::operation::Operation;
use crate::domain::operation::Row;
use crate::domain::policy::Bucket;
use crate::domain::policy::Policy;
use crate::domain::store::Store;

/// A document for AWS, and what whoever sets it should know: what it does, and what it does not stop.
#[derive(Debug)]
pub struct Derived<T> {
    pub document: T,
    pub notes: Vec<String>,
}

/// A policy in IAM's language.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Document {
    /// The first version with variables, which escapes are.
    version: &'static str,
    statement: Vec<Statement>,
}

impl Document {
    fn of(statement: Vec<Statement>) -> Self {
        Self { version: "2012-10-17", statement }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    #[serde(skip_serializing_if = "str::is_empty")]
    sid: &'static str,
    effect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<Principal>,
    action: Vec<Action>,
    resource: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    condition: Conditions,
}

/// Whom a policy that lies at a resource speaks of.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Principal {
    /// `*`: anybody, signed or not.
    Anybody(&'static str),
    Identities {
        /// ARNs of users, roles and accounts.
        #[serde(rename = "AWS")]
        aws: Vec<String>,
    },
}

/// An action of IAM, such as `s3:GetObject`.
type Action = Cow<'static, str>;

/// Operator, key, values.
type Conditions = BTreeMap<&'static str, BTreeMap<&'static str, Vec<String>>>;

impl Statement {
    fn allow(actions: impl IntoIterator<Item = impl Into<Action>>, resource: Vec<String>) -> Self {
        let action = actions.into_iter().map(Into::into).collect();
        Self { sid: "", effect: "Allow", principal: None, action, resource, condition: Conditions::new() }
    }

    /// For everybody, whoever allows it.
    fn deny(sid: &'static str, actions: impl IntoIterator<Item = impl Into<Action>>, resource: Vec<String>) -> Self {
        Self { sid, effect: "Deny", principal: Some(Principal::Anybody("*")), ..Self::allow(actions, resource) }
    }

    /// For these alone.
    fn to(mut self, identities: Vec<String>) -> Self {
        self.principal = Some(Principal::Identities { aws: identities });
        self
    }

    /// Each condition must hold too.
    fn on(mut self, operator: &'static str, key: &'static str, values: Vec<String>) -> Self {
        self.condition.entry(operator).or_default().insert(key, values);
        self
    }
}

/// What whoever sets AWS's document at another store should know.
fn elsewhere(bucket: &Bucket) -> Option<String> {
    let told = |title| format!("it is at {title}, not on AWS: that store may refuse it, or ignore parts of it");
    (bucket.store != Store::Aws).then(|| told(bucket.store.title()))
}

/// The grants by which anything is signed, each with its bucket.
fn signing(policy: &Policy) -> impl Iterator<Item = (&Grant, &Bucket)> {
    let allows = policy.grants().iter().filter(|grant| grant.effect == Effect::Allow && grant.enabled);
    allows.filter_map(|grant| Some((grant, policy.bucket(&grant.bucket)?)))
}

/// One right that a grant gives, and who signs for it.
struct Signed<'a> {
    grant: &'a Grant,
    bucket: &'a Bucket,
    /// The operation that the right stands for.
    row: &'static Row,
    /// The action of IAM.
    permission: &'static str,
    signer: &'a Name,
}

/// Everything that is signed by any grant.
fn signed(policy: &Policy) -> impl Iterator<Item = Signed<'_>> {
    signing(policy).flat_map(|(grant, bucket)| {
        grant.rights().iter().map(move |right| {
            let (row, permission) = asked(right);
            Signed { grant, bucket, row, permission, signer: signer(grant, bucket, row) }
        })
    })
}

/// The operation that a right stands for, and the action of IAM.
pub(in crate::domain) fn asked(right: Right) -> (&'static Row, &'static str) {
    let of_version = |operation: Operation| (operation.row(), operation.row().permission_of_version);
    match right {
        Right::BypassGovernance => (Operation::DeleteObject.row(), "s3:BypassGovernanceRetention"),
        Right::DeleteVersion => of_version(Operation::DeleteObject),
        Right::GetVersion => of_version(Operation::GetObject),
        Right::HeadVersion => of_version(Operation::HeadObject),
        Right::Operation(operation) => (operation.row(), operation.row().permission),
    }
}

/// As a permit has it.
fn signer<'a>(grant: &'a Grant, bucket: &'a Bucket, row: &Row) -> &'a Name {
    let of_bucket = if row.reads { &bucket.read_credentials } else { &bucket.write_credentials };
    grant.credentials.as_ref().unwrap_or(of_bucket)
}

/// Those on a bucket, by whichever alias.
pub(in crate::domain) fn on_same_bucket<'a>(
    policy: &'a Policy,
    bucket: &'a Bucket,
) -> impl Iterator<Item = (&'a Grant, &'a Bucket)> {
    let aliases: BTreeSet<&Name> = place::aliases(policy, bucket).collect();
    signing(policy).filter(move |(_, bucket)| aliases.contains(&bucket.alias))
}
