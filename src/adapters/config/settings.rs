//! What a configuration says, checked: the values that the rest of the program runs on.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use redis::IntoConnectionInfo;
use secrecy::ExposeSecret;
use secrecy::SecretString;

use crate::domain::audit_chain::ChainKey;
use crate::domain::lifetime::ExpiryRules;
use crate::domain::name::Name;
use crate::domain::policy::Policy;
#[cfg(feature = "aws")]
use crate::domain::region::Region;
#[cfg(feature = "aws")]
use crate::domain::role::ExternalId;
use crate::domain::role::RoleArn;
#[cfg(feature = "aws")]
use crate::domain::role::SessionName;
use crate::domain::signing_keys::CredentialScope;

/// A whole configuration.
#[derive(Debug)]
pub struct Settings {
    pub server: Server,
    pub log: Log,
    pub expiry: ExpiryRules,
    /// At least one.
    pub issuers: Vec<Issuer>,
    /// At least one.
    pub credentials: Vec<(Name, CredentialsProvider)>,
    /// Buckets and grants.
    pub policy: Policy,
    pub rate_limits: RateLimits,
    pub audit: Audit,
}

/// `[server]`.
#[derive(Debug, Clone)]
pub struct Server {
    pub listen: SocketAddr,
    pub admin_listen: SocketAddr,
    /// Without a trailing slash.
    pub public_url: Option<String>,
    /// Serialised origins, RFC 6454, 6.2.
    pub cors_origins: Vec<String>,
    pub trusted_proxies: Vec<IpNet>,
    pub client_address_header: ClientAddressHeader,
    pub request_timeout: Duration,
    pub header_timeout: Duration,
    pub idle_timeout: Duration,
    /// In bytes.
    pub max_body: u64,
    pub max_batch: usize,
    pub max_connections: usize,
    pub max_in_flight: usize,
    /// Whether `/v1/objects` is there.
    pub redirects: bool,
    pub drain: Duration,
    /// `None`: `listen` speaks plain HTTP.
    pub tls: Option<TlsFiles>,
}

/// `[server.tls]`: files in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's own first.
    pub certificate: PathBuf,
    pub private_key: PathBuf,
    /// Whose certificates clients must have; `None`: they need none.
    pub client_ca: Option<PathBuf>,
}

/// `server.client_address_header`: the one header that a trusted proxy writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAddressHeader {
    /// RFC 7239.
    Forwarded,
    XForwardedFor,
}

/// `[log]`.
#[derive(Debug, Clone)]
pub struct Log {
    /// A `tracing` filter: `info`, or `presignd=debug,info`.
    pub level: String,
    pub format: LogFormat,
}

/// `log.format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Json,
    Text,
}

/// One of `[[issuers]]`.
#[derive(Debug, Clone)]
pub struct Issuer {
    pub name: Name,
    /// Equal to `iss`, byte for byte.
    pub issuer: String,
    /// At least one.
    pub audiences: Vec<String>,
    /// At least one.
    pub audience_claims: Vec<String>,
    pub scope_claims: Vec<String>,
    /// At least one; all HMAC if and only if `keys` is.
    pub algorithms: Vec<jsonwebtoken::Algorithm>,
    pub keys: KeySource,
    pub leeway: Duration,
    /// The `typ` that is demanded, without `application/`, in lower case.
    pub token_type: Option<String>,
    pub required_claims: Vec<String>,
    /// Not ready without its keys.
    pub required: bool,
}

/// Where an issuer's keys come from.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// OIDC discovery: `issuer` is an absolute https URL without query, or http to a loopback host.
    Discovery(KeyAccess),
    /// An absolute https URL, or http to a loopback host.
    JwksUri(String, KeyAccess),
    JwksFile(PathBuf),
    /// A shared secret of 32 bytes or more; `None` while it is absent (`serve` is then not ready).
    Hmac(Option<SecretBytes>),
}

/// What an issuer inside a cluster wants of whoever fetches its keys. Both files are read at each fetch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyAccess {
    /// `jwks_ca_file`: certificates in PEM, believed in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// `jwks_token_file`: what is shown as a bearer token.
    pub token_file: Option<PathBuf>,
}

/// The bytes of a shared secret: wiped when dropped, never printed.
#[derive(Clone)]
pub struct SecretBytes(secrecy::SecretSlice<u8>);

impl SecretBytes {
    /// Takes the bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }

    /// The bytes, for the one who verifies with them.
    pub fn expose(&self) -> &[u8] {
        secrecy::ExposeSecret::expose_secret(&self.0)
    }
}

impl std::fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretBytes")
    }
}

/// One of `[credentials.NAME]`.
#[derive(Debug, Clone)]
pub enum CredentialsProvider {
    /// They are asked for over the network.
    #[cfg(feature = "aws")]
    Aws(AwsSource),
    /// They are read.
    Local(CredentialsSource),
}

impl CredentialsProvider {
    /// Whether both give the same at every time, if a role's source does.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            #[cfg(feature = "aws")]
            (Self::Aws(ours), Self::Aws(theirs)) => ours.is(theirs),
            #[cfg(feature = "aws")]
            (Self::Aws(_), Self::Local(_)) | (Self::Local(_), Self::Aws(_)) => false,
            (Self::Local(ours), Self::Local(theirs)) => ours.is(theirs),
        }
    }

    /// Whether they are keys alone, without a secret.
    pub fn is_signing_key(&self) -> bool {
        matches!(self, Self::Local(CredentialsSource::SigningKey { .. }))
    }

    /// The role whose credentials these are, and the credentials that assume it.
    pub fn role(&self) -> Option<(&RoleArn, &Name)> {
        match self {
            #[cfg(feature = "aws")]
            Self::Aws(AwsSource::AssumeRole(role)) => Some((&role.arn, &role.source)),
            #[cfg(feature = "aws")]
            Self::Aws(AwsSource::Default { .. }) => None,
            Self::Local(_) => None,
        }
    }
}

