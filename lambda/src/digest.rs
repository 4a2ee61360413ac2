//! What a person reads of a sweep.

mod totals;

use std::cmp::Reverse;

use crate::alert::{Alert, Text};
use crate::policy::TagPolicy;
use crate::policy::verdict::Counts;
use crate::text::OneLine;
use crate::timestamp::Timestamp;

pub use totals::Totals;

/// What a sweep by a policy has found.
#[derive(Debug, Clone, Copy)]
pub struct SweepDigest<'a> {
    /// The policy.
    pub policy: &'a TagPolicy,
    /// What was found.
    pub totals: &'a Totals,
}

impl SweepDigest<'_> {
    /// The most owners that a digest names.
    pub const MAX_OWNERS: usize = 20;

    /// Whether there is something that someone should mend.
    #[must_use]
    pub fn has_news(&self, now: Timestamp) -> bool {
        self.totals.counts.non_compliant > 0 || self.policy.expired_exemptions(now).next().is_some()
    }

    /// The message. `audit_objects` says where the records are, a line each.
    #[must_use]
    pub fn to_alert(&self, region: &str, now: Timestamp, audit_objects: &[String]) -> Alert {
        let Counts {
            compliant,
            non_compliant,
            exempt,
        } = self.totals.counts;
        let checked = self.totals.counts.checked();
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
            ("Not Settled Yet", self.totals.provisional),
            ("Out of Scope", self.totals.out_of_scope),
        ] {
            if count > 0 {
                body.line(format_args!("{what}: {count}"));
            }
        }
        body.block("Violations by Tag", self.tag_lines());
        body.block("Violations by Owner", self.owner_lines());
        body.block("Expired Exemptions", self.exemption_lines(now));
        let unlisted = non_compliant - self.totals.oldest.len() as u64;
        let listed = self
            .totals
            .oldest
            .iter()
            .map(|violation| violation.line.clone());
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
            severity: self.totals.severity,
        }
    }

    fn tag_lines(&self) -> impl Iterator<Item = String> {
        let mut tags: Vec<_> = self.totals.by_tag.iter().collect();
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
        let mut owners: Vec<_> = self.totals.by_owner.iter().collect();
        owners.sort_by_key(|&(owner, count)| (Reverse(count), owner));
        let rest = &owners[owners.len().min(Self::MAX_OWNERS)..];
        let of_rest =
            rest.iter().map(|(_, count)| *count).sum::<u64>() + self.totals.of_more_owners;
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
            let count = self.totals.unexempted.get(&exemption.index).unwrap_or(&0);
            format!("{exemption}: {count} violations")
        })
    }
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
