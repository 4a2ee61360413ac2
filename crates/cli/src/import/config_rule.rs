//! Rules `required-tags` of AWS Config. The sources are the page "required-tags" of its developer
//! guide, and `ConfigRule`, `Scope` and `OrganizationConfigRule` in its API reference.

pub(super) mod answer;
mod parameters;
mod rule;
pub(super) mod shape;

use tag_compliance_core::policy::document::{Condition, PolicyDocument, Scope};

use super::notes::Notes;
use super::place::{Place, quoted};
use super::{ImportError, Imported, Summary};

pub(super) use self::parameters::is_parameter;
pub(super) use self::rule::Rule;

/// Converts rules.
pub(super) fn import(rules: Vec<Rule>, mut notes: Notes) -> Result<Imported, ImportError> {
    let count = rules.iter().map(|rule| rule.tags.len()).sum::<usize>();
    let mut rules = only_for_instances(rules, &mut notes);
    check_keys(&rules)?;
    let mut of_rules = Notes::default();
    for rule in &mut rules {
        of_rules.append(std::mem::take(&mut rule.notes));
    }
    let exclude = excluded_accounts(&rules, &mut notes);
    notes.append(of_rules);
    let include = include(&mut rules, &mut notes);
    let scope = (include.is_some() || exclude.is_some()).then_some(Scope { include, exclude });
    let required_tags: Vec<_> = rules.into_iter().flat_map(|rule| rule.tags).collect();
    let any_value: Vec<_> = required_tags
        .iter()
        .filter(|(_, tag)| tag.allowed_values.is_none())
        .map(|(_, tag)| tag.key.as_str())
        .collect();
    if !any_value.is_empty() {
        let keys = quoted(any_value);
        notes.verdict(format!(
            "{keys}: AWS Config accepts any value, even none at all; this policy never accepts a \
             blank one"
        ));
    }
    Ok(Imported {
        summary: Summary {
            required: required_tags.len(),
            left_out: count - required_tags.len(),
            ..Summary::default()
        },
        document: PolicyDocument {
            required_tags: required_tags.into_iter().map(|(_, tag)| tag).collect(),
            scope,
            ..PolicyDocument::default()
        },
        notes: notes.into_lines(),
    })
}

/// Leaves out the rules for other resources than EC2 instances.
fn only_for_instances(rules: Vec<Rule>, notes: &mut Notes) -> Vec<Rule> {
    let (ours, others): (Vec<_>, Vec<_>) =
        rules.into_iter().partition(|rule| rule.is_for_instances);
    let text = "the rule is left out: it is not for AWS::EC2::Instance";
    let texts = others.iter().map(|rule| rule.place.note(text));
    texts.for_each(|text| notes.verdict(text));
    ours
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

/// The accounts that no rule is for. A policy can't exclude one from some of its rules.
fn excluded_accounts(rules: &[Rule], notes: &mut Notes) -> Option<Vec<Condition>> {
    let accounts = |rule: &Rule| Some(rule.excluded_accounts.as_ref()?.1.clone());
    let first = rules.first().and_then(accounts);
    if rules.iter().all(|rule| accounts(rule) == first) {
        return Some(vec![Condition {
            accounts: Some(first?),
            ..Condition::default()
        }]);
    }
    let excluded = rules
        .iter()
        .filter_map(|rule| rule.excluded_accounts.as_ref());
    for (place, accounts) in excluded {
        let text = format!(
            "other rules do not exclude the same accounts, and so the rule's tags are required in {}, \
             too",
            quoted(accounts)
        );
        notes.verdict(place.note(&text));
    }
    None
}

/// What all rules are for is what the policy is for; else each tag is required where its rule is.
fn include(rules: &mut [Rule], notes: &mut Notes) -> Option<Vec<Condition>> {
    let first = rules.first().and_then(|rule| rule.condition.clone());
    if rules.iter().all(|rule| rule.condition == first) {
        return Some(vec![first?]);
    }
    for rule in rules {
        let Some(condition) = &rule.condition else {
            continue;
        };
        for (_, tag) in &mut rule.tags {
            tag.when = Some(condition.clone());
        }
        let text = "other rules are for other instances, and so the rule's tags are required `when` its \
            scope holds";
        notes.other(rule.place.note(text));
    }
    None
}

#[cfg(test)]
mod tests;
