//! How long a check waits for EC2 to know an instance, and which instances it finds.

use std::time::Duration;

use tokio::time::Instant;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_new_instance_that_ec2_does_not_know_is_looked_up_for_a_while() {
    let began = Instant::now();
    let aws = Aws::default().ec2((0..5).map(|_| nothing()).collect());
    let (answer, calls) = aws.handle(&event(BAD, "pending")).await;
    assert_eq!(
        answer.unwrap(),
        json!({"statusCode": 404, "status": "not-found", "instanceId": BAD})
    );
    assert_eq!(calls.names(), ["describe"; 5]);
    assert_eq!(
        began.elapsed().as_millis() / 100,
        Duration::from_millis(7_500).as_millis() / 100
    );
}

#[tokio::test(start_paused = true)]
async fn a_new_instance_is_checked_as_soon_as_ec2_knows_it() {
    let aws = Aws::default().ec2(vec![
        nothing(),
        nothing(),
        Reply::Ok(page(vec![good()], None)),
    ]);
    let (answer, calls) = aws.handle(&event(GOOD, "running")).await;
    assert_eq!(answer.unwrap()["status"], "compliant");
    assert_eq!(
        calls.names(),
        ["describe", "describe", "describe", "put", "metrics"]
    );
}

#[tokio::test(start_paused = true)]
async fn an_old_instance_that_ec2_does_not_know_is_not_waited_for() {
    for payload in [event(BAD, "stopped"), json!({"instanceId": BAD})] {
        let (answer, calls) = Aws::default().ec2(vec![nothing()]).handle(&payload).await;
        assert_eq!(answer.unwrap()["statusCode"], 404);
        assert_eq!(calls.names(), ["describe"]);
    }
}

#[tokio::test]
async fn an_event_about_several_instances_checks_each_in_one_lookup() {
    const YOUNG: &str = "i-00000003";
    let launch = launching_call(&[GOOD, BAD]);
    let (answer, calls) = Aws::with(vec![good(), bad()]).handle(&launch).await;
    let answer = answer.unwrap();
    assert_eq!(
        (&answer["statusCode"], &answer["status"]),
        (&json!(200), &json!("checked"))
    );
    assert_eq!(answer["instances"][0]["status"], "compliant");
    assert_eq!(answer["instances"][1]["status"], "non-compliant");
    assert_eq!(answer["instances"].as_array().unwrap().len(), 2);
    assert_eq!(calls.lookups(), [[BAD, GOOD]]);
    assert_eq!(calls.bodies().len(), 2);
    let record: Value = serde_json::from_str(&calls.bodies()[0].1).unwrap();
    assert_eq!(record["trigger"], "api-call");
    assert_eq!(calls.counts(), [(1.0, 1.0)]);

    // One of them fails, and the event comes again.
    let mut events = launch.clone();
    events["detail"]["responseElements"]["instancesSet"]["items"][1]["instanceId"] = json!(YOUNG);
    let young = aged(instance(YOUNG, "running", false), 1_000);
    let aws = Aws::with(vec![good(), young])
        .settling("60")
        .watching("stopped")
        .sqs(vec![Reply::Error(403, "AccessDeniedException")]);
    let (answer, _) = aws.handle(&events).await;
    let error = answer.unwrap_err().to_string();
    assert!(error.starts_with("sqs:SendMessage: "), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_a_service_manages_is_found_at_once() {
    let (answer, calls) = Aws::fleet(|asked| {
        let shown = if asked.includes_managed {
            vec![managed(bad(), "eks.amazonaws.com")]
        } else {
            Vec::new()
        };
        Reply::Ok(page(shown, None))
    })
    .handle_and_tell(&event(BAD, "pending"))
    .await;
    assert_eq!(answer.unwrap()["status"], "non-compliant");
    assert_eq!(calls.names()[..2], ["describe", "put"]);
    let record: Value = serde_json::from_str(&calls.bodies()[0].1).unwrap();
    assert_eq!(record["operator"], "eks.amazonaws.com");
    let (_, message) = calls.messages().remove(0);
    assert!(
        message.contains("\nManaged By: eks.amazonaws.com\n"),
        "{message}"
    );
}
