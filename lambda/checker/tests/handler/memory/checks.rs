//! What a check opens, leaves and closes.

use serde_json::json;
use tag_compliance_core::memory::Group;
use tag_compliance_core::text::Untrusted;

use super::*;

#[tokio::test]
async fn a_compliant_instance_costs_one_read_and_no_write() {
    let table = Table::default();
    let aws = Aws::with(vec![good()]).remembering(&table);
    let (_, calls) = aws.handle(&event(GOOD, "running")).await;
    assert_eq!(calls.names(), ["describe", "put", "metrics"]);
    assert_eq!(table.calls(), ["BatchGetItem"]);
    assert_eq!(table.item(GOOD), None);
}

#[tokio::test]
async fn a_violation_is_stored_with_what_a_person_wants_to_know_and_no_value_of_a_tag() {
    let table = Table::default();
    let aws = Aws::with(vec![bad()]).remembering(&table);
    let (_, calls) = aws.handle(&event(BAD, "running")).await;
    assert_eq!(
        table.item(BAD).unwrap(),
        json!({
            "v": "1",
            "st": "open",
            "gen": NOW.to_string(),
            "what": complaints(MISSING),
            "read": NOW.to_string(),
            "pol": policy_hash(&table),
            "key": calls.bodies()[0].0,
            "due": NOW.to_string(),
            "grp": Group::of_owner(None).as_str(),
        })
    );
    let partition = AttributeValue::S("i#123456789012#us-east-1#d".to_owned());
    assert_eq!(table.attributes(BAD)["pk"], partition);

    let policy = r#"{"required_tags":[{"key":"Owner"},{"key":"Stage","severity":"high"}]}"#;
    let tags = [("Owner", "web"), ("aws:autoscaling:groupName", "shop")];
    let table = Table::default();
    let aws = Aws::with(vec![tagged(BAD, "running", &tags)]).remembering(&table);
    let (_, calls) = aws.policy(policy).handle(&event(BAD, "running")).await;
    assert_eq!(
        table.item(BAD).unwrap(),
        json!({
            "v": "1",
            "st": "open",
            "gen": NOW.to_string(),
            "what": complaints([("missing", "Stage")]),
            "read": NOW.to_string(),
            "pol": policy_hash(&table),
            "key": calls.bodies()[0].0,
            "own": "web",
            "sev": "high",
            "cause": "Auto Scaling group shop",
            "due": NOW.to_string(),
            "grp": Group::of_owner(Some(Untrusted::new("web"))).as_str(),
        })
    );
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_violation_writes_nothing() {
    let clock = Clock::default();
    for table in [opened().await, told().await] {
        let before = table.item(BAD);
        clock.is_at(60);
        let calls = check(&table, vec![bad()]).await;
        clock.is_at(0);
        assert_eq!(table.calls(), ["BatchGetItem"]);
        assert_eq!(table.item(BAD), before);
        assert_eq!(calls.counts(), [(0.0, 1.0)], "it is counted all the same");
    }
}

#[tokio::test(start_paused = true)]
async fn a_violation_that_is_due_for_too_long_wakes_the_teller_again() {
    let clock = Clock::default();
    let table = opened().await;
    clock.is_at(15 * 60 + 1);
    check(&table, vec![bad()]).await;
    let item = table.item(BAD).unwrap();
    assert_eq!(item["v"], "2", "only a write wakes");
    assert_eq!(item["due"], (NOW + 901_000).to_string());
}

#[tokio::test(start_paused = true)]
async fn a_repaired_violation_is_closed_and_forgotten_after_eight_days() {
    let clock = Clock::default();
    let table = told().await;
    let before = table.item(BAD).unwrap();
    clock.is_at(60);
    check(&table, vec![repaired()]).await;
    let mut expected = before.clone();
    expected["v"] = json!("2");
    expected["st"] = json!("closed");
    expected["why"] = json!("compliant");
    expected["read"] = json!((NOW + 60_000).to_string());
    expected["due"] = expected["read"].clone();
    expected["grp"] = json!(Group::of_owner(None).as_str());
    expected["ttl"] = json!((1_764_763_260 + 8 * 24 * 3_600).to_string());
    assert_eq!(table.item(BAD).unwrap(), expected);
    assert_eq!(table.calls(), ["BatchGetItem", "UpdateItem"]);

    // DynamoDB deletes it days later; meanwhile it counts as absent.
    clock.is_at(60 + 9 * 24 * 3_600);
    check(&table, vec![bad()]).await;
    let item = table.item(BAD).unwrap();
    assert_eq!((&item["v"], &item["st"]), (&json!("3"), &json!("open")));
    assert_ne!(item["gen"], before["gen"]);
}

#[tokio::test(start_paused = true)]
async fn an_event_of_the_end_closes_without_a_look() {
    let table = told().await;
    let aws = Aws::default().remembering(&table);
    let (answer, calls) = aws.handle(&event(BAD, "terminated")).await;
    assert_eq!(answer.unwrap()["status"], "skipped");
    assert!(calls.all().is_empty());
    let item = table.item(BAD).unwrap();
    assert_eq!(
        (&item["st"], &item["why"]),
        (&json!("closed"), &json!("ended"))
    );
    assert!(table.wake().is_none(), "nobody is told of it");
    assert_eq!(table.writes(), [BAD]);
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_ec2_does_not_know_any_more_is_gone() {
    let clock = Clock::default();
    let table = opened().await;
    clock.is_at(60);
    check(&table, vec![]).await;
    let item = table.item(BAD).unwrap();
    assert_eq!(
        (&item["st"], &item["why"]),
        (&json!("closed"), &json!("gone"))
    );
}

#[tokio::test(start_paused = true)]
async fn what_may_still_change_is_not_remembered() {
    let clock = Clock::default();
    let young = || Aws::with(vec![aged(bad(), 1_000)]).settling("60");
    let table = Table::default();
    let aws = young().remembering(&table);
    let (answer, _) = aws.handle(&event(BAD, "running")).await;
    assert_eq!(answer.unwrap()["status"], "provisional");
    assert_eq!(table.calls(), ["BatchGetItem"]);

    // Nor does it close or reopen anything.
    let table = told().await;
    let before = table.item(BAD);
    clock.is_at(10);
    young()
        .remembering(&table)
        .handle(&event(BAD, "running"))
        .await
        .0
        .unwrap();
    let unknown = Aws::default().ec2((0..5).map(|_| nothing()).collect());
    let (answer, _) = unknown
        .remembering(&table)
        .handle(&event(BAD, "pending"))
        .await;
    assert_eq!(answer.unwrap()["status"], "not-found");
    assert_eq!(table.item(BAD), before);
    assert!(table.writes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_ec2_came_to_know_late_is_decided_on_what_is_there_by_then() {
    let table = Table::default();
    let aws = Aws::default().ec2(vec![nothing(), Reply::Ok(page(vec![bad()], None))]);
    let (answer, _) = aws.remembering(&table).handle(&event(BAD, "running")).await;
    assert_eq!(answer.unwrap()["status"], "non-compliant");
    assert_eq!(
        table.calls(),
        ["BatchGetItem", "BatchGetItem", "UpdateItem"]
    );
}

#[tokio::test]
async fn several_events_of_an_instance_are_one_write() {
    let table = Table::default();
    let events = ["running", "stopping", "stopped"].map(|state| event(BAD, state));
    let aws = Aws::with(vec![bad()]).remembering(&table);
    let (answer, calls) = aws.handle(&batch(&events)).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    assert_eq!(calls.bodies().len(), 3);
    assert_eq!(table.writes(), [BAD]);

    // The end is the last of all, in whichever order they come.
    for states in [["terminated", "stopped"], ["stopped", "terminated"]] {
        let table = opened().await;
        let events = states.map(|state| event(BAD, state));
        let aws = Aws::with(vec![bad()]).remembering(&table);
        aws.handle(&batch(&events)).await.0.unwrap();
        assert_eq!(table.item(BAD).unwrap()["why"], "ended");
        assert_eq!(table.writes(), [BAD]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_that_a_person_closed_says_so_from_its_next_write_on() {
    let clock = Clock::default();
    let table = opened().await;
    table.put(BAD, &[("st", AttributeValue::S("closed".to_owned()))]);
    table.put("policy", &era("newer", 30));
    clock.is_at(60);
    let aws = Aws::with(vec![bad()]).remembering(&table);
    let aws = aws.started_at("2025-12-03T11:00:00Z");
    aws.handle(&event(BAD, "running")).await.0.unwrap();
    let item = table.item(BAD).unwrap();
    assert_eq!((&item["v"], &item["why"]), (&json!("2"), &json!("by-hand")));
}
