//! One source, read once: which provider it is, where its file is, and what all providers' credentials must be.

use std::path::PathBuf;
use std::time::Duration;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use secrecy::ExposeSecret;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use crate::adapters::config::CredentialsSource;
use crate::adapters::credentials::environment;
use crate::adapters::credentials::error::CredentialsError;
use crate::adapters::credentials::file;
use crate::adapters::credentials::profile;
use crate::adapters::followed_file;
use crate::domain::signing_keys::SigningKeys;
use crate::domain::sigv4;

/// What a source gives.
pub enum Found {
    Keys(SigningKeys),
    Secret(Credentials),
}

/// Reads a source as it is now.
pub fn read(source: &CredentialsSource) -> Result<Found, CredentialsError> {
    match source {
        CredentialsSource::Environment { prefix } => environment::credentials(prefix, variable).map(Found::Secret),
        CredentialsSource::Given { access_key_id, secret_access_key } => {
            Parts::new(access_key_id, secret_access_key.expose_secret()).check(&Labels::JSON).map(Found::Secret)
        }
        CredentialsSource::File { .. } | CredentialsSource::Profile { .. } | CredentialsSource::SigningKey { .. } => {
            let followed = Followed::of(source)?.ok_or(CredentialsError::UnknownHome)?;
            followed.parse(&followed.bytes()?)
        }
    }
}

/// A source that is a file.
pub struct Followed {
    path: PathBuf,
    format: Format,
}

enum Format {
    Json,
    Keys,
    Profile(String),
}

impl Followed {
    /// The file that a source is; `None` for those that are none.
    pub fn of(source: &CredentialsSource) -> Result<Option<Self>, CredentialsError> {
        Ok(match source {
            CredentialsSource::Environment { .. } | CredentialsSource::Given { .. } => None,
            CredentialsSource::File { path } => Some(Self { path: path.clone(), format: Format::Json }),
            CredentialsSource::SigningKey { path, .. } => Some(Self { path: path.clone(), format: Format::Keys }),
            CredentialsSource::Profile { profile, credentials_file } => Some(Self {
                path: profile::path(credentials_file.as_deref(), variable)?,
                format: Format::Profile(profile.clone()),
            }),
        })
    }

    /// What the file holds now; wiped when dropped.
    pub fn bytes(&self) -> Result<Zeroizing<Vec<u8>>, CredentialsError> {
        followed_file::read(&self.path)
            .map_err(|error| CredentialsError::Unreadable { path: self.path.clone(), kind: error.kind() })
    }

    /// What the file's bytes are.
    pub fn parse(&self, bytes: &[u8]) -> Result<Found, CredentialsError> {
        match &self.format {
            Format::Json => file::credentials(&self.path, bytes).map(Found::Secret),
            Format::Keys => SigningKeys::parse(bytes)
                .map(Found::Keys)
                .map_err(|invalid| CredentialsError::Keys { path: self.path.clone(), invalid }),
            Format::Profile(profile) => profile::credentials(&self.path, profile, bytes).map(Found::Secret),
        }
    }
}

/// An environment variable; one that is empty is none, as the AWS CLI has it.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// What a provider read, not yet looked at. Empty is absent.
pub struct Parts<'a> {
    pub access_key_id: &'a str,
    pub secret_access_key: &'a str,
    pub session_token: &'a str,
    pub expires_at: Option<SystemTime>,
}

/// What a provider calls its parts, for messages.
pub struct Labels<'a> {
    pub access_key_id: &'a str,
    pub secret_access_key: &'a str,
    pub session_token: &'a str,
    pub expires_at: &'a str,
}

impl Labels<'static> {
    /// The names of `credential_process`.
    pub const JSON: Self = Self {
        access_key_id: "AccessKeyId",
        secret_access_key: "SecretAccessKey",
        session_token: "SessionToken",
        expires_at: "Expiration",
    };
}

impl<'a> Parts<'a> {
    /// The two that there always are.
    pub fn new(access_key_id: &'a str, secret_access_key: &'a str) -> Self {
        Self { access_key_id, secret_access_key, session_token: "", expires_at: None }
    }

    /// Both keys are there and have only what can be signed with: a slash in the id would end it within the credential
    /// scope, and a stray line break in a secret would give signatures that nobody accepts. The end is one that RFC 3339
    /// can tell.
    pub fn check(&self, labels: &Labels<'_>) -> Result<Credentials, CredentialsError> {
        let graphic = |byte: u8| byte.is_ascii_graphic();
        required(self.access_key_id, labels.access_key_id)?;
        required(self.secret_access_key, labels.secret_access_key)?;
        made_of(self.access_key_id, labels.access_key_id, sigv4::is_of_access_key_id)?;
        made_of(self.secret_access_key, labels.secret_access_key, |byte| !byte.is_ascii_control())?;
        made_of(self.session_token, labels.session_token, graphic)?;
        if self.expires_at.is_some_and(|end| end >= SystemTime::UNIX_EPOCH + YEAR_10000) {
            return Err(CredentialsError::InvalidTime(labels.expires_at.to_owned()));
        }
        let token = (!self.session_token.is_empty()).then(|| self.session_token.to_owned());
        Ok(Credentials::new(self.access_key_id, self.secret_access_key, token, self.expires_at, "presignd"))
    }
}

/// Since 1970: the first year that RFC 3339 cannot tell.
const YEAR_10000: Duration = Duration::from_secs(253_402_300_800);

fn required(value: &str, label: &str) -> Result<(), CredentialsError> {
    match value.is_empty() {
        true => Err(CredentialsError::Absent(label.to_owned())),
        false => Ok(()),
    }
}

fn made_of(value: &str, label: &str, allowed: impl Fn(u8) -> bool) -> Result<(), CredentialsError> {
    match value.bytes().all(allowed) {
        true => Ok(()),
        false => Err(CredentialsError::InvalidCharacter(label.to_owned())),
    }
}

/// An RFC 3339 time.
pub fn rfc3339(text: &str) -> Option<SystemTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(SystemTime::from)
}
