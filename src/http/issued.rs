//! The answer that carries a URL.

use std::collections::BTreeMap;

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

use crate::domain::headers;
use crate::domain::policy::Permit;
use crate::domain::presign;
use crate::domain::presign::Presigned;

/// A presigned URL and how to use it: whoever holds it may do what it allows.
#[derive(Serialize, ToSchema)]
pub struct Issued {
    /// The issuance id: in the audit log and, unless switched off or `stable` was asked, in the URL as
    /// `x-presignd-id`.
    #[schema(example = "01997f3c-1f7e-7c60-9f0b-2f7d8a1c9e55")]
    pub id: String,
    /// The HTTP method to use. It is signed.
    #[schema(example = "PUT")]
    pub method: &'static str,
    /// The URL. Use it as it is: a client that normalises or re-encodes it breaks the signature.
    #[schema(example = "https://acme-media-prod.s3.eu-west-1.amazonaws.com/users/42/avatar.png?X-Amz-Algorithm=…")]
    pub url: String,
    /// What the client has to send besides what every client sends by itself (`host`, `content-length`): exactly
    /// these values.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = json!({"content-type": "image/png", "if-none-match": "*"}))]
    pub headers: Option<BTreeMap<String, String>>,
    /// The body to send, exactly so: it is signed. Only where the service makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub body: Option<String>,
    /// The names of all headers that the signature binds, sorted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = json!(["content-length", "content-type", "host", "if-none-match"]))]
    pub signed_headers: Option<Vec<String>>,
    /// In place of `headers` and `signed_headers` for a form: its fields, as `multipart/form-data`, to which the client
    /// adds `file` as the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = json!({"key": "users/42/avatar.png", "policy": "…", "x-amz-signature": "…"}))]
    pub fields: Option<BTreeMap<String, String>>,
    /// The bucket's alias.
    #[schema(example = "media")]
    pub bucket: String,
    /// The object's key; made by the grant's template if `file_name` was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "users/42/avatar.png")]
    pub key: Option<String>,
    /// In place of `key` where the operation lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub prefix: Option<String>,
    /// In place of `key` where a form leaves the key's end to its holder.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub key_prefix: Option<String>,
    /// When the URL ends, RFC 3339 in UTC.
    #[schema(format = "date-time", example = "2026-11-23T23:20:00Z")]
    pub expires_at: String,
    /// Its lifetime in seconds from the signing time on: `X-Amz-Expires`.
    #[schema(example = 900)]
    pub expires_in: u32,
    /// What set the end: `request`, `default`, `grant`, `token`, `credentials` or `mfa`.
    #[schema(example = "request")]
    pub expiry_limited_by: &'static str,
    /// The grant that decided.
    #[schema(example = "own-folder")]
    pub grant: String,
}

impl Issued {
    /// What the caller is told of a permit and of what it became.
    pub fn of(permit: &Permit, presigned: Presigned) -> Self {
        let row = permit.operation().row();
        let object = |if_so: bool| if_so.then(|| permit.object().to_owned());
        let (is_prefix, is_form) = (permit.is_prefix(), permit.form().is_some());
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let (url, headers, fields) = match presigned {
            Presigned::Url(url) => {
                (url.into_string(), Some(presign::headers_to_send(permit).map(owned).collect()), None)
            }
            Presigned::Form(form) => {
                let (url, fields) = form.into_parts();
                (url, None, Some(fields))
            }
        };
        let signed_headers = presign::signed_headers(permit).into_iter().map(str::to_owned).collect();
        Self {
            id: permit.id().to_owned(),
            method: row.method.as_str(),
            url,
            headers,
            body: permit.body().map(str::to_owned),
            signed_headers: (!is_form).then_some(signed_headers),
            fields,
            bucket: permit.bucket().to_string(),
            key: object(!is_prefix),
            prefix: object(is_prefix && !is_form),
            key_prefix: object(is_prefix && is_form),
            expires_at: rfc3339(permit.expires_at()),
            expires_in: permit.lifetime().seconds(),
            expiry_limited_by: permit.limited_by().as_str(),
            grant: permit.grant().to_string(),
        }
    }
}

impl Drop for Issued {
    fn drop(&mut self) {
        let told = [&mut self.headers, &mut self.fields];
        headers::wipe(told.into_iter().flatten().flatten());
    }
}

/// A whole second as RFC 3339 in UTC.
fn rfc3339(at: std::time::SystemTime) -> String {
    OffsetDateTime::from(at).format(&Rfc3339).unwrap_or_default()
}
