//! Takes a changed configuration up while the service runs: whole, or not at all.

use std::convert::Infallible;
use std::future::pending;

use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::adapters::config::Diagnostic;
use crate::adapters::config::Loaded;
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
                told.clear();
                if !watch.demand() {
                    sleep(PERIOD).await; // the look before may have seen half a file, and so would one at once
                }
            }
        }
        let look = move || {
            let news = watch.look();
            (watch, news)
        };
        let Ok((back, news)) = spawn_blocking(look).await else {
            count(running, "failure");
            tracing::error!("the configuration is followed no longer");
            return pending().await;
        };
        watch = back;
        let Some(read) = news else { continue };
        match take_up(read, running).await {
            Ok(warnings) => {
                watch.taken_up(&running.snapshot().settings);
                tell_of_change(running, log, &warnings);
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

/// Has the service go on by what was read, if it can, and counts what becomes of that: what there is to warn of, or why
/// all stays as it was.
async fn take_up(read: Result<Loaded, Vec<Diagnostic>>, running: &Running) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let taken_up = match read {
        Ok(loaded) => running.take_up(loaded).await,
        Err(errors) => Err(errors),
    };
    count(running, if taken_up.is_ok() { "success" } else { "failure" });
    taken_up
}

/// Logs what there is to warn of, as the configuration says that is now in force.
fn tell_of_change(running: &Running, log: &Logging, warnings: &[Diagnostic]) {
    if let Err(error) = log.change(&running.snapshot().settings.log) {
        tracing::error!(%error, "the log goes on as before");
    }
    warn_of(warnings);
    tracing::info!("configuration taken up");
}

fn count(running: &Running, outcome: &str) {
    running.metrics().config_reloads.with_label_values(&[outcome]).inc();
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
