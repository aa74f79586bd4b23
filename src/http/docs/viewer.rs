//! `/docs`: the document as a page to read and to try, shown by Swagger UI. All of it is embedded, and nothing is
//! fetched but from this service.

use axum::Router;
use axum::body::Body;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::Response;
use axum::http::header;
use axum::middleware::map_response;
use axum::response::IntoResponse;
use axum::response::Redirect;
use axum::routing::get;

use crate::http::reply::Text;

/// The page and its files; the page leads to the one at `/`, if there is one.
///
/// All addresses are relative, so that it also works where a proxy serves it under another path.
pub fn router<S: Clone + Send + Sync + 'static>(has_front: bool) -> Router<S> {
    let page = Text { media_type: HTML, bytes: page(has_front).into() };
    let router =
        Router::new().route("/docs", get(async || page)).route("/docs/", get(async || Redirect::permanent("../docs")));
    let router = FILES.iter().fold(router, |router, file| router.route(file.path, get(async || file.answer())));
    router.layer(map_response(restrained))
}

fn page(has_front: bool) -> String {
    include_str!("viewer/index.html")
        .replace("{version}", env!("CARGO_PKG_VERSION"))
        .replace("{front}", if has_front { FRONT } else { "" })
}

const FRONT: &str = "<a href=\"./\">Upload files on the page</a>";

struct File {
    path: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
    is_gzip: bool,
}

impl File {
    /// Compressed files go out as they are: every browser takes gzip.
    fn answer(&self) -> Response<Body> {
        let mut response = Text { media_type: self.media_type, bytes: self.bytes.into() }.into_response();
        if self.is_gzip {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

macro_rules! file {
    ($name:literal, $media_type:expr) => {
        file!($name, $media_type, include_bytes!(concat!("viewer/", $name)), false)
    };
    // As `build/swagger_ui.rs` has unpacked it.
    ($name:literal, $media_type:expr, gzip) => {
        file!($name, $media_type, include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".gz")), true)
    };
    ($name:literal, $media_type:expr, $bytes:expr, $is_gzip:literal) => {
        File { path: concat!("/docs/", $name), media_type: $media_type, bytes: $bytes, is_gzip: $is_gzip }
    };
}

static FILES: [File; 7] = [
    file!("icon.svg", "image/svg+xml"),
    file!("look.css", CSS),
    file!("start.js", JAVASCRIPT),
    file!("style.css", CSS),
    file!("swagger-ui-bundle.js", JAVASCRIPT, gzip),
    file!("swagger-ui-license.txt", "text/plain; charset=utf-8", gzip),
    file!("swagger-ui.css", CSS, gzip),
];

const CSS: &str = "text/css; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

async fn restrained(mut response: Response<Body>) -> Response<Body> {
    let fields = RESTRAINTS.map(|(name, value)| (name, HeaderValue::from_static(value)));
    response.headers_mut().extend(fields);
    response
}

const RESTRAINTS: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Its own files, the icons that Swagger UI's stylesheet carries as `data:`, and requests to this service: a page with a
/// bearer token in it loads and tells nothing else. <https://www.w3.org/TR/CSP3/>
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
