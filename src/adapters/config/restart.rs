//! What a running service cannot change, and where a configuration says it: a reload that would change it is refused.

use std::path::Path;

use crate::adapters::config::Loaded;
use crate::adapters::config::diagnostic;
use crate::adapters::config::diagnostic::Diagnostic;
use crate::adapters::config::diagnostic::Place;
use crate::adapters::config::diagnostic::Report;
use crate::adapters::config::settings::Settings;
use crate::adapters::config::tls_identity::TlsFault;
use crate::adapters::config::tree::Node;

/// Everything in a configuration that a service which runs by the settings before cannot change, each at its place.
pub fn restart_needed(before: &Settings, after: &Loaded) -> Vec<Diagnostic> {
    let differing = FIXED.iter().zip(&after.fixed.places).filter_map(|(&(key, said), place)| {
        let (runs_by, says) = (said(before), said(&after.settings));
        let wrong = || format!("{key} is {says} here and {runs_by} in the running service, and needs a restart");
        (runs_by != says)
            .then(|| Diagnostic::at(place.clone(), diagnostic::fault(wrong(), "restart the service, or set it back")))
    });
    differing.collect()
}

impl Loaded {
    /// What is wrong with the files of its `server.tls`.
    pub fn of_tls(&self, fault: &TlsFault) -> Diagnostic {
        Diagnostic::at(self.fixed.tls.clone(), diagnostic::fault(&fault.wrong, fault.mend))
    }
}

/// Where a configuration says what a running service cannot change.
#[derive(Debug)]
pub(super) struct Fixed {
    /// Of each of [`FIXED`].
    places: Vec<Place>,
    tls: Place,
}

impl Fixed {
    /// Of a file's tree.
    pub(super) fn of(root: &Node, report: &Report, file: &Path) -> Self {
        let place = |key: &str| {
            let path: Vec<_> = key.split('.').collect();
            report.place(root.place_of(&path), file)
        };
        Self { places: FIXED.iter().map(|(key, _)| place(key)).collect(), tls: place(TLS) }
    }
}

const TLS: &str = "server.tls";

/// What the settings say of a key.
type Said = fn(&Settings) -> String;

/// The keys.
const FIXED: [(&str, Said); 5] = [
    ("server.listen", |settings| settings.server.listen.to_string()),
    ("server.admin_listen", |settings| settings.server.admin_listen.to_string()),
    (TLS, |settings| if settings.server.tls.is_some() { "there" } else { "absent" }.to_owned()),
    ("rate_limits.store", |settings| settings.rate_limits.store.as_str().to_owned()),
    ("audit.path", |settings| settings.audit.sink.to_string()),
];
