//! Leases where a call fails, or its answer is lost.

use tag_compliance_core::timestamp::Timestamp;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_part_whose_message_was_lost_is_gone_on_with_by_the_message_before() {
    let (table, message, _) = begun().await;
    let aws = Aws::fleet(refusing_but(0..2))
        .remembering(&table)
        .sqs(vec![Reply::Error(403, "AccessDeniedException")]);
    let (answer, calls) = aws.handle(&message).await;
    let error = answer.unwrap_err().to_string();
    assert!(error.starts_with("sqs:SendMessage: "), "{error}");
    assert!(calls.open_violations().is_empty());
    assert_eq!(table.item("sweep").unwrap()["part"], "2");
    assert_eq!(progress(&table)["invocations"], 2);

    let (answer, calls) = swept_by(&table).handle(&message).await;
    assert_eq!(answer.unwrap(), swept());
    assert_eq!(calls.filters().len(), 4, "what the second part has read");
    assert_eq!(calls.digested(), [15]);
}

#[tokio::test(start_paused = true)]
async fn without_the_table_no_sweep_begins() {
    for (operation, call) in [
        ("GetItem", "dynamodb:GetItem: "),
        ("UpdateItem", "dynamodb:UpdateItem: "),
    ] {
        let table = Table::default();
        table.fail((operation, 500, "InternalServerError"));
        let (answer, calls) = swept_by(&table).handle(&scheduled()).await;
        let error = answer.unwrap_err();
        assert!(error.is_retryable());
        assert!(error.to_string().starts_with(call), "{error}");
        assert!(calls.all().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_that_fails_keeps_its_lease_for_the_retry() {
    let (table, message, _) = begun().await;
    let aws = Aws::fleet(refusing_but(0..0)).remembering(&table);
    let (answer, _) = aws.handle(&message).await;
    assert!(answer.unwrap_err().is_retryable());
    assert_refused(&table, &json!({}), "already-sweeping").await;
}

#[tokio::test(start_paused = true)]
async fn whichever_call_of_the_table_fails_a_retry_ends_the_sweep() {
    // All of it in one invocation, and one that hands over.
    for answered in [0..100, 0..12] {
        let mut place = 0;
        let calls = loop {
            let table = baseline().await;
            table.fail_call(place);
            let aws = Aws::fleet(refusing_but(answered.clone())).remembering(&table);
            let Err(error) = aws.handle(&scheduled()).await.0 else {
                break table.calls();
            };
            assert!(error.to_string().starts_with("dynamodb:"), "{error}");
            assert!(error.is_retryable());
            table.mend();
            let (answer, calls) = swept_by(&table).handle(&scheduled()).await;
            assert_eq!(answer.unwrap(), swept(), "after call {place}");
            assert_eq!(calls.digested(), [15]);
            assert_eq!(table.item("policy").unwrap().get("base"), None);
            assert_eq!(table.item("sweep").unwrap().get("state"), None);
            place += 1;
        };
        assert_eq!(calls.len(), place, "{calls:?}");
        assert!(place >= 4, "{calls:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sweep_whose_lease_was_written_by_a_call_without_an_answer_goes_on() {
    let table = Table::default();
    let until = CLOCK.parse::<Timestamp>().unwrap().after(lease::LENGTH);
    table.race("sweep", 1, move |items| {
        let number = |number: String| AttributeValue::N(number);
        let written = [
            ("pk", AttributeValue::S("ctl".to_owned())),
            ("sk", AttributeValue::S("sweep".to_owned())),
            ("id", AttributeValue::S("sweep-1".to_owned())),
            ("part", number("0".to_owned())),
            ("until", number(until.epoch_millis().to_string())),
        ];
        let written = written.map(|(name, value)| (name.to_owned(), value));
        items.insert("sweep".to_owned(), written.into());
    });
    let (answer, _) = swept_by(&table).handle(&scheduled()).await;
    assert_eq!(answer.unwrap(), swept());
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_cannot_be_given_back_hides_no_failure() {
    // The calls before: what is remembered, the lease that is there, the one that is taken.
    for place in [3, 4] {
        let table = Table::default();
        table.fail_call(place);
        let aws = Aws::fleet(refusing_but(0..0)).remembering(&table);
        let (logs, (answer, _)) = lines_of(aws.handle(&json!({}))).await;
        let error = answer.unwrap_err().to_string();
        assert!(error.starts_with("ec2:DescribeInstances: "), "{error}");
        let text = "The failed sweep keeps its lease: dynamodb:";
        let is_warned = |line: &Value| line["message"].to_string().contains(text);
        assert!(logs.iter().any(is_warned), "{logs:#?}");
        assert_refused(&table, &sweep_named("sweep-2"), "already-sweeping").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_fails_gives_back_no_lease_of_another() {
    let table = Table::default();
    let overtaken = table.clone();
    let aws = Aws::fleet(move |_| {
        let id = AttributeValue::S("sweep-2".to_owned());
        overtaken.put("sweep", &[("id", id)]);
        Reply::Error(403, "UnauthorizedOperation")
    });
    let aws = aws.remembering(&table);
    let (logs, (answer, _)) = lines_of(aws.handle(&json!({}))).await;
    answer.unwrap_err();
    assert_eq!(table.writes(), ["sweep"]);
    let is_warned = |line: &Value| line["message"].to_string().contains("keeps its lease");
    assert!(!logs.iter().any(is_warned), "{logs:#?}");
}
