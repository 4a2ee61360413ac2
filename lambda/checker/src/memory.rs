//! The state table as checks, sweeps and the teller use it.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tag_compliance_aws::deadline::within;
use tag_compliance_aws::error::{CallError, Failure};
use tag_compliance_aws::sqs::DelayedMessage;
use tag_compliance_aws::state_table::{control, instances, update};
use tag_compliance_core::event::own;
use tag_compliance_core::instance::InstanceId;
use tag_compliance_core::memory::{
    Closed, Era, EraStep, Item, Look, Looked, Rules, Source, State, Write, decide, meet, wake,
};
use tag_compliance_core::timestamp::Timestamp;
use tokio::time::Instant;
use tracing::{error, info, warn};

use crate::context::Context;
use crate::delivery::send_delayed;

/// How many items are written concurrently.
pub const MAX_CONCURRENT_WRITES: usize = 16;
/// How often a decision is repeated because another write came first.
const MAX_CONFLICTS: usize = 3;
/// An item is read again if it was read this long before EC2 answered.
const MAX_FETCH_AGE: Duration = Duration::from_secs(2);

/// How much longer reverting an era may take, after the queue has used up its time.
const FORGETTING: Duration = Duration::from_secs(2);

/// The items of some instances, and which policy is in force.
#[derive(Debug)]
pub struct Memory {
    items: HashMap<InstanceId, Item>,
    /// The era that was read or begun.
    pub era: Option<Era>,
    /// Whether it was begun just now.
    pub has_begun: bool,
    standing: Standing,
    fetched_at: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Decides(Rules),
    /// A newer policy is in force.
    Yields,
}

/// A request to sweep the fleet, if an era begins.
#[derive(Debug, Clone, Copy)]
struct Request;

/// A look at an instance, and when it was requested.
#[derive(Debug, Clone)]
pub struct Sighting {
    pub id: InstanceId,
    /// What it showed.
    pub look: Look,
    /// When it was requested.
    pub asked_at: Timestamp,
}

impl Memory {
    /// Reads the items of instances. If the policy is new, begins an era and requests a sweep.
    ///
    /// # Errors
    /// The table didn't answer until `end`.
    pub async fn recall(
        context: &Context,
        ids: &[InstanceId],
        end: Instant,
    ) -> Result<Self, CallError> {
        Self::recall_for(context, ids, end, Some(Request)).await
    }

    /// The same for a sweep. A sweep of all watched states is the one that a new policy requests.
    ///
    /// # Errors
    /// As [`Memory::recall`].
    pub async fn recall_for_sweep(
        context: &Context,
        is_of_all: bool,
        end: Instant,
    ) -> Result<Self, CallError> {
        let request = (!is_of_all).then_some(Request);
        Self::recall_for(context, &[], end, request).await
    }

    async fn recall_for(
        context: &Context,
        ids: &[InstanceId],
        end: Instant,
        request: Option<Request>,
    ) -> Result<Self, CallError> {
        let read = instances::read(context.state_table(), ids, end);
        let stored = within(end, instances::READ, read).await?;
        let fetched_at = Instant::now();
        let items = stored.items.into_iter().filter_map(|(id, item)| match item {
            Ok(item) => Some((id, item)),
            Err(error) => {
                // Whoever edited it by hand has to fix it. A sweep's digest reports the instance.
                error!(instance_id = %id, "The item of instance {id} in the state table cannot be read: {error}");
                None
            }
        });
        let items = items.collect();
        let there = stored.era.clone();
        let (standing, era) = stand(context, stored.era, end, request).await?;
        let has_begun = era != there && matches!(standing, Standing::Decides(_));
        Ok(Self {
            items,
            era,
            has_begun,
            standing,
            fetched_at,
        })
    }

    /// Whether it is too old for a look that was just answered.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.fetched_at.elapsed() > MAX_FETCH_AGE
    }

    /// The rules of this environment. None if a newer policy is in force.
    #[must_use]
    pub fn rules(&self) -> Option<Rules> {
        match self.standing {
            Standing::Decides(rules) => Some(rules),
            Standing::Yields => None,
        }
    }

    /// The items by instance id.
    pub fn into_items(self) -> impl Iterator<Item = (InstanceId, Item)> {
        self.items.into_iter()
    }

    /// Stores what the looks change, until `end`. Returns the result for each.
    pub async fn remember<'a>(
        &self,
        context: &Context,
        sightings: &'a [Sighting],
        source: Source,
        end: Instant,
    ) -> Vec<(&'a InstanceId, Result<Remembered, CallError>)> {
        let stored = stream::iter(sightings).map(|sighting| async move {
            let store = self.store(context, sighting, source);
            let result = within(end, update::CALL, store).await;
            (&sighting.id, result)
        });
        stored
            .buffer_unordered(MAX_CONCURRENT_WRITES)
            .collect()
            .await
    }

    async fn store(
        &self,
        context: &Context,
        sighting: &Sighting,
        source: Source,
    ) -> Result<Remembered, CallError> {
        let id = &sighting.id;
        let mut there = self.items.get(id).cloned();
        for _ in 0..=MAX_CONFLICTS {
            let Some(write) = self.decided(context, there.as_ref(), sighting, source) else {
                return Ok(Remembered {
                    change: None,
                    item: there,
                });
            };
            match instances::store(context.state_table(), id, &write).await? {
                instances::Stores::Done => {
                    let change = Change::of(there.as_ref(), &write.item);
                    if let Some(change) = change {
                        change.log(id);
                    }
                    let told = write.told.or(there.map(|it| it.told).unwrap_or_default());
                    let item = Item { told, ..write.item };
                    return Ok(Remembered {
                        change,
                        item: Some(item),
                    });
                }
                instances::Stores::Conflict(item) => there = item.map(|item| *item),
            }
        }
        Err(CallError::new(update::CALL, Failure::Contended))
    }

    fn decided(
        &self,
        context: &Context,
        there: Option<&Item>,
        sighting: &Sighting,
        source: Source,
    ) -> Option<Write> {
        let now = (context.clock)();
        match self.standing {
            Standing::Yields => there.map(|item| wake(item, now)),
            Standing::Decides(rules) => {
                let looked = Looked {
                    look: &sighting.look,
                    asked_at: sighting.asked_at,
                    now,
                    source,
                };
                decide(there, looked, rules)
            }
        }
    }
}

