//! HTTP/1.1 on one connection: hyper's, with an end to every wait and a problem document for every refusal.

use std::future::poll_fn;
use std::pin::Pin;
use std::pin::pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::Request;
use axum::http::Response;
use axum::http::header;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio::time::Sleep;
use tokio::time::sleep_until;
use tokio::time::timeout;
use tower::Service;

use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::http::request_id::RequestId;
use crate::http::server::Peer;
use crate::http::server::Shared;
use crate::http::server::host;
use crate::http::server::phase::Doing;
use crate::http::server::phase::Phase;
use crate::http::server::watched::Watched;
use crate::http::server::watched::WatchedBody;

/// Serves one connection, whose phase has begun when it was accepted, to its end.
pub async fn serve<S>(stream: S, phase: Phase, peer: Peer, shared: Arc<Shared>, draining: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let phase = Arc::new(phase);
    let io = TokioIo::new(Watched::new(stream, phase.clone()));
    let (router, at) = (shared.router.clone(), (phase.clone(), shared.clone()));
    let service = service_fn(move |request| answer(router.clone(), request, peer, at.clone()));
    let mut connection =
        http1::Builder::new().header_read_timeout(None).max_header_size(MAX_HEAD_BYTES).serve_connection(io, service);
    let ended = until_end(Pin::new(&mut connection), &phase, peer.over_tls, draining).await;
    let stream = connection.into_parts().io.into_inner().into_inner();
    match ended {
        Ended::Quietly => close(stream).await,
        Ended::Refused(error) => refuse(stream, &error, &shared).await,
        Ended::Lost => drop(stream),
    }
}

/// The most bytes that a request line and its header fields may have.
pub const MAX_HEAD_BYTES: usize = 32 * 1024;

/// How a connection ended.
enum Ended {
    /// Nothing is left to say.
    Quietly,
    /// What came is no request.
    Refused(ApiError),
    /// Nobody is there to hear it.
    Lost,
}

async fn answer(
    mut router: Router,
    mut request: Request<Incoming>,
    peer: Peer,
    (phase, shared): (Arc<Phase>, Arc<Shared>),
) -> Result<Response<WatchedBody>, std::convert::Infallible> {
    phase.requested();
    request.extensions_mut().insert(peer);
    host::judge(&mut request);
    let mut response: Response<Body> = router.call(request).await?;
    if shared.keeps_none() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    phase.answered();
    Ok(response.map(|body| WatchedBody::new(body, phase)))
}

/// Runs the connection until it ends by itself, patience ends, or the service does while nothing is under way.
async fn until_end<C>(
    mut connection: Pin<&mut C>,
    phase: &Phase,
    over_tls: bool,
    mut draining: watch::Receiver<bool>,
) -> Ended
where
    C: Future<Output = hyper::Result<()>>,
{
    let mut draining = pin!(async move { _ = draining.wait_for(|draining| *draining).await });
    let mut is_draining = false;
    let mut alarm = pin!(sleep_until(Instant::now() + phase.patience().header));
    poll_fn(|cx| {
        if let Poll::Ready(result) = connection.as_mut().poll(cx) {
            return Poll::Ready(verdict(result, phase, over_tls));
        }
        is_draining = is_draining || draining.as_mut().poll(cx).is_ready();
        match is_draining && phase.is_between_requests() {
            true => Poll::Ready(Ended::Quietly),
            false => overdue(alarm.as_mut(), phase, cx),
        }
    })
    .await
}

fn verdict(result: hyper::Result<()>, phase: &Phase, over_tls: bool) -> Ended {
    match result {
        Ok(()) => Ended::Quietly,
        Err(error) if !phase.is_before_request() || !error.is_parse() => Ended::Lost,
        Err(error) if error.is_parse_too_large() => Ended::Refused(ApiError::of(Code::HeadersTooLarge)),
        Err(_) => Ended::Refused(ApiError::of(Code::InvalidRequest).with_detail(if over_tls {
            OVER_TLS
        } else {
            IN_PLAIN_TEXT
        })),
    }
}

const IN_PLAIN_TEXT: &str = "Send a well-formed HTTP request, without TLS or HTTP/2.";
const OVER_TLS: &str = "Send a well-formed HTTP/1.1 request, or agree on HTTP/2 by ALPN.";

/// Waits for the phase's deadline. The alarm may be set too early, which only costs a look; never too late.
fn overdue(mut alarm: Pin<&mut Sleep>, phase: &Phase, cx: &mut Context<'_>) -> Poll<Ended> {
    loop {
        let deadline = phase.deadline();
        if let Some(sooner) = deadline.filter(|deadline| *deadline < alarm.deadline()) {
            alarm.as_mut().reset(sooner);
        }
        std::task::ready!(alarm.as_mut().poll(cx));
        let now = Instant::now();
        match deadline {
            Some(deadline) if deadline <= now => return Poll::Ready(out_of_patience(phase.doing())),
            Some(later) => alarm.as_mut().reset(later),
            None => alarm.as_mut().reset(now + phase.patience().header),
        }
    }
}

fn out_of_patience(doing: Doing) -> Ended {
    match doing {
        Doing::Silent | Doing::FirstHead | Doing::Head => Ended::Refused(ApiError::of(Code::RequestTimeout)),
        Doing::Busy | Doing::Writing | Doing::Handed => Ended::Lost,
        Doing::Idle => Ended::Quietly,
    }
}

async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, error: &ApiError, shared: &Shared) {
    let (code, now) = (error.code, shared.clock.now());
    shared.metrics.refusals.with_label_values(&[code.as_str()]).inc();
    let request_id = RequestId::fresh(now);
    let date = OffsetDateTime::from(now).format(IMF_FIXDATE).unwrap_or_default();
    let response = error.closing_response(request_id.as_str(), &date);
    let written = async {
        stream.write_all(&response).await?;
        stream.flush().await
    };
    if timeout(LINGER, written).await.is_ok_and(|written| written.is_ok()) {
        close(stream).await;
    }
}

/// Says that nothing more will come, then waits a little for the other side to read it: closing while it still sends
/// would reset the connection, and the answer with it.
async fn close<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) {
    let drained = async {
        if stream.shutdown().await.is_err() {
            return;
        }
        let mut scrap = [0; 4096];
        while stream.read(&mut scrap).await.is_ok_and(|count| count > 0) {}
    };
    _ = timeout(LINGER, drained).await;
}

/// How long another side may take to hear that a connection ends.
pub const LINGER: Duration = Duration::from_secs(1);

/// RFC 9110, 5.6.7.
const IMF_FIXDATE: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
