//! Checks instances that events named.

mod lookup;

use std::collections::{HashMap, HashSet};

use tag_compliance_aws::cloudwatch::Counted;
use tag_compliance_aws::error::CallError;
use tag_compliance_core::decision::AskedBy;
use tag_compliance_core::evaluation::{Evaluation, Status};
use tag_compliance_core::event::Check;
use tag_compliance_core::instance::{InstanceId, InstanceState};
use tag_compliance_core::memory::{Closed, Look, Source};
use tag_compliance_core::record::{self, Layout};
use tag_compliance_core::subject::Subject;
use tag_compliance_core::timestamp::Timestamp;
use tokio::time::Instant;
use tracing::{debug, info, warn};

use self::lookup::{Lookup, Seen};
use crate::answer::Answer;
use crate::budget::Budget;
use crate::context::Context;
use crate::counting;
use crate::delivery::{Delivery, audit_objects, deliver_all};
use crate::error::Error;
use crate::memory::{Memory, Sighting};

/// Checks the instances that one event names, and answers for all of them.
///
/// # Errors
/// The first failure, as in [`check_all`]. The retry repeats all of them.
pub async fn check_event(
    context: &Context,
    budget: &Budget,
    checks: &[Check],
) -> Result<Answer, Error> {
    let results = Box::pin(check_all(context, budget, checks, Layout::Each)).await;
    let answers: Vec<Answer> = results.into_iter().collect::<Result<_, _>>()?;
    Ok(Answer::of_event(answers))
}

/// Checks instances, and answers for each check, in order. `layout` says which of their audit records share an object.
///
/// They are looked up together, and checks of the same event are duplicates, which are evaluated once. Instances that
/// EC2 doesn't show yet don't hold up the others. The counts go out last, in one call, so that retrying a failed
/// check doesn't count it twice.
///
/// A check fails if EC2 couldn't be asked, or its message or the counts couldn't be sent, in time. An audit record
/// that couldn't be written is only logged.
pub async fn check_all(
    context: &Context,
    budget: &Budget,
    checks: &[Check],
    layout: Layout,
) -> Vec<Result<Answer, Error>> {
    if checks.is_empty() {
        return Vec::new();
    }
    let called_at = (context.clock)();
    let all: Vec<Job<'_>> = checks
        .iter()
        .map(|check| Job::new(check, called_at))
        .collect();
    let mut seen = HashSet::new();
    let jobs: Vec<&Job<'_>> = all.iter().filter(|job| seen.insert(&job.key)).collect();

    let living = jobs.iter().filter(|job| !has_ended(job.check));
    let (lookup, memory) = tokio::join!(
        Lookup::once(context, budget, living.map(|job| job.check)),
        recall(context, budget, &jobs)
    );
    let (later, now): (Vec<_>, Vec<_>) = jobs
        .into_iter()
        .partition(|job| !has_ended(job.check) && lookup.may_find_later(job.check));
    let (mut outcomes, found_later) = tokio::join!(
        conclude_all(context, budget, &now, &lookup, memory, layout),
        look_again(context, budget, &later, layout)
    );
    outcomes.extend(found_later);

    let counted = counts_of(outcomes.values().flatten());
    if let Err(error) = counting::count(context, budget, counted).await {
        for outcome in outcomes.values_mut() {
            if outcome
                .as_ref()
                .is_ok_and(|outcome| outcome.counted.is_some() || outcome.answer.is_unrecorded())
            {
                *outcome = Err(error.clone());
            }
        }
    }
    all.iter()
        .map(|job| {
            let outcome = outcomes[job.key.as_str()].clone();
            outcome.map(|outcome| outcome.answer).map_err(Error::from)
        })
        .collect()
}

/// A check, and where it is recorded.
struct Job<'a> {
    check: &'a Check,
    recorded_at: Timestamp,
    /// The key of its audit record and the id of its event, which duplicates share. The key alone isn't unique: two
    /// events of one second may have it, since the milliseconds come from a hash.
    key: String,
}

impl<'a> Job<'a> {
    fn new(check: &'a Check, called_at: Timestamp) -> Self {
        let recorded_at = record::recorded_at(&check.event, called_at);
        Self {
            check,
            recorded_at,
            key: format!(
                "{}#{}",
                record::instance_key(&check.instance_id, recorded_at),
                check.event.id.as_ref().map_or("", |id| id.as_text().raw())
            ),
        }
    }
}

