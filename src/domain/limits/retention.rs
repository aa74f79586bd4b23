//! The limits on Object Lock: what a grant signs in, and between which bounds the caller chooses.

use std::time::Duration;
use std::time::SystemTime;

use crate::domain::refusal::MemberError;
use crate::domain::retention::LegalHold;
use crate::domain::retention::LockLimits;
use crate::domain::retention::ObjectLock;
use crate::domain::retention::RetainUntil;

/// Adds what the grant signs in at that signing time, and tells what is unmet even so.
pub(super) fn hold(limits: Option<&LockLimits>, given: &mut ObjectLock, signed_at: SystemTime) -> Vec<MemberError> {
    let Some(limits) = limits else {
        let refused = (!given.is_empty()).then(|| MemberError::at("/object_lock", "this grant takes no lock"));
        return refused.into_iter().collect();
    };
    let mut unmet: Vec<MemberError> = legal_hold(limits.legal_hold, given).into_iter().collect();
    if limits.asks_for_retention() || given.retain_until.is_some() {
        unmet.extend(mode(limits, given));
        unmet.extend(retain_until(limits, given, signed_at));
    }
    unmet
}

fn mode(limits: &LockLimits, given: &mut ObjectLock) -> Option<MemberError> {
    match (limits.mode, given.mode) {
        (None, None) => Some(at("mode", "give GOVERNANCE or COMPLIANCE".to_owned())),
        (Some(demanded), Some(asked)) if demanded != asked => Some(at("mode", format!("give {}", demanded.as_str()))),
        (demanded, asked) => {
            given.mode = asked.or(demanded);
            None
        }
    }
}

/// Both bounds are inclusive. Without a least one the end is after the signing time: S3 refuses any other.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html>
fn retain_until(limits: &LockLimits, given: &mut ObjectLock, signed_at: SystemTime) -> Option<MemberError> {
    let bound = |retention| RetainUntil::after(signed_at, retention);
    let (least, most) = (limits.min_retention.and_then(bound), limits.max_retention.and_then(bound));
    if limits.min_retention.is_some() && least.is_none() {
        return Some(at("retain_until", "what the grant asks for ends after the year 9999".to_owned()));
    }
    let Some(asked) = given.retain_until.or(least) else {
        return Some(at("retain_until", "say until when".to_owned()));
    };
    given.retain_until = Some(asked);
    match (least.or_else(|| bound(A_SECOND)), most) {
        (Some(least), _) if asked < least => Some(at("retain_until", format!("give {least} or later"))),
        (_, Some(most)) if asked > most => Some(at("retain_until", format!("give {most} or earlier"))),
        (Some(_) | None, Some(_) | None) => None,
    }
}

const A_SECOND: Duration = Duration::from_secs(1);

fn legal_hold(limit: LegalHold, given: &mut ObjectLock) -> Option<MemberError> {
    match (limit, given.legal_hold) {
        (LegalHold::None, Some(_)) => Some(at("legal_hold", "this grant takes no legal hold".to_owned())),
        (LegalHold::Required, Some(false)) => Some(at("legal_hold", "leave it out: the grant sets it".to_owned())),
        (LegalHold::Required, Some(true) | None) => {
            given.legal_hold = Some(true);
            None
        }
        (LegalHold::None | LegalHold::Open, _) => None,
    }
}

fn at(member: &str, detail: String) -> MemberError {
    MemberError::at(format!("/object_lock/{member}"), detail)
}
