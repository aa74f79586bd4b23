//! What all requests share: the configuration in force, and what was made from it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::SystemTime;

use arc_swap::ArcSwap;

use crate::adapters::audit::Audit;
use crate::adapters::clock::Clock;
use crate::adapters::config::Settings;
use crate::adapters::credentials::CredentialStore;
use crate::adapters::rate_limit::RateLimiter;
use crate::adapters::telemetry::Metrics;
use crate::adapters::token::Tokens;
use crate::domain::grant::Effect;
use crate::http::cors::Cors;
use crate::http::refusal_log::RefusalLog;

/// The service. Each request takes one [`Snapshot`] and one reading of the clock, and keeps to them.
pub struct App {
    in_force: ArcSwap<Snapshot>,
    pub audit: Audit,
    pub metrics: Metrics,
    pub refusal_log: RefusalLog,
    clock: Clock,
    is_draining: AtomicBool,
}

/// A configuration, and what was made from it.
pub struct Snapshot {
    pub settings: Settings,
    pub tokens: Tokens,
    pub credentials: CredentialStore,
    pub limiter: RateLimiter,
    pub cors: Cors,
}

impl App {
    /// The service with that configuration.
    pub fn new(snapshot: Snapshot, audit: Audit, clock: Clock, metrics: Metrics) -> Self {
        let app = Self {
            in_force: ArcSwap::from_pointee(snapshot),
            audit,
            metrics,
            refusal_log: RefusalLog::default(),
            clock,
            is_draining: AtomicBool::new(false),
        };
        app.measure();
        app
    }

    /// The configuration in force, whole.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.in_force.load_full()
    }

    /// Another configuration is in force from now on; requests that have begun keep theirs.
    pub fn take_up(&self, next: Snapshot) {
        let before = self.in_force.swap(Arc::new(next));
        before.credentials.give_way_to(&self.in_force.load().credentials);
        self.measure();
    }

    /// The time now.
    pub fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// From now on it is not ready.
    pub fn drain(&self) {
        self.is_draining.store(true, Relaxed);
    }

    /// Whether it is about to end.
    pub fn is_draining(&self) -> bool {
        self.is_draining.load(Relaxed)
    }

    fn measure(&self) {
        let now = self.now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.metrics.config_last_success.set(now.as_secs_f64());
        let snapshot = self.in_force.load();
        for effect in [Effect::Allow, Effect::Deny] {
            let count = snapshot.settings.policy.grants().iter().filter(|grant| grant.effect == effect).count();
            self.metrics.grants.with_label_values(&[effect.as_str()]).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }
}

impl Snapshot {
    /// Starts what a configuration needs, within a tokio runtime.
    pub fn start(settings: Settings, clock: &Clock, metrics: &Metrics) -> Self {
        let tokens = Tokens::start(&settings.issuers, clock.clone(), metrics.clone());
        let credentials = CredentialStore::start(&settings.credentials, clock.clone(), metrics.clone());
        let limiter = RateLimiter::new(&settings.rate_limits, metrics.clone());
        let cors = Cors::of(&settings.server.cors_origins);
        Self { settings, tokens, credentials, limiter, cors }
    }

    /// The same for a changed configuration: what stays as it was goes on, with all that it holds.
    pub fn restarted(&self, settings: Settings) -> Self {
        let tokens = self.tokens.restarted(&settings.issuers);
        let credentials = self.credentials.restarted(&settings.credentials);
        let limiter = self.limiter.restarted(&settings.rate_limits);
        let cors = Cors::of(&settings.server.cors_origins);
        Self { settings, tokens, credentials, limiter, cors }
    }
}
