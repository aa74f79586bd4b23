//! SigV4 keys derived ahead of their days: whoever holds them and no secret can sign on these days alone.
//!
//! The key of a day is an HMAC of the secret and the date, the region and the service, one after the other: it tells
//! nothing of the secret, nor of another day's key.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#calculate-signing-key>

mod document;

pub use document::InvalidSigningKeys;
pub use document::Origin;
pub use document::document;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use crate::domain::day::Day;
use crate::domain::endpoint::Signing;
use crate::domain::endpoint::Target;
use crate::domain::policy::Days;
use crate::domain::policy::Window;
use crate::domain::sigv4::Signer;

/// The region and service that a key is for, beside its day. It prints as `eu-west-1/s3`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CredentialScope {
    pub region: Box<str>,
    pub service: Box<str>,
}

impl CredentialScope {
    /// Of what is signed for a target; `None` if that is signed for every region at once.
    pub fn of(target: &Target) -> Option<Self> {
        match target.signing {
            Signing::SigV4 => Some(Self { region: target.region.as_str().into(), service: target.service.into() }),
            Signing::SigV4A => None,
        }
    }
}

impl fmt::Display for CredentialScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.region, self.service)
    }
}

/// The keys of a document: for each of its days one for each of its scopes.
#[derive(Debug)]
pub struct SigningKeys {
    /// Never empty.
    signers: BTreeMap<Day, Vec<(CredentialScope, Arc<Signer>)>>,
    valid_until: Option<SystemTime>,
}

impl SigningKeys {
    /// Who signs for a target on the day of `at`; `None` if there is no key for it.
    pub fn signer(&self, target: &Target, at: SystemTime) -> Option<Arc<Signer>> {
        let is_it = |(scope, _): &&(CredentialScope, Arc<Signer>)| {
            *scope.region == *target.region && *scope.service == *target.service
        };
        match target.signing {
            Signing::SigV4 => self.signers.get(&Day::of(at))?.iter().find(is_it).map(|(_, signer)| signer.clone()),
            Signing::SigV4A => None,
        }
    }

    /// The days that they sign on.
    pub fn days(&self) -> impl Iterator<Item = Day> {
        self.signers.keys().copied()
    }

    /// The end of the credentials that they were derived from.
    pub fn valid_until(&self) -> Option<SystemTime> {
        self.valid_until
    }

    /// Whether they were derived from temporary credentials.
    pub fn are_of_a_session(&self) -> bool {
        self.signers.values().flatten().any(|(_, signer)| signer.session_token.is_some())
    }

    /// When they sign.
    pub fn window(&self) -> Window {
        Window::Days(Days { days: Arc::new(self.days().collect()), valid_until: self.valid_until })
    }

    /// The regions and services.
    pub fn scopes(&self) -> BTreeSet<&CredentialScope> {
        self.signers.values().flatten().map(|(scope, _)| scope).collect()
    }

    /// Whether they sign now.
    pub fn sign_at(&self, now: SystemTime) -> bool {
        self.signers.contains_key(&Day::of(now)) && self.last_until(now)
    }

    /// Whether they sign now or on a day to come.
    pub fn last_beyond(&self, now: SystemTime) -> bool {
        self.signers.keys().next_back().is_some_and(|last| *last >= Day::of(now)) && self.last_until(now)
    }

    fn last_until(&self, now: SystemTime) -> bool {
        self.valid_until.is_none_or(|end| end > now)
    }
}

#[cfg(test)]
mod tests;
