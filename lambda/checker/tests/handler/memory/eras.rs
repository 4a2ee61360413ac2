//! Which policy decides, and what a new one finds there.

use std::time::Duration;

use serde_json::json;
use tag_compliance_core::memory::Group;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_new_policy_has_the_fleet_swept_once_and_what_was_there_before_is_its_baseline() {
    const NEW: &str = "i-00000002";
    let clock = Clock::default();
    let table = Table::default();
    table.put("policy", &era("another", 0));
    clock.is_at(60);
    // It was launched 16 minutes before the era.
    let old = || aged(bad(), 15 * 60_000);
    let fleet = || vec![old(), instance(NEW, "running", false)];
    let aws = Aws::with(fleet()).remembering(&table);
    let (answer, calls) = aws.handle_and_tell(&event(BAD, "stopped")).await;
    assert_eq!(answer.unwrap()["status"], "non-compliant");
    let policy = table.item("policy").unwrap();
    let hash = policy["hash"].as_str().unwrap().to_owned();
    assert_ne!(hash, "another");
    let since = (NOW + 60_000).to_string();
    assert_eq!(policy, json!({"hash": hash, "since": since, "base": true}));
    let delayed = calls.delayed();
    let [(message, 0)] = delayed.as_slice() else {
        panic!("one request, got {delayed:?}");
    };
    assert_eq!(message["detail-type"], "Scheduled Event");
    assert_eq!(message["id"], format!("policy-{hash}-{since}"));
    let item = table.item(BAD).unwrap();
    assert_eq!(item["st"], "open");
    assert_eq!(item.get("due"), None);
    assert_eq!(
        (&item["tgen"], &item["twhat"], &item["tat"]),
        (&item["gen"], &item["what"], &json!(since))
    );
    assert!(calls.messages().is_empty(), "the digest tells of it");

    // Nobody asks twice, and what is new is told.
    let aws = Aws::with(fleet()).remembering(&table);
    let (_, calls) = aws.handle_and_tell(&event(NEW, "stopped")).await;
    assert!(calls.delayed().is_empty());
    assert_eq!(calls.messages().len(), 1);

    // The sweep that was asked for ends the baseline.
    let aws = Aws::with(fleet()).remembering(&table);
    aws.handle(message).await.0.unwrap();
    assert_eq!(
        table.item("policy").unwrap(),
        json!({"hash": hash, "since": since})
    );
}

#[tokio::test(start_paused = true)]
async fn an_environment_that_was_slower_to_begin_the_era_goes_by_it() {
    let table = Table::default();
    let hash = policy_hash(&opened().await);
    table.put("policy", &era("another", 0));
    let begun = era(hash.as_str().unwrap(), 0);
    table.race("policy", 1, move |items| {
        let policy = items.get_mut("policy").unwrap();
        policy.extend(
            begun
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone())),
        );
    });
    let clock = Clock::default();
    clock.is_at(60);
    let calls = check(&table, vec![bad()]).await;
    assert!(calls.delayed().is_empty(), "the faster one has asked");
    assert_eq!(table.item(BAD).unwrap()["st"], "open");
}

#[tokio::test(start_paused = true)]
async fn an_outdated_environment_decides_nothing_and_has_whoever_decides_look() {
    const OTHER: &str = "i-00000002";
    let clock = Clock::default();
    let table = told().await;
    table.put("policy", &era("newer", 30));
    clock.is_at(60);
    let before = table.item(BAD).unwrap();
    let outdated = |shown| {
        Aws::with(shown)
            .remembering(&table)
            .started_at("2025-12-03T11:00:00Z")
    };
    let fleet = vec![repaired(), instance(OTHER, "running", false)];
    let events = [event(BAD, "running"), event(OTHER, "running")];
    let (answer, calls) = outdated(fleet).handle(&batch(&events)).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    assert_eq!(calls.bodies().len(), 2, "the audit log has what it found");
    assert!(calls.delayed().is_empty());
    assert_eq!(table.item(OTHER), None);
    let mut expected = before;
    expected["v"] = json!("2");
    expected["due"] = json!((NOW + 60_000).to_string());
    expected["grp"] = json!(Group::of_owner(None).as_str());
    assert_eq!(table.item(BAD).unwrap(), expected);
    assert_eq!(table.item("policy").unwrap()["hash"], "newer");
}

