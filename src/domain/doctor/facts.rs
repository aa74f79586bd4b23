//! What a bucket has, in a few words each.

use crate::domain::doctor::settings::Settings;

/// What is set, for people.
pub fn facts(settings: &Settings) -> Vec<String> {
    let mut facts = Vec::new();
    facts.extend(settings.encryption.set().map(|encryption| format!("default encryption {}", encryption.algorithm)));
    if let Some(versioning) = settings.versioning.set().filter(|versioning| versioning.enabled) {
        facts.push("versions".to_owned());
        facts.extend(versioning.mfa_delete.then(|| "MFA delete".to_owned()));
    }
    facts.extend(settings.lock.set().map(|lock| match &lock.by_default {
        Some(mode) => format!("Object Lock, {mode} by default"),
        None => "Object Lock".to_owned(),
    }));
    facts.extend(settings.policy.set().map(|_| "a bucket policy".to_owned()));
    let shut = settings.public_access.set().filter(|access| access.off.is_empty());
    facts.extend(shut.map(|_| "public access block".to_owned()));
    facts.extend(settings.cors.set().map(|rules| format!("CORS rules: {}", rules.len())));
    facts.extend(settings.logging.set().map(|target| format!("access logs to {}/{}", target.bucket, target.prefix)));
    let ended = settings.ended.set().filter(|ended| !ended.is_empty());
    facts.extend(ended.map(|_| "an end of abandoned uploads".to_owned()));
    facts.extend(settings.ownership.set().map(|word| format!("ownership {word}")));
    facts
}
