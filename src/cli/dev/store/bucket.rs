//! One bucket's index: the versions of each key, in the order of the keys' bytes.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use serde::Deserialize;
use serde::Serialize;

use super::object::Marker;
use super::object::Object;
use super::object::Place;

/// A bucket: what is set for it, and what is in it.
#[derive(Debug, Default)]
pub struct Bucket {
    pub settings: Settings,
    /// The oldest version first; no list is empty.
    keys: BTreeMap<String, Vec<Version>>,
}

/// What is set for a bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub versioning: Versioning,
    /// Whether objects may be locked; then `versioning` stays enabled.
    pub object_lock: bool,
}

impl Settings {
    /// Of a bucket made for locks.
    pub const WITH_OBJECT_LOCK: Self = Self { versioning: Versioning::Enabled, object_lock: true };
}

/// Whether an upload or a delete leaves what was there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Versioning {
    #[default]
    Never,
    Enabled,
    Suspended,
}

/// What stands under a key and a version.
#[derive(Debug, Clone)]
pub enum Version {
    Object(Arc<Object>),
    Marker(Arc<Marker>),
}

impl Version {
    pub fn key(&self) -> &str {
        match self {
            Self::Object(object) => &object.key,
            Self::Marker(marker) => &marker.key,
        }
    }

    pub fn place(&self) -> &Place {
        match self {
            Self::Object(object) => &object.place,
            Self::Marker(marker) => &marker.place,
        }
    }

    /// The object, unless this is a delete marker.
    pub fn object(&self) -> Option<&Arc<Object>> {
        match self {
            Self::Object(object) => Some(object),
            Self::Marker(_) => None,
        }
    }

    /// S3's word for it.
    pub fn id(&self) -> &str {
        id(self.place())
    }
}

/// S3's word for a version.
pub fn id(place: &Place) -> &str {
    place.version.as_deref().unwrap_or(NULL)
}

const NULL: &str = "null";

impl Bucket {
    /// An empty one.
    pub fn new(settings: Settings) -> Self {
        Self { settings, keys: BTreeMap::new() }
    }

    /// The newest version of a key.
    pub fn latest(&self, key: &str) -> Option<&Version> {
        self.keys.get(key)?.last()
    }

    /// The object that a reader gets who names no version.
    pub fn current(&self, key: &str) -> Option<&Arc<Object>> {
        self.latest(key)?.object()
    }

    /// A version by S3's word for it.
    pub fn version(&self, key: &str, version: &str) -> Option<&Version> {
        self.keys.get(key)?.iter().find(|known| known.id() == version)
    }

    /// The current objects from a key on.
    pub fn currents<'a>(&'a self, from: Bound<&'a str>) -> impl Iterator<Item = (&'a String, &'a Arc<Object>)> {
        let keys = self.keys.range::<str, _>((from, Bound::Unbounded));
        keys.filter_map(|(key, versions)| Some((key, versions.last()?.object()?)))
    }

    /// All versions by key, of each key the newest first, and whether it is the newest.
    pub fn versions(&self) -> impl Iterator<Item = (&Version, bool)> {
        self.keys
            .values()
            .flat_map(|versions| versions.iter().rev().enumerate().map(|(at, version)| (version, at == 0)))
    }

    /// Where the next version of a key stands, if `version` is what it is called.
    pub fn next_place(&self, key: &str, version: Option<String>) -> Place {
        let sequence = self.latest(key).map_or(0, |latest| latest.place().sequence.saturating_add(1));
        Place { version, sequence }
    }

    /// Whether what comes in next gets a name of its own.
    pub fn keeps_versions(&self) -> bool {
        match self.settings.versioning {
            Versioning::Enabled => true,
            Versioning::Never | Versioning::Suspended => false,
        }
    }

    /// Puts a version in, and gives the one of the same name that it takes the place of.
    pub fn insert(&mut self, version: Version) -> Option<Version> {
        let versions = self.keys.entry(version.key().to_owned()).or_default();
        let same = versions.iter().position(|known| known.place().version == version.place().version);
        let former = same.map(|at| versions.remove(at));
        let at = versions.partition_point(|known| known.place().sequence <= version.place().sequence);
        versions.insert(at, version);
        former
    }

    /// Takes a version out.
    pub fn remove(&mut self, key: &str, place: &Place) {
        let Some(versions) = self.keys.get_mut(key) else { return };
        versions.retain(|known| known.place().version != place.version);
        if versions.is_empty() {
            self.keys.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::dev::store::testing;
    use s3s::dto::Timestamp;

    fn object(key: &str, version: Option<&str>, sequence: u64) -> Version {
        let place = Place { version: version.map(str::to_owned), sequence };
        Version::Object(Arc::new(Object { place, ..testing::object(key) }))
    }

    fn marker(key: &str, version: Option<&str>, sequence: u64) -> Version {
        let place = Place { version: version.map(str::to_owned), sequence };
        Version::Marker(Arc::new(Marker { key: key.to_owned(), place, modified: Timestamp::default() }))
    }

    fn told(bucket: &Bucket) -> Vec<(String, String, bool)> {
        bucket.versions().map(|(known, latest)| (known.key().to_owned(), known.id().to_owned(), latest)).collect()
    }

    #[test]
    fn the_newest_version_is_the_current_one_in_whatever_order_they_were_read() {
        let mut bucket = Bucket::default();
        for version in
            [object("a", Some("2"), 2), object("a", None, 0), marker("b", Some("1"), 1), object("b", None, 0)]
        {
            assert!(bucket.insert(version).is_none());
        }
        assert_eq!(bucket.current("a").map(|object| id(&object.place)), Some("2"));
        assert!(bucket.current("b").is_none());
        assert_eq!(bucket.latest("b").map(Version::id), Some("1"));
        assert_eq!(bucket.currents(Bound::Unbounded).count(), 1);
        let expected = [("a", "2", true), ("a", "null", false), ("b", "1", true), ("b", "null", false)];
        assert_eq!(told(&bucket), expected.map(|(key, id, latest)| (key.to_owned(), id.to_owned(), latest)));
    }

    #[test]
    fn a_version_takes_the_place_of_its_name_and_the_last_takes_its_key_away() {
        let mut bucket = Bucket::default();
        bucket.insert(object("a", None, 0));
        bucket.insert(object("a", Some("1"), 1));
        let place = bucket.next_place("a", None);
        assert_eq!(place.sequence, 2);
        let former = bucket.insert(object("a", None, place.sequence));
        assert_eq!(former.map(|former| former.place().sequence), Some(0));
        assert_eq!(bucket.latest("a").map(Version::id), Some("null"));
        bucket.remove("a", &place);
        assert_eq!(bucket.latest("a").map(Version::id), Some("1"));
        bucket.remove("a", &Place { version: Some("1".to_owned()), sequence: 1 });
        assert!(told(&bucket).is_empty());
    }
}
