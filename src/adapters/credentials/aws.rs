//! Credentials that AWS gives out: by its default chain, or by STS for a role. Asked anew each time: nothing is kept
//! between two attempts, neither a client nor an answer.

mod chain;
mod refusal;

use std::time::Duration;

use aws_config::AppName;
use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use tokio::time::timeout;

use crate::adapters::config::AwsSource;
use crate::adapters::config::Role;
use crate::adapters::credentials::error::CredentialsError;
use crate::adapters::credentials::error::LONGEST_ATTEMPT;
use crate::adapters::credentials::source::Labels;
use crate::adapters::credentials::source::Parts;

/// Asks once; `from` are the credentials of the source that a role has.
pub async fn ask(source: &AwsSource, from: Option<&Credentials>) -> Result<Credentials, CredentialsError> {
    let asked = async {
        match (source, from) {
            (AwsSource::Default { region }, _) => chain::ask(region).await,
            (AwsSource::AssumeRole(role), Some(from)) => assume(role, from).await,
            (AwsSource::AssumeRole(role), None) => Err(CredentialsError::NoSource(role.source.clone())),
        }
    };
    let found = timeout(LONGEST_ATTEMPT, asked).await.map_err(|_| CredentialsError::NoAnswer)??;
    let parts = Parts {
        access_key_id: found.access_key_id(),
        secret_access_key: found.secret_access_key(),
        session_token: found.session_token().unwrap_or_default(),
        expires_at: found.expiry(),
    };
    parts.check(&Labels::JSON)
}

/// `AssumeRole`, with what aws-config reads from the environment and its files: endpoints, FIPS, dual stack.
async fn assume(role: &Role, from: &Credentials) -> Result<Credentials, CredentialsError> {
    let loader = aws_config::defaults(BehaviorVersion::latest()).region(region(&role.region)).no_credentials();
    let loader = loader.retry_config(RetryConfig::disabled()).timeout_config(one_call());
    let config = app_name().into_iter().fold(loader, |loader, name| loader.app_name(name)).load().await;
    let provider = AssumeRoleProvider::builder(role.arn.as_str()).session_name(role.session_name.as_str());
    let provider = provider.session_length(role.duration).configure(&config);
    let provider = role.external_id.iter().fold(provider, |provider, id| provider.external_id(id.as_str()));
    let provider = provider.build_from_provider(from.clone()).await;
    provider.provide_credentials().await.map_err(|error| refusal::told("STS", &error))
}

fn region(region: &crate::domain::region::Region) -> aws_config::Region {
    aws_config::Region::new(region.as_str().to_owned())
}

/// What AWS's own logs call who asks.
fn app_name() -> Option<AppName> {
    AppName::new(concat!("presignd-", env!("CARGO_PKG_VERSION"))).ok()
}

/// Of one call of STS or of IAM Identity Center. Calls are repeated by the renewal, not by the client.
fn one_call() -> TimeoutConfig {
    let limit = TimeoutConfig::builder().connect_timeout(Duration::from_secs(2));
    limit.operation_attempt_timeout(Duration::from_secs(5)).build()
}
