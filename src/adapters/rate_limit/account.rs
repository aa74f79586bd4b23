//! One limit, and the accounts under it: charged by governor, looked at and given back to beside it.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use governor::Quota;
use governor::clock::Clock;
use governor::clock::Reference;
use governor::middleware::StateInformationMiddleware;

use crate::adapters::config::Rate;
use crate::adapters::rate_limit::standing::LimitName;
use crate::adapters::rate_limit::standing::Standing;
use crate::adapters::rate_limit::states::SharedStates;
use crate::adapters::rate_limit::states::States;

/// One limit. Accounts are held by key, and forgotten once they are full again.
pub struct Limit<C: Clock> {
    name: LimitName,
    rate: Rate,
    burst: NonZeroU32,
    window_seconds: u64,
    /// In which one unit comes back.
    interval: Duration,
    states: Arc<States>,
    governor: governor::RateLimiter<u64, SharedStates, C, StateInformationMiddleware>,
    /// What states count from.
    start: C::Instant,
    pruning: AtomicBool,
    told: std::sync::Mutex<Told>,
}

/// What was logged: how often the limit was hit since, and when that was.
#[derive(Default)]
struct Told {
    count: u64,
    at: Option<Instant>,
}

/// Of a charge that did not fit; nothing was charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    pub standing: Standing,
    /// Rounded up, 1 or more.
    pub retry_after_seconds: u64,
}

impl<C: Clock + Send + Sync + 'static> Limit<C> {
    /// A limit that holds so many accounts at most.
    pub fn new(name: LimitName, rate: Rate, capacity: usize, clock: C) -> Self {
        let interval = (rate.period / rate.count.get()).max(Duration::from_nanos(1));
        let burst = representable(rate.burst, interval);
        let window = rate.period.saturating_mul(burst.get()).as_nanos().div_ceil(u128::from(rate.count.get()));
        // governor makes a quota of one interval or more; ours is.
        let quota = Quota::with_period(interval).unwrap_or(Quota::per_second(NonZeroU32::MIN)).allow_burst(burst);
        let states = Arc::new(States::new(capacity));
        let start = clock.now();
        Self {
            name,
            rate,
            burst,
            window_seconds: whole_seconds(window),
            interval,
            governor: governor::RateLimiter::new(quota, SharedStates(states.clone()), clock),
            states,
            start,
            pruning: AtomicBool::new(false),
            told: std::sync::Mutex::default(),
        }
    }

    /// What the configuration says of it.
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// The most there can be in an account.
    pub fn burst(&self) -> u32 {
        self.burst.get()
    }

    /// The account of a key.
    pub fn account<'a>(self: &'a Arc<Self>, key: u64) -> Account<'a, C> {
        Account { limit: self, key }
    }

    /// Counts a hit; how many there were, if that is to be logged now.
    pub fn count_to_tell(&self) -> Option<u64> {
        let mut told = self.told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        told.count += 1;
        if told.at.is_some_and(|at| at.elapsed() < Duration::from_secs(1)) {
            return None;
        }
        told.at = Some(Instant::now());
        Some(std::mem::take(&mut told.count))
    }

    /// Forgets the accounts that are full again.
    pub fn prune(&self) {
        self.governor.retain_recent();
        self.governor.shrink_to_fit();
        self.states.pruned();
    }

    /// How many accounts are held.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.governor.len()
    }

    /// Prunes in a thread of its own, since a million accounts take a while: one at a time.
    fn prune_beside(self: &Arc<Self>) {
        if self.pruning.swap(true, Ordering::AcqRel) {
            return;
        }
        let limit = self.clone();
        let pruning = std::thread::Builder::new().name("rate-limit".to_owned()).spawn(move || {
            limit.prune();
            limit.pruning.store(false, Ordering::Release);
        });
        if let Err(error) = pruning {
            tracing::error!(%error, "no thread to forget rate limit accounts");
            self.pruning.store(false, Ordering::Release);
        }
    }

    /// The nanoseconds in which so much comes back.
    fn price(&self, cost: u32) -> u64 {
        u64::try_from(self.interval.as_nanos() * u128::from(cost)).unwrap_or(u64::MAX)
    }

    /// Nanoseconds since the limit began.
    fn now(&self) -> u64 {
        self.governor.clock().now().duration_since(self.start).into()
    }

    fn standing(&self, remaining: u32) -> Standing {
        let missing = self.interval.as_nanos() * u128::from(self.burst.get().saturating_sub(remaining));
        Standing {
            limit: self.name,
            burst: self.burst.get(),
            window_seconds: self.window_seconds,
            remaining,
            full_in_seconds: whole_seconds(missing),
        }
    }

    /// What is left where so much is missing, told as the nanoseconds in which it comes back.
    fn remaining(&self, missing: u64) -> u32 {
        let missing = u128::from(missing).div_ceil(self.interval.as_nanos());
        u32::try_from(missing).map_or(0, |missing| self.burst.get().saturating_sub(missing))
    }
}

