//! A tag policy in the AWS CLI's output.

use serde_json::Value;

use super::super::ImportError;
use super::super::notes::Notes;
use super::super::place::{Place, given};
use super::TagPolicy;

/// An AWS CLI command's output with a policy.
struct Answer {
    wrapper: &'static str,
    content: &'static str,
    /// Where it has the policy's type.
    kind: &'static [&'static str],
    fields: &'static [&'static str],
    is_effective: bool,
}

/// `aws organizations describe-policy` and `describe-effective-policy` (`Policy` and
/// `EffectivePolicy` in the API reference).
const ANSWERS: [Answer; 2] = [
    Answer {
        wrapper: "Policy",
        content: "Content",
        kind: &["PolicySummary", "Type"],
        fields: &["PolicySummary", "Content"],
        is_effective: false,
    },
    Answer {
        wrapper: "EffectivePolicy",
        content: "PolicyContent",
        kind: &["PolicyType"],
        fields: &[
            "LastUpdatedTimestamp",
            "PolicyContent",
            "PolicyType",
            "TargetId",
        ],
        is_effective: true,
    },
];

/// The tag policy in a file, bare or in the AWS CLI's output.
pub(in super::super) fn read(
    place: &Place,
    document: &Value,
    notes: &mut Notes,
) -> Result<TagPolicy, ImportError> {
    let Some(answer) = ANSWERS
        .iter()
        .find(|answer| document.get(answer.wrapper).is_some())
    else {
        return Ok(TagPolicy {
            place: place.clone(),
            content: document.clone(),
            is_effective: false,
        });
    };
    let place = place.field(answer.wrapper);
    let policy = &document[answer.wrapper];
    let fields = place.object(policy, "an object")?;
    if let Some(text) = place.left_out(policy, answer.fields) {
        notes.other(text);
    }
    let kind = answer
        .kind
        .iter()
        .try_fold(policy, |value, field| value.get(field));
    if let Some(kind) = kind
        && kind != "TAG_POLICY"
    {
        let place = answer
            .kind
            .iter()
            .fold(place, |place, field| place.field(field));
        return Err(place.expected("TAG_POLICY", kind));
    }
    let place = place.field(answer.content);
    let (place, content) = place.json(given(fields, answer.content).unwrap_or(&Value::Null))?;
    Ok(TagPolicy {
        place,
        content,
        is_effective: answer.is_effective,
    })
}
