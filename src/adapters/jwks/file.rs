//! A key set in a file, looked at twice a second.

use std::fs::File;
use std::io;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::get::MAX_BYTES;
use super::keeper::Keeper;

/// A file and what the last looks at it found.
pub(super) struct Watch {
    keeper: Keeper,
    path: Arc<Path>,
    /// A document that is neither in force nor refused yet.
    found: Option<Vec<u8>>,
    /// The document that was last refused.
    refused: Option<Vec<u8>>,
    readable: bool,
}

impl Watch {
    /// Reads the file for the first time, and takes up what it holds.
    pub(super) fn begin(keeper: Keeper, path: PathBuf) -> Self {
        let mut watch = Self { keeper, path: path.into(), found: None, refused: None, readable: true };
        match read(&watch.path) {
            Ok(document) => watch.judge(document),
            Err(error) => watch.unreadable(&error),
        }
        watch
    }

    /// Looks at the file again and again.
    pub(super) async fn forever(mut self) {
        loop {
            tokio::time::sleep(PERIOD).await;
            let path = Arc::clone(&self.path);
            match tokio::task::spawn_blocking(move || read(&path)).await.unwrap_or_else(|lost| Err(lost.into())) {
                Ok(document) => self.look_at(document),
                Err(error) => self.unreadable(&error),
            }
            self.keeper.age();
        }
    }

    /// A change is taken up when two looks in a row find the same, so that a half-written file is not.
    fn look_at(&mut self, document: Vec<u8>) {
        self.readable = true;
        let before = self.found.take();
        if self.keeper.holds(&document) {
            self.keeper.seen();
        } else if self.refused.as_ref() == Some(&document) {
            // it was said once
        } else if before.as_ref() == Some(&document) {
            self.judge(document);
        } else {
            self.found = Some(document);
        }
    }

    fn judge(&mut self, document: Vec<u8>) {
        self.refused = match self.keeper.take_up(&document) {
            true => None,
            false => Some(document),
        };
    }

    /// Said once, not at every look.
    fn unreadable(&mut self, error: &io::Error) {
        self.found = None;
        if std::mem::replace(&mut self.readable, false) {
            self.keeper.failed(error);
        }
    }
}

const PERIOD: Duration = Duration::from_millis(500);

/// A pipe would block for good, and a larger file is none of ours.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut document = Vec::new();
    File::open(path)?.take(MAX_BYTES as u64 + 1).read_to_end(&mut document)?;
    match document.len() > MAX_BYTES {
        true => Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {MAX_BYTES} bytes"))),
        false => Ok(document),
    }
}
