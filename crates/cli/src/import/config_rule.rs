//! `required-tags` rules of AWS Config. The sources are the page "required-tags" of its developer guide, and
//! `ConfigRule`, `Scope` and `OrganizationConfigRule` in its API reference.

pub(super) mod answer;
mod merge;
mod parameters;
mod rule;
pub(super) mod shape;

use tag_compliance_core::policy::document::{Condition, PolicyDocument, Scope};

use super::notes::Notes;
use super::place::quoted;
use super::{ImportError, Imported, Summary};

pub(super) use self::parameters::is_parameter;
pub(super) use self::rule::Rule;

/// Converts rules.
pub(super) fn import(rules: Vec<Rule>, mut notes: Notes) -> Result<Imported, ImportError> {
    let count = |rules: &[Rule]| rules.iter().map(|rule| rule.tags.len()).sum::<usize>();
    let all = count(&rules);
    let mut rules = only_for_instances(rules, &mut notes);
    let left_out = all - count(&rules);
    let mut of_rules = Notes::default();
    for rule in &mut rules {
        of_rules.append(std::mem::take(&mut rule.notes));
    }
    notes.append(of_rules);
    let exclude = excluded_accounts(&mut rules);
    let include = include(&mut rules, &mut notes);
    let scope = (include.is_some() || exclude.is_some()).then_some(Scope { include, exclude });
    let required_tags = rules.into_iter().flat_map(|rule| rule.tags).collect();
    let required_tags = merge::merged(required_tags, &mut notes)?;
    let any_value: Vec<_> = required_tags
        .iter()
        .filter(|(_, tag)| tag.allowed_values.is_none())
        .map(|(_, tag)| tag.key.as_str())
        .collect();
    if !any_value.is_empty() {
        let keys = quoted(any_value);
        notes.important(format!(
            "{keys}: AWS Config accepts any value, even none at all; this policy never accepts a \
             blank one"
        ));
    }
    Ok(Imported {
        summary: Summary {
            required: required_tags.len(),
            left_out,
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

/// Drops rules that don't cover EC2 instances.
fn only_for_instances(rules: Vec<Rule>, notes: &mut Notes) -> Vec<Rule> {
    let (ours, others): (Vec<_>, Vec<_>) =
        rules.into_iter().partition(|rule| rule.is_for_instances);
    let text = "the rule is left out: it is not for AWS::EC2::Instance";
    let texts = others.iter().map(|rule| rule.place.note(text));
    texts.for_each(|text| notes.important(text));
    ours
}

/// The accounts that all rules exclude. Accounts that only some exclude go into those rules' conditions.
fn excluded_accounts(rules: &mut [Rule]) -> Option<Vec<Condition>> {
    let of_accounts = |accounts: &Vec<String>| Condition {
        accounts: Some(accounts.clone()),
        ..Condition::default()
    };
    let first = rules
        .first()
        .and_then(|rule| rule.excluded_accounts.clone());
    if rules.iter().all(|rule| rule.excluded_accounts == first) {
        return Some(vec![of_accounts(&first?)]);
    }
    for rule in rules {
        if let Some(accounts) = &rule.excluded_accounts {
            let condition = rule.condition.get_or_insert_default();
            condition.not = Some(Box::new(of_accounts(accounts)));
        }
    }
    None
}

/// The common scope of all rules becomes the policy's; otherwise each tag has its rule's scope as a condition.
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
        let text = "other rules cover other instances, so the rule's tags have a `when` of \
            their own";
        notes.other(rule.place.note(text));
    }
    None
}

#[cfg(test)]
mod tests;
