use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn required(key: &str, allowed_values: Option<&[&str]>) -> RequiredTag {
    RequiredTag {
        key: key.to_owned(),
        allowed_values: allowed_values
            .map(|values| values.iter().map(|value| (*value).to_owned()).collect()),
    }
}

fn default_policy() -> TagPolicy {
    TagPolicy::new(vec![
        required("Environment", Some(&["dev", "staging", "prod"])),
        required("Owner", None),
        required("Application", None),
    ])
    .unwrap()
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn errors_of(required_tags: Vec<RequiredTag>) -> Vec<PolicyError> {
    TagPolicy::new(required_tags).unwrap_err().0
}

#[test]
fn verdicts_by_table() {
    const COMPLETE: &[(&str, &str)] = &[
        ("Environment", "prod"),
        ("Owner", "web"),
        ("Application", "shop"),
    ];
    type Row<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str], &'a [&'a str]);
    let table: &[Row<'_>] = &[
        (COMPLETE, &[], &[]),
        (&[], &["Environment", "Owner", "Application"], &[]),
        (
            &[("Name", "web-server"), ("Environment", "prod")],
            &["Owner", "Application"],
            &[],
        ),
        (
            &[
                ("Environment", "qa"),
                ("Owner", "web"),
                ("Application", "shop"),
            ],
            &[],
            &["Environment: \"qa\" is not one of dev, staging, prod"],
        ),
        (
            &[
                ("Environment", "Prod"),
                ("Owner", "web"),
                ("Application", "shop"),
            ],
            &[],
            &["Environment: \"Prod\" is not one of dev, staging, prod"],
        ),
        (
            &[
                ("Environment", "prod "),
                ("Owner", "web"),
                ("Application", "shop"),
            ],
            &[],
            &["Environment: \"prod \" is not one of dev, staging, prod"],
        ),
        (
            &[
                ("Environment", ""),
                ("Owner", " \t\u{3000}"),
                ("Application", "shop"),
            ],
            &[],
            &[
                "Environment: the value is blank",
                "Owner: the value is blank",
            ],
        ),
        (
            &[
                ("environment", "prod"),
                ("OWNER", "web"),
                ("Application", ""),
            ],
            &["Environment", "Owner"],
            &["Application: the value is blank"],
        ),
    ];
    let policy = default_policy();
    for (pairs, missing, invalid) in table {
        let tags = tags(pairs);
        let verdict = policy.judge(&tags);
        let explained: Vec<_> = verdict
            .invalid_tags
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(verdict.missing_tags, *missing, "{pairs:?}");
        assert_eq!(explained, *invalid, "{pairs:?}");
        assert_eq!(
            verdict.is_compliant(),
            missing.is_empty() && invalid.is_empty(),
            "{pairs:?}"
        );
    }
}

#[test]
fn an_invalid_tag_says_why_in_the_record() {
    let policy = default_policy();
    let tags = tags(&[("Environment", "qa"), ("Owner", "")]);
    assert_eq!(
        serde_json::to_value(policy.judge(&tags).invalid_tags).unwrap(),
        json!([
            {
                "key": "Environment",
                "value": "qa",
                "reason": "not-allowed",
                "allowedValues": ["dev", "staging", "prod"]
            },
            {"key": "Owner", "value": "", "reason": "blank"}
        ])
    );
}

#[test]
fn a_policy_document_is_read_in_its_order() {
    let policy = TagPolicy::from_json(
        r#"{"requiredTags":[{"key":"Owner"},{"key":"Environment","allowedValues":["dev"]}]}"#,
    )
    .unwrap();
    assert_eq!(
        policy.required_keys().collect::<Vec<_>>(),
        ["Owner", "Environment"]
    );
    let tags = tags(&[("Owner", "web"), ("Environment", "prod")]);
    assert_eq!(policy.judge(&tags).invalid_tags.len(), 1);
}

