//! Where to fix a violation: on the instance, and for the next launch.

mod command;

use serde::Serialize;

use self::command::Field;
use crate::evaluation::Evaluation;
use crate::instance::{InstanceId, RegionName};
use crate::policy::TagPolicy;
use crate::policy::rule::{Requirement, ValueRules};
use crate::provenance::{Maker, Provenance};
use crate::subject::Subject;
use crate::text::Untrusted;

/// Where to fix a violation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fix<'a> {
    /// What made the instance.
    #[serde(flatten)]
    pub provenance: Provenance<'a>,
    /// What makes the instance compliant, once a person has put values for what is in angle brackets.
    pub commands: Vec<String>,
    /// Where the next launch gets its tags.
    pub next_launch: String,
    /// What adds them there, where one command can.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub next_launch_commands: Vec<String>,
}

/// The most tags of a call ("Tag naming and usage restrictions", Amazon EC2 Auto Scaling user guide).
const MAX_TAGS_OF_GROUP: usize = 25;
/// Up to so many characters of allowed values stand in a command, to choose from.
const MAX_CHOICE_CHARS: usize = 60;

impl<'a> Fix<'a> {
    /// Where to fix what violates a policy; none where nothing does. `shows` says of a tag's key whether
    /// its value may be passed on.
    #[must_use]
    pub fn of(
        subject: &Subject<'a>,
        evaluation: &Evaluation<'_>,
        policy: &TagPolicy,
        shows: impl Fn(&str) -> bool,
    ) -> Option<Self> {
        if evaluation.is_compliant() {
            return None;
        }
        let provenance = Provenance::of(subject.instance);
        let wanted = wanted(subject, evaluation, policy, shows);
        Some(Self {
            commands: commands(subject, evaluation, &wanted),
            next_launch: provenance.next_launch(),
            next_launch_commands: next_launch_commands(subject.region, &provenance, &wanted),
            provenance,
        })
    }
}

/// A tag that the instance ought to have.
struct Wanted<'a> {
    key: &'a str,
    value: String,
}

fn wanted<'a>(
    subject: &Subject<'a>,
    evaluation: &Evaluation<'a>,
    policy: &TagPolicy,
    shows: impl Fn(&str) -> bool,
) -> Vec<Wanted<'a>> {
    let missing = evaluation.missing_tags.iter().map(|&key| {
        let mut misspelled = evaluation.misspelled_tags.iter();
        let found = misspelled
            .find(|tag| tag.key == key)
            .map(|tag| tag.found.raw());
        let found = found.filter(|found| shows(found));
        let value = found.and_then(|found| subject.instance.tags.get(found));
        (key, key, value.map(Untrusted::raw))
    });
    let invalid = evaluation.invalid_tags.iter();
    let invalid = invalid.map(|tag| (tag.key.raw(), tag.required, None));
    let mut wanted: Vec<Wanted<'_>> = Vec::new();
    for (key, required, meant) in missing.chain(invalid) {
        // Several rules may object to the same tag.
        if wanted.iter().all(|tag| tag.key != key) {
            let value = value(subject, policy, required, meant);
            wanted.push(Wanted { key, value });
        }
    }
    wanted
}

/// The value for a required tag: the one that is meant, the only one that is allowed, or what a person
/// replaces.
fn value(subject: &Subject<'_>, policy: &TagPolicy, key: &str, meant: Option<&str>) -> String {
    let rules = policy.rules().iter();
    let rules: Vec<&ValueRules> = rules
        .filter_map(|rule| match &rule.requirement {
            Requirement::Required(values) if rule.key.text == key && rule.is_for(subject) => {
                Some(values)
            }
            _ => None,
        })
        .collect();
    let is_allowed = |value: &str| rules.iter().all(|rule| rule.allows(value));
    if let Some(meant) = meant.filter(|meant| is_allowed(meant)) {
        return meant.to_owned();
    }
    let allowed = rules.iter().find_map(|rule| rule.allowed_values.as_ref());
    let allowed = allowed.into_iter().flatten().map(String::as_str);
    let allowed: Vec<&str> = allowed.filter(|value| is_allowed(value)).collect();
    match allowed.as_slice() {
        [only] => (*only).to_owned(),
        several => {
            let choice = several.join(" or ");
            let is_short = choice.chars().count() <= MAX_CHOICE_CHARS;
            if !several.is_empty() && is_short && command::is_plain(&choice) {
                format!("<{choice}>")
            } else {
                format!("<{key}>")
            }
        }
    }
}

fn commands(
    subject: &Subject<'_>,
    evaluation: &Evaluation<'_>,
    wanted: &[Wanted<'_>],
) -> Vec<String> {
    let create: Vec<_> = wanted
        .iter()
        .map(|tag| {
            vec![
                ("Key", Field::Text(tag.key)),
                ("Value", Field::Text(&tag.value)),
            ]
        })
        .collect();
    let misspelled = evaluation.misspelled_tags.iter().map(|tag| tag.found.raw());
    let forbidden = evaluation.forbidden_tags.iter().map(|tag| tag.key.raw());
    let mut unwanted: Vec<&str> = Vec::new();
    for key in misspelled.chain(forbidden) {
        if !unwanted.contains(&key) {
            unwanted.push(key);
        }
    }
    let delete: Vec<_> = unwanted
        .iter()
        .map(|key| vec![("Key", Field::Text(key))])
        .collect();
    let id: &InstanceId = &subject.instance.id;
    // The new tag comes first, so that no value is lost in between.
    let steps = [("create-tags", create), ("delete-tags", delete)];
    let needed = steps.iter().filter(|(_, tags)| !tags.is_empty());
    needed
        .map(|(operation, tags)| {
            let (region, tags) = (region(subject.region), command::tags(tags));
            format!("aws ec2 {operation}{region} --resources {id} --tags {tags}")
        })
        .collect()
}

fn next_launch_commands(
    region_name: &str,
    provenance: &Provenance<'_>,
    wanted: &[Wanted<'_>],
) -> Vec<String> {
    // What a stack has made is changed by the stack alone.
    let (Maker::AutoScalingGroup(group), None) = (provenance.maker, provenance.stack) else {
        return Vec::new();
    };
    let region = region(region_name);
    let calls = wanted.chunks(MAX_TAGS_OF_GROUP).map(|wanted| {
        let tags = wanted.iter().map(|tag| {
            vec![
                ("ResourceId", Field::Text(group.raw())),
                ("ResourceType", Field::Text("auto-scaling-group")),
                ("Key", Field::Text(tag.key)),
                ("Value", Field::Text(&tag.value)),
                ("PropagateAtLaunch", Field::True),
            ]
        });
        let tags = command::tags(&tags.collect::<Vec<_>>());
        format!("aws autoscaling create-or-update-tags{region} --tags {tags}")
    });
    calls.collect()
}

/// The region as an option; nothing where it is none.
fn region(name: &str) -> String {
    match name.parse::<RegionName>() {
        Ok(region) => format!(" --region {}", region.as_ref()),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests;
