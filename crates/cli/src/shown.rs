//! Wording that several commands share.

use std::time::Duration;

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

/// The digits of a whole number, such as `4,096`.
pub fn grouped(digits: &str) -> String {
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The first digits of a policy's fingerprint: enough to tell policies apart.
pub fn short(fingerprint: &str) -> &str {
    fingerprint.get(..12).unwrap_or(fingerprint)
}

/// The tag that may stand for a missing one.
pub fn did_you_mean(found: Untrusted<'_>) -> String {
    format!("did you mean \"{}\"?", found.one_line())
}

/// A text as the beginning of a sentence.
pub fn capital(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|it| it.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), characters.as_str())
}

/// The start of a possibly long name, on one line.
pub fn cut(name: &str) -> String {
    const MAX_CHARS: usize = 48;
    OneLine(&excerpt(name, MAX_CHARS)).to_string()
}

/// A missing tag, with the one that may stand for it; on one line.
pub fn missing(key: &str, found: Option<Untrusted<'_>>) -> String {
    let hint = found.map(|found| format!(" ({})", did_you_mean(found)));
    format!("{}: missing{}", OneLine(key), hint.unwrap_or_default())
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
