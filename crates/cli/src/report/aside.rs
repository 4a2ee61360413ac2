//! Findings that do not count: not enforced yet, or accepted by an exemption.

use std::collections::BTreeMap;

use tag_compliance_core::day::Day;
use tag_compliance_core::evaluation::Evaluation;
use tag_compliance_core::policy::exemption::Exemption;

use super::Row;
use super::money::Usd;
use super::violation::{self, Violation};

/// A finding that does not count.
pub struct Aside<'a> {
    pub violation: Violation<'a>,
    pub why: Why<'a>,
}

/// Why a finding does not count.
#[derive(Clone, Copy)]
pub enum Why<'a> {
    /// Its rule is enforced from this day.
    NotYet(Day),
    /// An exemption accepts it, but not every finding of the instance.
    Accepted(&'a Exemption),
}

/// How many instances violate a rule that is not enforced yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upcoming<'a> {
    pub key: &'a str,
    pub enforced_from: Day,
    pub instances: u64,
    /// What they cost a month.
    pub cost: Usd,
}

impl<'a> Aside<'a> {
    /// In words, on one line.
    pub fn text(&self) -> String {
        let text = &self.violation.text;
        match self.why {
            Why::NotYet(day) => format!("{text}, from {}", day.in_words()),
            Why::Accepted(exemption) => format!("{text}, accepted: {exemption}"),
        }
    }

    /// The day from which it counts, if it is not enforced yet.
    pub fn enforced_from(&self) -> Option<Day> {
        match self.why {
            Why::NotYet(day) => Some(day),
            Why::Accepted(_) => None,
        }
    }

    /// The exemption that accepts it, if one does.
    pub fn exemption(&self) -> Option<&'a Exemption> {
        match self.why {
            Why::NotYet(_) => None,
            Why::Accepted(exemption) => Some(exemption),
        }
    }
}

/// The findings of an evaluation that do not count.
pub fn of<'a>(evaluation: &Evaluation<'a>) -> Vec<Aside<'a>> {
    let upcoming = evaluation
        .upcoming
        .iter()
        .map(|it| (it.rule, &it.outcome, Why::NotYet(it.enforced_from)));
    let accepted = evaluation
        .exempt_findings
        .iter()
        .map(|it| (it.rule, &it.outcome, Why::Accepted(it.exemption)));
    upcoming
        .chain(accepted)
        .flat_map(|(rule, outcome, why)| {
            let violations = violation::of_outcome(rule, outcome).into_iter();
            violations.map(move |violation| Aside { violation, why })
        })
        .collect()
}

/// What is violated but not enforced yet, the earliest day first.
pub fn upcoming<'a>(rows: &[Row<'a>]) -> Vec<Upcoming<'a>> {
    let mut rules: BTreeMap<(Day, &str), (u64, Usd)> = BTreeMap::new();
    for row in rows {
        let findings = row.evaluation.upcoming.iter();
        let mut keys: Vec<_> = findings
            .map(|it| (it.enforced_from, it.rule.key.text.as_str()))
            .collect();
        // Several rules may be about one tag.
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let (instances, cost) = rules.entry(key).or_default();
            *instances += 1;
            *cost += row.cost.unwrap_or_default();
        }
    }
    let rules = rules.into_iter();
    rules
        .map(|((enforced_from, key), (instances, cost))| Upcoming {
            key,
            enforced_from,
            instances,
            cost,
        })
        .collect()
}