/// Where credentials are read.
#[derive(Debug, Clone)]
pub enum CredentialsSource {
    /// `AWS_ACCESS_KEY_ID` and its kin, each with this before its name.
    Environment { prefix: String },
    /// The JSON that `credential_process` prints.
    File { path: PathBuf },
    /// A profile of a shared credentials file; `None`: `~/.aws/credentials`.
    Profile { profile: String, credentials_file: Option<PathBuf> },
    /// SigV4 keys that were derived elsewhere for days to come.
    SigningKey {
        path: PathBuf,
        /// The regions and services of the buckets that they sign for.
        needed: BTreeSet<CredentialScope>,
    },
    /// Credentials handed over in memory (`presignd dev`).
    Given { access_key_id: String, secret_access_key: SecretString },
}

impl CredentialsSource {
    /// Whether both give the same at every time. What was handed over is known to no one else.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Environment { prefix: ours }, Self::Environment { prefix: theirs }) => ours == theirs,
            (Self::File { path: ours }, Self::File { path: theirs }) => ours == theirs,
            (
                Self::Profile { profile: our_profile, credentials_file: our_file },
                Self::Profile { profile: their_profile, credentials_file: their_file },
            ) => our_profile == their_profile && our_file == their_file,
            // Whatever needs them: that is told to whoever goes on with them.
            (Self::SigningKey { path: ours, .. }, Self::SigningKey { path: theirs, .. }) => ours == theirs,
            (Self::SigningKey { .. }, _) => false,
            (Self::Environment { .. } | Self::File { .. } | Self::Profile { .. } | Self::Given { .. }, _) => false,
        }
    }
}

/// Credentials that AWS gives out for a time.
#[cfg(feature = "aws")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AwsSource {
    /// Whatever AWS's default chain finds; where that calls STS, in this region.
    Default {
        region: Region,
    },
    AssumeRole(Role),
}

#[cfg(feature = "aws")]
impl AwsSource {
    /// Whether both give the same, whichever region of a partition STS is asked in.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Default { region: ours }, Self::Default { region: theirs }) => {
                ours.partition() == theirs.partition()
            }
            (Self::AssumeRole(ours), Self::AssumeRole(theirs)) => {
                let Role { arn, source, external_id, session_name, duration, region: _ } = ours;
                // The ARN tells the partition.
                (arn, source, external_id) == (&theirs.arn, &theirs.source, &theirs.external_id)
                    && (session_name, duration) == (&theirs.session_name, &theirs.duration)
            }
            (Self::Default { .. }, Self::AssumeRole(_)) | (Self::AssumeRole(_), Self::Default { .. }) => false,
        }
    }
}

/// `provider = "assume_role"`.
#[cfg(feature = "aws")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    pub arn: RoleArn,
    /// The credentials that assume it: others of the configuration, which hold a secret, and never its own in the end.
    pub source: Name,
    pub external_id: Option<ExternalId>,
    pub session_name: SessionName,
    /// 15 minutes to 12 hours; one hour at most where the source is a role's.
    pub duration: Duration,
    /// Whose STS is asked.
    pub region: Region,
}

/// `[rate_limits]`.
#[derive(Debug, Clone, Default)]
pub struct RateLimits {
    pub per_address: Option<Rate>,
    pub per_subject: Option<Rate>,
    pub global: Option<Rate>,
    /// Count and log what would be refused, refuse nothing.
    pub report_only: bool,
    pub store: RateLimitStore,
}

/// `rate_limits.store`: who keeps the accounts.
#[derive(Debug, Clone, Default)]
pub enum RateLimitStore {
    #[default]
    Memory,
    /// All replicas together. `None`: its URL is absent, and memory serves.
    Redis(Option<StoreUrl>),
}

impl RateLimitStore {
    /// As the configuration calls it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Redis(_) => "redis",
        }
    }
}

/// The URL of a Redis, in which there may be a password.
#[derive(Debug, Clone)]
pub struct StoreUrl(SecretString);

impl StoreUrl {
    /// Takes the URL.
    pub(super) fn new(url: SecretString) -> Self {
        Self(url)
    }

    /// What the client needs to connect.
    pub fn connection(&self) -> redis::RedisResult<redis::ConnectionInfo> {
        self.expose().into_connection_info()
    }

    /// Whether it leads to the same place, as the same user.
    pub fn is(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }

    /// The URL as it was written.
    pub(super) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// `{ rate = "50/s", burst = 1000 }`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// This many …
    pub count: NonZeroU32,
    /// … in this time: a second, a minute or an hour.
    pub period: Duration,
    pub burst: NonZeroU32,
}

/// `[audit]`.
#[derive(Debug, Clone)]
pub struct Audit {
    pub sink: AuditSink,
    /// No URL leaves before its line is written.
    pub required: bool,
    /// And on disk.
    pub sync: bool,
    pub chain: AuditChain,
}

/// `audit.chain_key_env` or `audit.chain_key_file`.
#[derive(Debug, Clone)]
pub enum AuditChain {
    /// The key is absent: no line can be written, and `serve` is not ready.
    Absent,
    Keyed(ChainKey),
    None,
}

/// `audit.path`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditSink {
    File(PathBuf),
    Stdout,
}

impl fmt::Display for AuditSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Stdout => f.write_str("stdout"),
        }
    }
}
