//! New instances in their grace period.

use serde_json::{Value, json};

use crate::support::*;

const MINUTE: &str = "60";

/// A change of tags at the time of the [`CLOCK`].
fn tag_change(id: &str, changed: &[&str]) -> Value {
    json!({
        "id": "tag-change-1",
        "detail-type": "Tag Change on Resource",
        "source": "aws.tag",
        "time": CLOCK,
        "resources": [format!("arn:aws:ec2:us-east-1:123456789012:instance/{id}")],
        "detail": {"changed-tag-keys": changed, "service": "ec2", "resource-type": "instance"},
    })
}

#[tokio::test]
async fn a_violation_of_a_new_instance_is_recorded_as_provisional_and_comes_back() {
    let aws = Aws::with(vec![aged(bad(), 12_500)]).settling(MINUTE);
    let launch = event(BAD, "running");
    let (answer, calls) = aws.handle(&launch).await;
    let answer = answer.unwrap();
    assert_eq!(answer["status"], "provisional");
    assert_eq!(answer["isCompliant"], false);
    assert_eq!(answer["missingTags"].as_array().unwrap().len(), 3);
    let mut names = calls.names();
    names.sort_unstable();
    assert_eq!(
        names,
        ["delay", "describe", "put"],
        "neither alert nor count"
    );
    assert_eq!(
        calls.delayed(),
        [(launch, 48)],
        "a part of a second counts as a whole one"
    );
    let (key, body) = &calls.bodies()[0];
    assert!(key.ends_with("-provisional.json"), "{key}");
    let record: Value = serde_json::from_str(body).unwrap();
    assert_eq!(record["provisional"], true);
    assert_eq!(record["isCompliant"], false);
}

#[tokio::test(start_paused = true)]
async fn what_comes_back_is_evaluated_as_it_is_then() {
    let launch = event(BAD, "running");
    let settled = |instance| Aws::with(vec![aged(instance, 60_000)]).settling(MINUTE);
    let (answer, calls) = settled(bad())
        .handle_and_tell(&batch(std::slice::from_ref(&launch)))
        .await;
    assert_eq!(answer.unwrap(), failed(&[]));
    assert_eq!(calls.counts(), [(0.0, 1.0)]);
    assert_eq!(calls.messages().len(), 1);
    let (key, body) = &calls.bodies()[0];
    assert!(!key.contains("provisional"), "{key}");
    assert!(!body.contains("provisional"), "{body}");

    let tagged = instance(BAD, "running", true);
    let (_, calls) = settled(tagged).handle_and_tell(&batch(&[launch])).await;
    assert_eq!(calls.counts(), [(1.0, 0.0)]);
    assert!(calls.messages().is_empty());
}

#[tokio::test]
async fn a_compliant_new_instance_is_answered_at_once() {
    let aws = Aws::with(vec![aged(good(), 1_000)]).settling(MINUTE);
    let (answer, calls) = aws.handle(&event(GOOD, "running")).await;
    assert_eq!(answer.unwrap()["status"], "compliant");
    assert_eq!(calls.names(), ["describe", "put", "metrics"]);
}

#[tokio::test(start_paused = true)]
async fn an_old_instance_that_is_started_again_is_answered_at_once() {
    for (instance, seconds) in [
        (aged(bad(), 60_000), MINUTE),
        (aged(bad(), 3_600_000), MINUTE),
        (aged(bad(), 1_000), "0"),
        (bad(), MINUTE),
    ] {
        let aws = Aws::with(vec![instance]).settling(seconds);
        let (answer, calls) = aws.handle_and_tell(&event(BAD, "running")).await;
        assert_eq!(answer.unwrap()["status"], "non-compliant");
        assert_eq!(calls.messages().len(), 1);
        assert!(calls.delayed().is_empty());
    }
}

#[tokio::test]
async fn the_longest_delay_is_that_of_sqs() {
    let aws = Aws::with(vec![aged(bad(), 0)]).settling("900");
    let (_, calls) = aws.handle(&event(BAD, "running")).await;
    assert_eq!(calls.delayed()[0].1, 900);
}

