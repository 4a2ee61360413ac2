//! Which word may have been meant by another.

use strsim::damerau_levenshtein;

/// Shorter words than this are abbreviations of too much.
const MIN_ABBREVIATION_CHARS: usize = 3;

/// What stays the same in `cost_center`, `cost-center`, `Cost Center` and `CostCenter`.
pub(crate) fn letters(word: &str) -> String {
    word.chars()
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// How far the letters of a word are from those of the one that may be meant: a letter or two that are
/// wrong, or an abbreviation; none if it is another word.
pub(crate) fn distance(meant: &str, written: &str) -> Option<usize> {
    let typing_errors = match meant.chars().count() {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    };
    let (meant_chars, chars) = (meant.chars().count(), written.chars().count());
    let is_abbreviation = chars >= MIN_ABBREVIATION_CHARS && meant.starts_with(written);
    // Most words are others by their length alone, which takes no table of edits to see.
    if !is_abbreviation && meant_chars.abs_diff(chars) > typing_errors {
        return None;
    }
    let distance = damerau_levenshtein(meant, written);
    (distance <= typing_errors || is_abbreviation).then_some(distance)
}

/// The word that is probably meant by one that nobody knows.
pub(crate) fn nearest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let written = letters(written);
    known
        .filter_map(|known| Some((distance(&letters(known), &written)?, known)))
        .min()
        .map(|(_, known)| known)
}

/// The only word of which what is written may be the long form: `prod` of `production`.
pub(crate) fn abbreviated<'a>(
    written: &str,
    known: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let written = letters(written);
    let mut short = known.filter(|known| {
        let known = letters(known);
        known.chars().count() >= MIN_ABBREVIATION_CHARS && written.starts_with(&known)
    });
    short.next().filter(|_| short.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_meant() {
        let known = ["allowed_values", "key", "severity", "when"];
        for (written, meant) in [
            ("allowedValues", Some("allowed_values")),
            ("allowed_value", Some("allowed_values")),
            ("severty", Some("severity")),
            ("Key", Some("key")),
            ("wen", Some("when")),
            ("pattern", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, known.into_iter()), meant, "{written}");
        }
    }

    #[test]
    fn a_long_form_means_the_only_word_that_it_begins_with() {
        let known = ["dev", "prod", "qa", "Stage", "stag"];
        for (written, meant) in [
            ("production", Some("prod")),
            ("Development", Some("dev")),
            ("qa-team", None),
            ("stages", None),
            ("test", None),
            ("", None),
        ] {
            assert_eq!(abbreviated(written, known.into_iter()), meant, "{written}");
        }
    }
}
