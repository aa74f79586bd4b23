//! Files behind the objects: their names, made from the keys' hashes, and how they come to be whole or not at all.

use std::fmt::Display;
use std::fs;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Digest;
use sha2::Sha256;
use tokio::io::AsyncWriteExt;

use super::bucket::Version;
use super::failure::StoreError;
use super::object::Marker;
use super::object::Object;
use super::object::Place;
use crate::cli::dev::random;

/// The folder for what is not whole yet; no bucket's name begins with a dot.
pub const INCOMING: &str = ".incoming";

/// Where in its bucket an object's files lie: two levels, so that no folder grows large.
pub fn folder_of(key: &str) -> PathBuf {
    let [first, second, ..] = hash(key);
    [format!("{first:02x}"), format!("{second:02x}")].iter().collect()
}

/// The name of a version's record; the null version's is without an id.
pub fn record_name(key: &str, place: &Place) -> String {
    match &place.version {
        Some(id) => format!("{}.{id}{RECORD}", random::hex(&hash(key))),
        None => format!("{}{RECORD}", random::hex(&hash(key))),
    }
}

/// A new name for an object's bytes: a reader of the former ones is not disturbed.
pub fn data_name(key: &str) -> io::Result<String> {
    Ok(format!("{}.{}", random::hex(&hash(key)), random::name()?))
}

/// Whether a file is a record.
pub fn is_record(name: &str) -> bool {
    name.ends_with(RECORD)
}

/// Whether a name is one that this store gives to bytes: hex, a dot, hex. Nothing else is ever opened or removed.
pub fn is_data(name: &str) -> bool {
    let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    name.split_once('.').is_some_and(|(hash, random)| is_hex(hash) && is_hex(random))
}

const RECORD: &str = ".json";

fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// Reads the record of a version.
pub fn read_version(path: &Path) -> io::Result<Version> {
    let read: Record = read_json(path)?;
    let version = match read {
        Record::Object(object) => Version::Object(Arc::from(object)),
        Record::Marker(marker) => Version::Marker(Arc::new(marker)),
    };
    let expected = record_name(version.key(), version.place());
    let is_named = path.file_name().is_some_and(|name| name == expected.as_str());
    match is_named && version.object().is_none_or(|object| is_data(&object.data)) {
        true => Ok(version),
        false => Err(named(path, &"is not a record that this store wrote here")),
    }
}

/// Writes the record of a version.
pub fn write_version(incoming: &Path, folder: &Path, version: &Version) -> io::Result<()> {
    let path = folder.join(record_name(version.key(), version.place()));
    match version {
        Version::Object(object) => write_json(incoming, &path, object.as_ref()),
        Version::Marker(marker) => write_json(incoming, &path, marker.as_ref()),
    }
}

/// What a version's record may hold. An object's has more members, so it is tried first.
#[derive(Deserialize)]
#[serde(untagged)]
enum Record {
    Object(Box<Object>),
    Marker(Marker),
}

/// Reads a document; the error names the file.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    let text = fs::read(path).map_err(|error| named(path, &error))?;
    serde_json::from_slice(&text).map_err(|error| named(path, &error))
}

/// Writes a document whole or not at all.
pub fn write_json(incoming: &Path, path: &Path, document: &impl Serialize) -> io::Result<()> {
    let beside = incoming.join(random::name()?);
    let mut file = fs::File::create_new(&beside)?;
    file.write_all(&serde_json::to_vec_pretty(document)?)?;
    fs::rename(&beside, path)
}

fn named(path: &Path, error: &dyn Display) -> io::Error {
    io::Error::other(format!("{}: {error}", path.display()))
}

/// Bytes that are coming in, in a file of their own that goes unless it is moved to its place.
pub struct Incoming {
    path: PathBuf,
    file: tokio::fs::File,
}

impl Incoming {
    /// Makes an empty one in `folder`.
    pub async fn create(folder: &Path) -> io::Result<Self> {
        let path = folder.join(random::name()?);
        let file = tokio::fs::File::create_new(&path).await?;
        Ok(Self { path, file })
    }

    /// Adds bytes.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes).await
    }

    /// Waits until all bytes are in the file.
    pub async fn finish(&mut self) -> io::Result<()> {
        self.file.flush().await
    }

    /// Gives the file its place.
    pub fn move_to(self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // Nothing is there any more once it has moved; what cannot be removed goes at the next start.
        let _ = fs::remove_file(&self.path);
    }
}

/// Removes a folder and all that is in it; one that is gone is no error.
pub fn remove_folder(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Makes a folder and those above it.
pub fn make_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Makes a folder that is empty.
pub fn empty_folder(path: &Path) -> io::Result<()> {
    remove_folder(path)?;
    fs::create_dir_all(path)
}

/// Removes a file; one that is gone is no error.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// What lies in a folder, by name.
pub fn entries(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let named = |entry: io::Result<fs::DirEntry>| {
        let entry = entry?;
        Ok((entry.file_name().to_string_lossy().into_owned(), entry.path()))
    };
    fs::read_dir(folder)?.map(named).collect()
}

/// The folders that lie in a folder, by name.
pub fn folders(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    Ok(entries(folder)?.into_iter().filter(|(_, path)| path.is_dir()).collect())
}

/// Does what waits for the disk where it may wait.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| StoreError::Io(io::Error::other(error)))?
}
