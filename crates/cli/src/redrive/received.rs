//! The received messages, which are hidden from others, and the fate of each.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use tag_compliance_aws::error::{CallError, Failure};
use tag_compliance_aws::sqs::dead_letters::{Letter, Queue};

/// What happens to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It stays in the queue, and becomes visible again.
    Stays,
    /// It stays hidden until its timeout: the function may still be working on it.
    Hidden,
    /// It will be deleted.
    Accepted,
    /// It was deleted.
    Deleted,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Message {
    receipt: String,
    fate: Fate,
}

/// The received messages by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Received(BTreeMap<String, Message>);

impl Received {
    /// Registers a message with its latest receipt, and says whether it is new.
    pub fn take(&mut self, letter: &Letter) -> bool {
        let receipt = letter.receipt.clone();
        match self.0.entry(letter.id.clone()) {
            Entry::Vacant(entry) => {
                let fate = Fate::Stays;
                entry.insert(Message { receipt, fate });
                true
            }
            Entry::Occupied(entry) => {
                let message = entry.into_mut();
                message.receipt = receipt;
                if message.fate == Fate::Deleted {
                    // A standard queue may do so (Amazon SQS API reference, `DeleteMessage`).
                    message.fate = Fate::Accepted;
                }
                false
            }
        }
    }

    pub fn decide(&mut self, id: &str, fate: Fate) {
        if let Some(message) = self.0.get_mut(id) {
            message.fate = fate;
        }
    }

    pub fn has(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// How many were received.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// How many were deleted.
    pub fn deleted(&self) -> usize {
        self.receipts(Fate::Deleted).len()
    }

    /// Deletes the accepted ones. Those that could not be deleted stay, and are returned with their errors.
    pub async fn delete_accepted(&mut self, queue: &Queue) -> Vec<(String, CallError)> {
        let deleted = queue.delete(&self.receipts(Fate::Accepted)).await;
        let mut failed = Vec::new();
        let accepted = self
            .0
            .iter_mut()
            .filter(|(_, message)| message.fate == Fate::Accepted);
        for ((id, message), deleted) in accepted.zip(deleted) {
            message.fate = match deleted {
                Ok(()) => Fate::Deleted,
                Err(error) => {
                    failed.push((id.clone(), error));
                    Fate::Stays
                }
            };
        }
        failed
    }

    /// Makes those that stay visible again.
    pub async fn release(&self, queue: &Queue) -> Result<(), CallError> {
        let released = queue.release(&self.receipts(Fate::Stays)).await;
        let mut failed = released.into_iter().filter_map(Result::err);
        failed
            .find(|error| !is_visible_already(error))
            .map_or(Ok(()), Err)
    }

    fn receipts(&self, fate: Fate) -> Vec<&str> {
        let messages = self.0.values().filter(|message| message.fate == fate);
        messages.map(|message| message.receipt.as_str()).collect()
    }
}

/// SQS accepts the call and refuses the entry: another consumer has the message, or its time was up.
fn is_visible_already(error: &CallError) -> bool {
    matches!(error.failure, Failure::Refused { status: 200, .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(receipt: &str) -> Letter {
        Letter {
            id: "m".to_owned(),
            receipt: receipt.to_owned(),
            body: String::new(),
            attributes: [].into(),
            given_up_by: None,
        }
    }

    #[test]
    fn the_last_receipt_is_the_one_that_holds() {
        let mut received = Received::default();
        assert!(received.take(&letter("r1")));
        assert!(!received.take(&letter("r2")));
        assert_eq!(received.receipts(Fate::Stays), ["r2"]);
    }

    #[test]
    fn a_message_that_comes_after_its_deletion_is_deleted_again() {
        let mut received = Received::default();
        received.take(&letter("r1"));
        received.decide("m", Fate::Deleted);
        assert!(!received.take(&letter("r2")));
        assert_eq!(received.receipts(Fate::Accepted), ["r2"]);
        assert_eq!((received.len(), received.deleted()), (1, 0));
    }
}
