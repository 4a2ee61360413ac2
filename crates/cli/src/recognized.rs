//! What a file seems to be that is none of those that a command reads.

mod text;

use serde_json::{Map, Value};
use tag_compliance_core::json::Node;
use tag_compliance_core::text::{OneLine, excerpt};

pub use self::text::looks_like as text_looks_like;
use crate::error::Error;
use crate::import;

/// Which command reads something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// `policy check`, and --policy of the others.
    Policy,
    /// `policy import`.
    Import,
    /// `explain`, as --event.
    Explain,
}

impl Reader {
    /// What to do with it instead.
    fn advice(self) -> &'static str {
        match self {
            Self::Policy => ": policy check and --policy read it",
            Self::Import => ": policy import makes a policy of it",
            Self::Explain => ": explain reads it as --event",
        }
    }

    /// What this one reads, a line each.
    fn accepted(self) -> &'static [&'static str] {
        match self {
            Self::Policy => &[
                "a policy is a JSON document with required_tags or forbidden_tags:",
                "tag-compliance policy schema prints its schema",
            ],
            Self::Import => import::ACCEPTED,
            Self::Explain => crate::explain::ACCEPTED,
        }
    }
}

/// The fields by which something is known, what it is, and who reads it.
const KNOWN: &[(&[&str], &str, Option<Reader>)] = &[
    (
        &["planned_values"],
        "a Terraform plan",
        Some(Reader::Import),
    ),
    (&["resource_changes"], "a Terraform plan", None),
    (
        &["terraform_version", "values"],
        "a Terraform state as terraform show -json prints it",
        Some(Reader::Import),
    ),
    (&["terraform_version"], "a Terraform state", None),
    (
        &["required_tags"],
        "a policy of this program",
        Some(Reader::Policy),
    ),
    (
        &["forbidden_tags"],
        "a policy of this program",
        Some(Reader::Policy),
    ),
    (&["Statement"], "a policy document of IAM", None),
    (
        &["ConfigRules"],
        "rules of AWS Config",
        Some(Reader::Import),
    ),
    (
        &["OrganizationConfigRules"],
        "rules of AWS Config",
        Some(Reader::Import),
    ),
    (
        &["ConfigRule"],
        "a rule of AWS Config",
        Some(Reader::Import),
    ),
    (
        &["Source", "ConfigRuleName"],
        "a rule of AWS Config",
        Some(Reader::Import),
    ),
    (
        &["OrganizationManagedRuleMetadata"],
        "a rule of AWS Config",
        Some(Reader::Import),
    ),
    (
        &["tag1Key"],
        "the parameters of a rule of AWS Config",
        Some(Reader::Import),
    ),
    (
        &["EffectivePolicy"],
        "a tag policy of AWS Organizations",
        Some(Reader::Import),
    ),
    (
        &["Policy"],
        "a policy of AWS Organizations",
        Some(Reader::Import),
    ),
    (
        &["AWSTemplateFormatVersion"],
        "a template of CloudFormation",
        Some(Reader::Import),
    ),
    (
        &["Resources"],
        "a template of CloudFormation",
        Some(Reader::Import),
    ),
    (
        &["AutoScalingGroups"],
        "the output of aws autoscaling describe-auto-scaling-groups",
        None,
    ),
    (
        &["InstanceStatuses"],
        "the output of aws ec2 describe-instance-status",
        None,
    ),
    (
        &["ResourceTagMappingList"],
        "the output of aws resourcegroupstaggingapi get-resources",
        None,
    ),
    (&["Volumes"], "the output of aws ec2 describe-volumes", None),
    (
        &["Reservations"],
        "the output of aws ec2 describe-instances",
        Some(Reader::Explain),
    ),
    (&["Tags"], "the output of aws ec2 describe-tags", None),
    (
        &["instances", "totals"],
        "a report of tag-compliance scan",
        None,
    ),
    (
        &["instanceId", "scopeReason"],
        "an explanation of tag-compliance explain",
        None,
    ),
    (
        &["instanceId", "tags"],
        "an audit record",
        Some(Reader::Explain),
    ),
    (
        &["detail-type", "detail"],
        "an event of EventBridge",
        Some(Reader::Explain),
    ),
];

