//! `presignd audit`: what the audit log shows.

mod join;
mod verify;

use std::process::ExitCode;

use clap::Args;
use clap::Subcommand;

use crate::cli::Failure;

/// Show what the audit log shows: how each URL was used, and whether its chain holds
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, Subcommand)]
enum Question {
    Join(join::Arguments),
    Verify(verify::Arguments),
}

const EXAMPLES: &str = "Examples:
  presignd audit join --audit audit.jsonl --access-logs logs/
  presignd audit verify --config presignd.toml audit.jsonl.1 audit.jsonl";

/// Answers the question.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    match &arguments.question {
        Question::Join(arguments) => join::run(arguments),
        Question::Verify(arguments) => verify::run(arguments),
    }
}
