//! Batches of an SQS event source.

use tag_compliance_core::event::{BatchRecord, Check, Request, Sweep};
use tag_compliance_core::memory::Group;
use tracing::{error, info};

use crate::answer::Answer;
use crate::budget::Budget;
use crate::context::Context;
use crate::error::Error;
use crate::{check, sweep, teller, test_message};

/// Processes the records, and answers with those that SQS should redeliver: each record fails on its own. All checks
/// share their calls, and the sweeps to begin are merged into one.
pub async fn work_through(context: &Context, budget: &Budget, records: &[BatchRecord]) -> Answer {
    let mut checks: Vec<Check> = Vec::new();
    let mut checked_records = Vec::new();
    let mut beginning: Vec<(&BatchRecord, &Sweep)> = Vec::new();
    let mut continued: Vec<(&BatchRecord, &Sweep)> = Vec::new();
    let mut told: Vec<(&BatchRecord, &Group)> = Vec::new();
    let mut overdue: Vec<&BatchRecord> = Vec::new();
    let mut tests: Vec<&BatchRecord> = Vec::new();
    let mut failures = Failures::default();
    for record in records {
        match &record.request {
            Ok(Request::Check(of_record)) => {
                checks.extend_from_slice(of_record);
                checked_records.extend(of_record.iter().map(|_| record));
            }
            Ok(Request::Tell(group)) => told.push((record, group)),
            Ok(Request::TellOverdue) => overdue.push(record),
            Ok(Request::Test) => tests.push(record),
            Ok(Request::Sweep(sweep)) if sweep.continues.is_some() => {
                continued.push((record, sweep));
            }
            Ok(Request::Sweep(sweep)) => beginning.push((record, sweep)),
            Ok(Request::Ignore(reason)) => {
                let (message_id, word) = (&record.message_id, reason.as_str());
                info!(message_id, reason = word, "Event ignored");
            }
            Err(error) => failures.add(record, &error.clone().into()),
        }
    }

    let (results, ()) = tokio::join!(
        Box::pin(check::check_all(
            context,
            budget,
            &checks,
            context.config.audit_records
        )),
        sweep_all(context, budget, &beginning, &continued, &mut failures)
    );
    for (record, group) in told {
        if let Err(error) = Box::pin(teller::tell_group(context, budget, group)).await {
            failures.add(record, &error);
        }
    }
    if !overdue.is_empty()
        && let Err(error) = Box::pin(teller::tell_overdue(context, budget)).await
    {
        for record in overdue {
            failures.add(record, &error);
        }
    }
    for record in tests {
        if let Err(error) = Box::pin(test_message::send(context, budget)).await {
            failures.add(record, &error);
        }
    }
    for (record, result) in checked_records.into_iter().zip(results) {
        if let Err(error) = result {
            failures.add(record, &error);
        }
    }
    Answer::batch(failures.message_ids)
}

/// Runs one sweep after the other, since each uses all the memory and requests that a sweep may. Those that are to
/// begin are merged into the first of those with the widest scope.
async fn sweep_all(
    context: &Context,
    budget: &Budget,
    beginning: &[(&BatchRecord, &Sweep)],
    continued: &[(&BatchRecord, &Sweep)],
    failures: &mut Failures,
) {
    for &(record, sweep) in continued {
        if let Err(error) = Box::pin(sweep::sweep(context, budget, sweep)).await {
            failures.add(record, &error);
        }
    }
    let widest = beginning.iter().rev().max_by_key(|(_, sweep)| sweep.scope);
    let Some((_, widest)) = widest else { return };
    if let Err(error) = Box::pin(sweep::sweep(context, budget, widest)).await {
        for (record, _) in beginning {
            failures.add(record, &error);
        }
    }
}

#[derive(Default)]
struct Failures {
    message_ids: Vec<String>,
}

impl Failures {
    fn add(&mut self, record: &BatchRecord, error: &Error) {
        let message_id = &record.message_id;
        let error_type = error.error_type();
        let retryable = error.is_retryable();
        error!(message_id, error_type, retryable, "Record failed: {error}");
        // A record may have several failed instances.
        if self.message_ids.last() != Some(message_id) {
            self.message_ids.push(message_id.clone());
        }
    }
}
