//! An instance of a report.

use std::cmp::Reverse;

use tag_compliance_core::day::Day;
use tag_compliance_core::evaluation::{Evaluation, Status};
use tag_compliance_core::fix::Fix;
use tag_compliance_core::instance::Instance;
use tag_compliance_core::notification::console;
use tag_compliance_core::policy::document::Severity;
use tag_compliance_core::policy::rule::Rule;
use tag_compliance_core::policy::{ShownTags, TagPolicy};
use tag_compliance_core::provenance::Provenance;
use tag_compliance_core::subject::Subject;
use tag_compliance_core::text::Untrusted;
use tag_compliance_core::timestamp::Timestamp;

use super::aside::{self, Aside};
use super::filter::Filter;
use super::money::Usd;
use super::prices::Prices;
use super::violation::{self, Violation};
use crate::fleet::{Fleet, RegionalFleet};
use crate::shown::span;

/// An instance and what a policy makes of it.
pub struct Row<'a> {
    pub instance: &'a Instance,
    pub region: &'a str,
    policy: &'a TagPolicy,
    /// The profile that it was read with, if one was given.
    pub profile: Option<&'a str>,
    pub owner: Option<Untrusted<'a>>,
    pub evaluation: Evaluation<'a>,
    /// What it violates.
    pub violations: Vec<Violation<'a>>,
    /// Its findings that do not count.
    pub asides: Vec<Aside<'a>>,
    /// What made it.
    pub provenance: Provenance<'a>,
    /// How to fix what it violates.
    pub fix: Option<Fix<'a>>,
    /// How to fix what is not enforced yet, by day.
    pub upcoming_fixes: Vec<(Day, Fix<'a>)>,
    /// What it costs a month; none without a price.
    pub cost: Option<Usd>,
    now: Timestamp,
}

/// What evaluates instances, and which of them.
#[derive(Clone, Copy)]
pub struct Evaluator<'a> {
    pub policy: &'a TagPolicy,
    /// The policy that names the owner tag.
    pub owners: &'a TagPolicy,
    pub at: Timestamp,
    pub prices: Option<&'a Prices>,
    pub filter: &'a Filter,
}

impl<'a> Evaluator<'a> {
    /// The instances of a fleet that the filter counts.
    pub fn rows(&self, fleet: &'a Fleet) -> Vec<Row<'a>> {
        let regions = fleet.regions.iter();
        let instances =
            regions.flat_map(|region| region.instances.iter().map(move |it| (region, it)));
        instances
            .filter(|(_, it)| self.filter.counts(&it.tags, self.owners.owner_of(it)))
            .map(|(region, instance)| self.row(region, instance))
            .collect()
    }

    fn row(&self, regional: &'a RegionalFleet, instance: &'a Instance) -> Row<'a> {
        let region = &regional.region;
        let subject = Subject {
            instance,
            region,
            now: self.at,
        };
        let evaluation = self.policy.evaluate(&subject);
        let violations = violation::of(&evaluation);
        let is_listed = |key: &str| lists_tag(self.filter, &violations, key);
        let fix = Fix::of_tags(&subject, &evaluation, self.policy, is_listed);
        let is_listed = |rule: &Rule| self.filter.lists(rule.severity);
        let upcoming_fixes = Fix::upcoming(&subject, &evaluation, self.policy, is_listed);
        let profile = regional.profile.as_deref();
        let by_profile = |fix: Fix<'a>| match profile {
            Some(profile) => fix.by_profile(profile),
            None => fix,
        };
        let upcoming_fixes = upcoming_fixes.into_iter();
        Row {
            instance,
            region,
            policy: self.policy,
            profile,
            owner: self.owners.owner_of(instance),
            violations,
            asides: aside::of(&evaluation),
            provenance: Provenance::of(instance, self.policy),
            fix: fix.map(by_profile),
            upcoming_fixes: upcoming_fixes
                .map(|(day, fix)| (day, by_profile(fix)))
                .collect(),
            cost: self.prices.and_then(|prices| prices.of(instance, region)),
            evaluation,
            now: self.at,
        }
    }
}

