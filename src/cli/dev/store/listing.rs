//! Pages of a bucket's keys, as ListObjectsV2 gives them.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>

use std::ops::Bound;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::bucket::Bucket;
use super::object::Object;

/// What to list.
#[derive(Debug, Default)]
pub struct Query<'a> {
    pub prefix: &'a str,
    /// Keys that have it after the prefix are rolled up to their common prefix.
    pub delimiter: Option<&'a str>,
    pub after: Option<After>,
    /// Keys and common prefixes together.
    pub limit: usize,
}

/// What a page begins after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    Key(String),
    /// A common prefix that was told: no key that it begins is told again.
    CommonPrefix(String),
}

/// One page.
#[derive(Debug, Default)]
pub struct Page {
    pub objects: Vec<Arc<Object>>,
    pub common_prefixes: Vec<String>,
    /// What the next page begins after, if there is one.
    pub next: Option<After>,
}

/// The page that a query asks for.
pub fn page(bucket: &Bucket, query: &Query<'_>) -> Page {
    let mut page = Page::default();
    let mut last = query.after.clone();
    for (key, object) in bucket.currents(from(query)) {
        if !key.starts_with(query.prefix) {
            break;
        }
        if last.as_ref().is_some_and(|last| last.covers(key)) {
            continue;
        }
        if page.objects.len() + page.common_prefixes.len() >= query.limit {
            page.next = last.filter(|_| query.limit > 0);
            break;
        }
        last = Some(match common_prefix(key, query) {
            Some(common) => {
                page.common_prefixes.push(common.to_owned());
                After::CommonPrefix(common.to_owned())
            }
            None => {
                page.objects.push(Arc::clone(object));
                After::Key(key.clone())
            }
        });
    }
    page
}

fn from<'a>(query: &'a Query<'_>) -> Bound<&'a str> {
    match &query.after {
        Some(After::Key(key)) if key.as_str() >= query.prefix => Bound::Excluded(key),
        Some(After::CommonPrefix(common)) if common.as_str() >= query.prefix => Bound::Included(common),
        Some(_) | None => Bound::Included(query.prefix),
    }
}

fn common_prefix<'a>(key: &'a str, query: &Query<'_>) -> Option<&'a str> {
    let delimiter = query.delimiter.filter(|delimiter| !delimiter.is_empty())?;
    let rest = key.strip_prefix(query.prefix)?;
    let (before, _) = rest.split_once(delimiter)?;
    key.get(..query.prefix.len() + before.len() + delimiter.len())
}

impl After {
    fn covers(&self, key: &str) -> bool {
        match self {
            Self::Key(_) => false,
            Self::CommonPrefix(common) => key.starts_with(common),
        }
    }

    /// The continuation token that stands for it.
    pub fn token(&self) -> String {
        let (kind, text) = match self {
            Self::Key(key) => ("k", key),
            Self::CommonPrefix(common) => ("p", common),
        };
        BASE64_URL_SAFE_NO_PAD.encode(format!("{kind}{text}"))
    }

    /// What a continuation token stands for.
    pub fn from_token(token: &str) -> Option<Self> {
        let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        match text.split_at_checked(1)? {
            ("k", key) => Some(Self::Key(key.to_owned())),
            ("p", common) => Some(Self::CommonPrefix(common.to_owned())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::dev::store::bucket::Version;
    use crate::cli::dev::store::testing;
    use proptest::prelude::*;

    fn bucket(keys: &[&str]) -> Bucket {
        let mut bucket = Bucket::default();
        keys.iter().for_each(|key| _ = bucket.insert(Version::Object(Arc::new(testing::object(key)))));
        bucket
    }

    fn told(page: &Page) -> Vec<String> {
        let keys = page.objects.iter().map(|object| object.key.clone());
        keys.chain(page.common_prefixes.iter().map(|common| format!("{common}*"))).collect()
    }

    fn all_pages(bucket: &Bucket, prefix: &str, delimiter: Option<&str>, limit: usize) -> Vec<String> {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = page(bucket, &Query { prefix, delimiter, after, limit });
            found.extend(told(&page));
            let Some(next) = page.next else { break };
            after = After::from_token(&next.token());
            assert!(after.is_some());
        }
        found.sort();
        found
    }

    #[test]
    fn a_page_has_the_keys_below_a_prefix_and_rolls_up_at_the_delimiter() {
        let bucket = bucket(&["a", "a/b", "a/b/c", "a/b/d", "a/e", "ab", "b/c", "é/x"]);
        let cases: [(&str, Option<&str>, &[&str]); 9] = [
            ("", None, &["a", "a/b", "a/b/c", "a/b/d", "a/e", "ab", "b/c", "é/x"]),
            ("", Some("/"), &["a", "a/*", "ab", "b/*", "é/*"]),
            ("a", Some("/"), &["a", "a/*", "ab"]),
            ("a/", Some("/"), &["a/b", "a/b/*", "a/e"]),
            ("a/b/", Some("/"), &["a/b/c", "a/b/d"]),
            ("a/", Some(""), &["a/b", "a/b/c", "a/b/d", "a/e"]),
            ("a", Some("b"), &["a", "a/b*", "a/e", "ab*"]),
            ("b", None, &["b/c"]),
            ("c", None, &[]),
        ];
        for (prefix, delimiter, expected) in cases {
            let found = all_pages(&bucket, prefix, delimiter, 1000);
            let mut expected: Vec<_> = expected.iter().map(|text| (*text).to_owned()).collect();
            expected.sort();
            assert_eq!(found, expected, "prefix {prefix:?} delimiter {delimiter:?}");
        }
    }

    #[test]
    fn a_page_may_begin_after_any_text() {
        let bucket = bucket(&["a", "b", "b/c", "c"]);
        for (after, expected) in [("", vec!["a", "b", "b/c", "c"]), ("a5", vec!["b", "b/c", "c"]), ("c", vec![])] {
            let query = Query { after: Some(After::Key(after.to_owned())), limit: 1000, ..Query::default() };
            assert_eq!(told(&page(&bucket, &query)), expected, "after {after:?}");
        }
    }

    #[test]
    fn no_keys_asked_for_give_an_empty_page_without_another() {
        let page = page(&bucket(&["a"]), &Query::default());
        assert!(told(&page).is_empty() && page.next.is_none());
    }

    #[test]
    fn a_token_that_the_store_did_not_give_is_none() {
        for token in ["", "!", "eA", "/w"] {
            assert_eq!(After::from_token(token), None, "token {token:?}");
        }
    }

    proptest! {
        #[test]
        fn pages_of_any_size_add_up_to_the_whole(
            keys in proptest::collection::btree_set("[ab/é]{1,6}", 0..20),
            prefix in "[ab/]{0,3}",
            delimiter in proptest::option::of("[/b]{1,2}"),
            limit in 1..5usize,
        ) {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            let bucket = bucket(&keys);
            let whole = all_pages(&bucket, &prefix, delimiter.as_deref(), 1000);
            prop_assert_eq!(&all_pages(&bucket, &prefix, delimiter.as_deref(), limit), &whole);
            let covered = keys.iter().filter(|key| key.starts_with(&prefix)).all(|key| {
                whole.iter().any(|told| told == key || told.strip_suffix('*').is_some_and(|common| key.starts_with(common)))
            });
            prop_assert!(covered);
        }
    }
}
