//! What an issuer's claims have to say, once its key has vouched for them. RFC 7519, RFC 9068.

use std::time::Duration;
use std::time::SystemTime;

use super::fault::Fault;
use crate::adapters::config::Issuer;
use crate::domain::claims::Claims;
use crate::domain::claims::Value;

/// From when to when a token is valid, leeway included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first instant.
    pub from: SystemTime,
    /// The first instant after it.
    pub to: SystemTime,
    /// `exp` itself.
    pub expires_at: SystemTime,
}

impl Window {
    /// Whether `now` lies in it.
    pub fn admits(&self, now: SystemTime) -> Result<(), Fault> {
        if now < self.from {
            return Err(Fault::NotYetValid);
        }
        if now >= self.to {
            return Err(Fault::Expired);
        }
        Ok(())
    }
}

/// When these claims hold, if the issuer's rules let them hold at all.
pub fn window(claims: &Claims, issuer: &Issuer) -> Result<Window, Fault> {
    if !issuer.audience_claims.iter().filter_map(|name| claims.named(name)).any(|claim| is_meant_for(claim, issuer)) {
        return Err(Fault::Audience);
    }
    if claims.named("cnf").is_some() {
        return Err(Fault::Bound);
    }
    let is_missing = |name: &String| matches!(claims.named(name), None | Some(Value::Null));
    if issuer.required_claims.iter().any(is_missing) {
        return Err(Fault::MissingClaim);
    }
    names_are_strings(claims)?;
    times(claims, issuer.leeway)
}

/// `sub`, `client_id` and `jti` are strings where they are present.
pub fn names_are_strings(claims: &Claims) -> Result<(), Fault> {
    let is_text = |name: &str| claims.named(name).is_none_or(|claim| claim.as_str().is_some());
    match ["sub", "client_id", "jti"].into_iter().all(is_text) {
        true => Ok(()),
        false => Err(Fault::MalformedClaim),
    }
}

/// RFC 7519, 4.1.3: a string, or a list of strings.
fn is_meant_for(claim: &Value, issuer: &Issuer) -> bool {
    let is_ours = |text: &str| issuer.audiences.iter().any(|audience| audience == text);
    match claim {
        Value::String(text) => is_ours(text),
        Value::List(items) => {
            items.iter().all(|item| item.as_str().is_some()) && items.iter().filter_map(Value::as_str).any(is_ours)
        }
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::Object(_) => false,
    }
}

fn times(claims: &Claims, leeway: Duration) -> Result<Window, Fault> {
    let expires_at = time(claims, "exp")?.ok_or(Fault::MissingClaim)?;
    let begins = time(claims, "nbf")?.max(time(claims, "iat")?).unwrap_or(SystemTime::UNIX_EPOCH);
    let from = begins.checked_sub(leeway).ok_or(Fault::MalformedClaim)?;
    let to = expires_at.checked_add(leeway).ok_or(Fault::MalformedClaim)?;
    Ok(Window { from, to, expires_at })
}

/// RFC 7519, 2: a NumericDate is a number of seconds since 1970, perhaps with a fraction.
fn time(claims: &Claims, name: &str) -> Result<Option<SystemTime>, Fault> {
    let since_epoch = match claims.named(name) {
        None => return Ok(None),
        Some(Value::Integer(seconds)) => u64::try_from(*seconds).ok().map(Duration::from_secs),
        Some(Value::Float(seconds)) => Duration::try_from_secs_f64(*seconds).ok(),
        Some(Value::Null | Value::Bool(_) | Value::String(_) | Value::List(_) | Value::Object(_)) => None,
    };
    let sane = since_epoch.filter(|since| since.as_secs() <= END_OF_9999);
    sane.map(|since| Some(SystemTime::UNIX_EPOCH + since)).ok_or(Fault::MalformedClaim)
}

/// The last second of the year 9999, after which RFC 3339 has no name for a time.
const END_OF_9999: u64 = 253_402_300_799;
