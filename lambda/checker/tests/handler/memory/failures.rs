//! A table that fails, refuses, is overtaken or holds what cannot be read.

use serde_json::json;
use tokio::time::Instant;

use super::*;
use crate::logs::{find, lines_of};

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

/// A check of the repaired instance is recorded, and fails with this error until it is tried again.
async fn assert_comes_again(table: &Table, expected: &str) {
    let aws = Aws::with(vec![repaired()]).remembering(table);
    let (answer, calls) = aws.handle(&event(BAD, "running")).await;
    let error = answer.unwrap_err();
    assert!(error.is_retryable());
    assert_eq!(error.to_string(), expected);
    assert_eq!(calls.bodies().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_check_that_is_overtaken_each_time_comes_again() {
    let clock = Clock::default();
    let table = opened().await;
    table.race(BAD, 10, |items| move_version(items, BAD));
    clock.is_at(60);
    assert_comes_again(
        &table,
        "dynamodb:UpdateItem: other writes came first each time",
    )
    .await;
    assert_eq!(table.writes().len(), 4);
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
    assert_comes_again(
        &table,
        "dynamodb:BatchGetItem: no answer before the invocation ran out of time",
    )
    .await;
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
