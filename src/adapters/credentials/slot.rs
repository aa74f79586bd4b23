//! The credentials of one name: what their provider gave last, and the stores that show it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::Weak;
use std::time::SystemTime;

use arc_swap::ArcSwap;
#[cfg(feature = "aws")]
use aws_credential_types::Credentials;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::MissedTickBehavior;

use crate::adapters::clock::Clock;
use crate::adapters::config::CredentialsProvider;
use crate::adapters::config::CredentialsSource;
use crate::adapters::credentials::error::CredentialsError;
use crate::adapters::credentials::held::Held;
#[cfg(feature = "aws")]
use crate::adapters::credentials::renewal;
use crate::adapters::credentials::snapshot::CredentialSnapshot;
use crate::adapters::credentials::source;
use crate::adapters::credentials::source::Found;
use crate::adapters::credentials::watch::Watch;
use crate::adapters::followed_file::PERIOD;
use crate::adapters::telemetry::Metrics;
use crate::domain::day::Day;
use crate::domain::name::Name;
use crate::domain::signing_keys::CredentialScope;

/// Credentials that go on by themselves, whichever configurations name them. The task that follows or renews them ends
/// when this is dropped or [retired](Slot::retire).
pub struct Slot {
    keeper: Arc<Keeper>,
    provider: CredentialsProvider,
    /// The credentials that these are made from.
    source: Option<Arc<Keeper>>,
    following: Option<AbortHandle>,
}

/// Takes up what a provider gives. A task may hold it.
pub struct Keeper {
    name: Name,
    clock: Clock,
    metrics: Metrics,
    state: Mutex<State>,
    /// How often something came, or was to come and did not.
    judged: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    held: Option<Arc<Held>>,
    ends: Option<SystemTime>,
    /// The regions and services that keys have to be there for.
    needed: BTreeSet<CredentialScope>,
    /// The last day of which it was told that there is no key for it.
    missed: Option<Day>,
    shown_by: Vec<Weak<Shown>>,
    is_retired: bool,
}

/// What a store hands out.
pub type Shown = ArcSwap<CredentialSnapshot>;

impl Slot {
    /// Reads what is read, then follows it if it is a file; asks for what is asked over the network, again and again. By a
    /// task of the runtime this is called in.
    pub fn begin(
        name: &Name,
        provider: &CredentialsProvider,
        source: Option<Arc<Keeper>>,
        clock: &Clock,
        metrics: &Metrics,
    ) -> Self {
        let keeper = Keeper::of(name, clock, metrics);
        keeper.serve(provider);
        let following = match provider {
            #[cfg(feature = "aws")]
            CredentialsProvider::Aws(provider) => Some(renewal::begin(provider, keeper.clone(), source.clone())),
            CredentialsProvider::Local(source) => read(source, &keeper),
        };
        Self { keeper, provider: provider.clone(), source, following }
    }

    /// Whether it is what a configuration names, made from the same source.
    pub fn is(&self, name: &Name, provider: &CredentialsProvider, source: Option<&Arc<Keeper>>) -> bool {
        let has_source = match (&self.source, source) {
            (None, None) => true,
            (Some(ours), Some(theirs)) => Arc::ptr_eq(ours, theirs),
            (Some(_), None) | (None, Some(_)) => false,
        };
        self.keeper.name == *name && self.provider.is(provider) && has_source
    }

    /// What takes up what its provider gives.
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

/// Reads a source for the first time; the task that follows it, if it is a file.
fn read(source: &CredentialsSource, keeper: &Arc<Keeper>) -> Option<AbortHandle> {
    let Some((watch, first)) = Watch::begin(source) else {
        keeper.judge(source::read(source));
        return None;
    };
    keeper.judge(first);
    Some(tokio::spawn(follow(watch, keeper.clone())).abort_handle())
}

/// Looks at a file every [`PERIOD`], beside the runtime's own threads: a file system may hang, and days pass all the
/// same.
async fn follow(mut watch: Watch, keeper: Arc<Keeper>) {
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let mut looking = tokio::task::spawn_blocking(move || {
            let news = watch.look();
            (watch, news)
        });
        let looked = loop {
            tokio::select! {
                looked = &mut looking => break looked,
                _ = ticks.tick() => keeper.pass_time(),
            }
        };
        let Ok((back, news)) = looked else {
            tracing::error!(credentials = %keeper.name, "the credentials are followed no longer");
            return;
        };
        watch = back;
        if let Some(news) = news {
            keeper.judge(news);
        }
        keeper.pass_time();
    }
}

impl Keeper {
    /// A keeper of nothing yet.
    pub fn of(name: &Name, clock: &Clock, metrics: &Metrics) -> Arc<Self> {
        let (clock, metrics) = (clock.clone(), metrics.clone());
        let (state, judged) = (Mutex::default(), watch::Sender::default());
        Arc::new(Self { name: name.clone(), clock, metrics, state, judged })
    }

