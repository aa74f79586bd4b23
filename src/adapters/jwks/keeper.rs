//! Takes up an issuer's key set when its document changes, and says in log and metrics what came of each attempt.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::watch;
use tokio::time::Instant;

use super::Held;
use super::Phase;
use super::Reading;
use super::Shared;
use super::keys::KeySet;
use super::keys::ReadKeySet;
use crate::adapters::clock::Clock;
use crate::adapters::telemetry::Metrics;
use crate::domain::name::Name;

/// The one who writes what [`Shared`] holds.
pub(super) struct Keeper {
    shared: Arc<Shared>,
    clock: Clock,
    metrics: Metrics,
    generation: u64,
    /// The document of the key set that was last taken up.
    document: Vec<u8>,
}

impl Keeper {
    /// A keeper of no key set yet, and what it shares with requests.
    pub(super) fn of(issuer: &Name, phase: Phase, clock: Clock, metrics: &Metrics) -> (Self, Arc<Shared>) {
        let shared = Arc::new(Shared {
            issuer: issuer.clone(),
            held: ArcSwapOption::empty(),
            reading: ArcSwapOption::empty(),
            phase: watch::Sender::new(phase),
        });
        let keeper =
            Self { shared: Arc::clone(&shared), clock, metrics: metrics.clone(), generation: 0, document: Vec::new() };
        (keeper, shared)
    }

    pub(super) fn phase(&self) -> &watch::Sender<Phase> {
        &self.shared.phase
    }

    /// Takes a document up if it is a key set, and says whether it is one. What was held before is kept otherwise.
    pub(super) fn take_up(&mut self, document: &[u8]) -> bool {
        if self.holds(document) {
            self.seen();
            self.count("success");
            return true;
        }
        match KeySet::read(document) {
            Ok(read) => {
                self.hold(read);
                self.document = document.to_vec();
                true
            }
            Err(error) => {
                self.failed(&error);
                false
            }
        }
    }

    /// Whether the key set in force is the one of this document.
    pub(super) fn holds(&self, document: &[u8]) -> bool {
        self.shared.held.load().is_some() && document == self.document
    }

    fn hold(&mut self, read: ReadKeySet) {
        self.say_skipped(&read);
        let issuer = &self.shared.issuer;
        match read.keys.is_empty() {
            true => tracing::warn!(%issuer, "a key set without a usable key: every token of this issuer is refused"),
            false => tracing::info!(%issuer, keys = read.keys.len(), "key set taken up"),
        }
        self.generation += 1;
        self.shared.held.store(Some(Arc::new(Held { generation: self.generation, keys: read.keys })));
        self.seen();
        self.count("success");
    }

    fn say_skipped(&self, read: &ReadKeySet) {
        let issuer = &self.shared.issuer;
        for skipped in read.skipped.iter().take(MOST_LINES) {
            tracing::warn!(%issuer, place = skipped.place, reason = %skipped.reason, "a key of the set is not used");
        }
        if read.skipped.len() > MOST_LINES {
            tracing::warn!(%issuer, keys = read.skipped.len(), "so many keys of the set are not used");
        }
    }

    /// Notes that an attempt brought no key set.
    pub(super) fn failed(&self, error: &dyn Display) {
        self.count("failure");
        match self.shared.held.load().is_some() {
            true => tracing::warn!(issuer = %self.shared.issuer, %error, "key set not read; the one before is kept"),
            false => tracing::error!(issuer = %self.shared.issuer, %error, "key set not read, and there is none"),
        }
    }

    /// Notes that the key set in force has just been seen where it comes from.
    pub(super) fn seen(&self) {
        let reading = Reading { instant: Instant::now(), time: self.clock.now() };
        self.shared.reading.store(Some(Arc::new(reading)));
    }

    /// Tells the metric how long ago the key set was seen, and this caller too.
    pub(super) fn age(&self) -> Option<Duration> {
        let reading = self.shared.reading.load();
        let age = reading.as_ref()?.instant.elapsed();
        self.metrics.jwks_age.with_label_values(&[self.shared.issuer.as_str()]).set(age.as_secs_f64());
        Some(age)
    }

    /// Lets go of a key set that was not seen for too long.
    pub(super) fn let_go(&self) {
        if self.shared.held.swap(None).is_some() {
            tracing::error!(issuer = %self.shared.issuer, "key set dropped: it could not be refreshed for too long");
        }
    }

    fn count(&self, outcome: &str) {
        self.metrics.jwks_refreshes.with_label_values(&[self.shared.issuer.as_str(), outcome]).inc();
    }
}

/// How many keys of one set are complained of by line.
const MOST_LINES: usize = 10;
