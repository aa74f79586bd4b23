//! The kinds of S3: what each can and cannot do.

pub mod access_points;
pub mod features;
mod needs;
mod table;

pub use needs::Unsupported;

/// `store`: what kind of S3 a bucket is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    Aws,
    R2,
    B2,
    Gcs,
    Minio,
    Ceph,
    Garage,
    /// Nothing is known of it.
    Generic,
}

impl Store {
    /// Every kind.
    pub const ALL: [Self; 8] =
        [Self::Aws, Self::R2, Self::B2, Self::Gcs, Self::Minio, Self::Ceph, Self::Garage, Self::Generic];

    /// The word in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::R2 => "r2",
            Self::B2 => "b2",
            Self::Gcs => "gcs",
            Self::Minio => "minio",
            Self::Ceph => "ceph",
            Self::Garage => "garage",
            Self::Generic => "generic",
        }
    }

    /// The store of that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|store| store.as_str() == word)
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Aws => "Amazon S3",
            Self::R2 => "Cloudflare R2",
            Self::B2 => "Backblaze B2",
            Self::Gcs => "Google Cloud Storage",
            Self::Minio => "MinIO",
            Self::Ceph => "Ceph RADOS Gateway",
            Self::Garage => "Garage",
            Self::Generic => "another store",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_reads_back() {
        for store in Store::ALL {
            assert_eq!(Store::named(store.as_str()), Some(store));
        }
    }
}
