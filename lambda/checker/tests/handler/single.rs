//! One event, one instance.

mod lookup;

use serde_json::{Value, json};

use crate::support::*;

#[tokio::test]
async fn a_compliant_instance_is_recorded_and_counted() {
    let (answer, calls) = Aws::with(vec![good()])
        .handle(&event(GOOD, "running"))
        .await;
    assert_eq!(
        answer.unwrap(),
        json!({
            "statusCode": 200,
            "status": "compliant",
            "instanceId": GOOD,
            "isCompliant": true,
            "missingTags": [],
            "invalidTags": [],
        })
    );
    assert_eq!(calls.names(), ["describe", "put", "metrics"]);
    assert_eq!(calls.counts(), [(1.0, 0.0)]);
}

#[tokio::test]
async fn a_violation_is_recorded_and_counted_last_and_told_by_the_teller() {
    let table = Table::default();
    let aws = Aws::with(vec![bad()]).remembering(&table);
    let (answer, calls) = aws.handle(&event(BAD, "running")).await;
    let answer = answer.unwrap();
    assert_eq!(answer["status"], "non-compliant");
    assert_eq!(
        answer["missingTags"],
        json!(["Environment", "Owner", "Application"])
    );
    assert_eq!(calls.names(), ["describe", "put", "metrics"]);
    assert_eq!(table.calls(), ["BatchGetItem", "UpdateItem"]);
    assert_eq!(calls.counts(), [(0.0, 1.0)]);
    assert!(table.wake().is_some());
}

#[tokio::test(start_paused = true)]
async fn each_call_says_what_the_specification_wants() {
    let (_, calls) = Aws::with(vec![bad()])
        .handle_and_tell(&event(BAD, "running"))
        .await;
    for call in calls.all() {
        match call {
            Call::Describe {
                filters,
                page_size,
                token,
            } => {
                assert_eq!(filters, [("instance-id".to_owned(), vec![BAD.to_owned()])]);
                assert_eq!((page_size, token), (Some(1_000), None));
            }
            Call::Put {
                bucket,
                owner,
                key,
                if_none_match,
                content_type,
                body,
            } => {
                assert_eq!(if_none_match.as_deref(), Some("*"));
                assert_eq!((bucket.as_str(), owner.as_str()), ("logs", "123456789012"));
                assert_eq!(content_type, "application/json");
                let millis = key
                    .strip_prefix(&format!("scans/2025-12-03/{BAD}-"))
                    .and_then(|rest| rest.strip_suffix(".json"))
                    .unwrap();
                assert_eq!(millis.parse::<u64>().unwrap() / 1_000, 1_764_756_000);
                let record: Value = serde_json::from_str(&body).unwrap();
                assert_eq!(record["timestamp"], CLOCK);
                assert_eq!(record["instanceId"], BAD);
                assert_eq!(record["tags"], json!({"Name": "stray"}));
                assert_eq!(record["accountId"], "123456789012");
                assert_eq!(record["region"], "us-east-1");
                assert_eq!(record["eventId"], format!("{BAD}-running"));
            }
            Call::PutEvents { .. } => panic!("the bus is off"),
            Call::Publish { topic, alerts } => {
                assert_eq!(topic, "arn:aws:sns:us-east-1:123456789012:alerts");
                let [
                    SentAlert {
                        subject, message, ..
                    },
                ] = alerts.as_slice()
                else {
                    panic!("one alert, got {alerts:?}");
                };
                assert_eq!(*subject, format!("EC2 instance {BAD} is not compliant"));
                assert!(message.contains("\nMissing Tags: Environment, Owner, Application\n"));
            }
            Call::Delay { .. } => panic!("nothing is to be brought back"),
            Call::Metrics { namespace, data } => {
                assert_eq!(namespace, "TagCompliance/test");
                let clock = i64::try_from(NOW).unwrap();
                assert_eq!(
                    data,
                    [
                        ("CompliantInstances".to_owned(), 0.0, clock),
                        ("NonCompliantInstances".to_owned(), 1.0, clock),
                    ]
                );
            }
        }
    }
}

#[tokio::test]
async fn the_record_has_the_state_of_ec2_and_that_of_the_event() {
    let stopped = instance(GOOD, "stopping", true);
    let (_, calls) = Aws::with(vec![stopped])
        .handle(&event(GOOD, "running"))
        .await;
    let record: Value = serde_json::from_str(&calls.bodies()[0].1).unwrap();
    assert_eq!(record["state"], "stopping");
    assert_eq!(record["eventState"], "running");
}

#[tokio::test]
async fn a_manual_check_is_recorded_at_the_time_of_the_call() {
    let (answer, calls) = Aws::with(vec![good()])
        .handle(&json!({"instanceId": GOOD}))
        .await;
    assert_eq!(answer.unwrap()["status"], "compliant");
    assert_eq!(
        calls.bodies()[0].0,
        format!("scans/2025-12-03/{GOOD}-1764763200123.json")
    );
}

