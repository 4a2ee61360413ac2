//! Texts that several commands show in the same words.

use std::time::Duration;

use tag_compliance_core::evaluation::Evaluation;
use tag_compliance_core::evaluation::finding::MisspelledTag;
use tag_compliance_core::evaluation::finding::{ForbiddenTag, InvalidTag};
use tag_compliance_core::text::{OneLine, Untrusted, excerpt};

/// A time span in its largest unit, such as `12 days`.
pub fn span(duration: Duration) -> String {
    let hours = duration.as_secs() / 3_600;
    match (hours / 24, hours) {
        (0, 0) => "less than an hour".to_owned(),
        (0, 1) => "1 hour".to_owned(),
        (0, hours) => format!("{hours} hours"),
        (1, _) => "1 day".to_owned(),
        (days, _) => format!("{days} days"),
    }
}

/// The first digits of a policy's fingerprint: enough to tell policies apart.
pub fn short(fingerprint: &str) -> &str {
    fingerprint.get(..12).unwrap_or(fingerprint)
}

/// The tag that may be meant as a missing one.
pub fn did_you_mean(found: Untrusted<'_>) -> String {
    format!("did you mean \"{}\"?", found.one_line())
}

/// The start of a name that may be long, on one line.
pub fn cut(name: &str) -> String {
    const MAX_CHARS: usize = 48;
    OneLine(&excerpt(name, MAX_CHARS)).to_string()
}

/// What is wrong with an instance, a text for each tag. They are on one line each.
pub fn violations(evaluation: &Evaluation<'_>) -> Vec<String> {
    let missing = evaluation
        .missing_tags
        .iter()
        .map(|key| missing(key, evaluation));
    let invalid = evaluation.invalid_tags.iter().map(InvalidTag::to_string);
    let forbidden = evaluation.forbidden_tags.iter().map(forbidden);
    missing.chain(invalid).chain(forbidden).collect()
}

fn missing(key: &str, evaluation: &Evaluation<'_>) -> String {
    let meant = |tag: &&MisspelledTag<'_>| tag.key == key;
    let hint = evaluation.misspelled_tags.iter().find(meant);
    let hint = hint.map(|tag| format!(" ({})", did_you_mean(tag.found)));
    format!("{}: missing{}", OneLine(key), hint.unwrap_or_default())
}

fn forbidden(tag: &ForbiddenTag<'_>) -> String {
    format!("{}: forbidden", tag.key.one_line())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_in_its_largest_unit() {
        let hours = |hours: u64| span(Duration::from_secs(hours * 3_600 + 3_599));
        assert_eq!(hours(0), "less than an hour");
        assert_eq!(hours(1), "1 hour");
        assert_eq!(hours(23), "23 hours");
        assert_eq!(hours(24), "1 day");
        assert_eq!(hours(48), "2 days");
    }
}
