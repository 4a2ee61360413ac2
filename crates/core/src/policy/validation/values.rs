//! Validates the requirements for a value.

use super::super::document;
use super::super::limits::{MAX_DAYS_AHEAD, MAX_VALUE_CHARS};
use super::super::value::{DateRule, Decimal, NumberRule, ValueRules};
use super::{Checks, Path};
use crate::expected::Expected as _;

impl Checks<'_> {
    pub(super) fn value_rules(
        &mut self,
        path: &Path,
        tag: &mut document::RequiredTag,
    ) -> ValueRules {
        let ignore_case = tag.ignore_value_case.unwrap_or_default();
        let forbidden_values = tag.forbidden_values.take();
        for (name, values) in [
            ("allowed_values", &tag.allowed_values),
            ("forbidden_values", &forbidden_values),
        ] {
            if let Some(values) = values {
                self.values(&path.field(name), values);
            }
        }
        self.lengths(path, tag.min_length, tag.max_length);
        let pattern = tag.pattern.take();
        let pattern =
            pattern.and_then(|text| self.pattern(&path.field("pattern"), &text, ignore_case));
        let example = tag.example.take();
        let example =
            example.inspect(|text| self.text(&path.field("example"), text, MAX_VALUE_CHARS));
        let date = tag.date.take();
        let number = tag.number.take();
        ValueRules {
            allowed_values: tag.allowed_values.take(),
            forbidden_values: forbidden_values.unwrap_or_default(),
            ignore_case,
            pattern,
            example,
            min_length: tag.min_length,
            max_length: tag.max_length,
            date: date.map(|date| self.date(&path.field("date"), &date)),
            number: number.map(|number| self.number(&path.field("number"), &number)),
        }
    }

    fn lengths(&mut self, path: &Path, min_length: Option<u32>, max_length: Option<u32>) {
        for (name, length) in [("min_length", min_length), ("max_length", max_length)] {
            let is_out_of_range =
                |length: &u32| !(1..=MAX_VALUE_CHARS).contains(&(*length as usize));
            if let Some(length) = length.filter(is_out_of_range) {
                let expected = format!("1 to {MAX_VALUE_CHARS} characters");
                self.faults.add(&path.field(name), expected, length);
            }
        }
        if let (Some(min), Some(max)) = (min_length, max_length)
            && min > max
        {
            let expected = format!("at most max_length, which is {max}");
            self.faults.add(&path.field("min_length"), expected, min);
        }
    }

    fn date(&mut self, path: &Path, date: &document::DateRequirement) -> DateRule {
        if let Some(days) = date.max_days_ahead.filter(|days| *days > MAX_DAYS_AHEAD) {
            let expected = format!("0 to {MAX_DAYS_AHEAD} days");
            let path = path.field("max_days_ahead");
            self.faults.add(&path, expected, days);
        }
        DateRule {
            not_past: date.not_past.unwrap_or_default(),
            max_days_ahead: date.max_days_ahead,
        }
    }

    fn number(&mut self, path: &Path, number: &document::NumberRequirement) -> NumberRule {
        let mut bound = |name, bound: &Option<serde_json::Number>| {
            let bound = bound.as_ref()?;
            let parsed = bound.to_string().parse::<Decimal>();
            if parsed.is_err() {
                let path = path.field(name);
                self.faults.add(&path, Decimal::EXPECTED, bound.clone());
            }
            parsed.ok()
        };
        let (min, max) = (bound("min", &number.min), bound("max", &number.max));
        if let (Some(min), Some(max)) = (&min, &max)
            && min > max
        {
            let expected = format!("at most max, which is {max}");
            self.faults
                .add(&path.field("min"), expected, number.min.clone());
        }
        NumberRule { min, max }
    }
}
