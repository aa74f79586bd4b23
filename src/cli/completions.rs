//! `presignd completions`: a script that completes presignd's command line in a shell.

use std::process::ExitCode;

use clap::Args;
use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;

/// Print a script that completes presignd's command line
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  presignd completions bash > /etc/bash_completion.d/presignd\n  presignd completions zsh > ~/.zfunc/_presignd"
)]
pub struct Arguments {
    /// The shell that the script is for
    shell: Shell,
}

/// Prints the script.
pub fn run(arguments: &Arguments) -> ExitCode {
    clap_complete::generate(arguments.shell, &mut Cli::command(), "presignd", &mut std::io::stdout());
    ExitCode::SUCCESS
}
