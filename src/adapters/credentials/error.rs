//! Why credentials cannot be had. No message holds a value that was read.

use std::io;
use std::path::PathBuf;
#[cfg(feature = "aws")]
use std::time::Duration;

use crate::adapters::credentials::ini::InvalidIni;
#[cfg(feature = "aws")]
use crate::domain::name::Name;
use crate::domain::signing_keys::InvalidSigningKeys;

/// Why a source gives no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    #[error("`{0}` is absent or empty")]
    Absent(String),
    #[cfg(feature = "aws")]
    #[error("they have ended already")]
    Ended,
    #[error("{}:{invalid}", path.display())]
    Ini { path: PathBuf, invalid: InvalidIni },
    #[error("`{0}` has a character that it cannot have")]
    InvalidCharacter(String),
    #[error("`{0}` is no RFC 3339 time")]
    InvalidTime(String),
    #[error("{}: {invalid}", path.display())]
    Keys { path: PathBuf, invalid: InvalidSigningKeys },
    #[cfg(feature = "aws")]
    #[error("no answer within {} s", LONGEST_ATTEMPT.as_secs())]
    NoAnswer,
    #[error("{} has no profile `{profile}`", path.display())]
    NoProfile { path: PathBuf, profile: String },
    #[cfg(feature = "aws")]
    #[error("the credentials {0}, their source, are not there or have ended")]
    NoSource(Name),
    #[error("{}:{line}:{column}: not the JSON that credential_process prints", path.display())]
    NotJson { path: PathBuf, line: usize, column: usize },
    #[cfg(feature = "aws")]
    #[error(
        "nothing of AWS's default chain is set up here: no keys in the environment, no profile, no web identity, no \
         container's endpoint, no instance's metadata"
    )]
    NothingSetUp,
    #[error("they have ended, and those in force have not")]
    Over,
    #[cfg(feature = "aws")]
    #[error("{provider}: {why}")]
    Refused { provider: &'static str, why: Refusal },
    #[error("cannot read {}: {kind}", path.display())]
    Unreadable { path: PathBuf, kind: io::ErrorKind },
    #[error("HOME is not set: name the file by `credentials_file`")]
    UnknownHome,
    #[error("`Version` is not 1")]
    UnknownVersion,
}

/// How long an attempt over the network may take, all of its calls and processes together.
#[cfg(feature = "aws")]
pub const LONGEST_ATTEMPT: Duration = Duration::from_secs(15);

/// Why a provider of AWS's gave nothing.
#[cfg(feature = "aws")]
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("AWS answered {0}{hint}", hint = hint(.0))]
    Answered(String),
    #[error("it gave no credentials")]
    Failed,
    #[error("its variables or files are wrong")]
    Misconfigured,
    #[error("it did not answer in time")]
    TimedOut,
    #[error("it cannot be reached")]
    Unreachable,
    #[error("it answered what cannot be read")]
    Unreadable,
}

/// What to look at, for the codes of STS that tell little.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html#API_AssumeRole_Errors>
#[cfg(feature = "aws")]
fn hint(code: &str) -> &'static str {
    match code {
        "AccessDenied" => ": the role's trust policy, or a policy of whoever asks, does not allow it",
        "RegionDisabledException" => ": STS is switched off in that region; set AWS_REGION to another",
        "ValidationError" => ": look at role_arn and duration, which is 1h at most from another role's credentials",
        _ => "",
    }
}
