//! The findings of an evaluation, as lines under headings.

use crate::evaluation::Evaluation;
use crate::text::OneLine;

/// The heading of the keys that are missing.
pub(super) const MISSING: &str = "Missing Tags";

/// The missing keys, each safe to show.
pub(super) fn missing(evaluation: &Evaluation<'_>) -> impl Iterator<Item = String> {
    let missing = evaluation.missing_tags.iter();
    missing.map(|key| OneLine(key).to_string())
}

/// Everything else that is found, and what is known about it: a heading, and a line for each.
pub(super) fn blocks(evaluation: &Evaluation<'_>) -> [(&'static str, Vec<String>); 7] {
    let invalid = evaluation.invalid_tags.iter().map(ToString::to_string);
    let forbidden = evaluation.forbidden_tags.iter();
    let forbidden =
        forbidden.map(|tag| format!("{}: {}", tag.key.one_line(), tag.value.one_line()));
    let misspelled = evaluation.misspelled_tags.iter();
    let misspelled = misspelled.map(|tag| {
        let (found, key) = (tag.found.one_line(), OneLine(tag.key));
        format!("{found}: did you mean {key}? If so, rename it.")
    });
    let rules = evaluation.violated_rules.iter();
    let about = rules.filter_map(|rule| {
        let description = rule.description.as_ref()?;
        Some(format!(
            "{}: {}",
            OneLine(&rule.key.text),
            OneLine(description)
        ))
    });
    let upcoming = evaluation.upcoming.iter();
    let upcoming = upcoming.map(|finding| {
        let (key, what) = (OneLine(&finding.rule.key.text), finding.outcome.as_str());
        let from = finding.enforced_from.in_words();
        format!("{key}: {what}, a violation from {from}")
    });
    let accepted = evaluation.exempt_findings.iter();
    let accepted = accepted.map(|finding| {
        let (key, what) = (OneLine(&finding.rule.key.text), finding.outcome.as_str());
        format!("{key}: {what}; {}", finding.exemption)
    });
    let expired = evaluation.expired_exemptions.iter();
    let expired = expired.map(ToString::to_string);
    [
        ("Invalid Tags", invalid.collect()),
        ("Forbidden Tags", forbidden.collect()),
        ("Misspelled Tags", misspelled.collect()),
        ("About These Tags", about.collect()),
        ("Not Counted Yet", upcoming.collect()),
        ("Accepted For Now", accepted.collect()),
        ("Expired Exemptions", expired.collect()),
    ]
}
