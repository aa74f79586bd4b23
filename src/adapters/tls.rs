//! The TLS identity in force: read at the start, followed as its files change.

use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use tokio::task::AbortHandle;

use crate::adapters::clock::Clock;
use crate::adapters::config::TlsBytes;
use crate::adapters::config::TlsFault;
use crate::adapters::config::TlsFiles;
use crate::adapters::config::TlsIdentity;
use crate::adapters::followed_file::Looks;
use crate::adapters::followed_file::PERIOD;
use crate::adapters::followed_file::Sight;
use crate::adapters::telemetry::Metrics;

/// What handshakes go by. Connections keep what they began with.
pub struct Tls {
    files: Arc<TlsFiles>,
    in_force: Arc<ArcSwap<ServerConfig>>,
    watching: AbortHandle,
}

impl Tls {
    /// Reads the files, and follows them from now on, within a tokio runtime.
    pub fn start(files: TlsFiles, clock: Clock, metrics: Metrics) -> Result<Self, TlsFault> {
        let bytes = files.read()?;
        let (TlsIdentity { config, ends }, looks) = (bytes.identity()?, Looks::after(Ok(bytes.digest())));
        let in_force = Arc::new(ArcSwap::new(config));
        let files = Arc::new(files);
        let watch = Watch { files: files.clone(), in_force: in_force.clone(), looks, clock, metrics };
        if ends <= watch.clock.now() {
            tracing::warn!("the certificate of server.tls has ended: clients refuse it");
        }
        watch.tell(ends);
        let watching = tokio::spawn(watch.forever()).abort_handle();
        Ok(Self { files, in_force, watching })
    }

    /// The same in place of what is in force, which no certificate displaces that has ended.
    pub fn replace(files: TlsFiles, clock: Clock, metrics: Metrics) -> Result<Self, TlsFault> {
        match files.read()?.identity()?.ends <= clock.now() {
            true => Err(TlsFault::ended()),
            false => Self::start(files, clock, metrics),
        }
    }

    /// Whether it follows these files.
    pub fn is_of(&self, files: &TlsFiles) -> bool {
        *self.files == *files
    }

    /// For one handshake.
    pub fn in_force(&self) -> Arc<ServerConfig> {
        self.in_force.load_full()
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

/// The files, and what the looks at them saw.
struct Watch {
    files: Arc<TlsFiles>,
    in_force: Arc<ArcSwap<ServerConfig>>,
    looks: Looks<TlsFault>,
    clock: Clock,
    metrics: Metrics,
}

impl Watch {
    async fn forever(mut self) {
        loop {
            tokio::time::sleep(PERIOD).await;
            let files = self.files.clone();
            if let Ok(found) = tokio::task::spawn_blocking(move || files.read()).await {
                self.look(&found);
            }
        }
    }

    /// A certificate whose key is yet to come is not taken up either.
    fn look(&mut self, found: &Result<TlsBytes, TlsFault>) {
        let now: Sight<TlsFault> = found.as_ref().map(TlsBytes::digest).map_err(Clone::clone);
        if self.looks.is_news(now) {
            self.judge(found);
        }
    }

    fn judge(&self, found: &Result<TlsBytes, TlsFault>) {
        match found.as_ref().map_err(Clone::clone).and_then(TlsBytes::identity) {
            Ok(TlsIdentity { ends, .. }) if ends <= self.clock.now() => {
                tracing::error!("the new certificate of server.tls has ended; the one before is kept");
            }
            Ok(TlsIdentity { config, ends }) => {
                self.in_force.store(config);
                self.tell(ends);
                tracing::info!("certificate of server.tls taken up");
            }
            Err(error) => tracing::error!(%error, "files of server.tls not taken up; those before are kept"),
        }
    }

    fn tell(&self, ends: SystemTime) {
        let seconds = ends.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        self.metrics.tls_certificate_expiry.with_label_values::<&str>(&[]).set(seconds);
    }
}
