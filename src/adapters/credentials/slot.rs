//! The credentials of one name: what their source gave last, and the stores that show it.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::Weak;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use aws_credential_types::Credentials;
use tokio::task::AbortHandle;
use tokio::time::MissedTickBehavior;

use crate::adapters::clock::Clock;
use crate::adapters::config::CredentialsSource;
use crate::adapters::credentials::error::CredentialsError;
use crate::adapters::credentials::snapshot::CredentialSnapshot;
use crate::adapters::credentials::snapshot::Held;
use crate::adapters::credentials::source;
use crate::adapters::credentials::watch::Watch;
use crate::adapters::followed_file::PERIOD;
use crate::adapters::telemetry::Metrics;
use crate::domain::name::Name;

/// Credentials that go on by themselves, whichever configurations name them. The task that follows their source ends
/// when this is dropped or [retired](Slot::retire).
pub struct Slot {
    keeper: Arc<Keeper>,
    source: CredentialsSource,
    following: Option<AbortHandle>,
}

/// Takes up what a source gives. A task may hold it.
pub struct Keeper {
    name: Name,
    clock: Clock,
    metrics: Metrics,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: Option<Arc<Held>>,
    ends: Option<SystemTime>,
    shown_by: Vec<Weak<Shown>>,
    is_retired: bool,
}

/// What a store hands out.
pub type Shown = ArcSwap<CredentialSnapshot>;

impl Slot {
    /// Reads a source once, then follows it if it is a file, by a task of the runtime this is called in.
    pub fn begin(name: &Name, source: &CredentialsSource, clock: &Clock, metrics: &Metrics) -> Self {
        let keeper = Keeper::of(name, clock, metrics);
        let following = match Watch::begin(source) {
            None => {
                keeper.judge(source::read(source));
                None
            }
            Some((watch, first)) => {
                keeper.judge(first);
                Some(tokio::spawn(follow(watch, keeper.clone())).abort_handle())
            }
        };
        Self { keeper, source: source.clone(), following }
    }

    /// Whether it is what a configuration names.
    pub fn is(&self, name: &Name, source: &CredentialsSource) -> bool {
        self.keeper.name == *name && self.source.is(source)
    }

    /// What takes up what its source gives.
    pub fn keeper(&self) -> &Arc<Keeper> {
        &self.keeper
    }

    /// No configuration in force names it any more: what it held stays as it is, and its metric goes.
    pub fn retire(&self) {
        let mut state = self.keeper.state();
        state.is_retired = true;
        self.end();
        self.keeper.measure(None);
    }

    /// Tells the metric anew, which another of the same name may have been the last to tell.
    pub fn measure(&self) {
        self.keeper.measure(self.keeper.state().ends);
    }

    fn end(&self) {
        self.following.iter().for_each(AbortHandle::abort);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.end();
    }
}

/// Looks at a file every [`PERIOD`], beside the runtime's own threads: a file system may hang.
async fn follow(mut watch: Watch, keeper: Arc<Keeper>) {
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let looked = tokio::task::spawn_blocking(move || {
            let news = watch.look();
            (watch, news)
        });
        let Ok((back, news)) = looked.await else { return };
        watch = back;
        if let Some(news) = news {
            keeper.judge(news);
        }
    }
}

impl Keeper {
    /// A keeper of nothing yet.
    pub fn of(name: &Name, clock: &Clock, metrics: &Metrics) -> Arc<Self> {
        let (clock, metrics) = (clock.clone(), metrics.clone());
        Arc::new(Self { name: name.clone(), clock, metrics, state: Mutex::default() })
    }

    /// From now on the store shows what is held here, as it changes.
    pub fn show_by(&self, store: &Arc<Shown>) {
        let mut state = self.state();
        state.shown_by.retain(|shown| shown.strong_count() > 0);
        state.shown_by.push(Arc::downgrade(store));
        if let Some(held) = &state.held {
            self.show(store, held);
        }
    }

    /// Takes up what was read, or says why not and leaves in force what is held.
    pub fn judge(&self, read: Result<Credentials, CredentialsError>) {
        let mut state = self.state();
        if state.is_retired {
            return;
        }
        let read = read.and_then(|credentials| self.no_worse(state.held.as_deref(), credentials));
        let outcome = if read.is_ok() { "success" } else { "failure" };
        self.metrics.credentials_refreshes.with_label_values(&[self.name.as_str(), outcome]).inc();
        match read {
            Ok(credentials) => self.take_up(&mut state, credentials),
            Err(error) => tracing::warn!(credentials = %self.name, %error, "credentials not taken up"),
        }
    }

    /// Credentials that have ended do not displace ones that have not.
    fn no_worse(&self, held: Option<&Held>, credentials: Credentials) -> Result<Credentials, CredentialsError> {
        let now = self.clock.now();
        let over = credentials.expiry().is_some_and(|end| end <= now);
        match over && held.is_some_and(|held| held.lasts_beyond(now)) {
            true => Err(CredentialsError::Over),
            false => Ok(credentials),
        }
    }

    fn take_up(&self, state: &mut State, credentials: Credentials) {
        state.ends = credentials.expiry();
        self.measure(state.ends);
        let held = Held::of(credentials);
        state.shown_by.iter().filter_map(Weak::upgrade).for_each(|store| self.show(&store, &held));
        state.held = Some(held);
        tracing::info!(credentials = %self.name, "credentials taken up");
    }

    fn show(&self, store: &Shown, held: &Arc<Held>) {
        store.rcu(|shown| shown.with(&self.name, held.clone()));
    }

    fn measure(&self, ends: Option<SystemTime>) {
        let (gauge, name) = (&self.metrics.credentials_expiry, [self.name.as_str()]);
        match ends {
            Some(end) => gauge.with_label_values(&name).set(unix_seconds(end)),
            None => _ = gauge.remove_label_values(&name), // it may never have been there
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unix_seconds(time: SystemTime) -> f64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map(|since| since.as_secs_f64()).unwrap_or_default()
}
