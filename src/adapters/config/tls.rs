//! `[server.tls]`: where its files are, and whether they are there and fit together.

use crate::adapters::config::around::Around;
use crate::adapters::config::diagnostic::fault;
use crate::adapters::config::places;
use crate::adapters::config::reader::Section;
use crate::adapters::config::settings::TlsFiles;
use crate::adapters::config::tls_identity::TlsFile;
use crate::adapters::config::tree::Node;

/// Reads the section; what is wrong with a file is told at the key that names it.
pub(super) fn tls(section: Option<Section<'_>>, around: Around<'_>) -> Option<TlsFiles> {
    let mut section = section?;
    let report = section.report();
    let certificate = section.require("certificate", "\"tls/cert.pem\"");
    let private_key = section.require("private_key", "\"tls/key.pem\"");
    let client_ca = section.take("client_ca");
    section.close();
    let path = |node: &Node| report.accept(&node.at, places::path(node, around.folder));
    let (certificate, private_key) = (certificate?, private_key?);
    let files = TlsFiles {
        certificate: path(certificate)?,
        private_key: path(private_key)?,
        client_ca: match client_ca {
            Some(node) => Some(path(node)?),
            None => None,
        },
    };
    if let Err(error) = files.read_from(around.files).and_then(|bytes| bytes.identity()) {
        let at = match error.file {
            TlsFile::Certificate => certificate,
            TlsFile::ClientCa => client_ca.unwrap_or(certificate),
            TlsFile::PrivateKey => private_key,
        };
        report.error(&at.at, fault(error.wrong, error.mend));
    }
    Some(files)
}
