//! Turns a policy's document into validated parts, and reports everything that is wrong at once.

mod conditions;
mod rules;
mod values;

use super::condition::Condition;
use super::document::{self, PolicyDocument};
use super::error::PolicyErrors;
use super::exemption::Exemption;
use super::faults::{Faults, named};
use super::limits::{
    MAX_EXEMPTIONS, MAX_KEY_CHARS, MAX_OWNER_CHARS, MAX_PATTERN_BYTES, MAX_PATTERN_CHARS,
    MAX_SCOPE_CONDITIONS, MAX_TAGS, MAX_TEXT_CHARS, MAX_VALUE_CHARS,
};
use super::pattern::{Pattern, PatternError, Patterns};
use super::rule::Rule;
use crate::day::Day;
use crate::expected::Expected as _;
use crate::json::Path;
use crate::text::is_blank;
use crate::timestamp::Timestamp;

/// The validated parts of a policy.
pub(super) struct Parts {
    pub rules: Vec<Rule>,
    pub include: Option<Vec<Condition>>,
    pub exclude: Vec<Condition>,
    pub exemptions: Vec<Exemption>,
    pub owner_tag: String,
}

/// Validates a document. `faults` holds what couldn't be read.
pub(super) fn validate(
    document: PolicyDocument,
    faults: Faults<'_>,
) -> Result<Parts, PolicyErrors> {
    let mut checks = Checks {
        faults,
        patterns: Patterns::default(),
        is_over_budget: false,
    };
    let root = Faults::document();
    let (required, forbidden) = (root.field("required_tags"), root.field("forbidden_tags"));
    let exemptions = root.field("exemptions");
    let required_count = document.required_tags.len();
    let forbidden_count = document.forbidden_tags.len();
    if required_count + forbidden_count == 0 && !checks.faults.is_unread(&forbidden) {
        let expected = "at least one required or forbidden tag";
        checks.faults.add_count(&required, expected, "none");
    }
    checks.at_most(MAX_TAGS, &required, required_count);
    checks.at_most(MAX_TAGS, &forbidden, forbidden_count);
    checks.at_most(MAX_EXEMPTIONS, &exemptions, document.exemptions.len());

    let mut rules = Vec::with_capacity(required_count + forbidden_count);
    for (index, tag) in document.required_tags.into_iter().enumerate() {
        let path = named(&required.index(index), &tag.key);
        let rule = checks.required_rule(&path, tag);
        rules.push((path, rule));
    }
    for (index, tag) in document.forbidden_tags.into_iter().enumerate() {
        let key = tag.key.as_ref().or(tag.key_pattern.as_ref());
        let path = named(&forbidden.index(index), key.map_or("", String::as_str));
        let rule = checks.forbidden_rule(&path, tag);
        rules.push((path, rule));
    }
    checks.conflicts(&rules, required_count);

    let scope = document.scope.unwrap_or_default();
    let path = root.field("scope");
    let include = checks.scope(&path.field("include"), scope.include);
    let exclude = checks.scope(&path.field("exclude"), scope.exclude);
    let exempted = document.exemptions.into_iter().enumerate();
    let exempted = exempted
        .map(|(index, exemption)| {
            let path = exemptions.index(index);
            if let Some(keys) = &exemption.keys {
                checks.exempted_keys(&path.field("keys"), keys, &rules);
            }
            checks.exemption(index, &path, exemption)
        })
        .collect();
    let owner_tag = document.owner_tag.unwrap_or_else(|| "Owner".to_owned());
    checks.text(&root.field("owner_tag"), &owner_tag, MAX_KEY_CHARS);

    checks.faults.into_errors()?;
    Ok(Parts {
        rules: rules.into_iter().map(|(_, rule)| rule).collect(),
        include,
        exclude: exclude.unwrap_or_default(),
        exemptions: exempted,
        owner_tag,
    })
}

