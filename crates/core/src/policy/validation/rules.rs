//! Validates rules.

use super::super::document;
use super::super::limits::{MAX_KEY_CHARS, MAX_TEXT_CHARS};
use super::super::pattern::{KeyMatching, TagKey, same};
use super::super::rule::{OtherKeys, Requirement, Rule};
use super::{Checks, Condition, Path};
use crate::text::Quoted;

/// The fields that every rule has, whether it requires a tag or forbids one.
struct Common {
    description: Option<String>,
    severity: Option<document::Severity>,
    when: Option<document::Condition>,
    enforced_from: Option<String>,
}

impl Checks<'_> {
    pub(super) fn required_rule(&mut self, path: &Path, mut tag: document::RequiredTag) -> Rule {
        let values = self.value_rules(path, &mut tag);
        let ignore_case = tag.ignore_key_case.unwrap_or_default();
        self.key(&path.field("key"), &tag.key);
        let alternatives = self.keys(path, "alternative_keys", tag.alternative_keys);
        let alternatives = alternatives.into_iter();
        let keys = OtherKeys {
            alternatives: alternatives
                .map(|key| TagKey::new(key, ignore_case))
                .collect(),
            aliases: self.keys(path, "aliases", tag.aliases),
        };
        let is_optional = tag.optional.unwrap_or_default();
        let key = TagKey::new(tag.key, ignore_case);
        let requirement = if is_optional {
            Requirement::Optional(values, keys)
        } else {
            Requirement::Required(values, keys)
        };
        let common = Common {
            description: tag.description,
            severity: tag.severity,
            when: tag.when,
            enforced_from: tag.enforced_from,
        };
        self.rule(path, key, requirement, common)
    }

    pub(super) fn forbidden_rule(&mut self, path: &Path, tag: document::ForbiddenTag) -> Rule {
        let key = self.key_or_pattern(path, tag.key, tag.key_pattern, tag.ignore_key_case);
        if !key.is_pattern() {
            self.key(&path.field("key"), &key.text);
        }
        let common = Common {
            description: tag.description,
            severity: tag.severity,
            when: tag.when,
            enforced_from: tag.enforced_from,
        };
        self.rule(path, key, Requirement::Forbidden, common)
    }

    fn rule(&mut self, path: &Path, key: TagKey, requirement: Requirement, common: Common) -> Rule {
        Rule {
            key,
            requirement,
            description: self.description(path, common.description),
            severity: common.severity,
            when: self.when(path, common.when),
            enforced_from: self.day(&path.field("enforced_from"), common.enforced_from.as_ref()),
        }
    }

    /// A tag's key or a pattern of keys. Exactly one of the two must be set.
    pub(super) fn key_or_pattern(
        &mut self,
        path: &Path,
        key: Option<String>,
        pattern: Option<String>,
        ignore_case: Option<bool>,
    ) -> TagKey {
        match (key, pattern) {
            (Some(key), None) => TagKey::new(key, ignore_case.unwrap_or_default()),
            (None, Some(pattern)) => {
                let compiled = self.pattern(&path.field("key_pattern"), &pattern, false);
                if ignore_case.is_some() {
                    let expected = "no ignore_key_case beside key_pattern (begin the pattern with (?i) instead)";
                    let path = path.field("ignore_key_case");
                    self.faults.add(&path, expected, ignore_case);
                }
                compiled.map_or_else(|| TagKey::new(pattern, false), TagKey::pattern)
            }
            (key, pattern) => {
                let got = if key.is_some() { "both" } else { "neither" };
                if !self.faults.is_incomplete(path) {
                    let expected = "either key or key_pattern";
                    self.faults.add_count(path, expected, got);
                }
                TagKey::new(key.or(pattern).unwrap_or_default(), false)
            }
        }
    }

    fn keys(&mut self, path: &Path, name: &str, keys: Option<Vec<String>>) -> Vec<String> {
        let Some(keys) = keys else {
            return Vec::new();
        };
        let path = path.field(name);
        self.not_empty(&path, &keys);
        for (index, key) in keys.iter().enumerate() {
            self.key(&path.index(index), key);
        }
        keys
    }

    /// The keys of an exemption must be those of rules.
    pub(super) fn exempted_keys(&mut self, path: &Path, keys: &[String], rules: &[(Path, Rule)]) {
        self.not_empty(path, keys);
        for (index, key) in keys.iter().enumerate() {
            if !rules.iter().any(|(_, rule)| rule.key.text == *key) {
                let known: Vec<_> = rules
                    .iter()
                    .map(|(_, rule)| Quoted(&rule.key.text).to_string())
                    .collect();
                let expected = format!("the key or key_pattern of a rule: {}", known.join(", "));
                self.faults.add(&path.index(index), expected, key.as_str());
            }
        }
    }

    /// A key that people can set. Keys that begin with `aws:` belong to AWS.
    fn key(&mut self, path: &Path, key: &str) {
        self.text(path, key, MAX_KEY_CHARS);
        if key.to_lowercase().starts_with("aws:") {
            let expected = "a key that does not begin with aws:";
            self.faults.add(path, expected, key);
        }
    }

    fn description(&mut self, path: &Path, description: Option<String>) -> Option<String> {
        description.inspect(|text| self.text(&path.field("description"), text, MAX_TEXT_CHARS))
    }

    fn when(&mut self, path: &Path, when: Option<document::Condition>) -> Option<Condition> {
        when.map(|when| self.condition(&path.field("when"), when))
    }

    /// A key must not be required twice for the same instances, nor both required and forbidden.
    pub(super) fn conflicts(&mut self, rules: &[(Path, Rule)], required_count: usize) {
        for (index, (path, rule)) in rules.iter().enumerate() {
            let ours = &rule.key;
            let earlier = &rules[..index.min(required_count)];
            let conflict = earlier.iter().find(|(_, earlier)| {
                let theirs = &earlier.key;
                let ignore_case = ours.ignores_case() || theirs.ignores_case();
                let both_required = index < required_count;
                let conditional = if both_required {
                    rule.when.is_some() && earlier.when.is_some()
                } else {
                    rule.when.is_some() || earlier.when.is_some()
                };
                let is_same = match &ours.matching {
                    KeyMatching::Pattern(pattern) => pattern.matches(&theirs.text),
                    _ => same(&ours.text, &theirs.text, ignore_case),
                };
                is_same && !conditional
            });
            // Empty and unreadable keys have already been reported.
            if let Some((theirs, _)) = conflict
                && !ours.text.is_empty()
            {
                let expected = format!(
                    "a key that no other rule has for the same instances (see `when`), as {theirs} does"
                );
                let field = if ours.is_pattern() {
                    "key_pattern"
                } else {
                    "key"
                };
                self.faults
                    .add(&path.field(field), expected, ours.text.as_str());
            }
        }
    }
}
