//! `presignd policy`: what AWS must be told beside presignd, as the JSON that it takes.

mod told;

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clap::ValueEnum;
use serde::Serialize;

use crate::cli::Failure;
use crate::cli::known::known;
use crate::cli::load;
use crate::cli::policy::told::Options;
use crate::cli::text::printable;
use crate::domain::aws_policy::Derived;
use crate::domain::aws_policy::access_point;
use crate::domain::aws_policy::bucket;
use crate::domain::aws_policy::cors;
use crate::domain::aws_policy::iam;
use crate::domain::aws_policy::kms;
use crate::domain::aws_policy::lifecycle;
use crate::domain::aws_policy::told::Told;
use crate::domain::aws_policy::vault_lock;
use crate::domain::policy::Policy;

/// Print the policies that AWS needs, derived from the grants
///
/// The JSON goes to the standard output, what it does and does not stop to the standard error.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Which policy
    #[arg(value_enum)]
    kind: Kind,
    /// Print only the one of these credentials (iam), of this key (kms) or of the bucket of this alias; else all, by name
    #[arg(value_name = "ALIAS|CREDENTIALS")]
    name: Option<String>,
    /// The configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// An access point's policy, and those of the buckets that leave the decision to it
    AccessPoint,
    /// A bucket's policy: refuses plain HTTP, old, weak and missing signatures, wrong encryption
    Bucket,
    /// A bucket's CORS rules for the origins of server.cors_origins
    Cors,
    /// The least rights of each signing identity
    Iam,
    /// The statements of a key's policy: what the signing identities do with it through S3
    Kms,
    /// A bucket's lifecycle rules: end abandoned uploads in parts
    Lifecycle,
    /// A Glacier vault's lock: no delete before its time, nor while it is held
    VaultLock,
}

impl Kind {
    /// Whether it names who signs.
    fn names_identities(self) -> bool {
        match self {
            Self::AccessPoint | Self::Kms => true,
            Self::Bucket | Self::Cors | Self::Iam | Self::Lifecycle | Self::VaultLock => false,
        }
    }
}

const EXAMPLES: &str = "Examples:
  presignd policy iam --config presignd.toml
  presignd policy iam --config presignd.toml main > policy.json
  presignd policy bucket --config presignd.toml media
  presignd policy cors --config presignd.toml media > cors.json
  presignd policy lifecycle --config presignd.toml
  presignd policy access-point --config presignd.toml --vpc vpc-1a2b3c4d reports > access-point.json
  presignd policy kms --config presignd.toml --principal main=arn:aws:iam::111122223333:role/presignd media > key.json
  presignd policy vault-lock --config presignd.toml --account 111122223333 media > vault-lock.json
  aws iam put-user-policy --user-name presignd --policy-name presignd --policy-document file://policy.json";

/// Prints the policies, or that there is none.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let settings = load::settings(&arguments.config)?;
    let (policy, name) = (&settings.policy, arguments.name.as_deref());
    let credentials = |name: &str| known("credentials", settings.credentials.iter().map(|(name, _)| (name, ())), name);
    let aliases = || policy.buckets().iter().map(|bucket| (&bucket.alias, ()));
    match (arguments.kind, name) {
        (Kind::Iam, Some(name)) => credentials(name)?,
        (Kind::AccessPoint | Kind::Bucket | Kind::Cors | Kind::Lifecycle | Kind::VaultLock, Some(name)) => {
            known("bucket", aliases(), name)?
        }
        (Kind::Kms, Some(_)) | (_, None) => {}
    }
    arguments.options.signers().try_for_each(|signer| credentials(signer.as_str()))?;
    let mut told = arguments.options.told(arguments.kind)?;
    let roles = settings.credentials.iter().filter_map(|(name, provider)| Some((name, provider.role()?)));
    roles.clone().for_each(|(name, (role, _))| told.add_role(name, role));
    let roles = roles.map(|(_, role)| role);
    let origins = &settings.server.cors_origins;
    match arguments.kind {
        Kind::AccessPoint => of_access_points(policy, &told, name),
        Kind::Bucket => print(bucket::policies(policy), name, HIDDEN),
        Kind::Cors if origins.is_empty() => Err(Failure::failed("server.cors_origins names no origin for browsers")),
        Kind::Cors => print(cors::rules(policy, origins), name, "no grant that is switched on is on it"),
        Kind::Iam => print(iam::identities(policy, roles), name, NO_RIGHT),
        Kind::Kms => of_keys(policy, &told, name),
        Kind::Lifecycle => print(lifecycle::rules(policy), name, "no grant begins uploads in parts there"),
        Kind::VaultLock => print(vault_lock::policies(policy, &told), name, NO_VAULT),
    }
}

