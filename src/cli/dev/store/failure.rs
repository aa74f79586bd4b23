//! Why the store cannot do as asked, and how S3 says so.

use std::io;

use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::header;
use s3s::S3Error;
use s3s::S3ErrorCode;

/// Why the store cannot do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no such bucket")]
    NoSuchBucket,
    #[error("there is no such object")]
    NoSuchKey,
    #[error("there is no such upload")]
    NoSuchUpload,
    #[error("there is no such version")]
    NoSuchVersion,
    #[error("the newest version is the delete marker {0}")]
    Deleted(String),
    #[error("the version is a delete marker")]
    IsMarker,
    #[error("a part was replaced while the upload was completed")]
    PartChanged,
    #[error("what the request demands of the present object does not hold")]
    PreconditionFailed,
    #[error("{0}")]
    Refused(s3s::S3Error),
    #[error("the store's folder: {0}")]
    Io(#[from] io::Error),
}

impl From<s3s::S3Error> for StoreError {
    fn from(error: s3s::S3Error) -> Self {
        Self::Refused(error)
    }
}

impl From<StoreError> for S3Error {
    fn from(error: StoreError) -> Self {
        let (code, message) = match &error {
            StoreError::NoSuchBucket => (S3ErrorCode::NoSuchBucket, "The specified bucket does not exist".to_owned()),
            StoreError::NoSuchKey | StoreError::Deleted(_) => {
                (S3ErrorCode::NoSuchKey, "The specified key does not exist.".to_owned())
            }
            StoreError::NoSuchUpload => (
                S3ErrorCode::NoSuchUpload,
                "The specified multipart upload does not exist. The upload ID may be invalid, or the upload may have \
                 been aborted or completed."
                    .to_owned(),
            ),
            StoreError::NoSuchVersion => {
                (S3ErrorCode::NoSuchVersion, "The specified version does not exist.".to_owned())
            }
            StoreError::IsMarker => {
                (S3ErrorCode::MethodNotAllowed, "The specified method is not allowed against this resource.".to_owned())
            }
            StoreError::PartChanged => {
                (S3ErrorCode::InvalidPart, "A part was replaced or removed while the upload was completed.".to_owned())
            }
            StoreError::PreconditionFailed => (
                S3ErrorCode::PreconditionFailed,
                "At least one of the pre-conditions you specified did not hold".to_owned(),
            ),
            // The disk is the developer's own, and nobody else reads this.
            StoreError::Io(error) => (S3ErrorCode::InternalError, format!("The store's folder: {error}")),
            StoreError::Refused(_) => (S3ErrorCode::InternalError, String::new()),
        };
        if let StoreError::Refused(error) = error {
            return error;
        }
        let mut told = Self::with_message(code, message);
        if let Some(headers) = headers(&error) {
            told.set_headers(headers);
        }
        told
    }
}

/// What S3 tells of a delete marker beside the error.
fn headers(error: &StoreError) -> Option<HeaderMap> {
    let marker = (header::HeaderName::from_static("x-amz-delete-marker"), HeaderValue::from_static("true"));
    let (name, value) = match error {
        StoreError::Deleted(version) => ("x-amz-version-id", HeaderValue::try_from(version).ok()?),
        StoreError::IsMarker => ("allow", HeaderValue::from_static("DELETE")),
        StoreError::NoSuchBucket
        | StoreError::NoSuchKey
        | StoreError::NoSuchUpload
        | StoreError::NoSuchVersion
        | StoreError::PartChanged
        | StoreError::PreconditionFailed
        | StoreError::Refused(_)
        | StoreError::Io(_) => return None,
    };
    Some(HeaderMap::from_iter([marker, (header::HeaderName::from_static(name), value)]))
}
