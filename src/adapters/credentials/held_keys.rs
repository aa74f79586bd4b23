//! Keys that were derived elsewhere, in force: those read last, and until their first day those before them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use crate::domain::day::Day;
use crate::domain::endpoint::Target;
use crate::domain::policy::Days;
use crate::domain::signing_keys::CredentialScope;
use crate::domain::signing_keys::SigningKeys;
use crate::domain::sigv4::Signer;

/// Keys in force.
pub struct HeldKeys {
    newest: Arc<SigningKeys>,
    /// Where the newest do not sign yet, others that do.
    meanwhile: Option<Arc<SigningKeys>>,
    days: Days,
}

impl HeldKeys {
    /// The first keys.
    pub fn first(keys: SigningKeys) -> Self {
        Self::of(Arc::new(keys), None)
    }

    /// Newer keys, and these only for as long as those do not sign.
    pub fn followed_by(&self, newest: SigningKeys, now: SystemTime) -> Self {
        let served = [Some(&self.newest), self.meanwhile.as_ref()].into_iter().flatten().find(|keys| keys.sign_at(now));
        let meanwhile = served.filter(|_| !newest.sign_at(now)).cloned();
        Self::of(Arc::new(newest), meanwhile)
    }

    /// Without those that served until the newest sign; `None` if nothing changes.
    pub fn settled(&self, now: SystemTime) -> Option<Self> {
        (self.meanwhile.is_some() && self.newest.sign_at(now)).then(|| Self::of(self.newest.clone(), None))
    }

    fn of(newest: Arc<SigningKeys>, meanwhile: Option<Arc<SigningKeys>>) -> Self {
        let both = || std::iter::once(&newest).chain(&meanwhile);
        let days: BTreeSet<Day> = both().flat_map(|keys| keys.days()).collect();
        let valid_until = both().filter_map(|keys| keys.valid_until()).min();
        Self { days: Days { days: Arc::new(days), valid_until }, newest, meanwhile }
    }

    /// The days of all of them.
    pub fn days(&self) -> &Days {
        &self.days
    }

    /// Whether the newest sign at that instant or later.
    pub fn last_beyond(&self, now: SystemTime) -> bool {
        self.newest.last_beyond(now)
    }

    /// Whether the newest are of temporary credentials, and nothing says when those end.
    pub fn end_untold(&self) -> bool {
        self.newest.are_of_a_session() && self.newest.valid_until().is_none()
    }

    /// Of these regions and services those that the newest have no key for.
    pub fn lacking<'s>(&self, needed: &'s BTreeSet<CredentialScope>) -> Vec<&'s CredentialScope> {
        let there = self.newest.scopes();
        needed.iter().filter(|scope| !there.contains(scope)).collect()
    }

    /// Who signs for a target, on the UTC day of `at`.
    pub fn signer(&self, target: &Target, at: SystemTime) -> Option<Arc<Signer>> {
        let before = || self.meanwhile.as_ref().and_then(|keys| keys.signer(target, at));
        self.newest.signer(target, at).or_else(before)
    }
}
