//! Texts of a policy that are written like those of other tools, where `*` is a wildcard.

use std::fmt;

use super::TagPolicy;
use super::condition::{AUTO_SCALING_GROUP_TAG, Condition, TagTest, Test};
use super::faults::{Faults, named};
use super::rule::Requirement;
use crate::json::Path;
use crate::text::Quoted;

const GROUPS: &str = "auto_scaling_groups";

/// A text with a `*`, the first of a list whose texts are compared as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wildcard {
    field: Path,
    text: String,
    list: &'static str,
    /// What the list means if `*` is a wildcard.
    pattern: String,
}

impl fmt::Display for Wildcard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (field, text, list) = (&self.field, Quoted(&self.text), self.list);
        let pattern = format!("\"pattern\": {}", Quoted(&self.pattern));
        let instead = if list == GROUPS {
            format!("\"tags\": [{{\"key\": \"{AUTO_SCALING_GROUP_TAG}\", {pattern}}}]")
        } else {
            pattern
        };
        write!(
            formatter,
            "{field}: * is no wildcard here, {text} is that text alone; write {instead} instead of {list}"
        )
    }
}

/// All such texts of a policy, in its order.
pub(super) fn of(policy: &TagPolicy) -> Vec<Wildcard> {
    let root = Faults::document();
    let mut found = Vec::new();
    let required = policy.rules.iter().filter(|rule| !rule.is_forbidding());
    let forbidden = policy.rules.iter().filter(|rule| rule.is_forbidding());
    let required = required.enumerate().map(|rule| ("required_tags", rule));
    let forbidden = forbidden.enumerate().map(|rule| ("forbidden_tags", rule));
    for (list, (index, rule)) in required.chain(forbidden) {
        let path = named(&root.field(list).index(index), &rule.key.text);
        if let Requirement::Required(values) = &rule.requirement {
            let allowed = values.allowed_values.as_deref().unwrap_or_default();
            found.extend(in_list(&path, "allowed_values", allowed));
        }
        let when = rule.when.iter();
        found.extend(when.flat_map(|when| in_condition(&path.field("when"), when)));
    }
    let scope = root.field("scope");
    let include = policy.include.iter().flatten();
    for (list, conditions) in [
        ("include", include.collect::<Vec<_>>()),
        ("exclude", policy.exclude.iter().collect()),
    ] {
        let path = scope.field(list);
        for (index, condition) in conditions.into_iter().enumerate() {
            found.extend(in_condition(&path.index(index), condition));
        }
    }
    for exemption in &policy.exemptions {
        let path = root.field("exemptions").index(exemption.index);
        found.extend(in_condition(&path.field("when"), &exemption.when));
    }
    found
}

fn in_condition(path: &Path, condition: &Condition) -> Vec<Wildcard> {
    // The tests of tags are the first, in the order of the document.
    let tests = condition.tests().iter().enumerate();
    let found = tests.filter_map(|(index, test)| match test {
        Test::Tag(key, TagTest::OneOf(values)) => {
            let tag = named(&path.field("tags").index(index), &key.text);
            in_list(&tag, "values", values)
        }
        Test::AutoScalingGroup(groups) => in_list(path, GROUPS, groups),
        _ => None,
    });
    found.collect()
}

fn in_list(parent: &Path, list: &'static str, texts: &[String]) -> Option<Wildcard> {
    let index = texts.iter().position(|text| text.contains('*'))?;
    let patterns: Vec<_> = texts.iter().map(|text| as_pattern(text)).collect();
    Some(Wildcard {
        field: parent.field(list).index(index),
        text: texts[index].clone(),
        list,
        pattern: patterns.join("|"),
    })
}

/// The pattern that means what a text would mean if `*` were any text.
fn as_pattern(text: &str) -> String {
    const SYNTAX: &str = r"\.+?()|[]{}^$";
    let mut pattern = String::with_capacity(2 * text.len());
    for character in text.chars() {
        match character {
            '*' => pattern.push('.'),
            _ if SYNTAX.contains(character) => pattern.push('\\'),
            _ => {}
        }
        pattern.push(character);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::policy::pattern::Pattern;
    use crate::testing::policy;

    #[test]
    fn stars_that_are_no_wildcards_are_pointed_out() {
        let when = json!({
            "tags": [{"key": "a", "pattern": "x*"}, {"key": "b", "values": ["1", "x*y"]}],
            "auto_scaling_groups": ["web", "eks-*"],
        });
        let exemption = json!({"owner": "*", "reason": "*", "expires": "2030-01-01", "when": when});
        let policy = policy(&json!({
            "required_tags": [
                {"key": "*", "pattern": "a*", "description": "*"},
                {"key": "Owner", "allowed_values": ["web", "*@example.com", "*.net"], "when": when},
            ],
            "forbidden_tags": [{"key": "Temp", "when": when}],
            "scope": {"include": [{"states": ["running"]}, when], "exclude": [when]},
            "exemptions": [exemption],
        }));
        let found: Vec<_> = of(&policy).iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(found.join("\n"));
    }

    #[test]
    fn the_pattern_matches_what_a_wildcard_would() {
        for (text, matching, other) in [
            ("*@example.com", "web@example.com", "web@example-com"),
            (r"a\b+(c)|[d]{e}^$?*", r"a\b+(c)|[d]{e}^$?f", "a"),
            ("*", "anything", "two\nlines"),
        ] {
            let pattern = Pattern::new(&as_pattern(text), false).unwrap();
            assert!(pattern.matches(matching), "{text}");
            assert!(!pattern.matches(other), "{text}");
        }
    }
}
