//! Access to AWS, configured as the AWS CLI is: profiles, credentials, regions, endpoints, proxies and retries.

mod authorities;
mod credentials;
mod endpoints;
mod error;
mod patience;
mod profiles;
mod proxies;
mod retries;

use std::time::Duration;

use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::provider_config::ProviderConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use tag_compliance_aws::clients::behavior_version;
use tag_compliance_aws::networks::http_client;
use tag_compliance_core::expected::Expected;
use tag_compliance_core::instance::RegionName;

pub use self::error::AccessError;
pub use self::patience::Patience;
use self::profiles::{Profiles, Setting, variable_of};
use self::retries::Retries;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// EC2 needs seconds for a page of 1,000 instances.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// Which identity to call AWS with, and where.
#[derive(Debug, Clone, Copy, Default)]
pub struct Access<'a> {
    /// From `--profile`. Without it the environment decides, by `AWS_PROFILE` or credentials.
    pub profile: Option<&'a str>,
    /// From `--region`. Without it the environment decides, then the profile.
    pub region: Option<&'a str>,
}

/// What a command calls AWS with.
#[derive(Debug)]
pub struct Session {
    /// For clients, with a region and with credentials that have been fetched once.
    pub config: SdkConfig,
    /// For calls that the SDK has given up on.
    pub patience: Patience,
}

/// A session. Its credentials are fetched at once: without them, a client would fail later,
/// with an error that does not mention credentials.
///
/// # Errors
/// There is no region, no source of credentials, or a setting is invalid.
pub async fn load(access: &Access<'_>) -> Result<Session, AccessError> {
    check_agent()?;
    let profiles = Profiles::load(access.profile).await?;
    endpoints::check(&profiles)?;
    proxies::check()?;
    let home = home(&profiles, access.region)?;
    let http_client = http_client(authorities::configured(&profiles)?);
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build();
    let Retries {
        config: retries,
        patience,
    } = retries::configured(&profiles)?;
    let config = aws_config::defaults(behavior_version())
        .http_client(http_client.clone())
        .timeout_config(timeouts)
        .profile_name(profiles.name())
        .retry_config(retries)
        .region(home)
        .load()
        .await;
    let called = access.region.map(|region| Region::new(region.to_owned()));
    let called = called.or_else(|| config.region().cloned());
    let called = called.ok_or(AccessError::NoRegion)?;
    let credentials = credentials::fetch(&profiles, &config, http_client).await?;
    let config = config
        .to_builder()
        .region(called)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    Ok(Session { config, patience })
}

/// The SDK writes it into a header of each request, and fails if it is invalid.
fn check_agent() -> Result<(), AccessError> {
    let place = "AWS_EXECUTION_ENV".to_owned();
    match variable_of(&place) {
        Some(value) if value.contains(char::is_control) => {
            Err(Setting { value, place }.refused("text on one line"))
        }
        _ => Ok(()),
    }
}

/// The region in which roles are assumed: from the environment or the profile, because the
/// requested one may not be enabled.
fn home(profiles: &Profiles, asked_for: Option<&str>) -> Result<RegionProviderChain, AccessError> {
    let setting = profiles.region().map(read_region).transpose()?;
    let chain = RegionProviderChain::first_try(setting);
    Ok(match asked_for {
        Some(region) => chain.or_else(Region::new(region.to_owned())),
        None => chain.or_else(
            ImdsRegionProvider::builder()
                .configure(&credentials::nearby(ProviderConfig::default()))
                .build(),
        ),
    })
}

fn read_region(setting: Setting) -> Result<Region, AccessError> {
    match setting.value.parse::<RegionName>() {
        Ok(_) => Ok(Region::new(setting.value)),
        Err(_) => Err(setting.refused(RegionName::EXPECTED)),
    }
}
