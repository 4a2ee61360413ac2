//! Rules whose requirements no value can meet, or whose own lists and examples don't meet them.

use super::super::TagPolicy;
use super::super::value::{DateRule, ValueRules};
use super::parts::rules;
use super::{PolicyWarning, in_another_case, twice};
use crate::json::Path;
use crate::text::{Quoted, trim_blank};
use crate::timestamp::Timestamp;

/// The length of a day such as `2027-01-31`.
const DAY_CHARS: u32 = 10;

pub(super) fn of(policy: &TagPolicy) -> Vec<PolicyWarning> {
    let rules = rules(policy);
    let rules = rules.iter();
    rules
        .filter_map(|(path, rule)| Some((path, rule.values()?)))
        .flat_map(|(path, values)| {
            let lists = [
                (
                    "allowed_values",
                    values.allowed_values.as_deref().unwrap_or_default(),
                ),
                ("forbidden_values", &values.forbidden_values),
            ];
            let lists = lists.map(|(name, texts)| {
                let texts: Vec<_> = texts.iter().map(String::as_str).collect();
                in_list(&path.field(name), &texts, values.ignore_case)
            });
            let pattern = of_other_characters(path, values).into_iter().collect();
            [
                lists.concat(),
                refused(path, values),
                of_days(path, values),
                pattern,
            ]
            .concat()
        })
        .collect()
}

fn in_list(path: &Path, texts: &[&str], ignore_case: bool) -> Vec<PolicyWarning> {
    let blanks = texts.iter().enumerate();
    let blanks = blanks
        .filter(|(_, text)| trim_blank(text) != **text)
        .map(|(index, text)| {
            let text = Quoted(text);
            let what = format!("{text} begins or ends with a blank; remove it");
            PolicyWarning::new(path.index(index), what)
        });
    let other_case = (!ignore_case).then(|| in_another_case(path, texts));
    blanks
        .chain(twice(path, texts, ignore_case))
        .chain(other_case.flatten())
        .collect()
}

/// The listed values and the example that the rule's other requirements refuse.
fn refused(path: &Path, values: &ValueRules) -> Vec<PolicyWarning> {
    let refuses = |value: &str| values.never_allows(value);
    let allowed = values.allowed_values.iter().flatten().enumerate();
    let allowed: Vec<_> = allowed.filter(|(_, value)| refuses(value)).collect();
    let path_of_values = path.field("allowed_values");
    let all = values.allowed_values.as_ref().map(Vec::len);
    let mut found = if all == Some(allowed.len()) {
        let what = "the rule itself refuses all of them, so no value is valid; change the list or the rule";
        vec![PolicyWarning::new(path_of_values, what)]
    } else {
        let warning = |(index, value): &(usize, &String)| {
            let what = format!(
                "the rule itself refuses {}; remove it, or change what refuses it",
                Quoted(value)
            );
            PolicyWarning::new(path_of_values.index(*index), what)
        };
        allowed.iter().map(warning).collect()
    };
    let example = values.example.iter().filter(|example| refuses(example));
    found.extend(example.map(|example| {
        let what = format!(
            "the rule itself refuses {}; give one that it allows",
            Quoted(example)
        );
        PolicyWarning::new(path.field("example"), what)
    }));
    found
}

impl ValueRules {
    /// Whether they refuse a value on every day: whether a day is past, or too far ahead, depends on when it is
    /// looked at.
    pub(super) fn never_allows(&self, value: &str) -> bool {
        let timeless = Self {
            date: self.date.map(|_| DateRule::default()),
            ..self.clone()
        };
        !timeless.allows(value, Timestamp::default())
    }
}

/// A pattern that no number, or no day, matches.
fn of_other_characters(path: &Path, values: &ValueRules) -> Option<PolicyWarning> {
    let pattern = values.pattern.as_ref()?;
    let (name, characters) = if values.number.is_some() {
        ("number", "-.0123456789")
    } else {
        values.date.map(|_| ("date", "-0123456789"))?
    };
    let what = format!(
        "whatever matches it has a character that no {name} has, so no value is accepted; remove this or {name}"
    );
    pattern
        .needs_more_than(characters)
        .then(|| PolicyWarning::new(path.field("pattern"), what))
}

/// Requirements that no day can meet.
fn of_days(path: &Path, values: &ValueRules) -> Vec<PolicyWarning> {
    let is_too_long = values.min_length.is_some_and(|min| min > DAY_CHARS);
    let is_too_short = values.max_length.is_some_and(|max| max < DAY_CHARS);
    [
        ("number", values.number.is_some()),
        ("min_length", is_too_long),
        ("max_length", is_too_short),
    ]
    .into_iter()
    .filter(|(_, is_given)| *is_given && values.date.is_some())
    .map(|(name, _)| {
        PolicyWarning::new(
            path.field(name),
            "no day, such as 2027-01-31, can meet this; remove it or date",
        )
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::lines;
    use super::*;
    use crate::testing::policy;

    #[test]
    fn values_that_the_rule_refuses_are_pointed_out() {
        let document = json!({
            "required_tags": [
                {"key": "Owner", "allowed_values": ["web", "data", "web"], "pattern": "[a-z]{4}"},
                {"key": "Team", "example": "A", "pattern": "[a-z]+"},
                {"key": "Day", "date": {"not_past": true}, "example": "2027-01-31"},
                {"key": "End", "date": {}, "example": "tomorrow", "max_length": 9, "number": {}},
                {"key": "Age", "date": {}, "min_length": 11, "max_length": 12},
                {"key": "Mode", "forbidden_values": ["none", "NONE"], "ignore_value_case": true},
                {"key": "Stage", "allowed_values": ["prod", "Prod", "prod"], "forbidden_values": ["test"]},
                {"key": "Zone", "allowed_values": ["a", "b"], "forbidden_values": ["a", "b"]},
                {"key": "Plan", "allowed_values": ["daily ", "weekly"]},
                {"key": "Size", "number": {"min": 2}, "allowed_values": ["1", "3"]},
                {"key": "Cost", "number": {}, "pattern": "CC-[0-9]+"},
                {"key": "Room", "number": {}, "pattern": "[0-9]+"},
                {"key": "Born", "date": {}, "pattern": "[0-9]+/[0-9]+/[0-9]+"},
            ],
            "forbidden_tags": [{"key": "x"}],
        });
        insta::assert_snapshot!(lines(&of(&policy(&document))));
    }
}
