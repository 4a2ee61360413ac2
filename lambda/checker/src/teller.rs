//! Sends due notifications, after a second look.

mod messages;
mod publish;
mod wording;

use std::cell::Cell;
use std::collections::HashMap;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use tag_compliance_aws::cloudwatch::Counted;
use tag_compliance_aws::deadline::within;
use tag_compliance_aws::ec2;
use tag_compliance_aws::error::CallError;
use tag_compliance_aws::sqs::DelayedMessage;
use tag_compliance_aws::state_table::{index, instances, update};
use tag_compliance_core::event::own;
use tag_compliance_core::instance::{Instance, InstanceId};
use tag_compliance_core::memory::{
    Group, Item, Looked, OVERDUE, Rules, Shift, Source, Voice, decide, news, shift,
};
use tag_compliance_core::tally::Counts;
use tag_compliance_core::timestamp::Timestamp;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use self::messages::{Untold, Verified, messages};
pub use self::publish::send;
use self::publish::{Publisher, bring_back};
use crate::answer::Answer;
use crate::budget::Budget;
use crate::context::Context;
use crate::counting;
use crate::delivery::send_delayed;
use crate::error::Error;
use crate::memory::{MAX_CONCURRENT_WRITES, Memory};

/// How long after the latest change the second look comes. By then EC2 is consistent, and looks that were under way
/// have been written.
const SETTLING: Duration = Duration::from_secs(3);
/// The most that clocks differ.
const SKEW: Duration = Duration::from_secs(2);
/// The most instances that an invocation handles: as many as a batch of the stream holds.
const MAX_INSTANCES: usize = 1_000;

/// Sends the due notifications of a group whose interval is over.
///
/// # Errors
/// As [`tell`].
pub async fn tell_group(
    context: &Context,
    budget: &Budget,
    group: &Group,
) -> Result<Answer, Error> {
    let query = index::due_of_group(context.state_table(), group, MAX_INSTANCES);
    let ids = within(budget.lookup_end(), index::QUERY, query).await?;
    let answer = tell(context, budget, &ids).await?;
    if ids.len() == MAX_INSTANCES {
        let again = (context.clock)().after(context.config.group_interval);
        bring_back(context, budget, group, again).await?;
    }
    Ok(answer)
}

/// Looks again at what sweeps found, and sends notifications whose wake-up was lost.
///
/// # Errors
/// As [`tell`].
pub async fn tell_overdue(context: &Context, budget: &Budget) -> Result<Answer, Error> {
    let before = (context.clock)().before(OVERDUE);
    let scan = index::overdue(context.state_table(), before, MAX_INSTANCES);
    let ids = within(budget.end(), index::SCAN, scan).await?;
    // The sweep has used up this invocation's time for lookups.
    let outcome = verify_and_tell(context, budget, &ids, budget.sending_end()).await?;
    if outcome.told > 0 {
        let instances = outcome.told;
        warn!(instances, "Sent alerts that were overdue");
    }
    if ids.len() == MAX_INSTANCES && outcome.is_less_due() {
        let more = DelayedMessage {
            body: own::suspects_due().to_string(),
            delay: Duration::ZERO,
        };
        send_delayed(context, &more, budget.sending_end()).await?;
    }
    Ok(Answer::told(outcome.verified, outcome.told))
}

/// Looks at instances again, and tells people how the current state differs from what they were told.
///
/// # Errors
/// The table, EC2 or the delay queue failed, or no voice could tell. What wasn't told stays due.
pub async fn tell(context: &Context, budget: &Budget, ids: &[InstanceId]) -> Result<Answer, Error> {
    let outcome = verify_and_tell(context, budget, ids, budget.lookup_end()).await?;
    Ok(Answer::told(outcome.verified, outcome.told))
}

/// The result of handling due items.
#[derive(Debug, Default)]
struct Outcome {
    /// How many instances got a second look.
    verified: usize,
    /// How many of them people were told about.
    told: usize,
    /// How many others are no longer due, or were opened.
    settled: usize,
}

impl Outcome {
    fn is_less_due(&self) -> bool {
        self.told + self.settled > 0
    }
}

