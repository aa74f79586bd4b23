//! Uploads in parts, until they are complete: what is known of each, and its folder. They outlive the process.
//!
//! Nothing ends an abandoned one but who aborts it; S3 needs a lifecycle rule for that.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use s3s::dto::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use super::failure::StoreError;
use super::files;
use super::files::Incoming;
use super::integrity::Checksum;
use super::object::Description;
use super::whole::Whole;
use crate::cli::dev::random;

/// All unfinished uploads, by id: what this tells is on disk.
pub struct Uploads {
    folder: PathBuf,
    incoming: PathBuf,
    known: Mutex<BTreeMap<String, Upload>>,
}

/// An upload, as far as it has come.
#[derive(Debug, Clone)]
pub struct Upload {
    pub about: Arc<About>,
    pub parts: BTreeMap<i32, Arc<Part>>,
}

/// What was said when it began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct About {
    pub id: String,
    pub bucket: String,
    pub key: String,
    pub initiated: Timestamp,
    /// The checksum that was asked for.
    pub whole: Option<Whole>,
    pub description: Description,
}

/// A part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub number: i32,
    /// The file that holds the bytes.
    pub data: String,
    /// In bytes.
    pub size: u64,
    pub md5: [u8; 16],
    pub checksum: Checksum,
    pub modified: Timestamp,
}

impl Part {
    /// Its ETag without quotes.
    pub fn tag(&self) -> String {
        random::hex(&self.md5)
    }
}

impl Uploads {
    /// Reads what an earlier process left in a store's folder.
    pub fn open(root: &Path) -> io::Result<Self> {
        let folder = root.join(FOLDER);
        files::make_folder(&folder)?;
        let mut known = BTreeMap::new();
        for (id, path) in files::folders(&folder)? {
            match path.join(ABOUT).exists() {
                true => known.insert(id, read(&path)?).map_or((), drop),
                // It was cut off when it began, or when it ended.
                false => files::remove_folder(&path)?,
            }
        }
        Ok(Self { folder, incoming: root.join(files::INCOMING), known: Mutex::new(known) })
    }

    /// Begins one. Blocks.
    pub fn begin(&self, about: About) -> io::Result<()> {
        let folder = self.folder.join(&about.id);
        files::make_folder(&folder)?;
        files::write_json(&self.incoming, &folder.join(ABOUT), &about)?;
        self.locked().insert(about.id.clone(), Upload { about: Arc::new(about), parts: BTreeMap::new() });
        Ok(())
    }

    /// An upload to a key.
    pub fn find(&self, bucket: &str, key: &str, id: &str) -> Result<Upload, StoreError> {
        let known = self.locked();
        let upload = known.get(id).filter(|upload| upload.about.bucket == bucket && upload.about.key == key);
        upload.cloned().ok_or(StoreError::NoSuchUpload)
    }

    /// All uploads to a bucket, by key and then by their beginning.
    pub fn of_bucket(&self, bucket: &str) -> Vec<Arc<About>> {
        let known = self.locked();
        let here = known.values().filter(|upload| upload.about.bucket == bucket);
        let mut here: Vec<_> = here.map(|upload| Arc::clone(&upload.about)).collect();
        here.sort_by(|one, other| (&one.key, &one.initiated, &one.id).cmp(&(&other.key, &other.initiated, &other.id)));
        here
    }

    /// Adds a part, in the place of what has its number. Blocks.
    pub fn put_part(&self, about: &About, mut part: Part, bytes: Incoming) -> Result<(), StoreError> {
        let folder = self.folder.join(&about.id);
        part.data = format!("{:05}.{}", part.number, random::name()?);
        let mut known = self.locked();
        let upload = known.get_mut(&about.id).ok_or(StoreError::NoSuchUpload)?;
        bytes.move_to(&folder.join(&part.data))?;
        files::write_json(&self.incoming, &folder.join(record_name(part.number)), &part)?;
        if let Some(former) = upload.parts.insert(part.number, Arc::new(part)) {
            // The part is there all the same; what is left over goes with its upload.
            let _ = files::remove(&folder.join(&former.data));
        }
        Ok(())
    }

    /// The file of a part's bytes.
    pub fn path(&self, about: &About, part: &Part) -> PathBuf {
        self.folder.join(&about.id).join(&part.data)
    }

    /// Takes an upload out of what is known, if these are still its parts: whoever gets it may complete it, or give
    /// it back.
    pub fn take(&self, about: &About, parts: &[Arc<Part>]) -> Result<Upload, StoreError> {
        let mut known = self.locked();
        let upload = known.get(&about.id).ok_or(StoreError::NoSuchUpload)?;
        let is_there = |part: &Arc<Part>| upload.parts.get(&part.number).is_some_and(|now| Arc::ptr_eq(now, part));
        if !parts.iter().all(is_there) {
            return Err(StoreError::PartChanged);
        }
        known.remove(&about.id).ok_or(StoreError::NoSuchUpload)
    }

    /// Undoes `take`.
    pub fn give_back(&self, upload: Upload) {
        self.locked().insert(upload.about.id.clone(), upload);
    }

    /// Removes what is on disk of an upload that was taken. Blocks.
    pub fn remove(&self, about: &About) -> io::Result<()> {
        let folder = self.folder.join(&about.id);
        files::remove(&folder.join(ABOUT))?;
        files::remove_folder(&folder)
    }

    fn locked(&self) -> MutexGuard<'_, BTreeMap<String, Upload>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// No bucket's name begins with a dot.
const FOLDER: &str = ".uploads";

const ABOUT: &str = "upload.json";

fn record_name(number: i32) -> String {
    format!("{number:05}.json")
}

/// Reads an upload, and removes bytes that none of its records names.
fn read(folder: &Path) -> io::Result<Upload> {
    let about: About = files::read_json(&folder.join(ABOUT))?;
    let mut parts = BTreeMap::new();
    for (name, path) in files::entries(folder)? {
        if files::is_record(&name) && name != ABOUT {
            let part: Part = files::read_json(&path)?;
            match files::is_data(&part.data) && name == record_name(part.number) {
                true => parts.insert(part.number, Arc::new(part)).map_or((), drop),
                false => return Err(io::Error::other(format!("{}: is not this store's record", path.display()))),
            }
        }
    }
    let is_named = |name: &str| parts.values().any(|part| part.data == name);
    let left_over = |(name, _): &(String, PathBuf)| files::is_data(name) && !is_named(name);
    files::entries(folder)?.into_iter().filter(left_over).try_for_each(|(_, path)| files::remove(&path))?;
    match folder.file_name().is_some_and(|name| name == about.id.as_str()) {
        true => Ok(Upload { about: Arc::new(about), parts }),
        false => Err(io::Error::other(format!("{}: is not this store's upload", folder.display()))),
    }
}
