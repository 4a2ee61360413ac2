//! What another invocation has to go on with, or leaves.

use std::time::Duration;

use super::*;
use crate::logs::lines_of;

#[tokio::test(start_paused = true)]
async fn an_item_that_cannot_be_read_holds_up_no_sweep() {
    for attribute in ["st", "sev"] {
        let table = told().await;
        table.put(BAD, &[(attribute, AttributeValue::S("?!".to_owned()))]);
        let fleet = vec![bad(), instance(OTHER, "running", false)];
        let (logs, calls) = lines_of(sweep(&table, fleet)).await;
        if attribute == "st" {
            let line = format!("The item of instance {BAD} in the state table cannot be read: ");
            assert!(logs.iter().any(|it| it.to_string().contains(&line)));
        }
        assert_eq!(calls.open_violations().len(), 1);
        assert_eq!(table.item(OTHER).unwrap()["st"], "suspect");
    }
}

#[tokio::test(start_paused = true)]
async fn where_the_table_takes_too_long_another_invocation_goes_on() {
    for is_listed in [true, false] {
        let clock = Clock::default();
        let table = told().await;
        clock.is_at(HOUR);
        remembered_later(&table, is_listed).await;
    }
}

/// Sweeps while the table is slow to answer for an instance, which EC2 lists or shows by its id, and goes on.
async fn remembered_later(table: &Table, is_listed: bool) {
    let repaired = instance(BAD, "running", true);
    let (slow, shown) = (table.clone(), repaired.clone());
    let aws = Aws::fleet(move |asked| {
        if asked.ids.is_empty() && !is_listed {
            return Reply::Ok(page(vec![good()], None));
        }
        slow.leave_unprocessed(1_000);
        Reply::Ok(page(vec![shown.clone()], None))
    });
    let aws = aws.remembering(table).time_limit(Duration::from_secs(10));
    let (answer, calls) = aws.handle(&scheduled()).await;
    assert_eq!(answer.unwrap()["status"], "sweeping");
    assert!(calls.open_violations().is_empty());
    table.leave_unprocessed(0);
    let (message, _) = calls.delayed().remove(0);
    let (answer, calls) = showing(vec![repaired])
        .remembering(table)
        .handle(&message)
        .await;
    assert_eq!(answer.unwrap()["checked"], 1, "the page is counted once");
    assert_eq!(calls.counts(), [(1.0, 0.0)]);
}

#[tokio::test(start_paused = true)]
async fn what_there_was_no_time_to_ask_for_is_asked_for_by_the_next_invocation() {
    for answered in [0, 1] {
        let clock = Clock::default();
        let table = told().await;
        clock.is_at(HOUR);
        asked_for_later(&table, answered).await;
    }
}

/// Sweeps while EC2 answers only so many of two pages about what was not seen, and goes on.
async fn asked_for_later(table: &Table, answered: usize) {
    let by_ids = |answered: usize| {
        Aws::fleet(move |asked| match (asked.ids.is_empty(), &asked.token) {
            (true, _) => Reply::Ok(page(vec![good()], None)),
            (false, None) if answered > 0 => Reply::Ok(page(vec![], Some("more"))),
            (false, Some(_)) if answered > 1 => Reply::Ok(page(vec![], None)),
            (false, _) => Reply::Error(503, "RequestLimitExceeded"),
        })
    };
    let aws = by_ids(answered).remembering(table);
    let (answer, calls) = aws.handle(&scheduled()).await;
    assert_eq!(answer.unwrap()["status"], "sweeping");
    assert_eq!(table.item(BAD).unwrap()["st"], "open");
    let (message, _) = calls.delayed().remove(0);
    let (answer, calls) = by_ids(2).remembering(table).handle(&message).await;
    assert_eq!(answer.unwrap()["checked"], 1);
    assert_eq!(table.item(BAD).unwrap()["why"], "gone");
    let ids = calls.lookups();
    assert_eq!(ids, [[BAD], [BAD]], "no page is read again");
}

#[tokio::test(start_paused = true)]
async fn a_newer_policy_that_begins_meanwhile_ends_the_sweep() {
    let table = told().await;
    let moved = table.clone();
    let aws = Aws::fleet(move |_| {
        let newer = ("hash", AttributeValue::S("newer".to_owned()));
        moved.put("policy", &[newer, ("since", number(1_764_763_260_123))]);
        Reply::Ok(page(vec![instance(BAD, "running", true)], None))
    });
    let (answer, _) = aws.remembering(&table).handle(&scheduled()).await;
    assert_eq!(answer.unwrap_err().error_type(), "OutdatedEnvironment");
    assert_eq!(table.item(BAD).unwrap()["st"], "open");
}
