//! `presignd serve`: the service, from its configuration to its orderly end.

mod log;
mod running;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tokio::signal::unix::Signal;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;

use crate::adapters::config::Settings;
use crate::cli::Failure;
use crate::cli::load;
use crate::cli::text::printable;

pub use log::begin as begin_log;
pub use running::Running;
pub use running::StartError;

/// Run the service
///
/// SIGTERM and SIGINT end it: requests that have begun are answered. SIGHUP opens the audit log anew.
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
    let loaded = load::loaded(&arguments.config)?;
    begin_log(&loaded.settings.log).map_err(Failure::failed)?;
    loaded.warnings.iter().for_each(|warning| tracing::warn!("{}", printable(&warning.to_string())));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::failed)?;
    runtime.block_on(serve(loaded.settings)).map_err(|error| {
        tracing::error!("{error}");
        Failure::Told
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(settings: Settings) -> Result<(), StartError> {
    let (mut end, mut hangup) = (End::new()?, signal(SignalKind::hangup()).map_err(StartError::Signals)?);
    let running = tokio::select! {
        started = Running::start(settings, None) => started?,
        () = end.asked() => return Ok(()),
    };
    loop {
        tokio::select! {
            () = end.asked() => break,
            Some(()) = hangup.recv() => running.reopen_audit(),
        }
    }
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
