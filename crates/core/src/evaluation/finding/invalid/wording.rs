//! What people are told of a value.

use std::fmt;

use super::{InvalidReason, InvalidTag};
use crate::day::Day;
use crate::expected::Expected as _;
use crate::policy::value::Decimal;
use crate::text::{OneLine, counted, list, trim_blank};

impl InvalidTag<'_> {
    /// A hint for fixing it, if there is one: the value that is meant, or the blanks to remove.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match &self.reason {
            InvalidReason::NotAllowed {
                surrounding_blanks: true,
                ..
            }
            | InvalidReason::PatternMismatch {
                surrounding_blanks: true,
                ..
            }
            | InvalidReason::NotADate {
                surrounding_blanks: true,
            }
            | InvalidReason::NotANumber {
                surrounding_blanks: true,
            } => Some(blanks(self.value.raw()).to_owned()),
            InvalidReason::NotAllowed {
                did_you_mean: Some(meant),
                ..
            } => Some(format!("did you mean \"{}\"?", OneLine(meant))),
            _ => None,
        }
    }
}

/// Where the blank characters of a value are.
fn blanks(value: &str) -> &'static str {
    let trimmed = trim_blank(value);
    match (value.starts_with(trimmed), value.ends_with(trimmed)) {
        (true, false) => "it has a blank at its end",
        (false, true) => "it has a blank at its start",
        _ => "it has blanks around it",
    }
}

impl fmt::Display for InvalidTag<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, value) = (self.key.one_line(), self.value.one_line());
        let hint = self.hint().map(|hint| format!(" ({hint})"));
        let hint = hint.unwrap_or_default();
        match (&self.reason, self.description) {
            (InvalidReason::Blank, _) => write!(formatter, "{key}: the value is blank"),
            // Words help people more than a regular expression.
            (InvalidReason::PatternMismatch { example: None, .. }, Some(description)) => {
                let description = OneLine(description);
                write!(
                    formatter,
                    "{key}: \"{value}\" is not as described: {description}{hint}"
                )
            }
            (reason, _) => write!(formatter, "{key}: \"{value}\" {reason}{hint}"),
        }
    }
}

impl InvalidReason<'_> {
    /// The requirement in a few words, if it can be said in a few.
    #[must_use]
    pub fn wanted(&self) -> Option<String> {
        match self {
            Self::NotAllowed {
                allowed_values,
                more_allowed_values,
                ..
            } => Some(match allowed_values.as_slice() {
                [only] => format!("must be {}", OneLine(only)),
                several => one_of(several, *more_allowed_values),
            }),
            Self::PatternMismatch {
                example: Some(example),
                ..
            } => Some(format!("such as \"{}\"", OneLine(example))),
            _ => None,
        }
    }
}

fn one_of(values: &[&str], more: usize) -> String {
    let values = list(values.iter().map(|value| OneLine(value)));
    match more {
        0 => format!("one of {values}"),
        more => format!("one of {values} or {more} more"),
    }
}

/// What is wrong with a value, as the rest of a sentence that begins with it.
impl fmt::Display for InvalidReason<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank => formatter.write_str("is blank"),
            Self::TooShort { min_length } => {
                write!(
                    formatter,
                    "is shorter than {}",
                    counted(*min_length, "character")
                )
            }
            Self::TooLong { max_length } => {
                write!(
                    formatter,
                    "is longer than {}",
                    counted(*max_length, "character")
                )
            }
            Self::NotAllowed {
                allowed_values,
                more_allowed_values,
                ..
            } => {
                let allowed = one_of(allowed_values, *more_allowed_values);
                write!(formatter, "is not {allowed}")
            }
            Self::ForbiddenValue => formatter.write_str("is a forbidden value"),
            Self::PatternMismatch {
                example: Some(example),
                ..
            } => write!(formatter, "does not look like \"{}\"", OneLine(example)),
            Self::PatternMismatch { pattern, .. } => {
                write!(formatter, "does not match {}", OneLine(pattern))
            }
            Self::NotADate { .. } => write!(formatter, "is not {}", Day::EXPECTED),
            Self::PastDate => formatter.write_str("is in the past"),
            Self::DateTooFarAhead { max_days_ahead } => {
                write!(
                    formatter,
                    "is more than {} ahead",
                    counted(*max_days_ahead, "day")
                )
            }
            Self::NotANumber { .. } => write!(formatter, "is not {}", Decimal::EXPECTED),
            Self::TooSmall { min } => write!(formatter, "is less than {min}"),
            Self::TooLarge { max } => write!(formatter, "is more than {max}"),
        }
    }
}
