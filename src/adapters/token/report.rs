//! Counts every token that was looked at, and logs the refused ones without a word of theirs.

use std::sync::Mutex;
use std::time::Duration;

use prometheus::IntCounterVec;
use tokio::time::Instant;

use super::TokenError;
use super::fault::Fault;
use crate::domain::name::Name;

/// Tells metric and log what came of each token.
pub struct Reporter {
    verified: IntCounterVec,
    expired: Throttle,
    invalid: Throttle,
    keys_unavailable: Throttle,
}

impl Reporter {
    /// A reporter that counts there.
    pub fn of(verified: IntCounterVec) -> Self {
        Self {
            verified,
            expired: Throttle::default(),
            invalid: Throttle::default(),
            keys_unavailable: Throttle::default(),
        }
    }

    /// Tells of one token: the issuer that it names, if that is one of the configuration's, and what was wrong.
    pub fn report(&self, issuer: Option<&Name>, fault: Option<Fault>) {
        let issuer = issuer.map_or(NO_ISSUER, Name::as_str);
        let outcome = fault.map_or("valid", Fault::label);
        self.verified.with_label_values(&[issuer, outcome]).inc();
        let Some(fault) = fault else { return };
        let throttle = match fault.error() {
            TokenError::Expired => &self.expired,
            TokenError::Invalid => &self.invalid,
            TokenError::KeysUnavailable => &self.keys_unavailable,
        };
        if throttle.opens() {
            tracing::info!(issuer, reason = outcome, "token refused");
        }
    }
}

/// The `issuer` of tokens that name none of the configuration's.
const NO_ISSUER: &str = "unknown";

/// Opens once a second, so that callers cannot fill the log.
#[derive(Default)]
struct Throttle(Mutex<Option<Instant>>);

impl Throttle {
    fn opens(&self) -> bool {
        let Ok(mut last) = self.0.try_lock() else { return false };
        let now = Instant::now();
        let open = last.is_none_or(|last| now.duration_since(last) >= Duration::from_secs(1));
        if open {
            *last = Some(now);
        }
        open
    }
}
