//! What a key of KMS must allow the identities that sign for objects encrypted with it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::domain::aws_policy::Derived;
use crate::domain::aws_policy::Document;
use crate::domain::aws_policy::Statement;
use crate::domain::aws_policy::keys;
use crate::domain::aws_policy::keys::KeyUse;
use crate::domain::aws_policy::keys::Uses;
use crate::domain::aws_policy::place;
use crate::domain::aws_policy::told;
use crate::domain::aws_policy::told::Account;
use crate::domain::aws_policy::told::Told;
use crate::domain::name::Name;
use crate::domain::policy::Policy;

/// The statements for each key that grants or defaults name on AWS, by its id there.
pub fn policies(policy: &Policy, told: &Told) -> BTreeMap<String, Derived<Document>> {
    let mut of_keys: BTreeMap<&str, Allowed<'_>> = BTreeMap::new();
    for key_use in keys::uses(policy) {
        of_keys.entry(key_use.key).or_default().add(&key_use, told);
    }
    of_keys.into_iter().map(|(key, allowed)| (key.to_owned(), allowed.derived(key))).collect()
}

/// The ids of the keys that the objects of a bucket on AWS may be encrypted with.
pub fn of_bucket<'a>(policy: &'a Policy, alias: &Name) -> BTreeSet<&'a str> {
    let bucket = policy.bucket(alias).filter(|bucket| place::partition(bucket).is_some());
    bucket.map(|bucket| keys::of_bucket(policy, bucket).into_keys().collect()).unwrap_or_default()
}

/// What one key allows.
#[derive(Default)]
struct Allowed<'a> {
    uses: Uses,
    /// Those by whoever is in the key's own account.
    of_everybody: Uses,
    /// The credentials that were told nothing of, by the account that stands for their identities.
    untold: BTreeMap<Option<String>, BTreeSet<&'a str>>,
}

impl<'a> Allowed<'a> {
    fn add(&mut self, key_use: &KeyUse<'a>, told: &Told) {
        let identity = told.identities.get(key_use.signer).map(ToString::to_string).or_else(|| {
            let account = account(key_use, told);
            self.untold.entry(account.clone()).or_default().insert(key_use.signer.as_str());
            account
        });
        match identity {
            Some(identity) => self.uses.add_identity(identity, key_use),
            None => self.of_everybody.add_identity("*".to_owned(), key_use),
        }
    }

    fn derived(self, key: &str) -> Derived<Document> {
        let everybody = self.of_everybody.statements().map(|(identities, statement)| {
            for_all(identities, statement.on("StringEquals", "aws:PrincipalAccount", vec![OF_THE_KEY.to_owned()]))
        });
        let statements = self.uses.statements().map(|(identities, statement)| for_all(identities, statement));
        let mut notes = vec![ADD.to_owned(), WHAT_IT_STOPS.to_owned(), SETTINGS.to_owned()];
        notes.extend(keys::alias(key).map(|_| BY_ALIAS.to_owned()));
        notes.extend(self.untold.into_iter().map(|(account, signers)| untold(account.as_deref(), signers)));
        Derived { document: Document::of(statements.chain(everybody).collect()), notes }
    }
}

/// The account whose own policies say who signs.
fn account(key_use: &KeyUse<'_>, told: &Told) -> Option<String> {
    let account = told.account.as_ref().map(Account::as_str).or_else(|| told::account(key_use.key));
    account.map(|account| told::root(key_use.partition, account))
}

fn untold(account: Option<&str>, signers: BTreeSet<&str>) -> String {
    match account {
        Some(root) => told::left_to(root, signers),
        None => format!(
            "no ARN tells the account, so everybody in the key's own account may use it so: --principal CREDENTIALS=ARN \
             allows the identity alone that signs (for {}), --account leaves it to that account's policies",
            signers.into_iter().collect::<Vec<_>>().join(", ")
        ),
    }
}

/// A key's policy speaks of no other resource than the key.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html>
fn for_all(identities: Vec<String>, statement: Statement) -> Statement {
    Statement { resource: vec!["*".to_owned()], ..statement }.to(identities)
}

/// The key's account, where a policy lies at a key.
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/baseline-KMS-key-policy.html>
const OF_THE_KEY: &str = "${aws:ResourceAccount}";

const ADD: &str = "add the statements to the key's policy: set in its place, they would lock its administrators out";
const WHAT_IT_STOPS: &str = "the key is used through S3 alone, in its region, for these objects; with an S3 Bucket Key KMS sees the \
     bucket, not the object; who may read or write an object, S3 decides";
const SETTINGS: &str = "objects that were stored under another setting of the bucket key stay bound to what it was then (the bucket's \
     ARN, or the object's): add it if they are to be read";
const BY_ALIAS: &str = "an alias is looked up in the account of whoever signs: set this at the key that it stands for there, and \
     write the key's ARN in the configuration if that is another account's";
