//! Credentials that are asked for over the network: renewed well ahead of their end, beside the requests.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tokio::time::sleep;

use crate::adapters::chance;
use crate::adapters::config::AwsSource;
use crate::adapters::credentials::aws;
use crate::adapters::credentials::error::CredentialsError;
use crate::adapters::credentials::slot::Keeper;
use crate::adapters::credentials::source::Found;

/// The task that renews what the keeper holds, of the runtime it is called in; `source` keeps what that is made from.
pub fn begin(provider: &AwsSource, keeper: Arc<Keeper>, source: Option<Arc<Keeper>>) -> AbortHandle {
    let provider = Arc::new(provider.clone());
    let renewing = renew(keeper, source, move |from| {
        let provider = Arc::clone(&provider);
        async move { aws::ask(&provider, from.as_ref()).await }
    });
    tokio::spawn(renewing).abort_handle()
}

/// Asks again and again. What is held stays in force until its end, whatever comes of it.
async fn renew<F>(keeper: Arc<Keeper>, source: Option<Arc<Keeper>>, ask: impl Fn(Option<Credentials>) -> F)
where
    F: Future<Output = Result<Credentials, CredentialsError>>,
{
    let (source, mut failures) = (source.as_deref(), 0);
    loop {
        let from = match source {
            Some(source) => Some(source.other_than(None).await),
            None => None,
        };
        let news = ask(from.clone()).await;
        let is_known = news.as_ref().is_ok_and(|news| keeper.usable().as_ref() == Some(news));
        let pause = match judge(&keeper, news) {
            Some(left) => {
                failures = 0;
                if is_known { until_others(left) } else { until_due(left) }
            }
            None => {
                failures += 1;
                back_off(failures)
            }
        };
        tokio::select! {
            () = rest(&keeper, pause) => {}
            () = renewed(source, from.as_ref()) => {}
        }
    }
}

/// Takes up what came, and says how long it lasts; `None` if there is nothing to take up.
fn judge(keeper: &Keeper, news: Result<Credentials, CredentialsError>) -> Option<Duration> {
    let left = news.as_ref().ok().and_then(|news| match news.expiry() {
        None => Some(ENDLESS),
        Some(end) => end.duration_since(keeper.now()).ok().filter(|left| !left.is_zero()),
    });
    let news = if left.is_some() { news } else { news.and(Err(CredentialsError::Ended)) };
    keeper.judge(news.map(Found::Secret));
    left
}

/// Waits for the end of the pause. The wall clock counts too: credentials end by it, and it goes on where a machine sleeps
/// and its timers do not.
async fn rest(keeper: &Keeper, pause: Duration) {
    let (due, due_by_clock) = (Instant::now() + pause, keeper.now() + pause);
    while Instant::now() < due && keeper.now() < due_by_clock {
        sleep(due.saturating_duration_since(Instant::now()).min(TICK)).await;
    }
}

/// Waits until there are other credentials of the source; for ever where there is no source.
async fn renewed(source: Option<&Keeper>, known: Option<&Credentials>) {
    match source {
        Some(source) => _ = source.other_than(known).await,
        None => pending().await,
    }
}

/// When credentials that last so long are renewed: at 40 to 60 % of that, so that much is left for URLs and for an outage
/// of whoever gives them out (at least six minutes of the shortest session of STS). By chance, so that replicas do not
/// ask all at once.
fn until_due(left: Duration) -> Duration {
    chance::between(left * 2 / 5, left * 3 / 5).max(LEAST_PAUSE)
}

/// When to ask again where the same came as before. An instance's metadata gives out others five minutes before the end:
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html>
fn until_others(left: Duration) -> Duration {
    let pause = until_due(left);
    if left < NEAR_THE_END { pause.min(A_MINUTE) } else { pause }
}

const NEAR_THE_END: Duration = Duration::from_secs(10 * 60);
const A_MINUTE: Duration = Duration::from_secs(60);

/// How long after so many failures in a row the next attempt is: by chance between half and all of 1, 2, 4 … 32 seconds.
fn back_off(failures: u32) -> Duration {
    let most = Duration::from_secs(1 << failures.saturating_sub(1).min(5));
    chance::between(most / 2, most)
}

/// For credentials that do not say when they end; a profile's keys may be changed in its file.
const ENDLESS: Duration = Duration::from_secs(30 * 60);

const LEAST_PAUSE: Duration = Duration::from_secs(5);

/// Between two looks at the wall clock.
const TICK: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
