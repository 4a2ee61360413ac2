//! Checking instances that events named.

use std::collections::{HashMap, HashSet};

use tracing::{info, warn};

use crate::alert::Alert;
use crate::answer::Answer;
use crate::audit::{self, AuditRecord};
use crate::aws::cloudwatch;
use crate::aws::error::CallError;
use crate::aws::s3::Format;
use crate::budget::{Budget, within};
use crate::delivery::{AuditObject, Delivery, Notice, deliver_all};
use crate::error::Error;
use crate::event::Check;
use crate::handler::Checker;
use crate::instance::{InstanceId, InstanceState};
use crate::lookup::{Lookup, Seen};
use crate::policy::Subject;
use crate::policy::verdict::{Counts, Status, Verdict};
use crate::settle;

/// Checks one instance.
///
/// # Errors
/// As [`check_all`].
pub async fn check_one(checker: &Checker, budget: &Budget, check: &Check) -> Result<Answer, Error> {
    let mut results = check_all(checker, budget, std::slice::from_ref(check)).await;
    results.remove(0)
}

/// Checks instances and answers for each check, in order.
///
/// All of them are looked up together, and their counts go out in one call, after everything
/// else, so that a retry of a check whose alert failed does not count it twice. Checks that would
/// be recorded under the same key are duplicates, and judged once. Those that EC2 does not know yet
/// do not hold up the others.
///
/// A check fails where EC2 could not be asked, its alert could not be sent, or the counts could
/// not be, in time. An audit record that could not be written is logged, and fails nothing.
pub async fn check_all(
    checker: &Checker,
    budget: &Budget,
    checks: &[Check],
) -> Vec<Result<Answer, Error>> {
    let called_at = (checker.clock)();
    let keys: Vec<String> = checks
        .iter()
        .map(|check| {
            let recorded_at = audit::recorded_at(&check.event, called_at);
            audit::instance_key(&check.instance_id, recorded_at)
        })
        .collect();
    let mut seen = HashSet::new();
    let jobs: Vec<Job<'_>> = checks
        .iter()
        .zip(&keys)
        .filter(|(_, key)| seen.insert(*key))
        .map(|(check, key)| Job { check, key })
        .collect();

    let living = jobs.iter().filter(|job| !has_ended(job.check));
    let lookup = Lookup::once(checker, budget, living.map(|job| job.check)).await;
    let (later, now): (Vec<_>, Vec<_>) = jobs
        .into_iter()
        .partition(|job| !has_ended(job.check) && lookup.may_find_later(job.check));
    let (mut outcomes, found_later) = tokio::join!(
        conclude_all(checker, budget, &now, &lookup),
        look_again(checker, budget, &later)
    );
    outcomes.extend(found_later);

    if let Err(error) = send_counts(checker, budget, outcomes.values().flatten()).await {
        for outcome in outcomes.values_mut() {
            if outcome
                .as_ref()
                .is_ok_and(|outcome| outcome.counted.is_some())
            {
                *outcome = Err(error.clone());
            }
        }
    }
    keys.iter()
        .map(|key| {
            let outcome = outcomes[key.as_str()].clone();
            outcome.map(|outcome| outcome.answer).map_err(Error::from)
        })
        .collect()
}

/// A check that is no duplicate of another one, and the key of its audit record.
#[derive(Clone, Copy)]
struct Job<'a> {
    check: &'a Check,
    key: &'a str,
}

/// What came of a check.
#[derive(Debug, Clone)]
struct Outcome {
    answer: Answer,
    /// The verdict, where there is one that counts.
    counted: Option<Status>,
}

impl Outcome {
    fn uncounted(answer: Answer) -> Self {
        Self {
            answer,
            counted: None,
        }
    }
}

/// The outcomes by the keys of the audit records.
type Outcomes<'a> = HashMap<&'a str, Result<Outcome, CallError>>;

/// Whether the event itself says that the instance is gone for good.
fn has_ended(check: &Check) -> bool {
    check.event.state.is_some_and(InstanceState::is_ending)
}

async fn look_again<'a>(checker: &Checker, budget: &Budget, jobs: &[Job<'a>]) -> Outcomes<'a> {
    if jobs.is_empty() {
        return Outcomes::new();
    }
    let checks: Vec<&Check> = jobs.iter().map(|job| job.check).collect();
    let lookup = Lookup::again(checker, budget, &checks).await;
    conclude_all(checker, budget, jobs, &lookup).await
}

