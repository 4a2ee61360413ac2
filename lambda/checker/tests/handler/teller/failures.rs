//! What fails stays due, and is told by a retry.

use super::*;

#[tokio::test(start_paused = true)]
async fn while_table_ec2_or_topic_fail_everything_stays_due() {
    let faulty = |table: &Table, call: &str| {
        let aws = || showing(vec![bad()]);
        match call {
            "sns:Publish" => aws().sns(down()),
            "ec2:DescribeInstances" => Aws::default().ec2(down()),
            "dynamodb:BatchGetItem" => {
                table.fail(("BatchGetItem", 500, "InternalServerError"));
                aws()
            }
            _ => {
                table.fail_writes_of("pace");
                aws()
            }
        }
    };
    for call in [
        "sns:Publish",
        "ec2:DescribeInstances",
        "dynamodb:BatchGetItem",
        "dynamodb:UpdateItem",
    ] {
        let table = due(&[bad()]).await;
        let before = table.item(BAD);
        let (told, _) = tell(&table, faulty(&table, call)).await;
        let error = told.unwrap_err();
        assert!(error.to_string().starts_with(call), "{error}");
        assert!(error.is_retryable(), "{error}");
        assert_eq!(table.item(BAD), before);
        table.mend();
        let (told, calls) = tell(&table, showing(vec![bad()])).await;
        assert_eq!(told.unwrap(), answer(1, 1), "{call}");
        assert_eq!(calls.messages().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_fails_takes_back_none_that_was_sent() {
    let fleet = || vec![owned(BAD, "web"), owned(OTHER, "api")];
    let table = due(&fleet()).await;
    let refused = vec![Reply::Ok(()), Reply::Error(403, "AuthorizationError")];
    let (told, calls) = tell(&table, showing(fleet()).sns(refused)).await;
    assert!(!told.unwrap_err().is_retryable());
    let first = calls.messages().remove(0).0;
    let (told, calls) = tell(&table, showing(fleet())).await;
    assert_eq!(told.unwrap(), answer(1, 1));
    let second = calls.messages().remove(0).0;
    assert_ne!(first, second);
}

#[tokio::test(start_paused = true)]
async fn what_is_published_and_cannot_be_stored_is_published_once_more() {
    let table = due(&[bad()]).await;
    let before = table.item(BAD);
    table.fail_writes_of(BAD);
    let (told, calls) = tell(&table, showing(vec![bad()])).await;
    let error = told.unwrap_err();
    assert!(
        error.to_string().starts_with("dynamodb:UpdateItem: "),
        "{error}"
    );
    assert!(error.is_retryable());
    assert_eq!(calls.messages().len(), 1);
    assert_eq!(table.item(BAD), before);
    table.mend();
    let (told, calls) = tell(&table, showing(vec![bad()])).await;
    assert_eq!(told.unwrap(), answer(1, 1));
    assert_eq!(calls.messages().len(), 1);
    assert!(table.wake().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_message_that_the_topic_refuses_in_a_batch_is_not_told() {
    for sender_fault in [true, false] {
        let table = due(&[bad()]).await;
        let before = table.item(BAD);
        let refusing = showing(vec![bad()]).sns(vec![Reply::AllBut("0", sender_fault)]);
        let error = tell(&table, refusing).await.0.unwrap_err();
        assert!(error.to_string().starts_with("sns:Publish: "), "{error}");
        assert_eq!(error.is_retryable(), !sender_fault);
        assert_eq!(table.item(BAD), before);
        let (told, _) = tell(&table, showing(vec![bad()])).await;
        assert_eq!(told.unwrap(), answer(1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_of_the_pace_or_a_group_that_cannot_be_read_is_named() {
    let sort = format!("group#{}", group(None).as_str());
    for (sort, attribute) in [("pace", "next"), (sort.as_str(), "again")] {
        let table = due(&[bad()]).await;
        let wrong = AttributeValue::S("soon".to_owned());
        table.put(sort, &[(attribute, wrong)]);
        let aws = || showing(vec![bad()]).group_interval("60");
        let (told, calls) = tell(&table, aws()).await;
        let expected = format!(
            "dynamodb:UpdateItem: the item cannot be read: {attribute}: expected milliseconds \
             since 1970, got S(\"soon\")"
        );
        assert_eq!(told.unwrap_err().to_string(), expected);
        assert!(calls.messages().is_empty());
        table.put(sort, &[(attribute, number(NOW))]);
        let (told, _) = tell(&table, aws()).await;
        assert_eq!(told.unwrap(), answer(1, 1));
    }
}
