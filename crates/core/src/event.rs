//! What an invocation asks for, parsed once from the JSON that Lambda hands over.

pub mod own;
mod parse;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::instance::{InstanceId, InstanceState};
use crate::json::FieldError;
use crate::memory::Group;
use crate::text::Untrusted;
use crate::timestamp::Timestamp;

pub use parse::{INSTANCE_FIELDS, parse};

/// What one invocation asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// One request, from EventBridge, EventBridge Scheduler or a person.
    Single(Request),
    /// The records of an SQS event source, each for itself.
    Batch(Vec<BatchRecord>),
    /// The records of the state table's stream: these instances have changed, and something about them is
    /// due. Nothing else of the records counts, so that old ones do no harm.
    Wake(Vec<InstanceId>),
}

/// A record of an SQS batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRecord {
    /// SQS's id of the message, by which a failure is reported.
    pub message_id: String,
    /// What its body asks for.
    pub request: Result<Request, FieldError>,
}

/// What one event asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Check these instances, at least one: a call of an API may be about several.
    Check(Vec<Check>),
    /// Check every instance in some states.
    Sweep(Sweep),
    /// Tell this group what is due: it had to wait.
    Tell(Group),
    /// Look at what has been due for long, and at what a sweep found, and tell of it.
    TellOverdue,
    /// Do nothing: the event is about no instance.
    Ignore(IgnoreReason),
}

/// A request to check one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The instance.
    pub instance_id: InstanceId,
    /// The event that asked.
    pub event: EventDetails,
    /// Whether the event says that the instance is new, so that EC2 may not know it yet.
    pub is_new: bool,
    /// The keys of the tags that have changed, where the event is about these.
    pub changed_tags: Option<Vec<String>>,
    /// The event as it came, to be brought back later.
    pub payload: Value,
}

/// A request to check the whole fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sweep {
    /// Which instances.
    pub scope: SweepScope,
    /// The event that asked.
    pub event: EventDetails,
    /// Which part of which sweep this goes on with; none where it is to begin.
    pub continues: Option<Continuation>,
}

/// The part of a sweep that an invocation has left to the next one. What was found so far stands in the
/// state table, where nobody who can send a message or invoke the function can write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Continuation {
    /// The sweep.
    pub sweep: String,
    /// Which part of it comes next.
    pub part: u32,
}

/// Which instances a sweep checks. Ordered: a later one includes what an earlier one asks for
/// when several sweeps of a batch become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SweepScope {
    /// The running ones: the fallback for an event that names no instance.
    Running,
    /// Those in the states that the environment watches.
    Watched,
}

/// Why an event asks for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IgnoreReason {
    /// An Auto Scaling group could not launch an instance: there is none.
    UnsuccessfulLaunch,
    /// The event is about something else than EC2 instances.
    NotAnInstance,
    /// A call of EC2's API failed, so nothing changed.
    FailedCall,
    /// A call of EC2's API neither launches or starts instances nor changes tags.
    OtherCall,
}

impl Serialize for IgnoreReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl IgnoreReason {
    /// The word in answers and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnsuccessfulLaunch => "unsuccessful-launch",
            Self::NotAnInstance => "not-an-instance",
            Self::FailedCall => "failed-call",
            Self::OtherCall => "other-call",
        }
    }
}

/// The id of an event, which whoever sent it chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(String);

impl EventId {
    /// The id that an event has.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_text(&self) -> Untrusted<'_> {
        Untrusted::new(&self.0)
    }
}

/// What an event says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventDetails {
    /// The kind of event.
    pub trigger: Trigger,
    /// Its id, which duplicates share.
    pub id: Option<EventId>,
    /// Its time; EventBridge's have whole seconds.
    pub time: Option<Timestamp>,
    /// The instance state that it reports.
    pub state: Option<InstanceState>,
}

impl EventDetails {
    /// A call by hand, which says nothing of itself.
    #[must_use]
    pub fn manual() -> Self {
        Self {
            trigger: Trigger::Manual,
            id: None,
            time: None,
            state: None,
        }
    }
}

/// What a check or sweep was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// `EC2 Instance State-change Notification`.
    StateChange,
    /// `Tag Change on Resource`.
    TagChange,
    /// An event of an Auto Scaling group.
    AutoScaling,
    /// `AWS API Call via CloudTrail`: a call that launches, starts or tags instances.
    ApiCall,
    /// A scheduled rule, or EventBridge Scheduler.
    Schedule,
    /// Another event of EventBridge.
    OtherEvent,
    /// A call by hand.
    Manual,
}
