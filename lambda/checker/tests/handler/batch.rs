//! A batch of an SQS event source.

use std::time::Duration;

use serde_json::json;
use tag_compliance_core::event::{Event, Request, parse};
use tag_compliance_core::record;

use crate::support::*;

#[tokio::test]
async fn a_batch_costs_one_lookup_and_one_count() {
    let aws = Aws::with(vec![good(), bad()]);
    let events = [
        event(GOOD, "running"),
        event(BAD, "stopped"),
        event(BAD, "running"),
    ];
    let (answer, calls) = aws.handle(&batch(&events)).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    assert_eq!(calls.lookups(), [[BAD, GOOD]]);
    assert_eq!(calls.counts(), [(1.0, 2.0)]);
    assert_eq!(calls.names().last(), Some(&"metrics"));
}

#[tokio::test]
async fn a_duplicate_is_evaluated_once_and_two_events_are_evaluated_twice() {
    let mut another = event(BAD, "running");
    another["id"] = json!("another");
    let events = [event(BAD, "running"), event(BAD, "running"), another];
    let (answer, calls) = Aws::with(vec![bad()]).handle(&batch(&events)).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    assert_eq!(calls.bodies().len(), 2);
    assert_eq!(calls.counts(), [(0.0, 2.0)]);
}

#[tokio::test]
async fn two_events_whose_ids_hash_alike_are_no_duplicates() {
    let recorded_at = |id: &str| {
        let mut event = event(BAD, "running");
        event["id"] = json!(id);
        let Ok(Event::Single(Request::Check(checks))) = parse(&event) else {
            panic!("{event}");
        };
        let now = CLOCK.parse().unwrap();
        (event, record::recorded_at(&checks[0].event, now))
    };
    let (first, time) = recorded_at("first");
    let mut others = (0..100_000).map(|n| recorded_at(&n.to_string()));
    let (other, _) = others.find(|(_, at)| *at == time).unwrap();
    let aws = Aws::with(vec![bad()]);
    let (answer, calls) = aws.handle(&batch(&[first, other])).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    assert_eq!(calls.counts(), [(0.0, 2.0)]);
}

