//! The policy of an access point, and how the buckets behind it leave the decision to it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Serialize;

use crate::domain::aws_policy::Action;
use crate::domain::aws_policy::Derived;
use crate::domain::aws_policy::Document;
use crate::domain::aws_policy::Signed;
use crate::domain::aws_policy::Statement;
use crate::domain::aws_policy::bucket;
use crate::domain::aws_policy::named::Named;
use crate::domain::aws_policy::named::Service;
use crate::domain::aws_policy::needs::Needs;
use crate::domain::aws_policy::place;
use crate::domain::aws_policy::signed;
use crate::domain::aws_policy::told;
use crate::domain::aws_policy::told::Account;
use crate::domain::aws_policy::told::Told;
use crate::domain::aws_policy::told::Vpc;
use crate::domain::bucket::BucketName;
use crate::domain::name::Name;
use crate::domain::policy::Bucket;
use crate::domain::policy::Policy;
use crate::domain::region::Partition;

/// What is set at an access point, and at each bucket behind it, by name.
#[derive(Debug, Serialize)]
pub struct AccessPoint {
    access_point: Document,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    buckets: BTreeMap<String, Document>,
}

/// Why nothing can be said of an access point that is known by its alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Hidden {
    #[error("an alias does not tell the account: give --account, or write the access point's ARN as bucket")]
    Account,
    #[error("the alias does not tell the access point's whole name: write its ARN as bucket")]
    Name,
}

/// Those of each access point that a grant is on, by alias.
pub fn policies(policy: &Policy, told: &Told) -> BTreeMap<Name, Result<Derived<AccessPoint>, Hidden>> {
    let points = policy.buckets().iter().filter(|bucket| place::is_access_point(bucket));
    let derived = points.filter_map(|bucket| Some((bucket.alias.clone(), derived(policy, bucket, told).transpose()?)));
    derived.collect()
}

/// An access point, as far as policies must name it.
struct Point<'a> {
    bucket: &'a Bucket,
    partition: &'static Partition,
    account: String,
    named: Named,
}

impl<'a> Point<'a> {
    fn of(bucket: &'a Bucket, told: &Told) -> Result<Self, Hidden> {
        let partition = place::partition(bucket).ok_or(Hidden::Name)?;
        let named = Named::of(bucket);
        if let Some(account) = named.account() {
            return Ok(Self { bucket, partition, account: account.to_owned(), named });
        }
        // the alias of a plain access point alone is made of its name
        if named.service() != Service::S3 || named.whole_name().is_none() {
            return Err(Hidden::Name);
        }
        let account = told.account.as_ref().map(Account::as_str).ok_or(Hidden::Account)?;
        let named = named.told(account).ok_or(Hidden::Name)?;
        Ok(Self { bucket, partition, account: account.to_owned(), named })
    }

