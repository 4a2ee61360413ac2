//! What a JSON value is, by its fields.

use serde_json::Value;

use super::described::Case;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Several values.
    Array,
    /// An object with several values in this field.
    List(&'static str),
    /// Instances and the account that owns them, as in `describe-instances`.
    Reservation,
    /// This field holds JSON as text.
    Text(&'static str),
    /// It is wrapped in these nested fields.
    Wrapped(&'static [&'static str]),
    /// A record that the function wrote.
    AuditRecord,
    /// An instance as EC2 describes it, in the case of the AWS CLI or of AWS Config and SDKs.
    Instance(Case),
    /// A configuration item of AWS Config.
    ConfigItem,
    /// CloudTrail's record of a call.
    ApiCall,
    /// An event, or something unknown.
    Other,
}

/// In the answers of `describe-instances`, AWS Config's history and its `batch-get-resource-config`.
const LISTS: [&str; 3] = [
    "Reservations",
    "configurationItems",
    "baseConfigurationItems",
];
/// In an event of `lookup-events`, and in what AWS Config passes to a rule.
const TEXTS: [&str; 2] = ["CloudTrailEvent", "invokingEvent"];
/// In an AWS Config event, one with an oversized item, and in its messages.
const WRAPPED: [&[&str]; 4] = [
    &["detail", "configurationItem"],
    &["detail", "configurationItemSummary"],
    &["configurationItem"],
    &["configurationItemSummary"],
];

impl Kind {
    pub fn of(value: &Value) -> Self {
        let has = |name: &str| value.get(name).is_some();
        let list = || LISTS.into_iter().find(|name| has(name));
        let text = || TEXTS.into_iter().find(|name| has(name));
        let is_wrapped = |names: &&[&str]| {
            let inner = names.iter().try_fold(value, |value, name| value.get(name));
            inner.is_some_and(|inner| !inner.is_null())
        };
        let wrapped = || WRAPPED.into_iter().find(is_wrapped);
        if value.is_array() {
            Self::Array
        } else if has("instanceId") && value.get("tags").is_some_and(Value::is_array) {
            Self::Instance(Case::Lower)
        } else if has("instanceId") && has("tags") {
            Self::AuditRecord
        } else if let Some(name) = list() {
            Self::List(name)
        } else if has("Instances") {
            Self::Reservation
        } else if has("InstanceId") {
            Self::Instance(Case::Upper)
        } else if let Some(name) = text() {
            Self::Text(name)
        } else if is_of_sns(value) {
            Self::Text("Message")
        } else if is_of_sqs(value) {
            Self::Text("body")
        } else if any_of_sqs(value) {
            Self::List("Records")
        } else if let Some(names) = wrapped() {
            Self::Wrapped(names)
        } else if has("resourceType") && has("resourceId") {
            Self::ConfigItem
        } else if any(value, "Events", |event| {
            event.get("CloudTrailEvent").is_some()
        }) {
            Self::List("Events")
        } else if any(value, "Records", is_api_call) {
            Self::List("Records")
        } else if is_api_call(value) {
            Self::ApiCall
        } else {
            Self::Other
        }
    }

    /// Whether it holds any number of values.
    pub fn is_list(self) -> bool {
        matches!(self, Self::Array | Self::List(_) | Self::Reservation)
    }
}

fn is_of_sns(value: &Value) -> bool {
    value.get("Type").is_some_and(|kind| kind == "Notification") && value.get("Message").is_some()
}

/// A message as Lambda passes it on.
fn is_of_sqs(value: &Value) -> bool {
    value.get("eventSource").is_some_and(|it| it == "aws:sqs") && value.get("body").is_some()
}

fn any_of_sqs(value: &Value) -> bool {
    let records = value.get("Records").and_then(Value::as_array);
    records.is_some_and(|records| records.iter().any(is_of_sqs))
}

/// Whether the list is empty or one of it is so.
fn any(value: &Value, list: &str, is_so: impl Fn(&Value) -> bool) -> bool {
    let list = value.get(list).and_then(Value::as_array);
    list.is_some_and(|list| list.is_empty() || list.iter().any(is_so))
}

/// CloudTrail names a service as `ec2.amazonaws.com`, others as `aws:s3`.
fn is_api_call(value: &Value) -> bool {
    let source = value.get("eventSource").and_then(Value::as_str);
    source.is_some_and(|source| source.ends_with(".amazonaws.com"))
        && value.get("eventName").is_some()
}
