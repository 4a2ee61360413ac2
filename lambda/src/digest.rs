//! What a person reads of a sweep.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::alert::{Alert, Text, list};
use crate::instance::Instance;
use crate::policy::TagPolicy;
use crate::policy::document::Severity;
use crate::policy::verdict::{Counts, Status, Verdict};
use crate::text::{OneLine, excerpt};
use crate::timestamp::Timestamp;

/// What a sweep has found so far. Its size does not grow with the fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepDigest<'a> {
    policy: &'a TagPolicy,
    /// How many instances were judged, and how.
    pub counts: Counts,
    /// How many violate something, but may still be tagged: they are not among `counts`.
    pub provisional: u64,
    /// How many the policy is not for.
    pub out_of_scope: u64,
    severity: Option<Severity>,
    by_tag: BTreeMap<String, TagCounts>,
    by_owner: HashMap<String, u64>,
    of_more_owners: u64,
    /// How many violations each exemption no longer accepts, by its place in the policy.
    unexempted: BTreeMap<usize, u64>,
    oldest: BTreeSet<Violation>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct TagCounts {
    missing: u64,
    invalid: u64,
    forbidden: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    age: Age,
    line: String,
}

/// Sorts the oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Age {
    LaunchedAt(Timestamp),
    Unknown,
}

impl<'a> SweepDigest<'a> {
    /// The most violations that a digest names; the audit log names all.
    pub const MAX_LISTED: usize = 100;
    /// The most owners that a digest names.
    pub const MAX_OWNERS: usize = 20;
    /// The most owners whose violations are counted apart.
    const MAX_COUNTED_OWNERS: usize = 1_000;
    const MAX_OWNER_CHARS: usize = 100;
    const MAX_LINE_CHARS: usize = 500;

    /// A sweep by this policy that has found nothing yet.
    #[must_use]
    pub fn new(policy: &'a TagPolicy) -> Self {
        Self {
            policy,
            counts: Counts::default(),
            provisional: 0,
            out_of_scope: 0,
            severity: None,
            by_tag: BTreeMap::new(),
            by_owner: HashMap::new(),
            of_more_owners: 0,
            unexempted: BTreeMap::new(),
            oldest: BTreeSet::new(),
        }
    }

    /// Counts a verdict that counts.
    pub fn add(&mut self, instance: &Instance, verdict: &Verdict<'_>) {
        let status = verdict.status();
        self.counts.add(status);
        if status != Status::NonCompliant {
            return;
        }
        self.severity = self.severity.max(verdict.severity());
        for key in &verdict.missing_tags {
            self.tag(key).missing += 1;
        }
        for tag in &verdict.invalid_tags {
            self.tag(tag.required).invalid += 1;
        }
        for rule in verdict
            .violated_rules
            .iter()
            .filter(|rule| rule.is_forbidding())
        {
            self.tag(&rule.key.text).forbidden += 1;
        }
        for exemption in &verdict.expired_exemptions {
            *self.unexempted.entry(exemption.index).or_default() += 1;
        }
        self.add_owner(instance);
        self.add_line(instance, verdict);
    }

    /// The counts of a tag of the policy.
    fn tag(&mut self, key: &str) -> &mut TagCounts {
        self.by_tag.entry(key.to_owned()).or_default()
    }

    fn add_owner(&mut self, instance: &Instance) {
        let owner = instance.tags.get(self.policy.owner_tag());
        let owner = owner.map_or("", |owner| owner.trim());
        let owner = excerpt(owner, Self::MAX_OWNER_CHARS);
        let is_counted = self.by_owner.contains_key(&owner);
        if is_counted || self.by_owner.len() < Self::MAX_COUNTED_OWNERS {
            *self.by_owner.entry(owner).or_default() += 1;
        } else {
            self.of_more_owners += 1;
        }
    }

    fn add_line(&mut self, instance: &Instance, verdict: &Verdict<'_>) {
        let age = instance.launched_at.map_or(Age::Unknown, Age::LaunchedAt);
        let is_full = self.oldest.len() == Self::MAX_LISTED;
        if is_full
            && self
                .oldest
                .last()
                .is_some_and(|youngest| youngest.age <= age)
        {
            return;
        }
        let line = excerpt(&violation(instance, verdict), Self::MAX_LINE_CHARS);
        self.oldest.insert(Violation { age, line });
        if is_full {
            self.oldest.pop_last();
        }
    }

    /// Whether there is something that someone should mend.
    #[must_use]
    pub fn has_news(&self, now: Timestamp) -> bool {
        self.counts.non_compliant > 0 || self.policy.expired_exemptions(now).next().is_some()
    }

