//! The JSON document that holds derived keys: written where the secret is, read where it is not.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde::Deserializer;
use time::OffsetDateTime;
use time::UtcOffset;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use crate::domain::day::Day;
use crate::domain::region::Region;
use crate::domain::signing_keys::CredentialScope;
use crate::domain::signing_keys::SigningKeys;
use crate::domain::sigv4;
use crate::domain::sigv4::SIGV4_KEY;
use crate::domain::sigv4::SessionToken;
use crate::domain::sigv4::Signer;
use crate::domain::sigv4::SigningKey;

/// Credentials that hold a secret, as keys are derived from them.
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    pub access_key_id: &'a str,
    pub secret_access_key: &'a str,
    /// Of temporary credentials; whoever signs needs it too.
    pub session_token: Option<&'a str>,
    pub valid_until: Option<SystemTime>,
}

/// The document with a key for each of these days and scopes; none if RFC 3339 cannot tell the end of the credentials.
/// The text never grows, so that no copy of a key stays behind.
pub fn document(
    origin: &Origin<'_>,
    days: &[Day],
    scopes: &BTreeSet<CredentialScope>,
) -> Result<Zeroizing<String>, time::error::Format> {
    let of_row = |scope: &CredentialScope| ROW.len() + scope.region.len() + scope.service.len();
    let rows = days.len() * scopes.iter().map(of_row).sum::<usize>();
    // Escaped, a character of these has six at most.
    let head = 6 * (origin.access_key_id.len() + origin.session_token.map_or(0, str::len));
    let mut text = Zeroizing::new(String::with_capacity(rows + head + 256));
    _ = write!(text, "{{\n  \"version\": {VERSION}");
    push_member(&mut text, "access_key_id", origin.access_key_id);
    if let Some(token) = origin.session_token {
        push_member(&mut text, "session_token", token);
    }
    if let Some(end) = origin.valid_until {
        push_member(&mut text, "expiration", &OffsetDateTime::from(end).format(&Rfc3339)?);
    }
    text.push_str(",\n  \"keys\": [");
    for (place, (day, scope)) in days.iter().flat_map(|day| scopes.iter().map(move |scope| (day, scope))).enumerate() {
        let key = SigningKey::derive(origin.secret_access_key, day.start(), &scope.region, &scope.service);
        let CredentialScope { region, service } = scope;
        text.push_str(if place == 0 { "\n" } else { ",\n" });
        _ = write!(text, r#"    {{"date": "{day}", "region": "{region}", "service": "{service}", "key": ""#);
        BASE64_STANDARD.encode_string(key.bytes(), &mut text);
        text.push_str("\"}");
    }
    text.push_str("\n  ]\n}\n");
    Ok(text)
}

/// As long as any row, but for its region and service.
const ROW: &str = r#",
    {"date": "20261129", "region": "", "service": "", "key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}"#;

const VERSION: u64 = 1;

/// Another member. A session token has to be escaped as any text has.
fn push_member(text: &mut String, name: &str, value: &str) {
    let value = Zeroizing::new(serde_json::to_string(value).unwrap_or_default());
    _ = write!(text, ",\n  \"{name}\": {}", *value);
}

/// Why a text is no document of keys. No message holds anything of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSigningKeys {
    #[error("`access_key_id` is empty, or has a character that it cannot have")]
    AccessKeyId,
    #[error("`expiration` is no RFC 3339 time")]
    Expiration,
    #[error("there is no key in `keys`")]
    NoKeys,
    #[error("not the JSON that derive-keys prints (line {line}, column {column})")]
    NotJson { line: usize, column: usize },
    #[error("`keys[{place}].{member}` is not {should_be}")]
    Row { place: usize, member: &'static str, should_be: &'static str },
    #[error("`session_token` is empty, or has a character that it cannot have")]
    SessionToken,
    #[error("`keys[{place}]` is the second for its day, region and service")]
    Twice { place: usize },
    #[error("the day {day} has not the same regions and services as the others")]
    Uneven { day: Day },
    #[error("`version` is not {VERSION}")]
    Version,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u64,
    access_key_id: String,
    #[serde(default, deserialize_with = "wiped_if_any")]
    session_token: Option<Zeroizing<String>>,
    #[serde(default)]
    expiration: Option<String>,
    keys: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    date: String,
    region: String,
    service: String,
    #[serde(deserialize_with = "wiped")]
    key: Zeroizing<String>,
}

fn wiped<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(deserializer).map(Zeroizing::new)
}

