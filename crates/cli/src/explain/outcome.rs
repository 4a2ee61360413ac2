//! What a rule finds, in words.

use anstyle::Style;
use tag_compliance_core::evaluation::finding::Outcome;
use tag_compliance_core::policy::rule::Rule;
use tag_compliance_core::text::{OneLine, Untrusted};

use super::scope::line;
use crate::output::{BAD, DIM, GOOD};
use crate::shown::did_you_mean;

/// What a rule finds, in one word.
pub fn word(outcome: &Outcome<'_>) -> &'static str {
    match outcome {
        Outcome::NotApplicable(_) => "not applicable",
        Outcome::Present(_) | Outcome::Absent => "ok",
        Outcome::Missing(_) => "missing",
        Outcome::Invalid(_) => "invalid",
        Outcome::Forbidden(_) => "forbidden",
    }
}

pub fn style(outcome: &Outcome<'_>) -> Style {
    match outcome {
        Outcome::NotApplicable(_) => DIM,
        Outcome::Present(_) | Outcome::Absent => GOOD,
        Outcome::Missing(_) | Outcome::Invalid(_) | Outcome::Forbidden(_) => BAD,
    }
}

/// What it finds in detail, on one line; none where the word says all.
pub fn detail(rule: &Rule, outcome: &Outcome<'_>) -> Option<String> {
    let detail = match outcome {
        Outcome::NotApplicable(unmet) => format!("only where {}", line(unmet)),
        Outcome::Present(value) => quoted(*value),
        Outcome::Absent => "must not be there, and is not".to_owned(),
        Outcome::Missing(found) => return found.map(did_you_mean),
        Outcome::Invalid(tag) => {
            let text = tag.to_string();
            let key = format!("{}: ", OneLine(&rule.key.text));
            text.strip_prefix(&key).unwrap_or(&text).to_owned()
        }
        Outcome::Forbidden(tag) if tag.key == rule.key.text => {
            format!("must not be there, and is {}", quoted(tag.value))
        }
        Outcome::Forbidden(tag) => {
            let value = quoted(tag.value);
            format!("must not be there, and {} is {value}", tag.key.one_line())
        }
    };
    Some(detail)
}

/// Whether somebody should do something about it.
pub fn is_violation(outcome: &Outcome<'_>) -> bool {
    matches!(
        outcome,
        Outcome::Missing(_) | Outcome::Invalid(_) | Outcome::Forbidden(_)
    )
}

fn quoted(value: Untrusted<'_>) -> String {
    format!("\"{}\"", value.one_line())
}
