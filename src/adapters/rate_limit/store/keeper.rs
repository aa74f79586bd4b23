//! Keeps a connection to the store: looks for it while it is away, and looks after it while nobody asks.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tokio::time::timeout;

use crate::adapters::chance;
use crate::adapters::config::StoreUrl;
use crate::adapters::rate_limit::store::Away;
use crate::adapters::rate_limit::store::Charge;
use crate::adapters::rate_limit::store::Charges;
use crate::adapters::rate_limit::store::LONGEST;
use crate::adapters::rate_limit::store::Place;
use crate::adapters::rate_limit::store::connection::Connection;
use crate::adapters::rate_limit::who::PREFIX;

/// Looks for the store again and again. It is told once that it is away, and once that it is back.
pub async fn forever(place: Arc<Place>, url: StoreUrl) {
    let probe = probe();
    loop {
        match found(&url, &probe).await {
            Ok(connection) => {
                let connection = place.take_up(connection);
                place.is_looked_for.send_replace(true);
                until_lost(&place, &connection, &probe).await;
            }
            Err(why) => {
                // Again and again: after a reload the store of the configuration before may have had the last word.
                place.up.set(0);
                if !place.is_looked_for.send_replace(true) {
                    place.say_away(&why);
                }
            }
        }
        sleep(pause()).await;
    }
}

/// A connection over which the store answers as fast as requests need it.
async fn found(url: &StoreUrl, probe: &Charges) -> Result<Connection, Away> {
    let connection = timeout(CONNECTING, Connection::open(url)).await.map_err(|_| Away::Unreachable)??;
    timeout(LONGEST, connection.charge(probe)).await.map_err(|_| Away::Late)??;
    Ok(connection)
}

/// Notices also without requests that the store went away. That it is up is said again and again: after a reload the store
/// of the configuration before may have had the last word.
async fn until_lost(place: &Place, connection: &Arc<Connection>, probe: &Charges) {
    while place.connection.load().as_ref().is_some_and(|in_force| Arc::ptr_eq(in_force, connection)) {
        place.up.set(1);
        tokio::select! {
            () = place.lost.notified() => {}
            () = sleep(pause()) => drop(place.ask(connection, probe).await),
        }
    }
}

/// A charge as requests make them, which writes: a store that only reads, or has no room, is none.
fn probe() -> Charges {
    let charge = Charge { key: format!("{PREFIX}probe"), most: 1_000_000, price: 1 };
    Charges { others: vec![charge], ..Charges::default() }
}

/// The longest that connecting may take: with the pauses, the store is found within seconds of its return.
pub const CONNECTING: Duration = Duration::from_secs(2);

/// By chance, so that replicas do not come all at once.
fn pause() -> Duration {
    chance::between(Duration::from_secs(1), Duration::from_secs(3))
}
