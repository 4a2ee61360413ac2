//! From the document of a policy to one that can be used, with everything that is wrong at once.

use std::fmt;

use super::condition::{Condition, TagTest, Test};
use super::document::{self, PolicyDocument};
use super::exemption::Exemption;
use super::limits::{
    MAX_EXEMPTIONS, MAX_KEY_CHARS, MAX_OWNER_CHARS, MAX_PATTERN_BYTES, MAX_PATTERN_CHARS,
    MAX_SCOPE_CONDITIONS, MAX_TAGS, MAX_TEXT_CHARS, MAX_VALUE_CHARS,
};
use super::pattern::{Pattern, PatternError, Patterns, TagKey, same};
use super::rule::{Requirement, Rule, ValueRules};
use crate::expected::Expected;
use crate::instance::LiveState;
use crate::text::{OneLine, excerpt, is_blank};
use crate::timestamp::Timestamp;

/// The most of a value that an error shows: a pattern in full.
const MAX_SHOWN_CHARS: usize = 600;

/// Why a policy can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The text isn't the JSON document of a policy.
    #[error("not a policy document: {0}")]
    Document(String),
    /// The variable of an environment holds no policy.
    #[error("expected {expected}, got {got}")]
    Variable {
        /// What it must hold.
        expected: String,
        /// What it holds.
        got: String,
    },
    /// A field is not what it must be.
    #[error("{field}: expected {expected}, got {got}")]
    Field {
        /// Its path, with the key of the rule, such as `required_tags[2] ("Owner").pattern`.
        field: String,
        /// What it must be.
        expected: String,
        /// What it is.
        got: String,
    },
}

impl PolicyError {
    /// The error of a text that is no document, on one line, and shortened before its place.
    pub(super) fn document(error: &serde_json::Error) -> Self {
        // Shortened as it is shown: what is written out takes more than what it stands for.
        let text = OneLine(&error.to_string()).to_string();
        let shown = excerpt(&text, MAX_SHOWN_CHARS);
        let place = if shown == text {
            String::new()
        } else {
            format!(" at line {} column {}", error.line(), error.column())
        };
        Self::Document(format!("{shown}{place}"))
    }
}

/// Everything that is wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PolicyErrors(pub Vec<PolicyError>);

impl fmt::Display for PolicyErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        formatter.write_str(&errors.join("; "))
    }
}

/// The parts of a policy, checked.
pub(super) struct Parts {
    pub rules: Vec<Rule>,
    pub include: Option<Vec<Condition>>,
    pub exclude: Vec<Condition>,
    pub exemptions: Vec<Exemption>,
    pub owner_tag: String,
}

/// Checks a document.
pub(super) fn validate(document: PolicyDocument) -> Result<Parts, PolicyErrors> {
    let mut errors = Errors::default();
    let required_count = document.required_tags.len();
    if !(1..=MAX_TAGS).contains(&required_count) {
        errors.add(
            "required_tags",
            format!("1 to {MAX_TAGS} tags"),
            required_count,
        );
    }
    errors.at_most(MAX_TAGS, "forbidden_tags", document.forbidden_tags.len());
    errors.at_most(MAX_EXEMPTIONS, "exemptions", document.exemptions.len());

    let required = document.required_tags.into_iter().enumerate();
    let mut rules: Vec<Rule> = required
        .map(|(index, tag)| {
            let field = format!("required_tags[{index}] {}", named(&tag.key));
            errors.required_rule(&field, tag)
        })
        .collect();
    let forbidden = document.forbidden_tags.into_iter().enumerate();
    rules.extend(forbidden.map(|(index, tag)| {
        let field = format!("forbidden_tags[{index}] {}", named(&tag.key));
        errors.forbidden_rule(&field, tag)
    }));
    errors.conflicts(&rules, required_count);

    let scope = document.scope.unwrap_or_default();
    let include = errors.scope("scope.include", scope.include);
    let exclude = errors.scope("scope.exclude", scope.exclude);
    let exemptions = document.exemptions.into_iter().enumerate();
    let exemptions = exemptions
        .map(|(index, exemption)| errors.exemption(index, exemption))
        .collect();
    let owner_tag = document.owner_tag.unwrap_or_else(|| "Owner".to_owned());
    errors.text("owner_tag", &owner_tag, MAX_KEY_CHARS);

    if errors.found.is_empty() {
        Ok(Parts {
            rules,
            include,
            exclude: exclude.unwrap_or_default(),
            exemptions,
            owner_tag,
        })
    } else {
        Err(PolicyErrors(errors.found))
    }
}

/// What is wrong so far. What is built beside an error is never used.
#[derive(Default)]
struct Errors {
    found: Vec<PolicyError>,
    patterns: Patterns,
    is_over_budget: bool,
}

impl Errors {
    fn add(&mut self, field: &str, expected: impl Into<String>, got: impl fmt::Debug) {
        self.found.push(PolicyError::Field {
            field: field.to_owned(),
            expected: expected.into(),
            got: excerpt(&format!("{got:?}"), MAX_SHOWN_CHARS),
        });
    }

