//! Credentials that sign: read from their providers, followed as their files change, handed out as snapshots.

mod environment;
mod error;
mod file;
mod ini;
mod profile;
mod snapshot;
mod source;
mod watch;

use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use aws_credential_types::Credentials;
use tokio::task::AbortHandle;
use tokio::time::MissedTickBehavior;

use crate::adapters::clock::Clock;
use crate::adapters::config::CredentialsSource;
use crate::adapters::credentials::watch::Watch;
use crate::adapters::telemetry::Metrics;
use crate::domain::name::Name;

pub use error::CredentialsError;
pub use snapshot::CredentialSnapshot;

/// The credentials of a configuration. Files are followed until this is dropped.
pub struct CredentialStore {
    held: Arc<Holding>,
    following: Option<AbortHandle>,
}

impl CredentialStore {
    /// Reads all of the sources once, then follows those that are files, by a task of the runtime it is called in.
    pub fn start(sources: &[(Name, CredentialsSource)], clock: Clock, metrics: Metrics) -> Self {
        let held = Arc::new(Holding { snapshot: ArcSwap::default(), clock, metrics });
        let watches: Vec<Watch> = sources.iter().filter_map(|(name, source)| held.begin(name, source)).collect();
        let following = (!watches.is_empty()).then(|| tokio::spawn(follow(watches, held.clone())).abort_handle());
        Self { held, following }
    }

    /// Reads all of the sources once, without a task; beside what they hold, what is wrong with the others.
    pub fn read_once(sources: &[(Name, CredentialsSource)]) -> (CredentialSnapshot, Vec<(Name, CredentialsError)>) {
        let mut snapshot = CredentialSnapshot::default();
        let mut failures = Vec::new();
        for (name, source) in sources {
            match source::read(source) {
                Ok(credentials) => snapshot = snapshot.with(name, credentials),
                Err(error) => failures.push((name.clone(), error)),
            }
        }
        (snapshot, failures)
    }

    /// What is in force now.
    pub fn snapshot(&self) -> Arc<CredentialSnapshot> {
        self.held.snapshot.load_full()
    }
}

impl Drop for CredentialStore {
    fn drop(&mut self) {
        if let Some(task) = &self.following {
            task.abort();
        }
    }
}

/// Looks at every file every [`PERIOD`], beside the runtime's own threads: a file system may hang.
async fn follow(mut watches: Vec<Watch>, held: Arc<Holding>) {
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let here = held.clone();
        let looked = tokio::task::spawn_blocking(move || {
            watches.iter_mut().for_each(|watch| here.look(watch));
            watches
        });
        let Ok(back) = looked.await else { return };
        watches = back;
    }
}

/// Between two looks at a file; two equal ones are needed, so that a half-written file is not taken up.
const PERIOD: Duration = Duration::from_millis(500);

/// What is in force. Only [`CredentialStore::start`] and then its task write.
struct Holding {
    snapshot: ArcSwap<CredentialSnapshot>,
    clock: Clock,
    metrics: Metrics,
}

impl Holding {
    /// Reads a source for the first time; a watch, if it is to be followed.
    fn begin(&self, name: &Name, source: &CredentialsSource) -> Option<Watch> {
        let Some((watch, first)) = Watch::begin(name, source) else {
            self.judge(name, source::read(source));
            return None;
        };
        self.judge(name, first);
        Some(watch)
    }

    fn look(&self, watch: &mut Watch) {
        if let Some(news) = watch.look() {
            self.judge(watch.name(), news);
        }
    }

    /// Takes up what was read, or says why not and leaves in force what is held.
    fn judge(&self, name: &Name, read: Result<Credentials, CredentialsError>) {
        let read = read.and_then(|credentials| self.no_worse(name, credentials));
        let outcome = if read.is_ok() { "success" } else { "failure" };
        self.metrics.credentials_refreshes.with_label_values(&[name.as_str(), outcome]).inc();
        match read {
            Ok(credentials) => self.take_up(name, credentials),
            Err(error) => tracing::warn!(credentials = %name, %error, "credentials not taken up"),
        }
    }

    /// Credentials that have ended do not displace ones that have not.
    fn no_worse(&self, name: &Name, credentials: Credentials) -> Result<Credentials, CredentialsError> {
        let now = self.clock.now();
        let over = credentials.expiry().is_some_and(|end| end <= now);
        match over && self.snapshot.load().lasts_beyond(name, now) {
            true => Err(CredentialsError::Over),
            false => Ok(credentials),
        }
    }

    fn take_up(&self, name: &Name, credentials: Credentials) {
        let gauge = &self.metrics.credentials_expiry;
        match credentials.expiry() {
            Some(end) => gauge.with_label_values(&[name.as_str()]).set(unix_seconds(end)),
            None => _ = gauge.remove_label_values(&[name.as_str()]),
        }
        self.snapshot.store(Arc::new(self.snapshot.load().with(name, credentials)));
        tracing::info!(credentials = %name, "credentials taken up");
    }
}

fn unix_seconds(time: SystemTime) -> f64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map(|since| since.as_secs_f64()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
