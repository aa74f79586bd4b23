//! Rate limits: per address before a token is looked at, then per subject and for all callers together; in this process's
//! memory, or for all replicas in a store that they share.

mod account;
mod shared;
mod standing;
mod states;
mod store;
mod who;

use std::hash::BuildHasher;
use std::hash::RandomState;
use std::net::IpAddr;
use std::sync::Arc;

use governor::clock::Clock;
use governor::clock::QuantaClock;

use crate::adapters::config::Rate;
use crate::adapters::config::RateLimitStore;
use crate::adapters::config::RateLimits;
use crate::adapters::rate_limit::account::Account;
use crate::adapters::rate_limit::account::Limit;
use crate::adapters::rate_limit::account::Refused;
use crate::adapters::rate_limit::store::Store;
use crate::adapters::rate_limit::who::Who;
use crate::adapters::telemetry::Metrics;
use crate::domain::caller::Caller;

pub use standing::LimitName;
pub use standing::Standing;

/// The limits of a configuration, on monotonic time. Memory serves where there is no store, and where it is away.
pub struct RateLimiter<C: Clock = QuantaClock> {
    per_address: Option<Arc<Limit<C>>>,
    per_subject: Option<Arc<Limit<C>>>,
    global: Option<Arc<Limit<C>>>,
    /// Refuse nothing.
    report_only: bool,
    /// Keyed by chance at each start, so that nobody can choose a name that shares another's account.
    hasher: RandomState,
    store: Option<Arc<Store>>,
    metrics: Metrics,
}

/// What became of a request's address at the door.
#[derive(Debug)]
pub enum Entered {
    /// It was charged, or refused.
    Charged(Verdict),
    /// It is within the limit as far as this process knows. The store is asked once for all that the request costs.
    Owing(Owed),
}

/// What a request's address still owes in the store.
#[derive(Debug)]
pub struct Owed {
    address: IpAddr,
    /// What it was charged here; `None` without such a limit.
    here: Option<Result<Standing, Refused>>,
}

/// What became of all that a request owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charged {
    /// If it was owed and refused, nothing else was charged.
    pub address: Verdict,
    pub caller: Verdict,
}

/// Whether a request may go on, and what to tell the caller of his limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub admission: Admission,
    /// Of the limit that refused, else of the one that has the least left; `None` without limits.
    pub standing: Option<Standing>,
}

/// Whether a request may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    Admitted,
    /// It costs more than the limit's burst: waiting does not help.
    NeverFits {
        limit: LimitName,
        burst: u32,
    },
    /// Seconds are rounded up, and 1 or more.
    Refused {
        limit: LimitName,
        retry_after_seconds: u64,
    },
}

impl Verdict {
    /// Where there is nothing to ask.
    const ADMITTED: Self = Self { admission: Admission::Admitted, standing: None };
}

impl RateLimiter {
    /// The limits, all of them untouched; within a tokio runtime, if they are shared.
    pub fn new(settings: &RateLimits, metrics: Metrics) -> Self {
        let store = store(&settings.store, &metrics);
        Self { store, ..Self::told_by(QuantaClock::default(), settings, metrics) }
    }

    /// The limits of a changed configuration: one that stays the same goes on with its accounts, and so does the store.
    pub fn restarted(&self, settings: &RateLimits) -> Self {
        let store = match (&self.store, &settings.store) {
            (Some(known), RateLimitStore::Redis(Some(url))) if known.is_at(url) => Some(known.clone()),
            (_, settings) => store(settings, &self.metrics),
        };
        Self { store, ..self.told_anew_by(QuantaClock::default(), settings) }
    }
}

fn store(settings: &RateLimitStore, metrics: &Metrics) -> Option<Arc<Store>> {
    let (store, is_up) = match settings {
        RateLimitStore::Memory => (None, true),
        RateLimitStore::Redis(None) => (None, false),
        RateLimitStore::Redis(Some(url)) => (Some(Arc::new(Store::start(url.clone(), metrics))), false),
    };
    metrics.rate_limit_store_up.set(i64::from(is_up));
    store
}

