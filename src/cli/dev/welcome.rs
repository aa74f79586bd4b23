//! What `presignd dev` prints when all is up.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;

use super::issuer;
use super::paste;
use super::paste::Paste;
use super::store;

/// Where everything is, and what to do first.
pub struct Welcome<'a> {
    pub service: SocketAddr,
    pub admin: SocketAddr,
    pub store: SocketAddr,
    /// The configuration named another address of the store, which is taken.
    pub store_moved: bool,
    pub folder: &'a Path,
    pub configuration: &'a Path,
    pub paste: Paste<'a>,
}

impl fmt::Display for Welcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, admin, store, .. } = self;
        let callers = issuer::CALLERS.map(|ready| ready.name).join(", ");
        writeln!(f, "presignd dev is up; Ctrl-C ends it.\n")?;
        writeln!(f, "  page           http://{service}/  (open it in a browser)")?;
        writeln!(f, "  service        http://{service}")?;
        writeln!(f, "  metrics        http://{admin}/metrics")?;
        writeln!(f, "  S3 store       http://{store}  (region {}, path style)", store::REGION)?;
        writeln!(f, "  tokens         http://{service}/dev/token?as=NAME  (NAME: {callers})")?;
        writeln!(f, "  files          {}", self.folder.display())?;
        writeln!(f, "  configuration  {}", self.configuration.display())?;
        if self.store_moved {
            writeln!(f, "\nThe store's former address is taken; the configuration now names the new one.")?;
        }
        writeln!(f, "\nAsk for a URL as {} and upload a file with it:\n\n{}", paste::CALLER, self.paste.upload())?;
        writeln!(f, "\nDownload it by another URL:\n\n{}", self.paste.download())
    }
}
