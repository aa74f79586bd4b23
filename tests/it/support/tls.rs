//! Certificates that a test makes, and connections that speak TLS.

use std::io;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::sync::Arc;

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::CertifiedIssuer;
use rcgen::IsCa;
use rcgen::KeyPair;
use rustls::ClientConfig;
use rustls::ClientConnection;
use rustls::RootCertStore;
use rustls::StreamOwned;
use rustls::SupportedProtocolVersion;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use time::OffsetDateTime;

use super::PATIENCE;
use super::presignd::Presignd;

/// `[server.tls]` with the files of [`Identity::beside`].
pub const TLS: &str = r#"
    [server.tls]
    certificate = "cert.pem"
    private_key = "key.pem"
"#;

/// A CA that nobody knows but whom a test tells.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
pub struct Identity {
    pub certificate: String,
    pub key: String,
}

/// A connection that has agreed on TLS.
pub type Stream = StreamOwned<ClientConnection, TcpStream>;

/// What a client knows and wants.
#[derive(Default)]
pub struct Client<'a> {
    pub identity: Option<&'a Identity>,
    pub protocols: &'a [&'a str],
    /// All that rustls speaks, if none is named.
    pub versions: &'a [&'static SupportedProtocolVersion],
}

impl Authority {
    /// A new one.
    pub fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap())
    }

    /// Its certificate in PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate of that name or address, which ends then, in seconds since 1970.
    pub fn certify(&self, name: &str, ends: i64) -> Identity {
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.not_after = OffsetDateTime::from_unix_timestamp(ends).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.0).unwrap();
        Identity { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    /// One of 127.0.0.1, which ends then.
    pub fn issue(&self, ends: i64) -> Identity {
        self.certify("127.0.0.1", ends)
    }

    /// One of tomorrow and longer.
    pub fn identity(&self) -> Identity {
        self.issue(super::now() + 100_000)
    }

    /// Connects, and shakes hands.
    pub fn connect(&self, address: SocketAddr, client: &Client<'_>) -> io::Result<Stream> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.pem().as_bytes()).unwrap()).unwrap();
        let versions = if client.versions.is_empty() { rustls::ALL_VERSIONS } else { client.versions };
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let builder = builder.with_protocol_versions(versions).unwrap().with_root_certificates(roots);
        let mut config = match client.identity {
            Some(identity) => builder.with_client_auth_cert(vec![identity.der()], identity.key()).unwrap(),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = client.protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let mut connection = ClientConnection::new(Arc::new(config), address.ip().into()).unwrap();
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream)?;
        }
        Ok(StreamOwned::new(connection, stream))
    }
}

impl Identity {
    /// The certificate as it goes over the wire.
    pub fn der(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(self.certificate.as_bytes()).unwrap()
    }

    /// The key as rustls takes it.
    pub fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap()
    }

    /// Its files beside a configuration.
    pub fn beside(&self, presignd: Presignd) -> Presignd {
        presignd.file("cert.pem", &self.certificate).file("key.pem", &self.key)
    }
}

/// The files that the README's configuration names, beside a configuration.
pub fn beside_tls(presignd: Presignd) -> Presignd {
    let authority = Authority::new();
    let identity = authority.identity();
    let presignd = presignd.file("tls/cert.pem", &identity.certificate).file("tls/key.pem", &identity.key);
    presignd.file("tls/clients.pem", authority.pem())
}
