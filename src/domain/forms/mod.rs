//! The forms of members: JSON values to values that S3 takes, or what is wrong with them.

mod encryption;
mod object_lock;

pub(super) use encryption::customer_encryption;
pub(super) use encryption::server_side_encryption;
pub(super) use object_lock::object_lock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use time::OffsetDateTime;
use time::UtcOffset;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use crate::domain::checksum::Checksum;
use crate::domain::checksum::ChecksumAlgorithm;
use crate::domain::checksum::ChecksumType;
use crate::domain::checksum::UploadChecksum;
use crate::domain::claims::Value;
use crate::domain::grant::ResponseMember;
use crate::domain::grant::StorageClass;
use crate::domain::member::Form;
use crate::domain::member::Member;
use crate::domain::mfa_code::MfaCode;
use crate::domain::refusal::MemberError;
use crate::domain::restore::Tier;

/// The longest string that a request may hold, in bytes.
pub const LONGEST_TEXT: usize = 4096;
/// The longest id of an upload or a version, in bytes.
pub const LONGEST_ID: usize = 1024;
/// The most that user metadata may take, names and values, in bytes.
pub const MOST_METADATA: usize = 2048;
/// The most tags that an object has.
pub const MOST_TAGS: usize = 10;

type Read<T> = Result<T, MemberError>;

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
pub(super) fn header_text(name: &str, value: &Value) -> Read<String> {
    let text = text(name, value)?;
    match text {
        "" => Err(at(name, "give a value or leave it out")),
        _ if text.trim_matches(' ') != text => Err(at(name, "leave out blanks at either end")),
        _ => Ok(text.to_owned()),
    }
}

/// An id that S3 made. An empty one would make another request of it: a part without an upload is an object.
pub(super) fn id(name: &str, value: &Value) -> Read<String> {
    let text = any_text(name, value)?;
    let is_printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    match is_printable && (1..=LONGEST_ID).contains(&text.len()) {
        true => Ok(text.to_owned()),
        false => Err(at(name, "give 1 to 1024 bytes of printable ASCII, as S3 gave them")),
    }
}

pub(super) fn mfa(value: &Value) -> Read<MfaCode> {
    MfaCode::parse(any_text("mfa", value)?).map_err(|error| at("mfa", error.to_string()))
}

pub(super) fn tier(value: &Value) -> Read<Tier> {
    let named = text("tier", value)?;
    let tier = Tier::ALL.into_iter().find(|tier| tier.as_str() == named);
    tier.ok_or_else(|| at("tier", format!("give {}", Tier::NAMES.join(" or "))))
}

pub(super) fn boolean(name: &str, value: &Value) -> Read<bool> {
    match value {
        Value::Bool(given) => Ok(*given),
        _ => Err(at(name, "give true or false")),
    }
}

pub(super) fn integer(member: Member, value: &Value) -> Read<i64> {
    let description = member.description();
    let Form::Integer { least, most } = description.form else {
        return Err(at(description.name, "give a number"));
    };
    whole(description.name, value, least, most)
}

/// An integer within these bounds.
pub(super) fn whole(name: &str, value: &Value, least: i64, most: i64) -> Read<i64> {
    match value {
        Value::Integer(given) if (i128::from(least)..=i128::from(most)).contains(given) => {
            i64::try_from(*given).map_err(|_| at(name, "give a smaller number"))
        }
        _ => Err(at(name, format!("give an integer from {least} to {most}"))),
    }
}

/// A word of a closed list; the lists have one word each, so its presence is all there is to know.
pub(super) fn one_of(member: Member, value: &Value) -> Read<bool> {
    let description = member.description();
    match (description.form, value.as_str()) {
        (Form::OneOf(words), Some(word)) if words.contains(&word) => Ok(true),
        (Form::OneOf(words), _) => Err(at(description.name, format!("give {}", words.join(" or ")))),
        _ => Err(at(description.name, "give a string")),
    }
}

pub(super) fn one_of_numbers(member: Member, value: &Value) -> Read<u16> {
    let description = member.description();
    let Form::OneOfNumbers(numbers) = description.form else {
        return Err(at(description.name, "give a number"));
    };
    let found = numbers.iter().find(|number| *value == Value::Integer(i128::from(**number)));
    let known = || numbers.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
    found.copied().ok_or_else(|| at(description.name, format!("give one of {}", known())))
}

/// `[least, most]`.
pub(super) fn length_range(member: Member, value: &Value) -> Read<(u64, u64)> {
    let description = member.description();
    let Form::Range { most: bound } = description.form else {
        return Err(at(description.name, "give a range"));
    };
    let length = |value: &Value| match value {
        Value::Integer(length) => u64::try_from(*length).ok().filter(|length| *length <= bound),
        _ => None,
    };
    let ends = match value {
        Value::List(ends) => match ends.as_slice() {
            [least, most] => length(least).zip(length(most)),
            _ => None,
        },
        _ => None,
    };
    ends.filter(|(least, most)| least <= most)
        .ok_or_else(|| at(description.name, format!("give [least, most], integers from 0 to {bound}")))
}

pub(super) fn storage_class(value: &Value) -> Read<StorageClass> {
    StorageClass::parse(text("storage_class", value)?).map_err(|error| at("storage_class", error.to_string()))
}

pub(super) fn file_name(value: &Value) -> Read<String> {
    let name = text("download_as", value)?;
    match name.is_empty() || name.contains(['/', '\\']) {
        true => Err(at("download_as", "give the name of a file, without slashes")),
        false => Ok(name.to_owned()),
    }
}

