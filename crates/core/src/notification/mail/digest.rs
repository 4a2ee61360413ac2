//! The digest of a sweep, as text.

use std::cmp::Reverse;

use super::{Mail, Text};
use crate::evaluation::scope::Scope;
use crate::notification::Digest;
use crate::sweep::standing::Named;
use crate::sweep::totals::OfCause;
use crate::text::{OneLine, excerpt};

/// The most owners that a digest names.
pub const MAX_OWNERS: usize = 20;
/// The most causes that a digest names.
const MAX_CAUSES: usize = 20;
/// The most upcoming violations that a digest names, each a key and a day.
const MAX_UPCOMING: usize = 20;
/// The most conditions of a scope and the most exemptions that a digest names, and how much it says of
/// each.
const MAX_CONDITIONS: usize = 20;
const MAX_CONDITION_CHARS: usize = 300;

/// Renders the digest of a sweep.
pub fn render(digest: &Digest<'_>) -> Mail {
    let totals = digest.totals;
    let standing = &totals.standing;
    let counts = totals.tally.counts;
    let (checked, non_compliant) = (counts.checked(), counts.non_compliant);
    let mut body = Text::default();
    body.line("EC2 Tag Compliance Sweep\n");
    body.line(format_args!("Region: {}", digest.region));
    body.line(format_args!("Checked: {checked}"));
    body.line(format_args!("Compliant: {}", digest.compliant()));
    body.line(format_args!("Non-Compliant: {non_compliant}"));
    for (what, count) in digest.counts() {
        body.line(format_args!("{what}: {count}"));
    }
    body.block("Violations by Tag", tag_lines(digest));
    body.block("Violations by Owner", owner_lines(digest));
    body.block("Violations by Cause", cause_lines(digest));
    body.block("Not Counted Yet", upcoming_lines(digest).into_iter());
    body.block("Overdue", digest.overdue());
    body.block("Out of Scope by Condition", scope_lines(digest).into_iter());
    body.block("Exempt by Exemption", exempt_lines(digest).into_iter());
    body.block("Expired Exemptions", exemption_lines(digest));
    for (heading, named) in [
        ("Missed by Events", &standing.missed),
        ("Resolved", &standing.resolved),
        ("Muted", &standing.muted),
    ] {
        body.block(heading, named_lines(named));
    }
    let listed = totals.oldest();
    let unlisted = non_compliant - listed.len() as u64;
    let more = (unlisted > 0).then(|| format!("… and {unlisted} more"));
    let lines = listed.map(str::to_owned).chain(more);
    body.block("Non-Compliant Instances, Oldest First", lines);
    let records = [digest.records_uri()].into_iter();
    let records: Vec<_> = records.chain(digest.records_page()).collect();
    let footer = format!("\nAudit Records:\n  {}\n", records.join("\n  "));
    Mail {
        subject: digest.title(),
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
    let more = (of_rest > 0).then(|| format!("… and {of_rest} for other owners"));
    let tag = digest.policy.owner_tag();
    let lines = owners.into_iter().take(MAX_OWNERS);
    lines
        .map(move |(owner, count)| match owner {
            None => format!("(no {}): {count}", OneLine(tag)),
            Some(owner) => format!("{}: {count}", owner.one_line()),
        })
        .chain(more)
}

/// What will be violated and from which day on, the earliest first.
fn upcoming_lines(digest: &Digest<'_>) -> Vec<String> {
    let days = digest.totals.tally.upcoming.iter();
    let mut upcoming: Vec<_> = days
        .flat_map(|(day, keys)| keys.iter().map(|(key, count)| (*day, key, *count)))
        .collect();
    let rest = upcoming.split_off(upcoming.len().min(MAX_UPCOMING));
    let more = (!rest.is_empty()).then(|| format!("… and {} more tags", rest.len()));
    let lines = upcoming.into_iter().map(|(day, key, count)| {
        let (key, day) = (OneLine(key), day.in_words());
        let instances = if count == 1 { "instance" } else { "instances" };
        format!("{key}: {count} {instances}, a violation from {day}")
    });
    lines.chain(more).collect()
}

/// How many instances each condition leaves out of scope, the most first.
fn scope_lines(digest: &Digest<'_>) -> Vec<String> {
    let tally = &digest.totals.tally;
    let conditions = digest.policy.exclude().iter().enumerate();
    let mut lines: Vec<_> = conditions
        .map(|(place, condition)| {
            let count = tally.excluded.get(&place).copied().unwrap_or(0);
            let condition = condition.to_string();
            let text = format!("{}, {}", Scope::Excluded(place), OneLine(&condition));
            (count, text)
        })
        .collect();
    let text = format!("{}, no condition matches", Scope::NotIncluded);
    lines.push((tally.not_included(), text));
    most(lines, "by other conditions")
}

/// How many instances each exemption covers, the most first.
fn exempt_lines(digest: &Digest<'_>) -> Vec<String> {
    let exempted = &digest.totals.tally.exempted;
    let exemptions = digest.policy.exemptions().iter();
    let lines = exemptions.map(|exemption| {
        let count = exempted.get(&exemption.index).copied().unwrap_or(0);
        (count, exemption.to_string())
    });
    most(lines.collect(), "by other exemptions")
}

/// Lines that count something, the most first; those after the first twenty are summed up.
fn most(mut lines: Vec<(u64, String)>, others: &str) -> Vec<String> {
    lines.retain(|(count, _)| *count > 0);
    lines.sort_by(|one, other| (Reverse(one.0), &one.1).cmp(&(Reverse(other.0), &other.1)));
    let rest = lines.split_off(lines.len().min(MAX_CONDITIONS));
    let of_rest: u64 = rest.iter().map(|(count, _)| *count).sum();
    let more = (of_rest > 0).then(|| format!("… and {of_rest} {others}"));
    let lines = lines.into_iter();
    lines
        .map(|(count, text)| format!("{}: {count}", excerpt(&text, MAX_CONDITION_CHARS)))
        .chain(more)
        .collect()
}

/// What made the instances, the most violations first: one place to fix them all.
fn cause_lines(digest: &Digest<'_>) -> impl Iterator<Item = String> {
    let mut causes: Vec<_> = digest.totals.by_cause().collect();
    causes.sort_by_key(|(cause, of_cause)| (Reverse(of_cause.violations), *cause));
    causes
        .into_iter()
        .take(MAX_CAUSES)
        .map(|(cause, of_cause)| {
            let OfCause {
                violations,
                next_launch,
            } = of_cause;
            format!("{cause}: {violations}. The next launch: {next_launch}")
        })
}

fn named_lines(named: &Named) -> impl Iterator<Item = String> {
    let lines = named.lines();
    let unlisted = named.count - lines.len() as u64;
    let more = (unlisted > 0).then(|| format!("… and {unlisted} more"));
    lines.map(str::to_owned).chain(more)
}

fn exemption_lines(digest: &Digest<'_>) -> impl Iterator<Item = String> {
    let expired = digest.policy.expired_exemptions(digest.now);
    expired.map(|exemption| {
        let count = digest.totals.tally.unexempted(exemption.index);
        format!("{exemption}: {count} violations")
    })
}

#[cfg(test)]
mod tests;
