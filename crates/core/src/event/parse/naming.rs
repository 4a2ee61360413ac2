//! How events name an instance, and how they nearly do.

use serde_json::Value;
use strsim::damerau_levenshtein;

use crate::instance::InstanceId;
use crate::json::{FieldError, Fields};

/// The names of an instance's id in the `detail` of an event.
const IN_DETAIL: [&str; 2] = ["instance-id", "EC2InstanceId"];
/// That in a call by hand.
const BY_HAND: &str = "instanceId";
/// Where an event may name its instance, as people write it. A change of tags does by `resources[0]`, and the
/// record of a call by lists of its own.
pub const INSTANCE_FIELDS: [&str; 3] = ["detail.instance-id", "detail.EC2InstanceId", BY_HAND];
/// All of them without what people get wrong: case, hyphens, underscores and blanks.
const LETTERS: [&str; 2] = ["instanceid", "ec2instanceid"];
/// The most letters that are wrong or too many, as in `instanceIds`.
const MAX_TYPING_ERRORS: usize = 1;

/// The instance that an event names, in whichever of the fields that events name one.
///
/// # Errors
/// What is there is no instance id.
pub fn named_instance(event: &Fields<'_>) -> Result<Option<InstanceId>, FieldError> {
    // What `detail` is in an event of someone else is not ours to evaluate.
    let detail = event.object("detail").ok().flatten();
    let of_detail = |detail| IN_DETAIL.map(|name| (detail, name));
    let mut places = detail.iter().flat_map(of_detail).chain([(event, BY_HAND)]);
    let named = places.find_map(|(fields, name)| fields.parsed(name).transpose());
    named.transpose()
}

/// Refuses an event that names an instance where we would not look for it: it wants a check, and must
/// not become a sweep.
///
/// # Errors
/// A field has nearly the right name, or holds an instance id.
pub fn refuse_misspelled(event: &Fields<'_>) -> Result<(), FieldError> {
    let in_detail = IN_DETAIL[usize::from(is_of_auto_scaling(event))];
    if let Ok(Some(detail)) = event.object("detail") {
        refuse_fields(&detail, in_detail)?;
    }
    refuse_fields(event, BY_HAND)
}

fn refuse_fields(fields: &Fields<'_>, right: &str) -> Result<(), FieldError> {
    let wrong = fields.iter().find(|(name, value)| {
        // `detail` has its turn by itself.
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
