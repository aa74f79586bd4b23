//! File and environment to a checked [`Settings`], every error with its line.

mod access_logs;
mod algorithms;
mod around;
mod audit;
#[cfg(feature = "aws")]
mod aws;
mod buckets;
mod certificate_end;
mod credentials;
mod diagnostic;
mod encryption;
mod environment;
mod grants;
mod issuers;
mod limits;
mod names;
mod nesting;
mod places;
mod read_files;
mod reader;
mod require;
mod restart;
mod retention;
mod secrets;
mod server;
mod settings;
mod signing_keys;
mod store_url;
mod stores;
mod tls;
mod tls_identity;
mod transfers;
mod tree;
mod units;
mod warnings;
mod watch;
mod when;

use std::io;
use std::path::Path;

pub use algorithms::algorithm_named;
pub use diagnostic::Diagnostic;
pub use diagnostic::Severity;
pub use environment::Environment;
pub use restart::restart_needed;
pub use secrets::bearer;
pub use settings::*;
pub use tls_identity::HTTP2;
pub use tls_identity::TlsBytes;
pub use tls_identity::TlsFault;
pub use tls_identity::TlsIdentity;
pub use units::parse_duration;
pub use watch::Watch;

use crate::adapters::clock::Clock;
use crate::adapters::config::around::Around;
use crate::adapters::config::diagnostic::Report;
use crate::adapters::config::diagnostic::absent;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::read_files::ReadFiles;
use crate::adapters::config::reader::Section;
use crate::adapters::config::restart::Fixed;
use crate::adapters::config::tree::Entry;
use crate::adapters::config::tree::Node;
use crate::adapters::config::tree::Value;
use crate::domain::policy::Policy;

/// A configuration without errors.
#[derive(Debug)]
pub struct Loaded {
    pub settings: Settings,
    /// What `check` warns of, in the file's order.
    pub warnings: Vec<Diagnostic>,
    fixed: Fixed,
}

/// Reads a file; without one configuration, every error and warning there is.
pub fn load(path: &Path, environment: &Environment) -> Result<Loaded, Vec<Diagnostic>> {
    match std::fs::read(path) {
        Ok(bytes) => parse(&bytes, path, environment),
        Err(error) => Err(vec![unreadable(path, &error)]),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    let wrong = format!("the file cannot be read ({error})");
    Diagnostic::of_file(path, fault(wrong, "name a configuration that is there"))
}

/// The same of a file's bytes. Relative paths in it start at the file's folder.
pub fn parse(bytes: &[u8], path: &Path, environment: &Environment) -> Result<Loaded, Vec<Diagnostic>> {
    parse_with(bytes, path, environment, &ReadFiles::default())
}

/// The same with other files that may have been read.
fn parse_with(
    bytes: &[u8],
    path: &Path,
    environment: &Environment,
    files: &ReadFiles,
) -> Result<Loaded, Vec<Diagnostic>> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Err(vec![not_utf8(bytes, error.valid_up_to(), path)]),
    };
    let (mut root, errors) = Node::parse(text);
    let report = Report::new(text, &errors);
    environment.apply_to(&mut root, &report);
    let folder = path.parent().unwrap_or(Path::new(""));
    let settings = settings_of(&root, Around { folder, environment, files, report: &report });
    let (failed, fixed) = (report.has_errors(), Fixed::of(&root, &report, path));
    let diagnostics = report.into_diagnostics(path);
    match settings {
        Some(settings) if !failed => Ok(Loaded { settings, warnings: diagnostics, fixed }),
        _ => Err(diagnostics),
    }
}

fn not_utf8(bytes: &[u8], valid_up_to: usize, path: &Path) -> Diagnostic {
    let valid = bytes.get(..valid_up_to).map(String::from_utf8_lossy).unwrap_or_default();
    Diagnostic::of_text(&valid, valid.len(), path, fault("not UTF-8", "save the file as UTF-8"))
}

/// All sections, each read to its end whatever the others hold.
fn settings_of(root: &Node, around: Around<'_>) -> Option<Settings> {
    let report = around.report;
    let mut file = Section::of(root, "the file", report)?;
    let expiry = limits::expiry(file.section("expiry", "[expiry]"));
    let server = server::server(file.section("server", "[server]"), around);
    let log = server::log(file.section("log", "[log]"));
    let rate_limits = file.section("rate_limits", "[rate_limits]");
    let rate_limits = limits::rate_limits(rate_limits, server.max_batch, around);
    let audit = audit::audit(file.section("audit", "[audit]"), around);
    let issuer_sections = tables(&mut file, "issuers", "[[issuers]]");
    let issuer_count = issuer_sections.len();
    let issuers = issuers::issuers(issuer_sections, around);
    let credential_tables = named_tables(&mut file, "credentials", "[credentials]");
    let bucket_tables = named_tables(&mut file, "buckets", "[buckets]");
    let mut credentials = credentials::credentials(credential_tables, bucket_tables, around);
    let buckets = buckets::buckets(bucket_tables, &credentials, around);
    let grant_sections = tables(&mut file, "grants", "[[grants]]");
    let grant_count = grant_sections.len();
    let known = grants::Known {
        issuers: &issuers.names,
        issuer_count,
        buckets: &buckets.names,
        credentials: &credentials.names,
        max_expires: expiry.max,
    };
    let grants = grants::grants(grant_sections, &known);
    demand_some(issuer_count, "[[issuers]]", "nobody's token is believed", &file);
    demand_some(bucket_tables.len(), "[buckets.ALIAS]", "no URL leads anywhere", &file);
    demand_some(grant_count, "[[grants]]", "nobody may do anything", &file);
    file.close();
    access_logs::check(&buckets.whole, &grants, report);
    stores::check(&buckets.whole, &grants, report);
    warnings::check(&buckets.whole, &grants, report);
    signing_keys::check_buckets(&credentials.whole, &buckets.whole, &grants, report);
    let buckets = buckets.whole.into_iter().map(|placed| placed.bucket).collect();
    let grants = grants.into_iter().map(|placed| placed.grant).collect();
    // with errors it is not used, and need not be made
    if report.has_errors() {
        return None;
    }
    let policy = Policy::new(expiry, buckets, grants);
    signing_keys::note_needs(&mut credentials.whole, &policy);
    signing_keys::check_files(&credentials.whole, credential_tables, Clock::system().now(), report);
    Some(Settings {
        server,
        log,
        expiry,
        issuers: issuers.whole,
        credentials: credentials.whole,
        policy,
        rate_limits,
        audit,
    })
}

/// The tables of `[[key]]`.
fn tables<'t>(file: &mut Section<'t>, key: &'static str, title: &str) -> Vec<Section<'t>> {
    let report = file.report();
    let Some(node) = file.take(key) else {
        return Vec::new();
    };
    match &node.value {
        Value::List(items) => items.iter().filter_map(|item| Section::of(item, title, report)).collect(),
        _ => {
            let wrong = format!("{key} is a list of tables, not {}", node.kind());
            report.error(&node.at, fault(wrong, format!("write {title} as the header of each")));
            Vec::new()
        }
    }
}

/// The tables of `[key.NAME]`.
fn named_tables<'t>(file: &mut Section<'t>, key: &'static str, title: &str) -> &'t [Entry] {
    file.section(key, title).map(|section| section.entries()).unwrap_or_default()
}

fn demand_some(count: usize, title: &str, without: &str, file: &Section<'_>) {
    if count == 0 {
        file.report().error(file.at(), absent(format!("there is no {title}: {without}"), format!("add {title}")));
    }
}

#[cfg(test)]
mod tests;
