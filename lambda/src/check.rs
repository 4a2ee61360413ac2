//! Checking instances that events named.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream};
use tracing::{error, info, warn};

use crate::alert::Alert;
use crate::answer::Answer;
use crate::audit::{self, AuditRecord};
use crate::aws::error::CallError;
use crate::aws::s3::{self, Format};
use crate::aws::{cloudwatch, ec2, sns};
use crate::error::Error;
use crate::event::Check;
use crate::handler::Checker;
use crate::instance::{Instance, InstanceId, InstanceState};
use crate::policy::Subject;
use crate::policy::verdict::{Counts, Status, Verdict};
use crate::settle;
use crate::timestamp::Timestamp;

/// How long to wait before each further look for an instance that is new to EC2: 7.5 s in all,
/// of the "few seconds" that EC2's API takes to agree with itself ("Eventual consistency", Amazon
/// EC2 API reference).
const NEW_INSTANCE_DELAYS: [Duration; 4] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// How many verdicts of a batch are delivered at a time.
const MAX_CONCURRENT_DELIVERIES: usize = 10;

/// Checks one instance.
///
/// # Errors
/// As [`check_all`].
pub async fn check_one(checker: &Checker, check: &Check) -> Result<Answer, Error> {
    let mut results = check_all(checker, std::slice::from_ref(check)).await;
    results.remove(0)
}

/// Checks instances and answers for each check, in order.
///
/// All of them are looked up together, and their counts go out in one call, after everything
/// else, so that a retry of a check whose alert failed does not count it twice. Checks that would
/// be recorded under the same key are duplicates, and judged once.
///
/// A check fails where EC2 could not be asked, its alert could not be sent, or the counts could
/// not be. An audit record that could not be written is logged, and fails nothing.
pub async fn check_all(checker: &Checker, checks: &[Check]) -> Vec<Result<Answer, Error>> {
    let called_at = (checker.clock)();
    let instances = Lookup::of(checker, checks).await;
    let keys: Vec<String> = checks
        .iter()
        .map(|check| {
            audit::instance_key(
                &check.instance_id,
                audit::recorded_at(&check.event, called_at),
            )
        })
        .collect();
    let mut seen = HashSet::new();
    let distinct = checks
        .iter()
        .zip(&keys)
        .filter(|(_, key)| seen.insert(*key));
    let mut outcomes: HashMap<&String, Result<Outcome, Error>> = stream::iter(distinct)
        .map(|(check, key)| {
            check_found(checker, check, key, &instances).map(move |outcome| (key, outcome))
        })
        .buffer_unordered(MAX_CONCURRENT_DELIVERIES)
        .collect()
        .await;

    if let Err(error) = send_counts(checker, outcomes.values().flatten()).await {
        for outcome in outcomes.values_mut() {
            if outcome
                .as_ref()
                .is_ok_and(|outcome| outcome.counted.is_some())
            {
                *outcome = Err(error.clone().into());
            }
        }
    }
    keys.iter()
        .map(|key| outcomes[key].clone().map(|outcome| outcome.answer))
        .collect()
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

/// The instances that EC2 showed, and why some may be absent.
struct Lookup {
    found: HashMap<InstanceId, Seen>,
    failure: Option<CallError>,
}

/// An instance, and when EC2 showed it.
struct Seen {
    instance: Instance,
    read_at: Timestamp,
}

impl Lookup {
    async fn of(checker: &Checker, checks: &[Check]) -> Self {
        let mut lookup = Self {
            found: HashMap::new(),
            failure: None,
        };
        lookup
            .look_for(checker, checks.iter().filter(|check| !has_ended(check)))
            .await;
        for delay in NEW_INSTANCE_DELAYS {
            let unseen: Vec<&Check> = checks
                .iter()
                .filter(|check| check.is_new && !lookup.found.contains_key(&check.instance_id))
                .collect();
            if unseen.is_empty() || lookup.failure.is_some() {
                break;
            }
            tokio::time::sleep(delay).await;
            lookup.look_for(checker, unseen.into_iter()).await;
        }
        lookup
    }

    async fn look_for<'a>(&mut self, checker: &Checker, checks: impl Iterator<Item = &'a Check>) {
        let mut ids: Vec<InstanceId> = checks.map(|check| check.instance_id.clone()).collect();
        ids.sort_unstable();
        ids.dedup();
        match ec2::describe(&checker.clients.ec2, &ids).await {
            Ok(found) => {
                let read_at = (checker.clock)();
                let seen = found
                    .into_iter()
                    .map(|instance| (instance.id.clone(), Seen { instance, read_at }));
                self.found.extend(seen);
            }
            Err(error) => self.failure = Some(error),
        }
    }

    fn get(&self, id: &InstanceId) -> Result<Option<&Seen>, Error> {
        match (self.found.get(id), &self.failure) {
            (None, Some(error)) => Err(error.clone().into()),
            (found, _) => Ok(found),
        }
    }
}

