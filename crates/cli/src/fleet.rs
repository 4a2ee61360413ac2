//! The instances of some regions, read from EC2.

mod progress;

use std::collections::BTreeSet;
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
use crate::aws::{self, Access, AccessError, Session};

/// Each region has its own rate limit, so more would only use more memory.
const CONCURRENT_REGIONS: usize = 8;

/// What to read.
pub struct Wanted<'a> {
    /// May repeat; if empty, the configured region.
    pub regions: &'a [String],
    /// Whether to read every region that is enabled for the account.
    pub has_all_regions: bool,
    /// May repeat; if empty, the environment decides.
    pub profiles: &'a [String],
    pub states: &'a [InstanceState],
}

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// AWS can't be called.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The account's regions can't be listed.
    #[error("the account's regions: {0}")]
    ListRegions(CallError),
    /// No region can be read.
    #[error("{} regions can't be read", .0.len())]
    Regions(Vec<UnreadRegion>),
}

impl FleetError {
    /// A line for each thing that is wrong.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Regions(regions) => regions.iter().map(ToString::to_string).collect(),
            other => vec![other.to_string()],
        }
    }
}

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
    /// The profile that it was read with, if one was given.
    pub profile: Option<String>,
    pub instances: Vec<Instance>,
}

/// A region that could not be read.
#[derive(Debug)]
pub struct UnreadRegion {
    /// Its name; for a profile that can't be used, the requested regions.
    pub region: String,
    /// The profile, if there are several.
    pub profile: Option<String>,
    /// Why it could not be read.
    pub reason: String,
}

impl Display for UnreadRegion {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place(), self.reason)
    }
}

impl UnreadRegion {
    /// What could not be read.
    pub fn place(&self) -> String {
        match &self.profile {
            Some(profile) => format!("{} from the profile \"{profile}\"", self.region),
            None => self.region.clone(),
        }
    }
}

/// Reads the regions of each profile. A failure in one does not affect the others.
///
/// # Errors
/// AWS can't be called, or no region could be read.
pub async fn read(wanted: &Wanted<'_>) -> Result<Fleet, FleetError> {
    let mut fleet = Fleet {
        regions: Vec::new(),
        unread: Vec::new(),
        states: wanted.states.to_vec(),
    };
    let profiles = profiles(wanted.profiles);
    for &profile in &profiles {
        match read_profile(wanted, profile).await {
            Ok((regions, unread)) => {
                fleet.regions.extend(regions);
                fleet.unread.extend(unread);
            }
            Err(error) if profiles.len() == 1 => return Err(error),
            Err(error) => fleet.unread.push(UnreadRegion {
                region: match wanted.regions {
                    [] => "every region".to_owned(),
                    regions => regions.join(", "),
                },
                profile: None,
                reason: error.to_string(),
            }),
        }
        if let (Some(profile), true) = (profile, profiles.len() > 1) {
            for unread in fleet.unread.iter_mut().filter(|it| it.profile.is_none()) {
                unread.profile = Some(profile.to_owned());
            }
        }
    }
    if fleet.regions.is_empty() && !fleet.unread.is_empty() {
        return Err(FleetError::Regions(fleet.unread));
    }
    forget_twins(&mut fleet.regions);
    Ok(fleet)
}

/// Why a region could not be read.
fn reason(error: &CallError) -> String {
    let hint = match &error.failure {
        // EC2 blames the credentials if the region is not enabled for the account.
        Failure::Refused { code, .. } if code == "AuthFailure" || code == "OptInRequired" => {
            "; is the region enabled for the account?"
        }
        _ => "",
    };
    format!("{error}{hint}")
}

/// Each profile once; `None` lets the environment decide.
fn profiles(asked_for: &[String]) -> Vec<Option<&str>> {
    let mut profiles = Vec::new();
    for profile in asked_for {
        if !profiles.contains(&Some(profile.as_str())) {
            profiles.push(Some(profile.as_str()));
        }
    }
    if profiles.is_empty() {
        profiles.push(None);
    }
    profiles
}

/// Keeps one copy of an instance that several profiles of an account have read.
fn forget_twins(regions: &mut [RegionalFleet]) {
    let mut known = BTreeSet::new();
    for regional in regions {
        regional
            .instances
            .retain(|it| known.insert((regional.region.clone(), it.id.clone())));
    }
}

/// Reads the regions side by side.
async fn read_profile(
    wanted: &Wanted<'_>,
    profile: Option<&str>,
) -> Result<(Vec<RegionalFleet>, Vec<UnreadRegion>), FleetError> {
    let session = aws::load(&Access {
        profile,
        region: wanted.regions.first().map(String::as_str),
    })
    .await
    .map_err(|error| match error {
        AccessError::NoRegion if wanted.has_all_regions => AccessError::NoFirstRegion,
        error => error,
    })?;
    let names = if wanted.has_all_regions {
        all_regions(&session)
            .await
            .map_err(FleetError::ListRegions)?
    } else {
        regions(wanted.regions, &session.config)
    };
    let progress = Progress::new(names.len());
    let read: Vec<_> = stream::iter(names)
        .map(|region| read_region(&session, (profile, region), wanted.states, &progress))
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
    Ok((regions, unread))
}

/// The requested regions, each once, or else the configured one.
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
    (profile, region): (Option<&str>, String),
    states: &[InstanceState],
    progress: &Progress,
) -> Result<RegionalFleet, UnreadRegion> {
    let bar = progress.region(&region);
    match read_pages(session, &region, states, &bar).await {
        Ok(instances) => Ok(RegionalFleet {
            region,
            profile: profile.map(str::to_owned),
            instances,
        }),
        Err(error) => Err(UnreadRegion {
            region,
            profile: None,
            reason: reason(&error),
        }),
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
            // The failed page is still the next one.
            Err(error) => {
                let wait = patience.after(&error).ok_or(error)?;
                bar.waits();
                sleep(wait).await;
            }
        }
    }
}
