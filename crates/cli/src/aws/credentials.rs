//! Credentials, from the AWS CLI's sources in its order.

use std::sync::Mutex;

use aws_config::SdkConfig;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use tag_compliance_aws::clients::http_client;
use tag_compliance_aws::networks::{SharedHttpClient, with_proxy};
use tag_compliance_core::text::Quoted;

use super::error::{AccessError, with_sources};
use super::profiles::{Origin, Profiles, variable_of};

/// For either, the SDK says that a variable is not set, but not which.
const UNSET_KEYS: &str = "AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set";

/// The credentials of the selected profile or of the environment.
pub async fn fetch(
    profiles: &Profiles,
    config: &SdkConfig,
    proxied: SharedHttpClient,
) -> Result<Renewed, AccessError> {
    let from_profile = profiles.is_asked_for || variable_of("AWS_ACCESS_KEY_ID").is_none();
    let origin = if from_profile {
        profiles.origin()?
    } else {
        None
    };
    if let Some((profile, serial)) = origin.as_ref().and_then(|origin| origin.mfa) {
        return Err(AccessError::Mfa {
            profile: profile.to_owned(),
            serial: serial.to_owned(),
        });
    }
    let provider = provider(profiles, origin.as_ref(), config, proxied);
    let found = provider.provide_credentials().await.map_err(|error| {
        let searched = if from_profile && (profiles.is_named || origin.is_some()) {
            format!("from the profile {}", Quoted(profiles.name()))
        } else {
            "in the environment, the configuration files or from a role".to_owned()
        };
        AccessError::NoCredentials {
            searched,
            reason: reason(&error),
            hint: origin.as_ref().map(hint).unwrap_or_default(),
        }
    })?;
    let first = Mutex::new(Some(usable(found)?));
    Ok(Renewed { first, provider })
}

/// The SDK panics if the id does not fit a header, and does not name the token.
fn usable(found: Credentials) -> Result<Credentials, AccessError> {
    let id = found.access_key_id();
    if !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(AccessError::NoKeyId(id.to_owned()));
    }
    let token = found.session_token().unwrap_or_default();
    if token.contains(char::is_control) {
        return Err(AccessError::NoToken);
    }
    Ok(found)
}

/// Credentials that were already fetched, and the provider of the next ones once they expire.
#[derive(Debug)]
pub struct Renewed {
    first: Mutex<Option<Credentials>>,
    provider: CredentialsProviderChain,
}

impl Renewed {
    async fn next(&self) -> Result<Credentials, CredentialsError> {
        let first = self.first.lock().ok().and_then(|mut first| first.take());
        if let Some(first) = first {
            return Ok(first);
        }
        let found = self.provider.provide_credentials().await;
        found.and_then(|found| usable(found).map_err(CredentialsError::invalid_configuration))
    }
}

impl ProvideCredentials for Renewed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.next())
    }
}

/// The AWS CLI's chain (`create_credential_resolver` of its botocore): with `--profile` neither the
/// environment's keys nor its web identity count, and else these come before the profile, the web
/// identity only if the profile assumes no role.
fn provider(
    profiles: &Profiles,
    origin: Option<&Origin<'_>>,
    config: &SdkConfig,
    proxied: SharedHttpClient,
) -> CredentialsProviderChain {
    let provider = ProviderConfig::default()
        .with_http_client(proxied)
        .with_region(config.region().cloned())
        .with_use_fips(config.use_fips())
        .with_use_dual_stack(config.use_dual_stack());
    let nearby = nearby(provider.clone());
    let container = SharedCredentialsProvider::new(
        EcsCredentialsProvider::builder().configure(&nearby).build(),
    );
    let instance = SharedCredentialsProvider::new(
        ImdsCredentialsProvider::builder()
            .configure(&nearby)
            .build(),
    );
    let profile = ProfileFileCredentialsProvider::builder()
        .configure(&provider)
        .profile_name(profiles.name())
        .with_custom_provider("EcsContainer", container.clone())
        .with_custom_provider("Ec2InstanceMetadata", instance.clone())
        .build();
    let web_identity = WebIdentityTokenCredentialsProvider::builder()
        .configure(&provider)
        .build();
    let keys = EnvironmentVariableCredentialsProvider::new();
    let (profile_name, web_identity_name) = ("Profile", "WebIdentity");
    let chain = if profiles.is_asked_for {
        CredentialsProviderChain::first_try(profile_name, profile)
    } else {
        let chain = CredentialsProviderChain::first_try("Environment", keys);
        if origin.is_some_and(|origin| origin.takes_role) {
            chain.or_else(profile_name, profile)
        } else {
            chain
                .or_else(web_identity_name, web_identity)
                .or_else(profile_name, profile)
        }
    };
    chain
        .or_else("Container", container)
        .or_else("Instance", instance)
}

/// The SDK's message on one line; it has a line for each link of the chain.
fn reason(error: &dyn std::error::Error) -> String {
    let text = with_sources(error);
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.ends_with("Attempted:"));
    let lines: Vec<_> = lines
        .map(|line| {
            line.replace("the credential provider was not enabled: ", "")
                .replace("environment variable not set", UNSET_KEYS)
        })
        .collect();
    with_proxy(lines.join("; "))
}

/// For services on the machine itself, which are never behind a proxy.
pub fn nearby(provider: ProviderConfig) -> ProviderConfig {
    provider.with_http_client(http_client())
}

/// The command that renews a profile's credentials. Profile names that the SDK finds hold nothing that a
/// shell would interpret.
fn hint(origin: &Origin<'_>) -> String {
    let has = |key| origin.profile.get(key).is_some();
    let command = if has("sso_session") || has("sso_start_url") {
        "aws sso login"
    } else if has("login_session") {
        "aws login"
    } else {
        return String::new();
    };
    format!(
        "; {command} --profile {} signs in again",
        origin.profile.name()
    )
}
