//! What a file of an unexpected kind looks like.

mod text;

use serde_json::{Map, Value};
use tag_compliance_core::json::{Kind, Node};
use tag_compliance_core::text::{OneLine, excerpt};

pub use self::text::looks_like as text_looks_like;
use crate::import;
use crate::input::written;

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
    /// Parses a file the way that this command does.
    fn parse(self, name: &str, text: &str) -> Option<Node> {
        match self {
            // Any text is a string in YAML.
            Self::Policy | Self::Import => written::parse_template(name, text)
                .ok()
                .filter(|node| matches!(node.kind, Kind::Object(_))),
            Self::Explain => Node::parse(text).ok(),
        }
    }

    /// Whether it reads texts of this kind.
    fn reads(self, what: &str) -> bool {
        self != Self::Explain && [text::YAML, text::WITH_COMMENTS].contains(&what)
    }

    /// What to do with it instead.
    fn advice(self) -> &'static str {
        match self {
            Self::Policy => ": policy check and --policy read it",
            Self::Import => ": policy import makes a policy of it",
            Self::Explain => ": explain reads it as --event",
        }
    }

    /// What this one reads, a line each.
    pub fn accepted(self) -> &'static [&'static str] {
        match self {
            Self::Policy => &[
                "a policy is a document in JSON or YAML with required_tags or forbidden_tags:",
                "tag-compliance policy schema prints its schema",
            ],
            Self::Import => import::ACCEPTED,
            Self::Explain => &[
                "explain reads an EventBridge event, an audit record, or JSON Lines of them,",
                "the output of aws ec2 describe-instances, or instances of it,",
                "an AWS Config configuration item, and CloudTrail's records of API calls",
            ],
        }
    }
}

/// A file is of a kind that the command does not read.
#[derive(Debug, thiserror::Error)]
#[error("{place}: this looks like {what}")]
pub struct Unknown {
    pub place: String,
    pub what: String,
    /// What the command reads instead, a line each.
    pub accepted: &'static [&'static str],
}

/// Fields that identify something, what it is, and which command reads it.
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
        "a tag-compliance policy",
        Some(Reader::Policy),
    ),
    (
        &["forbidden_tags"],
        "a tag-compliance policy",
        Some(Reader::Policy),
    ),
    (&["Statement"], "an IAM policy document", None),
    (&["ConfigRules"], "AWS Config rules", Some(Reader::Import)),
    (
        &["OrganizationConfigRules"],
        "AWS Config rules",
        Some(Reader::Import),
    ),
    (&["ConfigRule"], "an AWS Config rule", Some(Reader::Import)),
    (
        &["Source", "ConfigRuleName"],
        "an AWS Config rule",
        Some(Reader::Import),
    ),
    (
        &["OrganizationManagedRuleMetadata"],
        "an AWS Config rule",
        Some(Reader::Import),
    ),
    (
        &["tag1Key"],
        "the parameters of an AWS Config rule",
        Some(Reader::Import),
    ),
    (
        &["EffectivePolicy"],
        "an AWS Organizations tag policy",
        Some(Reader::Import),
    ),
    (
        &["Policy"],
        "an AWS Organizations policy",
        Some(Reader::Import),
    ),
    (
        &["AWSTemplateFormatVersion"],
        "a CloudFormation template",
        Some(Reader::Import),
    ),
    (
        &["Resources"],
        "a CloudFormation template",
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
        "an EventBridge event",
        Some(Reader::Explain),
    ),
];

/// What a value certainly is, if another command reads it.
pub fn known(value: &Value, reader: Reader) -> Option<String> {
    let has = |fields: &[&str]| fields.iter().all(|field| value.get(field).is_some());
    let of_organizations = || {
        let known = ("an AWS Organizations tag policy", Some(Reader::Import));
        is_tag_policy(value).then_some(known)
    };
    let by_fields = KNOWN.iter().find(|(fields, ..)| has(fields));
    let by_fields = by_fields.map(|(_, what, other)| (*what, *other));
    let (what, other) = by_fields.or_else(of_organizations)?;
    let advice = other.map_or("", Reader::advice);
    (other != Some(reader)).then(|| format!("{what}{advice}"))
}

/// What a file is that `reader` cannot read, if known.
pub fn recognize(name: &str, text: &str, reader: Reader) -> Option<Unknown> {
    let by_fields = |node: Node| Some((node.at, known(&node.to_value(), reader)?));
    let by_text = || text_looks_like(text).filter(|(_, what)| !reader.reads(what));
    let by_text = || by_text().map(|(at, what)| (at, what.to_owned()));
    let (at, what) = reader.parse(name, text).map_or_else(by_text, by_fields)?;
    Some(Unknown {
        place: format!("{name}:{}:{}", at.line, at.column),
        what,
        accepted: reader.accepted(),
    })
}

/// What a value looks like.
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

/// What an EventBridge event is about, by its first resource's ARN and its own fields.
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
        "an EventBridge event{} (\"{detail_type}\" of {source})",
        about.unwrap_or_default()
    );
    OneLine(&excerpt(&text, MAX_CHARS)).to_string()
}

/// Its tags are objects; an instance's are texts.
fn is_tag_policy(value: &Value) -> bool {
    let tags = value.get("tags").and_then(Value::as_object);
    tags.is_some_and(|tags| !tags.is_empty() && tags.values().all(Value::is_object))
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

#[cfg(test)]
mod tests;
