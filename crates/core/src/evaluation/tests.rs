mod any_policy;
mod causes;
mod conditions;
mod exemptions;
mod findings;
mod language;
mod scope;
mod several_rules;

use serde_json::json;

use super::*;
use crate::testing::{instance, policy, subject, tags};

/// What is wrong with an instance of these tags, in words.
fn wrong(policy: &TagPolicy, pairs: &[(&str, &str)]) -> Vec<String> {
    let instance = instance(tags(pairs));
    let subject = subject(&instance);
    let evaluation = policy.evaluate(&subject);
    let missing = evaluation
        .missing_tags
        .iter()
        .map(|key| format!("{key} is missing"));
    let misspelled = evaluation.misspelled_tags.iter();
    let misspelled = misspelled.map(|tag| format!("{} for {}", tag.found.raw(), tag.key));
    let invalid = evaluation.invalid_tags.iter().map(ToString::to_string);
    let forbidden = evaluation.forbidden_tags.iter();
    let forbidden = forbidden.map(|tag| format!("{} is forbidden", tag.key.raw()));
    missing
        .chain(misspelled)
        .chain(invalid)
        .chain(forbidden)
        .collect()
}
