//! `presignd policy`: what AWS must be told beside presignd, as the JSON that it takes.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clap::ValueEnum;
use serde::Serialize;

use crate::cli::Failure;
use crate::cli::load;
use crate::cli::text::printable;
use crate::domain::aws_policy::Derived;
use crate::domain::aws_policy::bucket;
use crate::domain::aws_policy::cors;
use crate::domain::aws_policy::iam;
use crate::domain::aws_policy::lifecycle;
use crate::domain::name::Name;

/// Print the policies that AWS needs, derived from the grants
///
/// The JSON goes to the standard output, what it does and does not stop to the standard error.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Which policy
    #[arg(value_enum)]
    kind: Kind,
    /// Print only the one of these credentials (iam) or of the bucket of this alias; else all, by name
    #[arg(value_name = "ALIAS|CREDENTIALS")]
    name: Option<String>,
    /// The configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// The least rights of each signing identity
    Iam,
    /// A bucket's policy: refuses plain HTTP, old, weak and missing signatures, wrong encryption
    Bucket,
    /// A bucket's CORS rules for the origins of server.cors_origins
    Cors,
    /// A bucket's lifecycle rules: end abandoned uploads in parts
    Lifecycle,
}

const EXAMPLES: &str = "Examples:
  presignd policy iam --config presignd.toml
  presignd policy iam --config presignd.toml main > policy.json
  presignd policy bucket --config presignd.toml media
  presignd policy cors --config presignd.toml media > cors.json
  presignd policy lifecycle --config presignd.toml
  aws iam put-user-policy --user-name presignd --policy-name presignd --policy-document file://policy.json";

/// Prints the policies, or that there is none.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let settings = load::settings(&arguments.config)?;
    let (policy, name) = (&settings.policy, arguments.name.as_deref());
    match arguments.kind {
        Kind::Iam => known("credentials", settings.credentials.iter().map(|(name, _)| name), name)?,
        Kind::Bucket | Kind::Cors | Kind::Lifecycle => {
            known("bucket", policy.buckets().iter().map(|bucket| &bucket.alias), name)?;
        }
    }
    let origins = &settings.server.cors_origins;
    match arguments.kind {
        Kind::Iam => print(iam::identities(policy), name, "no grant that is switched on is signed by it"),
        Kind::Bucket => print(bucket::policies(policy), name, "give the bucket behind the access point as underlying"),
        Kind::Cors if origins.is_empty() => Err(Failure::failed("server.cors_origins names no origin for browsers")),
        Kind::Cors => print(cors::rules(policy, origins), name, "no grant that is switched on is on it"),
        Kind::Lifecycle => print(lifecycle::rules(policy), name, "no grant begins uploads in parts there"),
    }
}

/// Fails where the configuration has nothing of that name.
fn known<'a>(what: &str, mut names: impl Iterator<Item = &'a Name>, name: Option<&str>) -> Result<(), Failure> {
    match name {
        Some(name) if !names.any(|known| known.as_str() == name) => {
            Err(Failure::usage(format!("the configuration has no {what} {name:?}")))
        }
        Some(_) | None => Ok(()),
    }
}

/// The one of that name as AWS takes it, or all of them by name.
fn print<T: Serialize>(
    mut all: BTreeMap<Name, Derived<T>>,
    name: Option<&str>,
    absent: impl Display,
) -> Result<ExitCode, Failure> {
    if let Some(name) = name {
        let one = all.remove(name).ok_or_else(|| Failure::failed(format!("{name} needs none: {absent}")))?;
        one.notes.iter().for_each(|note| tell(note));
        return write(&one.document);
    }
    for (name, derived) in &all {
        derived.notes.iter().for_each(|note| tell(&format!("{name}: {note}")));
    }
    let documents: BTreeMap<&str, &T> = all.iter().map(|(name, derived)| (name.as_str(), &derived.document)).collect();
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
