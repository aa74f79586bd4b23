//! The folder that `presignd dev` works in: its configuration, the store's keys and objects, and what it tries with.

use std::env;
use std::fs;
use std::fs::File;
use std::fs::TryLockError;
use std::io;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;

use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::json;

use super::random;
use super::store::AccessKey;
use super::store::Identities;

/// A folder that this process alone works in.
pub struct Folder {
    path: PathBuf,
    /// Held as long as the process lives.
    _lock: File,
}

/// Why a folder cannot be worked in.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("another presignd dev works in {0}: end it, or name another folder with --dir")]
    Taken(String),
    #[error("{0}: {1}")]
    Io(String, io::Error),
    #[error("{0} is not what presignd dev wrote: {1}; remove it, and new keys are made")]
    Credentials(String, serde_json::Error),
}

impl Folder {
    /// The name of the configuration in it.
    pub const CONFIGURATION: &str = "presignd.toml";

    /// Opens a folder, making it where it is not there, for its owner alone.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let named = |error| FolderError::Io(path.display().to_string(), error);
        fs::DirBuilder::new().recursive(true).mode(OWNER_ONLY_FOLDER).create(path).map_err(named)?;
        let path = path.canonicalize().map_err(named)?;
        let lock = File::create(path.join(".lock")).map_err(named)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FolderError::Taken(path.display().to_string())),
            Err(TryLockError::Error(error)) => Err(named(error)),
        }
    }

    /// Where it is, from the root.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The configuration.
    pub fn configuration(&self) -> PathBuf {
        self.path.join(Self::CONFIGURATION)
    }

    /// The objects.
    pub fn store(&self) -> PathBuf {
        self.path.join("store")
    }

    /// A file to upload, made where it is not there.
    pub fn sample(&self) -> Result<PathBuf, FolderError> {
        let path = self.path.join("hello.txt");
        self.text_or("hello.txt", "Hello from presignd.\n")?;
        Ok(path)
    }

    /// What a file says; one that is not there is made to say `otherwise`.
    pub fn text_or(&self, name: &str, otherwise: &str) -> Result<String, FolderError> {
        match fs::read_to_string(self.path.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.write(name, otherwise)?;
                Ok(otherwise.to_owned())
            }
            read => read.map_err(|error| self.failed(name, error)),
        }
    }

    /// Writes a file whole or not at all, for its owner alone.
    pub fn write(&self, name: &str, text: &str) -> Result<(), FolderError> {
        let whole = || {
            let beside = self.path.join(format!(".{name}.{}", random::name()?));
            let mut file = File::options().write(true).create_new(true).mode(OWNER_ONLY_FILE).open(&beside)?;
            file.write_all(text.as_bytes())?;
            fs::rename(&beside, self.path.join(name))
        };
        whole().map_err(|error| self.failed(name, error))
    }

    /// The store's identities, made at the first start and kept, so that URLs outlive a restart.
    pub fn identities(&self) -> Result<Identities, FolderError> {
        Ok(Identities {
            reader: self.access_key("credentials-reader.json", "DEVREADER")?,
            writer: self.access_key("credentials-writer.json", "DEVWRITER")?,
        })
    }

    fn access_key(&self, name: &str, prefix: &str) -> Result<AccessKey, FolderError> {
        let fresh = || {
            let id = format!("{prefix}{}", random::name()?.to_ascii_uppercase());
            let secret = random::secret()?;
            let document = json!({ "Version": 1, "AccessKeyId": id, "SecretAccessKey": secret.expose_secret() });
            serde_json::to_string_pretty(&document).map_err(io::Error::from)
        };
        let text = self.text_or(name, &fresh().map_err(|error| self.failed(name, error))?)?;
        let shown = || self.path.join(name).display().to_string();
        let key: Written = serde_json::from_str(&text).map_err(|error| FolderError::Credentials(shown(), error))?;
        Ok(AccessKey { id: key.access_key_id, secret: key.secret_access_key.into() })
    }

    fn failed(&self, name: &str, error: io::Error) -> FolderError {
        FolderError::Io(self.path.join(name).display().to_string(), error)
    }
}

/// What `credential_process` prints, as far as the store needs it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Written {
    access_key_id: String,
    secret_access_key: String,
}

const OWNER_ONLY_FOLDER: u32 = 0o700;
const OWNER_ONLY_FILE: u32 = 0o600;

/// Where to work if nobody says: the user's data, or where there is no home, here.
/// <https://specifications.freedesktop.org/basedir-spec/latest/>
pub fn by_default() -> PathBuf {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = absolute("XDG_DATA_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/share")));
    data.map_or_else(|| PathBuf::from("presignd-dev"), |data| data.join("presignd-dev"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_stores_keys_are_made_once_for_their_owner_alone() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/dev");
        let first = Folder::open(&path).unwrap().identities().unwrap();
        let again = Folder::open(&path).unwrap().identities().unwrap();
        assert_eq!(first.writer.id, again.writer.id);
        assert_eq!(first.writer.secret.expose_secret(), again.writer.secret.expose_secret());
        assert_ne!(first.reader.secret.expose_secret(), first.writer.secret.expose_secret());
        assert_eq!(first.reader.secret.expose_secret().len(), 40);
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(path.join("credentials-reader.json")), 0o600);
        assert_eq!(mode(path.join("credentials-writer.json")), 0o600);
        assert_eq!(mode(path), 0o700);
    }

    #[test]
    fn one_process_at_a_time_works_in_a_folder() {
        let parent = tempfile::tempdir().unwrap();
        let _held = Folder::open(parent.path()).unwrap();
        assert!(matches!(Folder::open(parent.path()), Err(FolderError::Taken(_))));
    }

    #[test]
    fn what_the_user_changed_is_kept() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::open(parent.path()).unwrap();
        assert_eq!(folder.text_or("presignd.toml", "as written").unwrap(), "as written");
        fs::write(folder.configuration(), "as changed").unwrap();
        assert_eq!(folder.text_or("presignd.toml", "as written").unwrap(), "as changed");
    }

    #[test]
    fn keys_that_somebody_broke_are_told_of_and_not_replaced() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::open(parent.path()).unwrap();
        fs::write(parent.path().join("credentials-reader.json"), "{").unwrap();
        let told = folder.identities().unwrap_err().to_string();
        assert!(told.contains("credentials-reader.json is not what presignd dev wrote"), "{told}");
    }
}
