//! Rules as AWS Config's API has them, alone or in the AWS CLI's output.

use serde_json::Value;

use super::super::ImportError;
use super::super::notes::Notes;
use super::super::place::{Place, quoted};
use super::rule::Rule;
use super::shape::{ORGANIZATION_RULE, RULE, Shape};

/// Lists of rules: `aws configservice describe-config-rules` and `describe-organization-config-rules`.
const LISTS: [(&str, &Shape); 2] = [
    ("ConfigRules", &RULE),
    ("OrganizationConfigRules", &ORGANIZATION_RULE),
];

/// Fields that identify a file as a single rule.
const RULES: [(&str, &Shape); 3] = [
    ("InputParameters", &RULE),
    ("Source", &RULE),
    ("OrganizationManagedRuleMetadata", &ORGANIZATION_RULE),
];

/// The rules in a file, which holds parameters, a rule, or a list of rules.
pub(in super::super) fn read(
    place: &Place,
    document: &Value,
    notes: &mut Notes,
) -> Result<Vec<Rule>, ImportError> {
    for (name, shape) in LISTS {
        let Some(rules) = document.get(name) else {
            continue;
        };
        let place = place.field(name);
        let items = place.list(rules, "a list of rules")?.iter().enumerate();
        let all = items.map(|(index, rule)| (place.index(index), rule, shape));
        let found = required_tags(&place, all.collect(), notes)?;
        if found.is_empty() {
            let identifier = shape.identifier.join(".");
            let expected = format!("a rule whose {identifier} is REQUIRED_TAGS");
            return Err(place.expected(&expected, rules));
        }
        return Ok(found);
    }
    if let Some(rule) = document.get("ConfigRule") {
        return Ok(vec![Rule::read(&place.field("ConfigRule"), rule, &RULE)?]);
    }
    let shape = RULES.iter().find(|(name, _)| document.get(name).is_some());
    let rule = match shape {
        Some((_, shape)) => Rule::read(place, document, shape)?,
        None => Rule::of_parameters(place, document)?,
    };
    Ok(vec![rule])
}

/// The `required-tags` rules in a list.
pub(in super::super) fn required_tags(
    place: &Place,
    rules: Vec<(Place, &Value, &Shape)>,
    notes: &mut Notes,
) -> Result<Vec<Rule>, ImportError> {
    let (ours, others): (Vec<_>, Vec<_>) = rules
        .into_iter()
        .partition(|(_, rule, shape)| shape.is_required_tags(rule));
    if !ours.is_empty() && !others.is_empty() {
        let names = others
            .iter()
            .map(|(place, rule, shape)| shape.name(rule, place));
        let text = format!(
            "{}: rules other than required-tags are left out",
            quoted(names)
        );
        notes.other(place.note(&text));
    }
    let rules = ours
        .iter()
        .map(|(place, rule, shape)| Rule::read(place, rule, shape));
    rules.collect()
}
