//! The log: on the standard error, as JSON or as text, and by other settings when the configuration changes.

use std::io;

use tracing::Metadata;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::Registry;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt;

use crate::adapters::config::Log;
use crate::adapters::config::LogFormat;

/// The process's log.
pub struct Logging(reload::Handle<Lines, Registry>);

type Lines = Box<dyn Layer<Registry> + Send + Sync>;

impl Logging {
    /// Begins the log. A panic is told by its place: its words may hold what no log may.
    pub fn begin(settings: &Log) -> io::Result<Self> {
        let (lines, handle) = reload::Layer::new(lines(settings)?);
        Registry::default().with(lines).with(filter_fn(may_be_logged)).try_init().map_err(io::Error::other)?;
        std::panic::set_hook(Box::new(|panic| match panic.location() {
            Some(place) => tracing::error!(%place, "panic"),
            None => tracing::error!("panic"),
        }));
        Ok(Self(handle))
    }

    /// Goes on by these settings.
    pub fn change(&self, settings: &Log) -> io::Result<()> {
        self.0.reload(lines(settings)?).map_err(io::Error::other)
    }
}

fn lines(settings: &Log) -> io::Result<Lines> {
    let filter = EnvFilter::try_new(&settings.level).map_err(io::Error::other)?;
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(false);
    Ok(match settings.format {
        // A span that began in the other format has no fields in this one, which JSON takes for a bug.
        LogFormat::Json => {
            let json = lines.json().flatten_event(true).with_current_span(false).with_span_list(false);
            filter.and_then(json).boxed()
        }
        LogFormat::Text => filter.and_then(lines).boxed(),
    })
}

/// AWS's crates log at `warn` what was answered to a failed call, and at `trace` the command that prints credentials, whatever
/// is in it. What comes of their calls is logged by those who make them.
fn may_be_logged(about: &Metadata<'_>) -> bool {
    !about.target().starts_with("aws_")
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::process::Command;

    use super::*;

    /// Set in the process that panics: a hook is the whole process's, and other tests have theirs.
    const PANICS: &str = "PRESIGND_TEST_PANICS";

    #[test]
    fn a_panic_is_told_by_its_place_alone() {
        if env::var_os(PANICS).is_some() {
            Logging::begin(&Log { level: "trace".to_owned(), format: LogFormat::Json }).unwrap();
            panic!("the secret is 12345");
        }
        let mut again = Command::new(env::current_exe().unwrap());
        again.args(["--exact", "cli::serve::log::tests::a_panic_is_told_by_its_place_alone", "--nocapture"]);
        let output = again.env(PANICS, "").env("RUST_BACKTRACE", "full").output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && told.contains(r#""message":"panic""#), "{told}");
        assert!(told.contains(r#""place":"src/cli/serve/log.rs:"#) && !told.contains("12345"), "{told}");
        assert!(!told.contains("stack backtrace"), "{told}");
    }
}
