//! The instances of some regions, read from EC2.

mod progress;

use std::fmt::{self, Display, Formatter};

use aws_config::SdkConfig;
use futures_util::{StreamExt, stream};
use tag_compliance_aws::clients::{ec2, ec2_in};
use tag_compliance_aws::ec2::regions::enabled;
use tag_compliance_aws::ec2::{Pages, Query};
use tag_compliance_aws::error::{CallError, Failure};
use tag_compliance_core::instance::{Instance, InstanceState};
use tokio::time::sleep;

use self::progress::{Progress, RegionProgress};
use crate::args::Scan;
use crate::aws::{self, Access, AccessError, Session};
use crate::error::Error;

/// Each region has a rate of its own, so more would only need more memory.
const CONCURRENT_REGIONS: usize = 8;

/// What was read.
pub struct Fleet {
    pub regions: Vec<RegionalFleet>,
    /// The regions that are not in the report.
    pub unread: Vec<UnreadRegion>,
    pub states: Vec<InstanceState>,
}

/// The instances of a region.
pub struct RegionalFleet {
    pub region: String,
    pub instances: Vec<Instance>,
}

/// A region that could not be read.
#[derive(Debug)]
pub struct UnreadRegion {
    pub region: String,
    pub error: CallError,
}

impl Display for UnreadRegion {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.region, self.reason())
    }
}

impl UnreadRegion {
    /// Why it could not be read.
    pub fn reason(&self) -> String {
        let hint = match &self.error.failure {
            // EC2 blames the credentials where the region is none of the account's.
            Failure::Refused { code, .. } if code == "AuthFailure" || code == "OptInRequired" => {
                "; is the region enabled for the account?"
            }
            _ => "",
        };
        format!("{}{hint}", self.error)
    }
}

/// Reads the regions side by side. What fails in one takes nothing away from the others.
///
/// # Errors
/// AWS can't be called, or not one region could be read.
pub async fn read(arguments: &Scan) -> Result<Fleet, Error> {
    let session = aws::load(&Access {
        profile: arguments.profile.as_deref(),
        region: arguments.region.first().map(String::as_str),
    })
    .await
    .map_err(|error| match error {
        AccessError::NoRegion if arguments.all_regions => AccessError::NoFirstRegion,
        error => error,
    })?;
    let names = if arguments.all_regions {
        all_regions(&session).await.map_err(Error::ListRegions)?
    } else {
        regions(&arguments.region, &session.config)
    };
    let progress = Progress::new(names.len());
    let read: Vec<_> = stream::iter(names)
        .map(|region| read_region(&session, region, &arguments.state, &progress))
        .buffered(CONCURRENT_REGIONS)
        .collect()
        .await;
    let mut regions = Vec::new();
    let mut unread = Vec::new();
    for result in read {
        match result {
            Ok(region) => regions.push(region),
            Err(region) => unread.push(region),
        }
    }
    if regions.is_empty() && !unread.is_empty() {
        return Err(Error::Regions(unread));
    }
    Ok(Fleet {
        regions,
        unread,
        states: arguments.state.clone(),
    })
}

/// The regions that are asked for, each once, or else that of the configuration.
fn regions(asked_for: &[String], config: &SdkConfig) -> Vec<String> {
    let mut regions: Vec<String> = Vec::new();
    for region in asked_for {
        if !regions.contains(region) {
            regions.push(region.clone());
        }
    }
    if regions.is_empty() {
        regions.extend(config.region().map(ToString::to_string));
    }
    regions
}

async fn all_regions(session: &Session) -> Result<Vec<String>, CallError> {
    let client = ec2(&session.config);
    let mut patience = session.patience.clone();
    loop {
        match enabled(&client).await {
            Ok(regions) => return Ok(regions),
            Err(error) => sleep(patience.after(&error).ok_or(error)?).await,
        }
    }
}

async fn read_region(
    session: &Session,
    region: String,
    states: &[InstanceState],
    progress: &Progress,
) -> Result<RegionalFleet, UnreadRegion> {
    let bar = progress.region(&region);
    match read_pages(session, &region, states, &bar).await {
        Ok(instances) => Ok(RegionalFleet { region, instances }),
        Err(error) => Err(UnreadRegion { region, error }),
    }
}

async fn read_pages(
    session: &Session,
    region: &str,
    states: &[InstanceState],
    bar: &RegionProgress,
) -> Result<Vec<Instance>, CallError> {
    let client = ec2_in(&session.config, region);
    let mut pages = Pages::new(&client, Query::states(states));
    let mut instances = Vec::new();
    let mut patience = session.patience.clone();
    loop {
        match pages.next().await {
            Ok(Some(mut page)) => {
                instances.append(&mut page);
                bar.read(instances.len());
                patience = session.patience.clone();
            }
            Ok(None) => return Ok(instances),
            // The page that failed is the next one, still.
            Err(error) => {
                let wait = patience.after(&error).ok_or(error)?;
                bar.waits();
                sleep(wait).await;
            }
        }
    }
}
