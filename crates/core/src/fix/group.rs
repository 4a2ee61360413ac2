//! What an Auto Scaling group puts on the instances that it launches next.

use super::command::{self, Field};
use super::region;
use super::wanted::{Certainty, Wanted, choice};
use crate::instance::Tags;
use crate::provenance::{Maker, Provenance};
use crate::text::{OneLine, is_blank};

/// The most tags of a call ("Tag naming and usage restrictions", Amazon EC2 Auto Scaling user guide).
const MAX_TAGS_OF_GROUP: usize = 25;

/// The tags that an Auto Scaling group lacks, as one of its instances wants them, or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupTags {
    region: String,
    name: String,
    tags: Vec<GroupTag>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct GroupTag {
    key: String,
    /// What the instances want, each once.
    values: Vec<(String, Certainty)>,
}

impl GroupTags {
    /// What an instance wants of its group; none where no group can be changed.
    pub(super) fn of(
        region: &str,
        provenance: &Provenance<'_>,
        wanted: &[Wanted<'_>],
    ) -> Option<Self> {
        // What a stack has made is changed by the stack alone.
        let (Maker::AutoScalingGroup(name), None) = (provenance.maker, provenance.stack) else {
            return None;
        };
        let tags = wanted.iter().map(|tag| GroupTag {
            key: tag.key.to_owned(),
            values: vec![(tag.value.clone(), tag.certainty)],
        });
        Some(Self {
            region: region.to_owned(),
            name: name.raw().to_owned(),
            tags: tags.collect(),
        })
    }

    /// The region and the name, which tell the groups of an account apart.
    #[must_use]
    pub fn id(&self) -> (&str, &str) {
        (&self.region, &self.name)
    }

    /// Whether an instance wants this tag.
    #[must_use]
    pub fn wants(&self, key: &str) -> bool {
        self.tags.iter().any(|tag| tag.key == key)
    }

    /// Adds what another instance of the group wants.
    pub fn add(&mut self, other: &Self) {
        for more in &other.tags {
            match self.tags.iter_mut().find(|tag| tag.key == more.key) {
                Some(tag) => more.values.iter().for_each(|value| tag.add(value)),
                None => self.tags.push(more.clone()),
            }
        }
    }

    /// Adds the values that an instance of the group already has, as far as they count.
    pub fn add_present(&mut self, tags: &Tags, counts: impl Fn(&str) -> bool) {
        for tag in &mut self.tags {
            let value = tags.get(&tag.key).filter(|_| counts(&tag.key));
            if let Some(value) = value.filter(|value| !is_blank(value.raw())) {
                tag.add(&(value.raw().to_owned(), Certainty::Known));
            }
        }
    }

    /// The tags that another names, too.
    #[must_use]
    pub fn limited_to(mut self, other: &Self) -> Self {
        self.tags.retain(|tag| other.wants(&tag.key));
        self
    }

    /// What adds all of them, once a person has put values for what is in angle brackets.
    #[must_use]
    pub fn commands(&self) -> Vec<String> {
        self.commands_for(|_| true)
    }

    /// What adds those about which there is no doubt: all instances want the same value.
    #[must_use]
    pub fn certain_commands(&self) -> Vec<String> {
        self.commands_for(|tag| matches!(tag.values[..], [(_, Certainty::Known)]))
    }

    /// The tags about which the instances differ, as `key=<what to put>`, on one line.
    #[must_use]
    pub fn disputed(&self) -> Vec<String> {
        let disputed = self.tags.iter().filter(|tag| tag.values.len() > 1);
        disputed
            .map(|tag| format!("{}={}", OneLine(&tag.key), OneLine(&tag.value())))
            .collect()
    }

    fn commands_for(&self, is_meant: impl Fn(&GroupTag) -> bool) -> Vec<String> {
        let region = region(&self.region);
        let tags = self.tags.iter().filter(|tag| is_meant(tag));
        let tags: Vec<_> = tags.map(|tag| (&tag.key, tag.value())).collect();
        let calls = tags.chunks(MAX_TAGS_OF_GROUP).map(|tags| {
            let tags = tags.iter().map(|(key, value)| {
                vec![
                    ("ResourceId", Field::Text(&self.name)),
                    ("ResourceType", Field::Text("auto-scaling-group")),
                    ("Key", Field::Text(key)),
                    ("Value", Field::Text(value)),
                    ("PropagateAtLaunch", Field::True),
                ]
            });
            let tags = command::tags(&tags.collect::<Vec<_>>());
            format!("aws autoscaling create-or-update-tags{region} --tags {tags}")
        });
        calls.collect()
    }
}

impl GroupTag {
    fn add(&mut self, value: &(String, Certainty)) {
        if !self.values.contains(value) {
            self.values.push(value.clone());
        }
    }

    /// The one value that is wanted, or what a person replaces.
    fn value(&self) -> String {
        if let [(only, _)] = &self.values[..] {
            return only.clone();
        }
        let values = self.values.iter();
        let values = values.filter(|(_, certainty)| *certainty != Certainty::Open);
        let mut distinct: Vec<&str> = values.map(|(value, _)| value.as_str()).collect();
        distinct.sort_unstable();
        distinct.dedup();
        match distinct[..] {
            [only] => only.to_owned(),
            _ => choice(&self.key, &distinct),
        }
    }
}