/// What a value surely is that is for another reader.
pub fn known(value: &Value, reader: Reader) -> Option<String> {
    let has = |fields: &[&str]| fields.iter().all(|field| value.get(field).is_some());
    let of_organizations = || {
        let known = ("a tag policy of AWS Organizations", Some(Reader::Import));
        is_tag_policy(value).then_some(known)
    };
    let by_fields = KNOWN.iter().find(|(fields, ..)| has(fields));
    let by_fields = by_fields.map(|(_, what, other)| (*what, *other));
    let (what, other) = by_fields.or_else(of_organizations)?;
    let advice = other.map_or("", Reader::advice);
    (other != Some(reader)).then(|| format!("{what}{advice}"))
}

/// Its tags are objects, where those of an instance are texts.
fn is_tag_policy(value: &Value) -> bool {
    let tags = value.get("tags").and_then(Value::as_object);
    tags.is_some_and(|tags| !tags.is_empty() && tags.values().all(Value::is_object))
}

/// What a file is that `reader` cannot read, where that is known.
pub fn recognize(name: &str, text: &str, reader: Reader) -> Option<Error> {
    let by_fields = |node: Node| Some((node.at, known(&node.to_value(), reader)?));
    let by_text = |_| text_looks_like(text).map(|(at, what)| (at, what.to_owned()));
    let (at, what) = Node::parse(text).map_or_else(by_text, by_fields)?;
    Some(Error::Unknown {
        place: format!("{name}:{}:{}", at.line, at.column),
        what,
        accepted: reader.accepted(),
    })
}

/// What a value seems to be.
pub fn looks_like(value: &Value) -> String {
    const MAX_CHARS: usize = 40;
    match value {
        Value::Object(fields) => named(fields),
        other => {
            let value = excerpt(&other.to_string(), MAX_CHARS);
            format!("the JSON value {}", OneLine(&value))
        }
    }
}

fn named(fields: &Map<String, Value>) -> String {
    const MOST: usize = 8;
    const MAX_CHARS: usize = 40;
    let name = |name: &String| OneLine(&excerpt(name, MAX_CHARS)).to_string();
    let names: Vec<_> = fields.keys().take(MOST).map(name).collect();
    match (names.len(), fields.len() - names.len()) {
        (0, _) => "an empty JSON object".to_owned(),
        (1, _) => format!("a JSON object with the field {}", names.concat()),
        (_, 0) => format!("a JSON object with the fields {}", names.join(", ")),
        (_, more) => {
            let names = names.join(", ");
            format!("a JSON object with the fields {names} and {more} more")
        }
    }
}

/// What an event of EventBridge is about, by the ARN of its first resource and by its own words.
pub fn of_event(event: &Value) -> String {
    const MAX_CHARS: usize = 200;
    let text = |name| event.pointer(name).and_then(Value::as_str);
    if let (Some(call), Some(service)) = (text("/detail/eventName"), text("/detail/eventSource")) {
        let text = format!("CloudTrail's record of {call} of {service}");
        return OneLine(&excerpt(&text, MAX_CHARS)).to_string();
    }
    let arn = event.get("resources").and_then(|it| it.get(0)?.as_str());
    let resource = arn.and_then(|arn| arn.splitn(6, ':').nth(5));
    let kind = resource.and_then(|resource| resource.split_once(['/', ':']));
    let about = kind.map(|(kind, _)| {
        let is_vowel = kind.starts_with(['a', 'e', 'i', 'o', 'u']);
        let article = if is_vowel { "an" } else { "a" };
        format!(" about {article} {kind}")
    });
    let [detail_type, source] = ["/detail-type", "/source"].map(|it| text(it).unwrap_or("?"));
    let text = format!(
        "an event of EventBridge{} (\"{detail_type}\" of {source})",
        about.unwrap_or_default()
    );
    OneLine(&excerpt(&text, MAX_CHARS)).to_string()
}

#[cfg(test)]
mod tests;
