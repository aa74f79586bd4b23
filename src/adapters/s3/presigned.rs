//! Requests that are signed in their URL or their form, by `aws-sigv4` too: a probe uses them wrongly on purpose.

use std::time::Duration;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::PayloadChecksumKind;
use aws_sigv4::http_request::SignableBody;
use aws_sigv4::http_request::SignatureLocation;
use aws_sigv4::sign::v4;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::utf8_percent_encode;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use crate::adapters::s3::Call;
use crate::adapters::s3::CallError;
use crate::adapters::s3::Manner;
use crate::adapters::s3::PATH;
use crate::adapters::s3::QUERY;
use crate::adapters::s3::S3;
use crate::adapters::s3::settings;
use crate::adapters::s3::signed;
use crate::adapters::s3::unwritable;
use crate::adapters::s3::url_of;
use crate::domain::endpoint::Target;

/// How long a URL lives, and how long ago it was signed.
#[derive(Debug, Clone, Copy)]
pub struct Life {
    pub length: Duration,
    pub age: Duration,
}

/// A form for one key.
#[derive(Debug, Clone, Copy)]
pub struct Form<'a> {
    pub target: &'a Target,
    /// The bucket's real name.
    pub bucket: &'a str,
    pub key: &'a str,
    /// In bytes.
    pub most: usize,
}

impl S3 {
    /// The URL of a call. Its headers are to be sent with it; its body is not signed.
    pub fn presigned(&self, call: &Call<'_>, credentials: &Credentials, life: Life) -> Result<String, CallError> {
        let url = url_of(call)?;
        let mut settings = settings();
        settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(life.length);
        let manner = Manner { time: self.clock.now() - life.age, settings, body: SignableBody::UnsignedPayload };
        let signed = signed(call, &url, credentials, manner)?;
        let pairs = signed.params().iter();
        let pairs = pairs.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, QUERY)));
        let mark = if url.query().is_some() { '&' } else { '?' };
        Ok(format!("{url}{mark}{}", pairs.collect::<Vec<_>>().join("&")))
    }

    /// The fields of a form that ends in a few minutes.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>
    pub fn form(&self, form: &Form<'_>, credentials: &Credentials) -> Result<Vec<(String, String)>, CallError> {
        let now = self.clock.now();
        let (stamp, day) = stamp(now)?;
        let Target { region, service, .. } = form.target;
        let credential = format!("{}/{day}/{region}/{service}/aws4_request", credentials.access_key_id());
        let mut fields = vec![
            ("key".to_owned(), form.key.to_owned()),
            ("x-amz-algorithm".to_owned(), "AWS4-HMAC-SHA256".to_owned()),
            ("x-amz-credential".to_owned(), credential),
            ("x-amz-date".to_owned(), stamp),
        ];
        fields.extend(credentials.session_token().map(|token| ("x-amz-security-token".to_owned(), token.to_owned())));
        let equal = fields.iter().map(|(name, value)| json!(["eq", format!("${name}"), value]));
        let more = [json!({ "bucket": form.bucket }), json!(["content-length-range", 1, form.most])];
        let conditions: Vec<_> = equal.chain(more).collect();
        let end = OffsetDateTime::from(now + FORM_LIFE).format(&Rfc3339).map_err(unwritable)?;
        let policy = BASE64_STANDARD.encode(json!({ "expiration": end, "conditions": conditions }).to_string());
        let key = v4::generate_signing_key(credentials.secret_access_key(), now, region, service);
        let signature = v4::calculate_signature(key, policy.as_bytes());
        fields.extend([("policy".to_owned(), policy), ("x-amz-signature".to_owned(), signature)]);
        Ok(fields)
    }

    /// Where a bucket's forms go.
    pub fn place_of_forms(target: &Target) -> Result<String, CallError> {
        url_of(&Call::of_bucket(target, &[])).map(String::from)
    }
}

/// A key as `x-amz-copy-source` and paths have it.
pub fn encoded(key: &str) -> String {
    utf8_percent_encode(key, PATH).to_string()
}

const FORM_LIFE: Duration = Duration::from_secs(300);

/// The time and the day as signatures have them.
fn stamp(at: SystemTime) -> Result<(String, String), CallError> {
    let at = OffsetDateTime::from(at);
    let stamp = at.format(format_description!("[year][month][day]T[hour][minute][second]Z")).map_err(unwritable)?;
    let day = at.format(format_description!("[year][month][day]")).map_err(unwritable)?;
    Ok((stamp, day))
}
