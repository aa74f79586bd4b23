//! The decision on a prefix, which stands for every key below it.

use std::collections::BTreeMap;

use crate::domain::key::RequestedPrefix;
use crate::domain::lifetime::TooLong;
use crate::domain::policy::Question;
use crate::domain::policy::index::Place;
use crate::domain::policy::judge::Judged;
use crate::domain::policy::longest;
use crate::domain::policy::no_grant;
use crate::domain::refusal::Refusal;
use crate::domain::refusal::RefusalCode;

impl Question<'_> {
    /// A grant's prefix covers the prefix by beginning it; a `key` never does. Every narrower allow below it must be
    /// met too, by what the covering grant signs.
    pub(super) fn of_prefix(&self, prefix: &RequestedPrefix) -> Result<Judged, Refusal> {
        let text = prefix.as_str();
        let candidates = self.allows_covering(text, |place| !self.policy.grant(place).scope.is_key());
        if candidates.is_empty() {
            return Err(no_grant());
        }
        if let Some(place) = self.deny_around(text) {
            return Err(self.denied(place));
        }
        let judged = self.first_satisfied(&longest(candidates))?;
        match self.narrower_unmet(text, &judged) {
            Some(refusal) => Err(refusal),
            None => Ok(judged),
        }
    }

    /// A deny applies when either begins the other.
    pub(super) fn deny_around(&self, text: &str) -> Option<Place> {
        let denies = &self.shelf.denies;
        let covering = denies.covering(self.holder, text).into_iter().filter(|place| self.reach(*place, text).is_ok());
        let below = denies.below(self.holder, self.request.rights(), text).into_iter();
        let begun = |place: &Place| self.fills(*place, text).is_none_or(|fills| !fills.is_empty());
        let below = below.filter(|place| self.meets(self.policy.grant(*place)).is_ok()).filter(begun);
        covering.chain(below).min()
    }

    /// The answer that speaks of the longest narrower prefix of whose grants none is met.
    fn narrower_unmet(&self, text: &str, signed: &Judged) -> Option<Refusal> {
        let mut by_prefix: BTreeMap<(usize, String), Vec<Place>> = BTreeMap::new();
        for place in self.shelf.allows.below(self.holder, self.request.rights(), text) {
            let grant = self.policy.grant(place);
            if self.meets(grant).is_err() {
                continue;
            }
            let Some(fills) = self.fills(place, text) else {
                return Some(self.judge(place).refusal(RefusalCode::GrantNotSatisfied));
            };
            for filled in fills.into_iter().filter(|filled| grant.scope.is_key() || filled.len() > text.len()) {
                let length = if grant.scope.is_key() { usize::MAX } else { filled.len() };
                by_prefix.entry((length, filled)).or_default().push(place);
            }
        }
        by_prefix.into_values().rev().find_map(|places| self.met_by(signed, &places).err())
    }

    /// Whether what is to be signed under another grant meets one of these, unchanged.
    fn met_by(&self, signed: &Judged, places: &[Place]) -> Result<(), Refusal> {
        let mut first_refusal = None;
        for place in places {
            let own = self.policy.grant(*place).max_expires;
            let within = |(lifetime, by)| if lifetime <= own { Ok((lifetime, by)) } else { Err(TooLong { max: own }) };
            let judged = Judged { lifetime: signed.lifetime.and_then(within), ..self.judge(*place) };
            match judged.satisfied() {
                Ok(judged) if judged.parameters == signed.parameters => return Ok(()),
                Ok(judged) => _ = first_refusal.get_or_insert(judged.refusal(RefusalCode::GrantNotSatisfied)),
                Err(refusal) => _ = first_refusal.get_or_insert(refusal),
            }
        }
        first_refusal.map_or(Ok(()), Err)
    }

    /// The texts of a grant that begin with the prefix; `None` where a token makes too many of them.
    pub(super) fn fills(&self, place: Place, start: &str) -> Option<Vec<String>> {
        self.policy.grant(place).scope.fills(self.holder.claims, start, MOST_FILLS)
    }
}

/// How many filled-in prefixes of one grant a decision looks at; a token that makes more is refused.
const MOST_FILLS: usize = 1000;
