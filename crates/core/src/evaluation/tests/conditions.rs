//! Where a rule applies.

use super::*;
use crate::instance::Tags;

#[test]
fn a_rule_is_for_where_its_condition_holds() {
    for (when, holds) in [
        (
            json!({"tags": [{"key": "Stage", "values": ["test", "prod"]}]}),
            true,
        ),
        (
            json!({"tags": [{"key": "Stage", "values": ["PROD"]}]}),
            false,
        ),
        (
            json!({"tags": [{"key": "STAGE", "values": ["PROD"], "ignore_case": true}]}),
            true,
        ),
        (json!({"tags": [{"key": "Stage", "pattern": "pr.*"}]}), true),
        (json!({"tags": [{"key": "Stage", "pattern": "pr"}]}), false),
        (json!({"tags": [{"key": "Stage"}]}), true),
        (json!({"tags": [{"key": "Team"}]}), false),
        (json!({"tags": [{"key": "Team", "values": ["web"]}]}), false),
        (json!({"tags": [{"key": "Team", "absent": true}]}), true),
        (json!({"tags": [{"key": "Stage", "absent": true}]}), false),
        (json!({"tags": [{"key": "Stage"}, {"key": "Team"}]}), false),
        (
            json!({"instance_ids": ["i-12345678", "i-1234567890abcdef0"]}),
            true,
        ),
        (json!({"instance_ids": ["i-12345678"]}), false),
        (json!({"auto_scaling_groups": ["web", "api"]}), true),
        (json!({"auto_scaling_groups": ["db"]}), false),
        (json!({"states": ["running"]}), true),
        (json!({"states": ["stopped"]}), false),
        (json!({"accounts": ["123456789012"]}), true),
        (json!({"accounts": ["210987654321"]}), false),
        (json!({"regions": ["eu-west-1", "us-east-1"]}), true),
        (json!({"regions": ["eu-west-1"]}), false),
        (
            json!({"operator": ["ecs.amazonaws.com", "eks.amazonaws.com"]}),
            true,
        ),
        (json!({"operator": ["ecs.amazonaws.com"]}), false),
        (json!({"min_age_hours": 10}), true),
        (json!({"min_age_hours": 11}), false),
        (json!({"max_age_hours": 10}), false),
        (json!({"max_age_hours": 11}), true),
        (
            json!({"states": ["running"], "regions": ["eu-west-1"]}),
            false,
        ),
        (
            json!({"states": ["running"], "regions": ["us-east-1"]}),
            true,
        ),
    ] {
        let tags = tags(&[("Stage", "prod"), ("aws:autoscaling:groupName", "api")]);
        let mut instance = instance(tags);
        instance.operator = Some("eks.amazonaws.com".parse().unwrap());
        let policy = policy(&json!({"required_tags": [
            {"key": "Stage"},
            {"key": "CostCenter", "when": when},
        ]}));
        let evaluation = policy.evaluate(&subject(&instance));
        assert_eq!(
            evaluation.missing_tags.contains(&"CostCenter"),
            holds,
            "{when}"
        );
        assert_eq!(
            evaluation.required_tags.contains(&"CostCenter"),
            holds,
            "{when}"
        );

        // What EC2 does not tell can't be said to hold.
        if when.to_string().contains("age_hours") || when.get("accounts").is_some() {
            instance.launched_at = None;
            instance.account_id = None;
            assert!(
                policy.evaluate(&subject(&instance)).is_compliant(),
                "{when}"
            );
        }
    }
}

#[test]
fn what_does_not_hold_is_said_in_words() {
    let when = json!({
        "tags": [
            {"key": "A"},
            {"key": "B", "absent": true},
            {"key": "C", "values": ["1", "2"]},
            {"key": "D", "pattern": "x+"},
        ],
        "instance_ids": ["i-12345678"],
        "auto_scaling_groups": ["web"],
        "states": ["stopping", "stopped"],
        "accounts": ["123456789012"],
        "regions": ["eu-west-1"],
        "operator": ["eks.amazonaws.com"],
        "min_age_hours": 1,
        "max_age_hours": 2,
    });
    let policy = policy(&json!({"required_tags": [{"key": "Owner", "when": when}]}));
    let condition = policy.rules()[0].when.as_ref().unwrap();
    assert!(
        condition
            .to_string()
            .starts_with("A is there and B is not there and C is 1 or 2 and ")
    );
    let tests = condition.tests();
    assert_eq!(
        tests.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "A is there",
            "B is not there",
            "C is 1 or 2",
            "D matches x+",
            "the instance is i-12345678",
            "the state is stopping or stopped",
            "the account is 123456789012",
            "the region is eu-west-1",
            "the operator is eks.amazonaws.com",
            "the Auto Scaling group is web",
            "it was launched 1 hour ago or earlier",
            "it was launched less than 2 hours ago",
        ]
    );
    let instance = instance(Tags::new());
    let outcome = policy.rules()[0].evaluate(&subject(&instance), &policy);
    assert_eq!(outcome, Outcome::NotApplicable(&tests[0]));
}
