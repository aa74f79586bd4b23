//! Why credentials cannot be had. No message holds a value that was read.

use std::io;
use std::path::PathBuf;

use crate::adapters::credentials::ini::InvalidIni;

/// Why a source gives no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    #[error("`{0}` is absent or empty")]
    Absent(String),
    #[error("{}:{invalid}", path.display())]
    Ini { path: PathBuf, invalid: InvalidIni },
    #[error("`{0}` has a character that it cannot have")]
    InvalidCharacter(String),
    #[error("`{0}` is no RFC 3339 time")]
    InvalidTime(String),
    #[error("{} has no profile `{profile}`", path.display())]
    NoProfile { path: PathBuf, profile: String },
    #[error("{}:{line}:{column}: not the JSON that credential_process prints", path.display())]
    NotJson { path: PathBuf, line: usize, column: usize },
    #[error("they have ended, and those in force have not")]
    Over,
    #[error("cannot read {}: {kind}", path.display())]
    Unreadable { path: PathBuf, kind: io::ErrorKind },
    #[error("HOME is not set: name the file by `credentials_file`")]
    UnknownHome,
    #[error("`Version` is not 1")]
    UnknownVersion,
}