    fn at_most(&mut self, limit: usize, field: &str, count: usize) {
        if count > limit {
            self.add(field, format!("at most {limit}"), count);
        }
    }

    fn text(&mut self, field: &str, text: &str, max_chars: usize) {
        if is_blank(text) || text.chars().count() > max_chars {
            let expected = format!("1 to {max_chars} characters, not all blank");
            self.add(field, expected, text);
        }
    }

    /// A key that people can set: those of AWS begin with `aws:`.
    fn key(&mut self, field: &str, key: &str) {
        self.text(field, key, MAX_KEY_CHARS);
        if key.to_lowercase().starts_with("aws:") {
            self.add(field, "a key that does not begin with aws:", key);
        }
    }

    fn values(&mut self, field: &str, values: &[String]) {
        self.not_empty(field, values);
        for value in values {
            self.text(field, value, MAX_VALUE_CHARS);
        }
    }

    fn not_empty<T>(&mut self, field: &str, items: &[T]) {
        if items.is_empty() {
            self.add(
                field,
                "at least one, or no such field",
                format_args!("none"),
            );
        }
    }

    fn pattern(&mut self, field: &str, text: &str, ignore_case: bool) -> Option<Pattern> {
        self.text(field, text, MAX_PATTERN_CHARS);
        let expected = match self.patterns.compile(text, ignore_case) {
            Ok(pattern) => return Some(pattern),
            // That has been said.
            Err(_) if text.chars().count() > MAX_PATTERN_CHARS => return None,
            Err(PatternError::Syntax(error)) => {
                format!("a regular expression of RE2's syntax ({error})")
            }
            // Once is enough: every other pattern after it is beyond the budget, too.
            Err(PatternError::OverBudget) if self.is_over_budget => return None,
            Err(PatternError::OverBudget) => {
                self.is_over_budget = true;
                format!(
                    "patterns that take no more than {} MiB of memory together (repeat large classes, \
                     such as \\pL, less often)",
                    MAX_PATTERN_BYTES >> 20
                )
            }
        };
        self.add(field, expected, text);
        None
    }

