//! What a sweep counts while it reads the fleet.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::standing::Standing;
use crate::evaluation::{Evaluation, Status};
use crate::instance::Instance;
use crate::policy::TagPolicy;
use crate::policy::document::Severity;
use crate::provenance::Provenance;
use crate::tally::{Counts, Tally};
use crate::text::{OneLine, Untrusted, excerpt};
use crate::timestamp::Timestamp;

/// What a sweep has found so far. Its size does not grow with the fleet, and it is passed on when the sweep
/// continues in another invocation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// The evaluations that count.
    #[serde(flatten)]
    pub tally: Tally,
    /// How many have findings but are in their grace period: they are not in the tally.
    pub provisional: u64,
    /// How many ended within their grace period and may have been violations that nobody was alerted to.
    pub ended_in_grace: u64,
    /// How many audit records could not be written.
    pub unwritten_records: u64,
    /// The state table's totals for the partitions that are done.
    pub standing: Standing,
    /// Violations that the sweep itself opened, and those it closed as compliant.
    pub changed: Counts,
    /// How many violations each cause has; those without one are left out.
    by_cause: HashMap<String, OfCause>,
    severity: Option<Severity>,
    /// The violations by owner; the empty text is none.
    by_owner: HashMap<String, u64>,
    of_more_owners: u64,
    oldest: BTreeSet<Violation>,
}

/// The violations of what one cause has made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OfCause {
    /// How many.
    pub violations: u64,
    /// Where the next launch gets its tags; the text is safe to show.
    pub next_launch: String,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Violation {
    age: Age,
    line: String,
}

/// Sorts the longest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Age {
    violating_since: Timestamp,
    launch: Launch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Launch {
    At(Timestamp),
    Unknown,
}

impl Totals {
    /// The most violations that a digest names; the audit log names all.
    pub const MAX_LISTED: usize = 100;
    /// The most owners whose violations are counted apart.
    pub const MAX_COUNTED_OWNERS: usize = 500;
    /// The most causes whose violations are counted.
    pub const MAX_COUNTED_CAUSES: usize = 100;
    const MAX_OWNER_CHARS: usize = 64;
    const MAX_NAME_CHARS: usize = 64;
    const MAX_LINE_CHARS: usize = 300;

    /// Counts an evaluation that counts, of an instance that has been in violation since that time, if it is.
    /// This is for the few instances of a page, whose owners are all counted apart; those of a fleet are
    /// bounded by [`Totals::merge`].
    pub fn add(
        &mut self,
        policy: &TagPolicy,
        instance: &Instance,
        evaluation: &Evaluation<'_>,
        violating_since: Timestamp,
    ) {
        self.tally.add(evaluation);
        if evaluation.status() != Status::NonCompliant {
            return;
        }
        self.severity = self.severity.max(evaluation.severity());
        let owner = policy.owner_of(instance).map_or("", Untrusted::raw);
        let owner = excerpt(owner, Self::MAX_OWNER_CHARS);
        let provenance = Provenance::of(instance, policy);
        if let Some(cause) = provenance.maker_line() {
            let of_cause = self.by_cause.entry(cause).or_insert_with(|| OfCause {
                violations: 0,
                next_launch: excerpt(&provenance.next_launch(), Self::MAX_LINE_CHARS),
            });
            of_cause.violations += 1;
        }
        let name = policy.shown(&instance.tags).get("Name");
        self.add_line(instance, name, evaluation, &owner, violating_since);
        *self.by_owner.entry(owner).or_default() += 1;
    }

    /// Counts the totals of a page.
    pub fn merge(&mut self, other: Self) {
        self.tally.merge(other.tally);
        self.provisional += other.provisional;
        self.ended_in_grace += other.ended_in_grace;
        self.unwritten_records += other.unwritten_records;
        self.standing.merge(other.standing);
        self.changed.merge(other.changed);
        for (cause, of_page) in other.by_cause {
            if let Some(of_cause) = self.by_cause.get_mut(&cause) {
                of_cause.violations += of_page.violations;
            } else if self.by_cause.len() < Self::MAX_COUNTED_CAUSES {
                self.by_cause.insert(cause, of_page);
            }
        }
        self.severity = self.severity.max(other.severity);
        for (owner, violations) in other.by_owner {
            let is_counted = self.by_owner.contains_key(&owner);
            if is_counted || self.by_owner.len() < Self::MAX_COUNTED_OWNERS {
                *self.by_owner.entry(owner).or_default() += violations;
            } else {
                self.of_more_owners += violations;
            }
        }
        self.of_more_owners += other.of_more_owners;
        self.oldest.extend(other.oldest);
        while self.oldest.len() > Self::MAX_LISTED {
            self.oldest.pop_last();
        }
    }

