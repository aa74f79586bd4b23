//! `presignd doctor`: asks the real buckets, and tells what the grants need of them.

mod ask;
mod probe;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::Failure;
use crate::cli::known::known;
use crate::cli::load;
use crate::domain::doctor;
use crate::domain::doctor::Against;
use crate::domain::doctor::Finding;
use crate::domain::doctor::PERMISSIONS_OF_PLACE;
use crate::domain::doctor::Question;
use crate::domain::doctor::Severity;
use crate::domain::name::Name;
use crate::domain::policy::Bucket;
use crate::domain::shell::word;

/// Ask the real buckets what they are set to, and tell what the grants need
///
/// It calls S3, only to read settings: nothing is changed, no object is read. Exit code 1: something that a grant needs
/// is missing. With --probe it also makes objects by each bucket's own credentials, uses URLs of them wrongly, and removes
/// them.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub struct Arguments {
    /// The configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Ask only the bucket of this alias; else all
    alias: Option<String>,
    /// Ask with these credentials of the configuration; else with each bucket's own, which should not have the rights
    #[arg(long, value_name = "NAME")]
    credentials: Option<String>,
    /// Try, with objects of its own in a new folder below this one, what the store keeps of what URLs promise
    #[arg(long, value_name = "PREFIX")]
    probe: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn after_help() -> String {
    let permissions = Question::ALL.map(|question| question.row().permission);
    let permissions: Vec<&str> = PERMISSIONS_OF_PLACE.into_iter().chain(permissions).collect();
    format!("{EXAMPLES}\n\nWhoever asks needs, on each bucket:\n  {}", permissions.join("\n  "))
}

const EXAMPLES: &str = "Examples:
  presignd doctor --config presignd.toml
  presignd doctor --config presignd.toml media --credentials operator
  presignd doctor --config presignd.toml media --probe users/presignd/
  presignd doctor --config presignd.toml --json | jq -r '.findings[] | select(.severity == \"error\") | .mend'";

/// Prints what is found.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let settings = load::settings(&arguments.config)?;
    let policy = &settings.policy;
    let buckets: Vec<&Bucket> = match &arguments.alias {
        None => policy.buckets().iter().collect(),
        Some(alias) => vec![known("bucket", policy.buckets().iter().map(|bucket| (&bucket.alias, bucket)), alias)?],
    };
    let only = match &arguments.credentials {
        None => None,
        Some(name) => Some(known("credentials", settings.credentials.iter().map(|(name, _)| (name, name)), name)?),
    };
    let is_keys = |name: &&Name| settings.credentials.iter().any(|(known, by)| known == *name && by.is_signing_key());
    if let Some(name) = only.filter(is_keys) {
        return Err(Failure::usage(format!("the credentials {name} hold no secret to ask with: name others")));
    }
    let folder = arguments.probe.as_deref().map(probe::Folder::parse).transpose().map_err(Failure::usage)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::failed)?;
    let examined = runtime.block_on(ask::all(&settings, &buckets, only));
    let file = word(&arguments.config.display().to_string());
    let against = Against { policy, origins: &settings.server.cors_origins, file: &file };
    let probed = match &folder {
        Some(folder) => runtime.block_on(probe::all(&settings, &buckets, folder)),
        None => Vec::new(),
    };
    let findings = doctor::with_probed(doctor::findings(against, &examined), against, &probed);
    match arguments.json {
        true => report::json(&findings)?,
        false => report::text(&examined, &findings, &probed)?,
    }
    Ok(exit_code(&findings))
}

fn exit_code(findings: &[Finding]) -> ExitCode {
    match findings.iter().any(|finding| finding.severity == Severity::Error) {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}
