//! Which tag may have been meant by another.

use crate::spelling::{distance, letters};
use crate::text::Untrusted;

/// The key among `candidates` that is most probably a misspelling of `required`: another case or
/// other separators, a letter or two that are wrong, or an abbreviation.
pub fn of<'a>(
    required: &str,
    candidates: impl Iterator<Item = Untrusted<'a>>,
) -> Option<Untrusted<'a>> {
    let required = letters(required);
    candidates
        .filter(|candidate| !candidate.raw().starts_with("aws:"))
        .filter_map(|candidate| Some((distance(&required, &letters(candidate.raw()))?, candidate)))
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(required: &str, candidates: &[&str]) -> Option<String> {
        let candidates = candidates.iter().map(|key| Untrusted::new(key));
        of(required, candidates).map(|found| found.raw().to_owned())
    }

    #[test]
    fn another_spelling_is_recognised() {
        for (required, candidate) in [
            ("CostCenter", "costcenter"),
            ("CostCenter", "COST_CENTER"),
            ("CostCenter", "cost-center"),
            ("CostCenter", "Cost Centre"),
            ("Environment", "Enviroment"),
            ("Environment", "env"),
            ("Application", "App"),
            ("Owner", "Onwer"),
            ("Owner", "ower"),
            ("App", "app"),
        ] {
            assert_eq!(meant(required, &[candidate]).as_deref(), Some(candidate));
        }
    }

    #[test]
    fn another_word_is_not() {
        for (required, candidate) in [
            ("Owner", "Name"),
            ("Environment", "En"),
            ("App", "Amp"),
            ("Owner", "Ownership"),
            ("aws", "aws:owner"),
            ("Owner", ""),
            ("部署", "名前"),
        ] {
            assert_eq!(meant(required, &[candidate]), None, "{candidate}");
        }
    }

    #[test]
    fn the_nearest_is_meant() {
        let candidates = ["Cost", "Cost Centre", "cost_center"];
        assert_eq!(
            meant("CostCenter", &candidates).as_deref(),
            Some("cost_center")
        );
    }
}
