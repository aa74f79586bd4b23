//! One issuer of the configuration: its rules, and the keys that vouch for its tokens and for no other's.

use std::sync::Arc;
use std::time::SystemTime;

use super::IssuerState;
use super::cache::Verified;
use super::fault::Fault;
use super::rules;
use super::unverified::Unverified;
use crate::adapters::clock::Clock;
use crate::adapters::config;
use crate::adapters::config::KeySource;
use crate::adapters::jwks::Fetcher;
use crate::adapters::jwks::Held;
use crate::adapters::jwks::Jwks;
use crate::adapters::jwks::KeySet;
use crate::adapters::jwks::NoKey;
use crate::adapters::telemetry::Metrics;
use crate::domain::caller::Caller;
use crate::domain::name::Name;

/// An issuer that the configuration trusts.
pub struct Issuer {
    place: usize,
    settings: config::Issuer,
    keys: Keys,
}

/// The keys of one issuer.
#[derive(Clone)]
pub enum Keys {
    Jwks(Arc<Jwks>),
    /// `None` while the secret is absent.
    Secret(Option<Arc<Held>>),
}

impl Keys {
    /// Begins to read the issuer's keys.
    pub fn begin(issuer: &config::Issuer, clock: &Clock, metrics: &Metrics) -> Self {
        let clock = clock.clone();
        let fetched = |fetcher, clock| Self::Jwks(Arc::new(Jwks::fetched(&issuer.name, fetcher, clock, metrics)));
        match &issuer.keys {
            KeySource::Discovery(access) => fetched(Fetcher::discovering(&issuer.issuer, access), clock),
            KeySource::JwksUri(uri, access) => fetched(Fetcher::at(uri, access), clock),
            KeySource::JwksFile(path) => {
                Self::Jwks(Arc::new(Jwks::in_file(&issuer.name, path.clone(), clock, metrics)))
            }
            KeySource::Hmac(secret) => Self::Secret(
                secret.as_ref().map(|secret| Arc::new(Held { generation: 0, keys: KeySet::of_secret(secret) })),
            ),
        }
    }

    fn held(&self) -> Option<Arc<Held>> {
        match self {
            Self::Jwks(jwks) => jwks.held(),
            Self::Secret(held) => held.clone(),
        }
    }
}

impl Issuer {
    /// An issuer with its keys; `place` is its place in the configuration.
    pub fn of(place: usize, settings: config::Issuer, keys: Keys) -> Self {
        Self { place, settings, keys }
    }

    /// The configuration's name of it.
    pub fn name(&self) -> &Name {
        &self.settings.name
    }

    /// The keys of this issuer, if they are that one's too.
    pub fn keys_for(&self, settings: &config::Issuer) -> Option<Keys> {
        let same_source = match (&self.settings.keys, &settings.keys) {
            (KeySource::Discovery(ours), KeySource::Discovery(theirs)) => {
                ours == theirs && self.settings.issuer == settings.issuer
            }
            (KeySource::JwksUri(ours, our_access), KeySource::JwksUri(theirs, their_access)) => {
                ours == theirs && our_access == their_access
            }
            (KeySource::JwksFile(ours), KeySource::JwksFile(theirs)) => ours == theirs,
            (KeySource::Discovery(_) | KeySource::JwksUri(..) | KeySource::JwksFile(_) | KeySource::Hmac(_), _) => {
                false
            }
        };
        (same_source && self.settings.name == settings.name).then(|| self.keys.clone())
    }

    /// Whether the token says that it is from this issuer.
    pub fn is_named_by(&self, token: &Unverified<'_>) -> bool {
        token.issuer() == Some(self.settings.issuer.as_str())
    }

    /// The generation of the key set in force.
    pub fn generation(&self) -> Option<u64> {
        match &self.keys {
            Keys::Jwks(jwks) => jwks.generation(),
            Keys::Secret(held) => held.as_ref().map(|held| held.generation),
        }
    }

    /// Waits until the keys have been looked for once.
    pub async fn settled(&self) {
        match &self.keys {
            Keys::Jwks(jwks) => jwks.tried().await,
            Keys::Secret(_) => (),
        }
    }

    /// What readiness has to know.
    pub fn state(&self) -> IssuerState {
        IssuerState {
            name: self.settings.name.clone(),
            required: self.settings.required,
            has_keys: self.keys.held().is_some_and(|held| !held.keys.is_empty()),
            keys_read_at: match &self.keys {
                Keys::Jwks(jwks) => jwks.read_at(),
                Keys::Secret(_) => None,
            },
        }
    }

    /// Verifies a token that names this issuer. Whether it has expired is looked at last.
    pub async fn verify(&self, token: Unverified<'_>, now: SystemTime) -> Result<Verified, Fault> {
        let generation = self.vouch(&token).await?;
        let window = rules::window(&token.claims, &self.settings)?;
        window.admits(now)?;
        let Unverified { claims, .. } = token;
        let name = self.settings.name.clone();
        let caller = Caller::verified(name, claims, &self.settings.scope_claims, window.expires_at);
        Ok(Verified { issuer: self.place, generation, window, caller: Arc::new(caller) })
    }

    /// The generation of the key set that has the key that signed the token.
    async fn vouch(&self, token: &Unverified<'_>) -> Result<u64, Fault> {
        if token.is_extended() {
            return Err(Fault::Extension);
        }
        if self.settings.token_type.as_ref().is_some_and(|wanted| !token.is_of_type(wanted)) {
            return Err(Fault::TokenType);
        }
        let pinned = |algorithm: &_| self.settings.algorithms.contains(algorithm);
        let algorithm = token.algorithm().filter(pinned).ok_or(Fault::Algorithm)?;
        let id = match &self.keys {
            Keys::Jwks(_) => token.key_id()?,
            Keys::Secret(_) => token.key_id()?.and(None), // there is one secret, whatever its issuer calls it
        };
        let held = self.held_with(id).await.ok_or(Fault::NoKeys)?;
        let key = match id {
            Some(id) => held.keys.named(id, algorithm),
            None => held.keys.unnamed(algorithm),
        };
        match key.map_err(no_key)?.verifies(algorithm, token.signed.as_bytes(), token.signature) {
            true => Ok(held.generation),
            false => Err(Fault::Signature),
        }
    }

    /// The key set in force; where it does not know the `kid`, or where there is none, the one after a refresh.
    async fn held_with(&self, id: Option<&str>) -> Option<Arc<Held>> {
        let held = self.keys.held();
        let is_known = held.as_ref().is_some_and(|held| id.is_none_or(|id| held.keys.knows(id)));
        match &self.keys {
            Keys::Jwks(jwks) if !is_known => {
                jwks.refreshed().await;
                jwks.held()
            }
            Keys::Jwks(_) | Keys::Secret(_) => held,
        }
    }
}

fn no_key(reason: NoKey) -> Fault {
    match reason {
        NoKey::Ambiguous => Fault::AmbiguousKey,
        NoKey::Unfit => Fault::UnfitKey,
        NoKey::UnknownId => Fault::UnknownKey,
    }
}
