//! Sweeping the fleet, page by page.

mod digest;
mod pace;
mod page;
mod pager;
mod probe;
mod reader;
mod reconciler;

use std::time::Duration;

use tag_compliance_aws::cloudwatch::Counted;
use tag_compliance_aws::deadline::within;
use tag_compliance_aws::error::CallError;
use tag_compliance_aws::sqs::DelayedMessage;
use tag_compliance_aws::state_table::{control, sweeps, update};
use tag_compliance_core::event::{Continuation, Sweep, SweepScope, Trigger, own};
use tag_compliance_core::memory::{Era, OVERDUE};
use tag_compliance_core::record;
use tag_compliance_core::sweep::lease::{self, Claim, Lease, Refusal};
use tag_compliance_core::sweep::progress::{Ended, Progress};
use tag_compliance_core::timestamp::Timestamp;
use tracing::{info, warn};

use self::reader::Reader;
use crate::answer::Answer;
use crate::budget::Budget;
use crate::context::Context;
use crate::counting;
use crate::delivery::send_delayed;
use crate::error::Error;
use crate::memory::{Memory, request_sweep};
use crate::teller;

/// The most invocations that work on a sweep, which is more than four hours.
const MAX_INVOCATIONS: u32 = 500;

/// Evaluates every instance in the states that the sweep asks for. Writes an audit object for each page, sends one
/// digest for all violations, and sends the totals as metrics.
///
/// There is one sweep at a time. If the fleet takes longer than the invocation has, the progress goes into the state
/// table, and a message makes another invocation continue.
///
/// # Errors
/// EC2 or the state table failed, or the digest, the totals or the message couldn't be sent. Audit objects that
/// couldn't be written are only logged.
pub async fn sweep(context: &Context, budget: &Budget, request: &Sweep) -> Result<Answer, Error> {
    let is_of_all = request.scope == SweepScope::Watched;
    let memory = Memory::recall_for_sweep(context, is_of_all, budget.lookup_end()).await?;
    if memory.rules().is_none() {
        return Err(Error::Outdated);
    }
    let claimed = claimed(context, budget, request).await?;
    let is_its_sweep = matches!(&claimed, Ok((_, begun)) if begun.scope == SweepScope::Watched);
    if memory.has_begun && is_of_all && !is_its_sweep {
        // Our request is refused, or continues a sweep of running instances only, which ends no baseline.
        request_sweep(context, budget.end()).await?;
    }
    let (lease, begun) = match claimed {
        Ok(claimed) => claimed,
        Err(refusal) => return Ok(refused(refusal)),
    };
    let era = memory.era.as_ref();
    let result = Box::pin(go_through(context, budget, &lease, begun, era)).await;
    if result.is_err() && request.event.id.is_none() && request.continues.is_none() {
        // The retry has another name, and would find this sweep under way.
        if let Err(error) = release(context, budget, &lease.sweep).await {
            warn!("The failed sweep keeps its lease: {error}");
        }
    }
    result
}

fn refused(refusal: Refusal) -> Answer {
    let reason = refusal.as_str();
    warn!(reason, "Sweep refused");
    Answer::refused(refusal)
}

/// Does what is left of a sweep, as far as the time allows.
async fn go_through(
    context: &Context,
    budget: &Budget,
    lease: &Lease,
    begun: Progress,
    era: Option<&Era>,
) -> Result<Answer, Error> {
    let invocations = begun.invocations + 1;
    let sweep = Sweep {
        scope: begun.scope,
        event: begun.event.clone(),
        continues: None,
    };
    let (left, totals) = if begun.ended.is_some() {
        (Vec::new(), begun.totals)
    } else {
        let reader = Reader::new(
            context,
            budget,
            &sweep,
            begun.recorded_at,
            begun.totals,
            lease.swept_at,
        );
        let left = reader.read(begun.partitions).await?;
        (left, reader.into_totals())
    };
    let progress = Progress {
        scope: sweep.scope,
        event: sweep.event,
        recorded_at: begun.recorded_at,
        begun_at: begun.begun_at,
        invocations,
        policy_hash: begun.policy_hash,
        partitions: left,
        totals,
        ended: begun.ended,
    };
    if progress.partitions.is_empty() {
        return Box::pin(end(context, budget, lease, progress, era)).await;
    }
    if invocations == MAX_INVOCATIONS {
        return Err(Error::EndlessSweep(invocations));
    }
    let answer = Answer::sweeping(&progress.totals);
    if hand_over(context, budget, lease, progress).await? {
        Ok(answer)
    } else {
        Ok(refused(Refusal::Outdated))
    }
}

