//! What real buckets are set to, against what the grants need of them: answers of S3 to findings.
//!
//! `question` is what is asked, `heard` what came back, `settings` what that says; `reach` is whether a bucket is there at
//! all, `probe` what a store kept that was tried. The rest judges, a subject a file.

mod browsers;
mod bucket_policy;
mod cleanup;
mod encryption;
mod facts;
mod finding;
mod heard;
mod logs;
mod mend;
mod openness;
mod place;
mod probe;
mod question;
mod reach;
mod settings;
mod silence;
mod versions;
mod wildcard;

pub use facts::facts;
pub use finding::Finding;
pub use finding::FindingId;
pub use finding::Severity;
pub use heard::Reply;
pub use heard::Silence;
pub use place::NoPlace;
pub use place::Place;
pub use probe::Outcome;
pub use probe::Probed;
pub use probe::Promise;
pub use probe::with_probed;
pub use question::PERMISSIONS_OF_PLACE;
pub use question::Question;
pub use reach::Reach;
pub use settings::Settings;

use crate::domain::aws_policy::on_same_bucket;
use crate::domain::aws_policy::place as aws;
use crate::domain::doctor::mend::Mend;
use crate::domain::grant::Grant;
use crate::domain::name::Name;
use crate::domain::policy::Bucket;
use crate::domain::policy::Policy;

/// What the buckets are held against.
#[derive(Debug, Clone, Copy)]
pub struct Against<'a> {
    pub policy: &'a Policy,
    /// `server.cors_origins`.
    pub origins: &'a [String],
    /// The configuration's file, as a word for a shell.
    pub file: &'a str,
}

/// A bucket, and what is known of it.
#[derive(Debug, Clone)]
pub struct Examined<'a> {
    pub bucket: &'a Bucket,
    /// Where it was asked, or why it cannot be.
    pub place: Result<Place, NoPlace>,
    /// What came of asking by each of the credentials.
    pub reach: Vec<(Name, Reach)>,
    pub settings: Settings,
}

/// All that is not as it should be: bucket by bucket, the worst first.
pub fn findings(against: Against<'_>, examined: &[Examined<'_>]) -> Vec<Finding> {
    let mut all = Vec::new();
    for one in examined {
        let mut found = of_bucket(against, one);
        found.extend(logs::loops(against, one, examined));
        found.extend(logs::reached(against, one));
        found.sort_by_key(|finding| (finding.severity, finding.id));
        all.extend(found);
    }
    all
}

fn of_bucket(against: Against<'_>, examined: &Examined<'_>) -> Vec<Finding> {
    let Examined { bucket, reach, settings, .. } = examined;
    let place = match &examined.place {
        Ok(place) => place,
        Err(no_place) => return vec![silence::of_access_point(bucket, *no_place)],
    };
    let subject = Subject { against, bucket, place, settings };
    let mut found = reach::findings(&subject, reach);
    for judge in [
        browsers::findings,
        cleanup::findings,
        encryption::findings,
        logs::findings,
        openness::findings,
        silence::findings,
        versions::findings,
    ] {
        found.extend(judge(&subject));
    }
    found
}

/// What a judgement looks at.
struct Subject<'a> {
    against: Against<'a>,
    bucket: &'a Bucket,
    place: &'a Place,
    settings: &'a Settings,
}

impl<'a> Subject<'a> {
    /// The grants that sign anything on the bucket, by whichever alias.
    fn grants(&self) -> impl Iterator<Item = &'a Grant> {
        on_same_bucket(self.against.policy, self.bucket).map(|(grant, _)| grant)
    }

    /// Their names, of those that a question holds for.
    fn names(&self, holds: impl Fn(&Grant) -> bool) -> Vec<&'a str> {
        self.grants().filter(|grant| holds(grant)).map(|grant| grant.name.as_str()).collect()
    }

    fn is_on_aws(&self) -> bool {
        aws::partition(self.bucket).is_some()
    }

    fn finding(
        &self,
        id: FindingId,
        severity: Severity,
        detail: impl Into<String>,
        mend: impl Into<String>,
    ) -> Finding {
        Finding { bucket: self.bucket.alias.clone(), id, severity, detail: detail.into(), mend: mend.into() }
    }

    /// The commands that mend.
    fn mend(&self) -> Mend<'_> {
        Mend { place: self.place, is_on_aws: self.is_on_aws(), alias: &self.bucket.alias, file: self.against.file }
    }
}

/// `the grant a needs`, `the grants a and b need`.
fn grants_that(names: &[&str], verb: &str) -> String {
    match names {
        [one] => format!("the grant {one} {verb}s"),
        [all @ .., last] => format!("the grants {} and {last} {verb}", all.join(", ")),
        [] => format!("no grant {verb}s"),
    }
}
