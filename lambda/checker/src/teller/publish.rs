//! Publishes messages by both voices, and stores what each has told.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use tag_compliance_aws::deadline::within;
use tag_compliance_aws::error::CallError;
use tag_compliance_aws::sns::Publication;
use tag_compliance_aws::sqs::{DelayedMessage, MAX_DELAY};
use tag_compliance_aws::state_table::instances::{self, NewlyTold};
use tag_compliance_aws::state_table::{control, update};
use tag_compliance_aws::{deadline, sns};
use tag_compliance_core::event::own;
use tag_compliance_core::memory::{Group, HexId, Voice, told};
use tag_compliance_core::notification::events::BusEvent;
use tag_compliance_core::timestamp::Timestamp;
use tokio::time::{Instant, sleep};
use tracing::{error, info};

use super::messages::{Message, Verified};
use super::{SKEW, wording};
use crate::budget::Budget;
use crate::context::Context;
use crate::delivery::{put_events, send_delayed};
use crate::memory::MAX_CONCURRENT_WRITES;

/// The most time that the bus takes for some events: if it hangs, there is time left for the other owners' emails.
const MAX_BUS_TIME: Duration = Duration::from_secs(8);
/// How long until what one voice could not tell is tried again; if the voice refused it, [`MAX_DELAY`].
const RETRY: Duration = Duration::from_mins(1);

/// Publishes the messages of one invocation. A voice that is down is not asked again, and the other goes on.
#[derive(Debug)]
pub struct Publisher<'a> {
    context: &'a Context,
    budget: &'a Budget,
    is_topic_down: bool,
    is_bus_down: bool,
    /// Why something was not told.
    fault: Option<CallError>,
    /// The groups that one voice still has to tell.
    untold: BTreeSet<Group>,
    told: usize,
}

/// What was told of a message.
#[derive(Debug, Clone, Copy)]
struct Told {
    /// Whether the topic has told its part.
    is_on_topic: bool,
    /// Whether all of it was told.
    is_all: bool,
}

/// What the bus has told of a part: for each change, whether all of it, and the conversation.
struct OnBus {
    changes: Vec<(bool, Option<HexId>)>,
    faults: Vec<CallError>,
}

impl<'a> Publisher<'a> {
    pub fn new(context: &'a Context, budget: &'a Budget) -> Self {
        Self {
            context,
            budget,
            is_topic_down: false,
            is_bus_down: false,
            fault: None,
            untold: BTreeSet::new(),
            told: 0,
        }
    }

    /// How many instances were told of. What one of two voices still owes comes back by the delay queue: failing would
    /// hold up what comes after it in the stream, for the other voice as well.
    ///
    /// # Errors
    /// No voice could tell, or the delay queue failed. What is owed stays due.
    pub async fn finish(self) -> Result<usize, CallError> {
        let Some(fault) = self.fault else {
            return Ok(self.told);
        };
        let (context, budget) = (self.context, self.budget);
        if self.is_topic_down && self.is_bus_down || !context.config.violation_events {
            return Err(fault);
        }
        let retryable = fault.is_retryable();
        let groups = self.untold.len();
        error!(
            retryable,
            groups, "Not told everywhere; will try again: {fault}"
        );
        let again = (context.clock)().after(if retryable { RETRY } else { MAX_DELAY });
        for group in &self.untold {
            bring_back(context, budget, group, again).await?;
        }
        Ok(self.told)
    }

    /// Publishes a group's message. A group that was told recently has to wait.
    ///
    /// # Errors
    /// The table or the delay queue failed.
    pub async fn publish(&mut self, message: &Message<'_>) -> Result<(), CallError> {
        let (context, budget) = (self.context, self.budget);
        if self.is_topic_down && self.is_bus_down {
            return Ok(());
        }
        if let Some(group) = &message.group
            && let control::Claim::Refused(again) = claim(context, budget, group).await?
        {
            return bring_back(context, budget, group, again).await;
        }
        let result = self.publish_parts(message).await;
        let is_mailed = result.as_ref().is_ok_and(|told| told.is_on_topic);
        if let (Some(group), false) = (&message.group, is_mailed) {
            // Otherwise the retry would find the group told, and rely on a message that may come too late.
            let release = control::release_group(context.state_table(), group, (context.clock)());
            within(budget.end(), update::CALL, release).await?;
        }
        if let Ok(Told { is_all: false, .. }) = result {
            let changes = message.parts.iter().flatten();
            let due = changes.filter_map(|change| change.item.due.as_ref());
            self.untold.extend(due.map(|due| due.group.clone()));
        }
        result.map(drop)
    }

