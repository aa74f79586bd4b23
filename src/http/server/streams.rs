//! What an HTTP/2 connection is doing: how many of its requests are open, and since when nothing has happened.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Context;
use std::task::Poll;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::Frame;
use hyper::body::SizeHint;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::http::server::http1::LINGER;
use crate::http::server::phase::Patience;

/// The streams of one connection, on which several tasks work.
#[derive(Debug)]
pub struct Streams {
    doing: Mutex<Doing>,
    /// Something about them changed.
    changed: Notify,
    /// No more of them are wanted.
    is_last: AtomicBool,
}

/// What is to be done about a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// To cut it.
    End,
    /// To tell the other side to ask for no more.
    Goodbye,
}

#[derive(Debug, Clone, Copy)]
struct Doing {
    open: usize,
    has_begun: bool,
    since: Instant,
}

impl Streams {
    /// Of a connection that was agreed on now.
    pub fn none() -> Self {
        let doing = Doing { open: 0, has_begun: false, since: Instant::now() };
        Self { doing: Mutex::new(doing), changed: Notify::new(), is_last: AtomicBool::new(false) }
    }

    /// A request has come whole, but for its body.
    pub fn begin(self: &Arc<Self>) -> Open {
        self.note(|doing| Doing { open: doing.open + 1, has_begun: true, ..doing });
        Open(self.clone())
    }

    /// No more requests are wanted on this connection.
    pub fn be_last(&self) {
        self.is_last.store(true, Relaxed);
        self.changed.notify_one();
    }

    /// Whether no more are wanted.
    pub fn are_last(&self) -> bool {
        self.is_last.load(Relaxed)
    }

    /// Waits for a change that may make something due sooner.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// What is due next if nothing happens, and when; `told` is when the other side was told to go.
    ///
    /// A request is worked on no longer than a response may wait for being read, so nothing has happened for twice that
    /// time only where nobody reads.
    pub fn due(&self, patience: Patience, told: Option<Instant>) -> (Instant, Due) {
        let Doing { open, has_begun, since } = self.doing();
        match told {
            _ if open > 0 => (since + 2 * patience.write, Due::End),
            Some(told) => (since.max(told) + LINGER, Due::End),
            None if has_begun => (since + patience.idle, Due::Goodbye),
            None => (since + patience.header, Due::Goodbye),
        }
    }

    fn doing(&self) -> Doing {
        *self.doing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, change: impl FnOnce(Doing) -> Doing) {
        let mut doing = self.doing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = doing.open;
        *doing = Doing { since: Instant::now(), ..change(*doing) };
        if (before == 0) != (doing.open == 0) {
            self.changed.notify_one();
        }
    }
}

/// A request that is open until its response has been handed over, or nobody wants it any longer.
#[derive(Debug)]
pub struct Open(Arc<Streams>);

impl Open {
    /// A response to it.
    pub fn body(self, body: Body) -> OpenBody {
        OpenBody { body, open: self }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.note(|doing| Doing { open: doing.open.saturating_sub(1), ..doing });
    }
}

/// A response's body, which is asked for as the other side reads.
pub struct OpenBody {
    body: Body,
    open: Open,
}

impl hyper::body::Body for OpenBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.open.0.note(|doing| doing);
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http_body_util::BodyExt;

    use super::*;

    const PATIENCE: Patience =
        Patience { header: Duration::from_secs(5), idle: Duration::from_secs(75), write: Duration::from_secs(9) };

    #[tokio::test(start_paused = true)]
    async fn each_state_has_its_own_end() {
        let start = Instant::now();
        let streams = Arc::new(Streams::none());
        let due = |told| {
            let (at, due) = streams.due(PATIENCE, told);
            ((at - start).as_secs(), due)
        };
        let wait = |seconds| tokio::time::advance(Duration::from_secs(seconds));
        assert_eq!(due(None), (5, Due::Goodbye), "nothing was asked for yet");
        assert_eq!(due(Some(start)), (1, Due::End), "and the other side was told to go");
        wait(1).await;
        let (one, other) = (streams.begin(), streams.begin());
        assert_eq!(due(None), (1 + 18, Due::End), "two are open");
        wait(1).await;
        drop(one);
        assert_eq!(due(Some(start)), (2 + 18, Due::End), "one is open, whatever was said");
        wait(1).await;
        let mut body = other.body(Body::from("x"));
        assert!(body.frame().await.is_some());
        assert_eq!(due(None), (3 + 18, Due::End), "it was read from");
        wait(1).await;
        drop(body);
        assert_eq!(due(None), (4 + 75, Due::Goodbye), "idle");
        assert_eq!(due(Some(start)), (4 + 1, Due::End), "idle, and told to go before");
    }
}
