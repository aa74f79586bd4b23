//! Who a server is in TLS: from files to rustls' configuration.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::version::TLS12;
use rustls::version::TLS13;
use sha2::Digest;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::adapters::config::certificate_end;
use crate::adapters::config::read_files::ReadFiles;
use crate::adapters::config::settings::TlsFiles;

/// What the files held when they were read.
pub struct TlsBytes {
    certificate: Arc<Zeroizing<Vec<u8>>>,
    private_key: Arc<Zeroizing<Vec<u8>>>,
    client_ca: Option<Arc<Zeroizing<Vec<u8>>>>,
}

/// What a handshake needs, and until when clients will believe it.
pub struct TlsIdentity {
    pub config: Arc<ServerConfig>,
    pub ends: SystemTime,
}

/// What is wrong with one of the files, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{wrong}; {mend}")]
pub struct TlsFault {
    pub(super) file: TlsFile,
    pub(super) wrong: String,
    pub(super) mend: &'static str,
}

/// The files of `[server.tls]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TlsFile {
    Certificate,
    ClientCa,
    PrivateKey,
}

impl TlsFault {
    /// Of a certificate that nobody believes any more.
    pub fn ended() -> Self {
        TlsFile::Certificate.fault("the certificate has ended", "renew it, or name another")
    }
}

impl TlsFiles {
    /// Where they are.
    pub fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        [Some(&self.certificate), Some(&self.private_key), self.client_ca.as_ref()].into_iter().flatten()
    }

    /// Reads all of them.
    pub fn read(&self) -> Result<TlsBytes, TlsFault> {
        self.read_from(&ReadFiles::default())
    }

    /// The same of files that may have been read.
    pub(super) fn read_from(&self, files: &ReadFiles) -> Result<TlsBytes, TlsFault> {
        let read = |file: TlsFile, path: &Path| {
            files.read(path).map_err(|error| {
                file.fault(format!("{} cannot be read ({error})", path.display()), "put it there, and let it be read")
            })
        };
        Ok(TlsBytes {
            certificate: read(TlsFile::Certificate, &self.certificate)?,
            private_key: read(TlsFile::PrivateKey, &self.private_key)?,
            client_ca: self.client_ca.as_deref().map(|path| read(TlsFile::ClientCa, path)).transpose()?,
        })
    }
}

impl TlsFile {
    fn fault(self, wrong: impl Into<String>, mend: &'static str) -> TlsFault {
        TlsFault { file: self, wrong: wrong.into(), mend }
    }
}

impl TlsBytes {
    /// Tells what was read from anything else, without holding it.
    pub fn digest(&self) -> [u8; 32] {
        let all = [Some(&self.certificate), Some(&self.private_key), self.client_ca.as_ref()];
        let each = all.into_iter().flatten().map(|bytes| Sha256::digest(bytes.as_slice()));
        each.fold(Sha256::new(), Sha256::chain_update).finalize().into()
    }

    /// Whether certificate and key fit together, and what a handshake makes of them: TLS 1.2 and 1.3, HTTP/2 before
    /// HTTP/1.1.
    pub fn identity(&self) -> Result<TlsIdentity, TlsFault> {
        let chain = certificates(&self.certificate, TlsFile::Certificate)?;
        let no_end = || TlsFile::Certificate.fault("the first certificate cannot be read", MEND_CERTIFICATE);
        let ends = chain.first().and_then(|first| certificate_end::of(first)).ok_or_else(no_end)?;
        let key = PrivateKeyDer::from_pem_slice(&self.private_key)
            .map_err(|_| TlsFile::PrivateKey.fault("there is no private key in it", MEND_KEY))?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| TlsFile::Certificate.fault(error.to_string(), MEND_CERTIFICATE))?;
        let builder = match &self.client_ca {
            Some(bytes) => builder.with_client_cert_verifier(verifier(bytes, provider)?),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_single_cert(chain, key).map_err(|error| unfit(&error))?;
        config.alpn_protocols = vec![HTTP2.to_vec(), b"http/1.1".to_vec()];
        Ok(TlsIdentity { config: Arc::new(config), ends })
    }
}

/// What clients and servers call HTTP/2 in ALPN. <https://www.rfc-editor.org/rfc/rfc9113#section-3.2>
pub const HTTP2: &[u8] = b"h2";

const MEND_CERTIFICATE: &str = "write the certificate in PEM, and after it those that it was issued by";

const MEND_KEY: &str = "write the certificate's own key in PEM, not encrypted";

fn certificates(pem: &[u8], file: TlsFile) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let chain = read.map_err(|error| file.fault(format!("it is no PEM ({error})"), MEND_CERTIFICATE))?;
    match chain.is_empty() {
        true => Err(file.fault("there is no certificate in it", MEND_CERTIFICATE)),
        false => Ok(chain),
    }
}

/// Demands a certificate of every client, issued by one of these.
fn verifier(pem: &[u8], provider: Arc<CryptoProvider>) -> Result<Arc<dyn ClientCertVerifier>, TlsFault> {
    let file = TlsFile::ClientCa;
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem, file)? {
        roots.add(certificate).map_err(|error| file.fault(error.to_string(), MEND_CERTIFICATE))?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| file.fault(error.to_string(), MEND_CERTIFICATE))
}

fn unfit(error: &rustls::Error) -> TlsFault {
    match error {
        rustls::Error::InconsistentKeys(_) => {
            TlsFile::PrivateKey.fault("the private key is another than the certificate's", MEND_KEY)
        }
        rustls::Error::InvalidCertificate(_) => TlsFile::Certificate.fault(error.to_string(), MEND_CERTIFICATE),
        _ => TlsFile::PrivateKey.fault(error.to_string(), MEND_KEY),
    }
}
