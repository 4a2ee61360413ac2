//! Values with `*` as in other tools, where it is a wildcard.

use super::super::TagPolicy;
use super::super::condition::TagTest;
use super::super::faults::Faults;
use super::super::pattern::TagKey;
use super::super::rule::Rule;
use super::PolicyWarning;
use super::parts::{conditions, rules, tags};
use crate::json::Path;
use crate::text::Quoted;

/// Values with a `*` that are compared literally, the first of each list.
pub(super) fn of(policy: &TagPolicy) -> Vec<PolicyWarning> {
    let mut found = Vec::new();
    for (path, rule) in rules(policy) {
        found.extend(in_rule(&path, rule));
    }
    for (path, condition) in conditions(policy) {
        for (path, key, test) in tags(&path, condition) {
            found.extend(in_key(&path, key));
            if let TagTest::OneOf(values) = test {
                found.extend(in_list(&path, "values", values));
            }
        }
    }
    let path = Faults::document().field("owner_tag");
    found.extend(in_full(&path, &policy.owner_tag, "the key"));
    found
}

fn in_rule(path: &Path, rule: &Rule) -> Vec<PolicyWarning> {
    let (Some(values), Some(keys)) = (rule.values(), rule.other_keys()) else {
        return in_key(path, &rule.key).into_iter().collect();
    };
    let alternatives = keys.alternatives.iter().map(|key| key.text.as_str());
    let aliases = keys.aliases.iter().map(String::as_str);
    // A star alone would forbid every value: it is meant as one.
    let forbidden = values.forbidden_values.iter().map(String::as_str);
    let forbidden = forbidden.map(|text| if text == "*" { "" } else { text });
    let allowed = values.allowed_values.as_deref().unwrap_or_default();
    [
        in_full(&path.field("key"), &rule.key.text, "the key"),
        first_in_full(&path.field("alternative_keys"), alternatives, "each key"),
        first_in_full(&path.field("aliases"), aliases, "each key"),
        first_in_full(&path.field("forbidden_values"), forbidden, "each value"),
        in_list(path, "allowed_values", allowed),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A key that could be a pattern of keys.
fn in_key(parent: &Path, key: &TagKey) -> Option<PolicyWarning> {
    if key.is_pattern() || !key.text.contains('*') {
        return None;
    }
    let flag = if key.ignores_case() { "(?i)" } else { "" };
    let pattern = format!("{flag}{}", as_pattern(&key.text));
    let what = instead(&key.text, "key_pattern", &pattern, "key");
    Some(PolicyWarning::new(parent.field("key"), what))
}

/// A text for which there is no pattern.
fn in_full(path: &Path, text: &str, what: &str) -> Option<PolicyWarning> {
    let what = format!("{}; write {what} in full", no_wildcard(text));
    text.contains('*')
        .then(|| PolicyWarning::new(path.clone(), what))
}

fn first_in_full<'a>(
    path: &Path,
    texts: impl Iterator<Item = &'a str>,
    what: &str,
) -> Option<PolicyWarning> {
    let mut texts = texts.enumerate();
    texts.find_map(|(index, text)| in_full(&path.index(index), text, what))
}

fn in_list(parent: &Path, list: &str, texts: &[String]) -> Option<PolicyWarning> {
    let index = texts.iter().position(|text| text.contains('*'))?;
    let patterns: Vec<_> = texts.iter().map(|text| as_pattern(text)).collect();
    let what = instead(&texts[index], "pattern", &patterns.join("|"), list);
    Some(PolicyWarning::new(parent.field(list).index(index), what))
}

fn no_wildcard(text: &str) -> String {
    format!(
        "* is not a wildcard here: {} matches only itself",
        Quoted(text)
    )
}

fn instead(text: &str, field: &str, pattern: &str, given: &str) -> String {
    format!(
        "{}; write \"{field}\": {} instead of {given}",
        no_wildcard(text),
        Quoted(pattern)
    )
}

/// The pattern that treats `*` in the text as a wildcard.
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

    use super::super::lines;
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
        insta::assert_snapshot!(lines(&of(&policy)));
    }

    #[test]
    fn stars_in_keys_are_pointed_out() {
        let policy = policy(&json!({
            "required_tags": [
                {"key": "Team*", "alternative_keys": ["Group", "Gr*"], "aliases": ["T*m"], "optional": true},
                {"key": "Stage", "forbidden_values": ["*", "n/a*"], "when": {"tags": [
                    {"key": "kubernetes.io/cluster/*"},
                    {"key": "K8s*", "ignore_case": true},
                    {"key_pattern": "x.*"},
                ]}},
            ],
            "forbidden_tags": [
                {"key": "pass*"},
                {"key": "Secret*", "ignore_key_case": true},
                {"key_pattern": "temp.*"},
            ],
            "owner_tag": "Own*",
        }));
        insta::assert_snapshot!(lines(&of(&policy)));
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
