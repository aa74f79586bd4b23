//! Faults while load runs: no wrong URL, no lost audit line, no request that hangs, and what failed recovers.

mod answers;
mod audit_disk;
mod clock;
mod configuration;
mod credentials;
mod ends;
mod evidence;
mod inside;
mod key_sets;
mod limit_store;
mod load;
mod no_token;
mod signing_keys;
mod small_disk;
mod tally;
mod tls;

use crate::support::presignd::Presignd;
use crate::support::setting::ISSUER;
use crate::support::setting::MEDIA;
use crate::support::setting::setting;

/// Where the lines go, all in one chain.
const AUDIT: &str = "[audit]\npath = \"audit.jsonl\"\nchain_key_env = \"AUDIT_KEY\"\n";
const AUDIT_KEY: &str = "an-audit-key-of-32-bytes-or-more";

/// A configuration of these parts, with an audit log in one chain.
fn chained(parts: &[&str]) -> Presignd {
    setting(&[AUDIT, &parts.concat()]).env("AUDIT_KEY", AUDIT_KEY).file("audit.key", AUDIT_KEY)
}

/// The same of `corp`'s callers, each of whom has a folder of the bucket `media`.
fn of_corp(callers: &[&str], more: &str) -> Presignd {
    let grants: String = callers.iter().map(|name| grant(name, "corp")).collect();
    chained(&[more, ISSUER, MEDIA, &grants])
}

/// The grant of a caller, named as he is: the folder of his name.
fn grant(name: &str, issuer: &str) -> String {
    format!(
        "[[grants]]\nname = \"{name}\"\nissuers = [\"{issuer}\"]\nbucket = \"media\"\nprefix = \"{name}/\"\n\
         actions = [\"read\", \"write\", \"delete\"]\n"
    )
}