/// One account of a limit.
pub struct Account<'a, C: Clock> {
    limit: &'a Arc<Limit<C>>,
    key: u64,
}

impl<C: Clock> Clone for Account<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C: Clock> Copy for Account<'_, C> {}

impl<C: Clock + Send + Sync + 'static> Account<'_, C> {
    /// The most there can be in it.
    pub fn burst(self) -> u32 {
        self.limit.burst()
    }

    /// Takes so much, or nothing. A cost beyond the burst is refused as one that needs the whole of it.
    pub fn charge(self, cost: u32) -> Result<Standing, Refused> {
        let Some(cost) = NonZeroU32::new(cost) else { return Ok(self.standing()) };
        let limit = self.limit;
        let slot = limit.states.slot(self.key);
        if limit.states.is_crowded() {
            limit.prune_beside();
        }
        let wait = match limit.governor.check_key_n(&slot, cost) {
            Ok(Ok(state)) => return Ok(limit.standing(state.remaining_burst_capacity())),
            Ok(Err(not_until)) => not_until.wait_time_from(limit.governor.clock().now()),
            Err(_) => limit.interval.saturating_mul(limit.burst()),
        };
        Err(Refused { standing: self.standing(), retry_after_seconds: whole_seconds(wait.as_nanos()).max(1) })
    }

    /// Puts back what a charge took.
    pub fn give_back(self, cost: u32) {
        let slot = self.limit.states.slot_of_charged(self.key);
        self.limit.states.bring_forward(slot, self.limit.price(cost));
    }

    /// How it stands, without a charge. It is full when its state, the time at which it is full again, is past.
    pub fn standing(self) -> Standing {
        let slot = self.limit.states.slot_of_charged(self.key);
        let full_at = self.limit.states.full_at(slot).unwrap_or_default();
        self.limit.standing(self.limit.remaining(full_at.saturating_sub(self.limit.now())))
    }

    /// Which limit it is an account of.
    pub fn limit(self) -> LimitName {
        self.limit.name
    }

    /// The most there can be in it, as the nanoseconds in which that comes back.
    pub fn most(self) -> u64 {
        self.limit.price(self.burst())
    }

    /// A cost, as the nanoseconds in which it comes back.
    pub fn price(self, cost: u32) -> u64 {
        self.limit.price(cost)
    }

    /// The time as accounts of this limit have it.
    pub fn now(self) -> u64 {
        self.limit.now()
    }

    /// Takes over what was missing elsewhere at a time, but never has more for it.
    pub fn follow(self, missing: u64, then: u64) {
        if missing == 0 {
            return; // a full account is not held
        }
        self.limit.states.put_off(self.key, then.saturating_add(missing));
        if self.limit.states.is_crowded() {
            self.limit.prune_beside();
        }
    }

    /// How it stands elsewhere, where so much is missing.
    pub fn standing_elsewhere(self, missing: u64) -> Standing {
        self.limit.standing(self.limit.remaining(missing))
    }

    /// A refusal elsewhere, where so much is missing and a price was asked.
    pub fn refused_elsewhere(self, missing: u64, price: u64) -> Refused {
        let wait = missing.saturating_add(price).saturating_sub(self.most());
        let retry_after_seconds = whole_seconds(u128::from(wait)).max(1);
        Refused { standing: self.standing_elsewhere(missing), retry_after_seconds }
    }
}

/// governor reckons in 64 bits of nanoseconds, 584 years. A burst that takes longer than a century to come back is held
/// to what comes back in a century.
fn representable(burst: NonZeroU32, interval: Duration) -> NonZeroU32 {
    let most = CENTURY.as_nanos() / interval.as_nanos().max(1);
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    NonZeroU32::new(burst.get().min(most)).unwrap_or(NonZeroU32::MIN)
}

const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);

fn whole_seconds(nanoseconds: u128) -> u64 {
    u64::try_from(nanoseconds.div_ceil(1_000_000_000)).unwrap_or(u64::MAX)
}
