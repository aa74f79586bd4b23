//! Answers in JSON and other text.

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::Response;
use axum::http::header;
use axum::response::IntoResponse;
use bytes::Bytes;
use serde::Serialize;

use crate::http::error::ApiError;

/// An answer of one JSON value.
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response<Body> {
        let mut bytes = Vec::with_capacity(USUAL_BYTES);
        match serde_json::to_writer(&mut bytes, &self.0) {
            Ok(()) => Text { media_type: "application/json", bytes: bytes.into() }.into_response(),
            Err(error) => ApiError::internal(error).into_response(),
        }
    }
}

/// A presigned URL and what belongs to it mostly fit in.
const USUAL_BYTES: usize = 2048;

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
