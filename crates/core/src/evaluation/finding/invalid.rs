//! Tags whose value does not meet a requirement.

mod wording;

use serde::Serialize;

use super::nearest::{self, Nearest};
use crate::day::Day;
use crate::policy::pattern::same;
use crate::policy::value::{DateRule, Decimal, NumberRule, ValueRules};
use crate::text::{Untrusted, is_blank, trim_blank};
use crate::timestamp::Timestamp;

/// A tag whose value does not meet its requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InvalidTag<'a> {
    pub key: Untrusted<'a>,
    /// The key as the policy writes it.
    #[serde(skip)]
    pub required: &'a str,
    /// Its value; masked if the tag is forbidden.
    pub value: Untrusted<'a>,
    /// The description of the rule.
    #[serde(skip)]
    pub description: Option<&'a str>,
    #[serde(flatten)]
    pub reason: InvalidReason<'a>,
}

/// Why a value does not meet a requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(
    tag = "reason",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum InvalidReason<'a> {
    /// It has no visible character.
    Blank,
    /// It has too few characters.
    TooShort { min_length: u32 },
    /// It has too many characters.
    TooLong { max_length: u32 },
    /// It is not one of the allowed values.
    NotAllowed {
        /// The allowed values, or the five nearest if there are more.
        allowed_values: Vec<&'a str>,
        /// How many more are allowed.
        #[serde(skip_serializing_if = "is_zero")]
        more_allowed_values: usize,
        /// The allowed value that is probably meant.
        #[serde(skip_serializing_if = "Option::is_none")]
        did_you_mean: Option<&'a str>,
        /// Whether the value would be allowed without the blank characters around it.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        surrounding_blanks: bool,
    },
    /// It is a forbidden value.
    ForbiddenValue,
    /// It does not match the pattern.
    PatternMismatch {
        pattern: &'a str,
        /// What a value looks like.
        #[serde(skip_serializing_if = "Option::is_none")]
        example: Option<&'a str>,
        /// Whether it would match without the blank characters around it.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        surrounding_blanks: bool,
    },
    /// It is not a day of the calendar, written as `2027-01-31`.
    NotADate {
        /// Whether it would be one without the blank characters around it.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        surrounding_blanks: bool,
    },
    /// It is a day in the past.
    PastDate,
    /// It is a day too far ahead.
    DateTooFarAhead {
        /// How many days after today it may be.
        max_days_ahead: u32,
    },
    /// It is not a number in digits.
    NotANumber {
        /// Whether it would be one without the blank characters around it.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        surrounding_blanks: bool,
    },
    /// It is too small a number.
    TooSmall { min: Decimal },
    /// It is too large a number.
    TooLarge { max: Decimal },
}

// serde's `skip_serializing_if` takes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl ValueRules {
    /// Whether a value meets the requirement at a moment.
    #[must_use]
    pub fn allows(&self, value: &str, now: Timestamp) -> bool {
        self.objection(value, now).is_none()
    }

    /// Why a value does not meet the requirement: the first reason; none if it does.
    pub(super) fn objection(&self, value: &str, now: Timestamp) -> Option<InvalidReason<'_>> {
        if is_blank(value) {
            return Some(InvalidReason::Blank);
        }
        let length = value.chars().count();
        let too_short = self.min_length.filter(|&min| length < min as usize);
        let too_long = self.max_length.filter(|&max| length > max as usize);
        too_short
            .map(|min_length| InvalidReason::TooShort { min_length })
            .or(too_long.map(|max_length| InvalidReason::TooLong { max_length }))
            .or_else(|| self.not_allowed(value))
            .or_else(|| self.forbidden(value))
            .or_else(|| self.mismatch(value))
            .or_else(|| self.date?.objection(value, now))
            .or_else(|| self.number.as_ref()?.objection(value))
    }

    fn is_among(&self, values: &[String], value: &str) -> bool {
        values.iter().any(|it| same(it, value, self.ignore_case))
    }

    fn not_allowed(&self, value: &str) -> Option<InvalidReason<'_>> {
        let allowed = self.allowed_values.as_ref()?;
        if self.is_among(allowed, value) {
            return None;
        }
        let Nearest {
            shown,
            others,
            meant,
        } = nearest::of(value, allowed);
        Some(InvalidReason::NotAllowed {
            allowed_values: shown,
            more_allowed_values: others,
            did_you_mean: meant,
            surrounding_blanks: self.is_among(allowed, trim_blank(value)),
        })
    }

    fn forbidden(&self, value: &str) -> Option<InvalidReason<'_>> {
        let is_forbidden = self.is_among(&self.forbidden_values, trim_blank(value));
        is_forbidden.then_some(InvalidReason::ForbiddenValue)
    }

    fn mismatch(&self, value: &str) -> Option<InvalidReason<'_>> {
        let pattern = self.pattern.as_ref()?;
        (!pattern.matches(value)).then(|| InvalidReason::PatternMismatch {
            pattern: pattern.as_str(),
            example: self.example.as_deref(),
            surrounding_blanks: pattern.matches(trim_blank(value)),
        })
    }
}

impl<'a> InvalidReason<'a> {
    /// The same without what it gives away of a value that is masked: what is near to it, or around it.
    pub(super) fn of_masked(self, rules: &'a ValueRules) -> Self {
        match self {
            Self::NotAllowed { .. } => rules.not_allowed("").unwrap_or(self),
            Self::PatternMismatch {
                pattern, example, ..
            } => Self::PatternMismatch {
                pattern,
                example,
                surrounding_blanks: false,
            },
            Self::NotADate { .. } => Self::NotADate {
                surrounding_blanks: false,
            },
            Self::NotANumber { .. } => Self::NotANumber {
                surrounding_blanks: false,
            },
            other => other,
        }
    }
}

impl DateRule {
    fn objection(self, value: &str, now: Timestamp) -> Option<InvalidReason<'static>> {
        let Ok(day) = value.parse::<Day>() else {
            return Some(InvalidReason::NotADate {
                surrounding_blanks: trim_blank(value).parse::<Day>().is_ok(),
            });
        };
        match (day.days_after(Day::of(now)), self.max_days_ahead) {
            (None, _) => self.not_past.then_some(InvalidReason::PastDate),
            (Some(days), Some(max_days_ahead)) if days > u64::from(max_days_ahead) => {
                Some(InvalidReason::DateTooFarAhead { max_days_ahead })
            }
            _ => None,
        }
    }
}

impl NumberRule {
    fn objection(&self, value: &str) -> Option<InvalidReason<'static>> {
        let Ok(number) = value.parse::<Decimal>() else {
            return Some(InvalidReason::NotANumber {
                surrounding_blanks: trim_blank(value).parse::<Decimal>().is_ok(),
            });
        };
        let too_small = self.min.clone().filter(|min| number < *min);
        let too_large = self.max.clone().filter(|max| number > *max);
        too_small
            .map(|min| InvalidReason::TooSmall { min })
            .or(too_large.map(|max| InvalidReason::TooLarge { max }))
    }
}

#[cfg(test)]
mod tests;
