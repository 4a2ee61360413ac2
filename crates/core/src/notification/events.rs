//! Notifications as events on an event bus: violations for machines, messages for people, and completed sweeps.
//!
//! docs/events.md describes them. A detail has everything that a receiver needs, ready made, since neither the input
//! transformers of EventBridge nor state machines can escape text.

mod message;
mod sweep_completed;
mod violation;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

pub use self::message::{Message, MessageDetail, Posted, Topic, message, words};
pub use self::sweep_completed::{SweepCompleted, SweepCompletedDetail, sweep_completed};
pub use self::violation::{Violation, ViolationDetail, test_violation, violation};
use crate::instance::{AccountId, InstanceId};
use crate::memory::Item;
use crate::owners::Owners;
use crate::policy::TagPolicy;
use crate::subject::Subject;
use crate::text::Untrusted;
use crate::timestamp::Timestamp;

/// The `source` of all events. The function's role may put events of no other.
pub const SOURCE: &str = "tag-compliance";
/// The version of the details' schema. It changes only where receivers have to.
const SCHEMA_VERSION: u32 = 1;

/// The word that stands for a test message among the changes.
pub const TEST: &str = "test";
/// The word that stands for a sweep's digest among the changes.
pub const DIGEST: &str = "digest";

/// An event, ready for the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusEvent {
    pub detail_type: &'static str,
    /// The ARN of the instance, if the event is about one.
    pub resource: Option<String>,
    /// A JSON object.
    pub detail: String,
    pub time: Timestamp,
}

impl BusEvent {
    /// What counts against the limit of a call, in bytes ("Calculating `PutEvents` event entry size", Amazon EventBridge
    /// user guide).
    #[must_use]
    pub fn size(&self) -> usize {
        const TIME: usize = 14;
        let resource = self.resource.as_ref().map_or(0, String::len);
        TIME + SOURCE.len() + self.detail_type.len() + resource + self.detail.len()
    }

    fn new(detail_type: &'static str, detail: &impl Serialize, time: Timestamp) -> Self {
        Self {
            detail_type,
            resource: None,
            // A detail has no map with keys that aren't text, so it can't fail.
            detail: serde_json::to_string(detail).unwrap_or_default(),
            time,
        }
    }
}

/// Where events come from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The suffix of the environment.
    pub environment: &'a str,
    pub account: &'a AccountId,
    pub region: &'a str,
    /// The bucket of the audit log.
    pub log_bucket: &'a str,
    /// Who gets messages of their own.
    pub owners: &'a Owners,
}

impl Origin<'_> {
    /// An id of 32 hexadecimal digits, the same for the same parts.
    fn id_of<'b>(&self, kind: &str, parts: impl IntoIterator<Item = &'b str>) -> String {
        let mut hash = Sha256::new();
        let mut add = |part: &str| {
            hash.update(part);
            hash.update([0]);
        };
        let own = [kind, self.environment, self.account.as_str(), self.region];
        own.into_iter().for_each(&mut add);
        parts.into_iter().for_each(add);
        let mut digits = hex::encode(hash.finalize());
        digits.truncate(32);
        digits
    }
}

/// The id of a violation's lifetime: the instance, and when the violation was opened in milliseconds since 1970.
#[must_use]
pub fn violation_id(instance_id: &InstanceId, opened_at: Timestamp) -> String {
    format!("{instance_id}-{}", opened_at.epoch_millis())
}

/// The key of `owners` that a violation's owner matches: by the whole value of its tag, where EC2 tells it.
#[must_use]
pub fn owner_pattern<'a>(
    owners: &'a Owners,
    policy: &TagPolicy,
    subject: Option<&Subject<'_>>,
    item: &Item,
) -> Option<&'a str> {
    let whole = subject.and_then(|subject| policy.owner_of(subject.instance));
    let stored = item.facts.owner.as_deref().map(Untrusted::new);
    owners.pattern_of(whole.or(stored))
}

fn owned(text: Untrusted<'_>) -> String {
    text.raw().to_owned()
}

#[cfg(test)]
mod tests;
