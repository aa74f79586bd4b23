//! What a running service cannot change, and where a configuration says it: a reload that would change it is refused.

use std::path::Path;

use crate::adapters::config::Loaded;
use crate::adapters::config::diagnostic::Diagnostic;
use crate::adapters::config::diagnostic::Place;
use crate::adapters::config::diagnostic::Report;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::settings::Settings;
use crate::adapters::config::tree::Node;

/// Everything in a configuration that a service which runs by the settings before cannot change, each at its place.
pub fn restart_needed(before: &Settings, after: &Loaded) -> Vec<Diagnostic> {
    let differing = FIXED.iter().zip(&after.fixed.0).filter_map(|(&(key, said), place)| {
        let (runs_by, says) = (said(before), said(&after.settings));
        let wrong = || format!("{key} is {says} here and {runs_by} in the running service, and needs a restart");
        (runs_by != says).then(|| Diagnostic::at(place.clone(), fault(wrong(), "restart the service, or set it back")))
    });
    differing.collect()
}

/// Where a configuration says each of [`FIXED`].
#[derive(Debug)]
pub(super) struct Fixed(Vec<Place>);

impl Fixed {
    /// Of a file's tree.
    pub(super) fn of(root: &Node, report: &Report, file: &Path) -> Self {
        let place = |(key, _): &(&str, _)| {
            let path: Vec<_> = key.split('.').collect();
            report.place(root.place_of(&path), file)
        };
        Self(FIXED.iter().map(place).collect())
    }
}

/// The keys, and what the settings say of each.
const FIXED: [(&str, fn(&Settings) -> String); 4] = [
    ("server.listen", |settings| settings.server.listen.to_string()),
    ("server.admin_listen", |settings| settings.server.admin_listen.to_string()),
    ("server.tls", |settings| if settings.server.tls.is_some() { "there" } else { "absent" }.to_owned()),
    ("audit.path", |settings| settings.audit.sink.to_string()),
];
