//! The audit log is only ever added to.

use serde_json::{Value, json};

use crate::support::*;

fn taken<T>() -> Reply<T> {
    Reply::Error(412, "PreconditionFailed")
}

fn keys(calls: &Calls) -> Vec<String> {
    calls.bodies().into_iter().map(|(key, _)| key).collect()
}

/// [`CLOCK`] in milliseconds, the time of the tests' looks.
const LOOKED_AT: &str = "1764763200123";

#[tokio::test]
async fn a_later_look_is_a_record_of_its_own() {
    let aws = Aws::with(vec![good()]).s3(vec![taken(), Reply::Ok(())]);
    let (answer, calls) = aws.handle(&event(GOOD, "running")).await;
    assert_eq!(answer.unwrap().get("unwrittenRecords"), None);
    let keys = keys(&calls);
    let [first, later] = keys.as_slice() else {
        panic!("{keys:?}")
    };
    let stem = first.strip_suffix(".json").unwrap();
    assert_eq!(*later, format!("{stem}-{LOOKED_AT}.json"));
    let records = calls.bodies();
    assert_eq!(records[0].1, records[1].1);
    assert_eq!(calls.metrics(), [(1.0, 0.0, None)]);
}

#[tokio::test]
async fn a_record_that_is_there_twice_is_this_one() {
    let aws = Aws::with(vec![bad()]).s3(vec![taken(), taken()]);
    let (answer, calls) = aws.handle(&event(BAD, "running")).await;
    assert_eq!(answer.unwrap().get("unwrittenRecords"), None);
    assert_eq!(keys(&calls).len(), 2);
    assert_eq!(calls.metrics(), [(0.0, 1.0, None)]);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_another_call_is_writing_is_tried_again() {
    let conflict = || Reply::Error(409, "ConditionalRequestConflict");
    let aws = Aws::with(vec![good()]).s3(vec![
        conflict(),
        conflict(),
        taken(),
        conflict(),
        Reply::Ok(()),
    ]);
    let (_, calls) = aws.handle(&event(GOOD, "running")).await;
    let keys = keys(&calls);
    let [first, second, third, fourth, fifth] = keys.as_slice() else {
        panic!("{keys:?}")
    };
    assert_eq!([second, third], [first; 2]);
    assert_ne!(fourth, first);
    assert_eq!(fifth, fourth);
    assert_eq!(calls.metrics(), [(1.0, 0.0, None)]);
}

#[tokio::test]
async fn a_page_of_a_sweep_overwrites_none() {
    let aws = Aws::with(vec![bad(), good()]).s3(vec![taken(), Reply::Ok(())]);
    let (answer, calls) = aws.handle(&json!({})).await;
    assert_eq!(answer.unwrap()["checked"], 2);
    let keys = keys(&calls);
    let stem = keys[0].strip_suffix(".jsonl").unwrap();
    assert_eq!(keys[1..], [format!("{stem}-{LOOKED_AT}.jsonl")]);
}

#[tokio::test]
async fn a_pretended_time_writes_into_no_other_day() {
    for time in [
        "2025-11-17T11:59:59Z",
        "2019-01-01T00:00:00Z",
        "2025-12-03T12:02:00Z",
        "9999-12-31T23:59:59Z",
    ] {
        let mut event = event(BAD, "running");
        event["time"] = json!(time);
        let (_, calls) = Aws::with(vec![bad()]).handle(&event).await;
        let (key, record) = calls.bodies().remove(0);
        assert_eq!(
            key,
            format!("scans/2025-12-03/{BAD}-{LOOKED_AT}.json"),
            "{time}"
        );
        let record: Value = serde_json::from_str(&record).unwrap();
        assert_eq!(record["eventTimeRejected"], true, "{time}");
        assert_eq!(record["eventTime"].as_str().unwrap()[..19], time[..19]);

        let sweep = json!({"detail-type": "Scheduled Event", "source": "aws.events", "time": time, "detail": {}});
        let (_, calls) = Aws::with(vec![bad()]).handle(&sweep).await;
        let (key, _) = calls.bodies().remove(0);
        assert!(
            key.starts_with(&format!("scans/2025-12-03/fleet-{LOOKED_AT}-")),
            "{key}"
        );
    }
}
