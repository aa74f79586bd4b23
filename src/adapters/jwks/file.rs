//! A key set in a file, looked at twice a second.

use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::keeper::Keeper;
use crate::adapters::followed_file;
use crate::adapters::followed_file::Looks;
use crate::adapters::followed_file::PERIOD;
use crate::adapters::followed_file::Sight;

/// A file, and what the looks at it saw.
pub(super) struct Watch {
    keeper: Keeper,
    path: Arc<Path>,
    looks: Looks<io::ErrorKind>,
}

impl Watch {
    /// Reads the file for the first time, and takes up what it holds.
    pub(super) fn begin(keeper: Keeper, path: PathBuf) -> Self {
        let found = followed_file::read(&path);
        let mut watch = Self { keeper, path: path.into(), looks: Looks::after(sight(&found)) };
        watch.judge(found);
        watch
    }

    /// Looks at the file again and again.
    pub(super) async fn forever(mut self) {
        loop {
            tokio::time::sleep(PERIOD).await;
            let path = Arc::clone(&self.path);
            let found = tokio::task::spawn_blocking(move || followed_file::read(&path)).await;
            self.look_at(found.unwrap_or_else(|lost| Err(lost.into())));
            self.keeper.age();
        }
    }

    fn look_at(&mut self, found: io::Result<Zeroizing<Vec<u8>>>) {
        if found.as_ref().is_ok_and(|document| self.keeper.holds(document)) {
            self.keeper.seen();
        }
        if self.looks.is_news(sight(&found)) {
            self.judge(found);
        }
    }

    fn judge(&mut self, found: io::Result<Zeroizing<Vec<u8>>>) {
        match found {
            Ok(document) => _ = self.keeper.take_up(&document),
            Err(error) => self.keeper.failed(&error),
        }
    }
}

fn sight(found: &io::Result<Zeroizing<Vec<u8>>>) -> Sight<io::ErrorKind> {
    found.as_ref().map(|document| followed_file::digest(document)).map_err(io::Error::kind)
}
