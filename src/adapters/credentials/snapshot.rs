//! Credentials as they are at one instant, and the signing keys derived from them.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use aws_credential_types::Credentials;

use crate::domain::endpoint::Signing;
use crate::domain::endpoint::Target;
use crate::domain::name::Name;
use crate::domain::policy::CredentialWindows;
use crate::domain::policy::Window;
use crate::domain::sigv4::Signer;
use crate::domain::sigv4::SigningKey;

/// What signs, by name.
#[derive(Default)]
pub struct CredentialSnapshot {
    held: HashMap<Name, Arc<Held>>,
    windows: CredentialWindows,
}

impl CredentialSnapshot {
    /// Until when each of the credentials can sign. Those that could never be read are absent.
    pub fn windows(&self) -> &CredentialWindows {
        &self.windows
    }

    /// Who signs with these credentials for a target, on the UTC day of `at`; `None` if there are no such credentials.
    pub fn signer(&self, name: &Name, target: &Target, at: SystemTime) -> Option<Arc<Signer>> {
        let held = self.held.get(name)?;
        Some(match target.signing {
            Signing::SigV4 => held.signer(&target.region, target.service, at),
            Signing::SigV4A => held.everywhere.get_or_init(|| Arc::new(held.derive_for_every_region())).clone(),
        })
    }

    /// The credentials of that name themselves, for calls that are signed whole.
    pub fn credentials(&self, name: &Name) -> Option<&Credentials> {
        self.held.get(name).map(|held| &held.credentials)
    }

    /// This, but with what is held now under that name. Keys derived from all else stay.
    pub(super) fn with(&self, name: &Name, now: Arc<Held>) -> Self {
        let (mut held, mut windows) = (self.held.clone(), self.windows.clone());
        windows.0.insert(name.clone(), now.window());
        held.insert(name.clone(), now);
        Self { held, windows }
    }
}

/// Names only.
impl fmt::Debug for CredentialSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.held.keys()).finish()
    }
}

/// Credentials, and what was derived from them.
pub(super) struct Held {
    credentials: Credentials,
    /// Few: the regions and services of the buckets, over the days of [`KEPT_DAYS`].
    derived: ArcSwap<Vec<Arc<Derived>>>,
    /// Of Multi-Region Access Points.
    everywhere: OnceLock<Arc<Signer>>,
}

struct Derived {
    day: u64,
    region: Box<str>,
    service: Box<str>,
    signer: Arc<Signer>,
}

/// A URL may be signed as of an instant in the past: `stable` rounds down by up to a quarter of seven days.
const KEPT_DAYS: u64 = 2;

impl Held {
    /// Credentials from which nothing has been derived yet.
    pub(super) fn of(credentials: Credentials) -> Arc<Self> {
        Arc::new(Self { credentials, derived: ArcSwap::default(), everywhere: OnceLock::new() })
    }

    pub(super) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    fn window(&self) -> Window {
        self.credentials.expiry().map_or(Window::Endless, Window::Until)
    }

    /// Whether they can still sign then.
    pub(super) fn lasts_beyond(&self, now: SystemTime) -> bool {
        self.window().signs_until(now).is_none_or(|end| end > now)
    }

    fn signer(&self, region: &str, service: &str, at: SystemTime) -> Arc<Signer> {
        let day = day_of(at);
        let is_it = |one: &&Arc<Derived>| one.day == day && *one.region == *region && *one.service == *service;
        if let Some(found) = self.derived.load().iter().find(is_it) {
            return found.signer.clone();
        }
        let new = Arc::new(self.derive(day, region, service, at));
        self.derived.rcu(|all| {
            let near = |one: &&Arc<Derived>| one.day.abs_diff(day) <= KEPT_DAYS && !is_it(one);
            all.iter().filter(near).chain([&new]).cloned().collect::<Vec<_>>()
        });
        new.signer.clone()
    }

    fn derive(&self, day: u64, region: &str, service: &str, at: SystemTime) -> Derived {
        let key = SigningKey::derive(self.credentials.secret_access_key(), at, region, service);
        Derived { day, region: region.into(), service: service.into(), signer: Arc::new(self.signer_by(key)) }
    }

    fn derive_for_every_region(&self) -> Signer {
        let (id, secret) = (self.credentials.access_key_id(), self.credentials.secret_access_key());
        self.signer_by(SigningKey::derive_for_every_region(id, secret))
    }

    fn signer_by(&self, key: SigningKey) -> Signer {
        Signer {
            access_key_id: self.credentials.access_key_id().into(),
            session_token: self.credentials.session_token().map(Into::into),
            key,
        }
    }
}

