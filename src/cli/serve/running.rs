//! A running service: what a configuration needs, started in order and ended in order.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::adapters::audit::Audit;
use crate::adapters::clock::Clock;
use crate::adapters::config;
use crate::adapters::config::AuditSink;
use crate::adapters::config::Diagnostic;
use crate::adapters::config::Loaded;
use crate::adapters::config::Settings;
use crate::adapters::config::TlsFault;
use crate::adapters::telemetry::Metrics;
use crate::adapters::tls::Tls;
use crate::http;
use crate::http::app::App;
use crate::http::app::Snapshot;
use crate::http::server::Patience;
use crate::http::server::Server;
use crate::http::server::Service;
use crate::http::server::Terms;

/// A service that callers reach. It ends when it is drained or dropped.
pub struct Running {
    app: Arc<App>,
    service: Server,
    admin: Server,
    clock: Clock,
}

/// Why a service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot open the audit log {0} (audit.path): {1}")]
    Audit(AuditSink, io::Error),
    #[error("cannot listen on {0} (server.{1}): {2}")]
    Listen(SocketAddr, &'static str, io::Error),
    #[error("cannot make the metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    #[error("cannot catch signals: {0}")]
    Signals(io::Error),
    #[error("cannot speak TLS (server.tls): {0}")]
    Tls(#[from] TlsFault),
}

impl Running {
    /// Starts the service, within a tokio runtime; `besides` are routes beside its own, on the same listener,
    /// with a page at `/`.
    ///
    /// The audit log comes first: another process may hold it until it has drained.
    pub async fn start(settings: Settings, besides: Option<Router>) -> Result<Self, StartError> {
        let (clock, metrics, server) = (Clock::system(), Metrics::new()?, settings.server.clone());
        let audit = Audit::open_within(server.drain, &settings.audit, clock.clone(), metrics.clone());
        let audit = audit.await.map_err(|error| StartError::Audit(settings.audit.sink.clone(), error))?;
        let snapshot = Snapshot::start(settings, &clock, &metrics);
        first_look(&snapshot).await;
        let service = listen(server.listen, "listen").await?;
        let admin = listen(server.admin_listen, "admin_listen").await?;
        let app = Arc::new(App::new(snapshot, audit, clock.clone(), metrics.clone()));
        let tls = server.tls.clone().map(|files| Tls::start(files, clock.clone(), metrics.clone())).transpose()?;
        let start = |listener, router, terms| {
            let (clock, metrics) = (clock.clone(), metrics.clone());
            Server::start(listener, Service { router, terms, clock, metrics })
        };
        let service = start(service, http::service(&app, besides), terms(&server, tls.map(Arc::new)));
        let service = service.map_err(|error| StartError::Listen(server.listen, "listen", error))?;
        let admin = start(admin, http::admin(&app), admin_terms(&server));
        let admin = admin.map_err(|error| StartError::Listen(server.admin_listen, "admin_listen", error))?;
        for (listener, address) in [("service", service.address()), ("admin", admin.address())] {
            tracing::info!(%address, listener, version = env!("CARGO_PKG_VERSION"), "listening");
        }
        Ok(Self { app, service, admin, clock })
    }

    /// Where callers reach it.
    pub fn address(&self) -> SocketAddr {
        self.service.address()
    }

    /// Where those reach it who run it.
    pub fn admin_address(&self) -> SocketAddr {
        self.admin.address()
    }

    /// What it counts in.
    pub fn metrics(&self) -> &Metrics {
        &self.app.metrics
    }

    /// What it runs by.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.app.snapshot()
    }

    /// Goes on by another configuration, and gives what there is to warn of; or leaves all as it is, and says why.
    pub async fn take_up(&self, loaded: Loaded) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
        let before = self.app.snapshot();
        let fixed = config::restart_needed(&before.settings, &loaded);
        if !fixed.is_empty() {
            return Err(fixed);
        }
        let tls = self.tls_of(&loaded.settings.server);
        let tls = tls.map_err(|fault| vec![loaded.of_tls(&fault)])?;
        let Loaded { settings, warnings, .. } = loaded;
        let next = before.restarted(settings);
        // credentials of before sign meanwhile
        _ = tokio::join!(first_look(&next), timeout(LONGEST_LOOK, next.credentials.tried()));
        // nothing can fail from here on
        self.service.change(terms(&next.settings.server, tls));
        self.admin.change(admin_terms(&next.settings.server));
        self.app.audit.change(&next.settings.audit);
        self.app.take_up(next);
        Ok(warnings)
    }

    /// What handshakes go by from then on: as before where the files are those of before.
    fn tls_of(&self, server: &config::Server) -> Result<Option<Arc<Tls>>, TlsFault> {
        let (Some(files), before) = (&server.tls, self.service.terms().tls) else { return Ok(None) };
        match before.filter(|tls| tls.is_of(files)) {
            Some(same) => Ok(Some(same)),
            None => Tls::replace(files.clone(), self.clock.clone(), self.app.metrics.clone()).map(Arc::new).map(Some),
        }
    }

    /// Opens the audit log anew, after it was renamed.
    pub fn reopen_audit(&self) {
        self.app.audit.reopen();
    }

    /// Not ready and no new connections from now on; answers what has begun, then ends.
    pub async fn drain(self) {
        tracing::info!("draining");
        self.app.drain();
        let drain = self.app.snapshot().settings.server.drain;
        if !self.service.drain(drain).await {
            tracing::warn!("requests were cut that took longer than server.drain");
        }
        self.app.audit.close().await;
        self.admin.drain(ADMIN_DRAIN).await;
        tracing::info!("ended");
    }
}

async fn listen(address: SocketAddr, name: &'static str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| StartError::Listen(address, name, error))
}

/// Waits a little for keys, credentials and the store of rate limits.
async fn first_look(snapshot: &Snapshot) {
    let all =
        async { tokio::join!(snapshot.tokens.settled(), snapshot.credentials.tried(), snapshot.limiter.settled()) };
    _ = timeout(FIRST_LOOK, all).await;
}

fn terms(server: &config::Server, tls: Option<Arc<Tls>>) -> Terms {
    let patience = Patience { header: server.header_timeout, idle: server.idle_timeout, write: server.request_timeout };
    Terms { tls, patience, max_connections: server.max_connections }
}

fn admin_terms(server: &config::Server) -> Terms {
    Terms { max_connections: ADMIN_CONNECTIONS, ..terms(server, None) }
}

/// So long a start or a reload waits for keys, credentials and the store of rate limits, that the first requests find them.
const FIRST_LOOK: Duration = Duration::from_secs(1);

/// So long a reload waits for new credentials: one attempt over the network, and a bit.
const LONGEST_LOOK: Duration = Duration::from_secs(16);

/// A scraper, a prober or two, a person.
const ADMIN_CONNECTIONS: usize = 64;

const ADMIN_DRAIN: Duration = Duration::from_secs(1);
