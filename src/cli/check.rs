//! `presignd check`: everything about a configuration that can be known offline.

use std::io;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::Failure;
use crate::cli::load;
use crate::cli::summary;
use crate::cli::text::printable;
use crate::domain::policy::Policy;

/// Validate a configuration and print what each grant allows
///
/// Errors and warnings go to the standard error, each with its file, line and column.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  presignd check --config presignd.toml\n  presignd check --config presignd.toml > /dev/null && systemctl reload presignd"
)]
pub struct Arguments {
    /// The configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Prints the grants, or every error; warnings in any case.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let loaded = load::loaded(&arguments.config)?;
    load::tell(&loaded.warnings);
    print(&loaded.settings.policy).map_err(Failure::failed)
}

fn print(policy: &Policy) -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    summary::of(policy).iter().try_for_each(|line| writeln!(out, "{}", printable(line)))?;
    Ok(ExitCode::SUCCESS)
}