/// Validates one part after the other. After a fault, the parts that it returns are never used.
struct Checks<'a> {
    faults: Faults<'a>,
    patterns: Patterns,
    is_over_budget: bool,
}

impl Checks<'_> {
    fn at_most(&mut self, limit: usize, path: &Path, count: usize) {
        if count > limit {
            let expected = format!("at most {limit}");
            self.faults.add_count(path, expected, &count.to_string());
        }
    }

    fn not_empty<T>(&mut self, path: &Path, items: &[T]) {
        if items.is_empty() {
            let expected = "at least one element, or no such field";
            self.faults.add_count(path, expected, "none");
        }
    }

    fn text(&mut self, path: &Path, text: &str, max_chars: usize) {
        if is_blank(text) || text.chars().count() > max_chars {
            let expected = format!("1 to {max_chars} characters, not all blank");
            self.faults.add(path, expected, text);
        }
    }

    fn values(&mut self, path: &Path, values: &[String]) {
        self.not_empty(path, values);
        for (index, value) in values.iter().enumerate() {
            self.text(&path.index(index), value, MAX_VALUE_CHARS);
        }
    }

    fn pattern(&mut self, path: &Path, text: &str, ignore_case: bool) -> Option<Pattern> {
        self.text(path, text, MAX_PATTERN_CHARS);
        let error = match self.patterns.compile(text, ignore_case) {
            Ok(pattern) => return Some(pattern),
            // The length has already been reported.
            Err(_) if text.chars().count() > MAX_PATTERN_CHARS => return None,
            Err(error) => error,
        };
        let expected = self.pattern_expected(error)?;
        self.faults.add(path, expected, text);
        None
    }

    /// What the pattern is expected to be; none if that has already been reported.
    fn pattern_expected(&mut self, error: PatternError) -> Option<String> {
        match error {
            PatternError::Syntax(error) => {
                Some(format!("a regular expression in RE2 syntax ({error})"))
            }
            // Report it once: every new pattern after this one exceeds the budget, too.
            PatternError::OverBudget if self.is_over_budget => None,
            PatternError::OverBudget => {
                self.is_over_budget = true;
                Some(format!(
                    "patterns that take no more than {} MiB of memory together (repeat large classes, \
                     such as \\pL, less often)",
                    MAX_PATTERN_BYTES >> 20
                ))
            }
        }
    }

    fn scope(
        &mut self,
        path: &Path,
        conditions: Option<Vec<document::Condition>>,
    ) -> Option<Vec<Condition>> {
        let conditions = conditions?;
        self.not_empty(path, &conditions);
        self.at_most(MAX_SCOPE_CONDITIONS, path, conditions.len());
        let conditions = conditions.into_iter().enumerate();
        Some(
            conditions
                .map(|(index, condition)| self.condition(&path.index(index), condition))
                .collect(),
        )
    }

    fn exemption(
        &mut self,
        index: usize,
        path: &Path,
        exemption: document::Exemption,
    ) -> Exemption {
        self.text(&path.field("owner"), &exemption.owner, MAX_OWNER_CHARS);
        self.text(&path.field("reason"), &exemption.reason, MAX_TEXT_CHARS);
        let last_day = self.day(&path.field("expires"), Some(&exemption.expires));
        Exemption {
            index,
            until: last_day.map_or_else(Timestamp::default, Day::end),
            when: self.condition(&path.field("when"), exemption.when),
            keys: exemption.keys,
            owner: exemption.owner,
            reason: exemption.reason,
            expires: exemption.expires,
        }
    }

    /// Parses a day, if it is set.
    fn day(&mut self, path: &Path, day: Option<&String>) -> Option<Day> {
        let day = day?;
        let parsed = day.parse();
        if parsed.is_err() {
            self.faults.add(path, Day::EXPECTED, day.as_str());
        }
        parsed.ok()
    }
}

#[cfg(test)]
mod fixture_tests;
#[cfg(test)]
mod language_tests;
#[cfg(test)]
mod tests;
