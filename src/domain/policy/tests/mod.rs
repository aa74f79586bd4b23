//! "How a grant is found", a case each, on grants made here.

mod narrower;
mod rules;
mod server_keys;
mod stores;
mod windows;

use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use super::*;
use crate::domain::action::Action;
use crate::domain::bucket::BucketName;
use crate::domain::bucket::Resource;
use crate::domain::claims::ClaimPath;
use crate::domain::claims::Value;
use crate::domain::endpoint::Signing;
use crate::domain::endpoint::Target;
use crate::domain::grant::Claim;
use crate::domain::grant::Condition;
use crate::domain::grant::DownloadLimits;
use crate::domain::grant::MfaRule;
use crate::domain::grant::Quantifier;
use crate::domain::grant::Scalar;
use crate::domain::grant::UploadLimits;
use crate::domain::lifetime::Lifetime;
use crate::domain::scheme::Scheme;
use crate::domain::scope::Scope;
use crate::domain::store::Store;
use crate::domain::store::features::Lacks;
use crate::domain::template::KeyTemplate;

const NOW: u64 = 1_764_000_000;

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn bucket(alias: &str, real: &str, underlying: Option<&str>) -> Bucket {
    let target = Target {
        scheme: Scheme::Https,
        authority: "s3.example.net".into(),
        host: "s3.example.net".into(),
        base_path: format!("/{real}"),
        region: "us-east-1".into(),
        service: "s3",
        signing: Signing::SigV4,
    };
    Bucket {
        alias: name(alias),
        resource: Resource::parse(real).unwrap(),
        underlying: underlying.iter().map(|real| BucketName::parse(real).unwrap()).collect(),
        target: Arc::new(target),
        store: Store::Generic,
        lacks: Lacks::default(),
        default_encryption: None,
        read_credentials: name("reader"),
        write_credentials: name("writer"),
        log_id: true,
    }
}

/// An allow for issuer `corp` on bucket `media`.
fn allow(grant: &str, prefix: &str, actions: &[&str]) -> Grant {
    Grant {
        name: name(grant),
        effect: Effect::Allow,
        bucket: name("media"),
        scope: Scope::prefix(prefix, !prefix.is_empty() && !prefix.ends_with('/')).unwrap(),
        actions: actions.iter().map(|word| Action::named(word).unwrap()).collect(),
        issuers: vec![name("corp")],
        when: Vec::new(),
        enabled: true,
        max_expires: Lifetime::HOUR,
        credentials: None,
        upload: UploadLimits::default(),
        download: DownloadLimits::default(),
        source_ips: None,
        mfa: MfaRule::Usual,
    }
}

fn key(grant: &str, key: &str, actions: &[&str]) -> Grant {
    Grant { scope: Scope::key(key).unwrap(), ..allow(grant, "", actions) }
}

fn deny(grant: &str, prefix: &str, actions: &[&str]) -> Grant {
    Grant { effect: Effect::Deny, issuers: Vec::new(), ..allow(grant, prefix, actions) }
}

fn when(grant: Grant, claim: &str, quantifier: Quantifier, values: &[Scalar]) -> Grant {
    let claim = if claim == "scope" { Claim::Scope } else { Claim::At(ClaimPath::of(claim.split('.')).unwrap()) };
    Grant { when: vec![Condition { claim, quantifier, values: values.to_vec() }], ..grant }
}

fn text(value: &str) -> Scalar {
    Scalar::String(value.into())
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

fn caller(issuer: &str, claims: &str) -> Caller {
    let scopes = ["scope".to_owned(), "scp".to_owned()];
    Caller::verified(name(issuer), Claims::of(value(claims)).unwrap(), &scopes, now() + Duration::from_secs(600))
}

fn policy(grants: Vec<Grant>) -> Policy {
    let buckets = vec![
        bucket("media", "acme-media", None),
        bucket("alias", "acme-media", None),
        bucket("other", "acme-other", None),
        bucket("point", "acme-point", Some("acme-media")),
        bucket("point-again", "acme-point", None),
        bucket("point-arn-again", "arn:aws:s3:eu-west-1:123456789012:accesspoint/ap", Some("acme-media")),
        bucket("point-arn", "arn:aws:s3:eu-west-1:123456789012:accesspoint:ap", None),
        Bucket {
            underlying: ["acme-media", "acme-replica"].map(|real| BucketName::parse(real).unwrap()).into(),
            ..bucket("everywhere", "arn:aws:s3::123456789012:accesspoint/a.mrap", None)
        },
        bucket("replica", "acme-replica", None),
    ];
    Policy::new(ExpiryRules::default(), buckets, grants)
}

fn windows() -> CredentialWindows {
    CredentialWindows(["reader", "writer", "own"].map(|known| (name(known), Window::Endless)).into())
}

fn ask(policy: &Policy, caller: &Caller, body: &str) -> Result<Permit, Refusal> {
    let windows = windows();
    let address = Some("192.0.2.7".parse().unwrap());
    let around = Circumstances { id: "0197", address, windows: &windows, now: now() };
    policy.authorize(caller, &Request::parse(&value(body)).unwrap(), around)
}

/// The grant that decided, or the code and the grant that it speaks of.
fn outcome(result: &Result<Permit, Refusal>) -> String {
    match result {
        Ok(permit) => permit.grant().to_string(),
        Err(refusal) => match &refusal.grant {
            Some(grant) => format!("{} by {grant}", refusal.code.as_str()),
            None => refusal.code.as_str().to_owned(),
        },
    }
}

fn get(key: &str) -> String {
    format!(r#"{{"operation":"GetObject","bucket":"media","key":"{key}"}}"#)
}

fn put(key: &str) -> String {
    format!(r#"{{"operation":"PutObject","bucket":"media","key":"{key}"}}"#)
}

fn list(prefix: &str) -> String {
    format!(r#"{{"operation":"ListObjectsV2","bucket":"media","prefix":"{prefix}"}}"#)
}
