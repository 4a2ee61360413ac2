//! Rules `required-tags` of AWS Config. The sources are the page "required-tags" of its developer
//! guide, and `ConfigRule` and `Scope` in its API reference.

mod rule;

use serde_json::Value;
use tag_compliance_core::policy::document::{Condition, PolicyDocument, Scope};

use self::rule::{Rule, is_required_tags};
use super::place::{Place, given, quoted};
use super::{ImportError, Imported};

pub(super) use self::rule::is_parameter;

/// Converts the rules of all files.
pub(super) fn import(documents: &[(Place, Value)]) -> Result<Imported, ImportError> {
    let mut notes = Vec::new();
    let mut rules = Vec::new();
    for (place, document) in documents {
        rules.extend(read(place, document, &mut notes)?);
    }
    let mut rules = only_for_instances(rules, &mut notes);
    check_keys(&rules)?;
    for rule in &mut rules {
        notes.append(&mut rule.notes);
    }
    let scope = scope(&mut rules, &mut notes);
    let any_value: Vec<_> = rules
        .iter()
        .flat_map(|rule| &rule.tags)
        .filter(|(_, tag)| tag.allowed_values.is_none())
        .map(|(_, tag)| tag.key.as_str())
        .collect();
    if !any_value.is_empty() {
        let keys = quoted(any_value);
        notes.push(format!(
            "{keys}: AWS Config accepts any value, even none at all; this policy never accepts a \
             blank one"
        ));
    }
    let tags = rules.into_iter().flat_map(|rule| rule.tags);
    Ok(Imported {
        document: PolicyDocument {
            required_tags: tags.map(|(_, tag)| tag).collect(),
            scope,
            ..PolicyDocument::default()
        },
        notes,
    })
}

/// The rules of a file: parameters, a rule, or what `aws configservice describe-config-rules` says.
fn read(
    place: &Place,
    document: &Value,
    notes: &mut Vec<String>,
) -> Result<Vec<Rule>, ImportError> {
    if let Some(rules) = document.get("ConfigRules") {
        let place = place.field("ConfigRules");
        let rules_and_places = place
            .list(rules, "a list of rules")?
            .iter()
            .enumerate()
            .map(|(index, rule)| (place.index(index), rule));
        let (ours, others): (Vec<_>, Vec<_>) =
            rules_and_places.partition(|(_, rule)| is_required_tags(rule));
        if ours.is_empty() {
            let expected = "a rule whose Source.SourceIdentifier is REQUIRED_TAGS";
            return Err(place.expected(expected, rules));
        }
        if !others.is_empty() {
            let names = others.iter().map(|(place, rule)| rule::name(rule, place));
            let text = format!(
                "{}: other rules than required-tags are left out",
                quoted(names)
            );
            notes.push(place.note(&text));
        }
        return ours
            .iter()
            .map(|(place, rule)| Rule::of_rule(place, rule))
            .collect();
    }
    if let Some(rule) = document.get("ConfigRule") {
        return Ok(vec![Rule::of_rule(&place.field("ConfigRule"), rule)?]);
    }
    let is_rule = document
        .get("InputParameters")
        .or(document.get("Source"))
        .is_some();
    let rule = if is_rule {
        Rule::of_rule(place, document)?
    } else {
        Rule::of_parameters(place, document)?
    };
    Ok(vec![rule])
}

/// Leaves out the rules for other resources than EC2 instances, unless there are only such.
fn only_for_instances(rules: Vec<Rule>, notes: &mut Vec<String>) -> Vec<Rule> {
    let (ours, others): (Vec<_>, Vec<_>) =
        rules.into_iter().partition(|rule| rule.is_for_instances);
    let (rules, text) = if ours.is_empty() {
        let text = "the rule is not for AWS::EC2::Instance; this policy requires its tags of EC2 \
            instances all the same";
        (None, text)
    } else {
        (
            Some(ours),
            "the rule is left out: it is not for AWS::EC2::Instance",
        )
    };
    notes.extend(others.iter().map(|rule| rule.place.note(text)));
    rules.unwrap_or(others)
}

/// Each key once, unless each of its rules is for other instances.
fn check_keys(rules: &[Rule]) -> Result<(), ImportError> {
    let mut seen: Vec<(&str, &Place, Option<&Condition>)> = Vec::new();
    for rule in rules {
        for (place, tag) in &rule.tags {
            let condition = rule.condition.as_ref();
            let earlier = seen.iter().find(|(key, _, other)| {
                let is_apart = condition.is_some() && other.is_some() && condition != *other;
                *key == tag.key && !is_apart
            });
            if let Some((_, earlier, _)) = earlier {
                let expected = format!("a key that is not required already ({earlier})");
                return Err(place.expected(&expected, &tag.key.as_str().into()));
            }
            seen.push((&tag.key, place, condition));
        }
    }
    Ok(())
}

/// What all rules are for is what the policy is for; else each tag is required where its rule is.
fn scope(rules: &mut [Rule], notes: &mut Vec<String>) -> Option<Scope> {
    let first = rules.first().and_then(|rule| rule.condition.clone());
    if rules.iter().all(|rule| rule.condition == first) {
        let include = Some(vec![first?]);
        return Some(Scope {
            include,
            exclude: None,
        });
    }
    for rule in rules {
        let Some(condition) = &rule.condition else {
            continue;
        };
        for (_, tag) in &mut rule.tags {
            tag.when = Some(condition.clone());
        }
        let text =
            "other rules are for other instances, and so its tags are required `when` this holds";
        notes.push(rule.place.field("Scope").note(text));
    }
    None
}

/// A field that is given, and where it is.
fn field<'a>(place: &Place, value: &'a Value, name: &str) -> Option<(Place, &'a Value)> {
    let value = given(value.as_object()?, name)?;
    Some((place.field(name), value))
}

#[cfg(test)]
mod tests;
