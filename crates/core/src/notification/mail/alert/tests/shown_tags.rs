//! Which tags an alert shows.

use super::*;

/// The lines of the tags in an alert that shows those of the policy alone.
fn policy_tags(policy: &TagPolicy, tags: Tags) -> Vec<String> {
    let instance = instance(tags);
    let subject = subject(&instance);
    let evaluation = policy.evaluate(&subject);
    let alert = render(&Alert {
        subject,
        evaluation: &evaluation,
        policy,
        tags: AlertTags::Policy,
    });
    let lines = alert.body.lines();
    let listed = lines.skip_while(|it| *it != "Current Tags:").skip(1);
    let listed = listed.take_while(|it| !it.is_empty());
    listed.map(str::to_owned).collect()
}

#[test]
fn an_alert_may_show_the_tags_of_the_policy_alone() {
    let policy = policy(&json!({
        "required_tags": [
            {"key": "Cost", "ignore_key_case": true, "allowed_values": ["1"]},
            {"key": "Tier", "when": {"tags": [{"key": "Stage"}]}},
        ],
        "forbidden_tags": [{"key": "Temp"}],
        "scope": {"exclude": [{"tags": [{"key": "Skip", "values": ["yes"]}]}]},
        "exemptions": [{"owner": "web", "reason": "lab", "expires": "2026-12-31",
                        "when": {"tags": [{"key": "Lab", "values": ["1"]}]}}],
        "owner_tag": "Team",
    }));
    let all = tags(&[
        ("COST", "2"),
        ("Lab", "x\ny"),
        ("Name", "web"),
        ("Password", "hunter2"),
        ("Owner", "ann@example.com"),
        ("Skip", "no"),
        ("Stage", "dev"),
        ("Team", "a"),
        ("Temp", "1"),
    ]);
    assert_eq!(
        policy_tags(&policy, all),
        [
            "  COST: 2",
            "  Lab: x\\ny",
            "  Name: web",
            "  Skip: no",
            "  Stage: dev",
            "  Team: a",
            "  Temp: ********",
            "  (2 not shown)",
        ]
    );
    let only_secret = tags(&[("Password", "hunter2")]);
    assert_eq!(policy_tags(&policy, only_secret), ["  (1 not shown)"]);
    assert_eq!(policy_tags(&policy, Tags::new()), ["  (none)"]);
}

#[test]
fn a_tag_that_is_not_shown_is_in_no_command() {
    let policy = default_policy();
    let instance = instance(tags(&[("owner", "hunter2")]));
    let subject = subject(&instance);
    let evaluation = policy.evaluate(&subject);
    let body = |tags| {
        let evaluation = &evaluation;
        let policy = &policy;
        let alert = Alert {
            subject,
            evaluation,
            policy,
            tags,
        };
        render(&alert).body
    };
    assert!(body(AlertTags::All).contains("'Key=Owner,Value=hunter2'"));
    assert!(!body(AlertTags::Policy).contains("hunter2"));
}
