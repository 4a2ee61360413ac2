//! The verdict on any tags, against a model of the rules that fits on a page.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};
use tag_compliance_checker::instance::Tags;
use tag_compliance_checker::policy::TagPolicy;

use crate::support::{VALUES, cases, hostile_policy, hostile_tags, instance, policy, subject};

#[derive(Debug, Clone)]
struct Rule {
    key: String,
    ignore_key_case: bool,
    demand: Demand,
}

#[derive(Debug, Clone)]
enum Demand {
    Forbidden,
    Required {
        allowed: Option<Vec<String>>,
        ignore_value_case: bool,
        min: Option<usize>,
        max: Option<usize>,
    },
}

/// What is wrong: the key and why.
type Violations = Vec<(String, &'static str)>;

fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

fn is_blank(text: &str) -> bool {
    text.chars().all(|character| {
        matches!(u32::from(character), 9..=13 | 0x20 | 0x85 | 0xa0 | 0x1680 | 0x2000..=0x200a | 0x2028 | 0x2029
            | 0x202f | 0x205f | 0x3000)
    })
}

impl Rule {
    fn document(&self) -> Value {
        match &self.demand {
            Demand::Forbidden => json!({"key": self.key, "ignore_key_case": self.ignore_key_case}),
            Demand::Required {
                allowed,
                ignore_value_case,
                min,
                max,
            } => json!({
                "key": self.key, "ignore_key_case": self.ignore_key_case, "allowed_values": allowed,
                "ignore_value_case": ignore_value_case, "min_length": min, "max_length": max,
            }),
        }
    }

    fn violation(&self, tags: &Tags) -> Option<(String, &'static str)> {
        let of_this_case = tags.iter().find(|(key, _)| **key == self.key);
        let of_any_case = tags.iter().find(|(key, _)| lower(key) == lower(&self.key));
        let found = of_this_case.or(of_any_case.filter(|_| self.ignore_key_case));
        match (&self.demand, found) {
            (Demand::Forbidden, None) => None,
            (Demand::Forbidden, Some((key, _))) => Some((key.clone(), "forbidden")),
            (Demand::Required { .. }, None) => Some((self.key.clone(), "missing")),
            (
                Demand::Required {
                    allowed,
                    ignore_value_case,
                    min,
                    max,
                },
                Some((key, value)),
            ) => {
                let length = value.chars().count();
                let is_allowed = allowed.as_ref().is_none_or(|allowed| {
                    allowed
                        .iter()
                        .any(|it| it == value || (*ignore_value_case && lower(it) == lower(value)))
                });
                let reason = if is_blank(value) {
                    "blank"
                } else if min.is_some_and(|min| length < min) {
                    "too-short"
                } else if max.is_some_and(|max| length > max) {
                    "too-long"
                } else if !is_allowed {
                    "not-allowed"
                } else {
                    return None;
                };
                Some((key.clone(), reason))
            }
        }
    }
}

fn required() -> impl Strategy<Value = Demand> {
    let visible: Vec<_> = VALUES
        .iter()
        .copied()
        .filter(|value| !is_blank(value))
        .collect();
    let allowed = option::of(vec(select(visible).prop_map(str::to_owned), 1..4));
    let lengths = (
        option::weighted(0.2, 1..5_usize),
        option::weighted(0.2, 5..257_usize),
    );
    (allowed, any::<bool>(), lengths).prop_map(|(allowed, ignore_value_case, (min, max))| {
        Demand::Required {
            allowed,
            ignore_value_case,
            min,
            max,
        }
    })
}

/// Rules about keys of which none is another one in another case.
fn rules() -> impl Strategy<Value = (Vec<Rule>, Vec<Rule>)> {
    let rules = |keys: Vec<&'static str>, demand: BoxedStrategy<Demand>| {
        let count = keys.len();
        let least = usize::from(count > 3);
        (
            subsequence(keys, least..=count),
            vec((any::<bool>(), demand), count),
        )
            .prop_map(|(keys, demands)| {
                let rule = |(key, (ignore_key_case, demand)): (&str, _)| Rule {
                    key: key.to_owned(),
                    ignore_key_case,
                    demand,
                };
                keys.into_iter().zip(demands).map(rule).collect::<Vec<_>>()
            })
    };
    (
        rules(
            vec![
                "Environment",
                "Owner",
                "Application",
                "Größe",
                "Ⱥ",
                "Σ",
                "K",
            ],
            required().boxed(),
        ),
        rules(
            vec!["Temporary", "Unmanaged", "Moving"],
            Just(Demand::Forbidden).boxed(),
        ),
    )
}

