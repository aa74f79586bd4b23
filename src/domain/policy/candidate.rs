//! Whether a grant is a candidate: rule 1 of how a grant is found.

use crate::domain::caller::Caller;
use crate::domain::claims::Value;
use crate::domain::grant::Claim;
use crate::domain::grant::Condition;
use crate::domain::grant::Effect;
use crate::domain::grant::Grant;
use crate::domain::grant::Quantifier;
use crate::domain::grant::Scalar;
use crate::domain::policy::Question;
use crate::domain::policy::index::Holder;
use crate::domain::policy::index::Place;

/// Why a grant is no candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Miss {
    Issuer,
    Action,
    /// The claim that does not hold.
    When(String),
    Prefix,
}

impl Question<'_> {
    /// Whether the grant is a candidate for the text, and how many bytes of it its prefix takes: more than any for a
    /// `key`, which is longer than any prefix.
    pub(super) fn reach(&self, place: Place, text: &str) -> Result<usize, Miss> {
        let grant = self.policy.grant(place);
        self.meets(grant)?;
        match grant.scope.covers(self.holder.claims, text) {
            Some(_) if grant.scope.is_key() => Ok(usize::MAX),
            Some(taken) => Ok(taken),
            None => Err(Miss::Prefix),
        }
    }

    /// All of rule 1 but the prefix.
    pub(super) fn meets(&self, grant: &Grant) -> Result<(), Miss> {
        if let Some(caller) = self.caller {
            is_for(grant, caller, self.holder)?;
        }
        match grant.speaks_of(self.request.rights()) {
            true => Ok(()),
            false => Err(Miss::Action),
        }
    }
}

/// Whether the grant is for the caller: his issuer, and `when`.
pub(super) fn is_for(grant: &Grant, caller: &Caller, holder: Holder<'_>) -> Result<(), Miss> {
    let for_all = grant.effect == Effect::Deny && grant.issuers.is_empty();
    if !for_all && !grant.issuers.contains(caller.issuer()) {
        return Err(Miss::Issuer);
    }
    match grant.when.iter().find(|condition| !holds(condition, holder)) {
        Some(unmet) => Err(Miss::When(unmet.claim.to_string())),
        None => Ok(()),
    }
}

/// Whether a `when` entry holds.
fn holds(condition: &Condition, holder: Holder<'_>) -> bool {
    let has = |scalar: &Scalar| match &condition.claim {
        Claim::Scope => matches!(scalar, Scalar::String(text) if holder.scopes.contains(text)),
        Claim::At(path) => holder.claims.at(path).is_some_and(|claim| contains(claim, scalar)),
    };
    match condition.quantifier {
        Quantifier::Any => condition.values.iter().any(has),
        Quantifier::All => condition.values.iter().all(has),
    }
}

/// Scalars are equal by type; a list contains.
fn contains(claim: &Value, scalar: &Scalar) -> bool {
    match claim {
        Value::List(items) => items.iter().any(|item| equals(item, scalar)),
        _ => equals(claim, scalar),
    }
}

fn equals(value: &Value, scalar: &Scalar) -> bool {
    match (value, scalar) {
        (Value::Bool(value), Scalar::Bool(scalar)) => value == scalar,
        (Value::Integer(value), Scalar::Integer(scalar)) => *value == i128::from(*scalar),
        (Value::Float(value), Scalar::Float(scalar)) => value == scalar,
        (Value::String(value), Scalar::String(scalar)) => value == scalar,
        _ => false,
    }
}
