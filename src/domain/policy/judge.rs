//! A candidate's limits against the request: rule 4 of how a grant is found.

use crate::domain::caller::Caller;
use crate::domain::grant::Grant;
use crate::domain::lifetime;
use crate::domain::lifetime::CutShort;
use crate::domain::lifetime::Lifetime;
use crate::domain::lifetime::LimitedBy;
use crate::domain::lifetime::TooLong;
use crate::domain::limits;
use crate::domain::name::Name;
use crate::domain::parameters::Parameters;
use crate::domain::policy::Question;
use crate::domain::policy::Window;
use crate::domain::policy::index::Place;
use crate::domain::refusal::MemberError;
use crate::domain::refusal::Refusal;
use crate::domain::refusal::RefusalCode;
use crate::domain::step_up::StepUp;
use crate::domain::store::Unsupported;
use crate::domain::store::features::Feature;
use crate::domain::template::Filling;

/// A request as one grant would have it signed, and what of the grant's limits it does not meet.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) place: Place,
    pub(super) grant: Name,
    pub(super) enabled: bool,
    /// With what the grant signs in.
    pub(super) parameters: Parameters,
    pub(super) lifetime: Result<(Lifetime, LimitedBy), TooLong>,
    pub(super) unmet: Vec<MemberError>,
    /// What the bucket's store cannot do of it.
    pub(super) unsupported: Option<Unsupported>,
    /// How the caller should have authenticated, and did not.
    pub(super) step_up: Option<StepUp>,
}

impl Question<'_> {
    /// Holds the request against one grant's limits.
    pub(super) fn judge(&self, place: Place) -> Judged {
        let grant = self.policy.grant(place);
        let mut parameters = self.sized_parameters(grant);
        let date = date_path(self.around.now);
        let around = limits::Around {
            filling: Filling { claims: self.holder.claims, id: self.around.id, date: &date },
            default_encryption: self.bucket.default_encryption.as_ref(),
            signed_at: self.around.now,
        };
        let mut unmet = limits::hold(grant, self.operation(), &mut parameters, around);
        unmet.extend(limits::key_prefix(grant, self.request));
        if self.caller.is_some() {
            unmet.extend(limits::address(grant, self.around.address));
        }
        let unsupported = self.bucket.lacks.refusal(self.operation(), &self.request.parameters, &parameters);
        let step_up = self.caller.and_then(|caller| self.step_up(grant, caller));
        let lifetime = self.policy.expiry.ask(self.request.expires_in, grant.max_expires);
        Judged {
            place,
            grant: grant.name.clone(),
            enabled: grant.enabled,
            parameters,
            lifetime,
            unmet,
            unsupported,
            step_up,
        }
    }

    /// The request's own. A plan's completion says the size of the whole, which not every store looks at: where no
    /// limit hangs on it, it is left out there.
    fn sized_parameters(&self, grant: &Grant) -> Parameters {
        let asked = &self.request.parameters;
        let is_unheeded = || self.bucket.lacks.why_not(Feature::ObjectSize, "").is_some();
        match asked.planned_size.is_some() && grant.upload.max_size.is_none() && is_unheeded() {
            true => Parameters { object_size: None, ..asked.clone() },
            false => asked.clone(),
        }
    }

    fn step_up(&self, grant: &Grant, caller: &Caller) -> Option<StepUp> {
        let demanded = grant.step_up(self.request.rights())?;
        (!demanded.is_met(caller.claims(), self.around.now)).then(|| demanded.into_owned())
    }

    /// When the credentials can sign, if they can now.
    pub(super) fn window(&self, judged: &Judged, credentials: &Name) -> Result<&Window, Refusal> {
        let open = self.around.windows.0.get(credentials).filter(|window| window.opens_at(self.around.now));
        open.ok_or_else(|| judged.refusal(RefusalCode::CredentialsUnavailable))
    }

    /// The lifetime after an MFA code, the token and the credentials have cut it.
    pub(super) fn settle(&self, judged: &Judged, window: &Window) -> Result<(Lifetime, LimitedBy), Refusal> {
        let rules = &self.policy.expiry;
        let now = self.around.now;
        let refuse = |cut| {
            judged.refusal(match cut {
                CutShort::Token => RefusalCode::ExpiredToken,
                CutShort::Credentials => RefusalCode::CredentialsUnavailable,
            })
        };
        let mut lifetime = judged.lifetime.map_err(|too_long| judged.too_long(too_long))?;
        if judged.parameters.mfa.is_some() {
            lifetime = lifetime::within_mfa_code(lifetime);
        }
        if let Some(caller) = self.caller {
            lifetime = rules.within_token(lifetime, caller.expires_at(), now).map_err(refuse)?;
        }
        match window.valid_until() {
            None => Ok(lifetime),
            Some(end) => rules.within_credentials(lifetime, end, now).map_err(refuse),
        }
    }
}

impl Judged {
    /// The judgement itself if every limit is met, else the answer that speaks of this grant. Nobody is sent to meet
    /// limits, or to authenticate anew, for what the store refuses in the end.
    pub(super) fn satisfied(self) -> Result<Self, Refusal> {
        match (self.lifetime, &self.step_up) {
            _ if !self.enabled => Err(self.refusal(RefusalCode::GrantDisabled)),
            _ if self.unsupported.is_some() => Err(self.not_supported()),
            _ if !self.unmet.is_empty() => Err(self.not_satisfied()),
            (Ok(_), None) => Ok(self),
            (Err(too_long), None) => Err(self.too_long(too_long)),
            (Ok(_), Some(step_up)) => Err(self.insufficient(step_up)),
            (Err(_), Some(_)) => Err(self.not_satisfied()),
        }
    }

    /// A refusal that this grant decided.
    pub(super) fn refusal(&self, code: RefusalCode) -> Refusal {
        Refusal { grant: Some(self.grant.clone()), ..Refusal::of(code) }
    }

    pub(super) fn too_long(&self, TooLong { max }: TooLong) -> Refusal {
        Refusal {
            errors: vec![too_long(max)],
            max_expires_in: Some(max.seconds()),
            ..self.refusal(RefusalCode::ExpiresInTooLong)
        }
    }

    fn insufficient(&self, step_up: &StepUp) -> Refusal {
        Refusal {
            errors: vec![unmet_authentication(step_up)],
            step_up: Some(Box::new(step_up.clone())),
            ..self.refusal(RefusalCode::InsufficientAuthentication)
        }
    }

    fn not_supported(&self) -> Refusal {
        let errors = self.unsupported.as_ref().map(|Unsupported(errors)| errors.clone()).unwrap_or_default();
        Refusal { errors, ..self.refusal(RefusalCode::NotSupportedByStore) }
    }

    fn not_satisfied(&self) -> Refusal {
        let mut errors = self.unmet.clone();
        errors.extend(self.step_up.as_ref().map(unmet_authentication));
        errors.extend(self.lifetime.err().map(|TooLong { max }| too_long(max)));
        Refusal { errors, ..self.refusal(RefusalCode::GrantNotSatisfied) }
    }
}

fn too_long(max: Lifetime) -> MemberError {
    MemberError::at("/expires_in", format!("ask for at most {} seconds", max.seconds()))
}

/// No member of a request can mend it.
fn unmet_authentication(step_up: &StepUp) -> MemberError {
    MemberError::at("", step_up.to_string())
}

/// `2026/11/24`, UTC.
pub(super) fn date_path(at: std::time::SystemTime) -> String {
    let date = time::OffsetDateTime::from(at).date();
    format!("{:04}/{:02}/{:02}", date.year(), u8::from(date.month()), date.day())
}