/// Whether this environment's policy is in force. If the policy is new, begins an era and requests a sweep.
async fn stand(
    context: &Context,
    stored: Option<Era>,
    end: Instant,
    request: Option<Request>,
) -> Result<(Standing, Option<Era>), CallError> {
    let table = context.state_table();
    let policy_hash = context.config.policy.fingerprint();
    let step = |era: Option<&Era>| meet(era, policy_hash, context.started_at, (context.clock)());
    let decides = |since| Standing::Decides(context.rules(since));
    match step(stored.as_ref()) {
        EraStep::Decide { baseline_until } => Ok((decides(baseline_until), stored)),
        EraStep::Yield => Ok((Standing::Yields, stored)),
        EraStep::Begin(era) => {
            let begin = control::begin_era(table, &era, stored.as_ref());
            if within(end, update::CALL, begin).await? {
                warn!(policy_hash, "New policy; sweeping the fleet");
                if request.is_some()
                    && let Err(error) = request_sweep(context, end).await
                {
                    // Otherwise the retry would find the era begun, and nobody would sweep.
                    let forget = control::forget_era(table, &era);
                    within(end + FORGETTING, update::CALL, forget).await?;
                    return Err(error);
                }
                return Ok((decides(era.baseline_until()), Some(era)));
            }
            // Another environment was faster.
            let read = instances::read(table, &[], end);
            let stored = within(end, instances::READ, read).await?.era;
            match step(stored.as_ref()) {
                EraStep::Decide { baseline_until } => Ok((decides(baseline_until), stored)),
                EraStep::Yield | EraStep::Begin(_) => Ok((Standing::Yields, stored)),
            }
        }
    }
}

/// Requests a sweep with this environment's policy.
///
/// # Errors
/// The message couldn't be sent.
pub async fn request_sweep(context: &Context, end: Instant) -> Result<(), CallError> {
    let policy_hash = context.config.policy.fingerprint();
    let message = DelayedMessage {
        body: own::sweep_request(policy_hash, (context.clock)()).to_string(),
        delay: Duration::ZERO,
    };
    send_delayed(context, &message, end).await
}

/// The result of storing a look.
#[derive(Debug, Clone)]
pub struct Remembered {
    /// The change. None if the look agreed with the item.
    pub change: Option<Change>,
    /// The item afterward, if there is one.
    pub item: Option<Item>,
}

/// The change that a write made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A violation was opened, and people will be alerted.
    Opened,
    /// A violation was opened that belongs to the baseline.
    OpenedAsBaseline,
    /// A sweep found a violation that an event may still report.
    Suspected,
    /// The findings changed.
    Changed,
    /// A violation was closed.
    Closed(Closed),
}

impl Change {
    /// The change that a write made. None if it only made the item due.
    #[must_use]
    pub fn of(there: Option<&Item>, item: &Item) -> Option<Self> {
        let was = there.map(|item| item.state);
        match item.state {
            State::Open if was != Some(State::Open) && item.due.is_none() => {
                Some(Self::OpenedAsBaseline)
            }
            State::Open if was != Some(State::Open) => Some(Self::Opened),
            State::Open => there
                .is_some_and(|it| it.complaints != item.complaints)
                .then_some(Self::Changed),
            State::Suspect => (was != Some(State::Suspect)).then_some(Self::Suspected),
            State::Closed(why) => (was == Some(State::Open)).then_some(Self::Closed(why)),
        }
    }

    /// Logs the change.
    pub fn log(self, id: &InstanceId) {
        match self {
            Self::Opened | Self::OpenedAsBaseline => info!(instance_id = %id, "Violation opened"),
            Self::Suspected => info!(instance_id = %id, "Violation found by a sweep"),
            Self::Changed => info!(instance_id = %id, "Violation changed"),
            Self::Closed(why) => {
                let why = why.as_str();
                info!(instance_id = %id, why, "Violation closed");
            }
        }
    }
}
