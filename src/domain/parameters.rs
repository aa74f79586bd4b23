//! What a request asks for beside its key: each member parsed, and what it becomes on the wire.

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use crate::domain::claims::Value;
use crate::domain::disposition;
use crate::domain::grant::ResponseMember;
use crate::domain::grant::StorageClass;
use crate::domain::media_type::MediaType;
use crate::domain::member::Form;
use crate::domain::member::Member;
use crate::domain::refusal::MemberError;
use crate::domain::sigv4;

/// The members of a request that its operation takes, as far as they were given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameters {
    pub stable: bool,
    pub part_number: Option<u32>,
    /// In the order of [`ResponseMember`].
    pub response: Vec<(ResponseMember, String)>,
    pub download_as: Option<String>,
    pub checksum_mode: bool,
    pub content_type: Option<MediaType>,
    /// In bytes.
    pub content_length: Option<u64>,
    /// Padded base64.
    pub content_md5: Option<String>,
    pub checksum: Option<Checksum>,
    pub content_disposition: Option<String>,
    pub content_encoding: Option<String>,
    pub content_language: Option<String>,
    pub cache_control: Option<String>,
    /// Names in lower case.
    pub metadata: Vec<(String, String)>,
    pub tags: Vec<(String, String)>,
    pub storage_class: Option<StorageClass>,
    /// `If-None-Match: *`.
    pub if_none_match: bool,
    pub delimiter: Option<String>,
    pub max_keys: Option<u32>,
    pub continuation_token: Option<String>,
    pub start_after: Option<String>,
}

/// A checksum that S3 verifies the body by.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    pub algorithm: ChecksumAlgorithm,
    /// Padded base64 of exactly the digest's length.
    pub value: String,
}

/// The algorithms of `checksum`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChecksumAlgorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