/// Ends a sweep whose fleet is read. An event bus that fails holds up nothing but its own events.
async fn end(
    context: &Context,
    budget: &Budget,
    lease: &Lease,
    mut progress: Progress,
    era: Option<&Era>,
) -> Result<Answer, Error> {
    let (done, result) = finish(context, budget, lease, &progress).await;
    let is_of_all = progress.scope == SweepScope::Watched;
    let is_over = done.is_on_topic && done.is_counted;
    if is_of_all && is_over {
        end_baseline(context, budget, era, progress.begun_at).await?;
    }
    let ended_at = (context.clock)();
    let answer = Answer::swept(&progress.totals);
    let ended = Lease {
        swept_at: Some(ended_at)
            .filter(|_| is_of_all && is_over)
            .or(lease.swept_at),
        ..lease.clone()
    };
    let ended = if result.is_ok() {
        Lease {
            until: ended_at,
            progress: None,
            ..ended
        }
    } else {
        // The retry reads nothing again, and repeats nothing that was done.
        progress.ended = Some(done);
        Lease {
            progress: Some(progress),
            ..ended
        }
    };
    store(context, budget, &ended, Some(lease)).await?;
    if is_over {
        Box::pin(teller::tell_overdue(context, budget)).await?;
    }
    result?;
    Ok(answer)
}

/// Lets another sweep begin at once.
async fn release(context: &Context, budget: &Budget, sweep: &str) -> Result<(), CallError> {
    let read = sweeps::read(context.state_table());
    let stored = within(budget.end(), sweeps::READ, read).await?;
    let lease = stored.map(|stored| stored.lease);
    let Some(lease) = lease.filter(|lease| lease.sweep == sweep) else {
        return Ok(());
    };
    let released = Lease {
        until: (context.clock)(),
        ..lease.clone()
    };
    store(context, budget, &released, Some(&lease))
        .await
        .map(drop)
}

type Claimed = Result<(Lease, Progress), Refusal>;

/// Acquires the sweep that is asked for, or says why that isn't possible.
async fn claimed(
    context: &Context,
    budget: &Budget,
    request: &Sweep,
) -> Result<Claimed, CallError> {
    let now = (context.clock)();
    let policy_hash = context.config.policy.fingerprint();
    let read = sweeps::read(context.state_table());
    let stored = within(budget.lookup_end(), sweeps::READ, read).await?;
    let there = stored.map(|stored| {
        if let Some(error) = stored.unreadable {
            warn!("The progress of the sweep is unreadable and lost: {error}");
        }
        stored.lease
    });
    let (lease, refusal) = match lease::claim(there.clone(), request, policy_hash, now) {
        Claim::Refused(refusal) => return Ok(Err(refusal)),
        Claim::GoOn(lease, progress) => {
            let progress = goes_on(context, *progress);
            (
                Lease {
                    progress: Some(progress),
                    ..*lease
                },
                Refusal::Outdated,
            )
        }
        Claim::Begin => {
            let recorded_at = record::recorded_at(&request.event, now);
            let (scope, event) = (request.scope, request.event.clone());
            let progress = Progress::begin(scope, event, recorded_at, now, policy_hash);
            let lease = Lease {
                sweep: lease::name(request, now),
                part: 0,
                until: now,
                progress: Some(progress),
                swept_at: there.as_ref().and_then(|there| there.swept_at),
            };
            (lease, Refusal::AlreadySweeping)
        }
    };
    let lease = Lease {
        until: now.after(lease::LENGTH),
        ..lease
    };
    if !store(context, budget, &lease, there.as_ref()).await? {
        return Ok(Err(refusal));
    }
    let progress = lease.progress.clone().ok_or(refusal);
    Ok(progress.map(|progress| (lease, progress)))
}

