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
use crate::error::Error;
use crate::output;

/// Long enough for ten messages of a call, each of which may take the function its whole time.
const HIDDEN_FOR: Duration = Duration::from_mins(15);
/// The function's timeout.
const LONGEST_INVOCATION: Duration = Duration::from_mins(1);
const UNANSWERED: &str = "no answer yet, left: it stays hidden for up to 15 minutes, as the function may still accept it";

/// Which messages, and what is done with each.
pub struct Plan {
    pub action: Action,
    /// The ids of those that are meant; all, where there is none.
    pub only: BTreeSet<String>,
    pub limit: Option<usize>,
}

pub enum Action {
    /// It is shown and left.
    Show,
    /// It is deleted.
    Drop,
    /// The function gets it, and it is deleted if it was accepted.
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
    /// How many of those that were received stay in the queue.
    pub left: usize,
    /// What went wrong, the first of which ended it.
    pub errors: Vec<Error>,
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

    /// Handles the messages, and shows those that stay to others again whatever ends it.
    pub async fn run(mut self, plan: &mut Plan) -> Done {
        let handled = self.handle_all(plan).await;
        let deleted = self.delete_accepted().await;
        let released = self.received.release(self.queue).await;
        let results = [handled, deleted, released.map_err(Error::from)];
        let deleted = self.received.deleted();
        Done {
            deleted,
            left: self.received.len() - deleted,
            errors: results.into_iter().filter_map(Result::err).collect(),
        }
    }

    async fn handle_all(&mut self, plan: &mut Plan) -> Result<(), Error> {
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
            // To its end in spite of a signal: what it receives would stay hidden.
            let letters = self.queue.receive(room, HIDDEN_FOR).await?;
            let is_new = |letter: &Letter| self.received.take(letter);
            let fresh: Vec<_> = letters.into_iter().filter(is_new).collect();
            if fresh.is_empty() && missing.is_empty() {
                return Ok(());
            }
            if fresh.is_empty() {
                let missing = missing.into_iter().map(|id| one_line(id));
                return Err(RedriveError::NotFound(missing.collect()).into());
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

    async fn handle(&mut self, letter: &Letter, action: &mut Action) -> Result<(), Error> {
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

    async fn delete_accepted(&mut self) -> Result<(), Error> {
        let failed = self.received.delete_accepted(self.queue).await;
        failed
            .into_iter()
            .try_for_each(|(id, error)| say(&format!("   message {id} is not deleted: {error}")))
    }
}

/// Prints lines to the person who waits.
pub fn say(text: &str) -> Result<(), Error> {
    output::print(&format!("{text}\n"))
}
