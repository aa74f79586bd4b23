//! `presignd serve`: the service, from its configuration to its orderly end.

mod log;
mod reload;
mod running;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tokio::signal::unix::Signal;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio::sync::Notify;

use crate::adapters::config::Environment;
use crate::adapters::config::Settings;
use crate::adapters::config::Watch;
use crate::cli::Failure;
use crate::cli::load;

pub use log::Logging;
pub use reload::warn_of;
pub use running::Running;
pub use running::StartError;

/// Run the service
///
/// A changed configuration is taken up within two seconds, whole or not at all. SIGHUP has it read at once, and opens the
/// audit log anew. SIGTERM and SIGINT end the service: requests that have begun are answered.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  presignd serve --config presignd.toml\n  PRESIGND__SERVER__LISTEN=0.0.0.0:8080 presignd serve --config presignd.toml"
)]
pub struct Arguments {
    /// The configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Serves until a signal ends it.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let (watch, loaded) = Watch::begin(&arguments.config, Environment::of_process()).map_err(load::failed)?;
    let log = Logging::begin(&loaded.settings.log).map_err(Failure::failed)?;
    warn_of(&loaded.warnings);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::failed)?;
    let served = runtime.block_on(serve(loaded.settings, watch, &log));
    // Dropped, it would wait without bound for what blocks, such as the look-up of a name, or a file system that hangs.
    // What has to be kept is kept by now: draining closes the audit log.
    runtime.shutdown_background();
    served.map_err(|error| {
        tracing::error!("{error}");
        Failure::Told
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(settings: Settings, watch: Watch, log: &Logging) -> Result<(), StartError> {
    let (mut end, mut hangup) = (End::new()?, signal(SignalKind::hangup()).map_err(StartError::Signals)?);
    let running = tokio::select! {
        started = Running::start(settings, None) => started?,
        () = end.asked() => return Ok(()),
    };
    let demand = Notify::new();
    let mut following = Box::pin(reload::follow(watch, &running, log, &demand));
    loop {
        tokio::select! {
            () = end.asked() => break,
            Some(()) = hangup.recv() => {
                tracing::info!("SIGHUP: the audit log is opened anew, and the configuration read");
                running.reopen_audit();
                demand.notify_one();
            }
            never = &mut following => match never {},
        }
    }
    drop(following);
    tokio::select! {
        () = running.drain() => {}
        () = end.asked() => tracing::warn!("ended at once, at a second signal"),
    }
    Ok(())
}

/// The signals that ask a process to end.
pub struct End {
    terminate: Signal,
    interrupt: Signal,
}

impl End {
    /// From now on these signals end nothing by themselves.
    pub fn new() -> Result<Self, StartError> {
        let catch = |kind| signal(kind).map_err(StartError::Signals);
        Ok(Self { terminate: catch(SignalKind::terminate())?, interrupt: catch(SignalKind::interrupt())? })
    }

    /// Waits for one of them.
    pub async fn asked(&mut self) {
        tokio::select! {
            Some(()) = self.terminate.recv() => {}
            Some(()) = self.interrupt.recv() => {}
            else => std::future::pending().await,
        }
    }
}
