//! What each signing identity must be allowed, and nothing else: a URL can do what its signer can do.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::domain::aws_policy::Derived;
use crate::domain::aws_policy::Document;
use crate::domain::aws_policy::Signed;
use crate::domain::aws_policy::Statement;
use crate::domain::aws_policy::keys;
use crate::domain::aws_policy::keys::KeyUse;
use crate::domain::aws_policy::keys::Uses;
use crate::domain::aws_policy::named::Named;
use crate::domain::aws_policy::named::Service;
use crate::domain::aws_policy::needs::Needs;
use crate::domain::aws_policy::pattern;
use crate::domain::aws_policy::place;
use crate::domain::aws_policy::signed;
use crate::domain::grant::Grant;
use crate::domain::name::Name;
use crate::domain::policy::Bucket;
use crate::domain::policy::Policy;
use crate::domain::role::RoleArn;

/// The least policy of each of the credentials that sign by a grant that is switched on, or that assume one of these
/// roles, by name.
pub fn identities<'a>(
    policy: &'a Policy,
    roles: impl IntoIterator<Item = (&'a RoleArn, &'a Name)>,
) -> BTreeMap<Name, Derived<Document>> {
    let mut needs: BTreeMap<&Name, Least<'_>> = BTreeMap::new();
    for signed in signed(policy) {
        needs.entry(signed.signer).or_default().add(&signed);
    }
    for key_use in keys::uses(policy) {
        needs.entry(key_use.signer).or_default().add_key(&key_use);
    }
    for (role, source) in roles {
        needs.entry(source).or_default().roles.insert(role.as_str());
    }
    let mut derived: BTreeMap<_, _> = needs.into_iter().map(|(name, needs)| (name.clone(), needs.derived())).collect();
    derived.retain(|_, derived| !derived.document.statement.is_empty());
    derived
}

/// What one identity needs, and what to know of it.
#[derive(Default)]
struct Least<'a> {
    needs: Needs,
    keys: Uses,
    /// What it assumes.
    roles: BTreeSet<&'a str>,
    notes: BTreeSet<String>,
}

impl Least<'_> {
    fn add(&mut self, signed: &Signed<'_>) {
        self.needs.add(signed, &Named::of(signed.bucket));
        self.notes.extend(notes(signed.grant, signed.bucket));
    }

    fn add_key(&mut self, key_use: &KeyUse<'_>) {
        self.notes.extend(keys::alias(key_use.key).map(by_alias));
        self.keys.add_resource(key_use);
    }

    fn derived(self) -> Derived<Document> {
        let mut notes = vec![WHAT_IT_STOPS.to_owned()];
        notes.extend(self.needs.reads_without_list().then(|| MISSING_IS_403.to_owned()));
        notes.extend(self.notes);
        notes.extend((!self.roles.is_empty()).then(|| TRUST.to_owned()));
        let roles: Vec<String> = self.roles.into_iter().map(str::to_owned).collect();
        let roles = (!roles.is_empty()).then(|| Statement::allow(["sts:AssumeRole"], roles));
        let keys = self.keys.statements().map(|(keys, statement)| Statement { resource: keys, ..statement });
        let document = Document::of(self.needs.statements().chain(keys).chain(roles).collect());
        Derived { document, notes }
    }
}

fn notes(grant: &Grant, bucket: &Bucket) -> Vec<String> {
    let mut notes = Vec::new();
    if place::partition(bucket).is_none() {
        notes.push(format!(
            "the bucket {} is not on AWS: its store may have no policies for identities, or take them without escapes, \
             conditions or some of these actions",
            bucket.alias
        ));
    }
    if place::is_access_point(bucket) {
        let stars = if Named::of(bucket).is_hidden() { STARS } else { "" };
        notes.push(format!("the bucket {} is reached by an access point: {BEHIND}{stars}", bucket.alias));
    }
    if Named::of(bucket).service() == Service::ObjectLambda {
        notes.push(format!("the bucket {} is behind Object Lambda: {FUNCTION}", bucket.alias));
    }
    if pattern::is_widened(&grant.scope) {
        notes.push(format!(
            "the grant {} has characters that no policy can hold (beyond U+00FF): a star stands for them, which is wider \
             than the grant",
            grant.name
        ));
    }
    notes
}

fn by_alias(alias: &str) -> String {
    format!(
        "a key is allowed as whichever has {alias}, so whoever may move that alias chooses it: write the key's ARN in the \
         configuration to name it"
    )
}

const WHAT_IT_STOPS: &str = "this bounds what the identity's keys can do, also in a thief's hands; it knows no claims \
     (each is a star), denies, sizes or types: these only presignd holds";
const MISSING_IS_403: &str = "without s3:ListBucket S3 answers 403, not 404, for an object that is not there";
const BEHIND: &str =
    "what is behind it must allow the same, or leave it to its access points (presignd policy access-point)";
const TRUST: &str = "whoever assumes a role must be let in by the role's trust policy too";
const STARS: &str = "; an alias does not tell its account or whole name: write them in place of the stars, or its ARN in the \
     configuration";
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-policies.html>
const FUNCTION: &str = "its policies speak of no keys; where aws:CalledVia is s3-object-lambda.amazonaws.com, the identity must also be \
     allowed lambda:InvokeFunction on the function, and the same actions of s3 on the access point that it reads: the \
     configuration names neither";
