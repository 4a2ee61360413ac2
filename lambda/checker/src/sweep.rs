//! Checking the whole fleet, page by page.

mod pace;
mod page;
mod pager;
mod probe;
mod reader;

use std::time::Duration;

use tag_compliance_aws::cloudwatch::{self, Counted};
use tag_compliance_aws::deadline::within;
use tag_compliance_aws::error::CallError;
use tag_compliance_aws::sqs::DelayedMessage;
use tag_compliance_aws::{sns, sqs};
use tag_compliance_core::event::{Sweep, continuation};
use tag_compliance_core::notification::{Digest, Notification, mail};
use tag_compliance_core::record;
use tag_compliance_core::sweep::progress::Progress;
use tag_compliance_core::sweep::totals::Totals;
use tag_compliance_core::timestamp::Timestamp;
use tracing::{info, warn};

use self::reader::Reader;
use crate::answer::Answer;
use crate::budget::Budget;
use crate::config::SweepDigestMode;
use crate::context::Context;
use crate::error::Error;

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
pub async fn sweep(context: &Context, budget: &Budget, sweep: &Sweep) -> Result<Answer, Error> {
    let begun = begun(context, sweep);
    let invocations = begun.invocations + 1;
    let reader = Reader::new(context, budget, sweep, begun.recorded_at, begun.totals);
    let left = reader.read(begun.partitions).await?;
    let totals = reader.into_totals();
    if left.is_empty() {
        finish(context, budget, begun.recorded_at, &totals).await?;
        return Ok(Answer::swept(&totals));
    }
    if invocations == MAX_INVOCATIONS {
        return Err(Error::EndlessSweep(invocations));
    }
    let answer = Answer::sweeping(&totals);
    let progress = Progress {
        recorded_at: begun.recorded_at,
        invocations,
        policy_hash: begun.policy_hash,
        partitions: left,
        totals,
    };
    hand_over(context, budget, sweep, progress).await?;
    Ok(answer)
}

/// Where the sweep is. One that began by another policy begins anew, since its totals would mix both;
/// and one whose keys would lie under a day that is none of now.
fn begun(context: &Context, sweep: &Sweep) -> Progress {
    let policy_hash = context.config.policy.fingerprint();
    let now = (context.clock)();
    let progress = sweep.progress.as_deref();
    match progress.filter(|progress| record::is_believed(progress.recorded_at, now)) {
        Some(progress) if progress.policy_hash == policy_hash => progress.clone(),
        Some(progress) => {
            warn!("The policy changed during the sweep, which begins anew");
            Progress {
                invocations: progress.invocations,
                ..Progress::begin(progress.recorded_at, policy_hash)
            }
        }
        None => {
            let recorded_at = record::recorded_at(&sweep.event, now);
            Progress::begin(recorded_at, policy_hash)
        }
    }
}

/// Sends the digest, and then the totals.
async fn finish(
    context: &Context,
    budget: &Budget,
    recorded_at: Timestamp,
    totals: &Totals,
) -> Result<(), CallError> {
    let Context {
        config,
        clients,
        clock,
    } = context;
    let counts = totals.tally.counts;
    info!(
        compliant = counts.compliant,
        non_compliant = counts.non_compliant,
        "Sweep done"
    );
    let now = clock();
    let digest = Digest {
        region: &config.region,
        policy: &config.policy,
        totals,
        now,
        log_bucket: &config.log_bucket,
        record_prefix: &record::sweep_prefix(recorded_at),
    };
    if digest.has_news() || config.sweep_digest == SweepDigestMode::Always {
        let mail = mail::render(&Notification::Digest(digest));
        let topic_arn = &config.alert_topic_arn;
        for sent in sns::publish(&clients.sns, topic_arn, &[&mail], budget.end()).await {
            let message_id = sent?;
            info!(message_id, "SNS notification sent");
        }
    }
    let counted = Counted {
        evaluations: counts,
        unwritten_records: totals.unwritten_records,
    };
    let put = cloudwatch::put_counts(&clients.cloudwatch, &config.metric_namespace, counted, now);
    within(budget.end(), cloudwatch::CALL, put).await
}

async fn hand_over(
    context: &Context,
    budget: &Budget,
    sweep: &Sweep,
    progress: Progress,
) -> Result<(), CallError> {
    let counts = progress.totals.tally.counts;
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
    let queue_url = &context.config.delay_queue_url;
    for sent in sqs::send(&context.clients.sqs, queue_url, &[&message], budget.end()).await {
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
