//! An issuer's key set: read from a file or an URI, kept, and refreshed beside the requests.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use arc_swap::ArcSwapOption;
use prometheus::GaugeVec;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::adapters::clock::Clock;
use crate::adapters::telemetry::Metrics;
use crate::domain::name::Name;

mod discovery;
mod fetch;
mod file;
mod get;
mod guard;
mod jwk;
mod keeper;
mod keys;
mod refresh;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;

use fetch::FetchError;
pub use fetch::Fetcher;
use get::Fetched;
use keeper::Keeper;
pub use keys::KeySet;
pub use keys::NoKey;

/// The key set of one issuer, with the task that keeps it fresh. The task ends when this is dropped.
pub struct Jwks {
    shared: Arc<Shared>,
    ages: GaugeVec,
    task: AbortHandle,
}

/// A key set in force. One from another document has another generation.
#[derive(Debug)]
pub struct Held {
    pub generation: u64,
    pub keys: KeySet,
}

/// What the task writes and requests read.
struct Shared {
    issuer: Name,
    held: ArcSwapOption<Held>,
    reading: ArcSwapOption<Reading>,
    phase: watch::Sender<Phase>,
}

/// When the key set was last seen where it comes from, changed or not.
struct Reading {
    instant: Instant,
    time: SystemTime,
}

/// Where the task is. A request moves only `Ready`, to `Demanded`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// An attempt ended a short while ago: nobody waits, and nobody may ask for another. A file is always here.
    Cooling,
    /// A request may ask for a refresh.
    Ready,
    /// A request has asked for one.
    Demanded,
    /// One is under way.
    Fetching,
}

impl Jwks {
    /// Keys that are fetched. To be called inside a tokio runtime.
    pub fn fetched(issuer: &Name, fetcher: Fetcher, clock: Clock, metrics: &Metrics) -> Self {
        let fetcher = Arc::new(fetcher);
        let fetch = move || {
            let fetcher = Arc::clone(&fetcher);
            async move { fetcher.fetch().await }
        };
        Self::fetched_by(issuer, fetch, clock, metrics)
    }

    fn fetched_by<F>(issuer: &Name, fetch: impl Fn() -> F + Send + 'static, clock: Clock, metrics: &Metrics) -> Self
    where
        F: Future<Output = Result<Fetched, FetchError>> + Send + 'static,
    {
        let (keeper, shared) = Keeper::of(issuer, Phase::Fetching, clock, metrics);
        let task = tokio::spawn(refresh::forever(keeper, fetch)).abort_handle();
        Self { shared, ages: metrics.jwks_age.clone(), task }
    }

    /// Keys in a file, which is read at once, and then looked at twice a second. To be called inside a tokio runtime.
    pub fn in_file(issuer: &Name, path: PathBuf, clock: Clock, metrics: &Metrics) -> Self {
        let (keeper, shared) = Keeper::of(issuer, Phase::Cooling, clock, metrics);
        let task = tokio::spawn(file::Watch::begin(keeper, path).forever()).abort_handle();
        Self { shared, ages: metrics.jwks_age.clone(), task }
    }

    /// The key set in force, if there is one.
    pub fn held(&self) -> Option<Arc<Held>> {
        self.shared.held.load_full()
    }

    /// The generation of the key set in force.
    pub fn generation(&self) -> Option<u64> {
        self.shared.held.load().as_ref().map(|held| held.generation)
    }

    /// When the key set was last seen where it comes from.
    pub fn read_at(&self) -> Option<SystemTime> {
        self.shared.reading.load().as_ref().map(|reading| reading.time)
    }

    /// Waits for the one refresh under way, asking for it where none is: [`PATIENCE`] at most, and not at all during
    /// the cool-down.
    pub async fn refreshed(&self) {
        let mut phase = self.shared.phase.subscribe();
        self.shared.phase.send_if_modified(|phase| match phase {
            Phase::Ready => {
                *phase = Phase::Demanded;
                true
            }
            Phase::Cooling | Phase::Demanded | Phase::Fetching => false,
        });
        let ended = phase.wait_for(|phase| *phase == Phase::Cooling);
        let _ = tokio::time::timeout(PATIENCE, ended).await; // what came of it is in `held`
    }

    /// Waits until the first attempt to read the key set has ended.
    pub async fn tried(&self) {
        let mut phase = self.shared.phase.subscribe();
        let _ = phase.wait_for(|phase| *phase != Phase::Fetching).await; // the sender lives as long as `self`
    }
}

/// The longest that a request waits for a key set.
pub const PATIENCE: Duration = Duration::from_secs(1);

impl Drop for Jwks {
    fn drop(&mut self) {
        self.task.abort();
        let _ = self.ages.remove_label_values(&[self.shared.issuer.as_str()]); // it may never have been read
    }
}
