//! A connection's bytes and bodies, watched for what they tell of its phase.

use std::io;
use std::io::IoSlice;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::task::ready;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::Frame;
use hyper::body::SizeHint;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;

use crate::http::server::phase::Phase;

/// A stream that notes in its connection's [`Phase`] what comes and goes.
///
/// What is written before a request is hyper's own short word on a head that it cannot read: it is swallowed, since a
/// problem document follows in its place. Shutting down is left to whoever takes the stream back.
pub struct Watched<S> {
    stream: S,
    phase: Arc<Phase>,
}

impl<S> Watched<S> {
    /// Watches the stream of the connection in that phase.
    pub fn new(stream: S, phase: Arc<Phase>) -> Self {
        Self { stream, phase }
    }

    /// The stream.
    pub fn into_inner(self) -> S {
        self.stream
    }

    fn sent(&self, progress: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if matches!(progress, Poll::Ready(Ok(1..))) {
            self.phase.sent();
        }
        progress
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, into))?;
        if into.filled().len() > before {
            self.phase.received();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.phase.is_before_request() {
            return Poll::Ready(Ok(bytes.len()));
        }
        let progress = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.sent(progress)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.phase.is_before_request() {
            return Poll::Ready(Ok(parts.iter().map(|part| part.len()).sum()));
        }
        let progress = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.sent(progress)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.phase.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A response's body that notes when the last of it has been handed over.
pub struct WatchedBody {
    body: Body,
    phase: Arc<Phase>,
}

impl WatchedBody {
    /// Watches the body of a response on the connection in that phase.
    pub fn new(body: Body, phase: Arc<Phase>) -> Self {
        Self { body, phase }
    }
}

impl hyper::body::Body for WatchedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for WatchedBody {
    fn drop(&mut self) {
        self.phase.handed();
    }
}
