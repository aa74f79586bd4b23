//! PostObject: a form, its policy and signature, and the file in it, which is taken as it comes.
//!
//! s3s would hold the whole file in memory, expand no `${filename}` and let fields of encryption by without a condition.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html>

mod answer;
mod input;
mod parts;
mod policy;
mod signature;

use std::sync::Arc;

use axum::body::Body;
use axum::http::Method;
use axum::http::header;
use axum::http::request::Parts as Request;
use axum::response::Response;
use percent_encoding::percent_decode_str;
use s3s::S3Result;
use s3s::s3_error;

use self::parts::Head;
use self::parts::Malformed;
use self::parts::Parts;
use self::policy::Fields;
use self::policy::Policy;
use super::Identities;
use super::Objects;
use super::failure::StoreError;
use super::writing;
use super::writing::Order;
use crate::adapters::clock::Clock;

/// What forms are answered with.
#[derive(Clone)]
pub struct Forms {
    pub objects: Arc<Objects>,
    pub identities: Identities,
    pub clock: Clock,
    pub region: &'static str,
}

/// Whether a request brings a form.
pub fn is_form(request: &Request) -> bool {
    request.method == Method::POST && content_type(request).is_some()
}

fn content_type(request: &Request) -> Option<&str> {
    let text = request.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let (kind, _) = text.split_once(';')?;
    kind.trim().eq_ignore_ascii_case("multipart/form-data").then_some(text)
}

impl Forms {
    /// Stores the file of a form to a bucket.
    pub async fn post(&self, request: &Request, body: Body) -> S3Result<Response> {
        let bucket = bucket(request)?;
        let mut parts = content_type(request).and_then(|kind| Parts::of(kind, body)).ok_or_else(|| {
            s3_error!(MalformedPOSTRequest, "The body of your POST request is not well-formed multipart/form-data.")
        })?;
        let (mut fields, file_name) = fields(&mut parts).await?;
        let now = self.clock.now().into();
        signature::verify(&fields, &self.identities, self.region, &now)?;
        let policy = Policy::parse(fields.get("policy").map(String::as_str).unwrap_or_default())?;
        fill_in(&mut fields, &file_name);
        policy.check(&fields, &bucket, &now)?;
        let order = Order::of(&self.objects, &mut input::of(&fields, &bucket)?, &now)?;

        let mut incoming = self.objects.incoming().await.map_err(StoreError::Io)?;
        let mut digest = order.declared.digest();
        let (least, most) = policy.length();
        let mut size: u64 = 0;
        while let Some(bytes) = parts.chunk().await? {
            size = u64::try_from(bytes.len()).map_or(u64::MAX, |taken| size.saturating_add(taken));
            if size > most.min(writing::MAX_BYTES) {
                return Err(writing::too_large());
            }
            writing::take(&bytes, &mut digest, &mut incoming).await?;
        }
        if size < least {
            return Err(s3_error!(EntityTooSmall, "Your proposed upload is smaller than the minimum allowed size"));
        }
        incoming.finish().await.map_err(StoreError::Io)?;
        let sums = digest.finish()?;
        order.declared.agrees(&sums, |_| None)?;
        let stored = order.keep(&self.objects, sums, size, incoming, now).await?;
        answer::of(request, &bucket, &fields, stored)
    }
}

/// A form goes to a bucket's own address.
fn bucket(request: &Request) -> S3Result<String> {
    let path = request.uri.path().trim_start_matches('/');
    let bucket = percent_decode_str(path.strip_suffix('/').unwrap_or(path)).decode_utf8_lossy().into_owned();
    match bucket.is_empty() || bucket.contains('/') {
        true => Err(s3_error!(MethodNotAllowed, "The specified method is not allowed against this resource.")),
        false => Ok(bucket),
    }
}

/// The fields before the file, and the file's name; what follows the file means nothing.
async fn fields(parts: &mut Parts) -> S3Result<(Fields, String)> {
    parts.begin().await?;
    let mut fields = Fields::new();
    let mut room = MAX_FIELDS_BYTES;
    while let Some(Head { name, file_name }) = parts.next().await? {
        let name = name.to_ascii_lowercase();
        if name == "file" {
            return Ok((fields, file_name.unwrap_or_default()));
        }
        let value = value(parts, &mut room).await?;
        if fields.insert(name.clone(), value).is_some() {
            return Err(s3_error!(InvalidArgument, "POST requires exactly one field {name} per request."));
        }
    }
    Err(s3_error!(InvalidArgument, "POST requires exactly one file upload per request."))
}

async fn value(parts: &mut Parts, room: &mut usize) -> S3Result<String> {
    let mut value = Vec::new();
    while let Some(bytes) = parts.chunk().await? {
        *room = room.checked_sub(bytes.len()).ok_or_else(|| {
            s3_error!(
                MaxPostPreDataLengthExceededError,
                "Your POST request fields preceding the upload file were too large."
            )
        })?;
        value.extend_from_slice(&bytes);
    }
    String::from_utf8(value).map_err(|_| Malformed::Shape.into())
}

/// S3's limit of a form without its file.
const MAX_FIELDS_BYTES: usize = 20 * 1024;

/// Puts the file's own name, without folders, where the form asks for it.
fn fill_in(fields: &mut Fields, file_name: &str) {
    let own = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let with_name = |(name, _): &(&String, &mut String)| !["policy", "x-amz-signature"].contains(&name.as_str());
    for (_, value) in fields.iter_mut().filter(with_name) {
        if value.contains(FILE_NAME) {
            *value = value.replace(FILE_NAME, own);
        }
    }
}

const FILE_NAME: &str = "${filename}";

impl From<Malformed> for s3s::S3Error {
    fn from(malformed: Malformed) -> Self {
        match malformed {
            Malformed::Shape => s3_error!(MalformedPOSTRequest, "{malformed}"),
            Malformed::CutOff => s3_error!(IncompleteBody, "{malformed}"),
        }
    }
}
