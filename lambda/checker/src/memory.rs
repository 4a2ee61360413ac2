//! Remembering what was seen: the state table, as a check and the teller use it.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tag_compliance_aws::deadline::within;
use tag_compliance_aws::error::{CallError, Failure};
use tag_compliance_aws::sqs::{self, DelayedMessage};
use tag_compliance_aws::state_table::{control, instances, update};
use tag_compliance_core::event::own;
use tag_compliance_core::instance::InstanceId;
use tag_compliance_core::memory::{
    Era, EraStep, Item, Look, Looked, Rules, Source, State, Write, decide, meet, wake,
};
use tag_compliance_core::timestamp::Timestamp;
use tokio::time::Instant;
use tracing::{error, info, warn};

use crate::context::Context;

/// How many items are written at a time.
const MAX_CONCURRENT_WRITES: usize = 16;
/// How often a decision is made anew because another write came before.
const MAX_CONFLICTS: usize = 3;
/// An item that was fetched longer than this before the answer of a look is fetched again.
const MAX_FETCH_AGE: Duration = Duration::from_secs(2);

/// What is remembered of some instances, and whether this environment decides.
#[derive(Debug)]
pub struct Memory {
    items: HashMap<InstanceId, Item>,
    /// The era that is stored, or was begun.
    pub era: Option<Era>,
    /// Whether it was begun just now.
    pub has_begun: bool,
    standing: Standing,
    fetched_at: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Decides(Rules),
    /// A newer policy decides.
    Yields,
}

/// A request to sweep the fleet, where an era begins.
#[derive(Debug, Clone, Copy)]
struct Request;

/// A look at an instance, and when it was asked for.
#[derive(Debug, Clone)]
pub struct Sighting {
    /// The instance.
    pub id: InstanceId,
    /// What it showed.
    pub look: Look,
    /// When it was asked for.
    pub asked_at: Timestamp,
}

impl Memory {
    /// Recalls what is remembered of instances. Where the policy is new, it begins an era and has the fleet
    /// swept.
    ///
    /// # Errors
    /// The table could not be asked until `end`.
    pub async fn recall(
        context: &Context,
        ids: &[InstanceId],
        end: Instant,
    ) -> Result<Self, CallError> {
        Self::recall_for(context, ids, end, Some(Request)).await
    }

    /// The same for a sweep, which is what a new policy asks for, where it is one of all.
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
                // Whoever wrote it by hand has to mend it; a sweep's digest tells of the instance.
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

    /// Whether it has to be recalled again, for a look that was answered just now.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.fetched_at.elapsed() > MAX_FETCH_AGE
    }

    /// How this environment decides; nothing where a newer policy does.
    #[must_use]
    pub fn rules(&self) -> Option<Rules> {
        match self.standing {
            Standing::Decides(rules) => Some(rules),
            Standing::Yields => None,
        }
    }

    /// The items, by instance.
    pub fn into_items(self) -> impl Iterator<Item = (InstanceId, Item)> {
        self.items.into_iter()
    }

    /// Remembers what checks have seen, until `end`; returns what failed.
    pub async fn remember(
        &self,
        context: &Context,
        sightings: &[Sighting],
        end: Instant,
    ) -> HashMap<InstanceId, CallError> {
        let stored = stream::iter(sightings).map(|sighting| async move {
            let store = self.store(context, sighting);
            let result = within(end, update::CALL, store).await;
            result.err().map(|error| (sighting.id.clone(), error))
        });
        let stored = stored.buffer_unordered(MAX_CONCURRENT_WRITES);
        stored.filter_map(std::future::ready).collect().await
    }

    async fn store(&self, context: &Context, sighting: &Sighting) -> Result<(), CallError> {
        let id = &sighting.id;
        let mut there = self.items.get(id).cloned();
        for _ in 0..=MAX_CONFLICTS {
            let Some(write) = self.decided(context, there.as_ref(), sighting) else {
                return Ok(());
            };
            match instances::store(context.state_table(), id, &write).await? {
                instances::Stores::Done => {
                    log(id, there.as_ref(), &write);
                    return Ok(());
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
    ) -> Option<Write> {
        let now = (context.clock)();
        match self.standing {
            Standing::Yields => there.map(|item| wake(item, now)),
            Standing::Decides(rules) => {
                let looked = Looked {
                    look: &sighting.look,
                    asked_at: sighting.asked_at,
                    now,
                    source: Source::Check,
                };
                decide(there, looked, rules)
            }
        }
    }
}

/// Whether this environment decides. Where its policy is new, it begins an era, and has the fleet swept.
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
                warn!(policy_hash, "A policy begins: the fleet is swept");
                if let Some(Request) = request {
                    request_sweep(context, end).await?;
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

/// Has the fleet swept by the policy of this environment.
///
/// # Errors
/// The message could not be sent.
pub async fn request_sweep(context: &Context, end: Instant) -> Result<(), CallError> {
    let policy_hash = context.config.policy.fingerprint();
    let message = DelayedMessage {
        body: own::sweep_request(policy_hash, (context.clock)()).to_string(),
        delay: Duration::ZERO,
    };
    let queue_url = &context.config.delay_queue_url;
    let sent = sqs::send(&context.clients.sqs, queue_url, &[&message], end).await;
    sent.into_iter().collect()
}

fn log(id: &InstanceId, there: Option<&Item>, write: &Write) {
    let was_open = there.is_some_and(|item| item.state.is_open());
    let item = &write.item;
    match item.state {
        State::Open if !was_open => info!(instance_id = %id, "Violation opened"),
        State::Open if there.is_some_and(|it| it.complaints != item.complaints) => {
            info!(instance_id = %id, "Violation changed");
        }
        State::Closed(why) if was_open => {
            let why = why.as_str();
            info!(instance_id = %id, why, "Violation closed");
        }
        _ => {}
    }
}
