//! What each grant allows, for people: a few lines a grant.

use std::time::Duration;

use crate::domain::action::Action;
use crate::domain::action::Right;
use crate::domain::encryption;
use crate::domain::encryption::Kms;
use crate::domain::encryption::KmsKeyId;
use crate::domain::encryption::ServerSideEncryption;
use crate::domain::grant::Claim;
use crate::domain::grant::Condition;
use crate::domain::grant::DownloadLimits;
use crate::domain::grant::Effect;
use crate::domain::grant::Grant;
use crate::domain::grant::KmsKey;
use crate::domain::grant::MfaRule;
use crate::domain::grant::Quantifier;
use crate::domain::grant::ResponseMember;
use crate::domain::grant::Scalar;
use crate::domain::grant::StorageClass;
use crate::domain::grant::UploadLimits;
use crate::domain::media_type::TypePattern;
use crate::domain::name::Name;
use crate::domain::policy::Bucket;
use crate::domain::policy::Policy;
use crate::domain::retention::LegalHold;
use crate::domain::retention::LockLimits;
use crate::domain::retention::LockMode;
use crate::domain::step_up::StepUp;

/// The grants in the file's order, an empty line between two.
pub fn of(policy: &Policy) -> Vec<String> {
    let mut lines = Vec::new();
    for grant in policy.grants() {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(title(grant));
        let bucket = policy.buckets().iter().find(|bucket| bucket.alias == grant.bucket);
        lines.extend(rows(grant, bucket).into_iter().map(|(name, text)| format!("  {name:<11}{text}")));
    }
    lines
}

fn title(grant: &Grant) -> String {
    let off = if grant.enabled { "" } else { " (enabled = false: what it decides is answered by grant_disabled)" };
    format!("{}: {}{off}", grant.name, grant.effect.as_str())
}

type Row = (&'static str, String);

fn rows(grant: &Grant, bucket: Option<&Bucket>) -> Vec<Row> {
    let mut rows = vec![
        ("bucket", bucket.map_or(grant.bucket.to_string(), located)),
        ("keys", keys(grant)),
        ("actions", actions(grant)),
        ("tokens of", names(&grant.issuers)),
    ];
    rows.extend(grant.when.iter().map(|condition| ("when", asked(condition))));
    if grant.effect == Effect::Allow {
        rows.extend(grant.source_ips.iter().map(|nets| ("from", joined(nets.iter(), ", "))));
        rows.push(("lifetime", format!("at most {}", span(grant.max_expires.duration()))));
        rows.push(("signed by", signers(grant, bucket)));
        rows.extend(authentication(grant).map(|text| ("mfa", text)));
        if grant.writes() {
            let default = bucket.and_then(|bucket| bucket.default_encryption.as_ref());
            rows.extend(upload(&grant.upload, default).into_iter().map(|limit| ("upload", limit)));
        }
        if grant.downloads() {
            rows.extend(download(&grant.download).into_iter().map(|limit| ("download", limit)));
        }
    }
    rows
}

fn located(bucket: &Bucket) -> String {
    let target = &bucket.target;
    let (scheme, authority, path) = (target.scheme.as_str(), &target.authority, &target.base_path);
    let region = if target.region == "*" { "every region" } else { &target.region };
    format!("{} ({} at {scheme}://{authority}{path}/, {region})", bucket.alias, bucket.resource)
}

fn keys(grant: &Grant) -> String {
    match (grant.scope.is_key(), grant.scope.as_str()) {
        (true, key) => format!("{key} alone"),
        (false, "") => "the whole bucket".to_owned(),
        (false, prefix) => format!("{prefix}…"),
    }
}

fn actions(grant: &Grant) -> String {
    match grant.actions.as_slice() {
        [] => "every one".to_owned(),
        some => joined(some.iter().map(|action| told(*action, grant.effect)), ", "),
    }
}

fn told(action: Action, effect: Effect) -> String {
    let rights = match effect {
        Effect::Allow => action.allows(),
        Effect::Deny => action.denies(),
    };
    match action {
        Action::Operation(operation) => operation.as_str().to_owned(),
        Action::Read
        | Action::ReadVersion
        | Action::Write
        | Action::Delete
        | Action::DeleteVersion
        | Action::List
        | Action::Restore
        | Action::BypassGovernance => {
            format!("{} ({})", action.as_str(), joined(rights.iter().map(Right::as_str), ", "))
        }
    }
}

/// How a caller must have authenticated, where anything asks.
fn authentication(grant: &Grant) -> Option<String> {
    match &grant.mfa {
        MfaRule::Asked(step_up) => Some(step_up.to_string()),
        MfaRule::Usual if grant.rights().allow(Right::DeleteVersion) => {
            Some(format!("to delete a version: {}", StepUp::usual()))
        }
        MfaRule::Never if grant.rights().allow(Right::DeleteVersion) => {
            Some("never, even to delete a version".to_owned())
        }
        MfaRule::Usual | MfaRule::Never => None,
    }
}

fn names(issuers: &[Name]) -> String {
    match issuers {
        [] => "every issuer".to_owned(),
        some => joined(some, ", "),
    }
}

fn asked(condition: &Condition) -> String {
    let claim = match &condition.claim {
        Claim::Scope => "scope".to_owned(),
        Claim::At(path) => path.to_string(),
    };
    let values = joined(condition.values.iter().map(value), ", ");
    match (condition.values.len(), condition.quantifier) {
        (1, Quantifier::Any | Quantifier::All) => format!("{claim} is or holds {values}"),
        (_, Quantifier::Any) => format!("{claim} is or holds any of {values}"),
        (_, Quantifier::All) => format!("{claim} holds all of {values}"),
    }
}

fn value(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Bool(flag) => flag.to_string(),
        Scalar::Integer(number) => number.to_string(),
        Scalar::Float(number) => number.to_string(),
        Scalar::String(text) => format!("{text:?}"),
    }
}