#[tokio::test]
async fn one_event_of_a_launch_brings_the_instance_back() {
    for (payload, states, comes_back) in [
        (event(BAD, "running"), "running,stopped", true),
        (event(BAD, "pending"), "pending,running", false),
        (event(BAD, "stopped"), "running,stopped", false),
        (event(BAD, "stopped"), "stopped", true),
        (event(BAD, "pending"), "pending", true),
        // Tags are being added one by one, and the event of the launch will follow.
        (tag_change(BAD, &["Name"]), "running,stopped", false),
        (tag_change(BAD, &["Name"]), "stopped", true),
        // Removing a tag may have broken an instance that was compliant at its launch.
        (tag_change(BAD, &["Name", "Owner"]), "running,stopped", true),
        (json!({"instanceId": BAD}), "running,stopped", true),
    ] {
        let aws = Aws::with(vec![aged(bad(), 2_001)])
            .settling(MINUTE)
            .watching(states);
        let (answer, calls) = aws.handle(&payload).await;
        assert_eq!(answer.unwrap()["status"], "provisional", "{payload}");
        assert_eq!(calls.bodies().len(), 1, "{payload}");
        assert_eq!(calls.delayed().len(), usize::from(comes_back), "{payload}");
    }
    // The tags of the launch call: the instance isn't running yet.
    let aws = Aws::with(vec![aged(bad(), 2_000)]).settling(MINUTE);
    let (_, calls) = aws.handle(&tag_change(BAD, &["Owner"])).await;
    assert!(calls.delayed().is_empty());
    let mut unsaid = tag_change(BAD, &[]);
    unsaid["detail"]
        .as_object_mut()
        .unwrap()
        .remove("changed-tag-keys");
    let aws = Aws::with(vec![aged(bad(), 1_000)]).settling(MINUTE);
    let (_, calls) = aws.handle(&unsaid).await;
    assert_eq!(calls.delayed().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_violation_that_begins_with_the_stop_comes_back() {
    let policy = r#"{"required_tags":[{"key":"Owner","when":{"states":["stopped"]}}]}"#;
    let stopped = || instance(BAD, "stopped", false);
    // Only this event can bring it back: at its launch the instance was compliant.
    let aws = Aws::with(vec![aged(bad(), 10_000)])
        .settling(MINUTE)
        .policy(policy);
    let (answer, calls) = aws.handle_and_tell(&event(BAD, "running")).await;
    assert_eq!(answer.unwrap()["status"], "compliant");
    assert!(calls.delayed().is_empty());
    let aws = Aws::with(vec![aged(stopped(), 30_000)])
        .settling(MINUTE)
        .policy(policy);
    let (answer, calls) = aws.handle_and_tell(&event(BAD, "stopped")).await;
    assert_eq!(answer.unwrap()["status"], "provisional");
    assert_eq!(calls.delayed(), [(event(BAD, "stopped"), 30)]);
    let aws = Aws::with(vec![aged(stopped(), 60_000)])
        .settling(MINUTE)
        .policy(policy);
    let (_, calls) = aws.handle_and_tell(&batch(&[event(BAD, "stopped")])).await;
    assert_eq!(calls.messages().len(), 1);
}

#[tokio::test]
async fn of_several_instances_each_comes_back_for_itself() {
    let young = vec![
        aged(bad(), 10_000),
        aged(instance(GOOD, "running", false), 20_000),
    ];
    let aws = Aws::with(young).settling(MINUTE).watching("stopped");
    let (answer, calls) = aws.handle(&launching_call(&[BAD, GOOD])).await;
    assert_eq!(answer.unwrap()["instances"][1]["status"], "provisional");
    assert_eq!(
        calls.delayed(),
        [(launching_call(&[BAD]), 50), (launching_call(&[GOOD]), 40)]
    );
    // If launches are watched, the event of each launch takes care of it.
    let aws = Aws::with(vec![aged(bad(), 10_000)]).settling(MINUTE);
    let (_, calls) = aws.handle(&launching_call(&[BAD])).await;
    assert!(calls.delayed().is_empty());
}

#[tokio::test]
async fn a_sweep_counts_what_ended_within_its_grace_period() {
    let sample = |id, seconds: &str| {
        let reason = format!("User initiated (2025-12-03 11:{seconds} GMT)");
        ended(instance(id, "running", false), &reason)
    };
    // It was launched at 11:58:20.
    let fleet = || {
        vec![
            sample("i-00000001", "59:19"),
            sample("i-00000002", "59:20"),
            ended(
                instance("i-00000003", "running", true),
                "User initiated (2025-12-03 11:58:30 GMT)",
            ),
            ended(
                instance("i-00000004", "running", false),
                "Server.SpotInstanceTermination",
            ),
            good(),
        ]
    };
    let aws = Aws::with(fleet()).settling(MINUTE).always_digest();
    let (answer, calls) = aws.handle(&scheduled()).await;
    assert_eq!(answer.unwrap()["checked"], 1);
    assert_eq!(
        calls.lookups(),
        [["running", "stopped", "shutting-down", "terminated"]]
    );
    let (_, digest) = &calls.messages()[0];
    assert!(digest.contains("\nEnded in Grace Period: 1\n"), "{digest}");
    assert_eq!(
        calls.bodies()[0].1.lines().count(),
        1,
        "they are not recorded"
    );

    let aws = Aws::with(fleet()).settling("0").always_digest();
    let (_, calls) = aws.handle(&scheduled()).await;
    assert_eq!(calls.lookups(), [["running", "stopped"]]);
    let (_, digest) = &calls.messages()[0];
    assert!(!digest.contains("Grace"), "{digest}");
}

#[tokio::test(start_paused = true)]
async fn without_sqs_the_event_fails_and_is_tried_again() {
    let aws = Aws::with(vec![aged(bad(), 1_000)]).settling(MINUTE);
    let down = (0..3)
        .map(|_| Reply::Error(503, "ServiceUnavailable"))
        .collect();
    let (answer, calls) = aws.sqs(down).handle(&event(BAD, "running")).await;
    let error = answer.unwrap_err();
    assert!(error.is_retryable());
    assert!(
        error.to_string().starts_with("sqs:SendMessage: "),
        "{error}"
    );
    assert_eq!(calls.bodies().len(), 1);

    let aws = Aws::with(vec![aged(bad(), 1_000), good()]).settling(MINUTE);
    let refused = vec![Reply::Error(403, "AccessDeniedException")];
    let events = [event(BAD, "running"), event(GOOD, "running")];
    let (answer, calls) = aws.sqs(refused).handle(&batch(&events)).await;
    assert_eq!(answer.unwrap(), failed(&["m0"]));
    assert_eq!(calls.counts(), [(1.0, 0.0)]);
}

#[tokio::test]
async fn a_sweep_leaves_new_instances_to_their_own_event() {
    let aws = Aws::with(vec![aged(bad(), 1_000), good()]).settling(MINUTE);
    let (answer, calls) = aws.handle(&scheduled()).await;
    assert_eq!(answer.unwrap()["nonCompliant"], 0);
    assert_eq!(calls.names(), ["describe", "put", "metrics"]);
    assert_eq!(calls.open_violations(), [0.0]);
    let (_, body) = &calls.bodies()[0];
    let first: Value = serde_json::from_str(body.lines().next().unwrap()).unwrap();
    assert_eq!(first["provisional"], true);
}
