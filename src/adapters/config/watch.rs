//! The configuration's file and those that it takes in, looked at again and again.

use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use zeroize::Zeroizing;

use crate::adapters::config;
use crate::adapters::config::Loaded;
use crate::adapters::config::diagnostic::Diagnostic;
use crate::adapters::config::environment::Environment;
use crate::adapters::config::read_files::ReadFiles;
use crate::adapters::config::settings::Settings;
use crate::adapters::followed_file;
use crate::adapters::followed_file::Looks;

/// What a running service's configuration is read from. Whoever looks says what became of what was found, by
/// [`Watch::taken_up`] or [`Watch::refused`].
pub struct Watch {
    path: PathBuf,
    environment: Environment,
    looks: Looks<io::ErrorKind>,
    /// Which other files the file takes in, as long as it is the one of that digest.
    known: Option<([u8; 32], Vec<PathBuf>)>,
    /// What was found last.
    found: Option<Found>,
    /// What the configuration in force has taken in: of it a file that is lost keeps what it held.
    held: ReadFiles,
    is_demanded: bool,
    refused_at: Option<Instant>,
}

/// What a look found.
struct Found {
    bytes: Zeroizing<Vec<u8>>,
    files: ReadFiles,
}

impl Watch {
    /// Reads a configuration for the first time, which is then taken as in force.
    pub fn begin(path: &Path, environment: Environment) -> Result<(Self, Loaded), Vec<Diagnostic>> {
        let bytes = std::fs::read(path).map_err(|error| vec![config::unreadable(path, &error)])?;
        let found = Found { bytes: Zeroizing::new(bytes), files: ReadFiles::default() };
        let loaded = config::parse_with(&found.bytes, path, &environment, &found.files)?;
        // What is no regular file, such as a pipe, cannot be looked at again.
        let looks = Looks::after(match path.is_file() {
            true => Ok(found.digest()),
            false => Err(io::ErrorKind::InvalidInput),
        });
        let held = found.held(&loaded.settings);
        let path = path.to_owned();
        let watch =
            Self { path, environment, looks, known: None, found: None, held, is_demanded: false, refused_at: None };
        Ok((watch, loaded))
    }

    /// The next look is the first of two that are to see the same, and then what they saw is news even if it is in
    /// force. Says whether that is new: where it was demanded already the next look may be the second of the two, and
    /// must not follow the first at once.
    pub fn demand(&mut self) -> bool {
        let is_new = !std::mem::replace(&mut self.is_demanded, true);
        if is_new {
            self.looks.begin_anew();
        }
        is_new
    }

    /// Looks; what to judge, if there is news.
    pub fn look(&mut self) -> Option<Result<Loaded, Vec<Diagnostic>>> {
        let found = self.read();
        let is_news = self.looks.is_news(found.as_ref().map(Found::digest).map_err(io::Error::kind));
        let is_wanted = self.is_demanded || self.refused_at.is_some_and(|at| at.elapsed() >= AGAIN);
        let is_due = is_news || (is_wanted && self.looks.are_settled());
        if !is_due {
            return None;
        }
        self.is_demanded = false;
        let found = match found {
            Ok(found) => found,
            Err(error) => return Some(Err(vec![config::unreadable(&self.path, &error)])),
        };
        found.files.fall_back_on(&self.held);
        let read = config::parse_with(&found.bytes, &self.path, &self.environment, &found.files);
        self.found = Some(found);
        Some(read)
    }

    /// What was found last is in force, with these settings.
    pub fn taken_up(&mut self, settings: &Settings) {
        self.refused_at = None;
        if let Some(found) = self.found.take() {
            self.held = found.held(settings);
        }
    }

    /// What was found last is not in force. It is tried again now and then: what is wrong may lie elsewhere.
    pub fn refused(&mut self) {
        (self.refused_at, self.found) = (Some(Instant::now()), None);
    }

    fn read(&mut self) -> io::Result<Found> {
        let bytes = followed_file::read(&self.path)?;
        let digest = followed_file::digest(&bytes);
        let files = match &self.known {
            Some((known, paths)) if *known == digest => ReadFiles::of(paths),
            Some(_) | None => {
                let files = ReadFiles::default();
                _ = config::parse_with(&bytes, &self.path, &self.environment, &files); // to learn which they are
                files
            }
        };
        self.known = Some((digest, files.paths()));
        Ok(Found { bytes, files })
    }
}

impl Found {
    fn digest(&self) -> [u8; 32] {
        followed_file::digest(&[followed_file::digest(&self.bytes), self.files.digest()].concat())
    }

    /// What is kept of the files: not those of TLS, which must be there, and which nothing but TLS holds.
    fn held(self, settings: &Settings) -> ReadFiles {
        let of_tls: Vec<_> = settings.server.tls.iter().flat_map(|files| files.paths()).collect();
        self.files.retain(|path| of_tls.iter().all(|file| *file != path));
        self.files
    }
}

/// Between two tries of a configuration that was refused.
const AGAIN: Duration = Duration::from_secs(60);
