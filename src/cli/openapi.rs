//! `presignd openapi`: the contract of the HTTP interface.

use std::io::Write;
use std::process::ExitCode;

use clap::Args;

use crate::cli::Failure;
use crate::http::docs;

/// Print the OpenAPI document of the service as YAML
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  presignd openapi > openapi.yaml")]
pub struct Arguments {}

/// Prints it.
pub fn run(_: &Arguments) -> Result<ExitCode, Failure> {
    let text = docs::yaml().map_err(Failure::failed)?;
    std::io::stdout().lock().write_all(text.as_bytes()).map_err(Failure::failed)?;
    Ok(ExitCode::SUCCESS)
}
