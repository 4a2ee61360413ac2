//! What a digest counts, and where its details are.

use super::{Digest, console};
use crate::tally::Counts;
use crate::text::{counted, percent};

impl Digest<'_> {
    /// How many instances are compliant, and what share of all that is.
    pub(super) fn compliant(&self) -> String {
        let counts = self.totals.tally.counts;
        let compliant = counts.compliant;
        match percent(compliant, counts.checked()) {
            Some(share) => format!("{compliant} ({share})"),
            None => compliant.to_string(),
        }
    }

    /// What else is counted and not zero.
    pub(super) fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let (totals, standing) = (self.totals, &self.totals.standing);
        let Counts {
            exempt,
            out_of_scope,
            ..
        } = totals.tally.counts;
        let counts = [
            ("Exempt", exempt),
            ("In Grace Period", totals.provisional),
            ("Ended in Grace Period", totals.ended_in_grace),
            ("Out of Scope", out_of_scope),
            ("Not in the Audit Log", totals.unwritten_records),
            ("New", standing.new),
            ("Resolved", standing.resolved.count),
            ("Missed by Events", standing.missed.count),
            ("Found by This Sweep", standing.suspects),
            ("Muted", standing.muted.count),
            ("Alert Overdue", standing.untold),
        ];
        counts.into_iter().filter(|(_, count)| *count > 0)
    }

    /// How many violations have been open for how long, a line each.
    pub(super) fn overdue(&self) -> impl Iterator<Item = String> {
        let overdue = self.totals.standing.overdue();
        overdue.map(|(days, count)| format!("{} or longer: {count}", counted(days, "day")))
    }

    /// Where the audit records of the sweep are.
    pub(super) fn records_uri(&self) -> String {
        let (bucket, prefix) = (self.log_bucket, self.record_prefix);
        format!("s3://{bucket}/{prefix}*.jsonl")
    }

    /// The page of the console that lists them; none where the console is not known.
    pub(super) fn records_page(&self) -> Option<String> {
        let (region, bucket, prefix) = (self.region, self.log_bucket, self.record_prefix);
        let console = console::of(region)?;
        Some(format!(
            "https://{region}.{console}/s3/buckets/{bucket}?region={region}&prefix={prefix}"
        ))
    }
}
