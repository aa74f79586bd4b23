//! The commit that is built: `PRESIGND_COMMIT`, or what git says, or `unknown` where this is no repository, as out of an
//! archive of the source, even if that was unpacked inside another repository.

use std::path::Path;
use std::process::Command;

/// Tells it to cargo, and when to ask anew.
pub fn tell() {
    println!("cargo:rerun-if-env-changed=PRESIGND_COMMIT");
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]).filter(|log| Path::new(log).exists()) {
        println!("cargo:rerun-if-changed={log}");
    }
    let given = std::env::var("PRESIGND_COMMIT").ok().filter(|commit| !commit.is_empty());
    let commit = given.or_else(|| git(&["rev-parse", "--short=12", "HEAD"])).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo:rustc-env=PRESIGND_COMMIT={commit}");
}

fn git(arguments: &[&str]) -> Option<String> {
    if !Path::new(".git").exists() {
        return None;
    }
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
