//! `presignd derive-keys`: signing keys for the days ahead, for a server that holds no secret.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use clap::Args;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::adapters::clock::Clock;
use crate::adapters::config::Settings;
use crate::adapters::credentials::read_once;
use crate::adapters::followed_file::MOST_BYTES;
use crate::cli::Failure;
use crate::cli::known::known;
use crate::cli::load;
use crate::cli::text::printable;
use crate::domain::day::Day;
use crate::domain::name::Name;
use crate::domain::policy::Bucket;
use crate::domain::signing_keys;
use crate::domain::signing_keys::CredentialScope;
use crate::domain::signing_keys::Origin;

/// Print signing keys for the days ahead, for a server that holds no secret
///
/// Run it where the secret is, and bring what it prints to the server, whose provider = "signing_key" takes it as its
/// path. The first day is today, in UTC. Whoever has these keys can sign on their days, for their regions and services,
/// and on no later day: print few days, and often.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A configuration with the buckets, in which these credentials hold the secret
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The credentials to derive from. The regions and services are those of the buckets that they sign for, or that credentials of the provider signing_key do
    #[arg(long, value_name = "NAME")]
    credentials: String,
    /// How many days, today being one of them: 1 to 366
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
}

const EXAMPLES: &str = "Examples:
  umask 077
  presignd derive-keys --config presignd.toml --credentials main --days 8 > new.json \\
    && mv new.json signing-keys.json";

/// Prints the document; what is in it, and what is not, goes to the standard error.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let settings = load::settings(&arguments.config)?;
    let all = settings.credentials.iter().map(|(name, provider)| (name, (name, provider)));
    let (name, provider) = known("credentials", all, &arguments.credentials)?;
    if provider.is_signing_key() {
        let why = "hold keys alone, and no secret to derive others from: name those that hold it";
        return Err(Failure::usage(format!("the credentials {name} {why}")));
    }
    let scopes = scopes(&settings, name)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::failed)?;
    let (held, failures) = runtime.block_on(read_once(&settings.credentials, [name]));
    if let Some((failed, error)) = failures.first() {
        return Err(Failure::failed(format!("the credentials {failed} cannot be read: {error}")));
    }
    let unread = || Failure::failed(format!("the credentials {name} cannot be read"));
    let credentials = held.credentials(name).ok_or_else(unread)?;
    let days = days(credentials, Clock::system().now(), arguments.days)?;
    let origin = Origin {
        access_key_id: credentials.access_key_id(),
        secret_access_key: credentials.secret_access_key(),
        session_token: credentials.session_token(),
        valid_until: credentials.expiry(),
    };
    let document = signing_keys::document(&origin, &days, &scopes).map_err(Failure::failed)?;
    if document.len() as u64 > MOST_BYTES {
        let wrong =
            format!("so many keys are more than the {MOST_BYTES} bytes that a server reads: ask for fewer days");
        return Err(Failure::failed(wrong));
    }
    std::io::stdout().lock().write_all(document.as_bytes()).map_err(Failure::failed)?;
    tell(&settings, name, credentials, &days, &scopes);
    Ok(ExitCode::SUCCESS)
}

/// Of the buckets that are signed for by the credentials with the secret, or by those that get the keys.
fn scopes(settings: &Settings, name: &Name) -> Result<BTreeSet<CredentialScope>, Failure> {
    let meant = settings.credentials.iter().filter(|(known, provider)| known == name || provider.is_signing_key());
    let scopes: BTreeSet<_> = meant.flat_map(|(name, _)| settings.policy.scopes_signed_by(name)).collect();
    match scopes.is_empty() {
        false => Ok(scopes),
        true => Err(Failure::failed(format!(
            "no bucket is signed for by {name} or by credentials of the provider signing_key, other than Multi-Region \
             Access Points, for which no such keys sign"
        ))),
    }
}

/// Today and those that follow, as far as temporary credentials last.
fn days(credentials: &Credentials, now: SystemTime, count: u16) -> Result<Vec<Day>, Failure> {
    let end = credentials.expiry();
    if let Some(end) = end.filter(|end| *end <= now) {
        return Err(Failure::failed(format!("the credentials ended at {}", told(end))));
    }
    let all = std::iter::successors(Some(Day::of(now)), |day| Some(day.next())).take(count.into());
    Ok(all.take_while(|day| end.is_none_or(|end| day.start() < end)).collect())
}

fn tell(settings: &Settings, name: &Name, credentials: &Credentials, days: &[Day], scopes: &BTreeSet<CredentialScope>) {
    let note = |text: String| eprintln!("note: {}", printable(&text));
    if let (Some(first), Some(last)) = (days.first(), days.last()) {
        let scopes: Vec<String> = scopes.iter().map(CredentialScope::to_string).collect();
        note(format!("keys of {name} for {}, on the days {first} to {last} (UTC)", scopes.join(", ")));
    }
    match (credentials.expiry(), credentials.session_token()) {
        (Some(end), _) => {
            note(format!("these credentials end at {}, and with them the keys and all that they sign", told(end)));
        }
        (None, Some(_)) => {
            note("these credentials are temporary, and nothing says when they end: a URL may outlive them".to_owned());
        }
        (None, None) => {}
    }
    let policy = &settings.policy;
    let lacking =
        |bucket: &&Bucket| CredentialScope::of(&bucket.target).is_none() && policy.signers(bucket).contains(&name);
    for bucket in policy.buckets().iter().filter(lacking) {
        note(format!("no such keys sign for the Multi-Region Access Point {}", bucket.alias));
    }
}

fn told(at: SystemTime) -> String {
    OffsetDateTime::from(at).format(&Rfc3339).unwrap_or_default()
}
