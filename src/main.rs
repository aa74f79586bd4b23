//! Command line to command, and its exit code.

use std::process::ExitCode;

use clap::Parser;
use presignd::cli::Cli;

fn main() -> ExitCode {
    Cli::parse().run()
}
