//! The end of uploads in parts that nobody completes: their parts cost, and no list of objects shows them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Serialize;

use crate::domain::aws_policy::Derived;
use crate::domain::aws_policy::elsewhere;
use crate::domain::aws_policy::on_same_bucket;
use crate::domain::aws_policy::pattern;
use crate::domain::name::Name;
use crate::domain::operation::Operation;
use crate::domain::policy::Bucket;
use crate::domain::policy::Policy;

/// `--lifecycle-configuration`.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html>
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Lifecycle {
    rules: Vec<Rule>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Rule {
    #[serde(rename = "ID")]
    id: String,
    status: &'static str,
    filter: Filter,
    abort_incomplete_multipart_upload: Abort,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    prefix: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Abort {
    days_after_initiation: u32,
}

/// The rules of each bucket in which a grant begins uploads in parts, by alias.
pub fn rules(policy: &Policy) -> BTreeMap<Name, Derived<Lifecycle>> {
    let derived = policy.buckets().iter().map(|bucket| (bucket.alias.clone(), derived(policy, bucket)));
    derived.filter(|(_, derived)| !derived.document.rules.is_empty()).collect()
}

fn derived(policy: &Policy, bucket: &Bucket) -> Derived<Lifecycle> {
    let rules = prefixes(policy, bucket).into_iter().enumerate().map(|(place, prefix)| Rule {
        id: format!("presignd-abandoned-uploads-{}", place + 1),
        status: "Enabled",
        filter: Filter { prefix },
        abort_incomplete_multipart_upload: Abort { days_after_initiation: DAYS },
    });
    let mut notes = vec![WHAT_IT_ENDS.to_owned(), REPLACES.to_owned()];
    notes.extend(elsewhere(bucket));
    Derived { document: Lifecycle { rules: rules.collect() }, notes }
}

/// What the keys of such uploads begin with, none inside another. A filter has no stars, so a claim ends it.
pub(in crate::domain) fn prefixes(policy: &Policy, bucket: &Bucket) -> BTreeSet<String> {
    let begin =
        on_same_bucket(policy, bucket).filter(|(grant, _)| grant.rights().allow(Operation::CreateMultipartUpload));
    let all: BTreeSet<String> = begin.map(|(grant, _)| pattern::literal_prefix(&grant.scope)).collect();
    all.into_iter().fold(BTreeSet::new(), |mut outer: BTreeSet<String>, prefix| {
        // in order, an outer prefix comes just before all that it begins
        if !outer.last().is_some_and(|last| prefix.starts_with(last)) {
            outer.insert(prefix);
        }
        outer
    })
}

/// No URL lives longer.
const DAYS: u32 = 7;

const WHAT_IT_ENDS: &str = "it ends uploads in parts that were begun seven days ago or more, whoever began them, also one that goes \
     on with new URLs; it touches no object";
const REPLACES: &str = "setting it replaces the bucket's lifecycle rules whole: add what is there already";
