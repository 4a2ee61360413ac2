//! What a rule finds, in words.

use anstyle::Style;
use tag_compliance_core::evaluation::finding::Outcome;
use tag_compliance_core::policy::rule::Rule;
use tag_compliance_core::text::{OneLine, Untrusted, list};

use super::scope::line;
use crate::output::{BAD, DIM, GOOD};
use crate::shown::did_you_mean;

/// What a rule finds, in one word.
pub fn word(outcome: &Outcome<'_>) -> &'static str {
    match outcome {
        Outcome::NotApplicable(_) => "not applicable",
        Outcome::Present(_) | Outcome::Absent | Outcome::LeftOut => "ok",
        Outcome::Missing(_) => "missing",
        Outcome::Invalid(_) => "invalid",
        Outcome::Forbidden(_) => "forbidden",
    }
}

pub fn style(outcome: &Outcome<'_>) -> Style {
    match outcome {
        Outcome::NotApplicable(_) => DIM,
        Outcome::Present(_) | Outcome::Absent | Outcome::LeftOut => GOOD,
        Outcome::Missing(_) | Outcome::Invalid(_) | Outcome::Forbidden(_) => BAD,
    }
}

/// The details on one line; none if the word says it all.
pub fn detail(rule: &Rule, outcome: &Outcome<'_>) -> Option<String> {
    let detail = match outcome {
        Outcome::NotApplicable(unmet) => format!("only where {}", line(unmet)),
        Outcome::Present(value) => quoted(*value),
        Outcome::Absent => "absent, as required".to_owned(),
        Outcome::Missing(found) => return found.map(did_you_mean),
        Outcome::Invalid(tag) => {
            let text = tag.to_string();
            let key = format!("{}: ", OneLine(&rule.key.text));
            text.strip_prefix(&key).unwrap_or(&text).to_owned()
        }
        Outcome::LeftOut => "absent, as allowed".to_owned(),
        // Its value may be a password, and so is not shown.
        Outcome::Forbidden(tags) => match tags.as_slice() {
            [tag] if tag.key == rule.key.text => "present".to_owned(),
            tags => {
                let keys = list(tags.iter().map(|tag| tag.key.one_line()));
                format!("present as {keys}")
            }
        },
    };
    Some(detail)
}

fn quoted(value: Untrusted<'_>) -> String {
    format!("\"{}\"", value.one_line())
}
