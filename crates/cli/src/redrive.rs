//! `redrive`: redelivers dead letters to the function.

pub mod args;
mod error;
mod letter;
mod pace;
mod pass;
mod queue_url;
mod received;
mod receiver;
mod signals;
mod target;
mod words;

use std::time::Duration;

use tag_compliance_aws::lambda::Function;
use tag_compliance_aws::sqs::dead_letters::{Queue, QueueState};

use self::args::Redrive;
pub use self::error::RedriveError;
use self::pace::Pace;
use self::pass::{Action, Pass, Plan, say};
use self::receiver::Receiver;
use self::signals::{Ended, Signals};
use self::target::Target;
use self::words::one_line;
use crate::aws::{self, Access, Session};
use crate::exit::Exit;
use crate::output;

/// Redrives. An error leaves the messages in the queue, so it has the exit code for that.
pub fn run(arguments: &Redrive) -> Result<Exit, RedriveError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(RedriveError::Runtime)?;
    Ok(runtime
        .block_on(redrive(arguments))
        .unwrap_or_else(|error| failed(&error)))
}

/// Reports an error.
fn failed(error: &RedriveError) -> Exit {
    output::error(&error.to_string());
    match error {
        RedriveError::Ended(Ended(signal)) | RedriveError::CutShort(signal) => {
            Exit::Ended(signal.exit_code())
        }
        _ => Exit::Left,
    }
}

async fn redrive(arguments: &Redrive) -> Result<Exit, RedriveError> {
    let target = Target::of(arguments)?;
    let access = Access {
        profile: arguments.profile.as_deref(),
        region: target.region.as_deref(),
    };
    let Session { config, patience } = aws::load(&access).await?;
    let queue = Queue::new(&config, target.queue.as_str());
    let receiver = |name: &String| Receiver {
        function: Function::new(&config, name),
        name: name.clone(),
        pace: Pace::new(arguments.rate),
        patience: patience.clone(),
        grace: Duration::from_secs(u64::from(arguments.grace)),
    };
    let action = match &target.function {
        _ if arguments.dry_run => Action::Show,
        Some(name) if arguments.drop.is_empty() => Action::HandOver(receiver(name)),
        _ => Action::Drop,
    };
    say(&headline(arguments, &target))?;
    let before = queue.state().await?;
    if let Some(policy) = before.redrive_policy {
        let (queue, policy) = (target.queue.as_str().to_owned(), one_line(&policy));
        return Err(RedriveError::LiveQueue { queue, policy });
    }
    say(&counts("before", &before))?;
    let plan = Plan {
        action,
        only: arguments.drop.iter().cloned().collect(),
        limit: arguments.max,
    };
    let signals = Signals::catch().map_err(RedriveError::Runtime)?;
    // A second signal means: don't wait for the cleanup that the first began.
    let again = Signals::catch().map_err(RedriveError::Runtime)?;
    tokio::select! {
        exit = carry_out(plan, &queue, signals) => exit,
        signal = again.second() => Err(RedriveError::CutShort(signal)),
    }
}

async fn carry_out(
    mut plan: Plan,
    queue: &Queue,
    mut signals: Signals,
) -> Result<Exit, RedriveError> {
    let done = Pass::new(queue, &mut signals).run(&mut plan).await;
    let (deleted, left) = (done.deleted, done.left);
    let summary = if plan.only.is_empty() {
        format!("redrive: {deleted} accepted and deleted, {left} left")
    } else {
        format!("redrive: {deleted} dropped")
    };
    say(&summary)?;
    let exits: Vec<_> = done.errors.iter().map(failed).collect();
    if let Some(exit) = exits.first() {
        return Ok(*exit);
    }
    let after = signals.while_none(queue.state()).await??;
    say(&counts("after", &after))?;
    let is_done = match plan.action {
        Action::Show => true,
        Action::Drop => deleted == plan.only.len(),
        Action::HandOver(_) => left == 0,
    };
    Ok(if is_done { Exit::Good } else { Exit::Left })
}

fn headline(arguments: &Redrive, target: &Target) -> String {
    let to = match &target.function {
        Some(name) if arguments.drop.is_empty() => format!(" to {}", one_line(name)),
        _ => ", to drop messages".to_owned(),
    };
    let dry = if arguments.dry_run { ", dry run" } else { "" };
    format!("redrive: from {}{to}{dry}", one_line(target.queue.as_str()))
}

fn counts(when: &str, state: &QueueState) -> String {
    let QueueState {
        waiting, received, ..
    } = state;
    format!("redrive: {when}: {waiting} waiting, {received} in flight")
}
