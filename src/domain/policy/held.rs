//! The grants that one caller has, whatever he asks for.

use crate::domain::caller::Caller;
use crate::domain::grant::Grant;
use crate::domain::policy::Policy;
use crate::domain::policy::candidate;
use crate::domain::policy::index::Holder;

impl Policy {
    /// The grants that are for the caller, denies too: those of his issuer whose `when` holds. In the configuration's
    /// order.
    pub fn held_by<'a>(&'a self, caller: &'a Caller) -> impl Iterator<Item = &'a Grant> {
        let holder = Holder { claims: caller.claims(), scopes: caller.scopes() };
        self.grants.iter().filter(move |grant| candidate::is_for(grant, caller, holder).is_ok())
    }
}
