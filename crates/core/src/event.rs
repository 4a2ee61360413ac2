//! What an invocation asks for, parsed once from Lambda's JSON.

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
    /// The records of an SQS event source, each on its own.
    Batch(Vec<BatchRecord>),
    /// Records of the state table's stream: the instances that changed and are due. Only their keys are used, so old
    /// records do no harm.
    Wake(Vec<InstanceId>),
}

/// A record of an SQS batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRecord {
    /// SQS's message id, for reporting a failure.
    pub message_id: String,
    /// The request in its body.
    pub request: Result<Request, FieldError>,
}

/// What one event asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Check these instances, at least one: one API call may name several.
    Check(Vec<Check>),
    /// Check all instances in some states.
    Sweep(Sweep),
    /// Send this group's due notifications: it had to wait.
    Tell(Group),
    /// Look at overdue items and at what a sweep found, and notify people.
    TellOverdue,
    /// Send a test message by every voice.
    Test,
    /// Do nothing: the event isn't about an instance.
    Ignore(IgnoreReason),
}

/// A request to check one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub instance_id: InstanceId,
    pub event: EventDetails,
    /// Whether the event says that the instance is new, so that EC2 may not know it yet.
    pub is_new: bool,
    /// The keys of the changed tags, if the event is about tags.
    pub changed_tags: Option<Vec<String>>,
    /// The event to bring back later: the original without the values of tags.
    pub payload: Value,
}

/// A request to check the whole fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sweep {
    pub scope: SweepScope,
    pub event: EventDetails,
    /// The part of a sweep to continue with; none to begin a sweep.
    pub continues: Option<Continuation>,
}

/// The part of a sweep that an invocation leaves to the next. The totals so far are in the state table, which people
/// who can only send messages or invoke the function can't write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Continuation {
    pub sweep: String,
    /// The number of the next part.
    pub part: u32,
}

/// Which instances a sweep checks. Later variants include earlier ones, so sweeps in a batch can be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SweepScope {
    /// Running instances, for an event that names no instance.
    Running,
    /// Instances in the states that the environment watches.
    Watched,
}

/// Why an event requests nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IgnoreReason {
    /// An Auto Scaling group failed to launch an instance.
    UnsuccessfulLaunch,
    /// The event isn't about an EC2 instance.
    NotAnInstance,
    /// An EC2 API call failed, so nothing changed.
    FailedCall,
    /// An EC2 API call that neither launches or starts instances nor changes tags.
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

/// The id of an event, chosen by its sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(String);

impl EventId {
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    #[must_use]
    pub fn as_text(&self) -> Untrusted<'_> {
        Untrusted::new(&self.0)
    }
}

/// The envelope of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventDetails {
    pub trigger: Trigger,
    /// Its id, which duplicates share.
    pub id: Option<EventId>,
    /// Its time; EventBridge's have whole seconds.
    pub time: Option<Timestamp>,
    /// The instance state that it reports.
    pub state: Option<InstanceState>,
}

impl EventDetails {
    /// A manual call, which has no envelope.
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

/// What triggered a check or sweep.
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
    /// A manual call.
    Manual,
}