    /// The severity of the worst violation, if the policy sets one.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        self.severity
    }

    /// The violations of each owner that is counted separately, and of instances without an owner.
    pub fn by_owner(&self) -> impl Iterator<Item = (Option<Untrusted<'_>>, u64)> {
        let owners = self.by_owner.iter();
        owners.map(|(owner, violations)| {
            let owner = Some(Untrusted::new(owner)).filter(|owner| !owner.raw().is_empty());
            (owner, *violations)
        })
    }

    /// The violations of all other owners.
    #[must_use]
    pub fn of_more_owners(&self) -> u64 {
        self.of_more_owners
    }

    /// The violations of each cause that is counted; the text is safe to show.
    pub fn by_cause(&self) -> impl Iterator<Item = (&str, &OfCause)> {
        let causes = self.by_cause.iter();
        causes.map(|(cause, of_cause)| (cause.as_str(), of_cause))
    }

    /// The oldest violations, one line each; the text is safe to show.
    #[must_use]
    pub fn oldest(&self) -> impl ExactSizeIterator<Item = &str> {
        self.oldest.iter().map(|violation| violation.line.as_str())
    }

    fn add_line(
        &mut self,
        instance: &Instance,
        name: Option<Untrusted<'_>>,
        evaluation: &Evaluation<'_>,
        owner: &str,
        violating_since: Timestamp,
    ) {
        let launch = instance.launched_at.map_or(Launch::Unknown, Launch::At);
        let age = Age {
            violating_since,
            launch,
        };
        let is_full = self.oldest.len() == Self::MAX_LISTED;
        let is_youngest = |youngest: &Violation| youngest.age < age;
        if is_full && self.oldest.last().is_some_and(is_youngest) {
            return;
        }
        let line = violation(instance, name, evaluation, owner, violating_since);
        let line = excerpt(&line, Self::MAX_LINE_CHARS);
        self.oldest.insert(Violation { age, line });
        if is_full {
            self.oldest.pop_last();
        }
    }
}