fn signers(grant: &Grant, bucket: Option<&Bucket>) -> String {
    match (&grant.credentials, bucket) {
        (Some(own), _) => format!("{own}, this grant's own"),
        (None, Some(bucket)) if bucket.read_credentials == bucket.write_credentials => {
            bucket.read_credentials.to_string()
        }
        (None, Some(bucket)) => {
            format!("{} where it reads or lists, {} else", bucket.read_credentials, bucket.write_credentials)
        }
        (None, None) => String::new(),
    }
}

fn upload(limits: &UploadLimits, default: Option<&ServerSideEncryption>) -> Vec<String> {
    let mut said = Vec::new();
    said.extend(limits.max_size.map(|bytes| format!("at most {}", size(bytes))));
    said.extend(
        limits
            .content_types
            .iter()
            .map(|types| format!("content type {}", joined(types.iter().map(TypePattern::to_string), " or "))),
    );
    said.extend(limits.require_checksum.then(|| "with a checksum or MD5".to_owned()));
    said.extend(limits.write_once.then(|| "never over an object that is there".to_owned()));
    let classes = joined(limits.storage_classes.iter().map(StorageClass::as_str), " or ");
    said.push(format!("storage class {classes}"));
    said.push(format!("encryption {}", encrypted(limits, default)));
    said.extend(limits.object_lock.as_ref().map(|lock| format!("lock {}", locked(lock))));
    said.extend((!limits.tags.is_empty()).then(|| format!("may set the tags {}", limits.tags.join(", "))));
    said.extend(limits.client_side_encryption.then(|| "encrypted by the S3 Encryption Client, v2 or later".to_owned()));
    said.extend((!limits.metadata).then(|| "no metadata of the caller's".to_owned()));
    said.extend(set("metadata", &limits.set_metadata));
    said.extend(set("tags", &limits.set_tags));
    said.extend(limits.key_template.is_some().then(|| "makes the key from a file name".to_owned()));
    said.extend(limits.post_key_prefix.then(|| "a form's holder may choose the end of its key".to_owned()));
    said.extend(limits.post_type_prefix.then(|| "a form's holder may choose the end of its type".to_owned()));
    let redirects = limits.post_redirects.join(", ");
    said.extend((!redirects.is_empty()).then(|| format!("a form may redirect to {redirects}")));
    said
}

fn encrypted(limits: &UploadLimits, default: Option<&ServerSideEncryption>) -> String {
    if let Some(demanded) = &limits.server_side_encryption {
        return encryption(demanded);
    }
    let mut said = vec![default.map_or("AES256 or none".to_owned(), encryption)];
    let key = |key: &KmsKey| match key {
        KmsKey::AwsManaged => encryption::AWS_MANAGED.to_owned(),
        KmsKey::Named(id) => id.as_str().to_owned(),
    };
    said.extend(
        (!limits.kms_keys.is_empty()).then(|| format!("KMS with {}", joined(limits.kms_keys.iter().map(key), " or "))),
    );
    said.extend(limits.sse_c.then(|| "a key of the client's own".to_owned()));
    said.join(", or ")
}

fn encryption(signed_in: &ServerSideEncryption) -> String {
    let mut said = signed_in.algorithm().to_owned();
    if let ServerSideEncryption::Kms(Kms { key_id, context, bucket_key, .. }) = signed_in {
        said.push_str(&format!(" with {}", key_id.as_ref().map_or(encryption::AWS_MANAGED, KmsKeyId::as_str)));
        said.push_str(if context.is_some() { ", a context" } else { "" });
        said.push_str(match bucket_key {
            Some(true) => ", a bucket key",
            Some(false) => ", no bucket key",
            None => "",
        });
    }
    said
}

fn locked(limits: &LockLimits) -> String {
    let mut said = Vec::new();
    if limits.asks_for_retention() {
        said.push(limits.mode.map_or("GOVERNANCE or COMPLIANCE", LockMode::as_str).to_owned());
    }
    said.extend(limits.min_retention.map(|least| format!("{} or longer", span(least))));
    said.extend(limits.max_retention.map(|most| format!("at most {}", span(most))));
    match limits.legal_hold {
        LegalHold::None => {}
        LegalHold::Open => said.push("may set a legal hold".to_owned()),
        LegalHold::Required => said.push("with a legal hold".to_owned()),
    }
    said.join(", ")
}

