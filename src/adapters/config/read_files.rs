//! Files whose content a configuration takes in, such as secrets: each is read once, when it is first asked for.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::adapters::followed_file;

/// What such files hold, as far as they were asked for.
#[derive(Default)]
pub(super) struct ReadFiles(RefCell<BTreeMap<PathBuf, Content>>);

/// What a file held, or why it could not be read.
pub(super) type Content = Result<Arc<Zeroizing<Vec<u8>>>, Arc<io::Error>>;

impl ReadFiles {
    /// Reads these.
    pub(super) fn of<'p>(paths: impl IntoIterator<Item = &'p PathBuf>) -> Self {
        let files = Self::default();
        paths.into_iter().for_each(|path| _ = files.read(path));
        files
    }

    /// What a file holds, or held when it was first asked for.
    pub(super) fn read(&self, path: &Path) -> Content {
        let mut known = self.0.borrow_mut();
        if let Some(content) = known.get(path) {
            return content.clone();
        }
        let content = followed_file::read(path).map(Arc::new).map_err(Arc::new);
        known.insert(path.to_owned(), content.clone());
        content
    }

    /// Those that were asked for.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        self.0.borrow().keys().cloned().collect()
    }

    /// Forgets those for which this does not hold.
    pub(super) fn retain(&self, keep: impl Fn(&Path) -> bool) {
        self.0.borrow_mut().retain(|path, _| keep(path));
    }

    /// A file that can no longer be read holds what it held before.
    pub(super) fn fall_back_on(&self, before: &Self) {
        let before = before.0.borrow();
        for (path, content) in self.0.borrow_mut().iter_mut() {
            let (Err(error), Some(held @ Ok(_))) = (&content, before.get(path)) else { continue };
            tracing::warn!(path = %path.display(), %error, "a file of the configuration is lost; what it held is kept");
            content.clone_from(held);
        }
    }

    /// What tells these contents from others, without holding them.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut all = Vec::new();
        for (path, content) in self.0.borrow().iter() {
            all.extend(followed_file::digest(path.as_os_str().as_encoded_bytes()));
            all.extend(match content {
                Ok(bytes) => followed_file::digest(bytes),
                Err(error) => followed_file::digest(format!("{:?}", error.kind()).as_bytes()),
            });
        }
        followed_file::digest(&all)
    }
}
