//! What each store cannot do, a row each, with where it is written.
//!
//! What is not written anywhere has no row: nothing is refused on a guess. A feature that a store takes and does
//! nothing for is as good as absent, since a grant may promise it.

use crate::domain::operation::Operation;
use crate::domain::store::Store;
use crate::domain::store::features::Feature;
use crate::domain::store::features::Lack;

/// What a store cannot do; nothing is known of [`Store::Generic`].
pub(super) fn of(store: Store) -> &'static [Lack] {
    match store {
        Store::R2 => &R2,
        Store::B2 => &B2,
        Store::Gcs => &GCS,
        Store::Minio => &MINIO,
        Store::Ceph => &CEPH,
        Store::Garage => &GARAGE,
        Store::Aws | Store::Generic => &[],
    }
}

/// Nothing of it.
pub(super) const fn no(feature: Feature, source: &'static str) -> Lack {
    Lack { feature, but: &[], only: None, source }
}

/// None but these.
pub(super) const fn only(feature: Feature, but: &'static [&'static str], source: &'static str) -> Lack {
    Lack { feature, but, only: None, source }
}

/// Not everywhere.
const fn some(feature: Feature, only: &'static str, source: &'static str) -> Lack {
    Lack { feature, but: &[], only: Some(only), source }
}

pub(super) const FORMS: Feature = Feature::Operation(Operation::PostObject);
pub(super) const RESTORE: Feature = Feature::Operation(Operation::RestoreObject);

const R2: [Lack; 14] = [
    no(FORMS, R2_URLS),
    no(RESTORE, R2_API),
    only(Feature::StorageClass, &["STANDARD", "STANDARD_IA"], R2_API),
    no(Feature::SseS3, R2_API),
    no(Feature::SseKms, R2_API),
    no(Feature::Dsse, R2_API),
    no(Feature::Tags, R2_API),
    no(Feature::Retention, R2_API),
    no(Feature::LegalHold, R2_API),
    no(Feature::BypassGovernance, R2_API),
    no(Feature::Versions, R2_API),
    no(Feature::Mfa, R2_API),
    only(Feature::FullObjectChecksum, &["CRC64NVME"], R2_API),
    some(Feature::WriteOnceInParts, "that is documented", R2_CONDITIONS),
];

/// Its tables of what is implemented and what is not, header by header; PutBucketVersioning is not.
const R2_API: &str = "https://developers.cloudflare.com/r2/api/s3/api/";
/// What it says of conditions on writes is of PutObject.
const R2_CONDITIONS: &str = "https://developers.cloudflare.com/r2/api/s3/extensions/";
/// "`POST`, which performs uploads via native HTML forms, is not currently supported."
const R2_URLS: &str = "https://developers.cloudflare.com/r2/api/s3/presigned-urls/";

const B2: [Lack; 10] = [
    no(FORMS, B2_CALLS),
    no(RESTORE, B2_CALLS),
    no(Feature::SseKms, B2_ENCRYPTION),
    no(Feature::Dsse, B2_ENCRYPTION),
    no(Feature::Tags, B2_CALLS),
    some(Feature::Checksum, "in some regions", B2_CHECKSUMS),
    no(Feature::FullObjectChecksum, B2_COMPLETE),
    no(Feature::ObjectSize, B2_COMPLETE),
    no(Feature::WriteOnce, B2_CONDITIONS),
    no(Feature::WriteOnceInParts, B2_COMPLETE),
];

/// The calls that are supported: none of them posts a form, restores, or sets or reads tags.
const B2_CALLS: &str = "https://www.backblaze.com/docs/cloud-storage-call-the-s3-compatible-api";
/// "You have two options": its own keys and the client's.
const B2_ENCRYPTION: &str = "https://www.backblaze.com/b2/docs/server_side_encryption.html";
/// It takes no header beside the usual ones; `x-amz-` ones that it does not know are refused.
const B2_COMPLETE: &str = "https://www.backblaze.com/apidocs/s3-complete-multipart-upload";
/// A conditional PutObject is answered by 501.
const B2_CONDITIONS: &str = "https://github.com/lance-format/lance/issues/5614";
/// "Unsupported header" by its documentation, and yet taken in one region.
const B2_CHECKSUMS: &str = "https://github.com/sathinduga/obsidian-s3-sync-and-backup/pull/84";

