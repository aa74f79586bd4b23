//! A configuration for a command: loaded, or every error of it told.

use std::path::Path;

use crate::adapters::config;
use crate::adapters::config::Diagnostic;
use crate::adapters::config::Environment;
use crate::adapters::config::Loaded;
use crate::adapters::config::Settings;
use crate::cli::Failure;
use crate::cli::text::printable;

/// The configuration in that file, without a word of what it is warned of.
pub fn settings(file: &Path) -> Result<Settings, Failure> {
    loaded(file).map(|loaded| loaded.settings)
}

/// The configuration in that file, and its warnings; errors go to the standard error.
pub fn loaded(file: &Path) -> Result<Loaded, Failure> {
    config::load(file, &Environment::of_process()).map_err(failed)
}

/// Tells why there is no configuration.
pub fn failed(diagnostics: Vec<Diagnostic>) -> Failure {
    tell(&diagnostics);
    Failure::Told
}

/// Writes each to the standard error.
pub fn tell(diagnostics: &[Diagnostic]) {
    diagnostics.iter().for_each(|diagnostic| eprintln!("{}", printable(&diagnostic.to_string())));
}