#[tokio::test]
async fn one_bad_record_fails_alone() {
    let events = [
        json!("not JSON"),
        event(GOOD, "running"),
        json!({"instanceId": null}),
        json!([1]),
    ];
    let (answer, calls) = Aws::with(vec![good()]).handle(&batch(&events)).await;
    assert_eq!(answer.unwrap(), failed(&["m0", "m2", "m3"]));
    assert_eq!(calls.counts(), [(1.0, 0.0)]);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_instance_fails_nobody_and_is_not_tried_again() {
    let found = || Reply::Ok(page(vec![good()], None));
    let aws = Aws::default().ec2(vec![found(), nothing(), nothing(), nothing(), nothing()]);
    let (answer, calls) = aws
        .handle(&batch(&[event(BAD, "running"), event(GOOD, "running")]))
        .await;
    assert_eq!(answer.unwrap(), failed(&[]));
    assert_eq!(
        calls.lookups()[1..],
        vec![vec![BAD.to_owned()]; 4],
        "only the unknown one is looked for"
    );
    assert_eq!(calls.counts(), [(1.0, 0.0)]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_second_look_fails_only_the_unknown_instance() {
    let mut replies = vec![Reply::Ok(page(vec![good()], None))];
    replies.extend((0..3).map(|_| Reply::Error(500, "InternalError")));
    let events = batch(&[event(BAD, "running"), event(GOOD, "running")]);
    let (answer, calls) = Aws::default().ec2(replies).handle(&events).await;
    assert_eq!(answer.unwrap(), failed(&["m0"]));
    assert_eq!(calls.counts(), [(1.0, 0.0)]);
}

#[tokio::test(start_paused = true)]
async fn without_ec2_every_check_is_delivered_again() {
    let down = (0..3).map(|_| Reply::Error(503, "Unavailable")).collect();
    let events = [
        event(GOOD, "running"),
        event(BAD, "terminated"),
        event(BAD, "running"),
    ];
    let (answer, calls) = Aws::default().ec2(down).handle(&batch(&events)).await;
    assert_eq!(
        answer.unwrap(),
        failed(&["m0", "m2"]),
        "what needs no lookup does not fail"
    );
    assert_eq!(calls.names(), ["describe"]);
}

#[tokio::test(start_paused = true)]
async fn many_instances_of_one_owner_are_one_message() {
    let ids: Vec<String> = (0..25).map(|n| format!("i-{n:08x}")).collect();
    let fleet = ids.iter().map(|id| instance(id, "running", false));
    let events: Vec<_> = ids.iter().map(|id| event(id, "running")).collect();
    let aws = Aws::with(fleet.collect());
    let (answer, calls) = aws.handle_and_tell(&batch(&events)).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    let messages = calls.messages();
    let [(subject, message)] = messages.as_slice() else {
        panic!("one message, got {messages:?}");
    };
    assert_eq!(subject, "25 EC2 instances not compliant");
    for id in &ids {
        assert_eq!(message.matches(id).count(), 1, "{message}");
    }
    assert_eq!(calls.bodies().len(), 25);
    assert_eq!(calls.counts(), [(0.0, 25.0)]);
}

#[tokio::test]
async fn ten_instances_that_come_back_cost_a_call() {
    let ids: Vec<String> = (0..11).map(|n| format!("i-{n:08x}")).collect();
    let fleet = ids
        .iter()
        .map(|id| aged(instance(id, "running", false), 10_000));
    let events: Vec<_> = ids.iter().map(|id| event(id, "running")).collect();
    let aws = Aws::with(fleet.collect()).settling("60");
    let (answer, calls) = aws.handle(&batch(&events)).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    let delays = calls.names().into_iter().filter(|name| *name == "delay");
    assert_eq!(delays.count(), 2);
    let expected: Vec<_> = events.into_iter().map(|event| (event, 50)).collect();
    assert_eq!(calls.delayed(), expected);
}

#[tokio::test]
async fn what_sqs_does_not_take_fails_alone() {
    let ids = ["i-00000001", "i-00000002", "i-00000003"];
    let events: Vec<_> = ids.iter().map(|id| event(id, "running")).collect();
    for sender_fault in [false, true] {
        let fleet = ids.iter().map(|id| instance(id, "running", false));
        let young = fleet.map(|instance| aged(instance, 10_000));
        let refused = vec![Reply::AllBut("1", sender_fault)];
        let aws = Aws::with(young.collect()).settling("60").sqs(refused);
        let (answer, _) = aws.handle(&batch(&events)).await;
        assert_eq!(answer.unwrap(), failed(&["m1"]));
    }
}

#[tokio::test(start_paused = true)]
async fn known_instances_do_not_wait_for_unknown_ones() {
    let found = || Reply::Ok(page(vec![bad()], None));
    let aws = Aws::default().ec2(vec![found(), nothing(), nothing(), nothing(), nothing()]);
    let events = [event(GOOD, "running"), event(BAD, "running")];
    let (answer, calls) = aws.handle(&batch(&events)).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    let names = calls.names();
    let recorded = names.iter().position(|name| *name == "put").unwrap();
    let looked_again = names.iter().rposition(|name| *name == "describe").unwrap();
    assert!(recorded < looked_again, "{names:?}");
    assert_eq!(names.iter().filter(|name| **name == "metrics").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_was_not_looked_for_long_enough_comes_again() {
    let aws = Aws::default()
        .ec2(vec![nothing(), nothing(), nothing(), nothing()])
        .time_limit(Duration::from_secs(10));
    let (answer, calls) = aws.handle(&batch(&[event(BAD, "running")])).await;
    assert_eq!(answer.unwrap(), failed(&["m0"]));
    assert_eq!(calls.names().len(), 4);
}

#[tokio::test]
async fn without_cloudwatch_all_that_was_to_be_counted_is_delivered_again() {
    let aws = Aws::with(vec![good()]).cloudwatch(vec![Reply::Error(403, "")]);
    let ended = event(BAD, "terminated");
    let (answer, _) = aws.handle(&batch(&[event(GOOD, "running"), ended])).await;
    assert_eq!(answer.unwrap(), failed(&["m0"]));
}

#[tokio::test]
async fn several_sweeps_are_one_and_the_widest() {
    let events = [json!({}), scheduled(), json!({}), scheduled()];
    let (answer, calls) = Aws::with(vec![good()]).handle(&batch(&events)).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    assert_eq!(calls.lookups(), [["running", "stopped"]]);
    assert_eq!(calls.open_violations(), [0.0]);
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_fails_fails_every_record_that_asked_for_it() {
    let aws = Aws::with(vec![good()]).cloudwatch(vec![Reply::Error(403, "")]);
    let (answer, _) = aws.handle(&batch(&[json!({}), scheduled()])).await;
    assert_eq!(answer.unwrap(), failed(&["m0", "m1"]));
}

#[tokio::test]
async fn a_batch_of_nothing_calls_nothing() {
    let volume = json!({
        "detail-type": "Tag Change on Resource",
        "source": "aws.tag",
        "resources": ["arn:aws:ec2:us-east-1:123456789012:volume/vol-1"],
    });
    for events in [vec![], vec![event(BAD, "terminated")], vec![volume]] {
        let (answer, calls) = Aws::default().handle(&batch(&events)).await;
        assert_eq!(answer.unwrap(), failed(&[]));
        assert!(calls.all().is_empty());
    }
}

#[tokio::test]
async fn more_ids_than_a_filter_takes_are_asked_for_in_parts() {
    let events: Vec<_> = (0..201)
        .map(|n| event(&format!("i-{n:08x}"), "stopped"))
        .collect();
    let aws = Aws::default().ec2(vec![nothing(), nothing()]);
    let (answer, calls) = aws.handle(&batch(&events)).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    let sizes: Vec<_> = calls.lookups().iter().map(Vec::len).collect();
    assert_eq!(sizes, [200, 1]);
}

#[tokio::test]
async fn a_record_about_several_instances_fails_once_and_as_a_whole() {
    let wrapped = json!({"Type": "Notification", "MessageId": "1", "TopicArn": "arn:aws:sns:us-east-1:1:x",
                         "Message": event(GOOD, "stopped").to_string()});
    let volume =
        json!({"source": "aws.ec2", "detail-type": "EBS Volume Notification", "detail": {}});
    let events = [launching_call(&[GOOD, BAD, "i-00000003"]), wrapped, volume];
    let third = || instance("i-00000003", "running", false);
    let (answer, calls) = Aws::with(vec![good(), bad(), third()])
        .handle(&batch(&events))
        .await;
    assert_eq!(answer.unwrap(), failed(&[]));
    assert_eq!(
        calls.lookups(),
        [[GOOD, BAD, "i-00000003"].map(str::to_owned).to_vec()].map(sorted)
    );
    assert_eq!(calls.counts(), [(2.0, 2.0)]);

    let young = |id| aged(instance(id, "running", false), 1_000);
    let aws = Aws::with(vec![good(), young(BAD), young("i-00000003")])
        .settling("60")
        .watching("stopped")
        .sqs(vec![Reply::Error(403, "AccessDeniedException")]);
    let (answer, _) = aws.handle(&batch(&events)).await;
    assert_eq!(
        answer.unwrap(),
        failed(&["m0"]),
        "neither of two instances comes back"
    );
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}