async fn verify_and_tell(
    context: &Context,
    budget: &Budget,
    ids: &[InstanceId],
    lookup_end: Instant,
) -> Result<Outcome, Error> {
    if ids.is_empty() {
        return Ok(Outcome::default());
    }
    let memory = Memory::recall(context, ids, lookup_end).await?;
    let rules = memory.rules().ok_or(Error::Outdated)?;
    let now = (context.clock)();
    let due: Vec<_> = memory
        .into_items()
        .filter(|(_, item)| item.is_due(now))
        .collect();
    let newest = due
        .iter()
        .filter_map(|(_, item)| item.due.as_ref())
        .map(|due| due.at)
        .max();
    let Some(newest) = newest else {
        return Ok(Outcome::default());
    };
    // Even with a wrong clock, it never waits longer than this.
    let wait = newest.after(SETTLING).since((context.clock)());
    sleep(wait.min(SETTLING)).await;

    let asked_at = (context.clock)();
    let due_ids: Vec<_> = due.iter().map(|(id, _)| id.clone()).collect();
    let describe = ec2::describe(&context.clients.ec2, &due_ids);
    let found = within(lookup_end, ec2::CALL, describe).await?;
    let read_at = (context.clock)();
    let found: HashMap<_, _> = found
        .iter()
        .map(|instance| (&instance.id, instance))
        .collect();
    let verified: Vec<_> = due
        .into_iter()
        .map(|(id, item)| {
            let instance = found.get(&id).copied();
            verify(context, id, item, instance, asked_at, read_at, rules)
        })
        .collect();
    let mut outcome = Outcome {
        verified: verified.len(),
        settled: verified.iter().filter(|it| it.untold.is_nothing()).count(),
        ..Outcome::default()
    };
    let settle_end = lookup_end.max(budget.delivery_end());
    let news = settle(context, budget, verified, settle_end).await?;
    let mut publisher = Publisher::new(context, budget);
    for message in messages(context, news) {
        publisher.publish(&message).await?;
    }
    outcome.told = publisher.finish().await?;
    Ok(outcome)
}

/// Decides how the second look at an instance changes its item.
fn verify<'a>(
    context: &'a Context,
    id: InstanceId,
    item: Item,
    instance: Option<&'a Instance>,
    asked_at: Timestamp,
    read_at: Timestamp,
    rules: Rules,
) -> Verified<'a> {
    let policy = &context.config.policy;
    let subject = instance.map(|instance| context.subject(instance, read_at));
    let evaluation = subject.map(|subject| policy.evaluate(&subject));
    let record_key = item.facts.record_key.clone();
    let look = context.look(subject.as_ref().zip(evaluation.as_ref()), record_key);
    let now = (context.clock)();
    let looked = Looked {
        look: &look,
        asked_at,
        now,
        source: Source::Teller,
    };
    let write = decide(Some(&item), looked, rules);
    let untold = if write.is_none() {
        Untold {
            topic: news(&item, Voice::Topic, now, rules),
            bus: news(&item, Voice::Bus, now, rules),
            shift: shift(&item, rules),
        }
    } else {
        Untold::default()
    };
    Verified {
        id,
        item,
        subject,
        evaluation,
        write,
        untold,
        is_topic_muted: false,
    }
}

/// Stores what the second look changed and what is no longer due. Returns what people have to be told.
async fn settle<'a>(
    context: &Context,
    budget: &Budget,
    verified: Vec<Verified<'a>>,
    end: Instant,
) -> Result<Vec<Verified<'a>>, CallError> {
    let table = context.state_table();
    let now = (context.clock)();
    let (told, settled): (Vec<_>, Vec<_>) =
        verified.into_iter().partition(|it| !it.untold.is_nothing());
    let missed = Cell::new(0);
    let stored = stream::iter(&settled).map(Ok).try_for_each_concurrent(
        MAX_CONCURRENT_WRITES,
        |Verified {
             id, item, write, ..
         }| {
            let missed = &missed;
            async move {
                let store = async {
                    let Some(write) = write else {
                        return instances::store_settled(table, id, item).await;
                    };
                    // If another write came first, that one is due.
                    let stores = instances::store(table, id, write).await?;
                    if stores == instances::Stores::Done && write.item.missed_at > item.missed_at {
                        info!(instance_id = %id, "Violation opened that events missed");
                        missed.update(|count| count + 1);
                    }
                    Ok(())
                };
                within(end, update::CALL, store).await
            }
        },
    );
    let stored = stored.await;
    count_missed(context, budget, missed.get()).await?;
    stored?;
    let (muted, mut told): (Vec<_>, Vec<_>) =
        told.into_iter().partition(|it| it.item.is_muted(now));
    for verified in muted {
        let id = &verified.id;
        info!(instance_id = %id, "Instance {id} is muted; no alert sent");
        if verified.untold.shift == Some(Shift::Resolved) {
            // Otherwise an incident would stay open until the muting ends.
            told.push(verified.on_bus_only());
        }
    }
    Ok(told)
}

/// Counts violations that events missed.
async fn count_missed(context: &Context, budget: &Budget, missed: u64) -> Result<(), CallError> {
    let counted = Counted {
        evaluations: Counts {
            non_compliant: missed,
            ..Counts::default()
        },
        missed_by_events: missed,
        ..Counted::default()
    };
    counting::put(context, budget.end(), counted).await
}
