//! A JWT to the [`Caller`] it speaks for. What a token says is believed only after its issuer's key has vouched for it.

use std::sync::Arc;
use std::time::SystemTime;

use crate::adapters::clock::Clock;
use crate::adapters::config;
use crate::adapters::telemetry::Metrics;
use crate::domain::caller::Caller;
use crate::domain::claims::Claims;
use crate::domain::name::Name;

mod cache;
mod fault;
mod issuer;
mod report;
mod rules;
#[cfg(test)]
mod tests;
mod unverified;

use cache::Cache;
use cache::Fingerprint;
use issuer::Issuer;
use issuer::Keys;
use report::Reporter;
use unverified::Unverified;

pub use fault::Fault;

/// Verifies tokens: the issuers of a configuration, their keys, and the tokens that were verified a short while ago.
/// The tasks that refresh the keys end when this is dropped.
pub struct Tokens {
    issuers: Vec<Issuer>,
    cache: Cache,
    clock: Clock,
    metrics: Metrics,
    reporter: Reporter,
}

/// Why a token makes no caller. The reason behind `Invalid` is in the log and the metric only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The signature, the issuer and the audience hold, and all else but `exp`.
    #[error("the token has expired")]
    Expired,
    #[error("the token is invalid")]
    Invalid,
    #[error("there is no key set of the token's issuer")]
    KeysUnavailable,
}

/// What readiness has to know of an issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerState {
    pub name: Name,
    /// Not ready without its keys.
    pub required: bool,
    /// There is at least one usable key; an HMAC secret is one.
    pub has_keys: bool,
    /// When the key set was last seen where it comes from; never for an HMAC secret.
    pub keys_read_at: Option<SystemTime>,
}

impl Tokens {
    /// Begins to read and to refresh the keys of these issuers. To be called inside a tokio runtime.
    pub fn start(issuers: &[config::Issuer], clock: Clock, metrics: Metrics) -> Self {
        Self::of(issuers, &[], clock, metrics)
    }

    /// The same for a changed configuration: nothing that was verified is remembered, but an issuer whose keys come
    /// from where they came from goes on with those it has.
    pub fn restarted(&self, issuers: &[config::Issuer]) -> Self {
        Self::of(issuers, &self.issuers, self.clock.clone(), self.metrics.clone())
    }

    fn of(issuers: &[config::Issuer], known: &[Issuer], clock: Clock, metrics: Metrics) -> Self {
        let begun = |(place, settings): (usize, &config::Issuer)| {
            let keys = known.iter().find_map(|issuer| issuer.keys_for(settings));
            let keys = keys.unwrap_or_else(|| Keys::begin(settings, &clock, &metrics));
            Issuer::of(place, settings.clone(), keys)
        };
        let issuers = issuers.iter().enumerate().map(begun).collect();
        let reporter = Reporter::of(metrics.tokens_verified.clone());
        Self { issuers, cache: Cache::new(), clock, metrics, reporter }
    }

    /// The caller that a token speaks for at `now`. Waits, a second at most, only for a key that is not known yet.
    pub async fn verify(&self, token: &str, now: SystemTime) -> Result<Arc<Caller>, TokenError> {
        let (issuer, outcome) = self.judge(token, now).await;
        self.reporter.report(issuer.map(Issuer::name), outcome.as_ref().err().copied());
        outcome.map_err(Fault::error)
    }

    /// The same for whoever runs the service: with the reason, which no caller is told.
    pub async fn examine(&self, token: &str, now: SystemTime) -> Result<Arc<Caller>, Fault> {
        self.judge(token, now).await.1
    }

    /// Also says which issuer the token names, if it is one of the configuration's.
    async fn judge(&self, token: &str, now: SystemTime) -> (Option<&Issuer>, Result<Arc<Caller>, Fault>) {
        if token.len() > MAX_BYTES {
            return (None, Err(Fault::TooLarge));
        }
        let fingerprint = Fingerprint::of(token);
        if let Some((issuer, caller)) = self.remembered(&fingerprint, now) {
            return (Some(issuer), Ok(caller));
        }
        let unverified = match Unverified::read(token) {
            Ok(unverified) => unverified,
            Err(fault) => return (None, Err(fault)),
        };
        let Some(issuer) = self.issuers.iter().find(|issuer| issuer.is_named_by(&unverified)) else {
            return (None, Err(Fault::UnknownIssuer));
        };
        let outcome = issuer.verify(unverified, now).await.map(|verified| self.cache.keep(fingerprint, verified));
        (Some(issuer), outcome)
    }

    /// The caller of a token that was verified before, if its time has not passed and its issuer's keys are the same.
    fn remembered(&self, fingerprint: &Fingerprint, now: SystemTime) -> Option<(&Issuer, Arc<Caller>)> {
        let verified = self.cache.get(fingerprint)?;
        let issuer = self.issuers.get(verified.issuer)?;
        if issuer.generation() == Some(verified.generation) && verified.window.admits(now).is_ok() {
            return Some((issuer, verified.caller));
        }
        self.cache.forget(fingerprint);
        None
    }

    /// Waits until each issuer's keys have been looked for once; an issuer that answers nothing holds it up for
    /// some seconds.
    pub async fn settled(&self) {
        for issuer in &self.issuers {
            issuer.settled().await;
        }
    }

    /// How it stands with each issuer, in the configuration's order.
    pub fn issuers(&self) -> Vec<IssuerState> {
        self.issuers.iter().map(Issuer::state).collect()
    }
}

/// Whether claims that somebody wrote down could stand in a token of the issuer: `iss`, where they have it, is the
/// issuer's, and what names a caller is a string.
pub fn could_be_of(issuer: &config::Issuer, claims: &Claims) -> Result<(), Fault> {
    match claims.named("iss").is_none_or(|iss| iss.as_str() == Some(&issuer.issuer)) {
        true => rules::names_are_strings(claims),
        false => Err(Fault::UnknownIssuer),
    }
}

/// The longest token, in bytes.
const MAX_BYTES: usize = 8 * 1024;
