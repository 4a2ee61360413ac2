//! What a check remembers of an instance.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use tag_compliance_core::memory::{Complaints, Group};
use tag_compliance_core::text::Untrusted;
use tokio::time::Instant;

use crate::logs::{find, lines_of};
use crate::support::*;

/// The milliseconds of [`CLOCK`].
const NOW: u64 = 1_764_763_200_123;
const MISSING: [(&str, &str); 3] = [
    ("missing", "Environment"),
    ("missing", "Owner"),
    ("missing", "Application"),
];

fn complaints<const N: usize>(complaints: [(&str, &str); N]) -> String {
    let complaints: Complaints = complaints.into_iter().collect();
    complaints.to_string()
}

fn policy_hash(table: &Table) -> Value {
    table.item("policy").unwrap()["hash"].clone()
}

/// The table after a violation was found, which is due.
async fn opened() -> Table {
    let table = Table::default();
    let aws = Aws::with(vec![bad()]).remembering(&table);
    let (answer, _) = aws.handle(&event(BAD, "running")).await;
    answer.unwrap();
    table.forget_calls();
    table
}

/// The table after people were told of a violation.
async fn told() -> Table {
    let table = Table::default();
    let aws = Aws::with(vec![bad()]).remembering(&table);
    let (answer, calls) = aws.handle_and_tell(&event(BAD, "running")).await;
    answer.unwrap();
    assert_eq!(calls.messages().len(), 1);
    assert!(table.wake().is_none());
    table.forget_calls();
    table
}

/// Checks `BAD`, which EC2 shows like this.
async fn check(table: &Table, shown: Vec<aws_sdk_ec2::types::Instance>) -> Calls {
    let aws = Aws::with(shown).remembering(table);
    let (answer, calls) = aws.handle(&event(BAD, "stopped")).await;
    answer.unwrap();
    calls
}

fn repaired() -> aws_sdk_ec2::types::Instance {
    instance(BAD, "running", true)
}

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
async fn without_the_table_the_check_fails_and_is_recorded_all_the_same() {
    for (operation, call) in [
        ("BatchGetItem", "dynamodb:BatchGetItem: "),
        ("UpdateItem", "dynamodb:UpdateItem: "),
    ] {
        let table = Table::default();
        table.fail((operation, 500, "InternalServerError"));
        let aws = || Aws::with(vec![bad(), good()]).remembering(&table);
        let (answer, calls) = aws().handle(&event(BAD, "running")).await;
        let error = answer.unwrap_err();
        assert!(error.is_retryable(), "{error}");
        assert!(error.to_string().starts_with(call), "{error}");
        assert_eq!(calls.bodies().len(), 1);
        assert!(calls.counts().is_empty(), "a retry would count it twice");

        let events = [event(BAD, "running"), event(GOOD, "running")];
        let (answer, calls) = aws().handle(&batch(&events)).await;
        let expected: &[&str] = match operation {
            "BatchGetItem" => &["m0", "m1"],
            _ => &["m0"],
        };
        assert_eq!(answer.unwrap(), failed(expected));
        assert_eq!(calls.bodies().len(), 2);

        table.mend();
        let (answer, calls) = aws().handle(&batch(&events)).await;
        assert_eq!(answer.unwrap(), failed(&[]));
        assert_eq!(calls.counts(), [(1.0, 1.0)]);
        assert!(table.item(BAD).is_some());
    }
}

