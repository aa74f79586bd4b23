//! HTTP/2 on one connection: hyper's, with bounds on all that the other side may open, and an end to every wait.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::Response;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio::time::sleep_until;
use tokio_rustls::server::TlsStream;
use tower::Service;

use crate::http::server::Patience;
use crate::http::server::Peer;
use crate::http::server::Shared;
use crate::http::server::host;
use crate::http::server::http1::MAX_HEAD_BYTES;
use crate::http::server::streams::Due;
use crate::http::server::streams::Open;
use crate::http::server::streams::OpenBody;
use crate::http::server::streams::Streams;

/// Serves one connection to its end. Where no more is wanted of it the other side is told so, and what is open goes on.
pub async fn serve(
    stream: TlsStream<TcpStream>,
    patience: Patience,
    peer: Peer,
    shared: Arc<Shared>,
    mut draining: watch::Receiver<bool>,
) {
    let streams = Arc::new(Streams::none());
    let (at, of) = (shared.clone(), streams.clone());
    let service = service_fn(move |request| answer(at.clone(), request, peer, of.begin(), of.clone()));
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .max_concurrent_streams(MOST_STREAMS)
        .max_header_list_size(u32::try_from(MAX_HEAD_BYTES).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(MOST_RESETS)
        .max_local_error_reset_streams(MOST_ERRORS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let (mut is_draining, mut told) = (false, None);
    loop {
        let (at, due) = streams.due(patience, told);
        let is_overdue = at <= Instant::now();
        if is_overdue && due == Due::End {
            return;
        }
        if told.is_none() && (is_overdue || is_draining || streams.are_last()) {
            told = Some(Instant::now());
            connection.as_mut().graceful_shutdown();
            continue;
        }
        tokio::select! {
            _ = connection.as_mut() => return,
            () = streams.changed() => {}
            _ = draining.wait_for(|draining| *draining), if !is_draining => is_draining = true,
            () = sleep_until(at) => {}
        }
    }
}

/// At a time on one connection. <https://www.rfc-editor.org/rfc/rfc9113#section-6.5.2> asks for no fewer.
const MOST_STREAMS: u32 = 100;

/// Streams that the other side opens and resets at once (CVE-2023-44487): so many before they are looked at.
const MOST_RESETS: usize = 20;

/// Streams that broke the protocol, over a connection's life.
const MOST_ERRORS: usize = 100;

/// How much of a body may be on its way unread; bodies are read as they come.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;

/// How much of a response may wait for the other side.
const SEND_BUFFER: usize = 64 * 1024;

async fn answer(
    shared: Arc<Shared>,
    mut request: Request<Incoming>,
    peer: Peer,
    open: Open,
    streams: Arc<Streams>,
) -> Result<Response<OpenBody>, Infallible> {
    request.extensions_mut().insert(peer);
    host::judge(&mut request);
    let mut router: Router = shared.router.clone();
    let response: Response<Body> = router.call(request).await?;
    if shared.keeps_none() {
        streams.be_last();
    }
    Ok(response.map(|body| open.body(body)))
}
