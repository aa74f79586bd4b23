//! The one reader of time; tests move it.

use std::sync::Arc;
use std::time::SystemTime;

/// Tells the wall clock's time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    /// The machine's clock.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads it")]
    pub fn system() -> Self {
        Self(Arc::new(SystemTime::now))
    }

    /// A clock that tells whatever `now` does.
    pub fn told_by(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time now.
    pub fn now(&self) -> SystemTime {
        (self.0)()
    }
}
