//! The same limits for all replicas: one question to their store, what it says of each account, and memory that follows.
//!
//! Here every account that the store told of is kept as it was told, and an address is charged here first. So a flood
//! from one address ends at this process's door, as it does without a store, and memory goes on from where the store
//! was when that goes away. It is never the stricter of the two: what it follows is reckoned from when it asked.

use std::hash::BuildHasher;

use governor::clock::Clock;

use crate::adapters::rate_limit::Admission;
use crate::adapters::rate_limit::Charged;
use crate::adapters::rate_limit::Owed;
use crate::adapters::rate_limit::RateLimiter;
use crate::adapters::rate_limit::Verdict;
use crate::adapters::rate_limit::account::Account;
use crate::adapters::rate_limit::account::Refused;
use crate::adapters::rate_limit::standing::Standing;
use crate::adapters::rate_limit::store::Charge;
use crate::adapters::rate_limit::store::Charges;
use crate::adapters::rate_limit::store::Outcome;
use crate::adapters::rate_limit::who::Who;
use crate::domain::caller::Caller;

/// An account in the store, and the one here that follows it.
struct Shared<'a, C: Clock> {
    account: Account<'a, C>,
    key: String,
    price: u64,
    asked_at: u64,
    /// The one here was charged one already.
    is_charged_here: bool,
}

impl<'a, C: Clock + Clone + Send + Sync + 'static> Shared<'a, C> {
    fn of(account: Account<'a, C>, who: Who<'_>, cost: u32) -> Self {
        Self {
            key: who.key(account.limit()),
            price: account.price(cost),
            asked_at: account.now(),
            is_charged_here: false,
            account,
        }
    }

    fn charge(&self) -> Charge {
        Charge { key: self.key.clone(), most: self.account.most(), price: self.price }
    }

    /// Takes over what the store says. A refused charge costs nothing here either.
    fn heed(&self, Outcome { is_refused, missing }: Outcome) -> Result<Standing, Refused> {
        let missing = missing.min(self.account.most());
        if is_refused && self.is_charged_here {
            self.account.give_back(1);
        }
        self.account.follow(missing, self.asked_at);
        match is_refused {
            true => Err(self.account.refused_elsewhere(missing, self.price)),
            false => Ok(self.account.standing_elsewhere(missing)),
        }
    }
}

impl<C: Clock + Clone + Send + Sync + 'static> RateLimiter<C> {
    /// Asks the store once for all that a request owes. `None`: there is none, or it is away.
    pub(super) async fn ask_store(&self, owed: Option<&Owed>, asked: Option<(&Caller, u32)>) -> Option<Charged> {
        let store = self.store.as_ref()?;
        let (own, everybodys) = asked.map(|(caller, _)| self.accounts(caller)).unwrap_or_default();
        let cost = asked.map_or(0, |(_, cost)| cost);
        let narrow = [own, everybodys].into_iter().flatten().find(|account| cost > account.burst());
        // What never fits is not charged, but the answer tells how the account stands.
        let cost = if narrow.is_some() { 0 } else { cost };
        let address = owed.and_then(|owed| self.shared_address(owed));
        let own = own.zip(asked).map(|(account, (caller, _))| Shared::of(account, Who::is(caller), cost));
        let everybodys = everybodys.map(|account| Shared::of(account, Who::Everybody, cost));
        let charges = Charges {
            address: address.as_ref().map(Shared::charge),
            others: own.iter().chain(&everybodys).map(Shared::charge).collect(),
            is_report: self.report_only,
        };
        if charges.address.is_none() && charges.others.is_empty() {
            return None;
        }
        let mut outcomes = store.charge(&charges).await?.into_iter();
        let mut heed = |shared: Option<&Shared<'_, C>>| Some(shared?.heed(outcomes.next()?));
        let address = self.verdict(heed(address.as_ref()));
        let (own, everybodys) = (heed(own.as_ref()), heed(everybodys.as_ref()));
        let caller = match (own, everybodys) {
            // Nobody was asked of the others.
            _ if address.admission != Admission::Admitted => Verdict::ADMITTED,
            (Some(Err(refused)), _) | (_, Some(Err(refused))) => self.refuse(refused),
            (own, everybodys) => match narrow {
                Some(account) => self.never_fits(account),
                None => Verdict {
                    standing: Standing::tightest(own.and_then(Result::ok), everybodys.and_then(Result::ok)),
                    ..Verdict::ADMITTED
                },
            },
        };
        Some(Charged { address, caller })
    }

    fn shared_address(&self, owed: &Owed) -> Option<Shared<'_, C>> {
        let who = Who::at(owed.address);
        let account = self.per_address.as_ref()?.account(self.hasher.hash_one(who));
        Some(Shared { is_charged_here: matches!(owed.here, Some(Ok(_))), ..Shared::of(account, who, 1) })
    }
}