fn wiped_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Zeroizing<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(|text| text.map(Zeroizing::new))
}

impl SigningKeys {
    /// Reads a document.
    pub fn parse(document: &[u8]) -> Result<Self, InvalidSigningKeys> {
        let document: Document = serde_json::from_slice(document)
            .map_err(|error| InvalidSigningKeys::NotJson { line: error.line(), column: error.column() })?;
        if document.version != VERSION {
            return Err(InvalidSigningKeys::Version);
        }
        let made_of = |text: &str, fits: fn(u8) -> bool| !text.is_empty() && text.bytes().all(fits);
        let id = document.access_key_id.as_str();
        let id: Arc<str> =
            made_of(id, sigv4::is_of_access_key_id).then(|| id.into()).ok_or(InvalidSigningKeys::AccessKeyId)?;
        let token = document.session_token.as_deref().map(String::as_str);
        if token.is_some_and(|token| !made_of(token, |byte| byte.is_ascii_graphic())) {
            return Err(InvalidSigningKeys::SessionToken);
        }
        let token = token.map(SessionToken::from);
        let valid_until = document.expiration.as_deref().map(end).transpose()?;
        let signer_by = |key| Arc::new(Signer { access_key_id: id.clone(), session_token: token.clone(), key });
        let mut signers: BTreeMap<Day, Vec<(CredentialScope, Arc<Signer>)>> = BTreeMap::new();
        for (place, row) in document.keys.iter().enumerate() {
            let (day, scope, key) = row.read(place)?;
            let of_day = signers.entry(day).or_default();
            if of_day.iter().any(|(known, _)| *known == scope) {
                return Err(InvalidSigningKeys::Twice { place });
            }
            of_day.push((scope, signer_by(key)));
        }
        let keys = Self { signers, valid_until };
        keys.check_even()?;
        Ok(keys)
    }

    /// A day on which one region could be signed for and another not would be a day half covered.
    fn check_even(&self) -> Result<(), InvalidSigningKeys> {
        let all = self.scopes();
        // No scope is there twice on a day.
        match self.signers.iter().find(|(_, of_day)| of_day.len() != all.len()) {
            _ if all.is_empty() => Err(InvalidSigningKeys::NoKeys),
            Some((day, _)) => Err(InvalidSigningKeys::Uneven { day: *day }),
            None => Ok(()),
        }
    }
}

/// An end, in UTC: a time of the year 9999 with an offset may be one of the year after, which RFC 3339 cannot tell.
fn end(text: &str) -> Result<SystemTime, InvalidSigningKeys> {
    let end = OffsetDateTime::parse(text, &Rfc3339).ok().and_then(|end| end.checked_to_offset(UtcOffset::UTC));
    end.map(SystemTime::from).ok_or(InvalidSigningKeys::Expiration)
}

impl Row {
    fn read(&self, place: usize) -> Result<(Day, CredentialScope, SigningKey), InvalidSigningKeys> {
        let wrong = |member, should_be| InvalidSigningKeys::Row { place, member, should_be };
        let day = Day::parse(&self.date).ok_or_else(|| wrong("date", "a day such as 20261129"))?;
        let region = Region::parse(&self.region).map_err(|_| wrong("region", "a region such as eu-west-1"))?;
        let is_service = SERVICES.contains(&self.service.as_str());
        let service = is_service.then_some(&self.service).ok_or_else(|| wrong("service", "a service of S3's"))?;
        let key = key_of(&self.key).ok_or_else(|| wrong("key", "32 bytes in base64"))?;
        let scope = CredentialScope { region: region.as_str().into(), service: service.as_str().into() };
        Ok((day, scope, key))
    }
}

fn key_of(base64: &str) -> Option<SigningKey> {
    // With room for what is one group too long: the decoder wants it before it counts.
    let mut bytes = Zeroizing::new([0; SIGV4_KEY + 3]);
    match BASE64_STANDARD.decode_slice(base64, bytes.as_mut_slice()) {
        Ok(SIGV4_KEY) => bytes.first_chunk().map(SigningKey::of_bytes),
        Ok(_) | Err(_) => None,
    }
}

/// What [`Target`](crate::domain::endpoint::Target) has for a service.
const SERVICES: [&str; 3] = ["s3", "s3-object-lambda", "s3-outposts"];