    /// The message. `audit_objects` says where the records are, a line each.
    #[must_use]
    pub fn to_alert(&self, region: &str, now: Timestamp, audit_objects: &[String]) -> Alert {
        let Counts {
            compliant,
            non_compliant,
            exempt,
        } = self.counts;
        let checked = self.counts.checked();
        let mut body = Text::default();
        body.line("EC2 Tag Compliance Sweep\n");
        body.line(format_args!("Region: {region}"));
        body.line(format_args!("Checked: {checked}"));
        body.line(format_args!(
            "Compliant: {compliant}{}",
            share(compliant, checked)
        ));
        body.line(format_args!("Non-Compliant: {non_compliant}"));
        for (what, count) in [
            ("Exempt", exempt),
            ("Not Settled Yet", self.provisional),
            ("Out of Scope", self.out_of_scope),
        ] {
            if count > 0 {
                body.line(format_args!("{what}: {count}"));
            }
        }
        body.block("Violations by Tag", self.tag_lines());
        body.block("Violations by Owner", self.owner_lines());
        body.block("Expired Exemptions", self.exemption_lines(now));
        let unlisted = non_compliant - self.oldest.len() as u64;
        let listed = self.oldest.iter().map(|violation| violation.line.clone());
        let more = (unlisted > 0).then(|| format!("… and {unlisted} more"));
        body.block("Non-Compliant Instances, Oldest First", listed.chain(more));
        let footer = audit_objects
            .iter()
            .fold("\nAudit Records:\n".to_owned(), |text, line| {
                text + "  " + line + "\n"
            });
        Alert {
            subject: format!("EC2 tag sweep: {non_compliant} of {checked} instances not compliant"),
            body: body.ending_with(&footer),
            severity: self.severity,
        }
    }

    fn tag_lines(&self) -> impl Iterator<Item = String> {
        let mut tags: Vec<_> = self.by_tag.iter().collect();
        tags.sort_by_key(|(_, counts)| Reverse(counts.missing + counts.invalid + counts.forbidden));
        tags.into_iter().map(|(key, counts)| {
            let parts = [
                (counts.missing, "missing"),
                (counts.invalid, "invalid"),
                (counts.forbidden, "forbidden"),
            ];
            let parts = parts.iter().filter(|(count, _)| *count > 0);
            let parts: Vec<_> = parts
                .map(|(count, what)| format!("{count} {what}"))
                .collect();
            format!("{}: {}", OneLine(key), parts.join(", "))
        })
    }

    fn owner_lines(&self) -> impl Iterator<Item = String> {
        let mut owners: Vec<_> = self.by_owner.iter().collect();
        owners.sort_by_key(|&(owner, count)| (Reverse(count), owner));
        let rest = &owners[owners.len().min(Self::MAX_OWNERS)..];
        let of_rest = rest.iter().map(|(_, count)| *count).sum::<u64>() + self.of_more_owners;
        let more = (of_rest > 0).then(|| format!("… and {of_rest} of other owners"));
        let tag = self.policy.owner_tag();
        let lines = owners.into_iter().take(Self::MAX_OWNERS);
        lines
            .map(move |(owner, count)| {
                if owner.is_empty() {
                    format!("(no {}): {count}", OneLine(tag))
                } else {
                    format!("{}: {count}", OneLine(owner))
                }
            })
            .chain(more)
    }

    fn exemption_lines(&self, now: Timestamp) -> impl Iterator<Item = String> {
        self.policy.expired_exemptions(now).map(|exemption| {
            let count = self.unexempted.get(&exemption.index).unwrap_or(&0);
            format!("{exemption}: {count} violations")
        })
    }
}

/// What is wrong with an instance, on one line.
fn violation(instance: &Instance, verdict: &Verdict<'_>) -> String {
    let parts = [
        ("missing", list(verdict.missing_tags.iter().copied())),
        (
            "invalid",
            list(verdict.invalid_tags.iter().map(|tag| tag.key)),
        ),
        (
            "forbidden",
            list(verdict.forbidden_tags.iter().map(|tag| tag.key)),
        ),
    ];
    let parts = parts.iter().filter(|(_, keys)| !keys.is_empty());
    let parts: Vec<_> = parts.map(|(what, keys)| format!("{what} {keys}")).collect();
    let launched = instance
        .launched_at
        .map_or_else(String::new, |at| format!(", launched {}", at.date()));
    let Instance { id, state, .. } = instance;
    format!("{id} ({state}{launched}): {}", parts.join("; "))
}

/// A share in percent, cut after the first decimal, so that 100 % is all.
fn share(part: u64, whole: u64) -> String {
    match (part * 1_000).checked_div(whole) {
        Some(per_mille) => format!(" ({}.{} %)", per_mille / 10, per_mille % 10),
        None => String::new(),
    }
}

/// Where the records of a sweep are, for a program and for a browser.
#[must_use]
pub fn audit_objects(region: &str, bucket: &str, prefix: &str) -> [String; 2] {
    let console = match region.split('-').next() {
        Some("cn") => "console.amazonaws.cn",
        _ if region.starts_with("us-gov-") => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    };
    [
        format!("s3://{bucket}/{prefix}*.jsonl"),
        format!("https://{region}.{console}/s3/buckets/{bucket}?region={region}&prefix={prefix}"),
    ]
}

#[cfg(test)]
mod tests;