#[tokio::test]
async fn an_instance_that_has_ended_is_skipped() {
    for state in ["terminated", "shutting-down"] {
        let ended = instance(BAD, state, false);
        let (answer, calls) = Aws::with(vec![ended]).handle(&event(BAD, "running")).await;
        assert_eq!(
            answer.unwrap(),
            json!({
                "statusCode": 200,
                "status": "skipped",
                "instanceId": BAD,
                "isCompliant": null,
                "missingTags": [],
                "invalidTags": [],
            })
        );
        assert_eq!(calls.names(), ["describe"]);

        let (answer, calls) = Aws::default().handle(&event(BAD, state)).await;
        assert_eq!(answer.unwrap()["status"], "skipped");
        assert!(calls.all().is_empty(), "the event itself says it");
    }
}

#[tokio::test]
async fn an_event_about_no_instance_is_ignored() {
    let volume = json!({
        "detail-type": "Tag Change on Resource",
        "source": "aws.tag",
        "resources": ["arn:aws:ec2:us-east-1:123456789012:volume/vol-1"],
    });
    let (answer, calls) = Aws::default().handle(&volume).await;
    assert_eq!(
        answer.unwrap(),
        json!({"statusCode": 200, "status": "ignored", "reason": "not-an-instance"})
    );
    assert!(calls.all().is_empty());
}

#[tokio::test]
async fn a_misspelled_id_fails_for_good_and_sweeps_nothing() {
    let mut misspelled = event(BAD, "terminated");
    misspelled["detail"] = json!({"instance_id": BAD, "state": "terminated"});
    let (answer, calls) = Aws::default().handle(&misspelled).await;
    let error = answer.unwrap_err();
    assert!(!error.is_retryable());
    assert_eq!(
        error.to_string(),
        format!(
            "invalid event: detail.instance_id: expected the instance id under the name instance-id, got \"{BAD}\""
        )
    );
    assert!(calls.all().is_empty());
}

#[tokio::test]
async fn an_event_that_cannot_be_understood_fails_for_good_and_calls_nothing() {
    let (answer, calls) = Aws::default()
        .handle(&json!({"instanceId": "garbage"}))
        .await;
    let error = answer.unwrap_err();
    assert!(!error.is_retryable());
    assert_eq!(error.error_type(), "InvalidEvent");
    assert_eq!(
        error.to_string(),
        "invalid event: instanceId: expected an instance id: i- and 8 or 17 hexadecimal digits, \
         got \"garbage\""
    );
    assert!(calls.all().is_empty());
}

#[tokio::test]
async fn the_policy_is_the_configured_one() {
    let aws = Aws::with(vec![bad()]).policy(r#"{"required_tags":[{"key":"Name"}]}"#);
    let (answer, calls) = aws.handle(&event(BAD, "running")).await;
    assert_eq!(answer.unwrap()["status"], "compliant");
    let record: Value = serde_json::from_str(&calls.bodies()[0].1).unwrap();
    assert_eq!(record["requiredTags"], json!(["Name"]));
}

#[tokio::test(start_paused = true)]
async fn a_disallowed_value_is_alerted_as_invalid() {
    let wrong = tagged(
        BAD,
        "running",
        &[
            ("Environment", "qa"),
            ("Owner", "web"),
            ("Application", "shop"),
        ],
    );
    let (answer, calls) = Aws::with(vec![wrong])
        .handle_and_tell(&event(BAD, "running"))
        .await;
    let answer = answer.unwrap();
    assert_eq!(answer["missingTags"], json!([]));
    assert_eq!(answer["invalidTags"][0]["reason"], "not-allowed");
    let (_, message) = &calls.messages()[0];
    assert!(message.contains("\n  Environment: \"qa\" is not one of dev, staging, prod\n"));
    let record: Value = serde_json::from_str(&calls.bodies()[0].1).unwrap();
    assert_eq!(record["invalidTags"], answer["invalidTags"]);
}

#[tokio::test(start_paused = true)]
async fn an_alert_shows_the_tags_that_it_is_configured_to() {
    let instance = || tagged(BAD, "running", &[("Name", "stray"), ("Password", "x")]);
    for (shown, expected) in [
        ("all", "\nCurrent Tags:\n  Name: stray\n  Password: x\n"),
        (
            "policy",
            "\nCurrent Tags:\n  Name: stray\n  (1 not shown)\n",
        ),
    ] {
        let aws = Aws::with(vec![instance()]).alert_tags(shown);
        let (_, calls) = aws.handle_and_tell(&event(BAD, "running")).await;
        let (_, message) = calls.messages().remove(0);
        assert!(message.contains(expected), "{message}");
    }
}
