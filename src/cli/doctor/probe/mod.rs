//! `presignd doctor --probe`: tries on the real store what presigned URLs promise, with objects of its own, and removes them.
//!
//! Everything is signed by the bucket's own identities through `adapters/s3`: no grant and no `Permit` is involved, since
//! it is the store that is tried.

mod attempts;
mod cleanup;
mod parts;
mod used;

use std::sync::Mutex;

use aws_credential_types::Credentials;
use uuid::Uuid;

use crate::adapters::clock::Clock;
use crate::adapters::config::Settings;
use crate::adapters::credentials::read_once;
use crate::adapters::s3::S3;
use crate::domain::doctor::Outcome;
use crate::domain::doctor::Place;
use crate::domain::doctor::Probed;
use crate::domain::doctor::Promise;
use crate::domain::endpoint::Target;
use crate::domain::key::ObjectKey;
use crate::domain::policy::Bucket;

/// A folder of a bucket, in which a probe makes one of its own.
#[derive(Debug, Clone)]
pub(super) struct Folder(String);

impl Folder {
    /// Reads a prefix: a key that ends in `/`, under which there is room.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let folder = format!("{text}presignd-probe-{}/", Uuid::now_v7());
        match ObjectKey::parse(&format!("{folder}{LONGEST_NAME}")) {
            Ok(_) if text.ends_with('/') => Ok(Self(folder)),
            Ok(_) => Err("the probe's prefix is a folder: end it in /".to_owned()),
            Err(error) => Err(format!("the probe's prefix: {error}")),
        }
    }
}

/// As long as any that is made.
const LONGEST_NAME: &str = "unsigned-storage-class";

/// Tries every promise on every bucket, one after the other.
pub(super) async fn all<'a>(settings: &'a Settings, buckets: &[&'a Bucket], folder: &Folder) -> Vec<Probed<'a>> {
    let signers = buckets.iter().flat_map(|bucket| [&bucket.write_credentials, &bucket.read_credentials]);
    let (held, _) = read_once(&settings.credentials, signers).await;
    let s3 = S3::new(Clock::system());
    let mut probed = Vec::with_capacity(buckets.len());
    for bucket in buckets {
        let credentials = |name| {
            held.credentials(name).ok_or_else(|| match held.are_keys_alone(name) {
                true => {
                    format!("the credentials {name} hold signing keys alone, which do not make what is to be tried")
                }
                false => format!("the credentials {name} are not there"),
            })
        };
        let place = Place::of(bucket).map_err(|_| "an access point hides the bucket; name it: underlying".to_owned());
        let ready = place.and_then(|place| {
            Ok((place, credentials(&bucket.write_credentials)?, credentials(&bucket.read_credentials)?))
        });
        probed.push(match ready {
            Ok((place, writer, reader)) => {
                let (target, name) = (&place.target, place.name.as_str());
                let begun = Mutex::default();
                Prober { s3: &s3, target, bucket: name, writer, reader, folder: &folder.0, begun }.probe(bucket).await
            }
            Err(why) => Probed { bucket, outcomes: untried(&why), left: Vec::new() },
        });
    }
    probed
}

fn untried(why: &str) -> Vec<(Promise, Outcome)> {
    Promise::ALL.map(|promise| (promise, Outcome::Untried(why.to_owned()))).into()
}

/// What a probe of one bucket works with.
struct Prober<'p> {
    s3: &'p S3,
    target: &'p Target,
    /// The bucket's real name.
    bucket: &'p str,
    writer: &'p Credentials,
    reader: &'p Credentials,
    /// Everything is made below it; it ends in `/`.
    folder: &'p str,
    /// Keys and ids of uploads in parts.
    begun: Mutex<Vec<(String, String)>>,
}

impl Prober<'_> {
    async fn probe<'b>(self, bucket: &'b Bucket) -> Probed<'b> {
        let mut outcomes = Vec::new();
        let is_interrupted = tokio::select! {
            () = self.attempt_all(&mut outcomes) => false,
            _ = tokio::signal::ctrl_c() => true,
        };
        let left = self.clean().await;
        if is_interrupted {
            let missing = Promise::ALL.into_iter().skip(outcomes.len());
            outcomes.extend(
                missing.map(|promise| (promise, Outcome::Untried("it was interrupted".to_owned()))).collect::<Vec<_>>(),
            );
        }
        Probed { bucket, outcomes, left }
    }

    async fn attempt_all(&self, outcomes: &mut Vec<(Promise, Outcome)>) {
        // What is refused for want of a right would look like a promise kept.
        if let Err(why) = self.works_as_signed().await {
            return outcomes.extend(untried(&why));
        }
        for promise in Promise::ALL {
            let outcome = match self.comes_through(promise).await {
                Ok(true) => Outcome::Broken,
                Ok(false) => Outcome::Kept,
                Err(why) => Outcome::Untried(why),
            };
            outcomes.push((promise, outcome));
        }
    }

    /// The key of an object of the probe's own.
    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.folder)
    }
}
