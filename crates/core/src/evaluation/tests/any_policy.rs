//! What must hold for every policy and all tags.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;
use crate::instance::Tags;

fn any_policy() -> impl Strategy<Value = TagPolicy> {
    let allowed = proptest::option::of(vec("[a-c]{1,2}", 1..3));
    btree_map("[A-E]", allowed, 1..5).prop_map(|tags| {
        let tag = |(key, allowed)| json!({"key": key, "allowed_values": allowed});
        let required: Vec<_> = tags.into_iter().map(tag).collect();
        policy(&json!({"required_tags": required}))
    })
}

fn any_tags() -> impl Strategy<Value = Tags> {
    btree_map("[A-Fa-b]", "[a-c ]{0,2}", 0..8).prop_map(Tags::from_iter)
}

fn allowed_values(rule: &Rule) -> Option<&Vec<String>> {
    rule.values()?.allowed_values.as_ref()
}

proptest! {
    #[test]
    fn each_required_key_is_missing_invalid_or_satisfied(policy in any_policy(), tags in any_tags()) {
        let instance = instance(tags.clone());
        let evaluation = policy.evaluate(&subject(&instance));
        for rule in policy.rules() {
            let key = &rule.key.text;
            let missing = evaluation.missing_tags.contains(&key.as_str());
            let invalid = evaluation.invalid_tags.iter().any(|tag| tag.key.raw() == key);
            prop_assert_eq!(missing, tags.get(key).is_none());
            let satisfied = tags.get(key).is_some_and(|value| {
                let is_allowed = |allowed: &Vec<String>| allowed.iter().any(|it| it == value.raw());
                !value.raw().trim().is_empty() && allowed_values(rule).is_none_or(is_allowed)
            });
            prop_assert_eq!(satisfied, !missing && !invalid);
        }
        let violations = evaluation.missing_tags.len() + evaluation.invalid_tags.len();
        prop_assert_eq!(violations, evaluation.violated_rules.len());
    }

    #[test]
    fn tags_that_are_not_required_change_nothing(policy in any_policy(), tags in any_tags()) {
        let mut more = tags.clone();
        more.extend([("Name".to_owned(), "web".to_owned())]);
        let (fewer, more) = (instance(tags), instance(more));
        prop_assert_eq!(policy.evaluate(&subject(&fewer)), policy.evaluate(&subject(&more)));
    }

    #[test]
    fn adding_what_is_missing_makes_compliant(policy in any_policy(), tags in any_tags()) {
        let mut repaired = tags.clone();
        for rule in policy.rules() {
            let value = allowed_values(rule).map_or("x", |allowed| allowed[0].as_str());
            repaired.extend([(rule.key.text.clone(), value.to_owned())]);
        }
        let repaired = instance(repaired);
        prop_assert!(policy.evaluate(&subject(&repaired)).is_compliant());
    }
}