pub(super) fn digest(name: &str, text: &str, length: usize) -> Read<String> {
    match BASE64_STANDARD.decode(text) {
        Ok(bytes) if bytes.len() == length => Ok(text.to_owned()),
        _ => Err(at(name, format!("give padded base64 of exactly {length} bytes"))),
    }
}

pub(super) fn checksum(value: &Value) -> Read<Checksum> {
    let fields = members("checksum", value, &["algorithm", "value"])?;
    match fields.as_slice() {
        [Some(algorithm), Some(value)] => checksum_of(algorithm, value),
        _ => Err(at("checksum", "give algorithm and value")),
    }
}

fn checksum_of(algorithm: &Value, value: &Value) -> Read<Checksum> {
    let algorithm = checksum_algorithm(algorithm)?;
    let value = digest("checksum/value", text("checksum/value", value)?, algorithm.digest_length())?;
    Ok(Checksum { algorithm, value })
}

fn checksum_algorithm(value: &Value) -> Read<ChecksumAlgorithm> {
    let named = text("checksum/algorithm", value)?;
    let algorithm = ChecksumAlgorithm::ALL.into_iter().find(|known| known.as_str() == named);
    algorithm.ok_or_else(|| at("checksum/algorithm", "give one of CRC32, CRC32C, CRC64NVME, SHA1, SHA256"))
}

fn checksum_type(value: &Value) -> Read<ChecksumType> {
    let named = text("checksum/type", value)?;
    let kind = ChecksumType::ALL.into_iter().find(|known| known.as_str() == named);
    kind.ok_or_else(|| at("checksum/type", "give COMPOSITE or FULL_OBJECT"))
}

/// The algorithm of an upload's parts, and what the object's checksum shall be made of.
pub(super) fn upload_checksum(value: &Value) -> Read<UploadChecksum> {
    if value.member("value").is_some() {
        return Err(at("checksum/value", "leave it out: the value goes with each part, or with the completion"));
    }
    let fields = members("checksum", value, &["algorithm", "type"])?;
    let [Some(algorithm), kind] = fields.as_slice() else {
        return Err(at("checksum", "give algorithm"));
    };
    let algorithm = checksum_algorithm(algorithm)?;
    match kind.map(checksum_type).transpose()? {
        Some(kind) if !algorithm.makes(kind) => {
            Err(at("checksum/type", format!("S3 makes no {} checksums by {}", kind.as_str(), algorithm.as_str())))
        }
        kind => Ok(UploadChecksum { algorithm, kind }),
    }
}

/// The checksum of an object's bytes: what S3 calls FULL_OBJECT, whether the caller says so or not.
pub(super) fn object_checksum(value: &Value) -> Read<Checksum> {
    let fields = members("checksum", value, &["algorithm", "value", "type"])?;
    let [Some(algorithm), Some(value), kind] = fields.as_slice() else {
        return Err(at("checksum", "give algorithm and value"));
    };
    if kind.map(checksum_type).transpose()? == Some(ChecksumType::Composite) {
        return Err(at("checksum/type", "give FULL_OBJECT, or leave it out"));
    }
    match checksum_of(algorithm, value)? {
        checksum if checksum.algorithm.makes(ChecksumType::FullObject) => Ok(checksum),
        _ => Err(at("checksum/algorithm", "a whole object has one of CRC32, CRC32C, CRC64NVME")),
    }
}

pub(super) fn response(value: &Value) -> Read<Vec<(ResponseMember, String)>> {
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

/// RFC 3339 to the IMF-fixdate of RFC 9110, 5.6.7, which has four digits for a year.
fn http_date(name: &str, text: &str) -> Read<String> {
    let fixdate =
        format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    let date = OffsetDateTime::parse(text, &Rfc3339).ok().and_then(|date| date.checked_to_offset(UtcOffset::UTC));
    date.filter(|date| date.year() >= 0)
        .and_then(|date| date.format(fixdate).ok())
        .ok_or_else(|| at(name, "give a time by RFC 3339, such as 2026-11-24T12:00:00Z"))
}

/// The values of an object's members, in the order of `names`; another member is an error.
pub(super) fn members<'v>(name: &str, value: &'v Value, names: &[&str]) -> Read<Vec<Option<&'v Value>>> {
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

pub(super) fn metadata(value: &Value) -> Read<Vec<(String, String)>> {
    let given = texts("metadata", value)?;
    // First, so that a body full of names is not looked through for each of them.
    if metadata_size(&given) > MOST_METADATA {
        return Err(at("metadata", "give at most 2048 bytes, names and values together"));
    }
    let mut entries: Vec<(String, String)> = Vec::new();
    for (name, value) in given {
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
    Ok(entries)
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
pub fn metadata_size<T: AsRef<str>>(entries: &[(T, T)]) -> usize {
    entries.iter().map(|(name, value)| name.as_ref().len() + value.as_ref().len()).sum()
}

pub(super) fn tags(value: &Value) -> Read<Vec<(String, String)>> {
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

/// Takes what was read, or notes what is wrong with it.
pub(super) fn note<T>(errors: &mut Vec<MemberError>, read: Read<T>) -> Option<T> {
    read.map_err(|error| errors.push(error)).ok()
}

/// The pointer to a member of the body's root.
pub fn pointer_to(name: &str) -> String {
    format!("/{}", escaped(name))
}

/// RFC 6901, 3: how a member's name stands in a pointer.
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
