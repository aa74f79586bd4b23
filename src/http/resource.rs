//! `GET /.well-known/oauth-protected-resource`: whose tokens this service takes, for clients that do not know it yet.
//! RFC 9728.

use std::sync::Arc;

use axum::Extension;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::Uri;
use axum::http::header;
use serde::Serialize;
use utoipa::ToSchema;

use crate::adapters::config::KeySource;
use crate::adapters::config::Settings;
use crate::http::context::Context;
use crate::http::error::ApiError;
use crate::http::error::ApiResult;
use crate::http::error::Code;
use crate::http::reply::Json;

/// Whose tokens this service takes, and how it wants them.
#[derive(Serialize, ToSchema)]
pub struct ProtectedResource {
    /// What the service is called: `server.public_url`.
    #[schema(format = "uri", example = "https://uploads.example.com")]
    resource: String,
    /// The issuers that the configuration names, but those with a shared secret. Left out where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, example = json!(["https://idp.example.com/"]))]
    authorization_servers: Vec<String>,
    /// Where a token goes: into the header `Authorization`.
    #[schema(example = json!(["header"]))]
    bearer_methods_supported: [&'static str; 1],
}

/// The document. Where `public_url` has a path, it is also behind that path, which is where clients look for it.
pub async fn document(Extension(context): Extension<Arc<Context>>, asked: Uri) -> ApiResult<Json<ProtectedResource>> {
    let settings = &context.snapshot.settings;
    let public = settings.server.public_url.as_deref().map(parted);
    let behind = asked.path().strip_prefix(PATH).unwrap_or_default();
    match public {
        Some((_, path)) if behind.is_empty() || behind == path => Ok(Json(ProtectedResource::of(settings))),
        Some(_) | None => Err(ApiError::of(Code::NotFound)),
    }
}

/// Where the document is.
pub const PATH: &str = "/.well-known/oauth-protected-resource";

/// Where it is, too: RFC 9728, 3.1.
pub const PATH_BEHIND: &str = "/.well-known/oauth-protected-resource/{*path}";

impl ProtectedResource {
    fn of(settings: &Settings) -> Self {
        let published = settings.issuers.iter().filter(|issuer| match issuer.keys {
            KeySource::Discovery(_) | KeySource::JwksUri(..) | KeySource::JwksFile(_) => true,
            KeySource::Hmac(_) => false,
        });
        Self {
            resource: settings.server.public_url.clone().unwrap_or_default(),
            authorization_servers: published.map(|issuer| issuer.issuer.clone()).collect(),
            bearer_methods_supported: ["header"],
        }
    }
}

/// Tells in every challenge where the document is. <https://www.rfc-editor.org/rfc/rfc9728#section-5.1>
pub fn mark(headers: &mut HeaderMap, settings: &Settings) {
    let Some(url) = settings.server.public_url.as_deref() else { return };
    let Some(challenge) = headers.get(header::WWW_AUTHENTICATE).and_then(|challenge| challenge.to_str().ok()) else {
        return;
    };
    let (origin, path) = parted(url);
    if let Ok(marked) = HeaderValue::try_from(format!("{challenge}, resource_metadata=\"{origin}{PATH}{path}\"")) {
        headers.insert(header::WWW_AUTHENTICATE, marked);
    }
}

/// A URL's scheme and authority, and its path.
fn parted(url: &str) -> (&str, &str) {
    let authority = url.find("://").map_or(0, |scheme| scheme + "://".len());
    let end = url.get(authority..).and_then(|rest| rest.find('/')).map_or(url.len(), |slash| authority + slash);
    url.split_at_checked(end).unwrap_or((url, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_parted_before_its_path() {
        for (url, origin, path) in [
            ("https://uploads.example.com", "https://uploads.example.com", ""),
            ("https://uploads.example.com:8443", "https://uploads.example.com:8443", ""),
            ("https://example.com/uploads", "https://example.com", "/uploads"),
            ("http://[::1]:8080/a/b", "http://[::1]:8080", "/a/b"),
        ] {
            assert_eq!(parted(url), (origin, path));
        }
    }
}