/// Judges what was found, and delivers the verdicts.
async fn conclude_all<'a>(
    checker: &Checker,
    budget: &Budget,
    jobs: &[Job<'a>],
    lookup: &Lookup,
) -> Outcomes<'a> {
    let mut outcomes = Outcomes::with_capacity(jobs.len());
    let (mut keys, mut deliveries) = (Vec::new(), Vec::new());
    for job in jobs {
        let outcome = match judge(checker, *job, lookup) {
            Ok((outcome, delivery)) => {
                if let Some(delivery) = delivery {
                    keys.push(job.key);
                    deliveries.push(delivery);
                }
                Ok(outcome)
            }
            Err(error) => Err(error),
        };
        outcomes.insert(job.key, outcome);
    }
    let delivered = deliver_all(checker, deliveries, budget.delivery_end()).await;
    for (key, result) in keys.into_iter().zip(delivered) {
        if let Err(error) = result {
            outcomes.insert(key, Err(error));
        }
    }
    outcomes
}

/// What comes of a check unless its delivery fails, and what is to be delivered.
fn judge<'a>(
    checker: &Checker,
    job: Job<'a>,
    lookup: &Lookup,
) -> Result<(Outcome, Option<Delivery<'a>>), CallError> {
    let Job { check, key } = job;
    let id = &check.instance_id;
    info!(instance_id = %id, event_id = check.event.id, "Checking compliance for instance");
    if has_ended(check) {
        return Ok((skipped(id), None));
    }
    match lookup.get(id)? {
        None => {
            warn!(instance_id = %id, "Instance {id} is not known to EC2");
            let answer = Answer::not_found(id.clone());
            Ok((Outcome::uncounted(answer), None))
        }
        Some(seen) if seen.instance.state.is_ending() => Ok((skipped(id), None)),
        Some(Seen { instance, read_at }) => {
            let subject = checker.subject(instance, *read_at);
            let Some(verdict) = checker.config.policy.judge(&subject) else {
                info!(instance_id = %id, "Instance {id} compliance: out-of-scope");
                let answer = Answer::out_of_scope(id.clone());
                return Ok((Outcome::uncounted(answer), None));
            };
            let (outcome, delivery) = conclude(checker, check, key, &subject, &verdict);
            Ok((outcome, Some(delivery)))
        }
    }
}

fn skipped(id: &InstanceId) -> Outcome {
    info!(instance_id = %id, "Instance {id} compliance: skipped");
    Outcome::uncounted(Answer::skipped(id.clone()))
}

/// What follows from a verdict.
fn conclude<'a>(
    checker: &Checker,
    check: &'a Check,
    key: &str,
    subject: &Subject<'_>,
    verdict: &Verdict<'_>,
) -> (Outcome, Delivery<'a>) {
    let id = &check.instance_id;
    let status = verdict.status();
    let missing_tags = &verdict.missing_tags;
    let invalid_tags: Vec<_> = verdict.invalid_tags.iter().map(|tag| tag.key).collect();
    info!(instance_id = %id, ?missing_tags, ?invalid_tags, "Instance {id} compliance: {status}");

    let remaining = settle::remaining(&checker.config, subject, verdict);
    let (key, notice, outcome) = if let Some(remaining) = remaining {
        let message = settle::brings_back(checker, check, subject, verdict, remaining);
        (
            audit::provisional_key(key),
            message.map_or(Notice::None, Notice::Later),
            Outcome::uncounted(Answer::provisional(id.clone(), verdict)),
        )
    } else {
        let notice = match status {
            Status::NonCompliant => Notice::Alert(Alert::for_instance(subject, verdict)),
            Status::Compliant | Status::Exempt => Notice::None,
        };
        let outcome = Outcome {
            answer: Answer::judged(id.clone(), verdict),
            counted: Some(status),
        };
        (key.to_owned(), notice, outcome)
    };
    let policy = &checker.config.policy;
    let is_provisional = remaining.is_some();
    let record = AuditRecord::new(subject, verdict, policy, &check.event, is_provisional);
    let delivery = Delivery {
        instance_id: id,
        record: AuditObject {
            key,
            format: Format::Json,
            body: record.to_json(),
        },
        notice,
    };
    (outcome, delivery)
}

async fn send_counts(
    checker: &Checker,
    budget: &Budget,
    outcomes: impl Iterator<Item = &Outcome>,
) -> Result<(), CallError> {
    let mut counts = Counts::default();
    for status in outcomes.filter_map(|outcome| outcome.counted) {
        counts.add(status);
    }
    // What is exempt is in neither metric.
    if counts.compliant + counts.non_compliant == 0 {
        return Ok(());
    }
    let namespace = &checker.config.metric_namespace;
    let judged_at = (checker.clock)();
    let put = cloudwatch::put_counts(&checker.clients.cloudwatch, namespace, counts, judged_at);
    within(budget.end(), cloudwatch::CALL, put).await
}
