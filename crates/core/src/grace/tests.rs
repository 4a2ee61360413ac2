use serde_json::{Value, json};

use super::*;
use crate::testing::{at, check, default_policy, instance, policy, subject, tags};

const MINUTE: Duration = Duration::from_mins(1);
/// When the instances here are looked at: see [`subject`].
const NOW: &str = "2026-01-01T10:00:00Z";

fn grace_period(watched: &[InstanceState]) -> GracePeriod {
    GracePeriod::new(MINUTE, watched)
}

fn of_state(state: InstanceState) -> Check {
    let mut check = check(Trigger::StateChange);
    check.event.state = Some(state);
    check
}

/// A change of tags, 10 s before the look.
fn of_tags(trigger: Trigger, keys: &[&str]) -> Check {
    let mut check = check(trigger);
    check.event.time = Some(at("2026-01-01T09:59:50Z"));
    check.changed_tags = Some(keys.iter().map(|key| (*key).to_owned()).collect());
    check
}

fn launching_call() -> Check {
    let mut check = check(Trigger::ApiCall);
    check.is_new = true;
    check
}

/// Whether the event of a check comes back that found an instance in this state, with a group but
/// without tags, 30 s after its launch.
fn comes_back(document: &Value, state: InstanceState, check: &Check) -> bool {
    let policy = policy(document);
    let mut instance = instance(tags(&[("aws:autoscaling:groupName", "web")]));
    instance.launched_at = Some(at("2026-01-01T09:59:30Z"));
    instance.state = state;
    let subject = subject(&instance);
    let evaluation = policy.evaluate(&subject);
    let grace_period = grace_period(&[InstanceState::Running, InstanceState::Stopped]);
    assert!(
        grace_period.remaining(&subject, &evaluation).is_some(),
        "{document}"
    );
    grace_period.brings_back(check, &subject, &evaluation, &policy)
}

#[test]
fn where_tags_alone_decide_one_event_of_a_launch_comes_back() {
    use InstanceState::{Pending, Running, Stopped};
    let by_tag = json!({"required_tags": [{"key": "Owner", "when": {"tags": [{"key": "Lab", "absent": true}]}}]});
    for (check, expected) in [
        (of_state(Running), true),
        (of_state(Pending), false),
        (of_state(Stopped), false),
        (of_tags(Trigger::TagChange, &["Owner"]), true),
        (of_tags(Trigger::TagChange, &["Lab"]), true),
        (of_tags(Trigger::TagChange, &["Name"]), false),
        (of_tags(Trigger::ApiCall, &["Owner"]), true),
        (of_tags(Trigger::ApiCall, &["Name"]), false),
        (launching_call(), false),
        // A call that deletes all tags.
        (check(Trigger::ApiCall), true),
        (check(Trigger::TagChange), true),
        (check(Trigger::AutoScaling), true),
        (check(Trigger::Manual), true),
    ] {
        assert_eq!(comes_back(&by_tag, Stopped, &check), expected, "{check:?}");
    }
    let mut of_launch = of_tags(Trigger::TagChange, &["Owner"]);
    of_launch.event.time = Some(at("2026-01-01T09:59:32Z"));
    assert!(!comes_back(&by_tag, Running, &of_launch));
}

#[test]
fn where_states_or_groups_decide_every_event_after_the_launch_comes_back() {
    use InstanceState::{Pending, Running, Stopped};
    let owner = json!([{"key": "Owner"}]);
    let lab =
        |when: Value| json!([{"owner": "a", "reason": "b", "expires": "2026-12-31", "when": when}]);
    for policy in [
        json!({"required_tags": [{"key": "Owner", "when": {"states": ["stopped"]}}]}),
        json!({"required_tags": [{"key": "Owner", "when": {"auto_scaling_groups": ["web"]}}]}),
        json!({"required_tags": owner, "scope": {"include": [{"states": ["stopped"]}]}}),
        json!({"required_tags": owner, "scope": {"exclude": [{"states": ["running"]}]}}),
        json!({"required_tags": owner, "scope": {"exclude": [{"auto_scaling_groups": ["other"]}]}}),
        json!({"required_tags": owner, "exemptions": lab(json!({"states": ["running"]}))}),
        json!({"required_tags": owner, "exemptions": lab(json!({"auto_scaling_groups": ["other"]}))}),
    ] {
        for check in [
            of_state(Running),
            of_state(Stopped),
            of_tags(Trigger::TagChange, &["Name"]),
        ] {
            assert!(comes_back(&policy, Stopped, &check), "{policy}, {check:?}");
        }
        // What belongs to the launch comes before its event, and is seen by it.
        let mut of_launch = of_tags(Trigger::TagChange, &["Owner"]);
        of_launch.event.time = Some(at("2026-01-01T09:59:32Z"));
        for check in [of_state(Pending), of_launch, launching_call()] {
            assert!(!comes_back(&policy, Stopped, &check), "{policy}, {check:?}");
        }
    }
    // It still runs, as at its launch.
    let by_group =
        json!({"required_tags": [{"key": "Owner", "when": {"auto_scaling_groups": ["web"]}}]});
    let renamed = of_tags(Trigger::TagChange, &["Name"]);
    assert!(!comes_back(&by_group, Running, &renamed));
    // What never changes is no reason, nor is a rule that is not violated.
    for policy in [
        json!({"required_tags": [{"key": "Owner", "when": {"instance_ids": ["i-1234567890abcdef0"]}}]}),
        json!({"required_tags": owner, "scope": {"include": [{"accounts": ["123456789012"]}]}}),
        json!({"required_tags": owner, "scope": {"include": [{"regions": ["us-east-1"]}]}}),
        json!({"required_tags": owner, "scope": {"include": [{"max_age_hours": 1}]}}),
        json!({"required_tags": [{"key": "Owner"}, {"key": "Team", "when": {"states": ["running"]}}]}),
    ] {
        assert!(
            !comes_back(&policy, Stopped, &of_state(Stopped)),
            "{policy}"
        );
    }
}