const GCS: [Lack; 15] = [
    no(FORMS, GCS_FORMS),
    no(RESTORE, GCS_METHODS),
    only(Feature::StorageClass, &["STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE"], GCS_CLASSES),
    no(Feature::SseS3, GCS_HEADERS),
    no(Feature::SseKms, GCS_HEADERS),
    no(Feature::Dsse, GCS_HEADERS),
    no(Feature::SseC, GCS_HEADERS),
    no(Feature::Tags, GCS_HEADERS),
    no(Feature::LegalHold, GCS_HEADERS),
    no(Feature::Mfa, GCS_HEADERS),
    no(Feature::Checksum, GCS_HEADERS),
    no(Feature::FullObjectChecksum, GCS_HEADERS),
    no(Feature::ObjectSize, GCS_HEADERS),
    no(Feature::WriteOnce, GCS_CONDITIONS),
    no(Feature::WriteOnceInParts, GCS_CONDITIONS),
];

/// Of `x-amz-` headers it processes those that have an `x-goog-` equivalent in this list.
/// <https://cloud.google.com/storage/docs/aws-simple-migration>
const GCS_HEADERS: &str = "https://cloud.google.com/storage/docs/xml-api/reference-headers";
/// A form is signed by Google's own fields.
const GCS_FORMS: &str = "https://cloud.google.com/storage/docs/xml-api/post-object-forms";
/// The calls that there are.
const GCS_METHODS: &str = "https://cloud.google.com/storage/docs/xml-api/reference-methods";
const GCS_CLASSES: &str = "https://cloud.google.com/storage/docs/storage-classes";
/// A write is conditional by a header of Google's own; If-None-Match is for reads, and ignored elsewhere.
const GCS_CONDITIONS: &str = "https://cloud.google.com/storage/docs/request-preconditions";

const MINIO: [Lack; 3] = [
    only(Feature::StorageClass, &["STANDARD", "REDUCED_REDUNDANCY"], MINIO_CLASSES),
    no(Feature::Mfa, MINIO_VERSIONING),
    some(Feature::WriteOnceInParts, "before May 2024", MINIO_CONDITIONS),
];

const MINIO_CLASSES: &str = "https://github.com/minio/minio/blob/master/docs/erasure/storage-class/README.md";
/// MFADelete is "not supported yet".
const MINIO_VERSIONING: &str = "https://github.com/minio/minio/blob/master/internal/bucket/versioning/versioning.go";
const MINIO_CONDITIONS: &str = "https://github.com/minio/minio/pull/19713";

const CEPH: [Lack; 5] = [
    no(Feature::Dsse, CEPH_ENCRYPTION),
    some(Feature::Checksum, "before version 20", CEPH_CHECKSUMS),
    some(Feature::FullObjectChecksum, "before version 20", CEPH_CHECKSUMS_OF_WHOLES),
    some(Feature::ObjectSize, "at least in version 16", CEPH_OPERATIONS),
    some(Feature::WriteOnceInParts, "before version 21", CEPH_CONDITIONS),
];

/// "3 options": SSE-C, SSE-KMS and SSE-S3.
const CEPH_ENCRYPTION: &str = "https://docs.ceph.com/en/latest/radosgw/encryption/";
const CEPH_CHECKSUMS: &str = "https://github.com/ceph/ceph/pull/55076";
const CEPH_CHECKSUMS_OF_WHOLES: &str = "https://github.com/ceph/ceph/pull/61878";
/// No such header is among them; `tests/e2e/uploads.rs` sees it ignored.
const CEPH_OPERATIONS: &str = "https://docs.ceph.com/en/pacific/radosgw/s3/objectops/";
const CEPH_CONDITIONS: &str = "https://github.com/ceph/ceph/pull/64830";

const GARAGE: [Lack; 12] = [
    no(RESTORE, GARAGE_API),
    only(Feature::StorageClass, &["STANDARD"], GARAGE_API),
    no(Feature::SseS3, GARAGE_API),
    no(Feature::SseKms, GARAGE_API),
    no(Feature::Dsse, GARAGE_API),
    no(Feature::Tags, GARAGE_API),
    no(Feature::Retention, GARAGE_API),
    no(Feature::LegalHold, GARAGE_API),
    no(Feature::BypassGovernance, GARAGE_API),
    no(Feature::Versions, GARAGE_API),
    no(Feature::WriteOnce, GARAGE_CONDITIONS),
    no(Feature::WriteOnceInParts, GARAGE_CONDITIONS),
];

/// Its table of endpoints: SSE-C is there, "server-side encryption" by the store's own keys, tags, locks, versions and
/// storage classes are not.
const GARAGE_API: &str = "https://garagehq.deuxfleurs.fr/documentation/reference-manual/s3-compatibility/";
/// The headers are ignored.
const GARAGE_CONDITIONS: &str = "https://git.deuxfleurs.fr/Deuxfleurs/garage/issues/1052";