#[tokio::test]
async fn a_table_that_refuses_fails_the_check_for_good() {
    let table = Table::default();
    table.fail(("BatchGetItem", 400, "AccessDeniedException"));
    let aws = Aws::with(vec![good()]).remembering(&table);
    let (answer, calls) = aws.handle(&event(GOOD, "running")).await;
    assert!(!answer.unwrap_err().is_retryable());
    assert_eq!(calls.bodies().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_check_that_another_write_overtakes_decides_anew() {
    let clock = Clock::default();
    // Somebody else has opened it: there is nothing left to do.
    let table = Table::default();
    let other = opened().await;
    let attributes = other.attributes(BAD);
    table.race(BAD, 1, move |items| {
        items.insert(BAD.to_owned(), attributes.clone());
    });
    check(&table, vec![bad()]).await;
    assert_eq!(table.item(BAD), other.item(BAD));
    assert_eq!(table.writes(), [BAD]);

    // Somebody else has written: the close is decided on that.
    let table = opened().await;
    table.race(BAD, 3, |items| move_version(items, BAD));
    clock.is_at(60);
    check(&table, vec![repaired()]).await;
    let item = table.item(BAD).unwrap();
    assert_eq!((&item["v"], &item["st"]), (&json!("5"), &json!("closed")));
    assert_eq!(table.writes(), [BAD; 4]);
}

#[tokio::test(start_paused = true)]
async fn a_check_that_is_overtaken_each_time_comes_again() {
    let clock = Clock::default();
    let table = opened().await;
    table.race(BAD, 10, |items| move_version(items, BAD));
    clock.is_at(60);
    let aws = Aws::with(vec![repaired()]).remembering(&table);
    let (answer, calls) = aws.handle(&event(BAD, "running")).await;
    let error = answer.unwrap_err();
    assert!(error.is_retryable());
    assert_eq!(
        error.to_string(),
        "dynamodb:UpdateItem: other writes came before, each time"
    );
    assert_eq!(table.writes().len(), 4);
    assert_eq!(calls.bodies().len(), 1);
}

#[tokio::test]
async fn an_item_that_cannot_be_read_fails_nothing_else() {
    let table = Table::default();
    table.put(BAD, &[("v", AttributeValue::S("not a number".to_owned()))]);
    let events = [event(BAD, "running"), event(GOOD, "running")];
    let aws = Aws::with(vec![bad(), instance(GOOD, "running", false)]).remembering(&table);
    let (logs, answer) = lines_of(aws.handle(&batch(&events))).await;
    assert_eq!(answer.0.unwrap(), failed(&["m0"]), "it can't be remembered");
    let line = find(
        &logs,
        &format!(
            "The item of instance {BAD} in the state table cannot be read: v: expected a whole \
             number, got S(\"not a number\")"
        ),
    );
    assert_eq!(
        (&line["level"], &line["instance_id"]),
        (&json!("ERROR"), &json!(BAD))
    );
    assert_eq!(table.item(GOOD).unwrap()["st"], "open");
    assert_eq!(table.item(BAD).unwrap(), json!({"v": "not a number"}));

    // Where there is nothing to remember, it fails nothing at all.
    let aws = Aws::with(vec![repaired()]).remembering(&table);
    let (answer, _) = aws.handle(&event(BAD, "running")).await;
    assert_eq!(answer.unwrap()["status"], "compliant");
}

/// The era of a policy, since so many seconds after [`CLOCK`].
fn era(hash: &str, seconds: u64) -> [(&'static str, AttributeValue); 2] {
    let since = NOW + seconds * 1_000;
    [
        ("hash", AttributeValue::S(hash.to_owned())),
        ("since", AttributeValue::N(since.to_string())),
    ]
}

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

#[tokio::test(start_paused = true)]
async fn keys_that_the_table_leaves_unprocessed_are_asked_for_again() {
    let clock = Clock::default();
    let table = opened().await;
    table.leave_unprocessed(2);
    clock.is_at(60);
    let began = Instant::now();
    check(&table, vec![repaired()]).await;
    assert_eq!(began.elapsed().as_millis(), 50 + 100);
    assert_eq!(table.calls()[..3], ["BatchGetItem"; 3]);
    assert_eq!(table.item(BAD).unwrap()["st"], "closed");

    // As long as there is time for it.
    let table = opened().await;
    table.leave_unprocessed(usize::MAX);
    let aws = Aws::with(vec![repaired()]).remembering(&table);
    let (answer, calls) = aws.handle(&event(BAD, "running")).await;
    let error = answer.unwrap_err();
    assert!(error.is_retryable());
    assert_eq!(
        error.to_string(),
        "dynamodb:BatchGetItem: no answer before the time of the invocation was over"
    );
    assert_eq!(calls.bodies().len(), 1);
    assert!(table.writes().is_empty());
}

#[tokio::test]
async fn each_attribute_that_is_not_what_it_must_be_is_named() {
    let table = opened().await;
    let before = table.attributes(BAD);
    for (attribute, expected) in [
        ("v", "a whole number"),
        ("st", "open, suspect or closed"),
        ("gen", "milliseconds since 1970"),
        ("what", "hashes of six characters"),
        ("read", "milliseconds since 1970"),
        ("sev", "low, medium, high or critical"),
        ("due", "milliseconds since 1970"),
        ("grp", "a group of 16 hexadecimal digits"),
        ("tgen", "milliseconds since 1970"),
        ("twhat", "hashes of six characters"),
        ("tat", "milliseconds since 1970"),
        ("mute", "milliseconds since 1970"),
    ] {
        let table = Table::default();
        let item = before.iter().map(|(name, it)| (name.as_str(), it.clone()));
        table.put(BAD, &item.collect::<Vec<_>>());
        table.put(BAD, &[(attribute, AttributeValue::S("?!".to_owned()))]);
        let aws = Aws::with(vec![bad()]).remembering(&table);
        let (logs, (answer, _)) = lines_of(aws.handle(&event(BAD, "running"))).await;
        let error = answer.unwrap_err().to_string();
        let reason = format!("{attribute}: expected {expected}, got S(\"?!\")");
        assert!(error.ends_with(&reason), "{error}");
        let line =
            format!("The item of instance {BAD} in the state table cannot be read: {reason}");
        find(&logs, &line);
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
