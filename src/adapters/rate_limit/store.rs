//! The store that replicas share: Redis, or what speaks as it does. It is given up while it does not answer, and asked
//! again beside the requests.

mod connection;
mod keeper;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use prometheus::IntGauge;
use tokio::sync::Notify;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::adapters::config::StoreUrl;
use crate::adapters::rate_limit::store::connection::Connection;
use crate::adapters::telemetry::Metrics;

pub use connection::Charge;
pub use connection::Charges;
pub use connection::Outcome;

/// A store of accounts, and the task that keeps a connection to it.
pub struct Store {
    url: StoreUrl,
    place: Arc<Place>,
    keeper: AbortHandle,
}

/// What requests and the keeper share.
struct Place {
    /// `None` while the store is away.
    connection: ArcSwapOption<Connection>,
    /// The connection in force was given up.
    lost: Notify,
    /// Whether the keeper has looked for the store yet.
    is_looked_for: watch::Sender<bool>,
    up: IntGauge,
}

/// Why the store does not serve.
#[derive(Debug, thiserror::Error)]
enum Away {
    #[error("{0}")]
    Failed(#[from] redis::RedisError),
    #[error("no answer within {} ms", LONGEST.as_millis())]
    Late,
    #[error("no connection within {} s", keeper::CONNECTING.as_secs())]
    Unreachable,
}

/// The longest that a request waits for the store.
pub const LONGEST: Duration = Duration::from_millis(50);

impl Store {
    /// A store that is still to be reached, within a tokio runtime.
    pub fn start(url: StoreUrl, metrics: &Metrics) -> Self {
        let place = Arc::new(Place {
            connection: ArcSwapOption::empty(),
            lost: Notify::new(),
            is_looked_for: watch::Sender::new(false),
            up: metrics.rate_limit_store_up.clone(),
        });
        let keeper = tokio::spawn(keeper::forever(place.clone(), url.clone())).abort_handle();
        Self { url, place, keeper }
    }

    /// Whether this is where it is.
    pub fn is_at(&self, url: &StoreUrl) -> bool {
        self.url.is(url)
    }

    /// Waits until the store was found, or was not.
    pub async fn settled(&self) {
        // The sender lives as long as `self`.
        _ = self.place.is_looked_for.subscribe().wait_for(|is_looked_for| *is_looked_for).await;
    }

    /// Charges all of these in one round trip. `None` without an answer in time: what was charged then is not known.
    pub async fn charge(&self, charges: &Charges) -> Option<Vec<Outcome>> {
        let connection = self.place.connection.load_full()?;
        self.place.ask(&connection, charges).await
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl Place {
    /// Asks once. A connection that fails is given up, and so is one that answers nobody in time: that one answer is
    /// late while others come says nothing of the store.
    async fn ask(&self, connection: &Arc<Connection>, charges: &Charges) -> Option<Vec<Outcome>> {
        let began = connection.clock();
        let mut asking = pin!(connection.charge(charges));
        let mut answer = timeout(LONGEST, &mut asking).await;
        if answer.is_err() {
            // A process that had no processor meanwhile finds the answer waiting, once it has looked.
            tokio::task::yield_now().await;
            answer = timeout(Duration::ZERO, asking).await;
        }
        match answer {
            Ok(Ok(outcomes)) => return Some(outcomes),
            Ok(Err(error)) => self.give_up(connection, &Away::Failed(error)),
            Err(_) if connection.has_answered_since(began) => {}
            Err(_) => self.give_up(connection, &Away::Late),
        }
        None
    }

    /// From now on memory serves. Whoever comes second finds it done.
    fn give_up(&self, connection: &Arc<Connection>, why: &Away) {
        let before = self.connection.compare_and_swap(connection, None);
        if before.as_ref().is_some_and(|before| Arc::ptr_eq(before, connection)) {
            self.up.set(0);
            self.say_away(why);
            self.lost.notify_one();
        }
    }

    fn say_away(&self, why: &Away) {
        tracing::warn!(error = %why, "the store of rate limits is away: memory serves");
    }

    fn take_up(&self, connection: Connection) -> Arc<Connection> {
        let connection = Arc::new(connection);
        self.connection.store(Some(connection.clone()));
        self.up.set(1);
        tracing::info!("the store of rate limits serves");
        connection
    }
}
