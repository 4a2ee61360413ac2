//! A batch of an SQS event source.

use tracing::error;

use crate::answer::Answer;
use crate::check;
use crate::error::Error;
use crate::event::{BatchRecord, Check, Request, Sweep};
use crate::handler::Checker;
use crate::sweep;

/// Works through the records, and answers which of them SQS shall deliver again: one bad record
/// fails alone. All checks share their calls, and several sweeps are one.
pub async fn work_through(checker: &Checker, records: &[BatchRecord]) -> Answer {
    let mut checks: Vec<Check> = Vec::new();
    let mut checked_records = Vec::new();
    let mut sweeps: Vec<&Sweep> = Vec::new();
    let mut swept_records = Vec::new();
    let mut failures = Failures::default();
    for record in records {
        match &record.request {
            Ok(Request::Check(check)) => {
                checks.push(check.clone());
                checked_records.push(record);
            }
            Ok(Request::Sweep(sweep)) => {
                sweeps.push(sweep);
                swept_records.push(record);
            }
            Ok(Request::Ignore(_)) => {}
            Err(error) => failures.add(record, &error.clone().into()),
        }
    }

    let (results, swept) = tokio::join!(
        check::check_all(checker, &checks),
        sweep_once(checker, &sweeps)
    );
    for (record, result) in checked_records.into_iter().zip(results) {
        if let Err(error) = result {
            failures.add(record, &error);
        }
    }
    if let Err(error) = swept {
        for record in swept_records {
            failures.add(record, &error);
        }
    }
    Answer::batch(failures.message_ids)
}

/// One sweep for all: the first of those that ask for the most.
async fn sweep_once(checker: &Checker, sweeps: &[&Sweep]) -> Result<(), Error> {
    let widest = sweeps.iter().rev().max_by_key(|sweep| sweep.scope);
    match widest {
        Some(sweep) => sweep::sweep(checker, sweep).await.map(drop),
        None => Ok(()),
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
        self.message_ids.push(record.message_id.clone());
    }
}
