//! Counting evaluations.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::evaluation::scope::Scope;
use crate::evaluation::{Evaluation, Status};

/// Evaluated instances by status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub compliant: u64,
    pub non_compliant: u64,
    /// Violations that an exemption accepts.
    pub exempt: u64,
    #[serde(default)]
    pub out_of_scope: u64,
}

impl Counts {
    /// Adds one.
    pub fn add(&mut self, status: Status) {
        match status {
            Status::Compliant => self.compliant += 1,
            Status::NonCompliant => self.non_compliant += 1,
            Status::Exempt => self.exempt += 1,
            Status::OutOfScope => self.out_of_scope += 1,
        }
    }

    /// Adds other counts.
    pub fn merge(&mut self, other: Self) {
        self.compliant += other.compliant;
        self.non_compliant += other.non_compliant;
        self.exempt += other.exempt;
        self.out_of_scope += other.out_of_scope;
    }

    /// All instances in scope.
    #[must_use]
    pub fn checked(self) -> u64 {
        self.compliant + self.non_compliant + self.exempt
    }
}

/// Findings for one tag.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagCounts {
    pub missing: u64,
    pub invalid: u64,
    pub forbidden: u64,
}

impl TagCounts {
    #[must_use]
    pub fn total(self) -> u64 {
        self.missing + self.invalid + self.forbidden
    }
}

/// Evaluations by status, and the findings of non-compliant instances.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub counts: Counts,
    /// By the rule's key.
    pub by_tag: BTreeMap<String, TagCounts>,
    /// How many violations each expired exemption used to accept, by its index in the policy.
    #[serde(with = "places")]
    pub unexempted: BTreeMap<usize, u64>,
    /// How many instances each exemption accepts.
    #[serde(with = "places", default)]
    pub exempted: BTreeMap<usize, u64>,
    /// How many instances each condition of `scope.exclude` leaves out.
    #[serde(with = "places", default)]
    pub excluded: BTreeMap<usize, u64>,
    /// How many instances will violate a rule once it is enforced, by that day and the rule's key.
    // What an earlier version stored lacks this field.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub upcoming: BTreeMap<Day, BTreeMap<String, u64>>,
}

impl Tally {
    /// Counts an evaluation.
    pub fn add(&mut self, evaluation: &Evaluation<'_>) {
        let status = evaluation.status();
        self.counts.add(status);
        if let Scope::Excluded(place) = evaluation.scope {
            *self.excluded.entry(place).or_default() += 1;
        }
        if let (Status::Exempt, Some(exemption)) = (status, evaluation.exemption) {
            *self.exempted.entry(exemption.index).or_default() += 1;
        }
        let upcoming = evaluation.upcoming.iter();
        // Several rules may be about one tag, which counts once.
        let upcoming: BTreeSet<_> = upcoming
            .map(|it| (it.enforced_from, it.rule.key.text.as_str()))
            .collect();
        for (day, key) in upcoming {
            self.add_upcoming(day, key, 1);
        }
        if status != Status::NonCompliant {
            return;
        }
        for key in &evaluation.missing_tags {
            self.tag(key).missing += 1;
        }
        for tag in &evaluation.invalid_tags {
            self.tag(tag.required).invalid += 1;
        }
        let rules = evaluation.violated_rules.iter();
        for rule in rules.filter(|rule| rule.is_forbidding()) {
            self.tag(&rule.key.text).forbidden += 1;
        }
        for exemption in &evaluation.expired_exemptions {
            *self.unexempted.entry(exemption.index).or_default() += 1;
        }
    }

    /// Adds another tally.
    pub fn merge(&mut self, other: Self) {
        self.counts.merge(other.counts);
        for (key, counts) in other.by_tag {
            let tag = self.tag(&key);
            tag.missing += counts.missing;
            tag.invalid += counts.invalid;
            tag.forbidden += counts.forbidden;
        }
        for (mine, theirs) in [
            (&mut self.unexempted, other.unexempted),
            (&mut self.exempted, other.exempted),
            (&mut self.excluded, other.excluded),
        ] {
            for (place, count) in theirs {
                *mine.entry(place).or_default() += count;
            }
        }
        for (day, keys) in other.upcoming {
            for (key, count) in keys {
                self.add_upcoming(day, &key, count);
            }
        }
    }

    /// The violated tags, most violations first.
    #[must_use]
    pub fn by_tag(&self) -> Vec<(&str, TagCounts)> {
        let tags = self
            .by_tag
            .iter()
            .map(|(key, counts)| (key.as_str(), *counts));
        let mut tags: Vec<_> = tags.collect();
        tags.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.total()));
        tags
    }

    /// How many violations used to be accepted by an exemption that has expired.
    #[must_use]
    pub fn unexempted(&self, exemption: usize) -> u64 {
        self.unexempted.get(&exemption).copied().unwrap_or(0)
    }

    /// How many instances meet no condition of `scope.include`.
    #[must_use]
    pub fn not_included(&self) -> u64 {
        self.counts.out_of_scope - self.excluded.values().sum::<u64>()
    }

    fn add_upcoming(&mut self, day: Day, key: &str, count: u64) {
        let keys = self.upcoming.entry(day).or_default();
        *keys.entry(key.to_owned()).or_default() += count;
    }

    fn tag(&mut self, key: &str) -> &mut TagCounts {
        self.by_tag.entry(key.to_owned()).or_default()
    }
}

/// JSON keys are text. Serde reads them as numbers, but not within a flattened struct.
mod places {
    use std::collections::BTreeMap;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(
        counts: &BTreeMap<usize, u64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(
            counts
                .iter()
                .map(|(place, count)| (place.to_string(), count)),
        )
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<usize, u64>, D::Error> {
        let counts: BTreeMap<String, u64> = BTreeMap::deserialize(deserializer)?;
        let counts = counts.into_iter();
        counts
            .map(|(place, count)| Ok((place.parse().map_err(D::Error::custom)?, count)))
            .collect()
    }
}
