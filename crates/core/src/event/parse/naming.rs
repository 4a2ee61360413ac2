//! The fields that name an instance in events, and misspellings of them.

use serde_json::Value;
use strsim::damerau_levenshtein;

use crate::instance::InstanceId;
use crate::json::{FieldError, Fields};

/// The fields of `detail` that name an instance.
const IN_DETAIL: [&str; 2] = ["instance-id", "EC2InstanceId"];
/// The field of a manual call.
const BY_HAND: &str = "instanceId";
/// The fields in which people may name an instance. Tag changes use `resources[0]`, and records of calls have lists
/// of their own.
pub const INSTANCE_FIELDS: [&str; 3] = ["detail.instance-id", "detail.EC2InstanceId", BY_HAND];
/// All of them, without case, hyphens, underscores and blanks, which people get wrong.
const LETTERS: [&str; 2] = ["instanceid", "ec2instanceid"];
/// The most wrong or extra letters, as in `instanceIds`.
const MAX_TYPING_ERRORS: usize = 1;

/// The instance that an event names, in any of these fields.
///
/// # Errors
/// The field isn't an instance id.
pub fn named_instance(event: &Fields<'_>) -> Result<Option<InstanceId>, FieldError> {
    // Other services' events may have a `detail` of any type.
    let detail = event.object("detail").ok().flatten();
    let of_detail = |detail| IN_DETAIL.map(|name| (detail, name));
    let mut places = detail.iter().flat_map(of_detail).chain([(event, BY_HAND)]);
    let named = places.find_map(|(fields, name)| fields.parsed(name).transpose());
    named.transpose()
}

/// Refuses an event that names an instance in a field that isn't read: it must not become a sweep.
///
/// # Errors
/// A field has a misspelled name, or contains an instance id.
pub fn refuse_misspelled(event: &Fields<'_>) -> Result<(), FieldError> {
    let in_detail = IN_DETAIL[usize::from(is_of_auto_scaling(event))];
    if let Ok(Some(detail)) = event.object("detail") {
        refuse_fields(&detail, in_detail)?;
    }
    refuse_fields(event, BY_HAND)
}

fn refuse_fields(fields: &Fields<'_>, right: &str) -> Result<(), FieldError> {
    let wrong = fields.iter().find(|(name, value)| {
        // `detail` is examined separately.
        *name != "detail" && *name != right && (is_nearly_right(name) || holds_an_id(value))
    });
    wrong.map_or(Ok(()), |(name, _)| {
        Err(fields.error(name, format!("the instance id under the name {right}")))
    })
}

fn is_of_auto_scaling(event: &Fields<'_>) -> bool {
    event.get("source").and_then(Value::as_str) == Some("aws.autoscaling")
}

fn is_nearly_right(name: &str) -> bool {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let letters: String = letters.map(|char| char.to_ascii_lowercase()).collect();
    let mut right = LETTERS.iter();
    right.any(|right| damerau_levenshtein(&letters, right) <= MAX_TYPING_ERRORS)
}

fn holds_an_id(value: &Value) -> bool {
    match value {
        Value::String(text) => text.parse::<InstanceId>().is_ok(),
        Value::Array(items) => items.iter().any(holds_an_id),
        Value::Object(fields) => fields.values().any(holds_an_id),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
