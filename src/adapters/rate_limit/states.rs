//! The states of a limit's accounts: a bounded number, whatever callers send.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use governor::nanos::Nanos;
use governor::state::NotKeyed;
use governor::state::StateStore;
use governor::state::keyed::DashMapStateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;

/// The states of a limit's accounts, each a time: when the account is full again, in nanoseconds since the limit began.
///
/// An account that is not held is full. Once [`CAPACITY`] accounts are held that are not, the callers that come anew
/// share [`SHARED`] accounts: they are limited together rather than not at all, and rather than refused, while all who
/// are known already keep what is theirs. A flood from many addresses spreads evenly over the shared ones, so it has to
/// be [`SHARED`] times the limit before it shuts newcomers out.
pub struct States {
    by_slot: DashMapStateStore<u64>,
    capacity: usize,
    /// About as many as are held: exact after a pruning.
    held: AtomicUsize,
    /// Pruning is worth while from here.
    crowded_from: AtomicUsize,
    began: Instant,
    /// Not before this, in milliseconds since `began`.
    prune_at: AtomicU64,
}

/// At most so many accounts of one limit, and a few more that come at the same instant; 40 bytes each, at the worst.
pub const CAPACITY: usize = 1 << 19;

/// So many accounts for those beyond.
pub const SHARED: u64 = 1 << 10;

/// Fewer accounts than this are not worth a pruning.
const FEW: usize = 1 << 13;

/// Between two prunings, so that a full house of accounts in use is not looked through all the time.
const PRUNING_PERIOD: Duration = Duration::from_secs(2);

impl States {
    /// No states yet.
    pub fn new(capacity: usize) -> Self {
        Self {
            by_slot: DashMapStateStore::default(),
            capacity,
            held: AtomicUsize::new(0),
            crowded_from: AtomicUsize::new(FEW.min(capacity)),
            began: Instant::now(),
            prune_at: AtomicU64::new(0),
        }
    }

    /// The slot where the account of a key is about to be charged: its own, or if there is no room one that it shares.
    pub fn slot(&self, key: u64) -> u64 {
        let own = own_slot(key);
        if self.by_slot.contains_key(&own) {
            return own;
        }
        if self.held.load(Ordering::Relaxed) >= self.capacity {
            return shared_slot(key);
        }
        self.held.fetch_add(1, Ordering::Relaxed);
        own
    }

    /// The slot where it was charged last, if it was.
    pub fn slot_of_charged(&self, key: u64) -> u64 {
        let own = own_slot(key);
        let is_full = self.held.load(Ordering::Relaxed) >= self.capacity;
        if is_full && !self.by_slot.contains_key(&own) { shared_slot(key) } else { own }
    }

    /// When the account is full again.
    pub fn full_at(&self, slot: u64) -> Option<u64> {
        let state = self.by_slot.get(&slot)?;
        let looked = state.measure_and_replace(&NotKeyed::NonKey, Err::<((), Nanos), _>);
        looked.err().flatten().map(Nanos::as_u64)
    }

    /// Makes an account be full so many nanoseconds earlier.
    pub fn bring_forward(&self, slot: u64, nanoseconds: u64) {
        if let Some(state) = self.by_slot.get(&slot) {
            let earlier = |full_at: Nanos| full_at.saturating_sub(Nanos::new(nanoseconds));
            _ = state.measure_and_replace(&NotKeyed::NonKey, |full_at| full_at.map(|at| ((), earlier(at))).ok_or(()));
        }
    }

    /// Makes an account be full not before that; nothing without room for one of its own, since others share the rest.
    pub fn put_off(&self, key: u64, full_at: u64) {
        let (slot, full_at) = (self.slot(key), Nanos::new(full_at));
        if slot == own_slot(key) {
            let later = |before: Option<Nanos>| before.map_or(full_at, |before| before.max(full_at));
            let Ok(()) = self.by_slot.measure_and_replace(&slot, |before| Ok::<_, Infallible>(((), later(before))));
        }
    }

    /// There are many more accounts than after the last pruning, which is a while ago.
    pub fn is_crowded(&self) -> bool {
        self.held.load(Ordering::Relaxed) >= self.crowded_from.load(Ordering::Relaxed)
            && self.milliseconds() >= self.prune_at.load(Ordering::Relaxed)
    }

    /// Notes that full accounts were taken out.
    pub fn pruned(&self) {
        let held = self.by_slot.len();
        self.held.store(held, Ordering::Relaxed);
        self.crowded_from.store((2 * held).max(FEW).min(self.capacity), Ordering::Relaxed);
        let next = self.milliseconds().saturating_add(PRUNING_PERIOD.as_millis().try_into().unwrap_or(u64::MAX));
        self.prune_at.store(next, Ordering::Relaxed);
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Above all that are shared.
fn own_slot(key: u64) -> u64 {
    key | 1 << 63
}

fn shared_slot(key: u64) -> u64 {
    key % SHARED
}

/// What governor charges.
pub struct SharedStates(pub Arc<States>);

impl StateStore for SharedStates {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &u64, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        self.0.by_slot.measure_and_replace(key, f)
    }
}

impl ShrinkableKeyedStateStore<u64> for SharedStates {
    fn retain_recent(&self, drop_below: Nanos) {
        ShrinkableKeyedStateStore::retain_recent(&self.0.by_slot, drop_below);
    }

    fn shrink_to_fit(&self) {
        self.0.by_slot.shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.0.by_slot.len()
    }

    fn is_empty(&self) -> bool {
        self.0.by_slot.is_empty()
    }
}
