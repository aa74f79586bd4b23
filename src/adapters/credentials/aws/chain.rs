//! AWS's default chain, provider by provider: the first that is set up here gives the credentials, or says why not.
//!
//! The order is that of aws-config's `DefaultCredentialsChain`, which is not used itself for two reasons: it takes no
//! notice of `AWS_CREDENTIAL_EXPIRATION`, and where the instance's metadata gives credentials that have ended it says that
//! they end later. A URL would then outlive what signed it.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html#credentialProviderChain>

use std::time::SystemTime;

use aws_config::BehaviorVersion;
use aws_config::default_provider::use_dual_stack::use_dual_stack_provider;
use aws_config::default_provider::use_fips::use_fips_provider;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError as ProviderError;
use aws_smithy_async::time::StaticTimeSource;

use crate::adapters::credentials::aws;
use crate::adapters::credentials::aws::refusal;
use crate::adapters::credentials::environment;
use crate::adapters::credentials::error::CredentialsError;
use crate::adapters::credentials::source::variable;
use crate::domain::region::Region;

/// The credentials of the first provider that is set up.
pub async fn ask(region: &Region) -> Result<Credentials, CredentialsError> {
    match environment::credentials("", variable) {
        Err(CredentialsError::Absent(_)) => {}
        found => return found,
    }
    let config = config(region).await;
    for (name, provider) in providers(&config) {
        match provider.provide_credentials().await {
            Err(ProviderError::CredentialsNotLoaded(_)) => {}
            found => return found.map_err(|error| refusal::told(name, &error)),
        }
    }
    Err(CredentialsError::NothingSetUp)
}

fn providers(config: &ProviderConfig) -> [(&'static str, Box<dyn ProvideCredentials>); 4] {
    let profile = ProfileFileCredentialsProvider::builder().configure(config);
    let profile = profile.with_custom_provider("Ec2InstanceMetadata", instance(config)).build();
    let web_identity = WebIdentityTokenCredentialsProvider::builder().configure(config).build();
    let container = EcsCredentialsProvider::builder().configure(config).build();
    [
        ("the profile", Box::new(profile)),
        ("the web identity", Box::new(web_identity)),
        ("the container's endpoint", Box::new(container)),
        ("the instance's metadata", Box::new(instance(config))),
    ]
}

/// To this provider it is always 1970, when nothing has ended: so it leaves the end as it is told.
fn instance(config: &ProviderConfig) -> ImdsCredentialsProvider {
    let client = imds::Client::builder().configure(config).max_attempts(1).build();
    let config = config.clone().with_time_source(StaticTimeSource::new(SystemTime::UNIX_EPOCH));
    ImdsCredentialsProvider::builder().configure(&config).imds_client(client).build()
}

async fn config(region: &Region) -> ProviderConfig {
    let config = ProviderConfig::default().with_region(Some(aws::region(region)));
    let config = config.with_behavior_version(Some(BehaviorVersion::latest()));
    let config = config.with_retry_config(RetryConfig::disabled()).with_timeout_config(aws::one_call());
    let (fips, dual_stack) = (use_fips_provider(&config).await, use_dual_stack_provider(&config).await);
    config.with_use_fips(fips).with_use_dual_stack(dual_stack)
}
