//! What a person types: a file a command.
//!
//! Exit codes: 0 success, 1 refused or failed, 2 wrong usage.

pub mod completions;

use std::process::ExitCode;

use clap::Parser;
use clap::Subcommand;

/// Issues presigned S3 URLs to callers whose JWT a grant allows.
#[derive(Debug, Parser)]
#[command(name = "presignd", version = VERSION, about, long_about = None, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Completions(completions::Arguments),
}

impl Cli {
    /// Runs the command to its end.
    pub fn run(self) -> ExitCode {
        match self.command {
            Command::Completions(arguments) => completions::run(&arguments),
        }
    }
}

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("PRESIGND_COMMIT"), ")");
