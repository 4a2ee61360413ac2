//! Reconciles the state table with what a sweep sees.

use tag_compliance_aws::deadline::within;
use tag_compliance_aws::error::{CallError, Failure};
use tag_compliance_aws::state_table::{fleet, index};
use tag_compliance_core::evaluation::Status;
use tag_compliance_core::instance::InstanceId;
use tag_compliance_core::memory::{Closed, Source};
use tag_compliance_core::sweep::ledger::{Escalation, Ledger};
use tag_compliance_core::sweep::partition::Slice;
use tag_compliance_core::sweep::standing::Standing;
use tag_compliance_core::tally::Counts;
use tag_compliance_core::timestamp::Timestamp;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tracing::error;

use super::pager::Read;
use crate::budget::Budget;
use crate::context::Context;
use crate::error::Error;
use crate::memory::{Change, Memory, Remembered, Sighting};

/// Reads and writes the fleet's items.
#[derive(Debug)]
pub struct Reconciler<'a> {
    context: &'a Context,
    budget: &'a Budget,
    /// When the previous sweep ended. What came later is new.
    swept_at: Option<Timestamp>,
    /// One page writes at a time, since a new table takes 4,000 writes a second ("On-demand capacity mode", Amazon
    /// DynamoDB developer guide). One ledger is read at a time, to save memory.
    turn: Mutex<()>,
}

/// The result of reconciling.
#[derive(Debug, Default)]
pub struct Reconciled {
    /// Whether the time was enough for all.
    pub is_done: bool,
    /// Violations that were opened, and those closed as compliant.
    pub changed: Counts,
}

impl<'a> Reconciler<'a> {
    pub fn new(context: &'a Context, budget: &'a Budget, swept_at: Option<Timestamp>) -> Self {
        Self {
            context,
            budget,
            swept_at,
            turn: Mutex::new(()),
        }
    }

    /// The open violations in a part of the fleet. None if time ran out.
    ///
    /// # Errors
    /// The table failed.
    pub async fn ledger(&self, slice: Slice) -> Result<Option<Ledger>, CallError> {
        let _turn = self.turn.lock().await;
        if Instant::now() >= self.budget.sweep_stop() {
            return Ok(None);
        }
        let read = fleet::read(self.context.state_table(), slice, self.swept_at);
        let found = within(self.budget.sweep_pages_end(), index::QUERY, read).await;
        let readable = |(id, entry)| match entry {
            Ok(entry) => Some((id, entry)),
            Err(error) => {
                unreadable(&id, &error);
                None
            }
        };
        let escalation = Escalation::at((self.context.clock)(), self.context.rules(None));
        let ledger =
            |found: Vec<_>| Ledger::new(found.into_iter().filter_map(readable), escalation);
        Ok(in_time(found)?.map(ledger))
    }

    /// The totals of a ledger.
    pub fn standing(&self, ledger: &Ledger) -> Standing {
        let days = &self.context.config.reminder_days;
        ledger.standing((self.context.clock)(), self.swept_at, days)
    }

    /// Stores what differs, and notes it in the ledger.
    ///
    /// # Errors
    /// The table failed, or a newer policy is in force.
    pub async fn reconcile(
        &self,
        ledger: &mut Ledger,
        differing: &[Sighting],
    ) -> Result<Reconciled, Error> {
        let mut reconciled = Reconciled {
            is_done: true,
            changed: Counts::default(),
        };
        if differing.is_empty() {
            return Ok(reconciled);
        }
        let _turn = self.turn.lock().await;
        let end = self.budget.sweep_records_end();
        let ids: Vec<_> = differing.iter().map(|it| it.id.clone()).collect();
        let Some(memory) = in_time(Memory::recall(self.context, &ids, end).await)? else {
            reconciled.is_done = false;
            return Ok(reconciled);
        };
        memory.rules().ok_or(Error::Outdated)?;
        let remembered = memory
            .remember(self.context, differing, Source::Sweep, end)
            .await;
        for (id, result) in remembered {
            // One unreadable item must not hold up the fleet.
            if let Err(CallError {
                failure: Failure::UnreadableItem(reason),
                ..
            }) = result
            {
                unreadable(id, &reason);
                continue;
            }
            let changed = in_time(result)?.map(|it| take_down(ledger, id, &it));
            reconciled.is_done &= changed.is_some();
            reconciled.changed.merge(changed.unwrap_or_default());
        }
        Ok(reconciled)
    }
}

/// Records an item's new state in the ledger; returns what counts as changed.
fn take_down(ledger: &mut Ledger, id: &InstanceId, remembered: &Remembered) -> Counts {
    ledger.learn(id, remembered.item.as_ref());
    let mut changed = Counts::default();
    match remembered.change {
        Some(Change::Opened) => changed.add(Status::NonCompliant),
        Some(Change::Closed(Closed::Compliant)) => changed.add(Status::Compliant),
        _ => {}
    }
    changed
}

/// The result. None if there was only too little time.
fn in_time<T>(result: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match result {
        Err(error) if error.failure == Failure::OutOfTime => Ok(None),
        result => result.map(Some),
    }
}

fn unreadable(id: &InstanceId, error: &dyn std::fmt::Display) {
    error!(instance_id = %id, "The item of instance {id} in the state table cannot be read: {error}");
}

/// The looks that disagree with the state table, for instances that were looked up by id.
pub fn looks(
    context: &Context,
    ids: &[InstanceId],
    found: &Read,
    read_at: Timestamp,
    ledger: &mut Ledger,
) -> Vec<Sighting> {
    let policy = &context.config.policy;
    let mut differing = Vec::new();
    for id in ids {
        let instance = found.page.instances.iter().find(|it| it.id == *id);
        let subject = instance.map(|instance| context.subject(instance, read_at));
        let evaluation = subject.as_ref().map(|subject| policy.evaluate(subject));
        let look = context.look(subject.as_ref().zip(evaluation.as_ref()), String::new());
        if !ledger.sees(id, &look) {
            differing.push(Sighting {
                id: id.clone(),
                look,
                asked_at: found.asked_at,
            });
        }
    }
    differing
}
