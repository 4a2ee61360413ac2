//! What a sweep closes or opens again, and what it asks for first.

use serde_json::Value;

use super::*;

#[tokio::test(start_paused = true)]
async fn what_is_repaired_unnoticed_is_closed_and_counted_once() {
    let clock = Clock::default();
    let table = told().await;
    sweep(&table, vec![bad()]).await;
    clock.is_at(HOUR);
    let repaired = instance(BAD, "running", true);
    let calls = sweep(&table, vec![repaired.clone()]).await;
    let item = table.item(BAD).unwrap();
    assert_eq!(
        (&item["st"], &item["why"]),
        (&json!("closed"), &json!("compliant"))
    );
    assert_eq!(calls.counts(), [(1.0, 0.0)], "it resolved that itself");
    assert_eq!(calls.open_violations(), [0.0]);
    clock.is_at(2 * HOUR);
    let calls = sweep(&table, vec![repaired, instance(OTHER, "running", false)]).await;
    assert!(calls.counts().is_empty());
    let body = digest(&calls);
    assert!(
        block(&body, "Resolved").is_empty(),
        "the sweep before told of it: {body}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_sweep_does_not_list_is_asked_for_before_it_is_closed() {
    let clock = Clock::default();
    let table = Table::default();
    let three = |state| {
        let ids = ["i-00000001", "i-00000002", "i-00000003"];
        ids.map(|id| instance(id, state, false)).to_vec()
    };
    let events: Vec<Value> = three("running")
        .iter()
        .map(|it| event(it.instance_id().unwrap(), "running"))
        .collect();
    let aws = showing(three("running")).remembering(&table);
    aws.handle_and_tell(&batch(&events)).await.0.unwrap();

    clock.is_at(HOUR);
    let mut shown = three("stopping");
    shown.remove(1);
    shown[1] = instance("i-00000003", "terminated", false);
    let calls = sweep(&table, shown).await;
    let state = |id| {
        let item = table.item(id).unwrap();
        (item["st"].clone(), item.get("why").cloned())
    };
    assert_eq!(
        state("i-00000001"),
        (json!("open"), None),
        "it is being stopped"
    );
    assert_eq!(state("i-00000002"), (json!("closed"), Some(json!("gone"))));
    assert_eq!(state("i-00000003"), (json!("closed"), Some(json!("ended"))));
    assert_eq!(calls.open_violations(), [1.0]);
    assert!(calls.counts().is_empty(), "nothing has become compliant");
}

#[tokio::test(start_paused = true)]
async fn what_flaps_is_opened_again_and_counted() {
    let clock = Clock::default();
    let table = told().await;
    clock.is_at(60);
    let aws = Aws::with(vec![instance(BAD, "running", true)]).remembering(&table);
    aws.handle(&event(BAD, "running")).await.0.unwrap();
    assert_eq!(table.item(BAD).unwrap()["st"], "closed");
    clock.is_at(120);
    let calls = sweep(&table, vec![bad()]).await;
    assert_eq!(table.item(BAD).unwrap()["st"], "open");
    assert_eq!(calls.counts(), [(0.0, 1.0)]);
    assert_eq!(calls.open_violations(), [1.0]);
}

#[tokio::test(start_paused = true)]
async fn an_item_that_somebody_deletes_meanwhile_is_none_to_close() {
    let clock = Clock::default();
    let table = told().await;
    clock.is_at(HOUR);
    let deleted = table.clone();
    let aws = Aws::fleet(move |asked| {
        if asked.ids.is_empty() {
            return Reply::Ok(page(vec![], None));
        }
        deleted.remove(BAD);
        Reply::Ok(page(vec![instance(BAD, "running", true)], None))
    });
    let (answer, calls) = aws.remembering(&table).handle(&scheduled()).await;
    assert_eq!(answer.unwrap()["status"], "swept");
    assert!(calls.counts().is_empty());
    assert_eq!(table.item(BAD), None);
    assert_eq!(calls.open_violations(), [0.0]);
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_by_id_is_not_asked_for_again() {
    let clock = Clock::default();
    let table = told().await;
    let item = table.attributes(BAD);
    let others: Vec<_> = (0..250).map(|n| format!("i-{n:08x}")).collect();
    for id in &others {
        let attributes = item
            .iter()
            .filter(|(name, _)| !["pk", "sk"].contains(&name.as_str()));
        let attributes = attributes.map(|(name, value)| (name.as_str(), value.clone()));
        table.put(id, &attributes.collect::<Vec<_>>());
    }
    clock.is_at(HOUR);
    let by_ids = |answered: usize| {
        Aws::fleet(move |asked| match asked.ids.len() {
            0 => Reply::Ok(page(vec![good()], None)),
            _ if asked.earlier_calls <= answered => Reply::Ok(page(vec![], None)),
            _ => Reply::Error(503, "RequestLimitExceeded"),
        })
    };
    let (answer, calls) = by_ids(1).remembering(&table).handle(&scheduled()).await;
    assert_eq!(answer.unwrap()["status"], "sweeping");
    let closed = others
        .iter()
        .filter(|id| table.item(id).unwrap()["st"] == "closed");
    assert_eq!(closed.count(), 199, "and the one that was told");
    let (message, _) = calls.delayed().remove(0);
    let (answer, calls) = by_ids(9).remembering(&table).handle(&message).await;
    assert_eq!(answer.unwrap()["status"], "swept");
    let asked: Vec<_> = calls.lookups().into_iter().map(|ids| ids.len()).collect();
    assert_eq!(asked, [51], "the rest");
    assert_eq!(calls.open_violations(), [0.0]);
}