/// Whether the event itself says that the instance is gone for good.
fn has_ended(check: &Check) -> bool {
    check.event.state.is_some_and(InstanceState::is_ending)
}

async fn check_found(
    checker: &Checker,
    check: &Check,
    key: &str,
    instances: &Lookup,
) -> Result<Outcome, Error> {
    let id = &check.instance_id;
    info!(instance_id = %id, event_id = check.event.id, "Checking compliance for instance");
    if has_ended(check) {
        return Ok(skipped(id));
    }
    match instances.get(id)? {
        None => {
            warn!(instance_id = %id, "Instance {id} is not known to EC2");
            Ok(Outcome::uncounted(Answer::not_found(id.clone())))
        }
        Some(seen) if seen.instance.state.is_ending() => Ok(skipped(id)),
        Some(Seen { instance, read_at }) => {
            let subject = checker.subject(instance, *read_at);
            let Some(verdict) = checker.config.policy.judge(&subject) else {
                info!(instance_id = %id, "Instance {id} compliance: out-of-scope");
                return Ok(Outcome::uncounted(Answer::out_of_scope(id.clone())));
            };
            deliver(checker, check, key, &subject, &verdict).await
        }
    }
}

fn skipped(id: &InstanceId) -> Outcome {
    info!(instance_id = %id, "Instance {id} compliance: skipped");
    Outcome::uncounted(Answer::skipped(id.clone()))
}

/// Records a verdict, and alerts or sees to a later look.
async fn deliver(
    checker: &Checker,
    check: &Check,
    key: &str,
    subject: &Subject<'_>,
    verdict: &Verdict<'_>,
) -> Result<Outcome, Error> {
    let id = &check.instance_id;
    let status = verdict.status();
    let missing_tags = &verdict.missing_tags;
    let invalid_tags: Vec<_> = verdict.invalid_tags.iter().map(|tag| tag.key).collect();
    info!(instance_id = %id, ?missing_tags, ?invalid_tags, "Instance {id} compliance: {status}");

    if let Some(provisional) = settle::provisional(&checker.config, subject, verdict) {
        let key = audit::provisional_key(key);
        let ((), brought_back) = tokio::join!(
            record(checker, check, &key, subject, verdict, true),
            settle::bring_back(checker, check, subject, verdict, provisional)
        );
        brought_back?;
        return Ok(Outcome::uncounted(Answer::provisional(id.clone(), verdict)));
    }
    let ((), alerted) = tokio::join!(
        record(checker, check, key, subject, verdict, false),
        alert(checker, subject, verdict)
    );
    alerted?;
    Ok(Outcome {
        counted: Some(status),
        answer: Answer::judged(id.clone(), verdict),
    })
}

async fn record(
    checker: &Checker,
    check: &Check,
    key: &str,
    subject: &Subject<'_>,
    verdict: &Verdict<'_>,
    provisional: bool,
) {
    let policy = &checker.config.policy;
    let record = AuditRecord::new(subject, verdict, policy, &check.event, provisional);
    put_audit_object(checker, key, Format::Json, record.to_json()).await;
}

/// Writes an object of the audit log. A failure is logged and no more: the audit log is not
/// critical.
pub async fn put_audit_object(checker: &Checker, key: &str, format: Format, body: Vec<u8>) {
    let Checker {
        config, clients, ..
    } = checker;
    let result = s3::put_object(
        &clients.s3,
        &config.log_bucket,
        &config.log_bucket_owner,
        key,
        format,
        body,
    )
    .await;
    if let Err(error) = result {
        let retryable = error.is_retryable();
        error!(key, retryable, "Audit record not written: {error}");
    }
}

async fn alert(
    checker: &Checker,
    subject: &Subject<'_>,
    verdict: &Verdict<'_>,
) -> Result<(), CallError> {
    if verdict.status() != Status::NonCompliant {
        return Ok(());
    }
    let alert = Alert::for_instance(subject, verdict);
    let message_id = sns::publish(
        &checker.clients.sns,
        &checker.config.alert_topic_arn,
        &alert,
    )
    .await?;
    let id = &subject.instance.id;
    info!(instance_id = %id, message_id, "SNS notification sent");
    Ok(())
}

async fn send_counts(
    checker: &Checker,
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
    cloudwatch::put_counts(
        &checker.clients.cloudwatch,
        &checker.config.metric_namespace,
        counts,
        (checker.clock)(),
    )
    .await
}
