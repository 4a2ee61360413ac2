//! Warnings about what is valid in a policy but probably a mistake.

mod conditions;
mod contrary;
mod exemptions;
mod ids;
mod keys;
mod logic;
mod mistyped;
mod parts;
mod places;
mod scope;
mod taggers;
mod values;
mod wildcards;

use std::fmt;

use super::TagPolicy;
use super::pattern::same;
use crate::json::Path;
use crate::text::Quoted;
use crate::timestamp::Timestamp;

/// A part of a policy that probably doesn't do what its author expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyWarning {
    /// Where it is in the policy.
    pub field: Path,
    /// What is wrong and what to do about it.
    pub what: String,
}

impl PolicyWarning {
    fn new(field: Path, what: impl Into<String>) -> Self {
        let what = what.into();
        Self { field, what }
    }
}

impl fmt::Display for PolicyWarning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.field, self.what)
    }
}

impl TagPolicy {
    /// All warnings, grouped by kind.
    #[must_use]
    pub fn warnings(&self, now: Timestamp) -> Vec<PolicyWarning> {
        [
            taggers::of(self),
            wildcards::of(self),
            keys::of(self, now),
            contrary::of(self),
            values::of(self),
            conditions::of(self),
            mistyped::of(self),
            places::of(self),
            ids::of(self),
            scope::of(self),
            exemptions::of(self, now),
        ]
        .concat()
    }
}

/// The first text of a list that repeats an earlier one.
fn twice(path: &Path, texts: &[&str], ignore_case: bool) -> Option<PolicyWarning> {
    let (index, _) = repeated(texts, |one, other| same(one, other, ignore_case))?;
    let what = format!("{} is there already; remove one", Quoted(texts[index]));
    Some(PolicyWarning::new(path.index(index), what))
}

/// The first text of a list that repeats an earlier one in another case.
fn in_another_case(path: &Path, texts: &[&str]) -> Option<PolicyWarning> {
    let (index, other) = repeated(texts, |one, other| one != other && same(one, other, true))?;
    let (text, other) = (Quoted(texts[index]), Quoted(other));
    let what = format!("{text} differs from {other} only in case; keep one, and ignore the case");
    Some(PolicyWarning::new(path.index(index), what))
}

/// The path of the first text that equals an earlier one, and that earlier one.
fn repeated<'a>(
    texts: &[&'a str],
    is_same: impl Fn(&str, &str) -> bool,
) -> Option<(usize, &'a str)> {
    texts.iter().enumerate().find_map(|(index, text)| {
        let mut before = texts.iter().take(index);
        let other = before.find(|other| is_same(other, text))?;
        Some((index, *other))
    })
}

/// One warning a line.
#[cfg(test)]
fn lines(found: &[PolicyWarning]) -> String {
    let lines: Vec<_> = found.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_a_list_is_there_once() {
        let path = Path::root("x").field("values");
        let found = |texts: &[&str], ignore_case| {
            twice(&path, texts, ignore_case).map(|warning| warning.to_string())
        };
        for (texts, ignore_case, expected) in [
            (["a", "b", "c"], true, None),
            (["a", "b", "B"], false, None),
            (
                ["a", "b", "a"],
                false,
                Some("values[2]: \"a\" is there already; remove one"),
            ),
            (
                ["a", "b", "B"],
                true,
                Some("values[2]: \"B\" is there already; remove one"),
            ),
        ] {
            assert_eq!(found(&texts, ignore_case).as_deref(), expected);
        }
    }

    #[test]
    fn texts_of_a_list_differ_by_more_than_case() {
        let path = Path::root("x").field("values");
        let found = |texts: &[&str]| in_another_case(&path, texts).map(|it| it.to_string());
        assert_eq!(found(&["a", "b", "a"]), None);
        let expected =
            "values[2]: \"A\" differs from \"a\" only in case; keep one, and ignore the case";
        assert_eq!(found(&["a", "b", "A"]).as_deref(), Some(expected));
    }
}