/// A violation on one line.
fn violation(
    instance: &Instance,
    name: Option<Untrusted<'_>>,
    evaluation: &Evaluation<'_>,
    owner: &str,
    since: Timestamp,
) -> String {
    let Instance { id, state, .. } = instance;
    let launched = instance.launched_at;
    let launched = launched.map(|at| format!("launched {}", at.date()));
    let owner = (!owner.is_empty()).then(|| format!("owner {}", OneLine(owner)));
    let severity = evaluation
        .severity()
        .map(|it| format!("severity {}", it.as_str()));
    let facts = [
        Some(state.to_string()),
        launched,
        owner,
        severity,
        Some(format!("violating since {}", since.date())),
    ];
    let facts: Vec<_> = facts.into_iter().flatten().collect();
    let name = name.map(|name| excerpt(name.raw(), Totals::MAX_NAME_CHARS));
    let name = name.map_or_else(String::new, |name| format!(" {}", OneLine(&name)));
    format!(
        "{id}{name} ({}): {}",
        facts.join(", "),
        evaluation.summary()
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::instance::Tags;
    use crate::testing::{add, at, numbered, policy, subject, tags};

    #[test]
    fn pages_that_are_counted_apart_come_to_the_same() {
        let policy = policy(&json!({
            "required_tags": [{"key": "Environment", "allowed_values": ["dev"]}, {"key": "Owner"}],
            "forbidden_tags": [{"key": "Secret", "severity": "high"}],
            "exemptions": [{"owner": "web", "reason": "lab", "expires": "2025-12-31", "when": {"tags": [{"key": "Lab"}]}}],
        }));
        let of_many_kinds = (0..1_500).map(|n: u64| {
            let owner = format!("team-{}", n % 450);
            let mut all = vec![(
                "Environment",
                ["dev", "qa"][usize::from(n.is_multiple_of(3))],
            )];
            if !n.is_multiple_of(5) {
                all.push(("Owner", &owner));
            }
            if n.is_multiple_of(7) {
                all.push(("Secret", "x"));
            }
            if n.is_multiple_of(11) {
                all.push(("Lab", "1"));
            }
            let mut instance = numbered(n, tags(&all));
            instance.launched_at =
                Timestamp::from_epoch_millis(i64::try_from(n * 37 % 1_000).unwrap());
            instance
        });
        let (mut whole, mut of_pages) = (Totals::default(), Totals::default());
        let instances: Vec<_> = of_many_kinds.collect();
        for page in instances.chunks(200) {
            let mut totals = Totals {
                provisional: 1,
                ended_in_grace: 3,
                unwritten_records: 4,
                ..Totals::default()
            };
            for instance in page {
                add(&mut whole, &policy, instance);
                let evaluation = policy.evaluate(&subject(instance));
                totals.add(&policy, instance, &evaluation, at("2026-01-01T10:00:00Z"));
            }
            of_pages.merge(totals);
        }
        (whole.provisional, whole.ended_in_grace) = (8, 24);
        whole.unwritten_records = 32;
        assert!(whole.severity.is_some() && !whole.tally.unexempted.is_empty());
        assert_eq!(whole.oldest.len(), Totals::MAX_LISTED);
        assert_eq!(of_pages, whole);

        let mut full = Totals::default();
        for n in 0..1_000 {
            let owner = format!("team-{n}");
            add(&mut full, &policy, &numbered(n, tags(&[("Owner", &owner)])));
        }
        assert_eq!(full.by_owner.len(), Totals::MAX_COUNTED_OWNERS);
        assert_eq!(full.of_more_owners, 500);
        let mut page = Totals::default();
        for n in (0..1_000).rev() {
            let instance = numbered(n, tags(&[("Owner", &format!("team-{n}"))]));
            let evaluation = policy.evaluate(&subject(&instance));
            page.add(&policy, &instance, &evaluation, at("2026-01-01T10:00:00Z"));
        }
        full.merge(page);
        assert!(
            full.by_owner.values().all(|violations| *violations == 2),
            "an owner who is counted apart stays so, whatever the order"
        );
        assert_eq!(full.of_more_owners, 1_000);
    }

    #[test]
    fn totals_are_read_as_they_are_written() {
        let policy = policy(&json!({
            "required_tags": [{"key": "Owner", "severity": "low"}],
            "exemptions": [{"owner": "web", "reason": "lab", "expires": "2025-12-31",
                            "when": {"states": ["running"]}}],
        }));
        let mut totals = Totals::default();
        add(&mut totals, &policy, &numbered(1, Tags::new()));
        let written = serde_json::to_value(&totals).unwrap();
        let line = "i-00000001 (running, launched 2026-01-01, severity low, violating since 2026-01-01): \
                    missing Owner";
        let age = json!({
            "violating_since": "2026-01-01T10:00:00.000Z",
            "launch": {"At": "2026-01-01T00:00:00.000Z"},
        });
        let none = json!({"count": 0, "lines": []});
        assert_eq!(
            written,
            json!({
                "counts": {"compliant": 0, "non_compliant": 1, "exempt": 0, "out_of_scope": 0},
                "provisional": 0,
                "ended_in_grace": 0,
                "unwritten_records": 0,
                "standing": {
                    "open": 0, "new": 0, "suspects": 0, "untold": 0, "overdue": {},
                    "missed": none, "resolved": none, "muted": none,
                },
                "changed": {"compliant": 0, "non_compliant": 0, "exempt": 0, "out_of_scope": 0},
                "by_cause": {},
                "severity": "low",
                "by_tag": {"Owner": {"missing": 1, "invalid": 0, "forbidden": 0}},
                "by_owner": {"": 1},
                "of_more_owners": 0,
                "unexempted": {"0": 1},
                "exempted": {},
                "excluded": {},
                "oldest": [{"age": age, "line": line}],
            })
        );
        assert_eq!(serde_json::from_value::<Totals>(written).unwrap(), totals);
    }

    #[test]
    fn what_an_earlier_version_stored_is_read_and_upcoming_violations_are_carried_on() {
        let policy = policy(&json!({"required_tags": [
            {"key": "Owner", "enforced_from": "2027-04-01"},
        ]}));
        let earlier = serde_json::to_value(Totals::default()).unwrap();
        assert_eq!(
            earlier.get("upcoming"),
            None,
            "as the earlier version wrote it"
        );
        let mut totals: Totals = serde_json::from_value(earlier).unwrap();
        add(&mut totals, &policy, &numbered(1, Tags::new()));
        let written = serde_json::to_value(&totals).unwrap();
        assert_eq!(written["upcoming"], json!({"2027-04-01": {"Owner": 1}}));
        let mut carried: Totals = serde_json::from_value(written).unwrap();
        assert_eq!(carried, totals);
        add(&mut carried, &policy, &numbered(2, Tags::new()));
        let upcoming: Vec<_> = carried.tally.upcoming.values().collect();
        assert_eq!(upcoming, [&[("Owner".to_owned(), 2)].into()]);
    }
}
