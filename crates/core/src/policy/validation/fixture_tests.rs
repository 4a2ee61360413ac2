//! The policies of `tests/fixtures/policies`, which Terraform's plan refuses and accepts as well.

use serde_json::Value;

use crate::testing::{errors_of, fixtures, policy};

fn listed(name: &str) -> Vec<Value> {
    let path = fixtures().join("policies").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn what_the_plan_refuses_is_refused_in_the_same_words() {
    let entries = listed("refused.json");
    assert!(entries.len() > 100, "{}", entries.len());
    let mut others = Vec::new();
    for entry in entries {
        let errors: Vec<_> = errors_of(&entry["policy"])
            .iter()
            .map(ToString::to_string)
            .collect();
        let expected = entry["expected"].as_str().unwrap_or_default();
        let expected = format!("expected {expected}");
        if !entry["expected"].is_null() && !errors.iter().any(|error| error.contains(&expected)) {
            others.push((entry["why"].clone(), errors));
        }
    }
    assert!(others.is_empty(), "{others:#?}");
}

#[test]
fn what_the_plan_accepts_is_accepted() {
    let entries = listed("accepted.json");
    assert!(entries.len() > 50, "{}", entries.len());
    for entry in entries {
        assert!(!policy(&entry["policy"]).rules().is_empty(), "{entry}");
    }
}
