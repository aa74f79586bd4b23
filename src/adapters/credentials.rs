//! Credentials that sign: had from their providers, followed as they change and before they end, handed out as snapshots.

#[cfg(feature = "aws")]
mod aws;
mod environment;
mod error;
mod file;
mod held;
mod held_keys;
mod ini;
mod once;
mod profile;
#[cfg(feature = "aws")]
mod renewal;
mod slot;
mod snapshot;
mod source;
mod watch;

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::adapters::clock::Clock;
use crate::adapters::config::CredentialsProvider;
use crate::adapters::credentials::slot::Shown;
use crate::adapters::credentials::slot::Slot;
use crate::adapters::telemetry::Metrics;
use crate::domain::name::Name;

pub use error::CredentialsError;
pub use once::read_once;
pub use snapshot::CredentialSnapshot;

/// The credentials of a configuration. They are followed until the last store that has them is dropped.
pub struct CredentialStore {
    slots: Vec<Arc<Slot>>,
    shown: Arc<Shown>,
    clock: Clock,
    metrics: Metrics,
}

impl CredentialStore {
    /// Reads what there is to read, then follows what are files and asks those that are asked over the network, by tasks of
    /// the runtime it is called in.
    pub fn start(providers: &[(Name, CredentialsProvider)], clock: Clock, metrics: Metrics) -> Self {
        Self::of(providers, &[], clock, metrics)
    }

    /// The same for a changed configuration: credentials whose name and provider it names too go on as they are.
    pub fn restarted(&self, providers: &[(Name, CredentialsProvider)]) -> Self {
        Self::of(providers, &self.slots, self.clock.clone(), self.metrics.clone())
    }

    fn of(providers: &[(Name, CredentialsProvider)], known: &[Arc<Slot>], clock: Clock, metrics: Metrics) -> Self {
        let (mut slots, shown) = (Vec::<Arc<Slot>>::new(), Arc::new(ArcSwap::default()));
        for (name, provider) in once::in_order(providers, providers.iter().map(|(name, _)| name)) {
            let of_source = |(_, source): (_, &Name)| slots.iter().find(|slot| slot.keeper().name() == source);
            let source = provider.role().and_then(of_source).map(|slot| slot.keeper().clone());
            let found = known.iter().find(|slot| slot.is(name, provider, source.as_ref())).cloned();
            let slot = found.unwrap_or_else(|| Arc::new(Slot::begin(name, provider, source, &clock, &metrics)));
            slot.keeper().serve(provider);
            slots.push(slot);
        }
        slots.iter().for_each(|slot| slot.keeper().show_by(&shown));
        Self { slots, shown, clock, metrics }
    }

    /// Waits until each of the providers has given credentials, or failed to, once.
    pub async fn tried(&self) {
        for slot in &self.slots {
            slot.keeper().tried().await;
        }
    }

    /// From now on another is in force: what it has not taken over is followed no longer.
    pub fn give_way_to(&self, next: &Self) {
        let is_kept = |slot: &Arc<Slot>| next.slots.iter().any(|kept| Arc::ptr_eq(kept, slot));
        self.slots.iter().filter(|slot| !is_kept(slot)).for_each(|slot| slot.retire());
        next.slots.iter().for_each(|slot| slot.measure());
    }

    /// What is in force now.
    pub fn snapshot(&self) -> Arc<CredentialSnapshot> {
        self.shown.load_full()
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_keys;
