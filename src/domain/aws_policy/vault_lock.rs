//! The lock of a Glacier vault: archives that nobody deletes before their time or while they are held.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use crate::domain::aws_policy::Derived;
use crate::domain::aws_policy::Document;
use crate::domain::aws_policy::Statement;
use crate::domain::aws_policy::named::Named;
use crate::domain::aws_policy::on_same_bucket;
use crate::domain::aws_policy::place;
use crate::domain::aws_policy::told::Account;
use crate::domain::aws_policy::told::Told;
use crate::domain::aws_policy::told::Vault;
use crate::domain::bucket::BucketName;
use crate::domain::name::Name;
use crate::domain::policy::Bucket;
use crate::domain::policy::Policy;
use crate::domain::region::Partition;

/// The lock of a vault for each bucket on AWS, by alias, after what its grants demand of objects.
pub fn policies(policy: &Policy, told: &Told) -> BTreeMap<Name, Derived<Document>> {
    let derive = |bucket: &Bucket| {
        let vault =
            Place { partition: place::partition(bucket)?, region: &bucket.target.region, name: name(bucket, told)? };
        let days = told.days.or_else(|| demanded(policy, bucket));
        Some((bucket.alias.clone(), vault.locked(days, told)))
    };
    // a Multi-Region Access Point is in no one region
    let of_a_region = policy.buckets().iter().filter(|bucket| !Named::of(bucket).is_multi_region());
    of_a_region.filter_map(derive).collect()
}

/// Where a vault is.
struct Place<'a> {
    partition: &'static Partition,
    region: &'a str,
    name: &'a str,
}

fn name<'a>(bucket: &'a Bucket, told: &'a Told) -> Option<&'a str> {
    let of_bucket = || place::real_name(bucket).map(BucketName::as_str);
    told.vault.as_ref().map(Vault::as_str).or_else(of_bucket)
}

/// The longest retention that a grant on the bucket demands, in whole days.
fn demanded(policy: &Policy, bucket: &Bucket) -> Option<NonZeroU32> {
    let locks = on_same_bucket(policy, bucket).filter_map(|(grant, _)| grant.upload.object_lock.as_ref());
    let longest = locks.filter_map(|lock| lock.min_retention).max()?;
    u32::try_from(longest.as_secs().div_ceil(SECONDS_A_DAY)).ok().and_then(NonZeroU32::new)
}

const SECONDS_A_DAY: u64 = 86_400;

impl Place<'_> {
    fn locked(&self, days: Option<NonZeroU32>, told: &Told) -> Derived<Document> {
        let (id, region, name) = (self.partition.id, self.region, self.name);
        let account = told.account.as_ref().map_or("*", Account::as_str);
        let arn = format!("arn:{id}:glacier:{region}:{account}:vaults/{name}");
        let mut statements: Vec<Statement> = days.map(|days| young(&arn, days)).into_iter().collect();
        statements.push(held(&arn));
        let mut notes = vec![self.set(), self.complete(), WHAT_IT_STOPS.to_owned(), NOT_URLS.to_owned()];
        notes.extend(match days {
            Some(days) if told.days.is_none() => Some(format!(
                "{days} days are the longest min_retention of a grant there, for all that the vault keeps: --days says otherwise"
            )),
            Some(_) => None,
            None => Some(NO_AGE.to_owned()),
        });
        notes.extend(told.account.is_none().then(|| NO_ACCOUNT.to_owned()));
        notes.extend(
            told.vault.is_none().then(|| format!("the vault is named as the bucket, {name}: --vault names another")),
        );
        Derived { document: Document::of(statements), notes }
    }

    /// The first call; the policy's text is a string in it.
    /// <https://docs.aws.amazon.com/amazonglacier/latest/dev/api-InitiateVaultLock.html>
    fn set(&self) -> String {
        format!(
            "first: aws glacier initiate-vault-lock --region {} --account-id - --vault-name {} --policy \"$(jq '{{Policy: \
             tojson}}' vault-lock.json)\"; it answers a lockId, and the policy is in force: test it within 24 hours, and take \
             it back by abort-vault-lock",
            self.region, self.name
        )
    }

    /// The second, after which there is no way back.
    /// <https://docs.aws.amazon.com/amazonglacier/latest/dev/api-CompleteVaultLock.html>
    fn complete(&self) -> String {
        format!(
            "then: aws glacier complete-vault-lock --region {} --account-id - --vault-name {} --lock-id LOCK_ID; from then on \
             it is irrevocable: nobody, AWS included, can change or lift it; without it the policy is gone after 24 hours",
            self.region, self.name
        )
    }
}

/// <https://docs.aws.amazon.com/amazonglacier/latest/dev/vault-lock-policy.html>
fn young(vault: &str, days: NonZeroU32) -> Statement {
    no_delete("DenyDeleteBeforeItsTime", vault).on(
        "NumericLessThan",
        "glacier:ArchiveAgeInDays",
        vec![days.to_string()],
    )
}

/// A vault whose tag `LegalHold` says `true`, or nothing.
fn held(vault: &str) -> Statement {
    let held = ["true", ""].map(str::to_owned).to_vec();
    no_delete("DenyDeleteWhileHeld", vault).on("StringLike", "glacier:ResourceTag/LegalHold", held)
}

fn no_delete(sid: &'static str, vault: &str) -> Statement {
    Statement::deny(sid, vec!["glacier:DeleteArchive"], vec![vault.to_owned()])
}

const WHAT_IT_STOPS: &str = "it stops every delete of an archive, by whomever, before its time or while the vault's tag LegalHold is \
     true; it does not stop uploads or reads, and whoever may change the vault's tags lifts the hold";
const NOT_URLS: &str = "presignd signs no URL for vaults, and AWS takes no new customers for them since 15 December 2025: objects in S3, \
     in whichever storage class, are locked by a grant's object_lock";
const NO_AGE: &str = "no grant there demands a retention (object_lock.min_retention), so archives are only held, not kept for a time: \
     --days says how long";
const NO_ACCOUNT: &str = "a star stands for the account, which the configuration does not hold: --account names it";
