//! The allowed values that are most like the one that is there.

use strsim::osa_distance;

use crate::spelling;
use crate::text::excerpt;

/// The most values that are shown of a list.
const MAX_SHOWN: usize = 5;
/// Of many values only so much of each is compared: a sweep does it for every violation.
const COMPARED_CHARS: usize = 32;

/// Some values of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest<'a> {
    /// The nearest ones, or all in their order where they are few.
    pub shown: Vec<&'a str>,
    /// How many others there are.
    pub others: usize,
    /// The one that is most probably meant.
    pub meant: Option<&'a str>,
}

/// Of `allowed`, what to show to somebody who wrote `value`.
pub fn of<'a>(value: &str, allowed: &'a [String]) -> Nearest<'a> {
    let values = || allowed.iter().map(String::as_str);
    let meant = spelling::nearest(value, values());
    let meant = meant.or_else(|| spelling::abbreviated(value, values()));
    let shown: Vec<_> = if allowed.len() <= MAX_SHOWN {
        values().collect()
    } else {
        let start = |text: &str| excerpt(text, COMPARED_CHARS).to_lowercase();
        let written = start(value);
        let edits = |value: &&str| osa_distance(&written, &start(value));
        let mut others: Vec<_> = values().filter(|value| Some(*value) != meant).collect();
        others.sort_by_cached_key(edits);
        meant.into_iter().chain(others).take(MAX_SHOWN).collect()
    };
    Nearest {
        others: allowed.len() - shown.len(),
        shown,
        meant,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(values: &[&str]) -> Vec<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    #[test]
    fn few_values_are_all_shown_in_their_order() {
        let allowed = values(&["dev", "test", "staging", "prod", "sandbox"]);
        for (value, meant) in [
            ("production", Some("prod")),
            ("Prod", Some("prod")),
            ("prod ", Some("prod")),
            ("stag", Some("staging")),
            ("tets", Some("test")),
            ("web", None),
        ] {
            let nearest = of(value, &allowed);
            assert_eq!(nearest.meant, meant, "{value}");
            assert_eq!(nearest.shown, allowed);
            assert_eq!(nearest.others, 0);
        }
    }

    #[test]
    fn of_many_values_the_five_nearest_are_shown_and_the_others_counted() {
        let allowed: Vec<_> = (0..300).map(|n| format!("CC-{}", 1000 + n)).collect();
        let nearest = of("CC-1999", &allowed);
        assert_eq!(
            nearest.shown,
            ["CC-1099", "CC-1199", "CC-1299", "CC-1009", "CC-1019"]
        );
        assert_eq!((nearest.others, nearest.meant), (295, Some("CC-1099")));
        let nearest = of("unknown", &allowed);
        assert_eq!((nearest.shown.len(), nearest.meant), (5, None));
    }
}
