//! What counts only from a later day on.

use serde_json::json;

use super::*;

#[test]
fn what_counts_later_on_is_a_fix_of_its_day() {
    let required =
        |key: &str, day: &str| json!({"key": key, "allowed_values": ["a"], "enforced_from": day});
    let policy = policy(&json!({
        "required_tags": [
            {"key": "Owner"},
            required("Project", "2099-04-01"),
            required("Stage", "2099-05-01"),
            required("Team", "2099-04-01"),
            required("Good", "2099-04-01"),
        ],
        "forbidden_tags": [
            {"key": "Temp", "enforced_from": "2099-05-01"},
            {"key": "Temp2", "enforced_from": "2099-05-01"},
        ],
    }));
    let instance = instance(tags(&[("Team", "b"), ("Good", "a"), ("Temp", "x")]));
    let subject = subject(&instance);
    let evaluation = policy.evaluate(&subject);
    let fixes: Vec<_> = Fix::upcoming(&subject, &evaluation, &policy, |_| true)
        .into_iter()
        .map(|(day, fix)| (day.to_string(), fix.commands))
        .collect();
    let on = "--region us-east-1 --resources i-1234567890abcdef0 --tags";
    assert_eq!(
        fixes,
        [
            (
                "2099-04-01".to_owned(),
                vec![format!(
                    "aws ec2 create-tags {on} 'Key=Project,Value=a' 'Key=Team,Value=a'"
                )]
            ),
            (
                "2099-05-01".to_owned(),
                vec![
                    format!("aws ec2 create-tags {on} 'Key=Stage,Value=a'"),
                    format!("aws ec2 delete-tags {on} 'Key=Temp'"),
                ]
            ),
        ]
    );
}

#[test]
fn a_tag_is_fixed_on_the_earliest_day_alone() {
    let when = |state: &str| json!({"states": [state]});
    let policy = policy(&json!({"required_tags": [
        {"key": "Owner", "when": when("running")},
        {"key": "Owner", "allowed_values": ["a"], "when": {"tags": [{"key": "x"}]}, "enforced_from": "2099-04-01"},
    ]}));
    let instance = instance(tags(&[("x", "1")]));
    let subject = subject(&instance);
    let evaluation = policy.evaluate(&subject);
    assert_eq!(evaluation.upcoming.len(), 1);
    let fixes = Fix::upcoming(&subject, &evaluation, &policy, |_| true);
    assert_eq!(fixes, []);
}