fn found(policy: &TagPolicy, tags: &Tags) -> Violations {
    let instance = instance(tags.clone());
    let subject = subject(&instance);
    let verdict = policy.judge(&subject).unwrap();
    let missing = verdict
        .missing_tags
        .iter()
        .map(|key| ((*key).to_owned(), "missing"));
    let invalid = verdict.invalid_tags.iter().map(|tag| {
        let reason = json!(tag)["reason"].as_str().unwrap().to_owned();
        let known = ["blank", "too-short", "too-long", "not-allowed"];
        (
            tag.key.to_owned(),
            known.into_iter().find(|it| *it == reason).unwrap(),
        )
    });
    let forbidden = verdict
        .forbidden_tags
        .iter()
        .map(|tag| (tag.key.to_owned(), "forbidden"));
    missing.chain(invalid).chain(forbidden).collect()
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn the_verdict_is_that_of_the_model(
        (required, forbidden) in rules(),
        tags in hostile_tags(),
        exemption in option::of(select(vec!["2025-12-31", "2099-12-31"])),
    ) {
        let exemptions: Vec<_> = exemption.iter().map(|expires| {
            json!({"owner": "x", "reason": "x", "expires": expires, "when": {"tags": [{"key": "Lab"}]}})
        }).collect();
        let documents = |rules: &[Rule]| rules.iter().map(Rule::document).collect::<Vec<_>>();
        let policy = policy(&json!({
            "required_tags": documents(&required), "forbidden_tags": documents(&forbidden), "exemptions": exemptions,
        }));
        let mut expected: Violations =
            required.iter().chain(&forbidden).filter_map(|rule| rule.violation(&tags)).collect();
        // Those that are missing come first.
        expected.sort_by_key(|(_, reason)| (*reason != "missing", *reason == "forbidden"));
        prop_assert_eq!(&found(&policy, &tags), &expected);

        let instance = instance(tags.clone());
        let verdict = policy.judge(&subject(&instance)).unwrap();
        let status = match exemption {
            _ if expected.is_empty() => "compliant",
            Some("2099-12-31") if tags.contains_key("Lab") => "exempt",
            _ => "non-compliant",
        };
        prop_assert_eq!(verdict.status().as_str(), status);
        let keys: Vec<_> = required.iter().map(|rule| rule.key.as_str()).collect();
        prop_assert_eq!(&verdict.required_tags, &keys);
        let expired = exemption == Some("2025-12-31") && tags.contains_key("Lab") && !expected.is_empty();
        prop_assert_eq!(verdict.expired_exemptions.len(), usize::from(expired));
    }

    #[test]
    fn a_verdict_agrees_with_itself(policy in hostile_policy(), tags in hostile_tags()) {
        let instance = instance(tags);
        let subject = subject(&instance);
        let verdict = policy.judge(&subject).unwrap();
        prop_assert_eq!(&verdict, &policy.judge(&subject).unwrap());
        let violations =
            verdict.missing_tags.len() + verdict.invalid_tags.len() + verdict.forbidden_tags.len();
        prop_assert_eq!(violations, verdict.violated_rules.len());
        prop_assert_eq!(verdict.is_compliant(), violations == 0);
        prop_assert_eq!(verdict.status().as_str() == "compliant", violations == 0);
        prop_assert!(verdict.exemption.is_none() || verdict.expired_exemptions.is_empty());
        for tag in &verdict.misspelled_tags {
            prop_assert!(verdict.missing_tags.contains(&tag.key));
            prop_assert!(instance.tags.contains_key(tag.found) && !tag.found.starts_with("aws:"));
            prop_assert!(!policy.rules().iter().any(|rule| rule.key.text == tag.found));
        }
        for tag in &verdict.invalid_tags {
            prop_assert_eq!(instance.tags.get(tag.key).map(String::as_str), Some(tag.value));
            prop_assert!(verdict.required_tags.contains(&tag.required));
        }
        for key in &verdict.missing_tags {
            prop_assert!(!instance.tags.contains_key(*key) && verdict.required_tags.contains(key));
        }
    }
}
