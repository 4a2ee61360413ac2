//! Evaluations of arbitrary tags, against a model of the rules that fits on a page.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};
use tag_compliance_core::instance::{TagValue, Tags};
use tag_compliance_core::policy::TagPolicy;
use tag_compliance_core::testing::{instance, policy, subject};

use crate::support::{VALUES, cases, hostile_policy, hostile_tags, is_unseen};

#[derive(Debug, Clone)]
struct Rule {
    key: String,
    ignore_key_case: bool,
    requirement: Requirement,
}

#[derive(Debug, Clone)]
enum Requirement {
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
        is_unseen(character)
            || matches!(u32::from(character), 0..=0x20 | 0x7f..=0xa0 | 0x1680 | 0x2000..=0x200a
                | 0x2028 | 0x2029 | 0x202f | 0x205f | 0x3000)
    })
}

impl Rule {
    fn document(&self) -> Value {
        match &self.requirement {
            Requirement::Forbidden => {
                json!({"key": self.key, "ignore_key_case": self.ignore_key_case})
            }
            Requirement::Required {
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

    /// Every spelling of a forbidden tag counts; of a required one, only one does.
    fn violations(&self, tags: &Tags) -> Violations {
        match &self.requirement {
            Requirement::Forbidden => tags
                .iter()
                .filter(|(key, _)| {
                    *key == self.key
                        || (self.ignore_key_case && lower(key.raw()) == lower(&self.key))
                })
                .map(|(key, _)| (key.raw().to_owned(), "forbidden"))
                .collect(),
            Requirement::Required { .. } => self.violation(tags).into_iter().collect(),
        }
    }

    fn violation(&self, tags: &Tags) -> Option<(String, &'static str)> {
        let of_this_case = tags.iter().find(|(key, _)| *key == self.key);
        let of_any_case = tags
            .iter()
            .find(|(key, _)| lower(key.raw()) == lower(&self.key));
        let found = of_this_case.or(of_any_case.filter(|_| self.ignore_key_case));
        let found = found.map(|(key, value)| (key.raw().to_owned(), value.raw()));
        match (&self.requirement, found) {
            (Requirement::Forbidden, _) => None,
            (Requirement::Required { .. }, None) => Some((self.key.clone(), "missing")),
            (
                Requirement::Required {
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
                Some((key, reason))
            }
        }
    }
}

fn required() -> impl Strategy<Value = Requirement> {
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
        Requirement::Required {
            allowed,
            ignore_value_case,
            min,
            max,
        }
    })
}

/// Rules about keys of which none is another one in another case.
fn rules() -> impl Strategy<Value = (Vec<Rule>, Vec<Rule>)> {
    let rules = |keys: Vec<&'static str>, requirement: BoxedStrategy<Requirement>| {
        let count = keys.len();
        let least = usize::from(count > 3);
        (
            subsequence(keys, least..=count),
            vec((any::<bool>(), requirement), count),
        )
            .prop_map(|(keys, requirements)| {
                let rule = |(key, (ignore_key_case, requirement)): (&str, _)| Rule {
                    key: key.to_owned(),
                    ignore_key_case,
                    requirement,
                };
                keys.into_iter()
                    .zip(requirements)
                    .map(rule)
                    .collect::<Vec<_>>()
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
            Just(Requirement::Forbidden).boxed(),
        ),
    )
}

fn found(policy: &TagPolicy, tags: &Tags) -> Violations {
    let instance = instance(tags.clone());
    let subject = subject(&instance);
    let evaluation = policy.evaluate(&subject);
    let missing = evaluation
        .missing_tags
        .iter()
        .map(|key| ((*key).to_owned(), "missing"));
    let invalid = evaluation.invalid_tags.iter().map(|tag| {
        let reason = json!(tag)["reason"].as_str().unwrap().to_owned();
        let known = ["blank", "too-short", "too-long", "not-allowed"];
        (
            tag.key.raw().to_owned(),
            known.into_iter().find(|it| *it == reason).unwrap(),
        )
    });
    let forbidden = evaluation
        .forbidden_tags
        .iter()
        .map(|tag| (tag.key.raw().to_owned(), "forbidden"));
    missing.chain(invalid).chain(forbidden).collect()
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn the_evaluation_is_that_of_the_model(
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
            required.iter().chain(&forbidden).flat_map(|rule| rule.violations(&tags)).collect();
        // Those that are missing come first.
        expected.sort_by_key(|(_, reason)| (*reason != "missing", *reason == "forbidden"));
        let is_accepted = exemption == Some("2099-12-31") && tags.get("Lab").is_some();
        let could_be_accepted = expected.iter().filter(|(_, reason)| *reason != "forbidden").count();
        // An exemption that names no keys leaves the forbidden tags.
        let has_forbidden = could_be_accepted < expected.len();
        if is_accepted && has_forbidden {
            expected.retain(|(_, reason)| *reason == "forbidden");
        }
        prop_assert_eq!(&found(&policy, &tags), &expected);

        let instance = instance(tags.clone());
        let evaluation = policy.evaluate(&subject(&instance));
        let status = match exemption {
            _ if expected.is_empty() => "compliant",
            _ if is_accepted && !has_forbidden => "exempt",
            _ => "non-compliant",
        };
        prop_assert_eq!(evaluation.status().as_str(), status);
        let keys: Vec<_> = required.iter().map(|rule| rule.key.as_str()).collect();
        prop_assert_eq!(&evaluation.required_tags, &keys);
        let accepted = if is_accepted && has_forbidden { could_be_accepted } else { 0 };
        prop_assert_eq!(evaluation.exempt_findings.len(), accepted);
        let expired = exemption == Some("2025-12-31") && tags.get("Lab").is_some() && could_be_accepted > 0;
        prop_assert_eq!(evaluation.expired_exemptions.len(), usize::from(expired));
    }

    #[test]
    fn an_evaluation_agrees_with_itself(policy in hostile_policy(), tags in hostile_tags()) {
        let instance = instance(tags);
        let subject = subject(&instance);
        let evaluation = policy.evaluate(&subject);
        prop_assert_eq!(&evaluation, &policy.evaluate(&subject));
        let forbidding = evaluation.violated_rules.iter().filter(|rule| rule.is_forbidding()).count();
        prop_assert!(evaluation.forbidden_tags.len() >= forbidding);
        let violations = evaluation.missing_tags.len() + evaluation.invalid_tags.len() + forbidding;
        prop_assert_eq!(violations, evaluation.violated_rules.len());
        prop_assert_eq!(evaluation.is_compliant(), violations == 0);
        prop_assert_eq!(evaluation.status().as_str() == "compliant", violations == 0);
        prop_assert!(evaluation.exemption.is_none() || evaluation.expired_exemptions.is_empty());
        for tag in &evaluation.misspelled_tags {
            prop_assert!(evaluation.missing_tags.contains(&tag.key));
            prop_assert!(instance.tags.get(tag.found.raw()).is_some() && !tag.found.raw().starts_with("aws:"));
            prop_assert!(!policy.rules().iter().any(|rule| tag.found == rule.key.text));
        }
        for tag in &evaluation.invalid_tags {
            prop_assert_eq!(instance.tags.get(tag.key.raw()).map(TagValue::raw), Some(tag.value.raw()));
            prop_assert!(evaluation.required_tags.contains(&tag.required));
        }
        for key in &evaluation.missing_tags {
            prop_assert!(instance.tags.get(key).is_none() && evaluation.required_tags.contains(key));
        }
    }
}