/// Whether a filter lists a violation of this tag.
fn lists_tag(filter: &Filter, violations: &[Violation<'_>], key: &str) -> bool {
    let mut violations = violations.iter().filter(|it| it.key.raw() == key);
    violations.any(|it| filter.lists(it.severity))
}

impl<'a> Row<'a> {
    /// Leaves out the findings that a filter does not list, once they are counted. Status and severity stay.
    pub fn limit(&mut self, filter: &Filter) {
        let is_listed = |aside: &Aside<'_>| filter.lists(aside.violation.severity);
        self.asides
            .retain(|it| it.enforced_from().is_none() || is_listed(it));
        let is_violation = self.status() == Status::NonCompliant;
        let evaluation = &mut self.evaluation;
        evaluation
            .upcoming
            .retain(|it| filter.lists(it.rule.severity));
        if is_violation {
            let is_listed = |key: &str| lists_tag(filter, &self.violations, key);
            evaluation.missing_tags.retain(|key| is_listed(key));
            evaluation.misspelled_tags.retain(|tag| is_listed(tag.key));
            evaluation
                .invalid_tags
                .retain(|tag| is_listed(tag.key.raw()));
            evaluation
                .forbidden_tags
                .retain(|tag| is_listed(tag.key.raw()));
            self.violations.retain(|it| filter.lists(it.severity));
        }
    }

    pub fn status(&self) -> Status {
        self.evaluation.status()
    }

    /// The worst first, then the oldest; those of unknown age last.
    pub fn by_severity(&self) -> impl Ord + '_ {
        (Reverse(self.evaluation.severity()), self.by_age())
    }

    /// The oldest first; those of unknown age last.
    pub fn by_age(&self) -> impl Ord + '_ {
        let launched_at = self.instance.launched_at;
        (launched_at.is_none(), launched_at, &self.instance.id)
    }

    /// How long ago it was launched.
    pub fn age(&self) -> Option<String> {
        let launched_at = self.instance.launched_at?;
        Some(span(self.now.since(launched_at)))
    }

    pub fn age_days(&self) -> Option<u64> {
        let launched_at = self.instance.launched_at?;
        Some(self.now.since(launched_at).as_secs() / (24 * 60 * 60))
    }

    /// Its tags, as they may be shown.
    pub fn tags(&self) -> ShownTags<'a> {
        self.policy.shown(&self.instance.tags)
    }

    /// Its tag `Name`.
    pub fn name(&self) -> Option<Untrusted<'a>> {
        self.tags().get("Name")
    }

    pub fn severity(&self) -> Option<&'static str> {
        self.evaluation.severity().map(Severity::as_str)
    }

    /// What EC2 says of its type.
    pub fn instance_type(&self) -> Option<&'a str> {
        self.instance.described.instance_type.as_deref()
    }

    /// What it costs a month, in words.
    pub fn price(&self) -> String {
        let price = self.cost.map(|cost| cost.to_string());
        price.unwrap_or_else(|| "no price".to_owned())
    }

    /// Its page in the AWS console, if known.
    pub fn console(&self) -> Option<String> {
        console::instance(self.region, &self.instance.id)
    }

    /// Its findings, a line for each tag: first those that count.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        let violations = self.violations.iter().map(|it| it.text.clone());
        violations.chain(self.asides.iter().map(Aside::text))
    }

    /// How to fix a finding, enforced or not yet. None for one that is accepted.
    pub fn fix_of(&self, aside: Option<&Aside<'_>>) -> Option<&Fix<'a>> {
        match aside {
            None => self.fix.as_ref(),
            Some(aside) => {
                let day = aside.enforced_from()?;
                let mut fixes = self.upcoming_fixes.iter();
                fixes.find(|(it, _)| *it == day).map(|(_, fix)| fix)
            }
        }
    }

    /// Whether it violates a rule that is not enforced yet, and is listed for it.
    pub fn has_upcoming(&self, filter: &Filter) -> bool {
        let mut upcoming = self.asides.iter().filter(|it| it.enforced_from().is_some());
        upcoming.any(|it| filter.lists(it.violation.severity))
    }
}