/// The result of a check.
#[derive(Debug, Clone)]
struct Outcome {
    answer: Answer,
    /// The evaluation, if it counts.
    counted: Option<Status>,
}

/// The outcomes by the keys of the audit records.
type Outcomes<'a> = HashMap<&'a str, Result<Outcome, CallError>>;

/// Whether the event says that the instance is terminated, or about to be.
fn has_ended(check: &Check) -> bool {
    check.event.state.is_some_and(InstanceState::is_ending)
}

async fn look_again<'a>(
    context: &Context,
    budget: &Budget,
    jobs: &[&'a Job<'_>],
    layout: Layout,
) -> Outcomes<'a> {
    if jobs.is_empty() {
        return Outcomes::new();
    }
    let checks: Vec<&Check> = jobs.iter().map(|job| job.check).collect();
    let lookup = Lookup::again(context, budget, &checks).await;
    let memory = recall(context, budget, jobs).await;
    conclude_all(context, budget, jobs, &lookup, memory, layout).await
}

/// Reads the items of the instances.
async fn recall(
    context: &Context,
    budget: &Budget,
    jobs: &[&Job<'_>],
) -> Result<Memory, CallError> {
    let mut ids: Vec<_> = jobs
        .iter()
        .map(|job| job.check.instance_id.clone())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    Memory::recall(context, &ids, budget.lookup_end()).await
}

/// Evaluates what was found, decides, delivers and remembers. The audit record is written whatever the state table
/// answers.
async fn conclude_all<'a>(
    context: &Context,
    budget: &Budget,
    jobs: &[&'a Job<'_>],
    lookup: &Lookup,
    memory: Result<Memory, CallError>,
    layout: Layout,
) -> Outcomes<'a> {
    let memory = match memory {
        Ok(memory) if memory.is_stale() => recall(context, budget, jobs).await,
        memory => memory,
    };
    let sights: Vec<_> = jobs.iter().map(|job| look(context, job, lookup)).collect();
    let mut outcomes = Outcomes::with_capacity(jobs.len());
    let (mut evaluated, mut deliveries) = (Vec::new(), Vec::new());
    let mut sightings = Sightings::new();
    for (job, sight) in jobs.iter().zip(&sights) {
        let id = job.check.instance_id.clone();
        let (answer, counted) = match sight {
            Err(error) => {
                outcomes.insert(job.key.as_str(), Err(error.clone()));
                continue;
            }
            Ok(Sight::Ended) => {
                sightings.add(&id, Look::Ended, (context.clock)());
                (Answer::skipped(id), None)
            }
            Ok(Sight::Unknown) => {
                let look = if job.check.is_new {
                    Look::Provisional
                } else {
                    Look::Fine(Closed::Gone)
                };
                let asked_at = lookup.asked_at().unwrap_or_else(context.clock);
                sightings.add(&id, look, asked_at);
                (Answer::not_found(id), None)
            }
            Ok(Sight::Evaluated(subject, evaluation, asked_at)) => {
                let asked_by = AskedBy::Check(job.check);
                let decision = context.decide(asked_by, *subject, evaluation);
                let counted = decision.counted();
                evaluated.push((job.key.as_str(), subject, evaluation, *asked_at));
                deliveries.push(Delivery {
                    check: job.check,
                    recorded_at: job.recorded_at,
                    decision,
                });
                (Answer::evaluated(id, evaluation, counted), counted)
            }
        };
        outcomes.insert(job.key.as_str(), Ok(Outcome { answer, counted }));
    }
    // Where a record is depends on the others.
    let objects = audit_objects(&deliveries, layout);
    for ((delivery, object_key), (_, subject, evaluation, asked_at)) in
        deliveries.iter().zip(objects.keys()).zip(&evaluated)
    {
        let is_provisional = delivery.decision.counted().is_none();
        let (policy, key) = (&context.config.policy, object_key.to_owned());
        let look = Look::evaluated(subject, evaluation, policy, key, is_provisional);
        sightings.add(&delivery.check.instance_id, look, *asked_at);
    }
    let end = budget.delivery_end();
    let sightings = sightings.into_all();
    let (delivered, forgotten) = tokio::join!(
        deliver_all(context, &deliveries, objects, end),
        remember(context, memory, &sightings, end)
    );
    for ((key, ..), result) in evaluated.into_iter().zip(delivered) {
        match (result, outcomes.get_mut(key)) {
            (Ok(delivered), Some(Ok(outcome))) if !delivered.is_recorded => {
                outcome.answer.say_unwritten();
            }
            (Err(error), _) => {
                outcomes.insert(key, Err(error));
            }
            _ => {}
        }
    }
    for job in jobs {
        if let Some(error) = forgotten.get(&job.check.instance_id) {
            outcomes.insert(job.key.as_str(), Err(error.clone()));
        }
    }
    outcomes
}

