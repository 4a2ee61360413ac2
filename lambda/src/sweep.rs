//! Checking the whole fleet, page by page.

pub mod continuation;
pub mod pace;
pub mod partition;
pub mod progress;
mod reader;

use std::time::Duration;

use tracing::{info, warn};

use self::progress::Progress;
use self::reader::Reader;
use crate::answer::Answer;
use crate::audit;
use crate::aws::error::CallError;
use crate::aws::sqs::DelayedMessage;
use crate::aws::{cloudwatch, sns, sqs};
use crate::budget::{Budget, within};
use crate::config::SweepDigestMode;
use crate::digest::{SweepDigest, Totals, audit_objects};
use crate::error::Error;
use crate::event::Sweep;
use crate::handler::Checker;
use crate::timestamp::Timestamp;

/// How many invocations work on a sweep at most: more than four hours.
const MAX_INVOCATIONS: u32 = 500;

/// Checks every instance in the states that the sweep asks for: an audit object a page, one
/// digest for all violations, and the totals as metrics, which go last.
///
/// Where the time of the invocation is too short for the fleet, a message hands what is left, and what
/// was found, to another one; that answers for the whole sweep.
///
/// # Errors
/// EC2 could not be asked, or the digest, the totals or the message could not be sent. An audit object
/// that could not be written is logged, and fails nothing.
pub async fn sweep(checker: &Checker, budget: &Budget, sweep: &Sweep) -> Result<Answer, Error> {
    let begun = begun(checker, sweep);
    let invocations = begun.invocations + 1;
    let reader = Reader::new(checker, budget, sweep, begun.recorded_at, begun.totals);
    let left = reader.read(begun.partitions).await?;
    let totals = reader.into_totals();
    if left.is_empty() {
        finish(checker, budget, begun.recorded_at, &totals).await?;
        return Ok(Answer::swept(totals.counts));
    }
    if invocations == MAX_INVOCATIONS {
        return Err(Error::EndlessSweep(invocations));
    }
    let answer = Answer::sweeping(totals.counts);
    let progress = Progress {
        recorded_at: begun.recorded_at,
        invocations,
        policy_hash: begun.policy_hash,
        partitions: left,
        totals,
    };
    hand_over(checker, budget, sweep, progress).await?;
    Ok(answer)
}

/// Where the sweep is. One that began by another policy begins anew: its totals would mix both.
fn begun(checker: &Checker, sweep: &Sweep) -> Progress {
    let policy_hash = checker.config.policy.fingerprint();
    match sweep.progress.as_deref() {
        Some(progress) if progress.policy_hash == policy_hash => progress.clone(),
        Some(progress) => {
            warn!("The policy changed during the sweep, which begins anew");
            Progress {
                invocations: progress.invocations,
                ..Progress::begin(progress.recorded_at, policy_hash)
            }
        }
        None => {
            let recorded_at = audit::recorded_at(&sweep.event, (checker.clock)());
            Progress::begin(recorded_at, policy_hash)
        }
    }
}

/// Sends the digest, and then the totals.
async fn finish(
    checker: &Checker,
    budget: &Budget,
    recorded_at: Timestamp,
    totals: &Totals,
) -> Result<(), CallError> {
    let Checker {
        config,
        clients,
        clock,
    } = checker;
    let counts = totals.counts;
    info!(
        compliant = counts.compliant,
        non_compliant = counts.non_compliant,
        "Sweep done"
    );
    let now = clock();
    let digest = SweepDigest {
        policy: &config.policy,
        totals,
    };
    if digest.has_news(now) || config.sweep_digest == SweepDigestMode::Always {
        let prefix = audit::sweep_prefix(recorded_at);
        let objects = audit_objects(&config.region, &config.log_bucket, &prefix);
        let alert = digest.to_alert(&config.region, now, &objects);
        let topic_arn = &config.alert_topic_arn;
        for sent in sns::publish(&clients.sns, topic_arn, &[&alert], budget.end()).await {
            let message_id = sent?;
            info!(message_id, "SNS notification sent");
        }
    }
    let put = cloudwatch::put_counts(&clients.cloudwatch, &config.metric_namespace, counts, now);
    within(budget.end(), cloudwatch::CALL, put).await
}

async fn hand_over(
    checker: &Checker,
    budget: &Budget,
    sweep: &Sweep,
    progress: Progress,
) -> Result<(), CallError> {
    let counts = progress.totals.counts;
    let invocations = progress.invocations;
    let partitions: Vec<String> = progress
        .partitions
        .iter()
        .map(|it| it.slice.to_string())
        .collect();
    let message = DelayedMessage {
        body: continuation::message(sweep, progress),
        delay: Duration::ZERO,
    };
    let queue_url = &checker.config.delay_queue_url;
    for sent in sqs::send(&checker.clients.sqs, queue_url, &[&message], budget.end()).await {
        sent?;
    }
    info!(
        compliant = counts.compliant,
        non_compliant = counts.non_compliant,
        invocations,
        ?partitions,
        "The sweep goes on in another invocation"
    );
    Ok(())
}
