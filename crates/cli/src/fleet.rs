//! The instances of some regions, read from EC2.

mod progress;

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use futures_util::{StreamExt, stream};
use tag_compliance_aws::clients::{behavior_version, ec2_in, http_client};
use tag_compliance_aws::ec2::{Pages, Query};
use tag_compliance_aws::error::CallError;
use tag_compliance_core::instance::{Instance, InstanceState};

use self::progress::Progress;
use crate::args::Scan;
use crate::error::Error;

/// Each region has a rate of its own, so more would only need more memory.
const CONCURRENT_REGIONS: usize = 4;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A page of 1,000 instances takes EC2 some seconds.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// What was read.
pub struct Fleet {
    pub regions: Vec<RegionalFleet>,
    pub states: Vec<InstanceState>,
}

/// The instances of a region.
pub struct RegionalFleet {
    pub region: String,
    pub instances: Vec<Instance>,
}

pub async fn read(arguments: &Scan) -> Result<Fleet, Error> {
    let profile = arguments.profile.as_deref();
    let config = load(profile).await;
    let regions = regions(&arguments.region, &config)?;
    let config = with_credentials(&config, profile).await?;
    let progress = Progress::new(regions.len());
    let read: Vec<_> = stream::iter(regions)
        .map(|region| read_region(&config, region, &arguments.state, &progress))
        .buffered(CONCURRENT_REGIONS)
        .collect()
        .await;
    let mut regions = Vec::new();
    let mut errors = Vec::new();
    for result in read {
        match result {
            Ok(region) => regions.push(region),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        let states = arguments.state.clone();
        Ok(Fleet { regions, states })
    } else {
        Err(Error::Regions(errors))
    }
}

async fn load(profile: Option<&str>) -> SdkConfig {
    let http_client = http_client();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build();
    let mut loader = aws_config::defaults(behavior_version())
        .http_client(http_client.clone())
        .timeout_config(timeouts);
    if let Some(profile) = profile {
        // The default chain would take the environment's credentials first; the AWS command line
        // does not where a profile is asked for.
        let provider = ProviderConfig::default().with_http_client(http_client);
        let provider = ProfileFileCredentialsProvider::builder()
            .configure(&provider)
            .profile_name(profile)
            .build();
        loader = loader.profile_name(profile).credentials_provider(provider);
    }
    loader.load().await
}

/// The configuration with credentials that are there already. Each client would otherwise fetch its
/// own, and fail in words that say nothing of credentials.
async fn with_credentials(config: &SdkConfig, profile: Option<&str>) -> Result<SdkConfig, Error> {
    let no_credentials = |reason| Error::NoCredentials {
        searched: match profile {
            Some(profile) => format!("by the profile {profile:?}"),
            None => "in the environment, the configuration files or from a role".to_owned(),
        },
        reason,
    };
    let provider = config.credentials_provider();
    let provider = provider.ok_or_else(|| no_credentials("they are turned off".to_owned()))?;
    let credentials = provider.provide_credentials().await;
    let credentials = credentials.map_err(|error| no_credentials(with_sources(&error)))?;
    let provider = SharedCredentialsProvider::new(credentials);
    Ok(config.to_builder().credentials_provider(provider).build())
}

fn with_sources(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(Some(error), |error| error.source());
    let texts: Vec<_> = sources.map(ToString::to_string).collect();
    texts.join(": ")
}

/// The regions that are asked for, each once, or else that of the configuration.
fn regions(asked_for: &[String], config: &SdkConfig) -> Result<Vec<String>, Error> {
    let mut regions: Vec<String> = Vec::new();
    for region in asked_for {
        if !regions.contains(region) {
            regions.push(region.clone());
        }
    }
    if regions.is_empty() {
        let configured = config.region().ok_or(Error::NoRegion)?;
        regions.push(configured.to_string());
    }
    Ok(regions)
}

async fn read_region(
    config: &SdkConfig,
    region: String,
    states: &[InstanceState],
    progress: &Progress,
) -> Result<RegionalFleet, (String, CallError)> {
    let client = ec2_in(config, &region);
    let mut pages = Pages::new(&client, Query::states(states));
    let mut instances = Vec::new();
    loop {
        match pages.next().await {
            Ok(Some(mut page)) => {
                progress.read(page.len());
                instances.append(&mut page);
            }
            Ok(None) => break,
            Err(error) => return Err((region, error)),
        }
    }
    progress.region_done();
    Ok(RegionalFleet { region, instances })
}
