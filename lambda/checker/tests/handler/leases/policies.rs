//! Leases where a new policy begins meanwhile.

use super::*;

#[tokio::test]
async fn the_fallback_ends_no_baseline() {
    let table = Table::default();
    let flag = AttributeValue::Bool(true);
    let aws = || Aws::with(vec![good()]).remembering(&table);
    aws().handle(&event(GOOD, "running")).await.0.unwrap();
    table.put("policy", &[("base", flag)]);
    aws().handle(&json!({})).await.0.unwrap();
    assert_eq!(table.item("policy").unwrap()["base"], true);
    aws().handle(&scheduled()).await.0.unwrap();
    assert_eq!(table.item("policy").unwrap().get("base"), None);
}

#[tokio::test]
async fn an_outdated_environment_does_not_sweep() {
    let table = Table::default();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let since = AttributeValue::N("1764760000000".to_owned());
    let era = [("hash", text("newer")), ("since", since)];
    table.put("policy", &era);
    table.put("policy", &[("base", AttributeValue::Bool(true))]);
    let mut late = scheduled();
    late["time"] = json!("2025-12-03T11:59:00Z");
    let aws = Aws::with(vec![good()]).remembering(&table);
    let aws = aws.started_at("2025-12-03T11:00:00Z");
    let error = aws.handle(&late).await.0.unwrap_err();
    assert_eq!(error.error_type(), "OutdatedEnvironment");
    assert!(error.is_retryable(), "the next environment sweeps");
    assert_eq!(table.item("policy").unwrap()["base"], true);
    assert_eq!(table.item("sweep"), None);
}

#[tokio::test(start_paused = true)]
async fn the_sweep_of_a_new_policy_waits_for_none_by_the_policy_before() {
    const NEW: &str = r#"{"required_tags":[{"key":"Name"}]}"#;
    let (table, message, _) = begun().await;
    let (answer, calls) = swept_by(&table)
        .policy(NEW)
        .handle(&event(GOOD, "running"))
        .await;
    answer.unwrap();
    let (request, _) = calls.delayed().remove(0);
    let (answer, calls) = swept_by(&table).policy(NEW).handle(&request).await;
    assert_eq!(answer.unwrap()["status"], "swept");
    assert_eq!(calls.digested(), [105]);
    assert_eq!(table.item("policy").unwrap().get("base"), None);
    let (answer, _) = swept_by(&table).policy(NEW).handle(&message).await;
    assert_eq!(answer.unwrap()["reason"], "outdated-continuation");
}

#[tokio::test(start_paused = true)]
async fn the_sweep_that_meets_a_new_policy_is_the_one_that_it_asks_for() {
    const NEW: &str = r#"{"required_tags":[{"key":"Name"}]}"#;
    let (table, message, _) = begun().await;
    let aws = || swept_by(&table).policy(NEW);
    let (answer, calls) = aws().handle(&message).await;
    assert_eq!(answer.unwrap()["status"], "swept");
    for (message, _) in calls.delayed() {
        assert_eq!(message["detail-type"], "Suspects Due", "no other one");
    }
    assert_eq!(table.item("policy").unwrap().get("base"), None);
}

#[tokio::test(start_paused = true)]
async fn a_sweep_of_the_running_that_meets_a_new_policy_asks_for_another() {
    const NEW: &str = r#"{"required_tags":[{"key":"Name"}]}"#;
    let table = Table::default();
    let aws = Aws::fleet(refusing_but(0..12)).remembering(&table);
    let (answer, calls) = aws.handle(&json!({})).await;
    assert_eq!(answer.unwrap()["status"], "sweeping");
    let message = calls.delayed().remove(0).0;
    let (answer, calls) = swept_by(&table).policy(NEW).handle(&message).await;
    assert_eq!(answer.unwrap()["status"], "swept");
    let asked = calls.delayed().into_iter();
    let asked = asked.filter(|(message, _)| message["detail-type"] == "Scheduled Event");
    assert_eq!(asked.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_sweep_that_meets_a_new_policy_asks_for_another() {
    const NEW: &str = r#"{"required_tags":[{"key":"Name"}]}"#;
    let (table, _, _) = begun().await;
    let aws = || swept_by(&table).policy(NEW);
    let (answer, calls) = aws().handle(&sweep_named("sweep-2")).await;
    assert_eq!(answer.unwrap()["reason"], "already-sweeping");
    let (request, _) = calls.delayed().remove(0);
    let (answer, _) = aws().handle(&request).await;
    assert_eq!(answer.unwrap()["status"], "swept");
    assert_eq!(table.item("policy").unwrap().get("base"), None);
}

#[tokio::test(start_paused = true)]
async fn a_refused_sweep_whose_request_cannot_be_sent_fails() {
    const NEW: &str = r#"{"required_tags":[{"key":"Name"}]}"#;
    let (table, _, _) = begun().await;
    let refused = vec![Reply::Error(403, "AccessDeniedException")];
    let aws = swept_by(&table).policy(NEW).sqs(refused);
    let error = aws.handle(&sweep_named("sweep-2")).await.0.unwrap_err();
    assert!(
        error.to_string().starts_with("sqs:SendMessage: "),
        "{error}"
    );
}
