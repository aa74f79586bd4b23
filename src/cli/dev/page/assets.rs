//! The page's files, as they stand in `assets/`.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

/// Every file at its path.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    ASSETS.iter().fold(Router::new(), |router, asset| router.route(asset.path, get(async || asset.answer())))
}

struct Asset {
    path: &'static str,
    media_type: &'static str,
    text: &'static str,
}

impl Asset {
    fn answer(&self) -> impl IntoResponse + use<> {
        ([(header::CONTENT_TYPE, self.media_type)], self.text)
    }
}

macro_rules! assets {
    ($($path:literal $media_type:literal $file:literal)*) => {
        [$(Asset { path: $path, media_type: $media_type, text: include_str!(concat!("assets/", $file)) }),*]
    };
}

const ASSETS: [Asset; 22] = assets! {
    "/" "text/html; charset=utf-8" "index.html"
    "/dev/page/style.css" "text/css; charset=utf-8" "style.css"
    "/dev/page/main.js" "text/javascript; charset=utf-8" "main.js"
    "/dev/page/actions.js" "text/javascript; charset=utf-8" "actions.js"
    "/dev/page/api.js" "text/javascript; charset=utf-8" "api.js"
    "/dev/page/asking.js" "text/javascript; charset=utf-8" "asking.js"
    "/dev/page/bytes.js" "text/javascript; charset=utf-8" "bytes.js"
    "/dev/page/code.js" "text/javascript; charset=utf-8" "code.js"
    "/dev/page/decoder.js" "text/javascript; charset=utf-8" "decoder.js"
    "/dev/page/diagnosis.js" "text/javascript; charset=utf-8" "diagnosis.js"
    "/dev/page/dom.js" "text/javascript; charset=utf-8" "dom.js"
    "/dev/page/files.js" "text/javascript; charset=utf-8" "files.js"
    "/dev/page/large.js" "text/javascript; charset=utf-8" "large.js"
    "/dev/page/multipart.js" "text/javascript; charset=utf-8" "multipart.js"
    "/dev/page/parts.js" "text/javascript; charset=utf-8" "parts.js"
    "/dev/page/row.js" "text/javascript; charset=utf-8" "row.js"
    "/dev/page/steps.js" "text/javascript; charset=utf-8" "steps.js"
    "/dev/page/tally.js" "text/javascript; charset=utf-8" "tally.js"
    "/dev/page/turns.js" "text/javascript; charset=utf-8" "turns.js"
    "/dev/page/unfinished.js" "text/javascript; charset=utf-8" "unfinished.js"
    "/dev/page/upload.js" "text/javascript; charset=utf-8" "upload.js"
    "/dev/page/uploads.js" "text/javascript; charset=utf-8" "uploads.js"
};
