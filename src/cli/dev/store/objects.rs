//! Objects in a folder: an index of all of them, and the files behind it.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use s3s::dto::Timestamp;

use super::bucket;
use super::bucket::Bucket;
use super::bucket::Settings;
use super::bucket::Version;
use super::bucket::Versioning;
use super::failure::StoreError;
use super::files;
use super::files::Incoming;
use super::object::Marker;
use super::object::Object;
use super::object::Place;
use super::uploads::Uploads;
use crate::cli::dev::random;

/// The objects of all buckets: what the index tells is on disk.
///
/// One process at a time may have a folder. Every change is on disk before the index tells it, and a record's rename
/// is what makes it: an upload that is cut off, even by a crash, leaves what was there.
pub struct Objects {
    root: PathBuf,
    /// Uploads in parts that are not complete yet.
    pub uploads: Uploads,
    buckets: Mutex<BTreeMap<String, Bucket>>,
}

/// What a delete did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// S3's word for the version that was made or removed.
    pub version: Option<String>,
    /// Whether that is a delete marker.
    pub marker: bool,
}

impl Objects {
    /// Opens a folder, making it where it is not there. What an earlier process has left half done is removed.
    pub fn open(root: PathBuf) -> io::Result<Self> {
        files::make_folder(&root)?;
        files::empty_folder(&root.join(files::INCOMING))?;
        let uploads = Uploads::open(&root)?;
        let mut buckets = BTreeMap::new();
        for (name, path) in files::folders(&root)? {
            if s3s::path::check_bucket_name(&name) {
                buckets.insert(name, read_bucket(&path)?);
            }
        }
        Ok(Self { root, uploads, buckets: Mutex::new(buckets) })
    }

