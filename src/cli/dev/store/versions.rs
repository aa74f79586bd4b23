//! Versions by name, and lists of all of them.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>

use std::collections::BTreeSet;

use s3s::S3Result;
use s3s::dto;
use s3s::s3_error;

use super::bucket::Bucket;
use super::bucket::Version;
use super::listed;
use super::reading::tag;

/// A version's name out of a query: what could not be one is refused.
pub fn named(version: Option<String>) -> S3Result<Option<String>> {
    let is_name = |text: &String| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(allowed)
    };
    match version {
        Some(text) if !is_name(&text) => Err(s3_error!(InvalidArgument, "Invalid version id specified")),
        version => Ok(version),
    }
}

const MAX_NAME: usize = 1024;

/// The answer to ListObjectVersions: the newest version of each key first.
pub fn listed(input: &dto::ListObjectVersionsInput, bucket: &Bucket) -> S3Result<dto::ListObjectVersionsOutput> {
    let limit = input.max_keys.unwrap_or(MAX_KEYS).min(MAX_KEYS);
    let room = usize::try_from(limit).map_err(|_| s3_error!(InvalidArgument, "max-keys must not be negative"))?;
    let page = page(input, bucket, room);
    let shown = listed::shown(input.encoding_type.as_ref());
    let of_objects = |(version, latest): &(&Version, bool)| stored(version, *latest, &shown);
    let of_markers = |(version, latest): &(&Version, bool)| marker(version, *latest, &shown);
    let common = |text: &str| dto::CommonPrefix { prefix: Some(shown(text)) };
    Ok(dto::ListObjectVersionsOutput {
        common_prefixes: Some(page.common_prefixes.into_iter().map(common).collect()),
        delete_markers: Some(page.versions.iter().filter_map(of_markers).collect()),
        delimiter: input.delimiter.as_deref().map(shown),
        encoding_type: input.encoding_type.clone(),
        is_truncated: Some(page.next.is_some()),
        key_marker: Some(shown(input.key_marker.as_deref().unwrap_or_default())),
        max_keys: Some(limit),
        name: Some(input.bucket.clone()),
        next_key_marker: page.next.as_ref().map(|next| shown(next.key)),
        next_version_id_marker: page.next.and_then(|next| next.version).map(str::to_owned),
        prefix: Some(shown(input.prefix.as_deref().unwrap_or_default())),
        version_id_marker: input.version_id_marker.clone(),
        versions: Some(page.versions.iter().filter_map(of_objects).collect()),
        ..dto::ListObjectVersionsOutput::default()
    })
}

/// S3's own limit.
const MAX_KEYS: i32 = 1000;

#[derive(Default)]
struct Page<'a> {
    versions: Vec<(&'a Version, bool)>,
    common_prefixes: BTreeSet<&'a str>,
    /// What it ends with, if there is more.
    next: Option<Marker<'a>>,
}

/// Where a page begins or ends: a key, and one of its versions if more of them may follow.
#[derive(Clone, Copy)]
struct Marker<'a> {
    key: &'a str,
    version: Option<&'a str>,
}

fn page<'a>(input: &'a dto::ListObjectVersionsInput, bucket: &'a Bucket, room: usize) -> Page<'a> {
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let delimiter = input.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty());
    let mut page = Page::default();
    let mut last = None;
    for (version, latest) in after(input, bucket).filter(|(version, _)| version.key().starts_with(prefix)) {
        let common = delimiter.and_then(|delimiter| common_prefix(version.key(), prefix, delimiter));
        if common.is_some_and(|common| page.common_prefixes.contains(common) || skipped(input, common)) {
            continue;
        }
        if page.versions.len() + page.common_prefixes.len() >= room {
            page.next = last;
            break;
        }
        last = Some(match common {
            Some(common) => {
                page.common_prefixes.insert(common);
                Marker { key: common, version: None }
            }
            None => {
                page.versions.push((version, latest));
                Marker { key: version.key(), version: Some(version.id()) }
            }
        });
    }
    page
}

/// A former page has told this common prefix.
fn skipped(input: &dto::ListObjectVersionsInput, common: &str) -> bool {
    input.key_marker.as_deref().is_some_and(|key| key.starts_with(common))
}

/// The versions that a page may tell.
fn after<'a>(input: &'a dto::ListObjectVersionsInput, bucket: &'a Bucket) -> impl Iterator<Item = (&'a Version, bool)> {
    let key = input.key_marker.as_deref();
    let version = input.version_id_marker.as_deref().filter(|version| !version.is_empty());
    let mut passed = false;
    bucket.versions().filter(move |(known, _)| match key {
        None => true,
        Some(key) if known.key() == key => {
            // The marker itself has been told; without one, so has every version of its key.
            let told = passed;
            passed |= version.is_some_and(|version| known.id() == version);
            told
        }
        Some(key) => known.key() > key,
    })
}

