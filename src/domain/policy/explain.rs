//! The decision with its reasons, grant by grant.

use crate::domain::caller::Caller;
use crate::domain::claims::ClaimPath;
use crate::domain::grant::Effect;
use crate::domain::grant::Grant;
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
use crate::domain::scope::Scope;
use crate::domain::template::texts;

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
        let keyless = matches!((&self.request.object, outcome), (Object::ForFile { .. }, Err(_)));
        let undecided = if keyless { "no key was made" } else { "a grant with a longer prefix decides" };
        let covers = |place: Place| !(for_prefix && self.policy.grant(place).scope.is_key());
        let deciding = longest(self.allows_covering(text, covers));
        let spoken_of = outcome.as_ref().err().and_then(|refusal| refusal.grant.as_ref());
        let one = |place: &Place| {
            let grant = self.policy.grant(*place);
            let reach = match self.reach(*place, text) {
                Err(Miss::Prefix) if keyless && self.is_keyless_candidate(*place) => Ok(()),
                Ok(_) if !covers(*place) => Err(Miss::Prefix),
                reached => reached.map(|_| ()),
            };
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
                reasons: match decides {
                    true => self.deciding_reasons(*place),
                    false => vec![self.other_reason(*place, &reach, undecided)],
                },
            }
        };
        self.shelf.all.iter().map(one).collect()
    }

    /// What a grant that decides has to say.
    fn deciding_reasons(&self, place: Place) -> Vec<String> {
        match self.policy.grant(place).effect {
            Effect::Deny => vec![DENIES.to_owned()],
            Effect::Allow => match self.judge(place).satisfied() {
                Ok(_) => vec!["all its limits are met".to_owned()],
                Err(refusal) => unmet(&refusal),
            },
        }
    }

    /// Why another does not; `undecided` is why a candidate does not.
    fn other_reason(&self, place: Place, reach: &Result<(), Miss>, undecided: &str) -> String {
        let grant = self.policy.grant(place);
        match (grant.effect, reach) {
            (_, Err(miss)) => self.missed(grant, miss),
            (Effect::Deny, Ok(())) => DENIES.to_owned(),
            (Effect::Allow, Ok(())) => undecided.to_owned(),
        }
    }

    /// Why a grant is no candidate.
    fn missed(&self, grant: &Grant, miss: &Miss) -> String {
        match miss {
            Miss::Issuer => "it is for another issuer".to_owned(),
            Miss::Action => "the operation is not among its actions".to_owned(),
            Miss::When(claim) => format!("the token's {claim} is not what `when` asks"),
            Miss::Prefix => self.uncovered(&grant.scope),
        }
    }

    fn uncovered(&self, scope: &Scope) -> String {
        let fills = |claim: &ClaimPath| self.holder.claims.at(claim).is_some_and(|found| !texts(found).is_empty());
        if let Some(absent) = scope.claims().find(|claim| !fills(claim)) {
            return format!("the token has no {absent} to fill in");
        }
        let told = match (&self.request.object, scope.is_key()) {
            (Object::Prefix(_), true) => "a key covers no prefix",
            (Object::Prefix(_), false) => "its prefix does not begin the one asked for",
            (Object::Key(_) | Object::ForFile { .. }, true) => "its key is another",
            (Object::Key(_) | Object::ForFile { .. }, false) => "its prefix does not begin the key",
        };
        told.to_owned()
    }
}

const DENIES: &str = "it denies this";

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