    /// Makes a bucket with these settings unless it is there; whether it was not. A name that S3 allows is safe as a
    /// folder's name, and no other is taken.
    pub fn ensure_bucket(&self, name: &str, settings: Settings) -> io::Result<bool> {
        if !s3s::path::check_bucket_name(name) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{name} is no bucket name of S3's")));
        }
        let mut buckets = self.locked();
        if buckets.contains_key(name) {
            return Ok(false);
        }
        files::make_folder(&self.root.join(name))?;
        self.write_settings(name, settings)?;
        buckets.insert(name.to_owned(), Bucket::new(settings));
        Ok(true)
    }

    /// Makes a bucket with versions and Object Lock; one that is there keeps what it has and gets them too.
    pub fn ensure_lockable(&self, name: &str) -> Result<(), StoreError> {
        match self.ensure_bucket(name, Settings::WITH_OBJECT_LOCK)? {
            true => Ok(()),
            false => self.set_bucket(name, |_| Ok(Settings::WITH_OBJECT_LOCK)),
        }
    }

    /// Sets a bucket anew. Blocks.
    pub fn set_bucket(
        &self,
        name: &str,
        change: impl FnOnce(Settings) -> Result<Settings, StoreError>,
    ) -> Result<(), StoreError> {
        let mut buckets = self.locked();
        let bucket = buckets.get_mut(name).ok_or(StoreError::NoSuchBucket)?;
        let settings = change(bucket.settings)?;
        self.write_settings(name, settings)?;
        bucket.settings = settings;
        Ok(())
    }

    fn write_settings(&self, name: &str, settings: Settings) -> io::Result<()> {
        files::write_json(&self.root.join(files::INCOMING), &self.root.join(name).join(SETTINGS), &settings)
    }

    /// The names of all buckets.
    pub fn bucket_names(&self) -> Vec<String> {
        self.locked().keys().cloned().collect()
    }

    /// Lets `look` see a bucket's objects; nothing changes meanwhile.
    pub fn in_bucket<T>(&self, bucket: &str, look: impl FnOnce(&Bucket) -> T) -> Result<T, StoreError> {
        self.locked().get(bucket).map(look).ok_or(StoreError::NoSuchBucket)
    }

    /// What is known of an object: of its newest version, or of the one that is named.
    pub fn find(&self, bucket: &str, key: &str, version: Option<&str>) -> Result<Arc<Object>, StoreError> {
        self.in_bucket(bucket, |objects| find_in(objects, key, version))?
    }

    /// An object and its bytes, of one and the same upload.
    pub async fn read(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&str>,
    ) -> Result<(Arc<Object>, tokio::fs::File), StoreError> {
        loop {
            let object = self.find(bucket, key, version)?;
            match tokio::fs::File::open(self.folder(bucket, key).join(&object.data)).await {
                Ok(file) => return Ok((object, file)),
                // Replaced between the two looks: the new one is there by now.
                Err(error) if error.kind() == io::ErrorKind::NotFound && self.changed(bucket, version, &object) => (),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// A place for bytes that are coming in.
    pub async fn incoming(&self) -> io::Result<Incoming> {
        Incoming::create(&self.root.join(files::INCOMING)).await
    }

    /// Puts an object under its key, as a new version where the bucket keeps them, if `demand` finds right what is
    /// there; gives what it became. Blocks.
    pub fn put(
        &self,
        bucket: &str,
        mut object: Object,
        bytes: Incoming,
        demand: impl FnOnce(&Bucket) -> Result<(), StoreError>,
    ) -> Result<Arc<Object>, StoreError> {
        let folder = self.folder(bucket, &object.key);
        object.data = files::data_name(&object.key)?;
        let mut buckets = self.locked();
        let objects = buckets.get_mut(bucket).ok_or(StoreError::NoSuchBucket)?;
        demand(objects)?;
        object.place = next_place(objects, &object.key)?;
        files::make_folder(&folder)?;
        bytes.move_to(&folder.join(&object.data))?;
        let object = Arc::new(object);
        self.record(&folder, objects, Version::Object(Arc::clone(&object)))?;
        Ok(object)
    }

    /// Changes what is known of an object. Blocks.
    pub fn change<T>(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&str>,
        change: impl FnOnce(&mut Object) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut buckets = self.locked();
        let objects = buckets.get_mut(bucket).ok_or(StoreError::NoSuchBucket)?;
        let mut object = find_in(objects, key, version)?.as_ref().clone();
        let changed = change(&mut object)?;
        let version = Version::Object(Arc::new(object));
        files::write_version(&self.root.join(files::INCOMING), &self.folder(bucket, key), &version)?;
        objects.insert(version);
        Ok(changed)
    }

    /// Deletes what a reader gets who names no version: for good, or in a bucket with versioning by a marker. Blocks.
    pub fn delete(&self, bucket: &str, key: &str, now: Timestamp) -> Result<Deleted, StoreError> {
        let mut buckets = self.locked();
        let objects = buckets.get_mut(bucket).ok_or(StoreError::NoSuchBucket)?;
        if objects.settings.versioning == Versioning::Never {
            let Some(former) = objects.latest(key).cloned() else { return Ok(Deleted::default()) };
            self.erase(bucket, objects, &former)?;
            return Ok(Deleted::default());
        }
        let place = next_place(objects, key)?;
        let deleted = Deleted { version: Some(bucket::id(&place).to_owned()), marker: true };
        let folder = self.folder(bucket, key);
        files::make_folder(&folder)?;
        let marker = Marker { key: key.to_owned(), place, modified: now };
        self.record(&folder, objects, Version::Marker(Arc::new(marker)))?;
        Ok(deleted)
    }

    /// Deletes a version for good, if `permit` lets its object go; one that is not there is no error. Blocks.
    pub fn delete_version(
        &self,
        bucket: &str,
        key: &str,
        version: &str,
        permit: impl FnOnce(&Object) -> Result<(), StoreError>,
    ) -> Result<Deleted, StoreError> {
        let mut buckets = self.locked();
        let objects = buckets.get_mut(bucket).ok_or(StoreError::NoSuchBucket)?;
        let Some(former) = objects.version(key, version).cloned() else {
            return Ok(Deleted { version: Some(version.to_owned()), marker: false });
        };
        former.object().map_or(Ok(()), |object| permit(object))?;
        self.erase(bucket, objects, &former)?;
        Ok(Deleted { version: Some(version.to_owned()), marker: former.object().is_none() })
    }

    /// Writes a version's record, and tells it in the index.
    fn record(&self, folder: &Path, objects: &mut Bucket, version: Version) -> Result<(), StoreError> {
        files::write_version(&self.root.join(files::INCOMING), folder, &version)?;
        if let Some(former) = objects.insert(version).as_ref().and_then(Version::object) {
            // It has succeeded all the same; what is left over goes at the next start.
            let _ = files::remove(&folder.join(&former.data));
        }
        Ok(())
    }

    fn erase(&self, bucket: &str, objects: &mut Bucket, version: &Version) -> Result<(), StoreError> {
        let folder = self.folder(bucket, version.key());
        files::remove(&folder.join(files::record_name(version.key(), version.place())))?;
        objects.remove(version.key(), version.place());
        version.object().map_or(Ok(()), |object| files::remove(&folder.join(&object.data)))?;
        Ok(())
    }

    fn changed(&self, bucket: &str, version: Option<&str>, seen: &Arc<Object>) -> bool {
        self.find(bucket, &seen.key, version).map_or(true, |present| !Arc::ptr_eq(&present, seen))
    }

    fn folder(&self, bucket: &str, key: &str) -> PathBuf {
        self.root.join(bucket).join(files::folder_of(key))
    }

    fn locked(&self) -> MutexGuard<'_, BTreeMap<String, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file of a bucket's settings, in its folder.
const SETTINGS: &str = "settings.json";

fn find_in(objects: &Bucket, key: &str, version: Option<&str>) -> Result<Arc<Object>, StoreError> {
    match version {
        Some(version) => match objects.version(key, version).ok_or(StoreError::NoSuchVersion)? {
            Version::Object(object) => Ok(Arc::clone(object)),
            Version::Marker(_) => Err(StoreError::IsMarker),
        },
        None => match objects.latest(key).ok_or(StoreError::NoSuchKey)? {
            Version::Object(object) => Ok(Arc::clone(object)),
            Version::Marker(marker) => Err(StoreError::Deleted(bucket::id(&marker.place).to_owned())),
        },
    }
}

fn next_place(objects: &Bucket, key: &str) -> io::Result<Place> {
    let version = objects.keeps_versions().then(random::long_name).transpose()?;
    Ok(objects.next_place(key, version))
}

/// Reads every record of a bucket, and removes bytes that no record names: an upload was cut off between the two.
fn read_bucket(path: &Path) -> io::Result<Bucket> {
    let settings = path.join(SETTINGS);
    let settings = if settings.exists() { files::read_json(&settings)? } else { Settings::default() };
    let mut bucket = Bucket::new(settings);
    for (_, upper) in files::folders(path)? {
        for (_, folder) in files::folders(&upper)? {
            read_folder(&folder, &mut bucket)?;
        }
    }
    Ok(bucket)
}

fn read_folder(folder: &Path, bucket: &mut Bucket) -> io::Result<()> {
    let (records, others): (Vec<_>, Vec<_>) =
        files::entries(folder)?.into_iter().partition(|(name, _)| files::is_record(name));
    let mut named = HashSet::new();
    for (_, record) in records {
        let version = files::read_version(&record)?;
        named.extend(version.object().map(|object| object.data.clone()));
        bucket.insert(version);
    }
    let left_over = |(name, _): &(String, PathBuf)| files::is_data(name) && !named.contains(name);
    others.into_iter().filter(left_over).try_for_each(|(_, file)| files::remove(&file))
}
