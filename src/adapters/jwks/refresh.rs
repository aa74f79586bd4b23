//! When a key set is fetched: by age, when a request asks, and never during the cool-down.

use std::pin::pin;
use std::time::Duration;

use tokio::time::Instant;

use super::Phase;
use super::fetch::FetchError;
use super::get::Fetched;
use super::keeper::Keeper;
use crate::adapters::chance;

/// Fetches the key set again and again. Every attempt, good or bad, is followed by a cool-down.
pub(super) async fn forever<F>(mut keeper: Keeper, fetch: impl Fn() -> F)
where
    F: Future<Output = Result<Fetched, FetchError>>,
{
    loop {
        keeper.phase().send_replace(Phase::Fetching);
        let fresh_for = match ageing(&keeper, fetch()).await {
            Ok(fetched) if keeper.take_up(&fetched.document) => fetched.fresh_for,
            Ok(_) => Duration::ZERO,
            Err(error) => {
                keeper.failed(&error);
                Duration::ZERO
            }
        };
        let ended = Instant::now();
        keeper.phase().send_replace(Phase::Cooling);
        ageing(&keeper, tokio::time::sleep(cool_down())).await;
        keeper.phase().send_replace(Phase::Ready);
        ageing(&keeper, due(&keeper, ended + fresh_for)).await;
    }
}

/// Ends at that instant, or earlier when a request asks.
async fn due(keeper: &Keeper, at: Instant) {
    let mut phase = keeper.phase().subscribe();
    let demanded = phase.wait_for(|phase| *phase == Phase::Demanded);
    let _ = tokio::time::timeout_at(at, demanded).await; // either way it is due
}

/// Waits for what is to come, and meanwhile follows the age of the key set.
async fn ageing<T>(keeper: &Keeper, coming: impl Future<Output = T>) -> T {
    let mut coming = pin!(coming);
    loop {
        if let Ok(came) = tokio::time::timeout(TICK, &mut coming).await {
            return came;
        }
        if keeper.age().is_some_and(|age| age > MOST_STALE) {
            keeper.let_go();
        }
    }
}

const TICK: Duration = Duration::from_secs(1);

/// How long a key set outlives its issuer's answers. What an issuer withdrew meanwhile cannot be known.
pub(super) const MOST_STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// How long after an attempt no other is made: 10 to 30 seconds, so that with [`super::fetch::LONGEST_ATTEMPT`] an issuer
/// that could not be reached is asked again within 45. By chance, so that replicas do not ask all at once.
fn cool_down() -> Duration {
    chance::between(Duration::from_secs(10), Duration::from_secs(30))
}