    fn required_rule(&mut self, field: &str, tag: document::RequiredTag) -> Rule {
        let ignore_case = tag.ignore_value_case.unwrap_or_default();
        self.key(&format!("{field}.key"), &tag.key);
        if let Some(values) = &tag.allowed_values {
            self.values(&format!("{field}.allowed_values"), values);
        }
        for (name, length) in [
            ("min_length", tag.min_length),
            ("max_length", tag.max_length),
        ] {
            let is_out_of_range =
                |length: &u32| !(1..=MAX_VALUE_CHARS).contains(&(*length as usize));
            if let Some(length) = length.filter(is_out_of_range) {
                let expected = format!("1 to {MAX_VALUE_CHARS} characters");
                self.add(&format!("{field}.{name}"), expected, length);
            }
        }
        if let (Some(min), Some(max)) = (tag.min_length, tag.max_length)
            && min > max
        {
            let expected = format!("at most max_length, which is {max}");
            self.add(&format!("{field}.min_length"), expected, min);
        }
        let pattern = tag
            .pattern
            .and_then(|text| self.pattern(&format!("{field}.pattern"), &text, ignore_case));
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
            description: self.description(field, tag.description),
            severity: tag.severity,
            when: self.when(field, tag.when),
        }
    }

    fn forbidden_rule(&mut self, field: &str, tag: document::ForbiddenTag) -> Rule {
        self.key(&format!("{field}.key"), &tag.key);
        Rule {
            key: tag_key(tag.key, tag.ignore_key_case),
            requirement: Requirement::Forbidden,
            description: self.description(field, tag.description),
            severity: tag.severity,
            when: self.when(field, tag.when),
        }
    }

    fn description(&mut self, field: &str, description: Option<String>) -> Option<String> {
        description.inspect(|text| self.text(&format!("{field}.description"), text, MAX_TEXT_CHARS))
    }

    fn when(&mut self, field: &str, when: Option<document::Condition>) -> Option<Condition> {
        when.map(|when| self.condition(&format!("{field}.when"), when))
    }

    /// A key must not be required twice at the same time, nor required and forbidden.
    fn conflicts(&mut self, rules: &[Rule], required_count: usize) {
        for (index, rule) in rules.iter().enumerate() {
            let ours = &rule.key;
            let conflict = rules[..index.min(required_count)].iter().any(|earlier| {
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
            if conflict {
                let field = match index.checked_sub(required_count) {
                    None => format!("required_tags[{index}].key"),
                    Some(index) => format!("forbidden_tags[{index}].key"),
                };
                let expected = "a key that no other rule is about at the same time (see `when`)";
                self.add(&field, expected, &ours.text);
            }
        }
    }

    fn scope(
        &mut self,
        field: &str,
        conditions: Option<Vec<document::Condition>>,
    ) -> Option<Vec<Condition>> {
        let conditions = conditions?;
        self.not_empty(field, &conditions);
        self.at_most(MAX_SCOPE_CONDITIONS, field, conditions.len());
        let conditions = conditions.into_iter().enumerate();
        Some(
            conditions
                .map(|(index, condition)| self.condition(&format!("{field}[{index}]"), condition))
                .collect(),
        )
    }

    fn exemption(&mut self, index: usize, exemption: document::Exemption) -> Exemption {
        let field = format!("exemptions[{index}]");
        self.text(&format!("{field}.owner"), &exemption.owner, MAX_OWNER_CHARS);
        self.text(
            &format!("{field}.reason"),
            &exemption.reason,
            MAX_TEXT_CHARS,
        );
        let until = last_moment(&exemption.expires).unwrap_or_else(|| {
            let expected = "a day such as 2027-01-31";
            self.add(&format!("{field}.expires"), expected, &exemption.expires);
            Timestamp::default()
        });
        Exemption {
            index,
            until,
            when: self.condition(&format!("{field}.when"), exemption.when),
            owner: exemption.owner,
            reason: exemption.reason,
            expires: exemption.expires,
        }
    }

    fn condition(&mut self, field: &str, condition: document::Condition) -> Condition {
        let mut tests = Vec::new();
        if let Some(tags) = condition.tags {
            let field = format!("{field}.tags");
            self.not_empty(&field, &tags);
            for (index, tag) in tags.into_iter().enumerate() {
                tests.push(self.tag_test(&format!("{field}[{index}] {}", named(&tag.key)), tag));
            }
        }
        let ids = self.parsed(field, "instance_ids", condition.instance_ids);
        let groups = condition.auto_scaling_groups;
        let groups = self.listed(
            field,
            "auto_scaling_groups",
            groups,
            "the name of an Auto Scaling group",
            |name| (!is_blank(name)).then(|| name.to_owned()),
        );
        let states = self.parsed(field, "states", condition.states);
        let states: Option<Vec<LiveState>> = states;
        let accounts = self.parsed(field, "accounts", condition.accounts);
        let regions = self.parsed(field, "regions", condition.regions);
        let operators = self.parsed(field, "operator", condition.operator);
        tests.extend(ids.map(Test::InstanceId));
        tests.extend(groups.map(Test::AutoScalingGroup));
        tests
            .extend(states.map(|states| Test::State(states.into_iter().map(Into::into).collect())));
        tests.extend(accounts.map(Test::Account));
        tests.extend(regions.map(Test::Region));
        tests.extend(operators.map(Test::Operator));
        tests.extend(condition.min_age_hours.map(Test::MinAgeHours));
        tests.extend(condition.max_age_hours.map(Test::MaxAgeHours));
        if let (Some(min), Some(max)) = (condition.min_age_hours, condition.max_age_hours)
            && min >= max
        {
            let expected = format!("less than max_age_hours, which is {max}");
            self.add(&format!("{field}.min_age_hours"), expected, min);
        }
        if tests.is_empty() {
            self.add(
                field,
                "at least one part of a condition",
                format_args!("none"),
            );
        }
        Condition(tests)
    }

    /// A list of a condition, where it is given.
    fn parsed<T: Expected>(
        &mut self,
        parent: &str,
        name: &str,
        items: Option<Vec<String>>,
    ) -> Option<Vec<T>> {
        self.listed(parent, name, items, T::EXPECTED, |item| item.parse().ok())
    }

    fn listed<T>(
        &mut self,
        parent: &str,
        name: &str,
        items: Option<Vec<String>>,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let items = items?;
        let field = format!("{parent}.{name}");
        self.not_empty(&field, &items);
        let parsed = items.iter().filter_map(|item| {
            let parsed = parse(item);
            if parsed.is_none() {
                self.add(&field, expected, item);
            }
            parsed
        });
        Some(parsed.collect())
    }

    fn tag_test(&mut self, field: &str, tag: document::TagCondition) -> Test {
        let ignore_case = tag.ignore_case.unwrap_or_default();
        self.text(&format!("{field}.key"), &tag.key, MAX_KEY_CHARS);
        let test = match (tag.values, tag.pattern, tag.absent.unwrap_or_default()) {
            (None, None, false) => TagTest::Present,
            (None, None, true) => TagTest::Absent,
            (Some(values), None, false) => {
                self.values(&format!("{field}.values"), &values);
                TagTest::OneOf(values)
            }
            (None, Some(text), false) => self
                .pattern(&format!("{field}.pattern"), &text, ignore_case)
                .map_or(TagTest::Present, TagTest::Matches),
            _ => {
                self.add(
                    field,
                    "at most one of values, pattern and absent",
                    format_args!("several"),
                );
                TagTest::Present
            }
        };
        Test::Tag(tag_key(tag.key, tag.ignore_case), test)
    }
}

/// The key of a rule, where an error names the rule.
fn named(key: &str) -> String {
    format!("({:?})", excerpt(key, MAX_KEY_CHARS))
}

fn tag_key(text: String, ignore_case: Option<bool>) -> TagKey {
    TagKey {
        text,
        ignore_case: ignore_case.unwrap_or_default(),
    }
}

fn last_moment(day: &str) -> Option<Timestamp> {
    let is_day = day.len() == "2027-01-31".len();
    is_day.then(|| format!("{day}T23:59:59.999Z").parse().ok())?
}

#[cfg(test)]
mod tests;