/// The progress of the sweep. If it began under another policy it starts over, since its totals would mix both.
fn goes_on(context: &Context, progress: Progress) -> Progress {
    let policy_hash = context.config.policy.fingerprint();
    if progress.policy_hash == policy_hash {
        return progress;
    }
    warn!("The policy changed during the sweep; starting over");
    let Progress {
        scope,
        event,
        recorded_at,
        invocations,
        ..
    } = progress;
    Progress {
        invocations,
        ..Progress::begin(scope, event, recorded_at, (context.clock)(), policy_hash)
    }
}

async fn store(
    context: &Context,
    budget: &Budget,
    lease: &Lease,
    there: Option<&Lease>,
) -> Result<bool, CallError> {
    let store = sweeps::store(context.state_table(), lease, there);
    within(budget.end(), update::CALL, store).await
}

/// Tells of the sweep, and then sends the totals. What the sweep finds at the beginning of an era is the baseline, which
/// the digest reports. Returns what has been done, and why not all of it.
async fn finish(
    context: &Context,
    budget: &Budget,
    lease: &Lease,
    progress: &Progress,
) -> (Ended, Result<(), CallError>) {
    let mut done = progress.ended.unwrap_or_default();
    let totals = &progress.totals;
    let counts = totals.tally.counts;
    info!(
        compliant = counts.compliant,
        non_compliant = counts.non_compliant,
        "Sweep done"
    );
    if totals.standing.suspects > 0 {
        let again = DelayedMessage {
            body: own::suspects_due().to_string(),
            delay: OVERDUE,
        };
        if let Err(error) = send_delayed(context, &again, budget.end()).await {
            return (done, Err(error));
        }
    }
    let told = digest::tell(context, budget, &lease.sweep, progress, (context.clock)()).await;
    done.is_on_topic = told.on_topic.is_ok();
    done.is_on_bus = told.on_bus.is_ok();
    let mut counted = Ok(());
    if done.is_on_topic && !done.is_counted {
        counted = count(context, budget, progress).await;
        done.is_counted = counted.is_ok();
    }
    (done, told.on_topic.and(counted).and(told.on_bus))
}

/// Sends the totals as metrics.
async fn count(context: &Context, budget: &Budget, progress: &Progress) -> Result<(), CallError> {
    let totals = &progress.totals;
    let is_of_all = progress.scope == SweepScope::Watched;
    // The alarm watches for spikes, and violations that persist for days are none.
    let is_scheduled = progress.event.trigger == Trigger::Schedule;
    let counted = Counted {
        evaluations: if is_scheduled {
            totals.changed
        } else {
            totals.tally.counts
        },
        unwritten_records: totals.unwritten_records,
        open_violations: is_of_all.then_some(totals.standing.open),
        missed_by_events: 0,
    };
    // Leaves the time to store that the sweep is told.
    counting::put(context, budget.sending_end(), counted).await
}

/// Ends the era's baseline, if the sweep began after the era did.
async fn end_baseline(
    context: &Context,
    budget: &Budget,
    era: Option<&Era>,
    begun_at: Timestamp,
) -> Result<(), CallError> {
    if let Some(era) = era.filter(|era| era.baseline && era.since <= begun_at) {
        let end = control::end_baseline(context.state_table(), era);
        within(budget.end(), update::CALL, end).await?;
    }
    Ok(())
}

/// Leaves the rest to another invocation. Returns whether no other one has continued meanwhile.
async fn hand_over(
    context: &Context,
    budget: &Budget,
    lease: &Lease,
    progress: Progress,
) -> Result<bool, CallError> {
    let counts = progress.totals.tally.counts;
    let invocations = progress.invocations;
    let partitions: Vec<String> = progress
        .partitions
        .iter()
        .map(|it| it.slice.to_string())
        .collect();
    let next = Lease {
        sweep: lease.sweep.clone(),
        part: lease.part + 1,
        until: lease.until,
        progress: Some(progress),
        swept_at: lease.swept_at,
    };
    if !store(context, budget, &next, Some(lease)).await? {
        return Ok(false);
    }
    let continuation = Continuation {
        sweep: next.sweep,
        part: next.part,
    };
    let message = DelayedMessage {
        body: own::sweep_continuation(&continuation).to_string(),
        delay: Duration::ZERO,
    };
    send_delayed(context, &message, budget.end()).await?;
    info!(
        compliant = counts.compliant,
        non_compliant = counts.non_compliant,
        invocations,
        ?partitions,
        "The sweep continues in another invocation"
    );
    Ok(true)
}
