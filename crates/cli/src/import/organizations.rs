//! Tag policies of AWS Organizations. The sources are its user guide's pages "Tag policy syntax and
//! examples" (below: syntax), "Inheritance operators" (operators), "Inheritance examples"
//! (examples) and "Reporting tagging compliance".

mod chain;
mod setting;

use serde_json::Value;
use tag_compliance_core::policy::document::{PolicyDocument, RequiredTag};
use tag_compliance_core::policy::pattern::Pattern;

use self::chain::{Chain, Statement};
use self::setting::Name;
use super::place::{Place, given, quoted};
use super::{ImportError, Imported};

/// The resource types by which a tag policy means EC2 instances.
const INSTANCE_TYPES: [&str; 3] = ["ec2:instance", "ec2:*", "ec2:ALL_SUPPORTED"];

/// Converts the policies of a chain, the root's first.
pub(super) fn import(documents: &[(Place, Value)]) -> Result<Imported, ImportError> {
    let mut chain = Chain::default();
    let mut notes = Vec::new();
    for (place, document) in documents {
        let (place, content, is_effective) = content(place, document, &mut notes)?;
        if is_effective && documents.len() > 1 {
            let expected = "no effective policy beside other policies: it is what they come to";
            return Err(place.expected(expected, &content));
        }
        chain.add(&place, &content, documents.len() == 1, &mut notes)?;
    }
    let mut converter = Converter {
        notes,
        ..Converter::default()
    };
    let required_tags = chain
        .statements
        .iter()
        .map(|(key, statement)| converter.required_tag(key, statement))
        .collect();
    Ok(Imported {
        document: PolicyDocument {
            required_tags,
            ..PolicyDocument::default()
        },
        notes: converter.into_notes(),
    })
}

/// What the command-line interface says of a policy.
struct Answer {
    wrapper: &'static str,
    content: &'static str,
    /// Where the type of the policy is.
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

/// The tag policy of a file, which may be in an answer; and whether it is an effective policy.
fn content(
    place: &Place,
    document: &Value,
    notes: &mut Vec<String>,
) -> Result<(Place, Value, bool), ImportError> {
    let Some(answer) = ANSWERS
        .iter()
        .find(|answer| document.get(answer.wrapper).is_some())
    else {
        return Ok((place.clone(), document.clone(), false));
    };
    let place = place.field(answer.wrapper);
    let policy = &document[answer.wrapper];
    let fields = place.object(policy, "an object")?;
    notes.extend(place.left_out(policy, answer.fields));
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
    let content = place.json(given(fields, answer.content).unwrap_or(&Value::Null))?;
    Ok((place, content, answer.is_effective))
}

/// Required tags from statements. What is the same for many tags is noted once.
#[derive(Default)]
struct Converter {
    notes: Vec<String>,
    never_blank: Vec<String>,
    not_reported: Vec<String>,
    not_for_instances: Vec<String>,
}

impl Converter {
    fn required_tag(&mut self, policy_key: &str, statement: &Statement) -> RequiredTag {
        let place = &statement.place;
        let tag_key = statement.values(Name::TagKey).first();
        if tag_key.is_none() && policy_key != statement.written_key {
            // Syntax: "If case treatment isn't defined, lowercase is the default".
            let text = format!(
                "there is no tag_key, and so the tag is required in lower case, as AWS does it: \
                 {policy_key:?}"
            );
            self.notes.push(place.note(&text));
        }
        let mut tag = RequiredTag {
            key: tag_key.map_or(policy_key, String::as_str).to_owned(),
            ..RequiredTag::default()
        };
        self.restrict(&mut tag, statement);
        self.resource_types(&tag.key, statement);
        tag
    }

    /// Syntax: "If the tag policy doesn't specify a tag value for a tag key, any value (including
    /// no value at all) is considered compliant", and "You can use one wildcard per tag value".
    fn restrict(&mut self, tag: &mut RequiredTag, statement: &Statement) {
        let values = statement.values(Name::TagValue);
        if values.is_empty() && statement.is_set(Name::TagValue) {
            let text = "no value is left, and so any value is allowed";
            self.notes
                .push(statement.place_of(Name::TagValue).note(text));
        }
        if values.is_empty() || values.iter().any(|value| value == "*") {
            self.never_blank.push(tag.key.clone());
        } else if values.iter().any(|value| value.contains('*')) {
            let alternatives: Vec<_> = values.iter().map(|value| expression(value)).collect();
            tag.pattern = Some(alternatives.join("|"));
        } else {
            tag.allowed_values = Some(values.to_vec());
        }
    }

    fn resource_types(&mut self, key: &str, statement: &Statement) {
        let enforced = statement.values(Name::EnforcedFor);
        if !enforced.is_empty() {
            let text = format!(
                "AWS Organizations prevents noncompliant tags on {}; this policy reports them, \
                 and prevents nothing",
                quoted(enforced)
            );
            self.notes
                .push(statement.place_of(Name::EnforcedFor).note(&text));
        }
        let reported = statement.values(Name::ReportRequiredTagFor);
        if reported.is_empty() {
            self.not_reported.push(key.to_owned());
            return;
        }
        let is_instances = |kind: &&String| INSTANCE_TYPES.contains(&kind.as_str());
        if !reported.iter().any(|kind| is_instances(&kind)) {
            self.not_for_instances.push(key.to_owned());
        }
        // `ec2:*` is for other resources, too, and so is no exact counterpart.
        let others: Vec<_> = reported
            .iter()
            .filter(|kind| *kind != INSTANCE_TYPES[0])
            .collect();
        if !others.is_empty() {
            let text = format!(
                "{}: only EC2 instances are evaluated; other resource types have no counterpart",
                quoted(others)
            );
            self.notes
                .push(statement.place_of(Name::ReportRequiredTagFor).note(&text));
        }
    }

    fn into_notes(mut self) -> Vec<String> {
        let groups = [
            (
                self.never_blank,
                "AWS Organizations accepts any value, even none at all; this policy never accepts \
                 a blank one",
            ),
            (
                self.not_reported,
                "there is no report_required_tag_for, and so AWS Organizations does not report an \
                 instance without the tag; this policy always does",
            ),
            (
                self.not_for_instances,
                "report_required_tag_for is not for EC2 instances; this policy requires the tag \
                 of them all the same",
            ),
        ];
        let of_groups = groups.into_iter().filter(|(keys, _)| !keys.is_empty());
        self.notes
            .extend(of_groups.map(|(keys, text)| format!("{}: {text}", quoted(keys))));
        self.notes
    }
}

/// The regular expression of a value that may hold a wildcard.
fn expression(value: &str) -> String {
    let parts: Vec<_> = value.split('*').map(Pattern::escape).collect();
    parts.join(".*")
}

#[cfg(test)]
mod tests;
