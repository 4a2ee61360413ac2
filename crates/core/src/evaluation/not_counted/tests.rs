use serde_json::{Value, json};

use crate::testing::{instance, policy, subject, tags};

/// The keys of the findings that will count from 1 April, of an instance of the lab that was launched in January.
fn upcoming(exemption: &Value) -> Vec<String> {
    let soon = |key: &str| json!({"key": key, "enforced_from": "2026-04-01"});
    let mut exemption = exemption.clone();
    exemption["owner"] = json!("web");
    exemption["reason"] = json!("lab");
    let policy = policy(&json!({
        "required_tags": [soon("Owner"), soon("Stage")],
        "forbidden_tags": [soon("Temp")],
        "exemptions": [exemption],
    }));
    let instance = instance(tags(&[("Lab", "1"), ("Temp", "1")]));
    let evaluation = policy.evaluate(&subject(&instance));
    let upcoming = evaluation.upcoming.iter();
    upcoming.map(|it| it.rule.key.text.clone()).collect()
}

#[test]
fn what_an_exemption_will_accept_on_its_first_day_is_not_announced() {
    let lab = json!({"tags": [{"key": "Lab"}]});
    let other = json!({"tags": [{"key": "Other"}]});
    let old = json!({"min_age_hours": 720});
    let young = json!({"max_age_hours": 720});
    let all = ["Owner", "Stage", "Temp"];
    for (exemption, expected) in [
        (json!({"expires": "2026-04-01", "when": lab}), &all[2..]),
        (json!({"expires": "2026-03-31", "when": lab}), &all),
        (json!({"expires": "2026-04-01", "when": other}), &all),
        (
            json!({"expires": "2026-04-01", "when": lab, "keys": ["Owner", "Temp"]}),
            &all[1..2],
        ),
        // The age is that of the day.
        (json!({"expires": "2026-04-01", "when": old}), &all[2..]),
        (json!({"expires": "2026-04-01", "when": young}), &all),
    ] {
        assert_eq!(upcoming(&exemption), expected, "{exemption}");
    }
}
