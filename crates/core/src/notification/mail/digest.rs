//! What a person reads of a sweep.

use std::cmp::Reverse;

use super::{Mail, Text};
use crate::notification::Digest;
use crate::tally::Counts;
use crate::text::{OneLine, percent};

/// The most owners that a digest names.
pub const MAX_OWNERS: usize = 20;

/// Renders the digest of a sweep.
pub fn render(digest: &Digest<'_>) -> Mail {
    let totals = digest.totals;
    let counts = totals.tally.counts;
    let Counts {
        compliant,
        non_compliant,
        exempt,
    } = counts;
    let checked = counts.checked();
    let share = percent(compliant, checked);
    let share = share.map_or_else(String::new, |share| format!(" ({share})"));
    let mut body = Text::default();
    body.line("EC2 Tag Compliance Sweep\n");
    body.line(format_args!("Region: {}", digest.region));
    body.line(format_args!("Checked: {checked}"));
    body.line(format_args!("Compliant: {compliant}{share}"));
    body.line(format_args!("Non-Compliant: {non_compliant}"));
    for (what, count) in [
        ("Exempt", exempt),
        ("Not Settled Yet", totals.provisional),
        ("Out of Scope", totals.out_of_scope),
    ] {
        if count > 0 {
            body.line(format_args!("{what}: {count}"));
        }
    }
    body.block("Violations by Tag", tag_lines(digest));
    body.block("Violations by Owner", owner_lines(digest));
    body.block("Expired Exemptions", exemption_lines(digest));
    let listed = totals.oldest();
    let unlisted = non_compliant - listed.len() as u64;
    let more = (unlisted > 0).then(|| format!("… and {unlisted} more"));
    let lines = listed.map(str::to_owned).chain(more);
    body.block("Non-Compliant Instances, Oldest First", lines);
    let records: String = audit_records(digest)
        .map(|line| format!("  {line}\n"))
        .collect();
    let footer = format!("\nAudit Records:\n{records}");
    Mail {
        subject: format!("EC2 tag sweep: {non_compliant} of {checked} instances not compliant"),
        body: body.ending_with(&footer),
        severity: totals.severity(),
    }
}

fn tag_lines(digest: &Digest<'_>) -> impl Iterator<Item = String> {
    let tags = digest.totals.tally.by_tag().into_iter();
    tags.map(|(key, counts)| {
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

fn owner_lines(digest: &Digest<'_>) -> impl Iterator<Item = String> {
    let mut owners: Vec<_> = digest.totals.by_owner().collect();
    owners.sort_by_key(|&(owner, count)| (Reverse(count), owner));
    let rest = &owners[owners.len().min(MAX_OWNERS)..];
    let of_rest =
        rest.iter().map(|(_, count)| *count).sum::<u64>() + digest.totals.of_more_owners();
    let more = (of_rest > 0).then(|| format!("… and {of_rest} of other owners"));
    let tag = digest.policy.owner_tag();
    let lines = owners.into_iter().take(MAX_OWNERS);
    lines
        .map(move |(owner, count)| match owner {
            None => format!("(no {}): {count}", OneLine(tag)),
            Some(owner) => format!("{}: {count}", owner.one_line()),
        })
        .chain(more)
}

fn exemption_lines(digest: &Digest<'_>) -> impl Iterator<Item = String> {
    let expired = digest.policy.expired_exemptions(digest.now);
    expired.map(|exemption| {
        let count = digest.totals.tally.unexempted(exemption.index);
        format!("{exemption}: {count} violations")
    })
}

/// Where the records of a sweep are: for a program, and for a browser where the console is known.
fn audit_records(digest: &Digest<'_>) -> impl Iterator<Item = String> {
    let Digest {
        region,
        log_bucket: bucket,
        record_prefix: prefix,
        ..
    } = digest;
    let link = console(region).map(|console| {
        format!("https://{region}.{console}/s3/buckets/{bucket}?region={region}&prefix={prefix}")
    });
    std::iter::once(format!("s3://{bucket}/{prefix}*.jsonl")).chain(link)
}

/// The domain of the console of a region's partition; none where it is not known.
fn console(region: &str) -> Option<&'static str> {
    match region.split('-').collect::<Vec<_>>()[..] {
        ["cn", _, _] => Some("console.amazonaws.cn"),
        ["us", "gov", _, _] => Some("console.amazonaws-us-gov.com"),
        ["eusc", _, _, _] => Some("console.amazonaws-eusc.eu"),
        [
            "af" | "ap" | "ca" | "eu" | "il" | "me" | "mx" | "sa" | "us",
            _,
            _,
        ] => Some("console.aws.amazon.com"),
        _ => None,
    }
}

#[cfg(test)]
#[path = "digest_tests.rs"]
mod tests;