/// Days since 1970, UTC; SigV4's days have no leap seconds either.
fn day_of(at: SystemTime) -> u64 {
    at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs() / 86_400
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::bucket::Resource;
    use crate::domain::endpoint::EndpointOptions;
    use secrecy::ExposeSecret;

    fn snapshot() -> (CredentialSnapshot, Name) {
        let name = Name::parse("main").unwrap();
        let credentials = Credentials::new("AKIA", "hunter2", Some("hunter3".to_owned()), None, "test");
        (CredentialSnapshot::default().with(&name, Held::of(credentials)), name)
    }

    fn days(count: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(count * 86_400)
    }

    fn target(region: &str, service: &'static str) -> Target {
        let target = Target::resolve(&Resource::parse("acme").unwrap(), &EndpointOptions::default()).unwrap();
        let signing = if region == "*" { Signing::SigV4A } else { Signing::SigV4 };
        Target { region: region.to_owned(), service, signing, ..target }
    }

    #[test]
    fn a_signer_is_made_once_for_each_day_region_and_service() {
        let (snapshot, name) = snapshot();
        let first = snapshot.signer(&name, &target("eu-west-1", "s3"), days(20_000)).unwrap();
        let rows = [
            ("the same", "eu-west-1", "s3", days(20_000), true),
            ("the same day", "eu-west-1", "s3", days(20_001) - Duration::from_secs(1), true),
            ("the next day", "eu-west-1", "s3", days(20_001), false),
            ("another region", "eu-west-2", "s3", days(20_000), false),
            ("another service", "eu-west-1", "s3-object-lambda", days(20_000), false),
        ];
        for (row, region, service, at, same) in rows {
            let signer = snapshot.signer(&name, &target(region, service), at).unwrap();
            assert_eq!(Arc::ptr_eq(&first, &signer), same, "{row}");
        }
        assert_eq!(&*first.access_key_id, "AKIA");
        assert_eq!(first.session_token.as_ref().unwrap().expose_secret(), "hunter3");
        assert!(snapshot.signer(&Name::parse("other").unwrap(), &target("eu-west-1", "s3"), days(20_000)).is_none());
    }

    #[test]
    fn the_signer_for_every_region_is_made_once() {
        let (snapshot, name) = snapshot();
        let first = snapshot.signer(&name, &target("*", "s3"), days(20_000)).unwrap();
        assert!(Arc::ptr_eq(&first, &snapshot.signer(&name, &target("*", "s3"), days(20_100)).unwrap()));
        assert_eq!(first.session_token.as_ref().unwrap().expose_secret(), "hunter3");
        let renewed = snapshot.with(&name, Held::of(Credentials::new("AKIA", "hunter4", None, None, "test")));
        assert!(!Arc::ptr_eq(&first, &renewed.signer(&name, &target("*", "s3"), days(20_000)).unwrap()));
    }

    #[test]
    fn keys_of_days_gone_by_are_forgotten() {
        let (snapshot, name) = snapshot();
        for day in 20_000..20_100 {
            for region in ["eu-west-1", "us-east-1"] {
                snapshot.signer(&name, &target(region, "s3"), days(day)).unwrap();
                snapshot.signer(&name, &target(region, "s3"), days(day - 1)).unwrap();
            }
        }
        assert!(snapshot.held[&name].derived.load().len() <= 2 * (2 * KEPT_DAYS as usize + 1));
    }

    #[test]
    fn keys_derived_from_other_credentials_stay() {
        let (snapshot, name) = snapshot();
        let first = snapshot.signer(&name, &target("eu-west-1", "s3"), days(20_000)).unwrap();
        let held = |id: &str| Held::of(Credentials::new(id, "s", None, None, "test"));
        let other = snapshot.with(&Name::parse("other").unwrap(), held("A"));
        assert!(Arc::ptr_eq(&first, &other.signer(&name, &target("eu-west-1", "s3"), days(20_000)).unwrap()));
        let newer = other.with(&name, held("AKIB"));
        assert_eq!(&*newer.signer(&name, &target("eu-west-1", "s3"), days(20_000)).unwrap().access_key_id, "AKIB");
    }

    #[test]
    fn nothing_prints_a_secret() {
        let (snapshot, name) = snapshot();
        let signer = snapshot.signer(&name, &target("eu-west-1", "s3"), days(20_000)).unwrap();
        assert!(!format!("{snapshot:?} {signer:?}").contains("hunter"));
    }
}
