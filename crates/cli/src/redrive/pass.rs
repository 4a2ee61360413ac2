//! One pass over the queue: each message is handled once, however often it is received.

use std::collections::BTreeSet;
use std::time::Duration;

use tag_compliance_aws::sqs::dead_letters::{Letter, MAX_RECEIVED, Queue};

use super::error::RedriveError;
use super::letter::open;
use super::received::{Fate, Received};
use super::receiver::Receiver;
use super::signals::Signals;
use super::words::{describe, one_line};
use crate::output;

/// Long enough for the ten messages of a call, if each takes the function until its timeout.
const HIDDEN_FOR: Duration = Duration::from_mins(15);
/// The function's timeout.
const LONGEST_INVOCATION: Duration = Duration::from_mins(1);
const UNANSWERED: &str =
    "no answer yet, left: hidden for up to 15 minutes, because the function may still accept it";

/// Which messages, and what to do with each.
pub struct Plan {
    pub action: Action,
    /// Only these ids; if empty, all.
    pub only: BTreeSet<String>,
    pub limit: Option<usize>,
}

pub enum Action {
    /// Show it and leave it.
    Show,
    /// Delete it.
    Drop,
    /// Pass it to the function, and delete it if accepted.
    HandOver(Receiver),
}

impl Action {
    /// How many messages can be handled while they are hidden.
    fn room(&self) -> usize {
        let at_pace = match self {
            Self::HandOver(receiver) => receiver.pace.count_in(HIDDEN_FOR, LONGEST_INVOCATION),
            Self::Show | Self::Drop => MAX_RECEIVED,
        };
        at_pace.clamp(1, MAX_RECEIVED)
    }
}

/// A pass under way.
pub struct Pass<'a> {
    queue: &'a Queue,
    signals: &'a mut Signals,
    received: Received,
    shown: usize,
}

/// What came of a pass.
pub struct Done {
    /// How many messages were deleted.
    pub deleted: usize,
    /// How many of the received ones stay in the queue.
    pub left: usize,
    /// What went wrong, the first of which ended it.
    pub errors: Vec<RedriveError>,
}

impl<'a> Pass<'a> {
    pub fn new(queue: &'a Queue, signals: &'a mut Signals) -> Self {
        Self {
            queue,
            signals,
            received: Received::default(),
            shown: 0,
        }
    }

    /// Handles the messages, and makes those that stay visible again, however it ends.
    pub async fn run(mut self, plan: &mut Plan) -> Done {
        let handled = self.handle_all(plan).await;
        let deleted = self.delete_accepted().await;
        let released = self.received.release(self.queue).await;
        let results = [handled, deleted, released.map_err(RedriveError::from)];
        let deleted = self.received.deleted();
        Done {
            deleted,
            left: self.received.len() - deleted,
            errors: results.into_iter().filter_map(Result::err).collect(),
        }
    }

    async fn handle_all(&mut self, plan: &mut Plan) -> Result<(), RedriveError> {
        loop {
            let left = plan
                .limit
                .map(|limit| limit.saturating_sub(self.received.len()));
            let room = plan.action.room().min(left.unwrap_or(MAX_RECEIVED));
            let is_missing = |id: &&String| !self.received.has(id);
            let missing: Vec<_> = plan.only.iter().filter(is_missing).collect();
            if room == 0 || (missing.is_empty() && !plan.only.is_empty()) {
                return Ok(());
            }
            self.signals.check().await?;
            // Not interrupted by a signal: what it receives would stay hidden.
            let letters = self.queue.receive(room, HIDDEN_FOR).await?;
            let is_new = |letter: &Letter| self.received.take(letter);
            let fresh: Vec<_> = letters.into_iter().filter(is_new).collect();
            if fresh.is_empty() && missing.is_empty() {
                return Ok(());
            }
            if fresh.is_empty() {
                let missing = missing.into_iter().map(|id| one_line(id));
                return Err(RedriveError::NotFound(missing.collect()));
            }
            for letter in fresh {
                self.signals.check().await?;
                if plan.only.is_empty() || plan.only.contains(&letter.id) {
                    self.handle(&letter, &mut plan.action).await?;
                }
            }
            self.delete_accepted().await?;
        }
    }

    async fn handle(&mut self, letter: &Letter, action: &mut Action) -> Result<(), RedriveError> {
        self.shown += 1;
        let (number, id) = (self.shown, &letter.id);
        let function = match action {
            Action::HandOver(receiver) => Some(receiver.name.as_str()),
            Action::Show | Action::Drop => None,
        };
        let event = match open(letter, function) {
            Ok(letter) => {
                let (event, reason) = (describe(&letter.event), one_line(&letter.reason));
                say(&format!(
                    "{number}. {}\n   {reason}\n   message {id}",
                    one_line(&event)
                ))?;
                Some(letter.event)
            }
            Err(error) => {
                say(&format!(
                    "{number}. message {id}\n   not understood, left: {error}"
                ))?;
                None
            }
        };
        match (action, event) {
            (Action::Drop, _) => {
                self.received.decide(id, Fate::Accepted);
                say("   dropped")
            }
            (Action::HandOver(receiver), Some(event)) => {
                let (fate, told) = match receiver.hand_over(&event, self.signals).await? {
                    Some(Ok(told)) => (Fate::Accepted, format!("accepted: {}", one_line(&told))),
                    Some(Err(why)) => (
                        Fate::Stays,
                        format!("failed again, left: {}", one_line(&why)),
                    ),
                    None => (Fate::Hidden, UNANSWERED.to_owned()),
                };
                self.received.decide(id, fate);
                say(&format!("   {told}"))
            }
            (Action::HandOver(_), None) | (Action::Show, _) => Ok(()),
        }
    }

    async fn delete_accepted(&mut self) -> Result<(), RedriveError> {
        let failed = self.received.delete_accepted(self.queue).await;
        failed
            .into_iter()
            .try_for_each(|(id, error)| say(&format!("   message {id} was not deleted: {error}")))
    }
}

/// Prints progress.
pub fn say(text: &str) -> Result<(), RedriveError> {
    Ok(output::print(&format!("{text}\n"))?)
}
