//! The answer that lists a bucket's objects.

use std::sync::Arc;

use percent_encoding::AsciiSet;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;
use s3s::dto;

use super::listing::Page;
use super::object::Object;
use super::reading::tag;

/// The answer to ListObjectsV2.
pub fn listed(input: &dto::ListObjectsV2Input, page: Page, limit: i32) -> dto::ListObjectsV2Output {
    let shown = shown(input.encoding_type.as_ref());
    let common = |text: String| dto::CommonPrefix { prefix: Some(shown(&text)) };
    dto::ListObjectsV2Output {
        name: Some(input.bucket.clone()),
        prefix: Some(shown(input.prefix.as_deref().unwrap_or_default())),
        max_keys: Some(limit),
        key_count: i32::try_from(page.objects.len() + page.common_prefixes.len()).ok(),
        continuation_token: input.continuation_token.clone(),
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next.map(|next| next.token()),
        contents: Some(page.objects.iter().map(|object| entry(object, &shown)).collect()),
        common_prefixes: Some(page.common_prefixes.into_iter().map(common).collect()),
        delimiter: input.delimiter.as_deref().map(shown),
        encoding_type: input.encoding_type.clone(),
        start_after: input.start_after.as_deref().map(shown),
        ..dto::ListObjectsV2Output::default()
    }
}

/// How a list writes keys and what is made of them.
pub fn shown(encoding: Option<&dto::EncodingType>) -> impl Fn(&str) -> String + Copy + use<> {
    let encoded = encoding.is_some_and(|kind| kind.as_str() == dto::EncodingType::URL);
    move |text| match encoded {
        true => utf8_percent_encode(text, AS_URL).to_string(),
        false => text.to_owned(),
    }
}

/// `encoding-type=url` leaves `/` and what RFC 3986 reserves for nothing.
pub const AS_URL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

fn entry(object: &Arc<Object>, shown: &impl Fn(&str) -> String) -> dto::Object {
    let class = object.description.storage_class.clone().unwrap_or_else(|| dto::StorageClass::STANDARD.to_owned());
    dto::Object {
        e_tag: Some(tag(object)),
        key: Some(shown(&object.key)),
        last_modified: Some(object.modified.clone()),
        size: i64::try_from(object.size).ok(),
        storage_class: Some(class.into()),
        ..dto::Object::default()
    }
}