#[test]
fn a_document_that_is_none_names_the_place() {
    for (text, part) in [
        ("", "EOF"),
        ("[]", "invalid"),
        ("{}", "requiredTags"),
        (r#"{"requiredTags":[{"allowedValues":[]}]}"#, "key"),
        (r#"{"requiredTags":[{"key":1}]}"#, "expected a string"),
        (r#"{"requiredTags":[],"more":1}"#, "more"),
        (
            r#"{"requiredTags":[{"key":"a","allowed_values":[]}]}"#,
            "allowed_values",
        ),
    ] {
        let error = TagPolicy::from_json(text).unwrap_err().to_string();
        assert!(error.starts_with("not a policy document: "), "{error}");
        assert!(error.contains(part), "{text}: {error}");
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let long_key = "k".repeat(MAX_KEY_CHARS + 1);
    let long_value = "v".repeat(MAX_VALUE_CHARS + 1);
    let error = TagPolicy::new(vec![
        required(" ", None),
        required(&long_key, None),
        required("Owner", Some(&[])),
        required("Owner", Some(&["", &long_value, "ok"])),
    ])
    .unwrap_err();
    assert_eq!(
        error.0,
        [
            PolicyError::Key {
                index: 0,
                key: " ".to_owned()
            },
            PolicyError::Key {
                index: 1,
                key: long_key
            },
            PolicyError::NoAllowedValue { index: 2 },
            PolicyError::DuplicateKey {
                index: 3,
                key: "Owner".to_owned()
            },
            PolicyError::AllowedValue {
                index: 3,
                value: String::new()
            },
            PolicyError::AllowedValue {
                index: 3,
                value: long_value
            },
        ]
    );
    assert!(
        error
            .to_string()
            .contains("requiredTags[3].key: \"Owner\" is required twice; ")
    );
}

#[test]
fn a_policy_asks_for_1_to_50_tags() {
    let many = |count: usize| {
        (0..count)
            .map(|n| required(&n.to_string(), None))
            .collect::<Vec<_>>()
    };
    assert_eq!(errors_of(vec![]), [PolicyError::TagCount(0)]);
    assert_eq!(
        errors_of(many(MAX_TAGS + 1)),
        [PolicyError::TagCount(MAX_TAGS + 1)]
    );
    assert!(TagPolicy::new(many(MAX_TAGS)).is_ok());
}

#[test]
fn the_longest_key_and_value_of_aws_are_accepted() {
    let key = "ä".repeat(MAX_KEY_CHARS);
    let value = "ä".repeat(MAX_VALUE_CHARS);
    assert!(TagPolicy::new(vec![required(&key, Some(&[&value]))]).is_ok());
}

#[test]
fn the_fingerprint_tells_policies_apart() {
    let policies = [
        vec![required("a", None)],
        vec![required("b", None)],
        vec![required("a", None), required("b", None)],
        vec![required("b", None), required("a", None)],
        vec![required("a", Some(&["any"]))],
        vec![required("a", Some(&["1", "2"]))],
        vec![required("a", Some(&["12"]))],
    ];
    let fingerprints: HashSet<_> = policies
        .iter()
        .map(|tags| {
            TagPolicy::new(tags.clone())
                .unwrap()
                .fingerprint()
                .to_owned()
        })
        .collect();
    assert_eq!(fingerprints.len(), policies.len());
    assert!(fingerprints.iter().all(|text| text.len() == 64));
    assert_eq!(
        default_policy().fingerprint(),
        default_policy().fingerprint()
    );
}

fn any_policy() -> impl Strategy<Value = TagPolicy> {
    let allowed = proptest::option::of(vec("[a-c]{1,2}", 1..3));
    btree_map("[A-E]", allowed, 1..5).prop_map(|tags| {
        let tags = tags
            .into_iter()
            .map(|(key, allowed_values)| RequiredTag {
                key,
                allowed_values,
            })
            .collect();
        TagPolicy::new(tags).unwrap()
    })
}

fn any_tags() -> impl Strategy<Value = Tags> {
    btree_map("[A-Fa-b]", "[a-c ]{0,2}", 0..8)
}

proptest! {
    #[test]
    fn each_required_key_is_missing_invalid_or_satisfied(policy in any_policy(), tags in any_tags()) {
        let verdict = policy.judge(&tags);
        for required in &policy.required_tags {
            let missing = verdict.missing_tags.contains(&required.key.as_str());
            let invalid = verdict.invalid_tags.iter().any(|tag| tag.key == required.key);
            prop_assert_eq!(missing, !tags.contains_key(&required.key));
            let satisfied = tags.get(&required.key).is_some_and(|value| {
                !value.trim().is_empty()
                    && required.allowed_values.as_ref().is_none_or(|allowed| allowed.contains(value))
            });
            prop_assert_eq!(satisfied, !missing && !invalid);
        }
        prop_assert!(verdict.missing_tags.len() + verdict.invalid_tags.len() <= policy.required_tags.len());
    }

    #[test]
    fn tags_that_are_not_required_change_nothing(policy in any_policy(), tags in any_tags()) {
        let mut more = tags.clone();
        more.insert("Name".to_owned(), "web".to_owned());
        prop_assert_eq!(policy.judge(&tags), policy.judge(&more));
    }

    #[test]
    fn adding_what_is_missing_makes_compliant(policy in any_policy(), tags in any_tags()) {
        let mut repaired = tags.clone();
        for required in &policy.required_tags {
            let value = required.allowed_values.as_ref().map_or("x", |allowed| allowed[0].as_str());
            repaired.insert(required.key.clone(), value.to_owned());
        }
        prop_assert!(policy.judge(&repaired).is_compliant());
    }
}