impl ChecksumAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// Its name in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// In bytes.
    fn digest_length(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// The longest string that a request may hold, in bytes.
pub const LONGEST_TEXT: usize = 4096;
/// The most that user metadata may take, names and values, in bytes.
pub const MOST_METADATA: usize = 2048;
/// The most tags that an object has.
pub const MOST_TAGS: usize = 10;

type Read<T> = Result<T, MemberError>;

impl Parameters {
    /// Takes up one member's value; the pointer of an error begins at the member.
    pub fn take(&mut self, member: Member, value: &Value) -> Read<()> {
        let name = member.name();
        match member {
            Member::CacheControl => self.cache_control = Some(header_text(name, value)?),
            Member::Checksum => self.checksum = Some(checksum(value)?),
            Member::ChecksumMode => self.checksum_mode = one_of(member, value)?,
            Member::ContentDisposition => self.content_disposition = Some(header_text(name, value)?),
            Member::ContentEncoding => self.content_encoding = Some(header_text(name, value)?),
            Member::ContentLanguage => self.content_language = Some(header_text(name, value)?),
            Member::ContentLength => self.content_length = Some(integer(member, value)?.unsigned_abs()),
            Member::ContentMd5 => self.content_md5 = Some(digest(name, text(name, value)?, 16)?),
            Member::ContentType => self.content_type = Some(media_type(value)?),
            Member::ContinuationToken => self.continuation_token = Some(text(name, value)?.to_owned()),
            Member::Delimiter => self.delimiter = Some(text(name, value)?.to_owned()),
            Member::DownloadAs => self.download_as = Some(file_name(value)?),
            Member::IfNoneMatch => self.if_none_match = one_of(member, value)?,
            Member::MaxKeys => self.max_keys = u32::try_from(integer(member, value)?).ok(),
            Member::Metadata => self.metadata = metadata(value)?,
            Member::PartNumber => self.part_number = u32::try_from(integer(member, value)?).ok(),
            Member::Response => self.response = response(value)?,
            Member::Stable => self.stable = boolean(name, value)?,
            Member::StartAfter => self.start_after = Some(text(name, value)?.to_owned()),
            Member::StorageClass => self.storage_class = Some(storage_class(value)?),
            Member::Tags => self.tags = tags(value)?,
        }
        Ok(())
    }

    /// What two members together make wrong.
    pub fn conflict(&self) -> Option<MemberError> {
        let both = self.download_as.is_some() && self.response(ResponseMember::ContentDisposition).is_some();
        both.then(|| MemberError::at("/download_as", "leave out download_as or response.content_disposition"))
    }

    /// The value of a response member, if it was given.
    pub fn response(&self, member: ResponseMember) -> Option<&str> {
        self.response.iter().find(|(given, _)| *given == member).map(|(_, value)| value.as_str())
    }

    /// The headers that these become, `content-length` among them; sorted by name, which is in lower case.
    pub fn headers(&self) -> Vec<(String, String)> {
        let mut headers = Vec::new();
        let mut add = |name: &str, value: Option<Cow<'_, str>>| {
            headers.extend(value.map(|value| (name.to_owned(), value.into_owned())));
        };
        add("cache-control", self.cache_control.as_deref().map(Cow::from));
        add("content-disposition", self.content_disposition.as_deref().map(Cow::from));
        add("content-encoding", self.content_encoding.as_deref().map(Cow::from));
        add("content-language", self.content_language.as_deref().map(Cow::from));
        add("content-length", self.content_length.map(|length| length.to_string().into()));
        add("content-md5", self.content_md5.as_deref().map(Cow::from));
        add("content-type", self.content_type.as_ref().map(|kind| kind.as_str().into()));
        add("if-none-match", self.if_none_match.then_some("*".into()));
        if let Some(checksum) = &self.checksum {
            add(checksum.algorithm.header(), Some(checksum.value.as_str().into()));
        }
        add("x-amz-checksum-mode", self.checksum_mode.then_some("ENABLED".into()));
        for (name, value) in &self.metadata {
            add(&format!("x-amz-meta-{name}"), Some(value.as_str().into()));
        }
        add("x-amz-storage-class", self.storage_class.as_ref().map(|class| class.as_str().into()));
        add("x-amz-tagging", (!self.tags.is_empty()).then(|| tagging(&self.tags).into()));
        headers.sort_unstable();
        headers
    }

    /// The query parameters that these become.
    pub fn query(&self) -> Vec<(&'static str, String)> {
        let mut query: Vec<_> =
            self.response.iter().map(|(member, value)| (member.parameter(), value.clone())).collect();
        let mut add = |name: &'static str, value: Option<String>| query.extend(value.map(|value| (name, value)));
        add(ResponseMember::ContentDisposition.parameter(), self.download_as.as_deref().map(disposition::attachment));
        add("partNumber", self.part_number.map(|number| number.to_string()));
        add("continuation-token", self.continuation_token.clone());
        add("delimiter", self.delimiter.clone());
        add("max-keys", self.max_keys.map(|most| most.to_string()));
        add("start-after", self.start_after.clone());
        query
    }
}

/// S3's `x-amz-tagging`: RFC 3986-encoded pairs.
fn tagging(tags: &[(String, String)]) -> String {
    let pairs = tags.iter().map(|(name, value)| format!("{}={}", sigv4::encoded(name), sigv4::encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn at(name: &str, detail: impl Into<String>) -> MemberError {
    MemberError::at(format!("/{name}"), detail)
}

/// A string of at most 4,096 bytes without control characters.
pub(super) fn text<'v>(name: &str, value: &'v Value) -> Read<&'v str> {
    let text = any_text(name, value)?;
    match text.chars().any(char::is_control) {
        true => Err(at(name, "leave out control characters")),
        false => Ok(text),
    }
}

/// A string of at most 4,096 bytes.
pub(super) fn any_text<'v>(name: &str, value: &'v Value) -> Read<&'v str> {
    match value.as_str() {
        None => Err(at(name, "give a string")),
        Some(text) if text.len() > LONGEST_TEXT => Err(at(name, "give at most 4096 bytes")),
        Some(text) => Ok(text),
    }
}

