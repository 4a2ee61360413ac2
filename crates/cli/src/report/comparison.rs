//! What a report is compared with: a baseline, another policy, another day.

use std::collections::BTreeSet;
use std::fmt::Write;

use tag_compliance_core::policy::TagPolicy;
use tag_compliance_core::tally::Counts;
use tag_compliance_core::text::{OneLine, percent};
use tag_compliance_core::timestamp::Timestamp;

use super::baseline::{Baseline, Now};
use super::changes::{Changed, Changes, Open};
use super::row::{Evaluator, Row};
use crate::fleet::Fleet;

/// A comparison with something else.
pub struct Comparison<'a> {
    pub with: With<'a>,
    pub changes: Changes<'a>,
    /// The other side's counts; none if it counts other instances.
    pub counts: Option<Counts>,
    /// What limits it.
    pub notes: Vec<String>,
}

/// What a report is compared with.
pub enum With<'a> {
    /// An earlier report.
    Baseline { name: &'a str, made_at: Timestamp },
    /// Another policy, which would replace the report's own.
    Policy {
        name: &'a str,
        policy: &'a TagPolicy,
    },
    /// Today; the report itself is of another day.
    Today { at: Timestamp },
}

impl<'a> Comparison<'a> {
    /// With an earlier report.
    pub fn with_baseline(
        (baseline, name): (&'a Baseline, &'a str),
        now: &Now<'_>,
        fleet: &Fleet,
        rows: &[Row<'a>],
    ) -> Self {
        // What the baseline left out may have been there.
        let mut after = Open::listed(rows, |severity| baseline.lists(severity));
        after.retain(|open| baseline.covers(open));
        let instances = fleet.regions.iter().flat_map(|it| &it.instances);
        let there: BTreeSet<_> = instances.map(|it| it.id.as_str()).collect();
        Self {
            with: With::Baseline {
                name,
                made_at: baseline.timestamp,
            },
            changes: Changes::between(&baseline.open(now), &after, |id| there.contains(id)),
            counts: baseline.counts(now),
            notes: baseline.notes(now),
        }
    }

    /// With what another policy would make of the fleet.
    pub fn with_policy(
        (policy, name): (&'a TagPolicy, &'a str),
        evaluator: &Evaluator<'a>,
        fleet: &'a Fleet,
        rows: &[Row<'a>],
    ) -> Self {
        let others = Evaluator {
            policy,
            ..*evaluator
        }
        .rows(fleet);
        Self {
            with: With::Policy { name, policy },
            changes: Changes::between(&Open::of(rows), &Open::of(&others), |_| true),
            counts: Some(count(&others)),
            notes: Vec::new(),
        }
    }

    /// With today, if the report is of another day.
    pub fn with_today(
        now: Timestamp,
        evaluator: &Evaluator<'a>,
        fleet: &'a Fleet,
        rows: &[Row<'a>],
    ) -> Self {
        let today = Evaluator {
            at: now,
            ..*evaluator
        }
        .rows(fleet);
        Self {
            with: With::Today { at: evaluator.at },
            changes: Changes::between(&Open::of(&today), &Open::of(rows), |_| true),
            counts: Some(count(&today)),
            notes: Vec::new(),
        }
    }

    /// A headline, on one line.
    pub fn title(&self) -> String {
        match &self.with {
            With::Baseline { name, made_at } => {
                format!("Since {} of {}", OneLine(name), made_at.date())
            }
            With::Policy { name, .. } => format!("With {} instead", OneLine(name)),
            With::Today { at } => format!("From today to {}", at.date()),
        }
    }

    /// The words for new and fixed.
    pub fn words(&self) -> [&'static str; 2] {
        match self.with {
            With::Baseline { .. } => ["new", "fixed"],
            With::Policy { .. } | With::Today { .. } => ["would be new", "would be gone"],
        }
    }

    /// The differences under their names.
    pub fn lists(&self) -> [(&'static str, &[Changed<'a>]); 3] {
        let [new, fixed] = self.words();
        let changes = &self.changes;
        [
            (new, &changes.new),
            (fixed, &changes.fixed),
            ("ended", &changes.ended),
        ]
    }

    /// The totals in one sentence.
    pub fn summary(&self) -> String {
        let [new, fixed, ended] = self.changes.counts();
        let [new_word, fixed_word] = self.words();
        let open = self.changes.still_open;
        let mut text = format!("{new} {new_word}, {fixed} {fixed_word}, {open} still open");
        if ended > 0 {
            // Writing to a string does not fail.
            let _ = write!(text, ", {ended} on instances that are gone");
        }
        let share = self
            .counts
            .map(|it| (it, percent(it.compliant, it.checked())));
        if let Some((counts, Some(share))) = share {
            let when = match self.with {
                With::Baseline { .. } => "then",
                With::Policy { .. } => "under it",
                With::Today { .. } => "today",
            };
            let (good, all) = (counts.compliant, counts.checked());
            let _ = write!(text, "; compliant {when}: {good} of {all} ({share})");
        }
        text
    }
}

fn count(rows: &[Row<'_>]) -> Counts {
    let mut counts = Counts::default();
    for row in rows {
        counts.add(row.status());
    }
    counts
}