fn common_prefix<'a>(key: &'a str, prefix: &str, delimiter: &str) -> Option<&'a str> {
    let (before, _) = key.strip_prefix(prefix)?.split_once(delimiter)?;
    key.get(..prefix.len() + before.len() + delimiter.len())
}

fn stored(version: &Version, latest: bool, shown: &impl Fn(&str) -> String) -> Option<dto::ObjectVersion> {
    let object = version.object()?;
    let class = object.description.storage_class.clone().unwrap_or_else(|| dto::StorageClass::STANDARD.to_owned());
    Some(dto::ObjectVersion {
        e_tag: Some(tag(object)),
        is_latest: Some(latest),
        key: Some(shown(&object.key)),
        last_modified: Some(object.modified.clone()),
        size: i64::try_from(object.size).ok(),
        storage_class: Some(class.into()),
        version_id: Some(version.id().to_owned()),
        ..dto::ObjectVersion::default()
    })
}

fn marker(version: &Version, latest: bool, shown: &impl Fn(&str) -> String) -> Option<dto::DeleteMarkerEntry> {
    match version {
        Version::Object(_) => None,
        Version::Marker(marker) => Some(dto::DeleteMarkerEntry {
            is_latest: Some(latest),
            key: Some(shown(&marker.key)),
            last_modified: Some(marker.modified.clone()),
            version_id: Some(version.id().to_owned()),
            ..dto::DeleteMarkerEntry::default()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::dev::store::object::Object;
    use crate::cli::dev::store::object::Place;
    use crate::cli::dev::store::testing;
    use proptest::prelude::*;
    use std::sync::Arc;

    fn bucket(versions: &[(String, u64)]) -> Bucket {
        let mut bucket = Bucket::default();
        for (key, sequence) in versions {
            let place = Place { version: Some(format!("{sequence}")), sequence: *sequence };
            bucket.insert(Version::Object(Arc::new(Object { place, ..testing::object(key) })));
        }
        bucket
    }

    fn input() -> dto::ListObjectVersionsInput {
        dto::ListObjectVersionsInput::builder().bucket("media".into()).build().unwrap()
    }

    fn all_pages(bucket: &Bucket, mut input: dto::ListObjectVersionsInput) -> Vec<String> {
        let mut found = Vec::new();
        loop {
            let page = listed(&input, bucket).unwrap();
            let names = page.versions.unwrap().into_iter();
            found.extend(names.map(|version| format!("{} {}", version.key.unwrap(), version.version_id.unwrap())));
            found.extend(page.common_prefixes.unwrap().into_iter().filter_map(|common| common.prefix));
            if page.is_truncated != Some(true) {
                break;
            }
            input.key_marker = page.next_key_marker;
            input.version_id_marker = page.next_version_id_marker;
        }
        found
    }

    proptest! {
        #[test]
        fn pages_of_any_size_add_up_to_all_versions(
            versions in proptest::collection::btree_set(("[ab/]{1,4}", 0..4u64), 0..20),
            prefix in "[ab/]{0,2}",
            delimiter in proptest::option::of("[/b]"),
            limit in 1..5,
        ) {
            let versions: Vec<_> = versions.into_iter().collect();
            let bucket = bucket(&versions);
            let asked = dto::ListObjectVersionsInput { prefix: Some(prefix.clone()), delimiter, ..input() };
            let mut whole = all_pages(&bucket, asked.clone());
            let mut paged = all_pages(&bucket, dto::ListObjectVersionsInput { max_keys: Some(limit), ..asked.clone() });
            if asked.delimiter.is_none() {
                let below = versions.iter().filter(|(key, _)| key.starts_with(&prefix)).count();
                prop_assert_eq!(whole.len(), below);
            }
            whole.sort();
            paged.sort();
            prop_assert_eq!(whole, paged);
        }
    }

    #[test]
    fn a_version_has_a_name_that_s3_could_have_given() {
        for (name, good) in [
            ("null", true),
            ("3HL4kqtJlcpXroDTDmJ_rmSpXd3dIbrHY-MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo", true),
            ("", false),
            ("a/b", false),
            ("../a", false),
            ("ä", false),
        ] {
            assert_eq!(named(Some(name.to_owned())).is_ok(), good, "{name:?}");
        }
    }
}