/// HTTP drops blanks at a field's ends, so a value that has them could not be sent as it was signed.
fn header_text(name: &str, value: &Value) -> Read<String> {
    let text = text(name, value)?;
    match text {
        "" => Err(at(name, "give a value or leave it out")),
        _ if text.trim_matches(' ') != text => Err(at(name, "leave out blanks at either end")),
        _ => Ok(text.to_owned()),
    }
}

fn boolean(name: &str, value: &Value) -> Read<bool> {
    match value {
        Value::Bool(given) => Ok(*given),
        _ => Err(at(name, "give true or false")),
    }
}

fn integer(member: Member, value: &Value) -> Read<i64> {
    let description = member.description();
    let Form::Integer { least, most } = description.form else {
        return Err(at(description.name, "give a number"));
    };
    match value {
        Value::Integer(given) if (i128::from(least)..=i128::from(most)).contains(given) => {
            i64::try_from(*given).map_err(|_| at(description.name, "give a smaller number"))
        }
        _ => Err(at(description.name, format!("give an integer from {least} to {most}"))),
    }
}

/// A word of a closed list; the lists have one word each, so its presence is all there is to know.
fn one_of(member: Member, value: &Value) -> Read<bool> {
    let description = member.description();
    match (description.form, value.as_str()) {
        (Form::OneOf(words), Some(word)) if words.contains(&word) => Ok(true),
        (Form::OneOf(words), _) => Err(at(description.name, format!("give {}", words.join(" or ")))),
        _ => Err(at(description.name, "give a string")),
    }
}

fn media_type(value: &Value) -> Read<MediaType> {
    MediaType::parse(&header_text("content_type", value)?).map_err(|error| at("content_type", error.to_string()))
}

fn storage_class(value: &Value) -> Read<StorageClass> {
    StorageClass::parse(text("storage_class", value)?).map_err(|error| at("storage_class", error.to_string()))
}

fn file_name(value: &Value) -> Read<String> {
    let name = text("download_as", value)?;
    match name.is_empty() || name.contains(['/', '\\']) {
        true => Err(at("download_as", "give the name of a file, without slashes")),
        false => Ok(name.to_owned()),
    }
}

fn digest(name: &str, text: &str, length: usize) -> Read<String> {
    match BASE64_STANDARD.decode(text) {
        Ok(bytes) if bytes.len() == length => Ok(text.to_owned()),
        _ => Err(at(name, format!("give padded base64 of exactly {length} bytes"))),
    }
}

fn checksum(value: &Value) -> Read<Checksum> {
    let fields = members("checksum", value, &["algorithm", "value"])?;
    let [Some(algorithm), Some(value)] = fields.as_slice() else {
        return Err(at("checksum", "give algorithm and value"));
    };
    let named = text("checksum/algorithm", algorithm)?;
    let algorithm = ChecksumAlgorithm::ALL.into_iter().find(|known| known.as_str() == named);
    let algorithm =
        algorithm.ok_or_else(|| at("checksum/algorithm", "give one of CRC32, CRC32C, CRC64NVME, SHA1, SHA256"))?;
    let value = digest("checksum/value", text("checksum/value", value)?, algorithm.digest_length())?;
    Ok(Checksum { algorithm, value })
}

fn response(value: &Value) -> Read<Vec<(ResponseMember, String)>> {
    let names = ResponseMember::ALL.map(ResponseMember::as_str);
    let mut given = Vec::new();
    for (member, value) in ResponseMember::ALL.into_iter().zip(members("response", value, &names)?) {
        if let Some(value) = value {
            let name = format!("response/{}", member.as_str());
            let value = header_text(&name, value)?;
            given.push((member, if member == ResponseMember::Expires { http_date(&name, &value)? } else { value }));
        }
    }
    Ok(given)
}

