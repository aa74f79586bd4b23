//! The server loop: a listener, a task for each connection, and an orderly end.

mod connection;
mod host;
mod http1;
mod http2;
mod phase;
mod streams;
#[cfg(test)]
mod tests;
mod watched;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio::time::timeout;

use crate::adapters::clock::Clock;
use crate::adapters::telemetry::Metrics;
use crate::adapters::tls::Tls;

pub use host::IllFormed;
pub use http1::MAX_HEAD_BYTES;
pub use phase::Patience;

/// The other end of a request's connection: a request extension.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    pub address: SocketAddr,
    pub over_tls: bool,
}

/// What a server is made of.
pub struct Service {
    pub router: Router,
    pub terms: Terms,
    pub clock: Clock,
    pub metrics: Metrics,
}

/// What a server holds its connections to. Each keeps what it began with.
#[derive(Clone)]
pub struct Terms {
    /// `None`: plain HTTP/1.1.
    pub tls: Option<Arc<Tls>>,
    pub patience: Patience,
    pub max_connections: usize,
}

/// A server that runs until it is drained or dropped.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    draining: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// What every connection of a server needs.
struct Shared {
    router: Router,
    terms: watch::Sender<Terms>,
    clock: Clock,
    metrics: Metrics,
    is_draining: AtomicBool,
    /// There are as many connections as there may be.
    is_full: AtomicBool,
}

impl Shared {
    /// Whether responses are the last ones of their connections.
    fn keeps_none(&self) -> bool {
        self.is_draining.load(Relaxed) || self.is_full.load(Relaxed)
    }
}

impl Server {
    /// Serves what comes to the listener, within a tokio runtime.
    pub fn start(listener: TcpListener, service: Service) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let Service { router, terms, clock, metrics } = service;
        let (is_draining, is_full) = (AtomicBool::new(false), AtomicBool::new(false));
        let terms = watch::Sender::new(terms);
        let shared = Arc::new(Shared { router, terms, clock, metrics, is_draining, is_full });
        let (draining, watching) = watch::channel(false);
        let task = tokio::spawn(accept(listener, shared.clone(), watching));
        Ok(Self { address, shared, draining, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it holds the connections to come to.
    pub fn terms(&self) -> Terms {
        self.shared.terms.borrow().clone()
    }

    /// Holds the connections to come to other terms.
    pub fn change(&self, terms: Terms) {
        self.shared.terms.send_replace(terms);
    }

    /// Takes no new connection, lets the requests that have begun be answered, and cuts what is left after `within`.
    /// Says whether nothing was cut.
    pub async fn drain(mut self, within: Duration) -> bool {
        self.shared.is_draining.store(true, Relaxed);
        self.draining.send_replace(true);
        timeout(within, &mut self.task).await.is_ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Accepts connections as long as there is room; the others wait in the kernel's queue.
async fn accept(listener: TcpListener, shared: Arc<Shared>, mut draining: watch::Receiver<bool>) {
    let (mut connections, mut terms) = (JoinSet::new(), shared.terms.subscribe());
    while !*draining.borrow_and_update() {
        let most = terms.borrow_and_update().max_connections;
        shared.is_full.store(connections.len() >= most, Relaxed);
        tokio::select! {
            accepted = listener.accept(), if connections.len() < most => match accepted {
                Ok((stream, peer)) => {
                    prepare(&stream);
                    connections.spawn(connection::serve(stream, peer, shared.clone(), draining.clone()));
                }
                Err(error) => recover(&error).await,
            },
            Some(_) = connections.join_next() => {}
            _ = terms.changed() => {}
            _ = draining.changed() => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

fn prepare(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps its delay");
    }
}

/// Waits where waiting may help: no more files may be open. A connection that ended before it was accepted is nothing.
async fn recover(error: &io::Error) {
    use io::ErrorKind::*;
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "cannot accept connections");
        sleep(Duration::from_millis(200)).await;
    }
}
