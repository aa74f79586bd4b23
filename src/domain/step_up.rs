//! How a caller must have authenticated: `require.mfa` against a token's `auth_time`, `amr` and `acr`.

use std::fmt;
use std::time::SystemTime;

use crate::domain::claims::Claims;
use crate::domain::claims::Value;
use crate::domain::lifetime;

/// What a token must tell of its holder's authentication; whatever is named here must hold.
/// <https://www.rfc-editor.org/rfc/rfc9470#section-3>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepUp {
    /// `auth_time` is not longer ago than this, in seconds, and not in the future.
    pub max_age: Option<u64>,
    /// `amr` has one of these; empty: any.
    pub amr: Vec<String>,
    /// `acr` is one of these; empty: any.
    pub acr: Vec<String>,
}

impl StepUp {
    /// By MFA, not longer ago than that: what a mere duration in the configuration means.
    pub fn mfa_within(seconds: u64) -> Self {
        Self { max_age: Some(seconds), amr: vec!["mfa".to_owned()], acr: Vec::new() }
    }

    /// What the delete of a version asks where its grant says nothing: MFA in the last 15 minutes.
    pub fn usual() -> Self {
        Self::mfa_within(900)
    }

    /// Whether a token tells of such an authentication.
    pub fn is_met(&self, claims: &Claims, now: SystemTime) -> bool {
        let names = |claim, wanted: &[String]| wanted.is_empty() || tells(claims.named(claim), wanted);
        let recent = |max_age: &u64| age(claims, now).is_some_and(|age| age <= *max_age);
        self.max_age.as_ref().is_none_or(recent) && names("amr", &self.amr) && names("acr", &self.acr)
    }
}

impl fmt::Display for StepUp {
    /// What to send, as part of a sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("send a token")?;
        let (mut before, one_of) = (" whose", |words: &[String]| words.join(" or "));
        if let Some(max_age) = self.max_age {
            write!(f, "{before} auth_time is at most {max_age} s ago")?;
            before = " and whose";
        }
        if !self.amr.is_empty() {
            write!(f, "{before} amr has {}", one_of(&self.amr))?;
            before = " and whose";
        }
        if !self.acr.is_empty() {
            write!(f, "{before} acr is {}", one_of(&self.acr))?;
        }
        Ok(())
    }
}

/// Seconds since the authentication; `None` if the token does not tell it, or tells of one that is still to come.
fn age(claims: &Claims, now: SystemTime) -> Option<u64> {
    let then = match claims.named("auth_time")? {
        Value::Integer(seconds) => u64::try_from(*seconds).ok()?,
        // RFC 7519: a NumericDate may have a fraction
        Value::Float(seconds) if *seconds >= 0.0 && *seconds < u64::MAX as f64 => seconds.floor() as u64,
        _ => return None,
    };
    lifetime::unix_seconds(now).checked_sub(then)
}

/// `amr` is a list of strings, `acr` a string; either way round some issuers have it otherwise.
fn tells(claim: Option<&Value>, wanted: &[String]) -> bool {
    let is_wanted = |value: &Value| value.as_str().is_some_and(|text| wanted.iter().any(|wanted| wanted == text));
    match claim {
        Some(Value::List(items)) => items.iter().any(is_wanted),
        Some(value) => is_wanted(value),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn step_up(max_age: Option<u64>, amr: &[&str], acr: &[&str]) -> StepUp {
        StepUp { max_age, amr: words(amr), acr: words(acr) }
    }

    #[test]
    fn everything_that_is_named_must_hold() {
        let usual = StepUp::usual();
        let acr = step_up(None, &[], &["c1", "c2"]);
        let all = step_up(Some(60), &["hwk", "otp"], &["c2"]);
        let cases = [
            (&usual, r#"{"auth_time":10000,"amr":["pwd","mfa"]}"#, true),
            (&usual, r#"{"auth_time":9100,"amr":["mfa"]}"#, true),
            (&usual, r#"{"auth_time":9099,"amr":["mfa"]}"#, false),
            (&usual, r#"{"auth_time":10001,"amr":["mfa"]}"#, false),
            (&usual, r#"{"auth_time":10000.9,"amr":["mfa"]}"#, true),
            (&usual, r#"{"auth_time":9099.9,"amr":["mfa"]}"#, false),
            (&usual, r#"{"auth_time":"10000","amr":["mfa"]}"#, false),
            (&usual, r#"{"auth_time":-1,"amr":["mfa"]}"#, false),
            (&usual, r#"{"auth_time":1e300,"amr":["mfa"]}"#, false),
            (&usual, r#"{"auth_time":-1e300,"amr":["mfa"]}"#, false),
            (&usual, r#"{"auth_time":null,"amr":["mfa"]}"#, false),
            (&usual, r#"{"amr":["mfa"]}"#, false),
            (&usual, r#"{"auth_time":10000}"#, false),
            (&usual, r#"{"auth_time":10000,"amr":[]}"#, false),
            (&usual, r#"{"auth_time":10000,"amr":["pwd"]}"#, false),
            (&usual, r#"{"auth_time":10000,"amr":["MFA"]}"#, false),
            (&usual, r#"{"auth_time":10000,"amr":["mfa2"]}"#, false),
            (&usual, r#"{"auth_time":10000,"amr":[["mfa"]]}"#, false),
            (&usual, r#"{"auth_time":10000,"amr":{"mfa":true}}"#, false),
            (&usual, r#"{"auth_time":10000,"amr":"mfa"}"#, true),
            (&acr, r#"{"acr":"c1"}"#, true),
            (&acr, r#"{"acr":"c2","auth_time":99999}"#, true),
            (&acr, r#"{"acr":["c2"]}"#, true),
            (&acr, r#"{"acr":"c3"}"#, false),
            (&acr, r#"{"acr":"c1 c2"}"#, false),
            (&acr, r#"{"acr":1}"#, false),
            (&acr, r#"{}"#, false),
            (&all, r#"{"auth_time":9940,"amr":["otp"],"acr":"c2"}"#, true),
            (&all, r#"{"auth_time":9939,"amr":["otp"],"acr":"c2"}"#, false),
            (&all, r#"{"auth_time":9940,"amr":["mfa"],"acr":"c2"}"#, false),
            (&all, r#"{"auth_time":9940,"amr":["hwk"],"acr":"c1"}"#, false),
            (&all, r#"{"auth_time":9940,"amr":["hwk"]}"#, false),
        ];
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(10_000_700);
        for (step_up, claims, expected) in cases {
            let read = Claims::of(serde_json::from_str(claims).unwrap()).unwrap();
            assert_eq!(step_up.is_met(&read, now), expected, "{claims}: {step_up}");
        }
    }

    #[test]
    fn it_says_what_to_send() {
        let cases = [
            (StepUp::usual(), "send a token whose auth_time is at most 900 s ago and whose amr has mfa"),
            (step_up(None, &[], &["a", "b"]), "send a token whose acr is a or b"),
            (
                step_up(Some(1), &["x", "y"], &["c"]),
                "send a token whose auth_time is at most 1 s ago and whose amr has x or y and whose acr is c",
            ),
        ];
        for (step_up, expected) in cases {
            assert_eq!(step_up.to_string(), expected);
        }
    }
}
