//! The records of an SQS batch as one object.

use serde_json::{Value, json};

use crate::support::*;

fn lines(body: &str) -> Vec<Value> {
    let lines = body.lines();
    lines.map(|it| serde_json::from_str(it).unwrap()).collect()
}

/// The ids of the events in an object, in order.
fn event_ids(body: &str) -> Vec<String> {
    let lines = lines(body);
    let ids = lines.iter().map(|line| line["eventId"].as_str().unwrap());
    ids.map(str::to_owned).collect()
}

#[tokio::test]
async fn the_records_of_a_batch_are_one_object_for_each_day_of_its_events() {
    let mut yesterday = event(BAD, "running");
    (yesterday["id"], yesterday["time"]) = (json!("yesterday"), json!("2025-12-02T23:59:59Z"));
    let events = [
        event(GOOD, "running"),
        event(BAD, "stopped"),
        yesterday,
        event(BAD, "stopped"),
    ];
    let aws = Aws::with(vec![good(), bad()]).recording_batches();
    let (answer, calls) = aws.handle(&batch(&events)).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    let bodies = calls.bodies();
    let [(before, of_before), (today, of_today)] = bodies.as_slice() else {
        panic!("{bodies:?}")
    };
    assert!(before.starts_with("scans/2025-12-02/batch-1764719999"));
    assert!(today.starts_with("scans/2025-12-03/batch-1764756000"));
    assert_eq!(event_ids(of_before), ["yesterday"]);
    assert_eq!(
        event_ids(of_today),
        [format!("{BAD}-stopped"), format!("{GOOD}-running")]
    );
    for call in calls.all() {
        if let Call::Put {
            if_none_match,
            content_type,
            ..
        } = call
        {
            assert_eq!(if_none_match.as_deref(), Some("*"));
            assert_eq!(content_type, "application/x-ndjson");
        }
    }
    assert_eq!(calls.metrics(), [(1.0, 2.0, None)]);
}

#[tokio::test]
async fn an_event_on_its_own_keeps_its_own_object() {
    let manual = json!({"instanceId": BAD});
    for payload in [event(BAD, "running"), manual, launching_call(&[BAD, GOOD])] {
        let recorded = async |aws: Aws| {
            let (answer, calls) = aws.handle(&payload).await;
            assert_eq!(answer.unwrap()["statusCode"], 200);
            calls.bodies()
        };
        let fleet = || Aws::with(vec![good(), bad()]);
        let bodies = recorded(fleet().recording_batches()).await;
        assert_eq!(bodies, recorded(fleet()).await);
        assert!(bodies.iter().all(|(key, _)| key.contains("/i-")));
    }
}

#[tokio::test]
async fn provisional_records_and_those_that_count_share_an_object() {
    let young = instance("i-00000001", "running", false);
    let aws = Aws::with(vec![aged(young, 10_000), bad()])
        .settling("60")
        .recording_batches();
    let events = [event("i-00000001", "running"), event(BAD, "running")];
    let (answer, calls) = aws.handle(&batch(&events)).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    assert_eq!(calls.delayed(), [(events[0].clone(), 50)]);
    assert_eq!(calls.counts(), [(0.0, 1.0)]);
    let bodies = calls.bodies();
    let [(_, body)] = bodies.as_slice() else {
        panic!("{bodies:?}")
    };
    let lines = lines(body);
    let provisional = |line: &Value| line.get("provisional").is_some();
    let of = |id: &str| lines.iter().find(|it| it["instanceId"] == id).unwrap();
    assert!(provisional(of("i-00000001")) && !provisional(of(BAD)));
}

#[tokio::test]
async fn an_item_names_the_object_that_holds_its_record() {
    let table = Table::default();
    let aws = Aws::with(vec![good(), bad()]).remembering(&table);
    let events = [event(GOOD, "running"), event(BAD, "running")];
    let (_, calls) = aws.recording_batches().handle(&batch(&events)).await;
    let (key, body) = calls.bodies().remove(0);
    assert!(lines(&body).iter().any(|it| it["instanceId"] == BAD));
    assert_eq!(table.item(BAD).unwrap()["key"], json!(key));
}

#[tokio::test]
async fn what_comes_again_alone_is_in_another_object() {
    let clock = Clock::default();
    let events = [event(GOOD, "running"), event(BAD, "running")];
    let table = Table::default();
    let aws = || {
        let aws = Aws::with(vec![good(), bad()]).remembering(&table);
        aws.recording_batches()
    };
    table.fail_writes_of(BAD);
    let (answer, first) = aws().handle(&batch(&events)).await;
    assert_eq!(answer.unwrap(), failed(&["m1"]));
    table.mend();
    clock.is_at(360);
    let (answer, second) = aws().handle(&batch(&events[1..])).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    let (first, second) = (first.bodies().remove(0), second.bodies().remove(0));
    assert_ne!(first.0, second.0);
    assert_eq!(event_ids(&first.1).len(), 2);
    assert_eq!(event_ids(&second.1), [format!("{BAD}-running")]);
    let item = table.item(BAD).unwrap();
    assert_eq!(item["key"], json!(second.0));
}

#[tokio::test(start_paused = true)]
async fn what_ec2_shows_late_is_in_another_object() {
    let found = |fleet| Reply::Ok(page(fleet, None));
    let aws = Aws::default().ec2(vec![found(vec![good()]), found(vec![bad()])]);
    let events = [event(BAD, "running"), event(GOOD, "running")];
    let (answer, calls) = aws.recording_batches().handle(&batch(&events)).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    let bodies = calls.bodies();
    let ids: Vec<_> = bodies.iter().map(|(_, body)| event_ids(body)).collect();
    assert_eq!(
        ids,
        [[format!("{GOOD}-running")], [format!("{BAD}-running")]]
    );
}

#[tokio::test]
async fn an_object_that_s3_does_not_take_counts_each_of_its_records() {
    let aws = Aws::with(vec![good(), bad()]);
    let aws = aws.s3(vec![Reply::Error(403, "AccessDenied"), Reply::Ok(())]);
    let mut before = event(BAD, "stopped");
    (before["id"], before["time"]) = (json!("before"), json!("2025-12-02T10:00:00Z"));
    let events = [before, event(GOOD, "running"), event(BAD, "running")];
    // The object of the day before is written first, and fails alone.
    let (answer, calls) = aws.recording_batches().handle(&batch(&events)).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    assert_eq!(calls.metrics(), [(1.0, 2.0, Some(1.0))]);

    let aws = Aws::with(vec![good(), bad()]).s3(vec![Reply::Error(403, "AccessDenied")]);
    let batch = batch(&events[1..]);
    let (answer, calls) = aws.recording_batches().handle(&batch).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    assert_eq!(calls.metrics(), [(1.0, 1.0, Some(2.0))]);
}

#[tokio::test]
async fn a_batch_whose_key_is_taken_is_there() {
    let aws = Aws::with(vec![bad()]);
    let taken = vec![Reply::Error(412, "PreconditionFailed")];
    let aws = aws.s3(taken).recording_batches();
    let (answer, calls) = aws.handle(&batch(&[event(BAD, "running")])).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    assert_eq!(calls.bodies().len(), 1);
    assert_eq!(calls.metrics(), [(0.0, 1.0, None)]);
}
