//! What is checked of rules.

use super::super::document;
use super::super::limits::{MAX_KEY_CHARS, MAX_TEXT_CHARS, MAX_VALUE_CHARS};
use super::super::pattern::same;
use super::super::rule::{Requirement, Rule, ValueRules};
use super::{Checks, Condition, Path, tag_key};

impl Checks<'_> {
    pub(super) fn required_rule(&mut self, path: &Path, tag: document::RequiredTag) -> Rule {
        let ignore_case = tag.ignore_value_case.unwrap_or_default();
        self.key(&path.field("key"), &tag.key);
        if let Some(values) = &tag.allowed_values {
            self.values(&path.field("allowed_values"), values);
        }
        for (name, length) in [
            ("min_length", tag.min_length),
            ("max_length", tag.max_length),
        ] {
            let is_out_of_range =
                |length: &u32| !(1..=MAX_VALUE_CHARS).contains(&(*length as usize));
            if let Some(length) = length.filter(is_out_of_range) {
                let expected = format!("1 to {MAX_VALUE_CHARS} characters");
                self.faults.add(&path.field(name), expected, length);
            }
        }
        if let (Some(min), Some(max)) = (tag.min_length, tag.max_length)
            && min > max
        {
            let expected = format!("at most max_length, which is {max}");
            self.faults.add(&path.field("min_length"), expected, min);
        }
        let pattern = tag
            .pattern
            .and_then(|text| self.pattern(&path.field("pattern"), &text, ignore_case));
        let requirement = Requirement::Required(ValueRules {
            allowed_values: tag.allowed_values,
            ignore_case,
            pattern,
            min_length: tag.min_length,
            max_length: tag.max_length,
        });
        Rule {
            key: tag_key(tag.key, tag.ignore_key_case),
            requirement,
            description: self.description(path, tag.description),
            severity: tag.severity,
            when: self.when(path, tag.when),
        }
    }

    pub(super) fn forbidden_rule(&mut self, path: &Path, tag: document::ForbiddenTag) -> Rule {
        self.key(&path.field("key"), &tag.key);
        Rule {
            key: tag_key(tag.key, tag.ignore_key_case),
            requirement: Requirement::Forbidden,
            description: self.description(path, tag.description),
            severity: tag.severity,
            when: self.when(path, tag.when),
        }
    }

    /// A key that people can set: those of AWS begin with `aws:`.
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

    /// A key must not be required twice at the same time, nor required and forbidden.
    pub(super) fn conflicts(&mut self, rules: &[(Path, Rule)], required_count: usize) {
        for (index, (path, rule)) in rules.iter().enumerate() {
            let ours = &rule.key;
            let earlier = &rules[..index.min(required_count)];
            let conflict = earlier.iter().any(|(_, earlier)| {
                let theirs = &earlier.key;
                let ignore_case = ours.ignore_case || theirs.ignore_case;
                let both_required = index < required_count;
                let conditional = if both_required {
                    rule.when.is_some() && earlier.when.is_some()
                } else {
                    rule.when.is_some() || earlier.when.is_some()
                };
                same(&ours.text, &theirs.text, ignore_case) && !conditional
            });
            // Of an empty key, or one that could not be read, that has been said.
            if conflict && !ours.text.is_empty() {
                let expected = "a key that no other rule is about at the same time (see `when`)";
                self.faults
                    .add(&path.field("key"), expected, ours.text.as_str());
            }
        }
    }
}