impl<C: Clock + Clone + Send + Sync + 'static> RateLimiter<C> {
    /// The same in memory alone, on another clock.
    pub fn told_by(clock: C, settings: &RateLimits, metrics: Metrics) -> Self {
        let none = Self {
            per_address: None,
            per_subject: None,
            global: None,
            report_only: false,
            hasher: RandomState::new(),
            store: None,
            metrics,
        };
        none.told_anew_by(clock, settings)
    }

    fn told_anew_by(&self, clock: C, settings: &RateLimits) -> Self {
        let limit = |name, known: &Option<Arc<Limit<C>>>, rate: Option<Rate>| {
            let known = known.clone().filter(|known| Some(known.rate()) == rate);
            known.or_else(|| Some(Arc::new(Limit::new(name, rate?, states::CAPACITY, clock.clone()))))
        };
        Self {
            per_address: limit(LimitName::PerAddress, &self.per_address, settings.per_address),
            per_subject: limit(LimitName::PerSubject, &self.per_subject, settings.per_subject),
            global: limit(LimitName::Global, &self.global, settings.global),
            report_only: settings.report_only,
            hasher: self.hasher.clone(), // accounts are found by it
            store: None,
            metrics: self.metrics.clone(),
        }
    }

    /// Waits until the store, if there is one, was found or was not.
    pub async fn settled(&self) {
        if let Some(store) = &self.store {
            store.settled().await;
        }
    }

    /// Charges an address for one request, as far as that can be done here.
    pub fn enter(&self, address: IpAddr) -> Entered {
        let key = self.hasher.hash_one(Who::at(address));
        let here = self.per_address.as_ref().map(|limit| limit.account(key).charge(1));
        match (&self.store, here) {
            (None, here) => Entered::Charged(self.verdict(here)),
            (Some(_), Some(Err(refused))) if !self.report_only => Entered::Charged(self.refuse(refused)),
            (Some(_), here) => Entered::Owing(Owed { address, here }),
        }
    }

    /// Charges what is owed, and a caller and all callers together: at most one round trip to the store.
    pub async fn charge(&self, owed: Option<Owed>, caller: &Caller, cost: u32) -> Charged {
        let asked = self.ask_store(owed.as_ref(), Some((caller, cost))).await;
        asked.unwrap_or_else(|| Charged {
            address: self.verdict(owed.and_then(|owed| owed.here)),
            caller: self.check_subject(caller, cost),
        })
    }

    /// Charges what is owed, where no caller is to be charged.
    pub async fn settle(&self, owed: Owed) -> Verdict {
        let asked = self.ask_store(Some(&owed), None).await;
        asked.map_or_else(|| self.verdict(owed.here), |charged| charged.address)
    }

    /// How an address stands, for an answer that charges nothing.
    pub fn address_standing(&self, address: IpAddr) -> Option<Standing> {
        let key = self.hasher.hash_one(Who::at(address));
        self.per_address.as_ref().map(|limit| limit.account(key).standing())
    }

    /// Charges a caller, and all callers together: both, or neither.
    ///
    /// The caller's own limit comes first, so that one who is over it takes nothing from all the others. What it took is
    /// given back if the global one refuses; an account is a sum, so nothing of it is lost.
    fn check_subject(&self, caller: &Caller, cost: u32) -> Verdict {
        let (own, everybodys) = self.accounts(caller);
        let narrow = [own, everybodys].into_iter().flatten().find(|account| cost > account.burst());
        if let Some(account) = narrow {
            return self.never_fits(account);
        }
        let first = match own.map(|account| account.charge(cost)).transpose() {
            Ok(standing) => standing,
            Err(refused) => return self.refuse(refused),
        };
        match everybodys.map(|account| account.charge(cost)).transpose() {
            Ok(second) => Verdict { admission: Admission::Admitted, standing: Standing::tightest(first, second) },
            Err(refused) => {
                if let Some(account) = own {
                    account.give_back(cost);
                }
                self.refuse(refused)
            }
        }
    }

    /// The most that one request can ever cost; `None` without such a limit, and if nothing is refused anyway.
    pub fn smallest_burst(&self) -> Option<u32> {
        let bursts = [&self.per_subject, &self.global].into_iter().flatten().map(|limit| limit.burst());
        bursts.min().filter(|_| !self.report_only)
    }

    fn accounts(&self, caller: &Caller) -> (Option<Account<'_, C>>, Option<Account<'_, C>>) {
        let own = self.per_subject.as_ref().map(|limit| limit.account(self.hasher.hash_one(Who::is(caller))));
        (own, self.global.as_ref().map(|limit| limit.account(self.hasher.hash_one(Who::Everybody))))
    }

    fn verdict(&self, charged: Option<Result<Standing, Refused>>) -> Verdict {
        match charged.transpose() {
            Ok(standing) => Verdict { standing, ..Verdict::ADMITTED },
            Err(refused) => self.refuse(refused),
        }
    }

    fn refuse(&self, refused: Refused) -> Verdict {
        let Refused { standing, retry_after_seconds } = refused;
        self.count(&standing);
        self.unless_reporting(Admission::Refused { limit: standing.limit, retry_after_seconds }, standing)
    }

    fn never_fits(&self, account: Account<'_, C>) -> Verdict {
        let standing = account.standing();
        self.count(&standing);
        self.unless_reporting(Admission::NeverFits { limit: standing.limit, burst: standing.burst }, standing)
    }

    fn unless_reporting(&self, admission: Admission, standing: Standing) -> Verdict {
        let admission = if self.report_only { Admission::Admitted } else { admission };
        Verdict { admission, standing: Some(standing) }
    }

    /// Counts each one over a limit, and logs that at most once a second for each limit.
    fn count(&self, standing: &Standing) {
        self.metrics.rate_limited.with_label_values(&[standing.limit.as_str()]).inc();
        let limit = match standing.limit {
            LimitName::PerAddress => &self.per_address,
            LimitName::PerSubject => &self.per_subject,
            LimitName::Global => &self.global,
        };
        if let Some(count) = limit.as_ref().and_then(|limit| limit.count_to_tell()) {
            tracing::warn!(limit = standing.limit.as_str(), count, report_only = self.report_only, "over a rate limit");
        }
    }
}

#[cfg(test)]
mod tests;