/// Without a name those that can be told, and why others cannot: then not all went well.
fn of_access_points(policy: &Policy, told: &Told, name: Option<&str>) -> Result<ExitCode, Failure> {
    let mut all = BTreeMap::new();
    let mut hidden = Vec::new();
    for (alias, derived) in access_point::policies(policy, told) {
        match derived {
            Ok(derived) => _ = all.insert(alias, derived),
            Err(why) if name.is_none_or(|name| name == alias.as_str()) => hidden.push(format!("{alias}: {why}")),
            Err(_) => {}
        }
    }
    if !hidden.is_empty() && (all.is_empty() || name.is_some()) {
        return Err(Failure::failed(hidden.join("\n")));
    }
    hidden.iter().for_each(|why| tell(why));
    let printed = print(all, name, NO_POINT)?;
    Ok(if hidden.is_empty() { printed } else { ExitCode::FAILURE })
}

/// A key's policy, by the key's id or by a bucket whose only key it is; else those of the bucket's keys, by id.
fn of_keys(policy: &Policy, told: &Told, name: Option<&str>) -> Result<ExitCode, Failure> {
    let mut all = kms::policies(policy, told);
    let bucket = name.and_then(|name| policy.buckets().iter().find(|bucket| bucket.alias.as_str() == name));
    let Some(bucket) = bucket else {
        name.map_or(Ok(()), |name| known("bucket or key", all.keys().map(|key| (key, ())), name))?;
        return print(all, name, NO_KEY);
    };
    let keys = kms::of_bucket(policy, &bucket.alias);
    all.retain(|key, _| keys.contains(key.as_str()));
    match all.len() {
        0 => Err(Failure::failed(format!("{} needs none: {NO_KEY}", bucket.alias))),
        1 => print(all, keys.first().copied(), NO_KEY),
        _ => print(all, None, NO_KEY),
    }
}

/// The one of that name as AWS takes it, or all of them by name; `absent` says why one has none.
fn print<N: Borrow<str> + Ord + Display, T: Serialize>(
    mut all: BTreeMap<N, Derived<T>>,
    name: Option<&str>,
    absent: impl Display,
) -> Result<ExitCode, Failure> {
    if let Some(name) = name {
        let one = all.remove(name).ok_or_else(|| Failure::failed(format!("{name} needs none: {absent}")))?;
        one.notes.iter().for_each(|note| tell(note));
        return write(&one.document);
    }
    if all.is_empty() {
        tell(&format!("there is none for any of them: {absent}"));
    }
    for (name, derived) in &all {
        derived.notes.iter().for_each(|note| tell(&format!("{name}: {note}")));
    }
    let documents: BTreeMap<&str, &T> = all.iter().map(|(name, derived)| (name.borrow(), &derived.document)).collect();
    write(&documents)
}

fn tell(note: &str) {
    eprintln!("note: {}", printable(note));
}

fn write(document: &impl Serialize) -> Result<ExitCode, Failure> {
    let text = serde_json::to_string_pretty(document).map_err(Failure::failed)?;
    writeln!(std::io::stdout().lock(), "{text}").map_err(Failure::failed)?;
    Ok(ExitCode::SUCCESS)
}

const HIDDEN: &str = "give the bucket behind the access point as underlying; where it leads to several, see presignd policy access-point";
const NO_POINT: &str = "it is no access point, or no grant that is switched on is on it";
const NO_RIGHT: &str = "no grant that is switched on is signed by it, and it assumes no role";
const NO_KEY: &str = "nothing on it names a key of KMS on AWS, and nobody sets the policy of aws/s3";
const NO_VAULT: &str =
    "it is not on AWS, it is in no one region, or an access point hides its name: give it as underlying, or --vault";
