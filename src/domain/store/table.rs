//! What each store cannot do, a row each, with where it is written.
//!
//! What is not written anywhere has no row: nothing is refused on a guess.

use crate::domain::operation::Operation;
use crate::domain::store::Store;
use crate::domain::store::features::Feature;
use crate::domain::store::features::Lack;

/// What a store cannot do; nothing is known of [`Store::Generic`].
pub(super) fn of(store: Store) -> &'static [Lack] {
    match store {
        Store::R2 => &R2,
        Store::B2 => &B2,
        Store::Gcs => &[],
        Store::Minio => &[],
        Store::Ceph => &[],
        Store::Garage => &GARAGE,
        Store::Aws | Store::Generic => &[],
    }
}

/// Without names of its own.
const fn no(feature: Feature, source: &'static str) -> Lack {
    Lack { feature, but: &[], only: None, source }
}

/// None but these.
const fn only(feature: Feature, but: &'static [&'static str], source: &'static str) -> Lack {
    Lack { feature, but, only: None, source }
}

const FORMS: Feature = Feature::Operation(Operation::PostObject);
const RESTORE: Feature = Feature::Operation(Operation::RestoreObject);

const R2: [Lack; 12] = [
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
    no(Feature::Mfa, R2_API),
    only(Feature::FullObjectChecksum, &["CRC64NVME"], R2_API),
];

/// Its tables of what is implemented, header by header, and what is not.
const R2_API: &str = "https://developers.cloudflare.com/r2/api/s3/api/";
/// "`POST`, which performs uploads via native HTML forms, is not currently supported."
const R2_URLS: &str = "https://developers.cloudflare.com/r2/api/s3/presigned-urls/";

const B2: [Lack; 2] = [no(FORMS, B2_CALLS), no(RESTORE, B2_CALLS)];

/// The calls that are supported.
const B2_CALLS: &str = "https://www.backblaze.com/docs/cloud-storage-call-the-s3-compatible-api";

const GARAGE: [Lack; 10] = [
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
];

/// Its table of endpoints: "all endpoints that are missing on Garage will return a 501"; SSE-C is there, "server-side
/// encryption" by the store's own keys, tags, locks, versions and storage classes are not.
const GARAGE_API: &str = "https://garagehq.deuxfleurs.fr/documentation/reference-manual/s3-compatibility/";
