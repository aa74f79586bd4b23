//! `provider = "signing_key"`: which buckets such keys can sign for, and whether the file has what these need.

use std::io;
use std::path::Path;
use std::time::Duration;
use std::time::SystemTime;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::adapters::config::buckets;
use crate::adapters::config::diagnostic::Report;
use crate::adapters::config::diagnostic::Spot;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::grants;
use crate::adapters::config::secrets;
use crate::adapters::config::settings::CredentialsProvider;
use crate::adapters::config::settings::CredentialsSource;
use crate::adapters::config::tree;
use crate::adapters::config::tree::Entry;
use crate::adapters::followed_file;
use crate::domain::endpoint::Signing;
use crate::domain::name::Name;
use crate::domain::policy::Policy;
use crate::domain::policy::Window;
use crate::domain::signing_keys::SigningKeys;

/// Fills in for which regions and services each has to have keys.
pub(super) fn note_needs(credentials: &mut [(Name, CredentialsProvider)], policy: &Policy) {
    for (name, provider) in credentials {
        if let CredentialsProvider::Local(CredentialsSource::SigningKey { needed, .. }) = provider {
            *needed = policy.scopes_signed_by(name);
        }
    }
}

/// A Multi-Region Access Point takes signatures of an ECDSA key alone, which holds for every day.
pub(super) fn check_buckets(
    credentials: &[(Name, CredentialsProvider)],
    buckets: &[buckets::Placed<'_>],
    grants: &[grants::Placed<'_>],
    report: &Report,
) {
    let is_keys = |name: &Name| {
        let found = credentials.iter().find(|(known, _)| known == name);
        found.is_some_and(|(_, provider)| provider.is_signing_key())
    };
    let refuse = |name: &Name, at: &Spot| {
        if is_keys(name) {
            let wrong =
                format!("{name} holds keys for days and regions, and those sign for no Multi-Region Access Point");
            report.error(at, fault(wrong, "name credentials that hold the secret"));
        }
    };
    for placed in buckets.iter().filter(|placed| placed.bucket.target.signing == Signing::SigV4A) {
        let bucket = &placed.bucket;
        refuse(&bucket.read_credentials, placed.credentials_at.read);
        if placed.credentials_at.write != placed.credentials_at.read {
            refuse(&bucket.write_credentials, placed.credentials_at.write);
        }
        for on_it in grants.iter().filter(|grant| grant.grant.bucket == bucket.alias) {
            let own = on_it.grant.credentials.as_ref().zip(tree::find(on_it.table, &["credentials"]));
            own.into_iter().for_each(|(name, node)| refuse(name, &node.at));
        }
    }
}

/// Warns where a file cannot be read, or holds no keys for what its buckets need now or in a few days.
pub(super) fn check_files(
    credentials: &[(Name, CredentialsProvider)],
    tables: &[Entry],
    now: SystemTime,
    report: &Report,
) {
    for (name, provider) in credentials {
        let CredentialsProvider::Local(CredentialsSource::SigningKey { path, needed }) = provider else { continue };
        let Some(at) = tree::find(tables, &[name.as_str(), "path"]).map(|node| &node.at) else { continue };
        match read(path) {
            Err(Unread::Unreadable(error)) => report.warn(at, secrets::absent_file(path, &error)),
            Err(Unread::Invalid(wrong)) => report.warn(at, fault(wrong, DERIVE)),
            Ok(keys) => {
                let there = keys.scopes();
                for scope in needed.iter().filter(|scope| !there.contains(scope)) {
                    let wrong = format!("{} has no key for {scope}, where a bucket is", path.display());
                    report.warn(at, fault(wrong, format!("{DERIVE}; until then no URL there is signed")));
                }
                if let Some(wrong) = ends_soon(&keys.window(), now) {
                    report.warn(at, fault(format!("{}: {wrong}", path.display()), DERIVE));
                }
            }
        }
    }
}

const DERIVE: &str = "write it anew by presignd derive-keys, where the secret is";

enum Unread {
    Invalid(String),
    Unreadable(io::Error),
}

fn read(path: &Path) -> Result<SigningKeys, Unread> {
    let bytes = followed_file::read(path).map_err(Unread::Unreadable)?;
    SigningKeys::parse(&bytes).map_err(|error| Unread::Invalid(format!("{} holds no keys: {error}", path.display())))
}

fn ends_soon(window: &Window, now: SystemTime) -> Option<String> {
    let end = window.signs_until(now).filter(|end| *end < now + SOON)?;
    let told = OffsetDateTime::from(end).format(&Rfc3339).unwrap_or_default();
    Some(match end > now {
        true => format!("these keys sign until {told}, and no longer"),
        false => "no key of these signs now".to_owned(),
    })
}

/// As long as a weekend and a bit: whoever writes the keys should have noticed by then.
const SOON: Duration = Duration::from_secs(3 * 86_400);
