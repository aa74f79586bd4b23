//! Asks the buckets, one after the other.

use aws_credential_types::Credentials;

use crate::adapters::clock::Clock;
use crate::adapters::config::Settings;
use crate::adapters::credentials::CredentialSnapshot;
use crate::adapters::credentials::CredentialsError;
use crate::adapters::credentials::read_once;
use crate::adapters::s3::Answer;
use crate::adapters::s3::Call;
use crate::adapters::s3::CallError;
use crate::adapters::s3::S3;
use crate::domain::doctor::Examined;
use crate::domain::doctor::Place;
use crate::domain::doctor::Question;
use crate::domain::doctor::Reach;
use crate::domain::doctor::Reply;
use crate::domain::doctor::Settings as BucketSettings;
use crate::domain::doctor::Silence;
use crate::domain::endpoint::Target;
use crate::domain::name::Name;
use crate::domain::policy::Bucket;

/// What is known of each bucket once it was asked, with these credentials alone or with its own.
pub(super) async fn all<'a>(settings: &'a Settings, buckets: &[&'a Bucket], only: Option<&Name>) -> Vec<Examined<'a>> {
    let names_for = |bucket: &&'a Bucket| only.map_or_else(|| settings.policy.signers(bucket), |name| vec![name]);
    let names: Vec<Vec<&Name>> = buckets.iter().map(names_for).collect();
    let (held, failures) = read_once(&settings.credentials, names.iter().flatten().copied()).await;
    let asker = Asker { s3: S3::new(Clock::system()), held, failures };
    let mut examined = Vec::with_capacity(buckets.len());
    for (bucket, names) in buckets.iter().zip(&names) {
        examined.push(asker.examine(bucket, names).await);
    }
    examined
}

struct Asker {
    s3: S3,
    held: CredentialSnapshot,
    failures: Vec<(Name, CredentialsError)>,
}

impl Asker {
    async fn examine<'a>(&self, bucket: &'a Bucket, names: &[&Name]) -> Examined<'a> {
        let place = Place::of(bucket);
        let mut examined = Examined { bucket, place, reach: Vec::new(), settings: BucketSettings::default() };
        let Ok(target) = examined.place.as_ref().map(|place| place.target.clone()) else { return examined };
        let mut askers = Vec::new();
        for name in names {
            let reach = self.reach(&target, name).await;
            let (goes_on, may_ask) = match reach {
                Reach::There { .. } | Reach::Denied => (true, true),
                Reach::Absent(_) | Reach::Refused(_) => (true, false),
                Reach::Elsewhere { .. } | Reach::Gone | Reach::Unreachable(_) => (false, false),
            };
            examined.reach.push(((*name).clone(), reach));
            if !goes_on {
                return examined;
            }
            askers.extend(self.held.credentials(name).filter(|_| may_ask));
        }
        self.settings(&target, &askers, &mut examined.settings).await;
        examined
    }

    async fn reach(&self, target: &Target, name: &Name) -> Reach {
        let Some(credentials) = self.held.credentials(name) else {
            if self.held.are_keys_alone(name) {
                return Reach::Absent(KEYS_ALONE.to_owned());
            }
            let why = self.failures.iter().find(|(failed, _)| failed == name).map(|(_, error)| error.to_string());
            return Reach::Absent(why.unwrap_or_else(|| "they were not read".to_owned()));
        };
        let asked = self.s3.call(&Call::of_bucket(target, &[("location", "")]), credentials).await;
        let reach = asked
            .map_or_else(|error| Reach::Unreachable(error.to_string()), |answer| Reach::of_location(&reply(&answer)));
        if reach != Reach::Denied {
            return reach;
        }
        let head = Call { method: "HEAD", ..Call::of_bucket(target, &[]) };
        let asked = self.s3.call(&head, credentials).await;
        asked.map_or_else(|error| Reach::Unreachable(error.to_string()), |answer| Reach::of_head(&reply(&answer)))
    }

    /// Asks each question, by the next of the credentials where one is denied.
    async fn settings(&self, target: &Target, askers: &[&Credentials], settings: &mut BucketSettings) {
        for question in Question::ALL {
            let query = [(question.row().subresource, "")];
            for credentials in askers {
                match self.s3.call(&Call::of_bucket(target, &query), credentials).await {
                    Ok(answer) => settings.take(question, &reply(&answer)),
                    // The next question would wait in vain as long.
                    Err(error @ CallError::Unreachable(_)) => return settings.fail(question, error.to_string()),
                    Err(error @ (CallError::Body(_) | CallError::Client(_) | CallError::Request(_))) => {
                        settings.fail(question, error.to_string());
                    }
                }
                if settings.silence(question) != Some(&Silence::Denied) {
                    break;
                }
            }
        }
    }
}

const KEYS_ALONE: &str =
    "they hold signing keys for URLs alone, and no secret to sign calls with; ask by --credentials NAME with others";

fn reply(answer: &Answer) -> Reply {
    Reply {
        status: answer.status,
        region: answer.header("x-amz-bucket-region").map(str::to_owned),
        body: answer.text().into_owned(),
    }
}
