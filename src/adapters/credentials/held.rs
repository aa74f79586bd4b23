//! What is held under one name: credentials and the signing keys derived from them, or such keys alone.

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use aws_credential_types::Credentials;

use crate::adapters::credentials::held_keys::HeldKeys;
use crate::adapters::credentials::source::Found;
use crate::domain::day::Day;
use crate::domain::endpoint::Signing;
use crate::domain::endpoint::Target;
use crate::domain::policy::Window;
use crate::domain::sigv4::Signer;
use crate::domain::sigv4::SigningKey;

/// What signs.
pub enum Held {
    Keys(HeldKeys),
    Secret(HeldSecret),
}

impl Held {
    /// What was found first.
    pub fn first(found: Found) -> Self {
        match found {
            Found::Keys(keys) => Self::Keys(HeldKeys::first(keys)),
            Found::Secret(credentials) => Self::secret(credentials),
        }
    }

    /// Credentials from which nothing has been derived yet.
    pub fn secret(credentials: Credentials) -> Self {
        Self::Secret(HeldSecret { credentials, derived: ArcSwap::default(), everywhere: OnceLock::new() })
    }

    /// Whether both are the same credentials.
    pub fn is_same(&self, other: &Self) -> bool {
        self.credentials().is_some_and(|ours| other.credentials() == Some(ours))
    }

    /// When it can sign.
    pub fn window(&self) -> Window {
        match self {
            Self::Keys(keys) => Window::Days(keys.days().clone()),
            Self::Secret(held) => held.credentials.expiry().map_or(Window::Endless, Window::Until),
        }
    }

    /// Whether it signs at that instant or later.
    pub fn lasts_beyond(&self, now: SystemTime) -> bool {
        match self {
            Self::Keys(keys) => keys.last_beyond(now),
            Self::Secret(held) => held.credentials.expiry().is_none_or(|end| end > now),
        }
    }

    /// Whether it ends, since there is a session token, and nothing says when.
    pub fn ends_untold(&self) -> bool {
        match self {
            Self::Keys(keys) => keys.end_untold(),
            Self::Secret(held) => held.credentials.session_token().is_some() && held.credentials.expiry().is_none(),
        }
    }

    /// Who signs for a target, on the UTC day of `at`.
    pub fn signer(&self, target: &Target, at: SystemTime) -> Option<Arc<Signer>> {
        match (self, target.signing) {
            (Self::Keys(keys), _) => keys.signer(target, at),
            (Self::Secret(held), Signing::SigV4) => Some(held.signer(&target.region, target.service, at)),
            (Self::Secret(held), Signing::SigV4A) => {
                Some(held.everywhere.get_or_init(|| Arc::new(held.derive_for_every_region())).clone())
            }
        }
    }

    /// The credentials themselves, if there is more than keys.
    pub fn credentials(&self) -> Option<&Credentials> {
        match self {
            Self::Keys(_) => None,
            Self::Secret(held) => Some(&held.credentials),
        }
    }
}

/// Credentials, and what was derived from them.
pub struct HeldSecret {
    credentials: Credentials,
    /// Few: the regions and services of the buckets, over the days of [`KEPT_DAYS`].
    derived: ArcSwap<Vec<Arc<Derived>>>,
    /// Of Multi-Region Access Points.
    everywhere: OnceLock<Arc<Signer>>,
}

struct Derived {
    day: Day,
    region: Box<str>,
    service: Box<str>,
    signer: Arc<Signer>,
}

/// A URL may be signed as of an instant in the past: `stable` rounds down by up to a quarter of seven days.
const KEPT_DAYS: u64 = 2;

impl HeldSecret {
    fn signer(&self, region: &str, service: &str, at: SystemTime) -> Arc<Signer> {
        let day = Day::of(at);
        let is_it = |one: &&Arc<Derived>| one.day == day && *one.region == *region && *one.service == *service;
        if let Some(found) = self.derived.load().iter().find(is_it) {
            return found.signer.clone();
        }
        let new = Arc::new(self.derive(day, region, service, at));
        self.derived.rcu(|all| {
            let near = |one: &&Arc<Derived>| one.day.distance(day) <= KEPT_DAYS && !is_it(one);
            all.iter().filter(near).chain([&new]).cloned().collect::<Vec<_>>()
        });
        new.signer.clone()
    }

    fn derive(&self, day: Day, region: &str, service: &str, at: SystemTime) -> Derived {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::bucket::Resource;
    use crate::domain::endpoint::EndpointOptions;
    use std::time::Duration;

    #[test]
    fn keys_of_days_gone_by_are_forgotten() {
        let target = Target::resolve(&Resource::parse("acme").unwrap(), &EndpointOptions::default()).unwrap();
        let Held::Secret(held) = Held::secret(Credentials::new("AKIA", "hunter2", None, None, "test")) else {
            unreachable!()
        };
        let days = |count: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(count * 86_400);
        for day in 20_000..20_100 {
            for region in ["eu-west-1", "us-east-1"] {
                held.signer(region, target.service, days(day));
                held.signer(region, target.service, days(day - 1));
            }
        }
        assert!(held.derived.load().len() <= 2 * (2 * KEPT_DAYS as usize + 1));
    }
}
