//! The form of `object_lock`.

use crate::domain::claims::Value;
use crate::domain::forms::Read;
use crate::domain::forms::at;
use crate::domain::forms::boolean;
use crate::domain::forms::members;
use crate::domain::forms::text;
use crate::domain::retention::LockMode;
use crate::domain::retention::ObjectLock;
use crate::domain::retention::RetainUntil;

/// A mode and an end go together.
pub(in crate::domain) fn object_lock(value: &Value) -> Read<ObjectLock> {
    members("object_lock", value, &["mode", "retain_until", "legal_hold"])?;
    let lock = ObjectLock {
        mode: value.member("mode").map(mode).transpose()?,
        retain_until: value.member("retain_until").map(retain_until).transpose()?,
        legal_hold: value.member("legal_hold").map(|given| boolean("object_lock/legal_hold", given)).transpose()?,
    };
    match (lock.mode, lock.retain_until) {
        (Some(_), None) => Err(at("object_lock/retain_until", "give retain_until with mode")),
        (None, Some(_)) => Err(at("object_lock/mode", "give mode with retain_until")),
        (Some(_), Some(_)) | (None, None) => Ok(lock),
    }
}

fn mode(value: &Value) -> Read<LockMode> {
    let name = "object_lock/mode";
    let wrong = || at(name, format!("give {}", LockMode::ALL.map(LockMode::as_str).join(" or ")));
    LockMode::named(text(name, value)?).ok_or_else(wrong)
}

fn retain_until(value: &Value) -> Read<RetainUntil> {
    let name = "object_lock/retain_until";
    RetainUntil::parse(text(name, value)?).map_err(|error| at(name, error.to_string()))
}
