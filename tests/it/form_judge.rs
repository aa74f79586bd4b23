//! A judge of POST forms, written from AWS's description alone: what S3 accepts, and why it refuses.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::support::form::Posted;
use crate::verifier::Key;
use crate::verifier::World;
use crate::verifier::hex;
use crate::verifier::hmac;

/// Why S3 refuses a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A field that every form has is missing, or does not say what it must.
    Malformed(String),
    Signature,
    Expired,
    /// The condition, as JSON.
    Unmet(String),
    /// A field that no condition names.
    ExtraField(String),
}

impl Posted {
    /// The policy's text, as JSON.
    pub fn policy(&self) -> Value {
        serde_json::from_slice(&BASE64_STANDARD.decode(&self.fields["policy"]).unwrap()).unwrap()
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn required(&self, name: &str) -> Result<&str, Fault> {
        self.field(name).ok_or_else(|| Fault::Malformed(name.to_owned()))
    }
}

/// S3's judgement of a form posted to a bucket.
pub fn verify(posted: &Posted, bucket: &str, world: World<'_>) -> Result<(), Fault> {
    let key = signed_by(posted, world)?;
    if posted.field("x-amz-security-token") != key.session_token {
        return Err(Fault::Malformed("x-amz-security-token".to_owned()));
    }
    let policy = posted.policy();
    let expiration = policy["expiration"].as_str().and_then(instant);
    if expiration.ok_or_else(|| Fault::Malformed("expiration".to_owned()))? <= world.now {
        return Err(Fault::Expired);
    }
    let conditions = policy["conditions"].as_array().ok_or_else(|| Fault::Malformed("conditions".to_owned()))?;
    let mut named = vec!["policy".to_owned(), "x-amz-signature".to_owned()];
    for condition in conditions {
        named.extend(met(condition, posted, bucket)?);
    }
    match posted.fields.keys().find(|name| !named.contains(&name.to_ascii_lowercase())) {
        Some(extra) => Err(Fault::ExtraField(extra.clone())),
        None => Ok(()),
    }
}

fn signed_by<'w>(posted: &Posted, world: World<'w>) -> Result<Key<'w>, Fault> {
    let (date, credential) = (posted.required("x-amz-date")?, posted.required("x-amz-credential")?);
    if posted.required("x-amz-algorithm")? != "AWS4-HMAC-SHA256" {
        return Err(Fault::Malformed("x-amz-algorithm".to_owned()));
    }
    let scope = format!("{}/{}/{}/aws4_request", date.get(..8).unwrap_or_default(), world.region, world.service);
    let key = world.keys.iter().find(|key| credential == format!("{}/{scope}", key.id));
    let key = key.ok_or_else(|| Fault::Malformed("x-amz-credential".to_owned()))?;
    let signing_key = scope.split('/').fold(format!("AWS4{}", key.secret).into_bytes(), |key, part| hmac(&key, part));
    match hex(&hmac(&signing_key, posted.required("policy")?)) == posted.required("x-amz-signature")? {
        true => Ok(*key),
        false => Err(Fault::Signature),
    }
}

/// Seconds since 1970.
fn instant(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
}

/// The field that a condition names, in lower case, if it is met.
fn met(condition: &Value, posted: &Posted, bucket: &str) -> Result<Option<String>, Fault> {
    let unmet = || Fault::Unmet(condition.to_string());
    let Some(Condition { kind, field, value }) = Condition::of(condition) else {
        let range = condition.as_array().filter(|parts| parts.len() == 3 && parts[0] == "content-length-range");
        let bounds = range.and_then(|parts| Some((parts[1].as_u64()?, parts[2].as_u64()?))).ok_or_else(unmet)?;
        return if (bounds.0..=bounds.1).contains(&posted.size) { Ok(None) } else { Err(unmet()) };
    };
    let sent = if field == "bucket" { Some(bucket) } else { posted.field(&field) };
    // S3 puts the file's name in before it looks at the conditions.
    let sent = sent.ok_or_else(unmet)?.replace("${filename}", &posted.file_name);
    let holds = match kind {
        "eq" => sent == value,
        _ => sent.starts_with(&value),
    };
    if holds { Ok(Some(field)) } else { Err(unmet()) }
}

/// A condition on a field, in one shape: `eq` or `starts-with`, the field in lower case, the value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    pub kind: &'static str,
    pub field: String,
    pub value: String,
}

impl Condition {
    /// Of either shape that a policy may give it; `None` for a range.
    pub fn of(condition: &Value) -> Option<Self> {
        let own = |kind, field: &str, value: &Value| {
            Some(Self { kind, field: field.to_ascii_lowercase(), value: value.as_str()?.to_owned() })
        };
        if let Some(object) = condition.as_object() {
            let (field, value) = object.iter().next()?;
            return own("eq", field, value);
        }
        let [kind, field, value] = condition.as_array()?.as_slice() else { return None };
        let kind = ["eq", "starts-with"].into_iter().find(|known| kind == known)?;
        own(kind, field.as_str()?.strip_prefix('$')?, value)
    }
}
