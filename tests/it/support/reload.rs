//! A running service whose configuration changes.

use super::eventually;
use super::service::Service;

impl Service {
    /// How often a configuration was taken up, or was not: `success`, `failure`.
    #[track_caller]
    pub fn reloads(&self, outcome: &str) -> f64 {
        self.metric(&format!("presignd_config_reloads_total{{outcome=\"{outcome}\"}}"))
    }

    /// Does what changes the configuration, and waits until that was taken up, or was not.
    #[track_caller]
    pub fn reloaded(&self, outcome: &str, change: impl FnOnce()) {
        let before = self.reloads(outcome);
        change();
        eventually(&format!("a reload with {outcome}"), || (self.reloads(outcome) > before).then_some(()));
    }

    /// Writes the configuration anew, of these parts, and waits until it is in force.
    #[track_caller]
    pub fn reconfigured(&self, parts: &[&str]) {
        self.reloaded("success", || self.presignd.write("presignd.toml", parts.concat()));
    }

    /// The same with one that is not taken up.
    #[track_caller]
    pub fn refused(&self, parts: &[&str]) {
        self.reloaded("failure", || self.presignd.write("presignd.toml", parts.concat()));
    }
}
