//! What a person types: a file a command.
//!
//! Exit codes: 0 success, 1 refused or failed, 2 wrong usage.

pub mod ask;
pub mod audit;
pub mod check;
pub mod completions;
pub mod derive_keys;
#[cfg(feature = "dev")]
pub mod dev;
pub mod diagnose;
pub mod doctor;
pub mod explain;
mod known;
mod load;
pub mod openapi;
pub mod policy;
pub mod serve;
pub mod sign;
pub mod summary;
pub mod text;

use std::fmt;
use std::process::ExitCode;

use clap::Parser;
use clap::Subcommand;

/// Issues presigned S3 URLs to callers whose JWT a grant allows
#[derive(Debug, Parser)]
#[command(name = "presignd", version = VERSION, about, long_about = None, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Audit(audit::Arguments),
    Check(check::Arguments),
    Completions(completions::Arguments),
    DeriveKeys(derive_keys::Arguments),
    #[cfg(feature = "dev")]
    Dev(dev::Arguments),
    Diagnose(diagnose::Arguments),
    Doctor(doctor::Arguments),
    Explain(Box<explain::Arguments>),
    Openapi(openapi::Arguments),
    Policy(policy::Arguments),
    Serve(serve::Arguments),
    Sign(Box<sign::Arguments>),
}

impl Cli {
    /// Runs the command to its end.
    pub fn run(self) -> ExitCode {
        let ended = match self.command {
            Command::Audit(arguments) => audit::run(&arguments),
            Command::Check(arguments) => check::run(&arguments),
            Command::Completions(arguments) => Ok(completions::run(&arguments)),
            Command::DeriveKeys(arguments) => derive_keys::run(&arguments),
            #[cfg(feature = "dev")]
            Command::Dev(arguments) => dev::run(&arguments),
            Command::Diagnose(arguments) => diagnose::run(&arguments),
            Command::Doctor(arguments) => doctor::run(&arguments),
            Command::Explain(arguments) => explain::run(&arguments),
            Command::Openapi(arguments) => openapi::run(&arguments),
            Command::Policy(arguments) => policy::run(&arguments),
            Command::Serve(arguments) => serve::run(&arguments),
            Command::Sign(arguments) => sign::run(&arguments),
        };
        ended.unwrap_or_else(Failure::tell)
    }
}

/// Why a command ends early.
#[derive(Debug)]
pub enum Failure {
    /// What was typed makes no sense.
    Usage(String),
    Failed(String),
    /// It has been told already.
    Told,
}

impl Failure {
    /// What was typed makes no sense.
    pub fn usage(what: impl fmt::Display) -> Self {
        Self::Usage(what.to_string())
    }

    /// What was asked cannot be done.
    pub fn failed(what: impl fmt::Display) -> Self {
        Self::Failed(what.to_string())
    }

    fn tell(self) -> ExitCode {
        let (text, code) = match self {
            Self::Usage(text) => (text, ExitCode::from(2)),
            Self::Failed(text) => (text, ExitCode::FAILURE),
            Self::Told => return ExitCode::FAILURE,
        };
        eprintln!("presignd: {}", text::printable(&text));
        code
    }
}

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("PRESIGND_COMMIT"), ")");