#[tokio::test(start_paused = true)]
async fn the_first_environment_of_all_begins_an_era() {
    let table = Table::default();
    let aws = Aws::with(vec![bad()]).first().remembering(&table);
    let (answer, calls) = aws.handle(&event(BAD, "running")).await;
    assert_eq!(answer.unwrap()["status"], "non-compliant");
    assert_eq!(calls.delayed().len(), 1, "the fleet is swept");
    let policy = table.item("policy").unwrap();
    assert_eq!(
        (&policy["since"], &policy["base"]),
        (&json!(NOW.to_string()), &json!(true))
    );
}

#[tokio::test(start_paused = true)]
async fn an_era_that_began_though_its_answer_was_lost_has_the_fleet_swept() {
    let hash = policy_hash(&opened().await);
    let hash = AttributeValue::S(hash.as_str().unwrap().to_owned());
    let table = Table::default();
    let long_ago = ("since", AttributeValue::N("1".to_owned()));
    table.put("policy", &[era("another", 0)[0].clone(), long_ago]);
    table.race("policy", 1, move |items| {
        let policy = items.get_mut("policy").unwrap();
        let since = AttributeValue::N(NOW.to_string());
        let base = AttributeValue::Bool(true);
        for (name, value) in [("hash", hash.clone()), ("since", since), ("base", base)] {
            policy.insert(name.to_owned(), value);
        }
    });
    let aws = Aws::with(vec![bad()]).remembering(&table);
    let (answer, calls) = aws.handle(&event(BAD, "running")).await;
    assert_eq!(answer.unwrap()["status"], "non-compliant");
    assert_eq!(calls.delayed().len(), 1, "the fleet is swept");
}

#[tokio::test(start_paused = true)]
async fn an_era_whose_sweep_could_not_be_asked_for_begins_anew() {
    let table = Table::default();
    let refused = vec![Reply::Error(403, "AccessDenied")];
    let aws = Aws::with(vec![bad()]).first().remembering(&table);
    let (answer, _) = aws.sqs(refused).handle(&event(BAD, "running")).await;
    assert_eq!(answer.unwrap_err().error_type(), "AwsCallRefused");
    assert_eq!(table.item(BAD), None);
    let aws = Aws::with(vec![bad()]).first().remembering(&table);
    let (answer, calls) = aws.handle(&event(BAD, "running")).await;
    assert_eq!(answer.unwrap()["status"], "non-compliant");
    assert_eq!(calls.delayed().len(), 1, "the fleet is swept");
    assert_eq!(table.item("policy").unwrap()["base"], json!(true));
}

#[tokio::test(start_paused = true)]
async fn an_environment_that_was_slower_than_a_newer_policy_yields() {
    let table = opened().await;
    table.put("policy", &era("another", 0));
    table.race("policy", 1, |items| {
        let policy = items.get_mut("policy").unwrap();
        policy.extend(era("newer", 90).map(|(name, value)| (name.to_owned(), value)));
    });
    let clock = Clock::default();
    clock.is_at(60);
    let aws = Aws::with(vec![repaired()]).remembering(&table);
    let aws = aws.started_at("2025-12-03T12:00:30Z");
    let (answer, calls) = aws.handle(&event(BAD, "stopped")).await;
    assert_eq!(answer.unwrap()["status"], "compliant");
    assert!(calls.delayed().is_empty());
    let item = table.item(BAD).unwrap();
    assert_eq!((&item["v"], &item["st"]), (&json!("2"), &json!("open")));
    assert_eq!(table.item("policy").unwrap()["hash"], "newer");
}

#[tokio::test(start_paused = true)]
async fn what_ec2_answered_late_is_decided_on_what_is_there_by_then() {
    let table = Table::default();
    let late = vec![
        Reply::Error(500, "InternalError"),
        Reply::Ok(page(vec![bad()], None)),
    ];
    let aws = Aws::default().ec2(late).ec2_backoff(Duration::from_secs(3));
    let (answer, _) = aws.remembering(&table).handle(&event(BAD, "running")).await;
    assert_eq!(answer.unwrap()["status"], "non-compliant");
    assert_eq!(
        table.calls(),
        ["BatchGetItem", "BatchGetItem", "UpdateItem"]
    );
}
