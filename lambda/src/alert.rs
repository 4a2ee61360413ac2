//! What a person reads when instances are not compliant.

use std::fmt::Write as _;

use crate::instance::{Instance, InstanceId, InstanceState};
use crate::policy::{Counts, Verdict};
use crate::text::{OneLine, cut_at_line};

/// The most bytes of a message (`MessageTooLong`, Amazon SNS API reference, "Publish").
const MAX_BODY_BYTES: usize = 256 * 1024;

/// A message to the alert topic.
///
/// The subject is ASCII, one line and under 100 characters, and the body under 256 KiB, as SNS
/// demands. No text of a tag can forge a line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// The subject of an e-mail.
    pub subject: String,
    /// The text.
    pub body: String,
}

impl Alert {
    /// The alert for one instance that an event named.
    #[must_use]
    pub fn for_instance(instance: &Instance, verdict: &Verdict<'_>, region: &str) -> Self {
        let mut body = format!(
            "EC2 Instance Non-Compliant Alert\n\n\
             Instance ID: {}\nState: {}\nRegion: {region}\n",
            instance.id, instance.state
        );
        if !verdict.missing_tags.is_empty() {
            body += "\nMissing Tags: ";
            push_list(&mut body, &verdict.missing_tags);
            body.push('\n');
        }
        if !verdict.invalid_tags.is_empty() {
            body += "\nInvalid Tags:\n";
            for tag in &verdict.invalid_tags {
                push_line(&mut body, format_args!("  {tag}"));
            }
        }
        body += "\nCurrent Tags:\n";
        if instance.tags.is_empty() {
            body += "  (none)\n";
        }
        for (key, value) in &instance.tags {
            push_line(
                &mut body,
                format_args!("  {}: {}", OneLine(key), OneLine(value)),
            );
        }
        let remedy = match (
            verdict.missing_tags.is_empty(),
            verdict.invalid_tags.is_empty(),
        ) {
            (false, true) => "add the missing tags",
            (true, _) => "correct the invalid tags",
            (false, false) => "add the missing tags and correct the invalid ones",
        };
        let remedy = format!("\nPlease {remedy} to ensure compliance.\n");
        let mut body = cut_at_line(body, MAX_BODY_BYTES - remedy.len());
        body += &remedy;
        Self {
            subject: format!("EC2 instance {} is not compliant", instance.id),
            body,
        }
    }

    /// The digest of a sweep that found violations.
    #[must_use]
    pub fn for_sweep(digest: &SweepDigest, region: &str, audit_objects: &str) -> Self {
        let Counts {
            compliant,
            non_compliant,
        } = digest.counts;
        let checked = digest.counts.checked();
        let mut body = format!(
            "EC2 Tag Compliance Sweep\n\n\
             Region: {region}\nChecked: {checked}\nCompliant: {compliant}\n\
             Non-Compliant: {non_compliant}\n\nNon-Compliant Instances:\n"
        );
        for line in &digest.listed {
            push_line(&mut body, format_args!("  {line}"));
        }
        let unlisted = non_compliant.saturating_sub(digest.listed.len() as u64);
        if unlisted > 0 {
            push_line(&mut body, format_args!("  … and {unlisted} more"));
        }
        let footer = format!("\nAudit records: {audit_objects}\n");
        let mut body = cut_at_line(body, MAX_BODY_BYTES - footer.len());
        body += &footer;
        Self {
            subject: format!("EC2 tag sweep: {non_compliant} of {checked} instances not compliant"),
            body,
        }
    }
}

/// What a sweep has found so far. Its size does not grow with the fleet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SweepDigest {
    /// How many instances were judged, and how.
    pub counts: Counts,
    listed: Vec<String>,
}

impl SweepDigest {
    /// The most violations that a digest names; the audit log names all.
    pub const MAX_LISTED: usize = 100;
    const MAX_LINE_CHARS: usize = 500;

    /// Counts a verdict, and lists it where it is one of the first violations.
    pub fn add(&mut self, id: &InstanceId, state: InstanceState, verdict: &Verdict<'_>) {
        self.counts.add(verdict.is_compliant());
        if verdict.is_compliant() || self.listed.len() == Self::MAX_LISTED {
            return;
        }
        let mut line = format!("{id} ({state}):");
        if !verdict.missing_tags.is_empty() {
            line += " missing ";
            push_list(&mut line, &verdict.missing_tags);
        }
        if !verdict.invalid_tags.is_empty() {
            line += if verdict.missing_tags.is_empty() {
                " invalid "
            } else {
                "; invalid "
            };
            push_list(&mut line, &verdict.invalid_keys().collect::<Vec<_>>());
        }
        self.listed
            .push(crate::text::excerpt(&line, Self::MAX_LINE_CHARS));
    }
}

fn push_list(text: &mut String, items: &[&str]) {
    for (index, item) in items.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        // Writing to a String can't fail.
        let _ = write!(text, "{separator}{}", OneLine(item));
    }
}

fn push_line(text: &mut String, line: std::fmt::Arguments<'_>) {
    let _ = writeln!(text, "{line}");
}

#[cfg(test)]
mod tests;