fn set<T>(what: &str, values: &[(String, T)]) -> Option<String> {
    let names = joined(values.iter().map(|(name, _)| name), ", ");
    (!values.is_empty()).then(|| format!("signs in the {what} {names}"))
}

fn download(limits: &DownloadLimits) -> Vec<String> {
    let mut said = Vec::new();
    let overrides = joined(limits.overrides.iter().copied().map(ResponseMember::as_str), ", ");
    said.extend((!limits.overrides.is_empty()).then(|| format!("may set {overrides} of the answer")));
    said.extend(limits.force_attachment.then(|| "always as an attachment".to_owned()));
    said.extend(limits.stable.then(|| "may ask for stable URLs".to_owned()));
    said
}

/// In the largest unit that gives a whole number.
fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    let units = [(31_536_000, "y"), (86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let fitting = units.into_iter().find(|(unit, _)| seconds >= *unit && seconds.is_multiple_of(*unit));
    fitting.map_or("0s".to_owned(), |(unit, name)| format!("{}{name}", seconds / unit))
}

/// In the largest unit that gives a whole number, as the configuration writes it.
fn size(bytes: u64) -> String {
    let units = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let decimal = [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB"), (1, "B")];
    let fitting = units.into_iter().chain(decimal).find(|(unit, _)| bytes >= *unit && bytes.is_multiple_of(*unit));
    fitting.map_or("0B".to_owned(), |(unit, name)| format!("{}{name}", bytes / unit))
}

fn joined(items: impl IntoIterator<Item = impl ToString>, between: &str) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::adapters::config;
    use crate::adapters::config::Environment;

    const TEXT: &str = r#"
[[issuers]]
name = "corp"
issuer = "https://idp.example.com/"
audiences = ["presignd"]
jwks_uri = "https://idp.example.com/jwks.json"
[[issuers]]
name = "partner"
issuer = "https://partner.example.com/"
audiences = ["presignd"]
jwks_uri = "https://partner.example.com/jwks.json"

[credentials.reader]
provider = "environment"
[credentials.writer]
provider = "environment"

[buckets.media]
bucket = "acme-media-prod"
region = "eu-west-1"
credentials = "writer"
[buckets.store]
bucket = "acme"
endpoint = "http://127.0.0.1:9000/base"
default_encryption = { algorithm = "aws:kms:dsse", kms_key_id = "k", context = { tenant = "t" } }
credentials = { read = "reader", write = "writer" }

[[grants]]
name = "own-folder"
issuers = ["corp", "partner"]
bucket = "media"
prefix = "users/{sub}/"
actions = ["read", "write"]
when = { scope = "uploads", groups = ["editors", "admins"], staff = { all = ["a", 5] }, verified = true }
max_expires = "90m"
credentials = "reader"
[grants.upload]
max_size = "100MiB"
content_types = ["image/png", "image/*"]
require_checksum = true
write_once = true
storage_classes = ["STANDARD", "DEEP_ARCHIVE"]
server_side_encryption = { algorithm = "aws:kms", kms_key_id = "alias/uploads", bucket_key = true }
object_lock = { mode = "COMPLIANCE", min_retention = "30d", max_retention = "7y", legal_hold = true }
tags = ["case"]
metadata = false
set_metadata = { owner = "{sub}", presignd-id = "{id}" }
set_tags = { origin = "web" }
key_template = "{date}/{id}/{file_name}"
post_key_prefix = true
post_type_prefix = true
post_redirects = ["https://app.example.com/done"]
[grants.download]
overrides = ["content_disposition", "cache_control"]
force_attachment = true
stable = true
[grants.require]
source_ips = ["192.0.2.0/24", "2001:db8::1"]

[[grants]]
name = "one"
issuers = ["corp"]
bucket = "store"
key = "exact/object.pdf"
actions = ["GetObject", "PutObject", "delete", "list"]
enabled = false
max_expires = "12h"
[grants.upload]
kms_key_ids = ["aws/s3", "alias/other"]
object_lock = { legal_hold = "required" }
client_side_encryption = "required"
sse_c = true

[[grants]]
name = "sealed"
effect = "deny"
bucket = "store"
prefix = ""
"#;

    #[test]
    fn a_grant_is_told_in_a_few_lines() {
        let loaded = config::parse(TEXT.as_bytes(), Path::new("p.toml"), &Environment::default()).expect("no error");
        insta::assert_snapshot!(of(&loaded.settings.policy).join("\n"));
    }

    #[test]
    fn a_size_is_told_as_the_configuration_writes_it() {
        let rows = [
            (0, "0B"),
            (1023, "1023B"),
            (1024, "1KiB"),
            (25_000_000, "25MB"),
            (100 << 20, "100MiB"),
            (5 << 40, "5TiB"),
        ];
        for (bytes, text) in rows {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn a_span_is_told_in_its_largest_unit() {
        for (seconds, text) in
            [(0, "0s"), (59, "59s"), (90, "90s"), (5_400, "90m"), (43_200, "12h"), (604_800, "7d"), (220_752_000, "7y")]
        {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
    }
}
