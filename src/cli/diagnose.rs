//! `presignd diagnose`: why S3 said no.

use std::process::ExitCode;

use clap::Args;

use crate::adapters::clock::Clock;
use crate::cli::Failure;
use crate::cli::ask;
use crate::cli::text::printable;
use crate::domain::diagnose;
use crate::domain::diagnose::Question;
use crate::http::diagnose::Diagnosis;

/// Say why S3 refused a presigned URL, and what to do
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The URL as it was used (- is the standard input, which keeps it out of the shell's history)
    #[arg(long, value_name = "URL|-")]
    url: String,
    /// A file with the body that S3 answered, or with all that curl -v printed (- is the standard input)
    #[arg(long, value_name = "FILE|-")]
    error: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  presignd diagnose --url \"$URL\"
  curl -s -T a.png \"$URL\" | presignd diagnose --url \"$URL\" --error -
  curl -v -s -T a.png \"$URL\" 2>&1 | presignd diagnose --url \"$URL\" --error -
  presignd diagnose --url - --error answer.xml --json < url.txt

It needs no configuration and no secret, and asks nobody. Exit code 1: nothing is wrong with what was given.";

/// Prints what was done wrong, and fails where nothing was.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if arguments.url == "-" && arguments.error.as_deref() == Some("-") {
        return Err(Failure::usage("only one of --url and --error can be the standard input"));
    }
    let read = |file: &str| ask::read(file).map_err(|error| Failure::failed(format!("{file}: {error}")));
    let url = if arguments.url == "-" { read("-")? } else { arguments.url.clone() };
    let answer = arguments.error.as_deref().map(read).transpose()?;
    let question = Question::new(&url, answer.as_deref()).map_err(Failure::failed)?;
    let findings = diagnose::diagnose(&question, Clock::system().now());
    if arguments.json {
        println!("{}", serde_json::to_string(&Diagnosis::of(&findings)).map_err(Failure::failed)?);
    } else {
        for finding in &findings {
            println!("{}", finding.code.as_str());
            println!("  {}", printable(&finding.detail));
            println!("  {}", printable(&finding.mend));
        }
    }
    if !findings.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    Err(Failure::failed("nothing is wrong with what was given; give S3's answer too (--error)"))
}
