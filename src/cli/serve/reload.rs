//! Takes a changed configuration up while the service runs: whole, or not at all.

use std::convert::Infallible;
use std::future::pending;

use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::adapters::config::Diagnostic;
use crate::adapters::config::Severity;
use crate::adapters::config::Watch;
use crate::adapters::followed_file::PERIOD;
use crate::cli::serve::Logging;
use crate::cli::serve::Running;
use crate::cli::text::printable;

/// Looks at the configuration again and again, and at once where that is demanded.
pub async fn follow(mut watch: Watch, running: &Running, log: &Logging, demand: &Notify) -> Infallible {
    let mut told = Vec::new();
    loop {
        tokio::select! {
            () = sleep(PERIOD) => {}
            () = demand.notified() => {
                watch.demand();
                told.clear();
            }
        }
        let look = move || {
            let news = watch.look();
            (watch, news)
        };
        let Ok((back, news)) = spawn_blocking(look).await else {
            tracing::error!("the configuration is followed no longer");
            return pending().await;
        };
        watch = back;
        let Some(read) = news else { continue };
        let taken_up = match read {
            Ok(loaded) => running.take_up(loaded).await,
            Err(errors) => Err(errors),
        };
        let outcome = if taken_up.is_ok() { "success" } else { "failure" };
        running.metrics().config_reloads.with_label_values(&[outcome]).inc();
        match taken_up {
            Ok(warnings) => {
                let snapshot = running.snapshot();
                watch.taken_up(&snapshot.settings);
                if let Err(error) = log.change(&snapshot.settings.log) {
                    tracing::error!(%error, "the log goes on as before");
                }
                warn_of(&warnings);
                tracing::info!("configuration taken up");
                told.clear();
            }
            Err(errors) => {
                watch.refused();
                refuse(&errors, &told);
                told = errors;
            }
        }
    }
}

/// Logs what `check` prints beside a configuration that it takes.
pub fn warn_of(warnings: &[Diagnostic]) {
    warnings.iter().for_each(tell);
}

/// Logs why a configuration is not taken up, with what `check` would warn of beside, unless that was told before.
fn refuse(found: &[Diagnostic], told: &[Diagnostic]) {
    if found == told {
        return;
    }
    found.iter().for_each(tell);
    tracing::error!("configuration not taken up; the one before stays in force");
}

fn tell(found: &Diagnostic) {
    let text = printable(&found.to_string());
    match found.severity() {
        Severity::Error => tracing::error!("{text}"),
        Severity::Warning => tracing::warn!("{text}"),
    }
}
