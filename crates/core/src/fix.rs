//! Where to fix a violation: on the instance, and for the next launch.

mod command;
mod complaints;
mod group;
mod wanted;

use std::collections::BTreeMap;

use serde::Serialize;

use self::command::Field;
pub use self::command::by_profile;
use self::complaints::Complaints;
pub use self::group::GroupTags;
use self::wanted::{Certainty, Wanted};
use crate::day::Day;
use crate::evaluation::Evaluation;
use crate::instance::{InstanceId, RegionName};
use crate::policy::TagPolicy;
use crate::policy::rule::Rule;
use crate::provenance::Provenance;
use crate::subject::Subject;
use crate::text::OneLine;

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
    /// The same as tags of its Auto Scaling group, where that can be changed.
    #[serde(skip)]
    pub group: Option<GroupTags>,
    /// What of all this takes no guess.
    #[serde(skip)]
    pub certain: Certain,
}

/// What can be fixed without a person who decides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Certain {
    /// As the commands of the fix, without a tag whose value is not known.
    pub commands: Vec<String>,
    /// The tags that are left to a person, as `key=<what to put>`, on one line.
    pub undecided: Vec<String>,
    /// The tags that no command on the instance can fix for good, as `key (why)`, on one line.
    pub beyond: Vec<String>,
}

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
        let complaints = Complaints::of(evaluation);
        (!evaluation.is_compliant()).then(|| Self::by(subject, &complaints, policy, shows))
    }

    /// Where to fix some of the tags that violate a policy; none where none of these does.
    #[must_use]
    pub fn of_tags(
        subject: &Subject<'a>,
        evaluation: &Evaluation<'_>,
        policy: &TagPolicy,
        is_meant: impl Fn(&str) -> bool,
    ) -> Option<Self> {
        let complaints = Complaints::of(evaluation).limited_to(is_meant);
        (!complaints.is_empty()).then(|| Self::by(subject, &complaints, policy, |_| true))
    }

    /// Where to fix what violates some of the rules that are not enforced yet, by the day from which on they
    /// are. A tag is fixed once, on the earliest day: what is violated now is not among them.
    #[must_use]
    pub fn upcoming(
        subject: &Subject<'a>,
        evaluation: &Evaluation<'_>,
        policy: &TagPolicy,
        is_meant: impl Fn(&Rule) -> bool,
    ) -> Vec<(Day, Self)> {
        let mut days: BTreeMap<Day, Vec<_>> = BTreeMap::new();
        let findings = evaluation.upcoming.iter();
        for finding in findings.filter(|finding| is_meant(finding.rule)) {
            days.entry(finding.enforced_from).or_default().push(finding);
        }
        let mut known = Complaints::of(evaluation);
        let mut fixes = Vec::new();
        for (day, findings) in days {
            let complaints = Complaints::of_upcoming(&findings).without(&known);
            if !complaints.is_empty() {
                fixes.push((day, Self::by(subject, &complaints, policy, |_| true)));
            }
            known.extend(complaints);
        }
        fixes
    }

    /// The same with the profile that the AWS CLI is to use in each command.
    #[must_use]
    pub fn by_profile(mut self, profile: &str) -> Self {
        let all = [
            &mut self.commands,
            &mut self.next_launch_commands,
            &mut self.certain.commands,
        ];
        for command in all.into_iter().flatten() {
            *command = by_profile(command, profile);
        }
        self
    }

    fn by(
        subject: &Subject<'a>,
        complaints: &Complaints<'_>,
        policy: &TagPolicy,
        shows: impl Fn(&str) -> bool,
    ) -> Self {
        let provenance = Provenance::of(subject.instance, policy);
        let wanted = wanted::of(subject, complaints, policy, shows);
        let group = GroupTags::of(subject.region, &provenance, &wanted);
        // What a misspelled tag says is kept until the right one has it.
        let is_replaced = |key: &str| {
            let mut tags = wanted.iter().filter(|tag| tag.key == key);
            tags.any(|tag| tag.certainty != Certainty::Open)
        };
        Self {
            commands: commands(subject, &wanted, &complaints.unwanted(is_replaced)),
            next_launch: provenance.next_launch(),
            next_launch_commands: group.as_ref().map_or_else(Vec::new, GroupTags::commands),
            certain: certain(subject, complaints, &provenance, wanted, group.is_some()),
            group,
            provenance,
        }
    }
}

fn certain(
    subject: &Subject<'_>,
    complaints: &Complaints<'_>,
    provenance: &Provenance<'_>,
    wanted: Vec<Wanted<'_>>,
    has_group: bool,
) -> Certain {
    let (known, open): (Vec<_>, Vec<_>) = wanted
        .into_iter()
        .partition(|tag| tag.certainty == Certainty::Known);
    let undecided = open.iter();
    let undecided = undecided.map(|tag| format!("{}={}", OneLine(tag.key), OneLine(&tag.value)));
    let is_set_again = |key: &str| setter(provenance, key, subject).is_some();
    // A value that the group sets is changed there, too.
    let is_lasting = |key: &str| !is_set_again(key) || has_group;
    let (known, undone): (Vec<_>, Vec<_>) = known.into_iter().partition(|tag| is_lasting(tag.key));
    let is_replaced = |key: &str| known.iter().any(|tag| tag.key == key);
    let unwanted = complaints.unwanted(is_replaced).into_iter();
    let (set_again, gone): (Vec<_>, Vec<_>) = unwanted.partition(|key| is_set_again(key));
    let beyond = undone.iter().map(|tag| tag.key).chain(set_again);
    let beyond = beyond.map(|key| {
        let setter = setter(provenance, key, subject).unwrap_or_default();
        format!("{} ({setter} may set it again)", OneLine(key))
    });
    Certain {
        commands: commands(subject, &known, &gone),
        beyond: beyond.collect(),
        undecided: undecided.collect(),
    }
}

/// What sets a tag of the instance again when it is changed only on the instance: a stack at its next
/// update, an Auto Scaling group at its next launch. None if the instance does not have the tag. A policy
/// may mask the name of a node group, but not that it exists.
fn setter(provenance: &Provenance<'_>, key: &str, subject: &Subject<'_>) -> Option<String> {
    let has = |key: &str| subject.instance.tags.get(key).is_some();
    let is_of_group = has("aws:autoscaling:groupName") || has("eks:nodegroup-name");
    let name = match provenance.stack {
        Some(stack) => format!("CloudFormation stack {}", stack.one_line()),
        None if is_of_group => {
            let maker = provenance.maker_line();
            maker.unwrap_or_else(|| "its Auto Scaling group".to_owned())
        }
        None => return None,
    };
    has(key).then_some(name)
}

fn commands(subject: &Subject<'_>, wanted: &[Wanted<'_>], unwanted: &[&str]) -> Vec<String> {
    let create: Vec<_> = wanted
        .iter()
        .map(|tag| {
            vec![
                ("Key", Field::Text(tag.key)),
                ("Value", Field::Text(&tag.value)),
            ]
        })
        .collect();
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

/// The region as an option; nothing if it is none.
fn region(name: &str) -> String {
    match name.parse::<RegionName>() {
        Ok(region) => format!(" --region {}", region.as_ref()),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests;
