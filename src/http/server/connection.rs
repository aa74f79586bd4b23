//! One connection: TLS where the listener speaks it, then the HTTP that both sides know.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::adapters::config::HTTP2;
use crate::http::server::Patience;
use crate::http::server::Peer;
use crate::http::server::Shared;
use crate::http::server::Terms;
use crate::http::server::http1;
use crate::http::server::http2;
use crate::http::server::phase::Phase;

/// Serves one connection to its end.
pub async fn serve(stream: TcpStream, address: SocketAddr, shared: Arc<Shared>, mut draining: watch::Receiver<bool>) {
    let Terms { tls, patience, max_connections: _ } = shared.terms.borrow().clone();
    let phase = Phase::accepted(patience);
    let Some(config) = tls.map(|tls| tls.in_force()) else {
        return http1::serve(stream, phase, Peer { address, over_tls: false }, shared, draining).await;
    };
    let peer = Peer { address, over_tls: true };
    let Some(stream) = handshake(stream, config, patience, &mut draining).await else { return };
    match stream.get_ref().1.alpn_protocol() {
        Some(HTTP2) => http2::serve(stream, patience, peer, shared, draining).await,
        _ => http1::serve(stream, phase, peer, shared, draining).await,
    }
}

/// As long as a head may take, no handshake may take longer; nothing that was begun is lost where the service ends
/// meanwhile. Whoever speaks anything else than TLS gets an alert at most.
async fn handshake(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    patience: Patience,
    draining: &mut watch::Receiver<bool>,
) -> Option<TlsStream<TcpStream>> {
    let shaking = timeout(patience.header, TlsAcceptor::from(config).accept(stream));
    let shaken = tokio::select! {
        shaken = shaking => shaken,
        _ = draining.wait_for(|draining| *draining) => return None,
    };
    match shaken {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a handshake failed");
            None
        }
        Err(_) => None,
    }
}
