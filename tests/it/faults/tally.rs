//! What came of load.

use std::collections::BTreeMap;

use crate::faults::answers::Receipt;

/// What came of all requests.
#[derive(Default)]
pub struct Tally {
    pub issued: Vec<Receipt>,
    /// By caller and code.
    pub refused: BTreeMap<(String, String), u64>,
    /// Requests whose connection ended before the whole of an answer, since the service did.
    pub unanswered: u64,
    pub connections: u64,
}

impl Tally {
    /// How often a caller was refused for that.
    pub fn refused_for(&self, caller: &str, code: &str) -> u64 {
        self.refused.get(&(caller.to_owned(), code.to_owned())).copied().unwrap_or(0)
    }

    /// With what came of later requests.
    pub fn and(mut self, later: Self) -> Self {
        self.issued.extend(later.issued);
        for (what, count) in later.refused {
            *self.refused.entry(what).or_default() += count;
        }
        self.unanswered += later.unanswered;
        self
    }

    /// How many URLs a caller received.
    pub fn issued_to(&self, caller: &str) -> usize {
        self.issued.iter().filter(|receipt| receipt.caller == caller).count()
    }

    /// How many were refused, by code.
    pub fn by_code(&self) -> BTreeMap<&str, u64> {
        let mut counts = BTreeMap::new();
        for ((_, code), count) in &self.refused {
            *counts.entry(code.as_str()).or_default() += count;
        }
        counts
    }
}
