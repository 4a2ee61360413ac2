//! What outlasts its invocation.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_sweep_that_outlasts_its_invocation_goes_on_and_ends_with_all_totals() {
    let (table, message, first) = begun().await;
    assert!(first.open_violations().is_empty() && first.messages().is_empty());
    assert_eq!(message["detail"], json!({"sweep": "sweep-1", "part": 1}));
    assert_eq!(progress(&table)["invocations"], 1);
    let (answer, second) = Aws::fleet(fleet).remembering(&table).handle(&message).await;
    assert_eq!(
        answer.unwrap(),
        json!({"statusCode": 200, "status": "swept", "checked": 120, "compliant": 105, "nonCompliant": 15})
    );
    assert_eq!(second.filters().len(), 6, "neither first page nor probe");
    assert_eq!(second.digested(), [15]);
    assert_eq!(
        second.messages()[0].0,
        "EC2 tag sweep: 15 of 120 instances not compliant"
    );
    let mut recorded = ids(&first);
    recorded.extend(ids(&second));
    recorded.sort_unstable();
    recorded.dedup();
    assert_eq!(recorded.len(), 120);
    let pages = first.bodies().into_iter().chain(second.bodies());
    let keys: BTreeSet<_> = pages.map(|(key, _)| key).collect();
    assert_eq!(keys.len(), 15, "the partition of digit 0 is empty");
}

#[tokio::test(start_paused = true)]
async fn a_partition_goes_on_at_its_page() {
    let two_pages = |asked: &Asked| match (digit(asked), &asked.token) {
        (Some(digit), None) => more(of_digit(digit), &format!("second-{digit}")),
        (Some(_), Some(_)) => Reply::Error(503, "RequestLimitExceeded"),
        (None, _) => fleet(asked),
    };
    let table = Table::default();
    let aws = Aws::fleet(two_pages).remembering(&table);
    let (answer, calls) = aws.handle(&scheduled()).await;
    assert_eq!(answer.unwrap()["status"], "sweeping");
    let (message, _) = calls.delayed().remove(0);
    let partitions = progress(&table)["partitions"].as_array().unwrap().clone();
    assert_eq!(partitions.len(), 16);

    let aws = Aws::fleet(|_| last(vec![])).remembering(&table);
    let (_, calls) = aws.handle(&message).await;
    let asked = calls.all().into_iter().filter_map(|call| match call {
        // What is open and was not seen is asked for by id.
        Call::Describe { token, filters, .. } => Some((filters.get(1)?.1[0].clone(), token)),
        _ => None,
    });
    let mut asked: Vec<_> = asked.collect();
    asked.sort_unstable();
    let was_read = |digit: u64| {
        partitions
            .iter()
            .any(|it| it["slice"] == format!("i-*{digit:x}") && it["pages"] == 1)
    };
    let expected: Vec<_> = (0..16)
        .map(|digit| {
            let token = was_read(digit).then(|| format!("second-{digit}"));
            (format!("i-*{digit:x}"), token)
        })
        .collect();
    assert_eq!(asked, expected);
    assert!((0..16).any(was_read), "some partitions had a page read");
}

#[tokio::test(start_paused = true)]
async fn a_part_that_fails_is_done_again_from_the_same_totals() {
    let (table, message, _) = begun().await;
    let failing = |asked: &Asked| match asked.earlier_calls {
        5 => Reply::Error(403, "UnauthorizedOperation"),
        _ => fleet(asked),
    };
    let record = batch(std::slice::from_ref(&message));
    let (answer, calls) = Aws::fleet(failing)
        .remembering(&table)
        .handle(&record)
        .await;
    assert_eq!(answer.unwrap(), failed(&["m0"]));
    assert!(calls.open_violations().is_empty());

    let (answer, calls) = Aws::fleet(fleet).remembering(&table).handle(&record).await;
    assert_eq!(answer.unwrap(), failed(&[]));
    assert_eq!(calls.digested(), [15]);
}

