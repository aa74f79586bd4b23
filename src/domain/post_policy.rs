//! Permit to the fields of a form: the POST policy and its signature.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>

use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use serde::ser::SerializeMap;
use serde::ser::Serializer;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use crate::domain::encryption;
use crate::domain::encryption::ServerSideEncryption;
use crate::domain::headers;
use crate::domain::headers::Headers;
use crate::domain::parameters::Parameters;
use crate::domain::policy::Permit;
use crate::domain::sigv4;
use crate::domain::sigv4::Signer;

/// What a form binds: S3 refuses every field that no condition names, so this is all that an upload can say.
#[derive(Debug, Clone)]
pub struct FormTerms {
    /// The bucket's real name.
    bucket: String,
    /// Fields that must be sent as they are, as conditions say too, unless they are open. They are kept as headers are:
    /// one may be a client's key.
    fields: Headers,
    /// Fields that the holder fills in, and what they must begin with.
    open: Vec<(&'static str, String)>,
    /// The least and the most that the file may have, in bytes.
    length_range: Option<(u64, u64)>,
}

impl FormTerms {
    /// Of a form for one key, or for what its holder puts after a prefix: S3 takes the file's name there.
    pub(super) fn of(bucket: &str, object: &str, is_prefix: bool, parameters: &Parameters) -> Self {
        let key = if is_prefix { format!("{object}${{filename}}") } else { object.to_owned() };
        let mut fields = vec![("key".to_owned(), key)];
        fields.extend(fields_of(parameters));
        let key_prefix = is_prefix.then(|| ("key", object.to_owned()));
        let type_prefix = parameters.content_type_prefix.clone().map(|prefix| (CONTENT_TYPE, prefix));
        Self {
            bucket: bucket.to_owned(),
            fields: Headers::of(fields),
            open: key_prefix.into_iter().chain(type_prefix).chain(clients_own_key(parameters)).collect(),
            length_range: parameters.content_length_range,
        }
    }
}

/// What the members become in a form: what they are as headers, but for the tags.
fn fields_of(parameters: &Parameters) -> Vec<(String, String)> {
    let mut fields: Vec<_> = parameters
        .headers()
        .as_slice()
        .iter()
        .map(|(name, value)| match name.as_str() {
            "content-type" => (CONTENT_TYPE.to_owned(), value.clone()),
            "x-amz-tagging" => ("tagging".to_owned(), tagging(&parameters.tags)),
            _ => (name.clone(), value.clone()),
        })
        .collect();
    let mut add = |name: &str, value: Option<String>| fields.extend(value.map(|value| (name.to_owned(), value)));
    add("success_action_redirect", parameters.success_action_redirect.clone());
    add("success_action_status", parameters.success_action_status.map(|status| status.to_string()));
    fields
}

/// With SSE-C S3 wants the key in fields of their own; one that presignd has not seen is the holder's to fill in.
fn clients_own_key(parameters: &Parameters) -> Vec<(&'static str, String)> {
    match &parameters.server_side_encryption {
        Some(ServerSideEncryption::Customer(None)) => {
            [encryption::CUSTOMER_KEY, encryption::CUSTOMER_KEY_MD5].map(|name| (name, String::new())).into()
        }
        Some(_) | None => Vec::new(),
    }
}

const CONTENT_TYPE: &str = "Content-Type";

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html>
fn tagging(tags: &[(String, String)]) -> String {
    let tag = |(name, value): &(String, String)| {
        format!("<Tag><Key>{}</Key><Value>{}</Value></Tag>", escaped(name), escaped(value))
    };
    format!("<Tagging><TagSet>{}</TagSet></Tagging>", tags.iter().map(tag).collect::<String>())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A form: whoever holds its fields may upload, until it ends, so it does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct PostForm {
    url: String,
    fields: BTreeMap<String, String>,
}

impl PostForm {
    /// Where to post it, and its fields but `file`, for the one who asked for them.
    pub fn into_parts(mut self) -> (String, BTreeMap<String, String>) {
        (std::mem::take(&mut self.url), std::mem::take(&mut self.fields))
    }
}

impl Drop for PostForm {
    fn drop(&mut self) {
        headers::wipe(self.fields.iter_mut());
    }
}

impl fmt::Debug for PostForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostForm")
    }
}

/// Writes a permit's terms down and signs them, with credentials of the name that the permit tells.
pub(super) fn form(permit: &Permit, terms: &FormTerms, signer: &Signer) -> PostForm {
    let target = permit.target();
    let own = sigv4::form_fields(signer, permit.signed_at(), &target.region, target.service);
    let policy = Policy { expiration: expiration(permit.expires_at()), conditions: conditions(terms, &own) };
    let mut text = Zeroizing::new(Vec::with_capacity(USUAL_BYTES));
    #[expect(clippy::expect_used, reason = "strings and numbers always have a JSON")]
    serde_json::to_writer(&mut *text, &policy).expect("a policy is JSON");
    let policy = BASE64_STANDARD.encode(&*text);
    let signature = sigv4::sign_policy(&policy, signer);
    let mut fields: BTreeMap<_, _> = terms.fields.as_slice().iter().cloned().collect();
    fields.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
    fields.insert(headers::POLICY.to_owned(), policy);
    fields.insert("x-amz-signature".to_owned(), signature);
    let path = if target.base_path.is_empty() { "/" } else { &target.base_path };
    PostForm { url: format!("{}://{}{path}", target.scheme.as_str(), target.authority), fields }
}

/// A policy mostly fits in: a text that grows would leave what it held behind.
const USUAL_BYTES: usize = 4096;

#[derive(Serialize)]
struct Policy<'a> {
    expiration: String,
    conditions: Vec<Condition<'a>>,
}

/// One condition of a policy, in the shape that S3's documentation gives it.
enum Condition<'a> {
    Equal(&'a str, &'a str),
    BeginsWith(&'a str, &'a str),
    LengthRange(u64, u64),
}

impl Serialize for Condition<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Equal(field, value) => {
                let mut object = serializer.serialize_map(Some(1))?;
                object.serialize_entry(field, value)?;
                object.end()
            }
            Self::BeginsWith(field, start) => ("starts-with", format!("${field}"), start).serialize(serializer),
            Self::LengthRange(least, most) => ("content-length-range", least, most).serialize(serializer),
        }
    }
}

fn conditions<'a>(terms: &'a FormTerms, own: &'a [(&'static str, String)]) -> Vec<Condition<'a>> {
    let is_open = |name: &str| terms.open.iter().any(|(field, _)| *field == name);
    let fixed = terms.fields.as_slice().iter().filter(|(name, _)| !is_open(name));
    let mut conditions = vec![Condition::Equal("bucket", &terms.bucket)];
    conditions.extend(fixed.map(|(name, value)| Condition::Equal(name, value)));
    conditions.extend(terms.open.iter().map(|(name, start)| Condition::BeginsWith(name, start)));
    conditions.extend(terms.length_range.map(|(least, most)| Condition::LengthRange(least, most)));
    conditions.extend(own.iter().map(|(name, value)| Condition::Equal(name, value)));
    conditions
}

/// A whole second, as a policy writes it.
fn expiration(at: SystemTime) -> String {
    OffsetDateTime::from(at).format(&Rfc3339).unwrap_or_default()
}
