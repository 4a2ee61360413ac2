//! Which tag may have been meant by another.

use crate::spelling::{distance, letters};
use crate::text::Untrusted;

/// The key among `candidates` that is most probably a misspelling of one of `required`: one of the
/// aliases, another case or other separators, a letter or two that are wrong, or an abbreviation.
pub fn of<'a, 'b, C: Iterator<Item = Untrusted<'a>>>(
    required: impl Iterator<Item = &'b str>,
    aliases: &[String],
    candidates: impl Fn() -> C,
) -> Option<Untrusted<'a>> {
    let aliases: Vec<_> = aliases.iter().map(|alias| letters(alias)).collect();
    let alias = candidates().find(|key| aliases.contains(&letters(key.raw())));
    alias.or_else(|| {
        let nearest = required.filter_map(|key| nearest(key, candidates()));
        nearest.min().map(|(_, found)| found)
    })
}

fn nearest<'a>(
    required: &str,
    candidates: impl Iterator<Item = Untrusted<'a>>,
) -> Option<(usize, Untrusted<'a>)> {
    let required = letters(required);
    candidates
        .filter_map(|candidate| Some((distance(&required, &letters(candidate.raw()))?, candidate)))
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(required: &str, candidates: &[&str]) -> Option<String> {
        of_any(&[required], &[], candidates)
    }

    fn of_any(required: &[&str], aliases: &[&str], candidates: &[&str]) -> Option<String> {
        let aliases: Vec<_> = aliases.iter().map(|alias| (*alias).to_owned()).collect();
        let candidates = || candidates.iter().map(|key| Untrusted::new(key));
        let found = of(required.iter().copied(), &aliases, candidates);
        found.map(|found| found.raw().to_owned())
    }

    #[test]
    fn another_spelling_is_recognized() {
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

    #[test]
    fn an_alias_goes_before_what_is_only_near() {
        let found = |aliases: &[&str], candidates: &[&str]| {
            of_any(&["CostCenter", "Project"], aliases, candidates)
        };
        let both = ["CostCentre", "kosten-stelle"];
        assert_eq!(
            found(&["Kostenstelle"], &both).as_deref(),
            Some("kosten-stelle")
        );
        assert_eq!(found(&["Stage"], &both).as_deref(), Some("CostCentre"));
        assert_eq!(found(&[], &["projekt"]).as_deref(), Some("projekt"));
        assert_eq!(found(&["Kostenstelle"], &["Name"]), None);
    }
}