/// RFC 3339 to the IMF-fixdate of RFC 9110, 5.6.7.
fn http_date(name: &str, text: &str) -> Read<String> {
    let fixdate =
        format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    let date = OffsetDateTime::parse(text, &Rfc3339).ok().map(|date| date.to_offset(time::UtcOffset::UTC));
    date.and_then(|date| date.format(fixdate).ok())
        .ok_or_else(|| at(name, "give a time by RFC 3339, such as 2026-11-24T12:00:00Z"))
}

/// The values of an object's members, in the order of `names`; another member is an error.
fn members<'v>(name: &str, value: &'v Value, names: &[&str]) -> Read<Vec<Option<&'v Value>>> {
    let Value::Object(given) = value else {
        return Err(at(name, "give an object"));
    };
    match given.iter().find(|(member, _)| !names.contains(&member.as_str())) {
        Some((unknown, _)) => Err(at(&format!("{name}/{}", escaped(unknown)), "no such member")),
        None => Ok(names.iter().map(|known| value.member(known)).collect()),
    }
}

/// The pairs of an object of strings.
fn texts<'v>(name: &str, value: &'v Value) -> Read<Vec<(&'v str, &'v str)>> {
    let Value::Object(given) = value else {
        return Err(at(name, "give an object of strings"));
    };
    let pair = |(key, value): &'v (String, Value)| {
        let name = format!("{name}/{}", escaped(key));
        text(&name, value).map(|value| (key.as_str(), value))
    };
    given.iter().map(pair).collect()
}

fn metadata(value: &Value) -> Read<Vec<(String, String)>> {
    let mut entries: Vec<(String, String)> = Vec::new();
    for (name, value) in texts("metadata", value)? {
        let place = format!("metadata/{}", escaped(name));
        let lower = name.to_ascii_lowercase();
        if !is_metadata_name(&lower) {
            return Err(at(&place, "a name is 1 to 64 of the characters a-z 0-9 -"));
        }
        if !is_metadata_value(value) {
            return Err(at(&place, "a value is printable ASCII without blanks at either end"));
        }
        if entries.iter().any(|(known, _)| *known == lower) {
            return Err(at(&place, "this name is given twice"));
        }
        entries.push((lower, value.to_owned()));
    }
    match metadata_size(&entries) > MOST_METADATA {
        true => Err(at("metadata", "give at most 2048 bytes, names and values together")),
        false => Ok(entries),
    }
}

/// `[a-z0-9-]{1,64}`.
pub fn is_metadata_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&name.len()) && name.bytes().all(fits)
}

/// Printable ASCII without leading or trailing blanks.
pub fn is_metadata_value(value: &str) -> bool {
    value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && value.trim_matches(' ') == value
}

/// What metadata takes of S3's 2 KB, in bytes.
pub fn metadata_size(entries: &[(String, String)]) -> usize {
    entries.iter().map(|(name, value)| name.len() + value.len()).sum()
}

fn tags(value: &Value) -> Read<Vec<(String, String)>> {
    let given = texts("tags", value)?;
    if given.len() > MOST_TAGS {
        return Err(at("tags", "give at most 10 tags"));
    }
    let bad = |(name, value): &&(&str, &str)| !is_tag_name(name) || !is_tag_value(value);
    match given.iter().find(bad) {
        Some((name, _)) => Err(at(
            &format!("tags/{}", escaped(name)),
            "a tag's name has 1 to 128 characters and does not begin with aws:, its value at most 256",
        )),
        None => Ok(given.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()),
    }
}

/// 1 to 128 characters, not of AWS's own.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>
pub fn is_tag_name(name: &str) -> bool {
    (1..=128).contains(&name.chars().count()) && !name.starts_with("aws:") && !name.chars().any(char::is_control)
}

/// At most 256 characters.
pub fn is_tag_value(value: &str) -> bool {
    value.chars().count() <= 256 && !value.chars().any(char::is_control)
}

/// RFC 6901, 3: how a member's name stands in a pointer.
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
