//! Rate limits: per address before a token is looked at, then per subject and for all callers together.

mod account;
mod standing;
mod states;

use std::hash::BuildHasher;
use std::hash::RandomState;
use std::net::IpAddr;
use std::sync::Arc;

use governor::clock::Clock;
use governor::clock::QuantaClock;

use crate::adapters::config::Rate;
use crate::adapters::config::RateLimits;
use crate::adapters::rate_limit::account::Account;
use crate::adapters::rate_limit::account::Limit;
use crate::adapters::rate_limit::account::Refused;
use crate::adapters::telemetry::Metrics;
use crate::domain::caller::Caller;

pub use standing::LimitName;
pub use standing::Standing;

/// The limits of a configuration, on monotonic time, in this process's memory.
pub struct RateLimiter<C: Clock = QuantaClock> {
    per_address: Option<Arc<Limit<C>>>,
    per_subject: Option<Arc<Limit<C>>>,
    global: Option<Arc<Limit<C>>>,
    /// Refuse nothing.
    report_only: bool,
    /// Keyed by chance at each start, so that nobody can choose a name that shares another's account.
    hasher: RandomState,
    metrics: Metrics,
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

impl RateLimiter {
    /// The limits, all of them untouched.
    pub fn new(settings: &RateLimits, metrics: Metrics) -> Self {
        Self::told_by(QuantaClock::default(), settings, metrics)
    }

    /// The limits of a changed configuration: one that stays the same goes on with its accounts.
    pub fn restarted(&self, settings: &RateLimits) -> Self {
        self.told_anew_by(QuantaClock::default(), settings)
    }
}

impl<C: Clock + Clone + Send + Sync + 'static> RateLimiter<C> {
    /// The same, on another clock.
    pub fn told_by(clock: C, settings: &RateLimits, metrics: Metrics) -> Self {
        let none = Self {
            per_address: None,
            per_subject: None,
            global: None,
            report_only: false,
            hasher: RandomState::new(),
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
            metrics: self.metrics.clone(),
        }
    }

    /// Charges an address for one request.
    pub fn check_address(&self, address: IpAddr) -> Verdict {
        let key = self.address_key(address);
        let charged = self.per_address.as_ref().map(|limit| limit.account(key).charge(1)).transpose();
        match charged {
            Ok(standing) => Verdict { admission: Admission::Admitted, standing },
            Err(refused) => self.refuse(refused),
        }
    }

    /// How an address stands, for an answer that charges nothing.
    pub fn address_standing(&self, address: IpAddr) -> Option<Standing> {
        let key = self.address_key(address);
        self.per_address.as_ref().map(|limit| limit.account(key).standing())
    }

    /// Charges a caller, and all callers together: both, or neither.
    ///
    /// The caller's own limit comes first, so that one who is over it takes nothing from all the others. What it took is
    /// given back if the global one refuses; an account is a sum, so nothing of it is lost.
    pub fn check_subject(&self, caller: &Caller, cost: u32) -> Verdict {
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

    /// How a caller stands, for an answer that charges nothing: the tightest of his own limit and the global one.
    pub fn standing(&self, caller: &Caller) -> Option<Standing> {
        let (own, everybodys) = self.accounts(caller);
        Standing::tightest(own.map(Account::standing), everybodys.map(Account::standing))
    }

    /// The most that one request can ever cost; `None` without such a limit, and if nothing is refused anyway.
    pub fn smallest_burst(&self) -> Option<u32> {
        let bursts = [&self.per_subject, &self.global].into_iter().flatten().map(|limit| limit.burst());
        bursts.min().filter(|_| !self.report_only)
    }

    fn accounts(&self, caller: &Caller) -> (Option<Account<'_, C>>, Option<Account<'_, C>>) {
        let own = self.per_subject.as_ref().map(|limit| limit.account(self.subject_key(caller)));
        (own, self.global.as_ref().map(|limit| limit.account(EVERYBODY)))
    }

    /// An IPv6 network of /64 counts as one address: whoever has one of its addresses has them all.
    fn address_key(&self, address: IpAddr) -> u64 {
        match address.to_canonical() {
            IpAddr::V4(address) => self.hasher.hash_one((4, u64::from(address.to_bits()))),
            IpAddr::V6(address) => self.hasher.hash_one((6, (address.to_bits() >> 64) as u64)),
        }
    }

    /// A fixed size, however long a name is.
    fn subject_key(&self, caller: &Caller) -> u64 {
        let who = match (caller.subject(), caller.client_id()) {
            (Some(subject), _) => ("sub", subject),
            (None, Some(client_id)) => ("client_id", client_id),
            (None, None) => ("", ""),
        };
        self.hasher.hash_one((caller.issuer().as_str(), who))
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

/// The one account of a limit that all callers share.
const EVERYBODY: u64 = 0;

#[cfg(test)]
mod tests;
