//! What a person reads when an instance is not compliant.

use std::fmt::{self, Write as _};

use crate::aws::batch::MAX_BYTES;
use crate::instance::Instance;
use crate::policy::Subject;
use crate::policy::document::Severity;
use crate::policy::verdict::Verdict;
use crate::text::{OneLine, cut_at_line};

/// The most bytes of a body: SNS takes 256 KiB, in which subject and attributes have to find room
/// (`BatchRequestTooLong`, Amazon SNS API reference, `PublishBatch`).
pub(crate) const MAX_BODY_BYTES: usize = MAX_BYTES - 1024;

/// A message to the alert topic.
///
/// The subject is ASCII, one line and under 100 characters, and all of it under 256 KiB, as SNS
/// demands. No text of a tag can forge a line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// The subject of an e-mail.
    pub subject: String,
    /// The text.
    pub body: String,
    /// How bad the worst violation is, where the policy says so.
    pub severity: Option<Severity>,
}

impl Alert {
    /// What of it counts against SNS's limit, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        const ATTRIBUTES: usize = 64;
        self.subject.len() + self.body.len() + ATTRIBUTES
    }

    /// The alert for one instance that an event named.
    #[must_use]
    pub fn for_instance(subject: &Subject<'_>, verdict: &Verdict<'_>) -> Self {
        let instance = subject.instance;
        let severity = verdict.severity();
        let mut body = Text::default();
        body.line("EC2 Instance Non-Compliant Alert\n");
        body.line(format_args!("Instance ID: {}", instance.id));
        body.line(format_args!("State: {}", instance.state));
        body.line(format_args!("Region: {}", subject.region));
        if let Some(severity) = severity {
            body.line(format_args!("Severity: {}", severity.as_str()));
        }
        violations(&mut body, verdict);
        current_tags(&mut body, instance);
        let remedy = format!("\nPlease {} to ensure compliance.\n", remedy(verdict));
        Self {
            subject: format!("EC2 instance {} is not compliant", instance.id),
            body: body.ending_with(&remedy),
            severity,
        }
    }
}

fn violations(body: &mut Text, verdict: &Verdict<'_>) {
    if !verdict.missing_tags.is_empty() {
        let missing = list(verdict.missing_tags.iter().copied());
        body.line(format_args!("\nMissing Tags: {missing}"));
    }
    let invalid = verdict.invalid_tags.iter().map(ToString::to_string);
    body.block("Invalid Tags", invalid);
    let forbidden = verdict.forbidden_tags.iter();
    body.block(
        "Forbidden Tags",
        forbidden.map(|tag| format!("{}: {}", OneLine(tag.key), OneLine(tag.value))),
    );
    let misspelled = verdict.misspelled_tags.iter();
    body.block(
        "Misspelled Tags",
        misspelled.map(|tag| {
            let (found, key) = (OneLine(tag.found), OneLine(tag.key));
            format!("{found}: did you mean {key}?")
        }),
    );
    let rules = verdict.violated_rules.iter();
    body.block(
        "About These Tags",
        rules.filter_map(|rule| {
            let description = rule.description.as_ref()?;
            Some(format!(
                "{}: {}",
                OneLine(&rule.key.text),
                OneLine(description)
            ))
        }),
    );
    let expired = verdict.expired_exemptions.iter();
    body.block("Expired Exemptions", expired.map(ToString::to_string));
}

fn current_tags(body: &mut Text, instance: &Instance) {
    if instance.tags.is_empty() {
        body.line("\nCurrent Tags:\n  (none)");
    }
    let tags = instance.tags.iter();
    body.block(
        "Current Tags",
        tags.map(|(key, value)| format!("{}: {}", OneLine(key), OneLine(value))),
    );
}

fn remedy(verdict: &Verdict<'_>) -> String {
    let steps = [
        ("add", "missing", verdict.missing_tags.is_empty()),
        ("correct", "invalid", verdict.invalid_tags.is_empty()),
        ("remove", "forbidden", verdict.forbidden_tags.is_empty()),
    ];
    let needed = steps.iter().filter(|(_, _, nothing)| !nothing).enumerate();
    let mut steps: Vec<String> = needed
        .map(|(index, (verb, which, _))| {
            let tags = if index == 0 { "tags" } else { "ones" };
            format!("{verb} the {which} {tags}")
        })
        .collect();
    let last = steps.pop().unwrap_or_default();
    if steps.is_empty() {
        last
    } else {
        format!("{} and {last}", steps.join(", "))
    }
}

/// Keys on one line, separated by commas.
pub(crate) fn list<'a>(keys: impl Iterator<Item = &'a str>) -> String {
    let keys: Vec<_> = keys.map(|key| OneLine(key).to_string()).collect();
    keys.join(", ")
}

/// The text of a message, line by line. Writing to a String can't fail.
#[derive(Default)]
pub(crate) struct Text(String);

impl Text {
    pub(crate) fn line(&mut self, line: impl fmt::Display) {
        let _ = writeln!(self.0, "{line}");
    }

    /// A heading with lines under it, where there are any.
    pub(crate) fn block(&mut self, heading: &str, lines: impl Iterator<Item = String>) {
        for (index, line) in lines.enumerate() {
            if index == 0 {
                self.line(format_args!("\n{heading}:"));
            }
            self.line(format_args!("  {line}"));
        }
    }

    /// The whole message; what SNS would not take is cut before the `footer`.
    pub(crate) fn ending_with(self, footer: &str) -> String {
        cut_at_line(self.0, MAX_BODY_BYTES - footer.len()) + footer
    }
}

#[cfg(test)]
mod tests;
