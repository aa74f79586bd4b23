//! XML bodies, held against the `Content-MD5` that their sender signs: s3s does not look at it.

use axum::body::Body;
use axum::http::Method;
use axum::http::request::Parts;
use s3s::S3Result;
use s3s::crypto::Checksum as _;
use s3s::crypto::Md5;
use s3s::s3_error;

use super::integrity::md5_from;
use crate::cli::dev::query;

/// Gives the body back if it is what its sender says of it.
pub async fn hold(request: &Parts, body: Body) -> S3Result<Body> {
    let Some(declared) = request.headers.get("content-md5").filter(|_| brings_xml(request)) else { return Ok(body) };
    let declared = md5_from(declared.to_str().unwrap_or_default())?;
    let bytes = axum::body::to_bytes(body, MAX_BYTES)
        .await
        .map_err(|_| s3_error!(MaxMessageLengthExceeded, "Your request was too large."))?;
    match Md5::checksum(&bytes) == declared {
        true => Ok(Body::from(bytes)),
        false => Err(s3_error!(BadDigest, "The Content-MD5 you specified did not match what we received.")),
    }
}

/// Of the largest list of parts, amply.
const MAX_BYTES: usize = 8 * 1024 * 1024;

fn brings_xml(request: &Parts) -> bool {
    let names = query::pairs(request.uri.query().unwrap_or_default());
    let is_document = |(name, _): &(String, String)| DOCUMENTS.contains(&name.as_str());
    request.method == Method::POST || request.method == Method::PUT && names.iter().any(is_document)
}

/// What a PUT with one of these in its query brings is no object.
const DOCUMENTS: [&str; 3] = ["legal-hold", "retention", "versioning"];
