//! HMAC secrets by reference, and whether the files that hold secrets and keys are there.

use std::io;
use std::path::Path;

use reqwest::Certificate;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::adapters::config::around::Around;
use crate::adapters::config::diagnostic::Fault;
use crate::adapters::config::diagnostic::Report;
use crate::adapters::config::diagnostic::Spot;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::environment::Environment;
use crate::adapters::config::places;
use crate::adapters::config::reader::some_text;
use crate::adapters::config::settings::SecretBytes;
use crate::adapters::config::tree::Node;
use crate::adapters::followed_file;

/// The secret in the variable that a node names; an absent one is warned of.
pub(super) fn of_variable(node: &Node, environment: &Environment, report: &Report) -> Option<Option<SecretBytes>> {
    let name = report.accept(&node.at, some_text(node))?;
    let Some(value) = environment.get(name) else {
        report.warn(&node.at, absent_variable(name));
        return Some(None);
    };
    report.accept(&node.at, secret(value.as_encoded_bytes().to_vec())).map(Some)
}

/// The secret in the file that a node names; an absent one is warned of.
pub(super) fn of_file(node: &Node, around: Around<'_>) -> Option<Option<SecretBytes>> {
    let report = around.report;
    let path = report.accept(&node.at, places::path(node, around.folder))?;
    match around.files.read(&path) {
        Ok(bytes) => report.accept(&node.at, secret(bytes.to_vec())).map(Some),
        Err(error) => {
            report.warn(&node.at, absent_file(&path, &error));
            Some(None)
        }
    }
}

/// As it stands less one trailing newline. HS256 asks for as many bytes as its hash has: RFC 7518, 3.2.
fn secret(mut bytes: Vec<u8>) -> Result<SecretBytes, Fault> {
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    match bytes.len() {
        LEAST.. => Ok(SecretBytes::new(bytes)),
        short => Err(fault(
            format!("the HMAC secret has {short} bytes, fewer than {LEAST}"),
            "make one of 32 random bytes or more, such as by openssl rand -hex 32",
        )),
    }
}

const LEAST: usize = 32;

/// Warns where a file cannot be read, or holds no JSON Web Key Set (RFC 7517, 5).
pub(super) fn warn_unless_key_set(path: &Path, at: &Spot, report: &Report) {
    let holds = |bytes: &[u8]| serde_json::from_slice(bytes).is_ok_and(|_: KeySet| true);
    let mend = "write {\"keys\": […]} into it; without keys no token is accepted";
    warn_unless(path, at, report, holds, ("no JSON Web Key Set", mend));
}

#[derive(Deserialize)]
struct KeySet {
    #[serde(rename = "keys")]
    _keys: Vec<IgnoredAny>,
}

/// Warns where a file cannot be read, or does not hold what `credential_process` prints.
pub(super) fn warn_unless_credentials(path: &Path, at: &Spot, report: &Report) {
    let holds = |bytes: &[u8]| serde_json::from_slice(bytes).is_ok_and(|_: Keys| true);
    let mend =
        "write {\"Version\": 1, \"AccessKeyId\": …, \"SecretAccessKey\": …} into it; without keys nothing is signed";
    warn_unless(path, at, report, holds, ("no credentials as credential_process prints them", mend));
}

#[derive(Deserialize)]
struct Keys {
    #[serde(rename = "AccessKeyId")]
    _id: IgnoredAny,
    #[serde(rename = "SecretAccessKey")]
    _secret: IgnoredAny,
}

/// Warns where a file cannot be read, or holds no certificate in PEM.
pub(super) fn warn_unless_certificates(path: &Path, at: &Spot, report: &Report) {
    let holds = |bytes: &[u8]| Certificate::from_pem_bundle(bytes).is_ok_and(|certificates| !certificates.is_empty());
    let mend = "write the CA's certificate into it, from -----BEGIN CERTIFICATE----- on; without it no key is fetched";
    warn_unless(path, at, report, holds, ("no certificate in PEM", mend));
}

/// Warns where a file cannot be read, or holds no bearer token.
pub(super) fn warn_unless_token(path: &Path, at: &Spot, report: &Report) {
    let mend = "write the token into it, and nothing else; without it no key is fetched";
    warn_unless(path, at, report, |bytes| bearer(bytes).is_some(), ("no bearer token", mend));
}

/// The bearer token that a file holds (RFC 6750, 2.1: printable, no blanks), less what stands around it.
pub fn bearer(file: &[u8]) -> Option<&str> {
    let token = file.trim_ascii();
    let is_token = !token.is_empty() && token.iter().all(u8::is_ascii_graphic);
    std::str::from_utf8(token).ok().filter(|_| is_token)
}

/// Warns where a shared credentials file cannot be read, or has no such profile.
pub(super) fn warn_unless_profile(path: &Path, profile: &str, at: &Spot, report: &Report) {
    let header = format!("[{profile}]");
    let holds = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().any(|line| line.trim_end().starts_with(&header));
    warn_unless(path, at, report, holds, (&format!("no profile {profile:?}"), "add it, or name another"));
}

fn warn_unless(path: &Path, at: &Spot, report: &Report, holds: impl Fn(&[u8]) -> bool, else_holds: (&str, &str)) {
    match followed_file::read(path) {
        Err(error) => report.warn(at, absent_file(path, &error)),
        Ok(bytes) if holds(&bytes) => {}
        Ok(_) => {
            let (nothing, mend) = else_holds;
            report.warn(at, fault(format!("{} holds {nothing}", path.display()), mend));
        }
    }
}

/// A variable that holds a secret and is not set.
pub(super) fn absent_variable(name: &str) -> Fault {
    fault(format!("the variable {name} is not set"), "set it where the service runs; until then it is not ready")
}

/// A file that is to be read, and cannot be.
pub(super) fn absent_file(path: &Path, error: &io::Error) -> Fault {
    let wrong = format!("{} cannot be read ({error})", path.display());
    fault(wrong, "put it there where the service runs; until then it is not ready")
}
