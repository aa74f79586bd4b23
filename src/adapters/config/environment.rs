//! The process's environment: secrets by name, and `PRESIGND__…` in place of the file's scalars.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::ffi::OsString;
use std::fmt;

use crate::adapters::config::diagnostic::Fault;
use crate::adapters::config::diagnostic::Report;
use crate::adapters::config::diagnostic::Spot;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::reader::nearest;
use crate::adapters::config::tree::Entry;
use crate::adapters::config::tree::Node;
use crate::adapters::config::tree::Value;

/// The variables that a configuration may look at. `Debug` prints none of their values.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// The variables of this process.
    pub fn of_process() -> Self {
        std::env::vars_os().collect()
    }

    /// The value of a variable, if it is set.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// The same with one variable more, or another value of it.
    pub fn with(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// Writes every `PRESIGND__…` into the tree, in place of what the file says there.
    pub(super) fn apply_to(&self, root: &mut Node, report: &Report) {
        for (name, value) in &self.0 {
            let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else {
                continue;
            };
            let at = Spot::Variable(name.into());
            match (path_of(name), value.to_str()) {
                (Err(fault), _) => report.error(&at, fault),
                (Ok(_), None) => report.error(&at, fault("its value is no UTF-8", "set it to plain text")),
                (Ok(path), Some(value)) => set(root, &path, &at, value),
            }
        }
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Environment {
    fn from_iter<T: IntoIterator<Item = (K, V)>>(variables: T) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The path in the file that a variable stands for.
fn path_of(name: &str) -> Result<Vec<String>, Fault> {
    let bare = name.strip_prefix(PREFIX).unwrap_or(name);
    let (scalars, lists) = (SCALARS.map(bare_variable), LISTS.map(bare_variable));
    if lists.iter().any(|known| known == bare) {
        return Err(fault("a list cannot be set by the environment", "set it in the file"));
    }
    if scalars.iter().any(|known| known == bare) {
        return Ok(bare.split("__").map(str::to_ascii_lowercase).collect());
    }
    let beginning = format!("{bare}__");
    if scalars.iter().any(|known| known.starts_with(&beginning)) {
        return Err(fault("a table cannot be set by the environment", "set its keys, each by a variable of its own"));
    }
    Err(match nearest(bare, scalars.iter().map(String::as_str)) {
        Some(near) => fault("no such setting", format!("write {PREFIX}{near} if that is meant")),
        None => fault(
            "no such setting",
            "remove it: the environment sets scalars of [server], [log], [expiry], [rate_limits] and [audit] only",
        ),
    })
}

/// `server.listen` as `SERVER__LISTEN`.
fn bare_variable(path: &str) -> String {
    path.replace('.', "__").to_ascii_uppercase()
}

/// Puts the value at the path, with tables on the way where the file has none. What stands in the way and is no
/// table is wrong in the file, and is told there.
fn set(node: &mut Node, path: &[String], at: &Spot, value: &str) {
    let (Value::Table(entries), Some((key, rest))) = (&mut node.value, path.split_first()) else {
        return;
    };
    let fresh = match rest {
        [] => Value::Variable(value.to_owned()),
        _ => Value::Table(Vec::new()),
    };
    let place = entries.iter().position(|entry| entry.key == *key).unwrap_or_else(|| {
        let node = Node { at: at.clone(), value: fresh.clone() };
        entries.push(Entry { key: key.clone(), at: at.clone(), node });
        entries.len() - 1
    });
    let Some(entry) = entries.get_mut(place) else {
        return;
    };
    match rest {
        [] => entry.node = Node { at: at.clone(), value: fresh },
        _ => set(&mut entry.node, rest, at, value),
    }
}

const PREFIX: &str = "PRESIGND__";

/// What the environment can set.
const SCALARS: [&str; 37] = [
    "server.listen",
    "server.admin_listen",
    "server.public_url",
    "server.client_address_header",
    "server.request_timeout",
    "server.header_timeout",
    "server.idle_timeout",
    "server.max_body",
    "server.max_batch",
    "server.max_connections",
    "server.max_in_flight",
    "server.redirects",
    "server.drain",
    "server.tls.certificate",
    "server.tls.private_key",
    "server.tls.client_ca",
    "log.level",
    "log.format",
    "expiry.default",
    "expiry.max",
    "expiry.within_token",
    "expiry.short_credentials",
    "rate_limits.per_subject.rate",
    "rate_limits.per_subject.burst",
    "rate_limits.per_address.rate",
    "rate_limits.per_address.burst",
    "rate_limits.global.rate",
    "rate_limits.global.burst",
    "rate_limits.report_only",
    "rate_limits.store",
    "rate_limits.store_url_env",
    "rate_limits.store_url_file",
    "audit.path",
    "audit.required",
    "audit.sync",
    "audit.chain_key_env",
    "audit.chain_key_file",
];

/// Lists among them, which it cannot.
const LISTS: [&str; 2] = ["server.cors_origins", "server.trusted_proxies"];
