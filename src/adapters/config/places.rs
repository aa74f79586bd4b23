//! Addresses, URLs and paths as a configuration writes them.

use std::net::IpAddr;
use std::path::Path;
use std::path::PathBuf;

use ipnet::IpNet;
use reqwest::Url;

use crate::adapters::config::diagnostic::Fault;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::reader::some_text;
use crate::adapters::config::reader::text;
use crate::adapters::config::tree::Node;
use crate::adapters::config::tree::Value;
use crate::adapters::http_client::is_loopback;

/// A range of addresses, or one address.
pub(super) fn network(node: &Node) -> Result<IpNet, Fault> {
    let text = text(node)?;
    let one = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| one()).map_err(|_| {
        fault("not an address or a range of addresses", "write one such as \"192.0.2.7\" or \"192.0.2.0/24\"")
    })
}

/// An absolute URL without user info or fragment: https, or http to a loopback host.
pub(super) fn url(text: &str, like: &str) -> Result<Url, Fault> {
    let url = Url::parse(text).map_err(|error| fault(format!("not a URL ({error})"), like))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(fault("a URL with user info would put a secret into the file", "remove what stands before @"));
    }
    if url.fragment().is_some() {
        return Err(fault("a URL with a fragment names no resource", "remove # and what follows it"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(fault("plain http is for loopback hosts only", "write https")),
        _ => Err(fault("not an https URL", like)),
    }
}

/// A path: one in the file starts at the file's folder, one in the environment at the working directory.
pub(super) fn path(node: &Node, folder: &Path) -> Result<PathBuf, Fault> {
    let written = Path::new(some_text(node)?);
    Ok(match node.value {
        Value::Variable(_) => written.to_owned(),
        _ => folder.join(written),
    })
}
