//! Answers in JSON and other text, and redirects.

use axum::body::Body;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::Response;
use axum::http::header;
use axum::response::IntoResponse;
use bytes::Bytes;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::http::error;
use crate::http::error::ApiError;
use crate::http::error::ApiResult;

/// An answer of one JSON value. It may carry a URL, or a client's key: it is wiped once it has been sent.
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response<Body> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(USUAL_BYTES));
        match serde_json::to_writer(&mut *bytes, &self.0) {
            Ok(()) => Text { media_type: "application/json", bytes: Bytes::from_owner(bytes) }.into_response(),
            Err(error) => ApiError::internal(error).into_response(),
        }
    }
}

/// A presigned URL and what belongs to it mostly fit in: a text that grows leaves what it held behind.
const USUAL_BYTES: usize = 8192;

/// An answer that is written already.
#[derive(Clone)]
pub struct Text {
    pub media_type: &'static str,
    pub bytes: Bytes,
}

impl IntoResponse for Text {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.bytes));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        response
    }
}

/// An answer that leads to a presigned URL. The URL is in no body: it is a secret that nobody should keep.
pub struct Redirect(HeaderValue);

impl Redirect {
    /// To that URL.
    pub fn to(url: String) -> ApiResult<Self> {
        let mut location = HeaderValue::try_from(url).map_err(ApiError::internal)?;
        // It does not print, and HTTP/2 keeps it out of its tables.
        location.set_sensitive(true);
        Ok(Self(location))
    }
}

impl IntoResponse for Redirect {
    fn into_response(self) -> Response<Body> {
        let no_referrer = (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        let headers: [(HeaderName, HeaderValue); 2] = [(header::LOCATION, self.0), no_referrer];
        (error::temporary_redirect(), headers).into_response()
    }
}
