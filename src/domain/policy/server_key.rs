//! Keys that the service makes: a file's name, and the grant whose template makes a key of it.

use crate::domain::grant::Effect;
use crate::domain::key::FileName;
use crate::domain::key::InvalidKey;
use crate::domain::key::ObjectKey;
use crate::domain::operation::Operation;
use crate::domain::policy::Question;
use crate::domain::policy::index::Place;
use crate::domain::policy::judge;
use crate::domain::policy::judge::Judged;
use crate::domain::policy::no_grant;
use crate::domain::refusal::MemberError;
use crate::domain::refusal::Refusal;
use crate::domain::refusal::RefusalCode;
use crate::domain::request::Object;
use crate::domain::template::Filling;

impl Question<'_> {
    /// Makes the key, and judges it as if it had been sent.
    pub(super) fn of_file(&self, file_name: &FileName, named: Option<&str>) -> Result<(Judged, ObjectKey), Refusal> {
        let place = match named {
            Some(name) => self.template_named(name)?,
            None => self.only_template()?,
        };
        let key = self.make_key(place, file_name)?;
        if !self.deciding(key.as_str())?.contains(&place) {
            let error = MemberError::at("/file_name", "another grant decides the key that this one makes");
            return Err(Refusal { errors: vec![error], ..self.judge(place).refusal(RefusalCode::GrantNotSatisfied) });
        }
        Ok((self.judge(place).satisfied()?, key))
    }

    /// Under one grant alone, for an operator.
    pub(super) fn of_operator(&self, place: Place) -> Result<(Judged, String), Refusal> {
        let scope = &self.policy.grant(place).scope;
        let key = match &self.request.object {
            Object::Prefix(_) if scope.is_key() => return Err(no_grant()),
            Object::Prefix(prefix) => prefix.as_str().to_owned(),
            Object::Key(key) => key.as_str().to_owned(),
            Object::ForFile { grant: Some(named), .. } if *named != self.policy.grant(place).name.as_str() => {
                return Err(no_grant());
            }
            Object::ForFile { file_name, .. } => self.make_key(place, file_name)?.as_str().to_owned(),
        };
        self.reach(place, &key).map_err(|_| no_grant())?;
        Ok((self.judge(place).satisfied()?, key))
    }

    fn template_named(&self, name: &str) -> Result<Place, Refusal> {
        let place = self.allow_named(name).filter(|place| self.is_keyless_candidate(*place)).ok_or_else(no_grant)?;
        match self.shelf.with_template.contains(&place) {
            true => Ok(place),
            false => Err(invalid("/grant", "this grant makes no keys: name one that has a key_template")),
        }
    }

    fn only_template(&self) -> Result<Place, Refusal> {
        let with_template = self.shelf.with_template.iter().copied();
        let candidates: Vec<Place> = with_template.filter(|place| self.is_keyless_candidate(*place)).collect();
        match candidates.as_slice() {
            [place] => Ok(*place),
            [] if self.shelf.all.iter().any(|place| self.is_keyless_candidate(*place)) => {
                Err(invalid("/file_name", "no grant of yours makes keys here: give key"))
            }
            [] => Err(no_grant()),
            _ => Err(invalid("/grant", "several grants of yours make keys here: name one")),
        }
    }

    /// Whether an allow is a candidate for some key.
    pub(super) fn is_keyless_candidate(&self, place: Place) -> bool {
        let grant = self.policy.grant(place);
        let allows = grant.effect == Effect::Allow;
        allows && self.meets(grant).is_ok() && self.fills(place, "").is_none_or(|fills| !fills.is_empty())
    }

    fn make_key(&self, place: Place, file_name: &FileName) -> Result<ObjectKey, Refusal> {
        let grant = self.policy.grant(place);
        let unmet = |detail: &str| Refusal {
            errors: vec![MemberError::at("/file_name", detail)],
            ..self.judge(place).refusal(RefusalCode::GrantNotSatisfied)
        };
        let Some(template) = &grant.upload.key_template else {
            return Err(invalid("/file_name", "this grant makes no keys: give key"));
        };
        let prefixes = self.fills(place, "").unwrap_or_default();
        let [prefix] = prefixes.as_slice() else {
            return Err(unmet("the token gives no single prefix to make a key under: give key"));
        };
        let date = judge::date_path(self.around.now);
        let filling = Filling { claims: self.holder.claims, id: self.around.id, date: &date };
        let Some(tail) = template.fill(filling, file_name) else {
            return Err(unmet("the token lacks a claim that the grant makes keys of"));
        };
        let key = ObjectKey::parse(&format!("{prefix}{tail}"));
        match self.operation() {
            Operation::PostObject => key.and_then(ObjectKey::in_form).map_err(invalid_key),
            _ => key.map_err(invalid_key),
        }
    }
}

fn invalid(pointer: &str, detail: &str) -> Refusal {
    Refusal { errors: vec![MemberError::at(pointer, detail)], ..Refusal::of(RefusalCode::InvalidRequest) }
}

fn invalid_key(error: InvalidKey) -> Refusal {
    let errors = vec![MemberError::at("/file_name", error.to_string())];
    Refusal { errors, ..Refusal::of(RefusalCode::InvalidKey) }
}