/// Stores the looks, and returns the instances for which that failed.
async fn remember(
    context: &Context,
    memory: Result<Memory, CallError>,
    sightings: &[Sighting],
    end: Instant,
) -> HashMap<InstanceId, CallError> {
    match memory {
        Ok(memory) => {
            let remembered = memory
                .remember(context, sightings, Source::Check, end)
                .await;
            let failed = remembered.into_iter();
            failed
                .filter_map(|(id, result)| Some((id.clone(), result.err()?)))
                .collect()
        }
        Err(error) => {
            let forgotten = sightings.iter().map(|it| (it.id.clone(), error.clone()));
            forgotten.collect()
        }
    }
}

/// One look per instance, and so one write, however many events named it.
struct Sightings(HashMap<InstanceId, Sighting>);

impl Sightings {
    fn new() -> Self {
        Self(HashMap::new())
    }

    /// Adds a look. The looks of a batch differ only if one event says that the instance ended, or if a violation is
    /// provisional for some events.
    fn add(&mut self, id: &InstanceId, look: Look, asked_at: Timestamp) {
        let known = self.0.get(id).map(|sighting| &sighting.look);
        let is_better = match known {
            None | Some(Look::Provisional) => true,
            Some(known) => *known != Look::Ended && look == Look::Ended,
        };
        if is_better {
            let sighting = Sighting {
                id: id.clone(),
                look,
                asked_at,
            };
            self.0.insert(id.clone(), sighting);
        }
    }

    fn into_all(self) -> Vec<Sighting> {
        self.0.into_values().collect()
    }
}

/// The result of looking at an instance.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every look ends in the large one"
)]
enum Sight<'a> {
    /// It is terminated, or about to be.
    Ended,
    /// EC2 doesn't know it.
    Unknown,
    /// It was evaluated, by a look that was requested at this time.
    Evaluated(Subject<'a>, Evaluation<'a>, Timestamp),
}

fn look<'a>(
    context: &'a Context,
    job: &Job<'_>,
    lookup: &'a Lookup,
) -> Result<Sight<'a>, CallError> {
    let check = job.check;
    let id = &check.instance_id;
    let event_id = check.event.id.as_ref().map(|id| id.as_text().raw());
    debug!(instance_id = %id, event_id, "Checking compliance for instance");
    let ended = || {
        info!(instance_id = %id, event_id, "Instance {id} compliance: skipped");
        Ok(Sight::Ended)
    };
    if has_ended(check) {
        return ended();
    }
    let Some(Seen {
        instance,
        read_at,
        asked_at,
    }) = lookup.get(id)?
    else {
        warn!(instance_id = %id, event_id, "Instance {id} is not known to EC2");
        return Ok(Sight::Unknown);
    };
    if instance.state.is_ending() {
        return ended();
    }
    let subject = context.subject(instance, *read_at);
    let evaluation = context.config.policy.evaluate(&subject);
    let status = evaluation.status();
    if status == Status::OutOfScope {
        let condition = evaluation.scope;
        info!(instance_id = %id, event_id, %condition, "Instance {id} compliance: {status}");
        return Ok(Sight::Evaluated(subject, evaluation, *asked_at));
    }
    let missing_tags = &evaluation.missing_tags;
    let invalid_tags = evaluation.invalid_tags.iter().map(|tag| tag.key.raw());
    let invalid_tags: Vec<_> = invalid_tags.collect();
    info!(
        instance_id = %id,
        event_id,
        ?missing_tags,
        ?invalid_tags,
        "Instance {id} compliance: {status}"
    );
    Ok(Sight::Evaluated(subject, evaluation, *asked_at))
}

/// What is counted of the checks that didn't fail.
fn counts_of<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Counted {
    let mut counted = Counted::default();
    for outcome in outcomes {
        if let Some(status) = outcome.counted {
            counted.evaluations.add(status);
        }
        counted.unwritten_records += u64::from(outcome.answer.is_unrecorded());
    }
    counted
}