#[tokio::test(start_paused = true)]
async fn a_page_for_whose_records_there_was_no_time_is_read_again() {
    let table = Table::default();
    let (answer, first) = Aws::fleet(fleet)
        .remembering(&table)
        .s3_takes_only(10)
        .handle(&scheduled())
        .await;
    let answer = answer.unwrap();
    assert_eq!(answer["status"], "sweeping");
    let (message, _) = first.delayed().remove(0);
    let left = &progress(&table)["partitions"];
    assert_eq!(
        left.as_array().unwrap().len(),
        5,
        "one of the sixteen is empty"
    );

    let (done, second) = Aws::fleet(fleet).remembering(&table).handle(&message).await;
    assert_eq!(
        done.unwrap(),
        json!({"statusCode": 200, "status": "swept", "checked": 120, "compliant": 105, "nonCompliant": 15})
    );
    let recorded = ids(&second).len() as u64;
    assert_eq!(recorded, 120 - answer["checked"].as_u64().unwrap());
    let pages = first.bodies().into_iter().chain(second.bodies());
    let keys: BTreeSet<_> = pages.map(|(key, _)| key).collect();
    assert_eq!(keys.len(), 15, "a page has its key whoever writes it");
}

#[tokio::test(start_paused = true)]
async fn a_sweep_does_not_wait_for_an_s3_that_takes_nothing() {
    let (answer, calls) = Aws::fleet(fleet)
        .s3_takes_only(0)
        .handle(&scheduled())
        .await;
    let answer = answer.unwrap();
    assert_eq!(answer["status"], "sweeping");
    let checked = answer["checked"].as_u64().unwrap();
    assert!(checked > 0, "{answer}");
    assert_eq!(calls.delayed().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_sqs_a_sweep_that_must_go_on_fails() {
    let aws = Aws::fleet(refusing_but(0..12));
    let aws = aws.sqs(vec![Reply::Error(403, "AccessDeniedException")]);
    let (answer, _) = aws.handle(&scheduled()).await;
    let error = answer.unwrap_err().to_string();
    assert!(
        error.starts_with("sqs:SendMessage: the service refused"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_sweep_of_another_policy_begins_anew() {
    let (table, message, _) = begun().await;
    let aws = Aws::fleet(fleet).policy(r#"{"required_tags":[{"key":"Name"}]}"#);
    let (answer, calls) = aws.remembering(&table).handle(&message).await;
    assert_eq!(answer.unwrap()["checked"], 120);
    assert_eq!(calls.digested(), [105], "by the other policy alone");
}

#[tokio::test(start_paused = true)]
async fn a_part_in_which_no_page_is_read_fails() {
    let (table, message, _) = begun().await;
    let aws = Aws::fleet(refusing_but(0..0)).remembering(&table);
    let (answer, calls) = aws.handle(&message).await;
    let error = answer.unwrap_err();
    assert!(error.is_retryable());
    assert!(
        error.to_string().contains("RequestLimitExceeded"),
        "{error}"
    );
    assert!(calls.delayed().is_empty(), "it would go on for ever");
}

#[tokio::test(start_paused = true)]
async fn an_endless_sweep_ends() {
    let (table, message, _) = begun().await;
    let mut late = progress(&table);
    late["invocations"] = json!(499);
    table.put("sweep", &[("state", AttributeValue::S(late.to_string()))]);
    let aws = Aws::fleet(refusing_but(0..1)).remembering(&table);
    let (answer, calls) = aws.handle(&message).await;
    let error = answer.unwrap_err();
    assert_eq!(error.error_type(), "EndlessSweep");
    assert!(!error.is_retryable());
    assert_eq!(
        error.to_string(),
        "the sweep is unfinished after 500 invocations"
    );
    assert!(calls.delayed().is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_time_a_sweep_does_not_begin() {
    let aws = Aws::with(vec![good()]).time_limit(Duration::ZERO);
    let (answer, calls) = aws.handle(&scheduled()).await;
    let error = answer.unwrap_err();
    assert!(error.is_retryable());
    assert!(calls.all().is_empty());
    assert_eq!(
        error.to_string(),
        "ec2:DescribeInstances: no answer before the invocation ran out of time"
    );
}