    /// What the credentials are called.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Waits until something came for the first time, or was to come and did not.
    pub async fn tried(&self) {
        let _ = self.judged.subscribe().wait_for(|times| *times > 0).await; // it cannot go while it is borrowed
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
    pub fn judge(&self, read: Result<Found, CredentialsError>) {
        let mut state = self.state();
        if state.is_retired {
            return;
        }
        let read = read.and_then(|found| self.no_worse(state.held.as_deref(), found));
        let outcome = if read.is_ok() { "success" } else { "failure" };
        self.metrics.credentials_refreshes.with_label_values(&[self.name.as_str(), outcome]).inc();
        match read {
            Ok(held) => self.take_up(&mut state, held),
            Err(error) => tracing::warn!(credentials = %self.name, %error, "credentials not taken up"),
        }
        self.judged.send_modify(|times| *times += 1);
    }

    /// What has ended does not displace what has not, nor do keys of later days those of today.
    fn no_worse(&self, held: Option<&Held>, found: Found) -> Result<Held, CredentialsError> {
        let now = self.clock.now();
        let next = match (found, held) {
            (Found::Keys(keys), Some(Held::Keys(held))) => Held::Keys(held.followed_by(keys, now)),
            (Found::Keys(keys), None | Some(Held::Secret(_))) => Held::first(Found::Keys(keys)),
            (Found::Secret(credentials), None | Some(Held::Keys(_) | Held::Secret(_))) => Held::secret(credentials),
        };
        match !next.lasts_beyond(now) && held.is_some_and(|held| held.lasts_beyond(now)) {
            true => Err(CredentialsError::Over),
            false => Ok(next),
        }
    }

    /// Puts them in force, unless they are.
    fn take_up(&self, state: &mut State, held: Held) {
        state.ends = held.window().signs_until(self.clock.now());
        self.measure(state.ends);
        if state.held.as_ref().is_some_and(|known| known.is_same(&held)) {
            return;
        }
        if let Held::Keys(keys) = &held {
            for scope in keys.lacking(&state.needed) {
                tracing::warn!(credentials = %self.name, %scope, "no signing key: no URL of a bucket there is signed");
            }
        }
        if held.ends_untold() {
            let what = "temporary, and nothing says when they end: a URL may outlive them";
            tracing::warn!(credentials = %self.name, "{what}");
        }
        let held = Arc::new(held);
        state.shown_by.iter().filter_map(Weak::upgrade).for_each(|store| self.show(&store, &held));
        state.held = Some(held);
        tracing::info!(credentials = %self.name, "credentials taken up");
    }

    /// Notes for whom keys are there, which a changed configuration may change.
    pub fn serve(&self, provider: &CredentialsProvider) {
        if let CredentialsProvider::Local(CredentialsSource::SigningKey { needed, .. }) = provider {
            self.state().needed.clone_from(needed);
        }
    }

    /// Sees to what changes from day to day: which keys serve, how long they will, and that there are any today.
    pub fn pass_time(&self) {
        let (mut state, now) = (self.state(), self.clock.now());
        let Some(held) = state.held.clone().filter(|_| !state.is_retired) else { return };
        let Held::Keys(keys) = &*held else { return };
        if let Some(settled) = keys.settled(now) {
            return self.take_up(&mut state, Held::Keys(settled));
        }
        state.ends = held.window().signs_until(now);
        self.measure(state.ends);
        let (today, is_over) = (Day::of(now), state.ends.is_some_and(|end| end <= now));
        if is_over && state.missed != Some(today) {
            state.missed = Some(today);
            tracing::warn!(credentials = %self.name, %today, "no signing key that signs now: no URL is signed");
        }
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

    /// Of credentials and of all that waits for their end.
    #[cfg(feature = "aws")]
    pub fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// What is held, unless it has ended.
    #[cfg(feature = "aws")]
    pub fn usable(&self) -> Option<Credentials> {
        let state = self.state();
        let held = state.held.as_ref().filter(|held| held.lasts_beyond(self.clock.now()));
        held.and_then(|held| held.credentials().cloned())
    }

    /// Waits until credentials that can be used, and are not these, are held.
    #[cfg(feature = "aws")]
    pub async fn other_than(&self, known: Option<&Credentials>) -> Credentials {
        let mut judged = self.judged.subscribe();
        loop {
            judged.borrow_and_update();
            match self.usable() {
                Some(found) if Some(&found) != known => return found,
                Some(_) | None => _ = judged.changed().await, // it cannot go while it is borrowed
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unix_seconds(time: SystemTime) -> f64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map(|since| since.as_secs_f64()).unwrap_or_default()
}