    /// Everything that is signed for it.
    fn signed(&self, policy: &'a Policy) -> impl Iterator<Item = Signed<'a>> {
        let alias = &self.bucket.alias;
        signed(policy).filter(move |signed| signed.bucket.alias == *alias)
    }
}

fn derived(policy: &Policy, bucket: &Bucket, told: &Told) -> Result<Option<Derived<AccessPoint>>, Hidden> {
    let point = Point::of(bucket, told)?;
    let (mut statements, untold) = allowed(policy, &point, told);
    if statements.is_empty() {
        return Ok(None);
    }
    statements.extend(told.vpc.iter().map(|vpc| outside(&point, vpc)));
    let mut notes = vec![set(&point), WHAT_IT_STOPS.to_owned()];
    notes.extend(untold);
    notes.push(if told.vpc.is_some() { INSIDE.to_owned() } else { ANYWHERE.to_owned() });
    let buckets = behind(policy, &point, told);
    notes.extend(buckets.keys().map(|name| set_bucket(name)));
    notes.push(if buckets.is_empty() { BEHIND.to_owned() } else { DELEGATES.to_owned() });
    Ok(Some(Derived { document: AccessPoint { access_point: Document::of(statements), buckets }, notes }))
}

/// What each identity signs for the access point, and a note of those that were told nothing of.
fn allowed(policy: &Policy, point: &Point<'_>, told: &Told) -> (Vec<Statement>, Option<String>) {
    let mut needs: BTreeMap<String, Needs> = BTreeMap::new();
    let mut unknown = BTreeSet::new();
    let account = told.account.as_ref().map_or(point.account.as_str(), Account::as_str);
    let root = told::root(point.partition, account);
    for signed in point.signed(policy) {
        let identity = told.identities.get(signed.signer).map(ToString::to_string).unwrap_or_else(|| {
            unknown.insert(signed.signer.as_str());
            root.clone()
        });
        needs.entry(identity).or_default().add(&signed, &point.named);
    }
    let statements = needs
        .into_iter()
        .flat_map(|(identity, needs)| needs.statements().map(move |statement| statement.to(vec![identity.clone()])));
    (statements.collect(), (!unknown.is_empty()).then(|| told::left_to(&root, unknown)))
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-vpc.html>
fn outside(point: &Point<'_>, vpc: &Vpc) -> Statement {
    let actions = [point.named.service().action("s3:*")];
    let mut resources = vec![point.named.as_str().to_owned(), point.named.objects("*")];
    resources.dedup();
    Statement::deny("DenyOutsideVpc", actions, resources).on("StringNotEquals", "aws:SourceVpc", vec![vpc.to_string()])
}

/// The policies of the buckets behind, by name. An access point on Outposts leads to a bucket there, one of Object Lambda
/// to another access point.
fn behind(policy: &Policy, point: &Point<'_>, told: &Told) -> BTreeMap<String, Document> {
    let real = point.bucket.real().filter(|_| point.named.service() == Service::S3);
    real.filter_map(|name| Some((name.to_string(), delegating(policy, point, name, told)?))).collect()
}

/// A bucket's own policy, and one statement more for each access point to it.
fn delegating(policy: &Policy, point: &Point<'_>, name: &BucketName, told: &Told) -> Option<Document> {
    let alone = Bucket { underlying: vec![name.clone()], ..point.bucket.clone() };
    let arn = place::bucket_arn(&alone)?;
    let mut document = bucket::derived(policy, &alone, &arn).document;
    let same: Vec<&Name> = place::aliases(policy, &alone).collect();
    let leads_there = |bucket: &&Bucket| place::is_access_point(bucket) && same.contains(&&bucket.alias);
    let points = policy.buckets().iter().filter(leads_there).filter_map(|bucket| Point::of(bucket, told).ok());
    let of_vpc = |other: &Point<'_>| told.vpc.is_some() && other.named == point.named && !other.named.is_multi_region();
    document.statement.extend(points.filter_map(|other| delegation(policy, &other, &arn, of_vpc(&other))));
    Some(document)
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html#access-points-delegating-control>
fn delegation(policy: &Policy, point: &Point<'_>, bucket: &str, is_of_vpc: bool) -> Option<Statement> {
    let mut needs = Needs::default();
    point.signed(policy).for_each(|signed| needs.add(&signed, &point.named));
    let actions: Vec<Action> = needs.actions().into_iter().collect();
    let statement = Statement::allow(actions, vec![bucket.to_owned(), format!("{bucket}/*")])
        .to(vec!["*".to_owned()])
        .on("StringEquals", "s3:DataAccessPointAccount", vec![point.account.clone()])
        .on("StringEquals", "s3:DataAccessPointArn", vec![point.named.as_str().to_owned()]);
    let statement = match is_of_vpc {
        true => statement.on("StringEquals", "s3:AccessPointNetworkOrigin", vec!["VPC".to_owned()]),
        false => statement,
    };
    (!statement.action.is_empty()).then_some(statement)
}

/// The call that sets it.
fn set(point: &Point<'_>) -> String {
    let (named, account) = (&point.named, &point.account);
    let name = named.whole_name().unwrap_or_default();
    if named.is_multi_region() {
        return format!(
            "access_point is set by aws s3control put-multi-region-access-point-policy, under the name that {name} was given \
             when it was made"
        );
    }
    let (call, name) = match named.service() {
        Service::S3 => ("put-access-point-policy", name),
        Service::ObjectLambda => ("put-access-point-policy-for-object-lambda", name),
        Service::Outposts => ("put-access-point-policy", named.as_str()),
    };
    format!(
        "set it: aws s3control {call} --account-id {account} --region {} --name {name} --policy \"$(jq .access_point \
         access-point.json)\"",
        named.region()
    )
}

fn set_bucket(name: &str) -> String {
    format!(
        "and: aws s3api put-bucket-policy --bucket {name} --policy \"$(jq '.buckets[\"{name}\"]' access-point.json)\"; it \
         replaces the bucket's policy whole: add what is there already"
    )
}

const WHAT_IT_STOPS: &str = "it bounds what comes through this access point alone: the bucket's own name, and other access points, stay \
     as open as they are; it knows no claims (each is a star), denies, sizes or types";
const INSIDE: &str = "presigned URLs of this access point then work only inside that VPC, whoever holds them, so never in a browser \
     outside; the access point must have been made for the VPC, which cannot be changed later";
const ANYWHERE: &str = "a URL works from wherever it is used: --vpc says inside which VPC alone";
const BEHIND: &str = "what is behind the access point must allow the same, or leave it to the access point (for a bucket, \
     s3:DataAccessPointAccount): named as underlying, a bucket has its policy printed too";
const DELEGATES: &str = "the buckets leave these actions to the access points, whose policies then decide alone: whoever may set one \
     opens the bucket";