#[test]
fn an_instance_that_left_its_group_comes_back() {
    let excluded = json!({"required_tags": [{"key": "Owner"}],
                          "scope": {"exclude": [{"auto_scaling_groups": ["other"]}]}});
    let detached = of_tags(Trigger::TagChange, &["aws:autoscaling:groupName"]);
    assert!(comes_back(&excluded, InstanceState::Running, &detached));
    let policy = policy(&excluded);
    let instance = instance(tags(&[]));
    let evaluation = policy.evaluate(&subject(&instance));
    let changed = detached.changed_tags.unwrap();
    assert!(evaluation.may_be_due_to(&policy, &changed));
}

#[test]
fn where_no_event_tells_of_a_launch_every_event_comes_back() {
    let policy = default_policy();
    let instance = instance(tags(&[]));
    let subject = subject(&instance);
    let evaluation = policy.evaluate(&subject);
    let grace_period = grace_period(&[InstanceState::Stopped]);
    for check in [
        of_state(InstanceState::Stopped),
        of_tags(Trigger::TagChange, &["Name"]),
    ] {
        assert!(grace_period.brings_back(&check, &subject, &evaluation, &policy));
    }
}

#[test]
fn what_ended_within_its_grace_period_is_known_by_its_times() {
    let complete = &[
        ("Environment", "dev"),
        ("Owner", "web"),
        ("Application", "shop"),
    ];
    for (launched_at, ended_at, state, pairs, is_counted) in [
        (
            "09:30:00",
            Some("09:30:59"),
            InstanceState::Terminated,
            &[][..],
            true,
        ),
        (
            "09:30:00",
            Some("09:30:59"),
            InstanceState::ShuttingDown,
            &[],
            true,
        ),
        (
            "09:30:00",
            Some("09:30:59"),
            InstanceState::Terminated,
            &[("Owner", "web")],
            true,
        ),
        // What EC2 still shows of its tags is as it should be.
        (
            "09:30:00",
            Some("09:30:59"),
            InstanceState::Terminated,
            complete,
            false,
        ),
        (
            "09:30:00",
            Some("09:31:00"),
            InstanceState::Terminated,
            &[],
            false,
        ),
        (
            "09:30:00",
            Some("09:30:59"),
            InstanceState::Stopped,
            &[],
            false,
        ),
        // EC2 does not say when; at the latest, that is now.
        ("09:59:01", None, InstanceState::Terminated, &[], true),
        ("09:59:00", None, InstanceState::Terminated, &[], false),
    ] {
        let mut instance = instance(tags(pairs));
        let moment = |time: &str| at(&format!("2026-01-01T{time}Z"));
        instance.launched_at = Some(moment(launched_at));
        instance.ended_at = ended_at.map(moment);
        instance.state = state;
        let subject = subject(&instance);
        assert_eq!(subject.now, at(NOW));
        let grace_period = grace_period(&[InstanceState::Running]);
        let counted = |policy: &TagPolicy| grace_period.was_too_short_for(&subject, policy);
        let told = format!("{launched_at} to {ended_at:?}, {state}, {pairs:?}");
        assert_eq!(counted(&default_policy()), is_counted, "{told}");
        // It is evaluated as the running one that it was.
        let of_running =
            policy(&json!({"required_tags": [{"key": "Owner", "when": {"states": ["running"]}}]}));
        assert_eq!(
            counted(&of_running),
            is_counted && pairs.is_empty(),
            "{told}"
        );
        let of_others = policy(&json!({"required_tags": [{"key": "Owner"}],
                                       "scope": {"include": [{"regions": ["eu-west-1"]}]}}));
        assert!(!counted(&of_others), "{told}");
        let no_grace_period = GracePeriod::new(Duration::ZERO, &[InstanceState::Running]);
        assert!(!no_grace_period.was_too_short_for(&subject, &default_policy()));
    }
    let of_today =
        policy(&json!({"required_tags": [{"key": "Owner", "enforced_from": "2026-01-01"}]}));
    for (launched_at, ended_at, is_counted) in [
        ("2025-12-31T23:59:30Z", "2025-12-31T23:59:59Z", false),
        ("2025-12-31T23:59:30Z", "2026-01-01T00:00:00Z", true),
    ] {
        let mut instance = instance(tags(&[]));
        instance.state = InstanceState::Terminated;
        instance.launched_at = Some(at(launched_at));
        instance.ended_at = Some(at(ended_at));
        let grace_period = grace_period(&[InstanceState::Running]);
        let is_short = grace_period.was_too_short_for(&subject(&instance), &of_today);
        assert_eq!(is_short, is_counted, "it ended at {ended_at}");
    }
    let mut unknown = instance(tags(&[]));
    unknown.state = InstanceState::Terminated;
    unknown.launched_at = None;
    let grace_period = grace_period(&[InstanceState::Running]);
    assert!(!grace_period.was_too_short_for(&subject(&unknown), &default_policy()));
}
