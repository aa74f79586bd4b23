//! A configuration: whatever it is, each thing wrong with it has its place; and what is right once is right again.

use std::path::Path;

use presignd::adapters::config;
use presignd::adapters::config::Diagnostic;
use presignd::adapters::config::Environment;
use presignd::adapters::config::Settings;
use presignd::adapters::config::Severity;
use presignd::cli::summary;

/// The input is the file.
pub fn hold(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match parse(data) {
        Ok(loaded) => {
            told_in_place(&loaded.warnings, &text);
            assert!(loaded.warnings.iter().all(|warning| warning.severity() == Severity::Warning));
            let lines = summary::of(&loaded.settings.policy);
            assert!(lines.iter().flat_map(|line| line.chars()).all(|c| !c.is_control()), "{lines:#?}");
            let again = parse(format!("{text}\n# the end\n").as_bytes()).expect("a comment changes nothing");
            assert_eq!(shown(&again.settings), shown(&loaded.settings));
            assert_eq!(again.warnings, loaded.warnings);
        }
        Err(wrong) => {
            assert!(wrong.iter().any(|fault| fault.severity() == Severity::Error), "{wrong:#?}");
            told_in_place(&wrong, &text);
            assert_eq!(parse(data).err(), Some(wrong));
        }
    }
}

fn parse(bytes: &[u8]) -> Result<config::Loaded, Vec<Diagnostic>> {
    config::parse(bytes, Path::new("nowhere/presignd.toml"), &Environment::default())
}

/// All of it but the policy's index, whose order is nobody's business.
fn shown(settings: &Settings) -> String {
    let Settings { server, log, expiry, issuers, credentials, policy, rate_limits, audit, .. } = settings;
    let (buckets, grants) = (policy.buckets(), policy.grants());
    format!(
        "{server:?} {log:?} {expiry:?} {issuers:?} {credentials:?} {buckets:?} {grants:?} {rate_limits:?} {audit:?}"
    )
}

/// `FILE:LINE:COLUMN: what is wrong; how to mend it`, in one line, at a place that the file has.
fn told_in_place(diagnostics: &[Diagnostic], text: &str) {
    let lines: Vec<&str> = text.split('\n').collect();
    for diagnostic in diagnostics {
        let told = diagnostic.to_string();
        let (place, message) =
            told.strip_prefix("nowhere/presignd.toml:").and_then(|rest| rest.split_once(": ")).expect(&told);
        let (line, column) = place.split_once(':').expect(&told);
        let (line, column): (usize, usize) = (line.parse().expect(&told), column.parse().expect(&told));
        let width = lines.get(line.wrapping_sub(1)).map(|line| line.chars().count()).expect(&told);
        assert!((1..=width + 1).contains(&column), "{told}");
        assert!(message.contains("; ") && !told.contains(char::is_control), "{told}");
    }
}
