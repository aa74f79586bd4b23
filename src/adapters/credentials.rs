//! Credentials that sign: read from their providers, followed as their files change, handed out as snapshots.

mod environment;
mod error;
mod file;
mod ini;
mod profile;
mod slot;
mod snapshot;
mod source;
mod watch;

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::adapters::clock::Clock;
use crate::adapters::config::CredentialsSource;
use crate::adapters::credentials::slot::Shown;
use crate::adapters::credentials::slot::Slot;
use crate::adapters::credentials::snapshot::Held;
use crate::adapters::telemetry::Metrics;
use crate::domain::name::Name;

pub use error::CredentialsError;
pub use snapshot::CredentialSnapshot;

/// The credentials of a configuration. Files are followed until the last store that has them is dropped.
pub struct CredentialStore {
    slots: Vec<Arc<Slot>>,
    shown: Arc<Shown>,
    clock: Clock,
    metrics: Metrics,
}

impl CredentialStore {
    /// Reads all of the sources once, then follows those that are files, by tasks of the runtime it is called in.
    pub fn start(sources: &[(Name, CredentialsSource)], clock: Clock, metrics: Metrics) -> Self {
        Self::of(sources, &[], clock, metrics)
    }

    /// The same for a changed configuration: credentials whose name and source it names too go on as they are.
    pub fn restarted(&self, sources: &[(Name, CredentialsSource)]) -> Self {
        Self::of(sources, &self.slots, self.clock.clone(), self.metrics.clone())
    }

    fn of(sources: &[(Name, CredentialsSource)], known: &[Arc<Slot>], clock: Clock, metrics: Metrics) -> Self {
        let begun = |(name, source): &(Name, CredentialsSource)| {
            let found = known.iter().find(|slot| slot.is(name, source)).cloned();
            found.unwrap_or_else(|| Arc::new(Slot::begin(name, source, &clock, &metrics)))
        };
        let (slots, shown): (Vec<_>, _) = (sources.iter().map(begun).collect(), Arc::new(ArcSwap::default()));
        slots.iter().for_each(|slot| slot.keeper().show_by(&shown));
        Self { slots, shown, clock, metrics }
    }

    /// From now on another is in force: what it has not taken over is followed no longer.
    pub fn give_way_to(&self, next: &Self) {
        let is_kept = |slot: &Arc<Slot>| next.slots.iter().any(|kept| Arc::ptr_eq(kept, slot));
        self.slots.iter().filter(|slot| !is_kept(slot)).for_each(|slot| slot.retire());
        next.slots.iter().for_each(|slot| slot.measure());
    }

    /// Reads all of the sources once, without a task; beside what they hold, what is wrong with the others.
    pub fn read_once(sources: &[(Name, CredentialsSource)]) -> (CredentialSnapshot, Vec<(Name, CredentialsError)>) {
        let mut snapshot = CredentialSnapshot::default();
        let mut failures = Vec::new();
        for (name, source) in sources {
            match source::read(source) {
                Ok(credentials) => snapshot = snapshot.with(name, Held::of(credentials)),
                Err(error) => failures.push((name.clone(), error)),
            }
        }
        (snapshot, failures)
    }

    /// What is in force now.
    pub fn snapshot(&self) -> Arc<CredentialSnapshot> {
        self.shown.load_full()
    }
}

#[cfg(test)]
mod tests;
