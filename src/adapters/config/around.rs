//! What the parts of a file are read with, beside their tables.

use std::path::Path;

use crate::adapters::config::diagnostic::Report;
use crate::adapters::config::environment::Environment;
use crate::adapters::config::read_files::ReadFiles;

/// Handed to every reader that looks beyond its own table.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    /// Where the file's relative paths start.
    pub(super) folder: &'a Path,
    pub(super) environment: &'a Environment,
    pub(super) files: &'a ReadFiles,
    pub(super) report: &'a Report,
}
