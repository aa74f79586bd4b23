//! The decision with its reasons, grant by grant.

use crate::domain::caller::Caller;
use crate::domain::grant::Effect;
use crate::domain::name::Name;
use crate::domain::policy::Circumstances;
use crate::domain::policy::Permit;
use crate::domain::policy::Policy;
use crate::domain::policy::Question;
use crate::domain::policy::candidate::Miss;
use crate::domain::policy::index::Holder;
use crate::domain::policy::index::Place;
use crate::domain::policy::longest;
use crate::domain::refusal::MemberError;
use crate::domain::refusal::Refusal;
use crate::domain::request::Object;
use crate::domain::request::Request;

/// A decision, and what every grant on the bucket had to do with it.
#[derive(Debug)]
pub struct Explanation {
    pub outcome: Result<Permit, Refusal>,
    /// In the configuration's order; empty if there is no such bucket.
    pub considered: Vec<Considered>,
}

/// What one grant had to do with a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Considered {
    pub grant: Name,
    pub effect: Effect,
    /// Its prefix or key, as the configuration writes it.
    pub prefix: String,
    pub candidate: bool,
    pub decides: bool,
    pub reasons: Vec<String>,
}

impl Policy {
    /// Decides as [`Policy::authorize`] does, and says why.
    pub fn explain(&self, caller: &Caller, request: &Request, around: Circumstances<'_>) -> Explanation {
        let holder = Holder { claims: caller.claims(), scopes: caller.scopes() };
        let outcome = self.authorize(caller, request, around);
        let question = self.question(Some(caller), holder, request, around);
        let considered = question.map(|question| question.consider(&outcome)).unwrap_or_default();
        Explanation { outcome, considered }
    }
}

impl Question<'_> {
    fn consider(&self, outcome: &Result<Permit, Refusal>) -> Vec<Considered> {
        let text = match (&self.request.object, outcome) {
            (Object::ForFile { .. }, Ok(permit)) => permit.object(),
            (Object::ForFile { .. }, Err(_)) => "",
            (Object::Key(_) | Object::Prefix(_), _) => self.request.object.as_str(),
        };
        let for_prefix = matches!(self.request.object, Object::Prefix(_));
        let covers = |place: Place| !(for_prefix && self.policy.grant(place).scope.is_key());
        let deciding = longest(self.allows_covering(text, covers));
        let spoken_of = outcome.as_ref().err().and_then(|refusal| refusal.grant.as_ref());
        let one = |place: &Place| {
            let grant = self.policy.grant(*place);
            let reach = self.reach(*place, text).and_then(|_| if covers(*place) { Ok(()) } else { Err(Miss::Prefix) });
            let denied = grant.effect == Effect::Deny && for_prefix && self.deny_around(text) == Some(*place);
            let decides = match grant.effect {
                Effect::Allow => deciding.contains(place) || spoken_of == Some(&grant.name),
                Effect::Deny => spoken_of == Some(&grant.name),
            };
            Considered {
                grant: grant.name.clone(),
                effect: grant.effect,
                prefix: grant.scope.as_str().to_owned(),
                candidate: reach.is_ok() || denied,
                decides,
                reasons: self.reasons(*place, &reach, decides),
            }
        };
        self.shelf.all.iter().map(one).collect()
    }

    fn reasons(&self, place: Place, reach: &Result<(), Miss>, decides: bool) -> Vec<String> {
        let grant = self.policy.grant(place);
        match (grant.effect, reach) {
            (_, Err(miss)) if !decides => vec![miss.to_string()],
            (Effect::Deny, _) => vec!["it denies this".to_owned()],
            (Effect::Allow, Ok(())) if !decides => vec!["a grant with a longer prefix decides".to_owned()],
            (Effect::Allow, Ok(()) | Err(_)) => match self.judge(place).satisfied() {
                Ok(_) => vec!["all its limits are met".to_owned()],
                Err(refusal) => unmet(&refusal),
            },
        }
    }
}

/// What a refusal says is unmet, a line each.
fn unmet(refusal: &Refusal) -> Vec<String> {
    let line = |error: &MemberError| match error.pointer.as_str() {
        "" => error.detail.clone(),
        pointer => format!("{}: {}", pointer.trim_start_matches('/'), error.detail),
    };
    match refusal.errors.as_slice() {
        [] => vec!["it is switched off (enabled = false)".to_owned()],
        errors => errors.iter().map(line).collect(),
    }
}

impl std::fmt::Display for Miss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Issuer => f.write_str("it is for another issuer"),
            Self::Action => f.write_str("the operation is not among its actions"),
            Self::When(claim) => write!(f, "the token's {claim} is not what `when` asks"),
            Self::Prefix => f.write_str("its prefix does not begin the key, or the token lacks a claim in it"),
        }
    }
}
