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

use super::files;
use super::files::Incoming;
use super::object::Object;

/// The objects of one bucket, by key, in the order of its bytes.
pub type Bucket = BTreeMap<String, Arc<Object>>;

/// The objects of all buckets: what the index tells is on disk.
///
/// One process at a time may have a folder. Every change is on disk before the index tells it, and a record's rename
/// is what makes it: an upload that is cut off, even by a crash, leaves what was there.
pub struct Objects {
    root: PathBuf,
    buckets: Mutex<BTreeMap<String, Bucket>>,
}

/// Why the store cannot do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no such bucket")]
    NoSuchBucket,
    #[error("there is no such object")]
    NoSuchKey,
    #[error("what the request demands of the present object does not hold")]
    PreconditionFailed,
    #[error("the store's folder: {0}")]
    Io(#[from] io::Error),
}

impl Objects {
    /// Opens a folder, making it where it is not there. Unfinished uploads of an earlier process are removed.
    pub fn open(root: PathBuf) -> io::Result<Self> {
        files::make_folder(&root)?;
        files::empty_folder(&root.join(files::INCOMING))?;
        let mut buckets = BTreeMap::new();
        for (name, path) in files::folders(&root)? {
            if name != files::INCOMING {
                buckets.insert(name, read_bucket(&path)?);
            }
        }
        Ok(Self { root, buckets: Mutex::new(buckets) })
    }

    /// Makes a bucket unless it is there. A name that S3 allows is safe as a folder's name, and no other is taken.
    pub fn ensure_bucket(&self, name: &str) -> io::Result<()> {
        if !s3s::path::check_bucket_name(name) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{name} is no bucket name of S3's")));
        }
        let mut buckets = self.locked();
        if !buckets.contains_key(name) {
            files::make_folder(&self.root.join(name))?;
            buckets.insert(name.to_owned(), Bucket::new());
        }
        Ok(())
    }

    /// The names of all buckets.
    pub fn bucket_names(&self) -> Vec<String> {
        self.locked().keys().cloned().collect()
    }

    /// Lets `look` see a bucket's objects; nothing changes meanwhile.
    pub fn in_bucket<T>(&self, bucket: &str, look: impl FnOnce(&Bucket) -> T) -> Result<T, StoreError> {
        self.locked().get(bucket).map(look).ok_or(StoreError::NoSuchBucket)
    }

    /// What is known of an object.
    pub fn find(&self, bucket: &str, key: &str) -> Result<Arc<Object>, StoreError> {
        self.in_bucket(bucket, |objects| objects.get(key).cloned())?.ok_or(StoreError::NoSuchKey)
    }

    /// An object and its bytes, of one and the same upload.
    pub async fn read(&self, bucket: &str, key: &str) -> Result<(Arc<Object>, tokio::fs::File), StoreError> {
        loop {
            let object = self.find(bucket, key)?;
            match tokio::fs::File::open(self.folder(bucket, key).join(&object.data)).await {
                Ok(file) => return Ok((object, file)),
                // Replaced between the two looks: the new one is there by now.
                Err(error) if error.kind() == io::ErrorKind::NotFound && self.changed(bucket, &object) => (),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// A place for bytes that are coming in.
    pub async fn incoming(&self) -> io::Result<Incoming> {
        Incoming::create(&self.root.join(files::INCOMING)).await
    }

    /// Puts an object in the place of whatever has its key, if `demand` finds that right. Blocks.
    pub fn put(
        &self,
        bucket: &str,
        mut object: Object,
        bytes: Incoming,
        demand: impl FnOnce(Option<&Object>) -> bool,
    ) -> Result<(), StoreError> {
        let folder = self.folder(bucket, &object.key);
        object.data = files::data_name(&object.key)?;
        let mut buckets = self.locked();
        let objects = buckets.get_mut(bucket).ok_or(StoreError::NoSuchBucket)?;
        if !demand(objects.get(&object.key).map(Arc::as_ref)) {
            return Err(StoreError::PreconditionFailed);
        }
        files::make_folder(&folder)?;
        bytes.move_to(&folder.join(&object.data))?;
        files::write_record(&self.root.join(files::INCOMING), &folder, &object)?;
        if let Some(former) = objects.insert(object.key.clone(), Arc::new(object)) {
            // The upload has succeeded all the same; what is left over goes at the next start.
            let _ = files::remove(&folder.join(&former.data));
        }
        Ok(())
    }

    /// Removes an object; one that is not there is no error. Blocks.
    pub fn remove(&self, bucket: &str, key: &str) -> Result<(), StoreError> {
        let folder = self.folder(bucket, key);
        let mut buckets = self.locked();
        let objects = buckets.get_mut(bucket).ok_or(StoreError::NoSuchBucket)?;
        let Some(object) = objects.get(key).cloned() else { return Ok(()) };
        files::remove(&folder.join(files::record_name(key)))?;
        objects.remove(key);
        Ok(files::remove(&folder.join(&object.data))?)
    }

    fn changed(&self, bucket: &str, seen: &Arc<Object>) -> bool {
        self.find(bucket, &seen.key).map_or(true, |present| !Arc::ptr_eq(&present, seen))
    }

    fn folder(&self, bucket: &str, key: &str) -> PathBuf {
        self.root.join(bucket).join(files::folder_of(key))
    }

    fn locked(&self) -> MutexGuard<'_, BTreeMap<String, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads every record of a bucket, and removes bytes that no record names: an upload was cut off between the two.
fn read_bucket(path: &Path) -> io::Result<Bucket> {
    let mut bucket = Bucket::new();
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
        let object = files::read_record(&record)?;
        named.insert(object.data.clone());
        bucket.insert(object.key.clone(), Arc::new(object));
    }
    let left_over = |(name, _): &(String, PathBuf)| files::is_data(name) && !named.contains(name);
    others.into_iter().filter(left_over).try_for_each(|(_, file)| files::remove(&file))
}
