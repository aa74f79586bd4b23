//! The log: on the standard error, as JSON or as text.

use std::io;

use tracing::Metadata;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::adapters::config::Log;
use crate::adapters::config::LogFormat;

/// Begins the process's log. A panic is told by its place: its words may hold what no log may.
pub fn begin(settings: &Log) -> io::Result<()> {
    let filter = EnvFilter::try_new(&settings.level).map_err(io::Error::other)?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false);
    let begun = match settings.format {
        LogFormat::Json => lines.json().flatten_event(true).finish().with(filter_fn(may_be_logged)).try_init(),
        LogFormat::Text => lines.finish().with(filter_fn(may_be_logged)).try_init(),
    };
    begun.map_err(io::Error::other)?;
    std::panic::set_hook(Box::new(|panic| match panic.location() {
        Some(place) => tracing::error!(%place, "panic"),
        None => tracing::error!("panic"),
    }));
    Ok(())
}

/// AWS's crates log at `warn` what was answered to a failed call, and at `trace` the command that prints credentials, whatever
/// is in it. What comes of their calls is logged by those who make them.
fn may_be_logged(about: &Metadata<'_>) -> bool {
    !about.target().starts_with("aws_")
}