    /// Publishes the parts of a message.
    async fn publish_parts(&mut self, message: &Message<'_>) -> Result<Told, CallError> {
        let mut all = Told {
            is_on_topic: true,
            is_all: true,
        };
        for part in &message.parts {
            let told = self.publish_part(message, part).await?;
            all.is_on_topic &= told.is_on_topic;
            all.is_all &= told.is_all;
        }
        Ok(all)
    }

    /// Notes why a voice has not told something. Returns whether the voice is down, rather than one message refused.
    fn note(&mut self, fault: CallError) -> bool {
        let is_down = !fault.is_of_entry();
        self.fault.get_or_insert(fault);
        is_down
    }

    /// Publishes a part, and stores what was told.
    async fn publish_part(
        &mut self,
        message: &Message<'_>,
        part: &[Verified<'_>],
    ) -> Result<Told, CallError> {
        let (context, end) = (self.context, self.budget.marks_end());
        let (on_topic, on_bus) =
            tokio::join!(self.tell_topic(message, part), self.tell_bus(message, part));
        let is_on_topic = match on_topic {
            Ok(is_told) => is_told,
            Err(fault) => {
                self.is_topic_down |= self.note(fault);
                false
            }
        };
        let now = (context.clock)();
        let told = part.iter().zip(on_bus.changes).map(|(change, on_bus)| {
            let told = newly_told(change, is_on_topic, on_bus, now);
            (change, told)
        });
        let told: Vec<_> = told.filter(|(_, told)| !told.marks.is_empty()).collect();
        for fault in on_bus.faults {
            self.is_bus_down |= self.note(fault);
        }
        stream::iter(&told)
            .map(Ok)
            .try_for_each_concurrent(MAX_CONCURRENT_WRITES, |(change, told)| async move {
                let table = context.state_table();
                let store = instances::store_told(table, &change.id, &change.item, told);
                within(end, update::CALL, store).await
            })
            .await?;
        self.told += told.len();
        let is_all =
            |(change, told): &(&Verified<'_>, NewlyTold)| told.is_all || change.is_topic_muted;
        Ok(Told {
            is_on_topic,
            is_all: told.len() == part.len() && told.iter().all(is_all),
        })
    }

    /// Sends the email of a part. Returns whether the topic has told it.
    async fn tell_topic(
        &self,
        message: &Message<'_>,
        part: &[Verified<'_>],
    ) -> Result<bool, CallError> {
        let Some((mail, attributes)) = wording::email(self.context, message, part) else {
            return Ok(true);
        };
        if self.is_topic_down {
            return Ok(false);
        }
        let publication = Publication {
            mail: &mail,
            attributes: &attributes,
        };
        let message_id = send(self.context, self.budget, publication).await?;
        let mut told = part.iter().filter(|it| it.untold.topic.is_some());
        match (told.next(), told.count()) {
            (Some(one), 0) => info!(instance_id = %one.id, message_id, "SNS notification sent"),
            (_, others) => {
                let instances = others + 1;
                info!(instances, message_id, "SNS notification sent");
            }
        }
        Ok(true)
    }

    /// Puts the events of a part: first those for machines, then the messages to people about what machines know.
    async fn tell_bus(&self, message: &Message<'_>, part: &[Verified<'_>]) -> OnBus {
        let mut faults = Vec::new();
        if self.is_bus_down {
            let changes = part.iter().map(|it| (!it.untold.owes_bus(), None));
            return OnBus {
                changes: changes.collect(),
                faults,
            };
        }
        let mut changes = vec![(true, None); part.len()];
        let events = part.iter().enumerate();
        let events = events.filter_map(|(index, change)| {
            let event = wording::violation(self.context, change)?;
            Some((event, vec![index]))
        });
        let events: Vec<_> = events.collect();
        self.put(&events, &mut changes, &mut faults).await;
        let posts = wording::posts(self.context, message, part, |index| changes[index].0);
        let (posts, threads): (Vec<_>, Vec<_>) = posts
            .into_iter()
            .map(|(posted, indices)| ((posted.event, indices), posted.thread))
            .unzip();
        self.put(&posts, &mut changes, &mut faults).await;
        for ((_, indices), thread) in posts.iter().zip(threads) {
            for index in indices {
                changes[*index].1 = Some(thread.clone());
            }
        }
        OnBus { changes, faults }
    }

    /// Puts events, and notes for which changes that failed.
    async fn put(
        &self,
        events: &[(BusEvent, Vec<usize>)],
        changes: &mut [(bool, Option<HexId>)],
        faults: &mut Vec<CallError>,
    ) {
        let bodies: Vec<_> = events.iter().map(|(event, _)| event).collect();
        let end = self.budget.sending_end().min(Instant::now() + MAX_BUS_TIME);
        let results = put_events(self.context, &bodies, end).await;
        for ((_, indices), result) in events.iter().zip(results) {
            if let Err(error) = result {
                for index in indices {
                    changes[*index].0 = false;
                }
                faults.push(error);
            }
        }
    }
}

/// What the voices have told of a change.
fn newly_told(
    change: &Verified<'_>,
    is_on_topic: bool,
    (is_on_bus, thread): (bool, Option<HexId>),
    now: Timestamp,
) -> NewlyTold {
    let Verified {
        item,
        untold,
        is_topic_muted,
        ..
    } = change;
    let mut marks = Vec::new();
    let owes_bus = untold.owes_bus();
    if is_on_topic && untold.topic.is_some() {
        let mark = told(item, Voice::Topic, untold.topic, None, now);
        marks.push((Voice::Topic, mark));
    }
    if is_on_bus && owes_bus {
        let mark = told(item, Voice::Bus, untold.bus, thread.as_ref(), now);
        marks.push((Voice::Bus, mark));
    }
    NewlyTold {
        marks,
        is_all: !is_topic_muted
            && (is_on_topic || untold.topic.is_none())
            && (is_on_bus || !owes_bus),
    }
}

/// Claims a group. If the wake-up came slightly early by another clock, waits for the interval to end, since no other
/// message will come.
async fn claim(
    context: &Context,
    budget: &Budget,
    group: &Group,
) -> Result<control::Claim, CallError> {
    let table = context.state_table();
    let interval = context.config.group_interval;
    let claim_now = || control::claim_group(table, group, (context.clock)(), interval);
    let claim = within(budget.end(), update::CALL, claim_now()).await?;
    let control::Claim::Refused(again) = claim else {
        return Ok(claim);
    };
    let wait = again.since((context.clock)());
    if wait > SKEW {
        return Ok(claim);
    }
    sleep(wait).await;
    within(budget.end(), update::CALL, claim_now()).await
}

/// Publishes one message at the pace that all invocations share, and returns its id.
///
/// # Errors
/// The table or the topic failed, or it is too late.
pub async fn send(
    context: &Context,
    budget: &Budget,
    publication: Publication<'_>,
) -> Result<String, CallError> {
    let end = budget.sending_end();
    let now = (context.clock)();
    let slot = control::next_slot(context.state_table(), now);
    let slot = within(end, update::CALL, slot).await?;
    let wait = async {
        sleep(slot.since((context.clock)())).await;
        Ok(())
    };
    deadline::within(end, sns::CALL, wait).await?;
    let topic_arn = &context.config.alert_topic_arn;
    let mut sent = sns::publish(&context.clients.sns, topic_arn, &[publication], end).await;
    sent.pop()
        .unwrap_or_else(|| Err(CallError::out_of_time(sns::CALL)))
}

/// Has a group told when its interval is over. One message is enough, however often this is requested.
pub async fn bring_back(
    context: &Context,
    budget: &Budget,
    group: &Group,
    again: Timestamp,
) -> Result<(), CallError> {
    let now = (context.clock)();
    let claim = control::claim_wake(context.state_table(), group, now, again);
    if !within(budget.end(), update::CALL, claim).await? {
        return Ok(());
    }
    let message = DelayedMessage {
        body: own::group_due(group).to_string(),
        delay: again.since(now),
    };
    let sent = send_delayed(context, &message, budget.sending_end()).await;
    if sent.is_err() {
        // Otherwise the retry would rely on a message that was never sent.
        let release = control::release_wake(context.state_table(), group, again);
        within(budget.end(), update::CALL, release).await?;
    }
    sent
}
